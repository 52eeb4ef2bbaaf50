"""Waivers: findings that somebody decided to live with, each with a reason and, if wanted, an end.

A waived finding stays in the report, counts neither for nor against the score, and does not hold a level back. A
waiver without a reason, past its date, of a project that is not its own examiner, or without a finding to waive does
nothing and is listed with what to do about it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from readykit.globs import path_matches
from readykit.model import Fact, Finding, Location, Status, Waiver, WaiverRow

OPEN = frozenset({Status.FAIL, Status.PARTIAL, Status.UNKNOWN})
USED, UNUSED, EXPIRED, UNREASONED, REFUSED = "used", "unused", "expired", "no reason", "not honoured"


@dataclass(frozen=True, slots=True)
class Rule:
    """A waiver: the ids it is for, what it covers, why, and until when.

    `glob` is the paths that a rule of a policy covers (every path when empty); None for a comment, which covers the
    lines of `at`.
    """

    at: Location
    checks: tuple[str, ...]
    reason: str
    expires: str | None = None
    glob: str | None = None
    honoured: bool = True

    def covers(self, finding: Finding) -> bool:
        """Whether all that a finding cites is covered; a rule for every path covers one that cites nothing."""
        if finding.check.id not in self.checks and finding.check.family not in self.checks:
            return False
        if self.glob == "":
            return True
        return bool(finding.verdict.evidence) and all(self._at(e.at) for e in finding.verdict.evidence)

    def _at(self, place: Location) -> bool:
        if self.glob is not None:
            return path_matches(place.path, self.glob)
        last, end = self.at.end_line or self.at.line, place.end_line or place.line
        return place.path == self.at.path and place.line <= last and end >= self.at.line


def inline(facts: Iterable[Fact], *, honoured: bool) -> list[Rule]:
    """The rules that comments and cell tags make."""
    return [
        Rule(f.at, tuple(filter(None, f.name.split(","))), f.value, f.detail.get("expires"), None, honoured)
        for f in facts
    ]


def waived(
    findings: Sequence[Finding], rules: Sequence[Rule], today: str
) -> tuple[tuple[Finding, ...], tuple[WaiverRow, ...]]:
    """Apply rules to findings.

    Args:
        findings: what the checks concluded.
        rules: every waiver that was found, the examiner's first.
        today: the date as YYYY-MM-DD; a waiver holds through the day it names.

    Returns:
        The findings, those that are waived marked so, and a row for every rule.
    """
    state = {id(rule): state_of(rule, today) for rule in rules}
    kept = []
    for finding in findings:
        if finding.verdict.status in OPEN:
            covering = [rule for rule in rules if state[id(rule)] in ("", USED) and rule.covers(finding)]
            for rule in covering:
                state[id(rule)] = USED
            if covering:
                finding = replace(finding, waiver=Waiver(covering[0].reason, covering[0].expires))
        kept.append(finding)
    rows = [
        WaiverRow(r.at, r.checks, r.reason, state[id(r)] or UNUSED, r.expires, advice(r, state[id(r)])) for r in rules
    ]
    return tuple(kept), tuple(sorted(rows, key=lambda row: (row.at, row.checks)))


def state_of(rule: Rule, today: str) -> str:
    """Why a rule cannot be used; empty when it can."""
    if not rule.honoured:
        return REFUSED
    if not rule.reason or not rule.checks:
        return UNREASONED
    return EXPIRED if rule.expires is not None and rule.expires < today else ""


def advice(rule: Rule, state: str) -> str:
    """What to do about a waiver that did nothing."""
    return {
        UNREASONED: "write the ids and a reason: `kit: ignore[DAT005] why`",
        EXPIRED: f"it ended on {rule.expires}: mend the finding or renew the waiver",
        REFUSED: "the audited repository does not waive its own findings (--trust-config to allow it)",
        "": "no finding cites these lines alone: remove it, or waive the check in the policy"
        if rule.glob is None
        else "there is no such finding: remove it",
    }.get(state, "")
