"""Judges an opened tree: its kind, every check, its parts, waivers and score, put together in a report."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from readykit import catalogue, claims, leaks, rubrics, wire
from readykit.checks_api import unknown
from readykit.clean import cleaned
from readykit.errors import UsageError
from readykit.kinds import Kind, kind_of
from readykit.limits import CHECK_SECONDS, JUDGED_APART_BYTES, JUDGING_SECONDS
from readykit.model import Check, Finding, Part, Report, Score, Status, Verdict
from readykit.policy import Policy, decided
from readykit.project import Project
from readykit.projects import parts
from readykit.reading import read_all
from readykit.score import scored, standard, weighed
from readykit.waive import inline, waived
from readykit.wishes import Way, Wishes
from readykit.worker import Died, Say, TooLong, Worker, at_most, can_fork

if TYPE_CHECKING:
    from readykit.repo import Repo

NONE_YET: Mapping[str, Finding] = {}
APART = frozenset({"PIP", "FRM", "ENG", "DOC", "TRK", "MON"})
"""Families of checks that a second process judges: about half of the work on each of the trees in benchmarks."""


def audit_repo(
    repo: Repo, shown: str = ".", wishes: Wishes | None = None, *, at_home: bool = False, today: str = "",
    way: Way | None = None,
) -> Report:  # fmt: skip
    """Audit an opened tree; `shown` is the path to name in the report, `at_home` whether its own settings count.

    Raises:
        UsageError: the profile, a check or a setting is unknown that the examiner named or trusts.
    """
    policy, checks = held_to(repo, wishes or Wishes(), at_home=at_home)
    asked = tuple(dict.fromkeys((wishes or Wishes()).rubrics))
    for name in asked:
        rubrics.load(name)  # a name that is wrong is told before the work
    collecting = gc.isenabled()
    gc.disable()  # facts are many, small and kept: collecting them costs a third of the time and frees nothing
    try:
        if way is not None:
            read_all(repo, catalogue.toolbox(policy.folders), jobs=way.jobs, cached=way.cached)
        return _report(repo, shown, policy, checks, today or time.strftime("%Y-%m-%d"), asked, way or Way(jobs=1))
    finally:
        if collecting:
            gc.enable()


def held_to(repo: Repo, wishes: Wishes, *, at_home: bool) -> tuple[Policy, tuple[Check, ...]]:
    """The policy of an audit, and the checks that it asks.

    Settings that count only because of where one stands, but make no sense, are set aside: the tree may be a stranger's
    that one stepped into, and must not keep itself from being audited. A row in the report says so, and the exit code
    is that of an audit in part, so that a slip in one's own settings does not go unseen.

    Args:
        repo: the audited tree.
        wishes: what the examiner said.
        at_home: whether the tree is the working directory's own project.

    Raises:
        UsageError: something that the examiner named, or a setting that it trusts, is wrong.
    """
    try:
        policy = decided(repo, wishes, standard(), at_home=at_home)
        return policy, chosen(policy)
    except UsageError as error:
        if not at_home or wishes.trusted or wishes.config:
            raise
        policy = decided(repo, wishes, standard(), at_home=False)
        checks = chosen(policy)  # raises again when it is the examiner's word that is wrong
        if not policy.settings:
            raise
        repo.not_followed(policy.settings[0].at.path, f"its settings are not followed: {error}")
    aside = tuple(replace(row, why="set aside, because one of them makes no sense") for row in policy.settings)
    return replace(policy, settings=aside), checks


def chosen(policy: Policy) -> tuple[Check, ...]:
    """The checks that a policy asks.

    Raises:
        UsageError: it names one that there is not.
    """
    every = catalogue.with_folders(policy.folders)
    ids = {check.id for check in every}
    known = ids | {check.family for check in every}
    if unknown := [name for name in (*policy.select, *policy.ignore) if name not in known]:
        raise UsageError(f"there is no check or family {', '.join(unknown)}; `kit checks` lists them")
    named = (*policy.disabled, *policy.profile.weights, *policy.profile.require)
    named += tuple(name for rule in policy.rules for name in rule.checks)
    if unknown := sorted(set(named) - known):
        raise UsageError(f"the policy names {', '.join(unknown)}, which is no check; `kit checks` lists them")
    asked = catalogue.chosen(every, policy.select, policy.ignore)
    return tuple(check for check in asked if policy.profile.asks(check))


def _report(
    repo: Repo, shown: str, policy: Policy, checks: Sequence[Check], today: str, named: Sequence[str], way: Way
) -> Report:
    repo.say("stage:kind of repository")
    project = Project(repo, catalogue.toolbox(policy.folders))
    kind = kind_of(project)
    project.kind = kind.name
    info = replace(repo.info(), path=None if repo.url else shown, kind=kind.name, why_kind=kind.why)
    rules = [*policy.rules, *inline(project.facts("waiver", role=None), honoured=policy.own_honoured)]
    asked = [rule for rule in rules if any({c.id, c.family} & set(rule.checks) for c in checks) or not rule.checks]
    found, sides = _judged_by_two(checks, project, kind, policy, way.jobs)
    repo.say("stage:report")
    findings, rows = waived(found, asked, today)
    score = scored(findings, standard().dimensions) if kind.graded else Score(None, None)
    best = max(sides, key=lambda side: side.score.total or 0, default=None) if kind.name == "collection" else None
    projections = tuple(rubrics.projected(name, findings, project.used) for name in named) if kind.graded else ()
    report = Report(
        info, findings, repo.unreadable, repo.skipped, policy.profile.name, best.score if best else score,
        standard().version, policy.settings, rows, sides, best.root if best else "", policy.min_score, policy.min_level,
        projections, project.claims if kind.graded else (), repo.readings,
    )  # fmt: skip
    if way.excerpts and kind.graded:
        from readykit.excerpts import taken

        report = replace(report, excerpts=taken(project, findings))
    return cleaned(report, leaks.values(repo))


def _judged_by_two(
    checks: Sequence[Check], project: Project, kind: Kind, policy: Policy, jobs: int
) -> tuple[list[Finding], tuple[Part, ...]]:
    """The findings on a tree and on the projects in it; about half of them by a second process in a large tree."""
    sides = parts(project) if kind.graded else ()
    worth = kind.graded and jobs != 1 and sum(map(project.repo.size, project.repo.files)) > JUDGED_APART_BYTES
    if not (worth and can_fork() and (os.cpu_count() or 1) > 1):
        found = judgements(checks, project, kind, policy)
        return found, tuple(_part(checks, side, policy) for side in sides)
    apart = [check for check in checks if check.family in APART and check.capability != claims.BACKED]
    worker = Worker(partial(_second, apart, project, kind, policy, sides[1::2]))
    try:
        here = [check for check in checks if check not in apart]
        mine = {check.id: judged(check, project, kind, policy) for check in here if check.capability != claims.BACKED}
        own = [_part(checks, side, policy) for side in sides[::2]]
        known, others = _taken(worker.result(project.repo.say), project)
    finally:
        worker.end()
    if others is None:  # it met something that ended it: then one after the other
        others = [_part(checks, side, policy) for side in sides[1::2]]
    found = judgements(checks, project, kind, policy, mine | known)
    return found, tuple(sorted((*own, *others), key=lambda side: [s.root.rstrip("/") for s in sides].index(side.root)))


def _second(
    checks: Sequence[Check], project: Project, kind: Kind, policy: Policy, sides: Sequence[Project], say: Say
) -> bytes:
    """The work of the second process."""
    project.repo.say = say
    before = set(project.repo.unreadable)
    found = [judged(check, project, kind, policy) for check in checks]
    others = [_part(chosen(policy), side, policy) for side in sides]
    return wire.values_out((found, others, [row for row in project.repo.unreadable if row not in before]))


def _taken(result: bytes | Died, project: Project) -> tuple[dict[str, Finding], list[Part] | None]:
    """What the second process found; nothing when it died, but what it died at is noted."""
    if isinstance(result, Died):
        if result.at.startswith("check:"):
            project.repo.hopeless[result.at.removeprefix("check:")] = result.why
        return {}, None
    found, others, rows = wire.values_in(result)
    for row in rows:
        project.repo.not_searched(row.path, row.why)
    return {finding.check.id: finding for finding in found}, others


def _part(checks: Sequence[Check], project: Project, policy: Policy) -> Part:
    """One project of several: judged by itself."""
    kind = Kind(project.kind, "")
    findings = tuple(judgements(checks, project, kind, policy))
    return Part(project.root.rstrip("/"), project.kind, findings, scored(findings, standard().dimensions))


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
            whole[check.id] = judged(check, project, kind, policy)
            known[check.id] = whole[check.id].verdict
    return [whole[check.id] for check in every]


def judged(check: Check, project: Project, kind: Kind, policy: Policy) -> Finding:
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
