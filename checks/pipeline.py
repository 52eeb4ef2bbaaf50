"""PIP: is training a pipeline that somebody else can rebuild, in the same environment?"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import lru_cache

from readykit.checks_api import Project, best, check, not_applicable, partial, passed, unmet
from readykit.model import Evidence, Fact, Strength, Verdict

STAGES = {
    "get": re.compile(
        r"ingest|download|extract|fetch|collect|retriev|acqui|load_data|generate_\w*data|import_data|read_data"
    ),
    "check": re.compile(r"validat|quality|unit_test"),
    "prepare": re.compile(
        r"prepar|(^|_)prep(_|$)|preproc|process_data|clean|transform|featur|engineer|build_label|dataset|training_set"
    ),
    "split": re.compile(r"split"),
    "train": re.compile(r"train(?!ing_set|ing_data)|(^|_)fit(_|$)|tune"),
    "evaluate": re.compile(r"evaluat|(^|_)eval(_|$)|test_model|score_model"),
    "ship": re.compile(r"regist|push|deploy|promot|publish|upload_model"),
}
# a chain of stages; the names of products are none
CHAIN = re.compile(r"pipeline|(?<!tensor)(?<!ml)(?<!air)(?<!over)flow", re.IGNORECASE)
SCRIPT = re.compile(r"[\w./-]+\.(?:py|R|r|ipynb|sh)\b|(?<=-m )[\w.]+|^[a-z_]\w*(?:\.\w+)+")
FILE = re.compile(r"/[\w.%$(){}-]+$|\.\w{2,8}$")
MODEL_FILE = re.compile(r"(^|[/_.-])models?([/_.-]|$)|\.(pkl|joblib|onnx|pt|pth|h5|rds)$", re.IGNORECASE)
# a script that starts everything, as opposed to one that is named after a chain
STARTS_ALL = re.compile(r"(^|/)(main|run|run_all|app|start)\.py ", re.IGNORECASE)
HUMP, BETWEEN = re.compile(r"(?<=[a-z])(?=[A-Z])"), re.compile(r"[^a-z0-9]+")
IN_CHAIN, AS_TASKS = 3, 3


# -- stages without a pipeline tool -----------------------------------------------------------------------------------
@lru_cache(maxsize=1 << 14)
def stage(text: str) -> str:
    """The kind of stage that a name speaks of, empty for none."""
    words = BETWEEN.sub("_", HUMP.sub("_", text).lower())
    return next((kind for kind, pattern in STAGES.items() if pattern.search(words)), "")


def from_data_to_model(kinds: Iterable[str], least: int) -> bool:
    """Whether stages of several kinds lead from data to a model."""
    kinds = set(kinds) - {""}
    return len(kinds) >= least and "train" in kinds and bool(kinds & {"get", "prepare", "check"})


def file_targets(project: Project) -> Iterator[Evidence]:
    """Rules of make in which data and models are files that depend on files, a pipeline without another tool."""
    targets = [
        fact for fact in project.facts("target") if fact.detail.get("runner") == "make" and FILE.search(fact.name)
    ]
    names = {fact.name for fact in targets}
    chained = [fact for fact in targets if names & set(fact.value.split()) - {fact.name}]
    if len(chained) > 1 and any(stage(fact.name) == "train" or MODEL_FILE.search(fact.name) for fact in chained):
        yield from (project.evidence(fact, f"{fact.name} is made from {fact.value[:80]}") for fact in chained[:3])


@lru_cache(maxsize=1 << 14)
def chains(place: str) -> tuple[bool, bool]:
    """Whether a file and function are named for a chain of stages, and whether the file starts everything."""
    return bool(CHAIN.search(place)), bool(STARTS_ALL.search(place))


def sequences(project: Project) -> Iterator[Evidence]:
    """Functions that call the project's own stages one after the other: of a pipeline, or of the main script."""
    own: dict[str, set[str]] = defaultdict(set)
    for made in project.facts("def"):
        own[made.name.rpartition(".")[2]].add(made.at.path)
    scopes: dict[tuple[str, str], dict[str, Fact]] = defaultdict(dict)
    for call in project.facts("call"):
        name = call.name.rpartition(".")[2]
        if name not in own:
            continue
        chain, main = chains(f"{call.path} {call.scope}")
        # the main script's stages are other modules': what one file defines and calls is a script, not a chain
        if chain or (main and call.path not in own[name]):
            scopes[call.path, call.scope].setdefault(stage(name), call)
    for kinds in scopes.values():
        if from_data_to_model(kinds, IN_CHAIN):
            first = min((f for kind, f in kinds.items() if kind), key=lambda f: f.at)
            yield project.evidence(first, "stages called one after the other in one process", cap=Strength.DECLARED)


@lru_cache(maxsize=1 << 14)
def started(command: str) -> str:
    """The script or module that a command starts, empty for none."""
    match = SCRIPT.search(command)
    return match[0] if match else ""


def command_chains(project: Project) -> Iterator[Evidence]:
    """Targets, jobs and scripts that run the stages as commands, in order and without declared dependencies."""
    scopes: dict[tuple[str, str], dict[str, Fact]] = defaultdict(dict)
    for command in project.commands():
        script = started(command.detail.get("plain") or command.name)
        if script:
            kind = stage(script.rpartition("/")[2].removesuffix(".py").rpartition(".")[2])
            scopes[command.path, command.scope].setdefault(kind, command)
    for kinds in scopes.values():
        if from_data_to_model(kinds, IN_CHAIN):
            first = min((f for kind, f in kinds.items() if kind), key=lambda f: f.at)
            yield project.evidence(first, "stages run as a chain of commands", cap=Strength.DECLARED)


def chained_targets(project: Project) -> Iterator[Evidence]:
    """A target of a task runner that asks for the stages one after the other: `train_all: prepare split train`."""
    for fact in project.facts("target"):
        if from_data_to_model({stage(name) for name in fact.value.split()}, IN_CHAIN):
            note = f"{fact.name} asks for {fact.value[:80]}"
            yield project.evidence(fact, note, cap=Strength.DECLARED)


def named_tasks(project: Project) -> Iterator[Evidence]:
    """Tasks of a task runner, one for each stage, that a person runs in order."""
    files: dict[str, dict[str, Fact]] = defaultdict(dict)
    facts = [*project.doing("named tasks").facts, *project.commands("make", "task", "nox", "npm")]
    for fact in facts:
        if fact.scope and fact.kind in ("decorator", "command"):
            files[fact.path].setdefault(stage(fact.scope), fact)
    for kinds in files.values():
        if from_data_to_model(kinds, AS_TASKS):
            yield project.evidence(
                kinds["train"], "a task for each stage, without dependencies between them", cap=Strength.DECLARED
            )


@check(
    "PIP001",
    "Training is a declared pipeline",
    capability="pipeline_defined",
    level=1,
    dimension="mlops",
    fix="kit add pipeline",
)
def training_is_a_pipeline(project: Project) -> Verdict:
    """What: data preparation, training and evaluation are stages that a tool knows, with what each depends on.

    Stages of a pipeline or workflow tool pass. A script that calls its stages in order, a chain of commands in a job,
    and one task a stage in a task runner are partial. A pipeline tool among the dependencies is nothing.

    Why: a pipeline can be rerun from where something changed, by a scheduler and by a stranger alike.

    Fix: declare the stages with their inputs, outputs and parameters in a pipeline tool, and run them by one command.

    Source: documents 001 and 002, mlops-zoomcamp rubric (workflow orchestration), GCP MLOps level 1.
    """
    found = project.doing("pipeline orchestration")
    stages = [*project.used("pipeline orchestration"), *file_targets(project)]
    if stages:
        training = [e for e in stages if STAGES["train"].search(e.at.path.rpartition("/")[2].lower())]
        others = [e for e in stages if e not in training]
        return passed("training is a pipeline of stages", (*best(training), *best(others))[:3])
    chained = [*sequences(project), *command_chains(project), *chained_targets(project), *named_tasks(project)]
    chained += [
        Evidence(e.at, Strength.DECLARED, e.note, e.tool)
        for e in project.doing("in-process pipeline").evidence
        if e.strength >= Strength.IMPORTED
    ]
    if chained:
        return partial("the stages have an order, but no tool knows what depends on what", best(chained))
    if project.only_serves:
        return not_applicable(
            "models are served here and trained elsewhere, so there is no training pipeline to declare"
        )
    would = "stages with declared inputs and outputs in a pipeline or workflow tool"
    return unmet(
        found, "training is not declared as a pipeline", would, r"pipeline|orchestrat|workflow|flows?\b|dag|schedul"
    )
