#!/usr/bin/env python3
"""Checks one partition of the predictions table against reference_scores.py, with other readers.

The table is read twice: with `deltalake`, and with DuckDB. DuckDB uses its own Delta reader where
the package duckdb-extension-delta of its version is installed; elsewhere it reads the Parquet
files that are active by the Delta log, which is replayed here. Each reading must hold every id of
the reference exactly once, scores within the tolerance, equal integers, and the right partition
values. The log must agree with the files: present, of the recorded size and number of rows.

  compare_table.py --table data/predictions --date 2013-07-04 --model-version v1 \\
      --reference /tmp/reference.parquet

Exit code: 0 when all of it holds, 1 otherwise.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import deltalake
import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

EXAMPLES = 5


class UnreadableTable(Exception):
    """The table cannot be read at all."""


@dataclass
class Comparison:
    """What one reader saw of the partition, and all that is wrong with it."""

    reader: str
    rows: int = 0
    distinct: int = 0
    worst: float = 0.0
    content: str = ""
    problems: list[str] = field(default_factory=list)

    def complain(self, what: str, examples: list[Any]) -> None:
        if examples:
            shown = ", ".join(str(example) for example in examples[:EXAMPLES])
            more = f", and {len(examples) - EXAMPLES} more" if len(examples) > EXAMPLES else ""
            self.problems.append(f"{len(examples)} {what}: {shown}{more}")


@dataclass
class ActiveFile:
    """A file of the table, as the log describes it."""

    path: str
    size: int
    rows: int | None
    partition: dict[str, str]


def main() -> int:
    options = parse_arguments()
    try:
        reference = pq.ParquetFile(options.reference).read()
        comparisons = compare(options, reference)
    except (UnreadableTable, OSError, pa.ArrowInvalid, ValueError, duckdb.Error) as error:
        print(f"compare_table: error: {error}", file=sys.stderr)
        return 1
    report(comparisons, reference.num_rows, options.tolerance)
    return 1 if any(comparison.problems for comparison in comparisons) else 0


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--table", type=Path, required=True, help="folder of the Delta table")
    add("--date", required=True, help="partition value of `date`, YYYY-MM-DD")
    add("--model-version", required=True, help="partition value of `model_version`")
    add("--reference", type=Path, required=True, help="Parquet file of reference_scores.py")
    add("--id-column", default="id", help="column that identifies a row (%(default)s)")
    add("--tolerance", type=float, default=1e-6, help="for floating columns (%(default)s)")
    return parser.parse_args()


def compare(options: argparse.Namespace, reference: pa.Table) -> list[Comparison]:
    """The log against the files, then each reader against the reference."""
    partition = {"date": options.date, "model_version": options.model_version}
    columns = [*reference.column_names, *partition]
    active = replay_log(options.table)
    mine = [file for file in active if file.partition == partition]
    name, duckdb_rows = read_with_duckdb(options.table, active, partition, columns)
    deltalake_rows = read_with_deltalake(options.table, partition, columns)
    readings = {
        f"deltalake {deltalake.__version__}": deltalake_rows,
        name: duckdb_rows,
        "duckdb, hive folders": read_hive_folders(options.table, mine, partition, columns),
    }
    comparisons = [compare_log(options.table, active, mine, partition)]
    for reader, rows in readings.items():
        comparisons.append(compare_rows(reader, rows, reference, partition, options))
    return comparisons


def replay_log(table: Path) -> list[ActiveFile]:
    """The active files, from the JSON commits alone."""
    commits = sorted((table / "_delta_log").glob("*.json"))
    if [int(commit.stem) for commit in commits] != list(range(len(commits))) or not commits:
        raise UnreadableTable(f"{table}/_delta_log does not hold the commits 0, 1, 2, ...")
    active: dict[str, ActiveFile] = {}
    for commit in commits:
        for line in commit.read_text().splitlines():
            action = json.loads(line)
            if "add" in action:
                file = active_file(action["add"])
                active[file.path] = file
            if "remove" in action:
                active.pop(unquote(action["remove"]["path"]), None)
    return list(active.values())


def active_file(add: dict[str, Any]) -> ActiveFile:
    rows = json.loads(add.get("stats") or "{}").get("numRecords")
    return ActiveFile(unquote(add["path"]), add["size"], rows, add["partitionValues"])


def compare_log(
    table: Path, active: list[ActiveFile], mine: list[ActiveFile], partition: dict[str, str]
) -> Comparison:
    """Checks the log's claims about this partition, and deltalake's reading of the log."""
    result = Comparison("log and files")
    uris = deltalake.DeltaTable(str(table)).file_uris()
    listed = {Path(unquote(uri.removeprefix("file://"))).resolve() for uri in uris}
    replayed = {(table / file.path).resolve() for file in active}
    result.complain("files on which deltalake and the log disagree", sorted(listed ^ replayed))
    for file in mine:
        check_file(table / file.path, file, partition, result)
    result.content = f"{len(mine)} of {len(active)} active files"
    return result


def check_file(
    path: Path, file: ActiveFile, partition: dict[str, str], result: Comparison
) -> None:
    if not path.is_file():
        result.problems.append(f"{file.path} is in the log but not in the folder")
        return
    rows = pq.read_metadata(path).num_rows
    result.rows += rows
    if path.stat().st_size != file.size:
        size = path.stat().st_size
        result.problems.append(f"{file.path}: {size} bytes, the log says {file.size}")
    if file.rows is not None and rows != file.rows:
        result.problems.append(f"{file.path}: {rows} rows, the log says {file.rows}")
    folders = dict(part.split("=", 1) for part in file.path.split("/") if "=" in part)
    wrong = {key for key, value in partition.items() if folders.get(key) != value}
    if wrong:
        result.problems.append(f"{file.path}: its folders differ from the log in {sorted(wrong)}")


def read_with_deltalake(table: Path, partition: dict[str, str], columns: list[str]) -> pa.Table:
    source = deltalake.DeltaTable(str(table))
    types = {field.name: field.type for field in pa.schema(source.schema())}
    filters = [
        (name, "=", pa.scalar(value).cast(types[name]).as_py()) for name, value in partition.items()
    ]
    return source.to_pyarrow_table(filters=filters, columns=columns)


def read_with_duckdb(
    table: Path, active: list[ActiveFile], partition: dict[str, str], columns: list[str]
) -> tuple[str, pa.Table]:
    """Reads the partition through DuckDB's own Delta reader if it is there, else file by file."""
    connection = duckdb.connect()
    extension = delta_extension()
    if extension is not None:
        connection.execute(f"load '{extension}'")
        rows = select(connection, "delta_scan(?)", [str(table)], partition, columns)
        return f"duckdb {duckdb.__version__}, delta_scan", rows
    paths = [str(table / file.path) for file in active]
    values = pa.Table.from_pylist(
        [{"path": path, **file.partition} for path, file in zip(paths, active)]
    )
    connection.register("of_partition", values)
    files = "read_parquet(?, filename = 'path', hive_partitioning = false)"
    source = f"{files} join of_partition using (path)"
    rows = select(connection, source, [paths], partition, columns)
    return f"duckdb {duckdb.__version__}, active files", rows


def read_hive_folders(
    table: Path, mine: list[ActiveFile], partition: dict[str, str], columns: list[str]
) -> pa.Table:
    """Reads this partition's files as any tool would that takes `key=value` folders for columns."""
    if not mine:
        raise UnreadableTable(f"the log of {table} has no file for {partition}")
    paths = [str(table / file.path) for file in mine]
    source = "read_parquet(?, hive_partitioning = true, hive_types_autocast = false)"
    return select(duckdb.connect(), source, [paths], partition, columns)


def select(
    connection: duckdb.DuckDBPyConnection,
    source: str,
    arguments: list[Any],
    partition: dict[str, str],
    columns: list[str],
) -> pa.Table:
    wanted = " and ".join(f"cast({name} as varchar) = ?" for name in partition)
    names = ", ".join(f'"{column}"' for column in columns)
    query = f"select {names} from {source} where {wanted}"
    return connection.sql(query, params=[*arguments, *partition.values()]).to_arrow_table()


def delta_extension() -> Path | None:
    """The Delta extension for this very version of DuckDB, if its wheel is installed."""
    found = importlib.util.find_spec("duckdb_extension_delta")
    if found is None or not found.submodule_search_locations:
        return None
    folder = Path(next(iter(found.submodule_search_locations))) / "extensions"
    path = folder / f"v{duckdb.__version__}" / "delta.duckdb_extension"
    return path if path.is_file() else None


def compare_rows(
    reader: str,
    rows: pa.Table,
    reference: pa.Table,
    partition: dict[str, str],
    options: argparse.Namespace,
) -> Comparison:
    result = Comparison(reader, rows.num_rows)
    expected = {row[options.id_column]: row for row in reference.to_pylist()}
    actual = rows.to_pylist()
    counts = Counter(row[options.id_column] for row in actual)
    result.distinct = len(counts)
    result.complain("ids more than once", sorted(i for i, n in counts.items() if n > 1))
    result.complain("ids missing", sorted(set(expected) - set(counts)))
    result.complain("ids that should not be there", sorted(set(counts) - set(expected), key=str))
    for name, value in partition.items():
        wrong = {str(row[name]) for row in actual} - {value}
        result.complain(f"values of {name} other than {value}", sorted(wrong))
    for column in reference.schema:
        if column.name != options.id_column:
            compare_column(result, column, actual, expected, options)
    result.content = digest(rows.select(reference.column_names), options.id_column)
    return result


def compare_column(
    result: Comparison,
    column: pa.Field,
    actual: list[dict[str, Any]],
    expected: dict[str, dict[str, Any]],
    options: argparse.Namespace,
) -> None:
    floating = pa.types.is_floating(column.type)
    wrong = []
    for row in actual:
        identity, value = row[options.id_column], row[column.name]
        if identity not in expected:
            continue
        wanted = expected[identity][column.name]
        if floating and value is not None:
            difference = abs(value - wanted)
            result.worst = max(result.worst, difference)
            same = difference <= options.tolerance
        else:
            same = value == wanted
        if not same:
            wrong.append(f"{identity} has {value}, expected {wanted}")
    result.complain(f"values of {column.name} differ", wrong)


def digest(rows: pa.Table, id_column: str) -> str:
    """A short digest of the rows in order of their ids: equal tables give equal digests."""
    ordered = rows.sort_by(id_column).to_pylist()
    return hashlib.sha256(repr(ordered).encode()).hexdigest()[:12]


def report(comparisons: list[Comparison], expected: int, tolerance: float) -> None:
    """Prints a line per reader and then every problem."""
    print(f"{'reader':<28} {'rows':>8} {'ids':>8} {'max diff':>9}  {'content':<24} result")
    for comparison in comparisons:
        worst = f"{comparison.worst:.1e}" if comparison.distinct else "-"
        verdict = "wrong" if comparison.problems else "ok"
        print(
            f"{comparison.reader:<28} {comparison.rows:>8} {comparison.distinct or '-':>8}"
            f" {worst:>9}  {comparison.content:<24} {verdict}"
        )
    print(f"{'reference':<28} {expected:>8} {expected:>8}   (tolerance {tolerance:.0e})")
    for comparison in comparisons:
        for problem in comparison.problems:
            print(f"  {comparison.reader}: {problem}")


if __name__ == "__main__":
    sys.exit(main())
