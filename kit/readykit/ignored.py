"""What git leaves out: the rules of a tree's `.gitignore` files, and whether a path falls under them.

The rules are read as git documents them (negation, folders, anchored patterns, the last match wins), without the
user's own excludes, which no clone has.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from readykit.model import Location
from readykit.once import once

if TYPE_CHECKING:
    from readykit.repo import Repo


WILD = re.compile(r"[*?]+")
MOST = 2_000
"""Rules of a repository that are followed; people write a few hundred."""
DEEP = 3
"""Times `**` in a rule that is followed."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of an ignore file: the pattern as written, its place, and the folder it speaks of."""

    pattern: str
    at: Location
    folder: str

    @property
    def keeps(self) -> bool:
        """Whether the rule takes something back in: `!data/sample.csv`."""
        return self.pattern.startswith("!")


class Ignored:
    """The ignore rules of a repository."""

    def __init__(self, repo: Repo) -> None:
        self.rules: list[Rule] = []
        for path in sorted(repo.files, key=lambda p: (p.count("/"), p)):
            if path.rpartition("/")[2] == ".gitignore":
                folder = path.removesuffix(".gitignore")
                for number, line in enumerate(repo.text(path).split("\n"), 1):
                    text = line.strip()
                    if text and not text.startswith("#") and len(self.rules) < MOST and text.count("**") <= DEEP:
                        self.rules.append(Rule(text, Location(path, number), folder))

    def rule(self, path: str) -> Rule | None:
        """The rule by which git leaves a path out, None when it does not."""
        found = None
        for rule in self.rules:
            if path.startswith(rule.folder) and matcher(rule.pattern.removeprefix("!"))(path[len(rule.folder) :]):
                found = rule
        return None if found is None or found.keeps else found


@once
def ignored_in(repo: Repo) -> Ignored:
    """The ignore rules of a repository, read once."""
    return Ignored(repo)


def kept_back(repo: Repo, path: str) -> bool:
    """Whether a file is only on its developer's disk: git does not track it, and an ignore rule names it.

    Where nobody knows what git tracks, every file counts as handed over.
    """
    return repo.tracked is not None and path not in repo.tracked and ignored_in(repo).rule(path) is not None


class Matcher:
    """Whether a path below the rule's folder is meant by a pattern, or lies in a folder that is."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.needed = max(WILD.split(pattern), key=len).strip("/")
        """Plain text that stands in every path that is meant."""

    @cached_property
    def _regex(self) -> re.Pattern[str]:
        only_folders = self.pattern.endswith("/")
        bare = self.pattern.rstrip("/")
        anchored = "/" in bare
        body = translated(bare.lstrip("/"))
        start = "" if anchored else "(?:.*/)?"
        return re.compile(f"{start}{body}{'/.*' if only_folders else '(?:/.*)?'}", re.DOTALL)

    def __call__(self, path: str) -> bool:
        """Whether the pattern covers the path."""
        return self.needed in path and self._regex.fullmatch(path) is not None


@lru_cache(maxsize=4096)
def matcher(pattern: str) -> Matcher:
    """The test for a pattern, compiled once."""
    return Matcher(pattern)


def translated(pattern: str) -> str:
    """A pattern as a regular expression: `*` and `?` stop at slashes, `**` does not."""
    out = ""
    for part in re.split(r"(\*\*/|/\*\*)", pattern):
        out += {"**/": "(?:.*/)?", "/**": "/.*"}.get(part) or starred(part)
    return out


def starred(pattern: str) -> str:
    """A pattern of `*` and `?`. What stands between two stars is looked for once, so that no path takes long."""
    first, *rest = [re.escape(part).replace(r"\?", "[^/]") for part in re.split(r"\*+", pattern)]
    between = "".join(f"[^/]*{part}" if "/" in part else f"(?>[^/]*?{part})" for part in rest[:-1])
    return first + between + "".join(f"[^/]*{part}" for part in rest[-1:])
