"""Repository and checks in, report out."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path

from readykit import again, catalogue, claims, leaks, rubrics, wire
from readykit.checks_api import unknown
from readykit.clean import cleaned
from readykit.errors import TargetError, UsageError
from readykit.kinds import Kind, kind_of
from readykit.limits import CHECK_SECONDS, MAX_RESTARTS
from readykit.model import Check, Finding, Part, Report, Score, Status, Verdict
from readykit.policy import Policy, Wishes, decided, stands_in
from readykit.project import Project
from readykit.projects import parts
from readykit.reading import read_all
from readykit.repo import Repo
from readykit.score import UnknownProfile, scored, standard, weighed
from readykit.target import Place, at_hand, opened
from readykit.waive import inline, waived
from readykit.worker import Say, TooLong, Worker, at_most, can_fork


@dataclass(frozen=True, slots=True)
class Way:
    """How an audit is done, which changes nothing of what it finds.

    `jobs` is the number of processes that read (0 for as many as help), `cached` whether what earlier audits worked
    out is used, `heard` is told what is begun.
    """

    jobs: int = 0
    cached: bool = True
    heard: Say | None = None


def audit(path: str | Path, wishes: Wishes | None = None, *, today: str = "", way: Way | None = None) -> Report:
    """Audit a folder, an archive or a repository on a server, in a process of its own where that can be.

    Args:
        path: what `target.at_hand` understands.
        wishes: what the examiner asks for: profile, checks, a policy file.
        today: the date that waivers are compared with, as YYYY-MM-DD; that of this day when empty.
        way: how it is done.

    Raises:
        TargetError: there is nothing at the path that can be audited.
        UsageError: the profile, a check or a setting is unknown.
    """
    with at_hand(path) as place:
        return _audited(place, wishes, today or date.today().isoformat(), way or Way())


def _audited(place: Place, wishes: Wishes | None, today: str, way: Way) -> Report:
    """Audit a place in workers, until one comes to the end."""
    refused: dict[str, str] = {}
    at_home = place.kind == "folder" and stands_in(Path(place.path))
    work = partial(_here, place, wishes, at_home, today, way, refused)
    if not can_fork():
        return work(_unheard)
    while True:
        result = Worker(lambda say: wire.report_out(work(say))).result(way.heard)
        if isinstance(result, bytes):
            return wire.report_in(result)
        if not result.at.startswith(("file:", "check:")) or result.at in refused or len(refused) >= MAX_RESTARTS:
            at = result.at or "its start"
            raise TargetError(f"{place.shown}: the audit {result.why}, at {at}; nothing is reported")
        refused[result.at] = result.why


def _here(
    place: Place, wishes: Wishes | None, at_home: bool, today: str, way: Way, refused: Mapping[str, str], say: Say
) -> Report:
    """Audit a place in this process.

    Raises:
        TargetError: there is nothing at the path that can be audited.
    """
    say("stage:listing")
    repo = opened(place)
    repo.say = say
    if place.kind != "folder":
        way = replace(way, cached=False)  # it would be unpacked twice
    repo.refused = {at.removeprefix("file:"): why for at, why in refused.items() if at.startswith("file:")}
    repo.hopeless = {at.removeprefix("check:"): why for at, why in refused.items() if at.startswith("check:")}
    asked = again.question(repo, wishes or Wishes(), place.shown, today, at_home=at_home) if way.cached else ""
    report = again.known(asked)
    if report is None:
        report = audit_repo(repo, place.shown, wishes, at_home=at_home, today=today, way=way)
        again.keep(asked, report, repo)
    return report


def _unheard(_at: str) -> None:
    """Nobody watches."""


def audit_repo(
    repo: Repo, shown: str = ".", wishes: Wishes | None = None, *, at_home: bool = False, today: str = "",
    way: Way | None = None,
) -> Report:  # fmt: skip
    """Audit an opened tree; `shown` is the path to name in the report, `at_home` whether its own settings count.

    Raises:
        UsageError: the profile, a check or a setting is unknown.
    """
    try:
        policy = decided(repo, wishes or Wishes(), standard(), at_home=at_home)
    except UnknownProfile as error:
        raise UsageError(str(error)) from None
    checks = chosen(policy)
    asked = tuple(dict.fromkeys((wishes or Wishes()).rubrics))
    for name in asked:
        rubrics.load(name)  # a name that is wrong is told before the work
    collecting = gc.isenabled()
    gc.disable()  # facts are many, small and kept: collecting them costs a third of the time and frees nothing
    try:
        if way is not None:
            read_all(repo, catalogue.toolbox(policy.folders), jobs=way.jobs, cached=way.cached)
        return _report(repo, shown, policy, checks, today or date.today().isoformat(), asked)
    finally:
        if collecting:
            gc.enable()


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
    repo: Repo, shown: str, policy: Policy, checks: Sequence[Check], today: str, named: Sequence[str]
) -> Report:
    project = Project(repo, catalogue.toolbox(policy.folders))
    kind = kind_of(project)
    project.kind = kind.name
    info = replace(repo.info(), path=None if repo.url else shown, kind=kind.name, why_kind=kind.why)
    rules = [*policy.rules, *inline(project.facts("waiver", role=None), honoured=policy.own_honoured)]
    asked = [rule for rule in rules if any({c.id, c.family} & set(rule.checks) for c in checks) or not rule.checks]
    findings, rows = waived(judgements(checks, project, kind, policy), asked, today)
    sides = tuple(_part(checks, side, policy) for side in parts(project)) if kind.graded else ()
    score = scored(findings, standard().dimensions) if kind.graded else Score(None, None)
    best = max(sides, key=lambda side: side.score.total or 0, default=None) if kind.name == "collection" else None
    projections = tuple(rubrics.projected(name, findings, project.used) for name in named) if kind.graded else ()
    report = Report(
        info, findings, repo.unreadable, repo.skipped, policy.profile.name, best.score if best else score,
        standard().version, policy.settings, rows, sides, best.root if best else "", policy.min_score, policy.min_level,
        projections, project.claims if kind.graded else (), repo.readings,
    )  # fmt: skip
    return cleaned(report, leaks.values(repo))


def _part(checks: Sequence[Check], project: Project, policy: Policy) -> Part:
    """One project of several: judged by itself."""
    kind = Kind(project.kind, "")
    findings = tuple(judgements(checks, project, kind, policy))
    return Part(project.root.rstrip("/"), project.kind, findings, scored(findings, standard().dimensions))


def judgements(checks: Iterable[Check], project: Project, kind: Kind, policy: Policy) -> list[Finding]:
    """The findings of all checks on one project; what is judged by its claims comes last."""
    every = tuple(checks)
    known: dict[str, Verdict] = {}
    alone = any(check.capability == claims.BACKED for check in every) and policy.select
    claims.install(project, catalogue.with_folders(policy.folders) if alone else every, known)
    found: dict[str, Finding] = {}
    for check in sorted(every, key=lambda check: check.capability == claims.BACKED):
        found[check.id] = judged(check, project, kind, policy)
        known[check.id] = found[check.id].verdict
    return [found[check.id] for check in every]


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
    hopeless = project.repo.hopeless.get(check.id)
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


def _given_up(project: Project, check: Check, why: str) -> Verdict:
    """A check that met a limit."""
    project.repo.not_judged(check.id, why)
    return unknown(f"not judged: it {why}")
