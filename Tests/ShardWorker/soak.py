#!/usr/bin/env python3
"""Kills ShardWorker everywhere and damages everything it reads; no number of the result may ever change.

    soak.py SHARD_WORKER [--failpoints] [--moments N] [--parquet N] [--model N] [--seed N]

  --failpoints  at each place where a test may kill it, each time the place is passed (all of them by default)
  --moments N   at N random moments (200)
  --parquet N   truncations of the input at 64 fractions and at its last 64 bytes, and N flipped bits (1000)
  --model N     the same of the model with N flipped bits (200)

A killed shard that is run again has to give parts of the same SHA-256. A damaged file has to be refused with 65 (input)
or 67 (model) and its name, a damaged page with its row group and column too; or the result has to be the right one.
Prints what was done; exit status 1 when a promise was broken. The seed and the case reproduce it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch

FAILPOINTS = (
    "shard-begun", "model-loaded", "settings-fixed", "slab-read", "slab-scored", "batch-written", "row-group-ended",
    "part-written", "part-published", "dead-letters-synced", "checkpoint-written", "before-receipt", "receipt-written",
)
ROW_GROUPS, ROWS = 20, 256


class Broken(Exception):
    pass


class Bench:
    """A small lake, a model, and the result that every run has to give."""

    def __init__(self, program: str, root: Path) -> None:
        self.program, self.root = program, root
        self.input, self.model = root / "input/part-0.parquet", root / "model/model.pt"
        self.make_input()
        self.make_model()
        self.expected: list[str] = []
        self.fresh("clean")
        done, _ = self.run("clean")
        if done.returncode != 0:
            raise SystemExit(f"soak: the undisturbed run failed:\n{done.stderr}")
        self.expected = self.digests("clean")

    def make_input(self) -> None:
        self.input.parent.mkdir(parents=True)
        numbers = np.random.default_rng(1)
        count = ROW_GROUPS * ROWS
        x = numbers.standard_normal(count, dtype=np.float32)
        table = pa.table({
            "id": [f"row-{row}" for row in range(count)], "x": pa.array(x, mask=np.arange(count) % 1000 == 7),
            "kind": [("a", "b", "c")[row % 3] for row in range(count)], "other": np.arange(count),
        })
        pq.write_table(table, self.input, row_group_size=ROWS, write_page_checksum=True, compression="snappy")

    def make_model(self) -> None:
        self.model.parent.mkdir(parents=True)
        torch.manual_seed(1)

        class Network(torch.nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.layers = torch.nn.Sequential(torch.nn.Linear(1, 8), torch.nn.ReLU(), torch.nn.Linear(8, 1))
                self.kinds = torch.nn.Embedding(4, 1)

            def forward(self, x: torch.Tensor, kind: torch.Tensor) -> torch.Tensor:
                return self.layers(x) + self.kinds(kind).squeeze(1)

        torch.jit.freeze(torch.jit.script(Network().eval())).save(str(self.model))
        self.describe(self.model.read_bytes())

    def describe(self, weights: bytes) -> None:
        description = {
            "format": 1, "name": "soak", "version": "v1", "schema_version": 1, "torch": torch.__version__,
            "id_column": "id",
            "files": [{"kind": "torchscript", "path": "model.pt", "device": "any",
                       "sha256": hashlib.sha256(weights).hexdigest()}],
            "inputs": [
                {"name": "x", "dtype": "float32",
                 "features": [{"column": "x", "encoding": "identity", "on_null": "dead_letter"}]},
                {"name": "kind", "dtype": "int64",
                 "features": [{"column": "kind", "encoding": "vocabulary", "vocabulary": ["a", "b"],
                               "on_null": "unknown"}]},
            ],
            "outputs": [{"column": "score", "type": "float32", "from": 0, "transform": "sigmoid"}],
        }
        (self.model.parent / "model.json").write_text(json.dumps(description))

    def directory(self, run: str) -> Path:
        return self.root / "runs" / run

    def fresh(self, run: str) -> None:
        shutil.rmtree(self.directory(run), ignore_errors=True)
        self.plan(run, check=True)

    def plan(self, run: str, check: bool = False) -> subprocess.CompletedProcess:
        return subprocess.run(
            [self.program, "plan", "--input", str(self.input.parent), "--model", str(self.model.parent), "--shards", "1",
             "--hash-files", "--run-dir", str(self.directory(run))], check=check, capture_output=True, text=True)

    def command(self, run: str) -> list[str]:
        return [self.program, "run", "--run-dir", str(self.directory(run)), "--shard", "0", "--batch-size", str(ROWS),
                "--checkpoint-rows", str(2 * ROWS), "--max-bad-rows", "100", "--workers", "2"]

    def run(self, run: str, failpoint: str | None = None) -> tuple[subprocess.CompletedProcess, float]:
        environment = dict(os.environ)
        environment.pop("ORCHESTRATE_ATTEMPT", None)
        if failpoint:
            environment["SHARD_WORKER_FAILPOINT"] = failpoint
        began = time.monotonic()
        done = subprocess.run(self.command(run), env=environment, capture_output=True, text=True)
        return done, time.monotonic() - began

    def digests(self, run: str) -> list[str]:
        """SHA-256 of the parts and dead letters as they lie on disk."""
        receipt = json.loads((self.directory(run) / "shard-00000/receipt.json").read_text())
        paths = [part["path"] for part in receipt["parts"]] + [receipt["dead_letters"]["path"]]
        return [hashlib.sha256((self.directory(run) / path).read_bytes()).hexdigest() for path in paths]

    def finish(self, run: str, case: str) -> None:
        done, _ = self.run(run)
        if done.returncode != 0:
            raise Broken(f"{case}: the next attempt ended with {done.returncode}: {done.stderr}")
        if self.digests(run) != self.expected:
            raise Broken(f"{case}: the result differs from that of an undisturbed run")


def kill_at_failpoints(bench: Bench) -> str:
    killed = Counter()
    for name in FAILPOINTS:
        number = 1
        while True:
            bench.fresh("killed")
            done, _ = bench.run("killed", f"{name}:{number}")
            if done.returncode == 0:
                break
            if done.returncode != -signal.SIGKILL:
                raise Broken(f"{name}:{number}: ended with {done.returncode}: {done.stderr}")
            bench.finish("killed", f"killed at {name}:{number}")
            killed[name] += 1
            number += 1
    if any(killed[name] == 0 for name in FAILPOINTS):
        raise Broken(f"a failpoint was never passed: {dict(killed)}")
    return f"killed at {sum(killed.values())} places ({len(FAILPOINTS)} failpoints): " \
           "every result SHA-256-equal"


def kill_at_moments(bench: Bench, count: int, chance: random.Random) -> str:
    bench.fresh("moment")
    _, whole = bench.run("moment")
    hits = 0
    for number in range(count):
        bench.fresh("moment")
        process = subprocess.Popen(bench.command("moment"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        moment = chance.uniform(0, whole)
        try:
            process.wait(timeout=moment)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            hits += 1
        bench.finish("moment", f"moment {number}, after {moment:.4f} s")
    return f"killed at {hits} random moments ({count - hits} came too late): every result SHA-256-equal"


def damages(original: bytes, flips: int, chance: random.Random):
    """Each damaged version with its name."""
    size = len(original)
    cuts = sorted({size * part // 64 for part in range(64)} | set(range(max(size - 64, 0), size)))
    for cut in cuts:
        yield f"cut to {cut} of {size} bytes", original[:cut]
    for _ in range(flips):
        place, bit = chance.randrange(size), chance.randrange(8)
        damaged = bytearray(original)
        damaged[place] ^= 1 << bit
        yield f"bit {bit} of byte {place} flipped", bytes(damaged)


def damage_input(bench: Bench, flips: int, chance: random.Random) -> str:
    original, answers = bench.input.read_bytes(), Counter()
    named = re.compile(r"row group \d+, column `\w+`")
    bench.fresh("planned")
    plan = (bench.directory("planned") / "plan.json").read_bytes()
    for case, damaged in damages(original, flips, chance):
        bench.input.write_bytes(damaged)
        shutil.rmtree(bench.directory("planned"))
        bench.directory("planned").mkdir()
        (bench.directory("planned") / "plan.json").write_bytes(plan)
        done, _ = bench.run("planned")
        answers[outcome(bench, done, 65, str(bench.input), case)] += 1
        if "row group" in done.stderr and done.returncode == 65:
            answers["of these, with row group and column"] += bool(named.search(done.stderr))
            if not named.search(done.stderr):
                answers["of these, with row group alone"] += 1
    bench.input.write_bytes(original)
    return f"input damaged {damages_count(original, flips)} times: {dict(answers)}"


def damages_count(original: bytes, flips: int) -> int:
    return sum(1 for _ in damages(original, flips, random.Random(0)))


def outcome(bench: Bench, done: subprocess.CompletedProcess, code: int, name: str, case: str) -> str:
    if done.returncode == 0:
        if bench.digests("planned") != bench.expected:
            raise Broken(f"{case}: a wrong number came out")
        return "the result was right"
    if done.returncode != code:
        raise Broken(f"{case}: ended with {done.returncode}, not {code}: {done.stderr}")
    if name not in done.stderr:
        raise Broken(f"{case}: {name} is not named: {done.stderr}")
    return f"refused with {code} and the file's name"


def damage_model(bench: Bench, flips: int, chance: random.Random) -> str:
    original, answers = bench.model.read_bytes(), Counter()
    for case, damaged in damages(original, flips, chance):
        bench.fresh("planned")
        bench.model.write_bytes(damaged)
        done, _ = bench.run("planned")
        answers[outcome(bench, done, 67, str(bench.model), case)] += 1
        bench.model.write_bytes(original)
    return f"model damaged {damages_count(original, flips)} times: {dict(answers)}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--failpoints", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--moments", type=int, default=200)
    parser.add_argument("--parquet", type=int, default=1000)
    parser.add_argument("--model", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    flags = parser.parse_args()
    chance = random.Random(flags.seed)
    with tempfile.TemporaryDirectory(prefix="soak-") as root:
        bench = Bench(str(Path(flags.program).resolve()), Path(root))
        steps = [
            lambda: kill_at_failpoints(bench) if flags.failpoints else "",
            lambda: kill_at_moments(bench, flags.moments, chance) if flags.moments else "",
            lambda: damage_input(bench, flags.parquet, chance) if flags.parquet else "",
            lambda: damage_model(bench, flags.model, chance) if flags.model else "",
        ]
        for step in steps:
            try:
                line = step()
            except Broken as broken:
                print(f"BROKEN (seed {flags.seed}): {broken}")
                return 1
            if line:
                print(line, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
