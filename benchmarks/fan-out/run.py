#!/usr/bin/env python3
"""What expanding a loop costs: milliseconds to decide on all items, and bytes that each node keeps."""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def measure(program: str, items: int) -> dict[str, dict[str, float]]:
    """The cost by shape of loop, from a process of its own."""
    output = subprocess.run([program, "--fan-out", str(items)], check=True, capture_output=True, text=True).stdout
    return {shape: json.loads(cost) for shape, cost in (line.split(" ", 1) for line in output.splitlines())}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", default=str(ROOT / ".build/release/simulate"))
    parser.add_argument("--items", type=int, nargs="+", default=[1_000, 10_000, 50_000])
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--json", help="a file for every sample")
    arguments = parser.parse_args()
    samples = {items: [measure(arguments.program, items) for _ in range(arguments.repeat)] for items in arguments.items}
    held = True
    print(f"{'items':>8} {'shape':8} {'nodes':>8} {'ms':>9} {'bytes a node':>13}")
    for items, runs in samples.items():
        for shape in runs[0]:
            seconds = statistics.median(run[shape]["seconds"] for run in runs)
            size = max(run[shape]["bytesPerNode"] for run in runs)
            print(f"{items:8} {shape:8} {runs[0][shape]['nodes']:8} {seconds * 1000:9.1f} {size:13.0f}")
            held = held and size < 2048 and (items > 10_000 or seconds < 1)
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(samples, indent=1) + "\n")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
