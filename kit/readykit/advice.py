"""What to do next and what it would bring, and how a score came about: pure functions of a report.

Everything is worked out by the very rules that made the score (`readykit.score`): a gain is the score as it would be
with one check mended, less the score as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from readykit.model import Evidence, Location, Status, Strength, Verdict
from readykit.score import HIGHEST, POINTS, counts, level, needed_for, still_open, sums

if TYPE_CHECKING:
    from readykit.model import Finding, Report

_MENDED = Verdict(Status.PASS, "", (Evidence(Location("."), Strength.PROVEN, "as if it were mended"),))


@dataclass(frozen=True, slots=True)
class Mend:
    """A check that could pass, and how many points of 100 that would bring."""

    finding: Finding
    gain: float


@dataclass(frozen=True, slots=True)
class Step:
    """The way to a higher level: all of `mends` have to pass, the most points first.

    `level` and `score` are those reached then; `left` is the partial that may stay as it is, if there is one.
    """

    level: int
    score: float
    mends: tuple[Mend, ...]
    left: Finding | None = None


@dataclass(frozen=True, slots=True)
class Advice:
    """What to do: `step` leads to the next level (None at the highest), `others` bring points only, the most first."""

    step: Step | None
    others: tuple[Mend, ...]

    @property
    def gains(self) -> dict[str, float]:
        """Points of 100 by the id of the check."""
        return {mend.finding.check.id: mend.gain for mend in (*(self.step.mends if self.step else ()), *self.others)}


@dataclass(frozen=True, slots=True)
class Share:
    """What one check adds to the score: `points` of at most `most`, both of 100."""

    finding: Finding
    points: float
    most: float


@dataclass(frozen=True, slots=True)
class Rung:
    """One level: the checks by which it is judged, those still open, and whether it is reached.

    `by_required` is false where the profile requires none of the level's checks and all of them decide;
    `held_back_by` is the lower level that has to come first (0: none).
    """

    level: int
    needed: tuple[Finding, ...]
    open: tuple[Finding, ...]
    reached: bool
    by_required: bool
    held_back_by: int = 0


@dataclass(frozen=True, slots=True)
class Account:
    """How a score came about: what counts, what stands outside of it and why, and each level."""

    earned: float
    weight: float
    shares: tuple[Share, ...]
    outside: tuple[tuple[Finding, str], ...]
    rungs: tuple[Rung, ...]


def graded(report: Report) -> tuple[Finding, ...]:
    """The findings that the score of a report is made of: of a collection those of its best project."""
    best = next((part for part in report.projects if part.root == report.best_project), None)
    return best.findings if report.best_project and best is not None else report.findings


def advice(findings: Sequence[Finding]) -> Advice:
    """What to do next, in the order of effect.

    Args:
        findings: those that are graded (`graded`).
    """
    step = next_step(findings)
    needed = {mend.finding.check.id for mend in step.mends} if step else set()
    rest = [f for f in still_open(findings) if f.verdict.status is not Status.NOT_APPLICABLE]
    others = _by_gain([f for f in rest if f.check.id not in needed], findings)
    return Advice(step, tuple(mend for mend in others if mend.gain > 0))


def next_step(findings: Sequence[Finding]) -> Step | None:
    """What has to be mended for the next level that is not reached; None when all are, or nothing applies."""
    now = level(findings)
    if now is None:
        return None
    for number in range(now + 1, HIGHEST + 1):
        missing = _by_gain(still_open(needed_for(number, findings)), findings)
        halves = [mend for mend in missing if mend.finding.verdict.status is Status.PARTIAL]
        left = min(halves, key=lambda mend: (mend.gain, mend.finding.check.id), default=None)
        mends = tuple(mend for mend in missing if mend is not left)
        if mends:
            ids = {mend.finding.check.id for mend in mends}
            then = [_mended(f) if f.check.id in ids else f for f in findings]
            return Step(level(then) or 0, _points(then), mends, left.finding if left else None)
    return None


def account(findings: Sequence[Finding]) -> Account:
    """How the score of some findings came about, check by check and level by level."""
    earned, weight = sums(findings)
    counted = [f for f in findings if counts(f) and f.check.weight]
    shares = tuple(
        Share(f, *(100 * f.check.weight * part / weight for part in (POINTS[f.verdict.status], 1.0))) for f in counted
    )
    chosen = {f.check.id for f in counted}
    outside = tuple((f, _why_outside(f)) for f in findings if f.check.id not in chosen)
    return Account(earned, weight, shares, outside, tuple(_rungs(findings)))


def _rungs(findings: Sequence[Finding]) -> list[Rung]:
    reached = level(findings) or 0
    rungs: list[Rung] = []
    lacking = 0
    for number in range(1, HIGHEST + 1):
        needed = needed_for(number, findings)
        missing = tuple(still_open(needed))
        done = bool(needed) and number <= reached
        rungs.append(Rung(number, tuple(needed), missing, done, any(f.required for f in needed), lacking))
        lacking = lacking or (number if needed and not done else 0)
    return rungs


def _why_outside(finding: Finding) -> str:
    """Why a check is no part of the score."""
    if finding.waiver is not None:
        return "waived"
    if finding.verdict.status not in POINTS:
        return finding.verdict.status.value.replace("_", " ")
    return "weighs nothing in this profile"


def _by_gain(missing: Sequence[Finding], findings: Sequence[Finding]) -> list[Mend]:
    """The most points first, then by id."""
    now = _points(findings)
    earned, weight = sums(findings)
    mends = []
    for finding in missing:
        # its weight is counted already, or comes in with it
        part = finding.check.weight * POINTS.get(finding.verdict.status, 0.0) if counts(finding) else 0.0
        whole = weight + (0.0 if counts(finding) else finding.check.weight)
        then = 100 * (earned - part + finding.check.weight) / whole if whole else now
        mends.append(Mend(finding, round(then - now, 2)))
    return sorted(mends, key=lambda mend: (-mend.gain, mend.finding.check.id))


def _points(findings: Sequence[Finding]) -> float:
    """The score, not rounded."""
    earned, weight = sums(findings)
    return 100 * earned / weight if weight else 0.0


def _mended(finding: Finding) -> Finding:
    return replace(finding, verdict=_MENDED)
