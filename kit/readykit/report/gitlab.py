"""GitLab's code quality report: the subset of the Code Climate format that merge requests show."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from readykit.report.problems import problems

if TYPE_CHECKING:
    from readykit.model import Report

_SEVERITY = {"error": "critical", "warning": "major", "note": "minor"}


def render(report: Report, root: str = "") -> str:
    """Write a clean report for GitLab: a JSON list of issues with unique fingerprints."""
    rows = [
        {
            "type": "issue",
            "description": f"{problem.finding.check.id} {problem.text}",
            "check_name": problem.finding.check.id,
            "fingerprint": problem.key,
            "severity": "info" if problem.known else _SEVERITY[problem.severity],
            "location": {"path": problem.at.path, "lines": {"begin": problem.at.line}},
        }
        for problem in problems(report, root=root)
    ]
    return json.dumps(rows, indent=1, ensure_ascii=False) + "\n"
