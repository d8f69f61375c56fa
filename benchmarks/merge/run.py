#!/usr/bin/env python3
"""Merges the same parts with Consolidate and with what else does that job, and prints time and memory side by side.

See README.md beside this file. Every merge is a process of its own, so that its memory and CPU time are its own.
"""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "Tests" / "Consolidate"))

PARTS = 16
PEERS = ("pyarrow rewrite", "pandas.concat", "pyarrow.dataset", "delta-rs")
LIMIT_BYTES = 512 << 20


def make_run(root: pathlib.Path, rows: int, small_groups: bool) -> None:
    import numpy
    import pyarrow
    import staged_run

    random = numpy.random.default_rng(7)
    shards = []
    for part in range(PARTS):
        first, last = rows * part // PARTS, rows * (part + 1) // PARTS
        count = last - first
        score = random.beta(2, 5, count).astype(numpy.float32)
        shards.append([pyarrow.table({
            "id": pyarrow.array([f"2013-07-04-{i:012}" for i in range(first, last)], pyarrow.string()),
            "score": score, "late": (score > 0.5).astype(numpy.int32)})])
    staged_run.make(root, shards, row_group_size=10_000 if small_groups else 1 << 20, write_page_index=True,
                    use_dictionary=["late"], write_page_checksum=True)


def parts_of(run: pathlib.Path) -> list[str]:
    return sorted(str(path) for path in run.glob("shard-*/*.parquet"))


def rewrite(run: pathlib.Path, out: pathlib.Path) -> None:
    import pyarrow
    import pyarrow.parquet as parquet

    pyarrow.set_cpu_count(1)
    pyarrow.set_io_thread_count(1)
    writer = None
    for path in parts_of(run):
        file = parquet.ParquetFile(path)
        for group in range(file.num_row_groups):
            table = file.read_row_group(group, use_threads=False)
            writer = writer or parquet.ParquetWriter(
                out / "part.parquet", table.schema, compression="zstd", compression_level=3, use_dictionary=["late"],
                write_page_index=True, write_page_checksum=True)
            writer.write_table(table)
    writer.close()


def pandas_concat(run: pathlib.Path, out: pathlib.Path) -> None:
    import pandas

    frames = [pandas.read_parquet(path) for path in parts_of(run)]
    pandas.concat(frames).to_parquet(out / "part.parquet", compression="zstd", index=False)


def dataset(run: pathlib.Path, out: pathlib.Path) -> None:
    import pyarrow.dataset

    options = pyarrow.dataset.ParquetFileFormat().make_write_options(compression="zstd")
    pyarrow.dataset.write_dataset(
        pyarrow.dataset.dataset(parts_of(run)), out, format="parquet", file_options=options)


def delta_rs(run: pathlib.Path, out: pathlib.Path) -> None:
    import deltalake
    import pyarrow.dataset

    source = pyarrow.dataset.dataset(parts_of(run))
    reader = source.scanner().to_reader()
    properties = deltalake.WriterProperties(compression="ZSTD", compression_level=3)
    deltalake.write_deltalake(out, reader, writer_properties=properties)


WORK = {"pyarrow rewrite": rewrite, "pandas.concat": pandas_concat, "pyarrow.dataset": dataset, "delta-rs": delta_rs}


def measure(command: list[str]) -> tuple[float, float, int]:
    """Wall seconds, CPU seconds and greatest resident bytes of a child."""
    began = time.monotonic()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    errors = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.monotonic() - began
    if status != 0:
        sys.exit(f"{' '.join(command)}: status {status}\n{errors}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024


def one_round(peer: str, arguments: argparse.Namespace, run: pathlib.Path, scratch: pathlib.Path):
    out = scratch / "out"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    if peer == "Consolidate":
        command = [arguments.consolidate, "merge", "--run-dir", str(run), "--table", str(out)]
        if arguments.by_key:
            # Into a table that holds the same keys: every row is compared, and every row is replaced.
            table = scratch / "held"
            if not table.exists():
                measure([*command[:-1], str(table)])
            shutil.copytree(table, out, dirs_exist_ok=True)
            command += ["--mode", "merge-by-key", "--key", "id", "--update"]
    else:
        command = [sys.executable, __file__, "--peer", peer, str(run), str(out)]
    return measure(command)


def starts_of_peers() -> dict[str, tuple[float, float]]:
    """Wall and CPU seconds that Python takes to import each peer's libraries: not part of the merge."""
    imports = {"pyarrow rewrite": "pyarrow.parquet", "pandas.concat": "pandas, pyarrow.parquet",
               "pyarrow.dataset": "pyarrow.dataset", "delta-rs": "deltalake, pyarrow.dataset"}
    found = {peer: [measure([sys.executable, "-c", f"import {names}"]) for _ in range(3)]
             for peer, names in imports.items()}
    return {peer: (min(f[0] for f in rounds), min(f[1] for f in rounds)) for peer, rounds in found.items()}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--consolidate", default=".build/release/Consolidate")
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--small-groups", action="store_true")
    parser.add_argument("--by-key", action="store_true", help="Consolidate alone: replaces all rows of a table by key")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--json")
    parser.add_argument("--run", type=pathlib.Path, help="a directory for the run; one that is there is used again")
    parser.add_argument("--peer", nargs=3, help=argparse.SUPPRESS)
    parser.add_argument("--make", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.make:
        make_run(pathlib.Path(arguments.make), arguments.rows, arguments.small_groups)
        return 0
    if arguments.peer:
        peer, run, out = arguments.peer
        WORK[peer](pathlib.Path(run), pathlib.Path(out))
        return 0
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCHMARK_DIR")) as directory:
        return compare(arguments, pathlib.Path(directory))


def compare(arguments: argparse.Namespace, scratch: pathlib.Path) -> int:
    run = arguments.run or scratch / "run"
    if not run.exists():
        # In a process of its own: a child's greatest memory begins with that of the process it was forked from.
        command = [sys.executable, __file__, "--make", str(run), "--rows", str(arguments.rows)]
        subprocess.run(command + ["--small-groups"] * arguments.small_groups, check=True)
    starts = starts_of_peers()
    peers = ("Consolidate",) if arguments.by_key else ("Consolidate", *PEERS)
    rounds: dict[str, list] = {peer: [] for peer in peers}
    for _ in range(arguments.rounds):
        for peer in rounds:
            rounds[peer].append(one_round(peer, arguments, run, scratch))
    results = {}
    for peer, found in rounds.items():
        start = starts.get(peer, (0.0, 0.0))
        wall = statistics.median(max(f[0] - start[0], 1e-3) for f in found)
        cpu = statistics.median(max(f[1] - start[1], 1e-3) for f in found)
        results[peer] = {"wall_seconds": wall, "cpu_seconds": cpu, "rows_per_second": arguments.rows / wall,
                         "rows_per_cpu_second": arguments.rows / cpu, "max_rss_bytes": max(f[2] for f in found)}
    print(f"{arguments.rows:,} rows in {PARTS} parts, {len(os.sched_getaffinity(0))} cores, "
          f"{arguments.rounds} rounds; Python's imports are taken off")
    print(f"{'':18}{'wall s':>9}{'CPU s':>9}{'rows/s':>14}{'rows/CPU s':>14}{'MiB':>8}")
    for peer, r in results.items():
        print(f"{peer:18}{r['wall_seconds']:9.2f}{r['cpu_seconds']:9.2f}{r['rows_per_second']:14,.0f}"
              f"{r['rows_per_cpu_second']:14,.0f}{r['max_rss_bytes'] / (1 << 20):8.0f}")
    if arguments.json:
        pathlib.Path(arguments.json).write_text(json.dumps(results, indent=2, sort_keys=True) + "\n")
    return verdict(results) if arguments.check else 0


def verdict(results: dict) -> int:
    own = results["Consolidate"]
    failed = []
    if own["max_rss_bytes"] >= LIMIT_BYTES:
        failed.append("memory is not under 512 MiB")
    if len(results) > 1 and own["rows_per_cpu_second"] < 0.8 * results["pyarrow rewrite"]["rows_per_cpu_second"]:
        failed.append("less than 0.8 of the rewrite's rows per CPU second")
    failed += [f"slower than {peer}" for peer in PEERS[1:]
               if peer in results and own["rows_per_second"] <= results[peer]["rows_per_second"]]
    for text in failed:
        print(f"FAILED: {text}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
