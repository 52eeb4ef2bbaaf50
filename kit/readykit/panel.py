"""Asks the checks: one after the other, or in two processes that take them family by family."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from readykit import catalogue, claims, wire
from readykit.checks_api import unknown
from readykit.kinds import Kind
from readykit.limits import CHECK_SECONDS, JUDGED_APART_BYTES, JUDGED_MEMORY, JUDGING_SECONDS
from readykit.model import Check, Finding, Status, Verdict
from readykit.pile import Pile
from readykit.project import Project
from readykit.score import weighed
from readykit.worker import Died, Say, TooLong, Worker, at_most, can_fork, ended_processes_took, first_over, most_memory

if TYPE_CHECKING:
    from readykit.policy import Policy
    from readykit.repo import Repo

NONE_YET: Mapping[str, Finding] = {}
Judged = tuple[Project, Kind]
"""A project, and what kind it is."""


def findings_on(judged: Sequence[Judged], checks: Sequence[Check], policy: Policy, jobs: int) -> list[list[Finding]]:
    """The findings on each of some projects of one repository, in the order of the checks.

    Args:
        judged: the whole repository, then the projects in it.
        checks: what is asked.
        policy: the demands.
        jobs: processes at the same time; 0 for as many as help.
    """
    project, kind = judged[0]
    worth = kind.graded and jobs != 1 and sum(map(project.repo.size, project.repo.files)) > JUDGED_APART_BYTES
    if worth and can_fork() and (os.cpu_count() or 1) > 1:
        known = _by_two(judged, checks, policy)
    else:
        known = [{} for _ in judged]
    return [judgements(checks, *each, policy, found) for each, found in zip(judged, known, strict=True)]


def _by_two(judged: Sequence[Judged], checks: Sequence[Check], policy: Policy) -> list[dict[str, Finding]]:
    """The findings that two processes make, by the id of their check; those that need others are left out."""
    project = judged[0][0]
    _ = project.only_serves, project.graph.worked_out()  # what most questions begin with, before there are several
    families: dict[str, list[Check]] = {}
    for check in checks:
        if check.capability != claims.BACKED:
            families.setdefault(check.family, []).append(check)
    # the families share what they look up, the checks of one more than others; the large ones first
    order = sorted(families.values(), key=len, reverse=True)
    pile = Pile(order)
    found: list[dict[str, Finding]] = [{} for _ in judged]
    before = ended_processes_took()

    def begin() -> Worker:
        return Worker(partial(_some, pile, judged, policy, (ended_processes_took() - before) / 2))

    at_work = [begin(), begin()]
    try:
        while at_work:
            worker = first_over(at_work, project.repo.say)
            more, theirs = _given_back(worker.result(project.repo.say), project.repo)
            at_work.remove(worker)
            for own, given in zip(found, theirs, strict=False):
                own.update(given)
            if more:
                at_work.append(begin())
    finally:
        for worker in at_work:
            worker.end()
        pile.end()
    return found


def _some(pile: Pile[list[Check]], judged: Sequence[Judged], policy: Policy, spent: float, say: Say) -> bytes:
    """The work of one process: findings, until there is nothing left to ask or what was looked up takes much memory.

    Its time for judging is what those before it, of which there were two at a time, have left: they `spent` so many
    seconds.
    """
    repo = judged[0][0].repo
    repo.say = say
    repo.judged_since = time.process_time() - spent
    before, small = set(repo.unreadable), most_memory()
    found: list[dict[str, Finding]] = [{} for _ in judged]
    more = False
    for family in pile:
        for own, (project, kind) in zip(found, judged, strict=True):
            own.update({check.id: asked(check, project, kind, policy) for check in family})
        if most_memory() - small > JUDGED_MEMORY:
            more = True
            break
    return wire.values_out((more, found, [row for row in repo.unreadable if row not in before], repo.hurried))


def _given_back(result: bytes | Died, repo: Repo) -> tuple[bool, list[dict[str, Finding]]]:
    """Whether a process left something to ask, and what it found: nothing when it died, but at what is noted."""
    if isinstance(result, Died):
        if result.at.startswith("check:"):
            repo.hopeless[result.at.removeprefix("check:")] = result.why
        return False, []  # what is left is asked by the others, or where all began
    more: bool
    found: list[dict[str, Finding]]
    more, found, rows, hurried = wire.values_in(result)
    for row in rows:
        repo.not_searched(row.path, row.why)
    repo.hurried |= hurried
    return more, found


def judgements(
    checks: Iterable[Check], project: Project, kind: Kind, policy: Policy, found: Mapping[str, Finding] = NONE_YET
) -> list[Finding]:
    """The findings of all checks on one project; what is judged by its claims comes last.

    Args:
        checks: what is asked.
        project: of what.
        kind: what it is; what the standard does not grade is not judged.
        policy: the demands.
        found: findings that are known already, by the id of their check.
    """
    every = tuple(checks)
    known = {name: finding.verdict for name, finding in found.items()}
    alone = any(check.capability == claims.BACKED for check in every) and policy.select
    claims.install(project, catalogue.with_folders(policy.folders) if alone else every, known)
    whole = dict(found)
    for check in sorted(every, key=lambda check: check.capability == claims.BACKED):
        if check.id not in whole:
            whole[check.id] = asked(check, project, kind, policy)
            known[check.id] = whole[check.id].verdict
    return [whole[check.id] for check in every]


def asked(check: Check, project: Project, kind: Kind, policy: Policy) -> Finding:
    """The finding of one check; one that raises is an `error`, and the others go on."""
    check = weighed(check, policy.profile)
    required = policy.profile.requires(check)
    if not kind.graded:
        return Finding(check, Verdict(Status.NOT_APPLICABLE, kind.why), required)
    off = policy.disabled.get(check.id) or policy.disabled.get(check.family)
    if off:
        return Finding(check, Verdict(Status.NOT_APPLICABLE, f"disabled by the policy: {off}"), False)
    project.repo.say(f"check:{check.id}")
    hopeless = project.repo.hopeless.get(check.id) or _out_of_time(project.repo)
    if hopeless:
        return Finding(check, _given_up(project, check, hopeless), required)
    try:
        with at_most(CHECK_SECONDS):
            verdict = check.judge(project)
    except TooLong:
        verdict = _given_up(project, check, f"takes more than {CHECK_SECONDS:.0f} seconds on this repository")
    except MemoryError:
        verdict = _given_up(project, check, "needs too much memory on this repository")
    except Exception as error:  # whatever a check does wrong must not end the audit; it is reported as ours
        where = error.__traceback__
        while where is not None and where.tb_next is not None:
            where = where.tb_next
        place = f" at {Path(where.tb_frame.f_code.co_filename).name}:{where.tb_lineno}" if where else ""
        verdict = Verdict(Status.ERROR, f"{check.id} failed: {type(error).__name__}: {error}{place}"[:300])
    return Finding(check, verdict, required)


def _out_of_time(repo: Repo) -> str:
    """Why no further check is judged; empty while there is time."""
    now = time.process_time()
    if repo.judged_since is None:
        repo.judged_since = now
    spent = now - repo.judged_since
    return f"came after {JUDGING_SECONDS:.0f} seconds of judging" if spent > JUDGING_SECONDS else ""


def _given_up(project: Project, check: Check, why: str) -> Verdict:
    """A check that met a limit."""
    project.repo.not_judged(check.id, why)
    return unknown(f"not judged: it {why}")
