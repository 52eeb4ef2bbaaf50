"""What was known before: findings of an earlier report or revision, against which a later report is compared.

A baseline hides nothing: a known finding stays in every report, marked. It is compared by the check, by how bad the
finding is, and by the single faults where a check finds them one by one. None of these holds a line or a path, so code
that moves and files that are renamed make nothing new (docs/decisions/0024-baseline.md).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from readykit.errors import UsageError
from readykit.model import Finding, Report, Since, Status
from readykit.text import clean

VERSION = 1
MAX_BYTES = 20_000_000
"""Bytes of a file with a baseline: a whole report of a very large repository. JSON can take 25 times its size."""
_WORSE = {Status.PARTIAL: 1, Status.FAIL: 2}
_MENDED = (Status.PASS, Status.NOT_APPLICABLE)


@dataclass(frozen=True, slots=True)
class Row:
    """One finding of then: how bad it was, and its single faults."""

    status: Status
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Baseline:
    """The findings of then, by the id of their check; `whole` when they came from a report."""

    against: str
    profile: str = ""
    score: float | None = None
    level: int | None = None
    rows: Mapping[str, Row] = field(default_factory=dict)
    whole: bool = False


def of_report(report: Report, against: str = "") -> Baseline:
    """The findings of a report that are open; waived ones too, which a baseline does not forget.

    Args:
        report: of any audit.
        against: how later reports call it.
    """
    rows = {f.check.id: Row(f.verdict.status, f.verdict.faults) for f in report.findings if f.verdict.status in _WORSE}
    return Baseline(against, report.profile, report.score.total, report.score.level, rows)


def read(path: str) -> Baseline:
    """A baseline from a file: one that was written for it, or a whole JSON report.

    Raises:
        UsageError: it cannot be read, or is neither.
    """
    try:
        with Path(path).open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        hint = "; --write-baseline makes one" if isinstance(error, FileNotFoundError) else ""
        raise _no(path, f"cannot be read ({error.strerror}){hint}") from None
    if len(data) > MAX_BYTES:
        raise _no(path, f"has more than {MAX_BYTES:,} bytes")
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        raise _no(path, "is not JSON") from None
    return _baseline(found, path)


def _baseline(found: Any, path: str) -> Baseline:
    """A baseline from what stands in a file.

    Raises:
        UsageError: it is something else.
    """
    rows = found.get("checks") if isinstance(found, dict) else None
    version = found.get("baseline_version") if isinstance(found, dict) else None
    if not isinstance(rows, list) or (version is None and "schema_version" not in found):
        raise _no(path, "is neither a baseline nor a JSON report of `kit audit`")
    if version not in (None, VERSION):
        raise _no(path, f"is a baseline of version {clean(str(version), 20)}; this readykit reads version {VERSION}")
    try:
        known = {str(row["id"]): _row(row) for row in rows if row["status"] in set(_WORSE)}
        profile, score = str(found.get("profile", "")), _figure(found.get("score"), 100)
        level = _figure(found.get("level"), 4)
    except (KeyError, TypeError, ValueError, OverflowError):
        raise _no(path, "has an entry without id and status, or a score or level that is none") from None
    return Baseline(path, profile, score, None if level is None else int(level), known, whole=version is None)


def _row(row: Mapping[str, Any]) -> Row:
    faults = row.get("faults", [])
    return Row(Status(row["status"]), tuple(map(str, faults)) if isinstance(faults, list) else ())


def _figure(value: Any, most: int) -> float | None:
    """A score or a level.

    Raises:
        ValueError: it is none, like `NaN`, which no score is worse than.
    """
    if value is not None and (isinstance(value, bool) or not 0 <= value <= most):
        raise ValueError(value)
    return None if value is None else float(value)


def _no(path: str, why: str) -> UsageError:
    return UsageError(f"--baseline {clean(path, 200)}: {why}")


def compared(report: Report, known: Baseline) -> Report:
    """Mark what is new in a report and what was known.

    New is an open finding that was not open then, one that was half there and fails now, and one with a fault that
    was not there. What was waived is neither. What a later audit did not ask is not mended.

    Args:
        report: of now.
        known: what was found then.
    """
    findings = tuple(_marked(finding, known.rows.get(finding.check.id)) for finding in report.findings)
    mended = tuple(
        f.check.id for f in report.findings if f.check.id in known.rows and f.verdict.status in _MENDED
    )  # fmt: skip
    ids = {state: tuple(f.check.id for f in findings if f.baseline == state) for state in ("new", "known")}
    since = Since(clean(known.against, 200), known.score, known.level, ids["new"], ids["known"], mended)
    return replace(report, findings=findings, since=since)


def _marked(finding: Finding, then: Row | None) -> Finding:
    verdict = finding.verdict
    if verdict.status not in _WORSE or finding.waiver is not None:
        return finding
    worse = then is None or _WORSE[verdict.status] > _WORSE[then.status]
    more = then is not None and verdict.status is then.status and Counter(verdict.faults) - Counter(then.faults)
    # A report of an older version counts no faults: then the finding as a whole is what is known.
    new = worse or bool(more and then is not None and then.faults)
    return replace(finding, baseline="new" if new else "known")


def written(known: Baseline) -> str:
    """The text of a file with a baseline: sorted, without lines and paths, so that it changes when findings do."""
    rows = [
        {"id": name, "status": row.status.value, **({"faults": sorted(row.faults)} if row.faults else {})}
        for name, row in sorted(known.rows.items())
    ]
    head = {"baseline_version": VERSION, "profile": known.profile, "score": known.score, "level": known.level}
    return json.dumps({**head, "checks": rows}, indent=1) + "\n"


def pruned(known: Baseline, report: Report) -> tuple[Baseline, int]:
    """A baseline without what is mended, and with what is only half there now as half there; it never grows.

    Args:
        known: the baseline.
        report: of now; what it did not ask, or could not tell, stays.

    Returns:
        The smaller baseline, and how many of its entries went or shrank.
    """
    now = {finding.check.id: finding.verdict for finding in report.findings}
    rows: dict[str, Row] = {}
    for name, row in known.rows.items():
        verdict = now.get(name)
        if verdict is None or verdict.status not in (*_WORSE, *_MENDED):
            rows[name] = row
        elif verdict.status in _WORSE:
            rows[name] = _smaller(row, Row(verdict.status, verdict.faults))
    changed = sum(rows.get(name) != row for name, row in known.rows.items())
    if not changed:
        return known, 0
    return replace(known, rows=rows, score=report.score.total, level=report.score.level), changed


def _smaller(then: Row, now: Row) -> Row:
    if _WORSE[now.status] > _WORSE[then.status]:
        return then
    if now.status is not then.status:
        return now
    return Row(then.status, tuple(sorted((Counter(then.faults) & Counter(now.faults)).elements())))
