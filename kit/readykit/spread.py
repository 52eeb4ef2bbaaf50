"""How much of a collection something covers: one example that does it right does not speak for forty."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from readykit.model import Evidence
    from readykit.project import Project

MOST = 0.5


def top(path: str) -> str:
    """The first folder of a path."""
    return path.partition("/")[0] if "/" in path else ""


def covers_most(project: Project, evidence: Iterable[Evidence]) -> bool:
    """Whether evidence stands in most folders that train a model; always true for what is one project."""
    if project.kind != "collection":
        return True
    training = {top(e.at.path) for e in project.used("fitting")}
    covered = {top(e.at.path) for e in evidence}
    return len(training & covered) >= MOST * len(training) if training else True
