"""What is asked of every reader, whatever it is given: shared by property tests, the corpus and benchmarks/fuzz."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from readykit import gitindex
from readykit.errors import TargetError
from readykit.limits import MAX_FILES
from readykit.repo import OUR_FAULT, Repo
from readykit.sources import Memory
from readykit.target import at_hand, opened

if TYPE_CHECKING:
    from readykit.model import Fact

PATHS: Mapping[str, str] = {
    "python": "a.py",
    "notebook": "n.ipynb",
    "yaml": ".github/workflows/ci.yml",
    "toml": "pyproject.toml",
    "json_": "package.json",
    "markdown": "README.md",
    "shell": "Makefile",
    "docker": "Dockerfile",
    "r": "a.R",
    "source": "b.scala",
    "hcl": "main.tf",
    "dependencies": "requirements.txt",
    "gitstyle": ".dvc/config",
    "jenkins": "Jenkinsfile",
    "ini": "tox.ini",
    "waivers": "w.py",
}
"""A file for every extractor."""
SLACK = 2_000
"""Characters that a fact may have more than its file: names that are put before, values that are meant."""


class Bytes(Memory):
    """A tree of bytes in memory."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        super().__init__({})
        self.files = dict(files)
        self.sizes = {path: len(data) for path, data in files.items()}


def read(path: str, data: bytes) -> tuple[Repo, tuple[Fact, ...]]:
    """A repository of one file, and what it says."""
    repo = Repo(Bytes({path: data}), "fuzzed")
    return repo, repo.facts(path)


def assert_sound(path: str, data: bytes) -> None:
    """Facts stand on lines of their file and none is longer than all of it; or one row says why there are none.

    Raises:
        AssertionError: something else.
    """
    repo, facts = read(path, data)
    text = repo.text(path)
    last = text.count("\n") + len(text.splitlines()) + 2
    for fact in facts:
        assert fact.at.path == path
        assert 1 <= fact.at.line <= last, fact
        assert fact.at.end_line == 0 or fact.at.line <= fact.at.end_line <= last, fact
        for word in (fact.kind, fact.name, fact.value, fact.scope, *fact.detail, *fact.detail.values()):
            assert isinstance(word, str), fact
            assert len(word) <= len(text) + SLACK, fact
    for row in repo.unreadable:
        assert row.path == path
        assert row.why.strip()
        assert len(row.why) < 500
        assert not row.why.startswith(OUR_FAULT), row.why


def assert_target(path: Path) -> None:
    """A target is a tree of plain paths whose files can be read or have a row, or it is refused in one line.

    Raises:
        AssertionError: something else.
    """
    try:
        with at_hand(str(path)) as place:
            repo = opened(place)
            assert len(repo.files) <= MAX_FILES
            for name in repo.files:
                assert name
                assert not name.startswith("/")
                assert ".." not in name.split("/")
                assert isinstance(repo.text(name), str)
            assert all(row.why for row in (*repo.unreadable, *repo.skipped))
    except TargetError as refusal:
        if "\n" in str(refusal) or len(str(refusal)) > 1000:
            raise AssertionError(f"refused at length: {refusal}") from None


def archive(name: str, data: bytes) -> None:
    """Bytes as an archive of some name."""
    with tempfile.TemporaryDirectory(prefix="fuzzed-") as folder:
        path = Path(folder) / name
        path.write_bytes(data)
        assert_target(path)
        assert [place.name for place in path.parent.iterdir()] == [name]


def index(data: bytes) -> None:
    """Bytes as the index of a repository, without a checksum, so that every byte is believed."""
    with tempfile.TemporaryDirectory(prefix="fuzzed-") as folder:
        (Path(folder) / ".git").mkdir()
        (Path(folder) / ".git/index").write_bytes(data + bytes(20))
        found = gitindex.tracked(Path(folder))
        assert found is None or all(isinstance(path, str) for path in found)


READERS: Mapping[str, Callable[[bytes], None]] = {
    **{kind: partial(assert_sound, path) for kind, path in PATHS.items()},
    **{name: partial(archive, f"t.{name}") for name in ("zip", "tar", "tar.gz", "tar.bz2", "tar.xz")},
    "index": index,
}
"""Every reader by name: takes bytes, and raises when something else than facts, rows or a refusal comes out."""
