"""Reports become files: complete or absent, never through a link, never over anything but a file."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from readykit.errors import UsageError
from readykit.text import clean


def refuse(paths: list[str], root: str) -> None:
    """Look before the work whether reports can be written where they are wanted.

    Args:
        paths: the files to write.
        root: what is audited; a stranger may have laid links in it where reports usually stand.

    Raises:
        UsageError: a path is a link, a folder or a device, its folder is missing, or inside the audited tree its folder
            leads out of the tree; or one file is named twice.
    """
    seen: set[str] = set()
    for path in paths:
        target = Path(path)
        real, tree = os.path.realpath(target.parent), os.path.realpath(root)
        if not os.path.isdir(real):  # noqa: PTH112 - a path made by os.path
            raise _no(path, "its folder does not exist")
        if (whole := os.path.join(real, target.name)) in seen:  # noqa: PTH118 - as above
            raise _no(path, "it is named twice")
        seen.add(whole)
        _regular(path)
        shown = os.path.abspath(target.parent)  # noqa: PTH100 - without following links, which is what is asked
        for inside, outside in ((os.path.abspath(root), tree), (tree, tree)):  # noqa: PTH100
            if _within(shown, inside) and not _within(real, outside):
                raise _no(path, "a link in the audited tree leads out of it")


def _within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def _regular(path: str) -> None:
    """Make sure that what stands at a path may be replaced.

    Raises:
        UsageError: it is no regular file.
    """
    try:
        mode = os.lstat(path).st_mode
    except FileNotFoundError:
        return
    except (OSError, ValueError) as problem:
        raise _no(path, getattr(problem, "strerror", None) or str(problem)) from problem
    if not stat.S_ISREG(mode):
        what = "a link" if stat.S_ISLNK(mode) else "a folder" if stat.S_ISDIR(mode) else "no regular file"
        raise _no(path, f"it is {what}, and only a regular file is replaced")


def _no(path: str, why: str) -> UsageError:
    return UsageError(f"--output {clean(path, 200)}: cannot be written ({why})")


def write(pages: Mapping[str, str]) -> None:
    """Write files, all of them or none as far as a file system allows.

    Args:
        pages: the text of each file by its path.

    Raises:
        UsageError: one cannot be written.
    """
    parts: dict[str, str] = {}
    path = ""
    try:
        for path, text in pages.items():
            _regular(path)
            parts[path] = beside(path, text.encode("utf-8", "backslashreplace"))
        for path in list(parts):
            Path(parts[path]).replace(path)
            del parts[path]
    except OSError as problem:
        raise _no(path, problem.strerror or str(problem)) from problem
    finally:
        for part in parts.values():  # also after Ctrl-C: nothing half done is left behind
            Path(part).unlink(missing_ok=True)


def beside(path: str, data: bytes) -> str:
    """Write data to a new file in the folder of a path, down to the disk, through no link; give back its name."""
    folder = Path(path).parent
    number = 0
    while True:
        number += 1
        name = str(folder / f".kit-{os.getpid()}-{number}.part")
        try:
            handle = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), 0o666)
        except FileExistsError:
            continue
        try:
            with os.fdopen(handle, "wb") as part:
                part.write(data)
                part.flush()
                os.fsync(part.fileno())
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        return name
