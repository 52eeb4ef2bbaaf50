"""Finds quickly which of thousands of patterns a name, a path, a call or a configuration value matches."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum
from operator import itemgetter
from typing import Generic, NamedTuple, TypeVar

from readykit.globs import WILD, Test, glob, key_glob, path_globs
from readykit.once import Answers

Row = TypeVar("Row")
WORD_END = re.compile(r"[.\-_/\s:\[(]")
FIRST_WORD = re.compile(r"[^*?.\-_/\s:\[(]+(?=[.\-_/\s:\[(]|$)")
"""A word at the start of a name or glob that is plain text as a whole."""
DOTTED = frozenset({"calls", "decorators", "bases"})
"""Kinds whose names are dotted, so that a pattern like `*.log_model` is about the last part."""
GRIPS = (6, 4, 3, 2)
"""Numbers of letters at the start or end of a name by which patterns are found, most first."""
PIECE = 3
"""Letters at least of a plain text that is looked for anywhere in a name."""
ABSENT = ("None", "False", '""', "''")
NUMBERED = re.compile(r"\[[1-9?]")
WILD_KEY = re.compile(r"[*?]")

Ranked = tuple[int, Test, Row]


class Fixed(Enum):
    """Where the plain text of a glob must stand in what it matches."""

    BOTH = "at its start and end"
    START = "at its start"
    NOWHERE = "anywhere"


class Layout(NamedTuple):
    """Which globs a name has to be tried with, by their numbers; plain values, for they can be kept.

    `exact` are plain text; `ends` and `starts` go by their last or first letters; `floating` by a text that has to be
    in the name; `every` match whatever it is, and the `short` have nothing to go by.
    """

    ranks: list[int]
    globs: list[str]
    exact: dict[str, list[int]]
    ends: dict[str, list[int]]
    starts: dict[str, list[int]]
    floating: dict[str, list[int]]
    short: list[int]
    every: list[int]


def laid_out(
    rows: Iterable[tuple[int, str]],
    *,
    wild: re.Pattern[str] = WILD,
    fixed: Fixed = Fixed.BOTH,
    grips: tuple[int, ...] = GRIPS,
) -> Layout:
    """Lay out globs by what is plain text in them.

    Args:
        rows: rank and glob; what is found comes in the order of ranks.
        wild: what is no plain text in a glob.
        fixed: where its plain text must stand.
        grips: numbers of letters at the start or end of a name by which globs are found, most first.
    """
    found = Layout([], [], {}, {}, {}, {}, [], [])
    for number, (rank, pattern) in enumerate(rows):
        found.ranks.append(rank)
        found.globs.append(pattern)
        if fixed is Fixed.BOTH and wild.search(pattern) is None:
            found.exact.setdefault(pattern, []).append(number)
            continue
        texts = wild.split(pattern)
        end = _grip(texts[-1], grips) if fixed is Fixed.BOTH else 0
        start = _grip(texts[0], grips) if fixed is not Fixed.NOWHERE else 0
        piece = max(texts, key=len)
        if max(start, end) < PIECE <= len(piece):  # few names share what is long
            found.floating.setdefault(piece, []).append(number)
        elif end and (end, len(texts[-1])) >= (start, len(texts[0])):
            found.ends.setdefault(texts[-1][-end:], []).append(number)
        elif start:
            found.starts.setdefault(texts[0][:start], []).append(number)
        else:
            (found.every if pattern == "*" else found.short).append(number)
    return found


def _grip(text: str, grips: tuple[int, ...]) -> int:
    return next((grip for grip in grips if len(text) >= grip), 0)


class Finder(Generic[Row]):
    """Globs, each standing for something. A name meets only those that share its first or last letters.

    The test of a glob is made when a name meets it.
    """

    def __init__(
        self,
        layout: Layout,
        row: Callable[[int], Row],
        test: Callable[[str], Test] = glob,
        *,
        grips: tuple[int, ...] = GRIPS,
    ) -> None:
        """Be ready to find.

        Args:
            layout: the globs, as `laid_out` with the same grips.
            row: what a glob stands for, by its number.
            test: makes the test of a glob.
            grips: numbers of letters at the start or end of a name by which globs are found, most first.
        """
        self._layout = layout
        self._grips = grips
        ranks, globs = layout.ranks, layout.globs
        self._entries: Answers[int, Ranked[Row]] = Answers(lambda n: (ranks[n], test(globs[n]), row(n)))
        self.every: list[tuple[int, Row]] = [(ranks[number], row(number)) for number in layout.every]
        """What any name matches, with the ranks; `ranked` gives this very list when there is nothing else."""
        self._floating = list(layout.floating.items())

    @classmethod
    def of(
        cls,
        rows: Iterable[tuple[int, str, Row]],
        test: Callable[[str], Test] = glob,
        *,
        wild: re.Pattern[str] = WILD,
        fixed: Fixed = Fixed.BOTH,
        grips: tuple[int, ...] = GRIPS,
    ) -> Finder[Row]:
        """A finder for rows of rank, glob and what it stands for; see `laid_out`."""
        every = list(rows)
        layout = laid_out([(rank, pattern) for rank, pattern, _ in every], wild=wild, fixed=fixed, grips=grips)
        return cls(layout, lambda number: every[number][2], test, grips=grips)

    def ranked(self, name: str) -> Sequence[tuple[int, Row]]:
        """What the globs stand for that match a name, with their ranks, in order."""
        layout = self._layout
        tried = [*layout.short]
        if (found := layout.exact.get(name)) is not None:
            tried += found
        ends, starts, size = layout.ends, layout.starts, len(name)
        for grip in self._grips:
            if grip <= size:
                if (found := ends.get(name[-grip:])) is not None:
                    tried += found
                if (found := starts.get(name[:grip])) is not None:
                    tried += found
        for piece, numbers in self._floating:
            if piece in name:
                tried += numbers
        if not tried:
            return self.every
        entries = self._entries
        matched = [(rank, row) for rank, test, row in [entries[number] for number in tried] if test(name)]
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
        self._wholes = Finder.of(wholes, grips=(8, 4, 2))
        self._bases = Answers(Finder.of(bases, grips=(8, 4, 2)).ranked)

    def matching(self, path: str) -> list[Row]:
        """What the globs stand for that a path matches, in their order."""
        found = self._bases[path.rpartition("/")[2]]
        if wholes := self._wholes.ranked(path):
            found = sorted({rank: (rank, row) for rank, row in (*found, *wholes)}.values(), key=_rank)
        return [row for _, row in found]


def names(kind: str, rows: Iterable[tuple[str, Row]], last: Iterable[tuple[str, Row]] = ()) -> Finder[Row]:
    """A finder of the patterns of one kind of trace; see `ordered`."""
    first, after = list(rows), list(last)
    every = [row for _, row in (*first, *after)]
    return finder(kind, ordered(kind, [pattern for pattern, _ in first], [p for p, _ in after]), every.__getitem__)


def ordered(kind: str, patterns: Iterable[str], last: Iterable[str] = ()) -> Layout:
    """The patterns of one kind of trace, laid out for a `finder`.

    Those that begin with a word come first, then those that end with one, then the others, then the `last`.
    """
    rows = []
    for number, pattern in enumerate(patterns):
        bare = plain(kind, pattern)
        rows.append((_group(kind, bare) << 20 | number, bare))
    rows += [(3 << 20 | number, plain(kind, pattern)) for number, pattern in enumerate(last)]
    return laid_out(rows, fixed=SPECIAL.get(kind, (glob, Fixed.BOTH))[1])


def finder(kind: str, layout: Layout, row: Callable[[int], Row]) -> Finder[Row]:
    """A finder of the patterns of one kind of trace, by their layout and by what each stands for."""
    return Finder(layout, row, SPECIAL.get(kind, (glob, Fixed.BOTH))[0])


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
        self.alike = not any(NUMBERED.search(key) for _, key, *_ in self._rows)
        """Whether the patterns of keys tell no item of a list from another, but for the first."""
        files = dict.fromkeys(file for file, *_ in self._rows)
        self._files = Paths([(form, file) for file in files for form in (file, f"*/{file}")])

    def files(self, path: str) -> frozenset[str]:
        """The globs of files that a path matches."""
        return frozenset(self._files.matching(path))

    def of(self, files: frozenset[str]) -> Finder[tuple[Test | None, Row]]:
        """Finds the patterns of keys that hold in some files; each comes with the test of its value, if it has one."""
        those = [number for number, row in enumerate(self._rows) if row[0] in files]
        keys = [self._rows[number][1] for number in those]
        layout = laid_out([((tail(key) == "*") << 20 | n, key) for n, key in enumerate(keys)], wild=WILD_KEY)

        def row(number: int) -> tuple[Test | None, Row]:
            _, _, value, stands_for = self._rows[those[number]]
            return (glob(value) if value else None), stands_for

        return Finder(layout, row, key_glob)


def parts(pattern: str) -> tuple[str, str, str]:
    """File, key and value globs of a pattern."""
    file, _, rest = pattern.partition(":")
    key, _, value = rest.partition("=")
    return file, key, value


def tail(key: str) -> str:
    """The last part of a key; `*` when that part of a pattern is not literal."""
    last = key.rpartition(".")[2]
    return last if last.isidentifier() else "*"
