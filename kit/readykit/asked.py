"""What a project's files say: its facts by kind, name, value and place, its commands, its CI jobs."""

from __future__ import annotations

from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING

from readykit.cijobs import CIJob, CIJobs
from readykit.globs import glob
from readykit.globs import key_glob as keys
from readykit.graph import Graph
from readykit.index import Index
from readykit.lookup import Lookup, named
from readykit.repo import Repo, matches

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterator, Sequence

    from readykit.model import Fact
    from readykit.toolbox import Toolbox

CONFIGURATION = frozenset({"yaml", "toml", "json", "docker", "hcl"})


class Asked:
    """A project inside a repository, as far as its files, facts and jobs are asked for."""

    by_role: tuple[str, ...] = ("_lookup",)
    """Answers that are given once, as long as the roles of files stay what they are."""

    def __init__(self, repo: Repo, toolbox: Toolbox, root: str = "", kind: str = "ml-project") -> None:
        """`root` is the folder of the project with a trailing slash, empty for the whole repository."""
        self.repo = repo
        self.toolbox = toolbox
        self.root = root
        self._kind = kind
        self._roles: dict[str, str] = {}
        self._commands: dict[tuple[tuple[str, ...], str], list[Fact]] = {}

    @property
    def kind(self) -> str:
        """The kind of repository (`readykit.kinds`), which decides what the examples of a collection are."""
        return self._kind

    @kind.setter
    def kind(self, kind: str) -> None:
        if kind != self._kind:
            self._kind = kind
            self._roles = {}
            for known in self.by_role:
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
    def paths(self) -> tuple[str, ...]:
        """The project's files."""
        return tuple(path for path in self.repo.files if path.startswith(self.root))

    @cached_property
    def _own(self) -> frozenset[str]:
        return frozenset(self.paths)

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
    def ci(self) -> CIJobs:
        """What CI runs, of the whole repository."""
        return CIJobs(self.repo, self.graph, self.repo.files)

    @cached_property
    def _ci(self) -> tuple[CIJob, ...]:
        return self.ci.within(self._own)

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
