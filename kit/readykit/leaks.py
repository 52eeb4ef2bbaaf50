"""Which files of a project are searched for credentials, and what was found in them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from readykit.credentials import Leak, leaks
from readykit.ignored import kept_back
from readykit.once import once
from readykit.sieve import without_data

if TYPE_CHECKING:
    from readykit.repo import Repo

CODE = re.compile(
    r"\.(py|pyi|r|rmd|qmd|scala|java|js|jsx|ts|tsx|go|kt|rb|php|cs|cpp|jl|ipynb|sql|jsonnet|libsonnet)$", re.IGNORECASE
)
SETTINGS = re.compile(
    r"\.(ya?ml|toml|json|ini|cfg|conf|config|properties|env|envrc|sh|bash|bat|ps1|tf|tfvars|tfstate|hcl|xml|key|pem|secret"
    r"|gradle|dvc|sbt|mk|npmrc|pypirc|netrc|service|tmpl|j2|jinja2?|kubeconfig)$"
    r"|(^|/)(\.?env(rc)?(\.[\w.-]+)?|\.dvc/config|dockerfile[\w.-]*|makefile|jenkinsfile|id_[rd]sa|id_ed25519|credentials"
    r"|\.netrc|\.npmrc|\.pypirc|\.git-credentials|kubeconfig|\.dockercfg)$",
    re.IGNORECASE,
)
PROSE = re.compile(r"\.(md|rst|txt|html)$", re.IGNORECASE)
# no person writes these, and what looks like a secret in them is a hash
MADE_BY_TOOLS = re.compile(
    r"(^|[./-])lock([./-]|$)|\.min\.|package-lock|\.ipynb_checkpoints|node_modules", re.IGNORECASE
)
# made to be filled in by whoever copies it
PATTERN = re.compile(r"example|sample|template|\.dist$|\.tmpl$|defaults?\.", re.IGNORECASE)
BY_NAME = ("a password", "a secret")
TOO_BIG = 1_500_000
DATA = 300_000
"""A JSON file above this is data."""


@dataclass(frozen=True, slots=True)
class Search:
    """How many files were searched, the first of them, and what was found."""

    files: tuple[str, ...]
    found: tuple[Leak, ...]


class Tree(Protocol):
    """A project: some paths of a repository."""

    @property
    def repo(self) -> Repo:
        """The repository."""

    @property
    def paths(self) -> tuple[str, ...]:
        """The project's files."""


@once
def search(project: Tree) -> Search:
    """Look through a project's files once; what stands at the root for several projects is read for the first."""
    read = known_leaks(project.repo)
    paths = tuple(path for path in project.paths if searched(project.repo, path))
    for path in paths:
        if path not in read:
            read[path] = in_file(project.repo, path)
    return Search(paths, tuple(leak for path in paths for leak in read[path]))


@once
def known_leaks(_repo: Repo) -> dict[str, list[Leak]]:
    """What was found so far in the files of a repository."""
    return {}


def values(repo: Repo) -> list[str]:
    """What no report of a repository may show: the credentials found so far, but for those that everybody knows."""
    return [leak.value for found in known_leaks(repo).values() for leak in found if not leak.common]


def searched(repo: Repo, path: str) -> bool:
    """Whether a file can hold the project's own credentials: not made by tools, no data, and in git."""
    known = _searched(repo)
    if path not in known:
        known[path] = _can_hold(repo, path)
    return known[path]


@once
def _searched(_repo: Repo) -> dict[str, bool]:
    return {}


def _can_hold(repo: Repo, path: str) -> bool:
    size = repo.size(path)
    if not 0 < size < TOO_BIG or (path.endswith(".json") and size > DATA) or MADE_BY_TOOLS.search(path):
        return False
    if not (CODE.search(path) or SETTINGS.search(path) or PROSE.search(path)):
        return False
    if repo.role(path) in ("vendored", "test") or (PROSE.search(path) and size > DATA):
        return False
    return not kept_back(repo, path)


def in_file(repo: Repo, path: str) -> list[Leak]:
    """What one file leaks; a notebook is code whose quotes are escaped."""
    text = without_data(repo.text(path))
    if path.endswith(".ipynb"):
        text = text.replace('\\"', '"')
    sparse = bool(PROSE.search(path)) or (repo.role(path) == "docs" and not path.endswith(".ipynb"))
    found = list(leaks(text, path, code=bool(CODE.search(path)), prose=sparse))
    if PATTERN.search(path.rpartition("/")[2]):
        found = [leak for leak in found if leak.common or not leak.what.startswith(BY_NAME)]
    first: dict[int, Leak] = {}
    for leak in sorted(found, key=lambda leak: (leak.at.line, leak.common)):
        first.setdefault(leak.at.line, leak)
    return list(first.values())
