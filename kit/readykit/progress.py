"""What an audit is at, on one line of a terminal, once it takes longer than a moment."""

from __future__ import annotations

import os
import sys
import time
from typing import TextIO

AFTER = 1.0
"""Seconds without a word: most audits are over by then."""
EVERY = 0.1
"""Seconds between two pictures of the line."""


class Progress:
    """Shows what a worker says; on anything but a terminal it says nothing."""

    def __init__(self, stream: TextIO | None = None, about: str = "") -> None:
        """Begin.

        Args:
            stream: where it is shown; standard error when left out.
            about: which of several audits this is.
        """
        self.stream = stream or sys.stderr
        self.about = f"{about}: " if about else ""
        self._begun = time.monotonic()
        self._last = 0.0
        self._files = self._checks = 0
        self._shown = False

    @property
    def wanted(self) -> bool:
        """Whether there is anybody to look, on something that can take a line away again."""
        return self.stream.isatty() and os.environ.get("TERM") != "dumb"

    def heard(self, at: str) -> None:
        """Take in what is begun."""
        self._files += at.startswith("file:")
        self._checks += at.startswith("check:")
        now = time.monotonic()
        if now - self._begun < AFTER or now - self._last < EVERY:
            return
        self._last = now
        done = f"judging: {self._checks} checks" if self._checks else f"reading: {self._files:,} files"
        self.stream.write(f"\r\x1b[Kkit: {self.about}{done}, {now - self._begun:.0f} s")
        self.stream.flush()
        self._shown = True

    def done(self) -> None:
        """Take the line away again."""
        if self._shown:
            self.stream.write("\r\x1b[K")
            self.stream.flush()
