"""Which files of a very large tree are read whole: those that show most, within a budget for every kind of file.

A tree of ordinary size is read whole. Beyond a budget another file mostly repeats what others show, and parsing it
is what an audit costs. So files are taken round by round: in the first round one that shows each job of the standard,
then a second one, and so on, the small and central ones first, until the budget is used. Python files that are left are
read by their lines (`facts.pyskim`), others not; the report says how many.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from readykit.facts.dispatch import kinds_of
from readykit.limits import BUDGETS, MAX_PARSED
from readykit.model import Reading

if TYPE_CHECKING:
    from readykit.repo import Repo
    from readykit.toolbox import Toolbox

TELLING = re.compile(
    r"(^|/)(dags/[^/]+|(train|serv|app|main|predict|infer|api|monitor|drift|evaluat|deploy|regist|promot|retrain|pipeline"
    r"|flow|noxfile|tasks|setup|conftest|score|schedul|rollback|gate)\w*)\.py$"
)
"""Names of files in which the life of a model is told."""
CONFIGURES = re.compile(
    r"(^|/)(\.github/|\.gitlab|\.circleci/|\.buildkite/|azure-pipelines|cloudbuild|\.pre-commit|dvc\.|params\.|docker-compose"
    r"|compose\.|conda|environment|config|mlproject|serving|monitor|deploy|k8s|kubernetes|helm|charts/)",
    re.IGNORECASE,
)
TOP_KEY = re.compile(rb"^([A-Za-z_][\w./-]*):(?:[ \t]+(\w+))?", re.MULTILINE)
RANK = {"code": 0, "template": 1, "example": 2, "docs": 3, "test": 4, "generated": 5, "vendored": 6}
WORDS = bytes(code if (chr(code).isalnum() and code < 128) or code == 95 else 32 for code in range(256))
"""A translation that leaves the words of a text, and blanks between them."""
GLOBS = re.compile(r"[*?\[\]]+")
CENTRAL = 0.4
"""The part of a budget that files may take for their name alone."""
BY_LINES = 0.03
"""The part of the budget that a byte takes which is read by its lines: that leaves facts behind, too."""
LOOKED_INTO = 6
"""How many times the budget of Python is looked into for what it shows; the rest is last in order anyway."""
NAMES = {"python": "Python", "yaml": "YAML", "json_": "JSON", "markdown": "documents", "source": "other source"}


@dataclass(frozen=True, slots=True)
class Plan:
    """What is not read whole."""

    by_lines: frozenset[str] = frozenset()
    left_out: frozenset[str] = frozenset()
    readings: tuple[Reading, ...] = field(default=())


def planned(repo: Repo, toolbox: Toolbox) -> Plan:
    """Decide for every file of a tree whether it is read whole.

    Args:
        repo: the tree; only files of a kind beyond its budget are looked into.
        toolbox: the products whose traces make a file worth reading.
    """
    kinds: dict[str, list[str]] = {}
    for path in repo.files:
        found = kinds_of(path)
        if found and found[-1] in BUDGETS:
            kinds.setdefault(found[-1], []).append(path)
    by_lines: set[str] = set()
    left_out: set[str] = set()
    readings = []
    for kind, paths in sorted(kinds.items()):
        small = [path for path in paths if kind != "python" or repo.size(path) <= MAX_PARSED]
        beyond = sum(map(repo.size, small)) - BUDGETS[kind]
        if beyond <= 0 and len(small) == len(paths):
            continue
        whole = chosen(repo, kind, small, toolbox, beyond) if beyond > 0 else set(small)
        rest = set(paths) - whole
        (by_lines if kind == "python" else left_out).update(rest)
        readings.append(Reading(NAMES[kind], len(paths), len(whole), len(rest) if kind == "python" else 0))
    return Plan(frozenset(by_lines), frozenset(left_out), tuple(readings))


def chosen(repo: Repo, kind: str, paths: Sequence[str], toolbox: Toolbox, beyond: int) -> set[str]:
    """The files of a kind that are read whole, of a tree with so many bytes beyond the budget."""
    order = sorted(paths, key=lambda path: (RANK.get(repo.role(path), 9), path.count("/") > 3, repo.size(path), path))
    labels: dict[str, frozenset[Hashable]] = {}
    first: list[str] = []
    jobs = Jobs(toolbox) if kind == "python" else None
    looked_into = 0
    for path in order:
        if jobs is not None:
            looked_into += repo.size(path)
            role = repo.role(path)
            known = jobs.of(repo.raw(path)) if looked_into < LOOKED_INTO * BUDGETS[kind] else frozenset()
            labels[path] = frozenset((role, job) for job in known) | {(role, "/".join(path.split("/")[:-1][:2]))}
            if TELLING.search(path) and role == "code" and known:
                first.append(path)
        else:
            labels[path] = frozenset([alike(repo, kind, path)])
            if CONFIGURES.search(path) or "/" not in path:
                first.append(path)
    by_lines = min(beyond * BY_LINES, BUDGETS[kind] / 2) if kind == "python" else 0
    return within(order, first, labels, repo.size, BUDGETS[kind] - int(by_lines))


def alike(repo: Repo, kind: str, path: str) -> Hashable:
    """What files have in common that repeat each other: no two that configure the project itself do."""
    role = repo.role(path)
    if role == "code":
        return path
    place = "/".join(path.split("/")[:-1][:4])
    return role, place, shape(repo.raw(path)) if kind == "yaml" else ""


def within(
    order: Sequence[str],
    first: Iterable[str],
    labels: Mapping[str, frozenset[Hashable]],
    size: Callable[[str], int],
    budget: int,
) -> set[str]:
    """Take files round by round, each for a label that few taken ones have, until the budget is used.

    Args:
        order: all files, the more central ones first.
        first: files taken before any round, as far as `CENTRAL` of the budget goes.
        labels: what each file shows.
        size: bytes of a file.
        budget: bytes of all files that are taken.
    """
    taken: set[str] = set()
    counts: Counter[Hashable] = Counter()
    left = budget
    for path in first:
        if size(path) <= left - budget * (1 - CENTRAL):
            taken.add(path)
            counts.update(labels[path])
            left -= size(path)
    waiting = [path for path in order if path not in taken and labels[path]]
    wanted = 0
    while waiting:
        wanted += 1
        later = []
        for path in waiting:
            if size(path) > left:
                continue
            if any(counts[label] < wanted for label in labels[path]):
                taken.add(path)
                counts.update(labels[path])
                left -= size(path)
            else:
                later.append(path)
        waiting = later
    return taken


def shape(data: bytes) -> Hashable:
    """What a YAML file looks like: its keys at the top, and its `kind`."""
    found = TOP_KEY.findall(data[:20_000])
    return frozenset(key + b" " + value if key == b"kind" else key for key, value in found[:30])


class Jobs:
    """Which jobs of the standard a Python file may show, by the words that the traces of products need."""

    def __init__(self, toolbox: Toolbox) -> None:
        self._by_word: dict[bytes, list[tuple[frozenset[bytes], str]]] = {}
        for tool in toolbox.tools.values():
            for job in tool.does.values():
                for kind in ("calls", "decorators", "bases"):
                    for pattern in job.traces.get(kind, ()):
                        self._add(pattern, job.name)
                if not any(job.traces.get(kind) for kind in ("calls", "decorators", "bases")):
                    for name in job.traces.get("imports", tool.imports):
                        self._add(name, job.name)

    def _add(self, pattern: str, job: str) -> None:
        bare = pattern.partition("(")[0]
        words = {
            part.encode()
            for part in bare.split(".")
            if part.isidentifier() and len(part) > 2 and not GLOBS.search(part)
        }
        if words and "::" not in bare:
            rarest = max(words, key=lambda word: (len(word), word))
            self._by_word.setdefault(rarest, []).append((frozenset(words), job))

    def of(self, data: bytes) -> frozenset[Hashable]:
        """The jobs whose traces a file may hold."""
        words = set(data.translate(WORDS).split())
        known = words & self._by_word.keys()
        return frozenset(job for word in known for needed, job in self._by_word[word] if needed <= words)
