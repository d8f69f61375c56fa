#!/usr/bin/env python3
"""Times the daily job against a plain pyarrow + PyTorch loop on the same input.

Both sides run as whole processes, pinned to the same cores, alternately, several times. The job is
`ShardWorker plan`, one `ShardWorker run` per shard (a shard per core, at the same time), then
`Consolidate merge`. Before anything is reported, the two results are compared row by row.

  benchmarks/daily/run.py                          all of 2013, release build, 1 core and all cores
  benchmarks/daily/run.py --days 31 --repeat 3     January only
  benchmarks/daily/run.py --copies 8               2.6 million rows
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
FILES = 8
ROWS_PER_GROUP = 8192
TOLERANCE = 1e-6
PARTITION = {"date": "2013-12-31", "model_version": "benchmark"}
START_UP = ("start", "load")
"""Entries of a receipt's `seconds` that pass before the first row is read."""

Sample = dict[str, float]


class BenchmarkError(Exception):
    """The benchmark cannot run, or its two sides do not agree."""


def main() -> int:
    options = parse_arguments()
    try:
        with tempfile.TemporaryDirectory(prefix="benchmark-", dir=options.work) as work:
            result = benchmark(options, Path(work))
    except (BenchmarkError, OSError, pa.ArrowInvalid) as error:
        print(f"benchmark: error: {error}", file=sys.stderr)
        return 1
    print(render(result))
    if options.json is not None:
        options.json.write_text(json.dumps(result, indent=2, sort_keys=True) + "\n")
    return 0


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--bin", type=Path, help="folder of the programs (.build/release, else .build/debug)")
    add("--lake", type=Path, default=REPOSITORY / "data", help="folder of the lake (%(default)s)")
    add("--model", type=Path, default=REPOSITORY / "models/flights/build/v1", help="(%(default)s)")
    add("--days", type=int, default=365, help="how many days of the lake (%(default)s)")
    add("--copies", type=int, default=1, help="times each flight occurs (%(default)s)")
    add("--repeat", type=int, default=5, help="timed runs of each side (%(default)s)")
    add("--cores", type=cores, help="such as 1,4 (default: 1 and all)")
    add("--kind", choices=["eager", "torchscript"], default="eager", help="baseline's model")
    add("--only", choices=["job", "python"], help="run one side alone, without a ratio")
    add("--work", type=Path, help="folder for temporary files (default: the system's)")
    add("--json", type=Path, help="file for all measurements")
    return parser.parse_args()


def cores(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


def benchmark(options: argparse.Namespace, work: Path) -> dict[str, Any]:
    """Prepares the input, then measures both sides for each number of cores."""
    sides = [options.only] if options.only else ["job", "python"]
    programs = find_programs(options.bin) if "job" in sides else None
    rows = prepare_input(options, work / "input")
    available = sorted(os.sched_getaffinity(0))
    counts = options.cores or sorted({1, len(available)})
    too_many = [count for count in counts if not 1 <= count <= len(available)]
    if too_many:
        raise BenchmarkError(f"{too_many[0]} cores asked for, {len(available)} available")
    measured = []
    for count in counts:
        runner = Runner(options, programs, work, available[:count], rows)
        measured.append(measure(runner, sides, options.repeat))
    return {
        "format": 1,
        "input": {"rows": rows, "files": FILES, "rows_per_group": ROWS_PER_GROUP,
                  "days": options.days, "copies": options.copies},
        "programs": str(programs) if programs else None,
        "machine": machine(),
        "repeat": options.repeat,
        "baseline": options.kind,
        "results": measured,
    }


def find_programs(given: Path | None) -> Path:
    """The folder that holds both programs."""
    folders = [given] if given else [REPOSITORY / ".build" / kind for kind in ("release", "debug")]
    for folder in folders:
        if all(os.access(folder / name, os.X_OK) for name in ("ShardWorker", "Consolidate")):
            if folder.name == "debug":
                print("benchmark: a debug build is slower than a release build", file=sys.stderr)
            return folder.resolve()
    raise BenchmarkError(
        f"no ShardWorker and Consolidate in {' or '.join(map(str, folders))};"
        " run: swift build -c release (or give --bin)"
    )


def prepare_input(options: argparse.Namespace, folder: Path) -> int:
    """Packs days of the lake into a few files with row groups of the size one finds in practice."""
    days = sorted((options.lake / "features").glob("date=*"))[: options.days]
    if not days:
        raise BenchmarkError(f"no days in {options.lake}/features; run models/flights/make_lake.py")
    paths = [str(path) for day in days for path in sorted(day.glob("*.parquet"))]
    table = ds.dataset(paths, format="parquet").to_table()
    tables = [with_suffix(table, copy) for copy in range(options.copies)]
    table = pa.concat_tables(tables).combine_chunks()
    folder.mkdir()
    rows = -(-table.num_rows // FILES)
    for index in range(FILES):
        pq.write_table(
            table.slice(index * rows, rows),
            folder / f"part-{index}.parquet",
            row_group_size=ROWS_PER_GROUP,
            compression="zstd",
        )
    return table.num_rows


def with_suffix(table: pa.Table, copy: int) -> pa.Table:
    """The table with other ids, so that copies of a flight stay apart."""
    ids = pc.binary_join_element_wise(table["id"], f"{copy}", "#")
    return table.set_column(0, table.schema.field("id"), ids)


class Runner:
    """Runs either side once, from nothing, on a fixed set of cores."""

    def __init__(
        self,
        options: argparse.Namespace,
        programs: Path | None,
        work: Path,
        pinned: Sequence[int],
        rows: int,
    ) -> None:
        self.options = options
        self.programs = programs
        self.work = work
        self.pinned = pinned
        self.rows = rows

    def job(self) -> Sample:
        """Plan, shards and merge; the receipts tell what passed before the first row."""
        run_folder, table = self.work / "run", self.work / "table"
        for folder in (run_folder, table):
            shutil.rmtree(folder, ignore_errors=True)
        labels = [f"--label={name}={value}" for name, value in PARTITION.items()]
        worker, merge = self.programs / "ShardWorker", self.programs / "Consolidate"
        plan = [worker, "plan", "--input", self.work / "input", "--model", self.options.model,
                "--shards", len(self.pinned), "--run-dir", run_folder, *labels]
        plan_seconds, printed = self.timed([plan])
        shards = [
            [worker, "run", "--run-dir", run_folder, "--shard", shard, "--threads", 1]
            for shard in json.loads(printed)
        ]
        run_seconds, _ = self.timed(shards)
        merging = [merge, "merge", "--run-dir", run_folder, "--table", table]
        merge_seconds, _ = self.timed([merging])
        return {
            "whole_seconds": plan_seconds + run_seconds + merge_seconds,
            "plan_seconds": plan_seconds,
            "run_seconds": run_seconds,
            "merge_seconds": merge_seconds,
            "loop_seconds": max(map(loop_seconds, sorted(run_folder.glob("*/receipt.json")))),
        }

    def python(self) -> Sample:
        output = self.work / "python.parquet"
        output.unlink(missing_ok=True)
        command = [sys.executable, HERE / "python_loop.py", "--input", self.work / "input",
                   "--model", self.options.model, "--output", output,
                   "--threads", len(self.pinned), "--kind", self.options.kind]
        seconds, printed = self.timed([command])
        own = json.loads(printed)
        if own["rows"] != self.rows:
            raise BenchmarkError(f"the baseline scored {own['rows']} of {self.rows} rows")
        return {"whole_seconds": seconds, "loop_seconds": own["loop_seconds"]}

    def timed(self, commands: list[list[Any]]) -> tuple[float, str]:
        """Runs the commands at the same time; wall seconds until the last ends, and the output."""
        started = time.perf_counter()
        processes = [self.start([str(word) for word in command]) for command in commands]
        printed = [process.communicate() for process in processes]
        seconds = time.perf_counter() - started
        for process, (_, errors) in zip(processes, printed):
            if process.returncode != 0:
                command = " ".join(process.args)
                raise BenchmarkError(f"exit code {process.returncode} from {command}\n{errors}")
        return seconds, "".join(output for output, _ in printed)

    def start(self, command: list[str]) -> subprocess.Popen[str]:
        return subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=lambda: os.sched_setaffinity(0, self.pinned),
        )


def loop_seconds(receipt: Path) -> float:
    """A shard's time from its first row on."""
    seconds = json.loads(receipt.read_bytes())["seconds"]
    return seconds["total"] - sum(seconds.get(name, 0.0) for name in START_UP)


def measure(runner: Runner, sides: list[str], repeat: int) -> dict[str, Any]:
    """One untimed run of each side, a comparison, then the timed ones in alternating order."""
    for side in sides:
        getattr(runner, side)()
    worst = compare(runner) if len(sides) == 2 else None
    samples: dict[str, list[Sample]] = {side: [] for side in sides}
    for turn in range(repeat):
        for side in sides if turn % 2 == 0 else reversed(sides):
            print(f"benchmark: {len(runner.pinned)} cores, run {turn + 1}, {side}", file=sys.stderr)
            samples[side].append(getattr(runner, side)())
    result: dict[str, Any] = {"cores": len(runner.pinned), "largest_difference": worst}
    for side in sides:
        result[side] = summary(samples[side], runner.rows)
    if len(sides) == 2:
        result["ratio"] = ratios(samples)
    return result


def compare(runner: Runner) -> float:
    """The largest difference of two scores; raises unless both sides have the same rows."""
    table = runner.work / "table"
    partition = [f"{name}={value}" for name, value in PARTITION.items()]
    files = [str(path) for path in table.rglob("*.parquet")
             if all(part in path.relative_to(table).parts for part in partition)]
    job = ds.dataset(files, format="parquet").to_table(columns=["id", "score"]).sort_by("id")
    python = pq.read_table(runner.work / "python.parquet", columns=["id", "score"]).sort_by("id")
    if not job["id"].equals(python["id"]):
        raise BenchmarkError(f"ids differ: {job.num_rows} and {python.num_rows} rows")
    worst = float(np.abs(job["score"].to_numpy() - python["score"].to_numpy()).max())
    if not worst <= TOLERANCE:
        raise BenchmarkError(f"scores differ by {worst:.1e}, more than {TOLERANCE:.0e}")
    return worst


def summary(samples: list[Sample], rows: int) -> dict[str, Any]:
    """Medians, extremes and rows per second of each measurement."""
    result: dict[str, Any] = {"samples": samples}
    for name in samples[0]:
        values = [sample[name] for sample in samples]
        result[name] = {
            "median": statistics.median(values),
            "min": min(values),
            "max": max(values),
            "rows_per_second": rows / statistics.median(values),
        }
    return result


def ratios(samples: dict[str, list[Sample]]) -> dict[str, Any]:
    """How many times the job is faster: the median over pairs of runs, and the extremes."""
    result = {}
    for name in ("whole_seconds", "loop_seconds"):
        pairs = [python[name] / job[name] for job, python in zip(samples["job"], samples["python"])]
        result[name] = {"median": statistics.median(pairs), "min": min(pairs), "max": max(pairs)}
    return result


def machine() -> dict[str, Any]:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.split(":", 1)[1].strip() for line in lines if "model name" in line), "")
    return {
        "cpu": model or platform.machine(),
        "cores": os.cpu_count(),
        "load_average": os.getloadavg()[0],
        "python": platform.python_version(),
        "pyarrow": pa.__version__,
    }


def render(result: dict[str, Any]) -> str:
    """The table for people."""
    given, host = result["input"], result["machine"]
    lines = [
        f"{given['rows']:,} rows in {given['files']} files, row groups of"
        f" {given['rows_per_group']:,}; {host['cpu']}, {host['cores']} cores,"
        f" load {host['load_average']:.1f}; median of {result['repeat']}",
        f"{'cores':>5}  {'':<18} {'job rows/s':>12} {'Python rows/s':>14}  job is faster by",
    ]
    for entry in result["results"]:
        for name, label in (("whole_seconds", "whole processes"), ("loop_seconds", "no start-up")):
            speeds = [speed(entry, side, name) for side in ("job", "python")]
            ratio = entry.get("ratio", {}).get(name)
            shown = (
                f"{ratio['median']:.2f}x ({ratio['min']:.2f} .. {ratio['max']:.2f})"
                if ratio
                else "-"
            )
            lines.append(
                f"{entry['cores']:>5}  {label:<18} {speeds[0]:>12} {speeds[1]:>14}  {shown}"
            )
    return "\n".join(lines)


def speed(entry: dict[str, Any], side: str, name: str) -> str:
    return f"{entry[side][name]['rows_per_second']:,.0f}" if side in entry else "-"


if __name__ == "__main__":
    sys.exit(main())
