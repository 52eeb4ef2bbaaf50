"""SARIF 2.1.0, for GitHub code scanning and whatever else reads it.

A result is a check that failed or is half there; what passed is no result, because readers of SARIF show every result
as something to mend. Rules carry the checks' own documentation.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from readykit import __version__
from readykit.report.problems import below, problems
from readykit.text import original

if TYPE_CHECKING:
    from readykit.model import Check, Location, Report, Unread
    from readykit.report.problems import Problem

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
ROOT = "%SRCROOT%"
_RELATED = 10  # further places of one result
_SPECIAL = re.compile(r"([\\\[\]])")  # brackets make links in a message
_HOLE = re.compile(r"\{(\d+)\}")  # and numbers in braces are filled in


def render(report: Report, root: str = "") -> str:
    """Write a clean report as SARIF.

    Returns:
        Indented JSON with a final line break; the same report gives the same bytes.
    """
    found = problems(report, waived=True, root=root)
    checks = [finding.check for finding in report.findings]
    places = {check.id: place for place, check in enumerate(checks)}
    run = {
        "tool": {
            "driver": {
                "name": "readykit", "version": __version__, "semanticVersion": __version__,
                "rules": [_rule(check) for check in checks],
            }
        },
        "automationDetails": {"id": f"readykit/{report.profile}/"},
        "originalUriBaseIds": {ROOT: {"description": {"text": "The root of the audited repository."}}},
        "invocations": [_invocation(report, root)],
        "results": [
            _result(problem, places[problem.finding.check.id], report.since is not None) for problem in found
        ],
        "properties": {
            "score": report.score.total, "level": report.score.level, "standard": report.standard,
            "profile": report.profile,
        },
    }  # fmt: skip
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1, ensure_ascii=False) + "\n"


def uri(path: str) -> str:
    """Return a path as a relative URI reference, each byte that could mean something else percent-encoded."""
    return quote(original(path), safe="/~").lstrip("/") or "README.md"


def _rule(check: Check) -> dict[str, Any]:
    doc = check.doc
    told = [("Why", doc.why), ("Fix", doc.fix), ("Source", doc.source)]
    plain = "\n\n".join([doc.what, *(f"{title}: {text}" for title, text in told)])
    return {
        "id": check.id,
        "name": check.capability.title().replace("_", "").replace(" ", "") or check.id,
        "shortDescription": {"text": check.title},
        "fullDescription": {"text": " ".join(doc.what.split("\n\n")[0].split())[:1000] or check.title},
        "help": {"text": plain, "markdown": "\n\n".join([doc.what, *(f"**{title}.** {text}" for title, text in told)])},
        "defaultConfiguration": {"level": "warning"},
        "properties": {
            "tags": [check.dimension, check.capability], "precision": "high", "problem.severity": "warning",
            "readiness-level": check.level,
        },
    }  # fmt: skip


def _result(problem: Problem, rule: int, compared: bool) -> dict[str, Any]:
    finding, check = problem.finding, problem.finding.check
    others = problem.others[:_RELATED]
    links = "".join(f"\n- [{_plain(str(e.at))}]({n}) {_plain(e.note)}" for n, e in enumerate(others, 1))
    result: dict[str, Any] = {
        "ruleId": check.id,
        "ruleIndex": rule,
        "level": problem.severity,
        "message": {"text": _plain(problem.text) + (f"\n\nSee also:{links}" if links else "")},
        "locations": [{"physicalLocation": _place(problem.at)}],
        "partialFingerprints": {"readykitCheck/v1": problem.key},
        "properties": {"status": finding.verdict.status.value, "strength": str(finding.verdict.strength)},
    }
    if others:
        result["relatedLocations"] = [
            {"id": n, "physicalLocation": _place(e.at), "message": {"text": _plain(e.note)}}
            for n, e in enumerate(others, 1)
        ]
    if compared:  # in all results or in none (section 3.27.24); a waived one was not compared, and is not new
        result["baselineState"] = "new" if finding.baseline == "new" else "unchanged"
    if finding.waiver is not None:
        reason = finding.waiver.reason
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": reason}]
    return result


def _place(at: Location) -> dict[str, Any]:
    first = max(1, at.line)
    region = {"startLine": first, "endLine": max(first, at.end_line)}
    return {"artifactLocation": {"uri": uri(at.path), "uriBaseId": ROOT}, "region": region}


def _plain(text: str) -> str:
    """Text without links and placeholders (sections 3.11.5 and 3.11.6)."""
    return _HOLE.sub(r"{{\1}}", _SPECIAL.sub(r"\\\1", text))


def _invocation(report: Report, root: str) -> dict[str, Any]:
    rows = [_notice(row, root, "warning") for row in report.unreadable]
    return {"executionSuccessful": True, "toolExecutionNotifications": rows}


def _notice(row: Unread, root: str, level: str) -> dict[str, Any]:
    notice: dict[str, Any] = {"level": level, "message": {"text": _plain(f"{row.path}: {row.why}")}}
    if row.path:
        notice["locations"] = [
            {"physicalLocation": {"artifactLocation": {"uri": uri(below(root, row.path)), "uriBaseId": ROOT}}}
        ]
    return notice
