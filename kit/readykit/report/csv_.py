"""One row a check, for spreadsheets (RFC 4180)."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from readykit.model import Finding, Report

COLUMNS = (
    "id", "title", "status", "strength", "level", "dimension", "capability", "weight", "required", "message", "path",
    "line", "evidence", "would_satisfy", "waiver",
    "baseline",
)  # fmt: skip
_FORMULA = re.compile(r"\s*[=+\-@＝＋－＠|]")


def render(report: Report) -> str:
    """Write a clean report as comma-separated values with a head line."""
    page = io.StringIO()
    writer = csv.writer(page, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for finding in report.findings:
        writer.writerow([cell(value) for value in _row(finding)])
    return page.getvalue()


def _row(finding: Finding) -> list[str]:
    check, verdict = finding.check, finding.verdict
    first = verdict.evidence[0].at if verdict.evidence else None
    cited = " ; ".join(f"{evidence.at} {evidence.note}".strip() for evidence in verdict.evidence)
    return [
        check.id, check.title, verdict.status.value, str(verdict.strength), str(check.level), check.dimension,
        check.capability, f"{check.weight:g}", "yes" if finding.required else "no", verdict.message,
        first.path if first else "", str(first.line) if first else "", cited, verdict.would_satisfy,
        finding.waiver.reason if finding.waiver else "", finding.baseline,
    ]  # fmt: skip


def cell(text: str) -> str:
    """A value that no spreadsheet takes for a formula."""
    return f"'{text}" if _FORMULA.match(text) else text
