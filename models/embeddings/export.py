#!/usr/bin/env python3
"""Exports MiniLM for ShardWorker: models/embeddings/build/v1/{model.pt, model.json}.

    pip install --no-deps -r models/embeddings/requirements.txt
    python models/embeddings/export.py

The exported file is loaded again and must give the network's vectors, for several lengths of text.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import sys
import tempfile
import warnings
from pathlib import Path

import torch

import minilm

HERE = Path(__file__).resolve().parent
MAX_TOKENS = 128
TOLERANCE = 1e-5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--target", type=Path, default=HERE / "build/v1")
    target = parser.parse_args().target
    if (target / "model.json").exists():
        print(f"export: {target} is there already", file=sys.stderr)
        return
    torch.set_num_threads(1)
    target.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=".export-", dir=target.parent))
    network = minilm.load()
    save(network, folder / "model.pt")
    (folder / "model.json").write_text(json.dumps(description(folder), indent=1, sort_keys=True) + "\n")
    shutil.rmtree(target, ignore_errors=True)
    folder.chmod(0o755)
    folder.rename(target)
    print(f"export: wrote {target}", file=sys.stderr)


def example(rows: int, length: int) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(rows * 1000 + length)
    tokens = torch.randint(1000, 20_000, (rows, length), generator=generator)
    mask = (torch.arange(length) < torch.randint(1, length + 1, (rows, 1), generator=generator)).long()
    return tokens * mask, mask


@torch.inference_mode()
def save(network: minilm.MiniLM, path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.freeze(torch.jit.script(network)).save(str(path))
    loaded = torch.jit.load(str(path))
    for rows, length in ((1, 3), (2, 17), (8, MAX_TOKENS)):
        tokens, mask = example(rows, length)
        difference = (loaded(tokens, mask) - network(tokens, mask)).abs().max().item()
        if difference > TOLERANCE:
            sys.exit(f"export: model.pt differs from the network by {difference:.1e}")


def description(folder: Path) -> dict:
    sequence = {"column": "token_ids", "max_length": MAX_TOKENS, "on_null": "dead_letter"}
    return {
        "format": 1, "name": "all-MiniLM-L6-v2", "version": "v1", "schema_version": 1,
        "torch": torch.__version__, "id_column": "id",
        "files": [{
            "kind": "torchscript", "path": "model.pt", "device": "any",
            "sha256": hashlib.sha256((folder / "model.pt").read_bytes()).hexdigest(),
        }],
        "inputs": [
            {"name": "tokens", "dtype": "int64", "features": [{**sequence, "encoding": "sequence", "pad": 0}]},
            {"name": "mask", "dtype": "int64", "features": [{**sequence, "encoding": "mask"}]},
        ],
        "outputs": [{"column": "embedding", "type": "float32", "from": 0, "transform": "vector"}],
    }


if __name__ == "__main__":
    main()
