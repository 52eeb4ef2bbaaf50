"""The names and values of a repository's facts, each different one once: what a pattern is asked of.

Dozens of questions are put to the same thousands of texts, and for each project of a repository anew. Here each
question is answered once a repository, and a pattern is asked only of texts that hold a word it needs.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import accumulate, filterfalse
from operator import attrgetter
from typing import TYPE_CHECKING, Generic, TypeVar

from readykit.globs import glob, is_glob
from readykit.literals import held, lowered
from readykit.once import Answers

if TYPE_CHECKING:
    from readykit.model import Fact
    from readykit.repo import Repo

SHORT = 40_000
"""Characters that a pattern looks through as quickly as it is taken apart."""
NAME, VALUE = attrgetter("name"), attrgetter("value")

Row = TypeVar("Row")
needed = Answers(held)
_alone: list[tuple[int]] = []


def alone(most: int) -> Iterable[tuple[int]]:
    """The numbers from 0 on, that many or more, each by itself: the same objects each time.

    A large tree has millions of them, and most texts stand in one place: all indexes share what says so.
    """
    _alone.extend((number,) for number in range(len(_alone), most))
    return _alone


class Texts(Generic[Row]):
    """Different texts, and the rows (facts, mostly) that have them."""

    def __init__(self, rows: Sequence[Row], places: Mapping[str, Sequence[int]]) -> None:
        """`places` says by text which of the rows have it."""
        self.rows = rows
        self.places = places
        self._answers: dict[re.Pattern[str], list[Row]] = {}

    @classmethod
    def of(cls, rows: Sequence[Row], text: Callable[[Row], str]) -> Texts[Row]:
        """Index rows by a text of each."""
        places: dict[str, Sequence[int]] = {}
        for place, each in zip(alone(len(rows)), map(text, rows), strict=False):
            known = places.get(each)
            if known is None:
                places[each] = place
            elif type(known) is list:
                known.append(place[0])
            else:
                places[each] = [*known, place[0]]
        return cls(rows, places)

    def seen_as(self, by: Callable[[str], str]) -> Texts[Row]:
        """The same rows by what a function makes of their texts."""
        places: dict[str, Sequence[int]] = {}
        several: dict[str, list[int]] = {}
        for text, own in self.places.items():
            made = by(text)
            known = places.get(made)
            if known is None:
                places[made] = own  # most texts stay apart: they share the numbers until a second one comes
            elif made in several:
                several[made] += own
            else:
                places[made] = several[made] = [*known, *own]
        return Texts(self.rows, places)

    @cached_property
    def _length(self) -> int:
        return sum(map(len, self.places))

    @cached_property
    def _all(self) -> list[tuple[str, list[str], array[int]]]:
        """Texts one after the other in lower case; the texts; where each begins, and where the last ends.

        Those in ASCII are apart: a single emoji among them would make every character take four bytes.
        """
        each = ([*filter(str.isascii, self.places)], [*filterfalse(str.isascii, self.places)])
        return [
            (lowered("\n".join(texts)), texts, array("Q", accumulate((len(text) + 1 for text in texts), initial=0)))
            for texts in each
        ]

    def of_texts(self, *texts: str) -> list[Row]:
        """The rows that have one of some texts, in their order."""
        return self._at(text for text in texts if text in self.places)

    def having(self, wanted: Callable[[str], object], among: Iterable[str] | None = None) -> list[Row]:
        """The rows whose text a test likes, in their order."""
        return self._at(filter(wanted, self.places if among is None else among))

    def _at(self, texts: Iterable[str]) -> list[Row]:
        """The rows that have some texts, in their order."""
        rows, places = self.rows, self.places
        return [rows[number] for number in sorted({number for text in texts for number in places[text]})]

    def holding(self, pattern: re.Pattern[str], needs: Sequence[str] = ()) -> list[Row]:
        """The rows in whose text a pattern is found, in their order.

        Args:
            pattern: is asked of texts that hold a word which it needs.
            needs: these words, where they are known already (`literals.held`).
        """
        found = self._answers.get(pattern)
        if found is None:
            words = needs or (needed[pattern] if pattern in needed or self._length > SHORT else ())
            found = self._answers[pattern] = self.having(pattern.search, self._with(words) if words else None)
        return found

    def _with(self, words: Sequence[str]) -> Iterator[str]:
        """The texts that hold one of some words in lower case, each once."""
        for every, texts, starts in self._all:
            found: set[int] = set()
            for word in words:
                at = every.find(word)
                while at >= 0:
                    number = bisect_right(starts, at) - 1
                    found.add(number)
                    at = every.find(word, starts[number + 1])
            yield from (texts[number] for number in found)


class Facts:
    """All facts of a repository of each kind, by what they are called and by what they are set to."""

    def __init__(self, repo: Repo) -> None:
        self.repo = repo
        self.names = Answers(self._names)
        self.values = Answers(self._values)
        self._seen: dict[tuple[str, Callable[[str], str]], Texts[Fact]] = {}
        self.details = Answers(self._details)
        self._called: dict[tuple[str, str], list[Fact]] = {}

    def called(self, kind: str, name: str) -> list[Fact]:
        """The facts of a kind whose name a glob matches, in the order of paths and lines."""
        found = self._called.get((kind, name))
        if found is None:
            names = self.names[kind]
            found = names.having(glob(name)) if is_glob(name) else names.of_texts(name)
            self._called[kind, name] = found
        return found

    def seen_as(self, kind: str, by: Callable[[str], str]) -> Texts[Fact]:
        """The facts of a kind by what a function makes of their names."""
        found = self._seen.get((kind, by))
        if found is None:
            found = self._seen[kind, by] = self.names[kind].seen_as(by)
        return found

    def _details(self, kind: str) -> Texts[Fact]:
        """The facts of a kind by the keys of their details: the names of the arguments that a call is given."""
        facts = self.kinds.get(kind, [])
        places: dict[str, list[int]] = defaultdict(list)
        for (number,), fact in zip(alone(len(facts)), facts, strict=False):
            for key in fact.detail:
                places[key].append(number)
        return Texts(facts, places)

    @cached_property
    def kinds(self) -> dict[str, list[Fact]]:
        """The facts of each kind, by path and line."""
        found: dict[str, list[Fact]] = {}
        for path in self.repo.files:
            for kind, facts in self.repo.by_kind(path).items():
                found.setdefault(kind, []).extend(facts)
        return found

    def _names(self, kind: str) -> Texts[Fact]:
        return Texts.of(self.kinds.get(kind, []), NAME)

    def _values(self, kind: str) -> Texts[Fact]:
        return Texts.of(self.kinds.get(kind, []), VALUE)
