"""Finds checks: every `checks/*.py`, a team's own folders, and the folders of installed plugins, by one loader.

A folder of checks has `*.py` files with checks, and may have `tools/*.toml` with products. The standard's own folder
is the first; an installed package announces its folder by an entry point of the group `readykit.checks`.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from readykit import compiled, paths
from readykit.checks_api import BadCheck
from readykit.compiling import remembered
from readykit.errors import UsageError
from readykit.model import Check
from readykit.tools import BadTool, load

if TYPE_CHECKING:
    from readykit.toolbox import Toolbox


def load_file(path: Path, package: str) -> tuple[Check, ...]:
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
    return _defined(module)


def _defined(module: ModuleType) -> tuple[Check, ...]:
    return tuple(value for value in vars(module).values() if isinstance(value, Check))


def _ours() -> Iterator[ModuleType]:
    """The modules of the standard's own checks.

    They are always all loaded, so what they compile to is kept in one piece: to find and open every single one takes
    a quarter of the time. As with Python's own bytecode, the size and time of a source tell whether it has changed.
    """
    names = {f"readykit.checks.{path.stem}": path for path in sorted(paths.CHECKS.glob("*.py"))}
    found = [(path, path.stat()) for path in names.values()]
    source = "\n".join(f"{path} {info.st_size} {info.st_mtime_ns}" for path, info in found).encode()
    codes = compiled.made(
        "checks", source, lambda: {name: SourceFileLoader(name, str(names[name])).get_code(name) for name in names}
    )
    for name, path in names.items():
        sys.modules[name] = module = ModuleType(name)
        module.__file__ = str(path)
        exec(codes[name], vars(module))  # noqa: S102 - our own module, which `import` would execute
        yield module


@lru_cache(maxsize=1)
def checks() -> tuple[Check, ...]:
    """Every check of the standard, by level and id.

    Raises:
        ValueError: two checks have the same id.
    """
    found: dict[str, Check] = {}
    with remembered():
        for module in _ours():
            for check in _defined(module):
                if check.id in found and found[check.id] is not check:
                    raise ValueError(f"{check.id} is defined twice; ids are never reused")
                found[check.id] = check
    return in_order(found.values())


def in_order(found: Iterable[Check]) -> tuple[Check, ...]:
    """Checks by level and id."""
    return tuple(sorted(found, key=lambda check: (check.level, check.id)))


@lru_cache(maxsize=8)
def with_folders(folders: tuple[str, ...] = ()) -> tuple[Check, ...]:
    """The checks of the standard and of other folders. This runs the code of those folders.

    Args:
        folders: paths of folders of checks, as the examiner gave them.

    Raises:
        UsageError: a folder is not there or has no check, a file in it cannot be used, or an id is taken.
    """
    found = {check.id: check for check in checks()}
    for number, folder in enumerate(folders):
        own = [check for path in files_of(folder) for check in loaded(path, f"readykit.checks_{number}")]
        if not own:
            raise UsageError(f"{folder}: there is no check in this folder (a file `*.py` with a function under @check)")
        for check in own:
            if check.id in found:
                raise UsageError(f"{folder}: {check.id} is taken; choose a family of your own")
            found[check.id] = check
    return in_order(found.values())


def files_of(folder: str) -> list[Path]:
    """The Python files of a folder of checks.

    Raises:
        UsageError: it is not a folder.
    """
    if not Path(folder).is_dir():
        raise UsageError(f"{folder}: is not a folder of checks")
    return sorted(path for path in Path(folder).glob("*.py") if path.name != "__init__.py")


def loaded(path: Path, package: str) -> tuple[Check, ...]:
    """The checks of a file that is not ours.

    Raises:
        UsageError: it cannot be used; says why.
    """
    try:
        return load_file(path, package)
    except BadCheck as error:
        raise UsageError(f"{path}: {error}") from None
    except Exception as error:  # it is somebody else's code: whatever it raises, the user has to mend that file
        raise UsageError(f"{path}: cannot be loaded: {type(error).__name__}: {error}") from error


@lru_cache(maxsize=8)
def toolbox(folders: tuple[str, ...] = ()) -> Toolbox:
    """Every product of `checks/tools` and of the `tools` of other folders.

    Raises:
        UsageError: a file of another folder cannot be used.
    """
    others = tuple(Path(folder) / "tools" for folder in folders)
    try:
        return load(paths.TOOLS, *others)
    except BadTool as error:
        raise UsageError(str(error)) from None


def chosen(every: Iterable[Check], select: Sequence[str] = (), ignore: Sequence[str] = ()) -> tuple[Check, ...]:
    """The checks whose id or family is selected (all when nothing is) and not ignored."""
    return tuple(
        check
        for check in every
        if (not select or check.id in select or check.family in select)
        and check.id not in ignore
        and check.family not in ignore
    )
