"""CI of every common kind: the test command is found, and a failure that nobody would notice is marked."""

from __future__ import annotations

import textwrap

import pytest
from readykit.cijobs import CIJobs
from readykit.graph import Graph
from readykit.repo import Repo

BLOCK = "\n".join

CIRCLE = "jobs:\n  t:\n    steps:\n      - run:\n          command: |\nBODY"
TASK = (
    "tasks:\n  - provisionerId: p\n    payload:\n      command:\n        - /bin/bash\n        - -lec\n        - |\nBODY"
)
# where each system keeps its file, a file with the text of one step in place of BODY, and how far that is indented
SYSTEMS = {
    "github": (".github/workflows/ci.yml", "on: [push]\njobs:\n  t:\n    steps:\n      - run: |\nBODY", 10),
    "gitlab": (".gitlab-ci.yml", "t:\n  script:\n    - |\nBODY", 6),
    "azure": ("azure-pipelines.yml", "trigger: [main]\nsteps:\n  - script: |\nBODY", 6),
    "circleci": (".circleci/config.yml", CIRCLE, 12),
    "jenkins": ("Jenkinsfile", "stage('t') {\n  sh '''\nBODY\n  '''\n}", 4),
    "cloudbuild": ("cloudbuild.yaml", "steps:\n  - name: gcr.io/x/py\n    script: |\nBODY", 6),
    "taskcluster": (".taskcluster.yml", TASK, 10),
    "buildkite": (".buildkite/pipeline.yml", "steps:\n  - label: t\n    command: |\nBODY", 6),
    "travis": (".travis.yml", "language: python\nscript:\n  - |\nBODY", 4),
    "drone": (".drone.yml", "kind: pipeline\nsteps:\n  - name: t\n    commands:\n      - |\nBODY", 8),
}
GOES_ON = {"azure", "travis"}
"""Their shell goes on after a failure; the last command decides."""
MINDS_PIPES = {"gitlab", "circleci"}


def verdict(files: dict[str, str]) -> list[bool]:
    """Whether the exit code is lost, for each way of CI to pytest."""
    repo = Repo.of(files)
    jobs = CIJobs(repo, Graph(repo), repo.files).all()
    chains = [chain for job in jobs for chain in job.reached if chain[-1].detail.get("plain", "").startswith("pytest")]
    return [any(fact.detail.get("swallowed") == "yes" for fact in chain) for chain in chains]


def one(system: str, *lines: str) -> list[bool]:
    path, text, indent = SYSTEMS[system]
    return verdict({path: text.replace("BODY", textwrap.indent(BLOCK(lines), " " * indent))})


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_plain_test_command_is_found_and_counts(system: str) -> None:
    assert one(system, "pytest -q") == [False]


FORGIVEN = (
    "pytest || true",
    "pytest || echo failed",
    "pytest -q || :",
    "if pytest; then echo ok; fi",
    "pytest && echo ok || true",
    "bash -c 'pytest; echo done'",
)
PASSED_ON = (
    "pytest || exit 1",
    "pytest || { echo failed; exit 1; }",
    "if ! pytest; then exit 1; fi",
    "bash -ec 'pytest; echo done'",
)


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("line", FORGIVEN)
def test_a_failure_that_is_forgiven_is_lost(system: str, line: str) -> None:
    assert one(system, line) == [True]


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("line", PASSED_ON)
def test_a_failure_that_is_passed_on_counts(system: str, line: str) -> None:
    assert one(system, line) == [False]


@pytest.mark.parametrize("system", SYSTEMS)
def test_what_follows_decides_only_where_the_shell_goes_on(system: str) -> None:
    lost = system in GOES_ON
    assert one(system, "pytest > log.txt", "cat log.txt") == [lost]
    assert one(system, "pytest", "echo finished", "exit $?") == [lost]
    assert one(system, "set -e", "pytest > log.txt", "cat log.txt") == [False]
    assert one(system, "set +e", "pytest > log.txt", "cat log.txt") == [True]
    assert one(system, "set +e", "pytest", "code=$?", "cat log.txt", "exit $code") == [False]


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_pipe_has_the_code_of_its_last_command(system: str) -> None:
    assert one(system, "pytest | tee log.txt") == [system not in MINDS_PIPES]
    assert one(system, "set -eo pipefail", "pytest | tee log.txt") == [False]


GITHUB = "on: push\njobs:\n  t:\n{}    steps:\n      - run: pytest\n{}"
AZURE = "trigger: [main]\n"
TOLD = {
    ".github/workflows/step.yml": GITHUB.format("", "        continue-on-error: true\n"),
    ".github/workflows/job.yml": GITHUB.format("    continue-on-error: true\n", ""),
    ".gitlab-ci.yml": "t:\n  allow_failure: true\n  script: [pytest]\n",
    "azure-pipelines.yml": AZURE + "steps:\n  - script: pytest\n    continueOnError: true\n",
    "a/azure-pipelines.yml": AZURE
    + "jobs:\n  - job: t\n    continueOnError: true\n    steps:\n      - script: pytest\n",
    "b/azure-pipelines.yml": AZURE
    + "steps:\n  - task: Bash@3\n    inputs:\n      script: pytest\n    continueOnError: true\n",
    "Jenkinsfile": "stage('t') { sh script: 'pytest', returnStatus: true }",
    "a/Jenkinsfile": "stage('t') { catchError(buildResult: 'SUCCESS', stageResult: 'FAILURE') { sh 'pytest' } }",
    "cloudbuild.yaml": "steps:\n  - name: g/x\n    entrypoint: pytest\n    args: [tests]\n    allowFailure: true\n",
    ".buildkite/pipeline.yml": "steps:\n  - command: pytest\n    soft_fail: true\n",
    ".drone.yml": "kind: pipeline\nsteps:\n  - name: t\n    failure: ignore\n    commands: [pytest]\n",
}


@pytest.mark.parametrize("path", TOLD)
def test_a_step_that_may_fail_is_lost(path: str) -> None:
    assert verdict({path: TOLD[path]}) == [True]
    strict = TOLD[path].replace(": true", ": false").replace("'SUCCESS'", "'FAILURE'").replace(": ignore", ": always")
    assert verdict({path: strict}) == [False]


@pytest.mark.parametrize(("shell", "lost"), [("bash", False), ("bash {0}", True), ("bash -e {0}", False)])
def test_the_shell_of_a_github_step_decides(shell: str, lost: bool) -> None:
    text = (
        f"on: push\njobs:\n  t:\n    steps:\n      - shell: {shell}\n        run: |\n          pytest\n          ls\n"
    )
    assert verdict({".github/workflows/ci.yml": text}) == [lost]


@pytest.mark.parametrize(("flags", "lost"), [("-lc", True), ("-lxce", False)])
def test_a_shell_given_as_words_is_strict_only_when_told(flags: str, lost: bool) -> None:
    words = f"    entrypoint: bash\n    args:\n      - {flags}\n      - |\n        pytest\n        ls\n"
    text = f"steps:\n  - name: g/x\n{words}"
    assert verdict({"cloudbuild.yaml": text}) == [lost]


HOOK = "repos:\n  - repo: local\n    hooks:\n      - id: tests\n        entry: pytest\n        language: python\n"


@pytest.mark.parametrize(
    ("head", "found"), [("ci:\n  autofix_prs: false\n", [False]), ("", []), ("ci:\n  skip: [tests]\n", [])]
)
def test_hooks_are_ci_where_pre_commit_ci_runs_them(head: str, found: list[bool]) -> None:
    assert verdict({".pre-commit-config.yaml": head + HOOK}) == found
