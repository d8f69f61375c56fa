#!/usr/bin/env python3
"""Replays a Delta log by the protocol's rules, independently of the code under test.

    reconcile.py TABLE      prints the state as JSON and checks it against the files

Shares nothing with Consolidate: the rules are those of PROTOCOL.md, "Action Reconciliation".
"""

import json
import pathlib
import re
import sys
import urllib.parse

import pyarrow.parquet as pq


def commits(table):
    """The commits in order; their versions must be 0, 1, 2, ... without a gap."""
    names = sorted(p for p in (table / "_delta_log").iterdir() if re.fullmatch(r"\d{20}\.json", p.name))
    assert [int(p.stem) for p in names] == list(range(len(names))), f"versions are not contiguous: {names}"
    for path in names:
        yield path, [json.loads(line) for line in path.read_text().splitlines()]


def key(kind, action):
    """What two actions must not share within one commit."""
    if kind in ("add", "remove"):
        return "file", urllib.parse.unquote(action["path"])
    return (kind, action["appId"]) if kind == "txn" else (kind, "")


def replay(table):
    state = {"files": {}, "transactions": {}, "version": -1}
    for path, lines in commits(table):
        state["version"] += 1
        seen = set()
        for line in lines:
            ((kind, action),) = line.items()
            assert key(kind, action) not in seen, f"{path.name}: two actions about {key(kind, action)}"
            seen.add(key(kind, action))
            if kind == "add":
                state["files"][key(kind, action)[1]] = action
            elif kind == "remove":
                del state["files"][key(kind, action)[1]]
            elif kind == "txn":
                before = state["transactions"].get(action["appId"], -1)
                assert action["version"] > before, f"{path.name}: {action['appId']} does not go up from {before}"
                state["transactions"][action["appId"]] = action["version"]
            elif kind in ("metaData", "protocol"):
                state[kind] = action
        has_info = any("commitInfo" in line for line in lines)
        assert not has_info or "commitInfo" in lines[0], f"{path.name}: commitInfo is not first"
    return state


def check_files(table, state):
    partition = state["metaData"]["partitionColumns"]
    schema = {f["name"] for f in json.loads(state["metaData"]["schemaString"])["fields"]}
    for path, action in state["files"].items():
        file = table / path
        assert file.stat().st_size == action["size"], f"{path}: size"
        assert set(action["partitionValues"]) == set(partition), f"{path}: partition values"
        data = pq.ParquetFile(file)
        assert set(data.schema_arrow.names) <= schema - set(partition), f"{path}: columns"
        check_statistics(path, data.read(), json.loads(action["stats"]))


def check_statistics(path, data, stats):
    """Counts are exact; bounds of numbers and texts enclose every value."""
    assert stats["numRecords"] == data.num_rows, f"{path}: numRecords"
    for name in data.column_names:
        values = data[name].to_pylist()
        known = [v for v in values if v is not None]
        if name in stats["nullCount"]:
            assert stats["nullCount"][name] == len(values) - len(known), f"{path}: nulls of {name}"
        for bounds, violates in ((stats["minValues"], lambda v, b: v < b), (stats["maxValues"], lambda v, b: v > b)):
            bound = bounds.get(name)
            for value in known if isinstance(bound, (int, float, str)) else []:
                if isinstance(bound, str) and not isinstance(value, str):
                    continue  # dates and times are text in JSON
                assert value == value, f"{path}: {name} has NaN and a bound"
                # A float32 bound is printed with fewer digits than its float64 value has.
                slack = abs(bound) * 1e-6 if isinstance(value, float) else None
                assert not violates(value, bound) or (slack is not None and abs(value - bound) <= slack), (
                    f"{path}: {name} has {value!r} beyond {bound!r}")


if __name__ == "__main__":
    root = pathlib.Path(sys.argv[1])
    result = replay(root)
    check_files(root, result)
    rows = sum(json.loads(a["stats"])["numRecords"] for a in result["files"].values())
    print(json.dumps({"version": result["version"], "files": sorted(result["files"]), "rows": rows,
                      "transactions": result["transactions"]}, sort_keys=True))
