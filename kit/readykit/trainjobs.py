"""What starts training: commands and names that lead to it, CI jobs that run it or hand it to others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from readykit.naming import words
from readykit.once import once
from readykit.training import trains

if TYPE_CHECKING:
    from readykit.cijobs import CIJob
    from readykit.model import Fact
    from readykit.project import Project
    from readykit.repo import Repo

NAMING_KEYS = re.compile(
    r"(^|[._\]])(name|displayName|description|template|templateRef|notebook_path|python_file|entrypoint|entry_point|job_id|job_name|image|pipeline|pipeline_name|flow|flow_name|task_key|run_job_task|script|package_name|workflow|command|cmd|stdin|args|value|detail|target|ref|existing_job_id)(\[\d+\])*$",
    re.IGNORECASE,
)

# A program given to an interpreter, and what it is called when it makes the data ready.
PROGRAM = re.compile(r"\.(py|R|sh|ipynb|jl)$")
BEFORE = re.compile(
    r"(?<![a-z])(split\w*|prep|prepare|pre ?process\w*|ingest\w*|download\w*|fetch\w*|extract\w*|clean\w*|etl)(?![a-z])"
)
NO_WORK = re.compile(
    r"(?<![a-z])(tests?|pytest|unittest|lint|flake8|ruff|black|mypy|coverage|build|push|docker|install|compile|echo|cp"
    r"|mkdir|rm|git)(?![a-z])"
)

# what stands before a line of Python on the command line
GIVEN = re.compile(r"python[\d.]*( -\w+)* -c ")
# going to a folder, whatever it is called
MOVES = re.compile(r"^(cd|pushd) [^\s;&|]+$")

# a definition of a stage that a program loads
STAGE_FILE = re.compile(r"^[\w./-]+\.(ya?ml|py|sh|ipynb)$")

TESTS = re.compile(r"(?<![a-z])tests?(?![a-z])")
IMPORTED = re.compile(r"(from [\w.]+ )?import \w[\w.]*( as \w+)?(, ?\w[\w.]*( as \w+)?)*|(print|assert)\b[^;]*")


def name_of(path: str) -> str:
    """The last part of a path."""
    return path.rpartition("/")[2]


def starts(project: Project, text: str, near: str = "") -> bool:
    """Whether a command or name means training, or names a file that does it; `near` is the document that says so."""
    known = answers(project.repo)
    found = known.starting.get((text, near))
    if found is None:
        found = known.starting[text, near] = not prepares(text) and (
            (len(text) < 400 and trains(head(text)))
            or any(trains_inside(project, p) for p in named(project, text, near))
        )
    return found


@dataclass(frozen=True, slots=True)
class Known:
    """What was worked out for a repository: the projects in it share their CI, and its jobs their commands."""

    starting: dict[tuple[str, str], bool] = field(default_factory=dict)
    inside: dict[str, bool] = field(default_factory=dict)


@once
def answers(_repo: Repo) -> Known:
    """The answers so far."""
    return Known()


def trains_inside(project: Project, path: str) -> bool:
    """Whether a started file names training among what it runs, imports and calls."""
    known = answers(project.repo).inside
    if path not in known:
        known[path] = any(trains(row) for row in rows(project, path))
    return known[path]


def prepares(text: str) -> bool:
    """Whether a command starts a program that is named after the work on data before training: `training/split.py`."""
    programs = [name_of(word) for word in text.split() if PROGRAM.search(word)]
    return bool(programs) and all(BEFORE.search(words(each)) and not trains(each) for each in programs)


def head(text: str) -> str:
    """A command without its options: `train --test-data x` is about training, `report --training-days 3` is not."""
    return " ".join(word for word in text.split() if not word.startswith("-") and "=" not in word)


def named(project: Project, text: str, near: str = "") -> list[str]:
    """Files of the tree that a command names, by path, by base name or as a module.

    A name that fits several files counts for those in a folder called like the document (`ml.yaml` and `ml/main.py`).
    """
    found: list[str] = []
    for word in re.findall(r"[\w./-]+", text):
        if "/" not in word and "." not in word:
            continue
        base, module = name_of(word), word.replace(".", "/") + ".py"
        fits = [
            p
            for p in project.repo.called(base, name_of(module))
            if p == module or p.endswith(f"/{module}") or (name_of(p) == base and "." in base)
        ]
        exact = [p for p in fits if word.endswith(p) or p.endswith(word.lstrip("./"))]
        fits = exact if len(exact) == 1 else fits
        stem = name_of(near).partition(".")[0]
        found += fits if len(fits) == 1 else [p for p in fits if stem in p.split("/")]
    return found[:6]


def rows(project: Project, path: str) -> Iterator[str]:
    """What a started file names itself: the commands it runs, what it imports and calls."""
    for fact in project.repo.facts(path):
        if fact.kind in ("command", "import", "call"):
            yield head(fact.name)
        elif fact.kind in ("yaml", "json") and NAMING_KEYS.search(fact.name):
            yield fact.value
        elif fact.kind == "string" and STAGE_FILE.search(fact.name):
            yield name_of(fact.name)


def training_jobs(project: Project) -> Iterator[tuple[CIJob, Fact]]:
    """CI jobs that train, with the command that does."""
    known: dict[int, bool] = {}  # a command is reached on many ways
    for job in project.ci_jobs():
        for chain in job.reached:
            if not chain:
                continue
            last = chain[-1]
            training = known.get(id(last))
            if training is None:
                said = last.detail.get("plain") or last.name
                training = known[id(last)] = not testing(last) and starts(project, said, last.at.path)
            # what a script of the tests trains, it trains for the test
            if training and not trial_step(chain[0]) and not any(project.role(f.path) == "test" for f in chain[1:]):
                yield job, chain[0]
                break


def trial_step(fact: Fact) -> bool:
    """Whether the step of a CI job is named after tests: what it trains, it trains for the test."""
    step = fact.detail.get("step", "")
    return "test" in step.lower() and bool(TESTS.search(words(step))) and not trains(words(step))


def only_imports(text: str) -> bool:
    """Whether a line of Python given on the command line imports and prints, and calls nothing else."""
    body = GIVEN.split(text, maxsplit=1) if " -c " in text else ()
    return len(body) > 1 and "(" not in IMPORTED.sub(" ", body[-1])


def testing(fact: Fact) -> bool:
    """Whether a command tests, lints or builds rather than works, only goes to a folder or only tries to import."""
    return no_work(fact.detail.get("plain") or fact.name)


@lru_cache(maxsize=1 << 12)
def no_work(text: str) -> bool:
    """Whether a command tests, lints or builds, only goes to a folder or only tries to import."""
    return only_imports(text) or bool(NO_WORK.search(head(text)) or MOVES.match(text.strip()))


# -- handed to others -------------------------------------------------------------------------------------------------
# A job or step that is given to a workflow, action or template whose commands stand in another repository.
GITHUB_USES = re.compile(r"^jobs\.(?P<job>[^.]+)\.(?:steps\[\d+\]\.)?uses$")
# Actions that check out, build, keep or report do not train, whatever the things they handle are called.
NOT_A_RUN = re.compile(
    r"^(actions|docker|codecov|github|softprops|astral-sh|hashicorp|google-github-actions/(auth|setup|upload))/|^\./"
    r"|(?<![a-z])(checkout|setup|cache|upload|download|login|build-push|configure|release|publish|lint|tests?)(?![a-z])"
)
TOLD_WHAT = re.compile(
    r"(notebook|script|command|run|workflow|job|pipeline|project|event|entry|experiment|flow|dag|cmd|args?)[\w-]*$",
    re.IGNORECASE,
)
AZURE_PARAMETER = re.compile(r"^(?P<of>(?:stages|jobs|extends|steps)\b.*)\.parameters\.(?P<key>[\w-]+)$")
RUNS = re.compile(r"(?<![a-z])(run|runs|batch|job|submit|execute|launch)(?![a-z])")


def handed_over(project: Project) -> Iterator[tuple[Fact, bool]]:
    """Lines of CI files that give training to another repository's workflow or to a template's parameters.

    Each with whether the file runs by the clock.
    """
    image_trains = trains_in_image(project)
    for fact in project.facts("yaml", role=("code", "docs", "test")):
        path = fact.path
        step = GITHUB_USES.match(fact.name) if fact.name.endswith("uses") else None
        if step and project.graph.active(path, "github") and given(project, fact, step["job"], image_trains):
            yield fact, clocked(project, path)
        told = AZURE_PARAMETER.match(fact.name) if ".parameters." in fact.name else None
        asked = told and TOLD_WHAT.search(told["key"]) and trains(fact.value) and project.graph.active(path, "azure")
        if told and asked and any(row.name == f"{told['of']}.template" for row in project.repo.facts(path)):
            yield fact, clocked(project, path)


def given(project: Project, uses: Fact, job: str, image_trains: bool) -> bool:
    """Whether a step or job of another repository is asked to train: by its name, or by what it is told."""
    if NOT_A_RUN.search(uses.value):
        return False
    start = uses.name.removesuffix("uses") + "with."
    told = [
        fact.value
        for fact in project.repo.facts(uses.at.path)
        if fact.kind == "yaml" and fact.name.startswith(start) and TOLD_WHAT.search(fact.name)
    ]
    whole = ".steps[" not in uses.name
    names = [name_of(uses.value.partition("@")[0]), *([job] if whole else [])]
    if any(trains(head(text)) and not prepares(text) for text in (*told, *names)):
        return True
    return whole and image_trains and any(RUNS.search(words(text)) for text in names)


def trains_in_image(project: Project) -> bool:
    """Whether the image that the repository builds trains when it is started."""
    return any(
        starts(project, chain[-1].detail.get("plain") or chain[-1].name, chain[-1].at.path) and not testing(chain[-1])
        for command in project.commands("docker")
        if command.detail.get("instruction") in ("CMD", "ENTRYPOINT")
        for chain in project.graph.follow(command)
    )


def clocked(project: Project, path: str) -> bool:
    """Whether a CI file runs by the clock."""
    return any(
        fact.kind == "yaml" and re.match(r"(on\.schedule|schedules)\b", fact.name) for fact in project.repo.facts(path)
    )
