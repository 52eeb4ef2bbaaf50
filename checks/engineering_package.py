"""ENG: can the code be installed, and does CI ask whether the project is ready?"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from readykit.checks_api import Project, best, check, failed, not_applicable, partial, passed
from readykit.model import Evidence, Fact, Strength, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

FLOOR = re.compile(r"--min-(score|level)[= ]\S+")
BUILT = ("**/build.sbt", "build.sbt", "build.gradle*", "pom.xml", "**/pom.xml", "DESCRIPTION", "Cargo.toml", "go.mod")
AUDIT = "readiness audit"
OFF = ("false", "False")
WANTED = "a pyproject.toml with a name and a build system over an importable package"


def audits(project: Project) -> Iterator[tuple[Evidence, str, bool]]:
    """Evidence, command and whether its exit code counts, of the audits that CI runs."""
    for job, chain in project.ci_doing(lambda fact: project.index.shows(fact, AUDIT)):
        last = chain[-1]
        way = " -> ".join(str(fact.at) for fact in chain[1:])
        note = f"{job.runner} runs {last.name[:60]}" + (f" by way of {way}" if way else "")
        kept = not any(fact.detail.get("swallowed") == "yes" for fact in chain)
        yield Evidence(chain[0].at, Strength.WIRED, note, job.runner), last.name, kept


@check(
    "ENG004", "CI runs the readiness check", capability="readiness_gate", level=3, dimension="mlops", fix="kit add ci"
)  # fmt: skip
def ci_runs_the_audit(project: Project) -> Verdict:
    """What: a CI job runs `kit audit` with a floor: `--min-score`, `--min-level`, or one in the policy file.

    A change that makes the project less ready is then seen at once. Without a floor, with the exit code thrown
    away, or as a command that waits for somebody it is partial.

    Why: readiness decays one small change at a time; nobody notices the one that dropped the drift report.

    Fix: `kit audit . --min-score 80` as a CI job; raise the floor when the score rises.

    Source: the standard itself, section 2; ratchets in continuous delivery.
    """
    wanted = "a CI job that runs `kit audit` with --min-score or --min-level"
    rows = list(audits(project))
    policy = any(True for key in ("min_score", "min_level") for _ in floors(project, key))
    strict = [e for e, command, kept in rows if kept and (policy or FLOOR.search(command))]
    if strict:
        return passed("CI audits the project with a floor", best(strict))
    if rows:
        kept = any(keeps for _, _, keeps in rows)
        why = "without a floor" if kept else "and its verdict is thrown away"
        return partial(f"CI audits the project, {why}", best(e for e, _, _ in rows), wanted)
    found = project.doing(AUDIT)
    waiting = found.at_least(Strength.USED)
    if waiting:
        return partial("the audit is a command that nobody has to run", best(waiting), wanted)
    return failed(
        "CI does not audit the project", sorted({job.path for job in project.ci_jobs()}) or found.looked_in, wanted
    )


def floors(project: Project, key: str) -> Iterator[Fact]:
    """A floor in the project's own policy."""
    yield from project.config("*pyproject.toml*", f"tool.kit.{key}")
    yield from project.config("*kit.toml*", key)


def folders_of_packages(project: Project) -> dict[str, str]:
    """Outermost folders with an `__init__.py` of code, each with that file."""
    found: dict[str, str] = {}
    for path in project.files("__init__.py", "__init__.py.*", role=("code", "example")):
        folder = path.rpartition("/")[0]
        if folder and folder.rpartition("/")[0] not in found:
            found[folder] = path
    return found


def metadata(project: Project) -> Iterator[tuple[Fact, str, bool]]:
    """(fact, folder, whether it can be built) of names in build metadata."""
    systems = {f.at.path for f in project.config("*pyproject.toml*", "build-system.*")}
    never = {f.at.path for key in ("tool.poetry.package-mode", "tool.uv.package")
             for f in project.config("*pyproject.toml*", key) if f.value in OFF}  # fmt: skip
    for key in ("project.name", "tool.poetry.name", "tool.flit.metadata.module"):
        for fact in project.config("*pyproject.toml*", key):
            path = fact.at.path
            yield fact, path.rpartition("/")[0], path in systems and path not in never
    for fact in project.facts("call", name="*setup", role=("code", "template")):
        if (
            fact.name in ("setuptools.setup", "distutils.core.setup", "skbuild.setup", "setup")
            and "setup.py" in fact.at.path
        ):
            yield fact, fact.at.path.rpartition("/")[0], True


def sizes_of(project: Project, packages: dict[str, str]) -> Counter[str]:
    """Python modules in each package, those of its sub-packages with them."""
    sizes: Counter[str] = Counter()
    for path in project.paths:
        folder = path.rpartition("/")[0] if path.endswith(".py") else ""
        while folder:
            if folder in packages:
                sizes[folder] += 1
            folder = folder.rpartition("/")[0]
    return sizes


def last(place: str) -> str:
    """The name of a folder without those around it."""
    return place.rpartition("/")[2].lower()


def near(fact: Fact, folder: str, packages: dict[str, str], sizes: Counter[str]) -> str:
    """The package of most modules that stands in a folder or below it.

    A build by the name of the project (`tool.poetry.name` without `packages`) finds only a folder of that name.
    """
    name = re.sub(r"[-.]+", "_", fact.value).lower()
    wanted = name if fact.name == "tool.poetry.name" else ""
    inside = {
        place: path for place, path in packages.items()
        if (not folder or place.startswith(f"{folder}/")) and (not wanted or last(place) == wanted)
    }  # fmt: skip
    return inside[max(inside, key=lambda place: (last(place) == name, sizes[place], place))] if inside else ""


def modules(project: Project, fact: Fact) -> list[Fact]:
    """Single modules that the metadata names."""
    keys = (
        "tool.setuptools.py-modules*",
        "tool.hatch.build.*packages*",
        "tool.poetry.packages*",
        "tool.hatch.build.*include*",
    )
    named = [row for key in keys for row in project.config("*pyproject.toml*", key) if row.at.path == fact.at.path]
    return named or ([fact] if "py_modules" in fact.detail else [])


@check(
    "ENG005", "The code is an installable package", capability="installable_package", level=1, dimension="systems"
)  # fmt: skip
def code_can_be_installed(project: Project) -> Verdict:
    """What: there is build metadata over modules that can be imported.

    It may be a pyproject.toml with a build system, a setup.py, or the build of another language. Metadata without a
    build system, that says it is not a package, or without a package under it is partial. Folders of scripts that
    import each other by luck of the working directory are not a package.

    Why: what can be installed runs the same in a notebook, a test, a pipeline stage and an image.

    Fix: `src/<name>/` with the modules, and a pyproject.toml with [project] and [build-system].

    Source: Python Packaging User Guide; documents 001 and 003 (code out of the notebook).
    """
    packages = folders_of_packages(project)
    sizes = sizes_of(project, packages)
    found = sorted(metadata(project), key=lambda row: (row[1].count("/") + bool(row[1]), row[0].at))
    whole, half = [], []
    for fact, folder, builds in found:
        inside = near(fact, folder, packages, sizes)
        named = modules(project, fact)
        evidence = project.evidence(fact, f"build metadata of {fact.value or folder or 'the project'}", Strength.USED)
        if builds and (inside or named):
            whole += (
                [evidence, project.seen(inside, "the package that it installs", Strength.USED)]
                if inside
                else [evidence]
            )
        else:
            half.append(evidence)
    if whole:
        return passed("the code is a package that can be installed", whole[:4])
    other = project.files(*BUILT, role=("code", "template"))
    code = project.files("*.scala", "*.java", "*.R", "*.go", "*.rs", role=("code",))
    if other and code:
        return passed("a build of another language", [project.seen(other[0], "the build's definition", Strength.USED)])
    if half:
        why = "without a package under it" if any(builds for _, _, builds in found) else "that does not build a package"
        return partial(f"there is metadata {why}", best(half), WANTED)
    if not project.files("*.py", "*.ipynb", "*.R", "*.Rmd"):
        return not_applicable("there is no code that could be installed")
    shown = [
        project.seen(path, "a package that nothing installs", Strength.MENTIONED)
        for path in list(packages.values())[:2]
    ]
    return failed("nothing makes the code installable", project.looked_in, WANTED, shown)
