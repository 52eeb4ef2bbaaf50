"""What stands behind the figures of the HTML page: how the score came about, and how the page is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from readykit.advice import account, graded
from readykit.report.account import RULES, TIERS, level_told
from readykit.report.explain import LADDER
from readykit.report.html_findings import short
from readykit.report.markup import Markup, Node, element
from readykit.report.page import item, listed, section, table
from readykit.report.words import DIMENSIONS, LEVELS, MARKS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from readykit.advice import Rung, Share
    from readykit.model import Report

ABOUT = (
    "Every verdict cites places in the repository, as path:line. What counts is how strongly a place speaks: a call "
    "that runs outweighs a dependency, and a promise in a README counts for nothing. Nothing in it was executed."
)


def accounted(report: Report) -> Markup:
    """How the score came about, check by check and level by level."""
    told = account(graded(report))
    head = f"{told.earned:g} of a weight of {told.weight:g}. {RULES}"
    outside = [
        item(f"{why}: ", ", ".join(f.check.id for f, reason in told.outside if reason == why))
        for why in dict.fromkeys(why for _, why in told.outside)
    ]
    parts: list[Node] = [element("p", head), element("p", TIERS), element("h3", "Levels")]
    parts += listed(map(_level, told.rungs))
    parts += [element("h3", "Outside of the score"), *listed(outside)] if outside else []
    parts += [element("h3", "Points"), _points(told.shares)]
    return section("How the score came about", parts, folded=True)


def _level(rung: Rung) -> Markup:
    mark = "✓" if rung.reached else "✗"
    rows = ", ".join(f"{MARKS[f.verdict.status]} {f.check.id}" for f in rung.open)
    missing: list[Node] = [element("br"), element("span", f"open: {rows}", class_="dim small")] if rows else []
    return item(element("b", f"{mark} {rung.level} {LEVELS[rung.level]}"), f": {level_told(rung)}", *missing)


def _points(shares: Sequence[Share]) -> Markup:
    """What each check adds, by dimension, the heaviest first."""
    order = list(DIMENSIONS)
    rows = []
    for row in sorted(shares, key=lambda row: (*_place(order, row), -row.most, row.finding.check.id)):
        check = row.finding.check
        name = DIMENSIONS.get(check.dimension, check.dimension)
        rows.append((name, short(row.finding), f"{check.weight:g}", f"{row.points:.2f}", f"{row.most:.2f}"))
    return table(("dimension", "check", "weight", "points", "of"), rows, (2, 3, 4))


def _place(order: Sequence[str], row: Share) -> tuple[int, str]:
    name = row.finding.check.dimension
    return (order.index(name) if name in order else len(order)), name


def guide(report: Report) -> Markup:
    """What a reader who sees such a page for the first time has to know."""
    rows = [(str(strength), words) for strength, words in LADDER.items()]
    saved = "" if report.excerpts else " No lines of the files are shown: the report was made without them at hand."
    return section(
        "How to read this page",
        [element("p", ABOUT + saved), table(("strength", "what was seen"), rows)],
        folded=True,
    )
