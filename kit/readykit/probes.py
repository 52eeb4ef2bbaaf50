"""Where deployment asks a service whether it lives: probes of clusters, health checks of containers and clouds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from readykit.images import WORKSHOP, own_manifest
from readykit.once import once

if TYPE_CHECKING:
    from readykit.model import Fact
    from readykit.project import Project

KEY = re.compile(
    r"(?:^|\.)(?:livenessProbe|readinessProbe|startupProbe|liveness_probe|readiness_probe|startup_probe|liveness_check"
    r"|readiness_check)\.(?:.*\.)?(?:path|command(?:\[\d+\])?|port|service|initial_?[dD]elay\w*|period\w*)$"
    r"|(?:^|\.)(?:health_?[cC]heck_?[pP]ath|health_check\.path|healthCheck\.command(?:\[\d+\])?|HealthCheckPath)$"
    r"|http_checks(?:\[\d+\])?\.path$|(?:^|\.)checks\.[^.]+\.path$|resource\..*health_check.*\.path$"
)
COMPOSE = re.compile(r"services\.([^.]+)\.healthcheck\.test(?:\[\d+\])?$")
ASKED = re.compile(r"(?:https?://[^/\s\"']+)?(/[\w./-]+)")
ARGUMENTS = ("serving_container_health_route", "health_route", "health_check_path")
CONFIGURED = re.compile(r"configure_health_check$")


@dataclass(frozen=True, slots=True)
class Probe:
    """A line that has a service asked, and all that is said of how."""

    fact: Fact
    text: str

    @property
    def paths(self) -> list[str]:
        """The addresses that it asks."""
        return [match.rstrip("/") for match in ASKED.findall(self.text)]


@once
def probes(project: Project) -> list[Probe]:
    """The probes of what this project deploys itself: not those of databases and other ready-made images beside it."""
    found = [*containers(project), *composed(project), *called(project)]
    groups: dict[tuple[str, str], list[Fact]] = {}
    for kind in ("yaml", "toml", "json", "hcl"):
        for fact in project.named(KEY, kind):
            if "robe" in fact.name or "heck" in fact.name:
                if kind == "yaml" and "Probe." in fact.name and not own_manifest(project, fact):
                    continue
                group = re.sub(r"\.[^.]*(\[\d+\])?$", "", fact.name) if "robe" in fact.name else fact.name
                groups.setdefault((fact.at.path, fact.scope + group.partition("robe")[0]), []).append(fact)
    for facts in groups.values():
        first = next((f for f in facts if "path" in f.name.lower()), facts[0])
        found.append(Probe(first, " ".join(f.value for f in facts)))
    return found


def containers(project: Project) -> Iterator[Probe]:
    """`HEALTHCHECK` of Dockerfiles and of the command line."""
    for fact in project.facts("docker", name="HEALTHCHECK"):
        if fact.value.strip().upper() != "NONE" and not WORKSHOP.search(fact.at.path):
            yield Probe(fact, fact.value)
    for fact in project.commands(name="*--health-cmd*"):
        yield Probe(fact, fact.name)


def composed(project: Project) -> Iterator[Probe]:
    """Health checks of compose services that are built here."""
    for path in {fact.at.path for fact in project.facts("yaml", name="services.*.healthcheck.test*")}:
        facts = project.repo.facts(path)
        built = {f.name.split(".")[1] for f in facts if re.match(r"services\.[^.]+\.build(\.|$)", f.name)}
        asked: dict[str, list[Fact]] = {}
        for fact in facts:
            match = COMPOSE.match(fact.name) if fact.kind == "yaml" else None
            if match and match[1] in built and fact.value != "NONE":
                asked.setdefault(match[1], []).append(fact)
        for own in asked.values():
            yield Probe(own[0], " ".join(f.value for f in own))


def called(project: Project) -> Iterator[Probe]:
    """Health routes that code gives to a cloud."""
    for fact in project.told("call", *ARGUMENTS, named=CONFIGURED):
        for argument in ARGUMENTS:
            if argument in fact.detail and fact.detail[argument] != "None":
                yield Probe(fact, fact.detail[argument].strip("\"'"))
        if fact.name.endswith("configure_health_check"):
            yield Probe(fact, " ".join(fact.detail.values()))
