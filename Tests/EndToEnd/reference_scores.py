#!/usr/bin/env python3
"""Scores Parquet files with plain Python: what ShardWorker's results are compared with.

It shares no code with the training scripts or with ShardWorker. It reads model.json, encodes one
row at a time, and rebuilds the network in eager PyTorch from weights.npz: an embedding for each
categorical feature, then linear layers with ReLU between them.

  reference_scores.py --input data/features/date=2013-07-04 --model models/flights/build/v1 \\
      --output /tmp/reference.parquet

Without --output it prints tab-separated lines: id, then the model's output columns.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
import torch.nn.functional as F
from torch import Tensor

Row = dict[str, Any]
TYPES = {"float32": pa.float32(), "float64": pa.float64(), "int32": pa.int32(), "int64": pa.int64()}


class UnusableInput(Exception):
    """The input or the model cannot be scored."""


class DeadLetter(Exception):
    """This row may not be scored; the job goes on without it."""


def main() -> int:
    options = parse_arguments()
    try:
        model = load_model(options.model)
        rows = read_rows(options.input, columns_of(model))
        table, refused = score(rows, model, load_weights(options.model, model))
    except (UnusableInput, OSError, pa.ArrowInvalid) as error:
        print(f"reference_scores: error: {error}", file=sys.stderr)
        return 1
    write(table, options.output)
    print(f"reference_scores: {table.num_rows:,} rows, {refused:,} dead letters", file=sys.stderr)
    return 0


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--input", type=Path, required=True, help="folder with Parquet files")
    parser.add_argument("--model", type=Path, required=True, help="folder with model.json")
    parser.add_argument("--output", type=Path, help="Parquet file to write (default: print)")
    return parser.parse_args()


def load_model(folder: Path) -> dict[str, Any]:
    model = json.loads((folder / "model.json").read_bytes())
    if model.get("format") != 1:
        raise UnusableInput(f"{folder}/model.json: format {model.get('format')}, expected 1")
    return model


def load_weights(folder: Path, model: dict[str, Any]) -> dict[str, Tensor]:
    path = folder / model["weights"]["path"]
    if hashlib.sha256(path.read_bytes()).hexdigest() != model["weights"]["sha256"]:
        raise UnusableInput(f"{path} is not the file that model.json names: its sha256 differs")
    with np.load(path) as arrays:
        return {name: torch.from_numpy(arrays[name]) for name in arrays.files}


def columns_of(model: dict[str, Any]) -> list[str]:
    features = [feature["column"] for entry in model["inputs"] for feature in entry["features"]]
    return [model["id_column"], *dict.fromkeys(features)]


def read_rows(folder: Path, columns: list[str]) -> list[Row]:
    paths = sorted(folder.glob("*.parquet"))
    if not paths:
        raise UnusableInput(f"no Parquet file in {folder}")
    rows: list[Row] = []
    for path in paths:
        rows += pq.ParquetFile(path).read(columns=columns).to_pylist()
    return rows


def score(
    rows: list[Row], model: dict[str, Any], weights: dict[str, Tensor]
) -> tuple[pa.Table, int]:
    """The table of ids and outputs in input order, and the number of rows left out."""
    ids, encoded = [], []
    for row in rows:
        try:
            values = [encode_row(row, entry["features"]) for entry in model["inputs"]]
        except DeadLetter:
            continue
        ids.append(row[model["id_column"]])
        encoded.append(values)
    tensors = [
        torch.tensor([values[i] for values in encoded], dtype=getattr(torch, entry["dtype"]))
        for i, entry in enumerate(model["inputs"])
    ]
    with torch.inference_mode():
        logits = forward(weights, *tensors)
    columns = {model["id_column"]: pa.array(ids, pa.string())}
    columns.update({entry["column"]: transformed(logits, entry) for entry in model["outputs"]})
    return pa.table(columns), len(rows) - len(ids)


def encode_row(row: Row, features: list[dict[str, Any]]) -> list[float]:
    return [encode_value(row[feature["column"]], feature) for feature in features]


def encode_value(value: Any, feature: dict[str, Any]) -> float:
    if feature["encoding"] == "vocabulary":
        if value is None and feature["on_null"] != "unknown":
            value = substitute(feature, "on_null")
        vocabulary = feature["vocabulary"]
        return vocabulary.index(value) + 1 if value in vocabulary else 0
    if value is None:
        value = substitute(feature, "on_null")
    number = float(value)
    if math.isnan(number):
        number = float(substitute(feature, "on_nan"))
    if feature["encoding"] == "identity":
        return number
    centred = np.float32(number) - np.float32(feature["mean"])
    return float(centred / np.float32(feature["std"]))


def substitute(feature: dict[str, Any], policy: str) -> Any:
    """What stands for a missing value; raises where nothing may."""
    rule = feature.get(policy, "fail")
    if rule == "fill":
        return feature["fill"]
    if rule == "dead_letter":
        raise DeadLetter
    raise UnusableInput(f"column '{feature['column']}' holds a value that {policy} forbids")


def forward(weights: dict[str, Tensor], numbers: Tensor, categories: Tensor) -> Tensor:
    """The network, from its weights alone."""
    columns = [numbers]
    for index in range(categories.shape[1]):
        columns.append(F.embedding(categories[:, index], weights[f"embeddings.{index}.weight"]))
    layers = sorted(int(name.split(".")[1]) for name in weights if name.endswith("bias"))
    hidden = torch.cat(columns, dim=1)
    for layer in layers:
        weight, bias = (weights[f"layers.{layer}.{part}"] for part in ("weight", "bias"))
        hidden = F.linear(hidden, weight, bias)
        if layer != layers[-1]:
            hidden = F.relu(hidden)
    return hidden


def transformed(tensor: Tensor, output: dict[str, Any]) -> pa.Array:
    """One output column [rows] from the output tensor [rows, k]."""
    name, index = output["transform"], output.get("index", 0)
    if name == "identity":
        values = tensor[:, index]
    elif name == "sigmoid":
        values = torch.sigmoid(tensor[:, index])
    elif name == "threshold":
        values = torch.sigmoid(tensor[:, index]) >= output["threshold"]
    elif name == "softmax":
        values = torch.softmax(tensor, dim=1)[:, index]
    elif name == "argmax":
        values = tensor.argmax(dim=1)
    else:
        raise UnusableInput(f"output '{output['column']}': unknown transform '{name}'")
    kind = TYPES[output["type"]]
    return pa.array(values.numpy().astype(kind.to_pandas_dtype()), type=kind)


def write(table: pa.Table, path: Path | None) -> None:
    if path is not None:
        pq.write_table(table, path)
        return
    for row in table.to_pylist():
        print(*row.values(), sep="\t")


if __name__ == "__main__":
    sys.exit(main())
