"""The `inputs` of model.json: fitting them to training data, and encoding rows by them.

Encoding knows nothing of flights: it follows model.json alone, as ShardWorker does. The rules are
explained in models/README.md.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from artifacts import BuildError

Feature = dict[str, Any]
"""One entry of `features` in model.json."""

SCHEMA_VERSION = 1
LATE_AFTER_MINUTES = 15
RAREST = 100
"""A category seen in fewer training rows is left out of its vocabulary, hence unknown."""

# What a null becomes: "fail" (there must be none), "mean" (of the training rows), or a number.
NUMBERS: dict[str, str | float] = {
    "dep_delay": "fail",
    "distance": "fail",
    "sched_dep_minute": "fail",
    "sched_arr_minute": "fail",
    "dest_lat": "mean",
    "dest_lon": "mean",
    "plane_age": "mean",
    "seats": "mean",
    "temp": "mean",
    "dewp": "mean",
    "humid": "mean",
    "wind_speed": "mean",
    "wind_gust": 0.0,  # no gust was reported
    "precip": "mean",
    "pressure": "mean",
    "visib": "mean",
}
CATEGORIES = ["carrier", "origin", "dest", "weekday", "departure_hour", "manufacturer"]
COLUMNS = ["id", *NUMBERS, *CATEGORIES]


def fit_inputs(training: pa.Table) -> list[dict[str, Any]]:
    """The `inputs` of model.json, with statistics and vocabularies of the training rows only."""
    numbers = [fit_number(name, training[name], policy) for name, policy in NUMBERS.items()]
    categories = [fit_category(name, training[name]) for name in CATEGORIES]
    return [
        {"name": "numbers", "dtype": "float32", "features": numbers},
        {"name": "categories", "dtype": "int64", "features": categories},
    ]


def fit_number(name: str, column: pa.ChunkedArray, policy: str | float) -> Feature:
    values = column.cast(pa.float64())
    feature: Feature = {"column": name, "encoding": "standardize"}
    if policy == "fail":
        feature["on_null"] = "fail"
    else:
        fill = pc.mean(values).as_py() if policy == "mean" else policy
        feature.update({"on_null": "fill", "fill": fill})
        values = values.fill_null(fill)
    feature["mean"] = pc.mean(values).as_py()
    feature["std"] = pc.stddev(values, ddof=0).as_py()
    if not feature["std"]:
        raise BuildError(f"column '{name}' is constant in the training rows: leave it out")
    return feature


def fit_category(name: str, column: pa.ChunkedArray) -> Feature:
    counts = pc.value_counts(column.drop_null().combine_chunks()).to_pylist()
    vocabulary = sorted(entry["values"] for entry in counts if entry["counts"] >= RAREST)
    return {
        "column": name,
        "encoding": "vocabulary",
        "vocabulary": vocabulary,
        "on_null": "unknown",
    }


def vocabulary_sizes(inputs: list[dict[str, Any]]) -> list[int]:
    """The number of indexes of each categorical feature, the one for unknown included."""
    features = [feature for entry in inputs for feature in entry["features"]]
    return [len(f["vocabulary"]) + 1 for f in features if f["encoding"] == "vocabulary"]


def encode(rows: pa.Table | pa.RecordBatch, inputs: list[dict[str, Any]]) -> list[np.ndarray]:
    """One array [rows, features] per input, in the order of model.json."""
    arrays = []
    for entry in inputs:
        features = entry["features"]
        array = np.empty((rows.num_rows, len(features)), dtype=entry["dtype"])
        for position, feature in enumerate(features):
            array[:, position] = encode_column(one_chunk(rows.column(feature["column"])), feature)
        arrays.append(array)
    return arrays


def one_chunk(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def encode_column(column: pa.Array, feature: Feature) -> np.ndarray:
    encoding = feature["encoding"]
    if encoding == "vocabulary":
        return encode_category(column, feature)
    if encoding not in ("standardize", "identity"):
        raise BuildError(f"column '{feature['column']}': unknown encoding '{encoding}'")
    values = numbers_without_null(column, feature)
    if encoding == "identity":
        return values
    return (values - np.float32(feature["mean"])) / np.float32(feature["std"])


def numbers_without_null(column: pa.Array, feature: Feature) -> np.ndarray:
    """The column as float32, read as float64, with nulls and NaNs treated as the feature says."""
    values = column.cast(pa.float64())
    if values.null_count:
        values = values.fill_null(replacement(feature, "on_null", "null"))
    array = values.to_numpy(zero_copy_only=False)
    missing = np.isnan(array)
    if missing.any():
        array = np.where(missing, replacement(feature, "on_nan", "NaN"), array)
    return array.astype(np.float32)


def replacement(feature: Feature, policy: str, what: str) -> float:
    if feature.get(policy, "fail") != "fill":
        raise BuildError(f"column '{feature['column']}' holds {what}, which model.json forbids")
    return feature["fill"]


def encode_category(column: pa.Array, feature: Feature) -> np.ndarray:
    """Position in the vocabulary plus one; 0 for a value that is not in it, and for null."""
    if column.null_count and feature.get("on_null", "fail") != "unknown":
        raise BuildError(f"column '{feature['column']}' holds null, which model.json forbids")
    vocabulary = pa.array(feature["vocabulary"], type=pa.string())
    position = pc.index_in(column, value_set=vocabulary).fill_null(-1)
    return position.to_numpy(zero_copy_only=False).astype(np.int64) + 1
