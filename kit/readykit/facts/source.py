"""Other languages, line by line: packages that R, Scala, Java, JavaScript, TypeScript and Go code imports."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from readykit.model import Fact, Location

IMPORTS = {
    "r": r"(?:library|require|requireNamespace)\(\s*[\"']?([\w.]+)|\b([a-zA-Z][\w.]+)::(?=\w)",
    "scala": r"^\s*import\s+([\w.]+)",
    "java": r"^\s*import\s+(?:static\s+)?([\w.]+)",
    "kt": r"^\s*import\s+([\w.]+)",
    "js": r"(?:from|require\()\s*[\"']([^\"']+)[\"']",
    "go": r"^\s*(?:import\s+)?(?:\w+\s+)?\"([\w./-]+)\"\s*$",
}
ALIASES = {"ts": "js", "tsx": "js", "jsx": "js", "mjs": "js", "rmd": "r", "qmd": "r", "sc": "scala"}
DEFINITIONS = {
    "r": r"^\s*([a-zA-Z][\w.]*)\s*(?:<-|=)\s*function\s*\(",
    "scala": r"^\s*(?:(?:override|private|protected|final|implicit|lazy)(?:\[\w+\])?\s+)*def\s+(\w+)",
}
COMMENT = re.compile(r"^\s*(#|//|\*|/\*)")
LONGEST_SNIPPET, FOLLOWING = 80, 3
CALL = re.compile(r"(?<![\w.])([A-Za-z_][\w.]*(?:::?:?[\w.]+)?)\s*\(")


def extract(text: str, path: str) -> list[Fact]:
    """`import` facts, for R and Scala `def` facts, and for R also `call` facts as `package::function` or `function`."""
    suffix = path.rpartition(".")[2].lower()
    language = ALIASES.get(suffix, suffix)
    pattern = re.compile(IMPORTS[language])
    found: list[Fact] = []
    lines = text.split("\n")
    for number, line in enumerate(lines, 1):
        if COMMENT.match(line):
            continue
        at = Location(path, number)
        defined = re.match(DEFINITIONS[language], line) if language in DEFINITIONS else None
        if defined:
            found.append(Fact("def", defined[1], at, "function", "", {"language": language}))
        for groups in pattern.findall(line):
            name = groups if isinstance(groups, str) else next(filter(None, groups), "")
            found.append(Fact("import", name, at, name, "", {"language": language}))
        if language == "r":
            found.extend(called(line.split("#")[0], at, lines[number : number + FOLLOWING]))
    return found


def called(line: str, at: Location, after: Sequence[str]) -> Iterator[Fact]:
    """The calls of a line of R, each with the beginning of what it is given, here or on the lines after."""
    for match in CALL.finditer(line):
        given = " ".join((line[match.end() :], *after)).strip()[:LONGEST_SNIPPET]
        yield Fact("call", match[1], at, "", "", {"language": "r", "given": given} if given else {"language": "r"})
