"""What a command starts: scripts, modules, targets of task runners, images."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from readykit.facts.templates import rendered_path
from readykit.modules import ENTRY, Modules, is_code
from readykit.once import Answers

if TYPE_CHECKING:
    from readykit.model import Fact
    from readykit.repo import Repo

Node = tuple[str, str]
"""A file, and a target in it or nothing."""
Command = tuple[str, str, str, str]
"""What is run, the same in plain words, the file that says so, and the folder that it runs in."""
RUN_MODULE = re.compile(
    r"(?:python[\d.]*\s+(?:-\w\s+)*|(?:^|[\s/])(?:dagster(?:-webserver|-daemon)?|dg)\s[^;&|]{0,200}?)-m\s+([\w.]+)"
)


@dataclass(frozen=True, slots=True)
class Line:
    """A command's words, the file that it stands in, and the folder that it runs in."""

    words: list[str]
    near: str
    cwd: str

    @property
    def first(self) -> str:
        """The program's name."""
        return self.words[0].rpartition("/")[2]

    def every(self, *options: str) -> list[str]:
        """The words that follow any of some options."""
        return [value for option, value in itertools.pairwise(self.words) if option in options]

    def after(self, *options: str) -> str:
        """The first word that follows any of some options."""
        return next(iter(self.every(*options)), "")


class Launcher:
    """Resolves commands to what they run."""

    def __init__(self, repo: Repo, modules: Modules, commands: Mapping[str, Sequence[Fact]]) -> None:
        """`commands` are the `command` and `target` facts of each file that has any."""
        self.repo = repo
        self.modules = modules
        self._commands = commands
        self._known = Answers(self._targets)
        self._goals = Answers(self._goals_of)

    @cached_property
    def _scripts(self) -> dict[str, str]:
        """Console scripts by name: `module:function`."""
        found: dict[str, str] = {}
        for path in self.repo.files:
            name = path.rpartition("/")[2]
            if name.startswith("pyproject.toml"):
                for fact in self.repo.facts(path):
                    match = re.fullmatch(r"(?:project\.(?:gui-)?scripts|tool\.poetry\.scripts)\.([\w.-]+)", fact.name)
                    if match and fact.kind == "toml":
                        found[match[1]] = fact.value
            elif name in ("setup.py", "setup.cfg"):
                found.update(re.findall(r"[\"'\s]([\w-]+)\s*=\s*([\w.]+:[\w.]+)", self.repo.text(path)))
        return found

    def targets(self, command: Fact) -> list[Node]:
        """The files and targets that a command runs."""
        given = command.detail.get
        return self._known[command.name, given("plain", ""), command.path, given("cwd", "")]

    def _targets(self, command: Command) -> list[Node]:
        name, plain, near, cwd = command
        words = (plain or name).split()
        if not words:
            return []
        line = Line(words, near, cwd)
        if line.first in SAYING:
            return []
        found = self._modules_of(name, line)
        special = SPECIAL.get(line.first)
        if special is None:  # `pdm run test` is plainly `test`, which only pdm's own table can explain
            named = name.split()[0].rpartition("/")[2]
            special = SPECIAL.get(named) if named in TASK_RUNNERS else None
            line = Line(name.split(), near, cwd) if special else line
        if special is not None:
            found += special(self, line)
        if line.first not in TEST_RUNNERS:
            found += self._words(line)
        return list(dict.fromkeys(found))

    def _modules_of(self, command: str, line: Line) -> list[Node]:
        """The module run with `-m` (of a package its `__main__`), or the one behind a console script."""
        module = RUN_MODULE.search(command) if "-m" in command else None
        name = module[1] if module else self._scripts.get(line.first, "").partition(":")[0]
        if not name:
            return []
        paths = self.modules.imported(f"{name}.__main__", line.near) or self.modules.imported(name, line.near)
        return [(path, "") for path in paths]

    def _words(self, line: Line) -> Iterator[Node]:
        """Words that are paths of code or `module:attribute`."""
        for word in line.words:
            bare = word.partition("=")[2] if word.startswith("--") and "=" in word else word
            bare = bare.strip("\"'`")
            head = bare.partition(":")[0] if ".py:" in bare else bare
            entry = ENTRY.match(bare.removesuffix("()")) if ":" in bare and "/" not in bare else None
            if entry and not is_code(head):
                yield from ((path, "") for path in self.modules.imported(entry[1], line.near))
            elif bare.startswith("./") or ("/" in bare and "." not in bare) or is_code(head):
                found = self.modules.file(head, line.near, line.cwd)
                if found and not found.endswith((".txt", ".md", ".csv")):
                    yield found, ""

    def _file(self, line: Line, *names: str) -> str:
        """The first of some files in the folder of a command or above it."""
        return next(filter(None, (self.modules.file(name, line.near, line.cwd) for name in names)), "")

    def make(self, line: Line) -> list[Node]:
        """Targets of a Makefile and of the files beside it that it includes."""
        folder = line.after("-C", "--directory") or line.cwd
        name = line.after("-f", "--file")
        here = Line(line.words, line.near, folder)
        file = self._file(here, *([name] if name else ("Makefile", "makefile", "GNUmakefile")))
        if not file:
            return []
        home = file.rpartition("/")[0]
        files = [file, *(p for p in self._included if p.rpartition("/")[0] == home)]
        goals = [w for w in line.words[1:] if re.fullmatch(r"[\w./%][\w./%-]*", w) and w not in (folder, name)]
        return [(f, goal) for f in files for goal in goals if goal in self._goals[f]]

    def task(self, line: Line) -> list[Node]:
        """Targets of nox, tox, invoke, just, task, mise, npm and the like: names among the words."""
        names = {w.partition("=")[2] if w.startswith("-") else w for w in line.words[1:]}
        names |= {part for w in line.words[1:] for part in w.split(",")}
        names.discard("")
        if line.first == "tox":
            names.add("testenv")
        if line.first in ("nox", "tox") and len(line.words) == 1:
            names = {ALL}
        tasks = self._tasks.get(TASK_RUNNERS[line.first], {})
        return [node for _, node in sorted({row for name in names for row in tasks.get(name, ())})]

    @cached_property
    def _tasks(self) -> dict[str, dict[str, list[tuple[int, Node]]]]:
        """The targets of all files by the runner that they are for and every form of their names, with their rank."""
        found: dict[str, dict[str, list[tuple[int, Node]]]] = {}
        ranks = itertools.count()
        for path, facts in self._commands.items():
            for scope, runner in sorted({(f.scope or f.name, f.detail.get("runner", "")) for f in facts}):
                row = (next(ranks), (path, scope))
                for form in {ALL, scope, scope.replace("_", "-"), scope.removeprefix("testenv:")}:
                    found.setdefault(runner, {}).setdefault(form, []).append(row)
        return found

    def _goals_of(self, path: str) -> frozenset[str]:
        return frozenset(fact.name for fact in self._commands.get(path, ()))

    @cached_property
    def _included(self) -> list[str]:
        """Files that Makefiles beside them include."""
        return [path for path in self._commands if path.endswith(".mk")]

    def dvc(self, line: Line) -> list[Node]:
        """All stages: which of them a run needs is not decided here."""
        if not {"repro", "run"} & set(line.words[1:3]):
            return []
        return self._pipelines

    @cached_property
    def _pipelines(self) -> list[Node]:
        """Every file of DVC's stages."""
        return [(path, "") for path in self._commands if rendered_path(path).rpartition("/")[2] == "dvc.yaml"]

    def container(self, line: Line) -> list[Node]:
        """The Dockerfile that is built, or the compose file that is run."""
        named = line.every("-f", "--file")
        if "build" in line.words or "buildx" in line.words:
            context = f"{line.words[-1].rstrip('/.')}/Dockerfile".lstrip("/")
            paths = [self._file(line, name) for name in named or [context]]
        else:
            names = ("docker-compose.yml", "docker-compose.yaml", "compose.yaml", "compose.yml")
            paths = [self._file(line, name) for name in named] or [self._file(line, *names)]
        return [(path, "") for path in paths if path]

    def cluster(self, line: Line) -> list[Node]:
        """The manifest that is applied."""
        return [(path, "") for path in (self._file(line, name) for name in line.every("-f", "-k")) if path]


ALL = ""
"""Stands for all targets of a runner."""
TASK_RUNNERS = {
    "nox": "nox", "tox": "tox", "invoke": "invoke", "inv": "invoke", "just": "just", "task": "task", "mise": "task",
    "npm": "npm", "yarn": "npm", "pnpm": "npm", "poe": "task", "pdm": "task", "hatch": "task", "pixi": "task",
}  # fmt: skip
SAYING = frozenset({"echo", "printf", ":", "true", "false"})
"""What starts nothing, whatever it is given."""
TEST_RUNNERS = frozenset({"pytest", "py.test", "unittest", "coverage"})
SPECIAL: dict[str, Callable[[Launcher, Line], list[Node]]] = {
    **dict.fromkeys(TASK_RUNNERS, Launcher.task),
    **dict.fromkeys(("make", "gmake"), Launcher.make),
    **dict.fromkeys(("docker", "docker-compose", "podman"), Launcher.container),
    "dvc": Launcher.dvc,
    "kubectl": Launcher.cluster,
}
