"""Several projects in one repository: where each stands, what they share, and whose score counts."""

from __future__ import annotations

import json

import pytest
from readykit import catalogue
from readykit.auditor import audit_repo
from readykit.kinds import kind_of
from readykit.model import Report, Status
from readykit.policy import Wishes
from readykit.project import Project
from readykit.projects import parts
from readykit.repo import Repo
from readykit.report import json_

TRAIN = """
import pandas as pd
from sklearn.linear_model import LogisticRegression

rows = pd.read_csv("rows.csv")
model = LogisticRegression(random_state=7)
model.fit(rows[["a"]], rows["b"])
"""
TRACKED = (
    f"import mlflow\n{TRAIN}\nmlflow.autolog()\nmlflow.log_metric('accuracy', model.score(rows[['a']], rows['b']))\n"
)
SERVE = """
from fastapi import FastAPI
import joblib

app = FastAPI()
model = joblib.load("model.joblib")


@app.post("/predict")
def predict(row: dict) -> float:
    return float(model.predict([row["a"]])[0])
"""
WORKFLOW = """
on: [push]
jobs:
  tests:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: pytest
"""


def project(folder: str, train: str = TRAIN) -> dict[str, str]:
    return {
        f"{folder}/README.md": f"# {folder}\n\nTrains a model.\n",
        f"{folder}/pyproject.toml": f'[project]\nname = "{folder}"\ndependencies = ["scikit-learn"]\n',
        f"{folder}/train.py": train,
        f"{folder}/test_train.py": "def test_it():\n    assert 1 + 1 == 2\n",
    }


def collection(best: str = "b") -> dict[str, str]:
    readme = "# Samples\n\nThis repository contains a collection of machine learning examples.\n"
    files = {"README.md": readme}
    for name in ("a", "b", "c"):
        files |= project(name, TRACKED if name == best else TRAIN)
    return files


def roots(files: dict[str, str]) -> list[str]:
    whole = Project(Repo.of(files), catalogue.toolbox())
    whole.kind = kind_of(whole).name
    return [part.root for part in parts(whole)]


def report(files: dict[str, str], *checks: str) -> Report:
    return audit_repo(Repo.of(files), wishes=Wishes(select=checks))


def test_a_monorepo_has_the_projects_that_are_trained() -> None:
    files = {"README.md": "# Ours\n", "pyproject.toml": "[tool.ruff]\n", **project("churn"), **project("pricing")}
    files |= {"tools/README.md": "# Tools\n", "tools/pyproject.toml": "", "tools/say.py": "print('no model here')\n"}
    assert roots(files) == ["churn/", "pricing/"]
    made = report(files, "TRK001")
    assert made.repository.kind == "ml-project"
    assert [part.root for part in made.projects] == ["churn", "pricing"]
    assert made.best_project == ""


def test_the_trainer_and_the_service_of_one_product_are_one_project() -> None:
    service = {f"service/{name}": "" for name in ("README.md", "pyproject.toml")} | {"service/app.py": SERVE}
    assert roots({"README.md": "# Churn\n", **project("trainer"), **service}) == []


def test_a_project_inside_a_project_is_a_part_of_it() -> None:
    assert roots({**project("churn"), **project("churn/model"), **project("pricing")}) == ["churn/", "pricing/"]


def test_a_collection_has_the_score_of_its_best_project_and_names_it() -> None:
    made = report(collection("b"), "TRK001", "PIP003")
    assert made.repository.kind == "collection"
    assert made.best_project == "b"
    scores = {part.root: part.score.total for part in made.projects}
    assert made.score.total == scores["b"] == max(total or 0 for total in scores.values())
    assert scores["a"] == scores["c"] != scores["b"]


def test_what_stands_at_the_root_serves_every_project() -> None:
    files = {**project("churn"), **project("pricing")}
    whole = Project(Repo.of({**files, ".github/workflows/ci.yml": WORKFLOW}), catalogue.toolbox())
    whole.kind = kind_of(whole).name
    for part in parts(whole):
        assert [job.path for job in part.ci_jobs()] == [".github/workflows/ci.yml"]
        assert {path for path in part.paths if path.endswith("train.py")} == {
            f"{part.root}train.py",
            f"{part.root}test_train.py",
        }
        assert part.graph is whole.graph
        assert part.index is whole.index


def test_a_project_is_judged_by_its_own_files() -> None:
    made = report({**project("churn", TRACKED), **project("pricing")}, "TRK001")
    verdicts = {part.root: part.findings[0].verdict for part in made.projects}
    assert verdicts["churn"].status is Status.PASS
    assert all(e.at.path.startswith("churn/") for e in verdicts["churn"].evidence)
    assert verdicts["pricing"].status is not Status.PASS


def test_the_keys_of_the_json_report() -> None:
    written = json.loads(json_.render(report(collection("c"), "TRK001")))
    assert written["best_project"] == "c"
    assert [part["root"] for part in written["projects"]] == ["a", "b", "c"]
    alone = json.loads(json_.render(report(project("churn"), "TRK001")))
    assert alone["projects"] == []
    assert not alone["best_project"]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("{{ name }}/train.py", "import sklearn\nx = '{{ name }}'\nmodel.fit({{ rows }})\n"),
        ("src/train.py.jinja", "{% if gpu %}\nimport torch\n{% endif %}\nmodel.fit({{ rows }})\n"),
        ("src/train.py.tmpl", "import sklearn\n{{if .gpu}}\nimport torch\n{{end}}\nmodel.fit({{.rows}})\n"),
        ("{{cookiecutter.name}}/{% if x %}train{% endif %}.py", "model.fit({{ cookiecutter.rows }})\n"),
    ],
)
def test_templates_are_read_as_what_they_become(path: str, text: str) -> None:
    repo = Repo.of({"copier.yml": "name: {type: str}\n", path: text})
    whole = Project(repo, catalogue.toolbox())
    assert [fact.at.path for fact in whole.facts("call", name="*fit")] == [path]
    assert whole.role(path) == "code"
    assert repo.unreadable == ()
