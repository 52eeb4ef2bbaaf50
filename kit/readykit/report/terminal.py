"""The report for a person at a terminal: the verdict, what to do next, then everything by family."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from readykit.advice import advice, graded
from readykit.model import Status
from readykit.report.account import explained
from readykit.report.words import (
    DIMENSIONS,
    MARKED,
    MARKS,
    by_family,
    clip,
    gain,
    how,
    promise,
    ranked,
    reading,
    since,
    summary,
    unbacked,
    verdict,
)  # fmt: skip
from readykit.text import Style, off_the_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from readykit.advice import Mend
    from readykit.model import Evidence, Finding, Projection, Report

_COLOURS = {
    Status.PASS: "green",
    Status.PARTIAL: "yellow",
    Status.FAIL: "red",
    Status.NOT_APPLICABLE: "dim",
    Status.UNKNOWN: "yellow",
    Status.ERROR: "red",
}
_QUIET = {Status.PASS: "", Status.NOT_APPLICABLE: "not applicable: "}
_SHOWN = 3  # evidence lines a finding; -v shows all
_FIRST, _THEN = 6, 4  # what to do next: for the next level, and besides


def render(
    report: Report, style: Style | None = None, width: int = 80, verbose: bool = False, explain: bool = False
) -> str:
    """Write the report for a terminal.

    Args:
        report: a clean report.
        style: colours; none when left out.
        width: columns to wrap at.
        verbose: show what passes, every line of evidence, and where a failed check looked.
        explain: tell how every point came about instead of what was found.

    Returns:
        Text with a final line break.
    """
    style = style or Style(False)
    width = max(40, min(width, 100))
    lines = _head(report, style, width)
    if report.applicable:
        lines += _since(report, style, width) + _dimensions(report, style)
    if report.applicable and explain:
        lines += explained(report, style, width)
    elif report.applicable:
        lines += _next(report, style, width) + _findings(report, style, width, verbose)
        for answers in report.rubrics:
            lines += _rubric(answers, style, width)
        lines += _claims(report, style, width, verbose) + _projects(report, style, width)
    lines += _waivers(report, style, width) + _settings(report, style, width) + _unread(report, style, verbose)
    lines += ["", *textwrap.wrap(reading(report), width)] if report.readings else []
    return off_the_line("\n".join(lines) + "\n")


def _head(report: Report, style: Style, width: int) -> list[str]:
    info, score = report.repository, report.score
    name = style(clip(info.name, 50), "bold")
    if not report.applicable or score.total is None or score.level is None:
        return [f"{name}: no score", *textwrap.wrap(f"Not graded: {verdict(report).partition(': ')[2]}", width)]
    return [f"{name}: {style(verdict(report), 'bold', _colour(score.total))}", style(summary(report), "dim")]


def _since(report: Report, style: Style, width: int) -> list[str]:
    """What the baseline or the revision had, and what is new."""
    told = since(report)
    lines = ["", style(f"Compared ({told[0]})", "bold")] if told else []
    for row in told[1:]:
        lines += _wrap(row, width, 2)
    return lines


def _next(report: Report, style: Style, width: int) -> list[str]:
    """What to do next, in the order of effect."""
    told = advice(graded(report))
    if told.step is None and not told.others:
        return ["", "Nothing is left to mend."]
    lines = ["", style("What to do next", "bold")]
    if told.step is not None:
        lines.append(f"  {promise(told.step)}:")
        lines += _mends(told.step.mends, _FIRST, style, width)
    if told.others:
        lines.append("  These bring the most points besides:" if told.step else "  These bring the most points:")
        lines += _mends(told.others[:_THEN], _THEN, style, width)
    return lines


def _mends(mends: Sequence[Mend], shown: int, style: Style, width: int) -> list[str]:
    """Checks to mend, with what each brings and how."""
    lines = []
    for mend in mends[:shown]:
        check = mend.finding.check
        lines.append(
            f"   {gain(mend.gain):>5}  {style(check.id, 'bold')} {clip(check.title, width - 11 - len(check.id))}"
        )
        lines += _wrap(f"→ {how(mend.finding)}", width, 10)
    if len(mends) > shown:
        rest = ", ".join(mend.finding.check.id for mend in mends[shown:])
        lines += _wrap(f"and {rest}", width, 10)
    return lines


def _findings(report: Report, style: Style, width: int, verbose: bool) -> list[str]:
    """The findings by family; what passes and what does not apply is only named unless everything is asked for."""
    gains = advice(report.findings).gains if not report.best_project else {}
    lines: list[str] = []
    for name, title, findings in by_family(report.findings):
        counted = [f for f in findings if f.verdict.status is not Status.NOT_APPLICABLE]
        good = sum(f.verdict.status is Status.PASS for f in counted)
        told = f"{good} of {len(counted)} pass" if counted else "not applicable"
        lines += ["", f"{style(f'{title} ({name})', 'bold')} {style(f'· {told}', 'dim')}"]
        for finding in findings:
            if verbose or finding.waiver is not None or finding.verdict.status not in _QUIET:
                lines += _finding(finding, style, width, verbose, gains.get(finding.check.id, 0.0))
        lines += [] if verbose else _named(findings, style, width)
    hint = "`kit explain ID` says why a check is asked" + ("" if verbose else ", -v shows the evidence of what passes")
    return [*lines, "", style(hint, "dim")]


def _named(findings: Sequence[Finding], style: Style, width: int) -> list[str]:
    """Only the names of what needs no work."""
    lines = []
    for status, told in _QUIET.items():
        ids = [f.check.id for f in findings if f.verdict.status is status and f.waiver is None]
        if ids:
            first, *more = textwrap.wrap(f"{told}{', '.join(ids)}", width - 4)
            mark = style(MARKS[status], _COLOURS[status])
            lines += [f"  {mark} {style(first, 'dim')}", *(f"    {style(row, 'dim')}" for row in more)]
    return lines


def _claims(report: Report, style: Style, width: int, verbose: bool) -> list[str]:
    """What the documents claim and nothing backs: sentences first, then lines of file trees."""
    missing = unbacked(report)
    if not missing:
        return []
    lines = ["", style(f"Claimed, not found ({len(missing)} of {len(report.claims)} claims)", "bold")]
    for row in missing[: None if verbose else _SHOWN]:
        room = max(20, width - 4 - len(str(row.at)))
        lines.append(f"  {style.place(*row.at[:2])}  {style(clip(row.text, room), 'dim')}")
    hidden = 0 if verbose else len(missing) - _SHOWN
    return lines + ([style(f"  and {hidden} more (-v)", "dim")] if hidden > 0 else [])


def _rubric(answers: Projection, style: Style, width: int) -> list[str]:
    """Another rubric's score and items; unknown ones with the question to ask."""
    most = f" of {sum(i.most for i in answers.items):g}" if answers.score == "sum" else ""
    could = f", up to {answers.possible:g} if the unknown were answered" if answers.possible > answers.points else ""
    band = f": {answers.band}" if answers.band else ""
    lines = [
        "",
        *(style(row, "bold") for row in _wrap(f"{answers.name}: {answers.points:g}{most}{band}{could}", width, 0)),
    ]
    section = ""
    for item in answers.items:
        if item.section != section:
            section = item.section
            lines.append(f"  {'level ' if answers.score == 'level' else ''}{section}")
        points = "?" if item.points is None else f"{item.points:g}"
        lines += textwrap.wrap(
            item.text, width, initial_indent=f"    {points:>3} / {item.most:g}  ", subsequent_indent=" " * 12
        )
        for evidence in item.evidence[:1]:
            lines.append(f"            {style.place(*evidence.at[:2])}")
        if item.ask:
            lines += _wrap(f"ask: {item.ask}", width, 12)
        elif item.missing and item.points != item.most:
            lines += _wrap(f"lacks {item.missing.replace('~', '')}", width, 12)
    return lines


def _projects(report: Report, style: Style, width: int) -> list[str]:
    """The projects of a monorepo or collection, best first."""
    if not report.projects:
        return []
    lines = ["", style(f"Projects ({len(report.projects)})", "bold")]
    if report.best_project:
        lines += _wrap(f"the score above is that of the best one, {report.best_project}", width)
    for part in ranked(report):
        points = "no score" if part.score.total is None else f"{part.score.total:5g}  level {part.score.level}"
        lines.append(f"  {points}  {clip(part.root, width - 20)}")
    return lines


def _waivers(report: Report, style: Style, width: int) -> list[str]:
    """Waivers that did nothing, and what to do about them."""
    idle = [row for row in report.waivers if row.state != "used"]
    lines = ["", style(f"Waivers without effect ({len(idle)})", "bold")] if idle else []
    for row in idle:
        lines.append(f"      {style.place(*row.at[:2])}  {clip(', '.join(row.checks), 40)}: {row.state}")
        lines += _wrap("→ " + row.why, width)
    return lines


def _settings(report: Report, style: Style, width: int) -> list[str]:
    """The repository's own settings: followed or not, they are always shown."""
    lines = ["", style(f"Its own settings ({len(report.settings)})", "bold")] if report.settings else []
    for row in report.settings:
        said = "followed" if row.honoured else f"not followed: {row.why}"
        lines.append(f"      {style.place(*row.at[:2])}  {clip(row.key, 30)} = {clip(row.value, 60)}")
        lines += _wrap(said, width)
    return lines


def _unread(report: Report, style: Style, verbose: bool) -> list[str]:
    """What could not be read, and why."""
    if not report.unreadable:
        return []
    rows = report.unreadable[: None if verbose else 5]
    lines = ["", style(f"Could not be read ({len(report.unreadable)})", "bold")]
    return lines + [f"  {clip(row.path, 60)}: {clip(row.why, 80)}" for row in rows]


def _colour(points: float) -> str:
    return "green" if points >= 80 else "yellow" if points >= 50 else "red"


def _dimensions(report: Report, style: Style) -> list[str]:
    rows = [""]
    for key, points in report.score.by_dimension.items():
        if points is None:
            continue
        full = round(points / 5)
        bar = style("█" * full, _colour(points)) + style("░" * (20 - full), "dim")
        rows.append(f"  {DIMENSIONS.get(key, key):14}{bar} {points:3.0f}")
    return rows


def _finding(finding: Finding, style: Style, width: int, verbose: bool, points: float = 0.0) -> list[str]:
    check, verdict = finding.check, finding.verdict
    mark = style(MARKS[verdict.status], _COLOURS[verdict.status])
    title = clip(f"{check.title}{MARKED[finding.baseline]}", width - 5 - len(check.id))
    lines = [f"  {mark} {style(check.id, 'bold')} {title}"]
    if points and len(title) + len(check.id) <= width - 12:
        lines[0] += style(gain(points).rjust(width - 5 - len(check.id) - len(title)), "dim")
    if verdict.status is not Status.PASS:
        lines += _wrap(verdict.message, width)
    if finding.waiver is not None:
        until = f" (until {finding.waiver.expires})" if finding.waiver.expires else ""
        lines += _wrap(f"waived{until}: {finding.waiver.reason}", width)
    shown = verdict.evidence if verbose else verdict.evidence[:_SHOWN]
    for evidence in shown:
        lines += _cite(evidence, style, width, verbose)
    if len(shown) < len(verdict.evidence):
        lines.append(style(f"      and {len(verdict.evidence) - len(shown)} more (-v)", "dim"))
    if verdict.status in (Status.FAIL, Status.PARTIAL) and verdict.would_satisfy:
        lines += _wrap("→ " + how(finding), width)
    if verbose and verdict.looked_in:
        lines += _wrap("looked in: " + ", ".join(verdict.looked_in), width)
    return lines


def _cite(evidence: Evidence, style: Style, width: int, verbose: bool) -> list[str]:
    """The place, whole so that a terminal can open it, and the note beside it or below."""
    place, note = str(evidence.at), evidence.note
    room = width - 8 - len(place)
    line = f"      {style.place(*evidence.at[:2])}"
    if room >= (len(note) if verbose else min(len(note), 40)):
        return [f"{line}  {style(clip(note, room), 'dim')}"]
    below = textwrap.wrap(note, width - 8) if verbose else [clip(note, width - 8)]
    return [line, *(f"        {style(row, 'dim')}" for row in below)]


def _wrap(text: str, width: int, indent: int = 6) -> list[str]:
    room = " " * indent
    return textwrap.wrap(text, width, initial_indent=room, subsequent_indent=room, break_long_words=False)
