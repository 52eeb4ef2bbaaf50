"""How a model in use is followed without a product: errors by a join, and tasks of a flow that let others run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from readykit.naming import last, words
from readykit.training import trains

if TYPE_CHECKING:
    from readykit.model import Fact
    from readykit.project import Project

# a difference between a prediction and something else, and the joining that put the two side by side
PREDICTED = r"(pred|forecast|y_?hat)"
DIFFERENCE = re.compile(rf"[\w)\]] - [^-+*/]*{PREDICTED}|{PREDICTED}[\w\"'\])]* - ", re.IGNORECASE)
JOINS = re.compile(r"(^|\.)(merge|join|concat|merge_asof|align)$")
# tasks after which the flow goes on only if they say so
GATES = re.compile(r"(^|\.)(ShortCircuitOperator|Branch\w*Operator|task\.(branch|short_circuit))$")
TOLD = ("task_id", "python_callable", "trigger_dag_id", "bash_command", "job_name", "arguments", "name")


def joined_errors(project: Project) -> Iterator[Fact]:
    """Differences between predictions and what they were joined with."""
    joined = {(f.at.path, f.scope) for f in project.named(JOINS, "call")}
    for fact in project.valued(DIFFERENCE, "assign"):
        if (fact.at.path, fact.scope) in joined:
            yield fact


def gates_of_training(project: Project) -> Iterator[tuple[Fact, str]]:
    """Tasks that decide whether the others of their file run, where one of the others trains; with what they say."""
    for fact in project.named(GATES, "call", "decorator"):
        others = [f for f in project.repo.facts_of(fact.at.path, "call") if f.at != fact.at]
        if any(trains(told(f)) for f in others if "task_id" in f.detail or last(f.name).startswith("task")):
            yield fact, words(f"{told(fact)} {fact.scope if fact.kind == 'decorator' else ''}")


def told(fact: Fact) -> str:
    """What a task is called and what it runs."""
    return " ".join(value for key in TOLD if (value := fact.detail.get(key, "")))
