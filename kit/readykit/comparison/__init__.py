"""Several repositories side by side: `gather` brings them, `ranking` orders them, the writers show it.

Everything here works on reports alone. What a report says comes from the audit, so a comparison can never know more
than the reports that are compared.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from readykit.comparison.ranking import Comparison

FORMATS: Final[Mapping[str, str]] = {
    "terminal": ".txt", "html": ".html", "markdown": ".md", "csv": ".csv", "json": ".json",
}  # fmt: skip
"""The suffix of a file in each format."""
_ALSO: Final = {".htm": "html", ".markdown": "markdown"}
_MODULES: Final = {"json": "json_", "csv": "csv_"}  # names of the standard library's modules are not taken


def format_of(path: str) -> str | None:
    """Return the format that a file name asks for by its suffix, or None."""
    known = {**{suffix: form for form, suffix in FORMATS.items()}, **_ALSO}
    return next((form for suffix, form in known.items() if path.lower().endswith(suffix)), None)


def render(comparison: Comparison, form: str, **wishes: Any) -> str:
    """Write a comparison.

    Args:
        comparison: of clean reports.
        form: a name of `FORMATS`.
        wishes: what the terminal's writer takes besides: `style`, `width`, `verbose`.

    Returns:
        Text that ends in a line break.
    """
    return str(import_module(f"{__name__}.{_MODULES.get(form, form)}").render(comparison, **wishes))
