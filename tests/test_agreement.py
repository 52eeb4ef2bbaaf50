"""One standard, proven from both sides: the generated project has everything, and what is taken away is missed.

Forward: the template's output audits to 100 %. Ablation: for every check, removing what its pass cites turns that
check red, and besides it only the checks that are about the same thing, which are named here with the reason.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
import readykit
from ablation import remove
from readykit.catalogue import checks
from readykit.model import Status

if TYPE_CHECKING:
    from pathlib import Path

    from readykit.model import Report

IDS = [check.id for check in checks()]
ROUNDS = 40  # a pass shows its strongest evidence; with that gone the next round finds the next

# What must fall with a check: the key is removed, and these ask about a part of it.
FALLS_WITH: dict[str, set[str]] = {
    "SRV001": {"SRV002"},  # without a service there is no door at which input could be checked
}


def statuses(report: Report) -> dict[str, Status]:
    return {finding.check.id: finding.verdict.status for finding in report.findings}


def test_the_generated_project_has_everything(generated: Path) -> None:
    report = readykit.audit(generated)
    assert {i: s for i, s in statuses(report).items() if s is not Status.PASS} == {}
    assert report.score.total == 100
    assert report.unreadable == ()
    assert report.repository.kind == "ml-project"


def test_every_pass_cites_lines_that_exist(generated: Path) -> None:
    for finding in readykit.audit(generated).findings:
        for piece in finding.verdict.evidence:
            rows = (generated / piece.at.path).read_text(encoding="utf-8").splitlines()
            assert 1 <= piece.at.line <= len(rows), f"{finding.check.id} cites {piece.at}"
            assert rows[piece.at.line - 1].strip(), f"{finding.check.id} cites the empty line {piece.at}"


@pytest.mark.parametrize("check_id", IDS)
def test_taking_a_capability_away_is_noticed(check_id: str, generated: Path, tmp_path: Path) -> None:
    project = tmp_path / "project"
    shutil.copytree(generated, project, ignore=shutil.ignore_patterns(".git"))
    for _ in range(ROUNDS):
        report = readykit.audit(project)
        finding = next(f for f in report.findings if f.check.id == check_id)
        if finding.verdict.status is not Status.PASS:
            break
        remove(project, finding.verdict.evidence)
    after = statuses(report)
    assert after[check_id] in {Status.FAIL, Status.PARTIAL}
    fallen = {i for i, status in after.items() if status is not Status.PASS} - {check_id}
    assert fallen <= FALLS_WITH.get(check_id, set())
    assert report.unreadable == (), "the cut left a file that does not parse"
