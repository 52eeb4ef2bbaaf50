"""The prediction log: every answer the service gave, kept before it was given.

SQLite in WAL mode because it is the smallest store that is transactional, takes several writing
processes, and needs nobody to run it. `synchronous=NORMAL` keeps every committed row when the process is
killed; only a power cut may lose the last moments.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .config import ProjectError

if TYPE_CHECKING:
    import pandas as pd

SCHEMA = """
CREATE TABLE IF NOT EXISTS predictions (
    id INTEGER PRIMARY KEY,
    time TEXT NOT NULL,
    request_id TEXT NOT NULL,
    model_version TEXT NOT NULL,
    inputs TEXT NOT NULL,
    score REAL NOT NULL,
    alert INTEGER NOT NULL,
    shadow_version TEXT,
    shadow_score REAL
);
CREATE INDEX IF NOT EXISTS predictions_time ON predictions (time);
"""
COLUMNS = ("time", "request_id", "model_version", "inputs", "score", "alert", "shadow_version", "shadow_score")
INSERT = f"INSERT INTO predictions ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"  # noqa: S608


def timestamp(moment: datetime | None = None) -> str:
    """UTC with a fixed width, so that text order is time order."""
    return (moment or datetime.now(UTC)).astimezone(UTC).isoformat(timespec="microseconds")


class PredictionLog:
    """One connection of one worker; `append` returns only after the rows are committed."""

    def __init__(self, path: Path, busy_seconds: float = 1.0) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(path, timeout=busy_seconds, isolation_level=None, check_same_thread=False)
        self._prepare()

    def _prepare(self) -> None:
        # Changing the journal mode does not wait for other workers that start at the same moment.
        deadline = time.monotonic() + 10
        while True:
            try:
                self._connection.execute("PRAGMA journal_mode=WAL")
                self._connection.execute("PRAGMA synchronous=NORMAL")
                self._connection.executescript(SCHEMA)
                break
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def append(
        self,
        request_id: str,
        model_version: str,
        inputs: Sequence[Mapping[str, Any]],
        scores: Sequence[float],
        alerts: Sequence[bool],
        shadow: tuple[str, Sequence[float]] | None = None,
    ) -> None:
        """Write the rows of one request in one transaction: all of them or none.

        `shadow` is the version on trial with its scores, which nobody was told.
        """
        now = timestamp()
        version: str | None = None
        tried: Sequence[float | None] = [None] * len(scores)
        if shadow:
            version, tried = shadow
        rows = [
            (now, request_id, model_version, json.dumps(row, default=str), score, int(alert), version, other)
            for row, score, alert, other in zip(inputs, scores, alerts, tried, strict=True)
        ]
        with self._transaction() as connection:
            connection.executemany(INSERT, rows)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield self._connection
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    def close(self) -> None:
        self._connection.close()


def read(
    path: Path, since: datetime | None = None, until: datetime | None = None, month: str | None = None
) -> pd.DataFrame:
    """The logged predictions of [since, until): one column per input beside time, version, score and alert.

    With `month`, like "2013-07", only those about flights of that month, whenever they were asked for.
    """
    import pandas as pd

    about = "ifnull(json_extract(inputs, '$.date'), '') GLOB ?"
    query = f"SELECT {', '.join(COLUMNS)} FROM predictions WHERE time >= ? AND time < ? AND {about} ORDER BY id"  # noqa: S608
    bounds = (timestamp(since) if since else "", timestamp(until) if until else "9999", f"{month or ''}*")
    if not path.is_file():
        return pd.DataFrame(columns=[*COLUMNS])
    try:
        with closing(sqlite3.connect(path, timeout=5)) as connection:
            frame = pd.DataFrame(connection.execute(query, bounds).fetchall(), columns=[*COLUMNS])
    except sqlite3.DatabaseError as error:
        raise ProjectError(f"{path} can't be read as a prediction log: {error}") from error
    frame["time"] = pd.to_datetime(frame["time"], utc=True, format="ISO8601")
    frame["alert"] = frame["alert"].astype(bool)
    inputs = pd.DataFrame([json.loads(text) for text in frame["inputs"]], index=frame.index)
    return pd.concat([frame.drop(columns="inputs"), inputs], axis=1)
