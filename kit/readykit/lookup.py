"""The facts of a project by kind, name, role and place: each question is worked out once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from readykit.globs import glob, is_glob, path_matches

if TYPE_CHECKING:
    from readykit.model import Fact
    from readykit.repo import Repo

Roles = tuple[str, ...] | None
"""Roles of files to look into; None for every role."""


class Lookup:
    """What is asked of a project's facts, and the answers so far."""

    def __init__(self, repo: Repo, paths: Iterable[str], role: Callable[[str], str]) -> None:
        """`role` says what a file is to the project."""
        self.repo = repo
        self.paths = tuple(paths)
        self.role = role
        self._places: dict[tuple[Roles, str], list[str]] = {}
        self._facts: dict[tuple[str, str, Roles, str], list[Fact]] = {}
        self._found: dict[tuple[str, re.Pattern[str], Roles], list[Fact]] = {}
        self._numbers: dict[tuple[str, Roles], dict[str, list[int]]] = {}

    def facts(self, kind: str, name: str = "*", roles: Roles = None, within: str = "") -> Sequence[Fact]:
        """The facts of a kind whose name and path match globs."""
        question = (kind, name, roles, within)
        found = self._facts.get(question)
        if found is None:
            if name == "*":
                facts = self.repo.facts_of
                found = [fact for path in self._in(roles, within) for fact in facts(path, kind)]
            elif within:
                found = list(filter(named(name), self.facts(kind, "*", roles, within)))
            else:
                found = self._bearing(kind, roles, glob(name) if is_glob(name) else name)
            self._facts[question] = found
        return found

    def named(self, kind: str, pattern: re.Pattern[str], roles: Roles = None) -> Sequence[Fact]:
        """The facts of a kind in whose name a pattern is found: each name is looked at once, however many bear it."""
        question = (kind, pattern, roles)
        found = self._found.get(question)
        if found is None:
            found = self._found[question] = self._bearing(kind, roles, pattern.search)
        return found

    def _bearing(self, kind: str, roles: Roles, wanted: str | Callable[[str], object]) -> list[Fact]:
        """The facts of a kind that have a name, or one that a test likes."""
        facts = self.facts(kind, "*", roles)
        places = self._places_of(kind, roles, facts)
        if isinstance(wanted, str):
            return [facts[number] for number in places.get(wanted, ())]
        numbers = [number for name, rows in places.items() if wanted(name) for number in rows]
        return [facts[number] for number in sorted(numbers)]

    def _places_of(self, kind: str, roles: Roles, facts: Iterable[Fact]) -> dict[str, list[int]]:
        """Where among the facts of a kind each name stands."""
        places = self._numbers.get((kind, roles))
        if places is None:
            places = self._numbers[kind, roles] = {}
            for number, fact in enumerate(facts):
                places.setdefault(fact.name, []).append(number)
        return places

    def _in(self, roles: Roles, within: str) -> list[str]:
        """The project's files of some roles in a place."""
        found = self._places.get((roles, within))
        if found is None:
            paths = (path for path in self.paths if not within or path_matches(path, within))
            found = self._places[roles, within] = [path for path in paths if roles is None or self.role(path) in roles]
        return found


def named(name: str) -> Callable[[Fact], bool]:
    """A test for facts: whether a glob matches the name."""
    matching = glob(name)
    return lambda fact: matching(fact.name)
