"""The one way in which git is called: it sees a store of objects and none of a repository's configuration.

Calling git inside a stranger's repository can run its commands: hooks, filters, pagers and helpers are all named by its
configuration, and no list of switches turns all of them off. So git gets a folder of ours with two files, an
environment of ours, and of the repository only the store of objects, which cannot be configured. Its time, memory and
output are limited, and it belongs to the process group of who called it: whoever ends the one ends both.
"""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from readykit.githead import COMMIT, content
from readykit.limits import GIT_MEMORY, MAX_CLONE

_PLACES = "/usr/local/bin:/usr/bin:/bin:/opt/homebrew/bin"
_ENVIRONMENT = {
    "PATH": _PLACES,
    "HOME": "/nonexistent",
    "LC_ALL": "C.UTF-8",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_PAGER": "cat",
    "GIT_ASKPASS": "/bin/false",
    "GIT_SSH_COMMAND": "/bin/false",
}
_MAX_SHALLOW = 2_000_000
_MAX_PACKS = 20_000
_GIT_CPU = 200
_PIECE = 1 << 16


class NoGit(Exception):
    """Git cannot be had, or must not be asked; the text says why."""


class Running:
    """A git that has been started, with a deadline after which it is ended."""

    def __init__(
        self, words: Sequence[str], folder: Path, seconds: float, variables: Mapping[str, str], *,
        apart: bool = False, asked: bool = False,
    ) -> None:  # fmt: skip
        """Start it.

        Args:
            words: what follows `git`.
            folder: the working directory, one of ours.
            seconds: until it is ended.
            variables: of its environment, besides those that keep it harmless.
            apart: whether it gets a process group of its own, for a git that starts others.
            asked: whether it reads questions.

        Raises:
            NoGit: it is not installed, or does not start.
        """
        git = shutil.which("git", path=_PLACES)
        if git is None:
            raise NoGit("git is not installed")
        self.apart = apart
        self.late = False
        try:
            self.process = subprocess.Popen(  # noqa: S603 - the words are ours; what is foreign stands behind `--`
                [*_limited(seconds if apart else 0), git, "--no-pager", *words],
                cwd=folder, env={**_ENVIRONMENT, **variables}, start_new_session=apart,
                bufsize=0, stdin=subprocess.PIPE if asked else subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT if apart else subprocess.DEVNULL,
            )  # fmt: skip
        except OSError as error:
            raise NoGit(f"git does not start: {error.strerror}") from None
        self._until = time.monotonic() + seconds
        self._said = b""  # and not yet given out

    def piece(self, seconds: float | None = None) -> bytes | None:
        """What it says next: nothing at its end or when time is up, None when it says nothing for so many seconds."""
        if self._said:
            said, self._said = self._said, b""
            return said
        left = self._until - time.monotonic()
        descriptor = self.process.stdout.fileno() if self.process.stdout else -1
        if left > 0 and _says(descriptor, left if seconds is None else min(left, seconds)):
            return os.read(descriptor, _PIECE)
        if seconds is not None and left > seconds:
            return None
        self.late = True
        self._kill()
        return b""

    def read(self, most: int) -> bytes:
        """At most so many bytes of what it says; fewer only when it has said all."""
        said = bytearray()
        while len(said) < most and (piece := self.piece()):
            said += piece
        self._said = bytes(said[most:])
        return bytes(said[:most])

    def line(self, most: int = 1_000) -> bytes:
        """A line of what it says, cut at so many bytes."""
        said = b""
        while b"\n" not in said and len(said) < most and (piece := self.piece()):
            said += piece
        line, end, rest = said.partition(b"\n")
        self._said = rest
        return line + end

    def ask(self, question: bytes) -> None:
        """Tell it something.

        Raises:
            OSError: it has ended.
        """
        if self.process.stdin:
            self.process.stdin.write(question)

    def _kill(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if self.apart:
                os.killpg(self.process.pid, signal.SIGKILL)
            elif self.process.returncode is None:
                self.process.kill()

    def wait(self) -> int:
        """Wait until it ends by itself, or by its deadline; its exit code."""
        try:
            return self.process.wait(max(0.0, self._until - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.late = True
            return -1
        finally:
            self.end()

    def end(self) -> None:
        """End it, with all that it started."""
        self._kill()
        for pipe in (self.process.stdin, self.process.stdout):
            with contextlib.suppress(OSError):
                if pipe:
                    pipe.close()
        self.process.wait()


def _says(descriptor: int, seconds: float) -> bool:
    """Whether there is something to read, or the end, within so many seconds; Windows cannot tell, and waits."""
    return os.name == "nt" or bool(select.select([descriptor], [], [], seconds)[0])


def _limited(seconds: float) -> list[str]:
    """The words before a program by which it gets its limits, where there are programs for it.

    Args:
        seconds: until one ends that is not in our process group, and so does not end with us by itself: then, or
            when we do, it is told to end, with all that it started. 0 for one that is.
    """
    prlimit = shutil.which("prlimit", path=_PLACES)
    if prlimit is None:
        return []
    setpriv, timeout = shutil.which("setpriv", path=_PLACES), shutil.which("timeout", path=_PLACES)
    mortal = [timeout, "--kill-after=1", f"{seconds + 1:.0f}"] if seconds and timeout else []
    if mortal and setpriv and "busybox" not in os.path.realpath(setpriv):
        mortal = [setpriv, "--pdeathsig", "TERM", *mortal]
    import resource  # there is none on Windows, nor prlimit

    wanted = {"as": (resource.RLIMIT_AS, GIT_MEMORY), "fsize": (resource.RLIMIT_FSIZE, MAX_CLONE)}
    wanted |= {"cpu": (resource.RLIMIT_CPU, _GIT_CPU), "core": (resource.RLIMIT_CORE, 0)}
    bounds = []
    for name, (kind, most) in wanted.items():
        hard = resource.getrlimit(kind)[1]  # one that is lower already cannot be raised
        bounds.append(f"--{name}={most if hard == resource.RLIM_INFINITY else min(most, hard)}")
    return [prlimit, *bounds, *mortal]


class Shim:
    """A git folder of ours over the objects of somebody's repository."""

    def __init__(self, folder: Path, commit: str, scratch: Path | None = None) -> None:
        """Make it.

        Args:
            folder: the `.git` of a repository, or a bare one.
            commit: the digest that `audit` is to mean.
            scratch: where our folder is made, in a place for temporary files when left out.

        Raises:
            NoGit: the objects are not a plain store of this repository.
        """
        if why := foreign(folder):
            raise NoGit(why)
        self._owner = os.getpid()
        if scratch is not None:
            scratch.mkdir(mode=0o700, exist_ok=True)
        self.objects = (folder / "objects").resolve()
        self.path = Path(tempfile.mkdtemp(prefix="readykit-git-", dir=scratch))
        self.shallow = False
        try:
            self._write(folder, commit)
        except BaseException:
            self.close()
            raise

    def _write(self, folder: Path, commit: str) -> None:
        version, extension = ("1", "[extensions]\n\tobjectFormat = sha256\n") if len(commit) == 64 else ("0", "")
        settings = f"[core]\n\trepositoryformatversion = {version}\n\tbare = true\n"
        settings += f"\tcommitGraph = false\n\tmultiPackIndex = false\n{extension}"
        (self.path / "config").write_text(settings, encoding="ascii")
        (self.path / "HEAD").write_text("ref: refs/heads/audit\n", encoding="ascii")
        (self.path / "refs" / "heads").mkdir(parents=True)
        (self.path / "refs" / "heads" / "audit").write_text(f"{commit}\n", encoding="ascii")
        known = (content(folder / "shallow", _MAX_SHALLOW) or b"").decode("ascii", "replace").split()
        if edges := [f"{line}\n" for line in known if COMMIT.fullmatch(line)]:
            (self.path / "shallow").write_text("".join(edges), encoding="ascii")
            self.shallow = True

    def run(self, words: Sequence[str], seconds: float, *, asked: bool = False) -> Running:
        """Start a git that reads these objects.

        Raises:
            NoGit: it is not installed, or does not start.
        """
        places = {"GIT_DIR": str(self.path), "GIT_OBJECT_DIRECTORY": str(self.objects)}
        return Running(words, self.path, seconds, places, asked=asked)

    def close(self) -> None:
        """Take the folder away; in a fork of the process that made it, leave it."""
        if self._owner == os.getpid():
            shutil.rmtree(self.path, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def foreign(folder: Path) -> str:
    """Why the objects of a git folder are not to be read; empty when they are plain files of its own.

    Args:
        folder: the `.git` of a repository, or a bare one.
    """
    objects = folder / "objects"
    if folder.is_symlink() or objects.is_symlink() or not objects.is_dir():
        return "its store of objects is not a plain folder"
    info = objects / "info"
    if any(os.path.lexists(info / name) for name in ("alternates", "http-alternates")):
        return "its objects lie in another repository"
    for place in (objects, info, objects / "pack"):
        try:
            with os.scandir(place) as entries:
                for number, entry in enumerate(entries):
                    kind = entry.stat(follow_symlinks=False).st_mode
                    if not (stat.S_ISREG(kind) or stat.S_ISDIR(kind)):
                        return "its store of objects holds links or pipes"
                    if number >= _MAX_PACKS:
                        return "its store of objects holds too many packs"
        except FileNotFoundError:
            continue
        except OSError as error:
            return f"its store of objects cannot be listed: {error.strerror}"
    return ""
