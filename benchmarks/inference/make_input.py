"""Makes the benchmark's input: a Parquet dataset, and the model in the two forms that ShardWorker runs."""

from __future__ import annotations

import hashlib
import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
import torch._inductor.config
import torch.fx.experimental._config

SEED = 20130704
FEATURES = ("a", "b", "c", "d")
ROW_GROUP_ROWS = 262_144
LARGEST_BATCH = 1 << 20


class Classifier(torch.nn.Module):
    """4-64-64-2 with ReLU, and the softmax inside."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = torch.nn.Sequential(
            torch.nn.Linear(4, 64), torch.nn.ReLU(), torch.nn.Linear(64, 64), torch.nn.ReLU(),
            torch.nn.Linear(64, 2), torch.nn.Softmax(dim=1),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layers(x)


def make_dataset(folder: Path, rows: int, files: int = 1) -> None:
    """`id` (text, unique) and four float32 columns in `files` files, snappy-compressed as most writers do."""
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(SEED)
    for number in range(files):
        first, end = rows * number // files, rows * (number + 1) // files
        columns: dict[str, Any] = {"id": pa.array([f"row-{row:09d}" for row in range(first, end)])}
        for name in FEATURES:
            columns[name] = random.standard_normal(end - first, dtype=np.float32)
        pq.write_table(
            pa.table(columns), folder / f"part-{number:05d}.parquet", row_group_size=ROW_GROUP_ROWS,
            use_dictionary=False)


def make_model(folder: Path) -> None:
    """Writes model.pt, model.pt2 and model.json; the weights are the seed's."""
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    network = Classifier().eval()
    torch.jit.freeze(torch.jit.script(network)).save(str(folder / "model.pt"))
    save_package(network, folder / "model.pt2")
    description = {
        "format": 1, "name": "mlp-4-64-64-2", "version": "v1", "schema_version": 1,
        "torch": torch.__version__, "id_column": "id",
        "files": [
            {**entry("aotinductor", folder / "model.pt2", "cpu"), "max_batch_rows": LARGEST_BATCH,
             "cpu_capability": torch.backends.cpu.get_cpu_capability()},
            entry("torchscript", folder / "model.pt", "any"),
        ],
        "inputs": [{"name": "x", "dtype": "float32",
                    "features": [{"column": name, "encoding": "identity"} for name in FEATURES]}],
        "outputs": [
            {"column": "score", "type": "float32", "from": 0, "transform": "identity", "index": 1},
            {"column": "class", "type": "int32", "from": 0, "transform": "argmax"},
        ],
    }
    (folder / "model.json").write_text(json.dumps(description, sort_keys=True, indent=1) + "\n")


def save_package(network: torch.nn.Module, path: Path) -> None:
    batch = torch.export.Dim("batch", min=1, max=LARGEST_BATCH)
    settings = {
        "cpp.dynamic_threads": True, "aot_inductor.check_lowerbound": False,
        "cpp_cache_precompile_headers": False, "aot_inductor.precompile_headers": False,
        # Constant weights may be packed for the processor's matrix kernels.
        "freezing": True,
    }
    oblivious = torch.fx.experimental._config.patch(backed_size_oblivious=True)
    with torch.no_grad(), oblivious, torch._inductor.config.patch(settings), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.export.export(network, (torch.zeros(8, 4),), dynamic_shapes=({0: batch},))
        torch._inductor.aoti_compile_and_package(program, package_path=str(path))


def entry(kind: str, path: Path, device: str) -> dict[str, Any]:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return {"kind": kind, "path": path.name, "sha256": digest, "device": device}
