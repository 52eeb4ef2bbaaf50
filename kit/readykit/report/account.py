"""How a score came about, for a terminal: what every check adds, what is outside, and what each level asks."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from readykit.advice import account, graded
from readykit.report.words import DIMENSIONS, LEVELS, MARKS, clip

if TYPE_CHECKING:
    from readykit.advice import Account, Rung
    from readykit.model import Report
    from readykit.text import Style

RULES = (
    "A pass counts its whole weight, a partial half of it, a fail nothing. What does not apply, is not known or was "
    "waived is outside. A level is reached when all that it needs passes, but for one partial at most, and every level "
    "below is reached."
)
TIERS = (
    "Weights: 6 what makes the life of a model work, 3 what carries that, 1 the rest, 0.5 what is settled on paper or "
    "by a switch; a profile may change them."
)


def explained(report: Report, style: Style, width: int) -> list[str]:
    """Lines that account for every point of a clean report."""
    told = account(graded(report))
    head = f"How the score came about: {told.earned:g} of a weight of {told.weight:g}"
    head += f" = {100 * told.earned / told.weight:.1f} of 100" if told.weight else ""
    lines = ["", style(head, "bold"), *_wrap(RULES, width), *_wrap(TIERS, width)]
    if report.best_project:
        lines += _wrap(f"Counted is the best project, {report.best_project}.", width)
    return lines + _shares(told, style, width) + _outside(told, style, width) + _levels(told, style, width)


def _shares(told: Account, style: Style, width: int) -> list[str]:
    """What each check adds, by dimension, the heaviest first."""
    lines: list[str] = []
    for key, name in DIMENSIONS.items():
        own = [row for row in told.shares if row.finding.check.dimension == key]
        if not own:
            continue
        got, most = sum(row.points for row in own), sum(row.most for row in own)
        lines += [
            "",
            f"  {style(name, 'bold')}: {got:.1f} of {most:.1f} points",
            style("    points    of  weight", "dim"),
        ]
        for row in sorted(own, key=lambda row: (-row.most, row.finding.check.id)):
            check = row.finding.check
            figures = f"    {row.points:6.2f}{row.most:6.2f}{check.weight:8g}"
            title = clip(check.title, width - len(figures) - 5 - len(check.id))
            lines.append(f"{figures}  {MARKS[row.finding.verdict.status]} {check.id} {title}")
    return lines


def _outside(told: Account, style: Style, width: int) -> list[str]:
    """What is no part of the score, by the reason."""
    lines = ["", f"  {style('Outside of the score', 'bold')}"] if told.outside else []
    for why in dict.fromkeys(why for _, why in told.outside):
        ids = [finding.check.id for finding, reason in told.outside if reason == why]
        lines += _wrap(f"{why} ({len(ids)}): {', '.join(ids)}", width, 4)
    return lines


def _levels(told: Account, style: Style, width: int) -> list[str]:
    """What each level asks and what is missing for it."""
    lines = ["", f"  {style('Levels', 'bold')}"]
    for rung in told.rungs:
        mark = style("✓", "green") if rung.reached else style("✗", "red")
        lines.append(f"  {mark} {rung.level} {LEVELS[rung.level]}: {level_told(rung)}")
        rows = [f"{MARKS[f.verdict.status]}{f.check.id}" for f in rung.open]
        lines += _wrap("open: " + ", ".join(rows), width, 6) if rows else []
    return lines


def level_told(rung: Rung) -> str:
    """What a level is judged by, and why it is reached or not."""
    if not rung.needed:
        return "nothing of it applies here"
    kind = "required" if rung.by_required else "all of it"
    told = f"{len(rung.needed) - len(rung.open)} of {len(rung.needed)} pass ({kind})"
    waits = not rung.reached and rung.held_back_by
    return f"{told}, level {rung.held_back_by} comes first" if waits else told


def _wrap(text: str, width: int, indent: int = 2) -> list[str]:
    return textwrap.wrap(text, width, initial_indent=" " * indent, subsequent_indent=" " * indent)
