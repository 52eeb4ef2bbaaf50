"""A folder on disk, or one file, as the tree that is audited.

Links are never followed, devices and pipes never opened: each folder on the way to a file is opened from the one above
it and must be a folder itself, so that nothing that is exchanged for a link while the audit runs leads out of the tree.
"""

from __future__ import annotations

import contextlib
import os
import stat
from functools import cached_property
from itertools import islice
from pathlib import Path

from readykit.githead import head
from readykit.gitindex import tracked
from readykit.history import NO_HISTORY, History
from readykit.history import read as read_history
from readykit.limits import MAX_DEPTH, MAX_ENTRIES
from readykit.sources import NOT_OWN, SKIPPED, Source

_ANCHORED = os.open in os.supports_dir_fd and os.scandir in os.supports_fd
_PLAIN = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
_FILE = os.O_RDONLY | getattr(os, "O_BINARY", 0) | _PLAIN
_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | _PLAIN
_OPEN_FOLDERS = 64


class Folders:
    """The folders of a tree, each opened from the one above it; those used last stay open."""

    def __init__(self, root: Path) -> None:
        """Open the root, which may be named by a link.

        Raises:
            OSError: it is not a folder, or may not be read.
        """
        self.root = os.open(root, _FOLDER & ~getattr(os, "O_NOFOLLOW", 0))
        self._open: dict[str, int] = {}

    def at(self, path: str) -> int:
        """The descriptor of a folder, good until the next call.

        Raises:
            OSError: it is not a folder any more, or something above it is not.
        """
        if not path:
            return self.root
        found = self._open.pop(path, None)
        if found is None:
            above, _, name = path.rpartition("/")
            found = os.open(name, _FOLDER, dir_fd=self.at(above))
            if len(self._open) >= _OPEN_FOLDERS:
                os.close(self._open.pop(next(iter(self._open))))
        self._open[path] = found  # the last one used is the last one closed
        return found

    def __del__(self) -> None:
        for descriptor in (*getattr(self, "_open", {}).values(), getattr(self, "root", -1)):
            with contextlib.suppress(OSError):
                os.close(descriptor)


class Folder(Source):
    """A folder on disk."""

    def __init__(self, root: Path, scratch: Path | None = None) -> None:
        """List the folder.

        Args:
            root: the folder; a link to one is fine.
            scratch: where git may be given a folder of ours; a place for temporary files when left out.

        Raises:
            OSError: it is not a folder, or may not be read.
        """
        super().__init__()
        if not root.is_dir():
            raise NotADirectoryError(f"{root} is not a folder")
        self.root = root
        self.scratch = scratch
        self._folders = Folders(root) if _ANCHORED else None
        self._list()
        self.commit = head(root)

    def _list(self) -> None:
        stack: list[tuple[str, int]] = [("", 0)]
        left = MAX_ENTRIES
        while stack:
            folder, depth = stack.pop()
            entries = self._scan(folder, left)
            left -= len(entries)
            if folder and any(entry.name == "pyvenv.cfg" for entry in entries):
                self.skipped.add(folder, NOT_OWN)
                continue
            prefix = f"{folder}/" if folder else ""
            for entry in entries:
                path = prefix + entry.name
                if self.full(path):
                    return
                if not path.isascii() and not _is_text(path):
                    self.skipped.add(path.encode(errors="replace").decode(), "its name is not text")
                elif entry.is_dir(follow_symlinks=False):
                    self._enter(entry.name, path, depth, stack)
                else:
                    self._add(entry, path)
            if left <= 0:
                self.unread.add(folder or ".", f"more than {MAX_ENTRIES:,} entries: what follows is not read")
                return

    def _scan(self, folder: str, most: int) -> list[os.DirEntry[str]]:
        """What is in a folder, by name; of one that is endless only as much as is looked at."""
        try:
            with os.scandir(self._folders.at(folder) if self._folders else self.root / folder) as found:
                return sorted(islice(found, most), key=_name)
        except OSError as error:
            self.unread.add(folder or ".", f"cannot be listed: {error.strerror}")
            return []

    def _enter(self, name: str, path: str, depth: int, stack: list[tuple[str, int]]) -> None:
        if name in SKIPPED:
            if not name.startswith(".git"):
                self.skipped.add(path, NOT_OWN)
        elif depth >= MAX_DEPTH:
            self.unread.add(path, f"more than {MAX_DEPTH} folders deep")
        else:
            stack.append((path, depth + 1))

    def _add(self, entry: os.DirEntry[str], path: str) -> None:
        try:
            info = entry.stat(follow_symlinks=False)
        except OSError as error:
            self.unread.add(path, f"cannot be read: {error.strerror}")
            return
        if stat.S_ISLNK(info.st_mode):
            self.skipped.add(path, "a link, not followed")
        elif not stat.S_ISREG(info.st_mode):
            self.skipped.add(path, "not a regular file")
        elif path == ".git":
            self.skipped.add(path, "a file that names another folder: the history that is there is not read")
        else:
            self.sizes[path] = info.st_size

    def read(self, path: str, limit: int) -> bytes:
        """At most `limit` bytes of a regular file.

        Raises:
            OSError: it is none any more, or cannot be read.
        """
        if self._folders is None:
            descriptor = os.open(self.root / path, _FILE)
        else:
            folder, _, name = path.rpartition("/")
            descriptor = os.open(name, _FILE, dir_fd=self._folders.at(folder))
        try:
            return content_of(descriptor, limit)
        finally:
            os.close(descriptor)

    def history(self) -> History:
        """The commits that led here, read without the repository's own configuration."""
        git = self.root / ".git"
        if git.is_file() and not git.is_symlink():
            return History((), "its .git is a file that names another folder")
        return read_history(git, self.commit, self.scratch) if self.commit else NO_HISTORY

    @cached_property
    def _tracked(self) -> frozenset[str] | None:
        return tracked(self.root)

    def tracked(self) -> frozenset[str] | None:
        """The paths in git's index; None when there is none that can be read."""
        return self._tracked


class OneFile(Source):
    """One file as a tree of its own."""

    def __init__(self, file: Path) -> None:
        """Open it.

        Raises:
            OSError: it is not a regular file, or cannot be read.
        """
        super().__init__()
        self.descriptor = os.open(file, _FILE & ~getattr(os, "O_NOFOLLOW", 0))
        info = os.fstat(self.descriptor)
        if not stat.S_ISREG(info.st_mode):
            raise OSError("not a regular file")
        self.sizes[file.name] = info.st_size

    def read(self, path: str, limit: int) -> bytes:
        """At most `limit` bytes of it."""
        if path not in self.sizes:
            return super().read(path, limit)
        os.lseek(self.descriptor, 0, os.SEEK_SET)
        return content_of(self.descriptor, limit)

    def piece(self, at: int, size: int) -> bytes:
        """So many bytes from a place on, fewer at the end."""
        if hasattr(os, "pread"):  # without a position that a fork shares
            return os.pread(self.descriptor, size, at)
        os.lseek(self.descriptor, at, os.SEEK_SET)
        return os.read(self.descriptor, size)

    def __del__(self) -> None:
        with contextlib.suppress(OSError, AttributeError):
            os.close(self.descriptor)


def content_of(descriptor: int, limit: int) -> bytes:
    """At most so many bytes of an open file.

    Raises:
        OSError: it is not a regular file, or cannot be read.
    """
    info = os.fstat(descriptor)
    if not stat.S_ISREG(info.st_mode):
        raise OSError("not a regular file")
    data = os.read(descriptor, min(limit, info.st_size + 1))
    if len(data) == info.st_size:
        return data  # the rule: all of it at once
    pieces, size = [data], len(data)
    while data and size < limit:
        data = os.read(descriptor, limit - size)
        pieces.append(data)
        size += len(data)
    return b"".join(pieces)


def _name(entry: os.DirEntry[str]) -> str:
    return entry.name


def _is_text(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True
