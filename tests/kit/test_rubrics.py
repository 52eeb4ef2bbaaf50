"""Other people's rubrics are answered from the same findings, and what is unknown is asked, not guessed."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING

import pytest
from readykit import paths
from readykit.auditor import audit_repo
from readykit.catalogue import checks, toolbox
from readykit.errors import UsageError
from readykit.policy import Wishes
from readykit.repo import Repo
from readykit.rubrics import load, names

if TYPE_CHECKING:
    from readykit.model import Projection

TRAIN = """\
import mlflow
from sklearn.dummy import DummyClassifier
from sklearn.metrics import f1_score
from sklearn.svm import SVC

x, y = [[0.0], [1.0]], [0, 1]
model = SVC().fit(x, y)
baseline = DummyClassifier().fit(x, y)
mlflow.log_metric("f1", f1_score(y, model.predict(x)))
mlflow.log_metric("baseline_f1", f1_score(y, baseline.predict(x)))
"""


def answered(name: str, files: dict[str, str]) -> Projection:
    (answers,) = audit_repo(Repo.of(files), ".", Wishes(rubrics=(name,))).rubrics
    return answers


def test_the_rubrics_have_the_size_that_their_authors_gave_them() -> None:
    assert len(load("ml-test-score")["item"]) == 28
    assert {row["section"] for row in load("ml-test-score")["item"]} == {
        "Data",
        "Model",
        "Infrastructure",
        "Monitoring",
    }
    steps = [row["steps"] for row in load("mlops-zoomcamp")["item"]]
    assert sum(max(step["points"] for step in row) for row in steps) == 33
    assert [row["section"] for row in load("microsoft")["item"]] == ["1", "2", "3", "4"]
    assert [row["section"] for row in load("google")["item"]] == ["1", "2"]


@pytest.mark.parametrize("name", names())
def test_a_rubric_names_checks_and_jobs_that_exist(name: str) -> None:
    known = {check.id for check in checks()}
    rubric = tomllib.loads((paths.RUBRICS / f"{name}.toml").read_text(encoding="utf-8"))
    for row in rubric["item"]:
        for need in (n for step in row.get("steps", ()) for choice in step["needs"] for n in choice.split("|")):
            if need.startswith("job:"):
                assert need.removeprefix("job:") in toolbox().jobs, need
            else:
                assert re.split("[~@]", need)[0] in known, need


def test_points_come_from_findings_and_cite_their_lines() -> None:
    answers = answered("ml-test-score", {"train.py": TRAIN})
    simpler = next(item for item in answers.items if item.text == "A simpler model is not better")
    assert simpler.points == 0.5, "measured by hand: nothing runs this script by itself"
    assert simpler.evidence[0].at.path == "train.py"
    wired = answered("ml-test-score", {"train.py": TRAIN, "dvc.yaml": "stages:\n  train:\n    cmd: python train.py\n"})
    assert next(item for item in wired.items if item.text == simpler.text).points == 1


def test_what_no_repository_can_tell_is_asked() -> None:
    answers = answered("ml-test-score", {"train.py": TRAIN})
    unknown = [item for item in answers.items if item.points is None]
    assert unknown
    assert all(item.ask.endswith("?") for item in unknown)
    assert answers.points == 0, "the score is the least section"
    assert answers.possible > answers.points


def test_levels_stand_on_the_levels_below() -> None:
    ci = "on: [push]\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n    - run: pytest\n"
    asserts = [f"def test_{row}():\n    assert model.predict([[{row}.0]])[0] == {row}\n" for row in range(3)]
    test = "\n".join(["from train import model\n", *asserts])
    bare = answered("microsoft", {"train.py": TRAIN})
    assert bare.points == 0
    tested = answered("microsoft", {"train.py": TRAIN, "tests/test_train.py": test, ".github/workflows/ci.yml": ci})
    assert tested.points == 1
    assert tested.band == "DevOps but no MLOps"


def test_an_unknown_rubric_is_one_sentence() -> None:
    with pytest.raises(UsageError, match="microsoft"):
        audit_repo(Repo.of({"train.py": TRAIN}), ".", Wishes(rubrics=("cobit",)))
