"""Every format, of whatever a stranger wrote: read back by an independent reader, nothing in it acts on anything."""

from __future__ import annotations

import csv
import io
import json
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from readykit.clean import cleaned
from readykit.report import FORMATS, format_of, render
from readykit.report.markdown import MAX_COMMENT
from readykit.text import original

from . import hostile

if TYPE_CHECKING:
    from readykit.model import Report

ALLOWED = {
    "html", "head", "meta", "title", "style", "body", "header", "main", "footer", "section", "h1", "h2", "h3", "p",
    "code", "span", "article", "ul", "li", "details", "summary", "strong", "table", "thead", "tbody", "tr", "th", "td",
    "meter", "div", "q", "a", "script", "svg", "circle", "text", "g", "rect", "path", "line", "form", "label", "select",
    "option", "input", "button", "output", "ol", "dl", "dt", "dd", "nav", "b", "br", "h4",
}  # fmt: skip
BIDI = "[\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]"


class Page(HTMLParser):
    """What a browser would see: elements, their attributes, and the text outside of the style sheet."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.comments: list[str] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember an element."""
        self.seen.append((tag, dict(attrs)))
        if tag not in {"meta", "input", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Only what is open is closed."""
        assert self.open.pop() == tag

    def handle_comment(self, data: str) -> None:
        """There should be none."""
        self.comments.append(data)

    def handle_data(self, data: str) -> None:
        """Remember what is read."""
        if not {"style", "script"} & {*self.open}:
            self.words.append(data)


def assert_harmless(text: str) -> None:
    assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]", text)
    assert not re.search(BIDI, text)
    assert not re.search(r"\r(?!\n)", text)
    assert not re.search(r"##\w*\[", text)
    text.encode()  # no half characters


def check_terminal(page: str, _: Report) -> None:
    assert not re.search(r"(?m)^\s*::", page)


def check_json(page: str, report: Report) -> None:
    values = json.loads(page)
    assert values["repository"]["name"] == report.repository.name
    assert [row["id"] for row in values["checks"]] == [f.check.id for f in report.findings]


def check_sarif(page: str, _: Report) -> None:
    """What sections 3.* of the standard demand of what we write; readers refuse files that break one of these."""
    log = json.loads(page)
    assert log["version"] == "2.1.0"
    assert urlsplit(log["$schema"]).scheme == "https"
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    assert all(rule["shortDescription"]["text"] and rule["help"]["text"] for rule in rules)
    prints = []
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in {"none", "note", "warning", "error"}
        assert result["message"]["text"]
        assert result["locations"], "code scanning refuses a result without a place"
        prints += result["partialFingerprints"].values()
        links = set(re.findall(r"(?<!\\)\]\((\d+)\)", result["message"]["text"]))
        assert links == {str(row["id"]) for row in result.get("relatedLocations", [])}
        for row in [*result["locations"], *result.get("relatedLocations", [])]:
            check_place(row["physicalLocation"], run["originalUriBaseIds"])
    assert len(set(prints)) == len(prints)


def check_place(place: dict[str, Any], bases: dict[str, Any]) -> None:
    uri = place["artifactLocation"]["uri"]
    assert re.fullmatch(r"(?:[A-Za-z0-9\-._~/]|%[0-9A-F]{2})+", uri)
    assert not urlsplit(uri).scheme
    assert not uri.startswith("/")
    assert place["artifactLocation"]["uriBaseId"] in bases
    assert 1 <= place["region"]["startLine"] <= place["region"]["endLine"]


def check_junit(page: str, report: Report) -> None:
    root = ET.fromstring(page)
    assert root.tag == "testsuites"
    cases = list(root.iter("testcase"))
    assert len(cases) == len(report.findings) == int(root.get("tests", ""))
    for kind, count in (("failure", "failures"), ("error", "errors")):
        assert len(list(root.iter(kind))) == int(root.get(count, ""))
    assert {child.tag for case in cases for child in case} <= {"skipped", "error", "failure", "system-out"}
    assert {suite.get("skipped") for suite in root} == {str(len(list(root.iter("skipped"))))}


def check_html(page: str, report: Report) -> None:
    seen = Page(page)
    assert not seen.open, "every element is closed"
    assert not seen.comments
    assert {tag for tag, _ in seen.seen} <= ALLOWED
    names = {name for _, attributes in seen.seen for name in attributes}
    assert not {name for name in names if name.startswith("on")} | names & {"style", "src", "action", "srcset"}
    assert all((attributes.get("href") or "#").startswith("#") for _, attributes in seen.seen), "nothing leads away"
    assert len([tag for tag, _ in seen.seen if tag in {"script", "style"}]) <= 2
    policy = next(a["content"] for tag, a in seen.seen if tag == "meta" and "http-equiv" in a)
    assert policy is not None
    assert policy.startswith("default-src 'none'")
    words = "".join(seen.words)
    for finding in report.findings:
        assert finding.verdict.message.strip() in words or finding.verdict.status == "pass"


def check_markdown(page: str, _: Report) -> None:
    assert len(page.encode()) <= MAX_COMMENT
    for line in page.splitlines():
        plain = re.sub(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)", "", line)  # code spans
        assert not re.sub(r"</?(?:details|summary)>", "", plain).count("<"), line
        assert not re.search(r"(?<!\\)\]\(|(?<!\\)!\[|//|@\w|#\d", plain.replace("&#8203;", "\N{MIDDLE DOT}")), line
        assert re.match(r"(?:#{1,2} |- |  - |\||</?(?:details|summary)>|\*|\d|$)", line), line


def check_csv(page: str, report: Report) -> None:
    rows = list(csv.reader(io.StringIO(page, newline="")))
    assert {len(row) for row in rows} == {16}
    assert len(rows) == len(report.findings) + 1
    assert page.count("\n") == page.count("\r\n") == len(rows)
    assert not [cell for row in rows for cell in row if cell.lstrip()[:1] in {"=", "+", "-", "@"}]


def check_github(page: str, _: Report) -> None:
    for line in page.splitlines():
        found = re.fullmatch(r"::(error|warning|notice) ([^:]*)::(.*)", line)
        assert found, line
        properties = found[2]
        assert all(re.fullmatch(r"(file|line|title)=[^,:]+", part) for part in properties.split(",")), line
        assert not re.search(r"%(?!25|0A|0D|3A|2C)", line)


def check_gitlab(page: str, _: Report) -> None:
    rows = json.loads(page)
    assert len({row["fingerprint"] for row in rows}) == len(rows)
    for row in rows:
        assert row["severity"] in {"info", "minor", "major", "critical", "blocker"}
        assert row["location"]["path"]
        assert row["location"]["lines"]["begin"] >= 1
        assert row["description"]
        assert row["check_name"]


def check_badge(page: str, report: Report) -> None:
    root = ET.fromstring(page)
    names = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert names <= {"svg", "title", "clipPath", "rect", "g", "text"}, "nothing that runs, links or loads"
    assert root.get("aria-label") == root.findtext("{*}title")
    assert not re.search(r"(?:href|url\((?!#)|style|on\w+)\s*=", page)
    words = "".join(root.itertext())
    assert "level" in words or "not graded" in words


def check_shields(page: str, _: Report) -> None:
    values = json.loads(page)
    assert set(values) == {"schemaVersion", "label", "message", "color"}
    assert values["schemaVersion"] == 1
    assert re.fullmatch("[0-9a-f]{6}", values["color"])


READERS = {name.removeprefix("check_"): value for name, value in globals().items() if name.startswith("check_")}


def test_every_format_has_a_reader() -> None:
    assert set(FORMATS) <= set(READERS)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("text", hostile.TEXTS)
def test_what_strangers_like_to_write_does_nothing(form: str, text: str) -> None:
    report = cleaned(hostile.report(text))
    page = render(report, form)
    assert_harmless(page)
    READERS[form](page, report)


@given(st.lists(st.text(max_size=60) | st.sampled_from(hostile.TEXTS), min_size=1, max_size=40))
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_arbitrary_text_is_read_back_in_every_format(texts: list[str]) -> None:
    report = cleaned(hostile.report(*texts))
    for form in FORMATS:
        page = render(report, form)
        assert_harmless(page)
        READERS[form](page, report)


@given(st.binary(min_size=1, max_size=30))
@settings(max_examples=200, deadline=None)
def test_a_place_names_the_very_bytes_of_a_file(name: bytes) -> None:
    """A URI of SARIF leads to the file, whatever its name is made of."""
    from readykit.report.sarif import uri
    from readykit.text import clean_path

    path = name.replace(b"/", b"_").replace(b"\0", b"_")
    shown = clean_path(path.decode("utf-8", "surrogateescape"))
    assert original(shown) == path or "##" in shown or b"##" in path
    assert unquote_to_bytes(uri(shown)) == original(shown)


def test_moving_code_does_not_make_a_new_problem() -> None:
    def marks(line: int) -> list[str]:
        report = hostile.report("a.py", line=line)
        rows = json.loads(render(report, "gitlab"))
        results = json.loads(render(report, "sarif"))["runs"][0]["results"]
        return [row["fingerprint"] for row in rows] + [str(row["partialFingerprints"]) for row in results]

    assert marks(3) == marks(90)


@pytest.mark.parametrize("form", ["sarif", "github", "gitlab"])
def test_paths_are_those_of_the_repository(form: str) -> None:
    page = render(hostile.report("a.py"), form, root="services/model one")
    places = re.findall(r'"(?:uri|path)": "([^"]*)"|file=([^,]*),', page)
    assert places
    assert all("".join(row).startswith(("services/model one/", "services/model%20one/")) for row in places)


def test_a_page_that_would_be_too_long_says_what_it_left_out() -> None:
    page = render(hostile.report("word " * 180 + "end"), "markdown")
    assert len(page.encode()) <= MAX_COMMENT
    long = render(hostile.report(*(f"{n} " + "ß" * 900 for n in range(50))), "markdown")
    assert len(long.encode()) <= MAX_COMMENT


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("r.json", "json"),
        ("out/r.SARIF", "sarif"),
        ("r.sarif.json", "sarif"),
        ("junit.xml", "junit"),
        ("r.htm", "html"),
        ("r.html", "html"),
        ("comment.md", "markdown"),
        ("r.csv", "csv"),
        ("r.txt", "terminal"),
        ("r.github", "github"),
        ("gl-code-quality-report.json", "gitlab"),
        ("r.gitlab.json", "gitlab"),
        ("badge.svg", "badge"),
        ("out/badge.json", "shields"),
        ("model.badge.json", "shields"),
        ("r.pdf", None),
        ("json", None),
    ],
)
def test_the_suffix_names_the_format(path: str, form: str | None) -> None:
    assert format_of(path) == form


def test_a_formula_is_text_in_a_spreadsheet() -> None:
    rows = list(csv.reader(io.StringIO(render(hostile.report('=HYPERLINK("x")'), "csv"), newline="")))
    assert '\'=HYPERLINK("x")' in rows[1]


def test_waived_findings_are_suppressed_in_sarif_and_left_out_of_the_rest() -> None:
    report = hostile.report("words")
    results = json.loads(render(report, "sarif"))["runs"][0]["results"]
    assert [row["ruleId"] for row in results if "suppressions" in row] == ["TST006"]
    assert "TST006" not in render(report, "github") + render(report, "gitlab")
