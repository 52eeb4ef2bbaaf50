"""What a compressed stream unpacks to: a bounded piece at a time, counted, and ended when it is a bomb."""

from __future__ import annotations

import bz2
import lzma
import time
import zlib
from collections.abc import Callable
from typing import BinaryIO, Protocol

from readykit.limits import LISTING_SECONDS, MAX_RATIO, MAX_UNPACKED, RATIO_FROM

_PIECE = 1 << 16
_DICTIONARY = 100_000_000  # memory of an xz decoder: the largest preset of xz needs 65 MB


class Bomb(Exception):
    """An archive unpacks to more than an honest one; the text says to what."""


class Broken(Exception):
    """A stream ends early, or is not what it says; the text says which."""


class Meter:
    """Counts what an archive unpacks to."""

    def __init__(self) -> None:
        self.packed = 0
        self.unpacked = 0
        self._until = time.monotonic() + LISTING_SECONDS

    def add(self, packed: int, unpacked: int) -> None:
        """Count.

        Raises:
            Bomb: it is too much.
        """
        self.packed += packed
        self.unpacked += unpacked
        if self.unpacked > MAX_UNPACKED:
            raise Bomb(f"unpacks to more than {MAX_UNPACKED:,} bytes")
        if self.unpacked > RATIO_FROM and self.unpacked > MAX_RATIO * self.packed:
            raise Bomb(f"unpacks to more than {MAX_RATIO} times its size")
        if time.monotonic() > self._until:
            raise Bomb(f"takes more than {LISTING_SECONDS:.0f} seconds to unpack")


class Decoder(Protocol):
    """What the decoders of the standard library have in common."""

    @property
    def eof(self) -> bool:
        """Whether the stream is at its end."""

    @property
    def unused_data(self) -> bytes:
        """What follows the end."""

    @property
    def needs_input(self) -> bool:
        """Whether it can go on only with more."""

    def decompress(self, data: bytes, max_length: int = ...) -> bytes:
        """At most so many bytes; those that are left come with the next call."""


class Zlib:
    """The decoder of gzip and of zip, which keeps what it has not looked at, as the others do."""

    def __init__(self, wbits: int) -> None:
        self._decoder = zlib.decompressobj(wbits)
        self._left = b""

    @property
    def eof(self) -> bool:
        """Whether the stream is at its end."""
        return self._decoder.eof

    @property
    def unused_data(self) -> bytes:
        """What follows the end."""
        return self._decoder.unused_data

    @property
    def needs_input(self) -> bool:
        """Whether it can go on only with more."""
        return not self._left

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        """At most so many bytes."""
        piece = self._decoder.decompress(self._left + data, max(max_length, 0))
        self._left = self._decoder.unconsumed_tail
        return piece


DECODERS: dict[bytes, Callable[[], Decoder]] = {
    b"\x1f\x8b": lambda: Zlib(31),
    b"BZh": bz2.BZ2Decompressor,
    b"\xfd7zXZ\0": lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_DICTIONARY),
}
"""By the first bytes of a file."""
_LONGEST = max(map(len, DECODERS))


class Stream:
    """The bytes inside a file, compressed or not."""

    def __init__(self, file: BinaryIO) -> None:
        """Begin at the start of the file; its first bytes say how it is compressed."""
        start = file.read(8)
        self._size = file.seek(0, 2)
        file.seek(0)
        self._file = file
        self._make = next((make for magic, make in DECODERS.items() if start.startswith(magic)), None)
        self._decoder = self._make() if self._make else None
        self._meter = Meter()
        self._next = b""  # what was read and not given out
        self._fed = b""

    def read(self, size: int) -> bytes:
        """So many bytes, fewer at the end.

        Raises:
            Bomb: it has unpacked to too much.
            Broken: it cannot be unpacked.
        """
        pieces = []
        while size > 0:
            if not self._next:
                self._next = self._piece()
                if not self._next:
                    break
            pieces.append(self._next[:size])
            self._next = self._next[size:]
            size -= len(pieces[-1])
        return b"".join(pieces)

    def skip(self, size: int) -> None:
        """Go on by so many bytes.

        Raises:
            Bomb: it has unpacked to too much.
            Broken: it cannot be unpacked, or is at its end.
        """
        ahead = min(size, len(self._next))
        self._next = self._next[ahead:]
        size -= ahead
        if self._decoder is None:
            if self._file.tell() + size > self._size:  # further than any file can be long, it would be an error
                raise Broken("is cut off")
            self._file.seek(size, 1)
            return
        while size > 0:
            piece = self._piece()
            if not piece:
                raise Broken("is cut off")
            self._next = piece[size:]
            size -= min(size, len(piece))

    def _piece(self) -> bytes:
        """The next bytes, none at the end."""
        if self._decoder is None:
            piece = self._file.read(_PIECE)
            self._meter.add(len(piece), len(piece))
            return piece
        while True:
            if self._decoder.eof and not self._another():
                return b""
            hungry = self._decoder.needs_input
            packed = (self._fed or self._file.read(_PIECE)) if hungry else b""
            self._fed = b"" if hungry else self._fed
            try:
                piece = self._decoder.decompress(packed, _PIECE)
            except (zlib.error, OSError, EOFError, lzma.LZMAError, ValueError) as error:
                raise Broken(f"cannot be unpacked: {error}") from None
            self._meter.add(len(packed), len(piece))
            if piece:
                return piece
            if hungry and not packed and not self._decoder.eof:
                raise Broken("is cut off")

    def _another(self) -> bool:
        """Begin the stream that follows the one that has ended, when there is one."""
        if self._decoder is None or self._make is None:
            return False
        self._fed = self._decoder.unused_data.lstrip(b"\0")
        if len(self._fed) < _LONGEST:
            self._fed = (self._fed + self._file.read(_PIECE)).lstrip(b"\0")
        if not any(self._fed.startswith(magic) for magic in DECODERS):
            return False
        self._decoder = self._make()
        return True
