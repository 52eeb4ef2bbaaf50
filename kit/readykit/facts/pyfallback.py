"""A tolerant reading of Python that `ast` refuses: Python 2, templates, files cut short.

Line by line it finds imports, definitions and calls; nothing about types, branches or strings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from readykit.model import Fact, Location

IMPORT = re.compile(r"\s*import\s+([\w., ]+)$")
FROM = re.compile(r"\s*from\s+([\w.]+)\s+import\s+\(?\s*([\w.,* ]*)")
DEFINITION = re.compile(r"(\s*)(def|class)\s+(\w+)\s*(?:\((.*?)\)?\s*:?)?\s*$")
CALL = re.compile(r"(?<![\w.\"'])([A-Za-z_][\w.]*)\s*\(")
NOT_CALLS = frozenset(
    [
        "if",
        "elif",
        "while",
        "for",
        "and",
        "or",
        "not",
        "in",
        "print",
        "return",
        "assert",
        "yield",
        "lambda",
        "except",
        "with",
        "def",
        "class",
    ]
)


def scan(text: str, path: str) -> list[Fact]:
    """Facts of kind `import`, `def` and `call`; an empty list when nothing looks like Python."""
    found: list[Fact] = []
    names: dict[str, str] = {}
    quoted = ""
    scope = ""
    for number, raw in enumerate(text.split("\n"), 1):
        line, quoted = uncommented(raw, quoted)
        if not line.strip():
            continue
        for bound, target, full in imports(line):
            names[bound] = target
            found.append(Fact("import", full, Location(path, number), bound, scope))
        match = DEFINITION.match(line)
        if match:
            scope = match[3]
            kind = "class" if match[2] == "class" else "function"
            found.append(Fact("def", match[3], Location(path, number), kind, "", {"args": match[4] or ""}))
            continue
        scope = scope if line[0].isspace() else ""
        for name in CALL.findall(line):
            first, dot, rest = name.partition(".")
            if first in NOT_CALLS:
                continue
            resolved = (
                names[first] + dot + rest if first in names else (f"?.{name.rpartition('.')[2]}" if dot else name)
            )
            found.append(Fact("call", resolved, Location(path, number), "", scope))
    return found if any(fact.kind != "call" for fact in found) else []


def uncommented(line: str, quoted: str) -> tuple[str, str]:
    """The line without comment and triple-quoted text, and the quote that is still open after it."""
    out = ""
    while line:
        if quoted:
            _, mark, line = line.partition(quoted)
            if not mark:
                return out, quoted
            quoted = ""
            continue
        match = re.search(r"\"\"\"|'''|#", line)
        if match is None:
            return out + line, ""
        out += line[: match.start()]
        if match[0] == "#":
            return out, ""
        quoted, line = match[0], line[match.end() :]
    return out, quoted


def imports(line: str) -> Iterator[tuple[str, str, str]]:
    """(bound name, what it stands for, full name) of the imports on a line."""
    match = FROM.match(line)
    if match:
        for part in match[2].split(","):
            name, _, alias = part.strip().partition(" as ")
            if name.strip():
                full = f"{match[1]}.{name.strip()}".replace("..", ".") if match[1] != "." else name.strip()
                yield alias.strip() or name.strip(), full, full
        return
    match = IMPORT.match(line)
    for part in match[1].split(",") if match else ():
        name, _, alias = part.strip().partition(" as ")
        if name.strip():
            top = name.strip() if alias else name.strip().partition(".")[0]
            yield alias.strip() or top, top, name.strip()
