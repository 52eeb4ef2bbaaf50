"""Notebooks are run by other things: papermill in code, in a stage and in CI, nbconvert, and `%run` in another one."""

from __future__ import annotations

import json

import pytest
from readykit.catalogue import toolbox
from readykit.model import Strength
from readykit.project import Project
from readykit.repo import Repo


def notebook(*cells: str) -> str:
    rows = [
        {"cell_type": "code", "source": text.splitlines(keepends=True), "outputs": [], "execution_count": n}
        for n, text in enumerate(cells, 1)
    ]
    return json.dumps({"cells": rows, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1)


TRAIN = notebook("import mlflow", "x = 1\nmlflow.log_metric('auc', x)")
STAGE = "stages:\n  train:\n    cmd: {}\n"
CI = "on: [push]\njobs:\n  train:\n    runs-on: ubuntu-latest\n    steps:\n    - run: papermill train.ipynb -\n"


@pytest.mark.parametrize(
    ("files", "way"),
    [
        ({"dvc.yaml": STAGE.format("papermill train.ipynb out.ipynb")}, "dvc.yaml:3 -> train.ipynb"),
        (
            {
                "dvc.yaml": STAGE.format("python run.py"),
                "run.py": "import papermill as pm\n\npm.execute_notebook('train.ipynb', 'out.ipynb')\n",
            },
            "dvc.yaml:3 -> run.py -> train.ipynb",
        ),
        (
            {"Makefile": "train:\n\tjupyter nbconvert --execute --to notebook train.ipynb\n"},
            "Makefile:2 -> train.ipynb",
        ),
        ({".github/workflows/train.yml": CI}, ".github/workflows/train.yml:6 -> train.ipynb"),
        (
            {"dvc.yaml": STAGE.format("papermill all.ipynb out.ipynb"), "all.ipynb": notebook("%run ./train.ipynb")},
            "dvc.yaml:3 -> all.ipynb",
        ),
    ],
    ids=["stage", "script", "nbconvert", "ci", "run magic"],
)
def test_a_notebook_that_something_runs_is_wired(files: dict[str, str], way: str) -> None:
    found = Project(Repo.of({"train.ipynb": TRAIN, **files}), toolbox()).doing("experiment tracking")
    best = found.evidence[0]
    assert best.strength is Strength.WIRED
    assert best.at.path == "train.ipynb"
    assert "mlflow.log_metric" in TRAIN.splitlines()[best.at.line - 1], "the true line of the file"
    assert way in best.note


def test_a_notebook_that_nothing_runs_is_only_used() -> None:
    found = Project(Repo.of({"train.ipynb": TRAIN}), toolbox()).doing("experiment tracking")
    assert found.strength is Strength.USED
