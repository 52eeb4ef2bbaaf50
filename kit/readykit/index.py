"""What every project of one repository shares: the traces that files show, and the words of its documents.

A collection is audited as a whole and then project by project; what a file shows is the same each time.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from readykit.once import Answers
from readykit.shown import leaves_traces, traces
from readykit.texts import Facts

if TYPE_CHECKING:
    from readykit.model import Fact, Strength
    from readykit.repo import Repo
    from readykit.toolbox import Tool, Toolbox, Trace

WORD = re.compile(r"\w+")
# what stands between the words of a plain text
APART = {code: " " for code in range(128) if not WORD.match(chr(code))}
Found = TypeVar("Found")
ByJob = dict[str, list[Found]]
Shown = tuple["Fact", "Trace"]
"""A fact and what it shows."""
Named = tuple[str, "Tool", "Strength"]
"""A path, and the tool that its name shows, with how strongly it does."""

NOTHING = 2
"""Bytes of a file with nothing in it: its name alone promises, and shows nothing."""


class Index:
    """Built once a repository, file by file on first demand."""

    def __init__(self, repo: Repo, toolbox: Toolbox) -> None:
        self.repo = repo
        self.toolbox = toolbox
        self.texts = Facts(repo)
        self._traces: dict[str, tuple[tuple[Fact, Trace], ...]] = {}
        self._jobs: dict[int, tuple[Fact, frozenset[str]]] = {}  # with the fact, so that its id stays its own
        self._mentioned = Answers(self._mentioning)

    def traces(self, path: str) -> tuple[tuple[Fact, Trace], ...]:
        """The facts of a file that a tool leaves, each with what it shows."""
        found = self._traces.get(path)
        if found is None:
            facts, known = self.repo.facts(path), self.repo.shown.get(path)
            every = traces(self.toolbox, facts, known) if known is not None else tuple(self.toolbox.recognised(facts))
            found = self._traces[path] = every
        return found

    def shows(self, fact: Fact, job: str) -> bool:
        """Whether a fact is a trace of a job; what it shows is found out once."""
        known = self._jobs.get(id(fact))
        if known is None:
            known = self._jobs[id(fact)] = fact, frozenset(trace.job for trace in self.toolbox.traces(fact))
        return job in known[1]

    def shown_by_name(self, path: str) -> Sequence[tuple[Tool, str, Strength]]:
        """(tool, job, strength) of what the name of a file alone shows."""
        return self.toolbox.shown_by_name(path)

    def by_job(self, roles: Mapping[str, str]) -> tuple[ByJob[Shown], ByJob[Named]]:
        """What tools leave in some files, by the job that it is a trace of: facts, and files by their names.

        Args:
            roles: the files with their roles; what tests and documents call or name is no trace.
        """
        facts: ByJob[Shown] = {}
        files: ByJob[Named] = {}
        for path, role in roles.items():
            for tool, job, strength in self.shown_by_name(path) if self.repo.size(path) > NOTHING else ():
                files.setdefault(job, []).append((path, tool, strength))
            if leaves_traces(path, role):
                for row in self.traces(path):
                    facts.setdefault(row[1].job, []).append(row)
        return facts, files

    def mentions(self, job: str, paths: Container[str]) -> Iterator[tuple[Fact, Tool]]:
        """The sentences of some documents that name a tool of a job, each with the first that it names."""
        return (row for row in self._mentioned[job] if row[0].at.path in paths)

    def _mentioning(self, job: str) -> list[tuple[Fact, Tool]]:
        names = {tool.name.lower(): tool for tool in self.toolbox.doing(job) if len(tool.name) > 2}
        prose = self.texts.names["prose"].rows
        found = ((prose[number], first_named(prose[number].name.lower(), few)) for number, few in self._saying(names))
        return [(fact, names[name]) for fact, name in found if name]

    def _saying(self, names: Iterable[str]) -> list[tuple[int, list[str]]]:
        """The prose that may hold some names, by path and line, each with those of which it has all the words."""
        found: dict[int, list[str]] = {}
        for name in names:
            places = [self._sentences.get(word, ()) for word in WORD.findall(name)]
            for number in set(min(places, key=len)).intersection(*places) if places else ():
                found.setdefault(number, []).append(name)
        return sorted(found.items())

    @cached_property
    def _sentences(self) -> dict[str, list[int]]:
        """The sentences of all documents that have a word of some tool's name, by the word in lower case."""
        known = {word for tool in self.toolbox.tools.values() for word in WORD.findall(tool.name.lower())}
        found: dict[str, list[int]] = {}
        for text, numbers in self.texts.names["prose"].places.items():
            low = text.lower()
            for word in known.intersection(low.translate(APART).split() if low.isascii() else WORD.findall(low)):
                found.setdefault(word, []).extend(numbers)
        return found


def first_named(text: str, names: Iterable[str]) -> str:
    """The name that stands first in a text as a word of its own, empty for none; of two in one place the first given.

    Args:
        text: in lower case.
        names: in lower case too.
    """
    found, first = "", len(text)
    for name in names:
        at = text.find(name)
        while 0 <= at < first:
            if not (joins(text[at - 1 : at]) or joins(text[at + len(name) : at + len(name) + 1])):
                found, first = name, at
                break
            at = text.find(name, at + 1)
    return found


def joins(character: str) -> bool:
    """Whether a character beside a word makes it a part of another."""
    return character.isalnum() or character in ("_", "-")
