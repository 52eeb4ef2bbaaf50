"""The names and values of a repository's facts, each different one once: what a pattern is asked of.

Dozens of questions are put to the same thousands of texts, and for each project of a repository anew. Here each
question is answered once a repository, and a pattern is asked only of texts that hold a word it needs.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from itertools import accumulate
from operator import attrgetter
from typing import TYPE_CHECKING

from readykit.globs import glob, is_glob
from readykit.literals import held, lowered
from readykit.once import Answers

if TYPE_CHECKING:
    from readykit.model import Fact
    from readykit.repo import Repo

SHORT = 40_000
"""Characters that a pattern looks through as quickly as it is taken apart."""
NAME, VALUE = attrgetter("name"), attrgetter("value")

needed = Answers(held)


class Texts:
    """Different texts, and the facts that have them."""

    def __init__(self, facts: list[Fact], places: dict[str, list[int]]) -> None:
        """`places` says by text which of the facts have it."""
        self.facts = facts
        self.places = places
        self._answers: dict[re.Pattern[str], list[Fact]] = {}

    @classmethod
    def of_facts(cls, facts: list[Fact], text: Callable[[Fact], str]) -> Texts:
        """Index facts by a text of each."""
        places: dict[str, list[int]] = {}
        for number, each in enumerate(map(text, facts)):
            if each in places:
                places[each].append(number)
            else:
                places[each] = [number]
        return cls(facts, places)

    def seen_as(self, by: Callable[[str], str]) -> Texts:
        """The same facts by what a function makes of their texts."""
        places: dict[str, list[int]] = {}
        for text, numbers in self.places.items():
            places.setdefault(by(text), []).extend(numbers)
        return Texts(self.facts, places)

    @cached_property
    def _all(self) -> tuple[str, list[str], list[int]]:
        """The texts one after the other in lower case; the texts; where each begins, and where the last ends."""
        texts = list(self.places)
        return lowered("\n".join(texts)), texts, list(accumulate((len(text) + 1 for text in texts), initial=0))

    def of(self, *texts: str) -> list[Fact]:
        """The facts that have one of some texts, in their order."""
        numbers = {number for text in texts for number in self.places.get(text, ())}
        return [self.facts[number] for number in sorted(numbers)]

    def having(self, wanted: Callable[[str], object], among: Iterable[str] | None = None) -> list[Fact]:
        """The facts whose text a test likes, in their order."""
        texts = self.places if among is None else among
        numbers = [number for text in texts if wanted(text) for number in self.places[text]]
        return [self.facts[number] for number in sorted(numbers)]

    def holding(self, pattern: re.Pattern[str]) -> list[Fact]:
        """The facts in whose text a pattern is found, in their order."""
        found = self._answers.get(pattern)
        if found is None:
            words = needed[pattern] if pattern in needed or len(self._all[0]) > SHORT else ()
            found = self._answers[pattern] = self.having(pattern.search, self._with(words) if words else None)
        return found

    def _with(self, words: Iterable[str]) -> Iterator[str]:
        """The texts that hold one of some words in lower case, each once."""
        every, texts, starts = self._all
        found: set[int] = set()
        for word in words:
            at = every.find(word)
            while at >= 0:
                number = bisect_right(starts, at) - 1
                found.add(number)
                at = every.find(word, starts[number + 1])
        return (texts[number] for number in found)


class Facts:
    """All facts of a repository of each kind, by what they are called and by what they are set to."""

    def __init__(self, repo: Repo) -> None:
        self.repo = repo
        self.names = Answers(self._names)
        self.values = Answers(self._values)
        self._seen: dict[tuple[str, Callable[[str], str]], Texts] = {}
        self.details = Answers(self._details)
        self._called: dict[tuple[str, str], list[Fact]] = {}

    def called(self, kind: str, name: str) -> list[Fact]:
        """The facts of a kind whose name a glob matches, in the order of paths and lines."""
        found = self._called.get((kind, name))
        if found is None:
            names = self.names[kind]
            found = names.having(glob(name)) if is_glob(name) else names.of(name)
            self._called[kind, name] = found
        return found

    def seen_as(self, kind: str, by: Callable[[str], str]) -> Texts:
        """The facts of a kind by what a function makes of their names."""
        found = self._seen.get((kind, by))
        if found is None:
            found = self._seen[kind, by] = self.names[kind].seen_as(by)
        return found

    def _details(self, kind: str) -> Texts:
        """The facts of a kind by the keys of their details: the names of the arguments that a call is given."""
        facts = self.kinds.get(kind, [])
        places: dict[str, list[int]] = {}
        for number, fact in enumerate(facts):
            for key in fact.detail:
                if key in places:
                    places[key].append(number)
                else:
                    places[key] = [number]
        return Texts(facts, places)

    @cached_property
    def kinds(self) -> dict[str, list[Fact]]:
        """The facts of each kind, by path and line."""
        found: dict[str, list[Fact]] = {}
        for path in self.repo.files:
            for kind, facts in self.repo.by_kind(path).items():
                found.setdefault(kind, []).extend(facts)
        return found

    def _names(self, kind: str) -> Texts:
        return Texts.of_facts(self.kinds.get(kind, []), NAME)

    def _values(self, kind: str) -> Texts:
        return Texts.of_facts(self.kinds.get(kind, []), VALUE)
