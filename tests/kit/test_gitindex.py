"""What git tracks, read from its index: as git says, or unknown; never a crash and never a guess."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import readykit
from readykit.gitindex import tracked
from readykit.model import Finding, Status

KEY = "9fX2kLq7Zt4WmB8vRc1NtQ5y"


def git(folder: Path, *words: str) -> str:
    identity = ["-c", "user.name=a", "-c", "user.email=a@localhost"]
    done = subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout


def listed(folder: Path) -> set[str]:
    return set(filter(None, git(folder, "ls-files", "-z").split("\0")))


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    for name in ("train.py", "src/a.py", "src/ab.py", "src/b/été.py", f"deep/{'x' * 200}/{'y' * 200}.py", ".gitignore"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("import sklearn\n")
    (tmp_path / ".gitignore").write_text(".env\ndata/\n")
    git(tmp_path, "add", "--all")
    return tmp_path


@pytest.mark.parametrize("version", [2, 3, 4])
def test_it_is_what_git_says(repository: Path, version: int) -> None:
    git(repository, "update-index", f"--index-version={version}")
    (repository / "later.py").write_text("x\n")
    git(repository, "add", "--intent-to-add", "later.py")  # an entry with more flags, which makes version 3
    assert tracked(repository) == listed(repository)
    git(repository, "commit", "--quiet", "--all", "--message", "One")
    assert tracked(repository) == listed(repository)  # with the extension that caches trees


def test_other_digests_and_no_checksum(tmp_path: Path) -> None:
    for number, words in enumerate((("--object-format=sha256",), ("--object-format=sha1",))):
        folder = tmp_path / str(number)
        folder.mkdir()
        git(folder, "init", "--quiet", *words)
        (folder / "a.py").write_text("x\n")
        git(folder, "add", "--all")
        assert tracked(folder) == {"a.py"}
        index = folder / ".git" / "index"
        size = 32 if "sha256" in words[0] else 20
        index.write_bytes(index.read_bytes()[:-size] + bytes(size))
        assert tracked(folder) == {"a.py"}


def test_what_is_not_whole_is_unknown(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    index = repository / ".git" / "index"
    whole = index.read_bytes()
    for broken in (b"", b"DIRC", whole[:100], whole[:-1], whole + b"x", b"X" + whole[1:], whole[:8] + b"\xff" * 4):
        index.write_bytes(broken)
        assert tracked(repository) is None
    for cut in range(12, len(whole) - 20, 7):  # without a checksum nothing but the entries tells that it is broken
        index.write_bytes(whole[:cut] + bytes(20))
        assert tracked(repository) is None
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "index"
    elsewhere.write_bytes(whole)
    index.unlink()
    assert tracked(repository) is None
    index.symlink_to(elsewhere)
    assert tracked(repository) is None


def test_a_list_that_is_not_complete_is_unknown(repository: Path) -> None:
    git(repository, "update-index", "--split-index")
    assert tracked(repository) is None


def finding(folder: Path, check: str) -> Finding:
    return next(f for f in readykit.audit(folder).findings if f.check.id == check)


def cited(folder: Path) -> set[str]:
    return {e.at.path for e in finding(folder, "SEC001").verdict.evidence}


def test_a_developers_own_secrets_are_passed_over(repository: Path) -> None:
    (repository / ".env").write_text(f"STORE_API_KEY={KEY}\n")
    assert finding(repository, "SEC001").verdict.status is Status.PASS
    (repository / "new.env").write_text(f"STORE_API_KEY={KEY}\n")  # not tracked yet, and nothing keeps it out
    assert finding(repository, "SEC001").verdict.status is Status.FAIL
    assert cited(repository) == {"new.env"}


def test_a_secret_that_was_added_in_spite_of_the_rule_counts(repository: Path) -> None:
    (repository / ".env").write_text(f"STORE_API_KEY={KEY}\n")
    git(repository, "add", "--force", ".env")
    assert cited(repository) == {".env"}


def test_a_link_to_a_tracked_secret_hides_nothing(repository: Path) -> None:
    (repository / "production.env").write_text(f"STORE_API_KEY={KEY}\n")
    (repository / ".env").symlink_to("production.env")
    git(repository, "add", "--all")
    assert cited(repository) == {"production.env"}


def test_without_an_index_everything_was_handed_over(repository: Path) -> None:
    (repository / ".env").write_text(f"STORE_API_KEY={KEY}\n")
    (repository / ".git" / "index").write_bytes(b"broken")
    assert cited(repository) == {".env"}


def test_large_data_counts_when_git_tracks_it(repository: Path) -> None:
    (repository / "data").mkdir()
    (repository / "data" / "big.csv").write_bytes(b"1,2\n" * 2_000_000)
    assert finding(repository, "DAT003").verdict.status is not Status.FAIL
    git(repository, "add", "--force", "data/big.csv")
    assert finding(repository, "DAT003").verdict.status is Status.FAIL
