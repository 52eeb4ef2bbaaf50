"""SEC003, SEC004, SEC006: what comes from others, what it may do, and what others may do with this."""

from __future__ import annotations

import re
from collections.abc import Iterator

from readykit.checks_api import Project, best, check, failed, not_applicable, partial, passed, unmet
from readykit.model import Evidence, Fact, Location, Strength, Verdict

BY_DIGEST = re.compile(r"@([0-9a-f]{40}|sha256:[0-9a-f]{64})$")
# actions of the CI system's own makers, for whom a version tag is the usual pin
OF_THE_MAKER = re.compile(r"^(actions|github)/")
USES = re.compile(r"jobs\.[^.]+\.(steps\[\d+\]\.)?uses$|runs\.steps\[\d+\]\.uses$")
PERMISSIONS = re.compile(r"(?:permissions|jobs\.([^.]+)\.permissions)(?:\.[\w-]+)?$")
WIDE = re.compile(r"write-all$")
JOB = re.compile(r"jobs\.([^.]+)\.")
# what the other systems take from outside: images, includes of other repositories, packaged jobs
OUTSIDE = re.compile(
    r"(^|\.)(image(\.name)?|container(\.image)?|docker\[\d+\]\.image|orbs\.[\w-]+|steps\[\d+\]\.name|baseImage)$"
)
FLOATING = re.compile(r"(:latest|@volatile|@dev:\w+|@\d+)$")


def workflows(project: Project) -> dict[str, list[Fact]]:
    """The values of workflow files that run."""
    found: dict[str, list[Fact]] = {}
    for path in project.files("*.yml", "*.yaml", "*.yml.tmpl", "*.yml.jinja", "*.yaml.jinja"):
        if "workflows/" in path and project.graph.active(path, "github"):
            facts = [f for f in project.repo.facts(path) if f.kind == "yaml"]
            if any(f.name.startswith("jobs.") for f in facts):
                found[path] = facts
    return found


def rights(facts: list[Fact]) -> tuple[Evidence | None, Evidence | None]:
    """Where a workflow says what its token may do, and where it leaves that open or asks for everything."""
    said = [f for f in facts if PERMISSIONS.fullmatch(f.name)]
    for fact in said:
        if WIDE.match(fact.value):
            return None, Evidence(fact.at, Strength.USED, f"{fact.name}: {fact.value} gives the token every right")
    at_top = [f for f in said if f.name.startswith("permissions")]
    jobs = {m[1]: f for f in facts if (m := JOB.match(f.name))}
    covered = {m[1] for f in said if (m := PERMISSIONS.fullmatch(f.name)) and m[1]}
    if at_top or (jobs and set(jobs) <= covered):
        fact = (at_top or said)[0]
        return Evidence(fact.at, Strength.USED, f"{fact.name}: {fact.value} limits the token"), None
    first = next(
        (f for f in facts if f.name.startswith("jobs.") and (m := JOB.match(f.name)) and m[1] not in covered), facts[0]
    )
    return None, Evidence(first.at, Strength.DECLARED, "a job without `permissions`: its token has the default rights")


def pinned(facts: list[Fact]) -> tuple[list[Evidence], list[Evidence]]:
    """Actions of others that are pinned to a commit, and those that are not."""
    good: list[Evidence] = []
    bad: list[Evidence] = []
    for fact in facts:
        if not USES.search(fact.name) or fact.value.startswith((".", "docker://")) or "{{" in fact.value:
            continue
        if BY_DIGEST.search(fact.value):
            good.append(Evidence(fact.at, Strength.USED, f"{fact.value[:60]} is pinned to a commit"))
        elif not OF_THE_MAKER.match(fact.value) or fact.value.endswith(("@main", "@master")):
            bad.append(Evidence(fact.at, Strength.USED, f"{fact.value[:60]} can change under its name"))
    return good, bad


def elsewhere(project: Project) -> tuple[list[Evidence], list[Evidence]]:
    """For other CI systems: images and packaged jobs with a version, and without."""
    good: list[Evidence] = []
    bad: list[Evidence] = []
    for path in dict.fromkeys(job.path for job in project.ci_jobs() if job.runner not in ("github", "jenkins")):
        for fact in project.facts("yaml", role=None, path=path):
            if (
                OUTSIDE.search(fact.name)
                and re.search(r"[/:@]", fact.value)
                and not re.search(r"[\s${]|^\.", fact.value)
            ):
                floats = FLOATING.search(fact.value) or (
                    ":" not in fact.value and "@" not in fact.value and "/" in fact.value
                )
                note = f"{fact.value[:60]} {'can change under its name' if floats else 'has a version'}"
                (bad if floats else good).append(Evidence(fact.at, Strength.USED, note))
    return good, bad


@check("SEC003", "CI permissions are least and actions pinned", capability="ci_hardened", level=3, dimension="deploy")
def ci_is_hardened(project: Project) -> Verdict:
    """What: every workflow says what its token may do, and actions of others are pinned to a commit.

    A version tag is enough for actions of the CI system's own makers. One of the two halves, or both for some of the
    workflows, is partial; `write-all` is no limit. For CI systems whose rights are kept elsewhere, images and packaged
    jobs must have versions other than `latest`. Files in places where no CI system looks are not judged.

    Why: whoever takes over one action, or moves its tag, runs code with the rights and secrets of the workflow.

    Fix: write `permissions: {}` at the top and the few rights at each job; pin actions to commits and let a bot raise
    them.

    Source: OpenSSF Scorecard (Token-Permissions, Pinned-Dependencies); zizmor.
    """
    would = "`permissions` in every workflow, and every action of others pinned to a commit"
    files = workflows(project)
    if not files:
        return others(project)
    limited: list[Evidence] = []
    open_: list[Evidence] = []
    good: list[Evidence] = []
    bad: list[Evidence] = []
    for facts in files.values():
        yes, no = rights(facts)
        limited += [yes] if yes else []
        open_ += [no] if no else []
        fixed, floating = pinned(facts)
        good += fixed
        bad += floating
    if limited and not open_ and not bad:
        return passed("the workflows' rights are limited and their actions pinned", (*best(limited, 2), *best(good, 1)))
    if limited or good:
        what = (
            f"{len(limited)} of {len(files)} workflows limit their rights, {len(bad)} actions of others are not pinned"
        )
        return partial(what, (*best(limited, 1), *best(good, 1), *best(bad or open_, 1)), would, tuple(files)[:8])
    if not bad:
        return partial("no action of others floats, but the token has the default rights", best(open_, 2), would)
    return failed("workflows have the default rights", tuple(files)[:8], would, (*best(open_, 2), *best(bad, 1)))


def others(project: Project) -> Verdict:
    """The verdict for CI systems other than workflow files."""
    if not project.ci_jobs():
        return not_applicable("there is no CI whose rights could be limited")
    good, bad = elsewhere(project)
    would = "a version for every image and packaged job of the CI"
    if not good and not bad:
        return not_applicable("the rights of this CI are kept outside the repository, and it takes nothing from others")
    if not bad:
        return passed("what the CI takes from others has versions", best(good))
    if good:
        return partial(f"{len(bad)} images or jobs of the CI have no version", (*best(good, 1), *best(bad, 2)), would)
    return failed(
        "what the CI takes from others has no versions", tuple(dict.fromkeys(e.at.path for e in bad)), would, best(bad)
    )


# -- dependencies -----------------------------------------------------------------------------------------------------
# of what an update service looks after, that which is not the project's own packages
NOT_PACKAGES = frozenset({"github-actions", "docker", "gitsubmodule", "terraform", "devcontainers", "docker-compose"})
WEB = frozenset({"npm", "bun", "yarn"})


@check(
    "SEC004", "Dependencies are watched", capability="dependencies_watched", level=3, dimension="deploy",
    fix="kit add ci",
)  # fmt: skip
def dependencies_are_watched(project: Project) -> Verdict:
    """What: a bot proposes updates of the packages the models run with, or a job looks for known vulnerabilities.

    An update bot that is told of the project's packages, and a scanner in CI or a hook, pass. A bot that only looks
    after CI actions, images or the web front end, and a scanner that somebody has to start, are partial. A scanner
    that is installed and never run is nothing.

    Why: the libraries of machine learning load files from strangers; a fix that is not taken up is an open door.

    Fix: add an update bot's configuration for the package manager, and an audit job that fails the build.

    Source: OpenSSF Scorecard (Dependency-Update-Tool, Vulnerabilities).
    """
    found = project.doing("dependency watching")
    full: list[Evidence] = []
    half: list[Evidence] = []
    behind = {fact.at: fact for fact in found.facts}
    for item in found.at_least(Strength.USED):
        fact = behind.get(item.at)
        value = fact.value if fact is not None and fact.name.endswith("package-ecosystem") else ""
        if fact is not None and fact.kind == "command" and item.strength < Strength.WIRED:
            half.append(Evidence(item.at, Strength.DECLARED, f"{item.note} (nothing runs it)", item.tool))
        elif fact is not None and fact.detail.get("swallowed") == "yes":
            half.append(Evidence(item.at, Strength.DECLARED, f"{item.note} (its result is ignored)", item.tool))
        elif value in NOT_PACKAGES or (value in WEB and not only_web(project)):
            half.append(Evidence(item.at, Strength.DECLARED, f"updates of {value} only", item.tool))
        else:
            full.append(item)
    if full:
        return passed(f"dependencies are watched ({full[0].tool})", best(full))
    would = "an update bot for the project's packages, or an audit of them in CI"
    if half:
        return partial("some of what the project depends on is watched, its packages are not", best(half), would)
    if not any(project.facts("dependency", role=None)):
        return not_applicable("no dependencies are declared that could be watched")
    return unmet(found, "nobody watches the dependencies", would, r"vulnerab|dependabot|renovate|audit|scan")


def only_web(project: Project) -> bool:
    """Whether the project has no packages but those of a web front end."""
    return not any(
        f.detail.get("source") not in ("npm", "package.json") for f in project.facts("dependency", role=None)
    )


# -- licence ----------------------------------------------------------------------------------------------------------
FILE = re.compile(r"^(licen[cs]e|copying|unlicense)([-._][\w.-]+)?$", re.IGNORECASE)
IN_METADATA = re.compile(r"^(project\.license(\.\w+)?|tool\.poetry\.license|metadata\.license|license)$")
SAID = re.compile(r"\blicen[cs]e[ds]?\b", re.IGNORECASE)
KNOWN = re.compile(
    r"\b(MIT|Apache|BSD|GNU|Mozilla Public|Creative Commons|Unlicense|ISC|Boost|EUPL)\b|(?i:proprietary)"
)
# these name the licence that they turn into later, which is not the one that holds
SOURCE_AVAILABLE = re.compile(r"\b(Business Source License|Elastic License|Server Side Public License)\b")
BSD_TEXT = "Redistribution and use in source and binary forms"
MIT_TEXT = "Permission is hereby granted, free of charge"
SHORTEST = 30


def licence_files(project: Project) -> Iterator[Evidence]:
    """Licence files at the top of the project or of the repository."""
    for path in project.repo.files:
        folder, _, name = path.rpartition("/")
        here = f"{folder}/" if folder else ""
        if (
            FILE.match(name)
            and not name.endswith((".py", ".json", ".sh"))
            and here in ("", project.root, f"{project.root}LICENSES/")
        ):
            text = project.repo.text(path)
            if len(text.strip()) >= SHORTEST:
                match = SOURCE_AVAILABLE.search(text) or KNOWN.search(text[:3000])
                known = "MIT" if MIT_TEXT in text else "BSD" if BSD_TEXT in text else match[0] if match else "own terms"
                line = next(n for n, row in enumerate(text.split("\n"), 1) if row.strip())
                yield Evidence(Location(path, line), Strength.USED, f"a licence file ({known})")


@check("SEC006", "There is a licence", capability="licence", level=1, dimension="comm")
def there_is_a_licence(project: Project) -> Verdict:
    """What: a licence file with text stands at the top of the project or of the repository.

    A licence that only the package's metadata names is partial; a sentence in the README without the file is a claim.
    Licences of vendored code do not count.

    Why: without one nobody else may use, change or even run the code, whatever its author meant.

    Fix: add the text of a licence as `LICENSE`; inside a company, a line that says who owns it is enough.

    Source: GitHub, Open Source Guides (legal); REUSE specification.
    """
    files = list(licence_files(project))
    if files:
        return passed("there is a licence file", files[:1])
    would = "a file LICENSE with the text of the licence"
    named = [
        project.seen(f.at.path, f"{f.name}: {f.value[:60]}", Strength.DECLARED, f.at.line)
        for kind in ("toml", "json")
        for f in project.facts(kind, role=None)
        if IN_METADATA.match(f.name) and f.value and "/" not in f.at.path.removeprefix(project.root)
        and f.at.path.endswith(("pyproject.toml", "setup.cfg", "package.json"))
    ]  # fmt: skip
    if named:
        return partial("the package names a licence, but its text is not here", named, would)
    said = [
        project.seen(f.at.path, f.name[:100], Strength.MENTIONED, f.at.line)
        for f in project.facts("prose", role=None)
        if SAID.search(f.name)
        and KNOWN.search(f.name)
        and f.at.path.lower().endswith("readme.md")
        and "/" not in f.at.path
    ]
    message = "claimed, not found: a licence" if said else "there is no licence"
    return failed(message, ["files called LICENSE, LICENCE or COPYING at the top"], would, best(said))
