#!/usr/bin/env python3
"""Kills and races merges for as long as it is told to, and checks after each round that every row is there once.

    soak.py CONSOLIDATE_BINARY [--rounds 200] [--seed 1]

Each round: eight merges of one run at once, in one of the modes, some of them killed at a named step; then one more
that is left alone. Holds: exactly one commit carries the run's transaction, the table has the run's rows once, every
merge that was not killed exits 0, every file is what the log says, and no temporary directory is left. Then, once for
each step and mode, a merge that is killed there, followed by one that finishes the job.
"""

import argparse
import json
import os
import pathlib
import random
import subprocess
import tempfile

import reconcile
import staged_run
from interoperability_tables import scores

STEPS = ("verified", "validated", "writing", "written", "publishing", "renamed", "committed", "checkpointed",
         "summarized", "manifested", "marked")
MODES = {"append": (), "overwrite-partitions": ("--mode", "overwrite-partitions"),
         "merge-by-key": ("--mode", "merge-by-key", "--key", "id"),
         "merge-by-key with updates": ("--mode", "merge-by-key", "--key", "id", "--update")}
MERGES = 8


def start(binary, run, table, flags, step=""):
    return subprocess.Popen([binary, "merge", "--run-dir", run, "--table", table, "-o", "json", *flags],
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                            env=os.environ | {"CONSOLIDATE_FAILPOINT": step})


def finish(process, may_be_killed):
    out, errors = process.communicate()
    assert process.returncode == 0 or (may_be_killed and process.returncode == -9), errors
    return json.loads(out) if process.returncode == 0 else None


def transactions(table, run):
    digest = json.loads((run / "plan.json").read_text())["digest"]
    found = 0
    for _, lines in reconcile.commits(table):
        info = next(line["commitInfo"] for line in lines if "commitInfo" in line)
        found += info["planDigest"] == digest
    return found


def check(table, run, rows):
    state = reconcile.replay(table)
    reconcile.check_files(table, state)
    held = sum(json.loads(action["stats"])["numRecords"] for action in state["files"].values())
    assert held == rows, f"{held} rows instead of {rows}"
    assert transactions(table, run) == 1, "the run is not in exactly one commit"
    left = [path for path in table.rglob("_tmp-*")]
    assert not left, f"left over: {left}"


def race(binary, root, index, chance):
    mode, flags = list(MODES.items())[index % len(MODES)]
    table = root / "table"
    first = staged_run.make(root / "first", [[scores(0, 300)]], date="2013-07-04")
    finish(start(binary, first, table, flags), False)
    # The second run shares a hundred keys with the first.
    run = staged_run.make(root / "run", [[scores(200, 200)], [scores(400, 300, offset=1.0)]], date="2013-07-04",
                          model_version="v1" if "merge" in mode or "overwrite" in mode else "v2")
    if "overwrite" in mode:
        flags = (*flags, "--generation", "2")
    steps = [chance.choice(STEPS) if chance.random() < 0.4 else "" for _ in range(MERGES)]
    processes = [start(binary, run, table, flags, step) for step in steps]
    results = [finish(process, bool(step)) for process, step in zip(processes, steps)]
    last = finish(start(binary, run, table, flags), False)
    outcomes = [result["outcome"] for result in [*results, last] if result]
    assert outcomes.count("merged") <= 1, outcomes
    expected = {"append": 800, "overwrite-partitions": 500, "merge-by-key": 700, "merge-by-key with updates": 700}
    check(table, run, expected[mode])
    return sum(result is None for result in results)


def kill_at(binary, root, mode, step):
    flags = MODES[mode]
    table = root / "table"
    run = staged_run.make(root / "run", [[scores(0, 200)], [scores(200, 300)]])
    killed = start(binary, run, table, flags, step)
    killed.communicate()
    # A new table has no checkpoint to write, but the step is passed.
    assert killed.returncode == -9, f"{mode}, {step}: exit {killed.returncode}"
    finish(start(binary, run, table, flags), False)
    check(table, run, 500)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    chance = random.Random(arguments.seed)
    for mode in MODES:
        for step in STEPS:
            with tempfile.TemporaryDirectory() as directory:
                kill_at(arguments.binary, pathlib.Path(directory), mode, step)
    print(f"ok  killed at each of {len(STEPS)} steps in each of {len(MODES)} modes", flush=True)
    killed = 0
    for index in range(arguments.rounds):
        with tempfile.TemporaryDirectory() as directory:
            try:
                killed += race(arguments.binary, pathlib.Path(directory), index, chance)
            except AssertionError as error:
                raise SystemExit(f"seed {arguments.seed}, round {index}: {error}") from error
        if (index + 1) % 50 == 0:
            print(f"    {index + 1} rounds", flush=True)
    print(f"ok  {arguments.rounds} rounds of {MERGES} merges at once, {killed} of them killed")


if __name__ == "__main__":
    main()
