"""A few lines of the files that findings cite, and the ways by which those places are reached.

They are taken while the files are at hand, and only when a report is asked for that shows them (`Way.excerpts`).
"""

from __future__ import annotations

import json
import re
from itertools import chain
from typing import TYPE_CHECKING, Final

from readykit.clean import Masker, secrets_of
from readykit.credentials import BARE, OF_SOMETHING_ELSE, QUOTED, REFERENCE, SECRET_WORDS, masked
from readykit.facts.dispatch import cap_of
from readykit.leaks import SETTINGS
from readykit.model import Excerpt, Strength

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from readykit.model import Evidence, Finding, Location
    from readykit.project import Project

EACH: Final = 5
"""Places of one finding that are shown with their lines."""
MOST: Final = 400
"""Places of a report that are shown with their lines."""
AROUND, CITED = 2, 6  # lines before and behind, lines of the place itself at most
_NEAR = 60  # lines around in which secrets are looked for: a private key is as long
_LINE = 2_000  # characters of a line


def taken(project: Project, findings: Iterable[Finding]) -> tuple[Excerpt, ...]:
    """Lines and routes for the first places that each finding cites; places that cannot be shown are left out.

    Args:
        project: the tree, with its graph of what runs what.
        findings: of a report; secrets that the audit found elsewhere are masked where the report is cleaned.
    """
    cited = chain.from_iterable(finding.verdict.evidence[:EACH] for finding in findings)
    places = {evidence.at: evidence for evidence in sorted(cited, key=lambda evidence: evidence.strength)}
    by_file: dict[str, list[Evidence]] = {}
    for at, evidence in sorted(places.items())[:MOST]:
        by_file.setdefault(at.path, []).append(evidence)
    shown = (_excerpts(project, path, found) for path, found in by_file.items())
    return tuple(row for row in chain.from_iterable(shown) if row.lines or row.route)


def _excerpts(project: Project, path: str, found: Iterable[Evidence]) -> Iterator[Excerpt]:
    """The excerpts of one file."""
    lines = _lines(project, path)
    spans = {evidence.at: _span(evidence.at, len(lines)) for evidence in found}
    near = sorted({n for first, last in spans.values() for n in range(first - _NEAR, last + _NEAR)})
    change = _cell if path.endswith(".ipynb") else str
    kept = {n: change(lines[n - 1][:_LINE]) for n in near if 1 <= n <= len(lines)}
    text = "\n".join(kept.values())
    # a key of several lines keeps its number of lines, so that all others stay in place
    mask = Masker({part.strip() for value in secrets_of(text) for part in value.splitlines()}, text)
    for evidence in found:
        first, last = spans[evidence.at]
        told = [_discreet(mask(kept[n]), path).expandtabs(4) for n in range(first, last + 1)]
        yield Excerpt(evidence.at, first, tuple(told), _route(project, evidence))


def _span(at: Location, count: int) -> tuple[int, int]:
    """The first and last line to show of a place in a file of some lines; none when there is no such line."""
    if not 1 <= at.line <= count:
        return 1, 0
    last = min(max(at.line, at.end_line), at.line + CITED)
    return max(1, at.line - AROUND), min(count, last + AROUND)


def _route(project: Project, evidence: Evidence) -> tuple[Location, ...]:
    """How a place is reached from something that runs; nothing for a place that runs by itself."""
    found = project.graph.way_to(evidence.at) if evidence.strength is Strength.WIRED else None
    return found.steps if found and found.steps and found.steps[0].path != evidence.at.path else ()


def _lines(project: Project, path: str) -> list[str]:
    """The lines of a text file; nothing for a folder, a file that is too big or that is no text."""
    repo = project.repo
    if path not in repo.known or repo.size(path) > cap_of(path):
        return []
    data = repo.raw(path)
    if b"\0" in data[:8000]:
        return []
    text = data.decode("utf-8", errors="replace").lstrip("\ufeff")
    return re.split(r"\r\n?|\n", text) if "\r" in text else text.split("\n")


def _cell(line: str) -> str:
    """A line of a notebook as it stands in its cell; other lines of the file as they are."""
    text = line.strip()
    try:
        value = json.loads(text.removesuffix(",")) if text.startswith('"') else None
    except ValueError:
        value = None
    return " ".join(value.splitlines()) if isinstance(value, str) else line


def _discreet(line: str, path: str) -> str:
    """A line in which what stands beside a name for a secret is masked, whatever it is.

    The masker of reports is choosier: here are lines of code and settings that nobody chose to show.
    """
    low = line.lower()
    if not any(word in low for word in SECRET_WORDS):
        return line
    line = QUOTED.sub(lambda match: _told(match, 3), line)
    return BARE.sub(lambda match: _told(match, 2), line) if SETTINGS.search(path) else line


def _told(match: re.Match[str], group: int) -> str:
    """A name and its masked value, unless it only says where the secret is."""
    if OF_SOMETHING_ELSE.search(match[1]) or (group == 2 and REFERENCE.search(match[group])):
        return match[0]
    start = match.start(group) - match.start()
    return f"{match[0][:start]}{masked(match[group])}{match[0][start + len(match[group]) :]}"
