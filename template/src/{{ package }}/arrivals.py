"""Production data arrives month by month, after the development months, each one checked like training data.

Here "arriving" means that the month is taken from the data package; in your project it is the place where a
warehouse export or a partner's file comes in.
"""

from __future__ import annotations

from pathlib import Path

from .config import MONTH, Params, Paths, ProjectError
from .data import month_file, read_month, store
from .model import sha256
from .split import shift
from .validate import check


def arrive(month: str, params: Params, at: Paths) -> Path:
    """Bring one month in; a month that is here stays as it is, a month that breaks the contract is refused."""
    if not MONTH.match(month):
        raise ProjectError(f"{month!r} is not a month; write it like 2013-07")
    if month <= params.split.test:
        return month_file(month, at)  # a development month: `nox -s pipeline` brings those
    file = at.production / f"{month}.parquet"
    if file.is_file():
        return file
    frame = read_month(month, params.data)
    check(frame, month, params.data)
    store(frame, file)
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
