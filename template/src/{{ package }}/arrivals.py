"""Production data arrives month by month, after the development months, each one checked like training data.

Here a month that nobody put into `data/inbox` is taken from the data package; in your project the inbox is the place
where a warehouse export or a partner's file comes in. `python -m <package>.arrivals broken --month 2013-08` puts a
month there that breaks the contract, `drifted` one from another world: rehearse what happens before it does.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from .config import MONTH, Params, Paths, ProjectError, load_params, one_sentence, paths
from .data import month_file, read_month, rows_of, store
from .model import sha256
from .schema import WEATHER, bounds
from .split import shift
from .validate import check

if TYPE_CHECKING:
    import pandas as pd


def arrive(month: str, params: Params, at: Paths) -> Path:
    """Bring one month in; a month that is here stays as it is, a month that breaks the contract is refused."""
    if not MONTH.match(month):
        raise ProjectError(f"{month!r} is not a month; write it like 2013-07")
    if month <= params.split.test:
        return month_file(month, at)  # a development month: `nox -s pipeline` brings those
    file = at.production / f"{month}.parquet"
    if file.is_file():
        return file
    frame = delivered(month, params, at)
    check(frame, month, params.data)
    store(frame, file)
    return file


def delivered(month: str, params: Params, at: Paths) -> pd.DataFrame:
    """The month as it was delivered: the file in the inbox, else what the data package has."""
    file = at.inbox / f"{month}.parquet"
    return rows_of(file) if file.is_file() else read_month(month, params.data)


def rehearse(kind: str, month: str, params: Params, at: Paths) -> Path:
    """Put a month into the inbox that is `broken` (a unit that changed) or `drifted`; `clean` takes it away again."""
    file = at.inbox / f"{month}.parquet"
    if month <= params.split.test or (at.production / file.name).is_file():
        raise ProjectError(f"{month} is here already: rehearse with a month that has not arrived")
    file.unlink(missing_ok=True)
    if kind == "clean":
        return file
    frame = read_month(month, params.data)
    for column in WEATHER:
        low, high = bounds(column)
        moved = 1000 * frame[column] if kind == "broken" else (frame[column] + 0.3 * (high - low)).clip(low, high)
        frame[column] = moved
    file.parent.mkdir(parents=True, exist_ok=True)
    frame.to_parquet(file, index=False)
    return file


def latest(params: Params, at: Paths) -> str:
    """The newest production month that is here, or the first one to come."""
    here = sorted(file.stem for file in at.production.glob("*.parquet"))
    return here[-1] if here else shift(params.split.test, 1)


def digest(month: str, at: Paths) -> str:
    """What identifies the data of a month that has arrived."""
    return sha256(month_file(month, at))


def is_here(month: str, data: str, at: Paths) -> bool:
    """Whether the month's stored data is the one with this digest."""
    try:
        return digest(month, at) == data
    except ProjectError:
        return False


def main(words: list[str] | None = None) -> None:
    """The command line of the rehearsal."""
    parser = argparse.ArgumentParser(prog="arrivals", description="Rehearse a month that is broken or drifted.")
    parser.add_argument("kind", choices=("broken", "drifted", "clean"), help="what to put into the inbox; clean undoes")
    parser.add_argument("--month", required=True, help="like 2013-08; one that has not arrived")
    chosen = parser.parse_args(words)
    file = rehearse(chosen.kind, chosen.month, load_params(), paths())
    state = "is as it was" if chosen.kind == "clean" else f"is {chosen.kind} now, in {file.parent.name}/{file.name}"
    print(f"{chosen.month} {state}")


if __name__ == "__main__":
    with one_sentence():
        main()
