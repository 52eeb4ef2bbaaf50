"""What `kit audit` is pointed at: a folder, a file, an archive, a repository without a checkout, or an address.

In two steps, so that the first can be taken by a process that lives and the second by one that may die: `at_hand`
decides what the words mean and fetches what is far away; `opened` lists and reads. What is temporary lies in one folder
of ours, which `at_hand` takes away whatever happens.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from readykit.errors import TargetError
from readykit.facts.dispatch import cap_of, kinds_of
from readykit.folder import Folder, OneFile
from readykit.repo import Repo
from readykit.text import clean

if TYPE_CHECKING:
    from readykit.sources import Source

_ZIP = (".zip",)
_TAR = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tbz", ".tar.xz", ".txz")
_UNREAD = (".tar.zst", ".tzst", ".tar.lz4", ".tar.lz", ".tar.z", ".rar", ".7z", ".gz", ".bz2", ".xz", ".zst", ".jar")
_SMALL = 20_000  # bytes of a file in a .tar that is kept though no extractor reads it: checks look at some of them
_SHOWN = 200  # characters of a target in a message
_BARE = frozenset((
    "HEAD", "objects", "refs", "config", "config.worktree", "description", "hooks", "info", "packed-refs", "branches",
    "logs", "index", "shallow", "lfs", "svn", "worktrees", "modules", "COMMIT_EDITMSG", "gc.log", "gc.pid", "common",
    "gitweb", "cloneurl", "git-daemon-export-ok", "rr-cache", "filter-repo", "sequencer", "rebase-merge",
))  # fmt: skip
STAGED = ":staged:"
"""What is said instead of a revision for the index; no reference can have this name."""
_BARE_ALSO = re.compile(r"[A-Z_]+_(HEAD|MSG|LOG|MODE)|[\w.-]+\.lock|fsmonitor--daemon\S*|sharedindex\.\w+")


@dataclass(frozen=True, slots=True)
class Place:
    """Something that can be audited, on this machine.

    `kind` is folder, file, zip, tar or store (of git's objects); `path` is where it lies, `name` what to call it, and
    `shown` what a report says of its place (`url` when it came from there). `scratch` is the name of a folder of ours
    that is made when one is needed. Of a store, `commit` is read when it is not what is checked out, or the file that
    `index` names.
    """

    kind: str
    path: str
    name: str
    shown: str
    scratch: str
    url: str = ""
    subdirectory: str = ""
    commit: str | None = None
    index: str = ""


@contextmanager
def at_hand(target: str | Path) -> Iterator[Place]:
    """Decide what a target is, and bring it here when it is far away.

    Args:
        target: a path, or an `https://` address of a git repository.

    Yields:
        The place, good until the end of the context: then all that is temporary is taken away.

    Raises:
        TargetError: there is nothing that can be audited.
    """
    if not str(target):
        raise TargetError("no path was given: an empty word is not the folder one stands in")
    scratch = _new_name()
    try:
        yield _address(str(target), scratch) if _far(target) else _path(target, scratch)
    finally:
        if os.path.lexists(scratch):
            import shutil

            shutil.rmtree(scratch, ignore_errors=True)


def at_revision(place: Place, word: str) -> Place:
    """The same place as it was in another commit.

    Args:
        place: a folder in a git repository, or a store.
        word: which commit, as `revision.resolved` understands it, or `STAGED` for what the next one would hold.

    Raises:
        TargetError: it has no history.
        UsageError: the word means no commit of it.
    """
    from readykit.revision import index_of, resolved, store_of

    if place.kind not in ("folder", "store"):
        raise TargetError(f"{_short(place.shown)}: only a folder with its git history can be compared with a revision")
    folder, below = (Path(place.path), place.subdirectory) if place.kind == "store" else store_of(Path(place.path))
    if word == STAGED:
        return replace(place, kind="store", path=str(folder), subdirectory=below, index=index_of(folder))
    commit = resolved(folder, word, Path(place.scratch))
    return replace(place, kind="store", path=str(folder), subdirectory=below, commit=commit)


def opened(place: Place) -> Repo:
    """Open a place: list its files, and be ready to read them.

    Args:
        place: from `at_hand`, while it is good.

    Returns:
        The tree.

    Raises:
        TargetError: it is broken, refused, or gone.
    """
    try:
        repo = Repo(_source(place), place.name)
    except OSError as error:
        raise TargetError(f"{_short(place.shown)}: {error.strerror or error}") from None
    repo.place = place.url or place.path
    repo.url = place.url
    return repo


def _new_name() -> str:
    """A name for a folder of ours that nobody can guess."""
    top = next((os.environ[name] for name in ("TMPDIR", "TEMP", "TMP") if os.environ.get(name)), "")
    if not os.path.isdir(top):  # noqa: PTH112 - may be empty, which is no path
        top = "/tmp" if os.name == "posix" else os.curdir  # noqa: S108 - the name is random, the folder made with 0700
    return str(Path(top).absolute() / f"readykit-{os.urandom(8).hex()}")


def _far(target: str | Path) -> bool:
    """Whether a target is for git: `scheme://`, or `helper::` where no such file is."""
    text = str(target)
    if isinstance(target, Path) or "\0" in text:
        return False
    return "://" in text[:30] or ("::" in text[:30] and not os.path.lexists(text))


def _address(text: str, scratch: str) -> Place:
    from readykit import remote  # starts programs

    address = remote.parsed(text)
    Path(scratch).mkdir(mode=0o700)
    folder = remote.clone(address, Path(scratch))
    return Place("store", str(folder), address.name, address.shown, scratch, address.shown, address.subdirectory)


def _path(target: str | Path, scratch: str) -> Place:
    text = str(target)
    path = Path(text)
    try:
        mode = path.stat().st_mode
        whole = path.resolve()
    except (OSError, ValueError, RuntimeError) as error:
        why = getattr(error, "strerror", None) or "is no path"
        raise TargetError(f"{_short(text)}: {why[:1].lower()}{why[1:]}") from None
    folder = stat.S_ISDIR(mode)
    name = clean(whole.name if folder else path.name, _SHOWN)
    shown = name if path.is_absolute() else path.as_posix()
    if folder and is_bare(whole):
        called = whole.parent.name if whole.name == ".git" else whole.name.removesuffix(".git")
        return Place("store", str(whole), clean(called, _SHOWN), shown, scratch)
    if folder:
        return Place("folder", str(whole), name, shown, scratch)
    if not stat.S_ISREG(mode):
        raise TargetError(f"{_short(text)}: is a pipe, a socket or a device, and nothing that can be audited")
    lower = path.name.lower()
    for kind, endings in (("zip", _ZIP), ("tar", _TAR)):
        for ending in sorted(endings, key=len, reverse=True):
            if lower.endswith(ending):
                return Place(kind, str(whole), clean(path.name[: -len(ending)], _SHOWN) or name, shown, scratch)
    if not lower.endswith(_UNREAD) and kinds_of(path.name):
        return Place("file", str(path.absolute()), name, shown, scratch)
    raise TargetError(
        f"{_short(text)}: is not of a kind that is audited: a folder, a notebook or another file of a project, "
        "a .zip, a .tar (.gz, .bz2, .xz), a bare git repository, or an https:// address of one"
    )


def is_bare(folder: Path) -> bool:
    """Whether a folder is a git repository without a checkout: it has what one has, and nothing besides."""
    try:
        if not (folder / "objects").is_dir() or not (folder / "refs").is_dir() or not (folder / "HEAD").is_file():
            return False
        with os.scandir(folder) as entries:
            return all(entry.name in _BARE or _BARE_ALSO.fullmatch(entry.name) for entry in entries)
    except OSError:
        return False


def _source(place: Place) -> Source:
    """The files of a place.

    Raises:
        OSError: it cannot be read.
        TargetError: it is broken or refused.
    """
    path, scratch = Path(place.path), Path(place.scratch)
    if place.kind == "folder":
        return Folder(path, scratch)
    if place.kind == "file":
        return OneFile(path)
    if place.kind == "store":
        return _store(place, path, scratch)
    from readykit.unpack import Broken

    try:
        if place.kind == "zip":
            from readykit.zipped import Zipped

            return Zipped(path)
        from readykit.tarred import Tarred

        return Tarred(path, _wanted)
    except Broken as why:
        raise TargetError(f"{_short(place.shown)}: {why}") from None


def _store(place: Place, path: Path, scratch: Path) -> Source:
    from readykit.git import NoGit
    from readykit.gitstore import Commit, Staged

    try:
        if place.index:
            return Staged(path, scratch, place.subdirectory, place.index)
        return Commit(path, scratch, place.subdirectory, place.commit)
    except (NoGit, FileNotFoundError) as why:
        raise TargetError(f"{_short(place.shown)}: {why}") from None


def _wanted(path: str, size: int) -> bool:
    """Whether a file of a `.tar` is kept: one that an audit may read."""
    return size <= (cap_of(path) if kinds_of(path) else _SMALL)


def _short(text: str) -> str:
    return clean(text, _SHOWN)
