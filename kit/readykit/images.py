"""The images that a project's Dockerfiles build, as checks look at them: stages, sources, which ones are served."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from readykit.once import once

if TYPE_CHECKING:
    from readykit.model import Fact
    from readykit.project import Project

# Images in which people and CI work, not what they deliver: dev containers, CI runners, notebooks servers on Binder.
WORKSHOP = re.compile(
    r"(^|/)(\.(?!docker|deploy|build|infra|aws|gcp|azure/|kube|k8s|container)[^/]+|devcontainers?|binder|ci)/|(^|/)[^/]*(?<![a-z])(dev|devel|ci|test|tests|lint|docs)(?![a-z])[^/]*$",
    re.IGNORECASE,
)
VARIABLE = re.compile(r"\$\{?(\w+)(?::?-([^}]*))?\}?")
FLAGS = re.compile(r"^(--[\w-]+(=\S+)?\s+)+")
LONG = 5
"""Shorter names of folders (`api`, `train`) are found in the names of anybody's images."""
LONGEST = 2_000
"""Characters of an instruction and of a default in which variables are filled in."""
CODE = re.compile(r"\.(py|r|scala|jar|js|ts|go|ipynb|sh)$", re.IGNORECASE)
FETCHES = re.compile(r"git clone|pip install .*(git\+|\s\.(\s|$|\[))|install_github|wget |curl ")


@dataclass(frozen=True)
class Image:
    """A Dockerfile: its instructions in order."""

    path: str
    facts: tuple[Fact, ...]

    @property
    def folder(self) -> str:
        """The folder of the Dockerfile, with a trailing slash unless it is the root."""
        return self.path[: self.path.rfind("/") + 1]

    def each(self, *names: str) -> Iterator[Fact]:
        """Instructions by name."""
        return (fact for fact in self.facts if fact.name in names)

    @cached_property
    def last_stage(self) -> tuple[Fact, ...]:
        """What follows the last `FROM`, with that line: the stage that is shipped."""
        starts = [index for index, fact in enumerate(self.facts) if fact.name == "FROM"]
        return self.facts[starts[-1] :] if starts else self.facts

    @cached_property
    def stages(self) -> dict[str, list[Fact]]:
        """The instructions of each stage by its name."""
        found: dict[str, list[Fact]] = {}
        for fact in self.facts:
            found.setdefault(fact.scope, []).append(fact)
        return found

    def chain(self) -> tuple[Fact, ...]:
        """The last stage with the stages of this file that it is built from, nearest first."""
        found: list[Fact] = list(self.last_stage)
        seen: set[str] = set()
        base = next((f.value.split()[0] for f in found if f.name == "FROM" and f.value), "")
        while base and base not in seen:
            seen.add(base)
            stage = self.stages.get(base, [])
            found += stage
            base = next((f.value.split()[0] for f in stage if f.name == "FROM" and f.value), "")
        return tuple(found)

    @property
    def first(self) -> Fact:
        """The line that starts the shipped stage."""
        return self.last_stage[0]

    @cached_property
    def defaults(self) -> dict[str, str]:
        """What `ARG` gives variables, the beginning of it: a long text could grow with each round of filling."""
        found = {}
        for fact in self.each("ARG"):
            name, equals, value = fact.value.partition("=")
            if equals:
                found[name.strip()] = value.strip().strip("\"'")[:LONGEST]
        return found

    def filled(self, text: str) -> str:
        """Text with the variables that `ARG` gives a default for."""
        for _ in range(3):
            text = VARIABLE.sub(lambda m: self.defaults.get(m[1]) or m[2] or m[0], text[:LONGEST])
        return text

    def sources(self) -> Iterator[tuple[Fact, str]]:
        """What `COPY` and `ADD` take from the build's context."""
        for fact in self.each("COPY", "ADD"):
            if "--from=" in fact.value:
                continue
            text = FLAGS.sub("", fact.value).strip()
            words = re.findall(r'"([^"]*)"', text) if text.startswith("[") else text.split()
            yield from ((fact, word.strip("\"'")) for word in words[:-1])


@once
def dockerfiles(project: Project) -> list[Image]:
    """Every Dockerfile of the project's own, but for those of a workshop."""
    found: dict[str, list[Fact]] = {}
    for fact in project.facts("docker", role=("code", "example")):
        found.setdefault(fact.at.path, []).append(fact)
    images = [
        Image(path, tuple(facts))
        for path, facts in found.items()
        if any(fact.name == "FROM" for fact in facts) and not WORKSHOP.search(path)
    ]
    return [image for image in images if project.role(image.path) == "code" or takes_code(project, image)]


def takes_code(project: Project, image: Image) -> bool:
    """Whether an image in a folder of examples takes along code of the project that stands outside of them.

    `tutorial/Dockerfile` is then the image of a use case by that name, not an example of somebody's image.
    """
    plain = {source.removeprefix("./").rstrip("/") for _, source in image.sources()}
    return not plain.isdisjoint(places_of_code(project))


@once
def places_of_code(project: Project) -> frozenset[str]:
    """The files of code, and the folders that they stand in."""
    found: set[str] = set()
    for path in project.paths:
        if CODE.search(path) and project.role(path) == "code":
            while path and path not in found:
                found.add(path)
                path = path.rpartition("/")[0]
    return frozenset(found)


def brings_code(image: Image) -> bool:
    """Whether an image holds more than tools: something of the project, or something that is fetched."""
    for _, source in image.sources():
        plain = source.rstrip("/")
        if plain in (".", "./", "") or CODE.search(plain) or "." not in plain.rpartition("/")[2] or "*" in plain:
            return True
    return any(FETCHES.search(fact.value) for fact in image.each("RUN", "ADD"))


def missing_code(project: Project, image: Image) -> list[tuple[Fact, str]]:
    """Code that an image copies and that is nowhere in the tree: it cannot be built."""
    found = []
    for fact, source in image.sources():
        plain = source.removeprefix("./").removeprefix("/").rstrip("/")
        if not plain.endswith((".py", ".R", ".r", ".ipynb")) or "$" in plain or "*" in plain or "://" in plain:
            continue
        called = project.repo.called(plain.rpartition("/")[2])
        if not any(path == plain or path.endswith(f"/{plain}") for path in called):
            found.append((fact, plain))
    return found


def starts_service(project: Project, image: Image) -> bool:
    """Whether a container of an image goes on running and answers: it exposes a port or starts a server."""
    if any(fact.name == "EXPOSE" for fact in image.chain()):
        return True
    commands = {fact.at for fact in project.doing("starting a service").facts if fact.at.path == image.path}
    return any(fact.at in commands for fact in image.facts)


# Words of a repository's name that say nothing about whose image it is.
COMMON = frozenset(
    ["docker", "image", "model", "models", "project", "mlops", "machine", "learning", "examples", "data"]
)


def own_image(project: Project, name: str) -> bool:
    """Whether an image is the project's: named after the repository, its package or a folder with a Dockerfile."""
    if not name or "$" in name or "{" in name or "kit_" in name:
        return True
    declared = " ".join(fact.value for fact in project.facts("toml", name="project.name"))
    words = set(re.findall(r"[a-z]{3,}", f"{project.repo.name} {declared}".lower())) - COMMON
    if words & set(re.findall(r"[a-z]{3,}", name.lower())):
        return True
    plain = re.sub(r"[_.-]", "", name.lower().partition("@")[0])
    return any(folder in plain for folder in image_folders(project))


@once
def image_folders(project: Project) -> frozenset[str]:
    """The names of folders with a Dockerfile, as an image may be called after them."""
    found = (re.sub(r"[_.-]", "", i.folder.rstrip("/").rpartition("/")[2].lower()) for i in dockerfiles(project))
    return frozenset(name for name in found if len(name) > LONG)


def own_manifest(project: Project, fact: Fact) -> bool:
    """Whether a value of YAML stands in a manifest of something that the project builds, or in its own chart."""
    path, known = fact.at.path, own_manifests(project)
    if path not in known:
        here: dict[str, list[Fact]] = {fact.scope: []}
        for value in project.repo.facts_of(path, "yaml"):
            here.setdefault(value.scope, []).append(value)
        known[path] = {scope: own_one(project, path, values) for scope, values in here.items()}
    return known[path].get(fact.scope, own_one(project, path, []))


@once
def own_manifests(_project: Project) -> dict[str, dict[str, bool]]:
    """The answers so far, by file and by the manifest in it."""
    return {}


def own_one(project: Project, path: str, here: list[Fact]) -> bool:
    """Whether a manifest is of something that the project builds, or of its own chart."""
    if not any(f.name == "kind" for f in here):
        return f"{path.rpartition('/')[0]}/Chart.yaml".lstrip("/") in project.repo.known
    images = {f.value for f in here if f.name.endswith(".image")}
    return not images or any(own_image(project, name) for name in images)
