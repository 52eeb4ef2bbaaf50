"""Where the projects of a repository stand: one at the root, or several side by side in a monorepo or collection."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from readykit.mlsigns import learns
from readykit.project import Project

MANIFEST = re.compile(
    r"(^|/)(pyproject\.toml|setup\.(py|cfg)|requirements[\w-]*\.(txt|in)|(conda|environment)[\w-]*\.ya?ml|Pipfile|dvc\.yaml"
    r"|MLproject|DESCRIPTION|build\.sbt|pom\.xml)$"
)
README = re.compile(r"(^|/)readme(\.\w+)?$", re.IGNORECASE)
SHARED = re.compile(r"^(\.[^/]+/.*|[^/]+)$")
"""What stands at the root or in a dot-folder serves every project: CI, hooks, the licence."""
DEEPEST = 3
"""Folders below the root in which a project may start: deeper ones are parts of a project."""
MOST = 60
"""Projects that are reported one by one; a collection of more is judged on the first of them."""


def parts(project: Project) -> tuple[Project, ...]:
    """The projects side by side in a repository, none when it holds a single one.

    Args:
        project: the whole repository, its kind known.

    Returns:
        Projects that share the repository's files at the root, in the order of their folders.
    """
    if project.kind not in ("ml-project", "collection"):
        return ()
    roots = sorted(topmost(candidates(project)))[:MOST]
    if len(roots) < 2:
        return ()
    return tuple(part(project, root) for root in roots)


def candidates(project: Project) -> Iterator[str]:
    """Folders with their own README and, in a monorepo, their own manifest and their own training.

    The service and the trainer of one project have a manifest each as well; only one of them trains.
    """
    in_collection = project.kind == "collection"
    trained = {
        fact.at.path for fact in project.doing("fitting").facts if fact.kind == "call" and own(project, fact.at.path)
    }
    learning = {fact.at.path for fact in learns(project)} if in_collection else trained
    described = {path.rpartition("/")[0] for path in project.paths if README.search(path)}
    listed = {path.rpartition("/")[0] for path in project.paths if MANIFEST.search(path)}
    for folder in sorted(described if in_collection else described & listed):
        if folder and folder.count("/") < DEEPEST and any(path.startswith(f"{folder}/") for path in learning):
            yield f"{folder}/"


def own(project: Project, path: str) -> bool:
    """Whether a file is the project's own code, and no notebook beside it."""
    return project.role(path) == "code"


def topmost(folders: Iterable[str]) -> Iterator[str]:
    """Folders that stand in no other of them."""
    last = ""
    for folder in sorted(folders):
        if not last or not folder.startswith(last):
            last = folder
            yield folder


def part(whole: Project, root: str) -> Project:
    """One project of a repository: its folder, and what stands at the root for all."""
    made = Project(whole.repo, whole.toolbox, root, "ml-project")
    made.graph, made.index, made.ci = whole.graph, whole.index, whole.ci
    made.paths = tuple(path for path in whole.paths if path.startswith(root) or SHARED.match(path))
    return made
