"""The same question again: whether an audit of this very tree was done before, and its report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from readykit import cache
from readykit.facts.dispatch import cap_of

if TYPE_CHECKING:
    from readykit.repo import Repo
    from readykit.wishes import Way, Wishes


def question(repo: Repo, wishes: Wishes, shown: str, today: str, *, at_home: bool, way: Way) -> str:
    """The name of everything that a report depends on; empty when it depends on what cannot be named.

    Args:
        repo: the tree: all paths, the content of every file that is small enough to be read, the state of git.
        wishes: what the examiner asks for, with the content of a policy file.
        shown: the path that the report names.
        today: the date that waivers are compared with.
        at_home: whether the tree's own settings count.
        way: whether anything is kept at all, and whether the report has excerpts.
    """
    if not way.cached or not repo.place or wishes.checks or repo.refused or repo.hopeless:
        return ""  # checks of a folder may ask anything
    policy = b""
    if wishes.config:
        try:
            policy = Path(wishes.config).read_bytes()
        except OSError:
            return ""
    made = cache.blake2b(digest_size=20)
    for path in repo.files:
        size = repo.size(path)
        made.update(f"{path}\0{size}\n".encode("utf-8", "surrogatepass"))
        if size <= cap_of(path):
            made.update(repo.digest(path))
    for row in repo.skipped:
        made.update(f"{row.path}\0{row.why}\n".encode("utf-8", "surrogatepass"))
    return cache.key("report", made.digest(), repo.git_state(), repr(wishes), policy, shown, today, str(at_home),
                     str(way.excerpts))  # fmt: skip


def known(name: str) -> bytes | None:
    """The report that answered a question before, as `wire.report_out` wrote it."""
    return cache.load(name) if name else None


def keep(name: str, report: bytes, repo: Repo) -> None:
    """Keep the answer to a question, unless it was given in a hurry."""
    if name and not repo.hurried:
        cache.store(name, report)
