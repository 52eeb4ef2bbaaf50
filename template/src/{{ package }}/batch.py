"""Batch scoring: a Parquet file of flights in, the same rows with probability and alert out, with the champion.

Read, checked and written piece by piece, so that memory does not grow with the file. A row is held to the same
`schema.Flight` as a request to the service; one that breaks it goes to `<output>.rejects.parquet` with the reason, and
the others are scored. `score_partition` is the whole work on one piece: map it over the partitions of a cluster.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from pydantic import ValidationError

from . import features
from .config import MONTH, Paths, ProjectError, one_sentence, paths
from .data import month_file
from .model import MANIFEST, Scorer, load, read_json
from .schema import CATEGORICAL, COLUMNS, LEAKY, WEATHER, Flight, rule
from .serving import CURRENT

PIECE_ROWS = 50_000  # about 60 MB in memory
SCORED = {"probability": pa.float64(), "alert": pa.bool_(), "model_version": pa.string()}
REJECTED = {"row": pa.int64(), "reason": pa.string()}
ADDED = SCORED.keys() | REJECTED.keys()
READ = {*COLUMNS, *LEAKY}


@dataclass(frozen=True)
class Champion:
    """The version that scores: small, so that it travels to the workers of a cluster instead of the model."""

    folder: Path
    version: str
    sha256: str
    threshold: float


def champion(at: Paths) -> Champion:
    """What the service answers with at this moment."""
    if not (at.serving / CURRENT).is_file():
        raise ProjectError("no model is served yet: run `uv run nox -s pipeline promote`")
    named = read_json(at.serving / CURRENT)
    folder = at.serving / named["version"]
    return Champion(folder, named["version"], named["sha256"], read_json(folder / MANIFEST)["threshold"])


@lru_cache(maxsize=1)
def _model(by: Champion) -> Scorer:
    return load(by.folder, by.sha256)


def score_partition(frame: pd.DataFrame, by: Champion) -> pd.DataFrame:
    """Score the rows of `frame`, which has the columns of `Flight` and may have others.

    Returns:
        A row for each row, with its index: probability (NaN if rejected), alert, and the reason of a rejection or "".

    Raises:
        ProjectError: a column is missing, or one is there that is known only after departure.
    """
    inputs = features.inputs(frame)
    probability = np.full(len(inputs), np.nan)
    reason = np.full(len(inputs), "", dtype=object)
    plain = _plainly_good(inputs)
    if plain.any():
        matrix = features.build(inputs[plain]).to_numpy()
        probability[plain] = _model(by).predict_proba(matrix)[:, 1]
    doubtful = np.flatnonzero(~plain)  # few: of each it is asked what the service would say
    asked = [_ask(inputs.iloc[place]) for place in doubtful]
    reason[doubtful] = [found if isinstance(found, str) else "" for found in asked]
    if flights := [found for found in asked if isinstance(found, Flight)]:
        probability[~plain & (reason == "")] = _model(by).predict_proba(features.rows(flights))[:, 1]
    alert = np.nan_to_num(probability, nan=-1.0) >= by.threshold
    return pd.DataFrame({"probability": probability, "alert": alert, "reason": reason.astype(str)}, index=frame.index)


def _plainly_good(frame: pd.DataFrame) -> NDArray[np.bool_]:
    """Rows that keep the rules of `Flight`, by the different values of a column; other types prove nothing."""
    good = np.ones(len(frame), dtype=bool)
    for name in COLUMNS:
        column = frame[name]
        if name == "date":
            typed = pd.api.types.is_datetime64_dtype(column)
        else:
            typed = name in CATEGORICAL or pd.api.types.is_numeric_dtype(column)
        if not typed:
            return np.zeros(len(frame), dtype=bool)
        which, values = pd.factorize(column)  # -1 is missing, which takes the last of `allowed`
        allowed = [*rule(name)(pd.Series(values)).values(), name in WEATHER]
        good &= np.array(allowed)[which]
    return good


def _ask(row: pd.Series[Any]) -> Flight | str:
    """The flight of a row, or why it is none: in the words of the service."""
    try:
        return Flight.model_validate({name: _plain(value) for name, value in row.items()})
    except ValidationError as error:
        return "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())


def _plain(value: Any) -> Any:
    """A cell as JSON would carry it."""
    if pd.api.types.is_scalar(value) and pd.isna(value):
        return None
    if isinstance(value, pd.Timestamp):
        return value.isoformat() if value != value.normalize() else value.date()
    return value.item() if isinstance(value, np.generic) else value


@dataclass
class Count:
    """How a batch went."""

    rows: int = 0
    alerts: int = 0
    rejected: int = 0


def score_file(source: Path, target: Path, by: Champion, group: int | None = None) -> Count:
    """Score `source` into `target`, and what is rejected into a file beside it; both appear whole or not at all.

    With `group` only this row group of it: the piece of one worker.
    """
    rejects = rejects_of(target)
    if source.resolve() in (target.resolve(), rejects.resolve()):
        raise ProjectError(f"{target} would overwrite the input: name another output")
    count = Count()
    first = 0
    with _open(source) as flights, _whole(target) as good_place, _whole(rejects) as bad_place:
        schema = flights.schema_arrow
        if taken := sorted(ADDED & set(schema.names)):
            raise ProjectError(f"{source} has columns that scoring adds: {', '.join(taken)}")
        with (
            pq.ParquetWriter(good_place, _with(schema, SCORED), compression="zstd") as good,
            pq.ParquetWriter(bad_place, _with(schema, REJECTED), compression="zstd") as bad,
        ):
            if group is not None:
                first = sum(flights.metadata.row_group(before).num_rows for before in range(group))
            for batch in flights.iter_batches(PIECE_ROWS, None if group is None else [group]):
                _score_piece(pa.table(batch), by, good, bad, count, first)
                if sys.stderr.isatty():
                    print(f"\r{count.rows:,} of {flights.metadata.num_rows:,} flights", end="", file=sys.stderr)
            model = {"model_version": by.version, "model_sha256": by.sha256, "threshold": by.threshold}
            notes = {**model, "scored_at": datetime.now(UTC).isoformat(timespec="seconds"), **vars(count)}
            for writer in (good, bad):
                writer.add_key_value_metadata({name: str(value) for name, value in notes.items()})
        if not count.rejected:
            bad_place.unlink()
    return count


def _score_piece(
    piece: pa.Table, by: Champion, good: pq.ParquetWriter, bad: pq.ParquetWriter, count: Count, first: int
) -> None:
    frame = piece.select([name for name in piece.column_names if name in READ]).to_pandas(date_as_object=False)
    scored = score_partition(frame, by)
    kept = (scored["reason"] == "").to_numpy()
    rows = np.arange(first + count.rows, first + count.rows + len(kept))
    good.write_table(
        _join(piece.filter(kept), good.schema, scored["probability"][kept], scored["alert"][kept], by.version)
    )
    bad.write_table(_join(piece.filter(~kept), bad.schema, rows[~kept], scored["reason"][~kept]))
    count.rows += len(kept)
    count.alerts += int(scored["alert"].sum())
    count.rejected += int((~kept).sum())


def groups_of(source: Path) -> int:
    """How many row groups a file has: the pieces that workers share."""
    with _open(source) as flights:
        return int(flights.num_row_groups)


def part_of(target: Path, group: int) -> Path:
    """Where a worker puts its piece of a batch until all are there."""
    return target.with_name(f"{target.name}.parts") / f"{group:06}.parquet"


def put_together(target: Path, groups: int) -> None:
    """The pieces of all workers as one file in the order of the input, and what they rejected as another."""
    parts = [part_of(target, group) for group in range(groups)]
    for whole, pieces in ((target, parts), (rejects_of(target), [rejects_of(part) for part in parts])):
        with _whole(whole) as place:
            if there := [piece for piece in pieces if piece.is_file()]:
                with pq.ParquetWriter(place, pq.read_schema(there[0]), compression="zstd") as writer:
                    for piece in there:
                        writer.write_table(pq.read_table(piece))
    shutil.rmtree(parts[0].parent, ignore_errors=True)


def _join(piece: pa.Table, schema: pa.Schema, *columns: Any) -> pa.Table:
    """The rows with the columns that the schema has beyond theirs."""
    filled = [pa.repeat(column, len(piece)) if isinstance(column, str) else pa.array(column) for column in columns]
    return pa.Table.from_arrays([*piece.columns, *filled], names=schema.names).cast(schema)


def _with(schema: pa.Schema, more: dict[str, pa.DataType]) -> pa.Schema:
    return pa.schema([*schema, *(pa.field(name, kind) for name, kind in more.items())])


def _open(source: Path) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(source)
    except FileNotFoundError:
        raise ProjectError(f"there is no file {source}") from None
    except (OSError, pa.ArrowInvalid) as error:
        raise ProjectError(f"{source} can't be read as Parquet: {error}") from error


@contextmanager
def _whole(target: Path) -> Iterator[Path]:
    """A place beside `target` to write to, moved there in the end; after an error what was there before stays."""
    if target.is_dir():
        raise ProjectError(f"{target} is a folder: name a file for the output")
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(target.name + ".new")
    try:
        yield beside
        if beside.exists():
            beside.replace(target)
        else:
            target.unlink(missing_ok=True)
    finally:
        beside.unlink(missing_ok=True)


def rejects_of(target: Path) -> Path:
    """Where the rejected rows of a batch go."""
    return target.with_name(f"{target.stem}.rejects.parquet")


def main(words: list[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="batch", description="Score a file of flights or a month.")
    parser.add_argument("input", help="a Parquet file, or a month that has arrived, like 2013-07")
    parser.add_argument("output", nargs="?", type=Path, help="default: data/scored/ and the input's name")
    parser.add_argument("--cluster", action="store_true", help="a row group a worker, on params.yaml's task_runner")
    chosen = parser.parse_args(words)
    at = paths()
    source = month_file(chosen.input, at) if MONTH.match(chosen.input) else Path(chosen.input)
    target = chosen.output or at.root / "data" / "scored" / f"{source.stem}.parquet"
    by = champion(at)
    if chosen.cluster:
        from . import flow

        count = flow.score_on_cluster(source, target)
    else:
        count = score_file(source, target, by)
    print(f"{count.rows - count.rejected:,} flights scored by version {by.version}, {count.alerts:,} alerts: {target}")
    if count.rejected:
        print(f"{count.rejected:,} rows rejected, each with its reason: {rejects_of(target)}")


if __name__ == "__main__":
    with one_sentence():
        main()
