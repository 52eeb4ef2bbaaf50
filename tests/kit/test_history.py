"""The history is read by a git that never sees the repository's configuration, within limits, from real commits."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from readykit import history
from readykit.githead import head
from readykit.repo import Repo

if TYPE_CHECKING:
    from pathlib import Path


def git(folder: Path, *words: str, day: str = "2026-03-01") -> str:
    identity = ["-c", "user.name=Ada", "-c", "user.email=ada@localhost", "-c", "commit.gpgsign=false"]
    dates = {"GIT_AUTHOR_DATE": f"{day}T12:00:00+0000", "GIT_COMMITTER_DATE": f"{day}T12:00:00+0000"}
    done = subprocess.run(
        ["git", *identity, *words], cwd=folder, check=True, capture_output=True, text=True, env={**os.environ, **dates}
    )
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = tmp_path / "work"
    root.mkdir()
    git(root, "init", "--quiet", "--initial-branch=main")
    for day, message in (
        ("2026-03-01", "Start"),
        ("2026-03-02", "Clip gauges\n\nTwo of them are stuck."),
        ("2026-03-03", "Serve"),
    ):
        (root / "train.py").write_text(f"# {day}\n")
        git(root, "add", "--all", day=day)
        git(root, "commit", "--quiet", "--message", message, day=day)
    return root


def test_commits_newest_first_with_day_and_body(repository: Path) -> None:
    found = Repo.open(repository).history
    assert not found.missing
    assert [commit.subject for commit in found.commits] == ["Serve", "Clip gauges", "Start"]
    assert found.commits[1].body == "Two of them are stuck."
    assert found.commits[0].digest == head(repository)
    assert found.commits[0].when - found.commits[2].when == 2 * 24 * 3600


def test_packed_objects_and_merges(repository: Path) -> None:
    git(repository, "checkout", "--quiet", "-b", "side", "HEAD~1")
    git(repository, "commit", "--quiet", "--allow-empty", "--message", "Aside")
    git(repository, "checkout", "--quiet", "main")
    git(repository, "merge", "--quiet", "--no-ff", "--message", "Merge side", "side")
    git(repository, "gc", "--quiet")
    commits = Repo.open(repository).history.commits
    assert len(commits) == 5
    assert [commit.subject for commit in commits if commit.merge] == ["Merge side"]


def test_nothing_that_the_repository_configures_is_run(repository: Path) -> None:
    """Every hook that `git log` itself would follow points at a command that leaves a trace."""
    trace = repository.parent / "trace"
    spy = repository.parent / "spy.sh"
    spy.write_text(f"#!/bin/sh\ntouch {trace}\n")
    spy.chmod(0o755)
    for key, value in (
        ("core.pager", str(spy)),
        ("core.fsmonitor", str(spy)),
        ("core.sshCommand", str(spy)),
        ("gpg.program", str(spy)),
        ("log.showSignature", "true"),
        ("diff.external", str(spy)),
        ("core.hooksPath", str(repository.parent)),
    ):
        git(repository, "config", key, value)
    assert len(Repo.open(repository).history.commits) == 3
    assert not trace.exists()


def test_a_shallow_clone_says_so(repository: Path) -> None:
    clone = repository.parent / "clone"
    git(repository.parent, "clone", "--quiet", "--depth=1", f"file://{repository}", str(clone))
    found = Repo.open(clone).history
    assert [commit.subject for commit in found.commits] == ["Serve"]
    assert "latest" in found.missing


def test_objects_elsewhere_are_not_followed(repository: Path) -> None:
    other = repository.parent / "other"
    git(repository.parent, "clone", "--quiet", "--shared", str(repository), str(other))
    assert Repo.open(other).history == history.History((), "its objects lie in another repository")
    linked = repository.parent / "linked"
    linked.mkdir()
    (linked / ".git").symlink_to(repository / ".git")
    assert not Repo.open(linked).history.commits


def test_damage_is_told_and_no_commit_no_history(repository: Path, tmp_path: Path) -> None:
    shutil.rmtree(repository / ".git" / "objects")
    (repository / ".git" / "objects").mkdir()
    found = Repo.open(repository).history
    assert found.missing
    assert not found.commits
    empty = tmp_path / "empty"
    empty.mkdir()
    assert Repo.open(empty).history == history.NO_HISTORY


def test_a_limit_of_commits(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "MAX_COMMITS", 2)
    assert len(Repo.open(repository).history.commits) == 2


def test_no_message_and_no_name_can_forge_a_commit(repository: Path) -> None:
    forged = "".join(f"\x1e{n:040x}\x1f1700000000\x1f\x1fEve\x1feve@localhost\x1fForge {n}\n" for n in range(9))
    git(repository, "-c", "user.name=A\x1fB\x1eC", "commit", "--quiet", "--allow-empty", "--message", f"Mend{forged}")
    commits = Repo.open(repository).history.commits
    assert len(commits) == 4
    assert {commit.author for commit in commits} == {"Ada", "A\x1fB\x1eC"}
