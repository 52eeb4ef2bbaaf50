"""Writers: each module has `render(report) -> str` and does nothing else; `render` here finds the one for a format.

A report is cleaned before a writer sees it (`readykit.clean`): writers escape what is special in their own format, and
need not think of anything else.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from readykit.model import Report

FORMATS: Final[Mapping[str, str]] = {
    "terminal": ".txt", "json": ".json", "sarif": ".sarif", "junit": ".xml", "html": ".html", "markdown": ".md",
    "csv": ".csv", "github": ".github", "gitlab": ".gitlab.json",
    "badge": ".svg", "shields": ".badge.json",
}  # fmt: skip
"""The suffix of a file in each format."""
_ALSO: Final = {".sarif.json": "sarif", ".htm": "html", ".markdown": "markdown"}
_CODE_QUALITY: Final = "gl-code-quality"  # the beginning of the name that GitLab's documentation gives to such files
_BADGE: Final = "badge.json"
_MODULES: Final = {"json": "json_", "csv": "csv_"}  # names of the standard library's modules are not taken


def format_of(path: str) -> str | None:
    """Return the format that a file name asks for by its suffix (the longest that fits), or None."""
    name = path.replace("\\", "/").rpartition("/")[2].lower()
    if name.startswith(_CODE_QUALITY) and name.endswith(".json"):
        return "gitlab"
    if name == _BADGE:
        return "shields"
    known = {**{suffix: form for form, suffix in FORMATS.items()}, **_ALSO}
    return next((known[suffix] for suffix in sorted(known, key=len, reverse=True) if name.endswith(suffix)), None)


def render(report: Report, form: str, **wishes: Any) -> str:
    """Write a report.

    Args:
        report: any report.
        form: a name of `FORMATS`.
        wishes: what the writer takes besides: `style`, `width`, `verbose` of the terminal's, `run` of JSON's.

    Returns:
        Text that ends in a line break.
    """
    writes = writer(form)
    if not report.clean:  # those of an audit are
        from readykit.clean import cleaned

        report = cleaned(report)
    return str(writes.render(report, **wishes))


def writer(form: str) -> Any:
    """The module that writes a format; who waits for a report can load it meanwhile."""
    from readykit.compiling import remembered

    with remembered("report"):
        return import_module(f"{__name__}.{_MODULES.get(form, form)}")
