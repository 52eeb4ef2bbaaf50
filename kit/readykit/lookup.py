"""The facts of a project by kind, name, role and place: each question is worked out once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
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
        self._names: dict[tuple[str, Roles], dict[str, list[Fact]]] = {}

    def facts(self, kind: str, name: str = "*", roles: Roles = None, within: str = "") -> Iterable[Fact]:
        """The facts of a kind whose name and path match globs."""
        question = (kind, name, roles, within)
        found = self._facts.get(question)
        if found is None:
            if name == "*":
                facts = self.repo.facts_of
                found = [fact for path in self._in(roles, within) for fact in facts(path, kind)]
            elif within or is_glob(name):
                found = list(filter(named(name), self.facts(kind, "*", roles, within)))
            else:
                found = self._by_name(kind, roles).get(name, [])
            self._facts[question] = found
        return found

    def _in(self, roles: Roles, within: str) -> list[str]:
        """The project's files of some roles in a place."""
        found = self._places.get((roles, within))
        if found is None:
            paths = (path for path in self.paths if not within or path_matches(path, within))
            found = self._places[roles, within] = [path for path in paths if roles is None or self.role(path) in roles]
        return found

    def _by_name(self, kind: str, roles: Roles) -> dict[str, list[Fact]]:
        """The facts of a kind by their whole name."""
        names = self._names.get((kind, roles))
        if names is None:
            names = self._names[kind, roles] = {}
            for fact in self.facts(kind, "*", roles):
                names.setdefault(fact.name, []).append(fact)
        return names


def named(name: str) -> Callable[[Fact], bool]:
    """A test for facts: whether a glob matches the name."""
    matching = glob(name)
    return lambda fact: matching(fact.name)
