"""Installed plugins: packages that bring checks, announced by an entry point of the group `readykit.checks`."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path

from readykit.errors import UsageError

GROUP = "readykit.checks"


def installed() -> tuple[str, ...]:
    """The folders of installed plugins: packages that the entry points of the group name.

    Raises:
        UsageError: an entry point names a package that is not there.
    """
    if not any(map(_announces, sys.path)):
        return ()
    from importlib.metadata import entry_points

    found = []
    for point in sorted(entry_points(group=GROUP), key=lambda point: point.name):
        spec = importlib.util.find_spec(point.value)
        places = list(spec.submodule_search_locations or ()) if spec is not None else []
        if not places:
            raise UsageError(f"the plugin {point.name!r} names {point.value!r}, which is no package with checks")
        found.append(places[0])
    return tuple(found)


def _announces(place: str) -> bool:
    """Whether a place of the import path may hold a plugin.

    `importlib.metadata` costs more than half of our own start, and next to nobody has a plugin; so it is asked only
    when some package's list of entry points has the name of the group in it, or cannot be looked at as a file.
    """
    folder = Path(place)
    if folder.suffix == ".egg" or folder.is_file():
        return True
    return any(GROUP.encode() in text for text in _entry_points(folder))


def _entry_points(folder: Path) -> Iterator[bytes]:
    """The lists of entry points of the packages that are installed in a folder."""
    try:
        found = list(folder.iterdir())
    except OSError:
        return
    for path in found:
        if path.name.endswith((".dist-info", ".egg-info", ".egg")):
            inside = path / "EGG-INFO" if path.suffix == ".egg" else path
            try:
                yield (inside / "entry_points.txt").read_bytes()
            except OSError:
                continue  # it has none
