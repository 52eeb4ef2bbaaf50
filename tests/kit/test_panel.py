"""Two processes find what one finds, for the whole repository and for each project in it."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pytest
from readykit import catalogue, panel
from readykit.judging import held_to
from readykit.kinds import Kind, kind_of
from readykit.project import Project
from readykit.projects import parts
from readykit.repo import Repo
from readykit.wishes import Wishes

if TYPE_CHECKING:
    from readykit.model import Finding, Verdict
    from readykit.pile import Pile
    from readykit.policy import Policy

TRAIN = (
    "import mlflow\nfrom sklearn.linear_model import LogisticRegression\n\n\n"
    "def train(x, y):\n    model = LogisticRegression(random_state=1).fit(x, y)\n"
    "    mlflow.log_metric('auc', model.score(x, y))\n    return model\n\n\ntrain(*load())\n"
)
FILES = {
    ".github/workflows/ci.yml": "on: push\njobs:\n  test:\n    steps:\n      - run: pytest\n      - run: ruff check\n",
    "churn/README.md": "# Churn\n\nRuns are tracked with MLflow. Drift is monitored each night.\n",
    "churn/requirements.txt": "mlflow==2.0\nscikit-learn==1.4\n",
    "churn/train.py": TRAIN,
    "tides/README.md": "# Tides\n\nTides of the harbour.\n",
    "tides/requirements.txt": "scikit-learn\n",
    "tides/train.py": "".join(line for line in TRAIN.splitlines(keepends=True) if "mlflow" not in line),
    "tides/tests/test_train.py": "from train import train\n\n\ndef test_train():\n    assert train([[1]], [1])\n",
}


def judged() -> list[panel.Judged]:
    project = Project(Repo.of(FILES), catalogue.toolbox())
    kind = kind_of(project)
    project.kind = kind.name
    return [(project, kind), *((part, Kind(part.kind, "")) for part in parts(project))]


def verdicts(findings: Sequence[Sequence[Finding]]) -> list[dict[str, Verdict]]:
    return [{finding.check.id: finding.verdict for finding in own} for own in findings]


@pytest.fixture
def policy() -> Policy:
    return held_to(Repo.of(FILES), Wishes(), at_home=False)[0]


@pytest.fixture
def alone(policy: Policy) -> list[dict[str, Verdict]]:
    return verdicts(panel.findings_on(judged(), catalogue.checks(), policy, 1))


def two(policy: Policy, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Verdict]]:
    monkeypatch.setattr(panel, "JUDGED_APART_BYTES", 0)
    monkeypatch.setattr(panel, "can_fork", lambda: True)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    return verdicts(panel.findings_on(judged(), catalogue.checks(), policy, 0))


def test_two_find_what_one_finds(
    policy: Policy, alone: list[dict[str, Verdict]], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(alone) == 3, "the repository, and two projects in it"
    assert two(policy, monkeypatch) == alone


def test_processes_that_have_grown_hand_over_to_new_ones(
    policy: Policy, alone: list[dict[str, Verdict]], monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[int] = []

    class Counted(panel.Worker):
        def __init__(self, *given: Any) -> None:
            super().__init__(*given)
            begun.append(self.process)

    monkeypatch.setattr(panel, "Worker", Counted)
    monkeypatch.setattr(panel, "JUDGED_MEMORY", -1)  # whoever has judged a family has grown too large
    assert two(policy, monkeypatch) == alone
    families = {check.family for check in catalogue.checks()}
    assert len(families) <= len(begun) <= len(families) + 2, "one for each, and who finds nothing left"


def test_the_time_to_judge_goes_on_through_all_processes(policy: Policy, monkeypatch: pytest.MonkeyPatch) -> None:
    took = iter([0.0, 0.0, 0.0])  # before, and when the first two begin; then more than there is
    monkeypatch.setattr(panel, "ended_processes_took", lambda: next(took, 3 * panel.JUDGING_SECONDS))
    monkeypatch.setattr(panel, "JUDGED_MEMORY", -1)
    whole, *_ = two(policy, monkeypatch)
    late = {name for name, verdict in whole.items() if "seconds of judging" in verdict.message}
    in_time = {name[:3] for name in whole.keys() - late}
    assert late, "who begins late finds no time left"
    assert 2 <= len(in_time) <= 4, "the families of the first two, and what is judged by the claims at the end"


def test_what_processes_leave_behind_is_judged_where_they_began(
    policy: Policy, alone: list[dict[str, Verdict]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(pile: Pile[Any], *_: Any) -> bytes:
        next(iter(pile), None)
        os.kill(os.getpid(), signal.SIGKILL)
        return b""

    monkeypatch.setattr(panel, "_some", dies)
    assert two(policy, monkeypatch) == alone
