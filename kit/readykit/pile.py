"""Work that several processes take from one pile: whoever is free takes the next piece, so that all end together.

A guess of what a file costs is off by half; shares that are dealt out beforehand leave one process waiting.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from typing import Generic, TypeVar

Piece = TypeVar("Piece")
_WIDTH = 4
_MOST = 1_000
"""Shares of a pile: their numbers are smaller than what every system's pipe holds, and taken whole or not at all."""


class Pile(Generic[Piece]):
    """Pieces of work, each taken once, whichever process asks; what is taken first is the first.

    Make it before the processes are forked, iterate over it in each of them, `end` it in the one that made it.
    """

    def __init__(self, pieces: Sequence[Piece]) -> None:
        each = -(-len(pieces) // _MOST)
        self._shares = [pieces[at : at + each] for at in range(0, len(pieces), each or 1)]
        self._from, to = os.pipe()
        os.write(to, b"".join(number.to_bytes(_WIDTH, "little") for number in range(len(self._shares))))
        os.close(to)

    def __iter__(self) -> Iterator[Piece]:
        """Take pieces until there are no more."""
        while number := os.read(self._from, _WIDTH):
            yield from self._shares[int.from_bytes(number, "little")]

    def end(self) -> None:
        """Nothing is taken any more by this process."""
        with contextlib.suppress(OSError):
            os.close(self._from)
