"""Who comes before whom, and why: pure functions of reports.

The level comes first, for it holds only when all of its checks do; then the score. Points that one candidate has more
than another are taken apart by what each loses in every family of checks, which adds up exactly.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from readykit.advice import Advice, account, advice, graded
from readykit.model import Check, Finding, Report, Score, Status
from readykit.report.words import FAMILIES, clip

if TYPE_CHECKING:
    from readykit.comparison.gather import Candidate

CLOSE: Final = 3.0
"""Points within which it is said which single check would turn the order."""
SHORT: Final = 30
"""Characters of a name within a sentence."""
_SAID: Final = 3  # families, checks that a sentence names
_DECISIVE: Final = 5


@dataclass(frozen=True, slots=True)
class Place:
    """A graded candidate with its rank (candidates of the same level and score share one)."""

    rank: int
    candidate: Candidate
    report: Report
    findings: tuple[Finding, ...]
    lost: Mapping[str, float]
    advice: Advice

    @property
    def name(self) -> str:
        """What it is called."""
        return self.candidate.name

    @property
    def level(self) -> int:
        """The level reached."""
        return self.report.score.level or 0

    @property
    def score(self) -> float:
        """Points of 100."""
        return self.report.score.total or 0.0

    def finding(self, check: str) -> Finding | None:
        """What was found for a check; None when it was not asked."""
        return next((f for f in self.findings if f.check.id == check), None)


@dataclass(frozen=True, slots=True)
class Step:
    """Why one candidate stands before the next: `tie` when nothing decides, `checks` made the greatest difference."""

    above: Place
    below: Place
    tie: bool
    reason: str
    also: str
    checks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One check, what was found in every place (in the order of rank), and whether candidates differ in it."""

    check: Check
    cells: tuple[Finding | None, ...]

    @property
    def differs(self) -> bool:
        """Whether it came out differently."""
        return len({_outcome(cell) for cell in self.cells}) > 1

    @property
    def spread(self) -> float:
        """How much it parts the candidates: its weight, and how evenly it divides them."""
        passed = sum(_outcome(cell) is Status.PASS for cell in self.cells)
        return self.check.weight * min(passed, len(self.cells) - passed)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything that the writers show.

    `places` are graded and ranked; `ungraded` were read, but the standard does not apply to them; `refused` could not
    be audited. `notes` say what stands in the way of comparing.
    """

    places: tuple[Place, ...]
    steps: tuple[Step, ...]
    rows: tuple[Row, ...]
    ungraded: tuple[Candidate, ...]
    refused: tuple[Candidate, ...]
    profile: str
    notes: tuple[str, ...]
    blind: bool = False


def compared(candidates: Sequence[Candidate], *, blind: bool = False) -> Comparison:
    """Order candidates, and say why.

    Args:
        candidates: of different names; the order does not matter.
        blind: whether their names are hidden.
    """
    places = _ranked(candidates)
    refused = sorted((c for c in candidates if c.report is None), key=lambda c: c.name)
    ungraded = sorted((c for c in candidates if c.report and not _is_graded(c.report)), key=lambda c: c.name)
    return Comparison(
        places,
        tuple(_step(above, below) for above, below in pairwise(places)),
        _rows(places),
        tuple(ungraded),
        tuple(refused),
        ", ".join(sorted({place.report.profile for place in places})),
        tuple(_notes(places)),
        blind,
    )


def _is_graded(report: Report) -> bool:
    return report.applicable and report.score.total is not None and report.score.level is not None


def _key(score: Score) -> tuple[int, float]:
    return -(score.level or 0), -(score.total or 0.0)


def _ranked(candidates: Iterable[Candidate]) -> tuple[Place, ...]:
    found = [(c, c.report) for c in candidates if c.report is not None and _is_graded(c.report)]
    found.sort(key=lambda pair: (_key(pair[1].score), pair[0].name))
    keys = [_key(report.score) for _, report in found]
    places = []
    for candidate, report in found:
        findings = graded(report)
        rank = 1 + keys.index(_key(report.score))
        places.append(Place(rank, candidate, report, findings, _lost(findings), advice(findings)))
    return tuple(places)


def _lost(findings: Sequence[Finding]) -> dict[str, float]:
    """Points of 100 that each family is short of; those of all families and the score make 100."""
    lost: dict[str, float] = defaultdict(float)
    for share in account(findings).shares:
        lost[share.finding.check.family] += share.most - share.points
    return dict(lost)


def _outcome(finding: Finding | None) -> Status:
    if finding is None:
        return Status.UNKNOWN
    return Status.NOT_APPLICABLE if finding.waiver is not None else finding.verdict.status


def _rows(places: Sequence[Place]) -> tuple[Row, ...]:
    """One row a check that any candidate was asked, by families in the order of the standard."""
    checks: dict[str, Check] = {}
    for place in places:
        for finding in place.findings:
            checks.setdefault(finding.check.id, finding.check)
    found = [{f.check.id: f for f in place.findings} for place in places]
    order = list(FAMILIES)
    ids = sorted(checks, key=lambda name: (_index(order, checks[name].family), name))
    return tuple(Row(checks[name], tuple(own.get(name) for own in found)) for name in ids)


def short(name: str) -> str:
    """A name as it stands within a sentence."""
    return clip(name, SHORT)


def _index(order: list[str], family: str) -> tuple[int, str]:
    return (order.index(family), "") if family in order else (len(order), family)


def family_name(family: str) -> str:
    """A family in a word, within a sentence; of checks of others, its letters."""
    return FAMILIES[family].partition(" and ")[0].lower() if family in FAMILIES else family


def _step(above: Place, below: Place) -> Step:
    gap = {family: below.lost.get(family, 0.0) - above.lost.get(family, 0.0) for family in {*above.lost, *below.lost}}
    checks = _decisive(above, below)
    more, less = _parted(gap, 1), _parted(gap, -1)
    if above.rank == below.rank:
        reason = f"a tie: level {above.level} and {above.score:g} of 100 alike"
        if not checks:
            return Step(above, below, True, reason, "no check came out differently", ())
        sides = [f"{short(place.name)} is ahead in {said}" for place, said in ((above, more), (below, less)) if said]
        return Step(above, below, True, reason, "; ".join(sides) or "what differs evens out", checks)
    if above.level != below.level:
        reason = f"level {above.level} against {below.level}"
        return Step(above, below, False, reason, _held_back(above, below), checks)
    reason = f"same level; score {above.score:g} against {below.score:g}" + (f", mostly {more}" if more else "")
    also = [f"{short(below.name)} is ahead in {less}"] if less else []
    return Step(above, below, False, reason, "; ".join([*also, *_close(above, below)]), checks)


def _parted(gap: Mapping[str, float], sign: int) -> str:
    """The families in which one is ahead by half a point or more, the widest first."""
    found = sorted(((sign * points, family) for family, points in gap.items()), key=lambda pair: (-pair[0], pair[1]))
    named = [f"{family_name(family)} ({points:.1f})" for points, family in found[:_SAID] if points >= 0.5]
    return _joined(named)


def _joined(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _held_back(above: Place, below: Place) -> str:
    """What the lower one lacks for the next level."""
    step = below.advice.step
    mends = step.mends if step else ()
    named = [f"{mend.finding.check.id} {mend.finding.check.title}" for mend in mends[:_SAID]]
    more = f" and {len(mends) - _SAID} more" if len(mends) > _SAID else ""
    said = f"for level {step.level if step else above.level} {short(below.name)} lacks {'; '.join(named)}{more}"
    if below.score > above.score:
        said += (
            f". Its score is higher ({below.score:g} against {above.score:g}), but a level counts first: "
            "it holds only when all that it needs is there"
        )
    return said


def _close(above: Place, below: Place) -> list[str]:
    """The one check that would turn the order, where it is close."""
    distance = above.score - below.score
    found = [(gain, name) for name, gain in below.advice.gains.items() if gain > distance]
    if distance > CLOSE or not found:
        return []
    gain, name = min(found)
    return [f"close: {name} alone would bring {short(below.name)} {gain:.1f} points"]


def _decisive(above: Place, below: Place) -> tuple[str, ...]:
    """The checks that differ, those that the lower one lacks first, the greatest difference in points first."""
    points = [{s.finding.check.id: s.most - s.points for s in account(p.findings).shares} for p in (above, below)]
    theirs = {f.check.id: f for f in below.findings}
    found = []
    for finding in above.findings:
        name = finding.check.id
        other = theirs.get(name)
        if other is not None and _outcome(finding) is not _outcome(other):
            difference = points[1].get(name, 0.0) - points[0].get(name, 0.0)
            found.append((-difference, name))
    return tuple(name for _, name in sorted(found)[:_DECISIVE])


def _notes(places: Sequence[Place]) -> Iterable[str]:
    """What makes scores hard to compare."""
    for what, key in (("profile", "profile"), ("version of the standard", "standard")):
        found = Counter(getattr(place.report, key) for place in places)
        if len(found) > 1:
            usual = found.most_common(1)[0][0]
            odd = [f"{p.name} ({clip(getattr(p.report, key), 30)})" for p in places if getattr(p.report, key) != usual]
            yield (
                f"not measured alike: {_joined(odd)} with another {what} than the others ({usual}); "
                "their levels and scores cannot be compared"
            )
    for place in places:
        if place.report.unreadable:
            count = len(place.report.unreadable)
            yield f"{place.name}: {count} {'part' if count == 1 else 'parts'} could not be read"
        if place.report.best_project:
            yield f"{place.name}: a collection, graded on its best project, {clip(place.report.best_project, 60)}"
    asked = [{f.check.id for f in place.findings} for place in places]
    partly = {name for own in asked for name in own if not all(name in other for other in asked)}
    if partly:
        named = sorted(partly)
        more = f" and {len(named) - _SAID} more" if len(named) > _SAID else ""
        yield f"not asked of all: {', '.join(named[:_SAID])}{more}; other checks or another version were used"
