"""PIP: is the environment in which a model is trained the same one next year?"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from readykit.checks_api import Project, best, check, failed, partial, passed
from readykit.model import Evidence, Fact, Strength, Verdict

NOT_FOR_TRAINING = re.compile(r"dev|test|lint|docs?|build(?!_)|setup_requires|notebook|format|typing", re.IGNORECASE)
MANIFESTS = frozenset({"requirements", "pyproject", "pipfile", "conda", "setup"})
COMPILED_LANGUAGES = frozenset({"gradle", "maven", "sbt"})
MOSTLY, EVERY, COVERED = 0.5, 1.0, 0.8
SOME, A_FEW, A_THIRD = 0.25, 4, 1 / 3
"""A list counts as pinned in part when a third of it is, or a quarter that is more than a stray version or two."""
# `name==1.2` and conda's `name=1.2` among the words of an install command
INSTALLS = re.compile(r"(^|\s)(pip\d?|uv pip|conda|mamba|micromamba)\s+install\b")
INSTALLED = re.compile(r"^[\"']?([A-Za-z][\w.-]*(?:\[[\w,-]+\])?)(={1,3}\s*v?\d[\w.+-]*)?[\"']?$")
VALUED = frozenset({"-c", "-f", "-r", "-n", "-i", "-e", "-t", "-p", "--channel", "--name", "--index-url", "--prefix"})


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
            and not beside_a_model(project, fact.at.path)
            and fact.name not in ("python", "pip", "setuptools", "wheel")
            and not NOT_FOR_TRAINING.search(name.partition(".")[0].removeprefix("setup"))
        ):
            found[fact.at.path].append(fact)
    return dict(found)


def beside_a_model(project: Project, path: str) -> bool:
    """Whether a list was written by a tool into the folder of a saved model: it locks no training."""
    return path.rpartition("/")[0] + "/MLmodel" in project.repo.known


def exactly(facts: Iterable[Fact]) -> int:
    """How many of a list have one exact version."""
    return sum(f.detail.get("pinned") in ("yes", "direct-url") for f in facts)


def pinned_in_part(project: Project, files: dict[str, list[Fact]]) -> list[Evidence]:
    """Lists of which a good part is pinned; in a collection only when that holds on the average of its lists."""
    if project.kind == "collection":
        average = sum(share(facts) for facts in files.values()) / len(files) if files else 0.0
        return pins(project, files, MOSTLY) if average >= MOSTLY else []
    partly = {
        path: facts
        for path, facts in files.items()
        if (share(facts) >= MOSTLY and len(facts) > 1)
        or exactly(facts) >= max(2, A_THIRD * len(facts))
        or (share(facts) >= SOME and exactly(facts) >= A_FEW)
    }
    return pins(project, partly, 0.0)


def written_installs(project: Project) -> list[Evidence]:
    """Install commands of images, jobs and documents, when most of the packages that they name have a version."""
    exact: dict[str, Evidence] = {}
    loose: set[str] = set()
    for fact in project.facts("command", role=("code", "template", "docs", "example")):
        if not INSTALLS.search(fact.name):
            continue
        for name, version in installed(fact.name):
            if version:
                exact.setdefault(name, project.evidence(fact, f"{name}{version} in a command", cap=Strength.DECLARED))
            else:
                loose.add(name)
    return list(exact.values()) if len(exact) > 1 and len(exact) >= len(loose - set(exact)) else []


def installed(command: str) -> Iterator[tuple[str, str]]:
    """The packages that an install command names, each with its version or nothing."""
    words = re.split(r"\s+install\s+", command, maxsplit=1)[-1].split()
    for before, word in zip(("", *words), words, strict=False):
        match = INSTALLED.match(word)
        if match and before not in VALUED and match[1] not in ("pip", "setuptools", "wheel", "python"):
            yield match[1].lower(), match[2] or ""


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
    Lists that are pinned in good part, some pinned lists among loose ones, install commands with exact versions in an
    image or a document, and explicit versions without a lock in compiled languages are partial. Lower bounds, a stray
    version among them, what a tool wrote beside a saved model, and a lock of the web front end are nothing.

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
    elsewhere = project.used("locking of other languages")
    if elsewhere and not every:
        return passed("a lock file fixes the environment", best(elsewhere))
    if partly := pinned_in_part(project, files):
        return partial("some dependencies are pinned, not all", partly[:3])
    if not every and (commands := written_installs(project)):
        return partial("exact versions stand in install commands only", best(commands))
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
