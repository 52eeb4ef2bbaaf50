"""What every project of one repository shares: the traces that files show, and the words of its documents.

A collection is audited as a whole and then project by project; what a file shows is the same each time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from readykit.globs import path_matches

if TYPE_CHECKING:
    from readykit.model import Fact, Strength
    from readykit.repo import Repo
    from readykit.tools import Tool, Toolbox, Trace

    Naming = tuple[Mapping[str, Tool], re.Pattern[str]]

WORD = re.compile(r"\w+")


class Index:
    """Built once a repository, file by file on first demand."""

    def __init__(self, repo: Repo, toolbox: Toolbox) -> None:
        self.repo = repo
        self.toolbox = toolbox
        self._traces: dict[str, tuple[tuple[Fact, Trace], ...]] = {}
        self._named: dict[str, tuple[tuple[Tool, str, Strength], ...]] = {}
        self._naming: dict[str, Naming | None] = {}
        self._words: dict[str, dict[str, list[int]]] = {}

    def traces(self, path: str) -> tuple[tuple[Fact, Trace], ...]:
        """The facts of a file that a tool leaves, each with what it shows."""
        found = self._traces.get(path)
        if found is None:
            facts, traces = self.repo.facts(path), self.toolbox.traces
            found = self._traces[path] = tuple((fact, trace) for fact in facts for trace in traces(fact))
        return found

    def shown_by_name(self, path: str) -> tuple[tuple[Tool, str, Strength], ...]:
        """(tool, job, strength) of what the name of a file alone shows."""
        found = self._named.get(path)
        if found is None:
            rows = self.toolbox.files()
            found = tuple((tool, job.name, s) for pattern, tool, job, s in rows if path_matches(path, pattern))
            self._named[path] = found
        return found

    def mentions(self, job: str, paths: Iterable[str]) -> Iterator[tuple[Fact, Tool]]:
        """The sentences of documents that name a tool of a job, each with the first that it names."""
        if job not in self._naming:
            self._naming[job] = naming(self.toolbox.doing(job))
        if (known := self._naming[job]) is not None:
            names, pattern = known
            for fact in self._saying(paths, names):
                if match := pattern.search(fact.name):
                    yield fact, names[match[1].lower()]

    def _saying(self, paths: Iterable[str], names: Iterable[str]) -> Iterator[Fact]:
        """The prose that may hold one of some names, by path and line: it has the first word of one of them."""
        first = {word[0].lower() for name in names if (word := WORD.search(name))}
        for path in paths:
            lines = self._lines_by_word(path)
            if lines and (found := first & lines.keys()):
                prose = self.repo.facts_of(path, "prose")
                yield from (prose[number] for number in sorted({n for word in found for n in lines[word]}))

    def _lines_by_word(self, path: str) -> dict[str, list[int]]:
        """Numbers of the sentences of a document by the words in them, in lower case."""
        lines = self._words.get(path)
        if lines is None:
            lines = self._words[path] = {}
            for number, fact in enumerate(self.repo.facts_of(path, "prose")):
                for word in set(WORD.findall(fact.name.lower())):
                    lines.setdefault(word, []).append(number)
        return lines


def naming(tools: Iterable[Tool]) -> Naming | None:
    """Tools by their names in lower case, and the pattern that finds a name in a text; None without any."""
    names = {tool.name.lower(): tool for tool in tools if len(tool.name) > 2}
    if not names:
        return None
    return names, re.compile(r"(?<![\w-])(" + "|".join(map(re.escape, names)) + r")(?![\w-])", re.IGNORECASE)
