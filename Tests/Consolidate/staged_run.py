"""Makes run directories as ShardWorker leaves them: plan.json, parts and receipts, from pyarrow alone."""

import hashlib
import json
import pathlib

import pyarrow as pa
import pyarrow.parquet as pq

NAMES = {pa.string(): "string", pa.float32(): "float32", pa.float64(): "float64", pa.int32(): "int32",
         pa.int64(): "int64", pa.bool_(): "boolean", pa.date32(): "date32",
         pa.timestamp("us", tz="UTC"): "timestamp[us, tz=UTC]"}


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def write_json(path, document):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n")


def plan(labels, shard_rows, schema_version):
    document = {
        "format": 1, "kind": "plan", "run": labels,
        "input": {"root": "data/features", "rows": sum(shard_rows), "files": [
            {"path": "part-0.parquet", "bytes": 1000, "rows": sum(shard_rows), "footer_sha256": sha256(b"footer")}]},
        "model": {"path": "models/flights", "name": "flight-delays", "version": labels["model_version"],
                  "schema_version": schema_version, "sha256": sha256(b"model.json")},
        "shards": [{"index": i, "rows": n, "row_groups": [{"file": 0, "row_group": i, "rows": n}]}
                   for i, n in enumerate(shard_rows)],
    }
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return document | {"digest": sha256(canonical.encode())}


def receipt(plan_digest, index, parts, rows, schema):
    return {
        "format": 1, "kind": "receipt", "plan_digest": plan_digest, "shard": index, "rows_in": rows, "rows_out": rows,
        "dead_letters": {"rows": 0, "path": None, "sha256": None}, "parts": parts,
        "schema": [{"name": f.name, "type": NAMES[f.type], "nullable": f.nullable} for f in schema],
        "model": {"name": "flight-delays", "version": "v1", "sha256": sha256(b"weights"), "kind": "aotinductor"},
        "batch_rows": 1024, "threads": 1, "attempt": "0",
        "seconds": {"total": 2.0, "start": 0.1, "read": 0.2, "assemble": 0.1, "infer": 1.0, "write": 0.3},
        "cpu_seconds": 1.5, "max_rss_bytes": 1 << 28,
        "started_at": "2013-07-05T02:00:00.000Z", "finished_at": f"2013-07-05T02:00:{10 + index:02}.500Z",
    }


def make(root, shards, date="2013-07-04", model_version="v1", schema_version=1, **writer):
    """Writes a run whose shard i has the parts shards[i], each a pyarrow table."""
    root = pathlib.Path(root)
    labels = {"date": date, "model_version": model_version}
    document = plan(labels, [sum(t.num_rows for t in parts) for parts in shards], schema_version)
    write_json(root / "plan.json", document)
    for index, tables in enumerate(shards):
        parts = []
        for sequence, table in enumerate(tables):
            path = root / f"shard-{index:05}" / f"part-{sequence:05}-0.parquet"
            path.parent.mkdir(parents=True, exist_ok=True)
            pq.write_table(table, path, compression="zstd", **writer)
            data = path.read_bytes()
            parts.append({"path": str(path.relative_to(root)), "rows": table.num_rows, "bytes": len(data),
                          "sha256": sha256(data)})
        rows = sum(t.num_rows for t in tables)
        write_json(root / f"shard-{index:05}" / "receipt.json",
                   receipt(document["digest"], index, parts, rows, tables[0].schema))
    return root
