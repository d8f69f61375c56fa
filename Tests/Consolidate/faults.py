#!/usr/bin/env python3
"""Merges into an object store that misbehaves by script, in every mode, and checks that each row is there once.

    faults.py CONSOLIDATE_BINARY [--mode MODE] [--kills]

The store (object_store.py) honours `If-None-Match` atomically. What goes wrong with the commit: 409, 503, 500 and lost
answers, before and after the effect, and commits of others that take the version. The run lies in the bucket as well.
With --kills, merges are also killed at each step in each mode, into the same store.
"""

import argparse
import json
import os
import pathlib
import subprocess
import tempfile

import reconcile
import staged_run
from interoperability_tables import scores
from object_store import BUCKET, ObjectStore
from soak import MODES, STEPS

SCRIPTS = 11
ROWS = {"append": 700, "overwrite-partitions": 500, "merge-by-key": 600, "merge-by-key with updates": 600}


class Case:
    """A table with 200 rows of one run, and a second run of 500 rows that shares 100 keys with it, both in a bucket."""

    def __init__(self, binary, mode, root):
        self.binary, self.mode, self.flags, self.root = binary, mode, MODES[mode], root
        self.store = ObjectStore()
        first = staged_run.make(root / "first", [[scores(0, 200)]])
        run = staged_run.make(root / "run", [[scores(100, 200)], [scores(300, 300, offset=1.0)]],
                              model_version="v2" if mode == "append" else "v1")
        self.store.upload_directory(first, "runs/first")
        self.store.upload_directory(run, "runs/second")
        self.plan = json.loads((run / "plan.json").read_text())["digest"]
        self.merge("first", flags=self.flags)
        if mode == "overwrite-partitions":
            self.flags = (*self.flags, "--generation", "2")

    def start(self, run="second", step="", flags=None):
        return subprocess.Popen(
            [self.binary, "merge", "--run-dir", f"s3://{BUCKET}/runs/{run}", "--table", f"s3://{BUCKET}/table", "-o",
             "json", *(self.flags if flags is None else flags)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=os.environ | self.store.environment | {"CONSOLIDATE_FAILPOINT": step})

    def merge(self, run="second", status=0, flags=None):
        process = self.start(run, flags=flags)
        out, errors = process.communicate()
        assert process.returncode == status, f"{self.mode}: exit {process.returncode} instead of {status}: {errors}"
        return json.loads(out)["outcome"] if status == 0 else errors

    def check(self, rows):
        """By the log alone: every row once, one commit of the run, every file what the log says."""
        with tempfile.TemporaryDirectory() as directory:
            table = self.store.download("table", directory)
            state = reconcile.replay(table)
            reconcile.check_files(table, state)
            held = sum(json.loads(action["stats"])["numRecords"] for action in state["files"].values())
            assert held == rows, f"{self.mode}: {held} rows instead of {rows}"
            commits = sum(next(line["commitInfo"] for line in lines if "commitInfo" in line).get("planDigest") == self.plan
                          for _, lines in reconcile.commits(table))
            assert commits == 1, f"{self.mode}: {commits} commits of the run"

    def commit_of_another(self, partition):
        """A fault: a commit of someone else takes the name first, with a file in some partition."""
        rows = scores(10_000, 7).drop_columns(["late"])

        def take(key, _):
            import pyarrow.parquet as pq

            path = f"schema=v1/theirs-{len(self.store.objects)}.parquet"
            local = self.root / "theirs.parquet"
            pq.write_table(rows, local)
            self.store.objects[f"table/{path}"] = local.read_bytes()
            stats = {"numRecords": 7, "nullCount": {}, "minValues": {}, "maxValues": {}}
            add = {"path": path, "partitionValues": partition, "size": local.stat().st_size, "modificationTime": 0,
                   "dataChange": True, "stats": json.dumps(stats)}
            lines = [{"commitInfo": {"operation": "WRITE"}}, {"add": add}]
            self.store.objects[key] = "".join(json.dumps(line) + "\n" for line in lines).encode()

        return take


def scripts(case):
    """Name, what goes wrong with the commits one after the other, outcome or exit code, rows of others."""
    elsewhere = {"date": "2013-07-09", "model_version": "v9"}
    same = {"date": "2013-07-04", "model_version": "v2" if case.mode == "append" else "v1"}
    # What overwrites a partition takes also what came into it meanwhile.
    kept = 0 if case.mode == "overwrite-partitions" else 7
    return [
        ("409 twice, then free", ["409", "409"], "merged", 0),
        ("503, then free", ["503"], "merged", 0),
        ("500 without effect", ["500 before"], "merged", 0),
        ("500 after the effect", ["500 after"], "merged", 0),
        ("no answer, without effect", ["lost before"], "merged", 0),
        ("no answer after the effect", ["lost after"], "merged", 0),
        ("412: another's commit elsewhere", [case.commit_of_another(elsewhere)], "merged", 7),
        ("412 three times, then a lost answer", [case.commit_of_another(elsewhere)] * 3 + ["lost after"], "merged", 21),
        ("412: another's commit in the same partition", [case.commit_of_another(same)], "merged", kept),
        ("nothing but 500", ["500 before"] * 40, 75, 0),
        ("nothing but lost requests", ["lost before"] * 40, 75, 0),
    ]


def with_case(binary, mode, body):
    with tempfile.TemporaryDirectory() as directory:
        case = Case(binary, mode, pathlib.Path(directory))
        try:
            return body(case)
        finally:
            case.store.close()


def fail(binary, mode, index):
    def body(case):
        name, faults, expected, theirs = scripts(case)[index]
        case.store.faults = list(faults)
        if expected == "merged":
            assert case.merge() == "merged", name
        else:
            case.merge(status=expected)
            case.store.faults = []
            assert case.merge() == "merged", name
        assert case.merge() == "already merged", name
        case.check(ROWS[mode] + theirs)

    with_case(binary, mode, body)


def race(binary, mode):
    """Eight at once, with answers lost now and then."""
    def body(case):
        case.store.faults = [None, "lost after", "409", None, "500 after", "409"]
        processes = [case.start() for _ in range(8)]
        outcomes = []
        for process in processes:
            out, errors = process.communicate()
            assert process.returncode == 0, errors
            outcomes.append(json.loads(out)["outcome"])
        assert sorted(outcomes) == ["already merged"] * 7 + ["merged"], outcomes
        case.check(ROWS[mode])

    with_case(binary, mode, body)


def kill(binary, mode, step):
    def body(case):
        process = case.start(step=step)
        process.communicate()
        assert process.returncode == -9, f"{mode}, {step}: exit {process.returncode}"
        case.merge()
        case.check(ROWS[mode])

    with_case(binary, mode, body)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("--mode", choices=MODES, help="only this one")
    parser.add_argument("--kills", action="store_true")
    arguments = parser.parse_args()
    for mode in [arguments.mode] if arguments.mode else MODES:
        for index in range(SCRIPTS):
            fail(arguments.binary, mode, index)
        race(arguments.binary, mode)
        print(f"ok  {mode}: {SCRIPTS} scripts of failure, and eight merges at once", flush=True)
        if arguments.kills:
            for step in STEPS:
                kill(arguments.binary, mode, step)
            print(f"ok  {mode}: killed at each of {len(STEPS)} steps", flush=True)


if __name__ == "__main__":
    main()
