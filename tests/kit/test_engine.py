"""The engine on small trees: what is listed and read, what reaches what, who does which job, what kind it is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from readykit.auditor import audit, audit_repo
from readykit.catalogue import checks, chosen, toolbox
from readykit.errors import TargetError, UsageError
from readykit.globs import glob, path_matches
from readykit.kinds import kind_of
from readykit.model import Status, Strength
from readykit.policy import Wishes
from readykit.project import Project
from readykit.repo import Repo
from readykit.tools import BadTool, load

TRAIN = "import mlflow\nfrom sklearn.svm import SVC\n\ndef train():\n    mlflow.log_metric('auc', 1.0)\n\ntrain()\n"


def write(root: Path, files: dict[str, str]) -> Path:
    for path, text in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    return root


def project(files: dict[str, str]) -> Project:
    return Project(Repo.of(files), toolbox())


# -- repo --------------------------------------------------------------------------------------------------------------
def test_a_tree_is_listed_without_links_devices_and_environments(tmp_path: Path) -> None:
    """What is left out is listed with the reason."""
    write(
        tmp_path, {"a.py": "x = 1", "node_modules/b.js": "", "env/pyvenv.cfg": "", "env/lib/c.py": "", "d/e.md": "# e"}
    )
    (tmp_path / "link.py").symlink_to("/etc/passwd")
    os.mkfifo(tmp_path / "pipe.py")
    repo = Repo.open(tmp_path)
    assert repo.files == ("a.py", "d/e.md")
    assert {row.path: row.why for row in repo.skipped} == {
        "node_modules": "not the project's own files", "env": "not the project's own files",
        "link.py": "a link, not followed", "pipe.py": "not a regular file",
    }  # fmt: skip


def test_what_cannot_be_read_is_a_row(tmp_path: Path) -> None:
    """Binary data and broken syntax, each with its reason; the others are read."""
    (tmp_path / "a.yaml").write_bytes(b"\0\1\2")
    write(tmp_path, {"b.yaml": "a: [1", "c.py": "import os"})
    (tmp_path / "d.md").write_bytes("é".encode("utf-16"))
    repo = Repo.open(tmp_path)
    assert next(fact.name for path in repo.files for fact in repo.facts(path)) == "os"
    assert [row.path for row in repo.unreadable] == ["a.yaml", "b.yaml"]
    assert repo.text("d.md") == "é"


@pytest.mark.parametrize(
    ("path", "text", "role"),
    [
        ("src/a.py", "", "code"), ("tests/helpers.py", "", "test"), ("src/a_test.py", "def test_a(): assert 1", "test"),
        ("test_drift.py", "import evidently\nrun()", "code"), ("vendor/a.py", "", "vendored"),
        ("docs/conf.py", "", "docs"), ("README.md", "", "docs"), ("examples/a.py", "", "example"),
        ("x_pb2.py", "", "generated"), ("{{ name }}/a.py", "", "template"), ("requirements/base.txt", "", "code"),
        ("{{ name }}/tests/test_a.py.jinja", "", "test"),
    ],
)  # fmt: skip
def test_roles_of_files(path: str, text: str, role: str) -> None:
    """A script that is only named like a test is code."""
    assert Repo.of({path: text or "x = 1"}).role(path) == role


@pytest.mark.parametrize(
    ("pattern", "name", "fits"),
    [
        ("mlflow.*", "mlflow.a.b", True), ("*.fit", "x.fit", True), ("*fit*", "refitted", True), ("a?c", "abc", True),
        ("mlflow.*.log_model", "mlflow.sklearn.log_model", True), ("mlflow.*.log_model", "mlflow.log_model", False),
        ("[ab].c", "a.c", True), ("", "", True), ("*", "anything", True), ("a", "b", False),
    ],
)  # fmt: skip
def test_globs(pattern: str, name: str, fits: bool) -> None:
    """Quick and slow ones mean the same."""
    assert glob(pattern)(name) is fits


def test_globs_of_paths() -> None:
    """Without a slash the base name counts, `**/` may stand for no folder."""
    assert path_matches("a/b/dvc.yaml", "dvc.yaml")
    assert path_matches("conf/a.yaml", "**/conf/*.yaml")
    assert path_matches("x/conf/a.yaml", "**/conf/*.yaml")
    assert not path_matches("x/conf/a.yaml", "conf/*.yaml")


# -- graph -------------------------------------------------------------------------------------------------------------
def test_a_stage_reaches_what_its_script_imports() -> None:
    """The route is printed from the command to the file."""
    graph = project({
        "dvc.yaml": "stages:\n  train:\n    cmd: python src/train.py\n",
        "src/train.py": "from model import fit\nfrom pkg.deep import mod\n",
        "src/model.py": "x = 1", "src/pkg/__init__.py": "", "src/pkg/deep/mod.py": "", "src/other.py": "",
    }).graph  # fmt: skip
    assert str(graph.reached("src/model.py")) == "dvc.yaml:3 -> src/train.py -> src/model.py"
    assert graph.reached("src/pkg/deep/mod.py")
    assert graph.reached("src/pkg/__init__.py")
    assert graph.reached("src/other.py") is None


@pytest.mark.parametrize(
    "files",
    [
        {"Makefile": "run:\n\tpython -m app.main\n"},
        {"Dockerfile": 'FROM x\nCMD ["uvicorn", "app.main:app"]\n'},
        {"pyproject.toml": '[project.scripts]\nserve = "app.main:run"\n'},
        {".github/workflows/a.yml": "on: push\njobs:\n  a:\n    steps:\n    - run: ./a.sh\n", "a.sh": "app/main.py"},
        {"noxfile.py": "import nox\n@nox.session\ndef serve(session):\n    session.run('python', 'app/main.py')\n"},
        {"README.md": "```\npython app/main.py\n```\n"},
        {"job.yaml": "handler: app/main.py\n"},
        {"start.py": "import app.main", "k.yaml": "apiVersion: v1\nkind: Job\ncontainers:\n- args: [/srv/start.py]\n"},
        {"serverless.yml": "functions:\n  a:\n    handler: app.main.run\n"},
    ],
)  # fmt: skip
def test_entry_points_of_every_kind(files: dict[str, str]) -> None:
    """Each of them makes a module reached."""
    graph = project({"app/__init__.py": "", "app/main.py": "def run(): ...\nrun()\n", **files}).graph
    assert graph.reached("app/main.py")


def test_tests_do_not_wire_what_they_import() -> None:
    """Being tested is not being run."""
    files = {"Makefile": "test:\n\tpytest tests/test_a.py\n", "tests/test_a.py": "import drift\n", "drift.py": ""}
    assert project(files).graph.reached("drift.py") is None


def test_ci_is_followed_through_scripts_and_targets() -> None:
    """Workflow -> make target -> its prerequisite -> script -> pytest."""
    made = project({
        ".github/workflows/ci.yml": "on: [push]\njobs:\n  t:\n    steps:\n      - run: make check\n",
        "Makefile": "check: unit\n\techo done\nunit:\n\t./ci/test.sh\n", "ci/test.sh": "set -e\nuv run pytest\n",
    })  # fmt: skip
    (job,) = made.ci_jobs()
    ends = [chain for chain in job.reached if chain[-1].detail["plain"] == "pytest"]
    assert [str(fact.at) for fact in ends[0]] == [".github/workflows/ci.yml:5", "Makefile:4", "ci/test.sh:2"]
    assert job.triggers == ("push",)


def test_actions_called_workflows_and_templates_are_followed() -> None:
    """What is included runs on the events of what includes it."""
    made = project({
        ".github/workflows/ci.yml": "on: [push]\njobs:\n  a:\n    steps:\n      - uses: ./.github/actions/t\n"
        "  b:\n    uses: ./.github/workflows/called.yml\n",
        ".github/actions/t/action.yml": "runs:\n  using: composite\n  steps:\n    - run: pytest\n      shell: bash\n",
        ".github/workflows/called.yml": "on: workflow_call\njobs:\n  c:\n    steps:\n      - run: pytest -q\n",
        ".pipelines/ci.yml": "pr: [main]\nstages:\n- stage: a\n  jobs:\n  - steps:\n    - template: t.yml\n",
        ".pipelines/t.yml": "steps:\n- script: pytest -v\n",
    })  # fmt: skip
    jobs = {(job.path, job.name): job for job in made.ci_jobs()}
    through = jobs[".github/workflows/ci.yml", "a"]
    assert [fact.at.line for fact in through.reached[-1]] == [5, 4]
    assert through.triggers == ("push",)
    assert jobs[".github/workflows/called.yml", "c"].triggers == ("push",)
    assert jobs[".pipelines/t.yml", "0"].triggers == ("pull_request",)


def test_a_workflow_elsewhere_never_runs() -> None:
    """Only the folder that the system reads counts; a template's own root is one."""
    text = "on: [push]\njobs:\n  t:\n    steps:\n      - run: pytest\n"
    assert not project({"ci/github/workflows/a.yml": text}).ci_jobs()
    assert not project({"sub/.github/workflows/a.yml": text}).ci_jobs()
    assert project({"template/{{ name }}/.github/workflows/a.yml": text}).ci_jobs()
    assert project({"copier.yml": "a: 1", "template/.github/workflows/a.yml.jinja": text}).ci_jobs()


def test_what_nobody_calls_is_dead() -> None:
    """Also when only another dead function or a test calls it; decorated and conventional names live."""
    graph = project({
        "a.py": "def used(): ...\ndef choose(): helper()\ndef helper(): ...\n@app.get('/')\ndef route(): ...\nused()\n",
        "tests/test_a.py": "from a import choose\ndef test_a():\n    assert choose()\n",
        "b.py": "class Named: ...\n", "conf.yaml": "_target_: b.Named\n",
    }).graph  # fmt: skip
    assert graph.dead("a.py", "choose")
    assert graph.dead("a.py", "helper")
    assert not graph.dead("a.py", "used")
    assert not graph.dead("a.py", "route")
    assert not graph.dead("b.py", "Named.method")
    assert not graph.dead("a.py", "")


# -- tools and project -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("files", "strength"),
    [
        ({"README.md": "We track runs with MLflow."}, Strength.MENTIONED),
        ({"requirements.txt": "mlflow==3.0"}, Strength.DECLARED),
        ({"a.py": "import mlflow"}, Strength.IMPORTED),
        ({"a.py": "# mlflow.log_metric()\nif False:\n    import mlflow\n    mlflow.log_metric()"}, Strength.ABSENT),
        ({"a.py": "import mlflow\ndef never():\n    mlflow.log_metric('a', 1)\n"}, Strength.IMPORTED),
        ({"a.py": TRAIN}, Strength.USED),
        ({"a.py": TRAIN, "dvc.yaml": "stages:\n  t:\n    cmd: python a.py\n"}, Strength.WIRED),
        ({"vendor/a.py": TRAIN}, Strength.MENTIONED),
        ({"uv.lock": '[[package]]\nname = "mlflow"\nversion = "3"\n'}, Strength.ABSENT),
    ],
)  # fmt: skip
def test_the_ladder(files: dict[str, str], strength: Strength) -> None:
    """Absent < mentioned < declared < imported < used < wired, each from what stands there."""
    assert project(files).doing("experiment tracking").strength is strength


def test_evidence_says_where_and_by_which_way() -> None:
    """The line of the call, the tool, the route."""
    found = project({"a.py": TRAIN, "dvc.yaml": "stages:\n  t:\n    cmd: python a.py\n"}).doing("experiment tracking")
    best = found.evidence[0]
    assert (str(best.at), best.tool) == ("a.py:5", "MLflow")
    assert "dvc.yaml:3" in best.note
    assert found.tools == ("MLflow",)
    assert found.looked_in


def test_a_target_that_nothing_starts_is_not_wired_by_its_neighbour() -> None:
    """CI runs `make test`; the audit in the same Makefile is there, and nobody runs it."""
    makefile = "test:\n\tpytest\n\naudit:\n\tpip-audit\n"
    workflow = "on: [push]\njobs:\n  t:\n    steps:\n      - run: make {}\n"
    for target, strength in (("test", Strength.USED), ("audit", Strength.WIRED)):
        files = {"Makefile": makefile, ".github/workflows/ci.yml": workflow.format(target)}
        assert project(files).doing("dependency watching").strength is strength


def test_a_misspelt_job_is_an_error() -> None:
    """A check that asks for a job that no tool does would fail in silence."""
    with pytest.raises(KeyError, match="experimental trucking"):
        project({}).doing("experimental trucking")


@pytest.mark.parametrize(
    "text",
    ["x = 1", "[a]\nnmae = 'A'", '[a.does."b"]\ncals = []', '[a.does."b"]\ncalls = "x"', "[a", "[a]\npackages = [1]"],
)
def test_a_tools_file_with_a_mistake_is_refused(tmp_path: Path, text: str) -> None:
    """The message names the file."""
    (tmp_path / "x.toml").write_text(text)
    with pytest.raises(BadTool, match=r"x\.toml"):
        load(tmp_path)


def test_configuration_is_asked_by_file_and_key() -> None:
    """`[0]` is literal, `*` crosses everything."""
    made = project({"conf/a.yaml": "on:\n  - cron: x\nb: {c: 1}\n"})
    assert [f.value for f in made.config("*.yaml", "on[0].cron")] == ["x"]
    assert [f.value for f in made.config("conf/*.yaml", "b.*")] == ["1"]


# -- kinds -------------------------------------------------------------------------------------------------------------
ASKED = "import flask\nimport essays\napp = flask.Flask('x')\n@app.route('/v1/scores/')\ndef scores():\n    return ''\n"
OWN = "from essays import Model\n\n\nclass Grader(Model):\n    def score(self, rows):\n        return rows\n"
PICKLED = "import pickle\nmodel = pickle.load(open('m.pkl', 'rb'))\ndef ask(x): return model.predict_proba(x)\n"
BY_HAND = "class Net:\n    def fit(self, x):\n        return self\n\n    def predict(self, x):\n        return x\n"
FITTED = "def fit_and_save_model(rows):\n    return rows\n\n\ndef run_forecast(rows):\n    return rows\n"
STEPPED = (
    "import numpy as np\n\n\nclass Trainer:\n    learning_rate: float = 0.1\n    epochs: int = 3\n\n"
    "    def run(self, rows, hidden_size):\n        val_loss = 1.0\n        return np.zeros(hidden_size), val_loss\n"
)
BUILT = "models/edits.model: data/edits.json\n\tcat $< | scorer cv_train scorer.Trees > $@\n"
WEB = {f"app/views{i}.py": "from flask import Flask\napp = Flask('x')\n" for i in range(5)}


@pytest.mark.parametrize(
    ("files", "kind"),
    [
        ({"README.md": "# Awesome\n- [MLflow](https://mlflow.org)"}, "not-ml"),
        ({**WEB, "README.md": "A shop."}, "not-ml"),
        ({"cli.py": "import click\n", "pyproject.toml": "[project]\nname = 'c'\n"}, "not-ml"),
        ({"docs/ml_models.md": "sklearn", "a.py": "import requests", "requirements.txt": "scikit-learn"}, "not-ml"),
        ({"a.py": "x = 1", "tests/test_a.py": "import sklearn\ndef test_x(): assert 1"}, "not-ml"),
        ({"train.py": TRAIN}, "ml-project"),
        ({"n.ipynb": '{"cells": [{"cell_type": "code", "source": ["import torch"]}]}'}, "ml-project"),
        ({"k8s/a.yaml": "apiVersion: v1\nkind: X\nspec:\n  image: tensorflow/serving:2\n"}, "ml-project"),
        ({"cookiecutter.json": "{}", "{{ x }}/train.py": TRAIN}, "template"),
        ({"README.md": "# T\nA clean template to kickstart your project.", "src/train.py": TRAIN}, "template"),
        ({"README.md": "# A data science skeleton", "cookiecutter.json": "{}", "{{ x }}/a.py": "X = 1"}, "template"),
        ({"README.md": "# Machine learning skeleton", "t/a.py.jinja": "X = 1", "t/b.sh.tmpl": "ls"}, "template"),
        ({"README.md": "# A shop's skeleton", "cookiecutter.json": "{}", "{{ x }}/a.py": "import flask"}, "not-ml"),
        ({"README.md": "# ML Template\nThe template contains a trainer.", "src/train.py": TRAIN}, "template"),
        ({"README.md": "# P\nMade with cookiecutter, based on a template for new work.", "t.py": TRAIN}, "ml-project"),
        ({f"{n}/{f}": TRAIN for n in "abcdefgh" for f in ("README.md", "train.py")}, "collection"),
        ({"README.md": "# Lib\n```\npip install lib\n```\n", "lib/a.py": TRAIN, "docs/conf.py": "",
          "pyproject.toml": "[project]\nname = 'lib'\n"}, "library"),
        ({"README.md": "# Lib\n```\npip install lib\n```\n", "lib/a.py": TRAIN, "docs/conf.py": "", "dvc.yaml": "a: 1",
          "pyproject.toml": "[project]\nname = 'lib'\n"}, "ml-project"),
        # by a library that nobody knows: the README says so, and two sorts of code bear it out
        ({"README.md": "# Grader\nA scoring service for essays.", "app/api.py": ASKED, "app/m.py": OWN}, "ml-project"),
        ({"README.md": "# Quiz\nA game with a server.", "app/api.py": ASKED, "app/m.py": OWN}, "not-ml"),
        ({"README.md": "# Grader\nA scoring service for essays.", "app/api.py": ASKED}, "not-ml"),
        ({"README.md": "# G\nIt serves models for essays.", "a.py": ASKED + "m = essays.load('m.pkl')"}, "ml-project"),
        ({"README.md": "# Nets\nDeep learning by hand.", "net.py": BY_HAND}, "ml-project"),
        ({"README.md": "# Trains\nA timetable.", "net.py": BY_HAND}, "not-ml"),
        ({"README.md": "# Flu\nForecasts of visits, with several models.", "flu.py": FITTED}, "ml-project"),
        ({"README.md": "# Flu\nA diary of visits.", "flu.py": FITTED}, "not-ml"),
        ({"README.md": "# Flu\nForecasts with several models.", "flu.py": "def run_forecast(x): ..."}, "not-ml"),
        # by a program that nobody knows: the build makes models with it, and the README speaks of them
        ({"README.md": "# Edits\nMachine-learned models.", "Makefile": BUILT, "a.py": "X = 1"}, "ml-project"),
        ({"README.md": "# Edits\nA site.", "Makefile": BUILT, "a.py": "X = 1"}, "not-ml"),
        ({"README.md": "# Edits\nMachine learning links.", "Makefile": "lint:\n\techo train\n", "a.py": "1"}, "not-ml"),
        # a service that unpickles its model and asks it imports no library of models; a cache is not asked
        ({"app.py": PICKLED, "requirements.txt": "flask==3.0.0\n"}, "ml-project"),
        ({"app.py": "import pickle\nSEEN = pickle.load(open('seen.pkl', 'rb'))\nprint(SEEN.get(1))\n"}, "not-ml"),
        # whatever the library: something is fitted and asked
        ({"a.py": "from ours import Trees\nmodel = Trees().fit(x, y)\nprint(model.predict(z))\n"}, "ml-project"),
        ({"a.py": "from fabric import Box\nBox().fit('page')\n"}, "not-ml"),
        # the words of training by steps, whatever is trained; a job that works in batches has some of them
        ({"net.py": STEPPED, **WEB}, "ml-project"),
        ({"job.py": "def run(batch_size, checkpoint, momentum=1):\n    epochs = 3\n    return epochs\n"}, "not-ml"),
        # a file of a format that holds nothing but models, or one that is named a model
        ({"app.go": "package main\n", "assets/digits.onnx": "x"}, "ml-project"),
        ({"app.go": "package main\n", "models/churn_model.pkl": "x"}, "ml-project"),
        ({"app.go": "package main\n", "cache/rows.pkl": "x", "tests/data/digits.onnx": "x"}, "not-ml"),
        # the models of others: an interface to them, and a README that says so
        ({"README.md": "# Guide\nA chatbot on an LLM.", "a.py": "import openai\n", **WEB}, "ml-project"),
        ({"README.md": "# A shop.", "a.py": "import openai\n", **{f"v{i}.py": "import flask" for i in range(30)}},
         "not-ml"),
        # in a cloud, in a database, in other languages
        ({"main.tf": 'resource "aws_sagemaker_endpoint" "a" {\n  name = "a"\n}\n'}, "ml-project"),
        ({"main.tf": 'resource "aws_s3_bucket" "models" {\n  bucket = "a"\n}\n'}, "not-ml"),
        ({"churn.sql": "CREATE OR REPLACE MODEL a.churn OPTIONS(model_type='logistic_reg') AS SELECT 1"}, "ml-project"),
        ({"models/orders.sql": "-- create model orders\nCREATE TABLE orders AS SELECT 1"}, "not-ml"),
        ({"train.jl": "using DataFrames, Flux\n"}, "ml-project"),
        ({"src/main.rs": "use std::fs;\nuse candle_core::{Tensor, Device};\n"}, "ml-project"),
        ({"Program.cs": "using System;\nusing Microsoft.ML;\n"}, "ml-project"),
        ({"App.swift": "import SwiftUI\nimport CoreML\n"}, "ml-project"),
        ({"net.cpp": "#include <vector>\n#include <torch/script.h>\n"}, "ml-project"),
        ({"web.cpp": "#include <h2o.h>\n#include \"model.h\"\n"}, "not-ml"),
        ({"ui/model.js": "import * as tf from '@tensorflow/tfjs'\n"}, "ml-project"),
        ({"glm.stan": "data { int N; }\nmodel { }\n"}, "ml-project"),
        ({"README.md": "# Texts\nA topic model for short texts.", "m.py": BY_HAND}, "ml-project"),
        ({"analysis.R": "library(tidymodels)\nfit(x)\n"}, "ml-project"),
        ({"src/A.scala": "import org.apache.spark.ml.Pipeline\n"}, "ml-project"),
    ],
)  # fmt: skip
def test_kinds(files: dict[str, str], kind: str) -> None:
    """Refused, graded, or graded as what it is; always with a sentence."""
    judged = kind_of(project(files))
    assert judged.name == kind, judged.why
    assert len(judged.why) > 20


def test_charts_that_others_published_are_theirs() -> None:
    """A chart of a catalogue, copied into the tree, says nothing about the project; a chart of its own does."""
    theirs = "apiVersion: v2\nname: loki\nhome: https://charts.test\nicon: https://charts.test/i.png\n"
    marked = "apiVersion: v2\nannotations:\n  artifacthub.io/license: MIT\nname: tempo\n"
    files = {
        "charts/loki/Chart.yaml": theirs, "charts/loki/README.md": "# Loki", "charts/tempo/Chart.yaml": marked,
        "charts/tides/Chart.yaml": "apiVersion: v2\nname: tides\nhome: https://charts.test\n",
        "charts/tides/values.yaml": "a: 1\n", "Chart.yaml": theirs,
    }  # fmt: skip
    repo = Repo.of(files)
    roles = {path: repo.role(path) for path in files}
    assert [path for path, role in roles.items() if role == "vendored"] == [
        "charts/loki/Chart.yaml", "charts/loki/README.md", "charts/tempo/Chart.yaml"
    ]  # fmt: skip
    assert Repo.of(files, name="loki").role("charts/loki/README.md") == "docs"


def test_a_web_shop_with_one_model_in_a_corner_is_not_an_ml_project() -> None:
    """In a big repository a single import is not what it is for."""
    files = {f"app/v{i}.py": "import flask\n" for i in range(80)} | {"app/tools/guess.py": "import sklearn\n"}
    assert kind_of(project(files)).name == "not-ml"


# -- audit -------------------------------------------------------------------------------------------------------------
def test_a_repository_that_is_not_ml_is_refused_politely() -> None:
    """No score, no level, a reason, nothing failed."""
    report = audit_repo(Repo.of(WEB))
    assert not report.applicable
    assert (report.score.total, report.score.level) == (None, None)
    assert "none of its 5 code files" in report.repository.why_kind
    assert {f.verdict.status for f in report.findings} == {Status.NOT_APPLICABLE}


def test_a_reader_that_raises_makes_a_row_and_the_other_files_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(text: str, path: str) -> list[object]:
        raise KeyError("x")

    monkeypatch.setattr("readykit.facts.toml.extract", broken)
    repo = Repo.of({"a.toml": "a = 1", "train.py": TRAIN})
    assert repo.facts("a.toml") == ()
    assert repo.facts("train.py")
    assert [row.path for row in repo.unreadable] == ["a.toml"]
    assert "a fault of ours: KeyError" in repo.unreadable[0].why


def test_a_check_that_raises_is_an_error_and_the_others_go_on() -> None:
    """Its id and the place are in the message."""
    first = checks()[0]

    def broken(_project: Project) -> None:
        raise ZeroDivisionError("oops")

    judge = first.judge
    object.__setattr__(first, "judge", broken)
    try:
        report = audit_repo(Repo.of({"train.py": TRAIN}))
    finally:
        object.__setattr__(first, "judge", judge)
    found = {f.check.id: f.verdict for f in report.findings}
    assert found[first.id].status is Status.ERROR
    assert "ZeroDivisionError: oops" in found[first.id].message
    assert any(v.status is Status.FAIL for v in found.values())


def test_checks_are_chosen_by_id_and_family() -> None:
    """Selection and ignoring."""
    ids = {check.id for check in chosen(checks(), ["TRK", "DOC001"], ["TRK004"])}
    tracking = {check.id for check in checks() if check.family == "TRK"}
    assert ids == (tracking - {"TRK004"}) | {"DOC001"}


def test_the_same_tree_gives_the_same_report(tmp_path: Path) -> None:
    """Twice, from disk."""
    write(tmp_path, {"train.py": TRAIN, "requirements.txt": "mlflow==3.0\n", "README.md": "# x\nWe use DVC."})
    assert audit(tmp_path) == audit(tmp_path)


def test_a_missing_path_and_an_unknown_profile_are_the_users_mistakes(tmp_path: Path) -> None:
    """One sentence each."""
    with pytest.raises(TargetError):
        audit(tmp_path / "nowhere")
    with pytest.raises(UsageError, match="production"):
        audit(tmp_path, Wishes(profile="perfect"))


def test_a_template_is_wired_like_what_it_renders() -> None:
    """Paths with markup and suffixes are found by the names that they will have."""
    graph = project({
        "template/{{ name }}/dvc.yaml.jinja": "stages:\n  t:\n    cmd: python src/train.py\n",
        "template/{{ name }}/src/train.py.jinja": "from model import fit\nfrom .deep import x\n",
        "template/{{ name }}/src/model.py": "", "template/{{ name }}/src/deep.py.jinja": "x = 1",
    }).graph  # fmt: skip
    for name in ("train.py.jinja", "model.py", "deep.py.jinja"):
        assert graph.reached(f"template/{{{{ name }}}}/src/{name}"), name
