"""The files of a commit, read from a store of objects: a bare repository, a `.git` folder, a clone without a checkout.

Nothing is checked out, so that no filter runs and no path of the commit is ever one of this machine. One git lists the
files, another gives their content; both see a folder of ours and the objects only (`git`).
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from readykit.git import Running, Shim
from readykit.githead import commit_of
from readykit.gitindex import Entry, entries
from readykit.history import History
from readykit.history import read as read_history
from readykit.limits import GIT_SECONDS, LISTING_SECONDS, MAX_ENTRIES, MAX_LISTING
from readykit.members import Members

_NONE = "0" * 40  # what git calls the commit before the first
_SUBMODULE = 0o160000  # the mode of one
_RESTARTS = 20  # a damaged object ends the git that meets it


class Commit(Members[bytes]):
    """The files of a commit: the one that a repository has checked out, or another one."""

    _of_commit = True

    def __init__(
        self, folder: Path, scratch: Path | None = None, subdirectory: str = "", commit: str | None = None
    ) -> None:
        """List the files.

        Args:
            folder: the git folder: a bare repository, or the `.git` of one.
            scratch: where a folder of ours is made for git; a place for temporary files when left out.
            subdirectory: the folder of the commit that is the tree; all of it when empty.
            commit: its digest; that of what is checked out when left out.

        Raises:
            NoGit: its objects are not read, or git is not installed.
            FileNotFoundError: it has no commit, or the commit no such folder.
        """
        super().__init__()
        self.folder = folder
        self.scratch = scratch
        self.commit = commit or commit_of(folder)
        if self.commit is None and self._of_commit:
            raise FileNotFoundError("has no commit that could be audited")
        self._shim = Shim(folder, self.commit or _NONE, scratch)
        self._git: Running | None = None
        self._owner = os.getpid()
        self._left = _RESTARTS
        self._until = time.monotonic() + GIT_SECONDS
        self._list(subdirectory)

    def _list(self, subdirectory: str) -> None:
        tree = f"{self.commit}:{subdirectory}" if subdirectory else f"{self.commit}"
        git = self._shim.run(["ls-tree", "-r", "-z", "-l", "--full-tree", tree], LISTING_SECONDS)
        whole = False
        try:
            for row in _rows(git):
                about, _, raw = row.partition(b"\t")
                name = raw.decode("utf-8", "surrogateescape")
                if not self.more(name):
                    break
                self._enter(about.split(), name)
            else:
                whole = not git.late and git.wait() == 0
        finally:
            git.end()
        if not whole and not self._seen:
            where = f"has no folder {subdirectory}" if subdirectory else "has a commit that git cannot read"
            raise FileNotFoundError(where)
        if not whole and not self.unread:
            self.unread.add(".", "git could not list all of the commit: the rest is not read")
        self.settle(unwrap=False)

    def _enter(self, words: list[bytes], name: str) -> None:
        """Take in a line: mode, type, digest and size, and the path."""
        if len(words) != 4:
            self.unread.add(".", "git says what is not understood")
            return
        mode, kind, digest, size = words
        path = self.placed(name, portable=False)
        if not path:
            return
        if kind == b"commit":
            self.skipped.add(path, "a submodule, not followed")
        elif mode == b"120000":
            self.skipped.add(path, "a link, not followed")
        elif not size.isdigit():
            self.unread.add(path, "its content is not in the repository, or damaged")
        else:
            self.take(path, int(size), digest)

    def read(self, path: str, limit: int) -> bytes:
        """The bytes of a file of at most `limit`.

        Raises:
            OSError: it is larger, or git cannot give it.
        """
        digest = self.where.get(path)
        if digest is None:
            raise FileNotFoundError("is not in the commit")
        if self.sizes[path] > limit:
            raise OSError(f"{self.sizes[path]:,} bytes, more than {limit:,}")
        git = self._running()
        try:
            return _content(git, digest, self.sizes[path])
        except BaseException:  # also when time is up: half an answer must not be the start of the next
            git.end()
            self._git = None
            raise

    def _running(self) -> Running:
        """The git that gives contents; a fork of the process that started one needs its own.

        Raises:
            OSError: it has failed too often, or takes too long.
        """
        if self._git is not None and self._owner == os.getpid():
            return self._git
        left = self._until - time.monotonic()
        if self._left <= 0 or left <= 0:
            raise OSError("git takes too long" if left <= 0 else "git fails too often")
        self._left -= 1
        self._owner = os.getpid()
        self._git = self._shim.run(["cat-file", "--batch"], left, asked=True)
        return self._git

    def history(self) -> History:
        """The commits that led here."""
        return read_history(self.folder, self.commit, self.scratch)

    def tracked(self) -> frozenset[str]:
        """All of it: what is in a commit is tracked."""
        return frozenset(self.sizes)

    def close(self) -> None:
        """End git and take our folder away."""
        if self._git is not None and self._owner == os.getpid():
            self._git.end()
        self._git = None
        self._shim.close()

    def __del__(self) -> None:
        with contextlib.suppress(Exception):
            self.close()


class Staged(Commit):
    """The files of the index: what the next commit would hold, whatever lies in the folder."""

    _of_commit = False  # there may be none yet

    def __init__(self, folder: Path, scratch: Path | None, subdirectory: str, index: str) -> None:
        """List the files.

        Args:
            folder: the `.git` of a repository.
            scratch: where a folder of ours is made for git.
            subdirectory: the folder that is the tree; all of it when empty.
            index: the name of the index in the folder.

        Raises:
            NoGit: its objects are not read, or git is not installed.
            FileNotFoundError: nothing is staged.
        """
        self._index = index
        super().__init__(folder, scratch, subdirectory)

    def _list(self, subdirectory: str) -> None:
        found = entries(self.folder, self._index)
        if found is None:
            raise FileNotFoundError("has no index that could be read: nothing is staged")
        below = f"{subdirectory}/" if subdirectory else ""
        wanted = [entry for entry in found if entry.path.startswith(below)]
        sizes = self._sizes(wanted)
        for entry in wanted:
            name = entry.path.removeprefix(below)
            if not self.more(name):
                break
            size = sizes.get(entry.digest, b"-")
            kind = b"commit" if entry.mode == _SUBMODULE else b"blob"
            self._enter([b"%o" % entry.mode, kind, entry.digest, size], name)
        self.settle(unwrap=False)

    def _sizes(self, found: Sequence[Entry]) -> dict[bytes, bytes]:
        """How large the contents are; those that are not in the repository are left out."""
        git = self._shim.run(["cat-file", "--batch-check"], LISTING_SECONDS, asked=True)
        sizes = {}
        try:
            for entry in found[:MAX_ENTRIES]:
                if entry.mode != _SUBMODULE:
                    git.ask(entry.digest + b"\n")
                    answer = git.line().split()
                    if answer[1:2] == [b"blob"] and len(answer) == 3:
                        sizes[entry.digest] = answer[2]
        except OSError:
            self.unread.add(".", "git could not list all that is staged: the rest is not read")
        finally:
            git.end()
        return sizes


def _rows(git: Running) -> Iterator[bytes]:
    """What git says, from one zero to the next, up to a limit."""
    said, rest = 0, b""
    while piece := git.piece():
        *rows, rest = (rest + piece).split(b"\0")
        yield from rows
        said += len(piece)
        if said > MAX_LISTING:
            git.late = True  # it is not asked to the end
            return


def _content(git: Running, digest: bytes, size: int) -> bytes:
    """The content of an object.

    Raises:
        OSError: it is not there, damaged, or of another size than listed.
    """
    git.ask(digest + b"\n")
    answer = git.line().split()
    if answer[1:] != [b"blob", b"%d" % size]:
        gone = answer[1:] == [b"missing"]
        raise OSError("its content is not in the repository" if gone else "git could not read its content")
    data = git.read(size + 1)
    if len(data) != size + 1:
        raise OSError("git could not read its content")
    return data[:-1]
