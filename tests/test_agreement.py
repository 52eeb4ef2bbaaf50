"""One standard, proven from both sides: the generated project has everything, and what is taken away is missed.

Forward: the template's output audits to 100 % in the strict profiles. Ablation: for every check, removing what its pass
cites turns that check red, and besides it only the checks that are about the same thing, which are named here with the
reason. Planting: a fault that a check says is not there is put in, and found. Ratchet: a file that no check cites is
listed in `template/uncited.txt`, which only shrinks.
"""

from __future__ import annotations

import shutil
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import readykit
from ablation import remove
from readykit.auditor import audit
from readykit.catalogue import checks
from readykit.examples import examples
from readykit.facts.dispatch import extract
from readykit.model import Status
from readykit.policy import Wishes

if TYPE_CHECKING:
    from readykit.model import Report

PLANTED = {check.id for check in checks() if any(plant.kind == "plant" for plant in examples(check))}
IDS = [check.id for check in checks() if check.family != "TRL"]
ROUNDS = 120  # a pass shows its strongest evidence; with that gone the next round finds the next

# What must fall with a check: the key is removed, and these ask about a part of it.
ONE_CI_JOB = {"ENG001", "ENG002", "ENG003", "ENG004"}  # one matrix of CI runs lint, types, tests and the audit
FALLS_WITH: dict[str, set[str]] = {
    **dict.fromkeys(ONE_CI_JOB, ONE_CI_JOB),
    "DAT005": {"ENG006"},  # learning from the test part is a smell as well
    "DAT006": {"DAT005"},  # without features there is nothing that could leak
    "DOC001": {"PIP008"},  # the command that rebuilds everything stands in the README's first steps
    "EVL002": {
        "EVL001",
        "EVL005",
        "EVL006",
        "MON003",
    },  # no figure, so none on unseen data, by group, by feature, by month
    "EVL004": {"FRM002", "RET003"},  # the flow's challenger meets the same gate, whose bars are the numbers to reach
    "EVL006": {"EVL001"},  # shuffling scores the test month; what stays in that file calls no metric by itself
    "MON004": {
        "MON001",
        "SRV002",
        "SRV003",
        "SRV008",
    },  # metrics are a setting of the service: with it goes the service
    "MON005": {"RET002"},  # the flow tells of its own failure, and the flow is what drift starts
    "PIP001": {"MON005", "PIP008", "RET002", "RET003", "RET006"},  # the stages of the flow are what alerts and retries
    "PIP002": {"FRM002"},  # the number to reach is a parameter
    "PIP003": {"EVL007"},  # the search is drawn from the seed
    "PIP006": {
        "DAT005",
        "DAT006",
        "EVL003",
        "RET002",
        "TRK002",
    },  # without training code nothing is logged, fed or started again
    "RET006": {"MON005", "RET002"},  # the notice of a failure is the flow's
    "SRV001": {"MON001", "MON004", "SRV002", "SRV003", "SRV006", "SRV008"},  # all of these are of the service
    "SRV004": {"SRV005"},  # no image, no fit image
    "SRV006": {"MON001", "SRV002", "SRV003", "SRV005", "SRV008"},  # the probes are the service's own methods
    "TRK001": {"EVL007"},  # the search is recorded by the tracker
    "TRK003": {
        "DAT005",
        "DAT006",
        "EVL003",
        "EVL007",
        "TRK001",
        "TRK002",
    },  # lineage is put on the run that training opens
    "TRK004": {"TRK005"},  # nothing is promoted that was not registered
    "TST001": {"RET005", "TST002", "TST003", "TST004", "TST005", "TST006"},  # these are kinds of tests
}
# Without any training code these questions make no sense any more, which is how their loss shows.
GONE = {"DAT006", "PIP006"}

# What makes no sense for the generated project, and why.
NOT_APPLICABLE = {
    "DAT008": "its data card says that there is nothing personal in the data",
    "OPS003": "training takes seconds",
    "OPS004": "docs/operations.md says why one machine is enough",
    "PIP007": "it has no notebook",
    "PIP009": "it was never run: dvc.lock comes with the first run",
}
READ = lru_cache(maxsize=None)(extract)
UNCITED = Path(__file__).parent / "template" / "uncited.txt"


@pytest.fixture(autouse=True)
def facts_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tree is audited some hundred times with a few lines changed: read each text once."""
    monkeypatch.setattr("readykit.repo.extract", READ)


def statuses(report: Report) -> dict[str, Status]:
    return {finding.check.id: finding.verdict.status for finding in report.findings}


@pytest.mark.parametrize("profile", ["production", "regulated"])
def test_the_generated_project_has_everything(profile: str, generated: Path) -> None:
    report = readykit.audit(generated, profile=profile)
    found = statuses(report)
    assert {i: s for i, s in found.items() if s not in (Status.PASS, Status.NOT_APPLICABLE)} == {}
    assert {i for i, s in found.items() if s is Status.NOT_APPLICABLE} == set(NOT_APPLICABLE)
    assert report.score.total == 100
    assert report.score.level == 4
    assert report.unreadable == ()
    assert report.repository.kind == "ml-project"
    assert not [claim for claim in report.claims if not claim.backed]


def test_every_pass_cites_lines_that_exist(generated: Path) -> None:
    for finding in readykit.audit(generated).findings:
        for piece in finding.verdict.evidence:
            rows = (generated / piece.at.path).read_text(encoding="utf-8").splitlines()
            assert 1 <= piece.at.line <= len(rows), f"{finding.check.id} cites {piece.at}"
            assert rows[piece.at.line - 1].strip(), f"{finding.check.id} cites the empty line {piece.at}"


# A check that says "nothing bad is here" has nothing that could be taken away: its faults are planted instead.
@pytest.mark.parametrize("check_id", sorted(set(IDS) - PLANTED - set(NOT_APPLICABLE)))
def test_taking_a_capability_away_is_noticed(check_id: str, generated: Path, tmp_path: Path) -> None:
    project = tmp_path / "project"
    shutil.copytree(generated, project, ignore=shutil.ignore_patterns(".git"))
    for _ in range(ROUNDS):
        (finding,) = audit(project, Wishes(select=(check_id,))).findings
        if finding.verdict.status is not Status.PASS:
            break
        remove(project, finding.verdict.evidence)
    report = readykit.audit(project)
    after = statuses(report)
    assert after[check_id] in {Status.FAIL, Status.PARTIAL} | ({Status.NOT_APPLICABLE} if check_id in GONE else set())
    fallen = {i for i, status in after.items() if status is not Status.PASS} - {check_id} - set(NOT_APPLICABLE)
    assert fallen <= FALLS_WITH.get(check_id, set())
    assert report.unreadable == (), "the cut left a file that does not parse"


PLANTS = [
    pytest.param(check.id, plant.files, id=f"{check.id}-{plant.why}")
    for check in checks()
    for plant in examples(check)
    if plant.kind == "plant"
]


@pytest.mark.parametrize(("check_id", "files"), PLANTS)
def test_a_planted_fault_is_found(check_id: str, files: dict[str, str], generated: Path, tmp_path: Path) -> None:
    project = tmp_path / "project"
    shutil.copytree(generated, project, ignore=shutil.ignore_patterns(".git"))
    for name, text in files.items():
        path = project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text((path.read_text(encoding="utf-8") if path.exists() else "") + text, encoding="utf-8")
    after = statuses(readykit.audit(project))
    assert after[check_id] in {Status.FAIL, Status.PARTIAL}
    fallen = {i for i, status in after.items() if status in (Status.FAIL, Status.PARTIAL, Status.ERROR)} - {check_id}
    assert fallen <= FALLS_WITH.get(check_id, set())


def test_a_file_of_the_template_is_cited_or_listed(generated: Path) -> None:
    package = generated.name.replace("-", "_")
    report = readykit.audit(generated)
    cited = {piece.at.path for finding in report.findings for piece in finding.verdict.evidence}
    files = {
        path.relative_to(generated).as_posix()
        for path in generated.rglob("*")
        if path.is_file() and not {".git", ".kit", "cache", "tmp"} & set(path.relative_to(generated).parts)
    }
    uncited = {path.replace(f"/{package}/", "/PACKAGE/") for path in files - cited}
    listed = set(UNCITED.read_text(encoding="utf-8").split("\n")) - {""}
    assert uncited - listed == set(), "cited by no check: does it earn its place? Then add the check that says so"
    assert listed - uncited == set(), "cited now: take it off the list, which only shrinks"
