"""What a Python file says by its lines, without a syntax tree: for trees so large that parsing every file never pays.

A few expressions run over the whole text, each beginning with a plain character, and code looks only at what they
stop at. Told are imports, definitions, decorators, the `__main__` guard, and every name of the file as a reference.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator
from dataclasses import dataclass
from operator import itemgetter

from readykit.facts.pyscope import imported_names
from readykit.model import Fact, Location

QUOTED = re.compile(
    r"\"\"\"[^\"\\]*+(?:(?:\\.|\"(?!\"\"))[^\"\\]*+)*+(?:\"\"\")?"
    r"|'''[^'\\]*+(?:(?:\\.|'(?!''))[^'\\]*+)*+(?:''')?"
    r"|\"[^\"\\\n]*+(?:\\.[^\"\\\n]*+)*+\"?"
    r"|'[^'\\\n]*+(?:\\.[^'\\\n]*+)*+'?"
    r"|#[^\n]*+",
    re.DOTALL,
)
IMPORT = re.compile(r"import\b")
HEAD = re.compile(r"[\n;:]?([ \t]*)(?:from\b((?:[ \t\w.]|\\\n)*))?")
OPENING = re.compile(r"(?:[ \t]|\\\n)*\(")
BLANK = re.compile(r"[\s\\]+")
ALIAS = re.compile(r"([\w.]+|\*)(?: as (\w+))?")
LINE = re.compile(
    r"\n([ \t]*)(?=[@acdeftwim])(?:(async[ \t]+def|def|class)[ \t]+(\w+)[ \t]*(?:\(([^()\n]*))?|@[ \t]*([\w.]+)"
    r"|(if|elif|else|try|except|finally|for|while|with|match)\b)"
)
MAIN = re.compile(r"[ \t(]*(?:__name__\s*==|\"\"\s*==\s*__name__\b)(?![^\n]*\b(?:and|or)\b)")
WORDS = {code: " " for code in range(128) if not (chr(code).isalnum() or chr(code) == "_")}
"""A translation that leaves the words of a text, and blanks between them."""
KEYWORDS = frozenset(keyword.kwlist)
WINDOW = 200
"""Characters of a condition in which `__name__` is looked for."""
BEFORE = 2_000
"""Characters of `from ...` and of what may stand before a statement on its line."""
LONGEST = 20_000
"""Characters of one import statement."""


@dataclass(frozen=True, slots=True)
class Statement:
    """An import statement: the part of the code that it is, and (bound name, what it stands for, name) of each name."""

    start: int
    end: int
    names: list[tuple[str, str, str]]


def skim(text: str, path: str) -> list[Fact]:
    """Read a Python file by its lines.

    Args:
        text: the file, whatever its version of Python, whole or broken.
        path: where it stands.

    Returns:
        `import`, `def`, `decorator` and `guard` facts in the order of lines, and one `refs` fact in which every name
        that the file uses belongs to its top; so nothing that is used counts as dead.
    """
    return Skimmer(text, path).read()


class Skimmer:
    """Reads one file; its code begins with a line end, so that every line has one before it."""

    def __init__(self, text: str, path: str) -> None:
        self.path = path
        self.filled: list[str] = []
        self.code = "\n" + QUOTED.sub(self._blank, text)
        self.lines = list(LINE.finditer(self.code))
        self.imports = list(self._imports())
        self.known = {match[3]: match[3] for match in self.lines if match[3] and not match[1]}
        for statement in self.imports:
            self.known.update((bound, target) for bound, target, _ in statement.names)
        self.facts: list[Fact] = []
        self.open: list[tuple[int, str]] = []
        self.above: list[tuple[str, Location]] = []
        self.line, self.past = 0, 0

    def read(self) -> list[Fact]:
        """All facts in the order of their lines, and the references."""
        rows: list[tuple[int, re.Match[str] | Statement]] = [(match.end(1), match) for match in self.lines]
        rows += [(statement.start, statement) for statement in self.imports]
        for place, row in sorted(rows, key=itemgetter(0)):
            if isinstance(row, Statement):
                scope, at = self._scope(self._indent(place)), self._at(place, row.end)
                self.facts += [Fact("import", name, at, bound, scope) for bound, _, name in row.names]
                continue
            indent = width(row[1])
            if row[5]:
                self.above.append((row[5], self._at(place)))
                continue
            scope = self._scope(indent)
            if row[3]:
                self._defined(row, scope, indent)
                continue
            self.open.append((indent, scope))
            if row[6] == "if" and MAIN.match(self.code, row.end(), row.end() + WINDOW):
                self.facts.append(Fact("guard", "__main__", self._at(place), "", scope))
        return [*self.facts, Fact("refs", "", Location(self.path, 1), "", "", {"": " ".join(self._used())})]

    def _blank(self, match: re.Match[str]) -> str:
        """What stands for a comment or a string; names that a string is filled with are kept aside."""
        found = match[0]
        if found[0] == "#":
            return ""
        if "{" in found and "f" in match.string[max(0, match.start() - 2) : match.start()].lower():
            self.filled.append(found)
        return '""' + "\n" * found.count("\n")

    def _imports(self) -> Iterator[Statement]:
        past = 0
        for match in IMPORT.finditer(self.code):
            first = max(past, match.start() - BEFORE)
            start = max(self.code.rfind("\n", first, match.start()), first)
            if start > first and self.code[start - 1] == "\\":
                start = max(self.code.rfind("\n", first, start), first)
            head = HEAD.fullmatch(self.code, start, match.start())
            if head is None:  # behind another statement
                start = max(self.code.rfind(mark, first, match.start()) for mark in ";:")
                head = HEAD.fullmatch(self.code, max(start, first), match.start())
            if head is None:
                continue
            base = BLANK.sub("", head[2]) if head[2] is not None else None
            end, clause = self._clause(match.end())
            pairs = (ALIAS.fullmatch(part.strip()) for part in BLANK.sub(" ", clause).split(","))
            names = list(imported_names(base, ((pair[1], pair[2]) for pair in pairs if pair)))
            if names:
                yield Statement(head.end(1), end, names)
                past = end

    def _clause(self, start: int) -> tuple[int, str]:
        """Where the names of an import statement end, and their text."""
        code = self.code
        opening = OPENING.match(code, start)
        if opening:
            end = code.find(")", start, start + LONGEST)
            return (end + 1, code[opening.end() : end]) if end >= 0 else (start, "")
        end = code.find("\n", start, start + LONGEST)
        while end > 0 and code[end - 1] == "\\":
            end = code.find("\n", end + 1, start + LONGEST)
        end = end if end >= 0 else min(len(code), start + LONGEST)
        clause = code[start:end].partition(";")[0]
        return start + len(clause), clause

    def _defined(self, row: re.Match[str], scope: str, indent: int) -> None:
        """A function or class with its decorators."""
        qualname = f"{scope}.{row[3]}".lstrip(".")
        at = self._at(row.end(1))
        for name, place in self.above:
            self.facts.append(Fact("decorator", self._resolved(name), place, "", qualname))
        named = ",".join(self._resolved(name, "") for name, _ in self.above)
        given = " ".join((row[4] or "").split())
        if row[2] == "class":
            bases = (part.strip() for part in given.split(","))
            detail = {"bases": ",".join(self._resolved(base, "") for base in bases if base and "=" not in base)}
        else:
            detail = {"args": given}
        kind = "class" if row[2] == "class" else "function" if row[2] == "def" else "async"
        self.facts.append(Fact("def", qualname, at, kind, scope, {**detail, "decorators": named}))
        self.above = []
        self.open.append((indent, qualname))

    def _scope(self, indent: int) -> str:
        """The definition that what is indented so far belongs to; what has ended before it is closed."""
        while self.open and self.open[-1][0] >= indent:
            self.open.pop()
        return self.open[-1][1] if self.open else ""

    def _indent(self, place: int) -> int:
        """The indentation of the line on which a place is."""
        line = self.code[self.code.rfind("\n", 0, place) + 1 : place]
        return width(line[: len(line) - len(line.lstrip())])

    def _at(self, place: int, end: int = 0) -> Location:
        """The lines of a place; asked for rising places."""
        self.line += self.code.count("\n", self.past, place)
        self.past = place
        more = self.code.count("\n", place, end) if end else 0
        return Location(self.path, self.line, self.line + more if more else 0)

    def _resolved(self, name: str, unknown: str = "?.") -> str:
        """What a dotted name stands for; the mark of an unknown one is put before its last part."""
        first, dot, rest = name.partition(".")
        if first in self.known:
            return self.known[first] + dot + rest
        return f"{unknown}{rest.rpartition('.')[2]}" if dot and unknown else name

    def _used(self) -> list[str]:
        """The names of the file, without those that only stand in an import or behind `def`."""
        spans = [(statement.start, statement.end) for statement in self.imports]
        spans += [match.span(3) for match in self.lines if match[3]]
        pieces, past = self.filled, 0
        for start, end in sorted(spans):
            pieces.append(self.code[past:start])
            past = end
        found = set(" ".join([*pieces, self.code[past:]]).translate(WORDS).split())
        words = {word for word in found if word.isidentifier()} - KEYWORDS
        words |= {self.known[word].rpartition(".")[2] for word in words & self.known.keys()}
        return sorted(words)


def width(blanks: str) -> int:
    """How far an indentation goes; a tab goes to the next multiple of eight."""
    return len(blanks) if "\t" not in blanks else len(blanks.expandtabs())
