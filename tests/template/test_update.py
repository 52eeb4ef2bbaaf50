"""A project takes over a newer template, and what its people changed or deleted stays as they left it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from readykit import cli, paths, scaffold
from readykit.errors import UsageError
from readykit.update import update

ROOT = Path(__file__).parents[2]
USER = {f"GIT_{who}_{what}": "somebody" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
ADDED = "\n# a line of ours\n"


def git(folder: Path, *words: str) -> str:
    command = ["git", "-c", "commit.gpgsign=false", "-c", "tag.gpgsign=false", *words]
    done = subprocess.run(command, cwd=folder, env={**os.environ, **USER}, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def older(folder: Path) -> Path:
    """A copy of the template as an older version had it: a file that is gone, one that came, some with other text."""
    shutil.copytree(paths.TEMPLATE, folder, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
    (folder / "docs" / "old-page.md").write_text("What the old version had.\n")
    (folder / "AGENTS.md.jinja").unlink()
    for name in ("docs/data-card.md", "noxfile.py.jinja", "CODEOWNERS", ".dockerignore"):
        file = folder / name
        file.write_text(file.read_text(encoding="utf-8") + "# as the old version ended\n", encoding="utf-8")
    return folder


def change(project: Path) -> None:
    """What people do: edit, delete what they don't need, add their own."""
    for name in ("README.md", "noxfile.py", "uv.lock"):
        file = project / name
        head, _, rest = file.read_text(encoding="utf-8").partition("\n")
        file.write_text(f"{head}\n# ours\n{rest}", encoding="utf-8")
    (project / "src" / "flight_delays" / "tune.py").unlink()  # not changed by the template
    (project / "CODEOWNERS").unlink()  # changed by the template
    (project / "src" / "flight_delays" / "ours.py").write_text("OURS = 1\n")
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message", "What we changed")


def check(project: Path) -> None:
    """The new template is there, and all that `change` did."""
    assert (project / "AGENTS.md").is_file(), "new files come"
    assert not (project / "docs" / "old-page.md").exists(), "files that the template gave up go"
    for name in ("docs/data-card.md", "noxfile.py", ".dockerignore"):
        assert "as the old version ended" not in (project / name).read_text(encoding="utf-8")
    for name in ("README.md", "noxfile.py", "uv.lock"):
        assert (project / name).read_text(encoding="utf-8").splitlines()[1] == "# ours"
    assert not (project / "CODEOWNERS").exists()
    assert not (project / "src" / "flight_delays" / "tune.py").exists()
    assert (project / "src" / "flight_delays" / "ours.py").is_file()
    assert not list(project.rglob("*.rej"))
    tracked = git(project, "ls-files").splitlines()
    assert [name for name in tracked if (project / name).is_file() and "<<<<<<<" in (project / name).read_text()] == []


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of an older template, with a remote and CI of its own choice, then changed by its people."""
    folder = tmp_path_factory.mktemp("changed")
    with pytest.MonkeyPatch.context() as before:
        before.setattr(paths, "TEMPLATE", older(folder / "older"))
        answers = {"ci": "both", "data_remote": "gs", "data_url": "gs://team/flights"}
        made = scaffold.new(str(folder / "flight-delays"), answers, defaults=True, sync=False, quiet=True)
    change(made)
    return made


@pytest.fixture
def project(changed: Path, tmp_path: Path) -> Path:
    """A copy of it for one test."""
    return shutil.copytree(changed, tmp_path / "flight-delays")


def test_a_project_of_kit_new_is_updated_with_its_edits_and_deletions_kept(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["update", str(project)]) == 0
    check(project)
    assert "gs://team/flights" in (project / ".dvc" / "config").read_text()
    assert (project / ".gitlab-ci.yml").is_file()
    assert git(project, "status", "--porcelain") == ""
    assert "git show --stat" in capsys.readouterr().out
    # and once more: nothing to do, and the update is what the next one starts from
    before = git(project, "rev-parse", "HEAD")
    assert update(project, quiet=True) == []
    assert git(project, "rev-parse", "HEAD") == before


def test_the_same_lines_changed_by_both_are_left_to_a_person(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    card = project / "docs" / "data-card.md"
    card.write_text(card.read_text().replace("# as the old version ended", "# ours"))
    git(project, "commit", "--quiet", "--all", "--message", "The end is ours")
    head = git(project, "rev-parse", "HEAD")
    assert cli.main(["update", str(project)]) == 1
    told = capsys.readouterr().out
    assert "docs/data-card.md" in told
    assert "git merge --abort" in told
    assert "<<<<<<<" in card.read_text()
    git(project, "merge", "--abort")
    assert git(project, "rev-parse", "HEAD") == head
    assert git(project, "status", "--porcelain") == ""


def test_an_update_that_was_squashed_with_changes_is_no_base(project: Path) -> None:
    """Its tree holds people's changes: taken for the template's, the next update would take them back."""
    first = git(project, "rev-list", "--max-parents=0", "HEAD").strip()
    message = git(project, "log", "-1", "--format=%B", first)
    (project / "docs" / "data-card.md").write_text("Ours from beginning to end.\n")
    git(project, "commit", "--quiet", "--all", "--message", message)
    open_ = update(project, quiet=True)
    assert open_ == ["docs/data-card.md"]


def test_what_could_lose_something_is_refused(project: Path, tmp_path: Path) -> None:
    (project / "README.md").write_text("not committed")
    with pytest.raises(UsageError, match="uncommitted changes"):
        update(project)
    git(project, "checkout", "--quiet", "--orphan", "fresh")
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message", "All at once")
    with pytest.raises(UsageError, match="holds no commit of `kit new`"):
        update(project)
    with pytest.raises(UsageError, match="no project of `kit new`"):
        update(tmp_path)


def repository(folder: Path, template: Path) -> None:
    """Write what plain Copier reads, as this repository has it."""
    for name in ("copier.yml", "kit/readykit/copier.yml", "kit/readykit/reserved.yml"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    shutil.rmtree(folder / "template", ignore_errors=True)
    shutil.copytree(template, folder / "template", ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "A version of the template")


def tags() -> list[str]:
    """The versions of this repository; none in a checkout without history."""
    if not (ROOT / ".git").exists() or not shutil.which("git"):
        return []
    return [tag for tag in git(ROOT, "tag", "--list", "v*").split() if tag]


@pytest.mark.parametrize("version", ["altered", *tags()])
def test_copier_updates_from_every_version(version: str, tmp_path: Path) -> None:
    from copier import run_copy, run_update

    source = tmp_path / "source"
    if version == "altered":
        source.mkdir()
        git(source, "init", "--quiet")
        repository(source, older(tmp_path / "older"))
        version = "v0.0.1"
        git(source, "tag", version)
    else:
        git(tmp_path, "clone", "--quiet", str(ROOT), "source")
    project = tmp_path / "flight-delays"
    data = {"project_name": "flight-delays"}
    run_copy(str(source), project, vcs_ref=version, data=data, defaults=True, quiet=True, unsafe=False)
    git(project, "init", "--quiet")
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message", "Start")
    change(project)

    repository(source, paths.TEMPLATE)
    git(source, "tag", "v999.0.0")
    run_update(project, defaults=True, overwrite=True, quiet=True, unsafe=False)
    check(project)
    assert "_commit: v999.0.0" in (project / ".copier-answers.yml").read_text()
