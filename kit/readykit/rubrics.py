"""Other people's rubrics, answered from the same findings: `checks/rubrics/*.toml`.

A rubric is a list of items. An item has steps, each with points and what it needs; the highest step whose needs hold
gives the points. A need is `TRK001` (passes), `TRK001~` (at least half), `TRK001@wired` (passes with evidence of that
strength), `job:task running` (a product does that job), or several of these with `|` between them. An item without
steps, or whose checks do not apply or could not be answered, is unknown and has a question to ask instead.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from readykit import compiled, paths
from readykit.errors import UsageError
from readykit.model import Evidence, Finding, Projection, RubricItem, Status, Strength

AnswersJob = Callable[[str], tuple[Evidence, ...]]
UNANSWERED = frozenset({Status.NOT_APPLICABLE, Status.UNKNOWN, Status.ERROR})


def names() -> tuple[str, ...]:
    """The rubrics that there are."""
    return tuple(sorted(path.stem for path in paths.RUBRICS.glob("*.toml")))


def load(name: str) -> dict[str, Any]:
    """A rubric's table.

    Raises:
        UsageError: there is none of that name.
    """
    if name not in names():
        raise UsageError(f"there is no rubric {name!r}; there are {', '.join(names())}")
    return compiled.table(paths.RUBRICS / f"{name}.toml")


@dataclass(frozen=True, slots=True)
class Answers:
    """What was found, as rubrics ask for it."""

    findings: Mapping[str, Finding]
    job: AnswersJob

    def holds(self, need: str) -> tuple[bool | None, tuple[Evidence, ...]]:
        """Whether a need holds, None when it cannot be told, and the evidence for it."""
        known: bool | None = None
        for choice in need.split("|"):
            held, evidence = self._one(choice.strip())
            if held:
                return True, evidence
            known = held if known is None else known
        return known, ()

    def _one(self, need: str) -> tuple[bool | None, tuple[Evidence, ...]]:
        if need.startswith("job:"):
            evidence = self.job(need.removeprefix("job:"))
            return bool(evidence), evidence
        name, _, strength = need.partition("@")
        half = name.endswith("~")
        finding = self.findings.get(name.removesuffix("~"))
        if finding is None or finding.verdict.status in UNANSWERED:
            return None, ()
        enough = {Status.PASS, Status.PARTIAL} if half else {Status.PASS}
        strong = not strength or finding.verdict.strength >= Strength[strength.upper()]
        return finding.verdict.status in enough and strong, finding.verdict.evidence[:1]


def projected(name: str, findings: Sequence[Finding], job: AnswersJob) -> Projection:
    """Answer a rubric.

    Args:
        name: of the rubric.
        findings: of every check; a rubric asks more than one family.
        job: the evidence that products do a job in this project.

    Raises:
        UsageError: there is no such rubric.
    """
    rubric = load(name)
    answers = Answers({finding.check.id: finding for finding in findings}, job)
    items = tuple(item_of(row, answers) for row in rubric["item"])
    points, most = totals(rubric["score"], items)
    band = next((text for least, text in reversed(rubric.get("bands", [])) if points >= least), "")
    return Projection(name, rubric["name"], rubric["url"], rubric["score"], points, most, band, items)


def item_of(row: Mapping[str, Any], answers: Answers) -> RubricItem:
    """One item with its points, None when they cannot be told."""
    steps = sorted(row.get("steps", ()), key=lambda step: float(step["points"]))
    best = max((float(step["points"]) for step in steps), default=1.0)
    points: float | None = None
    evidence: tuple[Evidence, ...] = ()
    missing = ""
    for step in steps:
        needs = {need: answers.holds(need) for need in step["needs"]}
        if all(held for held, _ in needs.values()):
            points, evidence = float(step["points"]), tuple(e for _, found in needs.values() for e in found)
        elif any(held is False for held, _ in needs.values()):
            points = points or 0.0
            missing = missing or ", ".join(need for need, (held, _) in needs.items() if not held)
    ask = row.get("ask", "") if points is None else ""
    return RubricItem(row["section"], row["text"], points, best, evidence[:3], missing, ask or unanswered(row, points))


def unanswered(row: Mapping[str, Any], points: float | None) -> str:
    """The question to ask when nothing in the repository answers an item."""
    return f"How is this answered here: {row['text'][0].lower()}{row['text'][1:]}?" if points is None else ""


def totals(score: str, items: Sequence[RubricItem]) -> tuple[float, float]:
    """The points, and the most that they could be if every unknown item were answered in full.

    `sum` adds; `least section` is the smallest sum of a section (Breck et al. 2017, section VI); `level` counts the
    items from the first as far as all hold.
    """
    if score == "level":
        return levels(items, unknown=False), levels(items, unknown=True)
    sections: dict[str, tuple[float, float]] = {}
    for item in items:
        low, high = sections.get(item.section, (0.0, 0.0))
        got = item.points or 0.0
        sections[item.section] = (low + got, high + (item.most if item.points is None else got))
    least = min if score == "least section" else sum
    return float(least(low for low, _ in sections.values())), float(least(high for _, high in sections.values()))


def levels(items: Sequence[RubricItem], *, unknown: bool) -> float:
    """How many items hold before the first that does not."""
    count = 0
    for item in items:
        if not (item.points or (item.points is None and unknown)):
            break
        count += 1
    return float(count)
