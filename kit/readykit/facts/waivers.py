"""Inline waivers: `# kit: ignore[DAT005] reason (until 2027-01-31)` in a comment, or the same words as a cell's tag.

A comment beside code speaks for its line, a comment that stands alone for the next line of code, a tag for its cell.
Whether it is honoured is not decided here: the examinee does not edit the exam.
"""

from __future__ import annotations

import io
import json
import re
import tokenize
from collections.abc import Iterator

from readykit.facts import Unparsable, notebook
from readykit.model import Fact, Location

WORDS = re.compile(r"kit[:-]\s*ignore\[([A-Za-z0-9_,\s]*)\]:?\s*(.*?)\s*$")
COMMENT = re.compile(r"(?:^|\s)(?:#|//|--|%|;)+\s*(kit:\s*ignore\[.*)$")
MARKUP = re.compile(r"<!--\s*(kit:\s*ignore\[.*?)\s*-->")
UNTIL = re.compile(r"\(?\s*until\s+(\d{4}-\d{2}-\d{2})\s*\)?")
DOCUMENT = (".md", ".markdown", ".rst", ".html")


def extract(text: str, path: str) -> list[Fact]:
    """`waiver` facts: the name holds the ids, the value the reason, detail `expires` the date.

    Raises:
        Unparsable: a notebook that is none.
    """
    if path.endswith(".ipynb"):
        return list(tags(text, path))
    lines = text.split("\n")
    found = python_comments(text) if path.endswith((".py", ".pyi")) else None
    if found is None:
        pattern = MARKUP if path.endswith(DOCUMENT) else COMMENT
        found = [(n, m[1], m.start()) for n, row in enumerate(lines, 1) if (m := pattern.search(row))]
    after = spoken_for(lines) if found else []
    return [waiver(words, Location(path, beside(lines, number, column, after))) for number, words, column in found]


def python_comments(text: str) -> list[tuple[int, str, int]] | None:
    """(line, words, column) of the comments with a waiver; None when the file cannot be split into tokens."""
    try:
        tokens = [t for t in tokenize.generate_tokens(io.StringIO(text).readline) if t.type == tokenize.COMMENT]
    except (tokenize.TokenError, SyntaxError):
        return None
    return [(t.start[0], match[1], t.start[1]) for t in tokens if (match := COMMENT.search(t.string))]


def beside(lines: list[str], number: int, column: int, after: list[int]) -> int:
    """The line that a comment speaks for: its own, or the next that is neither empty nor a comment."""
    return number if lines[number - 1][:column].strip() else after[number - 1] or number


def spoken_for(lines: list[str]) -> list[int]:
    """For each line the next one that is neither empty nor a comment, 0 when there is none; gone through once."""
    found, following = [0] * len(lines), 0
    for index in range(len(lines) - 1, -1, -1):
        found[index] = following
        row = lines[index].strip()
        if row and not row.startswith(("#", "//", "--")):
            following = index + 1
    return found


def waiver(words: str, at: Location) -> Fact:
    """The fact that a waiver's words make."""
    match = WORDS.match(words)
    ids = re.split(r"[,\s]+", match[1].strip()) if match else []
    said = match[2] if match else ""
    until = UNTIL.search(said)
    reason = " ".join(UNTIL.sub("", said).replace("_", " ").split()).strip(" -–—:")
    names = ",".join(name.upper() for name in ids if name)
    return Fact("waiver", names, at, reason, "", {"expires": until[1]} if until else {})


def tags(text: str, path: str) -> Iterator[Fact]:
    """Waivers in a notebook: comments in its code and tags of its cells."""
    try:
        cells = notebook.cells_of(json.loads(text))
    except (ValueError, RecursionError) as error:
        raise Unparsable(f"not JSON: {type(error).__name__}") from None
    for index, _, lines, places in notebook.located(cells or [], text):
        if not places:
            continue
        said = [(n, match) for n, row in enumerate(lines, 1) if (match := COMMENT.search(row))]
        after = spoken_for(lines) if said else []
        for number, match in said:
            yield waiver(match[1], Location(path, places[beside(lines, number, match.start(), after) - 1]))
        metadata = (cells or [])[index].get("metadata")
        given = metadata.get("tags") if isinstance(metadata, dict) else None
        for tag in given if isinstance(given, list) else []:
            if isinstance(tag, str) and WORDS.match(tag):
                yield waiver(tag, Location(path, min(places), max(places)))
