#!/usr/bin/env python3
"""Runs the daily job as a user would, and checks what comes out with programs that are not ours.

Each check is a function whose first line is what must hold. It gets a folder of its own below .build, with the real
lake and the real model linked into it, and runs the programs that were built from the root of the repository. A failed
one shows the end of what they said.

  daily_job.py [--programs .build/debug] [TEXT]     TEXT: only checks whose sentence contains it

Exit code: 0 when all passed, 1 otherwise. The last line says how many did.
"""

from __future__ import annotations

import argparse
import functools
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Callable

REPOSITORY = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
DAILY = REPOSITORY / "workflows" / "daily.yaml"
BACKFILL = REPOSITORY / "workflows" / "backfill.yaml"
MODEL = REPOSITORY / "models" / "flights" / "build" / "v1"
FEATURES = REPOSITORY / "data" / "features"
WORK = REPOSITORY / ".build" / "end-to-end"
DAY = "2013-07-04"
PATIENCE = 120
"""Seconds after which a command counts as hanging."""


class Wrong(Exception):
    """Something that must hold does not."""


def expect(holds: bool, otherwise: str) -> None:
    if not holds:
        raise Wrong(otherwise)


class Job:
    """A folder in which workflows are submitted, and what is known of their results."""

    def __init__(self, folder: Path, programs: Path) -> None:
        self.folder = folder
        self.programs = programs
        self.name = str(folder.relative_to(REPOSITORY))
        (folder / "data").mkdir()
        (folder / "data" / "features").symlink_to(FEATURES)
        (folder / "models").mkdir()
        (folder / "models" / "v1").symlink_to(MODEL)

    def command(self, verb: str, *arguments: str) -> list[str]:
        state = [] if verb == "lint" else ["--state", f"{self.name}/state.db"]
        return [str(self.programs / "orchestrate"), verb, *arguments, *state]

    def orchestrate(self, *arguments: str, expecting: int = 0) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            self.command(*arguments), cwd=REPOSITORY, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
        expect(
            done.returncode == expecting,
            f"`orchestrate {' '.join(arguments)}` exited with {done.returncode}, not {expecting}\n{tail(done)}",
        )
        return done

    def submission(self, *extra: str, date: str = DAY, file: Path = DAILY) -> list[str]:
        places = ["-p", f"lake={self.name}/data", "-p", f"models={self.name}/models"]
        return ["submit", str(file), "-p", f"date={date}", *places, *extra]

    def submit(self, *extra: str, date: str = DAY, file: Path = DAILY, expecting: int = 0) -> Any:
        return self.orchestrate(*self.submission(*extra, date=date, file=file), expecting=expecting)

    @property
    def table(self) -> Path:
        return self.folder / "data" / "predictions"

    def latest(self) -> dict[str, Any]:
        return json.loads(self.orchestrate("get", "@latest", "-o", "json").stdout)

    def contents(self) -> dict[str, str]:
        """Every file of the table with its digest."""
        files = sorted(path for path in self.table.rglob("*") if path.is_file())
        return {str(path.relative_to(self.table)): sha256(path) for path in files}

    def expect_no_table(self) -> None:
        left = sorted(path.name for path in self.table.rglob("*")) if self.table.exists() else []
        expect(not left, f"the table holds {left}, though nothing was merged")

    def expect_scores(self, date: str = DAY) -> None:
        """Each flight once, with the score of an independent computation: by two readers."""
        python("compare_table.py", "--table", self.table, "--date", date, "--model-version", "v1",
               "--reference", reference_scores(date))


@functools.cache
def reference_scores(date: str) -> Path:
    scores = WORK / f"reference-{date}.parquet"
    python("reference_scores.py", "--input", FEATURES / f"date={date}", "--model", MODEL, "--output", scores)
    return scores


def python(script: str, *arguments: object) -> None:
    done = subprocess.run(
        [sys.executable, HERE / script, *map(str, arguments)],
        capture_output=True, text=True, timeout=PATIENCE, check=False,
    )
    expect(done.returncode == 0, f"{script} says no\n{tail(done)}")


def tail(done: subprocess.CompletedProcess[str], lines: int = 25) -> str:
    said = f"{done.stdout}{done.stderr}".splitlines()[-lines:]
    return "\n".join(f"    {line}" for line in said)


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def own_copy(source: Path, target: Path) -> Path:
    """Replaces a link by files of the check's own, which it may damage."""
    target.unlink()
    shutil.copytree(source, target)
    return target


# What must hold


def scores(job: Job) -> None:
    """the day's scores equal an independent computation, each flight exactly once"""
    job.submit()
    job.expect_scores()


def again(job: Job) -> None:
    """the same day submitted again changes no file of the table"""
    job.submit()
    before = job.contents()
    job.submit()
    expect(job.contents() == before, "files of the table were added, removed or changed")


def two_days(job: Job) -> None:
    """another day is added beside the first, whatever the number of shards"""
    job.submit()
    job.submit("-p", "shards=7", "-p", "batch-size=64", date="2013-12-24")
    job.expect_scores()
    job.expect_scores("2013-12-24")


def article(job: Job) -> None:
    """the workflow with four named shards gives the same scores"""
    job.orchestrate("submit", str(REPOSITORY / "workflows" / "article.yaml"), "-p", f"date={DAY}",
                    "-p", f"model={job.name}/models/v1", "-p", f"run-dir={job.name}/data/runs",
                    "-p", f"table={job.name}/data/predictions")
    job.expect_scores()


def backfill(job: Job) -> None:
    """a backfill scores each day of a range; a new model version leaves the files of the old one as they are"""
    places = ["-p", f"lake={job.name}/data", "-p", f"models={job.name}/models", "-p", f"from={DAY}", "-p", "to=2013-07-06"]
    job.orchestrate("submit", str(BACKFILL), *places)
    days = [DAY, "2013-07-05", "2013-07-06"]
    for day in days:
        job.expect_scores(day)
    before = job.contents()
    description = own_model(job, "v2") / "model.json"
    description.write_text(json.dumps(json.loads(description.read_text()) | {"version": "v2"}))
    job.orchestrate("submit", str(BACKFILL), *places, "-p", "model-version=v2")
    after = job.contents()
    changed = [path for path in before if after.get(path) != before[path]]
    expect(not changed, f"files of v1 were changed or removed: {changed}")
    new = {path.split("/date=")[1][:10] for path in after if "model_version=v2/date=" in path and path.endswith("_SUCCESS")}
    expect(new == set(days), f"v2 has the days {sorted(new)}")
    for day in days:
        job.expect_scores(day)


def own_model(job: Job, version: str) -> Path:
    copy = job.folder / "models" / version
    shutil.copytree(MODEL, copy)
    return copy


def argo_object(job: Job) -> None:
    """`-o json` prints the finished Workflow as Argo shapes it, and nothing else"""
    workflow = json.loads(job.submit("-o", "json").stdout)
    expect(workflow["kind"] == "Workflow", f"its kind is {workflow['kind']}")
    status = workflow["status"]
    expect(status["phase"] == "Succeeded", f"its phase is {status['phase']}")
    shards = [node for node in status["nodes"].values() if node["displayName"].startswith("infer-shard(")]
    expect(len(shards) == 4 or len(shards) == 8, f"{len(shards)} nodes of shards (4, and their attempts)")
    wrong = [node["name"] for node in status["nodes"].values() if node["phase"] != "Succeeded"]
    expect(not wrong, f"nodes that did not succeed: {wrong}")


def look(job: Job) -> None:
    """`get`, `list` and `logs` show a finished run; `lint` finds nothing wrong with our workflows"""
    job.submit("--name", "one")
    expect("infer-shard" in job.orchestrate("get", "one").stdout, "`get` does not show the shards")
    expect("one" in job.orchestrate("list").stdout, "`list` does not show the run")
    expect("rows" in everything(job.orchestrate("logs", "one")), "`logs` does not show what the worker said")
    job.orchestrate("lint", str(REPOSITORY / "workflows"))


def everything(done: subprocess.CompletedProcess[str]) -> str:
    return done.stdout + done.stderr


def no_data(job: Job) -> None:
    """a day without data fails with one clear error and leaves no table"""
    said = everything(job.submit(date="2014-01-01", expecting=1))
    expect(said.count("error:") == 1, f"{said.count('error:')} errors instead of one:\n{said}")
    expect("2014-01-01" in said, f"the message does not name the day:\n{said}")
    job.expect_no_table()


def wrong_model(job: Job) -> None:
    """a model that is not the one its description names is refused, and no table is left"""
    model = own_copy(MODEL, job.folder / "models" / "v1")
    for name in ("model.pt2", "model.pt"):
        damaged = bytearray((model / name).read_bytes())
        damaged[len(damaged) // 2] ^= 1
        (model / name).write_bytes(damaged)
    said = everything(job.submit(expecting=1))
    expect(re.search(r"error: .*model\.pt2.*SHA-256", said) is not None, f"the message does not speak of the digest:\n{said}")
    again = [node["displayName"] for node in job.latest()["status"]["nodes"].values() if node["displayName"].endswith(")(1)")]
    expect(not again, f"what stays wrong was tried again: {again}")
    job.expect_no_table()


def cut_short(job: Job) -> None:
    """a Parquet file that was cut short fails with a clear error and leaves no table"""
    (job.folder / "data" / "features").unlink()
    day = job.folder / "data" / "features" / f"date={DAY}"
    shutil.copytree(FEATURES / f"date={DAY}", day)
    victim = sorted(day.glob("*.parquet"))[0]
    os.truncate(victim, victim.stat().st_size * 2 // 3)
    said = everything(job.submit(expecting=1))
    expect(victim.name in said, f"the message does not name the file:\n{said}")
    job.expect_no_table()


def misspelt(job: Job) -> None:
    """a misspelt key or template is pointed at in the file, and nothing is run"""
    for wrong, right in (("templtes:", "templates:"), ("template: infer-shrad", "template: infer-shard")):
        text = DAILY.read_text()
        file = job.folder / "misspelt.yaml"
        file.write_text(text.replace(right, wrong, 1))
        line = 1 + text[: text.index(right)].count("\n")
        said = everything(job.submit(file=file, expecting=65))
        expect(re.search(rf"misspelt\.yaml:{line}:\d+: error:", said) is not None, f"not pointed at line {line}:\n{said}")
        expect("did you mean" in said and "^" in said, f"no suggestion, or no caret:\n{said}")
    expect(not (job.folder / "runs").exists(), "something was run")


def killed_worker(job: Job) -> None:
    """a worker killed with -9 is tried again, and the table is as if nothing had happened"""
    submitted = start(job, "-p", "shards=2")
    victim = await_program(job, "ShardWorker", "run", submitted)
    os.kill(victim, signal.SIGKILL)
    expect(submitted.wait(PATIENCE) == 0, "the job did not succeed")
    attempts = [node for node in job.latest()["status"]["nodes"].values() if "signal 9" in node.get("message", "")]
    expect(len(attempts) >= 1, "no attempt of a shard ended by signal 9: the kill came too late to test anything")
    job.expect_scores()


def killed_engine(job: Job) -> None:
    """an engine killed with -9 is carried on from its state file, and no flight is scored twice into the table"""
    submitted = start(job, "-p", "shards=2")
    await_program(job, "ShardWorker", "run", submitted)
    submitted.kill()
    submitted.wait(PATIENCE)
    job.orchestrate("engine", "--until-idle")
    phase = job.latest()["status"]["phase"]
    expect(phase == "Succeeded", f"the run is {phase}")
    job.expect_scores()


def start(job: Job, *extra: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        job.command(*job.submission(*extra)), cwd=REPOSITORY, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def await_program(job: Job, program: str, verb: str, submitted: subprocess.Popen[bytes]) -> int:
    """The process of a step, as soon as there is one. It is told by its program and the folder among its arguments."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and submitted.poll() is None:
        for process in Path("/proc").glob("[0-9]*"):
            if is_step(process, job.name, program, verb):
                return int(process.name)
    raise Wrong(f"no `{program} {verb}` was seen running")


def is_step(process: Path, folder: str, program: str, verb: str) -> bool:
    try:
        arguments = (process / "cmdline").read_text().split("\0")
    except (OSError, UnicodeDecodeError):
        return False
    return (
        Path(arguments[0]).name == program and arguments[1:2] == [verb]
        and any(argument.startswith(f"{folder}/") for argument in arguments)
    )


CHECKS: list[Callable[[Job], None]] = [
    scores, again, two_days, article, backfill, argo_object, look, no_data, wrong_model, cut_short, misspelt, killed_worker,
    killed_engine,
]


def perform(check: Callable[[Job], None], programs: Path) -> bool:
    sentence = (check.__doc__ or "").strip()
    began = time.monotonic()
    WORK.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=WORK) as folder:
        try:
            check(Job(Path(folder).resolve(), programs))
        except (Wrong, OSError, subprocess.TimeoutExpired, ValueError, KeyError) as error:
            reason = str(error) if isinstance(error, Wrong) else f"{type(error).__name__}: {error}"
            print(f"FAILED  {sentence}\n  {reason}", flush=True)
            return False
    print(f"passed  {sentence} ({time.monotonic() - began:.1f} s)", flush=True)
    return True


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", type=Path, default=REPOSITORY / ".build" / "debug", help="folder (%(default)s)")
    parser.add_argument("text", nargs="?", default="", help="only checks whose sentence contains this")
    options = parser.parse_args()
    chosen = [check for check in CHECKS if options.text in (check.__doc__ or "")]
    if not chosen:
        sys.exit(f"daily_job: error: no check's sentence contains '{options.text}'")
    results = [perform(check, options.programs.resolve()) for check in chosen]
    print(f"{results.count(True)} passed, {results.count(False)} failed")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
