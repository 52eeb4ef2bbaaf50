"""Waiting for what a test expects, with a deadline."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def until(true: Callable[[], bool], seconds: float = 10, why: str = "it did not happen in time") -> bool:
    """Look every 20 ms until `true()` is, and return True; fail with `why` when the time is over."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, why
        time.sleep(0.02)
    return True
