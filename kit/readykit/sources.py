"""Where the bytes of an audited tree come from, and what all of these places have in common.

A tree is a folder, an archive, a store of git's objects, one file, or a mapping for tests and examples. What is passed
over and what cannot be had are rows for the report, of which there is a limit too.
"""

from __future__ import annotations

from collections.abc import Mapping

from readykit.history import NO_HISTORY, History
from readykit.limits import MAX_FILES, MAX_NAMES, MAX_ROWS
from readykit.model import Unread

SKIPPED = frozenset(
    [
        ".git",
        ".hg",
        ".svn",
        "node_modules",
        "__pycache__",
        ".venv",
        "venv",
        ".tox",
        ".nox",
        ".mypy_cache",
        ".pytest_cache",
        ".ruff_cache",
        ".eggs",
        ".ipynb_checkpoints",
        ".terraform",
        "bower_components",
        ".idea",
        ".gradle",
        ".kit-cache",
    ]
)
"""Folders that hold nothing of the project's own."""
NOT_OWN = "not the project's own files"
_SHOWN = 300  # characters of a path in a row


class Rows(list[Unread]):
    """Rows for the report, in the order found; when there are too many, the last one says so."""

    def add(self, path: str, why: str) -> None:
        """Note why a path was passed over."""
        if len(self) < MAX_ROWS:
            self.append(Unread(path if len(path) <= _SHOWN else f"{path[:_SHOWN]}…", why))
        elif len(self) == MAX_ROWS:
            self.append(Unread(".", f"more than {MAX_ROWS:,} such paths: the others are not named"))


class Source:
    """Where the bytes of a tree come from. By itself it is an empty tree."""

    def __init__(self) -> None:
        self.sizes: dict[str, int] = {}
        """Bytes of each file."""
        self.skipped = Rows()
        """What was passed over on purpose."""
        self.unread = Rows()
        """What could not be had, or is beyond a limit: an audit without it is one in part."""
        self.commit: str | None = None
        """The commit that is checked out."""
        self._named = 0

    def full(self, path: str) -> bool:
        """Whether a path is one too many; a row says so."""
        self._named += len(path)
        if len(self.sizes) < MAX_FILES and self._named <= MAX_NAMES:
            return False
        many = f"{MAX_FILES:,} files" if len(self.sizes) >= MAX_FILES else f"{MAX_NAMES:,} characters of names"
        self.unread.add(path, f"more than {many}: this one and what follows is not read")
        return True

    def read(self, path: str, limit: int) -> bytes:
        """At most `limit` bytes of a file.

        Raises:
            OSError: it cannot be read.
        """
        raise FileNotFoundError(f"{path} is not here, nor {limit} bytes of it")

    def history(self) -> History:
        """The commits that led here."""
        return NO_HISTORY

    def tracked(self) -> frozenset[str] | None:
        """The paths that git tracks; None when that is not known."""
        return None


class Memory(Source):
    """A tree given as a mapping of paths to text."""

    def __init__(self, files: Mapping[str, str]) -> None:
        super().__init__()
        self.files = {path: text.encode() for path, text in files.items()}
        self.sizes = {path: len(data) for path, data in self.files.items()}

    def read(self, path: str, limit: int) -> bytes:
        """At most `limit` bytes."""
        return self.files[path][:limit]
