"""Validation: a month that breaks the contract of `schema.py` stops the run, with what is wrong and how often."""

from __future__ import annotations

from typing import Any

import pandas as pd

from .config import DataParams, Params, Paths, ProjectError, load_params, one_sentence, paths
from .data import month_file, rows_of
from .model import write_json
from .schema import LABEL, LEAKY, WEATHER, contract


def check(frame: pd.DataFrame, month: str, params: DataParams) -> None:
    """Return if the month keeps the contract; raise with every broken rule if it doesn't."""
    from pandera.errors import SchemaErrors

    if leaks := sorted(LEAKY & set(frame.columns) - {LABEL}):
        raise ProjectError(f"{month}: known only after departure, not allowed as input: {', '.join(leaks)}")
    if "date" in frame:
        dates = frame["date"].dt
        strangers = int(((dates.year != int(month[:4])) | (dates.month != int(month[5:]))).sum())
        if strangers:
            raise ProjectError(f"{month}: {strangers} flights are of another month, so splits by time would overlap")
    try:
        contract(params).validate(frame, lazy=True)
    except SchemaErrors as errors:
        broken: dict[str, list[Any]] = {}
        for case in errors.failure_cases.to_dict("records"):
            column = case["column"] if isinstance(case["column"], str) else "the month"
            broken.setdefault(f"{column}: {case['check']}", []).append(case["failure_case"])
        rules = [
            f"{rule} ({len(found)} rows, for example {found[0]!r})" if len(found) > 1 else f"{rule} ({found[0]!r})"
            for rule, found in broken.items()
        ]
        raise ProjectError(f"{month} breaks the data contract: {'; '.join(rules)}") from None


def main(params: Params, at: Paths | None = None) -> None:
    """The `validate` stage: every development month, and a summary of what was seen."""
    at = at or paths()
    seen = {}
    flights = 0
    for month in (*params.split.train, params.split.validation, params.split.test):
        frame = rows_of(month_file(month, at))
        check(frame, month, params.data)
        missing = {name: round(float(frame[name].isna().mean()), 4) for name in WEATHER}
        flights += len(frame)
        seen[month] = {
            "rows": len(frame),
            "late_share": round(float(frame[LABEL].mean()), 4),
            "missing": {name: share for name, share in missing.items() if share},
        }
    write_json(at.reports / "validation.json", seen)
    print(f"{len(seen)} months, {flights:,} flights keep the contract")


if __name__ == "__main__":
    with one_sentence():
        main(load_params())
