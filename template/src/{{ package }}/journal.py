"""What retraining knows on disk: the steps done for a month, the decisions, and that only one runs at a time."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from .config import Params, Paths, ProjectError
from .model import read_json, write_json
from .split import shift

Record = dict[str, Any]


class Journal:
    """What the steps for one month found: valid for the same data and the same champion.

    A step is made and then written down, so a run that is killed in between makes it again. Each is made so that this
    changes nothing: months that are here stay, the same run is registered once, a version is promoted once.
    """

    def __init__(self, month: str, data: str, champion: str, at: Paths) -> None:
        self.folder = at.root / "models" / "retrained" / month
        self.file = self.folder / "journal.json"
        known: Record = read_json(self.file) if self.file.is_file() else {}
        # A champion that this very journal promoted is not a change from outside.
        if known.get("data") != data or champion not in (known.get("champion"), known.get("version")):
            known = {"data": data, "champion": champion}
        self.known = known

    def step(self, name: str, make: Callable[[], Any]) -> Any:
        """The result of a step: as found before, or made and written down."""
        if name not in self.known:
            self.known[name] = make()
            write_json(self.file, self.known)
        return self.known[name]


def decision_file(month: str, at: Paths) -> Path:
    """Where a month's decision is kept; remove it to have the month decided again."""
    return at.reports / "retraining" / f"{month}.json"


def decided(month: str, at: Paths) -> Record | None:
    """The decision on a month, if there is one."""
    file = decision_file(month, at)
    record: Record | None = read_json(file) if file.is_file() else None
    return record


def next_undecided(params: Params, at: Paths) -> str:
    """The first month after development without a decision."""
    month = shift(params.split.test, 1)
    while decided(month, at):
        month = shift(month, 1)
    return month


@contextlib.contextmanager
def one_at_a_time(at: Paths) -> Iterator[None]:
    """One retraining in a project at any time. The lock is the operating system's: a killed run leaves none behind."""
    file = at.root / ".prefect" / "retraining.lock"
    file.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.closing(sqlite3.connect(file, timeout=0, isolation_level=None)) as lock:
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            raise ProjectError("another retraining is running in this project: wait for it") from error
        yield


def summary(record: Record) -> str:
    """What a person reads in the end."""

    def score(name: str) -> str:
        value = record[f"{name}_pr_auc"]
        return f"{name} {value:.3f}" if value is not None else f"{name} -"

    def yes(value: bool) -> str:
        return "yes" if value else "no"

    head = f"{record['month']}: {record['decision']}, version {record['version']} answers"
    if record.get("repeated"):
        head += " (decided before on the same data; nothing was done)"
    return "\n".join(
        [
            head,
            f"  drift: {yes(record['drift'])} ({', '.join(record['drifted_columns']) or 'no column'})",
            f"  decayed: {yes(record['decayed'])}",
            f"  PR-AUC: {', '.join(score(name) for name in ('challenger', 'champion', 'baseline'))}",
            *(f"  {reason}" for reason in record["reasons"]),
            f"  written to reports/retraining/{record['month']}.json",
        ]
    )
