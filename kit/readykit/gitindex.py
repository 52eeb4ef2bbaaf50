"""Which files git tracks, read from its index without git: calling git inside a stranger's repository can run commands.

The format is git's own (`gitformat-index`), versions 2 to 4. What is not understood to the last byte is unknown: an
index that is broken, or that lists its files elsewhere (a split index) or only in part (a sparse one).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from struct import unpack_from
from typing import NamedTuple

from readykit.githead import content
from readykit.limits import MAX_NAMES

MAX_BYTES = 64_000_000
_HEADER = 12
_STAT = 40  # times, device, mode, owner and size of an entry, before its digest
_MODE = 24  # where the mode stands in it
_LONGER = 0x4000  # the flag of an entry that has two more bytes of flags
_DIGESTS = (("sha1", 20), ("sha256", 32))


class Broken(ValueError):
    """An index that is not as git writes it."""


class Entry(NamedTuple):
    """One file of the index: its path, the mode that git gives it, and the digest of its content."""

    path: str
    mode: int
    digest: bytes


def tracked(root: Path) -> frozenset[str] | None:
    """The paths that git tracks in a folder; None when there is no index of its own, or none that can be read.

    Args:
        root: the folder of a repository.
    """
    folder = root / ".git"
    if folder.is_symlink() or not folder.is_dir():
        return None
    found = entries(folder)
    return None if found is None else frozenset(entry.path for entry in found)


def entries(folder: Path, name: str = "index") -> list[Entry] | None:
    """What stands in the index of a git folder; None when there is none, or none that can be read.

    Args:
        folder: the `.git` of a repository.
        name: of the file in it; while `git commit --all` asks its hooks, the index is another one.
    """
    data = content(folder / name, MAX_BYTES)
    if data is None:
        return None
    import hashlib  # loads OpenSSL, which few audits need

    for name, size in _DIGESTS:
        body, digest = data[:-size], data[-size:]
        if digest not in (bytes(size), hashlib.new(name, body, usedforsecurity=False).digest()):
            continue
        try:
            return list(_entries(body, size))
        except (Broken, ValueError, IndexError):
            continue  # without a checksum (`index.skipHash`) both sizes of digests are tried
    return None


def _entries(body: bytes, size: int) -> Iterator[Entry]:
    """All entries.

    Raises:
        Broken: the index is not whole, or its entries are not all in it.
    """
    if len(body) < _HEADER:
        raise Broken
    signature, version, count = unpack_from(">4sII", body)
    if signature != b"DIRC" or version not in (2, 3, 4):
        raise Broken
    place, path, named = _HEADER, b"", 0
    for _ in range(count):
        start, place = place, place + _STAT + size + 2
        if place > len(body):
            raise Broken
        if unpack_from(">H", body, place - 2)[0] & _LONGER:
            place += 2
        kept = 0
        if version == 4:  # a path without what it shares with the one before
            dropped, place = _number(body, place)
            kept = len(path) - dropped
            if kept < 0:
                raise Broken
        end = body.index(b"\0", place)
        path = path[:kept] + body[place:end]
        named += len(path)
        if named > MAX_NAMES:  # in version 4 each name may be a letter longer than the one before
            raise Broken
        mode, digest = unpack_from(">I", body, start + _MODE)[0], body[start + _STAT : start + _STAT + size]
        yield Entry(path.decode("utf-8", "surrogateescape"), mode, digest.hex().encode())
        place = end + 1 if version == 4 else start + (end - start + 8) // 8 * 8
    _check_extensions(body, place)


def _number(body: bytes, place: int) -> tuple[int, int]:
    """A number of as many bytes as it needs, and the place behind it."""
    value = body[place] & 0x7F
    while body[place] & 0x80:
        place += 1
        value = (value + 1 << 7) | (body[place] & 0x7F)
        if value > MAX_BYTES:
            raise Broken
    return value, place + 1


def _check_extensions(body: bytes, place: int) -> None:
    """Walk over what follows the entries.

    Raises:
        Broken: an extension is cut off, or must be understood: its name begins with a small letter.
    """
    while place < len(body):
        if place + 8 > len(body) or not body[place : place + 1].isupper():
            raise Broken
        place += 8 + int(unpack_from(">I", body, place + 4)[0])
    if place != len(body):
        raise Broken
