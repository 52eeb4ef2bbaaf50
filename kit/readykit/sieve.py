"""Where in a text something can stand, told by plain searches, which cost a tenth of what a pattern costs.

Everything takes time in proportion to the text, whatever it holds: one line of a megabyte, one word a hundred
thousand times.
"""

from __future__ import annotations

import string
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from functools import cached_property, lru_cache


def _marks(inside: str) -> bytes:
    """A table for `bytes.translate` that makes `x` of some characters and a blank of all others."""
    return bytes(ord("x") if chr(code) in inside else ord(" ") for code in range(256))


_ALPHANUMERIC = string.ascii_letters + string.digits
_WORD, _DATA = _marks(_ALPHANUMERIC + "_-"), _marks(_ALPHANUMERIC + "+/=\\")
_DENSE = b"x" * 20
_BEFORE = 3
"""What belongs to a token and no word before its first long word: `SG.`"""
_KEPT = 2_500
_BLOB = b"x" * 3_000


def without_data(text: str, keep: int = _KEPT) -> str:
    """The text with only so many characters of each picture and of other data in base64; no line is lost."""
    if len(text) < len(_BLOB):
        return text
    marks = text.encode("latin-1", "replace").translate(_DATA)
    kept, done, start = [], 0, marks.find(_BLOB)
    while start >= 0:
        kept.append(text[done : start + keep])
        done = _end(marks, b" ", start)
        start = marks.find(_BLOB, done)
    return "".join([*kept, text[done:]]) if kept else text


def _end(text: bytes, mark: bytes, start: int) -> int:
    """Where a mark comes next, the end of the text when it does not."""
    place = text.find(mark, start)
    return place if place >= 0 else len(text)


class Sieve:
    """A text with a copy of one byte a character, in which all searches are made: places in both are the same."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.flat = text.encode("latin-1", "replace")

    @cached_property
    def low(self) -> bytes:
        """The copy in lower case."""
        return self.flat.lower()

    @cached_property
    def dense(self) -> str:
        """All long words (letters, digits, `_`, `-`) with what stands before each: nearly every token is one."""
        marks = self.flat.translate(_WORD)
        found, start = set(), marks.find(_DENSE)
        while start >= 0:
            end = _end(marks, b" ", start)
            found.add(self.flat[max(0, start - _BEFORE) : end])
            start = marks.find(_DENSE, end)
        return b"\n".join(found).decode("latin-1")

    def places(self, word: bytes) -> Iterator[int]:
        """Where a word in lower case stands, however it is written."""
        low = self.low
        place = low.find(word)
        while place >= 0:
            yield place
            place = low.find(word, place + len(word))

    def lines(self, places: Iterable[int]) -> Iterator[int]:
        """The beginning of the line of each of some places, which ascend."""
        start = seen = 0
        for place in places:
            start = self.flat.rfind(b"\n", seen, place) + 1 or start
            seen = place
            yield start

    def end(self, place: int) -> int:
        """The end of the line of a place."""
        return _end(self.flat, b"\n", place)

    @cached_property
    def _breaks(self) -> list[int]:
        found, place = [], self.flat.find(b"\n")
        while place >= 0:
            found.append(place)
            place = self.flat.find(b"\n", place + 1)
        return found

    def line(self, place: int) -> int:
        """The number of the line of a place, from 1."""
        return bisect_right(self._breaks, place - 1) + 1


@lru_cache(maxsize=1)
def sieve(text: str) -> Sieve:
    """The sieve of a text; that of the last one is kept, for it is asked several times in a row."""
    return Sieve(text)
