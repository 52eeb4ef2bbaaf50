"""The facts of a tree from one audit to the next: by the content of each file, all in one entry of the cache."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from readykit import cache, wire
from readykit.facts.dispatch import kinds_of
from readykit.leaks import known_leaks
from readykit.shown import leaves_traces, rows
from readykit.sieve import without_data

if TYPE_CHECKING:
    from readykit.repo import Repo
    from readykit.toolbox import Toolbox

Entry = tuple[bytes, bool, str, int, int]
"""What is kept of one file: the digest of its content, whether only its lines were read, why it could not be read, and
where in one long piece of bytes that begins and ends which is `told` of it: thousands of pieces would leave holes."""

MAY_HOLD_SECRETS = re.compile(
    rb"(?i)(?:passw|secret|token(?!i[sz])|api[_-]?key|access_?key|account_?key|private_?key|credential|_pwd"
    rb"|connection_?string)(?:[\w-]{100}|[\w-]{0,99}[\"'\])]*\s*[:=]+\s*[bf]?"
    rb"(?:[\"'][^\s\"'(]{6}|(?![\w.]{1,100}\()[^\s\"'(]{6}))"
    rb"|AKIA|ASIA|AIza|gh[pousr]_|github_pat|glpat-|xox[abpr]-|hf_[A-Za-z0-9]{16}|(?<![a-z0-9])sk[_-]|eyJ[A-Za-z]"
    rb"|-----BEGIN|LS0tLS1C|Bearer\s|\blogin\b|://[^\s/:]+:[^\s/@]+@"
)
"""What a credential may look like: the facts of such a file are not kept, unless it was read by lines (no values).

But for a tokenizer, a `mask_` and what a call gives it may be anything; for these alone half of all files would not be.
"""
BEGINNINGS = (
    b"passw", b"secret", b"token", b"apikey", b"api_key", b"api-key", b"accesskey", b"access_key", b"accountkey",
    b"account_key", b"privatekey", b"private_key", b"credential", b"_pwd", b"connectionstring", b"connection_string",
    b"akia", b"asia", b"aiza", b"ghp_", b"gho_", b"ghu_", b"ghs_", b"ghr_", b"github_pat", b"glpat-", b"xox", b"hf_",
    b"sk-", b"sk_", b"eyj", b"-----begin", b"ls0tls1c", b"bearer", b"login", b"://",
)  # fmt: skip
"""How what `MAY_HOLD_SECRETS` finds begins, in small letters."""


def told(repo: Repo, path: str, toolbox: Toolbox) -> bytes:
    """What is known of a file once it was read, as bytes: its facts, and what they show of the standard's own tools."""
    facts = repo.facts(path)
    if toolbox.standard and leaves_traces(path, repo.role(path)):
        repo.shown[path] = rows(toolbox, facts)
    return wire.packed((wire.rows(facts), repo.shown.get(path)))


def taken_in(repo: Repo, path: str, known: bytes | memoryview, why: str, toolbox: Toolbox) -> None:
    """Take in what is known of a file, and why it could not be read."""
    facts, shows = wire.unpacked(known)
    repo.install(path, wire.facts(path, facts, repo.details), why)
    if shows is not None and toolbox.standard:
        repo.shown[path] = shows


class Kept:
    """What earlier audits know of a tree's files, and what the next one will."""

    def __init__(self, repo: Repo, toolbox: Toolbox) -> None:
        self.repo = repo
        self.toolbox = toolbox
        self.name = cache.key("facts", str(repo.place))
        self._known, self._told = _loaded(self.name)
        self._same: dict[str, Entry] = {}
        self._new: dict[str, Entry] = {}
        self._told_now = bytearray()

    def installed(self, path: str) -> bool:
        """Take in the facts of a file when its content was seen before; says whether it was."""
        entry = self._known.get(path)
        if entry is None or entry[:2] != self._read_as(path):
            return False
        self._same[path] = entry
        taken_in(self.repo, path, self._told[entry[3] : entry[4]], entry[2], self.toolbox)
        known_leaks(self.repo)[path] = []  # what holds a credential is not kept
        return True

    def add(self, path: str, known: bytes, why: str) -> None:
        """Keep what is `told` of a file that `may_be_kept`."""
        self._new[path] = self._entry(*self._read_as(path), why, known)

    def store(self) -> None:
        """Keep all this for the next audit, if it is not what was known already."""
        if self._new or self._same.keys() != self._known.keys():
            for path, (digest, by_lines, why, start, end) in self._same.items():
                self._new[path] = self._entry(digest, by_lines, why, self._told[start:end])
            cache.store(self.name, wire.packed((self._new, self._told_now)))

    def _entry(self, digest: bytes, by_lines: bool, why: str, known: bytes | memoryview) -> Entry:
        start = len(self._told_now)
        self._told_now += known
        return digest, by_lines, why, start, len(self._told_now)

    def _read_as(self, path: str) -> tuple[bytes, bool]:
        return self.repo.digest(path), path in self.repo.by_lines


def _loaded(name: str) -> tuple[dict[str, Entry], memoryview]:
    data = cache.load(name)
    try:
        found: Any = wire.unpacked(data) if data is not None else None
    except wire.NotOurs:
        found = None
    match found:
        case (dict() as known, bytes() as whole):
            return known, memoryview(whole)
    return {}, memoryview(b"")


def may_be_kept(repo: Repo, path: str, known: bytes) -> bool:
    """Whether what is `told` of a file holds no credential; without values, as from its lines alone, it does not.

    Of other languages than Python only a few names are told: they are looked through instead of the file. Pictures in a
    notebook are left out: they look like anything, and nothing is told of them.
    """
    if path in repo.refused or known_leaks(repo).get(path):
        return False
    if path in repo.by_lines or not repo.facts(path):
        return True
    if kinds_of(path) == ("source",):
        return not looks_secret(known)
    pictured = path.endswith(".ipynb")
    return not looks_secret(without_data(repo.text(path), 0).encode() if pictured else repo.raw(path))


def looks_secret(data: bytes) -> bool:
    """Whether something in a file looks like a credential; finds `MAY_HOLD_SECRETS` ten times as fast as a search."""
    small = data.lower()
    for word in BEGINNINGS:
        at = small.find(word)
        while at >= 0:
            if MAY_HOLD_SECRETS.match(data, at):
                return True
            at = small.find(word, at + 1)
    return False
