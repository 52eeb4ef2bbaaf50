"""Entry scripts of a managed service: `init` gets the model ready once, `run` answers each request."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from readykit.model import Evidence, Strength
from readykit.naming import last

if TYPE_CHECKING:
    from readykit.project import Project

# how `init` gets a model, also by a helper of the project's own; `run` asks it by a method or as a function
GETS = re.compile(r"^(load\w*|get_model_path|from_pretrained|InferenceSession|Booster)$", re.IGNORECASE)
ASKS = re.compile(
    r"^(predict\w*|transform|decision_function|score\w*|infer\w*|forward|\w*model|classifier|session\.run)$"
)


def entry_scripts(project: Project) -> Iterator[Evidence]:
    """The functions `run(data)` of files whose `init()` loads a model: the contract of such a service."""
    for fact in project.facts("def", name="init", role=("code", "template")):
        if fact.value == "class" or fact.detail.get("args") or fact.at.path.endswith(".ipynb"):
            continue
        here = project.repo.facts(fact.at.path)
        answers = next((f for f in here if f.kind == "def" and f.name == "run" and f.detail.get("args")), None)
        calls = [f for f in here if f.kind == "call"]
        loads = any(f.scope == "init" and GETS.match(last(f.name)) for f in calls)
        asks = any(f.scope == "run" and ASKS.match(last(f.name)) for f in calls)
        if answers is not None and loads and asks:
            strength = Strength.USED if given_to_service(project, fact.at.path) else Strength.IMPORTED
            yield Evidence(answers.at, strength, "an entry script: `init` loads the model, `run` answers with it")


def given_to_service(project: Project, path: str) -> bool:
    """Whether configuration, code or a command names the file: the service is told which script it loads."""
    name = path.rpartition("/")[2]
    told = re.compile(rf"(^|[/\s\"'=]){re.escape(name)}($|[\s\"'])")
    settings = project.facts("yaml", "json", "toml", "hcl")
    return any(told.search(f.value) for f in settings if name in f.value) or any(
        told.search(f.name) for f in project.facts("string", "command") if name in f.name and f.at.path != path
    )
