"""What the commits of a repository say, read by a git that never sees the repository's own configuration."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from readykit.githead import COMMIT

MAX_COMMITS = 500
MAX_BYTES = 2_000_000
SECONDS = 10.0
_FORMAT = "%H%x00%at%x00%P%x00%an%x00%ae%x00%B"
_FIELDS = 6  # each ends in a zero, which is the one sign that no name and no message can hold


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit: its digest, when it was written (seconds since 1970), its message, what kind it is, and by whom."""

    digest: str
    when: int
    message: str
    merge: bool = False
    robot: bool = False
    author: str = ""
    address: str = ""

    @property
    def subject(self) -> str:
        """The first line of the message."""
        return self.message.strip().partition("\n")[0].strip()

    @property
    def body(self) -> str:
        """What follows the first line."""
        return self.message.strip().partition("\n")[2].strip()


@dataclass(frozen=True, slots=True)
class History:
    """The commits from the checked out one backwards, newest first; `missing` says why there are none or not all."""

    commits: tuple[Commit, ...] = ()
    missing: str = ""


NO_HISTORY = History((), "there is no git history here")


def read(folder: Path, commit: str | None, scratch: Path | None = None) -> History:
    """The history of a repository.

    Args:
        folder: its git folder: the `.git` of a tree, or a bare repository.
        commit: the digest that it has checked out, None when there is none.
        scratch: where a folder of ours is made for git; a place for temporary files when left out.

    Returns:
        At most `MAX_COMMITS` commits; none, with the reason, when they cannot be read safely.
    """
    if commit is None or not COMMIT.fullmatch(commit):
        return NO_HISTORY
    from readykit.git import NoGit, Shim  # starting programs is not imported before one is started

    words = ["log", "-z", f"--format={_FORMAT}", "-n", str(MAX_COMMITS), "--end-of-options", "audit"]
    try:
        with Shim(folder, commit, scratch) as shim:
            asked = shim.run(words, SECONDS)
            try:
                data = asked.read(MAX_BYTES)
                whole = len(data) == MAX_BYTES or (asked.wait() == 0 and not asked.late)
            finally:
                asked.end()
            cut = shim.shallow
    except NoGit as why:
        return History((), str(why))
    fields = data.decode("utf-8", "replace").split("\0")
    commits = tuple(made(*record) for record in zip(*[iter(fields)] * _FIELDS, strict=False))
    fault = "" if whole else "git could not read all of its objects"
    return History(commits, fault or ("only the latest commits were cloned" if cut else ""))


def made(digest: str, when: str, parents: str, author: str, address: str, message: str) -> Commit:
    """A commit from what git says of it."""
    robot = bool(re.search(r"\[bot\]|dependabot|renovate|github-actions|pre-commit-ci", author, re.IGNORECASE))
    seconds = int(when) if re.fullmatch(r"\d{1,12}", when) else 0
    return Commit(digest, seconds, message.strip("\n"), " " in parents, robot, author, address)
