"""What a report must reach: a score, a level, no findings of a kind. Pure functions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from readykit.model import Report, Status

FAIL_ON: Final = ("new", "worse", "fail", "partial", "any")
"""From what came lately to all that is not in order.

`new`: a finding that the baseline or the revision does not have. `worse`: that, or a lower score or level. `fail`: a
check fails. `partial`: one fails or is half there. `any`: one fails, is half there, or could not be judged. Known
findings count for the last three; waived ones never.
"""
COMPARING: Final = ("new", "worse")
"""Those that need something to compare with."""
_SHOWN = 6  # ids in a message
_OPEN: Final = {
    "fail": (Status.FAIL,), "partial": (Status.FAIL, Status.PARTIAL),
    "any": (Status.FAIL, Status.PARTIAL, Status.UNKNOWN, Status.ERROR),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Floors:
    """What was asked for: points of 100, a level from 0 to 4, and one of `FAIL_ON` (None or empty: not asked)."""

    min_score: float | None = None
    min_level: int | None = None
    fail_on: str = ""


def below(report: Report, floors: Floors) -> list[str]:
    """Why a report is below the floors, a sentence a floor; empty when it reaches all of them.

    Args:
        report: any report; one that was not graded is below no floor.
        floors: what was asked for. The policy's own floors hold where the examiner named none.
    """
    if not report.applicable:
        return []
    score, level = report.score.total, report.score.level
    least = report.min_score if floors.min_score is None else floors.min_score
    lowest = report.min_level if floors.min_level is None else floors.min_level
    reasons = []
    if least is not None and (score is None or score < least):
        reasons.append(f"score {_figure(score)}, asked for {least:g}")
    if lowest is not None and (level is None or level < lowest):
        reasons.append(f"level {_figure(level)}, asked for {lowest}")
    return reasons + _findings(report, floors.fail_on)


def _findings(report: Report, fail_on: str) -> list[str]:
    """Why the findings are below a floor."""
    if fail_on in _OPEN:
        open_ = [f.check.id for f in report.findings if f.verdict.status in _OPEN[fail_on] and f.waiver is None]
        return [f"{len(open_)} of the kind --fail-on {fail_on}: {_ids(open_)}"] if open_ else []
    since = report.since
    if fail_on not in COMPARING or since is None:
        return []
    reasons = [f"new since {since.against}: {_ids(since.new)}"] if since.new else []
    if fail_on == "worse":
        pairs = (("score", since.score, report.score.total), ("level", since.level, report.score.level))
        reasons += [
            f"{name} {_figure(now)}, {_figure(then)} in {since.against}"
            for name, then, now in pairs
            if then is not None and (now is None or now < then)
        ]
    return reasons


def _figure(value: float | None) -> str:
    return "none" if value is None else f"{value:g}"


def _ids(names: list[str] | tuple[str, ...]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
