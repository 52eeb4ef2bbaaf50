"""`kit new` and plain Copier make the same project, whole and without a trace of this machine."""

from __future__ import annotations

import hashlib
import keyword
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml
from readykit import cli, scaffold
from readykit.steps import Steps

ROOT = Path(__file__).parents[2]


def run(kit: list[str], *words: str, cwd: Path | None = None, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*kit, *words], cwd=cwd, env={**os.environ, **env}, capture_output=True, text=True)


def files(project: Path) -> dict[str, bytes]:
    return {
        path.relative_to(project).as_posix(): path.read_bytes()
        for path in project.rglob("*")
        if path.is_file() and not {".git", ".kit"} & set(path.relative_to(project).parts)
    }


def test_everything_is_committed_and_the_tree_is_clean(generated: Path) -> None:
    status = subprocess.run(["git", "status", "--porcelain"], cwd=generated, check=True, capture_output=True, text=True)
    assert status.stdout == ""
    log = subprocess.run(["git", "log", "--format=%s"], cwd=generated, check=True, capture_output=True, text=True)
    assert log.stdout.splitlines() == ["Start the project from the readykit template"]


def test_the_answers_say_where_the_project_came_from_and_nothing_of_this_machine(generated: Path) -> None:
    answers = yaml.safe_load((generated / ".copier-answers.yml").read_text())
    assert answers["_src_path"] == "readykit"
    assert answers["project_name"] == "flight-delays"
    here = str(generated.parent).encode()
    assert [name for name, content in files(generated).items() if here in content] == []


def test_plain_copier_makes_the_same_project_without_trust(generated: Path, tmp_path: Path) -> None:
    from copier import run_copy

    source = tmp_path / "source"
    source.mkdir()
    shutil.copy(ROOT / "copier.yml", source)
    (source / "kit" / "readykit").mkdir(parents=True)
    for name in ("copier.yml", "reserved.yml"):
        shutil.copy(ROOT / "kit" / "readykit" / name, source / "kit" / "readykit")
    shutil.copytree(ROOT / "template", source / "template", ignore=shutil.ignore_patterns("__pycache__"))
    python = (generated / ".python-version").read_text().strip()
    data = {"project_name": "flight-delays", "python": python}
    run_copy(str(source), tmp_path / "made", data=data, defaults=True, quiet=True, unsafe=False)
    assert files(tmp_path / "made") == files(generated)


def test_five_questions_at_most_each_with_a_default() -> None:
    config = yaml.safe_load((ROOT / "kit" / "readykit" / "copier.yml").read_text())
    asked = {name: q for name, q in config.items() if not name.startswith("_") and q.get("when") is not False}
    unconditional = [name for name, question in asked.items() if "when" not in question]
    assert len(unconditional) <= 5
    assert all(question.get("default") for question in asked.values())
    assert not {"_tasks", "_migrations", "_jinja_extensions"} & set(config), "these would need --trust"


def test_the_architecture_page_names_every_module(generated: Path) -> None:
    page = (generated / "docs" / "architecture.md").read_text(encoding="utf-8")
    modules = {file.name for file in (generated / "src").rglob("*.py")} - {"__init__.py"}
    assert {name for name in modules if f"`{name}`" not in page} == set()


def test_fewer_than_ninety_files(generated: Path) -> None:
    assert len(files(generated)) < 90


def test_file_names_are_legal_on_windows(generated: Path) -> None:
    reserved = {"con", "prn", "aux", "nul"}
    for name in files(generated):
        for part in name.split("/"):
            assert not set('<>:"\\|?*') & set(part)
            assert part.split(".")[0].lower() not in reserved
            assert not part.endswith((".", " "))


@pytest.mark.parametrize(
    ("name", "says"),
    [("1st", "begin with a letter"), ("mlflow", "choose another"), ("class", "choose another"), ("a" * 80, "letters")],
)
def test_a_name_that_cannot_work_is_refused_before_anything_is_written(
    kit: list[str], tmp_path: Path, name: str, says: str
) -> None:
    done = run(kit, "new", "made", "--defaults", "--no-sync", "--data", f"project_name={name}", cwd=tmp_path)
    assert done.returncode == 2
    assert says in done.stderr
    assert not (tmp_path / "made" / "pyproject.toml").exists()


def test_no_name_of_python_or_of_a_locked_package_is_left(tmp_path: Path) -> None:
    """A project called like a module that it uses would be imported in its place."""
    reserved = yaml.safe_load((ROOT / "kit" / "readykit" / "reserved.yml").read_text())["reserved"]["default"].split()
    lock = (ROOT / "template" / "uv.lock.jinja").read_text(encoding="utf-8")
    locked = {re.sub("[-.]", "_", name) for name in re.findall(r'^name = "([\w.-]+)"$', lock, re.MULTILINE)}
    taken = {name.lower() for name in (*locked, *keyword.kwlist, *sys.stdlib_module_names)}
    spelt = {name for name in taken if re.fullmatch(r"[a-z][a-z0-9_]{0,28}[a-z0-9]", name)}
    assert spelt - set(reserved) == set(), "run `nox -s lock_template`"
    assert {"yaml", "sklearn", "click", "json", "tests"} <= set(reserved)


def test_a_folder_whose_name_cannot_be_the_projects_is_said_how_to_get_by(kit: list[str], tmp_path: Path) -> None:
    done = run(kit, "new", "2026-delays", "--defaults", "--no-sync", cwd=tmp_path)
    assert done.returncode == 2
    assert "The folder gave the name; --data project_name=NAME gives another." in done.stderr
    words = ("--defaults", "--no-sync", "--no-git", "--data", "project_name=delays")
    assert run(kit, "new", "2026-delays", *words, cwd=tmp_path).returncode == 0


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        ({"data_remote": "s3", "data_url": "gs://bucket/dvc"}, "like s3://bucket/folder"),
        ({"data_remote": "azure", "data_url": "azure://me:secret@box/dvc"}, "credentials come from the environment"),
        ({"data_url": "s3://bucket/dvc"}, "choose s3, gs or azure"),
        ({"python": "3.9"}, "3.11"),
        ({"ci": "jenkins"}, "github"),
        ({"task": "forecasting"}, "tabular-classification"),
        ({"framwork": "x"}, "there is no question 'framwork'"),
    ],
)
def test_an_answer_that_cannot_work_is_refused_in_one_sentence(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, answers: dict[str, str], says: str
) -> None:
    words = [f"--data={key}={value}" for key, value in answers.items()]
    assert cli.main(["new", str(tmp_path / "made"), "--no-sync", "--no-git", *words]) == 2
    told = capsys.readouterr().err
    assert says in told
    assert told.count("\n") == 1
    assert not (tmp_path / "made" / "pyproject.toml").exists()


def test_other_names_give_a_package_of_that_name(kit: list[str], tmp_path: Path) -> None:
    done = run(kit, "new", "Churn 2 risk", "--defaults", "--no-sync", "--no-git", "--quiet", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "Churn 2 risk" / "src" / "churn_2_risk" / "service.py").exists()
    assert not (tmp_path / "Churn 2 risk" / ".git").exists()


PROJECT = """
[project]
name = "probing"
version = "0"
requires-python = ">=3.11"
dependencies = ["readykit-probe"]
"""
LOCKED = """
version = 1
requires-python = ">=3.11"

[[package]]
name = "probing"
version = "0"
source = { virtual = "." }
dependencies = [{ name = "readykit-probe" }]

[package.metadata]
requires-dist = [{ name = "readykit-probe" }]

[[package]]
name = "readykit-probe"
version = "1.0"
source = { registry = "https://pypi.org/simple" }
wheels = [{ url = "https://files.pythonhosted.org/readykit_probe-1.0-py3-none-any.whl", hash = "sha256:HASH" }]
"""


def mirror(folder: Path) -> str:
    """A package index in a folder, with two versions of one package; returns the digest of the older."""
    place = folder / "readykit-probe"
    place.mkdir(parents=True)
    links, digests = "", []
    for version in ("1.0", "2.0"):
        wheel = place / f"readykit_probe-{version}-py3-none-any.whl"
        about = f"readykit_probe-{version}.dist-info"
        with zipfile.ZipFile(wheel, "w") as archive:
            archive.writestr("readykit_probe.py", f"VERSION = {version}\n")
            archive.writestr(f"{about}/METADATA", f"Metadata-Version: 2.1\nName: readykit-probe\nVersion: {version}\n")
            archive.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            archive.writestr(f"{about}/RECORD", "")
        digests.append(hashlib.sha256(wheel.read_bytes()).hexdigest())
        links += f'<a href="{wheel.name}#sha256={digests[-1]}">{wheel.name}</a>\n'
    (place / "index.html").write_text(links)
    return digests[0]


def test_behind_a_mirror_the_same_versions_come_from_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lock names the index that it was solved with, which a machine behind a mirror does not reach."""
    project = tmp_path / "probing"
    project.mkdir()
    (project / "pyproject.toml").write_text(PROJECT)
    (project / "uv.lock").write_text(LOCKED.replace("HASH", mirror(tmp_path / "simple")))
    (project / ".gitignore").write_text(".venv\n.kit\n")
    monkeypatch.setenv("UV_DEFAULT_INDEX", (tmp_path / "simple").as_uri())
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    with Steps(project / ".kit" / "log.txt", quiet=True) as steps:
        steps.run(["git", "init", "--quiet"], cwd=project)
        scaffold.commit(steps, project, "Start")
        assert scaffold.install(steps, project, git=True)
        ran = steps.run(
            scaffold.tool(project, "python", "-c", "import readykit_probe as p; print(p.VERSION)"), cwd=project
        )
        assert ran.strip() == "1.0"
        assert not scaffold.install(steps, project, git=True), "and then it is as its lock says"
        assert steps.run(["git", "log", "--format=%s"], cwd=project).splitlines()[1:] == ["Start"]
        assert steps.run(["git", "status", "--porcelain"], cwd=project) == ""


def test_the_clone_of_an_empty_repository_is_a_place_for_a_project(kit: list[str], tmp_path: Path) -> None:
    """As a forge gives it: made in the browser, cloned, nothing in it."""
    clone = tmp_path / "flight-delays"
    for words in (["init", "--quiet", "--bare", "forge.git"], ["clone", "--quiet", "forge.git", clone.name]):
        subprocess.run(["git", *words], cwd=tmp_path, check=True, capture_output=True)
    done = run(kit, "new", ".", "--defaults", "--no-sync", cwd=clone)
    assert done.returncode == 0, done.stderr
    pushed = subprocess.run(["git", "push", "--quiet", "origin", "HEAD"], cwd=clone, capture_output=True, text=True)
    assert pushed.returncode == 0, pushed.stderr
    again = run(kit, "new", ".", "--defaults", "--no-sync", cwd=clone)
    assert (again.returncode, "is not empty" in again.stderr) == (2, True)


def test_without_git_the_next_command_makes_the_repository_that_the_pipeline_needs(
    kit: list[str], tmp_path: Path
) -> None:
    done = run(kit, "new", "made", "--defaults", "--no-sync", "--no-git", cwd=tmp_path)
    assert "uv run nox -s setup pipeline promote" in done.stdout


def test_a_machine_where_git_knows_nobody_still_gets_its_commit(kit: list[str], tmp_path: Path) -> None:
    done = run(
        kit, "new", "made", "--defaults", "--no-sync", cwd=tmp_path,
        HOME=str(tmp_path), GIT_CONFIG_GLOBAL=os.devnull, GIT_CONFIG_SYSTEM=os.devnull, EMAIL="",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "made is ready" in done.stdout
