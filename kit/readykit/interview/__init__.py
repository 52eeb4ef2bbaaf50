"""What to ask the people behind a repository: questions chosen by its report, each with the lines to open together.

The questions are data (`checks/interview.toml`); `choosing` picks those that are decisive here, the writers make a pack
of two pages.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from readykit.interview.choosing import Pack

FORMATS: Final[Mapping[str, str]] = {"markdown": ".md", "html": ".html"}
"""The suffix of a file in each format."""
_ALSO: Final = {".htm": "html", ".markdown": "markdown"}


def format_of(path: str) -> str | None:
    """Return the format that a file name asks for by its suffix, or None."""
    known = {**{suffix: form for form, suffix in FORMATS.items()}, **_ALSO}
    return next((form for suffix, form in known.items() if path.lower().endswith(suffix)), None)


def render(packs: Sequence[Pack], form: str) -> str:
    """Write one pack, or several with a sheet of points before them.

    Args:
        packs: of clean reports, in the order in which they are shown.
        form: a name of `FORMATS`.

    Returns:
        Text that ends in a line break.
    """
    return str(import_module(f"{__name__}.{form}").render(packs))
