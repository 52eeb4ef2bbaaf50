"""What a check gets: a project's facts, and the question "who does this job here, and how strongly?"."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING

from readykit.cijobs import CI_RUNNERS, CIJob, CIJobs
from readykit.found import Found
from readykit.globs import glob
from readykit.globs import key_glob as keys
from readykit.graph import Graph, Route
from readykit.index import ByJob, Index, Named, Shown
from readykit.lookup import Lookup, named
from readykit.model import Claim, Evidence, Fact, Location, Strength
from readykit.repo import Repo, matches

if TYPE_CHECKING:
    from readykit.toolbox import Toolbox

WIRED_RUNNERS = CI_RUNNERS | {"dvc"}
TASK_RUNNERS = frozenset({"make", "just", "nox", "invoke", "tox", "npm", "task"})
PASSIVE = {"dependency": Strength.DECLARED, "import": Strength.IMPORTED, "dead": Strength.MENTIONED}
PROSE = frozenset({"prose", "heading", "codeline", "link"})
CODE = frozenset({"code", "template"})
CONFIGURATION = frozenset({"yaml", "toml", "json", "docker", "hcl"})

ASKED_AT = re.compile(
    r"/.*(?<![a-z])(predict\w*|scor(es?|ing)|infer\w*|classify|recommend\w*|forecast\w*|invocations)(?![a-z])"
)


class Project:
    """A project inside a repository."""

    def __init__(self, repo: Repo, toolbox: Toolbox, root: str = "", kind: str = "ml-project") -> None:
        """`root` is the folder of the project with a trailing slash, empty for the whole repository."""
        self.repo = repo
        self.toolbox = toolbox
        self.root = root
        self._kind = kind
        self._found: dict[str, Found] = {}
        self._roles: dict[str, str] = {}
        self._commands: dict[tuple[tuple[str, ...], str], list[Fact]] = {}
        self.claims_by: Callable[[], tuple[Claim, ...]] = tuple

    @property
    def kind(self) -> str:
        """The kind of repository (`readykit.kinds`), which decides what the examples of a collection are."""
        return self._kind

    @kind.setter
    def kind(self, kind: str) -> None:
        if kind != self._kind:
            self._kind = kind
            self._roles = {}
            for known in ("_lookup", "only_serves"):
                self.__dict__.pop(known, None)  # roles change with the kind, and the answers with the roles

    @cached_property
    def index(self) -> Index:
        """What is shared with the other projects of the repository."""
        return Index(self.repo, self.toolbox)

    @cached_property
    def graph(self) -> Graph:
        """What runs what."""
        return Graph(self.repo)

    @cached_property
    def claims(self) -> tuple[Claim, ...]:
        """What its documents claim, as far as somebody has said how to find that (`readykit.claims.install`)."""
        return self.claims_by()

    @cached_property
    def paths(self) -> tuple[str, ...]:
        """The project's files."""
        return tuple(path for path in self.repo.files if path.startswith(self.root))

    @cached_property
    def _own(self) -> frozenset[str]:
        return frozenset(self.paths)

    # -- facts ----------------------------------------------------------------------------------------------------
    @cached_property
    def _lookup(self) -> Lookup:
        return Lookup(self.repo, self.paths, self.role, self.index.texts)

    def role(self, path: str) -> str:
        """`repo.role`, with the examples of a collection and what is rendered from a template as `code`."""
        role = self._roles.get(path)
        if role is None:
            role = self.repo.role(path)
            if role == "template" or (role == "example" and self._kind == "collection"):
                role = "code"
            self._roles[path] = role
        return role

    def facts(
        self, *kinds: str, name: str = "*", role: Sequence[str] | None = ("code",), path: str = "", within: str = ""
    ) -> Iterator[Fact]:
        """Facts of some kinds, in the order of paths and lines; asking the same again costs nothing.

        Args:
            kinds: the kinds to give, in this order.
            name: a glob over names (`*` also matches dots and slashes).
            role: roles of files to look into; None for every role.
            path: one file, by its whole path.
            within: a glob over paths.
        """
        roles = None if role is None else tuple(role)
        if path:
            if (roles is not None and self.role(path) not in roles) or (within and not matches(path, (within,))):
                return iter(())
            every = chain.from_iterable(self.repo.facts_of(path, kind) for kind in kinds)
            return every if name == "*" else filter(named(name), every)
        return chain.from_iterable(self._lookup.facts(kind, name, roles, within) for kind in kinds)

    def named(
        self,
        pattern: re.Pattern[str],
        *kinds: str,
        role: Sequence[str] | None = ("code",),
        by: Callable[[str], str] | None = None,
    ) -> Iterator[Fact]:
        """As `facts`, of those in whose name a pattern is found: much cheaper than to look at one fact after another.

        Args:
            pattern: what is searched for in names.
            kinds: the kinds to give, in this order.
            role: roles of files to look into; None for every role.
            by: what to make of a name before the pattern is searched for in it, such as `naming.short`.
        """
        roles = None if role is None else tuple(role)
        return chain.from_iterable(self._lookup.named(kind, pattern, roles, by) for kind in kinds)

    def valued(self, pattern: re.Pattern[str], *kinds: str, role: Sequence[str] | None = ("code",)) -> Iterator[Fact]:
        """As `named`, of those in whose value a pattern is found."""
        roles = None if role is None else tuple(role)
        return chain.from_iterable(self._lookup.valued(kind, pattern, roles) for kind in kinds)

    def told(
        self,
        kind: str,
        *keys: str,
        role: Sequence[str] | None = ("code",),
        named: re.Pattern[str] | None = None,
    ) -> Iterator[Fact]:
        """Facts of a kind whose details have one of some keys: calls that are given an argument of such a name.

        Args:
            kind: the kind to give.
            keys: keys of details.
            role: roles of files to look into; None for every role.
            named: gives facts in whose name this is found as well.
        """
        roles = None if role is None else tuple(role)
        found = self._lookup.told(kind, keys, roles)
        if named is None:
            return iter(found)
        wanted = {id(fact) for fact in (*found, *self._lookup.named(kind, named, roles))}
        return (fact for fact in self._lookup.facts(kind, "*", roles) if id(fact) in wanted)

    def files(self, *globs: str, role: Sequence[str] | None = None) -> list[str]:
        """Paths that match any of the globs; a glob without `/` is compared with base names."""
        found = sorted(self.repo.matched(*globs) & self._own) if globs else self.paths
        return [path for path in found if role is None or self.role(path) in role]

    def commands(self, *runners: str, name: str = "*") -> Iterator[Fact]:
        """Commands of some runners (`make`, `github`, `readme`, ...), or of all but the README's when none is given.

        `name` is a glob over the plain form, without `uv run`, `python -m` and the like.
        """
        known = self._commands.get((runners, name))
        if known is None:
            if name == "*":
                runs = ((fact, fact.detail.get("runner", "")) for fact in self._lookup.facts("command"))
                known = [fact for fact, by in runs if (by in runners if runners else by != "readme")]
            else:
                wanted = glob(name)
                every = self.commands(*runners)
                known = [fact for fact in every if wanted(fact.detail.get("plain", "")) or wanted(fact.name)]
            self._commands[runners, name] = known
        return iter(known)

    @cached_property
    def _ci(self) -> tuple[CIJob, ...]:
        return CIJobs(self.repo, self.graph, self.paths).all()

    def ci_jobs(self) -> tuple[CIJob, ...]:
        """The jobs of CI systems that really run: workflow files elsewhere than where the system looks are left out."""
        return self._ci

    @cached_property
    def ci_ends(self) -> tuple[Fact, ...]:
        """The commands that CI jobs lead to, each once, however many ways lead there."""
        return tuple({id(way[-1]): way[-1] for job in self._ci for way in job.reached if way}.values())

    def ci_doing(self, test: Callable[[Fact], bool]) -> Iterator[tuple[CIJob, tuple[Fact, ...]]]:
        """The ways of CI jobs to commands that a test likes, each with its job; the test is asked once a command."""
        wanted = {id(fact) for fact in self.ci_ends if test(fact)}
        ways = ((job, way) for job in self._ci for way in job.reached) if wanted else iter(())
        return ((job, way) for job, way in ways if way and id(way[-1]) in wanted)

    def config(self, path_glob: str, key_glob: str) -> Iterator[Fact]:
        """Configuration values whose file and dotted key match; `[` is literal in keys, write `*` for an index."""
        wanted = keys(key_glob)
        for kind in CONFIGURATION:
            for fact in self._lookup.facts(kind, within=path_glob):
                if wanted(fact.name):
                    yield fact

    # -- judgement ------------------------------------------------------------------------------------------------
    def active(self, fact: Fact) -> bool:
        """Whether the system that a command is written for would run it: right place, not switched off."""
        if fact.detail.get("off") == "yes":
            return False
        return self.graph.active(fact.at.path, fact.detail.get("runner", ""))

    def strength(self, fact: Fact) -> Strength:
        """How much a fact proves where it stands."""
        return self._strength(fact, self.role(fact.at.path))

    def _strength(self, fact: Fact, role: str) -> Strength:
        path = fact.at.path
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
        return self.graph.reached(fact.at.path)

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
                said = self.index.mentions(job, self._own)
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
            strength = self._strength(fact, roles[fact.at.path])
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
