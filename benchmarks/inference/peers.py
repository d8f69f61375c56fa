"""Installs Ray Data and Spark at pinned versions, outside the tree, and says how to run them."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
REQUIREMENTS = HERE / "peers.txt"

# What the runner tries before it measures, each once: rows a batch.
SETTINGS = {"ray": (16_384, 131_072), "spark": (16_384, 65_536)}


def environment(folder: str | None) -> Path:
    """The interpreter of an environment that holds what peers.txt lists; it is made when there is none."""
    digest = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()[:12]
    home = Path(folder) if folder else Path(tempfile.gettempdir()) / f"inference-peers-{digest}"
    python, stamp = home / "bin/python", home / f"installed-{digest}"
    if not stamp.exists():
        print(f"peers: installing into {home}", file=sys.stderr)
        if not python.exists():
            subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "-q", "-r", str(REQUIREMENTS)], check=True)
        stamp.touch()
    install_java()
    return python


def install_java() -> None:
    if shutil.which("java"):
        return
    print("peers: installing Java for Spark with apt-get", file=sys.stderr)
    command = ["apt-get", "install", "-q", "-y", "--no-install-recommends", "default-jre-headless"]
    subprocess.run(command, check=True, stdout=sys.stderr)


def command(name: str, python: Path, source: Path, model: Path, target: Path, batch: int, cores: int) -> list[str]:
    script = {"ray": "ray_data.py", "spark": "spark_pandas.py"}[name]
    shutil.rmtree(target, ignore_errors=True)
    return [str(python), str(HERE / script), str(source), str(model), str(target), str(batch), str(cores)]
