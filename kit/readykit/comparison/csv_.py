"""One row a candidate, one column a check, for spreadsheets (RFC 4180); JSON has the evidence."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from readykit.comparison.words import unranked
from readykit.report.csv_ import cell
from readykit.report.words import DIMENSIONS

if TYPE_CHECKING:
    from readykit.comparison.ranking import Comparison

HEAD = ("place", "rank", "candidate", "level", "score", "why")


def render(comparison: Comparison) -> str:
    """Write a comparison as comma-separated values with a head line: status and, where there is none, nothing."""
    page = io.StringIO()
    writer = csv.writer(page, lineterminator="\r\n")
    writer.writerow([*HEAD, *DIMENSIONS, *(row.check.id for row in comparison.rows)])
    for number, place in enumerate(comparison.places):
        step = comparison.steps[number] if number < len(comparison.steps) else None
        points = [place.report.score.by_dimension.get(key) for key in DIMENSIONS]
        found = [row.cells[number] for row in comparison.rows]
        values = [
            str(number + 1), str(place.rank), place.name, str(place.level), f"{place.score:g}",
            f"before the next: {step.reason}" if step and not step.tie else step.reason if step else "",
            *("" if value is None else f"{value:g}" for value in points),
            *("" if f is None else "waived" if f.waiver else f.verdict.status.value for f in found),
        ]  # fmt: skip
        writer.writerow([cell(value) for value in values])
    empty = [""] * (len(DIMENSIONS) + len(comparison.rows))
    for name, why in unranked(comparison):
        writer.writerow(["", "", cell(name), "", "", cell(why), *empty])
    return page.getvalue()
