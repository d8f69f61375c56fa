#!/usr/bin/env python3
"""ShardWorker against a plain loop, Ray Data and Spark, on the same files in one run. See README.md."""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Callable

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

import make_input
import peers
import picture

HERE = Path(__file__).resolve().parent
LOOP_BATCHES = (4096, 16_384, 65_536, 262_144)
TOLERANCE = 1e-6


def main() -> int:
    flags = parse()
    cores = sorted(os.sched_getaffinity(0))[: flags.cores]
    os.sched_setaffinity(0, cores)
    work = Path(flags.work or tempfile.mkdtemp(prefix="inference-"))
    source, model = work / "input", work / "model"
    if not (model / "model.json").exists():
        make_input.make_dataset(source, flags.rows)
        make_input.make_model(model)
    result = measure(flags, source, model, work, len(cores))
    print_table(result)
    if flags.picture:
        draw(result, Path(flags.picture))
    if flags.json:
        Path(flags.json).write_text(json.dumps(result, indent=1, sort_keys=True) + "\n")
    if not flags.work:
        shutil.rmtree(work)
    return 0


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worker", default=".build/release/ShardWorker")
    parser.add_argument("--rows", type=int, default=4_000_000)
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--work", help="keep input and model in this folder, and use them again")
    parser.add_argument("--loop-batch", type=int, help="the loop's batch size, in place of a search")
    parser.add_argument("--peers", nargs="*", choices=["ray", "spark"], default=["ray", "spark"])
    parser.add_argument("--peers-environment", help="the folder of their Python environment")
    parser.add_argument("--peer-repeat", type=int, default=2)
    parser.add_argument("--json")
    parser.add_argument("--picture", help="draw the times into this SVG file")
    return parser.parse_args()


def measure(
    flags: argparse.Namespace, source: Path, model: Path, work: Path, cores: int
) -> dict[str, Any]:
    batch = flags.loop_batch or best_loop_batch(source, model, work, cores)
    others = peer_samples(flags, source, model, work, cores)
    contenders: dict[str, Callable[[], dict[str, float]]] = {
        "ShardWorker": lambda: worker(flags.worker, source, model, work),
        "loop": lambda: loop(source, model, work, batch, cores),
    }
    for run in contenders.values():
        run()
    check_same(worker_table(work), pq.read_table(work / "loop.parquet"))
    samples: dict[str, list[dict[str, float]]] = {name: [] for name in contenders}
    ceilings = []
    for _ in range(flags.repeat):
        for name, run in contenders.items():
            samples[name].append(run())
        ceilings.append(ceiling(source, model, work))
    samples |= others
    return {
        "rows": flags.rows, "cores": cores, "loop_batch": batch, "samples": samples,
        "ceiling": ceilings, "processor": processor(), "load": os.getloadavg(),
        "versions": {"pyarrow": pa.__version__, "python": platform.python_version()},
    }


def timed(command: list[str]) -> tuple[dict[str, float], str]:
    """Wall-clock seconds of a whole process, and its processor seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True)
    wall = time.perf_counter() - began
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"wall": wall, "cpu": cpu}, done.stdout


def worker(program: str, source: Path, model: Path, work: Path) -> dict[str, float]:
    run = work / "run"
    shutil.rmtree(run, ignore_errors=True)
    plan = [program, "plan", "--input", str(source), "--model", str(model), "--shards", "1",
            "--run-dir", str(run)]
    subprocess.run(plan, check=True, capture_output=True)
    sample, _ = timed([program, "run", "--run-dir", str(run), "--shard", "0"])
    receipt = json.loads((run / "shard-00000/receipt.json").read_text())
    for stage, seconds in receipt["seconds"].items():
        sample[stage] = seconds
    return {**sample, "batch_rows": receipt["batch_rows"], "rss": receipt["max_rss_bytes"]}


def worker_table(work: Path) -> pa.Table:
    receipt = json.loads((work / "run/shard-00000/receipt.json").read_text())
    return pa.concat_tables(pq.read_table(work / "run" / part["path"]) for part in receipt["parts"])


def loop(source: Path, model: Path, work: Path, batch: int, threads: int) -> dict[str, float]:
    command = [sys.executable, str(HERE / "python_loop.py"), str(source), str(model),
               str(work / "loop.parquet"), str(batch), str(threads)]
    sample, output = timed(command)
    return {**sample, "loop": json.loads(output)["seconds"]}


def peer_samples(
    flags: argparse.Namespace, source: Path, model: Path, work: Path, cores: int
) -> dict[str, list[dict[str, float]]]:
    """Each peer's runs at the best of the settings that were tried."""
    samples: dict[str, list[dict[str, float]]] = {}
    if not flags.peers:
        return samples
    python = peers.environment(flags.peers_environment)
    for name in flags.peers:
        def run(batch: int) -> dict[str, float]:
            command = peers.command(name, python, source, model, work / name, batch, cores)
            return {**timed(command)[0], "batch_rows": batch}

        tried = [run(batch) for batch in peers.SETTINGS[name]]
        best = min(tried, key=lambda sample: sample["wall"])
        check_rows(work / name, flags.rows)
        more = [run(int(best["batch_rows"])) for _ in range(flags.peer_repeat - 1)]
        samples[{"ray": "Ray Data", "spark": "Spark"}[name]] = [best, *more]
    return samples


def check_rows(folder: Path, rows: int) -> None:
    found = sum(pq.read_metadata(path).num_rows for path in folder.glob("*.parquet"))
    if found != rows:
        sys.exit(f"{folder} holds {found} rows, not {rows}")


def best_loop_batch(source: Path, model: Path, work: Path, cores: int) -> int:
    return min(LOOP_BATCHES, key=lambda batch: loop(source, model, work, batch, cores)["wall"])


def ceiling(source: Path, model: Path, work: Path) -> dict[str, float]:
    _, output = timed(
        [sys.executable, str(HERE / "ceiling.py"), str(source), str(model), str(work)])
    return json.loads(output)


def check_same(ours: pa.Table, theirs: pa.Table) -> None:
    if not ours["id"].equals(theirs["id"]):
        sys.exit("the ids differ")
    largest = pc.max(pc.abs(pc.subtract(ours["score"], theirs["score"]))).as_py()
    if largest > TOLERANCE:
        sys.exit(f"the scores differ by {largest}")
    print(f"same ids in the same order; scores differ by {largest:.1e} at most", file=sys.stderr)


def processor() -> str:
    names = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line]
    return names[0].split(":")[1].strip() if names else platform.processor()


def print_table(result: dict[str, Any]) -> None:
    rows, cores, samples = result["rows"], result["cores"], result["samples"]
    ours = [sample["wall"] for sample in samples["ShardWorker"]]
    print(f"{rows:,} rows, {cores} cores, {result['processor']}, load {result['load'][0]:.1f}")
    for name, runs in samples.items():
        wall = statistics.median(run["wall"] for run in runs)
        ratios = [theirs["wall"] / our for theirs, our in zip(runs, ours)]  # of runs that stand side by side
        print(f"{name:12} {wall:7.2f} s  cpu {statistics.median(run['cpu'] for run in runs):7.2f} s "
              f"{rows / wall:12,.0f} rows/s   {statistics.median(ratios):6.2f} x "
              f"({min(ratios):.2f} to {max(ratios):.2f})")
    limits = [(c["decode"] + c["model"] + c["encode"]) / cores for c in result["ceiling"]]
    shares = [limit / (run["total"] - run["start"])
              for limit, run in zip(limits, samples["ShardWorker"])]
    print(f"ceiling      {statistics.median(limits):7.2f} s; reached {statistics.median(shares):.2f} of it "
          f"({min(shares):.2f} to {max(shares):.2f}), start-up not counted")


def draw(result: dict[str, Any], path: Path) -> None:
    wall = {name: statistics.median(run["wall"] for run in runs) for name, runs in result["samples"].items()}
    bars = [(name, seconds, f"{seconds / wall['ShardWorker']:.1f} x") for name, seconds in wall.items()]
    picture.draw(path, f"Scoring {result['rows']:,} rows on {result['cores']} cores: time of the whole process", bars)


if __name__ == "__main__":
    sys.exit(main())
