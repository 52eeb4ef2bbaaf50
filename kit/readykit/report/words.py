"""What all reports call things, how a report begins, and in which order its findings stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from readykit.model import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from readykit.advice import Step
    from readykit.model import Claim, Finding, Part, Report

LEVELS = ("Notebook", "Reproducible", "Trustworthy", "In production", "Self-healing")
LEVELS_MEAN = (
    "it ran once, on one machine",
    "anyone can rebuild the environment, the data and the model",
    "measured against a baseline, tracked, tested, gated",
    "served, validated, deployable, monitored, documented for who is on call",
    "retrains, promotes and rolls back by itself, within a tested budget",
)
FAMILIES = {
    "FRM": "Framing",
    "DAT": "Data",
    "PIP": "Pipeline and reproducibility",
    "TRK": "Tracking and registry",
    "EVL": "Evaluation",
    "SRV": "Serving",
    "MON": "Monitoring",
    "RET": "Retraining and rollback",
    "TST": "Tests",
    "ENG": "Engineering",
    "SEC": "Security and compliance",
    "DOC": "Documentation and handover",
    "OPS": "Scale and cost",
    "TRL": "Trial history",
}
"""The families of the standard's checks, in the order of a model's life."""
DIMENSIONS = {
    "deploy": "deployment",
    "mlops": "MLOps",
    "systems": "systems",
    "data": "data",
    "scale": "scaling",
    "comm": "communication",
    "model": "modelling",
}
MARKS = {
    Status.PASS: "✓",
    Status.PARTIAL: "◐",
    Status.FAIL: "✗",
    Status.NOT_APPLICABLE: "–",
    Status.UNKNOWN: "?",
    Status.ERROR: "!",
}
MARKED = {"": "", "new": " · new", "known": " · known"}
"""What stands behind the title of a finding that was compared with an earlier report."""
GROUPS = (
    ("To mend", (Status.ERROR, Status.FAIL, Status.UNKNOWN)),
    ("Half there", (Status.PARTIAL,)),
    ("Proven by", (Status.PASS,)),
    ("Waived", ()),
    ("Not applicable", (Status.NOT_APPLICABLE,)),
)
"""Titles and what stands below them; a waived finding stands with the waived, whatever its status."""


def clip(text: str, limit: int) -> str:
    """Return a clean text cut to a length, with an ellipsis."""
    return text if len(text) <= limit else f"{text[: max(0, limit - 1)]}…"


def grouped(report: Report) -> Iterator[tuple[str, list[Finding]]]:
    """The findings in groups, what needs work first; empty groups are left out."""
    for title, statuses in GROUPS:
        asked = (f for f in report.findings if (f.waiver is None) == bool(statuses))
        chosen = [finding for finding in asked if not statuses or finding.verdict.status in statuses]
        if chosen:
            yield title, chosen


def by_family(findings: Iterable[Finding]) -> list[tuple[str, str, list[Finding]]]:
    """Families with their titles and findings: in the order of a model's life, what needs work first in each."""
    found: dict[str, list[Finding]] = {}
    for finding in findings:
        found.setdefault(finding.check.family, []).append(finding)
    known = [name for name in FAMILIES if name in found]
    urgency = [status for _, statuses in GROUPS for status in statuses]
    return [
        (name, FAMILIES.get(name, "More checks"), sorted(found[name], key=lambda f: (
            f.waiver is not None, urgency.index(f.verdict.status), f.check.id
        )))
        for name in (*known, *sorted(set(found) - set(known)))
    ]  # fmt: skip


def promise(step: Step) -> str:
    """What mending all that a level needs leads to."""
    told = "This one brings" if len(step.mends) == 1 else f"These {len(step.mends)} bring"
    return f"{told} you to level {step.level} {LEVELS[step.level]}, {step.score:.1f} of 100"


def how(finding: Finding) -> str:
    """What would satisfy a check, and the command that gives it."""
    told = finding.verdict.would_satisfy or finding.verdict.message
    return f"{told} (`{finding.check.fix}`)" if finding.check.fix else told


def gain(points: float) -> str:
    """Points of 100 that a mend brings."""
    return f"+{points:.1f}" if points >= 0.05 else "+0"


def verdict(report: Report) -> str:
    """Level and score in a few words, or why there are none; without the repository's name."""
    score = report.score
    if not report.applicable or score.total is None or score.level is None:
        why = report.repository.why_kind or "there is nothing here that the standard applies to"
        return f"no score: {why}"
    return f"level {score.level} {LEVELS[score.level]}, {score.total:g} of 100"


def summary(report: Report) -> str:
    """How many checks came out how, and what was audited."""
    info = report.repository
    counts = {s: sum(f.verdict.status is s for f in report.findings) for s in Status}
    return (
        f"{counts[Status.PASS]} pass, {counts[Status.PARTIAL]} partial, {counts[Status.FAIL]} fail"
        f" · {info.kind} · {info.files} files · profile {report.profile}"
    )


def since(report: Report) -> list[str]:
    """What became better and worse since the baseline or the revision, in sentences; empty when there is none."""
    then = report.since
    if then is None:
        return []
    lines = [f"{len(then.new)} new, {len(then.known)} known, {len(then.mended)} mended since {then.against}"]
    if then.score is not None and report.score.total is not None:
        moves = f"score {then.score:g} → {report.score.total:g} ({report.score.total - then.score:+.1f})"
        level = f", level {then.level} → {report.score.level}" if then.level != report.score.level else ""
        lines.append(moves + level)
    for title, ids in (("New", then.new), ("Mended", then.mended)):
        lines += [f"{title}: {', '.join(ids)}"] if ids else []
    return lines


def unbacked(report: Report) -> list[Claim]:
    """What the documents claim and nothing backs: sentences first, then lines of file trees."""
    return sorted((row for row in report.claims if not row.backed), key=lambda row: row.capability == "file_tree")


def ranked(report: Report) -> list[Part]:
    """The projects of a monorepo or collection, best first."""
    return sorted(report.projects, key=lambda part: (-(part.score.total or 0), part.root))


def reading(report: Report) -> str:
    """How a very large tree was read, in one sentence; empty for a tree that was read whole."""
    rows = []
    for row in report.readings:
        rest = f"{row.by_lines:,} by their lines" if row.by_lines else f"{row.files - row.whole:,} left out"
        rows.append(f"of {row.files:,} {row.kind} files {row.whole:,} were read whole, {rest}")
    return f"Very large: {'; '.join(rows)}. What is missing may stand in these." if rows else ""
