"""Markdown for a comment on a pull request: what to mend first, never longer than a comment may be."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from readykit.advice import advice, graded
from readykit.model import Status
from readykit.report.words import (
    DIMENSIONS,
    MARKED,
    MARKS,
    gain,
    grouped,
    promise,
    ranked,
    reading,
    since,
    summary,
    unbacked,
    verdict,
)  # fmt: skip

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from readykit.advice import Mend
    from readykit.model import Evidence, Finding, Report

MAX_COMMENT: Final = 65_536
"""Characters that GitHub accepts in one comment; counted in bytes here, which are never fewer."""
_RESERVE = 400  # for the sentence that says what was left out
_SHOWN = 3  # evidence lines a finding
_CLAIMS = 20
_MENDS = 6
# Everything that Markdown, its tables or its HTML could take for more than a letter, but for what only counts at the
# beginning of a line, where a stranger's text never stands. What services make of plain text afterwards (mentions,
# numbers of issues, addresses) is parted by an empty character, written so that it can be seen.
_PUNCTUATION = re.compile(r"([\\`*_\[\]#!|~$])")
_REFERENCE = re.compile(r"@(?=\w)|#(?=\d)|(?i:(?<=\bgh)-(?=\d)|(?<=\bwww)\.)|/(?=/)")
_APART = "&#8203;"
_TICKS = re.compile("`+")


def render(report: Report) -> str:
    """Write a clean report as Markdown (CommonMark with tables)."""
    page = _Page(MAX_COMMENT - _RESERVE)
    page.add([f"# {escaped(report.repository.name)}: {escaped(verdict(report))}", "", escaped(summary(report)), ""])
    if report.applicable:
        page.add([part for row in since(report) for part in (f"**{escaped(row)}**", "")])
        page.add(_dimensions(report))
        page.add(_next(report))
        for title, findings in grouped(report):
            open_ = title in ("To mend", "Half there")
            page.group(f"{title} ({len(findings)})", [_finding(f) for f in findings], folded=not open_)
        claims = unbacked(report)
        rows = [[f"- {code(str(row.at))} {code(row.text)}"] for row in claims[:_CLAIMS]]
        page.group(f"Claimed, not found ({len(claims)} of {len(report.claims)} claims)", rows, folded=True)
        rows = [
            [f"- {code(part.root)}: {escaped(_points(part.score.total, part.score.level))}"] for part in ranked(report)
        ]
        page.group(f"Projects ({len(report.projects)})", rows, folded=True)
    rows = [[f"- {code(str(r.at))} {code(', '.join(r.checks))}: {escaped(r.why)}"] for r in report.waivers if r.why]
    page.group(f"Waivers without effect ({len(rows)})", rows, folded=False)
    rows = [[f"- {code(row.path)}: {escaped(row.why)}"] for row in report.unreadable]
    page.group(f"Could not be read ({len(rows)})", rows, folded=True)
    if report.readings:
        page.add([escaped(reading(report)), ""])
    return page.text()


def escaped(text: str) -> str:
    """Return a clean text as Markdown that shows it and does nothing else."""
    parts = _REFERENCE.split(text)
    marks = _REFERENCE.findall(text)
    return "".join(
        _literal(part) + (_literal(mark) + _APART if mark else "")
        for part, mark in zip(parts, [*marks, ""], strict=True)
    )


def _literal(text: str) -> str:
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _PUNCTUATION.sub(r"\\\1", text)


def code(text: str) -> str:
    """Return a clean text as a code span, in which nothing is special but the fence around it."""
    if not text.strip():
        return ""
    fence = "`" * (1 + max((len(run) for run in _TICKS.findall(text)), default=0))
    room = " " if text[0] in "` " or text[-1] in "` " else ""
    return f"{fence}{room}{text}{room}{fence}"


class _Page:
    """Lines up to a number of bytes; what does not fit any more is counted."""

    def __init__(self, room: int) -> None:
        self.lines: list[str] = []
        self.room = room
        self.left_out = 0

    def add(self, lines: list[str]) -> bool:
        """Add lines if all of them fit."""
        size = sum(len(line.encode()) + 1 for line in lines)
        if size > self.room:
            self.left_out += 1
            return False
        self.room -= size
        self.lines += lines
        return True

    def group(self, title: str, items: Iterable[list[str]], *, folded: bool) -> None:
        """Add a heading and what stands below it, out of sight until somebody opens it when `folded`."""
        items = list(items)
        head = ["<details>", f"<summary>{title}</summary>", ""] if folded else [f"## {title}", ""]
        foot = ["", "</details>", ""] if folded else [""]
        if not items:
            return
        cost = sum(len(line) + 1 for line in foot)
        self.room -= cost
        if not self.add(head):
            self.left_out += len(items) - 1
            self.room += cost
            return
        for item in items:
            self.add(item)
        self.lines += foot

    def text(self) -> str:
        """The page, and how much is missing from it."""
        said = ["", f"*{self.left_out} entries did not fit here; the other formats of the report have them.*"]
        return "\n".join([*self.lines, *(said if self.left_out else [])]).rstrip("\n") + "\n"


def _points(total: float | None, level: int | None) -> str:
    return "no score" if total is None else f"{total:g}, level {level}"


def _dimensions(report: Report) -> list[str]:
    rows = [
        (DIMENSIONS.get(key, key), points) for key, points in report.score.by_dimension.items() if points is not None
    ]
    if not rows:
        return []
    return [
        "| dimension | of 100 |",
        "|---|---:|",
        *(f"| {escaped(name)} | {points:.0f} |" for name, points in rows),
        "",
    ]


def _next(report: Report) -> list[str]:
    """What to do next, in the order of effect."""
    told = advice(graded(report))
    lines = [f"*{escaped(promise(told.step))}:*", "", *_mends(told.step.mends)] if told.step else []
    lines += ["*These bring the most points:*", "", *_mends(told.others[:_MENDS])] if told.others else []
    return ["## What to do next", "", *lines] if lines else []


def _mends(mends: Sequence[Mend]) -> list[str]:
    rest = ", ".join(mend.finding.check.id for mend in mends[_MENDS:])
    return [*map(_mend, mends[:_MENDS]), *([f"- and {escaped(rest)}"] if rest else []), ""]


def _mend(mend: Mend) -> str:
    check = mend.finding.check
    told = mend.finding.verdict.would_satisfy or mend.finding.verdict.message
    command = f" ({code(check.fix)})" if check.fix else ""
    return f"- {gain(mend.gain)} **{escaped(check.id)}** {escaped(check.title)}: {escaped(told)}{command}"


def _finding(finding: Finding) -> list[str]:
    check, found = finding.check, finding.verdict
    lines = [f"- {MARKS[found.status]} **{escaped(check.id)}** {escaped(check.title)}{MARKED[finding.baseline]}"]
    if found.status is not Status.PASS:
        lines[0] += f": {escaped(found.message)}"
    if finding.waiver is not None:
        lines.append(f"  - waived: {escaped(finding.waiver.reason)}")
    lines += [f"  - {_cite(evidence)}" for evidence in found.evidence[:_SHOWN]]
    if len(found.evidence) > _SHOWN:
        lines.append(f"  - and {len(found.evidence) - _SHOWN} more")
    if found.status in (Status.FAIL, Status.PARTIAL) and found.would_satisfy:
        lines.append(f"  - → {escaped(found.would_satisfy)}")
    return lines


def _cite(evidence: Evidence) -> str:
    return f"{code(str(evidence.at))} {escaped(evidence.note)}".rstrip()
