"""The report as one HTML page, for a screen, a phone or paper."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from readykit.model import Status
from readykit.report.markup import Markup, Node, element, joined
from readykit.report.page import item, listed, page, section, table
from readykit.report.words import DIMENSIONS, MARKED, MARKS, grouped, ranked, reading, since, summary, unbacked, verdict

if TYPE_CHECKING:
    from readykit.model import Evidence, Finding, Projection, Report

_SAID: Final = {
    Status.PASS: "passed", Status.PARTIAL: "half there", Status.FAIL: "failed", Status.NOT_APPLICABLE: "not applicable",
    Status.UNKNOWN: "unknown", Status.ERROR: "error",
}  # fmt: skip


def render(report: Report) -> str:
    """Write a clean report as one self-contained page."""
    title = f"{report.repository.name}: {verdict(report)}"
    return page(title, _header(report), _sections(report), f"standard {report.standard}")


def _header(report: Report) -> list[Node]:
    info = report.repository
    where = [element("code", text) for text in (info.url or info.path or "", info.commit or "") if text]
    return [
        element("h1", info.name, ": ", verdict(report)),
        element("p", summary(report), class_="dim"),
        element("p", joined(where, " · "), class_="dim") if where else Markup(),
    ]


def _sections(report: Report) -> list[Node]:
    """All parts of the page that have something to show."""
    parts: list[Node] = []
    if report.applicable:
        parts += [element("p", row) for row in since(report)]
        parts.append(_dimensions(report))
        for title, findings in grouped(report):
            rows = [_finding(finding) for finding in findings]
            parts.append(section(title, rows, len(findings), folded=title not in ("To mend", "Half there")))
        parts += [_rubric(answers) for answers in report.rubrics]
        claims = unbacked(report)
        rows = [item(element("code", str(row.at)), " ", element("q", row.text)) for row in claims]
        parts.append(section("Claimed, not found", listed(rows), len(rows), folded=True))
        found = [
            (part.root, _points(part.score.total), _points(part.score.level), part.kind) for part in ranked(report)
        ]
        parts.append(section("Projects", [table(("folder", "of 100", "level", "kind"), found, (1, 2))], len(found)))
    idle = [row for row in report.waivers if row.state != "used"]
    rows = [item(element("code", str(r.at)), f" {', '.join(r.checks)}: {r.state}. {r.why}") for r in idle]
    parts.append(section("Waivers without effect", listed(rows), len(rows)))
    rows = [
        item(
            element("code", str(s.at)),
            f" {s.key} = {s.value}: {'followed' if s.honoured else 'not followed, ' + s.why}",
        )
        for s in report.settings
    ]
    parts.append(section("Its own settings", listed(rows), len(rows)))
    for title, unread in (("Could not be read", report.unreadable), ("Passed over", report.skipped)):
        rows = [item(element("code", row.path), f" {row.why}") for row in unread]
        parts.append(section(title, listed(rows), len(rows), folded=True))
    if report.readings:
        parts.append(element("p", reading(report)))
    return parts


def _dimensions(report: Report) -> Markup:
    rows = [(key, points) for key, points in report.score.by_dimension.items() if points is not None]
    lines = [
        element(
            "tr",
            element("th", DIMENSIONS.get(key, key), scope="row"),
            element("td", element("meter", f"{points:.0f}", min="0", max="100", low="50", high="80", optimum="100",
                                  value=f"{points:.0f}", aria_label=DIMENSIONS.get(key, key))),
            element("td", f"{points:.0f}", class_="number"),
        )
        for key, points in rows
    ]  # fmt: skip
    return element("section", element("h2", "Dimensions"), element("table", *lines)) if rows else Markup()


def _finding(finding: Finding) -> Markup:
    check, found = finding.check, finding.verdict
    status = found.status.value
    parts: list[Node] = [
        element(
            "h3",
            element("span", f"{MARKS[found.status]} {_SAID[found.status]}", class_=status),
            f" {check.id} {check.title}{MARKED[finding.baseline]}",
        )
    ]
    if found.status is not Status.PASS:
        parts.append(element("p", found.message))
    if finding.waiver is not None:
        until = f" (until {finding.waiver.expires})" if finding.waiver.expires else ""
        parts.append(element("p", f"Waived{until}: {finding.waiver.reason}"))
    parts += listed(_cite(evidence) for evidence in found.evidence)
    if found.status in (Status.FAIL, Status.PARTIAL) and found.would_satisfy:
        parts.append(element("p", f"→ {found.would_satisfy}"))
    doc = [(name, getattr(check.doc, name.lower())) for name in ("What", "Why", "Fix", "Source")]
    told = [element("p", element("strong", f"{name}. "), " ".join(text.split())) for name, text in doc if text]
    parts.append(element("details", element("summary", "What it asks, why, and how to mend it"), *told))
    return joined([element("article", *parts), Markup("\n")])


def _cite(evidence: Evidence) -> Markup:
    tail = f" {evidence.note} ({evidence.strength})"
    return item(element("code", str(evidence.at)), element("span", tail, class_="dim"))


def _rubric(answers: Projection) -> Markup:
    band = f": {answers.band}" if answers.band else ""
    rows = [
        (row.section, row.text, "?" if row.points is None else f"{row.points:g}", f"{row.most:g}",
         row.ask or row.missing)
        for row in answers.items
    ]  # fmt: skip
    heads = ("section", "item", "points", "of", "open")
    title = f"{answers.name}: {answers.points:g}{band}"
    return element("section", element("h2", title), table(heads, rows, (2, 3)))


def _points(value: float | None) -> str:
    return "–" if value is None else f"{value:g}"
