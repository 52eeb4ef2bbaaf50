"""The split is by time, always: what a model is judged on lies after everything it has seen."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from . import features
from .config import MONTH, Params, Paths, ProjectError, load_params, one_sentence, paths
from .data import month_file, rows_of
from .model import REFERENCE

PARTS = ("train", "validation", "test")


@dataclass(frozen=True)
class Window:
    """The months of one training: fitted on `train`, threshold set on `validation`, judged on `test`."""

    train: tuple[str, ...]
    validation: str
    test: str

    def __post_init__(self) -> None:
        months = (*self.train, self.validation, self.test)
        if list(months) != sorted(set(months)):
            raise ProjectError(f"the months of a window must follow each other in time: {', '.join(months)}")

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def __str__(self) -> str:
        return f"train {self.train[0]}..{self.train[-1]}, validation {self.validation}, test {self.test}"


def shift(month: str, by: int) -> str:
    """The month `by` months later."""
    count = int(month[:4]) * 12 + int(month[5:]) - 1 + by
    return f"{count // 12:04d}-{count % 12 + 1:02d}"


def windows(params: Params, until: str | None = None) -> Window:
    """The development window, or for retraining with `until` as the newest labelled month: all there is before it."""
    if until is None:
        return Window(params.split.train, params.split.validation, params.split.test)
    if not MONTH.match(until):
        raise ProjectError(f"{until!r} is not a month; write it like 2013-07")
    first, last = params.split.train[0], shift(until, -2)
    if last < first:
        raise ProjectError(f"nothing to train on before {until}: the first month is {first}")
    train = [first]
    while train[-1] < last:
        train.append(shift(train[-1], 1))
    return Window(tuple(train), shift(until, -1), until)


def write(window: Window, params: Params, folder: Path, at: Paths | None = None) -> None:
    """Write train, validation and test as the model takes them, and the reference that production is compared to."""
    at = at or paths()
    folder.mkdir(parents=True, exist_ok=True)
    for part, months in zip(PARTS, (window.train, (window.validation,), (window.test,)), strict=True):
        frame = pd.concat([_month(month, at) for month in months], ignore_index=True)
        frame.to_parquet(folder / f"{part}.parquet", index=False)
        print(f"{part}: {months[0]}..{months[-1]}, {len(frame):,} flights")
    raw = pd.concat([rows_of(month_file(month, at)) for month in window.train], ignore_index=True)
    if len(raw) > params.split.reference_rows:
        raw = raw.sample(params.split.reference_rows, random_state=params.data.seed).sort_index()
    raw.to_parquet(folder / REFERENCE, index=False)


def _month(month: str, at: Paths) -> pd.DataFrame:
    built = at.features / f"{month}.parquet"
    return rows_of(built) if built.is_file() else features.month(month, at)


if __name__ == "__main__":
    with one_sentence():
        PARAMS = load_params()
        write(windows(PARAMS), PARAMS, paths().split)
