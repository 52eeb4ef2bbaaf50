"""Judges an opened tree: its kind, every check, its parts, waivers and score, put together in a report."""

from __future__ import annotations

import gc
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from readykit import catalogue, leaks, rubrics
from readykit.clean import cleaned
from readykit.errors import UsageError
from readykit.kinds import Kind, kind_of
from readykit.model import Check, Finding, Part, Report, Score
from readykit.panel import findings_on
from readykit.policy import Policy, decided
from readykit.project import Project
from readykit.projects import parts
from readykit.reading import read_all
from readykit.score import scored, standard
from readykit.waive import inline, waived
from readykit.wishes import Way, Wishes
from readykit.worker import leave

if TYPE_CHECKING:
    from readykit.repo import Repo


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
    apart = parts(project) if kind.graded else ()
    judged = [(project, kind), *((part, Kind(part.kind, "")) for part in apart)]
    leave(judged)
    found, *others = findings_on(judged, checks, policy, way.jobs)
    sides = tuple(map(_part, apart, others))
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


def _part(project: Project, findings: Sequence[Finding]) -> Part:
    """One project of several."""
    score = scored(findings, standard().dimensions)
    return Part(project.root.rstrip("/"), project.kind, tuple(findings), score)
