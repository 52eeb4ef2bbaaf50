"""The facts of a project by kind, name, role and place: each question is worked out once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING

from readykit.globs import glob

if TYPE_CHECKING:
    from readykit.model import Fact
    from readykit.repo import Repo
    from readykit.texts import Facts

Roles = tuple[str, ...] | None
"""Roles of files to look into; None for every role."""


class Lookup:
    """What is asked of a project's facts, and the answers so far."""

    def __init__(self, repo: Repo, paths: Iterable[str], role: Callable[[str], str], every: Facts) -> None:
        """`role` says what a file is to the project; `every` are the facts of the whole repository."""
        self.repo = repo
        self.paths = tuple(paths)
        self.role = role
        self.every = every
        self._places: dict[tuple[Roles, str], frozenset[str]] = {}
        self._facts: dict[tuple[str, str, Roles, str], list[Fact]] = {}

    def facts(self, kind: str, name: str = "*", roles: Roles = None, within: str = "") -> Sequence[Fact]:
        """The facts of a kind whose name and path match globs."""
        question = (kind, name, roles, within)
        found = self._facts.get(question)
        if found is None:
            if name == "*":
                found = self._all(kind, roles, within)
            elif within:
                found = list(filter(named(name), self.facts(kind, "*", roles, within)))
            else:
                found = self._own(self.every.called(kind, name), roles)
            self._facts[question] = found
        return found

    def _all(self, kind: str, roles: Roles, within: str) -> list[Fact]:
        """The facts of a kind in files of some roles in a place."""
        if roles is None and not within and len(self.paths) == len(self.repo.files):
            return self.every.kinds.get(kind, [])
        inside = self._in(roles, within)
        chosen = [facts for path, facts in self._kinds.get(kind, ()) if path in inside] if inside else []
        return chosen[0] if len(chosen) == 1 else list(chain.from_iterable(chosen))

    @cached_property
    def _kinds(self) -> Mapping[str, list[tuple[str, list[Fact]]]]:
        """The facts of each kind, file by file."""
        found: dict[str, list[tuple[str, list[Fact]]]] = {}
        for path in self.paths:
            for kind, facts in self.repo.by_kind(path).items():
                found.setdefault(kind, []).append((path, facts))
        return found

    def named(
        self, kind: str, pattern: re.Pattern[str], roles: Roles = None, by: Callable[[str], str] | None = None
    ) -> Sequence[Fact]:
        """The facts of a kind in whose name, or in what `by` makes of it, a pattern is found."""
        names = self.every.names[kind] if by is None else self.every.seen_as(kind, by)
        return self._own(names.holding(pattern), roles)

    def valued(self, kind: str, pattern: re.Pattern[str], roles: Roles = None) -> Sequence[Fact]:
        """The facts of a kind in whose value a pattern is found."""
        return self._own(self.every.values[kind].holding(pattern), roles)

    def told(self, kind: str, keys: Sequence[str], roles: Roles = None) -> Sequence[Fact]:
        """The facts of a kind whose details have one of some keys."""
        return self._own(self.every.details[kind].of_texts(*keys), roles)

    def _own(self, facts: list[Fact], roles: Roles) -> list[Fact]:
        """Those that stand in the project's files of some roles."""
        if not facts:
            return facts
        inside = self._in(roles, "")
        return [fact for fact in facts if fact.path in inside]

    def _in(self, roles: Roles, within: str) -> frozenset[str]:
        """The project's files of some roles in a place."""
        found = self._places.get((roles, within))
        if found is None:
            if within:
                found = self._in(roles, "") & self.repo.matched(within)
            else:
                found = frozenset(path for path in self.paths if roles is None or self.role(path) in roles)
            self._places[roles, within] = found
        return found


def named(name: str) -> Callable[[Fact], bool]:
    """A test for facts: whether a glob matches the name."""
    matching = glob(name)
    return lambda fact: matching(fact.name)
