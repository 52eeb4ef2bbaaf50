"""In other people's tools: the action, the GitLab component and the pre-commit hooks do what they say, for real."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import check_jsonschema
import jsonschema
import pytest
import yaml

ROOT = Path(__file__).parents[1]
TRAIN = """\
import mlflow
from sklearn.linear_model import LogisticRegression

model = LogisticRegression().fit([[0.0], [1.0]], [0, 1])
mlflow.log_metric("accuracy", 1.0)
"""
KEY = 'KEY = "AKIA3QF7RKX2LMN5TWVB"\n'
PROGRAMS = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"


def git(folder: Path, *words: str) -> str:
    command = ["git", "-c", "user.name=n", "-c", "user.email=e@e", "-c", "commit.gpgsign=false", *words]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository of two commits; the second one leaks a key."""
    folder = tmp_path / "small"
    folder.mkdir()
    (folder / "train.py").write_text(TRAIN)
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "one")
    (folder / "settings.py").write_text(KEY)
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "two")
    return folder


def schema(name: str) -> Any:
    path = Path(check_jsonschema.__file__).parent / "builtin_schemas" / "vendor" / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8"))


class Action:
    """The shell step of the action, run as GitHub runs it: bash, the inputs as variables, files for what it says."""

    def __init__(self, project: Path, scratch: Path) -> None:
        self.definition = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
        self.project, self.scratch = project, scratch
        self.output, self.summary = scratch / "output", scratch / "summary"

    def run(self, **inputs: str) -> subprocess.CompletedProcess[str]:
        """Run it with inputs; the others have their defaults."""
        step = next(step for step in self.definition["runs"]["steps"] if "run" in step)
        given = {name: str(about.get("default", "")) for name, about in self.definition["inputs"].items()} | inputs
        env = {
            name: given[text.removeprefix("${{ inputs.").removesuffix(" }}")] for name, text in step["env"].items()
        }  # fmt: skip
        files = {"GITHUB_OUTPUT": str(self.output), "GITHUB_STEP_SUMMARY": str(self.summary)}
        places = {"RUNNER_TEMP": str(self.scratch), "GITHUB_ACTION_PATH": str(ROOT), "PATH": PROGRAMS}
        script = self.scratch / "step.sh"
        script.write_text(step["run"])
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)], cwd=self.project,
            env={**os.environ, **env, **files, **places}, capture_output=True, text=True,
        )  # fmt: skip

    def outputs(self) -> dict[str, str]:
        """What it told the next steps."""
        return dict(line.split("=", 1) for line in self.output.read_text().splitlines())


@pytest.fixture
def action(project: Path, tmp_path: Path) -> Action:
    (tmp_path / "runner").mkdir()
    return Action(project, tmp_path / "runner")


def test_the_action_writes_its_outputs_and_fails_on_what_is_new(action: Action) -> None:
    jsonschema.validate(action.definition, schema("github-actions"))
    done = action.run(**{"fail-on": "new", "diff": "HEAD~1", "profile": "starter"})
    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith("::error") or done.stdout.startswith("::warning")
    assert "SEC001" in done.stdout.splitlines()[0]
    told = action.outputs()
    assert told["level"] == "0"
    assert json.loads(Path(told["json"]).read_text())["score"] == float(told["score"])
    assert json.loads(Path(told["sarif"]).read_text())["version"] == "2.1.0"
    assert action.summary.read_text() == Path(told["comment"]).read_text()
    assert "SEC001" in action.summary.read_text()
    assert set(action.definition["outputs"]) == set(told)
    for name, about in action.definition["outputs"].items():
        assert about["value"] == f"${{{{ steps.audit.outputs.{name} }}}}"


def test_the_actions_inputs_are_words_and_never_shell(action: Action) -> None:
    evil = "$(touch pwned)`touch pwned`;touch pwned\n::error::x"
    done = action.run(path=evil, **{"min-score": "--help", "fail-on": evil})
    assert done.returncode == 2
    assert action.run(reports=f"r\nscore=100{evil}").returncode == 2
    assert not [*action.project.rglob("pwned"), *action.scratch.rglob("pwned")]
    assert "score" not in action.outputs()


def test_the_gitlab_component_is_valid_and_its_script_runs(project: Path) -> None:
    spec, jobs = yaml.safe_load_all((ROOT / "templates" / "audit.yml").read_text(encoding="utf-8"))
    for document in (spec, jobs):
        jsonschema.Draft7Validator(schema("gitlab-ci")).validate(document)
    inputs = spec["spec"]["inputs"]
    values = {name: str(about["default"]) for name, about in inputs.items()} | {"fail_on": "new"}
    job = jobs["readykit"]
    env = {}
    for name, text in job["variables"].items():
        for key, value in values.items():
            text = text.replace(f"$[[ inputs.{key} ]]", value)
        assert "$[[" not in text, "every input that is used is declared"
        env[name] = text
    done = subprocess.run(
        ["sh", "-e", "-c", "\n".join(job["script"])], cwd=project, env={**os.environ, **env, "PATH": PROGRAMS},
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert "SEC001" in done.stderr
    named = [*job["artifacts"]["paths"], *job["artifacts"]["reports"].values()]
    assert all((project / name).is_file() for name in named)
    rows = json.loads((project / "gl-code-quality-report.json").read_text())
    assert all((project / row["location"]["path"]).exists() for row in rows)
    assert "$READYKIT_PACKAGE" in job["before_script"][-1]


def test_the_snippets_of_the_page_are_what_their_tools_read(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "how-to" / "use-in-ci.md").read_text(encoding="utf-8")
    github, gitlab, hooks = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    jsonschema.validate(yaml.safe_load(f'"on": push\n{github}'), schema("github-workflows"))
    inputs = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))["inputs"]
    used = next(step for step in yaml.safe_load(github)["jobs"]["readiness"]["steps"] if step.get("id") == "audit")
    assert set(used["with"]) <= set(inputs)
    assert all(f"`{name}`" in page for name in inputs)
    jsonschema.Draft7Validator(schema("gitlab-ci")).validate(yaml.safe_load(gitlab))
    (tmp_path / ".pre-commit-config.yaml").write_text(hooks)
    (tmp_path / "noxfile.py").write_text(re.findall(r"```python\n(.*?)```", page, re.DOTALL)[0])
    for words in (
        ["pre-commit", "validate-config"],
        ["pre-commit", "validate-manifest", f"{ROOT}/.pre-commit-hooks.yaml"],
    ):
        subprocess.run(words, cwd=tmp_path, check=True, env={**os.environ, "PATH": PROGRAMS})
    listed = subprocess.run(["nox", "-l"], cwd=tmp_path, check=True, env={**os.environ, "PATH": PROGRAMS},
                            capture_output=True, text=True)  # fmt: skip
    assert "readiness" in listed.stdout


@pytest.fixture(scope="module")
def hooks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with what pre-commit installs from, as the working tree has it."""
    folder = tmp_path_factory.mktemp("readykit")
    for name in ("kit", "checks", "template"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE", "copier.yml", ".pre-commit-hooks.yaml"):
        shutil.copy(ROOT / name, folder)
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "--force", ".")
    git(folder, "commit", "-qm", "one")
    return folder


def test_pre_commit_installs_the_hooks_and_holds_commits_back(hooks: Path, project: Path, tmp_path: Path) -> None:
    rows = [{"id": "readykit", "args": ["--min-level", "1"], "stages": ["manual"]}, {"id": "readykit-staged"}]
    config = {"repos": [{"repo": str(hooks), "rev": git(hooks, "rev-parse", "HEAD"), "hooks": rows}]}
    (project / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config))
    git(project, "add", ".")
    quick = {"PIP_NO_COMPILE": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    env = {**os.environ, **quick, "PRE_COMMIT_HOME": str(tmp_path / "home"), "PATH": PROGRAMS}
    env.pop("PYTHONDONTWRITEBYTECODE", None)

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = ["pre-commit", "run", "--all-files", "--verbose", *words]
        return subprocess.run(command, cwd=project, env=env, capture_output=True, text=True)

    whole = run("--hook-stage", "manual", "readykit")
    assert whole.returncode == 1, whole.stdout + whole.stderr
    assert "level 0, asked for 1" in whole.stdout
    (project / "more.py").write_text(KEY)
    assert run("readykit-staged").returncode == 0, "what is not staged is not judged"
    git(project, "add", "more.py")
    staged = run("readykit-staged")
    assert staged.returncode == 1, staged.stdout
    assert "SEC001" in staged.stdout
