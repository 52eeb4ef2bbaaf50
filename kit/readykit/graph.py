"""What runs what: from CI jobs, pipeline stages, task runners, containers and scripts to the code that they reach."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from operator import itemgetter
from typing import TYPE_CHECKING

from readykit.facts.templates import rendered_path
from readykit.launch import Launcher, Node
from readykit.limits import MAX_HOPS, MAX_STEPS
from readykit.live import Live
from readykit.model import Fact, Location
from readykit.modules import CODE_ENDS, ENTRY, Modules, is_code
from readykit.once import Answers

if TYPE_CHECKING:
    from readykit.repo import Repo

PLACES = {name: (re.compile(place), re.compile(rf"(?:^|/)({place})$")) for name, place in {
    "github": r"\.github/workflows/[^/]+\.ya?ml", "circleci": r"\.circleci/[^/]+\.ya?ml", "travis": r"\.travis\.yml",
    "gitlab": r"\.gitlab-ci[^/]*\.ya?ml|(\.gitlab|ci|\.ci)/.*\.ya?ml", "drone": r"\.drone\.ya?ml",
    "bitbucket": r"bitbucket-pipelines\.yml", "buildkite": r"\.buildkite/.*", "woodpecker": r"\.woodpecker\.yml",
}.items()}  # fmt: skip
"""Where the systems of CI look for their file: from the root, and below any folder."""
NEVER = ("docs", "example", "vendored", "generated")
# the systems whose commands start something by themselves come first: they give the better route
ORDER = (
    "dvc", "github", "gitlab", "azure", "circleci", "cloudbuild", "codebuild", "taskcluster", "jenkins", "travis",
    "kubernetes", "compose", "docker", "mlproject", "task", "make", "just", "nox", "invoke", "tox", "npm", "procfile",
    "script", "python", "notebook", "readme",
)  # fmt: skip
CONFIGURATION = ("yaml", "toml", "json")
FOUND_BY_PLACE = re.compile(r"(^|/)dags/[^/]+\.py$|(^|/)(pipeline_registry|noxfile|tasks)\.py$")
# files of R that other files run, and calls that list a folder's files to run them all
R_FILE = re.compile(r"[\w./-]+\.(R|r|Rmd|rmd|qmd)$")
LISTS_FOLDER = frozenset({"list.files", "dir_ls", "tar_source", "dir"})
HANDLER_KEYS = (
    "handler", "_target_", "notebook_path", "python_file", "entrypoint", "entry_point", "script", "module",
    "module_name", "mainfile", "main_file",
)  # fmt: skip
"""Ends of keys, in lower case, whose values name code that a framework starts."""
Done = dict[str, set[str]]
"""The targets of each file whose commands were given."""
Step = tuple[Node, tuple[Location, ...]]
"""A file or target, and the way to it."""
Targets = tuple[dict[str, list[str]], dict[str, list[tuple[int, Fact]]]]
LONGEST = max(map(len, HANDLER_KEYS))
LISTS = re.compile(r"(^|\.)(deps|outs|paths?|files|exclude|include|package_data|omit)(\[\d+\])?$")
"""Keys whose values are files, but not files to run."""


@dataclass(frozen=True, slots=True)
class Route:
    """How a file is reached: the command that starts it, the commands and files between, the file."""

    steps: tuple[Location, ...]

    def __str__(self) -> str:
        return " -> ".join(str(step) if step.line > 1 else step.path for step in self.steps)


class Graph:
    """Built once a repository, on first demand."""

    def __init__(self, repo: Repo) -> None:
        self.repo = repo
        self.modules = Modules(repo.files)
        self._started: dict[Location, Route] = {}
        self._steps = 0
        self._active = Answers(self._read_by)
        self._targets = Answers(self._targets_of)

    def worked_out(self) -> Graph:
        """The same, with what most questions begin with worked out: for several processes that will ask."""
        _ = self._routes, self._live
        return self

    # -- questions ------------------------------------------------------------------------------------------------
    def reached(self, path: str) -> Route | None:
        """The way by which something that runs reaches a file; None when nothing does."""
        return self._routes.get(path)

    def started(self, command: Fact) -> Route | None:
        """The way by which a command of a script or task runner is reached: its own target, not only its file."""
        return self._started.get(command.at) if self._routes else None  # the walk notes each command on its way

    def way_to(self, at: Location) -> Route | None:
        """The way by which a place is reached: the command that stands there, or else its file."""
        return (self._started.get(at) if self._routes else None) or self.reached(at.path)

    def dead(self, path: str, scope: str) -> bool:
        """Whether the function or class around a scope is never referred to (tests do not count)."""
        return bool(scope) and self._live.dead(path, scope)

    def active(self, path: str, runner: str) -> bool:
        """Whether a system looks for its file at this place; a project template's own root counts as a root."""
        return self._active[path, runner]

    def _read_by(self, place: tuple[str, str]) -> bool:
        path, runner = place
        plain = rendered_path(path)
        if runner not in PLACES:
            return runner == "readme" or self.repo.role(path) not in NEVER
        at_root, below = PLACES[runner]
        if at_root.fullmatch(plain):
            return True
        match = below.search(plain)
        return bool(match) and self._is_root(path, plain[: match.start(1)] if match else "")

    def _is_root(self, path: str, prefix: str) -> bool:
        """Whether a folder is the root of what a template renders."""
        if "{{" in path or "{%" in path:
            return True
        top = prefix.partition("/")[0]
        markers = ("copier.yml", "copier.yaml", "cookiecutter.json", f"{top}/cookiecutter.json")
        return any(marker in self.repo.known for marker in markers) and prefix.count("/") <= 2

    def follow(self, command: Fact) -> Iterator[tuple[Fact, ...]]:
        """A chain of commands to each that one leads to: `make test` -> `./test.sh` -> `pytest`."""
        stack: list[tuple[Fact, ...]] = [(command,)]
        seen: set[Node] = set()
        done: Done = {}
        while stack:
            chain = stack.pop()
            yield chain
            if len(chain) > MAX_HOPS:
                continue
            for node in self._launcher.targets(chain[-1]):
                if node not in seen:
                    seen.add(node)
                    stack.extend((*chain, fact) for fact in reversed(self._commands_of(node, done)))

    # -- construction ---------------------------------------------------------------------------------------------
    @cached_property
    def _live(self) -> Live:
        return Live(self.repo)

    @cached_property
    def _commands(self) -> dict[str, list[Fact]]:
        found: dict[str, list[Fact]] = {}
        for path in self.repo.files:
            if not self.repo.by_kind(path).keys().isdisjoint(("command", "target")):
                rows = [fact for fact in self.repo.facts(path) if fact.kind in ("command", "target")]
                found[path] = [fact for fact in rows if fact.detail.get("off") != "yes"]
        return found

    @cached_property
    def _launcher(self) -> Launcher:
        return Launcher(self.repo, self.modules, self._commands)

    def _commands_of(self, node: Node, done: Done) -> list[Fact]:
        """Commands of a file, or of one target and what the target needs, but for targets that were done before."""
        path, scope = node
        if not scope:
            return [fact for fact in self._commands.get(path, ()) if fact.kind == "command"]
        needs, commands = self._targets[path]
        before = done.setdefault(path, set())
        wanted, todo = set(), [scope]
        while todo:
            name = todo.pop()
            if name not in before:
                before.add(name)
                wanted.add(name)
                todo += needs.get(name, ())
        numbered = sorted((row for name in wanted for row in commands.get(name, ())), key=itemgetter(0))
        return [fact for _, fact in numbered]

    def _targets_of(self, path: str) -> Targets:
        """What the targets of a file need, and their commands with their place in the file."""
        needs: dict[str, list[str]] = {}
        commands: dict[str, list[tuple[int, Fact]]] = {}
        for number, fact in enumerate(self._commands.get(path, ())):
            if fact.kind == "target":
                needs.setdefault(fact.name, []).extend(fact.value.split())
            else:
                commands.setdefault(fact.scope, []).append((number, fact))
        return needs, commands

    @cached_property
    def _routes(self) -> dict[str, Route]:
        routes: dict[str, Route] = {}
        queue: deque[Step] = deque(self._counted(self._roots()))
        seen: set[Node] = set()
        done: Done = {}
        while queue:
            node, steps = queue.popleft()
            if node in seen or len(steps) > 3 * MAX_HOPS:
                continue
            seen.add(node)
            path = node[0]
            if self.repo.role(path) in ("test", "vendored"):
                continue
            here = (*steps, Location(path))
            if path not in routes:
                routes[path] = Route(here)
                if not path.endswith(".ipynb"):
                    queue.extend(self._counted((following, here) for following in self._imports(path)))
            for fact in self._commands_of(node, done):
                self._started.setdefault(fact.at, Route(here))
                queue.extend(self._counted(self._steps_of(fact, (*steps, fact.at))))
        return routes

    def _counted(self, steps: Iterable[Step]) -> Iterator[Step]:
        """Steps of the walk, as long as it has fewer than any person could have meant."""
        for step in steps:
            self._steps += 1
            if self._steps > MAX_STEPS:
                self.repo.not_searched(
                    "(what runs what)", f"has more than {MAX_STEPS:,} steps, the rest was not followed"
                )
                return
            yield step

    def _steps_of(self, command: Fact, way: tuple[Location, ...]) -> Iterator[Step]:
        """What a command starts, each with the way there; nothing once the walk is over."""
        if self._steps <= MAX_STEPS:
            yield from ((node, way) for node in self._launcher.targets(command))

    def _roots(self) -> Iterator[Step]:
        rank = {runner: index for index, runner in enumerate(ORDER)}
        facts = [f for own in self._commands.values() for f in own if f.kind == "command"]
        facts = [f for f in facts if f.detail.get("runner") not in ("script", "python", "notebook", "github-action")]
        facts.sort(key=lambda f: (rank.get(f.detail.get("runner", ""), 50), f.at))
        readme = [f for f in facts if f.detail.get("runner") == "readme"]
        for fact in facts:
            runner, off = fact.detail.get("runner", ""), fact.detail.get("off") == "yes"
            if runner != "readme" and not off and self.active(fact.path, runner):
                yield from self._steps_of(fact, (fact.at,))
        yield from self._configured()
        for fact in readme:
            yield from ((node, (fact.at,)) for node in self._launcher.targets(fact) if self._runs(node))

    def _runs(self, node: Node) -> bool:
        """Whether a file named in a README is something to run, not a module shown as an example."""
        return (
            node[1] != ""
            or not node[0].endswith(".py")
            or any(f.kind in ("guard", "call") for f in self.repo.facts(node[0]))
        )

    def _configured(self) -> Iterator[Step]:
        """Code that configuration names, and files that a framework finds by their place."""
        for path in self.repo.files:
            if self.repo.role(path) in (*NEVER, "test"):
                continue
            if path.endswith(".py") and FOUND_BY_PLACE.search(path):
                yield (path, ""), ()
            if self.repo.by_kind(path).keys().isdisjoint(CONFIGURATION):
                continue
            for fact in self.repo.facts(path):
                if fact.kind in CONFIGURATION and may_name(fact):
                    yield from (((target, ""), (fact.at,)) for target in self._named(fact))

    def _named(self, fact: Fact) -> list[str]:
        """Files that a configuration value names."""
        value = fact.value
        if len(value) > 200 or fact.name.startswith("?"):
            return []
        entry = ENTRY.match(value) if ":" in value else None
        if entry and not fact.name.endswith(("image", "uses")):
            return self.modules.imported(entry[1], fact.path)
        if is_code(value):
            if LISTS.search(fact.name):
                return []
            found = self.modules.file(value, fact.path)
            return [found] if found else []
        if names_code(fact) and re.fullmatch(r"[\w./-]+", value):
            tries = [f"{value}.py", f"{value}.ipynb", re.sub(r"\.\w+$", ".py", value)]
            found = next(filter(None, (self.modules.file(t, fact.path) for t in tries)), "")
            return [found] if found else self.modules.imported(value, fact.path) if "." in value else []
        return []

    def _imports(self, path: str) -> Iterator[Node]:
        """What running a Python file runs: its imports, and the files and modules that its strings name."""
        if path.lower().endswith((".r", ".rmd", ".qmd")):
            yield from ((found, "") for found in sourced(self.repo, self.modules, path))
        if not rendered_path(path).endswith(".py"):
            return
        for fact in self.repo.facts(path):
            if fact.kind == "import":
                yield from ((found, "") for found in self.modules.imported(fact.name, path))
            elif fact.kind == "string":
                entry = ENTRY.match(fact.name) if ":" in fact.name else None
                if entry:
                    yield from ((found, "") for found in self.modules.imported(entry[1], path))
                elif is_code(fact.name):
                    found = self.modules.file(fact.name, path)
                    if found:
                        yield found, ""


def may_name(fact: Fact) -> bool:
    """Whether a configuration value can name code: asked of all of them, it must cost next to nothing."""
    return ":" in fact.value or fact.value.endswith(CODE_ENDS) or names_code(fact)


def names_code(fact: Fact) -> bool:
    """Whether a key is one whose value a framework takes for the name of code."""
    return fact.name[-LONGEST:].lower().endswith(HANDLER_KEYS)


def sourced(repo: Repo, modules: Modules, path: str) -> Iterator[str]:
    """What running a file of R runs: files that its strings name, and all of a folder that is listed and sourced."""
    folders: set[str] = set()
    for fact in repo.facts(path):
        if fact.kind == "string" and R_FILE.match(fact.name):
            yield from filter(None, [modules.file(fact.name, path)])
        elif fact.kind == "call" and fact.name.rpartition("::")[2] in LISTS_FOLDER:
            folders.add(fact.detail.get("0", fact.detail.get("path", '"R"')).strip("\"'./"))
    for other in repo.files if folders else ():
        if other.endswith((".R", ".r")) and other.rpartition("/")[0].rpartition("/")[2] in folders:
            yield other
