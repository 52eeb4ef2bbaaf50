"""TOML with line numbers: tomllib reads the values, a scanner of keys finds their lines."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from itertools import islice
from typing import Any

from readykit.facts import Unparsable
from readykit.facts.commands import commands
from readykit.limits import MAX_CONFIG_NAMES, MAX_FILE_BYTES, MAX_TOML_DOTS, MAX_TOML_VALUES
from readykit.model import Fact, Location

TABLE = re.compile(r"\s*\[\[?([^\]]+)\]\]?\s*(?:#.*)?$")
KEY = re.compile(r"\s*((?:[\w-]+|\"[^\"]*\"|'[^']*')(?:\s*\.\s*(?:[\w-]+|\"[^\"]*\"|'[^']*'))*)\s*=")

# a key in an inline table, from where a word begins
DOTTED = re.compile(rf"(?<![\w\"'-])(?:[\w\"'-]++\s*+\.\s*+){{{MAX_TOML_DOTS}}}")


def extract(text: str, path: str) -> list[Fact]:
    """`toml` facts, one a scalar, and the commands of task tables (poe, pdm, mise, pixi, hatch, taskipy).

    Raises:
        Unparsable: not TOML, or a key with too many parts.
    """
    data = loaded(text)
    places = lines_of(text)
    rows = list(islice(flat(data), MAX_TOML_VALUES + 1))
    if len(rows) > MAX_TOML_VALUES:
        raise Unparsable(f"more than {MAX_TOML_VALUES:,} values")
    found = [Fact("toml", name, Location(path, place(places, name)), value, "", {}) for name, value in rows]
    return found + [f for fact in found for f in tasks(fact, path)]


def loaded(text: str) -> dict[str, Any]:
    """What TOML says.

    Raises:
        Unparsable: it is none, or its parser would not come to an end.
    """
    if len(text) > MAX_FILE_BYTES:
        raise Unparsable("too big for TOML")
    for line in text.split("\n"):
        head, _, value = line.partition("=")
        if head.count(".") > MAX_TOML_DOTS or ("{" in value and DOTTED.search(value)):
            raise Unparsable("a key with too many parts")
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise Unparsable(f"not TOML: {str(error)[:80]}") from None


def flat(data: Any) -> Iterator[tuple[str, str]]:
    """(dotted name, value as text) of every scalar.

    Raises:
        Unparsable: the names are too long, each repeating the keys above it.
    """
    stack: list[tuple[str, Any]] = [("", data)]
    letters = 0
    while stack:
        name, value = stack.pop()
        if isinstance(value, dict | list):
            letters += len(name) * len(value)  # before the names are made
        if letters > MAX_CONFIG_NAMES:
            raise Unparsable("very long keys")
        if isinstance(value, dict):
            if not value:
                yield name, "{}"
            stack.extend((f"{name}.{k}" if name else k, v) for k, v in reversed(value.items()))
        elif isinstance(value, list):
            if not value:
                yield name, "[]"
            stack.extend((f"{name}[{i}]", value[i]) for i in range(len(value) - 1, -1, -1))
        else:
            yield name, str(value).lower() if isinstance(value, bool) else str(value)


def lines_of(text: str) -> dict[str, list[int]]:
    """Lines on which each dotted key stands; repeated tables give several."""
    found: dict[str, list[int]] = {}
    table = ""
    last = ""
    open_brackets = 0
    for number, line in enumerate(text.split("\n"), 1):
        if open_brackets > 0:
            item = line.split("#")[0]
            found.setdefault(f"{last}[]", []).extend([number] * max(1, item.count(",")) if item.strip(" ]},") else [])
            open_brackets += balance(line)
            continue
        match = TABLE.match(line)
        if match and "=" not in line:
            table = unquoted(match[1].strip())
            found.setdefault(table, []).append(number)
            continue
        match = KEY.match(line)
        if match:
            last = f"{table}.{unquoted(match[1])}" if table else unquoted(match[1])
            found.setdefault(last, []).append(number)
            open_brackets = balance(line[match.end() :])
    return found


def balance(line: str) -> int:
    """Brackets opened and not closed on a line, strings and comments left out."""
    bare = re.sub(r"\"[^\"]*\"|'[^']*'|#.*", "", line)
    return bare.count("[") + bare.count("{") - bare.count("]") - bare.count("}")


def unquoted(key: str) -> str:
    """`a."b.c"` as `a.b.c`."""
    return ".".join(part.strip().strip("\"'") for part in re.split(r"\s*\.\s*(?=(?:[^\"]*\"[^\"]*\")*[^\"]*$)", key))


def place(places: dict[str, list[int]], name: str) -> int:
    """The line of a key, the nearest enclosing one when it has none of its own."""
    index = 0
    while name:
        plain = re.sub(r"\[\d+\]", "", name)
        match = re.fullmatch(r"(.*)\[(\d+)\]", name)
        if match and places.get(plain + "[]"):
            rows = places[plain + "[]"]
            return rows[min(int(match[2]), len(rows) - 1)]
        numbers = re.findall(r"\[(\d+)\]", name)
        index = int(numbers[0]) if numbers else index
        if plain in places:
            rows = places[plain]
            return rows[min(index, len(rows) - 1)]
        name = name.rpartition(".")[0] if not name.endswith("]") else name.rpartition("[")[0]
    return 1


TASKS = re.compile(
    r"(?:tool\.(poe|pdm|pixi|hatch|taskipy|poethepoet)\.)?(?:feature\.\w+\.|envs\.[\w-]+\.)?(tasks|scripts)\.([\w:.-]+?)"
    r"(?:\.(?:cmd|run|shell|cmds|sequence|script))?(?:\[\d+\])*"
)


def tasks(fact: Fact, path: str) -> list[Fact]:
    """Commands of a task runner's table."""
    name = path.rpartition("/")[2]
    match = TASKS.fullmatch(fact.name)
    if match and (match[1] or (name in ("mise.toml", ".mise.toml", "pixi.toml"))):
        return commands(fact.value, fact.at, "task", match[3])
    return []
