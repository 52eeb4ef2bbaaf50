"""ENG: does a machine look at every change?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from readykit.checks_api import Project, check, failed, partial, passed
from readykit.model import Evidence, Fact, Strength, Verdict
from readykit.naming import words
from readykit.testcode import asserting, own_modules, tests_of, uses_project, vacuous

if TYPE_CHECKING:
    from readykit.cijobs import CIJob

ON_CHANGE = frozenset(
    {"push", "pull_request", "pull_request_target", "merge_request", "merge_group", "pr", "change", "commit", "branch"}
)
NOT_A_TEST = re.compile(
    r"^(echo|printf|pip|uv (pip|add|sync)|apt|conda|mkdir|cat|ls|cp)\b"
    r"|--(version|help)\b|--collect-only|\binstall\b|compileall"
    r"|-e (lint|type|doc|format|flake8|mypy|ruff|style|licen[cs]e|build|release|publish)\w*$"
)

# A workflow of another repository that is called as a job: `uses: owner/name/.github/workflows/python-test.yml@v1`.
SHARED = re.compile(r"^[\w.-]+/[\w.-]+/\.github/workflows/(?P<file>[\w.-]+)\.ya?ml@")
# What such a file is called, or what it is handed, when it runs tests. Releases and reports of tests are no run.
RUNS_TESTS = re.compile(r"(?<![a-z])((py|unit|integration)?tests?|testing|pytest|tox|nox|r cmd check)(?![a-z])")
NOT_RUNNING = re.compile(r"(?<![a-z])(publish|release|deploy|report|lint|docs?|comment|badge|label)(?![a-z])")
NOT_ASKED = re.compile(r"(?i)^(false|no|none|off|0|)$")
# The test job of a CI product's ready-made set: `- python/test:` of an orb.
ORB = re.compile(r"^workflows\..*\.jobs\[\d+\](\.(?P<key>[\w-]+/[\w-]+)\b.*)?$")
ORB_TESTS = re.compile(r"^(python|poetry|[\w-]*pytest|tox)/([\w-]*test[\w-]*|tox)$")
# A script of a test folder that is started as a program.
SCRIPT = re.compile(
    r"^(python[\d.]* (-\w )?|(ba|z)?sh (-\w+ )?|(source|\.) )?(\./)?"
    r"(?P<path>([\w.-]+/)*(\w+[_-])?tests?([_-]\w+)?/([\w.-]+/)*[\w.-]+\.(py|sh))\b"
)

# tests that are not test functions of Python: examples in docstrings, notebooks, templates of other languages
ELSEWHERE = re.compile(
    r"doctest|nbmake|nbval|testbook|papermill|\b(sbt|mvn|mvnw|gradlew?|go|cargo|bazel|Rscript|R CMD)\b"
)
# keys that call what is defined elsewhere
SHARES = re.compile(r"\.uses$|^workflows\.")
OTHER_TESTS = (
    "*.scala",
    "*.java",
    "*.kt",
    "*.R",
    "*.r",
    "*.go",
    "*.rs",
    "*.js",
    "*.ts",
    "*.tsx",
    "*.ipynb",
    "*.feature",
    "*.sh",
    "*.bats",
)


def tests(project: Project, fact: Fact) -> bool:
    """Whether a command runs tests."""
    plain = fact.detail.get("plain") or fact.name
    if NOT_A_TEST.search(plain):
        return False
    return project.index.shows(fact, "test running")


def on_change(job: CIJob) -> bool:
    """Whether a job runs for changes; a system that tells no triggers in its file runs for them by default."""
    return not job.triggers or bool(set(job.triggers) & ON_CHANGE)


def tested(project: Project) -> Iterator[tuple[CIJob, tuple[Fact, ...]]]:
    """CI jobs that run tests, each with the way from its own command to the test command."""
    seen: set[int] = set()
    for job, chain in project.ci_doing(lambda fact: tests(project, fact)):
        if id(job) not in seen:
            seen.add(id(job))
            yield job, chain


def tested_by_action(project: Project) -> list[Evidence]:
    """Ready-made steps that run tests, in workflows for changes."""
    return [
        project.evidence(fact, f"a step that runs the tests: {fact.value}")
        for fact in project.doing("test running").facts
        if fact.name.endswith(".uses")
        and any(
            row.name.removeprefix("on").lstrip(".").split(".")[0].split("[")[0] in ON_CHANGE or row.value in ON_CHANGE
            for row in project.repo.facts(fact.at.path)
            if row.kind == "yaml" and row.name.startswith("on")
        )
        and project.graph.active(fact.at.path, "github")
    ]


def events(project: Project, path: str) -> set[str]:
    """What starts a workflow, by its own file."""
    rows = [row for row in project.repo.facts(path) if row.kind == "yaml" and re.match(r"on(\.|\[|$)", row.name)]
    return {word for row in rows for word in (re.split(r"[.\[]", row.name.removeprefix("on."))[0], row.value)}


def tested_elsewhere(project: Project) -> list[tuple[Evidence, bool]]:
    """Jobs that call a shared workflow or a ready-made job for tests, each with whether a change starts it."""
    found = []
    for fact in project.named(SHARES, "yaml", role=None):
        match = SHARED.match(fact.value) if fact.name.endswith(".uses") else None
        if match and project.graph.active(fact.at.path, "github") and for_tests(project, fact, match["file"]):
            note = f"a shared workflow that runs the tests: {fact.value}"
            found.append((project.evidence(fact, note), bool(events(project, fact.at.path) & ON_CHANGE)))
        orb = ORB.match(fact.name) if fact.name.startswith("workflows.") else None
        if orb and ORB_TESTS.match(orb["key"] or fact.value) and project.graph.active(fact.at.path, "circleci"):
            found.append(
                (project.evidence(fact, f"a ready-made job that runs the tests: {orb['key'] or fact.value}"), True)
            )
    return found


def for_tests(project: Project, uses: Fact, name: str) -> bool:
    """Whether a shared workflow is one for tests: by its file's name, or by what it is handed."""
    if NOT_RUNNING.search(words(name)):
        return False
    given = uses.name.removesuffix("uses") + "with."
    rows = [row for row in project.repo.facts(uses.at.path) if row.kind == "yaml" and row.name.startswith(given)]
    asked = [row for row in rows if RUNS_TESTS.search(words(row.name.removeprefix(given)))]
    if asked and all(NOT_ASKED.match(row.value) for row in asked):
        return False
    return bool(asked or RUNS_TESTS.search(words(name)))


def scripted(project: Project) -> list[Evidence]:
    """CI jobs that start a script of a test folder by itself, which holds none of the project's test functions."""
    holding = {test.at.path for test in tests_of(project) if test.honest}
    found = []
    for job, chain in project.ci_doing(lambda fact: SCRIPT.match(fact.detail.get("plain") or fact.name) is not None):
        match = SCRIPT.match(chain[-1].detail.get("plain") or chain[-1].name)
        if match and not any(path.endswith(match["path"]) for path in holding):
            found.append(shown(job, chain))
    return found


def shown(job: CIJob, chain: tuple[Fact, ...]) -> Evidence:
    """Evidence of a job at its own command, with the hops to the test command."""
    way = " -> ".join(f"{fact.at}" for fact in chain[1:])
    return Evidence(
        chain[0].at,
        Strength.WIRED,
        f"{job.runner} runs {chain[-1].name[:60]}" + (f" by way of {way}" if way else ""),
        job.runner,
    )


def hollow(project: Project, commands: list[Fact]) -> bool:
    """Whether nothing among the tests uses the project's code and could fail: placeholders, or no tests at all."""
    if any(ELSEWHERE.search(fact.name) for fact in commands) or project.files(*OTHER_TESTS, role=("test",)):
        return False
    if any(test.honest for test in tests_of(project)):
        return False
    own = own_modules(project)
    scripts = {
        fact.at.path
        for fact in project.facts("assert", "call", role=("test",))
        if asserting(fact) and not vacuous(fact)
    }
    return not any(uses_project(project, path, own) for path in sorted(scripts))


@check(
    "ENG003",
    "CI runs the tests on every change",
    capability="ci_runs_tests",
    level=2,
    dimension="mlops",
    fix="kit add ci",
)
def ci_runs_tests(project: Project) -> Verdict:
    """What: a CI job on push or pull request runs the tests, directly or through make, a task runner or a script.

    A workflow of another repository that is called as a job and is named for tests, or told about them, runs them. A
    step that is only named after tests, a command whose exit code is lost, and a workflow outside the folder that its
    system reads do not count. Tests that only run by hand or on a schedule are partial, and so are tests that say
    nothing: a placeholder that asserts `True`, tests without the project's code, a single script, no test to be found.

    Why: tests that somebody must remember to run are not run.

    Fix: one job on pull requests with the same test command that the README gives.

    Source: document 002; mlops-zoomcamp rubric (CI); Microsoft MLOps level 1.
    """
    found = list(tested(project))
    honest = [(job, chain) for job, chain in found if not any(fact.detail.get("swallowed") == "yes" for fact in chain)]
    away = tested_elsewhere(project)
    every = [shown(job, chain) for job, chain in honest if on_change(job)] + tested_by_action(project)
    every += [evidence for evidence, started in away if started]
    if every and hollow(project, [chain[-1] for _, chain in honest]):
        return partial(
            "CI runs tests that say nothing about the project's code",
            every,
            "tests that call the project's code and can fail for a wrong result",
        )
    if every:
        return passed("a CI job runs the tests on changes", every)
    if honest or away:
        return partial(
            "CI runs the tests, but not on changes",
            [*(shown(job, chain) for job, chain in honest), *(evidence for evidence, _ in away)],
            "run it on push or pull request",
        )
    if found:
        return partial(
            "CI runs the tests, but a failure is lost",
            [shown(job, chain) for job, chain in found],
            "let the exit code of the test command end the job",
        )
    scripts = scripted(project)
    if scripts:
        return partial("CI runs a script of the tests by itself, not the tests", scripts, "the test runner in that job")
    presubmit = project.doing("presubmit workflows").at_least(Strength.DECLARED)
    if presubmit:
        return partial(
            "workflows run before a merge; what they test stands elsewhere",
            presubmit,
            "a test command in the presubmit job",
        )
    jobs = project.ci_jobs()
    continuous = project.doing("continuous integration")
    # a workflow made of actions alone has no command, and runs all the same
    workflows = {
        f.at.path
        for f in project.facts("yaml", name="jobs.*uses", role=None)
        if project.graph.active(f.at.path, "github")
    }
    return failed(
        "CI runs no test" if jobs or workflows else "there is no CI that runs",
        looked_in=tuple(sorted({*(job.path for job in jobs), *workflows})) or continuous.looked_in,
        would_satisfy="a job on push or pull request that calls the test command",
        evidence=continuous.evidence[:2],
    )
