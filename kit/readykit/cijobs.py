"""The jobs of CI systems that really run, with what they include: composite actions, called workflows, templates."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, islice
from typing import TYPE_CHECKING

from readykit.limits import MAX_CHAINS
from readykit.modules import joined
from readykit.once import Answers

if TYPE_CHECKING:
    from readykit.graph import Graph
    from readykit.model import Fact
    from readykit.repo import Repo

CI_RUNNERS = frozenset(
    (
        *("github", "pipelinelib", "gitlab", "azure", "circleci", "jenkins", "cloudbuild", "codebuild"),
        *("taskcluster", "travis", "drone", "buildkite", "bitbucket", "woodpecker"),
    )
)
INCLUDES = re.compile(
    r"(?:jobs\.([^.]+)\.(?:steps\[\d+\]\.)?uses|(?:.*\.|.*\])?template|include(?:\[\d+\])?(?:\.local)?)"
)
ON_CALL = frozenset({"workflow_call", ""})


@dataclass(frozen=True, slots=True)
class CIJob:
    """A job of a CI system: its own commands, and `reached`, those that its commands lead to with the way there."""

    runner: str
    path: str
    name: str
    triggers: tuple[str, ...]
    commands: tuple[Fact, ...]
    reached: tuple[tuple[Fact, ...], ...]


@dataclass(frozen=True, slots=True)
class Include:
    """A line of a CI file that brings in another: the line, the job it stands in, the file that is meant."""

    fact: Fact
    job: str
    target: str


class CIJobs:
    """Every job of a repository's CI."""

    def __init__(self, repo: Repo, graph: Graph, paths: tuple[str, ...]) -> None:
        self.repo = repo
        self.graph = graph
        self.paths = paths
        self._chains = Answers(self._chains_of)
        self._known: dict[frozenset[str], tuple[CIJob, ...]] = {}
        self._started = Answers(self._triggers)  # the jobs of a file have them in common

    @cached_property
    def _own(self) -> dict[tuple[str, str, str], list[Fact]]:
        """Commands by runner, file and job, of files that their system reads."""
        groups: dict[tuple[str, str, str], list[Fact]] = {}
        for path in self.paths:
            for fact in self.repo.facts_of(path, "command"):
                runner = fact.detail.get("runner", "")
                hosted = runner == "pre-commit" and fact.detail.get("ci") == "yes"
                if (
                    (runner in CI_RUNNERS or hosted)
                    and fact.detail.get("off") != "yes"
                    and self.graph.active(path, runner)
                ):
                    groups.setdefault((runner, path, fact.scope), []).append(fact)
        return groups

    @cached_property
    def _includes(self) -> dict[str, list[Include]]:
        """What each CI file includes."""
        found: dict[str, list[Include]] = {}
        for path in self.paths:
            if not path.endswith((".yml", ".yaml")) or not self.graph.active(
                path, "github" if "workflows/" in path else "azure"
            ):
                continue
            for fact in self.repo.facts_of(path, "yaml"):
                likely = fact.name.endswith(("uses", "template")) or fact.name.startswith("include")
                match = INCLUDES.fullmatch(fact.name) if likely else None
                target = self._target(fact.value, path) if match else ""
                if match and target:
                    found.setdefault(path, []).append(Include(fact, match[1] or "", target))
        return found

    def _target(self, value: str, path: str) -> str:
        """The file that an include means: from the root for `./` of workflows, else from the including file."""
        if not re.fullmatch(r"[\w./-]+", value):
            return ""
        home = path.rpartition("/")[0]
        parts = value.split("/")
        for base in ("", home):
            place = joined(base, [part for part in parts if part not in ("", ".")])
            for name in (place, f"{place}/action.yml", f"{place}/action.yaml"):
                if name in self.repo.known and name != path:
                    return name
        return ""

    @cached_property
    def _callers(self) -> dict[str, dict[str, None]]:
        """The files that include each file, in the order in which they are known."""
        found: dict[str, dict[str, None]] = {}
        for caller, includes in self._includes.items():
            for include in includes:
                found.setdefault(include.target, {})[caller] = None
        return found

    def _triggers(self, asked: tuple[str, str]) -> tuple[str, ...]:
        """The events that start a file: its own, and for one that is included those of the files that include it.

        Each file is looked at once, however many ways lead to it: a few dozen that call each other make billions.
        """
        path, own = asked
        found: dict[str, None] = {}
        seen: set[str] = set()
        stack = [path]
        while stack:
            at = stack.pop()
            if at in seen:
                continue
            seen.add(at)
            words = own if at == path else self._words(at)
            found |= dict.fromkeys(word for word in words.split(",") if word not in ON_CALL)
            stack += reversed(self._callers.get(at, {}))
        return tuple(found)

    def _words(self, path: str) -> str:
        """The triggers of a file, as its commands have them."""
        words = next((f.detail.get("triggers", "") for f in self.repo.facts_of(path, "command")), "")
        return words or self._declared(path)

    def _declared(self, path: str) -> str:
        """Triggers of a file without commands of its own."""
        found: dict[str, None] = {}
        for fact in self.repo.facts(path):
            top, _, rest = fact.name.partition(".")
            key = top.partition("[")[0]
            if fact.kind == "yaml" and key == "on":
                found[(rest.partition(".")[0].partition("[")[0]) if rest else fact.value] = None
            elif fact.kind == "yaml" and key in ("trigger", "pr") and fact.value != "none":
                found["push" if key == "trigger" else "pull_request"] = None
        return ",".join(found)

    def _included(self, path: str, job: str) -> Iterator[tuple[Fact, ...]]:
        """Chains through the composite actions that a job uses."""
        for include in self._includes.get(path, ()):
            if include.job == job and include.target.endswith(("action.yml", "action.yaml")):
                yield from ((include.fact, *way) for way in self._chains[include.target])

    def _chains_of(self, path: str) -> list[tuple[Fact, ...]]:
        ways = (way for fact in self.repo.facts_of(path, "command") for way in self.graph.follow(fact))
        return list(islice(ways, MAX_CHAINS))

    def within(self, paths: Container[str]) -> tuple[CIJob, ...]:
        """Every job that some of the files define; projects for which CI stands at the root share theirs."""
        own = {key: facts for key, facts in self._own.items() if key[1] in paths}
        includes = {path: found for path, found in self._includes.items() if path in paths}
        files = frozenset({path for _, path, _ in own} | includes.keys())
        if files not in self._known:
            part = CIJobs(self.repo, self.graph, ())
            part._own, part._includes, part._chains = own, includes, self._chains
            self._known[files] = part.all()
        return self._known[files]

    def all(self) -> tuple[CIJob, ...]:
        """Every job, by file; a job that only uses actions has no commands of its own."""
        keys = dict.fromkeys(self._own)
        for path, includes in self._includes.items():
            keys |= {("github", path, i.job): None for i in includes if i.job and i.target.endswith((".yml", ".yaml"))}
        left = MAX_CHAINS
        jobs = []
        for key in sorted(keys):
            jobs.append(self._job(*key, left))
            left -= len(jobs[-1].reached)
        return tuple(jobs)

    def _job(self, runner: str, path: str, name: str, most: int) -> CIJob:
        own = self._own.get((runner, path, name), [])
        words = own[0].detail.get("triggers", "") if own else self._declared(path)
        followed = (way for fact in own for way in self.graph.follow(fact))
        reached = islice(chain(followed, self._included(path, name)), most)
        return CIJob(runner, path, name, self._started[path, words], tuple(own), tuple(reached))
