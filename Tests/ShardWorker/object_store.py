#!/usr/bin/env python3
"""Reads input from S3, served by a program that is not ours and checks signatures.

    object_store.py SHARD_WORKER MOTO_SERVER      (pip install "moto[server]==5.2.5" boto3)

Plans and runs the same rows from a folder and from a bucket: the parts must be the same to the byte. A missing bucket, a
wrong key and a server that is gone are errors with the codes for that.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "Consolidate"))
from s3 import Store  # noqa: E402

from soak import Bench  # noqa: E402

ROOT = "s3://lake/features/date=2013-07-04"


def main() -> None:
    program, moto = sys.argv[1:3]
    store = Store(moto)
    try:
        with tempfile.TemporaryDirectory(prefix="s3-") as folder:
            check(Bench(program, Path(folder)), store)
    finally:
        if store.process.poll() is None:
            store.process.terminate()
            store.process.wait()


def check(bench: Bench, store: Store) -> None:
    objects = store.client("s3", store.key, store.secret)
    for name in ("part-0.parquet", "region=eu/part-1.parquet", "_ignored.parquet"):
        objects.upload_file(str(bench.input), "lake", f"features/date=2013-07-04/{name}")
    environment = os.environ | store.environment
    run = bench.directory("s3")
    plan = worker(bench, environment, "plan", "--input", ROOT, "--model", str(bench.model.parent), "--shards", "2",
                  "--run-dir", str(run))
    assert json.loads(plan.stdout) == [0, 1], plan.stdout
    planned = json.loads((run / "plan.json").read_text())
    assert [file["path"] for file in planned["input"]["files"]] == ["part-0.parquet", "region=eu/part-1.parquet"]
    assert planned["run"]["date"] == "2013-07-04"
    for shard in (0, 1):
        command = bench.command("s3")
        command[command.index("--shard") + 1] = str(shard)
        worker(bench, environment, *command[1:])
        assert parts(run, shard) == parts(bench.directory("clean"), 0), "the parts differ from those of a folder"
    print("ok  rows from a bucket give the same bytes as from a folder")
    for root, change, code in (("s3://absent/x", {}, 66), (ROOT, {"AWS_SECRET_ACCESS_KEY": "wrong"}, 75)):
        failed = worker(bench, environment | change, "plan", "--input", root, "--model", str(bench.model.parent),
                        "--shards", "1", "--run-dir", str(bench.directory("none")), status=code)
        assert root in failed.stderr, failed.stderr
    print("ok  a bucket that is not there, and a wrong key, are told apart")


def parts(run: Path, shard: int) -> list[str]:
    receipt = json.loads((run / f"shard-{shard:05}/receipt.json").read_text())
    return [hashlib.sha256((run / part["path"]).read_bytes()).hexdigest() for part in receipt["parts"]]


def worker(bench: Bench, environment: dict, *arguments: str, status: int = 0) -> subprocess.CompletedProcess:
    done = subprocess.run([bench.program, *arguments], env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == status, f"{arguments[0]} ended with {done.returncode}: {done.stderr}"
    return done


if __name__ == "__main__":
    main()
