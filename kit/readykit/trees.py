"""File trees drawn in documents (`├── src/`), and whether what they name is there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from readykit.facts.templates import is_template, rendered_path
from readykit.ignored import Ignored, ignored_in
from readykit.once import once

if TYPE_CHECKING:
    from readykit.model import Fact, Location
    from readykit.repo import Repo

BRANCH = re.compile(r"^(?P<indent>[\s│|┃║]*)(?:[├└┣┗╠╚┝┕]|[|+`\\](?=--))[─━═\-]{1,3}[>\s]*(?P<rest>\S.*)$")
# the name ends where a comment starts: two spaces, `#`, `<-`, an arrow, a dash; "Universal Model Management" is no name
NAME = re.compile(
    r"^[^\w.{<\[*`_-]*`?(?P<name>[\w.@+{}<>\[\]*/-]+(?: [\w-]+\.\w{1,5})?)`?"
    r"(?:\s*$|\s{2}|\t|\s*[(:,#←<→–—-]|(?<=[./]\w)\s|(?<=\.\w\w)\s|(?<=\.\w{3})\s|(?<=\.\w{4})\s|(?<=/)\s)"
)
PATTERN = re.compile(r"[*<>{}\[\]]|\.\.\.|…|\bYYYY|_?<|xxx|example_?\d?$", re.IGNORECASE)
SHORTEST = 4
"""Branches that make a tree of the repository."""
KNOWN = 0.6
"""The share of a tree that must exist for it to be a drawing of this repository rather than of something else."""
# what a run makes or a machine holds, though nothing ignores it by name
MADE = re.compile(
    r"(^|/)(data|datasets?|models?|mlruns|mlartifacts|artifacts?|outputs?|logs?|reports?|results?|checkpoints?"
    r"|wandb|venv|\.?env|dist|build|cache"
    r"|__pycache__|lightning_logs|runs|tmp|figures|plots|images?|secrets?|credentials|node_modules|\.git)(/|$)"
    r"|\.(csv|parquet|pkl|joblib|pt|pth|h5|onnx|db|log|env|tfstate|png|jpe?g|svg|pdf|zip|gz|html)$|(^|/)\.env",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a tree: the path that it draws, and whether it exists."""

    path: str
    at: Location
    exists: bool


def trees(lines: Sequence[Fact], home: str, repo: Repo) -> Iterator[list[Row]]:
    """The trees among lines of a document in the folder `home`, without what a run makes.

    A tree of which much is not there shows something else: what will be generated, another repository, a proposal.
    """
    if not any(BRANCH.match(fact.name) for fact in lines):
        return
    present = inventory(repo)
    raw = repo.text(lines[0].at.path).split("\n") if lines else []
    ignored = ignored_in(repo)
    for group in groups(lines):
        rows = [Row(path, at, exists(path, home, present)) for path, at in drawn(group, raw)]
        rows = [row for row in rows if row.exists or not passing(row.path, ignored)]
        if len(rows) >= SHORTEST and sum(row.exists for row in rows) >= KNOWN * len(rows):
            yield rows


def groups(lines: Iterable[Fact]) -> Iterator[list[Fact]]:
    """Runs of lines that draw branches, blank branches between them included."""
    group: list[Fact] = []
    for fact in lines:
        if group and fact.at.line - group[-1].at.line > 3:
            yield group
            group = []
        group.append(fact)
    if group:
        yield group


def drawn(group: Iterable[Fact], raw: Sequence[str]) -> Iterator[tuple[str, Location]]:
    """The paths that the branches of one drawing name; `raw` are the lines with the indentation that facts lack."""
    above: list[tuple[int, str]] = []
    for fact in group:
        match = BRANCH.match(raw[fact.at.line - 1] if fact.at.line <= len(raw) else fact.name)
        named = NAME.match(match["rest"]) if match else None
        if match is None or named is None or not re.search(r"\w", named["name"]):
            continue
        depth = len(match["indent"].expandtabs(4))
        while above and above[-1][0] >= depth:
            above.pop()
        name = named["name"].removeprefix("./").strip("/")
        path = "/".join([part for _, part in above] + [name])
        above.append((depth, name))
        if name and not PATTERN.search(path):
            yield path, fact.at


@once
def inventory(repo: Repo) -> frozenset[str]:
    """Every file, every folder and every end of their paths."""
    found: set[str] = set()
    tracked = (path.removesuffix(".dvc") for path in repo.files if path.endswith(".dvc"))
    made = (rendered_path(path) for path in repo.files if is_template(path))
    for plain in (*repo.files, *tracked, *made):
        parts = plain.lower().split("/")
        for last in range(1, len(parts) + 1):
            for first in range(last):
                found.add("/".join(parts[first:last]))
    return frozenset(found)


def exists(path: str, home: str, present: frozenset[str]) -> bool:
    """Whether a drawn path is there: from the document's folder, or at the end of some path (the root may be drawn)."""
    low = path.lower()
    return low in present or (bool(home) and f"{home.lower()}/{low}" in present) or low.partition("/")[2] in present


def passing(path: str, ignored: Ignored) -> bool:
    """Whether a path is made by a run or kept out of git, so that its absence says nothing."""
    inside = path.partition("/")[2]
    return bool(MADE.search(path) or ignored.rule(path) or (inside and ignored.rule(inside)))
