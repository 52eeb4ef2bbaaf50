"""A `.tar`, compressed or not, as the tree that is audited: gone through once, and what an audit reads is kept.

The format is read here and not by `tarfile`, which takes a header of any length into memory (POSIX `pax`, and GNU's
long names).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from readykit.folder import OneFile
from readykit.limits import MAX_HEADER, MAX_KEPT_BYTES, MAX_PATH
from readykit.members import Members
from readykit.unpack import Bomb, Broken, Stream

_BLOCK = 512
_LARGEST = 1 << 50
_FILES = frozenset(b"0\x007")
_LINKS, _FOLDER, _SPARSE = frozenset(b"12"), ord("5"), ord("S")
_PAX, _PAX_ALL, _LONG_NAME, _LONG_LINK = b"xgLK"
_TOLD, _SPARSE_TOLD = (b"path", b"size"), b"GNU.sparse"
"""What is taken of a pax header; a stranger can write millions of other keys."""
Wanted = Callable[[str, int], bool]


@dataclass(frozen=True, slots=True)
class Header:
    """One entry: its name, its kind and its bytes."""

    name: str
    kind: int
    size: int
    sparse: bool = False


class Tarred(Members[bytes]):
    """The files of a `.tar`."""

    def __init__(self, file: Path, wanted: Wanted) -> None:
        """Go through the archive.

        Args:
            file: the archive.
            wanted: whether a file is kept, by its path and size.

        Raises:
            OSError: it cannot be read.
            Broken: it is not a tar, or damaged at its start.
        """
        super().__init__()
        self._wanted = wanted
        self._kept = 0
        source = OneFile(file)
        with open(source.descriptor, "rb", buffering=0, closefd=False) as stream:
            self._go_through(stream)
        self.settle(unwrap=True)

    def _go_through(self, file: BinaryIO) -> None:
        stream = Stream(file)
        try:
            while (header := _next(stream)) is not None:
                if not self.more(header.name):
                    return
                if path := self._path(header):
                    self.take(path, header.size, self._content(stream, path, header.size))
                else:
                    stream.skip(header.size)
                stream.skip(-header.size % _BLOCK)
        except (Bomb, Broken) as why:
            if not self._seen:
                raise Broken(str(why)) from None
            self.unread.add(".", f"the archive {why}: what follows is not read")
        if not self._seen:
            raise Broken("is not a tar archive, or holds nothing")

    def _content(self, stream: Stream, path: str, size: int) -> bytes:
        """The content of a file; empty when it is not kept.

        Raises:
            Broken: it is cut off.
        """
        kept = self._kept - len(self.where.get(path, b"")) + size
        if kept > MAX_KEPT_BYTES or not self._wanted(path, size):
            stream.skip(size)
            return b""
        data = stream.read(size)
        if len(data) < size:
            raise Broken("is cut off")
        self._kept = kept
        return data

    def _path(self, header: Header) -> str:
        """The path of a file that counts; empty, with a row where one is due, for all else."""
        if header.kind == _FOLDER or (header.kind in _FILES and header.name.endswith("/")):
            return ""
        path = self.placed(header.name)
        if not path or (header.kind in _FILES and not header.sparse):
            return path
        if header.kind in _LINKS:
            self.skipped.add(path, "a link, not followed")
        else:
            self.skipped.add(path, "not a regular file")
        return ""

    def read(self, path: str, limit: int) -> bytes:
        """At most `limit` bytes of a file.

        Raises:
            OSError: it was not kept.
        """
        data = self.where.get(path)
        if data is None or len(data) < self.sizes[path]:
            raise OSError(f"the archive holds more than {MAX_KEPT_BYTES:,} bytes, or this is data")
        return data[:limit]


def _next(stream: Stream) -> Header | None:
    """The next entry, with what the headers before it say of it; None at the end.

    Raises:
        Broken: there is none where one should be.
    """
    told: dict[str, str] = {}
    while True:
        block = stream.read(_BLOCK)
        if not block.strip(b"\0"):
            return None
        if len(block) < _BLOCK or not _checked(block):
            raise Broken("is cut off or damaged")
        kind, size = block[156], _number(block[124:136])
        if kind not in (_PAX, _PAX_ALL, _LONG_NAME, _LONG_LINK):
            break
        if size > MAX_HEADER:
            stream.skip(size + -size % _BLOCK)
            told |= {"path": "?" * (MAX_PATH + 1)} if kind in (_PAX, _LONG_NAME) else {}
            continue
        data = stream.read(size + -size % _BLOCK)[:size]
        if kind == _PAX:
            told |= _records(data)
        elif kind == _LONG_NAME:
            told["path"] = _text(data)
    if kind == _SPARSE and block[482]:
        while len(holes := stream.read(_BLOCK)) == _BLOCK and holes[504]:
            pass  # the map of the holes goes on in blocks of its own
    return _header(block, kind, size, told)


def _header(block: bytes, kind: int, size: int, told: dict[str, str]) -> Header:
    """The entry of a block."""
    name = _text(block[:100])
    if block[257:263] == b"ustar\0" and block[345]:
        name = f"{_text(block[345:500])}/{name}"
    if told.get("size", "").isdecimal() and len(told["size"]) < 16:
        size = int(told["size"])  # larger than the header has room for
    return Header(told.get("path") or name, kind, size, "sparse" in told)


def _checked(block: bytes) -> bool:
    """Whether a block is a header: the sum of its bytes, with blanks for the sum itself."""
    total = sum(block[:148]) + 8 * 32 + sum(block[156:])
    return _number(block[148:156]) == total


def _number(field: bytes) -> int:
    """A number in octal digits, or in the bytes themselves.

    Raises:
        Broken: it is none.
    """
    digits = field.split(b"\0")[0].strip() or b"0"
    if field[0] & 0x80:
        number = int.from_bytes(field[1:], "big")
    elif not digits.strip(b"01234567"):
        number = int(digits, 8)
    else:
        raise Broken("is damaged: a header holds no number where one should be")
    if number > _LARGEST:
        raise Broken("is damaged: a header holds an impossible size")
    return number


def _records(data: bytes) -> dict[str, str]:
    """What the `length key=value` lines of a pax header say of the name, the size, and holes."""
    found: dict[str, str] = {}
    place = 0
    while place < len(data):
        length, _, _ = data[place : place + 20].partition(b" ")
        if not length.isdigit() or not len(length) + 1 < int(length) <= len(data) - place:
            break
        key, _, value = data[place + len(length) + 1 : place + int(length)].rstrip(b"\n").partition(b"=")
        if key in _TOLD:
            found[key.decode()] = _text(value)
        elif key.startswith(_SPARSE_TOLD):
            found["sparse"] = ""
        place += int(length)
    return found


def _text(raw: bytes) -> str:
    """A name up to its first zero."""
    return raw.split(b"\0")[0].decode("utf-8", "surrogateescape")
