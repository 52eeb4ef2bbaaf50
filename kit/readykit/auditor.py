"""Repository and checks in, report out."""

from __future__ import annotations

import gc
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from readykit import catalogue
from readykit.errors import TargetError, UsageError
from readykit.kinds import Kind, kind_of
from readykit.model import Check, Finding, Report, Score, Status, Verdict
from readykit.project import Project
from readykit.repo import Repo
from readykit.score import Profile, UnknownProfile, scored, standard, weighed


def audit(
    path: str | Path, profile: str = "production", select: Sequence[str] = (), ignore: Sequence[str] = ()
) -> Report:
    """Audit a folder.

    Args:
        path: the folder of a repository.
        profile: the name of a profile of the standard.
        select: ids or families of the checks to ask, all when empty.
        ignore: ids or families not to ask.

    Raises:
        TargetError: there is nothing at the path that can be audited.
        UsageError: the profile, or a check that is selected or ignored, is unknown.
    """
    try:
        repo = Repo.open(path)
    except OSError as error:
        raise TargetError(f"{path}: {error.strerror or 'is not a folder'}") from None
    return audit_repo(repo, str(path), profile, select, ignore)


def audit_repo(
    repo: Repo, shown: str = ".", profile: str = "production", select: Sequence[str] = (), ignore: Sequence[str] = ()
) -> Report:
    """Audit an opened tree; `shown` is the path to name in the report.

    Raises:
        UsageError: the profile, or a check that is selected or ignored, is unknown.
    """
    try:
        chosen = standard().profile(profile)
    except UnknownProfile as error:
        raise UsageError(str(error)) from None
    known = {name for check in catalogue.checks() for name in (check.id, check.family)}
    if unknown := [name for name in (*select, *ignore) if name not in known]:
        raise UsageError(f"there is no check or family {', '.join(unknown)}; `kit checks` lists them")
    collecting = gc.isenabled()
    gc.disable()  # facts are many, small and kept: collecting them costs a third of the time and frees nothing
    try:
        return _report(repo, shown, chosen, catalogue.chosen(catalogue.checks(), select, ignore))
    finally:
        if collecting:
            gc.enable()


def _report(repo: Repo, shown: str, profile: Profile, checks: Sequence[Check]) -> Report:
    project = Project(repo, catalogue.toolbox())
    kind = kind_of(project)
    project.kind = kind.name
    info = replace(repo.info(), path=shown, kind=kind.name, why_kind=kind.why)
    findings = tuple(judged(check, project, kind, profile) for check in checks)
    score = scored(findings, standard().dimensions) if kind.graded else Score(None, None)
    return Report(info, findings, repo.unreadable, repo.skipped, profile.name, score, standard().version)


def judged(check: Check, project: Project, kind: Kind, profile: Profile) -> Finding:
    """The finding of one check; one that raises is an `error`, and the others go on."""
    check = weighed(check, profile)
    required = profile.requires(check)
    if not kind.graded:
        return Finding(check, Verdict(Status.NOT_APPLICABLE, kind.why), required)
    try:
        verdict = check.judge(project)
    except Exception as error:  # whatever a check does wrong must not end the audit; it is reported as ours
        where = error.__traceback__
        while where is not None and where.tb_next is not None:
            where = where.tb_next
        place = f" at {Path(where.tb_frame.f_code.co_filename).name}:{where.tb_lineno}" if where else ""
        verdict = Verdict(Status.ERROR, f"{check.id} failed: {type(error).__name__}: {error}{place}"[:300])
    return Finding(check, verdict, required)
