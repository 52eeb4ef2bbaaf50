"""What a project's infrastructure files really bring up: Terraform that a root reaches, compose files that stay up."""

from __future__ import annotations

import re
from dataclasses import dataclass
from posixpath import dirname, normpath
from typing import TYPE_CHECKING

from readykit.once import once

if TYPE_CHECKING:
    from readykit.model import Fact
    from readykit.project import Project

# Folders that keep what is no longer, or not yet, in use.
ASIDE = re.compile(
    r"(^|[/_.-])(original|old|legacy|archived?|backup|bak|deprecated|unused|drafts?)([/_.-]|$)", re.IGNORECASE
)
ROOT_BLOCK = re.compile(r"^(provider\.|terraform\.(backend|cloud)\b)")
COMPOSE_FILE = re.compile(r"(^|/)((docker-)?compose[\w.-]*|(docker|deploy(ment)?)/\w+)\.ya?ml$", re.IGNORECASE)
NOT_LIVE = re.compile(
    r"(?<![a-z])(dev|devel|development|tests?|ci|local|debug|override|integration|e2e)(?![a-z])", re.IGNORECASE
)
LIVE = re.compile(r"(?<![a-z])(prod|production|deploy|live|swarm|stack)(?![a-z])", re.IGNORECASE)
# the tag that a build command gives an image: `docker build . -t tides:latest`
TAGGED = re.compile(r"\bdocker\b.*\bbuild\b.*?\s(?:-t|--tag)[ =]([\w./-]+(?::[\w.-]+)?)(?=\s|$)")
LIMITED = re.compile(r"^(deploy\.(resources|replicas|mode|restart_policy)|mem_limit|cpus|healthcheck\.test)")


@dataclass(frozen=True, slots=True)
class Terraform:
    """Resource and module blocks that a root brings up, and those that nothing refers to."""

    live: tuple[Fact, ...]
    idle: tuple[Fact, ...]
    folders: frozenset[str]


@once
def terraform(project: Project) -> Terraform:
    """Follows `source = "./..."` from the folders that hold a provider or backend."""
    roots: set[str] = set()
    calls: dict[str, set[str]] = {}
    blocks: list[Fact] = []
    for fact in project.facts("hcl"):
        folder = dirname(fact.at.path)
        if ASIDE.search(folder):
            continue
        calls.setdefault(folder, set())
        if ROOT_BLOCK.match(fact.name):
            roots.add(folder)
        if fact.name.startswith("module.") and fact.name.endswith(".source") and fact.value.startswith("."):
            calls[folder].add(normpath(f"{folder}/{fact.value}" if folder else fact.value))
        if (fact.name.startswith("resource.") and fact.name.count(".") == 2) or (
            fact.name.startswith("module.") and fact.name.count(".") == 1
        ):
            blocks.append(fact)
    used = {target for targets in calls.values() for target in targets}
    roots = (roots - used) or (set(calls) - used)
    reached, todo = set(), list(roots)
    while todo:
        folder = todo.pop()
        if folder not in reached:
            reached.add(folder)
            todo.extend(calls.get(folder, ()))
    live = tuple(fact for fact in blocks if dirname(fact.at.path) in reached)
    idle = tuple(fact for fact in blocks if dirname(fact.at.path) not in reached)
    return Terraform(live, idle, frozenset(reached))


@dataclass(frozen=True, slots=True)
class Compose:
    """A compose file: a line of a service that is built here, how many services there are, whether it is to last."""

    own: Fact
    services: int
    lasting: bool


def compose(project: Project) -> list[Compose]:
    """The project's compose files that start something of its own, those for developing and testing left out."""
    found = []
    tags = {match[1] for fact in project.commands() if (match := TAGGED.search(fact.name))}
    paths = {f.at.path for f in project.facts("yaml", name="services.*") if COMPOSE_FILE.search(f.at.path)}
    for path in sorted(paths):
        parts: dict[str, dict[str, Fact]] = {}
        for fact in project.repo.facts(path):
            words = fact.name.split(".", 2)
            if fact.kind == "yaml" and words[0] == "services" and len(words) > 2:
                parts.setdefault(words[1], {})[words[2]] = fact
        built = {name: keys for name, keys in parts.items() if built_here(keys, tags) and not workshop(keys)}
        if not built or NOT_LIVE.search(path):
            continue
        kept = [keys for keys in built.values() if keys_last(keys)]
        lasting = bool(kept) or bool(LIVE.search(path.rpartition("/")[2]))
        first = (kept or list(built.values()))[0]
        shown = next((first[k] for k in ("restart", "deploy.restart_policy.condition") if k in first and kept), None)
        found.append(Compose(shown or next(iter(first.values())), len(parts), lasting))
    return found


def built_here(keys: dict[str, Fact], tags: set[str]) -> bool:
    """Whether a service's image is the project's own: built by the compose file, or by a command under that tag."""
    return any(re.match(r"build(\.|$)", key) for key in keys) or ("image" in keys and keys["image"].value in tags)


def workshop(keys: dict[str, Fact]) -> bool:
    """Whether a service is one to develop in: its Dockerfile says so, or a terminal is open onto the mounted tree."""
    dockerfile = keys["build.dockerfile"].value if "build.dockerfile" in keys else ""
    mounted = any(key.startswith("volumes[") and re.match(r"\.{1,2}/?:", fact.value) for key, fact in keys.items())
    terminal = any(keys[key].value.lower() == "true" for key in ("stdin_open", "tty") if key in keys)
    return bool(NOT_LIVE.search(dockerfile)) or (mounted and terminal)


def keys_last(keys: dict[str, Fact]) -> bool:
    """Whether a service is started again when it dies, and is watched or limited."""
    restart = next((keys[key].value for key in ("restart", "deploy.restart_policy.condition") if key in keys), "no")
    return restart not in ("no", "none", "false") and any(LIMITED.match(key) for key in keys)
