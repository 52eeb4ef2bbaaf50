"""Small JSON files as configuration: scalars with the line of their key, and npm scripts as commands."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from functools import lru_cache
from sys import intern
from typing import Any

from readykit.facts import Unparsable
from readykit.facts.commands import commands
from readykit.facts.toml import flat
from readykit.limits import MAX_JSON_BYTES, MAX_JSON_DEPTH
from readykit.model import Fact, Location

# what is not closed is taken to its end: looked for once, not from each of its beginnings
STRING_OR_COMMENT = re.compile(r'("(?:[^"\\\n]|\\.)*+"?)|//[^\n]*|/\*.*?(?:\*/|\Z)', re.DOTALL)
AHEAD = 400
"""Lines in which the next key is looked for."""
FAR = 100_000
"""And characters: some files have one line."""
COMMENTED = re.compile(r"(^|/)(\.devcontainer/|\.vscode/|tsconfig|jsconfig|devcontainer\.json)")


def extract(text: str, path: str) -> list[Fact]:
    """`json` facts, one a scalar; none for what is data: a big file, or one with a document on each line.

    Raises:
        Unparsable: not JSON, or nested too deeply.
    """
    if len(text) > MAX_JSON_BYTES:
        return []
    try:
        data: Any = json.loads(bare(text) if COMMENTED.search(path) else text)
    except json.JSONDecodeError as error:
        if error.msg == "Extra data":
            return []
        raise Unparsable(f"not JSON: {error.msg} (line {error.lineno})") from None
    except (ValueError, RecursionError) as error:
        raise Unparsable(f"not JSON: {type(error).__name__}") from None
    found: list[Fact] = []
    places = Places(text)
    for name, value in flat(data):
        if name.count(".") + name.count("[") > MAX_JSON_DEPTH:
            raise Unparsable(f"JSON nested more than {MAX_JSON_DEPTH} deep")
        at = Location(path, places.line_of(needle_of(name, value)))
        found.append(Fact("json", intern(name), at, intern(value)))
    if path.rpartition("/")[2] == "package.json":
        for fact in list(found):
            if fact.name.startswith("scripts."):
                found += commands(fact.value, fact.at, "npm", fact.name.removeprefix("scripts."))
    return found


class Places:
    """Finds the lines of keys and values, each at or after the line of the one before."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.starts = [0, *(match.end() for match in re.finditer("\n", text))]
        self.row = self.at = 0

    def line_of(self, needle: str) -> int:
        """The next line that holds a text; the line of the one before when none of the next few hundred does."""
        until = self.starts[self.row + AHEAD] if self.row + AHEAD < len(self.starts) else len(self.text)
        at = self.text.find(needle, self.at, min(until, self.at + FAR))
        if at >= 0:
            row = bisect_right(self.starts, at) - 1
            # what stands earlier on the same line, as in a list of lists, is no reason to go on
            if row == self.row or self.text.find(needle, self.starts[self.row], self.at) < 0:
                self.row, self.at = row, at
        return self.row + 1


def bare(text: str) -> str:
    """JSON without the comments and last commas that editors and compilers allow in their own files."""
    text = STRING_OR_COMMENT.sub(lambda match: match[1] or "", text)
    return re.sub(r",(\s*[}\]])", r"\1", text)


@lru_cache(maxsize=1024)
def quoted(key: str) -> str:
    """A key as it stands in the text."""
    return json.dumps(key)


def needle_of(name: str, value: str) -> str:
    """What to look for in the text: the key, or the value for items of a list."""
    last = name.rpartition(".")[2]
    if last.endswith("]"):
        return json.dumps(value)[1:-1][:60] or '"'
    return quoted(last)
