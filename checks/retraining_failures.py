"""RET: what happens when retraining or a promotion goes wrong?"""

from __future__ import annotations

import re
from collections.abc import Iterable

from readykit.checks_api import Project, best, check, failed, not_applicable, partial, passed
from readykit.model import Evidence, Fact, Strength, Verdict
from readykit.naming import last, words
from readykit.training import trains

ROLLS_BACK = re.compile(r"(?<![a-z])(roll(s|ed|ing)? ?back|revert\w*|restore\w* (previous|former|last)\w*)(?![a-z])")
REHEARSES = re.compile(r"(?<![a-z])(tests?|rehears\w*|drill|verify)(?![a-z])")
OF_DATABASE = re.compile(
    r"(?<![a-z])(sessions?|db|database|conn|connections?|cursor|transactions?|migrat\w*|sql\w*|engine|git)(?![a-z])"
)
OF_MODEL = re.compile(
    r"(?<![a-z])(models?|alias(es)?|champion|version|registry|deploy\w*|promot\w*|serv\w*|endpoint|production|canary|release)(?![a-z])"
)
NONE = re.compile(r"""^["']?(0|0\.0|None|null|false|~|)["']?$""", re.IGNORECASE)
WOULD_TEST = "a test or CI job that promotes, rolls back and asserts that the former version answers"
WOULD_SURVIVE = "retries and a time limit or a notice of failure on the stages of the training flow"


# -- RET005 -----------------------------------------------------------------------------------------------------------
def rollback_tests(project: Project) -> list[tuple[Fact, bool]]:
    """Calls in tests that bring a former model back, and whether the test asserts anything."""
    found = []
    asked = {(f.at.path, f.at.line) for f in project.facts("branch", role=("test",))}
    for fact in project.facts("call", role=("test",)):
        name = words(fact.name)
        test = fact.scope.partition(".")[0] or fact.scope
        if not ROLLS_BACK.search(words(last(fact.name))) or OF_DATABASE.search(name):
            continue
        if (fact.at.path, fact.at.line) in asked:  # `if model.rollback(change)` is a question
            continue
        about = f"{name} {words(fact.scope)} {words(fact.at.path)} {words(' '.join(fact.detail.values()))}"
        if OF_MODEL.search(about) and last(fact.name) not in local(project, fact.at.path):
            found.append((fact, asserts(project, fact.at.path, test)))
    return found


def local(project: Project, path: str) -> set[str]:
    """Functions that a test file defines itself: what they do is not the project's."""
    return {last(f.name) for f in project.facts("def", path=path, role=None)}


def asserts(project: Project, path: str, scope: str) -> bool:
    """Whether a test function asserts something."""
    return any(
        fact.scope.startswith(scope)
        and (
            fact.kind == "assert"
            or (fact.kind == "call" and re.search(r"(^|\.)(assert\w*|raises|until)$", last(fact.name)))
        )
        for fact in project.facts("assert", "call", path=path, role=None)
    )


def rollback_jobs(project: Project) -> list[Evidence]:
    """CI jobs that rehearse a rollback: a job or step with both words in its name."""
    found = []
    for job in project.ci_jobs():
        for command in job.commands:
            name = words(f"{job.name} {command.detail.get('step', '')}")
            if ROLLS_BACK.search(name) and REHEARSES.search(name) and not OF_DATABASE.search(words(command.name)):
                found.append(project.evidence(command, f"a CI job rehearses the rollback: {job.name}"))
    return found


@check(
    "RET005",
    "Rollback is tested",
    capability="rollback_tested",
    level=4,
    dimension="mlops",
    fix="kit add retraining",
)
def rollback_is_tested(project: Project) -> Verdict:
    """What: a test or CI job carries out the rollback of a model and looks at the outcome.

    A test that calls the project's rollback and asserts passes; so does a CI job that rehearses it. A test that
    calls it and asserts nothing is partial. The rollback of a database is another thing.

    Why: a way back that was never walked fails on the night it is needed.

    Fix: in a test, promote two versions, roll back, and assert that the first one answers.

    Source: ML Test Score, Infra 7 (models can be rolled back quickly and safely).
    """
    if project.kind == "library":
        return not_applicable("a library deploys no model")
    calls = rollback_tests(project)
    full = [
        Evidence(f.at, Strength.USED, f"a test rolls back and asserts: {f.scope or last(f.name)}")
        for f, asserted in calls
        if asserted
    ]
    jobs = [e for e in rollback_jobs(project) if e.strength >= Strength.USED]
    if full or jobs:
        return passed("the way back is tested", best([*full, *jobs]))
    if calls:
        bare = [Evidence(f.at, Strength.DECLARED, "a test calls the rollback and asserts nothing") for f, _ in calls]
        return partial("the rollback is called in a test that asserts nothing", best(bare))
    return failed("no test brings a former model back", project.looked_in, WOULD_TEST)


# -- RET006 -----------------------------------------------------------------------------------------------------------
def flow_files(project: Project) -> set[str]:
    """Files of code and configuration that make up training flows."""
    stages = {e.at.path for e in project.used("pipeline orchestration") if not e.at.path.endswith(".ipynb")}
    clocked = {e.at.path for e in project.used("scheduling")}
    training = {path for path in stages | clocked if trains_inside(project, path)}
    return training or stages


def trains_inside(project: Project, path: str) -> bool:
    """Whether a file speaks of training in its name, its commands or what it imports and calls."""
    return trains(path.rpartition("/")[2]) or any(
        trains(f.name if f.kind != "yaml" else f.value)
        for f in project.repo.facts(path)
        if f.kind in ("command", "import", "call", "def") or (f.kind == "yaml" and len(f.value) < 120)
    )


def given(project: Project, job: str, files: set[str]) -> list[Evidence]:
    """Settings of a kind in the flow's files that are not zero."""
    found = []
    for fact in project.doing(job).facts:
        if fact.at.path not in files or project.strength(fact) < Strength.USED:
            continue
        key = next((k for k in fact.detail if re.search(r"retr|timeout|deadline|limit|max_run", k)), "")
        value = fact.detail[key] if key else fact.value if fact.kind in ("yaml", "json", "toml", "hcl") else "given"
        if not NONE.match(value):
            found.append(
                project.evidence(fact, f"{job}: {key or last(fact.name)} {value if key else fact.value}".strip())
            )
    return found


def told_of_failure(project: Project, files: Iterable[str]) -> list[Evidence]:
    """Notices of failure in the flow's files."""
    every = [*project.used("failure notification"), *project.used("notification")]
    return [e for e in every if e.at.path in set(files)]


@check(
    "RET006",
    "The training flow survives failure",
    capability="flow_resilience",
    level=4,
    dimension="systems",
    fix="kit add retraining",
)
def flow_survives_failure(project: Project) -> Verdict:
    """What: stages of the training flow are tried again, and end in time or tell somebody when they fail.

    Retries together with a time limit or a notice of failure, in the files of the flow, pass. One of them alone is
    partial. Retries of a single web request, and values of zero, do not count.

    Why: networks and registries fail for minutes; a flow that dies of it at night retrains nothing.

    Fix: give each stage retries with a delay and a timeout, make it safe to run twice, and report what still fails.

    Source: document 001.
    """
    if project.kind == "library" or project.only_serves:
        return not_applicable("nothing here trains a model for its own use")
    files = flow_files(project)
    if not files:
        return failed("there is no training flow that could survive a failure", project.looked_in, WOULD_SURVIVE)
    retries, limits = given(project, "retry", files), given(project, "time limit", files)
    retries = [e for e in retries if trains(e.at.path.rpartition("/")[2])] or retries  # the plainest ones are shown
    notices = told_of_failure(project, files)
    others = [*best(limits, 1), *best(notices, 1)]
    if retries and others:
        return passed("stages are tried again, and do not hang or fail in silence", [*best(retries, 2), *others])
    if retries or others:
        why = (
            "stages are tried again, but may hang and fail in silence" if retries else "a stage that fails once is lost"
        )
        return partial(why, [*best(retries, 2), *others])
    return failed("stages of the flow have no retries, time limits or notices", project.looked_in, WOULD_SURVIVE)
