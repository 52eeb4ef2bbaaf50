"""What the commits of a repository say, read by a git that never sees the repository's own configuration.

Calling git inside a stranger's repository can run its commands: hooks, filters, pagers and helpers are all named by its
configuration. So git gets a folder of ours with two files, and of the repository only the store of objects, which
cannot be configured. Its time, memory and output are limited.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

MAX_COMMITS = 500
MAX_BYTES = 2_000_000
SECONDS = 10.0
MEMORY = 900_000_000
_HEX = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_FORMAT = "%H%x1f%at%x1f%P%x1f%an%x1f%B%x1e"
_PLACES = "/usr/local/bin:/usr/bin:/bin:/opt/homebrew/bin"
_ENVIRONMENT = {
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


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit: its digest, when it was written (seconds since 1970), its message, and what kind it is."""

    digest: str
    when: int
    message: str
    merge: bool = False
    robot: bool = False

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


def read(root: Path, commit: str | None) -> History:
    """The history of a folder.

    Args:
        root: the folder of a repository.
        commit: the digest that it has checked out, None when it is no repository.

    Returns:
        At most `MAX_COMMITS` commits; none, with the reason, when they cannot be read safely.
    """
    if commit is None or not _HEX.fullmatch(commit):
        return NO_HISTORY
    folder = root / ".git"
    objects = folder / "objects"
    if folder.is_symlink() or objects.is_symlink() or not objects.is_dir():
        return History((), "its store of objects is not a plain folder")
    if os.path.lexists(objects / "info" / "alternates"):
        return History((), "its objects lie in another repository")
    git = shutil.which("git", path=_PLACES)
    if git is None:
        return History((), "git is not installed")
    with tempfile.TemporaryDirectory(prefix="readykit-git-") as shim:
        cut = prepare(Path(shim), commit, folder / "shallow")
        output, fault = ask(git, shim, objects.resolve())
    commits = tuple(made(record) for record in output.split("\x1e") if record.count("\x1f") >= 4)
    return History(commits, fault or ("only the latest commits were cloned" if cut else ""))


def prepare(shim: Path, commit: str, shallow: Path) -> bool:
    """Write a git folder of our own that points at the commit; whether older commits were not cloned."""
    version, extension = ("1", "[extensions]\n\tobjectFormat = sha256\n") if len(commit) == 64 else ("0", "")
    settings = f"[core]\n\trepositoryformatversion = {version}\n\tbare = true\n"
    settings += f"\tcommitGraph = false\n\tmultiPackIndex = false\n{extension}"
    (shim / "config").write_text(settings, encoding="ascii")
    (shim / "HEAD").write_text("ref: refs/heads/audit\n", encoding="ascii")
    (shim / "refs" / "heads").mkdir(parents=True)
    (shim / "refs" / "heads" / "audit").write_text(f"{commit}\n", encoding="ascii")
    if shallow.is_symlink() or not shallow.is_file() or shallow.stat().st_size > MAX_BYTES:
        return False
    lines = shallow.read_text(encoding="ascii", errors="replace").split()
    (shim / "shallow").write_text("".join(f"{line}\n" for line in lines if _HEX.fullmatch(line)), encoding="ascii")
    return bool(lines)


def ask(git: str, shim: str, objects: Path) -> tuple[str, str]:
    """The output of `git log` over the shim, and what went wrong."""
    limit = shutil.which("prlimit", path=_PLACES)
    command = [limit, f"--as={MEMORY}"] if limit else []
    command += [git, "--no-pager", "log", f"--format={_FORMAT}", "-n", str(MAX_COMMITS), "--end-of-options", "audit"]
    environment = {**_ENVIRONMENT, "PATH": _PLACES, "GIT_DIR": shim, "GIT_OBJECT_DIRECTORY": str(objects)}
    try:
        process = subprocess.Popen(  # noqa: S603 - a fixed command; the repository names none of its words
            command,
            cwd=shim,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as error:
        return "", f"git does not start: {error.strerror}"
    timer = threading.Timer(SECONDS, process.kill)
    timer.start()
    try:
        with process:
            data = process.stdout.read(MAX_BYTES) if process.stdout else b""
            if len(data) == MAX_BYTES:
                process.kill()
    finally:
        timer.cancel()
    text = data.decode("utf-8", "replace")
    return text, "" if process.returncode == 0 or len(data) == MAX_BYTES else "git could not read all of its objects"


def made(record: str) -> Commit:
    """A commit from one record of the output."""
    digest, when, parents, author, message = record.strip("\n").split("\x1f", 4)
    robot = bool(re.search(r"\[bot\]|dependabot|renovate|github-actions|pre-commit-ci", author, re.IGNORECASE))
    seconds = int(when) if re.fullmatch(r"\d{1,12}", when) else 0
    return Commit(digest, seconds, message, " " in parents, robot)
