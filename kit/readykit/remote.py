"""An `https://` address of a git repository: what it may look like, and a clone of it that runs nothing.

An address is a stranger's text: git takes some of them as options, some as programs to run (`ext::`). So only one form
is taken, and what is not of this form is refused without being repeated: it may hold a password.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from readykit.errors import TargetError
from readykit.git import NoGit, Running
from readykit.githead import COMMIT
from readykit.limits import CLONE_DEPTH, CLONE_SECONDS, MAX_CLONE, MAX_URL

_HOST = r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])"
_PATH = r"(?:/(?:[A-Za-z0-9._~+-]|%20)+)+/?"
_ADDRESS = re.compile(rf"https://(?P<host>{_HOST}(?::[0-9]{{1,5}})?)(?P<path>{_PATH})", re.ASCII)
_REF = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9._/+-]*[A-Za-z0-9_+-])?", re.ASCII)
_PART = re.compile(r"[^\x00-\x1f\x7f:\\]+")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]{0,20})(://|::)", re.ASCII)
_PASSED = ("https_proxy", "HTTPS_PROXY", "no_proxy", "NO_PROXY")  # the user's own way out of their network
_SAYS = 20_000
_SETTINGS = (
    "core.hooksPath=/dev/null", "core.symlinks=false", "core.fsmonitor=false", "credential.helper=",
    "http.followRedirects=false", "http.lowSpeedLimit=1000", "http.lowSpeedTime=20", "protocol.version=2",
    "transfer.fsckObjects=true", "transfer.unpackLimit=1", "transfer.bundleURI=false", "pack.threads=1",
    "core.bigFileThreshold=16m", "gc.auto=0", "maintenance.auto=false", "submodule.recurse=false",
    # faults of old versions of git, which famous repositories have and which do no harm
    "fetch.fsck.zeroPaddedFilemode=ignore", "fetch.fsck.badTimezone=ignore", "fetch.fsck.missingSpaceBeforeDate=ignore",
)  # fmt: skip
_CAUSES = (
    ("could not resolve host", "the host is not known"),
    ("could not read username", "it asks for a password: there is no such public repository"),
    ("authentication failed", "it asks for a password: there is no such public repository"),
    ("not our ref", "there is no such commit, or the server does not give it by its digest"),
    ("remote branch", "there is no such branch or tag"),
    ("not found", "there is no such repository"),
    ("unable to update url base from redirection", "it has moved: name the new address"),
    ("redirect", "it has moved: name the new address"),
    ("error: 30", "it has moved: name the new address"),
    ("certificate", "its certificate is not trusted"),
    ("fsck", "it holds objects that git refuses"),
    ("file size limit exceeded", "it is too large"),
    ("filesize", "it is too large"),
    ("out of memory", "it is too large"),
)


@dataclass(frozen=True, slots=True)
class Address:
    """A repository on a server: its URL, the branch or tag, and the folder in it."""

    url: str
    ref: str = ""
    subdirectory: str = ""

    @property
    def name(self) -> str:
        """What to call the tree."""
        path = self.subdirectory or self.url.rstrip("/").removesuffix(".git")
        return path.rpartition("/")[2]

    @property
    def shown(self) -> str:
        """All of it in one line, as it is typed."""
        return self.url + (f"@{self.ref}" if self.ref else "") + (f"#{self.subdirectory}" if self.subdirectory else "")


def parsed(text: str) -> Address:
    """Read an address: `https://host/owner/repository.git@ref#folder`.

    Raises:
        TargetError: it is not of this form; the message repeats nothing of it but the scheme.
    """
    scheme = _SCHEME.match(text)
    if scheme is None or scheme[1] != "https" or scheme[2] != "://":
        named = scheme[0] if scheme else "this"
        raise TargetError(f"{named} is not cloned: only https:// addresses are, for example {_EXAMPLE}")
    if len(text) > MAX_URL:
        raise TargetError(f"the address is longer than {MAX_URL:,} characters")
    base, _, folder = text.partition("#")
    authority, slash, path = base.removeprefix("https://").partition("/")
    if "@" in authority:
        raise TargetError("an address must not hold a user or a password: everybody on this machine can read it")
    path, at, ref = path.rpartition("@") if "@" in path else (path, "", "")
    found = _ADDRESS.fullmatch(f"https://{authority}{slash}{path}")
    if found is None or not _plain(found["path"].strip("/")):
        raise TargetError(f"the address is not of the form {_EXAMPLE}")
    if at and (not _REF.fullmatch(ref) or ".." in ref or "//" in ref or ref.endswith(".lock")):
        raise TargetError("what follows @ in the address is no branch or tag")
    folder = folder.removeprefix("subdirectory=").strip("/")
    if folder and not (_PART.fullmatch(folder) and folder.isprintable() and _plain(folder)):
        raise TargetError("what follows # in the address is no folder in a repository")
    return Address(found[0], ref, folder)


_EXAMPLE = "https://github.com/owner/repository@v1.2#services/api"


def _plain(path: str) -> bool:
    """Whether all parts of a path are names."""
    return all(part not in ("", ".", "..") for part in path.split("/"))


def commands(address: Address, folder: Path) -> list[list[str]]:
    """The words of git that bring a repository here as a bare one, its latest commits only.

    A branch or tag, or what the server calls its head, is cloned; a commit is fetched into an empty repository.
    """
    settings = [word for setting in _SETTINGS for word in ("-c", setting)]
    latest = ["--quiet", "--no-tags", f"--depth={CLONE_DEPTH}"]
    if COMMIT.fullmatch(address.ref):
        fetch = [f"--git-dir={folder}", "fetch", *latest, "--no-recurse-submodules", "--", address.url]
        empty = ["init", "--quiet", "--bare", "--template=", "--initial-branch=audit", "--", str(folder)]
        return [[*settings, *empty], [*settings, *fetch, f"+{address.ref}:refs/heads/audit"]]
    words = ["clone", *latest, "--bare", "--template=", "--no-recurse-submodules", "--single-branch"]
    words += [f"--branch={address.ref}"] if address.ref else []
    return [[*settings, *words, "--", address.url, str(folder)]]


def clone(address: Address, scratch: Path, extra: Mapping[str, str] | None = None) -> Path:
    """Bring a repository here, without its tags, its submodules and a checkout.

    Args:
        address: the repository.
        scratch: a folder of ours, in which the clone is made.
        extra: variables of git's environment besides those that keep it harmless.

    Returns:
        The folder of the bare clone.

    Raises:
        TargetError: it cannot be had, or is too large or too slow.
    """
    folder = scratch / "clone"
    variables = {name: os.environ[name] for name in _PASSED if name in os.environ}
    variables |= {"GIT_ALLOW_PROTOCOL": "https", "TMPDIR": str(scratch), **(extra or {})}
    for words in commands(address, folder):
        try:
            why = _fault(Running(words, scratch, CLONE_SECONDS, variables, apart=True), scratch)
        except NoGit as fault:
            why = str(fault)
        if why:
            raise TargetError(f"{address.shown}: {why}")
    return folder


def _fault(git: Running, folder: Path) -> str:
    """Why a git failed that fills a folder of ours; empty when it did not."""
    try:
        said = _watched(git, folder)
        code = git.wait() if said is not None else -1
    finally:
        git.end()
    if git.late:
        return f"cannot be cloned in {CLONE_SECONDS:.0f} seconds"
    if said is None:
        return f"its latest commits have more than {MAX_CLONE:,} bytes"
    return f"cannot be cloned: {_cause(said)}" if code else ""


def _watched(git: Running, folder: Path) -> str | None:
    """What git says until it ends; None when its folder has grown too large."""
    said = b""
    while (piece := git.piece(0.2)) != b"":
        said = (said + (piece or b""))[:_SAYS]
        if piece is None and size_of(folder) > MAX_CLONE:
            return None
    return said.decode("utf-8", "replace").lower()


def size_of(folder: Path) -> int:
    """Bytes of the files of a folder of ours."""
    total = 0
    for place, _, files in os.walk(folder):
        for name in files:
            try:
                total += os.lstat(os.path.join(place, name)).st_size  # noqa: PTH118 - asked many times
            except OSError:
                continue  # git has renamed it
    return total


def _cause(said: str) -> str:
    """Why a clone failed, in our words: what a server says is not repeated."""
    return next((cause for words, cause in _CAUSES if words in said), "the server cannot be reached, or speaks no git")
