#!/usr/bin/env python3
"""Runs workflows as pods of a real cluster, and checks what comes of them.

Each check is a function whose first line is what must hold. The cluster is the one of $KUBECONFIG; checks that need its
node's files, or images of ours on it, say so and are skipped elsewhere.

  cluster_checks.py [--programs .build/debug] [--node] [TEXT]
      --node   the cluster's one node is this machine (scripts/cluster)
      TEXT     only checks whose sentence contains it

Exit code: 0 when all passed, 1 otherwise. The last line says how many did.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Callable

import schema

REPOSITORY = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
WORK = REPOSITORY / ".build" / "cluster"
DAY = "2013-07-04"
PATIENCE = 150
"""Seconds after which a command counts as hanging."""


class Wrong(Exception):
    """Something that must hold does not."""


class Skipped(Exception):
    """What a check needs is not here."""


def expect(holds: bool, otherwise: str) -> None:
    if not holds:
        raise Wrong(otherwise)


class Place:
    """A folder of a check's own, and the programs."""

    def __init__(self, folder: Path, options: argparse.Namespace) -> None:
        self.folder = folder
        self.options = options
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)

    def command(self, verb: str, *arguments: str) -> list[str]:
        return [str(self.options.programs / "orchestrate"), verb, *arguments, "--state", str(self.folder / "state.db")]

    def orchestrate(self, verb: str, *arguments: str, expecting: int = 0) -> str:
        done = subprocess.run(
            self.command(verb, *arguments), cwd=REPOSITORY, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
        said = "\n".join(f"    {line}" for line in (done.stdout + done.stderr).splitlines()[-30:])
        expect(done.returncode == expecting, f"{verb} exited with {done.returncode}, not {expecting}\n{said}")
        return done.stdout

    def nodes(self) -> dict[str, Any]:
        run = json.loads(self.orchestrate("get", "@latest", "-o", "json"))
        return {node["displayName"]: node for node in run["status"]["nodes"].values()}

    def needs_node(self) -> None:
        if not self.options.node:
            raise Skipped("the cluster's node is not this machine")

    def expect_no_pods(self) -> None:
        """Pods of ours go when their outcome is recorded."""
        deadline = time.monotonic() + 45
        while time.monotonic() < deadline:
            left = [item["metadata"]["name"] for item in ask("/api/v1/namespaces/default/pods")["items"]]
            if not left:
                return
            time.sleep(0.5)
        raise Wrong(f"pods are left: {left}")


def kubeconfig() -> dict[str, str]:
    """Server, authority and token of the current context. The file of `scripts/cluster` is JSON; others need PyYAML."""
    text = Path(os.environ["KUBECONFIG"]).read_text(encoding="utf-8")
    try:
        config = json.loads(text)
    except ValueError:
        import yaml

        config = yaml.safe_load(text)
    context = next(c["context"] for c in config["contexts"] if c["name"] == config["current-context"])
    cluster = next(c["cluster"] for c in config["clusters"] if c["name"] == context["cluster"])
    user = next(u["user"] for u in config["users"] if u["name"] == context["user"])
    return {"server": cluster["server"], "authority": cluster["certificate-authority"], "token": user["token"]}


def ask(path: str, method: str = "GET", body: Any = None) -> Any:
    import ssl
    import urllib.request

    access = kubeconfig()
    request = urllib.request.Request(
        access["server"] + path, method=method, data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {access['token']}", "Content-Type": "application/json"},
    )
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}),
        urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=access["authority"])),
    )
    with opener.open(request, timeout=30) as answer:
        return json.load(answer)


# What must hold


def mixed(place: Place) -> None:
    """one run mixes processes and pods, values go both ways, and never more pods run than there are GPUs"""
    place.orchestrate("submit", str(HERE / "mixed.yaml"))
    nodes = place.nodes()
    expect(nodes["sum"]["outputs"]["parameters"][0]["value"] == "91", f"the sum is {nodes['sum']['outputs']}")
    logs = place.orchestrate("logs", "@latest", "square")
    expect(logs.count("squaring") == 6, f"the logs of the pods are\n{logs}")
    expect("\x1e" not in logs, "a line of the helper is in a log")
    squares = [node for name, node in nodes.items() if name.startswith("square(")]
    times = [(node["startedAt"], 1) for node in squares] + [(node["finishedAt"], -1) for node in squares]
    running = most = 0
    for _, step in sorted(times, key=lambda event: (event[0], event[1])):
        running += step
        most = max(most, running)
    expect(most <= 4, f"{most} pods ran at once, and there are 4 GPUs")
    place.expect_no_pods()


def endings(place: Place) -> None:
    """exit codes, missing programs, deadlines, wrong images, sidecars and large outputs come out as they should"""
    place.orchestrate("submit", str(HERE / "endings.yaml"), expecting=1)
    nodes = place.nodes()
    expected = {
        "code": ("Failed", "exit code 7"), "missing": ("Failed", "exit code 64"), "late": ("Failed", "deadline"),
        "image": ("Error", "InvalidImageName"), "sidecar": ("Succeeded", ""), "large": ("Succeeded", ""),
    }
    for name, (phase, words) in expected.items():
        node = nodes[name]
        expect(node["phase"] == phase and words in node.get("message", ""), f"{name}: {node['phase']} {node.get('message')}")
    large = nodes["large"]["outputs"]["parameters"][0]["value"]
    expect(large == "x" * 200000, f"the large output has {len(large)} bytes")
    expect("gone" in place.orchestrate("logs", "@latest", "code"), "what a pod wrote to standard error is not in its log")
    place.expect_no_pods()


def killed(place: Place) -> None:
    """an engine that is killed and started again, three times over, runs no step twice and loses none"""
    place.needs_node()
    place.folder.chmod(0o777)
    arguments = place.command("submit", str(HERE / "many.yaml"), "-p", f"folder={place.folder}")
    log = open(place.folder / "engine.txt", "wb")
    engine = subprocess.Popen(arguments, cwd=REPOSITORY, stdout=log, stderr=log)
    for lines in (1, 4, 8):
        wait_for_lines(place.folder / "ran", lines)
        engine.send_signal(signal.SIGKILL)
        engine.wait()
        engine = subprocess.Popen(place.command("engine", "--until-idle"), cwd=REPOSITORY, stdout=log, stderr=log)
    expect(engine.wait(timeout=PATIENCE) == 0, (place.folder / "engine.txt").read_text())
    ran = sorted((place.folder / "ran").read_text().split(), key=int)
    expect(ran == [str(number) for number in range(12)], f"the steps that ran: {ran}")
    values = [n["outputs"]["parameters"][0]["value"] for name, n in place.nodes().items() if name.startswith("one(")]
    expect(sorted(values, key=int) == ran, f"the outputs are {values}")
    place.expect_no_pods()


def wait_for_lines(path: Path, count: int) -> None:
    deadline = time.monotonic() + 60
    while not path.exists() or len(path.read_text().splitlines()) < count:
        expect(time.monotonic() < deadline, f"{path.name} does not get {count} lines")
        time.sleep(0.1)


def deleted(place: Place) -> None:
    """pods that are deleted the moment they have finished have lost nothing"""
    place.needs_node()
    place.folder.chmod(0o777)
    arguments = place.command("submit", str(HERE / "many.yaml"), "-p", f"folder={place.folder}", "-p", "count=6")
    engine = subprocess.Popen(arguments, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    while engine.poll() is None:
        for pod in ask("/api/v1/namespaces/default/pods")["items"]:
            if pod["status"]["phase"] == "Succeeded" and "deletionTimestamp" not in pod["metadata"]:
                try:
                    ask(f"/api/v1/namespaces/default/pods/{pod['metadata']['name']}?gracePeriodSeconds=0", "DELETE")
                except OSError:
                    pass  # it is gone already
        time.sleep(0.05)
    said = engine.stdout.read() if engine.stdout else ""
    expect(engine.returncode == 0, said)
    expect(len((place.folder / "ran").read_text().split()) == 6, "a step ran twice, or not at all")


def daily(place: Place) -> None:
    """daily.yaml as pods, in images of ours without a shell, gives the table of the process run, byte for byte"""
    place.needs_node()
    if not (REPOSITORY / "data" / "features").exists() or not (REPOSITORY / "models/flights/build/v1").exists():
        raise Skipped("there is no lake or model: models/flights/make_lake.py and train.py make them")
    for side in ("pods", "processes"):
        lake = place.folder / side / "data"
        lake.mkdir(parents=True)
        shutil.copytree(REPOSITORY / "data/features" / f"date={DAY}", lake / "features" / f"date={DAY}")
        shutil.copytree(REPOSITORY / "models/flights/build/v1", place.folder / side / "models" / "v1")
    subprocess.run(["chmod", "-R", "a+rwX", str(place.folder)], check=True)
    load_images(place)
    make_claim("lake", place.folder / "pods")
    same = ["-p", "batch-size=256", "-p", "shards=2", "-p", "models=models", "--name"]
    run(place, "processes", *same, "by-processes")
    run(place, "pods", *same, "by-pods", "--executor", "kubernetes", "--workspace-claim", "lake")
    there, here = (digests(place.folder / side / "data" / "predictions") for side in ("pods", "processes"))
    expect(bool(here), "the process run made no table")
    expect(list(here.values()) == list(there.values()), f"data files differ:\n    {here}\n    {there}")
    place.expect_no_pods()


def run(place: Place, side: str, *arguments: str) -> None:
    done = subprocess.run(
        place.command("submit", str(REPOSITORY / "workflows/daily.yaml"), "-p", f"date={DAY}", *arguments),
        cwd=place.folder / side, capture_output=True, text=True, timeout=PATIENCE, check=False,
    )
    expect(done.returncode == 0, done.stdout + done.stderr)


def digests(table: Path) -> dict[str, str]:
    """Data files by partition, with their digests; their names hold the run's."""
    files = sorted(table.rglob("*.parquet"), key=lambda path: hashlib.sha256(path.read_bytes()).hexdigest())
    return {str(path.relative_to(table)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def load_images(place: Place) -> None:
    for image, program in (("shard-worker", "ShardWorker"), ("consolidate", "Consolidate")):
        folder, archive = place.folder / image, place.folder / f"{image}.tar"
        program_path = place.options.programs / program
        subprocess.run([REPOSITORY / "containers/rootfs", folder, program_path], check=True)
        subprocess.run(
            [REPOSITORY / "containers/archive", f"docker.io/orchestrate/{image}:latest", folder, archive,
             f"/usr/local/bin/{program}", "--user", "65532:65532"], check=True)
        subprocess.run([REPOSITORY / "scripts/cluster", "load", archive], check=True)
        archive.unlink()
        shutil.rmtree(folder)


def make_claim(name: str, folder: Path) -> None:
    amount = {"storage": "1Gi"}
    shape = {"accessModes": ["ReadWriteMany"], "storageClassName": ""}
    ask("/api/v1/persistentvolumes", "POST", {
        "apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": name},
        "spec": {**shape, "capacity": amount, "hostPath": {"path": str(folder)}, "claimRef": {"namespace": "default", "name": name}},
    })
    ask("/api/v1/namespaces/default/persistentvolumeclaims", "POST", {
        "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name},
        "spec": {**shape, "volumeName": name, "resources": {"requests": amount}},
    })


def resources(place: Place) -> None:
    """resource templates make, patch, wait for, ask and delete objects; what a run owns goes with the run"""
    place.orchestrate("submit", str(HERE / "resources.yaml"))
    nodes = place.nodes()
    outputs = {p["name"]: p["value"] for name in ("job", "look") for p in nodes[name]["outputs"]["parameters"]}
    expect(outputs["summary"] == "Job 1", f"the outputs are {outputs}")
    expect(outputs["name"].startswith("count-"), f"the outputs are {outputs}")
    expect(outputs["size"] == "2", f"the patch was not seen: {outputs}")
    expect("created" in place.orchestrate("logs", "@latest", "job"), "the log does not say what was done")
    maps = [item["metadata"]["name"] for item in ask("/api/v1/namespaces/default/configmaps")["items"]]
    expect("settings" not in maps, f"the ConfigMap was not deleted: {maps}")
    place.orchestrate("submit", str(HERE / "resources.yaml"), "--entrypoint", "wrong", expecting=1)
    message = next(iter(place.nodes().values()))["message"]
    expect("nowhere.example" in message, f"the message is '{message}'")
    for run in names(place):
        place.orchestrate("delete", run)
    deadline = time.monotonic() + 30
    while outputs["name"] in [job["metadata"]["name"] for job in ask("/apis/batch/v1/namespaces/default/jobs")["items"]]:
        expect(time.monotonic() < deadline, "the job that the run owned is still there")
        time.sleep(0.2)


def described(place: Place) -> None:
    """every field of a pod is one that the cluster's own description has, and a current version of Kubernetes"""
    submitted = subprocess.Popen(place.command("submit", str(HERE / "everything.yaml")), cwd=REPOSITORY, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 30
    records: list[Path] = []
    while not records:
        expect(time.monotonic() < deadline and submitted.poll() is None, "no pod was asked for")
        records = list(place.folder.glob("runs/*/*/pod.json"))
        time.sleep(0.1)
    pod = json.loads(records[0].read_text())["manifest"]
    expect(ask(f"/api/v1/namespaces/default/pods/{pod['metadata']['name']}")["kind"] == "Pod", "the API server refused the pod")
    place.orchestrate("terminate", "@latest")
    submitted.wait(PATIENCE)
    definitions = ask("/openapi/v2")["definitions"]
    wrong = list(schema.complaints(pod, definitions["io.k8s.api.core.v1.Pod"], definitions))
    expect(not wrong, f"the cluster's description does not have it so: {wrong}")
    try:
        wrong = list(schema.unknown_to_client(pod, "V1Pod"))
    except ModuleNotFoundError:
        raise Skipped("the Python package kubernetes, which describes a current version, is not there") from None
    expect(not wrong, f"a current version does not have it so: {wrong}")


def names(place: Place) -> list[str]:
    return [run["name"] for run in json.loads(place.orchestrate("list", "-o", "json"))]


def turbulence(place: Place) -> None:
    """API server and kubelet killed during 50 pods: no step runs twice, none is lost"""
    place.needs_node()
    place.folder.chmod(0o777)
    log = open(place.folder / "engine.txt", "wb")
    engine = subprocess.Popen(
        place.command("submit", str(HERE / "many.yaml"), "-p", f"folder={place.folder}", "-p", "count=50"),
        cwd=REPOSITORY, stdout=log, stderr=log)
    for lines, part in ((5, "apiserver"), (20, "kubelet"), (35, "apiserver")):
        wait_for_lines(place.folder / "ran", lines)
        subprocess.run([REPOSITORY / "scripts/cluster", "restart", part], check=True)
    expect(engine.wait(timeout=PATIENCE) == 0, (place.folder / "engine.txt").read_text()[-3000:])
    ran = sorted((place.folder / "ran").read_text().split(), key=int)
    expect(ran == [str(number) for number in range(50)], f"the steps that ran: {ran}")
    place.expect_no_pods()


def interrupted(place: Place) -> None:
    """a pod that is deleted while it runs is made anew, and costs none of the step's own retries"""
    place.needs_node()
    place.folder.chmod(0o777)
    arguments = place.command(
        "submit", str(HERE / "many.yaml"), "-p", f"folder={place.folder}", "-p", "count=1", "-p", "seconds=5")
    engine = subprocess.Popen(arguments, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    wait_for_lines(place.folder / "ran", 1)
    for pod in ask("/api/v1/namespaces/default/pods")["items"]:
        ask(f"/api/v1/namespaces/default/pods/{pod['metadata']['name']}?gracePeriodSeconds=1", "DELETE")
    said = engine.communicate(timeout=PATIENCE)[0]
    expect(engine.returncode == 0, said)
    expect(len((place.folder / "ran").read_text().split()) == 2, "the step was not run anew")
    place.expect_no_pods()


CHECKS: list[Callable[[Place], None]] = [
    mixed, endings, killed, deleted, resources, interrupted, described, turbulence, daily,
]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", type=Path, default=REPOSITORY / ".build" / "debug")
    parser.add_argument("--node", action="store_true")
    parser.add_argument("text", nargs="?", default="")
    options = parser.parse_args()
    options.programs = options.programs.resolve()
    passed = failed = 0
    for check in CHECKS:
        sentence = (check.__doc__ or "").strip()
        if options.text not in sentence:
            continue
        began = time.monotonic()
        try:
            check(Place(WORK / check.__name__, options))
            passed, verdict = passed + 1, "ok"
        except Skipped as reason:
            verdict = f"skipped: {reason}"
        except (Wrong, subprocess.SubprocessError, OSError) as reason:
            failed, verdict = failed + 1, f"FAILED: {reason}"
        print(f"{time.monotonic() - began:6.1f} s  {sentence}: {verdict}", flush=True)
    print(f"cluster: {passed} of {passed + failed} checks passed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
