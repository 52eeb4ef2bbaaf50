"""What one flight looks like: the single source for data validation, features, the service and the reports.

`Flight` holds only what is known before the scheduled departure. What is known afterwards is refused twice: by name
(`LEAKY`), and by time (`KNOWN_AT`, when the last input of a row became known). A model that has seen the future
would be brilliant and useless.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError

if TYPE_CHECKING:
    import pandas as pd
    from pandera.pandas import DataFrameSchema

    from .config import DataParams

Carrier = Literal["9E", "AA", "AS", "B6", "DL", "EV", "F9", "FL", "HA", "MQ", "OO", "UA", "US", "VX", "WN", "YV"]
Origin = Literal["EWR", "JFK", "LGA"]
CARRIERS: tuple[str, ...] = get_args(Carrier)  # sorted: features look codes up by bisection
ORIGINS: tuple[str, ...] = get_args(Origin)

LABEL = "late"
KNOWN_AT = "known_at"
LEAKY = frozenset(
    {"dep_time", "dep_delay", "arr_time", "arr_delay", "air_time", "tailnum", "cancelled", "diverted", LABEL}
)


def clock(value: Any) -> Any:
    """Hhmm as an integer: 1530 is a time of day, 1575 is not."""
    if isinstance(value, int) and value % 100 > 59:
        raise ValueError("the last two digits are minutes, 00 to 59")
    return value


Clock = Annotated[int, BeforeValidator(clock), Field(ge=0, le=2400)]


VALUES = ConfigDict(allow_inf_nan=False)


class Flight(BaseModel):
    """One flight as known before it is due, with the last weather read at the origin before that hour, null if none."""

    model_config = ConfigDict(**VALUES, extra="forbid", frozen=True)

    carrier: Carrier
    origin: Origin
    dest: str = Field(pattern=r"^[A-Z]{3}$", description="IATA code")
    date: datetime.date = Field(ge=datetime.date(2000, 1, 1), le=datetime.date(2099, 12, 31))
    sched_dep_time: Clock = Field(description="local time, hhmm")
    sched_arr_time: Clock = Field(description="local time, hhmm")
    distance: float = Field(gt=0, le=6000, description="miles")
    temp: float | None = Field(ge=-40, le=130, description="degrees F")
    dewp: float | None = Field(ge=-60, le=100, description="degrees F")
    humid: float | None = Field(ge=0, le=100, description="%")
    wind_dir: float | None = Field(ge=0, le=360, description="degrees")
    wind_speed: float | None = Field(ge=0, le=150, description="mph")
    wind_gust: float | None = Field(default=None, ge=0, le=200, description="mph; null when there are no gusts")
    precip: float | None = Field(ge=0, le=15, description="inches in the hour")
    pressure: float | None = Field(ge=850, le=1100, description="millibars")
    visib: float | None = Field(ge=0, le=10, description="miles")


COLUMNS = tuple(Flight.model_fields)
WEATHER = COLUMNS[COLUMNS.index("temp") :]
CATEGORICAL = ("carrier", "origin", "dest")
MOSTLY_MISSING = frozenset({"wind_gust"})  # reported only when it gusts

# A real flight of the first month after development; it left 210 minutes late.
EXAMPLE = Flight(
    carrier="B6", origin="JFK", dest="BOS", date=datetime.date(2013, 7, 10), sched_dep_time=2000, sched_arr_time=2129,
    distance=187, temp=75.92, dewp=69.98, humid=81.85, wind_dir=190, wind_speed=11.5078, wind_gust=None, precip=0.0,
    pressure=1010.9, visib=10.0,
)  # fmt: skip


def bounds(column: str) -> tuple[Any, Any]:
    """The lowest and highest allowed value of a column, None where there is none."""
    low = high = None
    for rule in Flight.model_fields[column].metadata:
        low = getattr(rule, "ge", getattr(rule, "gt", low))
        high = getattr(rule, "le", getattr(rule, "lt", high))
    return low, high


def rule(column: str) -> Callable[[pd.Series[Any]], dict[Any, bool]]:
    """The field of `Flight` as a rule for a column of a month: which of its different values are allowed."""
    adapter: TypeAdapter[Any] = TypeAdapter(Flight.model_fields[column].rebuild_annotation(), config=VALUES)

    def fits(value: Any) -> bool:
        try:
            adapter.validate_python(value)
        except ValidationError:
            return False
        return True

    return lambda values: {value: fits(value) for value in values.drop_duplicates().tolist()}


def contract(params: DataParams) -> DataFrameSchema:
    """The same rules for a whole month of rows, and what only a month can show: size, gaps, share of late flights."""
    import pandas as pd
    import pandera.pandas as pa

    def column(name: str) -> pa.Column:
        allowed = rule(name)
        missing = name in WEATHER
        checks = [pa.Check(lambda values: values.map(allowed(values)), error="not what schema.Flight allows")]
        if missing and name not in MOSTLY_MISSING:
            checks.append(
                pa.Check(
                    lambda values: values.isna().mean() <= params.max_missing,
                    ignore_na=False,
                    error=f"more than {params.max_missing:.0%} missing",
                )
            )
        return pa.Column(checks=checks, nullable=missing)

    def known_in_time(rows: pd.DataFrame) -> pd.Series[bool]:
        clock = rows["sched_dep_time"]
        due = rows["date"] + pd.to_timedelta(clock // 100 * 60 + clock % 100, unit="min")
        return rows[KNOWN_AT].isna() | (rows[KNOWN_AT] <= due)

    few, many = params.late_share
    return pa.DataFrameSchema(
        {
            **{name: column(name) for name in COLUMNS},
            KNOWN_AT: pa.Column("datetime64", nullable=True, coerce=False),
            LABEL: pa.Column("int8", pa.Check.isin([0, 1])),
        },
        checks=[
            pa.Check(known_in_time, error="an input that was known only after the scheduled departure"),
            pa.Check(lambda rows: len(rows) >= params.min_rows * params.sample, error=f"under {params.min_rows} rows"),
            pa.Check(
                lambda rows: few <= rows[LABEL].mean() <= many,
                error=f"share of late flights outside {few:.0%}-{many:.0%}",
            ),
        ],
        strict=True,  # an unknown column, a leaky one above all, stops the run
        ordered=False,
    )
