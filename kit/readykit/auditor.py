"""Target in, report out: in a process of its own, and at once when the same was asked before.

What judges is imported when a report has to be made: most of a start is for that.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from readykit import again, wire
from readykit.compiling import remembered
from readykit.errors import TargetError
from readykit.limits import MAX_NOTEBOOK_BYTES, MAX_RESTARTS
from readykit.target import Place, at_hand, at_revision, opened
from readykit.wishes import Way, Wishes, stands_in
from readykit.worker import Say, Worker, can_fork

if TYPE_CHECKING:
    from readykit.model import Report
    from readykit.repo import Repo

__all__ = ["Way", "audit", "audited"]
_JUDGING = ("audit_repo", "chosen")


def audit(
    path: str | Path, wishes: Wishes | None = None, *, today: str = "", way: Way | None = None, revision: str = ""
) -> Report:
    """Audit a folder, an archive or a repository on a server, in a process of its own where that can be.

    Args:
        path: what `target.at_hand` understands.
        wishes: what the examiner asks for: profile, checks, a policy file.
        today: the date that waivers are compared with, as YYYY-MM-DD; that of this day when empty.
        way: how it is done.
        revision: the commit to audit instead of what lies in the folder: a branch, a tag, a digest, `HEAD~2`.

    Raises:
        TargetError: there is nothing at the path that can be audited.
        UsageError: the profile, a check or a setting is unknown, or the revision.
    """
    with at_hand(path) as place:
        at_home = place.kind == "folder" and stands_in(Path(place.path))
        there = at_revision(place, revision) if revision else place
        return audited(there, wishes, at_home, today or time.strftime("%Y-%m-%d"), way or Way())


def audited(place: Place, wishes: Wishes | None, at_home: bool, today: str, way: Way) -> Report:
    """Audit a place in workers, until one comes to the end.

    Args:
        place: from `target.at_hand`, while it is good.
        wishes: what the examiner asks for.
        at_home: whether the tree's own settings count.
        today: the date that waivers are compared with, as YYYY-MM-DD.
        way: how it is done.

    Raises:
        TargetError: there is nothing that can be audited.
    """
    refused: dict[str, str] = {}
    while True:
        work = partial(_here, place, wishes, at_home, today, way, refused)
        result = Worker(work).result(way.heard) if can_fork() else work(_unheard)
        if isinstance(result, bytes):
            try:
                return wire.report_in(result)
            except wire.NotOurs:
                if not way.cached:
                    raise
                way = replace(way, cached=False)  # what was kept is no report
                continue
        if not result.at.startswith(("file:", "check:")) or result.at in refused or len(refused) >= MAX_RESTARTS:
            at = result.at or "its start"
            raise TargetError(f"{place.shown}: the audit {result.why}, at {at}; nothing is reported")
        refused[result.at] = result.why


def _here(
    place: Place, wishes: Wishes | None, at_home: bool, today: str, way: Way, refused: Mapping[str, str], say: Say
) -> bytes:
    """Audit a place in this process; the report as it is kept and handed on, which is written once for both.

    Raises:
        TargetError: there is nothing at the path that can be audited.
    """
    say("stage:listing")
    repo = opened(place)
    repo.say = say
    if place.kind != "folder":
        way = replace(way, cached=False)  # it would be unpacked twice
    repo.refused = {at.removeprefix("file:"): why for at, why in refused.items() if at.startswith("file:")}
    if len(refused) >= MAX_RESTARTS // 2:
        repo.refused = {**alike(repo), **repo.refused}
    repo.hopeless = {at.removeprefix("check:"): why for at, why in refused.items() if at.startswith("check:")}
    asked = again.question(repo, wishes or Wishes(), place.shown, today, at_home=at_home, way=way)
    report = again.known(asked)
    if report is None:
        with remembered():
            from readykit.judging import audit_repo
        report = wire.report_out(audit_repo(repo, place.shown, wishes, at_home=at_home, today=today, way=way))
        again.keep(asked, report, repo)
    return report


def alike(repo: Repo) -> dict[str, str]:
    """The files of the same kinds as those that ended workers, from half their size on: a tree may be full of them."""
    least: dict[str, int] = {}
    for path in repo.refused:
        ending = PurePosixPath(path).suffix
        least[ending] = min(repo.size(path) // 2, least.get(ending, MAX_NOTEBOOK_BYTES))
    likely = (path for path in repo.files if repo.size(path) >= least.get(PurePosixPath(path).suffix, math.inf))
    return dict.fromkeys(likely, f"not read: {MAX_RESTARTS // 2} like it ended the process that read them")


def _unheard(_at: str) -> None:
    """Nobody watches."""


def __getattr__(name: str) -> Any:
    """What judges an opened tree, by the names that it has in `judging`.

    Raises:
        AttributeError: there is no such name.
    """
    if name not in _JUDGING:  # Python itself asks for names, and must not make us import
        raise AttributeError(name)
    from readykit import judging

    return getattr(judging, name)
