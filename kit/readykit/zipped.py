"""A `.zip` as the tree that is audited: its directory is listed, its members are unpacked in memory when asked for.

The format is read here and not by `zipfile`, which believes what a directory says of sizes, takes members that lie over
each other, and lists half a million entries before the first can be refused (APPNOTE.TXT, sections 4.3 to 4.5).
"""

from __future__ import annotations

import stat
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from struct import Struct, error

from readykit.folder import OneFile
from readykit.limits import MAX_UNPACKED
from readykit.members import Members
from readykit.unpack import Broken

_END = Struct("<4s4H2IH")
_END64 = Struct("<4sQ2H2I4Q")
_LOCATOR = Struct("<4sIQI")
_ENTRY = Struct("<4s2B5HIIIHHHHHII")
_LOCAL = Struct("<4s5HIIIHH")
_FIELD = Struct("<HH")
_BLOCK = 1 << 16
_UNKNOWN = 0xFFFFFFFF  # the value stands among the extra fields
_ENCRYPTED = 0x2041  # flags: a password, strong encryption, masked headers
_UTF8 = 0x800
_STORED, _DEFLATED = 0, 8
_UNIX = 3


@dataclass(frozen=True, slots=True)
class Member:
    """Where a file lies in the archive: its local header, its bytes there and unpacked, its checksum."""

    name: bytes
    at: int
    packed: int
    size: int
    method: int
    checksum: int

    @property
    def end(self) -> int:
        """Where it ends at the earliest."""
        return self.at + _LOCAL.size + len(self.name) + self.packed


class Zipped(Members[Member]):
    """The files of a `.zip`."""

    def __init__(self, file: Path) -> None:
        """List the archive.

        Raises:
            OSError: it cannot be read.
            Broken: it is not a zip, or not a whole one.
        """
        super().__init__()
        self._file = OneFile(file)
        self._unpacked = 0
        self._list()
        self._part()
        self.settle(unwrap=True)

    def _bytes(self, at: int, size: int) -> bytes:
        return self._file.piece(at, size)

    def _list(self) -> None:
        size, end = self._end()
        directory = end - size
        declared = self._declared
        self._shift = directory - declared  # what stands before the archive, as in one that unpacks itself
        if directory < 0 or self._shift < 0:
            raise Broken("is not a whole zip archive")
        self._directory = directory
        try:
            for fields, name, extra in self._entries(directory, end):  # their number is said too, and not believed
                shown = _decoded(name, fields[4])
                if not self.more(shown):
                    break
                self._enter(fields, shown, name, extra)
        except error:
            raise Broken("is not a whole zip archive") from None

    def _end(self) -> tuple[int, int]:
        """How many bytes the directory has, and where it ends."""
        total = self._file.sizes[next(iter(self._file.sizes))]
        tail = self._bytes(max(0, total - _BLOCK - _END.size), _BLOCK + _END.size)
        place = tail.rfind(b"PK\5\6")
        while place >= 0:
            if len(tail) - place >= _END.size:
                values = _END.unpack_from(tail, place)
                if place + _END.size + values[7] == len(tail):
                    break
            place = tail.rfind(b"PK\5\6", 0, place)
        else:
            raise Broken("is not a zip archive, or is cut off")
        _, disk, _, _, _, size, self._declared, _ = values
        end = total - len(tail) + place
        if self._bytes(max(0, end - _LOCATOR.size), 4) == b"PK\6\7":
            return self._end64(end)
        if disk:
            raise Broken("is one of several parts")
        return size, end

    def _end64(self, end: int) -> tuple[int, int]:
        """The same of an archive with more than 65,535 entries or 4 GB."""
        try:
            _, _, place, _ = _LOCATOR.unpack(self._bytes(end - _LOCATOR.size, _LOCATOR.size))
            values = _END64.unpack(self._bytes(place, _END64.size))
        except (error, OSError, OverflowError):
            raise Broken("is not a whole zip archive") from None
        if values[0] != b"PK\6\6":
            raise Broken("is not a whole zip archive")
        self._declared = values[9]
        return values[8], place

    def _entries(self, place: int, end: int) -> Iterator[tuple[tuple[int, ...], bytes, bytes]]:
        """The entries of the directory: their fields, names and extra fields."""
        block, start = b"", place
        while place < end:
            if place - start + _BLOCK * 4 > len(block):  # an entry has at most three blocks and a header
                block, start = self._bytes(place, min(_BLOCK * 16, end - place)), place
            at = place - start
            fields = _ENTRY.unpack_from(block, at)
            if fields[0] != b"PK\1\2":
                raise Broken("has a damaged directory")
            long, extra, comment = fields[11:14]
            at += _ENTRY.size
            yield fields, block[at : at + long], block[at + long : at + long + extra]
            place += _ENTRY.size + long + extra + comment

    def _enter(self, fields: tuple[int, ...], name: str, raw: bytes, extra: bytes) -> None:
        """Take in one entry, or note why not."""
        _, _, system, _, flags, method, _, _, checksum, packed, size, _, _, _, _, _, external, at = fields
        kind = stat.S_IFMT(external >> 16) if system == _UNIX else 0
        if name.endswith("/") or stat.S_ISDIR(kind):
            return
        path = self.placed(name)
        if not path:
            return
        size, packed, at = _long(extra, size, packed, at)
        at += self._shift
        if stat.S_ISLNK(kind):
            self.skipped.add(path, "a link, not followed")
        elif kind and not stat.S_ISREG(kind):
            self.skipped.add(path, "not a regular file")
        elif flags & _ENCRYPTED:
            self.unread.add(path, "is encrypted")
        elif method not in (_STORED, _DEFLATED):
            self.unread.add(path, f"is compressed by method {method}, which is not read")
        elif at < 0 or at + _LOCAL.size + len(raw) + packed > self._directory:
            self.unread.add(path, "refused: it lies outside the archive")
        else:
            self.take(path, size, Member(raw, at, packed, size, method, checksum))

    def _part(self) -> None:
        """Refuse what lies over another file: some kilobytes can be listed a million times."""
        end = 0
        for path, member in sorted(self.where.items(), key=lambda item: (item[1].at, item[0])):
            if member.at < end:
                self.unread.add(path, "refused: it lies over another file of the archive")
                del self.sizes[path], self.where[path]
            end = max(end, member.end)

    def read(self, path: str, limit: int) -> bytes:
        """At most `limit` bytes of a file.

        Raises:
            OSError: it is damaged, or not what the directory says.
        """
        member = self.where.get(path)
        if member is None:
            raise FileNotFoundError("is not in the archive")
        head = self._bytes(member.at, _LOCAL.size)
        if len(head) < _LOCAL.size or head[:4] != b"PK\3\4":
            raise OSError("it is damaged, without a header")
        long, extra = _LOCAL.unpack(head)[9:11]
        if self._bytes(member.at + _LOCAL.size, long) != member.name:
            raise OSError("it has two names")
        packed = self._bytes(member.at + _LOCAL.size + long + extra, min(member.packed, limit + _BLOCK))
        data = packed if member.method == _STORED else _inflated(packed, min(member.size, limit) + 1)
        self._unpacked += len(data)
        if self._unpacked > MAX_UNPACKED:
            raise OSError(f"the archive unpacks to more than {MAX_UNPACKED:,} bytes")
        if len(data) > member.size:
            raise OSError("it is larger than the archive says")
        if len(data) < min(member.size, limit) or (len(data) == member.size and zlib.crc32(data) != member.checksum):
            raise OSError("it is damaged, and not what its checksum says")
        return data[:limit]


def _inflated(packed: bytes, most: int) -> bytes:
    """What a member unpacks to, at most so many bytes.

    Raises:
        OSError: it cannot be unpacked.
    """
    try:
        return zlib.decompressobj(-15).decompress(packed, most)
    except zlib.error as fault:
        raise OSError(f"it is damaged ({fault})") from None


def _decoded(raw: bytes, flags: int) -> str:
    """The name of an entry: UTF-8 by its flag or by its bytes, else in the old way."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode(errors="surrogateescape") if flags & _UTF8 else raw.decode("cp437")


def _long(extra: bytes, size: int, packed: int, at: int) -> tuple[int, int, int]:
    """The sizes and the place of an entry, from the extra fields where they do not fit."""
    values = [size, packed, at]
    start = 0
    while _UNKNOWN in values and start + 4 <= len(extra):
        kind, length = _FIELD.unpack_from(extra, start)
        if kind == 1:
            field = extra[start + 4 : start + 4 + length]
            for place, value in enumerate(values):
                if value == _UNKNOWN and len(field) >= 8:
                    values[place], field = int.from_bytes(field[:8], "little"), field[8:]
            break
        start += 4 + length
    return values[0], values[1], values[2]
