"""Writers: each module has `render(report, ...) -> str` and does nothing else."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from readykit.model import Report

# format -> (module, file suffix). The module is imported when the format is asked for.
FORMATS = {"terminal": ("terminal", ".txt"), "json": ("json_", ".json")}


def writer(name: str) -> Callable[[Report], str]:
    """Return the `render` function of a format.

    Args:
        name: a key of `FORMATS`.

    Raises:
        KeyError: no such format.
    """
    module = import_module(f".{FORMATS[name][0]}", __name__)
    return cast("Callable[[Report], str]", module.render)


def format_of(path: str) -> str | None:
    """Return the format that a file name's suffix asks for, or None."""
    return next((name for name, (_, suffix) in FORMATS.items() if path.lower().endswith(suffix)), None)
