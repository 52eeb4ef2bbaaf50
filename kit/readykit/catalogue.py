"""Finds checks: every `checks/*.py`, loaded by path as `readykit.checks.<family>`."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path

from readykit import paths
from readykit.model import Check
from readykit.tools import Toolbox, load


def load_file(path: Path, package: str = "readykit.checks") -> tuple[Check, ...]:
    """The checks that a file defines.

    Raises:
        ImportError: the file cannot be loaded as a module.
    """
    name = f"{package}.{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return tuple(value for value in vars(module).values() if isinstance(value, Check))


@lru_cache(maxsize=1)
def checks() -> tuple[Check, ...]:
    """Every check of the standard, by level and id.

    Raises:
        ValueError: two checks have the same id.
    """
    found: dict[str, Check] = {}
    for path in sorted(paths.CHECKS.glob("*.py")):
        for check in load_file(path):
            if check.id in found and found[check.id] is not check:
                raise ValueError(f"{check.id} is defined twice; ids are never reused")
            found[check.id] = check
    return tuple(sorted(found.values(), key=lambda check: (check.level, check.id)))


@lru_cache(maxsize=1)
def toolbox() -> Toolbox:
    """Every tool of `checks/tools`."""
    return load(paths.TOOLS)


def chosen(every: Iterable[Check], select: Sequence[str] = (), ignore: Sequence[str] = ()) -> tuple[Check, ...]:
    """The checks whose id or family is selected (all when nothing is) and not ignored."""
    return tuple(
        check
        for check in every
        if (not select or check.id in select or check.family in select)
        and check.id not in ignore
        and check.family not in ignore
    )
