"""Small JSON files as configuration: scalars with the line of their key, and npm scripts as commands."""

from __future__ import annotations

import json
import re
from typing import Any

from readykit.facts import Unparsable
from readykit.facts.commands import commands
from readykit.facts.toml import flat
from readykit.limits import MAX_JSON_BYTES, MAX_JSON_DEPTH
from readykit.model import Fact, Location

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
    rows = text.split("\n")
    line = 0
    for name, value in flat(data):
        if name.count(".") + name.count("[") > MAX_JSON_DEPTH:
            raise Unparsable(f"JSON nested more than {MAX_JSON_DEPTH} deep")
        needle = needle_of(name, value)
        place = next((i for i in range(line, min(len(rows), line + 400)) if needle in rows[i]), line)
        line = min(place, max(len(rows) - 1, 0))
        found.append(Fact("json", name, Location(path, line + 1), value))
    if path.rpartition("/")[2] == "package.json":
        for fact in list(found):
            if fact.name.startswith("scripts."):
                found += commands(fact.value, fact.at, "npm", fact.name.removeprefix("scripts."))
    return found


def bare(text: str) -> str:
    """JSON without the comments and last commas that editors and compilers allow in their own files."""
    text = re.sub(r'("(?:[^"\\\n]|\\.)*")|//[^\n]*|/\*.*?\*/', lambda match: match[1] or "", text, flags=re.DOTALL)
    return re.sub(r",(\s*[}\]])", r"\1", text)


def needle_of(name: str, value: str) -> str:
    """What to look for in the text: the key, or the value for items of a list."""
    last = name.rpartition(".")[2]
    if last.endswith("]"):
        return json.dumps(value)[1:-1][:60] or '"'
    return json.dumps(last)
