"""A comparison as one self-contained page: the table, the reasons, the matrix, and the evidence behind every cell."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from readykit.comparison.words import LEGEND, SAID, best, heading, mark, numbers, said, summary, title, unranked
from readykit.model import Status
from readykit.report.markup import Markup, Node, element, joined
from readykit.report.page import item, listed, page, section, table, tone
from readykit.report.words import DIMENSIONS, FAMILIES, LEVELS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from readykit.comparison.ranking import Comparison, Place, Row, Step
    from readykit.model import Finding

_SEVERAL: Final = 8
"""Reasons that stand open; more would push what follows out of sight."""


def render(comparison: Comparison) -> str:
    """Write a comparison as one page that needs no network and no script."""
    number = numbers(comparison)
    style = Path(__file__).with_name("compare.css").read_text(encoding="utf-8")
    header = [element("h1", title(comparison)), element("p", summary(comparison), class_="dim")]
    differ = [row for row in comparison.rows if row.differs]
    alike = [row for row in comparison.rows if not row.differs]
    several = len(comparison.places) > 1
    main = [
        _standing(comparison, number),
        section("Before you compare", listed(item(note) for note in comparison.notes), len(comparison.notes)),
        section("Why in this order", [_step(step, number) for step in comparison.steps], len(comparison.steps),
                folded=len(comparison.steps) > _SEVERAL),
        _matrix("Where they differ", comparison.places, differ, folded=False) if several else Markup(),
        _matrix("Where they are alike", comparison.places, alike, folded=True) if several else Markup(),
        section("The evidence, check by check", [_evidence(row, comparison, number) for row in comparison.rows],
                len(comparison.rows)),
    ]  # fmt: skip
    return page(title(comparison), header, main, style=style)


def _standing(comparison: Comparison, number: dict[str, str]) -> Markup:
    """One row a candidate; those without a rank stand below."""
    keys = [k for k in DIMENSIONS if any(p.report.score.by_dimension.get(k) is not None for p in comparison.places)]
    heads = ("#", "candidate", "level", "score", *(DIMENSIONS[key] for key in keys))
    rows: list[list[Node]] = []
    for place in comparison.places:
        points = [place.report.score.by_dimension.get(key) for key in keys]
        level = f"{place.level} {LEVELS[place.level]}"
        own: list[Node] = [
            number[place.name],
            element("strong", place.name),
            level,
            _bar(place.score, f"{place.score:g}"),
        ]
        rows.append([*own, *(_bar(value, "–" if value is None else f"{value:.0f}") for value in points)])
    parts: list[Node] = [element("div", table(heads, rows, numbers=[0]), class_="standing")] if rows else []
    parts += listed(item(element("strong", name), f": {why}") for name, why in unranked(comparison))
    return section("Standing", parts)


def _bar(points: float | None, shown: str) -> Markup:
    """A figure with a bar below it."""
    kind = tone(points)
    drawn = element(
        "svg", element("rect", width="100", height="8", class_="track"),
        element("rect", width=f"{points or 0:.0f}", height="8", class_="fill"),
        class_=f"bar {kind}", viewBox="0 0 100 8", preserveAspectRatio="none", aria_hidden="true",
    )  # fmt: skip
    return joined([element("span", shown), element("br"), drawn])


def _step(step: Step, number: dict[str, str]) -> Markup:
    """Why one stands before the next, and what decides it, with both evidences."""
    head = element(
        "p", element("strong", f"{number[step.above.name]} {heading(step.above, step.below, step.tie)}: "), step.reason
    )
    also = element("p", step.also, class_="dim") if step.also else Markup()
    rows = []
    for name in step.checks:
        found = [place.finding(name) for place in (step.above, step.below)]
        check = next(f.check for f in found if f)
        rows.append((f"{check.id} {check.title}", *(_shown(f) for f in found)))
    if not rows:
        return element("div", head, also, class_="step")
    told = table(("what decides it", step.above.name, step.below.name), rows)
    opened = element("details", element("summary", f"{len(rows)} checks that make the difference"), told)
    return element("div", head, also, opened, class_="step")


def _matrix(name: str, places: Sequence[Place], rows: Sequence[Row], *, folded: bool) -> Markup:
    """Checks by candidates: the names stay in sight above, the checks at the left."""
    turned = [
        element("th", element("span", f"{n} {place.name}", class_="turned"), scope="col", title=place.name)
        for n, place in enumerate(places, 1)
    ]
    lines: list[Node] = []
    family = ""
    for row in rows:
        if row.check.family != family:
            family = row.check.family
            empty = element("td", class_="family", colspan=str(len(places)))
            lines.append(
                element("tr", element("th", FAMILIES.get(family, family), class_="family", scope="rowgroup"), empty)
            )
        link = element("a", row.check.id, href=f"#{_anchor(row)}")
        lines.append(element("tr", element("th", link, f" {row.check.title}", scope="row"), *map(_cell, row.cells)))
    head = element("thead", element("tr", element("th", element("span", "check"), scope="col"), *turned))
    whole = element("table", head, element("tbody", joined(lines, "\n")))
    box = element("div", whole, class_="names", tabindex="0", role="region", aria_label=name)
    return section(name, [element("p", LEGEND, class_="dim small"), box], len(rows), folded=folded)


def _cell(finding: Finding | None) -> Markup:
    told = said(finding)
    kind = "dim" if finding is None or finding.waiver else finding.verdict.status.value
    shown = element("span", mark(finding), class_="cell", role="img", aria_label=told, title=told)
    return element("td", shown, class_=kind)


def _anchor(row: Row) -> str:
    return "check-" + "".join(char for char in row.check.id if char.isalnum())


def _evidence(row: Row, comparison: Comparison, number: dict[str, str]) -> Markup:
    marks = element("span", "".join(mark(cell) for cell in row.cells), class_="marks dim", aria_hidden="true")
    head = element("summary", element("strong", row.check.id), f" {row.check.title} ", marks)
    rows = [
        item(f"{number[place.name]} ", element("strong", place.name), ": ", _shown(cell))
        for place, cell in zip(comparison.places, row.cells, strict=True)
    ]
    return joined([element("details", head, *listed(rows, "ol"), class_="check", id=_anchor(row)), Markup("\n")])


def _shown(finding: Finding | None) -> Markup:
    """What was found for a check, with its strongest evidence."""
    if finding is None or finding.waiver:
        return joined([said(finding)])
    status = finding.verdict.status
    told: list[Node] = [element("span", f"{mark(finding)} {SAID[status]}", class_=status.value), " "]
    evidence = best(finding)
    if evidence is None or status is Status.FAIL:
        return joined([*told, finding.verdict.message])
    return joined([*told, element("code", str(evidence.at)), " ", element("span", evidence.note, class_="dim")])
