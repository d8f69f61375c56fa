#!/usr/bin/env python3
"""Checks tables that Consolidate writes with readers and writers that are not ours.

    interoperability.py CONSOLIDATE_BINARY

deltalake and duckdb (through its Delta extension where that is installed) read what we commit and get what pyarrow computes; deltalake's writer extends our tables and we
extend its, also at the same time; a 60-line replay of the log (reconcile.py) agrees after every step.
"""

import datetime
import importlib.util
import json
import math
import pathlib
import subprocess
import sys
import tempfile
import threading

import deltalake
import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

import reconcile
import staged_run
from interoperability_tables import SCORES, scores

BINARY = sys.argv[1]
def merge(run, table, *flags, status=0):
    done = subprocess.run([BINARY, "merge", "--run-dir", run, "--table", table, "-o", "json", *flags],
                          capture_output=True, text=True)
    assert done.returncode == status, f"exit {done.returncode}: {done.stderr}"
    return json.loads(done.stdout) if status == 0 else done.stderr


def by_deltalake(table, version=None):
    return deltalake.DeltaTable(table, version=version).to_pyarrow_table()


def delta_extension():
    """The Delta extension of this very duckdb, from the package duckdb-extension-delta; None without it."""
    found = importlib.util.find_spec("duckdb_extension_delta")
    for folder in found.submodule_search_locations if found else []:
        path = pathlib.Path(folder) / "extensions" / f"v{duckdb.__version__}" / "delta.duckdb_extension"
        return path if path.is_file() else None
    return None


def by_duckdb(table):
    """Through duckdb's own reader of Delta; else the active files, without a look at their directories' names."""
    connection = duckdb.connect()
    extension = delta_extension()
    if extension:
        connection.execute(f"load '{extension}'")
        return connection.sql("select * from delta_scan(?)", params=[str(table)]).to_arrow_table()
    files = [str(table / path) for path in reconcile.replay(table)["files"]]
    query = "select * from read_parquet(?, hive_partitioning=false, union_by_name=true)"
    return connection.sql(query, params=[files]).to_arrow_table()


def check(table, expected, columns=("id", "score")):
    """Both readers and the replay hold exactly the expected rows."""
    state = reconcile.replay(table)
    reconcile.check_files(table, state)
    assert deltalake.DeltaTable(table).version() == state["version"]
    want = sorted(zip(*(expected[c].to_pylist() for c in columns)))
    for reader in (by_deltalake, by_duckdb):
        found = reader(table)
        assert sorted(zip(*(found[c].to_pylist() for c in columns))) == want, reader.__name__
    return state


def reads_equal(root):
    run = staged_run.make(root / "run", [[scores(0, 300), scores(300, 100)], [scores(400, 600)]])
    manifest = merge(run, root / "table")
    check(root / "table", scores(0, 1000))
    table = deltalake.DeltaTable(root / "table")
    assert table.transaction_version("2013-07-04/v1/schema=v1") == 1
    row = table.to_pyarrow_table(filters=[("date", "=", datetime.date(2013, 7, 4))]).slice(0, 1).to_pylist()[0]
    assert row["date"] == datetime.date(2013, 7, 4) and row["model_version"] == "v1"
    assert table.history(1)[0]["contentDigest"] == manifest["content_digest"]
    metadata = next((root / "table").rglob("_metadata"))
    assert ds.parquet_dataset(metadata).to_table().sort_by("id").equals(scores(0, 1000).sort_by("id"))
    data = pq.ParquetFile(next((root / "table").rglob("part-*.parquet"))).metadata
    for column in (data.row_group(0).column(index) for index in range(data.num_columns)):
        assert column.compression == "ZSTD" and column.has_column_index and column.has_offset_index and column.is_stats_set
    assert merge(run, root / "table")["outcome"] == "already merged"
    check(root / "table", scores(0, 1000))


def deltalake_extends_ours(root):
    table = root / "table"
    merge(staged_run.make(root / "run", [[scores(0, 100)]]), table)
    extra = scores(100, 50).append_column("date", pa.array([datetime.date(2013, 7, 4)] * 50)) \
        .append_column("model_version", pa.array(["v1"] * 50))
    deltalake.write_deltalake(table, extra, mode="append")
    merge(staged_run.make(root / "next", [[scores(200, 100)]], date="2013-07-05"), table)
    everything = pa.concat_tables([scores(0, 100), scores(100, 50), scores(200, 100)])
    assert check(table, everything)["version"] == 2
    assert merge(root / "run", table)["outcome"] == "already merged"
    # A replacement takes the whole partition of the batch, whoever wrote into it.
    merge(staged_run.make(root / "again", [[scores(0, 80, offset=1)]]), table, "--generation", "2")
    check(table, pa.concat_tables([scores(0, 80, offset=1), scores(200, 100)]))
    assert by_deltalake(table, version=2).num_rows == 250


def we_extend_deltalakes(root):
    table = root / "table"
    theirs = scores(0, 40).append_column("date", pa.array(["2013-07-01"] * 40)) \
        .append_column("model_version", pa.array(["v1"] * 40))
    deltalake.write_deltalake(table, theirs, partition_by=["date", "model_version"])
    merge(staged_run.make(root / "run", [[scores(40, 60)]]), table)
    found = check(table, scores(0, 100))
    assert found["version"] == 1
    assert by_deltalake(table).schema.field("date").type in (pa.string(), pa.string_view(), pa.large_string())


def schema_evolves(root):
    table = root / "table"
    merge(staged_run.make(root / "one", [[scores(0, 10)]]), table)
    wider = scores(10, 10).append_column("confidence", pa.array([0.5] * 10, pa.float32()))
    merge(staged_run.make(root / "two", [[wider]], date="2013-07-05", schema_version=2), table)
    check(table, scores(0, 20))
    confidence = by_deltalake(table).sort_by("id")["confidence"]
    assert confidence.type == pa.float32() and confidence.null_count == 10
    narrower = pa.table({"id": ["a"], "score": pa.array([1.0], pa.float64())})
    message = merge(staged_run.make(root / "three", [[narrower]], date="2013-07-06", schema_version=3), table, status=65)
    assert "column score is float in the table and double in the batch" in message
    check(table, scores(0, 20))


def every_type(root):
    moment = datetime.datetime(2013, 7, 4, 12, 30, 0, 123456, tzinfo=datetime.timezone.utc)
    table = pa.table({
        "id": pa.array(["é" * 40, None, "z" * 50]), "f": pa.array([math.nan, 1.5, None], pa.float32()),
        "d": pa.array([math.inf, -0.0, 1e-300], pa.float64()), "i": pa.array([-(2**31), None, 2**31 - 1], pa.int32()),
        "l": pa.array([2**63 - 1, 2**53 + 1, -(2**63)], pa.int64()), "b": pa.array([True, False, None]),
        "day": pa.array([datetime.date(1969, 12, 31), datetime.date(2013, 7, 4), None]),
        "at": pa.array([moment, None, moment], pa.timestamp("us", tz="UTC"))})
    merge(staged_run.make(root / "run", [[table]]), root / "table")
    reconcile.check_files(root / "table", reconcile.replay(root / "table"))
    found = by_deltalake(root / "table").select(table.column_names).sort_by("l")
    expected = table.sort_by("l")
    for name in table.column_names:
        assert repr(found[name].to_pylist()) == repr(expected[name].to_pylist()), name
        assert found.schema.field(name).type in (expected.schema.field(name).type, pa.string_view()), name
    # Skipping by our statistics loses no row.
    lake = ds.field("l") > 2**53
    assert deltalake.DeltaTable(root / "table").to_pyarrow_dataset().to_table(filter=lake).num_rows == 2
    late = ds.field("at") >= pa.scalar(moment, pa.timestamp("us", tz="UTC"))
    assert deltalake.DeltaTable(root / "table").to_pyarrow_dataset().to_table(filter=late).num_rows == 2
    text = pc.equal(ds.field("id"), "z" * 50)
    assert deltalake.DeltaTable(root / "table").to_pyarrow_dataset().to_table(filter=text).num_rows == 1


def strange_partition_values(root):
    for index, value in enumerate(["a b", "50%", "x/y", "é=ü", "a:b", "%41"]):
        run = staged_run.make(root / f"run-{index}", [[scores(index * 10, 10)]])
        merge(run, root / "table", "--partition", f"region={value}")
    found = by_deltalake(root / "table")
    assert sorted(set(found["region"].to_pylist())) == sorted(["a b", "50%", "x/y", "é=ü", "a:b", "%41"])
    reconcile.check_files(root / "table", reconcile.replay(root / "table"))
    assert sorted(found["id"].to_pylist()) == scores(0, 60)["id"].to_pylist()


def partitions_agree(root):
    """Every reader sees the same rows, types and partition values: in the log, in the paths, and by `_metadata`."""
    regions = pa.array(["eu", "us west", None, "eu"] * 25)
    data = scores(0, 100).append_column("region", regions)
    merge(staged_run.make(root / "run", [[data]]), root / "table", "--partition", "date=2013-07-04", "--partition", "region")
    want = sorted(zip(data["id"].to_pylist(), regions.to_pylist()), key=str)
    types = {"id": pa.string(), "score": pa.float32(), "late": pa.int32(), "region": pa.string(), "date": pa.date32()}
    metadata = next((root / "table").rglob("_metadata"))
    hive = ds.partitioning(pa.schema([("region", pa.string())]), flavor="hive")
    by_metadata = ds.parquet_dataset(metadata, partitioning=hive).to_table()
    for found, has_date in ((by_deltalake(root / "table"), True), (by_duckdb(root / "table"), True), (by_metadata, False)):
        assert sorted(zip(found["id"].to_pylist(), found["region"].to_pylist()), key=str) == want
        if not has_date or "date" not in found.column_names:
            continue  # the date lies above `_metadata`; duckdb without its Delta extension reads files only
        assert set(found["date"].to_pylist()) == {datetime.date(2013, 7, 4)}
        for name, kind in types.items():
            assert str(found.schema.field(name).type).removesuffix("_view") == str(kind), (name, found.schema.field(name))


def writers_race(root):
    """deltalake appends while eight merges of four days run, each day twice: into a table that we made."""
    table = root / "table"
    merge(staged_run.make(root / "first", [[scores(0, 10)]], date="2013-06-30"), table)
    race(root, table, datetime.date(2013, 7, 1))


def writers_race_elsewhere(root):
    """The same into a table that deltalake made."""
    table = root / "table"
    theirs = scores(0, 10).append_column("date", pa.array(["2013-06-30"] * 10)) \
        .append_column("model_version", pa.array(["v1"] * 10))
    deltalake.write_deltalake(table, theirs, partition_by=["date", "model_version"])
    race(root, table, "2013-07-01")


def race(root, table, day_of_appends):
    runs = [staged_run.make(root / f"run-{day}", [[scores(1000 * day, 50)]], date=f"2013-07-0{day}")
            for day in range(1, 5)]
    merges = [subprocess.Popen([BINARY, "merge", "--run-dir", run, "--table", table], stderr=subprocess.PIPE, text=True)
              for run in runs * 2]
    appended = []

    def append():
        for index in range(8):
            rows = scores(100_000 + index, 1).append_column("date", pa.array([day_of_appends])) \
                .append_column("model_version", pa.array(["v1"]))
            deltalake.write_deltalake(table, rows, mode="append")
            appended.append(rows.select(["id", "score", "late"]))

    thread = threading.Thread(target=append)
    thread.start()
    for process in merges:
        _, errors = process.communicate()
        assert process.returncode == 0, errors
    thread.join()
    assert len(appended) == 8
    expected = [scores(0, 10)] + [scores(1000 * day, 50) for day in range(1, 5)]
    state = check(table, pa.concat_tables(expected + [rows.cast(SCORES) for rows in appended]))
    assert sum(1 for name in state["transactions"] if name.startswith("2013-07-0")) == 4
    assert state["version"] == 12


if __name__ == "__main__":
    for case in (reads_equal, deltalake_extends_ours, we_extend_deltalakes, schema_evolves, every_type,
                 strange_partition_values, partitions_agree, writers_race,
                 writers_race_elsewhere):
        with tempfile.TemporaryDirectory() as directory:
            case(pathlib.Path(directory))
        print(f"ok  {case.__name__.replace('_', ' ')}")
