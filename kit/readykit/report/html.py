"""One HTML page without a script and without anything from the network, for a screen, a phone or paper."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from readykit import __version__
from readykit.model import Status
from readykit.report.markup import Markup, Node, element, joined
from readykit.report.words import DIMENSIONS, MARKED, MARKS, grouped, ranked, reading, since, summary, unbacked, verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from readykit.model import Evidence, Finding, Projection, Report

POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
STYLE: Final = Markup("""
:root{color-scheme:light dark;--ink:#1c2128;--paper:#fff;--dim:#59636e;--line:#d1d9e0;
--good:#116329;--half:#7d4e00;--bad:#a40e26}
@media (prefers-color-scheme:dark){:root{--ink:#e6edf3;--paper:#0d1117;--dim:#9198a1;--line:#3d444d;
--good:#56d364;--half:#e3b341;--bad:#ff7b72}}
*{box-sizing:border-box}
body{margin:0 auto;padding:1rem;max-width:60rem;font:1rem/1.5 system-ui,sans-serif;
color:var(--ink);background:var(--paper)}
h1{font-size:1.6rem;line-height:1.25;margin:.5rem 0}h2{font-size:1.25rem;margin:2rem 0 .5rem}h3{font-size:1rem;margin:0}
summary h2{display:inline}
h1,h2,h3,p,li,td,code{overflow-wrap:anywhere}
code{font:.875em ui-monospace,monospace;unicode-bidi:isolate}
article{border-top:1px solid var(--line);padding:.6rem 0;break-inside:avoid}
article p,article ul{margin:.25rem 0}ul{padding-left:1.2rem}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:.25rem .6rem .25rem 0;border-top:1px solid var(--line)}
td.number{text-align:right;white-space:nowrap}meter{width:min(24rem,38vw)}
.dim{color:var(--dim)}.pass{color:var(--good)}.partial,.unknown{color:var(--half)}.fail,.error{color:var(--bad)}
summary{cursor:pointer}.wide{overflow-x:auto}
@media print{:root{color-scheme:light;--ink:#000;--paper:#fff;--dim:#333;--line:#999}
body{max-width:none;padding:0;font-size:10pt}}
""")
_SAID: Final = {
    Status.PASS: "passed", Status.PARTIAL: "half there", Status.FAIL: "failed", Status.NOT_APPLICABLE: "not applicable",
    Status.UNKNOWN: "unknown", Status.ERROR: "error",
}  # fmt: skip


def render(report: Report) -> str:
    """Write a clean report as one self-contained page."""
    title = f"{report.repository.name}: {verdict(report)}"
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=POLICY),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="referrer", content="no-referrer"),
        element("title", title),
        element("style", STYLE),
    )
    body = element("body", element("header", *_header(report)), element("main", *_sections(report)), _footer(report))
    return f"<!DOCTYPE html>\n{element('html', head, Markup(chr(10)), body, lang='en', dir='ltr')}\n"


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
            parts.append(_section(title, rows, len(findings), folded=title not in ("To mend", "Half there")))
        parts += [_rubric(answers) for answers in report.rubrics]
        claims = unbacked(report)
        rows = [_item(element("code", str(row.at)), " ", element("q", row.text)) for row in claims]
        parts.append(_section("Claimed, not found", _list(rows), len(rows), folded=True))
        table = [
            (part.root, _points(part.score.total), _points(part.score.level), part.kind) for part in ranked(report)
        ]
        parts.append(
            _section("Projects", _table(("folder", "of 100", "level", "kind"), table), len(table), folded=False)
        )
    idle = [row for row in report.waivers if row.state != "used"]
    rows = [_item(element("code", str(r.at)), f" {', '.join(r.checks)}: {r.state}. {r.why}") for r in idle]
    parts.append(_section("Waivers without effect", _list(rows), len(rows), folded=False))
    rows = [
        _item(
            element("code", str(s.at)),
            f" {s.key} = {s.value}: {'followed' if s.honoured else 'not followed, ' + s.why}",
        )
        for s in report.settings
    ]
    parts.append(_section("Its own settings", _list(rows), len(rows), folded=False))
    for title, unread in (("Could not be read", report.unreadable), ("Passed over", report.skipped)):
        rows = [_item(element("code", row.path), f" {row.why}") for row in unread]
        parts.append(_section(title, _list(rows), len(rows), folded=True))
    if report.readings:
        parts.append(element("p", reading(report)))
    return parts


def _section(title: str, children: Iterable[Node], count: int, *, folded: bool) -> Markup:
    """A part with its heading; nothing when it would be empty."""
    if not count:
        return Markup()
    told = f"{title} ({count})"
    if folded:
        head = element("summary", element("h2", told))
        return element("section", element("details", head, *children), Markup("\n"))
    return element("section", element("h2", told), *children, Markup("\n"))


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
    parts += _list(_cite(evidence) for evidence in found.evidence)
    if found.status in (Status.FAIL, Status.PARTIAL) and found.would_satisfy:
        parts.append(element("p", f"→ {found.would_satisfy}"))
    doc = [(name, getattr(check.doc, name.lower())) for name in ("What", "Why", "Fix", "Source")]
    told = [element("p", element("strong", f"{name}. "), " ".join(text.split())) for name, text in doc if text]
    parts.append(element("details", element("summary", "What it asks, why, and how to mend it"), *told))
    return joined([element("article", *parts), Markup("\n")])


def _cite(evidence: Evidence) -> Markup:
    tail = f" {evidence.note} ({evidence.strength})"
    return _item(element("code", str(evidence.at)), element("span", tail, class_="dim"))


def _rubric(answers: Projection) -> Markup:
    band = f": {answers.band}" if answers.band else ""
    rows = [
        (
            item.section,
            item.text,
            "?" if item.points is None else f"{item.points:g}",
            f"{item.most:g}",
            item.ask or item.missing,
        )
        for item in answers.items
    ]
    heads = ("section", "item", "points", "of", "open")
    title = f"{answers.name}: {answers.points:g}{band}"
    return element("section", element("h2", title), *_table(heads, rows))


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[Node]:
    head = element("thead", element("tr", *(element("th", text, scope="col") for text in heads)))
    body = element("tbody", *(element("tr", *(element("td", text) for text in row)) for row in rows))
    return [element("div", element("table", head, body), class_="wide")]


def _item(*children: Node) -> Markup:
    return element("li", *children)


def _list(items: Iterable[Markup]) -> list[Node]:
    rows = list(items)
    return [element("ul", *rows)] if rows else []


def _points(value: float | None) -> str:
    return "–" if value is None else f"{value:g}"


def _footer(report: Report) -> Markup:
    return element("footer", element("p", f"readykit {__version__} · standard {report.standard}", class_="dim"))
