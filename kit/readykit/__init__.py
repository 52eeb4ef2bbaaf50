"""Is this machine-learning project ready for production, and can you prove it?

`audit(path)` measures a repository against the readiness standard and returns a `Report` in which every verdict
cites `path:line`. The command line (`kit`) offers the same and more: `kit new`, `kit audit`, `kit demo`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from readykit.api import Report as Report
    from readykit.api import audit as audit
    from readykit.api import load as load
    from readykit.errors import KitError as KitError
    from readykit.errors import TargetError as TargetError
    from readykit.errors import UsageError as UsageError

__version__ = "0.1.0"
__all__ = ["KitError", "Report", "TargetError", "UsageError", "__version__", "audit", "load"]
_ERRORS = ("KitError", "TargetError", "UsageError")


def __getattr__(name: str) -> Any:
    """What is offered, imported when it is asked for: `kit --version` needs none of it.

    Raises:
        AttributeError: there is no such name.
    """
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module("readykit.errors" if name in _ERRORS else "readykit.api"), name)
