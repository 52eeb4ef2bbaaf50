"""Files in which a person works: read as they are, compared with the last commit, written all or none."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from readykit import output
from readykit.errors import TargetError
from readykit.githead import content

MOST = 5_000_000
"""Bytes of a file that is changed: a manifest or a README."""


def exists(root: Path, path: str) -> bool:
    """Whether anything stands at a path: a file, a folder, a link that leads nowhere."""
    return os.path.lexists(root / path)


def read(root: Path, path: str) -> str | None:
    """The text of a file to the letter, its line ends too; None when it is none, too large, or not UTF-8."""
    file = root / path
    if not file.is_file() or file.is_symlink() or file.stat().st_size > MOST:
        return None
    try:
        return file.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def changed_files(root: Path) -> list[str]:
    """Files that differ from the last commit or are staged for the next, without running git in the repository.

    Args:
        root: the folder of a repository, or one in it.

    Returns:
        Their paths; none where nothing was ever committed, or outside of git.

    Raises:
        TargetError: a linked worktree or a submodule, whose history lies elsewhere.
    """
    from readykit.git import NoGit
    from readykit.gitindex import entries
    from readykit.gitstore import Commit
    from readykit.revision import NoStore, store_of

    try:
        store, below = store_of(root)
        commit = Commit(store, subdirectory=below)
    except (NoStore, NoGit, FileNotFoundError):
        return []
    prefix = f"{below}/" if below else ""
    try:
        changed = {path for path, blob in commit.where.items() if _differs(root / path, blob, commit.sizes[path])}
        staged = [entry.path for entry in entries(store) or () if entry.path.startswith(prefix)]
        known = {*commit.where, *(row.path for row in commit.skipped)}
        changed |= {path.removeprefix(prefix) for path in staged} - known
    finally:
        commit.close()
    return sorted(changed)


def _differs(path: Path, blob: bytes, size: int) -> bool:
    """Whether a file is another than git's object; line endings that a checkout may have changed do not count."""
    data = content(path, 2 * size)  # each line may be longer by one; never waits at a pipe, never reads without end
    if data is None:
        return True
    kind = "sha1" if len(blob) == 40 else "sha256"
    forms = (data, data.replace(b"\r\n", b"\n")) if len(data) != size else (data,)
    digests = (hashlib.new(kind, b"blob %d\0" % len(form) + form, usedforsecurity=False).hexdigest() for form in forms)
    return blob.decode() not in set(digests)


def write(root: Path, pages: Mapping[str, str]) -> None:
    """Write files, all of them or none.

    Args:
        root: the folder of the repository.
        pages: the text of each file by its path.

    Raises:
        TargetError: one cannot be written; what was written before is taken back.
    """
    former = {path: (root / path).read_bytes() for path in pages if (root / path).is_file()}
    done: list[str] = []
    made: list[Path] = []
    path = ""
    try:
        for path, text in pages.items():
            _refuse_links(root, path)
            target = root / path
            made += [folder for folder in reversed(target.parents) if not folder.exists()]
            target.parent.mkdir(parents=True, exist_ok=True)
            done.append(path)
            part = Path(output.beside(str(target), text.encode("utf-8")))  # under a name where nothing stands yet
            try:
                part.replace(target)
            finally:
                part.unlink(missing_ok=True)
    except BaseException as problem:
        _take_back(root, done, former, made)
        if isinstance(problem, OSError):
            raise TargetError(f"{path} cannot be written ({problem.strerror}); nothing was changed") from problem
        raise


def _refuse_links(root: Path, path: str) -> None:
    """Make sure that a path leads through no link: it might leave the repository.

    Raises:
        OSError: it does.
    """
    place = root
    for part in path.split("/"):
        place /= part
        if place.is_symlink():
            raise OSError(0, "a link is in the way")


def _take_back(root: Path, done: Iterable[str], former: Mapping[str, bytes], made: Sequence[Path]) -> None:
    for path in done:
        target = root / path
        if path in former:
            target.write_bytes(former[path])
        else:
            target.unlink(missing_ok=True)
    for folder in reversed(made):
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
