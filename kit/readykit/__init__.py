"""Is this machine-learning project ready for production, and can you prove it?

`audit(path)` measures a repository against the readiness standard and returns a `Report` in which every verdict
cites `path:line`. The command line (`kit`) offers the same and more: `kit new`, `kit audit`, `kit demo`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from readykit.model import Report

__version__ = "0.1.0"
__all__ = ["__version__", "audit"]


def audit(path: str | Path = ".", *, profile: str = "production") -> Report:
    """Audit a repository on disk.

    Args:
        path: the root of the repository.
        profile: which demands to hold it to (`kit checks --profile` lists them).

    Returns:
        The report; `readykit.report.json_.render(report)` writes it as JSON.

    Raises:
        readykit.errors.TargetError: there is nothing at `path` that can be audited.
    """
    from readykit.auditor import audit as run
    from readykit.wishes import Wishes

    return run(path, Wishes(profile=profile))
