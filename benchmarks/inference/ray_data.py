"""The job in Ray Data: a pool of actors that hold the model, as its documentation has it.

    ray_data.py INPUT MODEL OUTPUT BATCH_ROWS CORES
"""

from __future__ import annotations

import os
import sys

os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")

import numpy as np
import pyarrow as pa
import ray
import torch

FEATURES = ["a", "b", "c", "d"]


class Predictor:
    def __init__(self, model: str) -> None:
        torch.set_num_threads(1)
        self.network = torch.jit.load(f"{model}/model.pt").eval()

    @torch.inference_mode()
    def __call__(self, batch: pa.Table) -> pa.Table:
        numbers = np.stack([batch.column(name).to_numpy() for name in FEATURES], axis=1)
        probabilities = self.network(torch.from_numpy(numbers))
        return pa.table({
            "id": batch.column("id"), "score": pa.array(probabilities[:, 1].numpy()),
            "class": pa.array(probabilities.argmax(1).to(torch.int32).numpy()),
        })


def main(source: str, model: str, target: str, batch_rows: int, cores: int) -> None:
    ray.init(num_cpus=cores, logging_level="ERROR", log_to_driver=False, include_dashboard=False)
    ray.data.DataContext.get_current().enable_progress_bars = False
    rows = ray.data.read_parquet(source, columns=["id", *FEATURES])
    scored = rows.map_batches(
        Predictor, fn_constructor_args=(model,), batch_size=batch_rows, batch_format="pyarrow",
        zero_copy_batch=True, concurrency=max(cores - 1, 1))
    scored.write_parquet(target, compression="zstd")
    ray.shutdown()


if __name__ == "__main__":
    main(*sys.argv[1:4], *map(int, sys.argv[4:6]))
