"""Other languages, line by line: packages that Scala, Java, JavaScript, TypeScript and Go code imports."""

from __future__ import annotations

import re
from collections.abc import Iterator

from readykit.model import Fact, Location

IMPORTS = {
    "scala": r"^\s*import\s+([\w.]+(?:\{[^}\n]*\})?)",
    "java": r"^\s*import\s+(?:static\s+)?([\w.]+)",
    "kt": r"^\s*import\s+([\w.]+)",
    "js": r"(?:from|require\()\s*[\"']([^\"']+)[\"']",
    "go": r"^\s*(?:import\s+)?(?:\w+\s+)?\"([\w./-]+)\"\s*$",
}
ALIASES = {"ts": "js", "tsx": "js", "jsx": "js", "mjs": "js", "sc": "scala"}
DEFINITIONS = {
    "scala": r"^\s*(?:(?:override|private|protected|final|implicit|lazy)(?:\[\w+\])?\s+)*def\s+(\w+)",
}
GROUP = re.compile(r"^[ \t]*import [\w.]+\{[^}]*\}", re.MULTILINE)
COMMENT = re.compile(r"^\s*(#|//|\*|/\*)")


def extract(text: str, path: str) -> list[Fact]:
    """`import` facts, and for Scala `def` facts."""
    suffix = path.rpartition(".")[2].lower()
    language = ALIASES.get(suffix, suffix)
    pattern = re.compile(IMPORTS[language])
    found: list[Fact] = []
    # a group that goes over several lines is read where it begins
    text = GROUP.sub(lambda match: " ".join(match[0].split()) + "\n" * match[0].count("\n"), text)
    for number, line in enumerate(text.split("\n"), 1):
        if COMMENT.match(line):
            continue
        at = Location(path, number)
        defined = re.match(DEFINITIONS[language], line) if language in DEFINITIONS else None
        if defined:
            found.append(Fact("def", defined[1], at, "function", "", {"language": language}))
        for groups in pattern.findall(line):
            for name, bound in imported(groups):
                found.append(Fact("import", name, at, bound, "", {"language": language}))
    return found


def imported(text: str) -> Iterator[tuple[str, str]]:
    """The full name and the short one of what an import names; Scala groups them: `a.b.{C, D => E, _}`."""
    package, group, inside = text.partition("{")
    if not group:
        yield text.removesuffix("._"), text.removesuffix("._")
        return
    package = package.rstrip(".")
    yield package, package
    for part in inside.rstrip("} ").split(","):
        name, _, other = (word.strip() for word in part.partition("=>"))
        if re.fullmatch(r"\w+", name) and name != "_" and other != "_":
            yield f"{package}.{name}", other or name
