"""Facts from YAML, CI files, TOML, JSON, notebooks, dependency lists, documents and templates."""

from __future__ import annotations

import json
import textwrap
from typing import TYPE_CHECKING

import pytest
from readykit.facts import Unparsable, dependencies, dispatch, json_, markdown, notebook, toml
from readykit.facts import yaml as yaml_
from readykit.facts.templates import neutral, rendered_path

if TYPE_CHECKING:
    from readykit.model import Fact


def of(found: list[Fact], kind: str) -> list[Fact]:
    return [fact for fact in found if fact.kind == kind]


WORKFLOW = """\
on: [push, pull_request]
jobs:
  test:
    steps:
      - uses: actions/checkout@v4
      - name: tests
        run: |
          pip install .
          pytest -q
      - run: ruff check
        continue-on-error: true
  off:
    if: false
    steps:
      - run: pytest
"""


def test_yaml_scalars_have_dotted_keys_and_true_lines() -> None:
    """Lists are indexed, documents are told apart."""
    found = of(yaml_.extract("a:\n  b: [1, two]\n---\nc: x\n", "x.yaml"), "yaml")
    assert [(f.name, f.value, f.at.line, f.scope) for f in found] == [
        ("a.b[0]", "1", 2, "doc0"), ("a.b[1]", "two", 2, "doc0"), ("c", "x", 4, "doc1"),
    ]  # fmt: skip


def test_a_workflow_gives_commands_with_job_lines_and_triggers() -> None:
    """Swallowed and switched-off steps are marked."""
    found = of(yaml_.extract(WORKFLOW, ".github/workflows/ci.yml"), "command")
    rows = [(f.scope, f.name, f.at.line, f.detail.get("swallowed"), f.detail.get("off")) for f in found]
    assert rows == [
        ("test", "pip install .", 8, None, None), ("test", "pytest -q", 9, None, None),
        ("test", "ruff check", 10, "yes", None), ("off", "pytest", 15, None, "yes"),
    ]  # fmt: skip
    assert found[0].detail["triggers"] == "push,pull_request"


@pytest.mark.parametrize(
    ("path", "text", "runner", "command"),
    [
        (".gitlab-ci.yml", "test:\n  script:\n    - pytest\n", "gitlab", "pytest"),
        ("azure-pipelines.yml", "trigger: [main]\nsteps:\n- script: pytest\n", "azure", "pytest"),
        (".circleci/config.yml", "jobs:\n  t:\n    steps:\n    - run: {command: pytest}\n", "circleci", "pytest"),
        ("cloudbuild/pr.yaml", "steps:\n- name: a/x\n  args: [-q]\n  entrypoint: pytest\n", "cloudbuild", "pytest -q"),
        ("dvc.yaml", "stages:\n  train:\n    cmd: python src/train.py\n", "dvc", "python src/train.py"),
        ("docker-compose.yml", "services:\n  api:\n    command: uvicorn a:app\n", "compose", "uvicorn a:app"),
        ("k8s/job.yaml", "apiVersion: 1\nkind: J\ncontainers:\n- args: [python, a.py]\n", "kubernetes", "python a.py"),
        ("buildspec.yml", "version: 0.2\nphases:\n  build:\n    commands:\n      - pytest\n", "codebuild", "pytest"),
        (".travis.yml", "script:\n  - pytest\n", "travis", "pytest"),
    ],
)  # fmt: skip
def test_every_common_system_keeps_its_commands(path: str, text: str, runner: str, command: str) -> None:
    """Each by its own keys."""
    found = of(yaml_.extract(text, path), "command")
    assert (found[0].detail["runner"], found[0].name) == (runner, command)


@pytest.mark.parametrize(
    "text",
    [
        "a: &a [x]\n" + "b: [" + "*a, " * 200 + "]",
        "[" * 200 + "]" * 200,
        "\n".join(" " * i + f"k{i}:" for i in range(80)),
        "a: [1, 2\nb: }",
        "&a [*a]",
        "x: " + "y" * 1_100_000,
    ],
)
def test_yaml_beyond_the_limits_is_a_row_not_a_crash(text: str) -> None:
    """Aliases, nesting, size and syntax."""
    with pytest.raises(Unparsable):
        yaml_.extract(text, "x.yaml")


def test_toml_values_have_the_lines_of_their_keys() -> None:
    """Tables, lists over several lines, dotted keys."""
    text = '[project]\nname = "x"\ndependencies = [\n  "a",\n  "b>=1",\n]\n[tool.a]\n"k.l".m = true\n'
    text += "[[item]]\nv = 1\n[[item]]\nv = 2\n"
    found = {f.name: (f.value, f.at.line) for f in toml.extract(text, "pyproject.toml")}
    assert found["project.dependencies[1]"] == ("b>=1", 5)
    assert found["tool.a.k.l.m"] == ("true", 8)
    assert found["item[1].v"] == ("2", 12)


def test_toml_with_a_hostile_key_is_refused() -> None:
    """Tomllib is quadratic in the dots of a key."""
    with pytest.raises(Unparsable, match="too many parts"):
        toml.extract("a" + ".a" * 1000 + " = 1", "x.toml")


def test_json_is_configuration_or_nothing() -> None:
    """Npm scripts are commands; lines of data are no error; comments are allowed where editors allow them."""
    found = json_.extract('{\n "scripts": {\n  "test": "jest"\n }\n}', "package.json")
    assert [(f.kind, f.name, f.at.line) for f in found] == [("json", "scripts.test", 3), ("command", "jest", 3)]
    assert json_.extract('{"a": 1}\n{"a": 2}', "rows.json") == []
    assert json_.extract('// hi\n{"a": [1,],}', ".devcontainer/devcontainer.json")[0].value == "1"
    with pytest.raises(Unparsable):
        json_.extract('{"a": }', "x.json")


def cell(kind: str, *lines: str, key: str = "source") -> dict[str, object]:
    return {"cell_type": kind, key: [f"{line}\n" for line in lines], "outputs": []}


def test_a_notebook_is_read_by_cells_at_true_lines() -> None:
    """Names carry over cells, magics are commands, text is prose."""
    cells = [
        cell("markdown", "# Title", "We use MLflow."),
        cell("code", "import mlflow as m", "%matplotlib inline", "!pip install x"),
        cell("code", "m.log_metric('a', 1)"),
        cell("code", "%%bash", "dvc repro"),
    ]
    text = json.dumps({"cells": cells, "nbformat": 4}, indent=1)
    rows = text.splitlines()
    found = notebook.extract(text, "n.ipynb")
    (call,) = of(found, "call")
    assert call.name == "mlflow.log_metric"
    assert call.detail["cell"] == "2"
    assert "m.log_metric" in rows[call.at.line - 1]
    assert [f.name for f in of(found, "command")] == ["pip install x", "dvc repro"]
    assert "pip install" in rows[of(found, "command")[0].at.line - 1]
    assert of(found, "heading")[0].name == "Title"
    assert "Title" in rows[of(found, "heading")[0].at.line - 1]


def test_a_cell_kept_as_one_string_does_not_move_the_lines_of_the_next() -> None:
    cells = [
        {"cell_type": "markdown", "source": "# Tides\n\n## Aim\nLevels."},
        {"cell_type": "code", "source": ["import os\n", "\n", "os.getcwd()"]},
        {"cell_type": "code", "source": ["\n", "os.listdir()"]},
    ]
    text = json.dumps({"cells": cells, "nbformat": 4}, indent=1)
    lines = text.split("\n")
    for name in ("getcwd", "listdir"):
        call = next(f for f in of(notebook.extract(text, "n.ipynb"), "call") if f.name == f"os.{name}")
        assert name in lines[call.at.line - 1]


def test_an_old_notebook_is_read_too() -> None:
    """Nbformat 3 keeps cells in worksheets and code in `input`."""
    text = json.dumps({"worksheets": [{"cells": [cell("code", "import os", "os.getcwd()", key="input")]}]}, indent=1)
    assert [f.name for f in of(notebook.extract(text, "n.ipynb"), "call")] == ["os.getcwd"]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"cells": 3}', "[" * 100_000])
def test_what_is_no_notebook_is_said_to_be_none(text: str) -> None:
    """Never a crash."""
    with pytest.raises(Unparsable):
        notebook.extract(text, "n.ipynb")


@pytest.mark.parametrize(
    ("path", "text", "rows"),
    [
        ("requirements.txt", "Scikit_Learn==1.4 ; x\npandas>=2\n# no\n-r other\ngit+https://g.com/a/b.git\n",
         [("scikit-learn", "yes"), ("pandas", "no"), ("b", "direct-url")]),
        ("pyproject.toml", '[project]\ndependencies = ["a>=1", "b[x]==2"]\n[dependency-groups]\ndev = [\n  "c",\n]\n',
         [("a", "no"), ("b", "yes"), ("c", "no")]),
        ("pyproject.toml", '[tool.poetry.dependencies]\npython = "^3.11"\na = "1.2"\nb = {version = "==1"}\n',
         [("a", "no"), ("b", "yes")]),
        ("setup.py", 'setup(install_requires=[\n  "a>=1",\n  "b",\n], name="x")\n', [("a", "no"), ("b", "no")]),
        ("environment.yml", "name: x\ndependencies:\n  - python=3.11\n  - a=1.0\n  - pip:\n      - b==2\n",
         [("python", "yes"), ("a", "yes"), ("b", "yes")]),
        ("Pipfile", '[packages]\na = "==1"\n[dev-packages]\nb = "*"\n', [("a", "yes"), ("b", "no")]),
        ("uv.lock", 'version = 1\n[[package]]\nname = "a"\nversion = "1"\n', [("a", "yes")]),
        ("Pipfile.lock", '{\n    "default": {\n        "a": {\n            "version": "==1"\n', [("a", "yes")]),
        ("DESCRIPTION", "Package: x\nImports:\n    dplyr (>= 1),\n    pins\n", [("dplyr", "no"), ("pins", "no")]),
        ("build.sbt", '"org.apache.spark" %% "spark-mllib" % "3.5.0"\n', [("spark-mllib", "yes")]),
        ("pom.xml", "<dependency>\n<artifactId>a</artifactId><version>1</version>\n</dependency>", [("a", "yes")]),
    ],
)  # fmt: skip
def test_dependencies_of_every_common_kind(path: str, text: str, rows: list[tuple[str, str]]) -> None:
    """Name and whether it is pinned."""
    assert [(f.name, f.detail["pinned"]) for f in dependencies.extract(text, path)] == rows


def test_lock_files_say_so() -> None:
    """Transitive packages prove nothing, so they are marked."""
    (locked,) = dependencies.extract('[[package]]\nname = "a"\nversion = "1"\n', "sub/poetry.lock")
    assert locked.detail["lock"] == "yes"


def test_markdown_tells_headings_prose_code_and_commands() -> None:
    """Comments are left out, prompts are taken off, trees are not commands."""
    text = textwrap.dedent("""\
        # Run it
        We track runs. See [docs](docs/a.md) and run `make test`.
        <!-- hidden wandb -->
        ```bash
        $ dvc repro
        done
        ```
        ```python
        mlflow.log_metric()
        ```
    """)
    found = markdown.extract(text, "README.md")
    assert [(f.name, f.at.line) for f in of(found, "heading")] == [("Run it", 1)]
    assert [(f.name, f.at.line) for f in of(found, "command")] == [("make test", 2), ("dvc repro", 5)]
    assert [f.detail["lang"] for f in of(found, "codeline")] == ["bash", "bash", "python"]
    assert not any("wandb" in f.name for f in found)
    assert of(found, "link")[0].name == "docs/a.md"


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("{% if x %}\na = 1\n{% endif %}", "\na = 1\n"),
        ("name: {{ project_name }}", "name: kit_project_name"),
        ("run: ${{ secrets.X }}", "run: ${{ secrets.X }}"),
        ("{{- if eq .a `b` }}x{{ end }}", "x"),
        ('left: "{{"{{tasks.a}}"}}"', 'left: "kit_tasks_a"'),
        ("{{`run: ${{ x }}`}}", "run: ${{ x }}"),
        ('  {{- include "labels" . | nindent 4 }}', ""),
    ],
)
def test_template_markup_is_neutralised(text: str, plain: str) -> None:
    """What stays is what the rendered file would hold, on the same lines."""
    assert neutral(text) == plain


def test_a_template_is_read_as_what_it_renders() -> None:
    """Suffix and markup in the path, statements in the text."""
    path = "template/src/{{ name }}/train.py.jinja"
    assert rendered_path(path) == "template/src/kit_name/train.py"
    text = "{% if track %}import mlflow\n{% endif %}from {{ name }}.data import load\nmlflow.log_metric('a', 1)\n"
    found = dispatch.extract(text, path)
    assert [f.name for f in of(found, "call")] == ["mlflow.log_metric"]
    assert found[0].at.path == path
    assert found[0].at.line == 1


def test_a_notebook_tells_what_its_cells_left_behind() -> None:
    """The count, the size of outputs, an error that was not meant; text cells leave nothing."""
    cells = [
        {"cell_type": "code", "source": ["x = 1"], "execution_count": 3, "outputs": []},
        {"cell_type": "markdown", "source": ["# Title"]},
        {"cell_type": "code", "source": ["x / 0"], "outputs": [{"output_type": "error", "ename": "ZeroDivisionError"}]},
        {
            "cell_type": "code",
            "source": ["1 / 0"],
            "metadata": {"tags": ["raises-exception"]},
            "outputs": [{"output_type": "error", "ename": "ZeroDivisionError"}],
        },
    ]
    found = of(notebook.extract(json.dumps({"cells": cells}, indent=1), "n.ipynb"), "cell")
    assert [(f.value, f.detail.get("error", "")) for f in found] == [("3", ""), ("", "ZeroDivisionError"), ("", "")]
    assert int(found[1].detail["bytes"]) > 0
