"""Finds quickly which of thousands of patterns a name, a path, a call or a configuration value matches."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum
from operator import itemgetter
from typing import Generic, NamedTuple, TypeVar

from readykit.globs import Test, anything, glob, key_glob, path_globs
from readykit.once import Answers

Row = TypeVar("Row")
WORD_END = re.compile(r"[.\-_/\s:\[(]")
FIRST_WORD = re.compile(r"[^*?.\-_/\s:\[(]+(?=[.\-_/\s:\[(]|$)")
"""A word at the start of a name or glob that is plain text as a whole."""
DOTTED = frozenset({"calls", "decorators", "bases"})
"""Kinds whose names are dotted, so that a pattern like `*.log_model` is about the last part."""
GRIPS = (6, 3)
"""Numbers of letters at the start or end of a name by which patterns are found, most first."""
ABSENT = ("None", "False", '""', "''")
WILD = re.compile(r"\[!?\]?[^\]]*\]|[*?\[]")
WILD_KEY = re.compile(r"[*?]")

Ranked = tuple[int, Test, Row]


class Fixed(Enum):
    """Where the plain text of a glob must stand in what it matches."""

    BOTH = "at its start and end"
    START = "at its start"
    NOWHERE = "anywhere"


class Finder(Generic[Row]):
    """Globs, each standing for something. A name meets only those that share its first or last letters.

    What floats between two stars is looked for all at once.
    """

    def __init__(
        self,
        rows: Iterable[tuple[int, str, Row]],
        test: Callable[[str], Test] = glob,
        *,
        wild: re.Pattern[str] = WILD,
        fixed: Fixed = Fixed.BOTH,
        grips: tuple[int, int] = GRIPS,
    ) -> None:
        """Index rows of rank, glob and what it stands for.

        Args:
            rows: what is found comes in the order of ranks.
            test: makes the test of a glob.
            wild: what is no plain text in a glob.
            fixed: where its plain text must stand.
            grips: numbers of letters at the start or end of a name by which globs are found, most first.
        """
        self._grips = grips
        self._exact: dict[str, list[Ranked[Row]]] = {}
        self._ends: dict[str, list[Ranked[Row]]] = {}
        self._starts: dict[str, list[Ranked[Row]]] = {}
        self._floating: list[Ranked[Row]] = []
        self._short: list[Ranked[Row]] = []
        self.every: list[tuple[int, Row]] = []
        """What any name matches, with the ranks; `ranked` gives this very list when there is nothing else."""
        pieces: set[str] = set()
        for rank, pattern, row in rows:
            if fixed is Fixed.BOTH and wild.search(pattern) is None:
                self._exact.setdefault(pattern, []).append((rank, anything, row))
                continue
            texts = wild.split(pattern)
            entry = (rank, test(pattern), row)
            if fixed is Fixed.BOTH and (end := self._grip(texts[-1])):
                self._ends.setdefault(texts[-1][-end:], []).append(entry)
            elif fixed is not Fixed.NOWHERE and (start := self._grip(texts[0])):
                self._starts.setdefault(texts[0][:start], []).append(entry)
            elif self._grip(piece := max(texts, key=len)):
                self._floating.append(entry)
                pieces.add(piece)
            elif pattern == "*":
                self.every.append((rank, row))
            else:
                self._short.append(entry)
        self._any_piece = re.compile("|".join(map(re.escape, sorted(pieces)))) if pieces else None

    def _grip(self, text: str) -> int:
        return next((grip for grip in self._grips if len(text) >= grip), 0)

    def ranked(self, name: str) -> Sequence[tuple[int, Row]]:
        """What the globs stand for that match a name, with their ranks, in order."""
        tried = [*self._short]
        if (found := self._exact.get(name)) is not None:
            tried += found
        more, few = self._grips
        for end in {name[-more:], name[-few:]}:
            if (found := self._ends.get(end)) is not None:
                tried += found
        for start in {name[:more], name[:few]}:
            if (found := self._starts.get(start)) is not None:
                tried += found
        if self._any_piece is not None and self._any_piece.search(name) is not None:
            tried += self._floating
        if not tried:
            return self.every
        matched = [(rank, row) for rank, test, row in tried if test(name)]
        return sorted([*matched, *self.every], key=_rank) if matched else self.every


_rank = itemgetter(0)


class Paths(Generic[Row]):
    """Globs of paths, each standing for something: what a name of a file, or its folders, are a sign of."""

    def __init__(self, rows: Iterable[tuple[str, Row]]) -> None:
        bases: list[tuple[int, str, Row]] = []
        wholes: list[tuple[int, str, Row]] = []
        for rank, (pattern, row) in enumerate(rows):
            whole, globs = path_globs(pattern)
            (wholes if whole else bases).extend((rank, each, row) for each in globs)
        self._wholes = Finder(wholes, grips=(4, 2))
        self._bases = Answers(Finder(bases, grips=(4, 2)).ranked)

    def matching(self, path: str) -> list[Row]:
        """What the globs stand for that a path matches, in their order."""
        found = self._bases[path.rpartition("/")[2]]
        if wholes := self._wholes.ranked(path):
            found = sorted({rank: (rank, row) for rank, row in (*found, *wholes)}.values(), key=_rank)
        return [row for _, row in found]


def names(kind: str, rows: Iterable[tuple[str, Row]], last: Iterable[tuple[str, Row]] = ()) -> Finder[Row]:
    """A finder of the patterns of one kind of trace.

    Those that begin with a word come first, then those that end with one, then the others, then the `last`.
    """
    ordered = []
    for number, (pattern, row) in enumerate(rows):
        bare = plain(kind, pattern)
        ordered.append((_group(kind, bare) << 20 | number, bare, row))
    ordered += [(3 << 20 | number, plain(kind, pattern), row) for number, (pattern, row) in enumerate(last)]
    test, fixed = SPECIAL.get(kind, (glob, Fixed.BOTH))
    return Finder(ordered, test, fixed=fixed)


def plain(kind: str, pattern: str) -> str:
    """The glob of names in a pattern: without the arguments that a call must have, `?.x` as `*.x`."""
    if kind == "packages":
        return package(pattern)
    if kind in ("calls", "decorators"):
        pattern = pattern.partition("(")[0]
        if pattern.startswith("?.") and kind == "calls":
            return f"*{pattern[1:]}"
    return pattern


def package(name: str) -> str:
    """A package name, or a glob of them, as indexes compare names."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _group(kind: str, pattern: str) -> int:
    if FIRST_WORD.match(pattern):
        return 0
    last = pattern.rpartition(".")[2]
    return 1 if kind in DOTTED and "." in pattern and last.isidentifier() else 2


def _module(pattern: str) -> Test:
    """A module, or what is inside it."""
    inside, test = f"{pattern}.", glob(pattern)
    return lambda name: name.startswith(inside) or test(name)


def _image(pattern: str) -> Test:
    """An image of any registry, where the pattern does not begin with its name."""
    test, deeper = glob(pattern), glob(f"*/{pattern}")
    first = first_word(pattern) if FIRST_WORD.match(pattern) else ""
    return lambda name: (not first or first_word(name) == first) and (test(name) or deeper(name))


def first_word(name: str) -> str:
    """The first word of a name, in lower case."""
    return WORD_END.split(name, maxsplit=1)[0].lower()


SPECIAL: dict[str, tuple[Callable[[str], Test], Fixed]] = {
    "imports": (_module, Fixed.START), "images": (_image, Fixed.NOWHERE),
}  # fmt: skip
"""Kinds whose patterns match more than a glob does."""


class Wanted(NamedTuple):
    """An argument that a call must have: any value when `value` is None."""

    keyword: str
    value: Test | None

    def among(self, detail: Mapping[str, str]) -> bool:
        """Whether the arguments of a call have it; a literal `None` or `False` does not count as given."""
        source = detail.get(self.keyword, "None")
        if source in ABSENT:
            return False
        return self.value is None or self.value(source) or self.value(source.strip("\"'"))


def wants(pattern: str) -> tuple[Wanted, ...]:
    """The arguments that a pattern like `load_dataset(revision)` or `log(step=0)` asks for.

    Values are globs over the source text, with its quotes or without.
    """
    found = []
    for wanted in filter(None, pattern.partition("(")[2].rstrip(")").split(",")):
        keyword, equals, value = wanted.strip().partition("=")
        found.append(Wanted(keyword, glob(value) if equals else None))
    return tuple(found)


class Keys(Generic[Row]):
    """Patterns `file-glob:key-glob[=value-glob]` of configuration."""

    def __init__(self, rows: Iterable[tuple[str, Row]]) -> None:
        self._rows = [(*parts(pattern), row) for pattern, row in rows]
        files = dict.fromkeys(file for file, *_ in self._rows)
        self._files = Paths([(form, file) for file in files for form in (file, f"*/{file}")])

    def files(self, path: str) -> frozenset[str]:
        """The globs of files that a path matches."""
        return frozenset(self._files.matching(path))

    def of(self, files: frozenset[str]) -> Finder[tuple[Test | None, Row]]:
        """Finds the patterns of keys that hold in some files; each comes with the test of its value, if it has one."""
        found = []
        for number, (file, key, value, row) in enumerate(self._rows):
            if file in files:
                rank = (tail(key) == "*") << 20 | number
                found.append((rank, key, (glob(value) if value else None, row)))
        return Finder(found, key_glob, wild=WILD_KEY)


def parts(pattern: str) -> tuple[str, str, str]:
    """File, key and value globs of a pattern."""
    file, _, rest = pattern.partition(":")
    key, _, value = rest.partition("=")
    return file, key, value


def tail(key: str) -> str:
    """The last part of a key; `*` when that part of a pattern is not literal."""
    last = key.rpartition(".")[2]
    return last if last.isidentifier() else "*"
