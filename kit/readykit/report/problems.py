"""Findings as other people's tools want them: how bad, at which one place, and with a name that stays the same."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from readykit.model import Location, Status

if TYPE_CHECKING:
    from collections.abc import Iterable

    from readykit.model import Evidence, Finding, Report

_BAD = (Status.FAIL, Status.ERROR, Status.PARTIAL)
_OF_WEIGHT = 3  # what carries the life of a model, and what carries that (docs/decisions/0013)
# Where a finding about the whole repository is shown: the files in which a project says what it is.
_ANCHORS = (
    "pyproject.toml",
    "setup.py",
    "setup.cfg",
    "requirements.txt",
    "environment.yml",
    "DESCRIPTION",
    "README.md",
)


@dataclass(frozen=True, slots=True)
class Problem:
    """A finding that somebody has to do something about.

    `severity` is `error` (failed, required by the profile and of weight, or a fault of ours), `warning` (failed) or
    `note` (half there).
    `at` is the first evidence or a file that stands for the repository, `others` the rest of the evidence.
    """

    finding: Finding
    severity: str
    at: Location
    others: tuple[Evidence, ...]
    text: str
    key: str

    @property
    def known(self) -> bool:
        """Whether an earlier report had it."""
        return self.finding.baseline == "known"


def problems(report: Report, *, waived: bool = False, root: str = "") -> list[Problem]:
    """Return the problems of a report in the order of its findings.

    Args:
        report: a clean report.
        waived: whether those that were waived are among them.
        root: the folder of the repository that was audited; the paths of problems begin with it.
    """
    chosen = [f for f in report.findings if f.verdict.status in _BAD and (waived or f.waiver is None)]
    home = Location(_home(report)) if chosen else Location("README.md")
    return [_problem(finding, home, root) for finding in chosen]


def below(root: str, path: str) -> str:
    """A path of the audited folder as one of the repository."""
    return f"{root}/{path}" if root and path else path


def _problem(finding: Finding, home: Location, root: str) -> Problem:
    verdict = finding.verdict
    first, others = (verdict.evidence[0].at, verdict.evidence[1:]) if verdict.evidence else (home, ())
    grave = finding.required and finding.check.weight >= _OF_WEIGHT
    severity = (
        "note"
        if verdict.status is Status.PARTIAL
        else "error"
        if grave or verdict.status is Status.ERROR
        else "warning"
    )
    wish = f" To satisfy it: {verdict.would_satisfy.rstrip('.')}." if verdict.would_satisfy else ""
    text = f"{finding.check.title}: {verdict.message.rstrip('.')}.{wish}"
    # One problem a check: its name holds neither line nor path, so that moving code does not make it a new one.
    return Problem(
        finding, severity, Location(below(root, first.path), max(1, first.line), first.end_line),
        tuple(replace(e, at=e.at._replace(path=below(root, e.at.path))) for e in others) if root else others,
        text, _key(finding),
    )  # fmt: skip


def _key(finding: Finding) -> str:
    from hashlib import sha256

    return sha256(f"readykit/{finding.check.id}/{finding.check.capability}".encode()).hexdigest()[:32]


def _home(report: Report) -> str:
    """A file of the tree that stands for all of it; every path that a report cites is one that exists."""
    cited = {e.at.path for f in report.findings for e in f.verdict.evidence} | {row.at.path for row in report.claims}
    known = next((name for name in _ANCHORS if name in cited), None)
    return known or min(_files(cited), key=lambda path: (path.count("/"), path), default="README.md")


def _files(paths: Iterable[str]) -> Iterable[str]:
    return (path for path in paths if path and not path.endswith("/"))
