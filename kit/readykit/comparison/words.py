"""What the writers of a comparison share: the sentences, and how a finding is cited."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from readykit.comparison.ranking import short
from readykit.model import Status
from readykit.report.words import MARKS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from readykit.comparison.ranking import Comparison, Place, Row
    from readykit.model import Evidence, Finding

SAID: Final = {
    Status.PASS: "passed", Status.PARTIAL: "half there", Status.FAIL: "failed", Status.UNKNOWN: "unknown",
    Status.ERROR: "error", Status.NOT_APPLICABLE: "not applicable",
}  # fmt: skip
NOT_ASKED: Final = "·"
LEGEND: Final = "✓ passed  ◐ half there  ✗ failed  – not applicable  ? unknown  · not asked"


def mark(finding: Finding | None) -> str:
    """One character for what was found."""
    if finding is None:
        return NOT_ASKED
    return MARKS[Status.NOT_APPLICABLE] if finding.waiver else MARKS[finding.verdict.status]


def said(finding: Finding | None) -> str:
    """What was found, in words."""
    if finding is None:
        return "not asked"
    if finding.waiver:
        return f"waived: {finding.waiver.reason}"
    return SAID[finding.verdict.status]


def best(finding: Finding | None) -> Evidence | None:
    """The evidence to show where there is room for one: the strongest, the first of these."""
    return max(finding.verdict.evidence, key=lambda e: e.strength, default=None) if finding else None


def numbers(comparison: Comparison) -> dict[str, str]:
    """The number of each place by the candidate's name: `2=` where it ties with a neighbour."""
    ranks = [place.rank for place in comparison.places]
    return {
        place.name: f"{number}{'=' if ranks.count(place.rank) > 1 else ''}"
        for number, place in enumerate(comparison.places, 1)
    }


def title(comparison: Comparison) -> str:
    """What a comparison is of."""
    count = len(comparison.places) + len(comparison.ungraded) + len(comparison.refused)
    return f"{count} candidates side by side"


def summary(comparison: Comparison) -> str:
    """How many are ranked, and by what."""
    parts = [f"{len(comparison.places)} ranked"]
    if comparison.ungraded:
        parts.append(f"{len(comparison.ungraded)} without a score")
    if comparison.refused:
        parts.append(f"{len(comparison.refused)} could not be audited")
    if comparison.profile:
        parts.append(f"profile {comparison.profile}")
    return " · ".join([*parts, *(["names hidden"] if comparison.blind else [])])


def unranked(comparison: Comparison) -> Iterator[tuple[str, str]]:
    """The candidates that have no rank, and why."""
    for candidate in comparison.ungraded:
        why = candidate.report.repository.why_kind if candidate.report else ""
        yield candidate.name, f"no score: {why or 'there is nothing here that the standard applies to'}"
    for candidate in comparison.refused:
        yield candidate.name, f"not audited: {candidate.why}"


def heading(above: Place, below: Place, tie: bool) -> str:
    """Whom a step is about."""
    one, other = short(above.name), short(below.name)
    return f"{one} and {other}" if tie else f"{one} before {other}"


def differing(comparison: Comparison) -> list[Row]:
    """The checks that came out differently, what parts the candidates most first."""
    return sorted((row for row in comparison.rows if row.differs), key=lambda row: (-row.spread, row.check.id))
