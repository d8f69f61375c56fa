#!/usr/bin/env python3
"""The baseline: read Parquet, encode, run the model, write Parquet, in a plain loop.

This is the script one would write by hand with pyarrow and PyTorch: vectorised encoding, one
batch after the other, no plan, no receipts, no Delta commit. It prints one JSON object with its
own measurements; `loop_seconds` begins after imports and loading of the model.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any, Callable, Iterator

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "models" / "flights"))
import features  # noqa: E402
from network import DelayNetwork  # noqa: E402

SCHEMA = pa.schema([("id", pa.string()), ("score", pa.float32()), ("late", pa.int32())])


def main() -> int:
    options = parse_arguments()
    torch.set_num_threads(options.threads)
    pa.set_cpu_count(options.threads)
    model = json.loads((options.model / "model.json").read_bytes())
    network = load_network(options.model, model, options.kind)
    started = time.perf_counter()
    rows = run(options, model, network)
    seconds = time.perf_counter() - started
    print(json.dumps({"rows": rows, "loop_seconds": seconds, "kind": options.kind}))
    return 0


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--input", type=Path, required=True, help="folder with Parquet files")
    add("--model", type=Path, required=True, help="folder with model.json")
    add("--output", type=Path, required=True, help="Parquet file to write")
    add("--batch", type=int, default=8192, help="rows per batch (%(default)s)")
    add("--threads", type=int, default=1, help="threads of torch and pyarrow (%(default)s)")
    add("--kind", choices=["eager", "torchscript"], default="eager", help="(%(default)s)")
    return parser.parse_args()


def load_network(folder: Path, model: dict[str, Any], kind: str) -> Callable[..., torch.Tensor]:
    if kind == "torchscript":
        return torch.jit.load(str(folder / "model.pt"))
    numbers, _ = model["inputs"]
    sizes = features.vocabulary_sizes(model["inputs"])
    network = DelayNetwork(len(numbers["features"]), sizes)
    with np.load(folder / model["weights"]["path"]) as arrays:
        network.load_state_dict({name: torch.from_numpy(arrays[name]) for name in arrays.files})
    return network.eval()


@torch.inference_mode()
def run(
    options: argparse.Namespace, model: dict[str, Any], network: Callable[..., torch.Tensor]
) -> int:
    """Scores every row and returns how many there were."""
    threshold = model["outputs"][1]["threshold"]
    rows = 0
    with pq.ParquetWriter(options.output, SCHEMA, compression="zstd") as writer:
        for batch in batches(options.input, options.batch):
            encoded = features.encode(batch, model["inputs"])
            tensors = [torch.from_numpy(array) for array in encoded]
            score = torch.sigmoid(network(*tensors)[:, 0])
            late = (score >= threshold).to(torch.int32)
            columns = [batch.column("id"), pa.array(score.numpy()), pa.array(late.numpy())]
            writer.write_batch(pa.record_batch(columns, schema=SCHEMA))
            rows += batch.num_rows
    return rows


def batches(folder: Path, rows: int) -> Iterator[pa.RecordBatch]:
    for path in sorted(folder.glob("*.parquet")):
        yield from pq.ParquetFile(path).iter_batches(rows, columns=features.COLUMNS)


if __name__ == "__main__":
    sys.exit(main())
