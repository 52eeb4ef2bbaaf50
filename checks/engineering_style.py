"""ENG: are style and types settled by a machine, at every change?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from readykit.checks_api import Project, best, check, failed, not_applicable, partial, passed
from readykit.model import Evidence, Fact, Strength, Verdict

# A run that cannot stop anybody: it always ends well, or it rewrites the files and says nothing.
HARMLESS = re.compile(r"--exit-zero|--fail-under[= ]0(\.0)?\b|--fail-on[= ]none")
REWRITES = re.compile(r"^(black|isort|yapf|autopep8|ruff format)\b(?!.*(--check|--diff|-c\b|--check-only))")
NOT_A_RUN = re.compile(r"--(version|help)\b|--install-types\b.*--non-interactive$|\binstall\b")
HOOKS = "running hooks"
# Names of groups of dependencies that only those who work on the code install.
FOR_DEVELOPERS = re.compile(
    r"(^|[-_.])(dev\w*|lint\w*|quality|checks?|style|format\w*|typ(e|ing)s?|tests?|ci|qa)($|[-_.])"
)


def shows(project: Project, fact: Fact, job: str) -> bool:
    """Whether a fact is a trace of a job."""
    return project.index.shows(fact, job)


def plain(fact: Fact) -> str:
    """A command without what only starts it."""
    return fact.detail.get("plain") or fact.name


def hooks(project: Project, job: str) -> list[Evidence]:
    """The hooks of a pre-commit file that do a job: they run before every commit, and on pre-commit.ci."""
    listed = [
        fact
        for fact in project.doing(job).facts
        if fact.kind == "yaml" and "pre-commit-config" in fact.at.path and project.role(fact.at.path) == "code"
    ]
    # a local hook: its entry is a command
    local = [fact for fact in project.commands("pre-commit") if shows(project, fact, job)]
    return [
        Evidence(fact.at, Strength.WIRED, f"pre-commit runs {text[:60]}")
        for fact, text in [*((f, f.value) for f in listed), *((f, f.name) for f in local)]
    ]


def in_ci(project: Project, job: str) -> Iterator[tuple[Evidence, bool]]:
    """(evidence, whether it can stop a change) of the commands of CI jobs that do a job."""
    for ci, chain in project.ci_doing(lambda fact: shows(project, fact, job) and not NOT_A_RUN.search(plain(fact))):
        last = chain[-1]
        lost = any(fact.detail.get("swallowed") == "yes" for fact in chain)
        way = " -> ".join(str(fact.at) for fact in chain[1:])
        note = f"{ci.runner} runs {last.name[:60]}" + (f" by way of {way}" if way else "")
        strict = not (lost or HARMLESS.search(plain(last)) or REWRITES.match(plain(last)))
        yield Evidence(chain[0].at, Strength.WIRED, note, ci.runner), strict
    if hooks(project, job):
        yield from in_ci(project, HOOKS) if job != HOOKS else ()
    for fact in project.doing(job).facts:
        if fact.name.endswith(".uses") and project.graph.active(fact.at.path, "github"):
            yield project.evidence(fact, f"a step that runs {fact.value}"), True


def by_hand(project: Project, job: str) -> list[Evidence]:
    """Commands for it that wait in a Makefile, a task file or a script."""
    return [
        Evidence(fact.at, Strength.USED, f"{fact.detail.get('runner', '')} {fact.scope}: {fact.name[:60]}".strip())
        for fact in project.doing(job).facts
        if fact.kind == "command"
        and fact.detail.get("runner") != "readme"
        and project.strength(fact) >= Strength.USED
        and not NOT_A_RUN.search(plain(fact))
    ]


def provided(project: Project, job: str) -> list[Evidence]:
    """Tools for it in a group of dependencies for developers: chosen by hand, and called by nothing."""
    return [
        Evidence(fact.at, Strength.DECLARED, f"{fact.name} is installed for developers")
        for fact in project.doing(job).facts
        if fact.kind == "dependency" and FOR_DEVELOPERS.search(fact.detail.get("group", ""))
    ]


def settled(project: Project, job: str, settings: str, what: str, wanted: str) -> Verdict:
    """Whether a kind of tool is configured and run at every change."""
    runs = list(in_ci(project, job))
    ready = hooks(project, job)
    strict = [evidence for evidence, stops in runs if stops]
    if strict or ready:
        where = "in CI" if strict else "by pre-commit"
        return passed(f"{what} {where}", [*best(strict), *best(ready)])
    if runs:
        return partial(f"{what} in CI, but a finding stops nobody", best(e for e, _ in runs), wanted)
    waiting = by_hand(project, job)
    configured = [e for e in project.doing(settings).evidence if e.strength >= Strength.DECLARED]
    if waiting or configured:
        why = "there is a command for it that nobody has to run" if waiting else "configured, run by nobody"
        return partial(why, [*best(waiting, 2), *best(configured, 2)], wanted)
    ready_to_use = provided(project, job)
    if ready_to_use:
        return partial("installed for developers, run by nobody", best(ready_to_use), wanted)
    found = project.doing(job)
    idle = [e for e in found.evidence if e.strength is Strength.DECLARED]
    prefix = "installed, not used: " if idle else ""
    return failed(f"{prefix}nothing shows that {what}", found.looked_in, wanted, best(idle))


@check(
    "ENG001",
    "Lint and format are settled",
    capability="lint_format_type",
    level=2,
    dimension="systems",
    fix="kit add ci",
)  # fmt: skip
def style_is_settled(project: Project) -> Verdict:
    """What: a linter or formatter is configured, and CI or a pre-commit hook runs it so that a finding stops a change.

    Configured and run by nobody, run by hand (make lint), or run in CI with the exit code thrown away (`|| true`,
    `--exit-zero`, a formatter that only rewrites) is partial, and so is a linter among the dependencies for developers
    that nothing calls. A package among all others, and a step that is only named "lint", do not count.

    Why: style that people argue about in review costs time; unused names and shadowed variables hide real faults.

    Fix: settings for one linter in pyproject.toml, and one CI job or pre-commit hook that runs it with `--check`.

    Source: documents 002 and 003.
    """
    wanted = "a linter or formatter in a CI job or pre-commit hook, with its exit code kept"
    return settled(project, "linting", "lint settings", "a linter or formatter runs", wanted)


@check(
    "ENG002", "Types are checked", capability="lint_format_type", level=2, dimension="systems", fix="kit add ci"
)  # fmt: skip
def types_are_checked(project: Project) -> Verdict:
    """What: a type checker is configured, and CI or a pre-commit hook runs it so that a finding stops a change.

    A checker that is configured and run by nobody, that waits in a Makefile or among the dependencies for developers,
    or whose exit code CI throws away is partial; one that is only installed is not there. Projects without Python have
    a compiler or no types.

    Why: a frame passed where a row was meant fails at three in the morning; a checker sees it in a second.

    Fix: annotate the public functions, and run the checker over the package in CI.

    Source: document 002.
    """
    if not project.files("*.py"):
        return not_applicable("there are no Python modules whose types could be checked")
    wanted = "a type checker in a CI job or pre-commit hook, with its exit code kept"
    return settled(project, "type checking", "type settings", "a type checker runs", wanted)
