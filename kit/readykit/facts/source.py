"""Other languages, line by line: what their code imports, and where SQL trains or asks models."""

from __future__ import annotations

import re
from collections.abc import Iterator
from sys import intern

from readykit.model import Fact, Location

# `import` of a whole line: what it looks like, and what may stand before it
BLANK = re.compile(r"\s*")
IMPORTS = {
    "scala": (re.compile(r"import[^\S\n]+([\w.]+(?:\{[^{}\n]*\})?)"), BLANK),
    "java": (re.compile(r"import[^\S\n]+(?:static[^\S\n]+)?([\w.]+)"), BLANK),
    "kt": (re.compile(r"import[^\S\n]+([\w.]+)"), BLANK),
    "go": (
        re.compile(r"\"([\w./-]+)\"[^\S\n]*$", re.MULTILINE),
        re.compile(r"\s*(?:import\s+)?(?:\w+\s+)?"),
    ),
    "cs": (re.compile(r"using[^\S\n]+(?:static[^\S\n]+)?([\w.]+)[^\S\n]*;"), re.compile(r"\s*(?:global\s+)?")),
    "rs": (re.compile(r"use[^\S\n]+(\w+(?:::\w+)*)"), re.compile(r"\s*(?:pub\s+)?")),
    "swift": (re.compile(r"import[^\S\n]+([\w.]+)"), BLANK),
    "jl": (re.compile(r"(?:using|import)[^\S\n]+(\w[\w.]*(?:[^\S\n]*,[^\S\n]*\w[\w.]*)*)"), BLANK),
    "cpp": (re.compile(r"#[^\S\n]*include[^\S\n]*[<\"]([\w./-]+)[>\"]"), BLANK),
}
# statements by which a database trains a model, or asks one: `CREATE MODEL a.b`, `ML.PREDICT(MODEL a.b, ...)`
STATEMENTS = re.compile(
    r"\b(?:(create)\s+(?:or\s+replace\s+)?(?:temp\s+)?model\b|ml\s*\.\s*(\w+)\s*\(\s*(?:model|table)\b)", re.IGNORECASE
)
MAY_HOLD = re.compile(r"model|ml *\.", re.IGNORECASE)
DEFINITIONS = {
    "scala": (
        re.compile(r"def[^\S\n]+(\w+)"),
        re.compile(r"\s*(?:(?:override|private|protected|final|implicit|lazy)(?:\[\w+\])?\s+)*"),
    ),
}
# anywhere in a line; a word to look for makes each of them fast
REQUESTS = (
    re.compile(r"from[^\S\n]*[\"']([^\"'\n]+)[\"']"),
    re.compile(r"require\([^\S\n]*[\"']([^\"'\n]+)[\"']"),
)
ALIASES = {"ts": "js", "tsx": "js", "jsx": "js", "mjs": "js", "sc": "scala", "cc": "cpp", "cu": "cpp"}
MARKED = frozenset({"cs", "rs", "swift", "jl", "cpp"})
"""Languages whose packages share names with those of others (`h2o.h` serves web pages): each name says whose it is."""
GROUP = re.compile(r"^[ \t]*import [\w.]+\{[^{}]*\}", re.MULTILINE)
GROUPED = re.compile(r"import [\w.]+\{")
COMMENT = re.compile(r"\s*(#|//|\*|/\*)")


def extract(text: str, path: str) -> list[Fact]:
    """`import` facts, for Scala `def` facts as well, and of SQL the `call` facts of models."""
    suffix = path.rpartition(".")[2].lower()
    language = ALIASES.get(suffix, suffix)
    if language == "sql":
        return list(statements(text, path))
    if GROUPED.search(text):  # a group that goes over several lines is read where it begins
        text = GROUP.sub(lambda match: " ".join(match[0].split()) + "\n" * match[0].count("\n"), text)
    rows = [(match, "import") for match in (opening(text, *IMPORTS[language]) if language in IMPORTS else asked(text))]
    if language in DEFINITIONS:
        rows += [(match, "def") for match in opening(text, *DEFINITIONS[language])]
        rows.sort(key=lambda row: row[0].start())
    found: list[Fact] = []
    line, before = 1, 0
    detail = {"language": language}
    for match, kind in rows:
        line += text.count("\n", before, match.start())
        before = match.start()
        names = [(match[1], "function")] if kind == "def" else [*imported(match[1])]
        if language in MARKED:
            names = [(f"{language}:{re.sub('/|::', '.', name)}", value) for name, value in names]
        found += [Fact(kind, intern(name), Location(path, line), intern(value), "", detail) for name, value in names]
    return found


def statements(text: str, path: str) -> Iterator[Fact]:
    """Calls of a database's own models: `sql.create_model`, `sql.ml.predict`."""
    detail = {"language": "sql"}
    for match in STATEMENTS.finditer(re.sub(r"--[^\n]*", "", text) if MAY_HOLD.search(text) else ""):
        name = "sql.create_model" if match[1] else f"sql.ml.{match[2].lower()}"
        yield Fact("call", intern(name), Location(path, match.string.count("\n", 0, match.start()) + 1), "", "", detail)


def opening(text: str, pattern: re.Pattern[str], before: re.Pattern[str]) -> Iterator[re.Match[str]]:
    """The first match of each line, where nothing but `before` stands between the line's beginning and it."""
    end = -1
    for match in pattern.finditer(text):
        if match.start() > end:
            begin = text.rfind("\n", 0, match.start()) + 1
            end = text.find("\n", match.end())
            end = len(text) if end < 0 else end
            if before.fullmatch(text, begin, match.start()):
                yield match


def asked(text: str) -> Iterator[re.Match[str]]:
    """The packages that JavaScript asks for, in the order of the text, those in comments left out."""
    end = begin = -1
    comment = False
    for match in sorted((m for pattern in REQUESTS for m in pattern.finditer(text)), key=lambda m: m.start()):
        if match.start() < end:
            continue
        if (start := text.rfind("\n", max(begin, 0), match.start()) + 1) > begin:
            begin, comment = start, bool(COMMENT.match(text, start))
        if not comment:
            end = match.end()
            yield match


def imported(text: str) -> Iterator[tuple[str, str]]:
    """The full name and the short one of what an import names; Scala groups them: `a.b.{C, D => E, _}`.

    Julia names several after one another.
    """
    if "," in text and "{" not in text:
        yield from ((name.strip(), name.strip()) for name in text.split(","))
        return
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
