"""A comparison as Markdown (CommonMark with tables)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from readykit.comparison.ranking import family_name
from readykit.comparison.words import LEGEND, best, differing, heading, mark, numbers, said, summary, title, unranked
from readykit.model import Status
from readykit.report.markdown import code, escaped
from readykit.report.words import DIMENSIONS

if TYPE_CHECKING:
    from readykit.comparison.ranking import Comparison, Place
    from readykit.model import Finding

_EVIDENCE: Final = 20
"""Checks of which the evidence of every candidate is shown; JSON has all."""


def render(comparison: Comparison) -> str:
    """Write a comparison as Markdown: the table, the reasons, the matrix, and what parts the candidates most."""
    number = numbers(comparison)
    lines = [f"# {title(comparison)}", "", escaped(summary(comparison)), "", *_table(comparison, number)]
    lines += [f"- {escaped(name)}: {escaped(why)}" for name, why in unranked(comparison)]
    lines += [f"- {escaped(note)}" for note in comparison.notes]
    if comparison.steps:
        lines += ["", "## Why in this order", ""]
    for step in comparison.steps:
        lines.append(f"- **{escaped(heading(step.above, step.below, step.tie))}**: {escaped(step.reason)}")
        lines += [f"  - {escaped(step.also)}"] if step.also else []
        lines += [f"  - decided by {', '.join(step.checks)}"] if step.checks else []
    return "\n".join([*lines, *_matrix(comparison), *_evidence(comparison, number)]).rstrip("\n") + "\n"


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _table(comparison: Comparison, number: dict[str, str]) -> list[str]:
    if not comparison.places:
        return []
    lines = [
        _row(["#", "candidate", "level", "score", *DIMENSIONS.values()]),
        f"|--:|---{'|--:' * (2 + len(DIMENSIONS))}|",
    ]
    for place in comparison.places:
        points = [place.report.score.by_dimension.get(key) for key in DIMENSIONS]
        shown = ["–" if value is None else f"{value:.0f}" for value in points]
        lines.append(_row([number[place.name], escaped(place.name), str(place.level), f"{place.score:g}", *shown]))
    return [*lines, ""]


def _matrix(comparison: Comparison) -> list[str]:
    rows = [row for row in comparison.rows if row.differs]
    if len(comparison.places) < 2 or not rows:
        return []
    alike = len(comparison.rows) - len(rows)
    heads = ["", "check", *(str(n) for n in range(1, len(comparison.places) + 1))]
    lines = ["", "## Check by check", "", f"{LEGEND}. {alike} checks came out alike and are left out.", ""]
    lines += [_row(heads), f"|---|---{'|:-:' * len(comparison.places)}|"]
    for row in rows:
        name = f"{escaped(row.check.title)} ({family_name(row.check.family)})"
        lines.append(_row([escaped(row.check.id), name, *(mark(cell) for cell in row.cells)]))
    return lines


def _evidence(comparison: Comparison, number: dict[str, str]) -> list[str]:
    """What everybody shows for the checks that part them most."""
    rows = differing(comparison)[:_EVIDENCE]
    lines = ["", "## What parts them, with evidence", ""] if rows else []
    for row in rows:
        lines += ["<details>", f"<summary>{escaped(row.check.id)} {escaped(row.check.title)}</summary>", ""]
        cells = zip(comparison.places, row.cells, strict=True)
        lines += [f"- {number[place.name]} {_shown(place, cell)}" for place, cell in cells]
        lines += ["", "</details>", ""]
    return lines


def _shown(place: Place, finding: Finding | None) -> str:
    evidence = best(finding)
    head = f"{mark(finding)} {escaped(place.name)}: "
    if finding is None or finding.waiver:
        return head + escaped(said(finding))
    if evidence is None or finding.verdict.status is Status.FAIL:
        return head + escaped(finding.verdict.message)
    return f"{head}{code(str(evidence.at))} {escaped(evidence.note)}"
