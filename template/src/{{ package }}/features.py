"""The features, built by one function for training and for the service, so that the two can't drift apart.

Stateless on purpose: nothing is fitted here, so nothing can leak from the test months, and one row gives the
same numbers alone as within a million. Codes of carriers and airports are only names to the trees.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .config import Params, Paths, ProjectError, load_params, one_sentence, paths
from .schema import CARRIERS, COLUMNS, LABEL, LEAKY, ORIGINS, WEATHER, Flight

if TYPE_CHECKING:
    import pandas as pd

FEATURES = ("carrier", "origin", "dest", "weekday", "hour", "dep_minute", "arr_minute", "distance", *WEATHER)

# What is computed from an input of another name; every other feature is an input as it is.
MADE_OF = {"weekday": "date", "hour": "sched_dep_time", "dep_minute": "sched_dep_time", "arr_minute": "sched_arr_time"}

Array = NDArray[Any]


def input_of(feature: str) -> str:
    """The input of `schema.Flight` that a feature is made of."""
    return MADE_OF.get(feature, feature)


def _code(values: Any, known: tuple[str, ...]) -> Array:
    names = np.asarray(values, dtype=f"U{max(map(len, known))}")
    codes: Array = np.searchsorted(np.asarray(known), names)
    return codes


def _letters(values: Any) -> Array:
    """Three capital letters as one number, A=0: no table of airports to keep or to miss one."""
    letters = np.ascontiguousarray(values, dtype="U3").view(np.int32).reshape(-1, 3) - ord("A")
    codes: Array = letters @ np.array([676, 26, 1])
    return codes


def _minutes(values: Any) -> Array:
    times = np.asarray(values, dtype=np.int64)
    return times // 100 * 60 + times % 100


def _matrix(columns: Mapping[str, Any]) -> NDArray[np.float64]:
    """The one place where features are computed; `columns` are the columns of `Flight`."""
    departure = _minutes(columns["sched_dep_time"])
    built = {
        "carrier": _code(columns["carrier"], CARRIERS),
        "origin": _code(columns["origin"], ORIGINS),
        "dest": _letters(columns["dest"]),
        "weekday": (np.asarray(columns["date"], dtype="datetime64[D]").astype(np.int64) + 3) % 7,
        "hour": departure // 60,
        "dep_minute": departure,
        "arr_minute": _minutes(columns["sched_arr_time"]),
        "distance": columns["distance"],
    }
    for name in WEATHER:
        built[name] = columns[name]
    matrix = np.empty((len(departure), len(FEATURES)))
    for place, name in enumerate(FEATURES):
        matrix[:, place] = built[name]
    return matrix


def rows(flights: Sequence[Flight]) -> NDArray[np.float64]:
    """Features of validated flights, for the service: no data frame in between."""
    columns: dict[str, Any] = {name: [getattr(flight, name) for flight in flights] for name in COLUMNS}
    for name in WEATHER:
        columns[name] = np.array(columns[name], dtype=np.float64)  # None becomes NaN, which the trees understand
    return _matrix(columns)


def inputs(frame: pd.DataFrame) -> pd.DataFrame:
    """The columns of `Flight`; refuses columns known only after departure, the label aside."""
    if leaks := sorted(LEAKY & set(frame.columns) - {LABEL}):
        raise ProjectError(f"known only after departure, not allowed as input: {', '.join(leaks)}")
    if lacking := [name for name in COLUMNS if name not in frame.columns]:
        raise ProjectError(f"columns missing: {', '.join(lacking)}")
    return frame[list(COLUMNS)]


def build(frame: pd.DataFrame) -> pd.DataFrame:
    """Features of a frame of flights, for training and monitoring; refuses columns known only afterwards."""
    import pandas as pd

    chosen = inputs(frame)
    matrix = _matrix({name: chosen[name].to_numpy() for name in COLUMNS})
    return pd.DataFrame(matrix, columns=list(FEATURES), index=frame.index)


def month(name: str, at: Paths | None = None) -> pd.DataFrame:
    """Features and label of a month that is stored, whether from development or from production."""
    from .data import month_file, rows_of

    frame = rows_of(month_file(name, at))
    return build(frame).assign(**{LABEL: frame[LABEL].to_numpy()})


def main(params: Params, at: Paths | None = None) -> None:
    """The `features` stage: every development month."""
    at = at or paths()
    at.features.mkdir(parents=True, exist_ok=True)
    for name in (*params.split.train, params.split.validation, params.split.test):
        month(name, at).to_parquet(at.features / f"{name}.parquet", index=False)


if __name__ == "__main__":
    with one_sentence():
        main(load_params())
