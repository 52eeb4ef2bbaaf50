"""What the models of a project learn: is anything trained here, and are classes or numbers predicted?"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from readykit.model import Strength

if TYPE_CHECKING:
    from readykit.model import Evidence, Fact
    from readykit.project import Project

# names that only a classifier's code has
COUNTS_CLASSES = re.compile(r"(^|[._])(n_|num_)?class(es)?(_names?)?$|(^|[._])(acc|accuracy|n_?correct|correct)$")
MANY = 4
"""A project with this many times more signs of regression than of classification predicts numbers."""


def untrained(project: Project) -> str:
    """Why a question about training makes no sense here; empty when something is trained."""
    if project.only_serves:
        return "models are served here and trained elsewhere"
    if project.kind == "library":
        return "a library: the models that are trained with it are its users'"
    if project.doing("fitting").strength < Strength.DECLARED:
        return "no model is trained here"
    return ""


def in_notebook(project: Project, evidence: Evidence) -> bool:
    """Whether a place is a notebook that nothing runs; a README that opens it is a reader's business."""
    if not evidence.at.path.endswith((".ipynb", ".Rmd", ".qmd")):
        return False
    route = project.graph.reached(evidence.at.path)
    starts = route.steps[0].path if route is not None and route.steps else ""
    return evidence.strength < Strength.WIRED or starts.endswith((".md", ".rst", ".ipynb"))


def modules(project: Project, evidence: Iterable[Evidence]) -> list[Evidence]:
    """The evidence outside notebooks, or in notebooks that something runs."""
    return [item for item in evidence if not in_notebook(project, item)]


def predicts_classes(project: Project) -> bool | None:
    """Whether classes are predicted (True) or only numbers (False); None when nothing tells.

    Modules decide; notebooks are asked when the modules say nothing. Where some models predict classes and others
    numbers, questions about classes make sense, unless the numbers outweigh them by far.
    """
    classes, numbers = project.used("classification"), project.used("regression")
    pairs = ((modules(project, classes), modules(project, numbers)), (classes, numbers))
    for first, second in pairs:
        if first or second:
            return MANY * len(first) > len(second)
    if project.used("labelled loss") and any(COUNTS_CLASSES.search(f.name) for f in project.facts("assign", "field")):
        return True  # a language model learns by the same loss, and has no classes to count
    return None


def groups_only(project: Project) -> bool:
    """Whether nothing here learns from labels: models that group, reduce or look for what is odd, and no others."""
    if not project.used("model without labels"):
        return False
    labelled = ("classification", "regression", "labelled loss", "simple estimator", "elaborate estimator")
    return not any(modules(project, project.used(job)) for job in labelled)


def given(fact: Fact) -> str:
    """The arguments of a call as one text."""
    return " ".join(value for key, value in fact.detail.items() if key not in ("assigned", "receiver", "cell"))
