"""What earlier audits worked out: facts by the content of files, reports by the content of whole trees.

The cache lies outside every audited tree, in a folder that only its user can write. An entry is data that cannot run
anything; it carries a digest of itself, and one that does not agree with it, from another version or half written, is
dropped. Entries are replaced whole, so that audits at the same time do not disturb each other.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from readykit import __version__
from readykit.limits import MAX_CACHE_BYTES, MAX_CACHE_ENTRY
from readykit.paths import CHECKS

try:
    from _blake2 import blake2b as blake2b  # the one that `hashlib` has, which loads OpenSSL besides
except ImportError:
    from hashlib import blake2b as blake2b

_MAGIC = b"readykit cache 1\n"
_DIGEST = 32
_SUFFIX = ".kit"


def folder() -> Path:
    """Where the cache lies: `KIT_CACHE_DIR`, or `readykit` in the system's own place for caches."""
    named = os.environ.get("KIT_CACHE_DIR")
    if named:
        return Path(named)
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "readykit"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "readykit" / "Cache"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "readykit"


def key(*parts: bytes | str) -> str:
    """The name of an entry: a digest of what decides its content, and of the program that made it."""
    made = blake2b(digest_size=20)
    for part in (fingerprint(), *parts):
        data = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        made.update(len(data).to_bytes(8, "little"))
        made.update(data)
    return made.hexdigest()


@lru_cache(maxsize=1)
def fingerprint() -> str:
    """The program and the standard: their version, and the size and time of every file, for who changes them."""
    rows = [__version__, sys.version]
    folders = [str(Path(__file__).parent), str(CHECKS)]
    for folder in folders:
        with os.scandir(folder) as found:
            for entry in sorted(found, key=lambda entry: entry.name):
                if not entry.is_dir():
                    info = entry.stat()
                    rows.append(f"{entry.name} {info.st_size} {info.st_mtime_ns}")
                elif entry.name not in ("__pycache__", "examples", "template"):
                    folders.append(entry.path)
    return blake2b("\n".join(rows).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def load(name: str) -> bytes | None:
    """An entry, None when there is none that can be trusted; a broken one is removed."""
    place = folder()
    if not _ours(place):
        return None
    path = place / f"{name}{_SUFFIX}"
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        with os.fdopen(os.open(path, flags), "rb") as stream:
            if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
                return None
            data = stream.read(MAX_CACHE_ENTRY)
    except OSError:
        return None
    head, body = data[: len(_MAGIC) + _DIGEST], data[len(_MAGIC) + _DIGEST :]
    if head == _MAGIC + _digest(body):
        return body
    _remove(path)
    return None


def store(name: str, data: bytes) -> None:
    """Keep an entry; a cache that cannot be written is no reason to fail."""
    place = folder()
    if len(data) > MAX_CACHE_ENTRY // 2:
        return
    part = place / f".{name}.{os.getpid()}.part"
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not _ours(place):
            return
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
        with os.fdopen(os.open(part, flags, 0o600), "wb") as stream:
            stream.write(_MAGIC + _digest(data))
            stream.write(data)
        part.replace(place / f"{name}{_SUFFIX}")
    except OSError:
        _remove(part)
        return
    _prune(place)


def clear() -> tuple[int, int]:
    """Remove every entry.

    Returns:
        How many there were, and their bytes.
    """
    count = size = 0
    for path, info in _entries(folder()):
        _remove(path)
        count, size = count + 1, size + info.st_size
    return count, size


def _digest(data: bytes) -> bytes:
    return blake2b(data, digest_size=_DIGEST).digest()


def _ours(place: Path) -> bool:
    """Whether a folder is a real one that nobody else may write into."""
    try:
        info = place.lstat()
    except OSError:
        return False
    if not stat.S_ISDIR(info.st_mode):
        return False
    if not hasattr(os, "getuid"):
        return True
    return info.st_uid == os.getuid() and not info.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _entries(place: Path) -> Iterator[tuple[Path, os.stat_result]]:
    try:
        found = list(os.scandir(place))
    except OSError:
        return
    for entry in found:
        if entry.name.endswith((_SUFFIX, ".part")) and entry.is_file(follow_symlinks=False):
            try:
                yield Path(entry.path), entry.stat(follow_symlinks=False)
            except OSError:
                continue  # another audit removed it


def _prune(place: Path) -> None:
    """Remove the oldest entries until the rest is within the bound."""
    rows = sorted(_entries(place), key=lambda row: row[1].st_mtime, reverse=True)
    total = 0
    for path, info in rows:
        total += info.st_size
        if total > MAX_CACHE_BYTES:
            _remove(path)


def _remove(path: Path) -> None:
    try:
        path.unlink()
    except OSError:
        return
