"""The plain loop that one would write by hand: pyarrow reads, eager PyTorch scores, pyarrow writes.

    python_loop.py INPUT MODEL OUTPUT BATCH_ROWS THREADS

Prints one JSON object: seconds from the first row read to the file closed, imports not counted.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch

FEATURES = ["a", "b", "c", "d"]
SCHEMA = pa.schema([("id", pa.string()), ("score", pa.float32()), ("class", pa.int32())])


@torch.inference_mode()
def main(source: str, model: str, target: str, batch_rows: int, threads: int) -> None:
    torch.set_num_threads(threads)
    pa.set_cpu_count(threads)
    network = torch.jit.load(f"{model}/model.pt").eval()
    began = time.perf_counter()
    with pq.ParquetWriter(target, SCHEMA, compression="zstd", use_dictionary=False) as writer:
        for path in sorted(Path(source).glob("*.parquet")):
            for batch in pq.ParquetFile(path).iter_batches(batch_rows, columns=["id", *FEATURES]):
                numbers = np.stack([batch.column(name).to_numpy() for name in FEATURES], axis=1)
                probabilities = network(torch.from_numpy(numbers))
                columns = [batch.column("id"), pa.array(probabilities[:, 1].numpy()),
                           pa.array(probabilities.argmax(1).to(torch.int32).numpy())]
                writer.write_batch(pa.record_batch(columns, schema=SCHEMA))
    print(json.dumps({"seconds": time.perf_counter() - began}))


if __name__ == "__main__":
    main(*sys.argv[1:4], *map(int, sys.argv[4:6]))
