"""PIP: is training a pipeline that somebody else can rebuild, in the same environment?"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from readykit.checks_api import Project, best, check, failed, not_applicable, partial, passed, unmet
from readykit.model import Evidence, Fact, Strength, Verdict

STAGES = {
    "get": re.compile(
        r"ingest|download|extract|fetch|collect|retriev|acqui|load_data|generate_\w*data|import_data|read_data"
    ),
    "check": re.compile(r"validat|quality|unit_test"),
    "prepare": re.compile(
        r"prepar|preproc|process_data|clean|transform|featur|engineer|build_label|dataset|training_set"
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
IN_CHAIN, AS_TASKS = 3, 4
NOT_FOR_TRAINING = re.compile(r"dev|test|lint|docs?|build(?!_)|setup_requires|notebook|format|typing", re.IGNORECASE)
MANIFESTS = frozenset({"requirements", "pyproject", "pipfile", "conda", "setup"})
COMPILED_LANGUAGES = frozenset({"gradle", "maven", "sbt"})
MOSTLY, EVERY, COVERED = 0.6, 1.0, 0.8


# -- stages without a pipeline tool -----------------------------------------------------------------------------------
def stage(text: str) -> str:
    """The kind of stage that a name speaks of, empty for none."""
    words = re.sub(r"[^a-z0-9]+", "_", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", text).lower())
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


def sequences(project: Project) -> Iterator[Evidence]:
    """Functions that call the project's own stages one after the other."""
    own = {f.name.rpartition(".")[2] for f in project.facts("def")}
    scopes: dict[tuple[str, str], dict[str, Fact]] = defaultdict(dict)
    for call in project.facts("call"):
        name = call.name.rpartition(".")[2]
        if name in own and CHAIN.search(f"{call.at.path} {call.scope}"):
            scopes[call.at.path, call.scope].setdefault(stage(name), call)
    for kinds in scopes.values():
        if from_data_to_model(kinds, IN_CHAIN):
            first = min((f for kind, f in kinds.items() if kind), key=lambda f: f.at)
            yield project.evidence(first, "stages called one after the other in one process", cap=Strength.DECLARED)


def command_chains(project: Project) -> Iterator[Evidence]:
    """Targets, jobs and scripts that run the stages as commands, in order and without declared dependencies."""
    scopes: dict[tuple[str, str], dict[str, Fact]] = defaultdict(dict)
    for command in project.commands():
        plain = command.detail.get("plain") or command.name
        match = SCRIPT.search(plain)
        if match:
            scopes[command.at.path, command.scope].setdefault(
                stage(match[0].rpartition("/")[2].removesuffix(".py").rpartition(".")[2]), command
            )
    for kinds in scopes.values():
        if from_data_to_model(kinds, IN_CHAIN):
            first = min((f for kind, f in kinds.items() if kind), key=lambda f: f.at)
            yield project.evidence(first, "stages run as a chain of commands", cap=Strength.DECLARED)


def named_tasks(project: Project) -> Iterator[Evidence]:
    """Tasks of a task runner, one for each stage, that a person runs in order."""
    files: dict[str, dict[str, Fact]] = defaultdict(dict)
    facts = [*project.doing("named tasks").facts, *project.commands("make", "task", "nox", "npm")]
    for fact in facts:
        if fact.scope and fact.kind in ("decorator", "command"):
            files[fact.at.path].setdefault(stage(fact.scope), fact)
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
    chained = [*sequences(project), *command_chains(project), *named_tasks(project)]
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


# -- environment ------------------------------------------------------------------------------------------------------
def manifests(project: Project) -> dict[str, list[Fact]]:
    """Direct dependencies needed to train or serve, by the file that declares them."""
    found: dict[str, list[Fact]] = defaultdict(list)
    for fact in project.facts("dependency"):
        detail = fact.detail
        name = fact.at.path.rpartition("/")[2]
        if (
            detail.get("lock") == "yes"
            or detail.get("source") not in MANIFESTS
            or NOT_FOR_TRAINING.search(detail.get("group", ""))
        ):
            continue
        if (
            "devcontainer" not in fact.at.path
            and fact.name not in ("python", "pip", "setuptools", "wheel")
            and not NOT_FOR_TRAINING.search(name.partition(".")[0].removeprefix("setup"))
        ):
            found[fact.at.path].append(fact)
    return dict(found)


def share(facts: Iterable[Fact]) -> float:
    """How much of a list is pinned: exact versions and fixed addresses count whole, `1.2.*` half."""
    rows = list(facts)
    points = sum(
        1.0
        if f.detail.get("pinned") in ("yes", "direct-url")
        else 0.5
        if re.match(r"={1,2}\s*\d.*\*", f.value)
        else 0.0
        for f in rows
    )
    return points / len(rows) if rows else 0.0


def without_covered(files: dict[str, list[Fact]]) -> dict[str, list[Fact]]:
    """The manifests that count.

    A loose list whose packages a pinned list of the same folder or above repeats is only what that list was made from.
    """
    names = {path: {fact.name for fact in facts} for path, facts in files.items()}
    pinned = [path for path, facts in files.items() if share(facts) >= EVERY]
    return {
        path: facts
        for path, facts in files.items()
        if path in pinned or not any(covers(twin, path, names) for twin in pinned)
    }


def covers(twin: str, path: str, names: dict[str, set[str]]) -> bool:
    """Whether a pinned list holds nearly all that another list asks for."""
    folder = twin.rpartition("/")[0]
    return path.startswith(folder) and len(names[path] & names[twin]) >= COVERED * len(names[path])


def pins(project: Project, files: dict[str, list[Fact]], least: float) -> list[Evidence]:
    """Evidence from the lists that are pinned at least to a share, longest first."""
    ranked = sorted((path for path in files if share(files[path]) >= least), key=lambda path: (-len(files[path]), path))
    return [
        project.evidence(
            files[path][0],
            f"{sum(f.detail.get('pinned') != 'no' for f in files[path])} of {len(files[path])} dependencies pinned",
        )
        for path in ranked
    ]


def raised(evidence: Evidence) -> Evidence:
    """A complete list of pins locks the environment: that is use, not a mere declaration."""
    return Evidence(evidence.at, Strength.USED, evidence.note, evidence.tool)


@check("PIP004", "The environment is locked", capability="env_locked", level=1, dimension="systems", fix="kit add lock")
def environment_is_locked(project: Project) -> Verdict:
    """What: installing today and installing next year give the same packages.

    A lock file of a package manager passes, and so do requirement lists in which every entry has one exact version.
    Mostly pinned lists, some pinned lists among loose ones, and explicit versions without a lock in compiled
    languages are partial. Lower bounds, and a lock of the web front end, are nothing.

    Why: an unpinned environment changes under the model; the same code then gives another model or none.

    Fix: commit the lock file of the package manager, install from it in CI and in images, and pin the interpreter.

    Source: document 002; Pineau et al. 2021 (reproducibility checklist).
    """
    locks = project.used("environment locking")
    if locks:
        return passed("a lock file fixes the environment", best(locks))
    files = without_covered(manifests(project))
    every = [fact for facts in files.values() for fact in facts]
    if every and share(every) >= EVERY:
        return passed("every dependency has an exact version", [raised(e) for e in pins(project, files, EVERY)][:3])
    if every and sum(share(facts) for facts in files.values()) / len(files) >= MOSTLY:
        return partial("most dependencies are pinned, not all", pins(project, files, MOSTLY)[:3])
    compiled = [f for f in project.facts("dependency") if f.detail.get("source") in COMPILED_LANGUAGES]
    if compiled and not every and sum(bool(f.value) for f in compiled) > len(compiled) / 2:
        return partial(
            "versions are explicit, but what they pull in is not locked",
            [project.evidence(f, f"{f.name} {f.value}") for f in compiled if f.value][:3],
        )
    return failed(
        "the environment is not locked" if every else "no dependencies are declared",
        looked_in=tuple(sorted(files))[:12] or project.looked_in,
        would_satisfy="a lock file, or an exact version for every dependency",
        evidence=pins(project, files, 0.0)[:3],
    )
