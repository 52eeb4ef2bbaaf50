"""What a Python file says by its lines, without a syntax tree: for trees so large that parsing every file never pays.

A few expressions run over the whole text, each beginning with a plain character, and code looks only at what they
stop at. Told are imports, definitions, decorators, the `__main__` guard, and every name of the file as a reference.
"""

from __future__ import annotations

import keyword
import re
from bisect import bisect_left
from collections.abc import Iterator
from operator import itemgetter
from sys import intern
from typing import NamedTuple

from readykit.facts.pyscope import imported_names
from readykit.model import NOTHING, Fact, Location

_new = tuple.__new__
QUOTED = re.compile(
    r"(\"(?:[^\"\\\n]++\"|\"\"[^\"\\]*+(?:(?:\\.|\"(?!\"\"))[^\"\\]*+)*+(?:\"\"\")?|[^\"\\\n]*+(?:\\.[^\"\\\n]*+)*+\"?)"
    r"|'(?:[^'\\\n]++'|''[^'\\]*+(?:(?:\\.|'(?!''))[^'\\]*+)*+(?:''')?|[^'\\\n]*+(?:\\.[^'\\\n]*+)*+'?)"
    r"|#[^\n]*+|\x00(?!)|\x7f(?!))",
    re.DOTALL,
)
"""Strings and comments. The last two never match: where one of five characters may begin, `re` looks for it in a table,
where one of three may, by comparing, and that takes twice as long."""
IMPORT = re.compile(r"import\b")
HEAD = re.compile(r"[\n;:]?([ \t]*)(?:from\b((?:[ \t\w.]|\\\n)*))?")
OPENING = re.compile(r"(?:[ \t]|\\\n)*\(")
BLANK = re.compile(r"[\s\\]+")
ALIAS = re.compile(r"([\w.]+|\*)(?: as (\w+))?")
LINE = re.compile(
    r"\n([ \t]*+)(?=[@acdeftwim])(?:(async[ \t]+def|def|class)[ \t]+(\w+)[ \t]*(?:\(([^()\n]*))?|@[ \t]*([\w.]+)"
    r"|(if|elif|else|try|except|finally|for|while|with|match)\b"
    r"|(?:from[ \t]+([\w.]{1,1000})[ \t]+)?import\b[ \t]*(?:\(([^()]{0,19000}+)\)|([^\n;\\(]{0,19000}+)(?=\n|\Z)))"
)
"""The beginnings of lines that matter, and whole import statements of the usual forms."""
KEYWORD = 6
"""The group of what only opens a block; those of imports come behind it."""
MAIN = re.compile(r"[ \t(]*(?:__name__\s*==|\"\"\s*==\s*__name__\b)(?![^\n]*\b(?:and|or)\b)")
WORDS = bytes(code if code > 127 or chr(code).isalnum() or chr(code) == "_" else 32 for code in range(256))
"""A translation that leaves the words of a text in UTF-8, and blanks between them."""
KEYWORDS = frozenset(keyword.kwlist)
WINDOW = 200
"""Characters of a condition in which `__name__` is looked for."""
BEFORE = 2_000
"""Characters of `from ...` and of what may stand before a statement on its line."""
LONGEST = 20_000
"""Characters of one import statement."""
PLAIN = re.compile(r"property|staticmethod|classmethod|.*\.setter|.*abstractmethod|.*no_grad|.*overload|.*wraps")
"""Decorators that nobody asks for."""


class Statement(NamedTuple):
    """An import statement: the part of the code that it is, and (bound name, what it stands for, name) of each name."""

    start: int
    end: int
    names: list[tuple[str, str, str]]


def skim(text: str, path: str, every: bool = True) -> list[Fact]:
    """Read a Python file by its lines.

    Args:
        text: the file, whatever its version of Python, whole or broken.
        path: where it stands.
        every: whether to tell of methods that are no tests and of the plainest decorators too: there are tens of
            thousands in a large tree, and nobody asks for them.

    Returns:
        `import`, `def`, `decorator` and `guard` facts in the order of lines, and one `refs` fact in which every name
        that the file uses belongs to its top; so nothing that is used counts as dead.
    """
    return Skimmer(text, path, every).read()


class Skimmer:
    """Reads one file."""

    def __init__(self, text: str, path: str, every: bool) -> None:
        self.path, self.every = path, every
        self.code, self.filled = blanked(text)
        found = [(match.lastindex or 0, match) for match in LINE.finditer(self.code)]
        self.lines = [match for group, match in found if group <= KEYWORD]
        whole = (match for group, match in found if group > KEYWORD and self.code[match.start() - 1] != "\\")
        self.imports = [statement(match) for match in whole]
        if len(self.imports) != len(IMPORT.findall(self.code)):  # some stand behind other code or have unusual forms
            self.imports = list(self._imports())
        self.known = {match[3]: match[3] for match in self.lines if match[3] and not match[1]}
        for one in self.imports:
            self.known.update((bound, target) for bound, target, _ in one.names)
        self.facts: list[Fact] = []
        self.open: list[tuple[int, str]] = []
        self.above: list[tuple[str, Location]] = []
        self.line, self.past = 0, 0

    def read(self) -> list[Fact]:
        """All facts in the order of their lines, and the references."""
        rows: list[tuple[int, re.Match[str] | Statement]] = [(match.end(1), match) for match in self.lines]
        rows += [(found.start, found) for found in self.imports]
        rows.sort(key=itemgetter(0))
        for place, row in rows:
            if isinstance(row, Statement):
                scope, at = self._scope(self._indent(place)), self._at(place, row.end)
                for bound, _, name in row.names:
                    self.facts.append(_new(Fact, ("import", intern(name), *at, intern(bound), scope, NOTHING)))
            elif row.lastindex == KEYWORD:
                if self.open:
                    self._scope(width(row[1]))  # definitions end with what stands no further right than they
                if row[6] == "if" and MAIN.match(self.code, row.end(), row.end() + WINDOW):
                    self.facts.append(Fact("guard", "__main__", self._at(place), "", self._scope(width(row[1]))))
            elif row[5]:
                self.above.append((row[5], self._at(place)))
            else:
                self._defined(row, width(row[1]))
        return [*self.facts, Fact("refs", "", Location(self.path, 1), "", "", {"": " ".join(self._used())})]

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

    def _defined(self, row: re.Match[str], indent: int) -> None:
        """A function or class with its decorators."""
        scope, name = self._scope(indent), row[3]
        qualname = f"{scope}.{name}" if scope else name
        self.open.append((indent, qualname))
        above, self.above = self.above, []
        for decorator, place in above:
            called = self._resolved(decorator)
            if self.every or not PLAIN.fullmatch(called):
                self.facts.append(Fact("decorator", called, place, "", qualname))
        if not (self.every or not scope or name.startswith("test")):
            return
        at = self._at(row.end(1))
        given = " ".join((row[4] or "").split())
        if row[2] == "class":
            bases = (part.strip() for part in given.split(","))
            detail = {"bases": ",".join(self._resolved(base, "") for base in bases if base and "=" not in base)}
        else:
            detail = {"args": intern(given)}
        kind = "class" if row[2] == "class" else "function" if row[2] == "def" else "async"
        detail["decorators"] = ",".join([self._resolved(decorator, "") for decorator, _ in above])
        self.facts.append(_new(Fact, ("def", intern(qualname), *at, kind, scope, detail)))

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
        spans = [(found.start, found.end) for found in self.imports]
        spans += [match.span(3) for match in self.lines if match.lastindex in (3, 4)]
        spans.sort()
        pieces, past = self.filled, 0
        for start, end in spans:
            pieces.append(self.code[past:start])
            past = end
        pieces.append(self.code[past:])
        plain = " ".join(pieces).encode("utf-8", "surrogatepass").translate(WORDS).decode("utf-8", "surrogatepass")
        found = set(plain.split()) - KEYWORDS
        found |= {self.known[word].rpartition(".")[2] for word in found & self.known.keys()}
        words = sorted(found)
        if plain.isascii():
            return words[bisect_left(words, "A") :]  # numbers come first
        return [word for word in words if word.isidentifier()]


def blanked(text: str) -> tuple[str, list[str]]:
    """The code of a file without its comments and strings, and the strings that are filled with names.

    The code begins with a line end, so that every line has one before it.
    """
    parts = QUOTED.split(text)
    filled: list[str] = []
    for at in range(1, len(parts), 2):
        part = parts[at]
        if part[0] == "#":
            parts[at] = ""
            continue
        if "{" in part and "f" in parts[at - 1][-2:].lower():
            filled.append(part)
        parts[at] = '""' + "\n" * part.count("\n") if "\n" in part else '""'
    return "\n" + "".join(parts), filled


def statement(match: re.Match[str]) -> Statement:
    """An import statement of a usual form."""
    clause = match[8] if match[8] is not None else match[9]
    pairs: list[tuple[str, str | None]] = []
    for part in clause.split(","):
        name = part.strip()
        if name.isidentifier():
            pairs.append((name, None))
        elif alias := ALIAS.fullmatch(BLANK.sub(" ", part).strip()):
            pairs.append((alias[1], alias[2]))
    return Statement(match.end(1), match.end(), list(imported_names(match[7], pairs)))


def width(blanks: str) -> int:
    """How far an indentation goes; a tab goes to the next multiple of eight."""
    return len(blanks) if "\t" not in blanks else len(blanks.expandtabs())
