"""Facts from notebooks (nbformat 3 and 4), each at its true line in the .ipynb file.

Of outputs only their size and errors are told (`cell` facts).
Magics: `!command` and `%run file` are `command` facts, text cells are read as Markdown.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from operator import attrgetter
from typing import Any

from readykit.facts import Unparsable, markdown
from readykit.facts.commands import commands
from readykit.facts.ipyrows import Rows
from readykit.facts.pyfallback import scan
from readykit.facts.python import Reader, quiet, tree_of
from readykit.model import Fact, Location

MAGIC = re.compile(r"\s*(?:(!)|%(?!%)(\w+)|(\?))(.*)")
MARKS = ("!", "%", "?")
MARKED = re.compile(r"[!%?]")
CELL_MAGIC = re.compile(r"%%(\w+)(.*)")
SHELL_MAGICS = ("bash", "sh", "script")


def extract(text: str, path: str) -> list[Fact]:
    """Read a notebook; detail `cell` holds the index of the cell.

    Raises:
        Unparsable: it is not the JSON of a notebook.
    """
    try:
        notebook = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Unparsable(f"not JSON: {type(error).__name__}") from None
    cells = cells_of(notebook)
    if cells is None:
        raise Unparsable("JSON, but not a notebook")
    reader = Reader(path, "")
    found: list[Fact] = []
    with quiet():
        for index, kind, lines, places in located(cells, text):
            if kind == "code":
                if "\r" in "".join(lines):  # which ends a line of Python, and of no JSON
                    lines, places = returned(lines, places)
                found += ran(cells[index], index, places, path)
                found += code(reader, index, lines, places, path)
            elif kind in ("markdown", "heading"):
                found += [moved(f, places, index) for f in markdown.extract("\n".join(lines), path)]
    return sorted(found, key=attrgetter("at.line")) + reader.finish()


def returned(lines: list[str], places: list[int]) -> tuple[list[str], list[int]]:
    """Lines, and the place of each, split at carriage returns as well."""
    parts = [line.removesuffix("\r").split("\r") for line in lines]
    return [row for part in parts for row in part], [n for part, n in zip(parts, places, strict=True) for _ in part]


def cells_of(notebook: Any) -> list[dict[str, Any]] | None:
    """The cells of either format, None when there are none to be found."""
    if not isinstance(notebook, dict):
        return None
    cells = notebook.get("cells")
    if cells is None and isinstance(notebook.get("worksheets"), list):
        cells = [c for s in notebook["worksheets"] if isinstance(s, dict) for c in listed(s.get("cells"))]
    if not isinstance(cells, list):
        return None
    return [c for c in cells if isinstance(c, dict)]


def listed(value: object) -> list[Any]:
    """A list of the notebook; an empty one for what should be a list and is not."""
    return value if isinstance(value, list) else []


def located(cells: list[dict[str, Any]], text: str) -> Iterator[tuple[int, str, list[str], list[int]]]:
    """Yield (index, cell type, source lines, line of each in the file).

    The file is scanned forward once: a source line is found by its JSON form, which stands alone on its line in
    every notebook that a program wrote.
    """
    rows = Rows(text)
    for index, cell in enumerate(cells):
        kind, source = str(cell.get("cell_type", "")), cell.get("source", cell.get("input", ""))
        if isinstance(source, str) and source:  # the whole cell on one line of the file
            whole = rows.ending(source)
            if whole is not None:
                yield index, kind, source.split("\n"), [whole + 1] * (source.count("\n") + 1)
                continue
        parts = [str(p) for p in source] if isinstance(source, list) else str(source).splitlines(keepends=True)
        own = [part.removesuffix("\n") for part in parts]
        if "\n" not in "".join(own) and (first := rows.block(parts)) is not None:
            yield index, kind, own, list(range(first + 1, first + len(parts) + 1))
            continue
        lines: list[str] = []
        places: list[int] = []
        for part in parts:
            place = rows.alone(part)
            if place is None:  # one string for the whole cell, or written by hand
                place = rows.holding(part.rstrip("\n"))
            own = part.split("\n")[: -1 if part.endswith("\n") else None]
            lines += own
            places += [(rows.row or 1) if place is None else place + 1] * len(own)
        yield index, kind, lines, places


def ran(cell: dict[str, Any], index: int, places: list[int], path: str) -> Iterator[Fact]:
    """What a code cell left behind: a `cell` fact (value: its execution count; detail: size of outputs, error)."""
    if not places:
        return
    outputs = [output for output in listed(cell.get("outputs")) if isinstance(output, dict)]
    detail = {"cell": str(index), "bytes": str(sum(size_of(output) for output in outputs))}
    error = next((o for o in outputs if o.get("output_type") in ("error", "pyerr")), None)
    metadata = cell.get("metadata")
    tags = metadata.get("tags") if isinstance(metadata, dict) else None
    if error is not None and "raises-exception" not in (tags if isinstance(tags, list) else ()):
        detail["error"] = str(error.get("ename", ""))[:80] or "error"
    count = cell.get("execution_count", cell.get("prompt_number"))
    yield Fact("cell", "code", Location(path, places[0]), str(count) if isinstance(count, int) else "", "", detail)


def size_of(value: Any) -> int:
    """Characters of all texts inside a JSON value that a notebook keeps as an output."""
    total, stack = 0, [value]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            total += len(item)
        elif isinstance(item, dict):
            stack.extend(item.values())
        elif isinstance(item, list):
            try:
                total += len("".join(item))  # most lists are the lines of a text
            except TypeError:
                stack.extend(item)
    return total


def code(reader: Reader, index: int, lines: list[str], places: list[int], path: str) -> list[Fact]:
    """Facts of a code cell: Python goes to the reader, commands are returned."""
    found: list[Fact] = []
    cell = {"cell": str(index)}
    first = CELL_MAGIC.match(lines[0]) if lines else None
    if first is not None:
        if first[1] in SHELL_MAGICS:
            body = "\n".join(lines[1:])
            made = commands(body, Location(path, 1), "notebook", errexit="no")
            return [moved(f, places[1:], index) for f in made]
        if first[1] not in ("time", "timeit", "capture"):
            return []
        lines = ["", *lines[1:]]
    clean: list[str] = []
    marked = MARKED.search("\n".join(lines)) is not None
    for number, line in enumerate(lines):
        match = MAGIC.match(line) if marked and line.lstrip()[:1] in MARKS else None
        if match is None:
            clean.append(line)
            continue
        indent = line[: len(line) - len(line.lstrip())]
        clean.append(f"{indent}pass")
        body = match[4].strip() if match[1] else f"{match[2]} {match[4].strip()}"
        if (match[1] or match[2] in ("run", "pip", "conda", "sx", "sh")) and body:
            found += commands(body, Location(path, places[number]), "notebook", **cell)
    tree = tree_of("\n".join(clean))
    if isinstance(tree, str):
        return found + [moved(f, places, index) for f in scan("\n".join(clean), path)]
    reader.source, reader.lines, reader.extra = clean, places, cell
    try:
        reader.read(tree.body)
    except RecursionError:
        raise Unparsable("expressions are nested too deeply") from None
    return found


def moved(fact: Fact, places: list[int], index: int) -> Fact:
    """A fact found in a cell's text, at its line in the file."""
    line = places[min(fact.at.line, len(places)) - 1] if places else 1
    detail = {**fact.detail, "cell": str(index)}
    return Fact(fact.kind, fact.name, Location(fact.at.path, line), fact.value, fact.scope, detail)
