"""Reads the files of a tree ahead of the checks: once, by several processes when that pays, with what is known already.

The facts of a file depend on its path and its text alone. So they are kept by the digest of its content, all facts of
one tree in one entry of the cache.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from readykit import cache, wire
from readykit.credentials import Leak
from readykit.facts.dispatch import kinds_of
from readykit.leaks import in_file, known_leaks, searched
from readykit.limits import FILE_SECONDS, PARALLEL_BYTES, READING_SECONDS
from readykit.model import Location
from readykit.plan import planned
from readykit.worker import Died, Fault, Say, TooLong, Worker, at_most, can_fork, listening

if TYPE_CHECKING:
    from readykit.repo import Repo
    from readykit.toolbox import Toolbox

Entry = tuple[bytes, list[wire.Row], str]
"""What is kept of one file: the digest of its content and of how it was read, its facts, why it could not be read."""

MAY_HOLD_SECRETS = re.compile(
    rb"(?i)(?:passw|secret|token|api[_-]?key|access_?key|account_?key|private_?key|credential|_pwd|connection_?string)"
    rb"(?:[\w-]{100}|[\w-]{0,99}[\"'\])]*\s*[:=]+\s*[bf]?[\"']?[^\s\"'(]{6,})"
    rb"|AKIA|ASIA|AIza|gh[pousr]_|github_pat|glpat-|xox[abpr]-|hf_[A-Za-z]|sk-|sk_|eyJ[A-Za-z]|-----BEGIN|LS0tLS1C"
    rb"|Bearer\s|\blogin\b|://[^\s/:]+:[^\s/@]+@"
)
"""What a credential may look like: the facts of such a file are not kept, unless it was read by lines (no values)."""
BEGINNINGS = (
    b"passw", b"secret", b"token", b"api", b"access", b"account", b"private", b"credential", b"_pwd", b"connection",
    b"akia", b"asia", b"aiza", b"ghp_", b"gho_", b"ghu_", b"ghs_", b"ghr_", b"github_pat", b"glpat-", b"xox", b"hf_",
    b"sk-", b"sk_", b"eyj", b"-----begin", b"ls0tls1c", b"bearer", b"login", b"://",
)  # fmt: skip
"""How what `MAY_HOLD_SECRETS` finds begins, in small letters."""
HURRIED = ("takes more than", "needs too much", "not read:")
"""How the reasons begin that another run may not have."""
LARGE = 400_000
"""Bytes of Python, or what costs as much, of a file that is read by the first process only."""
COST = {"python": 1.0, "yaml": 0.6, "notebook": 0.05, "json_": 0.3, "markdown": 0.2}
"""What a byte of a kind of file costs to read, beside one of Python."""


def read_all(repo: Repo, toolbox: Toolbox, *, jobs: int = 0, cached: bool = True) -> None:
    """Read every file that some extractor reads; afterwards all facts of the tree are known.

    Args:
        repo: the tree, which takes in the facts and the rows of what could not be read.
        toolbox: decides what is read whole of a very large tree.
        jobs: processes at the same time; 0 for as many as help.
        cached: whether facts of earlier audits are taken, and kept for later ones.
    """
    repo.say("stage:reading")
    plan = planned(repo, toolbox)
    repo.by_lines, repo.left_out, repo.readings = plan.by_lines, plan.left_out, plan.readings
    paths = [path for path in repo.files if kinds_of(path) or searched(repo, path)]
    name = cache.key("facts", str(repo.place)) if cached and repo.place else ""
    known = _known(name)
    digests = {path: _digest(repo, path) for path in paths} if name else {}
    fresh = []
    for path in paths:
        entry = known.get(path)
        if entry is not None and entry[0] == digests[path]:
            repo.install(path, wire.facts(path, entry[1]), entry[2])
            known_leaks(repo)[path] = []  # what holds a credential is not kept
        else:
            fresh.append(path)
    _extract(repo, fresh, jobs)
    if name and (fresh or len(known) > len(paths)):
        _keep(repo, name, paths, digests, known)


def _known(name: str) -> Mapping[str, Entry]:
    data = cache.load(name) if name else None
    if data is None:
        return {}
    try:
        found: Any = wire.unpacked(data)
    except wire.NotOurs:
        return {}
    return found if isinstance(found, dict) else {}


def _keep(
    repo: Repo, name: str, paths: Iterable[str], digests: Mapping[str, bytes], known: Mapping[str, Entry]
) -> None:
    """Keep the facts of the files that hold nothing like a secret."""
    kept: dict[str, Entry] = {}
    for path in paths:
        digest = digests[path]
        entry = known.get(path)
        if entry is not None and entry[0] == digest:
            kept[path] = entry
        elif path not in repo.refused and not _may_hold_secrets(repo, path):
            kept[path] = (digest, wire.rows(repo.facts(path)), repo.why_unread(path))
    cache.store(name, wire.packed(kept))


def _may_hold_secrets(repo: Repo, path: str) -> bool:
    """Whether facts of a file may hold a credential; without values, as from its lines alone, they do not."""
    if known_leaks(repo).get(path):
        return True
    bare = path in repo.by_lines or not repo.facts(path)
    return not bare and looks_secret(repo.raw(path))


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


def _digest(repo: Repo, path: str) -> bytes:
    data = repo.raw(path)
    how = b"lines" if path in repo.by_lines else b"whole"
    return cache.blake2b(data, digest_size=16, salt=how).digest() + len(data).to_bytes(4, "little")


def _extract(repo: Repo, paths: Sequence[str], jobs: int) -> None:
    """Extract, in several processes when there is much to do."""
    costs = {path: _cost(repo, path) for path in paths}
    many = min(jobs or os.cpu_count() or 1, 4) if sum(costs.values()) > PARALLEL_BYTES and can_fork() else 1
    stripes = _stripes(paths, costs, many)
    begun = [(stripe, Worker(partial(_stripe, repo, stripe))) for stripe in stripes[1:]]
    try:
        _read(repo, stripes[0])
        for stripe, worker in begun:
            _take(repo, stripe, worker)
    finally:
        for _, worker in begun:
            worker.end()


def _cost(repo: Repo, path: str) -> float:
    kinds = kinds_of(path)
    share = 0.15 if path in repo.by_lines or not kinds or path in repo.left_out else COST.get(kinds[-1], 0.2)
    return share * repo.size(path)


def _stripes(paths: Sequence[str], costs: Mapping[str, float], many: int) -> list[list[str]]:
    """Paths in as many lists of about the same cost."""
    stripes: list[list[str]] = [[] for _ in range(many)]
    loads = [0.0] * many
    for path in sorted(paths, key=lambda path: (-costs[path], path)):
        # a syntax tree takes a hundred times its source: no two processes hold a large one
        lightest = 0 if costs[path] > LARGE else loads.index(min(loads))
        stripes[lightest].append(path)
        loads[lightest] += costs[path]
    return stripes


def _read(repo: Repo, paths: Iterable[str]) -> None:
    """Read files one by one, until the time for it is used up."""
    start = time.process_time()
    with listening():
        for path in paths:
            if time.process_time() - start > READING_SECONDS:
                repo.hurried = True
                repo.refused.setdefault(path, f"not read: reading took more than {READING_SECONDS:.0f} seconds")
            repo.facts(path)
            if path not in repo.refused and searched(repo, path):
                known_leaks(repo)[path] = _leaks(repo, path)


def _leaks(repo: Repo, path: str) -> list[Leak]:
    """The credentials in a file, as far as they are found in time."""
    try:
        with at_most(FILE_SECONDS):
            return in_file(repo, path)
    except TooLong:
        repo.not_searched(path, f"takes more than {FILE_SECONDS:.0f} seconds to search for credentials")
    except MemoryError:
        repo.not_searched(path, "needs too much memory to search for credentials")
    return []


def _stripe(repo: Repo, paths: Sequence[str], say: Say) -> bytes:
    """What a second process gives back: facts and rows of its files."""
    repo.say = say
    _read(repo, paths)
    found = known_leaks(repo)
    return wire.packed(
        [
            (
                path,
                wire.rows(repo.facts(path)),
                repo.why_unread(path),
                [(leak.at.line, leak.what, leak.masked, leak.common, leak.value) for leak in found.get(path, ())],
            )
            for path in paths
        ]
    )


def _take(repo: Repo, stripe: Sequence[str], worker: Worker) -> None:
    """Take in what a second process has read; what it died at is refused, and the rest read here."""
    try:
        result = worker.result(repo.say)
    except Fault:
        result = Died("", "")
    if isinstance(result, Died):
        if result.at.startswith("file:"):
            repo.refused[result.at.removeprefix("file:")] = result.why
        _read(repo, stripe)
        return
    for path, rows, why, leaks in wire.unpacked(result):
        repo.install(path, wire.facts(path, rows), why)
        known_leaks(repo)[path] = [
            Leak(Location(path, line), what, masked, common, value) for line, what, masked, common, value in leaks
        ]
        repo.hurried |= why.startswith(HURRIED)
