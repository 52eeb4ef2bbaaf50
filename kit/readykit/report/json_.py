"""The JSON report, version 1. Keys may be added, never removed; the same tree gives the same bytes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from readykit import __version__
from readykit.model import Status
from readykit.report.words import clip

if TYPE_CHECKING:
    from readykit.model import (
        Claim,
        Evidence,
        Finding,
        Part,
        Projection,
        Report,
        RepositoryInfo,
        Setting,
        Since,
        Unread,
        WaiverRow,
    )


def as_dict(report: Report) -> dict[str, Any]:
    """Return the report as plain values in a fixed order.

    Args:
        report: a clean report.

    Returns:
        Values that `json.dumps` accepts.
    """
    return {
        "schema_version": "1",
        "tool": {"name": "readykit", "version": __version__},
        "standard": {"version": report.standard},
        "repository": _repository(report.repository),
        "profile": report.profile,
        "score": report.score.total,
        "level": report.score.level,
        "applicable": report.applicable,
        "dimensions": dict(report.score.by_dimension),
        "capabilities": _capabilities(report),
        "best_project": report.best_project or None,
        "checks": [_check(f) for f in report.findings],
        "claims": [_claim(row) for row in report.claims],
        "projects": [_part(part) for part in report.projects],
        "rubrics": [_rubric(answers) for answers in report.rubrics],
        "settings": [_setting(row) for row in report.settings],
        "waivers": [_waiver(row) for row in report.waivers],
        "unreadable": [_unread(u) for u in report.unreadable],
        "skipped": [_unread(u) for u in report.skipped],
        "reading": [
            {"kind": row.kind, "files": row.files, "whole": row.whole, "by_lines": row.by_lines}
            for row in report.readings
        ],
        "baseline": _since(report.since),
    }


def render(report: Report, run: dict[str, Any] | None = None) -> str:
    """Write the report as JSON.

    Args:
        report: a clean report.
        run: the facts of this run (start, seconds); left out for reproducible reports.

    Returns:
        Indented JSON with a final line break.
    """
    values = as_dict(report)
    if run is not None:
        values["run"] = run
    return json.dumps(values, indent=1, ensure_ascii=False) + "\n"


def _since(since: Since | None) -> dict[str, Any] | None:
    """What the report was compared with, and what became of it."""
    if since is None:
        return None
    return {
        "against": since.against,
        "score": since.score,
        "level": since.level,
        "new": list(since.new),
        "known": list(since.known),
        "mended": list(since.mended),
    }


def _repository(info: RepositoryInfo) -> dict[str, Any]:
    where = {"url": info.url} if info.url else {"path": info.path or "."}
    return {
        "name": info.name,
        **where,
        "commit": info.commit,
        "files": info.files,
        "bytes": info.bytes,
        "kind": info.kind,
        "why_kind": info.why_kind,
        "languages": list(info.languages),
    }


def _capabilities(report: Report) -> dict[str, Any]:
    """One entry a capability; where several checks speak for one, the best of them does."""
    order = [Status.ERROR, Status.NOT_APPLICABLE, Status.UNKNOWN, Status.FAIL, Status.PARTIAL, Status.PASS]
    best: dict[str, Finding] = {}
    for finding in report.findings:
        known = best.get(finding.check.capability)
        if known is None or order.index(finding.verdict.status) > order.index(known.verdict.status):
            best[finding.check.capability] = finding
    return {
        name: {
            "status": f.verdict.status.value,
            "strength": str(f.verdict.strength),
            "tools": sorted({e.tool for e in f.verdict.evidence if e.tool}),
        }
        for name, f in sorted(best.items())
    }


def _check(finding: Finding) -> dict[str, Any]:
    check, verdict, waiver = finding.check, finding.verdict, finding.waiver
    return {
        "id": check.id,
        "title": check.title,
        "status": verdict.status.value,
        "strength": str(verdict.strength),
        "level": check.level,
        "dimension": check.dimension,
        "capability": check.capability,
        "weight": check.weight,
        "required": finding.required,
        "message": verdict.message,
        "evidence": [_evidence(e) for e in verdict.evidence],
        "looked_in": list(verdict.looked_in),
        "would_satisfy": verdict.would_satisfy,
        "fix": check.fix,
        "waiver": {"reason": waiver.reason, "expires": waiver.expires} if waiver else None,
        "baseline": finding.baseline or None,
        "faults": list(verdict.faults),
    }


def _part(part: Part) -> dict[str, Any]:
    return {
        "root": part.root,
        "kind": part.kind,
        "score": part.score.total,
        "level": part.score.level,
        "dimensions": dict(part.score.by_dimension),
        "checks": [
            {
                "id": f.check.id,
                "status": f.verdict.status.value,
                "strength": str(f.verdict.strength),
                "message": f.verdict.message,
                "evidence": [_evidence(e) for e in f.verdict.evidence],
            }
            for f in part.findings
        ],
    }


def _rubric(answers: Projection) -> dict[str, Any]:
    return {
        "rubric": answers.rubric,
        "name": answers.name,
        "url": answers.url,
        "score": answers.score,
        "points": answers.points,
        "possible": answers.possible,
        "band": answers.band,
        "items": [
            {
                "section": item.section,
                "text": item.text,
                "points": item.points,
                "most": item.most,
                "evidence": [_evidence(e) for e in item.evidence],
                "missing": item.missing,
                "ask": item.ask,
            }
            for item in answers.items
        ],
    }


def _setting(row: Setting) -> dict[str, Any]:
    return {
        "path": row.at.path,
        "line": row.at.line,
        "key": row.key,
        "value": row.value,
        "honoured": row.honoured,
        "why": row.why,
    }


def _waiver(row: WaiverRow) -> dict[str, Any]:
    return {
        "path": row.at.path,
        "line": row.at.line,
        "checks": list(row.checks),
        "reason": row.reason,
        "expires": row.expires,
        "state": row.state,
        "why": row.why,
    }


def _evidence(evidence: Evidence) -> dict[str, Any]:
    return {
        "path": evidence.at.path,
        "line": evidence.at.line,
        "end_line": evidence.at.end_line or evidence.at.line,
        "strength": str(evidence.strength),
        "note": clip(evidence.note, 200),
        "tool": evidence.tool,
    }


def _claim(row: Claim) -> dict[str, Any]:
    return {
        "text": row.text,
        "path": row.at.path,
        "line": row.at.line,
        "backed": row.backed,
        "capability": row.capability,
    }


def _unread(row: Unread) -> dict[str, str]:
    return {"path": row.path, "why": row.why}
