"""Files that appear whole or not at all: digests, atomic JSON, and one builder at a time."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
from pathlib import Path
from typing import Any, Iterable, Iterator


class BuildError(Exception):
    """Something cannot be made; the message says what is wrong and what to do."""


def sha256_of_file(path: Path) -> str:
    """The hexadecimal SHA-256 of a file's bytes."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


def sha256_of_tree(root: Path, paths: Iterable[Path]) -> str:
    """One SHA-256 over relative names and contents, in the order of the names."""
    digest = hashlib.sha256()
    for path in sorted(paths):
        line = f"{path.relative_to(root).as_posix()} {sha256_of_file(path)}\n"
        digest.update(line.encode())
    return digest.hexdigest()


def canonical_json(value: Any) -> bytes:
    """UTF-8 JSON with sorted keys and a newline at the end: equal values give equal bytes."""
    text = json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return (text + "\n").encode()


def write_json(path: Path, value: Any) -> None:
    """Writes `value` beside `path`, syncs it and renames it, so a reader never sees half a file."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    with partial.open("wb") as file:
        file.write(canonical_json(value))
        file.flush()
        os.fsync(file.fileno())
    os.replace(partial, path)


def read_json(path: Path) -> dict[str, Any] | None:
    """The JSON object in `path`, or None where there is no such file or it is not an object."""
    try:
        value = json.loads(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None
    return value if isinstance(value, dict) else None


@contextlib.contextmanager
def exclusive_lock(path: Path) -> Iterator[None]:
    """Lets one process at a time into the block; a second one waits. Freed if the holder dies."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
