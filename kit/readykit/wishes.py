"""What is asked of an audit: what the examiner wishes, and how it is done."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from readykit.worker import Say


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the examiner said on the command line."""

    profile: str | None = None
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    config: str | None = None
    trusted: bool = False
    checks: tuple[str, ...] = ()
    rubrics: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Way:
    """How an audit is done, which changes nothing of what it finds.

    `jobs` is the number of processes that read (0 for as many as help), `cached` whether what earlier audits worked
    out is used, `heard` is told what is begun, `excerpts` whether the report brings lines of the files that it cites.
    """

    jobs: int = 0
    cached: bool = True
    heard: Say | None = None
    excerpts: bool = False


def stands_in(target: Path, here: Path | None = None) -> bool:
    """Whether the target is the project of the working directory: the directory itself, or one above it."""
    try:
        place, root = (here or Path.cwd()).resolve(), target.resolve()
    except OSError:
        return False
    return place == root or root in place.parents
