"""Where the bytes of an audited tree come from: a folder on disk, or a mapping for tests and examples.

Links are never followed, devices and pipes never opened.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from readykit.limits import MAX_DEPTH, MAX_FILES
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


class Source(Protocol):
    """Where the bytes come from: a folder, or a mapping for tests and archives."""

    sizes: dict[str, int]
    skipped: list[Unread]

    def read(self, path: str, limit: int) -> bytes:
        """At most `limit` bytes of a file.

        Raises:
            OSError: it cannot be read.
        """


class Folder:
    """A folder on disk."""

    def __init__(self, root: Path) -> None:
        """List the folder.

        Raises:
            NotADirectoryError: it is not a folder.
        """
        if not root.is_dir():
            raise NotADirectoryError(f"{root} is not a folder")
        self.root = root
        self.sizes: dict[str, int] = {}
        self.skipped: list[Unread] = []
        self._list()

    def _list(self) -> None:
        stack: list[tuple[str, int]] = [("", 0)]
        while stack:
            folder, depth = stack.pop()
            try:
                entries = sorted(os.scandir(self.root / folder), key=lambda e: e.name)
            except OSError as error:
                self.skipped.append(Unread(folder or ".", f"cannot be listed: {error.strerror}"))
                continue
            for entry in entries:
                path = f"{folder}/{entry.name}" if folder else entry.name
                if len(self.sizes) >= MAX_FILES:
                    self.skipped.append(Unread(path, f"more than {MAX_FILES:,} files"))
                    return
                if entry.is_dir(follow_symlinks=False):
                    self._enter(entry, path, depth, stack)
                else:
                    self._add(entry, path)

    def _enter(self, entry: os.DirEntry[str], path: str, depth: int, stack: list[tuple[str, int]]) -> None:
        if entry.name in SKIPPED or os.path.lexists(f"{entry.path}/pyvenv.cfg"):
            if not entry.name.startswith(".git"):
                self.skipped.append(Unread(path, "not the project's own files"))
        elif depth >= MAX_DEPTH:
            self.skipped.append(Unread(path, f"more than {MAX_DEPTH} folders deep"))
        else:
            stack.append((path, depth + 1))

    def _add(self, entry: os.DirEntry[str], path: str) -> None:
        try:
            info = entry.stat(follow_symlinks=False)
        except OSError as error:
            self.skipped.append(Unread(path, f"cannot be read: {error.strerror}"))
            return
        try:
            path.encode()
        except UnicodeEncodeError:
            self.skipped.append(Unread(path.encode(errors="replace").decode(), "its name is not text"))
            return
        if stat.S_ISLNK(info.st_mode):
            self.skipped.append(Unread(path, "a link, not followed"))
        elif stat.S_ISREG(info.st_mode):
            self.sizes[path] = info.st_size
        else:
            self.skipped.append(Unread(path, "not a regular file"))

    def read(self, path: str, limit: int) -> bytes:
        """At most `limit` bytes of a regular file."""
        descriptor = os.open(
            self.root / path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
        )
        with os.fdopen(descriptor, "rb") as stream:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise OSError("not a regular file")
            return stream.read(limit)


class Memory:
    """A tree given as a mapping of paths to text."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self.files = {path: text.encode() for path, text in files.items()}
        self.sizes = {path: len(data) for path, data in self.files.items()}
        self.skipped: list[Unread] = []

    def read(self, path: str, limit: int) -> bytes:
        """At most `limit` bytes."""
        return self.files[path][:limit]
