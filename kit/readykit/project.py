"""What a check gets: a project's facts, and the question "who does this job here, and how strongly?"."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING

from readykit.asked import CONFIGURATION, Asked
from readykit.cijobs import CI_RUNNERS
from readykit.found import Found
from readykit.model import Claim, Evidence, Fact, Location, Strength

if TYPE_CHECKING:
    from collections.abc import Callable

    from readykit.graph import Route
    from readykit.index import ByJob, Named, Shown
    from readykit.repo import Repo
    from readykit.toolbox import Toolbox

WIRED_RUNNERS = CI_RUNNERS | {"dvc"}
TASK_RUNNERS = frozenset({"make", "just", "nox", "invoke", "tox", "npm", "task"})
PASSIVE = {"dependency": Strength.DECLARED, "import": Strength.IMPORTED, "dead": Strength.MENTIONED}
PROSE = frozenset({"prose", "heading", "codeline", "link"})
CODE = frozenset({"code", "template"})

ASKED_AT = re.compile(
    r"/.*(?<![a-z])(predict\w*|scor(es?|ing)|infer\w*|classify|recommend\w*|forecast\w*|invocations)(?![a-z])"
)


class Project(Asked):
    """A project inside a repository."""

    by_role = (*Asked.by_role, "only_serves")

    def __init__(self, repo: Repo, toolbox: Toolbox, root: str = "", kind: str = "ml-project") -> None:
        """`root` is the folder of the project with a trailing slash, empty for the whole repository."""
        super().__init__(repo, toolbox, root, kind)
        self._found: dict[str, Found] = {}
        self.claims_by: Callable[[], tuple[Claim, ...]] = tuple

    @cached_property
    def claims(self) -> tuple[Claim, ...]:
        """What its documents claim, as far as somebody has said how to find that (`readykit.claims.install`)."""
        return self.claims_by()

    def active(self, fact: Fact) -> bool:
        """Whether the system that a command is written for would run it: right place, not switched off."""
        if fact.detail.get("off") == "yes":
            return False
        return self.graph.active(fact.path, fact.detail.get("runner", ""))

    def strength(self, fact: Fact) -> Strength:
        """How much a fact proves where it stands."""
        return self._strength(fact, self.role(fact.path))

    def _strength(self, fact: Fact, role: str) -> Strength:
        path = fact.path
        if fact.kind in PROSE or role in ("vendored", "generated") or fact.detail.get("runner") == "readme":
            return Strength.MENTIONED
        if fact.kind in PASSIVE:
            return PASSIVE[fact.kind] if role in ("code", "test") or fact.kind == "dependency" else Strength.MENTIONED
        if fact.kind == "command":
            if not self.active(fact):
                return Strength.MENTIONED
            runs = fact.detail.get("runner") in WIRED_RUNNERS or self._route(fact)
            return Strength.WIRED if runs else Strength.USED
        if role in ("test", "docs"):
            return Strength.MENTIONED
        if role == "example":
            return Strength.IMPORTED
        if fact.kind in CONFIGURATION:
            return Strength.USED
        if self.graph.dead(path, fact.scope):
            return Strength.IMPORTED
        return Strength.WIRED if self.graph.reached(path) else Strength.USED

    def _route(self, fact: Fact) -> Route | None:
        """How a place is reached; a command of a task runner by its own target, whatever else of the file runs."""
        if fact.kind == "command" and fact.detail.get("runner") in TASK_RUNNERS:
            return self.graph.started(fact)
        return self.graph.reached(fact.path)

    def evidence(self, fact: Fact, note: str = "", cap: Strength | None = None, tool: str = "") -> Evidence:
        """Evidence from a fact; `cap` limits its strength, the note says what was seen and how it is reached."""
        return self._evidence(fact, self.strength(fact), note, cap, tool)

    def _evidence(self, fact: Fact, strength: Strength, note: str, cap: Strength | None, tool: str) -> Evidence:
        if cap is not None:
            strength = min(strength, cap)
        route = self._route(fact) if strength is Strength.WIRED else None
        return Evidence(fact.at, strength, with_route(note or fact.name, route, fact.at), tool)

    def seen(
        self, path: str, note: str, strength: Strength = Strength.DECLARED, line: int = 1, tool: str = ""
    ) -> Evidence:
        """Evidence from the existence of a file, or of a line in it."""
        return Evidence(Location(path, line), strength, note, tool)

    def doing(self, job: str) -> Found:
        """Who does a job in this project: tools by the traces they leave, the strongest first.

        Raises:
            KeyError: no tool knows that job: a typing error in a check.
        """
        if job not in self.toolbox.jobs:
            raise KeyError(f"no tool in checks/tools does {job!r}")
        if job not in self._found:
            rows = self._shown(job)
            if not rows:
                said = [row for row in self.index.mentions(job, self._own) if self.role(row[0].at.path) != "vendored"]
                rows = [(Evidence(f.at, Strength.MENTIONED, f.name[:120], tool.name), f) for f, tool in said]
            self._found[job] = Found(
                job,
                tuple(dict.fromkeys(r[0] for r in rows)),
                self.looked_in,
                tuple(r[1] for r in rows if r[1] is not None),
            )
        return self._found[job]

    def used(self, job: str) -> tuple[Evidence, ...]:
        """The evidence that a job is really done, not only that a product for it is installed or imported."""
        return self.doing(job).at_least(Strength.USED)

    @cached_property
    def only_serves(self) -> bool:
        """Whether models are served here and trained elsewhere: questions about training make no sense then."""
        if self.doing("fitting").strength >= Strength.DECLARED:
            return False
        return bool(self.used("model serving")) or any(answers(fact) for fact in self.facts("decorator"))

    def _shown(self, job: str) -> list[tuple[Evidence, Fact | None]]:
        """The traces of the tools that do a job, the strongest first."""
        roles, facts, files = self._traces
        found: list[tuple[Evidence, Fact | None]] = []
        for fact, trace in facts.get(job, ()):
            cap = trace.strength if trace.strength < Strength.USED else None
            strength = self._strength(fact, roles[fact.path])
            found.append((self._evidence(fact, strength, trace.what, cap, trace.tool.name), fact))
        for path, tool, strength in files.get(job, ()):
            capped = strength if roles[path] == "code" else Strength.MENTIONED
            found.append((self.seen(path, f"file {path}", capped, tool=tool.name), None))
        return sorted(found, key=lambda row: (-row[0].strength, row[0].at))

    @cached_property
    def _traces(self) -> tuple[dict[str, str], ByJob[Shown], ByJob[Named]]:
        """What tools leave, with the roles that files had when this was first asked.

        The kind of the repository, which may change roles, is concluded from what is found here.
        """
        roles = {path: self.role(path) for path in self.paths}
        return roles, *self.index.by_job(roles)

    @cached_property
    def looked_in(self) -> tuple[str, ...]:
        """What was read, for a fail to name: kinds of files with their number."""
        groups = (
            ("Python files", (".py",)), ("notebooks", (".ipynb",)), ("YAML files", (".yaml", ".yml")),
            ("Markdown files", (".md", ".rst")), ("shell scripts", (".sh",)), ("TOML files", (".toml",)),
        )  # fmt: skip
        counted = [(label, sum(p.endswith(ends) for p in self.paths)) for label, ends in groups]
        named = [
            p
            for p in self.paths
            if "/" not in p and re.match(r"(requirements.*\.txt|Dockerfile.*|Makefile|Pipfile)$", p)
        ]
        return tuple([f"{count} {label}" for label, count in counted if count] + named) or (f"{len(self.paths)} files",)


def answers(fact: Fact) -> bool:
    """Whether a decorator binds a web address at which a model is asked."""
    return fact.name.endswith((".route", ".post", ".get")) and bool(ASKED_AT.search(fact.detail.get("0", "")))


def with_route(note: str, route: Route | None, at: Location) -> str:
    """The note, and the way by which the place is reached when that is not the place itself."""
    if route is None or not route.steps or route.steps[0].path == at.path:
        return note
    return f"{note} (run by {route})"
