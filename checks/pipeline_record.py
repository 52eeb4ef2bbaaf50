"""PIP009: does the pipeline's own record say what was really run?"""

from __future__ import annotations

import re

from readykit.checks_api import Project, check, failed, not_applicable, partial, passed
from readykit.ignored import Ignored
from readykit.model import Evidence, Fact, Strength, Verdict
from readykit.settings import tidy

STAGE = re.compile(r"stages\.([^.]+)\.(?:do\.)?(cmd|(?:deps|outs)(?:\[\d+\]))(?:\.|$)?(.*)")
RECORDED = re.compile(r"stages\.([^.]+)\.(cmd|(?:deps|outs)\[\d+\]\.path)$")


def recorded(project: Project, path: str) -> tuple[dict[str, Fact], dict[str, set[str]]]:
    """Of a lock file: the command of each stage, and the paths it knows of each."""
    commands: dict[str, Fact] = {}
    paths: dict[str, set[str]] = {}
    for fact in project.facts("yaml", role=None, path=path):
        match = RECORDED.match(fact.name)
        if match:
            stage = match[1].partition("@")[0]
            if match[2] == "cmd":
                commands.setdefault(stage, fact)
            else:
                paths.setdefault(stage, set()).add(tidy(fact.value))
    return commands, paths


def missing(path: str, known: set[str]) -> bool:
    """Whether a lock file does not know a path of a stage; names with variables cannot be compared."""
    return "${" not in path and tidy(path) not in known


def stale(project: Project, pipeline: str, lock: str) -> tuple[list[Evidence], list[Evidence]]:
    """What a lock file agrees with and what it does not know, by the lines of the pipeline's definition."""
    commands, paths = recorded(project, lock)
    good: list[Evidence] = []
    bad: list[Evidence] = []
    for fact in project.facts("yaml", role=None, path=pipeline):
        match = STAGE.fullmatch(fact.name)
        if not match:
            continue
        stage, key = match[1], match[2]
        loop = f"stages.{stage}.do.cmd" == fact.name
        if key == "cmd":
            if stage not in commands:
                bad.append(project.evidence(fact, f"stage {stage} was never recorded", cap=Strength.USED))
            elif (
                not loop
                and "${" not in fact.value
                and " ".join(fact.value.split()) != " ".join(commands[stage].value.split())
            ):
                bad.append(
                    project.evidence(fact, f"the command of {stage} is another one in the lock", cap=Strength.USED)
                )
            else:
                good.append(
                    project.evidence(commands[stage], f"stage {stage} is recorded as it stands", cap=Strength.USED)
                )
        elif stage in commands and not match[3] and missing(fact.value, paths.get(stage, set())):
            bad.append(project.evidence(fact, f"{fact.value} of {stage} is not recorded", cap=Strength.USED))
    return good, bad


RESULT = re.compile(
    r"stages\.[^.]+\.(?:do\.)?(?:outs|metrics|plots)\[\d+\](?:\.(.+?)(?:\.(?:cache|push|persist)\b.*)?)?$"
)


def never_ran(project: Project, pipeline: str, ignored: Ignored) -> bool:
    """Whether nothing speaks of a run: no result of any stage is there, and git would take the lock file in."""
    folder = pipeline.removesuffix("dvc.yaml")
    results = set()
    for fact in project.facts("yaml", role=None, path=pipeline):
        if match := RESULT.match(fact.name):
            results.add(folder + tidy(match[1] or fact.value))
    there = any(path == r or path.startswith(f"{r}/") for r in results for path in project.repo.files)
    return bool(results) and not there and ignored.rule(f"{folder}dvc.lock") is None


@check("PIP009", "The pipeline's recorded state is current", capability="pipeline_recorded", level=2, dimension="mlops")
def record_is_current(project: Project) -> Verdict:
    """What: the lock file of the pipeline knows every stage, command, dependency and output that its definition has.

    A stage that is missing or has another command, and a dependency that was never recorded, are partial; a definition
    without any lock file fails once one of its results is there, or when git is told to leave the lock file out. A
    pipeline that was never run has nothing to record, and tools that keep no such file are not judged.

    Why: the lock file is what says which data and code made the model. When it is behind, it says something untrue.

    Fix: run the pipeline, and commit the lock file together with the change that it records.

    Source: DVC documentation (dvc.lock); Pineau et al. 2021.
    """
    pipelines = [p for p in project.files("dvc.yaml") if project.repo.role(p) not in ("test", "vendored", "docs")]
    pipelines = [p for p in pipelines if any(STAGE.fullmatch(f.name) for f in project.facts("yaml", role=None, path=p))]
    if not pipelines:
        return not_applicable("no pipeline here keeps a record of its runs in the repository")
    good: list[Evidence] = []
    bad: list[Evidence] = []
    for path in pipelines:
        lock = f"{path.removesuffix('dvc.yaml')}dvc.lock"
        if lock in project.repo.known:
            here = stale(project, path, lock)
            good += here[0]
            bad += here[1]
    would = "a lock file that knows every stage and dependency of the pipeline"
    if not good and not bad:
        if all(never_ran(project, path, Ignored(project.repo)) for path in pipelines):
            return not_applicable("the pipeline was never run here: there is nothing to record yet")
        facts = [f for p in pipelines for f in project.facts("yaml", role=None, path=p) if STAGE.fullmatch(f.name)]
        claim = [project.evidence(facts[0], "a stage that no lock file records", cap=Strength.DECLARED)]
        return failed("the pipeline has no lock file", tuple(pipelines), would, claim)
    if bad:
        return partial(f"the record is behind the pipeline in {len(bad)} places", bad[:3], would, tuple(pipelines))
    return passed("every stage is recorded as it stands", good[:3])
