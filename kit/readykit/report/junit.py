"""JUnit XML as Jenkins, GitLab and most CI systems read it: one test case a check."""

from __future__ import annotations

from typing import TYPE_CHECKING

from readykit.model import Status
from readykit.report.markup import Markup, element, joined
from readykit.report.words import DIMENSIONS
from readykit.text import off_the_line

if TYPE_CHECKING:
    from readykit.model import Finding, Report


def render(report: Report) -> str:
    """Write a clean report as JUnit XML, a suite a dimension.

    What is half there is a failure of the type `partial`; what is waived, known from a
    baseline, not applicable or unknown is skipped.
    """
    suites: dict[str, list[Finding]] = {}
    for finding in report.findings:
        suites.setdefault(finding.check.dimension, []).append(finding)
    parts = [_suite(name, findings) for name, findings in suites.items()]
    whole = element("testsuites", "\n", *parts, name="readykit", **_counts(report.findings, skipped=False))
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{whole}\n'


def _suite(name: str, findings: list[Finding]) -> Markup:
    cases = [element_line(_case(finding)) for finding in findings]
    title = f"readykit.{DIMENSIONS.get(name, name)}"
    return element_line(element("testsuite", "\n", *cases, name=title, **_counts(findings, skipped=True)))


def element_line(node: Markup) -> Markup:
    """An element on a line of its own."""
    return joined([node, Markup("\n")])


def _outcome(finding: Finding) -> str:
    """Which element tells how a check came out; empty for a pass."""
    status = finding.verdict.status
    if finding.waiver is not None or finding.baseline == "known" or status in (Status.NOT_APPLICABLE, Status.UNKNOWN):
        return "skipped"
    return "" if status is Status.PASS else "error" if status is Status.ERROR else "failure"


def _counts(findings: list[Finding] | tuple[Finding, ...], *, skipped: bool) -> dict[str, str]:
    told = [_outcome(finding) for finding in findings]
    counts = {"tests": str(len(told)), "failures": str(told.count("failure")), "errors": str(told.count("error"))}
    return {**counts, "skipped": str(told.count("skipped"))} if skipped else counts


def _case(finding: Finding) -> Markup:
    check, verdict, outcome = finding.check, finding.verdict, _outcome(finding)
    cited = [f"{evidence.at} {evidence.note}".strip() for evidence in verdict.evidence]
    lines = [verdict.message, *cited]
    if verdict.would_satisfy:
        lines.append(f"to satisfy it: {verdict.would_satisfy}")
    if finding.waiver is not None:
        lines.insert(0, f"waived: {finding.waiver.reason}")
    if finding.baseline == "known":
        lines.insert(0, "known from the baseline")
    text = off_the_line("\n".join(lines))
    if not outcome:
        told = element("system-out", text)
    elif outcome == "skipped":
        told = element("skipped", text)
    else:
        told = element(outcome, text, type=verdict.status.value, message=verdict.message)
    names = {"name": f"{check.id} {check.title}", "classname": f"readykit.{check.dimension}.{check.capability}"}
    return element("testcase", told, **names)
