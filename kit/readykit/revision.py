"""Which commit a word means, found without git's configuration: references are read as files, git only walks commits.

What stands before the first `~`, `^` or `@` is looked up in the files of the repository; what follows is for a git
that sees the objects alone (`git`), and so is an abbreviated digest.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from readykit.errors import TargetError, UsageError
from readykit.git import NoGit, Shim
from readykit.githead import COMMIT, commit_of, reference
from readykit.text import clean

SECONDS = 20.0
_WORD = re.compile(r"(?P<name>[\w][\w./+-]*|@)(?P<steps>(?:[~^]\d*)*)")
_SHORT = re.compile(r"[0-9a-f]{4,64}")
_PLACES = ("{}", "refs/{}", "refs/tags/{}", "refs/heads/{}", "refs/remotes/{}", "refs/remotes/{}/HEAD")
"""Where git looks for a name, in this order."""


class NoCommit(UsageError):
    """A repository in which nothing was committed yet."""


class NoStore(TargetError):
    """A folder that belongs to no repository."""


def store_of(target: Path) -> tuple[Path, str]:
    """The `.git` folder that a folder belongs to, and where in its tree the folder stands.

    Args:
        target: an audited folder.

    Raises:
        TargetError: there is none, or it lies elsewhere.
    """
    here = target.resolve()
    for folder in (here, *here.parents):
        git = folder / ".git"
        if not os.path.lexists(git):
            continue
        if git.is_dir() and not git.is_symlink():
            return git, "" if folder == here else here.relative_to(folder).as_posix()
        raise TargetError(
            f"{clean(folder.name, 200)}: is a linked worktree or a submodule, whose history lies elsewhere: "
            "compare with a file by --baseline instead of a revision"
        )
    raise NoStore(f"{clean(here.name, 200)}: has no git history, so there is no revision to compare with")


def resolved(folder: Path, word: str, scratch: Path | None = None) -> str:
    """The digest of the commit that a word means: `HEAD~2`, `main`, `origin/main`, `v1.0`, `3f2a91c`.

    Args:
        folder: the `.git` of a repository, or a bare one.
        word: as one would say it to git.
        scratch: where a folder of ours is made for git.

    Raises:
        UsageError: it means no commit that is here.
    """
    shown = clean(word, 100)
    match = _WORD.fullmatch(word)
    if match is None or ".." in word:
        raise UsageError(f"--diff {shown}: write a branch, a tag, a commit, or one of these with ~N or ^ behind it")
    here = commit_of(folder)
    if here is None:
        raise NoCommit(f"--diff {shown}: the repository has no commit yet")
    digest = _named(folder, match["name"]) or (match["name"] if _SHORT.fullmatch(match["name"]) else "")
    try:
        found = _walked(folder, here, f"{digest}{match['steps']}^{{commit}}", scratch) if digest else ""
    except NoGit as why:
        raise UsageError(f"--diff {shown}: {why}") from None
    if not found:
        raise UsageError(
            f"--diff {shown}: there is no such commit in this repository; fetch it first (a checkout in "
            "CI may have the latest commit only: fetch-depth: 0)"
        )
    return found


def _named(folder: Path, name: str) -> str | None:
    """What a name of a reference points to, one step deep where it is the name of another one."""
    name = "HEAD" if name == "@" else name
    return next((found for place in _PLACES if (found := reference(folder, place.format(name)))), None)


def _walked(folder: Path, here: str, word: str, scratch: Path | None) -> str:
    """The digest that git finds for digests and steps; empty when there is none.

    Raises:
        NoGit: the objects are not read, or git is not installed.
    """
    with Shim(folder, here, scratch) as shim:
        git = shim.run(["rev-parse", "--verify", "--quiet", "--end-of-options", word], SECONDS)
        found = git.line().decode("ascii", "replace").strip()
        ended = git.wait() == 0
    return found if ended and COMMIT.fullmatch(found) else ""


def index_of(folder: Path) -> str:
    """The name of the index in a `.git` folder: while `git commit --all` asks its hooks, it is another one."""
    path = Path(os.environ.get("GIT_INDEX_FILE") or "index")
    return path.name if path.name != "index" and path.absolute().parent.resolve() == folder.resolve() else "index"
