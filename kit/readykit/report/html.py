"""The report as one HTML page: the verdict in ten seconds, what to do next, and everything that it rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from readykit.advice import advice, graded
from readykit.model import Status
from readykit.report.html_account import accounted, guide
from readykit.report.html_findings import begun, findings, wanted
from readykit.report.markup import Markup, Node, element, joined
from readykit.report.page import asset, gauge, item, listed, page, section, table
from readykit.report.words import (
    DIMENSIONS,
    LEVELS,
    LEVELS_MEAN,
    gain,
    promise,
    ranked,
    reading,
    since,
    summary,
    unbacked,
    verdict,
)  # fmt: skip

if TYPE_CHECKING:
    from collections.abc import Sequence

    from readykit.advice import Advice, Mend
    from readykit.model import Projection, Report

_FIRST, _THEN = 10, 6  # mends that are told at once: for the next level, and besides


def render(report: Report) -> str:
    """Write a clean report as one self-contained page."""
    title = f"{report.repository.name}: {verdict(report)}"
    foot = f"standard {report.standard} · profile {report.profile}"
    return page(
        title, _header(report), _sections(report), foot, style=asset("report.css"), script=asset("report.js")
    )  # fmt: skip


def _header(report: Report) -> list[Node]:
    info, score = report.repository, report.score
    where = [element("code", text) for text in (info.url or info.path or "", info.commit or "") if text]
    place = element("p", joined(where, " · "), class_="dim small") if where else Markup()
    parts: list[Node] = [element("p", "Production readiness of", class_="dim"), element("h1", info.name)]
    if not report.applicable or score.total is None or score.level is None:
        return [*parts, element("p", f"{begun(verdict(report))}.", class_="level"), place]
    told = element(
        "div",
        element("p", f"Level {score.level}: {LEVELS[score.level]}", class_="level"),
        *(element("p", row) for row in _meaning(report, score.level)),
        _ladder(score.level),
    )
    ring = gauge(score.total, f"{score.total:g} of 100 points")
    ring = element("div", ring, element("span", "of 100", class_="dim small"), class_="total")
    return [
        *parts,
        element("div", ring, told, class_="verdict"),
        element("p", "Graded on its best project, ", element("code", report.best_project), ".")
        if report.best_project
        else "",
        element("p", summary(report), class_="dim small"),
        place,
        *(element("p", row) for row in since(report)),
    ]


def _meaning(report: Report, reached: int) -> list[str]:
    """What the level means, and how far the next one is."""
    step = advice(graded(report)).step
    lines = [begun(f"{LEVELS_MEAN[reached]}.")] if reached else []
    if step is not None:
        missing = "1 check is" if len(step.mends) == 1 else f"{len(step.mends)} checks are"
        lines.append(f"{missing} missing for level {step.level} {LEVELS[step.level]}: {LEVELS_MEAN[step.level]}.")
    return lines


def _ladder(reached: int) -> Markup:
    """The five levels, with those that are reached."""
    steps = [
        element("li", element("b", str(number)), f" {name}", class_="reached" if number <= reached else "ahead",
                **({"aria_current": "step"} if number == reached else {}))
        for number, name in enumerate(LEVELS)
    ]  # fmt: skip
    return element("ol", *steps, class_="ladder", aria_label="Levels")


def _sections(report: Report) -> list[Node]:
    """All parts of the page that have something to show."""
    parts: list[Node] = []
    if report.applicable:
        told = advice(graded(report))
        gains = {} if report.best_project else told.gains
        parts += [_dimensions(report), _next(told), findings(report, gains)]
        claims = unbacked(report)
        rows = [item(element("code", str(row.at)), " ", element("q", row.text)) for row in claims]
        parts.append(section("Claimed, not found", listed(rows), len(rows), folded=True))
        parts.append(_projects(report))
        parts += [_rubric(answers) for answers in report.rubrics]
    parts += _rest(report)
    if report.applicable:
        parts += [accounted(report), guide(report)]
    return parts


def _dimensions(report: Report) -> Markup:
    """A ring for each dimension, which leads to its findings."""
    tiles = []
    for key, points in report.score.by_dimension.items():
        own = [f for f in graded(report) if f.check.dimension == key and f.verdict.status is not Status.NOT_APPLICABLE]
        if points is None:
            continue
        name = DIMENSIONS.get(key, key)
        good = f"{sum(f.verdict.status is Status.PASS for f in own)} of {len(own)} pass"
        ring = gauge(points, f"{points:.0f} of 100")
        words = element("span", name[:1].upper() + name[1:], element("br"), element("span", good, class_="dim small"))
        tiles.append(item(element("a", ring, " ", words, href=f"#dimension={key}")))
    return section("Dimensions", [element("ul", *tiles, class_="tiles")], None if tiles else 0)


def _next(told: Advice) -> Markup:
    """What to do next, in the order of effect."""
    parts: list[Node] = []
    most = max(told.gains.values(), default=0.0)
    if told.step is not None:
        parts += [element("h3", f"{promise(told.step)}."), *_mends(told.step.mends, _FIRST, most)]
    if told.others:
        title = "These bring the most points besides." if told.step else "These bring the most points."
        parts += [element("h3", title), *_mends(told.others[:_THEN], _THEN, most)]
    return section("What to do next", parts or [element("p", "Nothing is left to mend.")])


def _mends(mends: Sequence[Mend], shown: int, most: float) -> list[Node]:
    """Checks to mend, with what each brings as a bar."""
    rows = []
    for mend in mends[:shown]:
        check = mend.finding.check
        bar = element("rect", width=f"{100 * mend.gain / most if most else 0:.0f}", height="6", rx="3", class_="bar")
        bar = element("svg", bar, class_="gain-bar", viewBox="0 0 100 6", aria_hidden="true")
        points = element("span", gain(mend.gain), element("span", " points", class_="dim small"), bar, class_="gain")
        link = element("a", f"{check.id} {check.title}", href=f"#{check.id}")
        rows.append(item(points, element("span", link, element("br"), *wanted(mend.finding))))
    more = [element("a", m.finding.check.id, href=f"#{m.finding.check.id}") for m in mends[shown:]]
    rest = [element("p", f"And {len(more)} more: ", joined(more, ", "))] if more else []
    return [element("ol", *rows, class_="mends"), *rest]


def _projects(report: Report) -> Markup:
    """The projects of a monorepo or collection, best first."""
    rows = [(part.root, _points(part.score.total), _points(part.score.level), part.kind) for part in ranked(report)]
    return section("Projects", [table(("folder", "of 100", "level", "kind"), rows, (1, 2))], len(rows))


def _rubric(answers: Projection) -> Markup:
    """Another rubric's items with what they lack."""
    band = f": {answers.band}" if answers.band else ""
    rows = [
        (row.section, row.text, _points(row.points, "?"), f"{row.most:g}", row.ask or row.missing.replace("~", ""))
        for row in answers.items
    ]
    heads = ("section", "item", "points", "of", "open")
    return section(f"{answers.name}: {answers.points:g}{band}", [table(heads, rows, (2, 3))])


def _rest(report: Report) -> list[Node]:
    """Waivers, settings, and what was not read."""
    idle = [row for row in report.waivers if row.state != "used"]
    waivers = [item(element("code", str(r.at)), f" {', '.join(r.checks)}: {r.state}. {r.why}") for r in idle]
    own = [
        item(element("code", str(s.at)), f" {s.key} = {s.value}: {'' if s.honoured else 'not '}followed. {s.why}")
        for s in report.settings
    ]
    parts: list[Node] = [
        section("Waivers without effect", listed(waivers), len(waivers)),
        section("Its own settings", listed(own), len(own)),
    ]
    for title, unread in (("Could not be read", report.unreadable), ("Passed over", report.skipped)):
        rows = [item(element("code", row.path), f" {row.why}") for row in unread]
        parts.append(section(title, listed(rows), len(rows), folded=True))
    return [*parts, element("p", reading(report))] if report.readings else parts


def _points(value: float | None, unknown: str = "–") -> str:
    return unknown if value is None else f"{value:g}"
