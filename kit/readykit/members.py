"""A tree whose files are named by an archive or a store of objects: each name is a stranger's text until it is placed.

Nothing is written to disk, so that no name can lead anywhere; still only those are taken that mean the same everywhere.
"""

from __future__ import annotations

import re
import time
from typing import Generic, TypeVar

from readykit.limits import LISTING_SECONDS, MAX_DEPTH, MAX_ENTRIES, MAX_PATH
from readykit.sources import NOT_OWN, SKIPPED, Source

Where = TypeVar("Where")
"""What a source has to know to find the content of a file."""
_DRIVE = re.compile(r"[A-Za-z]:")
_MAC = "__MACOSX"  # what macOS adds to an archive besides its files


class Members(Source, Generic[Where]):
    """The files of an archive or of a commit, taken in one by one."""

    def __init__(self) -> None:
        super().__init__()
        self.where: dict[str, Where] = {}
        self._environments: set[str] = set()
        self._passed: set[str] = set()
        self._seen = 0
        self._until = time.monotonic() + LISTING_SECONDS

    def more(self, name: str) -> bool:
        """Whether another entry is looked at; a row says so when it is not."""
        self._seen += 1
        if self.full(name):
            return False
        if self._seen > MAX_ENTRIES:
            self.unread.add(".", f"more than {MAX_ENTRIES:,} entries: the others are not read")
        elif time.monotonic() > self._until:
            self.unread.add(".", f"more than {LISTING_SECONDS:.0f} seconds to list: the others are not read")
        else:
            return True
        return False

    def take(self, path: str, size: int, where: Where) -> None:
        """Take in a file whose path is placed."""
        if path in self.sizes:
            self.skipped.add(path, "twice in the archive: the last one counts")
        folder, _, name = path.rpartition("/")
        if name == "pyvenv.cfg" and folder:
            self._environments.add(f"{folder}/")
        self.sizes[path] = size
        self.where[path] = where

    def placed(self, name: str, *, portable: bool = True) -> str:
        """The path that a name means.

        Args:
            name: as the archive has it.
            portable: whether names are refused that mean something else on another system.

        Returns:
            The path; empty, with a row where one is due, when the file is passed over.
        """
        why = _refusal(name, portable)
        if why:
            self.skipped.add(name.encode(errors="replace").decode(), why)
            return ""
        parts = [part for part in name.split("/") if part not in ("", ".")]
        for place, part in enumerate(parts[:-1], 1):
            if part in SKIPPED or part == _MAC:
                self._pass_over("/".join(parts[:place]), "" if part.startswith(".git") else NOT_OWN)
                return ""
        if parts and parts[-1] == ".git":
            return ""
        if len(parts) > MAX_DEPTH + 1:
            folder = "/".join(parts[: MAX_DEPTH + 1])
            if folder not in self._passed:
                self._passed.add(folder)
                self.unread.add(folder, f"more than {MAX_DEPTH} folders deep")
            return ""
        return "/".join(parts)

    def _pass_over(self, folder: str, why: str) -> None:
        """Note a folder once."""
        if why and folder not in self._passed:
            self._passed.add(folder)
            self.skipped.add(folder, why)

    def settle(self, *, unwrap: bool) -> None:
        """Look at the tree as a whole, when all of it is known.

        Args:
            unwrap: whether a single folder that holds everything is taken away.
        """
        if self._environments:
            self._leave_out_environments()
        first = next(iter(self.sizes), "").partition("/")[0] + "/"
        if unwrap and self.sizes and all(path.startswith(first) for path in self.sizes):
            self.sizes = {path.removeprefix(first): size for path, size in self.sizes.items()}
            self.where = {path.removeprefix(first): where for path, where in self.where.items()}
            for rows in (self.skipped, self.unread):
                rows[:] = [type(row)(row.path.removeprefix(first), row.why) for row in rows]

    def _leave_out_environments(self) -> None:
        """Take away what lies in folders with a `pyvenv.cfg`: one look at each path, however many there are of them."""
        left_out = set()
        for path in list(self.sizes):
            parts = path.split("/")[:-1]
            above = ("/".join(parts[:length]) + "/" for length in range(1, len(parts) + 1))
            folder = next((place for place in above if place in self._environments), "")
            if folder:
                del self.sizes[path], self.where[path]
                left_out.add(folder.rstrip("/"))
        for folder in sorted(left_out):
            self.skipped.add(folder, NOT_OWN)


def _refusal(name: str, portable: bool) -> str:
    """Why a name is not taken; empty when it is."""
    if not name or "\0" in name:
        return "refused: it has no name that could be used"
    if len(name) > MAX_PATH:
        return "refused: its name is too long"
    if name.startswith("/") or ".." in name.split("/"):
        return "refused: its name leads out of the tree"
    if portable and ("\\" in name or _DRIVE.match(name)):
        return "refused: its name means another place on another system"
    try:
        name.encode()
    except UnicodeEncodeError:
        return "its name is not text"
    return ""
