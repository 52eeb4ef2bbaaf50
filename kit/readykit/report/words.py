"""What all reports call things, how a report begins, and in which order its findings stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from readykit.model import Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from readykit.model import Claim, Finding, Part, Report

LEVELS = ("Notebook", "Reproducible", "Trustworthy", "In production", "Self-healing")
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
