#!/usr/bin/env python3
"""How long `orchestrate lint` takes, and how much memory, for the most that it reads: 1 MiB of the worst text.

Needs an optimised build: swift build --configuration release --product orchestrate
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Callable

ROOT = Path(__file__).resolve().parents[2]
LIMIT = 1 << 20
HEADER = "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {generateName: a-}\nspec:\n  entrypoint: main\n"
LEAF = "    - {name: leaf, container: {image: busybox}}\n"
MAIN = HEADER + "  templates:\n" + LEAF + "    - name: main\n"


def filled(head: str, line: Callable[[int], str], tail: str = "") -> str:
    """`head`, as many lines as 1 MiB has room for, and `tail`."""
    parts, size, number = [head], len(head.encode()) + len(tail.encode()), 0
    while True:
        text = line(number)
        size += len(text.encode())
        if size > LIMIT:
            return "".join(parts) + tail
        parts.append(text)
        number += 1


def bomb(levels: int) -> str:
    text = "a0: &a0 [x, x]\n"
    for level in range(1, levels):
        text += f"a{level}: &a{level} [*a{level - 1}, *a{level - 1}]\n"
    return text


def tasks(line: Callable[[int], str], count: int) -> str:
    return MAIN + "      dag:\n        tasks:\n" + "".join(line(number) for number in range(count))


def chain(number: int) -> str:
    depends = f", depends: t{number - 1}" if number else ""
    return f"          - {{name: t{number}, template: leaf{depends}}}\n"


def references(number: int) -> str:
    text = "{{tasks.t%d.outputs.result}}" % (number - 1) if number else "first"
    depends = f", depends: t{number - 1}" if number else ""
    return (
        f"          - {{name: t{number}, template: echo{depends}, "
        f'arguments: {{parameters: [{{name: x, value: "{text}"}}]}}}}\n'
    )


def mesh(number: int) -> str:
    depends = " && ".join(f"t{other}" for other in range(max(0, number - 40), number))
    return f"          - {{name: t{number}, template: leaf{', depends: ' + depends if depends else ''}}}\n"


ECHO = "    - {name: echo, inputs: {parameters: [{name: x}]}, container: {image: busybox}}\n"


def inputs() -> dict[str, bytes]:
    texts: dict[str, str | bytes] = {
        "a chain of 10,500 tasks": tasks(chain, 10_500),
        "a chain of tasks, 1 MiB": filled(MAIN + "      dag:\n        tasks:\n", chain),
        "tasks that ask all before them": filled(MAIN + "      dag:\n        tasks:\n", mesh),
        "tasks that use each other's results": filled(
            MAIN.replace(LEAF, LEAF + ECHO) + "      dag:\n        tasks:\n", references
        ),
        "steps in a row": filled(MAIN + "      steps:\n", lambda n: f"        - - {{name: s{n}, template: leaf}}\n"),
        "steps side by side": filled(
            MAIN + "      steps:\n        -\n", lambda n: f"          - {{name: s{n}, template: leaf, when: '{{{{workflow.name}}}} == {n}'}}\n"
        ),
        "templates": filled(MAIN + "      suspend: {}\n", lambda n: f"    - {{name: t{n}, suspend: {{}}}}\n"),
        "parameters": filled(
            HEADER + "  arguments:\n    parameters:\n", lambda n: f"      - {{name: p{n}, value: x}}\n",
            "  templates: [{name: main, suspend: {}}]\n",
        ),
        "a text of tags": MAIN + '      container: {image: busybox, args: ["' + "{{workflow.name}}" * 61_000 + '"]}\n',
        "a text of wrong tags": MAIN + '      container: {image: busybox, args: ["' + "{{inputs.parameters.x}}" * 45_000 + '"]}\n',
        "a text of open tags": MAIN + '      container: {image: busybox, args: ["' + "{{" * 500_000 + '"]}\n',
        "a text of expressions": MAIN + '      container: {image: busybox, args: ["' + "{{=1+1}}" * 128_000 + '"]}\n',
        "open expressions": MAIN + "      container: {image: busybox, args: ['" + "{{=(" * 250_000 + "']}\n",
        "one long expression": MAIN + '      container: {image: busybox, args: ["{{=' + "1+" * 500_000 + '1}}"]}\n',
        "long conditions": filled(
            MAIN + "      steps:\n", lambda n: f"        - - {{name: s{n}, template: leaf, when: \"{'a == a && ' * 5000}a == a\"}}\n"
        ),
        "items": filled(
            MAIN + "      steps:\n        - - name: s\n            template: leaf\n            withItems:\n",
            lambda n: "              - {a: x, b: y}\n", 
        ),
        "unknown fields": filled(MAIN + "      suspend: {}\n", lambda n: f"      x{n}: 1\n"),
        "mistakes": filled(MAIN + "      dag:\n        tasks:\n", lambda n: f"          - {{nam: t{n}, templat: leef}}\n"),
        "tasks that wait in a circle": tasks(lambda n: f"          - {{name: t{n}, template: leaf, depends: t{(n + 1) % 9000}}}\n", 9000),
        "an alias bomb": bomb(40),
        "an alias bomb as keys": bomb(12) + "".join(f"? *a11\n: {n}\n" for n in range(20)),
        "deep brackets": "[" * LIMIT,
        "deep objects": "{a: " * (LIMIT // 4),
        "deep blocks": "- " * (LIMIT // 2),
        "keys given twice": filled("", lambda n: "a: 1\n"),
        "many keys": filled("", lambda n: f"k{n}: 1\n"),
        "many documents": filled("", lambda n: "---\n"),
        "many anchors": filled("", lambda n: f"- &a{n} x\n"),
        "tabs": filled("spec:\n", lambda n: "\t\t\t\tx: 1\n"),
        "tags of YAML": filled("", lambda n: "- !!x 1\n"),
        "%TAG lines": filled("", lambda n: f"%TAG !{n}! x\n"),
        "one long line": "a: " + "x" * (LIMIT - 4),
        "one long quoted text": 'a: "' + "\\x41" * (LIMIT // 4 - 2) + '"',
        "an open quote": 'a: "' + "x\n" * (LIMIT // 2 - 3),
        "a comment": "#" * LIMIT,
        "blanks": " " * LIMIT,
        "line ends": "\n" * LIMIT,
        "a long key": "? " + "x" * (LIMIT - 10) + "\n: 1\n",
        "flow of flows": "[" + "[],{}," * (LIMIT // 6 - 1) + "]",
        "not UTF-8 at the end": b"a: 1\n" * (LIMIT // 5 - 1) + b"\xff",
        "UTF-16": ("a: 1\n" * (LIMIT // 10 - 2)).encode("utf-16"),
        "JSON, deep": '{"a":' * (LIMIT // 5),
        "JSON, wide": '{"a":[' + "1," * (LIMIT // 2 - 10) + "1]}",
        "JSON, long text": '{"a":"' + "\\n" * (LIMIT // 2 - 10) + '"}',
        "JSON, keys": "{" + ",".join(f'"k{n}":1' for n in range(80_000)) + "}",
        "combining characters": 'a: "' + "e" + "\u0301" * (LIMIT // 2 - 8) + '"',
    }
    return {name: (text if isinstance(text, bytes) else text.encode())[:LIMIT] for name, text in texts.items()}


def measure(program: str, path: str, repeat: int) -> tuple[float, float, int, str]:
    """Median milliseconds, peak MiB, exit status and the first line of the report."""
    times, peak, status, report = [], 0.0, 0, ""
    for _ in range(repeat):
        read_end, write_end = os.pipe()
        start = time.perf_counter()
        child = os.fork()
        if child == 0:
            os.dup2(write_end, 1)
            os.dup2(write_end, 2)
            try:
                os.execv(program, [program, "lint", path])
            finally:
                os._exit(127)
        os.close(write_end)
        with os.fdopen(read_end, "rb") as pipe:
            report = pipe.read().decode(errors="replace").split("\n", 1)[0]
        _, code, usage = os.wait4(child, 0)
        times.append((time.perf_counter() - start) * 1000)
        peak = max(peak, usage.ru_maxrss / 1024)
        status = os.waitstatus_to_exitcode(code)
    return statistics.median(times), peak, status, report


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", default=str(ROOT / ".build/release/orchestrate"))
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--only", help="inputs whose names contain this text")
    parser.add_argument("--keep", help="a folder in which the inputs are left")
    parser.add_argument("--json", help="a file for every number")
    arguments = parser.parse_args()
    if not os.access(arguments.program, os.X_OK):
        parser.error(f"{arguments.program} is not there: swift build --configuration release --product orchestrate")
    results = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(arguments.keep or scratch)
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in inputs().items():
            if arguments.only and arguments.only not in name:
                continue
            path = folder / (name.replace(" ", "-").replace("%", "") + ".yaml")
            path.write_bytes(text)
            milliseconds, peak, status, report = measure(arguments.program, str(path), arguments.repeat)
            held = milliseconds <= 200 and peak <= 64 and status in (0, 65)
            results.append({"input": name, "bytes": len(text), "ms": milliseconds, "MiB": peak, "status": status, "held": held})
            print(f"{'  ' if held else '! '}{name:38} {milliseconds:7.1f} ms {peak:6.1f} MiB  {status:4} {report[-70:]}")
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(results, indent=1) + "\n")
    worst = max(results, key=lambda result: result["ms"])
    print(f"slowest: {worst['input']}, {worst['ms']:.0f} ms; most memory: {max(r['MiB'] for r in results):.0f} MiB")
    return 0 if all(result["held"] for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
