"""A comparison for a person at a terminal: who stands where, why in this order, and what parts them."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Final

from readykit.comparison.words import (
    LEGEND,
    best,
    differing,
    heading,
    mark,
    numbers,
    said,
    summary,
    title,
    unranked,
)
from readykit.model import Finding, Status
from readykit.report.words import DIMENSIONS, FAMILIES, clip
from readykit.text import Style, off_the_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from readykit.comparison.ranking import Comparison, Place, Row, Step

_FEW: Final = 4
"""Candidates of which the evidence is shown without `-v`."""
_SEVERAL: Final = 8
"""Candidates up to which everything fits without `-v`: the table above should not scroll away."""
_SHOWN: Final = 3
_MANY: Final = 12
"""Candidates from which on the columns of the matrix stand close."""
_COLOURS: Final = {
    Status.PASS: "green", Status.PARTIAL: "yellow", Status.FAIL: "red", Status.NOT_APPLICABLE: "dim",
    Status.UNKNOWN: "yellow", Status.ERROR: "red",
}  # fmt: skip


def render(comparison: Comparison, style: Style | None = None, width: int = 80, verbose: bool = False) -> str:
    """Write a comparison for a terminal.

    Args:
        comparison: of clean reports.
        style: colours; none when left out.
        width: columns to wrap at.
        verbose: show every check, and the evidence of every candidate.

    Returns:
        Text with a final line break.
    """
    page = _Page(comparison, style or Style(False), max(60, min(width, 120)), verbose)
    lines = [page.style(title(comparison), "bold"), page.style(summary(comparison), "dim"), *page.table()]
    lines += [row for note in comparison.notes for row in page.wrapped(note, 4, first="  ! ")]
    lines += [*page.steps(), *page.matrix(), *page.differences()]
    return off_the_line("\n".join(lines) + "\n")


class _Page:
    def __init__(self, comparison: Comparison, style: Style, width: int, verbose: bool) -> None:
        self.comparison, self.style, self.width, self.verbose = comparison, style, width, verbose
        self.number = numbers(comparison)
        self.few = len(comparison.places) <= _FEW
        self.brief = len(comparison.places) > _SEVERAL and not verbose

    def table(self) -> list[str]:
        """One line a candidate: number, name, level, score, dimensions."""
        keys = [key for key in DIMENSIONS if any(p.report.score.by_dimension.get(key) is not None for p in self.places)]
        room = self.width - 18 - 5 * len(keys)
        heads = "".join(f"{DIMENSIONS[key][:4]:>5}" for key in keys)
        lines = (
            ["", self.style(f"{'':4} {'':{room}} level  score{heads}"[: self.width], "dim")] if self.places else [""]
        )
        for place in self.places:
            points = [place.report.score.by_dimension.get(key) for key in keys]
            cells = "".join(f"{'–' if value is None else f'{value:.0f}':>5}" for value in points)
            name = self.style(f"{clip(place.name, room):{room}}", "bold")
            lines.append(f"{self.number[place.name]:>4} {name} {place.level:>5} {place.score:>6.1f}{cells}")
        for name, why in unranked(self.comparison):
            lines += self.wrapped(f"{clip(name, room)}: {why}", 5, first="   – ")
        return lines

    @property
    def places(self) -> Sequence[Place]:
        return self.comparison.places

    def steps(self) -> list[str]:
        """The reason for each step down, with what decides it."""
        lines = ["", self.style("Why in this order", "bold")] if self.comparison.steps else []
        for step in self.comparison.steps:
            told = f"{heading(step.above, step.below, step.tie)}: {step.reason}"
            lines += self.wrapped(told, 5, first=f"{self.number[step.above.name]:>4} ")
            lines += self.wrapped(step.also, 7) if step.also and not self.brief else []
            if self.few or self.verbose:
                lines += self._decided(step)
        return lines

    def _decided(self, step: Step) -> list[str]:
        lines = []
        for name in step.checks[:_SHOWN]:
            found = [place.finding(name) for place in (step.above, step.below)]
            check = next(f.check for f in found if f)
            lines.append(f"       {self.style(check.id, 'bold')} {clip(check.title, self.width - 16)}")
            for place, finding in zip((step.above, step.below), found, strict=True):
                lines += self._cite(place, finding)
        return lines

    def _cite(self, place: Place, finding: Finding | None, indent: int = 9) -> list[str]:
        """What was found at one place: the strongest evidence, or what the check says."""
        head = f"{' ' * indent}{self.number[place.name]:>3} {self._mark(finding)} "
        room = self.width - indent - 6
        evidence = best(finding)
        told = finding.verdict.message if finding and not finding.waiver else said(finding)
        if evidence is None or finding is None or finding.verdict.status is Status.FAIL:
            return [head + clip(told, room)]
        at, note = str(evidence.at), evidence.note
        if room - len(at) - 2 >= min(len(note), 24):
            return [f"{head}{self.style(at, 'cyan')}  {self.style(clip(note, room - len(at) - 2), 'dim')}"]
        below = f"{' ' * (indent + 6)}{self.style(clip(note, room), 'dim')}"
        return [f"{head}{self.style(at, 'cyan')}", below]

    def _mark(self, finding: Finding | None) -> str:
        status = Status.NOT_APPLICABLE if finding is None or finding.waiver else finding.verdict.status
        return self.style(mark(finding), _COLOURS[status])

    def matrix(self) -> list[str]:
        """One line a check, one column a candidate; only checks that came out differently without `-v`."""
        rows = [row for row in self.comparison.rows if self.verbose or row.differs]
        if len(self.places) < 2 or not rows:
            return []
        if self.brief:
            return ["", *self.wrapped(f"{len(rows)} checks differ: -v shows them, -o page.html what is behind them", 0)]
        same = len(self.comparison.rows) - len(rows)
        told = f" ({len(rows)} differ, {same} came out alike: -v)" if same else ""
        lines = ["", self.style("Check by check", "bold") + told, self.style(clip(LEGEND, self.width), "dim")]
        wide = 3 if len(self.places) <= _MANY else 1
        lines += self._heads(wide)
        family = ""
        for row in rows:
            if row.check.family != family:
                family = row.check.family
                lines.append(self.style(FAMILIES.get(family, family), "bold"))
            lines.append(self._row(row, wide))
        return lines

    def _row(self, row: Row, wide: int) -> str:
        room = self.width - 11 - wide * len(self.places)
        cells = "".join(" " * (wide - 1) + self._mark(cell) for cell in row.cells)
        return f"  {row.check.id:7} {clip(row.check.title, room):{room}} {cells}"

    def _heads(self, wide: int) -> list[str]:
        """The numbers of the columns; from top to bottom where they stand close."""
        room = " " * (self.width - wide * len(self.places))
        count = len(self.places)
        if wide > 1 or count < 10:
            return [self.style(room + "".join(f"{n:>{wide}}" for n in range(1, count + 1)), "dim")]
        tens = "".join(str(n // 10) if n >= 10 else " " for n in range(1, count + 1))
        return [
            self.style(room + digits, "dim") for digits in (tens, "".join(str(n % 10) for n in range(1, count + 1)))
        ]

    def differences(self) -> list[str]:
        """What every candidate shows for the checks that part them."""
        if not self.verbose:
            return []
        lines = ["", self.style("What parts them, with evidence", "bold")]
        for row in differing(self.comparison):
            lines.append(f"  {self.style(row.check.id, 'bold')} {clip(row.check.title, self.width - 10)}")
            for place, cell in zip(self.places, row.cells, strict=True):
                lines += self._cite(place, cell, 2)
        return lines if len(lines) > 2 else []

    def wrapped(self, text: str, indent: int, first: str | None = None) -> list[str]:
        """A sentence within the width."""
        room = " " * indent
        return textwrap.wrap(text, self.width, initial_indent=room if first is None else first, subsequent_indent=room)
