"""Which commit is checked out, read without git: calling git inside a stranger's repository can run its commands."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

COMMIT = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")  # SHA-1 or SHA-256
_REFERENCE = re.compile(r"ref: (refs/[^\x00-\x20\x7f~^:?*\[\\]+)")
_MAX_BYTES = 4_000_000  # packed-refs of a very large repository


def head(root: Path) -> str | None:
    """Return the commit that `root` has checked out, or None when there is no plain `.git` folder that says so.

    Args:
        root: the folder of a repository.

    Returns:
        The commit's hexadecimal digest.
    """
    folder = root / ".git"
    return None if folder.is_symlink() or not folder.is_dir() else commit_of(folder)


def commit_of(folder: Path) -> str | None:
    """Return the commit that a git folder says is checked out, or None when it says none.

    Args:
        folder: the `.git` of a repository, or a bare one.
    """
    return reference(folder, "HEAD")


def reference(folder: Path, name: str, *, deep: bool = True) -> str | None:
    """Return what a reference points to: the digest of a commit, or of a tag that has a text; None when it is none.

    Args:
        folder: the `.git` of a repository, or a bare one.
        name: `HEAD`, or a whole name such as `refs/heads/main`.
        deep: whether the name of another reference is followed.
    """
    if ".." in name or name.startswith("/"):
        return None
    text = _read(folder / name)
    if COMMIT.fullmatch(text):
        return text
    if named := _REFERENCE.fullmatch(text):
        return reference(folder, named[1], deep=False) if deep else None
    rows = (line.split(" ") for line in _read(folder / "packed-refs").splitlines())
    return next((row[0] for row in rows if row[1:] == [name] and COMMIT.fullmatch(row[0])), None)


def _read(path: Path) -> str:
    """The text of a regular file, empty when it is anything else: a link, a pipe, too large, not there."""
    return (content(path, _MAX_BYTES) or b"").decode("utf-8", "replace").strip()


def content(path: Path, most: int) -> bytes | None:
    """The bytes of a regular file, None when it is anything else: a link, a pipe, larger than `most`, not there."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        descriptor = os.open(path, flags)
    except (OSError, ValueError):
        return None
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return None
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            data = file.read(most + 1)
    except OSError:
        return None
    finally:
        os.close(descriptor)
    return data if len(data) <= most else None
