#!/usr/bin/env python3
"""Compares the resident memory of a shard after 1 million and after 20 million rows.

    measure_memory.py SHARD_WORKER [--small ROWS] [--large ROWS]

Both datasets have row groups of the same size. Prints both peaks; exit status 1 when they differ by 2 % or more.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks/inference"))
import make_input  # noqa: E402

LIMIT = 0.02


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--small", type=int, default=1_000_000)
    parser.add_argument("--large", type=int, default=20_000_000)
    parser.add_argument("--model", type=Path, help="a folder with a model made by benchmarks/inference")
    flags = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="memory-") as folder:
        root = Path(folder)
        model = flags.model or root / "model"
        if not (model / "model.json").exists():
            make_input.make_model(model)
        peaks = {}
        for rows in (flags.small, flags.large):
            source = root / f"input-{rows}"
            make_input.make_dataset(source, rows, files=max(rows // 1_000_000, 1))
            peaks[rows] = peak(flags.program, source, model, root / f"run-{rows}")
            print(f"{rows:>12,} rows: peak of {peaks[rows] / 2**20:.1f} MiB", flush=True)
    small, large = peaks[flags.small], peaks[flags.large]
    difference = abs(large - small) / small
    print(f"they differ by {difference:.2%}")
    return 0 if difference < LIMIT else 1


def peak(program: str, source: Path, model: Path, run: Path) -> int:
    plan = ["plan", "--input", str(source), "--model", str(model), "--shards", "1", "--run-dir", str(run)]
    subprocess.run([program, *plan], check=True, capture_output=True)
    command = [program, "run", "--run-dir", str(run), "--shard", "0", "--batch-size", "1024"]
    subprocess.run(command, check=True, capture_output=True)
    return json.loads((run / "shard-00000/receipt.json").read_text())["max_rss_bytes"]


if __name__ == "__main__":
    sys.exit(main())
