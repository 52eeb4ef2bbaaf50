"""Writers: each module has `render(report, ...) -> str` and does nothing else."""

from __future__ import annotations

FORMATS = {"terminal": ".txt", "json": ".json"}
"""The suffix of a file in each format."""


def format_of(path: str) -> str | None:
    """Return the format that a file name's suffix asks for, or None."""
    return next((name for name, suffix in FORMATS.items() if path.lower().endswith(suffix)), None)
