"""The commit in the report: right in real repositories, and never read from where a stranger points."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
import readykit
from readykit.githead import head


def git(folder: Path, *words: str) -> str:
    identity = ["-c", "user.name=a", "-c", "user.email=a@localhost"]
    done = subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    (tmp_path / "train.py").write_text("import sklearn\n")
    git(tmp_path, "add", "--all")
    git(tmp_path, "commit", "--quiet", "--message", "One")
    return tmp_path


def test_it_is_what_git_says(repository: Path) -> None:
    expected = git(repository, "rev-parse", "HEAD")
    assert head(repository) == expected
    assert readykit.audit(repository).repository.commit == expected
    git(repository, "pack-refs", "--all")
    assert head(repository) == expected
    git(repository, "checkout", "--quiet", "--detach")
    assert head(repository) == expected


def test_no_repository_no_commit(tmp_path: Path) -> None:
    assert head(tmp_path) is None
    git(tmp_path, "init", "--quiet")
    assert head(tmp_path) is None, "nothing is committed yet"


@pytest.mark.parametrize("content", ["ref: ../../etc/passwd", "ref: refs/../../secret", "", "\0", "x" * 40])
def test_a_head_that_points_elsewhere_is_no_commit(repository: Path, content: str) -> None:
    (repository / ".git" / "HEAD").write_text(content)
    assert head(repository) is None


def test_links_and_pipes_are_not_opened(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    secret = tmp_path_factory.mktemp("outside") / "secret"
    secret.write_text("a" * 40)
    place = repository / ".git" / "HEAD"
    place.unlink()
    place.symlink_to(secret)
    assert head(repository) is None
    place.unlink()
    os.mkfifo(place)
    assert head(repository) is None
