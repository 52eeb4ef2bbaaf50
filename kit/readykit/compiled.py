"""What our own files compile to, kept beside Python's bytecode and under its rules.

Some of what a start needs takes far longer to work out than to read: the programs of regular expressions, the tables of
the standard. Python has a place for such things, `__pycache__`: it is written only where and when Python would write
bytecode, and trusted as much as the code, for whoever can write there can change the code itself. What is kept is
plain data, made of our own files alone, and dropped when these, this program or this Python are others.
"""

from __future__ import annotations

import marshal
import os
import sys
from collections.abc import Callable
from importlib.util import cache_from_source, source_hash
from pathlib import Path
from typing import Any

from readykit.paths import CHECKS


def load(name: str, source: bytes) -> Any:
    """What was kept under a name.

    Args:
        name: a word for it.
        source: what it was made of.

    Returns:
        The value; None when there is none, it is broken, or it was made of something else or by another Python.
    """
    try:
        kept = memoryview(_place(name).read_bytes())
        return marshal.loads(kept[16:]) if kept[:16] == _digest(source, kept[16:]) else None  # noqa: S302 - see above
    except (OSError, NotImplementedError, ValueError, EOFError, TypeError):
        return None


def store(name: str, source: bytes, value: Any) -> None:
    """Keep a value for the next start; a place that cannot be written is no reason to fail.

    Args:
        name: a word for it.
        source: what it was made of.
        value: numbers, texts, bytes, None, and tuples, lists and dictionaries of them.
    """
    if sys.dont_write_bytecode:
        return
    data = marshal.dumps(value)
    try:
        place = _place(name)
        place.parent.mkdir(parents=True, exist_ok=True)
        part = place.with_suffix(f".{os.getpid()}")
        part.write_bytes(_digest(source, data) + data)
        part.replace(place)
    except (OSError, NotImplementedError):
        return


def made(name: str, source: bytes, make: Callable[[], Any]) -> Any:
    """What was kept under a name, or else what is made now, which is kept for the next start.

    Args:
        name: a word for it.
        source: all that it is made of.
        make: makes it; see `store` for what it may be.
    """
    found = load(name, source)
    if found is None:
        found = make()
        store(name, source, found)
    return found


def table(path: Path) -> dict[str, Any]:
    """A TOML file of ours; its text is parsed once, and read back after that.

    Args:
        path: one of the files in `checks/`.

    Returns:
        What it says.
    """
    text = path.read_bytes()

    def parsed() -> dict[str, Any]:
        import tomllib

        return tomllib.loads(text.decode("utf-8"))

    found: dict[str, Any] = made(path.stem, text, parsed)
    return found


def _place(name: str) -> Path:
    """A file beside the bytecode of the checks.

    Raises:
        NotImplementedError: this Python keeps no bytecode.
    """
    return Path(cache_from_source(str(CHECKS / f"{name}.py"))).with_suffix(".kept")


def _digest(source: bytes, data: bytes | memoryview) -> bytes:
    """Guards against change and accident: the sources and the Python, then the kept bytes themselves."""
    return source_hash(b"\0".join((sys.version.encode(), source))) + source_hash(data)
