"""The findings of the HTML page: filtered, by family, each opening to its evidence with lines of the code itself."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING, Final

from readykit.model import Status
from readykit.report.markup import Markup, Node, element, joined
from readykit.report.page import item, section
from readykit.report.words import DIMENSIONS, LEVELS, MARKED, MARKS, by_family, clip, gain

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from readykit.model import Evidence, Excerpt, Finding, Location, Report

Shown = dict["Location", "Excerpt"]
"""Excerpts by the place that they show."""
_SAID: Final = {
    Status.ERROR: "error", Status.FAIL: "failed", Status.UNKNOWN: "unknown", Status.PARTIAL: "half there",
    Status.PASS: "passed", Status.NOT_APPLICABLE: "not applicable",
}  # fmt: skip
_OPEN: Final = (Status.ERROR, Status.FAIL, Status.UNKNOWN, Status.PARTIAL)
_STEPS: Final = 6  # of a way that are drawn
_CHARS: Final = 33  # of a step's name


def findings(report: Report, gains: Mapping[str, float]) -> Markup:
    """All findings by family, and the form that filters them."""
    shown = {excerpt.at: excerpt for excerpt in report.excerpts}
    told = "Each opens to its places in the repository and to what would satisfy it."
    told += " These are of the repository as a whole, not of its best project alone." if report.best_project else ""
    told += " +1.0 are points of 100 that mending it would bring." if gains else ""
    parts: list[Node] = [element("p", told, class_="dim"), _filter(report.findings)]
    for name, title, own in by_family(report.findings):
        counted = [f for f in own if f.verdict.status is not Status.NOT_APPLICABLE]
        good = sum(f.verdict.status is Status.PASS for f in counted)
        told = f"{good} of {len(counted)} pass" if counted else "not applicable"
        head = element("h3", f"{title} ", element("span", f"{name} · {told}", class_="dim small"))
        rows = joined((_finding(f, gains.get(f.check.id, 0.0), shown) for f in own), "\n")
        parts.append(element("div", head, rows, class_="family"))
    return section("Findings", parts)


def wanted(finding: Finding) -> list[Node]:
    """What would satisfy a check, and the command that gives it."""
    told = finding.verdict.would_satisfy or finding.verdict.message
    return [told, " (", element("code", finding.check.fix), ")"] if finding.check.fix else [told]


def begun(text: str) -> str:
    """A text as a sentence begins."""
    return text[:1].upper() + text[1:]


def short(finding: Finding) -> str:
    """A finding in a cell of a table."""
    return f"{MARKS[finding.verdict.status]} {finding.check.id} {finding.check.title}"


def _filter(every: Sequence[Finding]) -> Markup:
    """The form; it is shown by the script, without which it would do nothing."""
    statuses = [status for status in _SAID if any(f.verdict.status is status for f in every)]
    families = [(name, f"{title} ({name})") for name, title, _ in by_family(every)]
    used = {f.check.dimension for f in every}
    dimensions = [(key, name) for key, name in DIMENSIONS.items() if key in used]
    levels = [(str(n), f"{n} {LEVELS[n]}") for n in sorted({f.check.level for f in every}) if n < len(LEVELS)]
    return element(
        "form",
        _choice("status", [("open", "to mend"), *((status.value, _SAID[status]) for status in statuses)]),
        _choice("family", families),
        _choice("dimension", dimensions),
        _choice("level", levels),
        element("label", "Words ", element("input", type="search", name="words", autocomplete="off")),
        element("button", "Show all", type="reset"),
        element("button", "Open all", type="button", id="unfold"),
        element("output", "", role="status"),
        id="filter", class_="screen", aria_label="Filter the findings", hidden="",
    )  # fmt: skip


def _choice(name: str, values: Iterable[tuple[str, str]]) -> Markup:
    options = [element("option", told, value=value) for value, told in (("", "all"), *values)]
    return element("label", f"{name.capitalize()} ", element("select", *options, name=name))


def _finding(finding: Finding, points: float, shown: Shown) -> Markup:
    check, found = finding.check, finding.verdict
    status = "waived" if finding.waiver is not None else _SAID[found.status]
    head = element(
        "summary",
        element("span", MARKS[found.status], class_=f"mark {found.status.value}", aria_hidden="true"),
        element("h4", element("code", check.id), f" {check.title}{MARKED[finding.baseline]}"),
        element("span", status, class_=f"said {found.status.value}"),
        element("span", gain(points) if points else "\xa0", class_="plus dim small"),
    )
    kind = "waived" if finding.waiver is not None else found.status.value
    return element(
        "details", head, element("div", *_inside(finding, shown), class_="inside"),
        id=check.id, class_="finding", data_status=kind, data_family=check.family, data_dimension=check.dimension,
        data_level=str(check.level), data_open="yes" if found.status in _OPEN and finding.waiver is None else "no",
    )  # fmt: skip


def _inside(finding: Finding, shown: Shown) -> list[Node]:
    """What a finding opens to: what was found and where, what is missing, why it is asked and how to mend it."""
    check, found = finding.check, finding.verdict
    parts: list[Node] = [element("p", f"{begun(found.message)}.")] if found.message else []
    if finding.waiver is not None:
        until = f" (until {finding.waiver.expires})" if finding.waiver.expires else ""
        parts.append(element("p", f"Waived{until}: {finding.waiver.reason}"))
    if found.status in (Status.FAIL, Status.PARTIAL) and found.would_satisfy:
        parts.append(element("p", element("b", "Would satisfy it: "), *wanted(finding)))
    if found.evidence:
        parts.append(element("ul", *(_cite(row, shown.get(row.at)) for row in found.evidence), class_="evidence"))
    elif found.looked_in:
        parts.append(element("p", f"Looked in: {', '.join(found.looked_in)}.", class_="dim small"))
    need = "required" if finding.required else "not required"
    counts = f"weight {check.weight:g}, level {check.level}, {DIMENSIONS.get(check.dimension, check.dimension)}, {need}"
    doc = check.doc
    told = (("What passes", doc.what), ("Why", doc.why), ("Fix", doc.fix), ("Source", doc.source), ("Counts", counts))
    rows = [(element("dt", name), element("dd", begun(" ".join(text.split())))) for name, text in told if text]
    return [*parts, element("dl", *(part for row in rows for part in row))]


def _cite(evidence: Evidence, excerpt: Excerpt | None) -> Markup:
    """One place: where, how strong, what was seen; then its lines and the way that leads there."""
    note = evidence.note
    if excerpt is not None and excerpt.route:
        note = note.partition(" (run by ")[0]  # which is drawn below
    parts: list[Node] = [
        element("code", str(evidence.at)), " ", element("span", str(evidence.strength), class_="strength"), f" {note}",
    ]  # fmt: skip
    if excerpt is not None and excerpt.lines:
        parts.append(_code(excerpt, evidence.at))
    if excerpt is not None and excerpt.route:
        parts.append(_way(excerpt.route, evidence.at))
    return item(*parts)


def _code(excerpt: Excerpt, at: Location) -> Markup:
    """Lines of the file, those of the place marked."""
    last = max(at.line, at.end_line)
    lines = dedent("\n".join(excerpt.lines)).split("\n")
    rows = [
        element("li", element("code", line or " "), **({"class_": "hit"} if at.line <= number <= last else {}))
        for number, line in enumerate(lines, excerpt.first)
    ]
    return element("ol", *rows, start=str(excerpt.first), class_="code", aria_label=f"Lines of {at.path}")


def _way(route: Sequence[Location], at: Location) -> Markup:
    """The way from what runs to the place, as a small picture."""
    steps = [str(step) if step.line > 1 else step.path for step in route]
    names = [*steps, f"line {at.line}" if route[-1].path == at.path else str(at)]
    said = f"How it is reached: {', then '.join(names)}"
    if len(names) > _STEPS:
        names = [*names[:3], f"… {len(names) - 5} more files …", *names[-2:]]
    parts: list[Node] = []
    for number, name in enumerate(names):
        kind = "entry point" if not number else "evidence" if number == len(names) - 1 else "module"
        top = 38 * number
        label = name if len(name) <= _CHARS else f"…{name[-_CHARS + 1 :]}"
        parts += [
            element("text", kind, x="0", y=str(top + 17), class_="kind"),
            element("rect", x="66", y=str(top + 1), width="252", height="24", rx="5"),
            element("text", clip(label, _CHARS), x="74", y=str(top + 17), class_="name"),
        ]
        if number < len(names) - 1:
            parts.append(element("path", d=f"M192 {top + 25}v11m-4-4l4 4 4-4"))
    high = str(38 * len(names) - 12)
    return element("svg", *parts, class_="way", viewBox=f"0 0 320 {high}", width="320", height=high, role="img",
                   aria_label=said)  # fmt: skip
