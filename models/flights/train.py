#!/usr/bin/env python3
"""Trains the flight-delay model on the lake and exports it for ShardWorker.

  build/<version>/model.json   the contract: inputs, encodings, outputs, digests, metrics
  build/<version>/model.pt2    AOTInductor package, compiled for this machine's CPU
  build/<version>/model.pt     TorchScript, for any device
  build/<version>/weights.npz  the bare weights, for whoever rebuilds the model independently

Needs the lake of make_lake.py, and a C++ compiler (g++, or the one in CXX) for model.pt2. Training
is seeded. Running it again does nothing when the build is complete and nothing it depends on has
changed.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.metadata
import os
import platform
import shutil
import sys
import time
from pathlib import Path
from typing import Any

import artifacts
from artifacts import BuildError

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
HELD_OUT_MONTHS = [11, 12]
SEED = 20130704
SOURCES = ("train.py", "features.py", "network.py", "learning.py", "exporting.py")


def main() -> int:
    options = parse_arguments()
    try:
        build_model(options)
    except (BuildError, OSError) as error:
        print(f"train: error: {error}", file=sys.stderr)
        return 1
    return 0


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--version", default="v1", help="name of the build (%(default)s)")
    add("--lake", type=Path, default=REPOSITORY / "data", help="folder of the lake (%(default)s)")
    add("--out", type=Path, default=HERE / "build", help="folder of the builds (%(default)s)")
    add("--epochs", type=int, default=8, help="passes over the training rows (%(default)s)")
    add("--seed", type=int, default=SEED, help="seed of weights and order (%(default)s)")
    add("--force", action="store_true", help="rebuild even a complete, current build")
    return parser.parse_args()


def build_model(options: argparse.Namespace) -> None:
    """Builds one version unless it is there already, complete and current."""
    folder = options.out.resolve() / options.version
    made_from = dependencies(options)
    with artifacts.exclusive_lock(folder.with_name(f".{options.version}.lock")):
        if not options.force and is_current(folder, made_from):
            print(f"train: {folder} is complete and current, nothing to do", file=sys.stderr)
            return
        require_compiler()
        started = time.monotonic()
        partial = folder.with_name(f".{options.version}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir()
        model = train_and_export(partial, options, made_from)
        publish(partial, folder)
        print(
            f"train: AUC {model['metrics']['auc']:.4f} on months {HELD_OUT_MONTHS},"
            f" wrote {folder} ({time.monotonic() - started:.1f} s)",
            file=sys.stderr,
        )


def dependencies(options: argparse.Namespace) -> dict[str, Any]:
    """All that decides what the build is: data, code, settings, library, processor."""
    lake = artifacts.read_json(options.lake / "lake.json")
    if lake is None:
        raise BuildError(f"no complete lake in {options.lake}; run models/flights/make_lake.py")
    return {
        "lake_sha256": lake["files"]["sha256"],
        "code_sha256": artifacts.sha256_of_tree(HERE, [HERE / name for name in SOURCES]),
        "settings": {"epochs": options.epochs, "seed": options.seed},
        "torch": importlib.metadata.version("torch"),
        "cpu": cpu_digest(),
    }


def cpu_digest() -> str:
    """Tells processors apart by instruction set, since model.pt2 is compiled for this one."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    flags = next((line for line in lines if line.startswith(("flags", "Features"))), "")
    return f"{platform.machine()}-{hashlib.sha256(flags.encode()).hexdigest()[:12]}"


def is_current(folder: Path, made_from: dict[str, Any]) -> bool:
    """True when model.json names these dependencies and the digests of the files beside it hold."""
    model = artifacts.read_json(folder / "model.json")
    if model is None or model.get("made_from") != made_from:
        return False
    return all(
        (folder / file["path"]).is_file()
        and artifacts.sha256_of_file(folder / file["path"]) == file["sha256"]
        for file in [*model["files"], model["weights"]]
    )


def require_compiler() -> None:
    compiler = os.environ.get("CXX", "g++")
    if shutil.which(compiler) is None:
        raise BuildError(
            f"model.pt2 needs a C++ compiler, and '{compiler}' is not there;"
            " run: apt-get install g++ (or set CXX)"
        )


def train_and_export(
    folder: Path, options: argparse.Namespace, made_from: dict[str, Any]
) -> dict[str, Any]:
    """Fills `folder` with the build and returns its model.json."""
    scratch = folder / "scratch"
    # Read by torch when it is imported: its compiler's caches go away with the build.
    os.environ["TORCHINDUCTOR_CACHE_DIR"] = str(scratch)
    import exporting
    import learning

    learned = learning.learn(options.lake, HELD_OUT_MONTHS, options.epochs, options.seed)
    exported = exporting.export(folder, learned)
    shutil.rmtree(scratch, ignore_errors=True)
    model = {
        "format": 1,
        "name": "flight-delays",
        "version": options.version,
        "schema_version": learned.schema_version,
        "torch": made_from["torch"],
        "id_column": "id",
        "inputs": learned.inputs,
        "outputs": [
            {"column": "score", "type": "float32", "from": 0, "transform": "sigmoid"},
            {
                "column": "late",
                "type": "int32",
                "from": 0,
                "transform": "threshold",
                "threshold": 0.5,
            },
        ],
        "metrics": learned.metrics,
        "trained_on": learned.trained_on,
        "made_from": made_from,
        **exported,
    }
    artifacts.write_json(folder / "model.json", model)
    return model


def publish(partial: Path, folder: Path) -> None:
    """Puts the finished build in its place; an older one is moved out of the way first."""
    older = folder.with_name(f".{folder.name}.older")
    shutil.rmtree(older, ignore_errors=True)
    if folder.exists():
        os.rename(folder, older)
    os.rename(partial, folder)
    shutil.rmtree(older, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
