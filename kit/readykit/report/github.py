"""GitHub workflow commands: annotations at the lines of a pull request, without any further action."""

from __future__ import annotations

from typing import TYPE_CHECKING

from readykit.report.problems import problems
from readykit.report.words import verdict

if TYPE_CHECKING:
    from readykit.model import Report

_COMMAND = {"error": "error", "warning": "warning", "note": "notice"}


def render(report: Report, root: str = "") -> str:
    """Write a clean report as workflow commands, new and grave ones first: GitHub shows ten of a kind."""
    order = list(_COMMAND)
    found = sorted(problems(report, root=root), key=lambda problem: (problem.known, order.index(problem.severity)))
    lines = []
    for problem in found:
        where = {"file": problem.at.path, "line": str(problem.at.line), "title": problem.finding.check.id}
        name = "notice" if problem.known else _COMMAND[problem.severity]
        lines.append(_command(name, f"{'Known. ' if problem.known else ''}{problem.text}", **where))
    lines.append(_command("notice", f"{report.repository.name}: {verdict(report)}", title="readykit"))
    return "\n".join(lines) + "\n"


def _command(name: str, message: str, **properties: str) -> str:
    told = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{name} {told}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
