"""What is wrong with a report as a file of its format, read by parsers that know nothing of ours."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator, Mapping
from html.parser import HTMLParser
from typing import Any
from urllib.parse import unquote, urlsplit

from hostile.workshop import MARK

ADDRESS = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]*")
FENCED = re.compile(r"(?ms)^(```+|~~~+).*?^\1")
SPANS = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)")
COMMAND = re.compile(
    r"::(error|warning|notice|debug|group|endgroup)(?: [a-zA-Z]+=[^,:\r\n]*(?:,[a-zA-Z]+=[^,:\r\n]*)*)?::(?P<said>.*)"
)
CELLS_ARE_FORMULAS = ("=", "+", "-", "@", "\t", "\r")


def constant(word: str) -> None:
    """Refuse what JSON does not have.

    Raises:
        ValueError: always.
    """
    raise ValueError(f"{word} is not JSON")


def parsed(text: str) -> Any:
    """JSON by the standard.

    Raises:
        ValueError: it is none.
    """
    return json.loads(text, parse_constant=constant)


def wrong_json(text: str) -> Iterator[str]:
    """Our own report."""
    document = parsed(text)
    for key in ("schema_version", "checks", "unreadable", "skipped", "repository", "score"):
        if key not in document:
            yield f"has no {key}"
    for string in strings(document):
        if any("\ud800" <= letter <= "\udfff" for letter in string):
            yield "holds half a character"
            return


def strings(document: Any) -> Iterator[str]:
    """Every string of a document, keys too."""
    stack = [document]
    while stack:
        one = stack.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            stack += [*one, *one.values()]
        elif isinstance(one, list):
            stack += one


def wrong_sarif(text: str) -> Iterator[str]:
    """SARIF 2.1.0: what GitHub refuses, and addresses that are relative, encoded and inside."""
    document = parsed(text)
    if document.get("version") != "2.1.0" or not document.get("runs"):
        yield "is not SARIF 2.1.0"
        return
    for run in document["runs"]:
        rules = {rule["id"] for rule in run["tool"]["driver"].get("rules", ())}
        for result in run.get("results", ()):
            if (
                result.get("ruleId") not in rules
                or not result.get("message", {}).get("text")
                or not result.get("locations")
            ):
                yield "has a result without a rule, a message or a place"
                break
        for region in values(run, "region"):
            if region.get("startLine", 1) < 1 or region.get("endLine", 1) < region.get("startLine", 1):
                yield f"has a region that is none: {region}"
        for place in values(run, "artifactLocation"):
            yield from wrong_address(place.get("uri", ""))


def values(document: Any, key: str) -> Iterator[Any]:
    """Every value of a key, at any depth."""
    stack = [document]
    while stack:
        one = stack.pop()
        if isinstance(one, dict):
            if isinstance(one.get(key), dict):
                yield one[key]
            stack += one.values()
        elif isinstance(one, list):
            stack += one


def wrong_address(text: str) -> Iterator[str]:
    """A relative address of a file, percent-encoded."""
    if not ADDRESS.fullmatch(text) or re.search(r"%(?![0-9A-Fa-f]{2})", text):
        yield f"has an address that is not encoded: {text[:40]!a}"
        return
    parts = urlsplit(text)
    if parts.scheme or parts.netloc or text.startswith("/") or ".." in unquote(parts.path).split("/"):
        yield f"has an address that leaves the tree: {text[:40]!a}"
    elif parts.query or parts.fragment:
        yield f"has an address with a query: {text[:40]!a}"


def wrong_junit(text: str) -> Iterator[str]:
    """JUnit: well-formed, with the right elements and counts."""
    root = ET.fromstring(text.encode())
    if root.tag not in ("testsuites", "testsuite"):
        yield f"begins with {root.tag}"
    for suite in root.iter("testsuite"):
        cases = suite.findall("testcase")
        failed = sum(case.find("failure") is not None for case in cases)
        if int(suite.get("tests", -1)) != len(cases) or int(suite.get("failures", -1)) != failed:
            yield "counts wrongly"
        if any(not case.get("name") or not case.get("classname") for case in cases):
            yield "has a case without a name"


class Page(HTMLParser):
    """Looks for what a page of ours never has: scripts but our one, handlers, things from elsewhere."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.wrong: list[str] = []
        self.policy = ""
        self.scripts: list[str] = []
        self._inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Judge an element by its name and attributes."""
        given = {name: value or "" for name, value in attrs}
        if tag == "meta" and given.get("http-equiv", "").lower() == "content-security-policy":
            self.policy = given.get("content", "")
        self._inside = tag if tag in ("script", "style") else ""
        if tag == "script":
            self.scripts.append("")
        if tag in (
            "iframe",
            "object",
            "embed",
            "base",
            "img",
            "link",
            "foreignobject",
            "image",
            "use",
            "animate",
            "set",
        ):
            self.wrong.append(f"has an element {tag}")
        for name, value in given.items():
            if name.startswith("on") or name in ("srcdoc", "src", "srcset", "action", "formaction", "xlink:href"):
                self.wrong.append(f"has an attribute {name}")
            if name == "href" and re.match(r"[\s\x00-\x20]*(javascript|data|vbscript):", value, re.IGNORECASE):
                self.wrong.append(f"has a link to {value[:20]!a}")

    def handle_data(self, data: str) -> None:
        """Keep scripts, and judge what stands in them and in style sheets."""
        if self._inside == "script":
            self.scripts[-1] += data
        if self._inside and MARK in data:
            self.wrong.append(f"has words of the tree in a {self._inside}")

    def handle_endtag(self, tag: str) -> None:
        """Leave a script or style sheet."""
        self._inside = "" if tag == self._inside else self._inside

    def handle_comment(self, data: str) -> None:
        """Judge a comment."""
        if MARK in data:
            self.wrong.append("has a comment of the tree's")


def wrong_html(text: str) -> Iterator[str]:
    """A page with one script at most, ours, and a policy that forbids all others."""
    page = Page()
    page.feed(text)
    page.close()
    yield from dict.fromkeys(page.wrong)
    if "default-src 'none'" not in page.policy:
        yield "has no content security policy"
    for script in page.scripts:
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        if len(page.scripts) > 1 or f"script-src 'sha256-{digest}'" not in page.policy:
            yield "has a script that is not ours"


def wrong_markdown(text: str) -> Iterator[str]:
    """Markdown that no text of the tree has given a structure, a picture or a link."""
    if len(text) > 65_536:
        yield "is longer than a comment may be"
    plain = SPANS.sub("", FENCED.sub("", text))
    for pattern, what in (
        (rf"(?i)(?<!\\)<(script|img|iframe|svg|style|details|form|base|meta)\b[^>]*{MARK}", "raw HTML"),
        (r"(?i)(?<!\\)\]\(\s*(javascript|data):", "a link to a script"),
        (rf"(?<!\\)!\[[^\]\n]*{MARK}[^\]\n]*\]\(http", "a picture from elsewhere"),
        (rf"(?m)^\s*#+ {MARK}_HEADING|^\s*\| {MARK}_ROW|^\[{MARK}\]:", "a structure"),
        (rf"(?<![\\\w])@everyone {MARK}", "a mention"),
    ):
        if re.search(pattern, plain):
            yield f"has {what} from the tree"


def wrong_csv(text: str) -> Iterator[str]:
    """Rows of one width, in which no cell is a formula."""
    table = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    if len({len(row) for row in table}) > 1:
        yield "has rows of different widths"
    for cell in (cell for row in table for cell in row):
        if MARK in cell and cell.lstrip(" ").startswith(CELLS_ARE_FORMULAS):
            yield f"has a formula: {cell[:20]!a}"


def wrong_commands(text: str) -> Iterator[str]:
    """Workflow commands: every line is one of ours."""
    for line in re.split(r"\r\n|\r|\n", text):
        command = COMMAND.fullmatch(line)
        if line and (not command or command["said"].startswith(MARK)):
            yield f"has a line that is no command of ours: {line[:60]!a}"
            return


def wrong_quality(text: str) -> Iterator[str]:
    """GitLab's code quality: a list of findings, each with a fingerprint of its own and a place inside."""
    rows = parsed(text)
    prints = [row["fingerprint"] for row in rows]
    if len(set(prints)) != len(prints):
        yield "has a fingerprint twice"
    for row in rows:
        path = row["location"]["path"]
        if row["severity"] not in ("info", "minor", "major", "critical", "blocker") or not row["description"]:
            yield "has a severity that there is not"
        if path.startswith("/") or ".." in path.split("/") or row["location"]["lines"]["begin"] < 1:
            yield f"has a place that is none: {path[:40]!a}"


READERS: Mapping[str, Callable[[str], Iterator[str]]] = {
    "json": wrong_json, "sarif": wrong_sarif, "junit": wrong_junit, "html": wrong_html, "markdown": wrong_markdown, "csv": wrong_csv,
    "github": wrong_commands, "gitlab": wrong_quality,
}  # fmt: skip


def wrong(form: str, data: bytes) -> list[str]:
    """What is wrong with a report of a format; a format that is not known here must at least be text."""
    try:
        text = data.decode("utf-8")
        return list(READERS[form](text))[:5] if form in READERS else []
    except UnicodeDecodeError as error:
        return [f"is not UTF-8 ({error.reason})"]
    except (ValueError, ET.ParseError, RecursionError, csv.Error, KeyError, TypeError, AttributeError) as error:
        return [f"cannot be read: {type(error).__name__} {str(error)[:80]}"]
