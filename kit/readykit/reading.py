"""Reads the files of a tree ahead of the checks: once, by several processes when that pays, with what is known already.

The facts of a file depend on its path and its text alone, so it does not matter who reads it, nor when (`kept`).
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Sequence
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

from readykit import wire
from readykit.credentials import Leak
from readykit.facts.dispatch import kinds_of
from readykit.kept import Kept, may_be_kept, taken_in, told
from readykit.leaks import in_file, known_leaks, searched
from readykit.limits import FILE_SECONDS, PARALLEL_BYTES, READING_SECONDS
from readykit.model import Location
from readykit.pile import Pile
from readykit.plan import planned
from readykit.worker import Died, Fault, Say, TooLong, Worker, at_most, can_fork, give, listening

if TYPE_CHECKING:
    from readykit.repo import Repo
    from readykit.toolbox import Toolbox

HURRIED = ("takes more than", "needs too much", "not read:")
"""How the reasons begin that another run may not have."""
LARGE = 400_000
"""Bytes of Python, or what costs as much, of a file that is read by the first process only."""
COST = {"python": 1.0, "yaml": 0.6, "notebook": 0.05, "json_": 0.3, "markdown": 0.2}
"""What a byte of a kind of file costs to read, beside one of Python."""


def read_all(repo: Repo, toolbox: Toolbox, *, jobs: int = 0, cached: bool = True) -> None:
    """Read every file that some extractor reads; afterwards all facts of the tree are known.

    Args:
        repo: the tree, which takes in the facts and the rows of what could not be read.
        toolbox: decides what is read whole of a very large tree.
        jobs: processes at the same time; 0 for as many as help.
        cached: whether facts of earlier audits are taken, and kept for later ones.
    """
    repo.say("stage:reading")
    plan = planned(repo, toolbox)
    repo.by_lines, repo.left_out, repo.readings = plan.by_lines, plan.left_out, plan.readings
    paths = [path for path in repo.files if kinds_of(path) or searched(repo, path)]
    kept = Kept(repo, toolbox) if cached and repo.place else None
    Reading(repo, toolbox, kept).read([path for path in paths if kept is None or not kept.installed(path)], jobs)
    if kept is not None:
        kept.store()
    repo.details.clear()  # nothing is read any more; who does know them


class Reading:
    """What several processes read of one tree."""

    def __init__(self, repo: Repo, toolbox: Toolbox, kept: Kept | None) -> None:
        self.repo = repo
        self.toolbox = toolbox
        self.kept = kept
        self._spent = 0.0
        self._done: set[str] = set()

    def read(self, paths: Sequence[str], jobs: int) -> None:
        """Read files, by several processes when there is much to do."""
        costs = {path: _cost(self.repo, path) for path in paths}
        many = min(jobs or os.cpu_count() or 1, 4) if sum(costs.values()) > PARALLEL_BYTES and can_fork() else 1
        ordered = sorted(paths, key=lambda path: (-costs[path], path))
        with listening():
            if many == 1:
                self._own(ordered)
                return
            # a syntax tree takes a hundred times its source: no two processes hold a large one
            large = sum(1 for path in ordered if costs[path] > LARGE)
            self._shared(ordered[:large], ordered[large:], many)

    def _shared(self, first: Sequence[str], rest: Sequence[str], many: int) -> None:
        """Read some files here, and of the others as many as other processes do not take first."""
        pile = Pile(rest)
        begun = [Worker(partial(self._second, pile), self._given) for _ in range(many - 1)]
        try:
            for path in chain(first, pile):
                self._own([path])
                for worker in begun:
                    worker.listen(self.repo.say)
            for worker in begun:
                self._ended(worker)
            self._own([path for path in rest if path not in self._done])  # what a process took with it when it died
        finally:
            pile.end()
            for worker in begun:
                worker.end()

    def _own(self, paths: Iterable[str]) -> None:
        """Read files in this process."""
        for path in paths:
            self._file(path)
            self._done.add(path)
            if self.kept is not None:
                known = told(self.repo, path, self.toolbox)
                if may_be_kept(self.repo, path, known):
                    self.kept.add(path, known, self.repo.why_unread(path))

    def _file(self, path: str) -> None:
        """Read a file, unless the time for all of them is used up."""
        repo, begun = self.repo, time.process_time()
        if self._spent > READING_SECONDS:
            repo.hurried = True
            repo.refused.setdefault(path, f"not read: reading took more than {READING_SECONDS:.0f} seconds")
        repo.facts(path)
        if path not in repo.refused and searched(repo, path):
            known_leaks(repo)[path] = _leaks(repo, path)
        self._spent += time.process_time() - begun

    def _second(self, pile: Pile[str], say: Say) -> bytes:
        """The work of a second process: gives facts and rows of the files that it takes, one by one."""
        repo = self.repo
        repo.say = say
        for path in pile:
            self._file(path)
            leaks = [
                (leak.at.line, leak.what, leak.masked, leak.common, leak.value)
                for leak in known_leaks(repo).get(path, ())
            ]
            known = told(repo, path, self.toolbox)
            keep = self.kept is not None and may_be_kept(repo, path, known)
            give(wire.packed((path, known, repo.why_unread(path), leaks, keep)))
            repo.forget(path)  # it is not asked again in this process
        return b""

    def _given(self, piece: bytes) -> None:
        """Take in what a second process has read."""
        path, known, why, leaks, keep = wire.unpacked(piece)
        self._done.add(path)
        taken_in(self.repo, path, known, why, self.toolbox)
        known_leaks(self.repo)[path] = [
            Leak(Location(path, line), what, masked, common, value) for line, what, masked, common, value in leaks
        ]
        self.repo.hurried |= why.startswith(HURRIED)
        if keep and self.kept is not None:
            self.kept.add(path, known, why)

    def _ended(self, worker: Worker) -> None:
        """Wait for a second process; what it died at is refused."""
        try:
            result = worker.result(self.repo.say)
        except Fault:
            return
        if isinstance(result, Died) and result.at.startswith("file:"):
            self.repo.refused[result.at.removeprefix("file:")] = result.why


def _cost(repo: Repo, path: str) -> float:
    kinds = kinds_of(path)
    share = 0.15 if path in repo.by_lines or not kinds or path in repo.left_out else COST.get(kinds[-1], 0.2)
    return share * repo.size(path)


def _leaks(repo: Repo, path: str) -> list[Leak]:
    """The credentials in a file, as far as they are found in time."""
    try:
        with at_most(FILE_SECONDS):
            return in_file(repo, path)
    except TooLong:
        repo.not_searched(path, f"takes more than {FILE_SECONDS:.0f} seconds to search for credentials")
    except MemoryError:
        repo.not_searched(path, "needs too much memory to search for credentials")
    return []
