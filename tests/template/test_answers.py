"""Every combination of answers gives a whole project: rendered to the end, clean, ready, with valid CI."""

from __future__ import annotations

import itertools
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
import readykit
import yaml
from readykit import paths, rendering
from readykit.model import Status

QUESTIONS = yaml.safe_load(paths.QUESTIONS.read_text(encoding="utf-8"))
REMOTES = list(QUESTIONS["data_remote"]["choices"].values())
CI = list(QUESTIONS["ci"]["choices"].values())
TOOLS = Path(sys.executable).parent
# Workflows, dashboards and alerts have double braces of their own; these words are ours, and Jinja's.
UNRENDERED = re.compile(
    r"\{\{-?\s*(_copier|"
    + "|".join(name for name in QUESTIONS if name[0] != "_")
    + r")|\{%-?\s*(raw|endraw|if|set|include)"
)
NO_CI = {"ENG003", "ENG004", "SEC004"}  # what a project without CI has to hear


def made(folder: Path, **answers: str) -> Path:
    rendering.render(folder, answers, name="flight-delays", defaults=True)
    return folder


def tool(name: str, *words: str, cwd: Path) -> str:
    done = subprocess.run([TOOLS / name, *words], cwd=cwd, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def project_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], Path]:
    """The project of a remote and a CI, rendered when first asked for."""
    return cache(lambda remote, ci: made(tmp_path_factory.mktemp(f"{remote}-{ci}"), data_remote=remote, ci=ci))


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with the files of GitHub and of GitLab, committed."""
    project = made(tmp_path_factory.mktemp("both"), ci="both", data_remote="s3")
    for words in (["init", "--quiet"], ["add", "--all"]):
        subprocess.run(["git", *words], cwd=project, check=True)
    return project


@pytest.mark.parametrize(("remote", "ci"), [*itertools.product(REMOTES, CI)])
def test_every_combination_is_whole_and_clean(remote: str, ci: str, project_of: Callable[[str, str], Path]) -> None:
    project = project_of(remote, ci)
    texts = texts_of(project)
    for path, text in texts.items():
        assert not path.endswith(".jinja")
        assert not UNRENDERED.search(text), f"{path} has an unrendered part"
        assert re.search(r"[^\n]\n\Z", text), f"{path} ends badly"
    tool("ruff", "check", "--no-cache", "--quiet", ".", cwd=project)
    tool("ruff", "format", "--no-cache", "--check", "--quiet", ".", cwd=project)
    assert (project / ".github").exists() == (ci in ("github", "both"))
    assert (project / ".gitlab-ci.yml").exists() == (project / ".gitlab").exists() == (ci in ("gitlab", "both"))
    assert (f'"{remote}"]' in texts["pyproject.toml"]) == (remote != "local")
    assert f"url = {'../.data-remote' if remote == 'local' else remote + '://'}" in texts[".dvc/config"]


def test_no_file_depends_on_both_answers_and_no_code_reads_what_ci_changes(
    project_of: Callable[[str, str], Path],
) -> None:
    """So a project's tests say the same whatever its CI, and `nox -s combinations` needs each answer once."""
    trees = {pair: texts_of(project_of(*pair)) for pair in itertools.product(REMOTES, CI)}
    remote_changes = set().union(*(changing([trees[remote, ci] for remote in REMOTES]) for ci in CI))
    ci_changes = set().union(*(changing([trees[remote, ci] for ci in CI]) for remote in REMOTES))
    assert remote_changes & ci_changes == {".copier-answers.yml"}
    code = "".join(text for path, text in trees[REMOTES[0], CI[0]].items() if path.startswith(("src/", "tests/")))
    assert [path for path in ci_changes if Path(path).parts[0] in code] == []


def texts_of(project: Path) -> dict[str, str]:
    files = (path for path in project.rglob("*") if path.is_file())
    return {path.relative_to(project).as_posix(): path.read_text(encoding="utf-8") for path in files}


def changing(trees: list[dict[str, str]]) -> set[str]:
    """The files that are not the same in all of the trees."""
    return {path for path in set().union(*trees) if len({tree.get(path) for tree in trees}) > 1}


@pytest.mark.parametrize("name", ["ab", "a-name-as-long-as-a-name-may-b"])
def test_the_style_of_the_code_does_not_depend_on_the_length_of_the_name(name: str, tmp_path: Path) -> None:
    project = made(tmp_path, project_name=name)
    tool("ruff", "check", "--no-cache", "--quiet", ".", cwd=project)
    tool("ruff", "format", "--no-cache", "--check", "--quiet", ".", cwd=project)


# The two answers change different files (see above), so each is audited beside the other's default.
@pytest.mark.parametrize(
    ("remote", "ci"), [*((REMOTES[0], ci) for ci in CI), *((remote, CI[0]) for remote in REMOTES[1:])]
)
def test_every_answer_gives_a_project_that_is_ready(
    remote: str, ci: str, project_of: Callable[[str, str], Path]
) -> None:
    report = readykit.audit(project_of(remote, ci))
    missing = {f.check.id for f in report.findings if f.verdict.status not in (Status.PASS, Status.NOT_APPLICABLE)}
    assert missing == (NO_CI if ci == "none" else set())
    assert (report.score.total or 0) >= (90 if ci == "none" else 100), "the floor of its readiness session"


@pytest.mark.parametrize("remote", REMOTES)
def test_the_lock_is_that_of_the_answers(remote: str, project_of: Callable[[str, str], Path], tmp_path: Path) -> None:
    """CI, hooks, image and sessions run with `--locked`, which a lock of other groups or names would stop."""
    words = ("lock", "--check", "--offline", "--quiet", "--cache-dir", str(tmp_path), "--python", sys.executable)
    tool("uv", *words, cwd=project_of(remote, CI[0]))


def test_ci_of_both_systems_is_what_their_schemas_ask_for(both: Path) -> None:
    check = ("check-jsonschema", "--quiet", "--builtin-schema")
    tool(*check, "vendor.github-workflows", ".github/workflows/ci.yml", cwd=both)
    tool(*check, "vendor.dependabot", ".github/dependabot.yml", cwd=both)
    tool(*check, "vendor.gitlab-ci", "--data-transform", "gitlab-ci", ".gitlab-ci.yml", cwd=both)
    tool(*check, "vendor.renovate", str(paths.TEMPLATE / "renovate.json"), cwd=both)
    tool("zizmor", "--offline", "--quiet", ".github", cwd=both)


def test_both_systems_run_the_same(both: Path) -> None:
    github = yaml.safe_load((both / ".github" / "workflows" / "ci.yml").read_text())["jobs"]
    gitlab = yaml.safe_load((both / ".gitlab-ci.yml").read_text())
    assert github["check"]["strategy"]["matrix"]["session"] == gitlab["check"]["parallel"]["matrix"][0]["SESSION"]
    for job in ("check", "pipeline", "retraining"):
        ours = [line for step in github[job]["steps"] for line in step.get("run", "").splitlines()]
        assert ours == gitlab[job]["script"]
    cron = yaml.safe_load((both / "params.yaml").read_text())["retrain"]["cron"]
    assert f'- cron: "{cron}"' in (both / ".github" / "workflows" / "ci.yml").read_text()
    assert f"`{cron}`" in (both / ".gitlab-ci.yml").read_text()
    asked = (both / ".github" / "pull_request_template.md").read_text()
    assert (both / ".gitlab" / "merge_request_templates" / "Default.md").read_text() == asked


def test_versions_of_tools_agree(both: Path) -> None:
    """One version of uv and one base in CI, container and dev container."""
    texts = [(both / name).read_text() for name in (".gitlab-ci.yml", "Dockerfile", ".devcontainer/devcontainer.json")]
    workflow = (both / ".github" / "workflows" / "ci.yml").read_text()
    versions = {v for text in texts for v in re.findall(r"uv==([\d.]+)", text)}
    assert versions | set(re.findall(r"^ +version: ([\d.]+)$", workflow, re.MULTILINE)) == versions
    assert len(versions) == 1


def test_review_by_the_guide_of_scientific_python_fails_nothing(both: Path) -> None:
    """sp-repo-review, as a user of it would run it; what does not fit is ignored in pyproject.toml with the reason."""
    from repo_review.processor import process

    results = process(both).results
    assert len(results) > 40
    assert {row.name: row.err_msg for row in results if row.result is False} == {}


def test_the_dev_container_and_the_hooks_name_what_exists(both: Path) -> None:
    lines = (both / ".devcontainer" / "devcontainer.json").read_text().splitlines()
    container = json.loads("\n".join(line for line in lines if not line.lstrip().startswith("//")))
    assert "nox -s setup" in container["postCreateCommand"]
    hooks = yaml.safe_load((both / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"]
    assert all(hook["language"] == "system" and hook["entry"].startswith("uv ") for hook in hooks)
    assert len((both / "AGENTS.md").read_text().splitlines()) < 60
    sessions = (both / "noxfile.py").read_text()
    for name in re_sessions((both / "AGENTS.md").read_text()):
        assert f"def {name}(" in sessions, f"AGENTS.md names the session {name}, which does not exist"


def re_sessions(text: str) -> set[str]:
    return set(re.findall(r"nox -s (\w+)", text))


def test_answers_from_a_file(kit: list[str], tmp_path: Path) -> None:
    (tmp_path / "answers.yml").write_text("ci: gitlab\ndata_remote: gs\ndata_url: gs://team/flights\n")
    words = ["new", "made", "--no-sync", "--data-file", "answers.yml", "--data", "ci=both"]
    done = subprocess.run([*kit, *words], cwd=tmp_path, capture_output=True, text=True, env={**os.environ})
    assert done.returncode == 0, done.stderr
    assert "GitHub and GitLab" in done.stdout, "it says what it makes, and --data wins over the file"
    assert "gs://team/flights" in (tmp_path / "made" / ".dvc" / "config").read_text()
    commands = done.stdout.partition("Next:")[2].strip().splitlines()
    assert len(commands) == 3
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_the_page_about_the_questions_knows_them_all(tmp_path: Path) -> None:
    page = (paths.HOME / "docs" / "how-to" / "start-a-project.md").read_text(encoding="utf-8")
    for name, question in QUESTIONS.items():
        if name.startswith("_") or question.get("when") is False:
            continue
        (row,) = [line for line in page.splitlines() if line.startswith(f"| `{name}`")]
        assert all(f"`{answer}`" in row for answer in question.get("choices", {}).values())
    answers = yaml.safe_load(page.partition("```yaml\n")[2].partition("```")[0])
    project = made(tmp_path, **answers)
    assert answers["data_url"] in (project / ".dvc" / "config").read_text()
    assert (project / ".gitlab-ci.yml").is_file()
