"""Knowledge about products, as data: which does which job, and what traces it leaves (`checks/tools/*.toml`)."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from readykit.globs import glob
from readykit.model import Fact, Strength
from readykit.traceindex import Keys, Names

TRACES = (
    "packages", "imports", "calls", "arguments", "decorators", "bases", "annotations", "strings", "files", "images",
    "actions", "commands", "keys",
)  # fmt: skip
ABSENT = ("None", "False", '""', "''")
OPTIONS = frozenset({"files_use", "images_use", "keys_use", "keyword", "about"})


class BadTool(ValueError):
    """A tools file that cannot be used; the message says which key of which file and what is expected."""


@dataclass(frozen=True, slots=True)
class Job:
    """What one tool does: the traces that it leaves when it does this job."""

    name: str
    traces: Mapping[str, tuple[str, ...]]
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Tool:
    """A product."""

    id: str
    name: str
    url: str
    packages: tuple[str, ...]
    imports: tuple[str, ...]
    does: Mapping[str, Job]


Row = tuple[Tool, Job]


@dataclass(frozen=True, slots=True)
class Trace:
    """A fact recognised as a trace of a tool at a job."""

    tool: Tool
    job: str
    strength: Strength
    what: str


class Toolbox:
    """All tools, with an index from traces to tools."""

    def __init__(self, tools: Iterable[Tool]) -> None:
        self.tools = {tool.id: tool for tool in tools}
        self.jobs: frozenset[str] = frozenset(job for tool in self.tools.values() for job in tool.does)
        self._doing = {job: tuple(tool for tool in self.tools.values() if job in tool.does) for job in self.jobs}
        self._index: dict[str, list[tuple[str, Row]]] = {kind: [] for kind in TRACES}
        for tool in self.tools.values():
            for job in tool.does.values():
                for kind in TRACES:
                    patterns = job.traces.get(kind)
                    if patterns is None:
                        patterns = {"packages": tool.packages, "imports": tool.imports}.get(kind, ())
                    self._index[kind].extend((pattern, (tool, job)) for pattern in patterns)
        self._memory: dict[tuple[str, str], tuple[tuple[Tool, Job, str], ...]] = {}
        self._names = {kind: Names(kind, self._index[kind]) for kind in TRACES}
        self._keys = Keys(self._index["keys"])
        self._arguments: dict[str, list[tuple[str, Row]]] = {}
        for pattern, row in self._index["arguments"]:
            call, _, keyword = pattern.rpartition(":")
            self._arguments.setdefault(keyword, []).append((call, row))
        self._readers: dict[str, Callable[[Fact], Iterator[Trace]]] = {
            "call": self._called, "decorator": self._called, "string": self._said, "import": self._imported,
            "dependency": self._depended, "field": self._annotated, "def": self._defined, "command": self._commanded,
            "docker": self._built, "yaml": self._configured, "toml": self._configured, "json": self._configured,
            "hcl": self._configured,
        }  # fmt: skip

    def match(self, kind: str, name: str) -> tuple[tuple[Tool, Job, str], ...]:
        """(tool, job, pattern) of the traces of a kind that a name matches; remembered."""
        key = (kind, name)
        found = self._memory.get(key)
        if found is None:
            rows = self._names[kind].candidates(name)
            found = tuple((tool, job, pattern) for pattern, (tool, job) in rows if fits(kind, pattern, name))
            self._memory[key] = found
        return found

    def traces(self, fact: Fact) -> Iterator[Trace]:
        """What a fact shows: a dependency declares, an import imports, a call uses."""
        reader = self._readers.get(fact.kind)
        return reader(fact) if reader is not None else iter(())

    def _named(self, kind: str, name: str, strength: Strength, what: str) -> Iterator[Trace]:
        for tool, job, _ in self.match(kind, name):
            yield Trace(tool, job.name, strength, what)

    def _imported(self, fact: Fact) -> Iterator[Trace]:
        return self._named("imports", fact.name, Strength.IMPORTED, f"import {fact.name}")

    def _depended(self, fact: Fact) -> Iterator[Trace]:
        if fact.detail.get("lock") != "yes":
            yield from self._named("packages", fact.name, Strength.DECLARED, f"dependency {fact.name}")

    def _said(self, fact: Fact) -> Iterator[Trace]:
        return self._named("strings", fact.name, Strength.USED, f'"{fact.name[:60]}"')

    def _called(self, fact: Fact) -> Iterator[Trace]:
        for tool, job, pattern in self.match("calls" if fact.kind == "call" else "decorators", fact.name):
            if given(pattern, fact):
                yield Trace(tool, job.name, Strength.USED, fact.name)
        for keyword in self._arguments.keys() & fact.detail.keys():
            for call, (tool, job) in self._arguments[keyword]:
                if fact.detail[keyword] not in ABSENT and glob(call)(fact.name):
                    yield Trace(tool, job.name, Strength.USED, f"{fact.name}({keyword}=...)")

    def _annotated(self, fact: Fact) -> Iterator[Trace]:
        given = fact.detail.get
        hints = [given("args", ""), given("returns", ""), *given("types", "").split(",")]
        hints = [fact.value] if fact.kind == "field" else hints
        for hint in dict.fromkeys(filter(None, hints)) if self._index["annotations"] else ():
            yield from self._named("annotations", hint, Strength.USED, f"{fact.name}: {hint[:60]}")

    def _defined(self, fact: Fact) -> Iterator[Trace]:
        yield from self._annotated(fact)
        for base in filter(None, fact.detail.get("bases", "").split(",")):
            yield from self._named("bases", base, Strength.USED, f"class {fact.name}({base})")

    def _commanded(self, fact: Fact) -> Iterator[Trace]:
        for text in dict.fromkeys((fact.name, fact.detail.get("plain", ""))):
            yield from self._named("commands", text, Strength.USED, text)

    def _built(self, fact: Fact) -> Iterator[Trace]:
        if fact.name == "FROM" and fact.value:
            yield from self._image(fact.value.split()[0])

    def _image(self, value: str) -> Iterator[Trace]:
        image = re.sub(r"(@sha256:.*|:[\w.$({})-]*)$", "", value)
        for tool, job, _ in self.match("images", image):
            strength = Strength.USED if job.options.get("images_use") else Strength.DECLARED
            yield Trace(tool, job.name, strength, f"image {image}")

    def _configured(self, fact: Fact) -> Iterator[Trace]:
        last = fact.name.rpartition(".")[2]
        if last == "uses":
            for tool, job, _ in self.match("actions", fact.value.partition("@")[0]):
                yield Trace(tool, job.name, Strength.USED, f"action {fact.value}")
        elif last in ("image", "baseImage", "container") or last.startswith("image"):
            yield from self._image(fact.value)
        for tool, job in self._keys.matching(fact.at.path, fact.name, fact.value):
            strength = Strength.DECLARED if job.options.get("keys_use") is False else Strength.USED
            yield Trace(tool, job.name, strength, f"{fact.name}: {fact.value[:60]}")

    def files(self) -> Iterator[tuple[str, Tool, Job, Strength]]:
        """(glob, tool, job, strength) of the files that show a tool."""
        for pattern, (tool, job) in self._index["files"]:
            yield pattern, tool, job, Strength.USED if job.options.get("files_use") else Strength.DECLARED

    def doing(self, job: str) -> tuple[Tool, ...]:
        """The tools that do a job."""
        return self._doing.get(job, ())


def fits(kind: str, pattern: str, name: str) -> bool:
    """Whether a name matches a pattern of a kind of trace."""
    if kind == "packages":
        return glob(package(pattern))(name)
    if kind == "imports":
        return name == pattern or name.startswith(f"{pattern}.") or ("*" in pattern and glob(pattern)(name))
    if kind in ("calls", "decorators"):
        pattern = pattern.partition("(")[0]
        if pattern.startswith("?.") and kind == "calls":
            return name.endswith(pattern[1:])
    if kind == "images":
        return glob(pattern)(name) or glob("*/" + pattern)(name)
    return glob(pattern)(name)


@lru_cache(maxsize=2048)
def package(name: str) -> str:
    """A package name, or a glob of them, as indexes compare names."""
    return re.sub(r"[-_.]+", "-", name).lower()


def given(pattern: str, fact: Fact) -> bool:
    """Whether a call has the arguments that a pattern like `load_dataset(revision)` or `log(step=0)` asks for.

    A literal `None` or `False` does not count as given. Values are globs over the source text, with its quotes or
    without.
    """
    for wanted in filter(None, pattern.partition("(")[2].rstrip(")").split(",")):
        keyword, equals, value = wanted.strip().partition("=")
        source = fact.detail.get(keyword, "None")
        if source in ABSENT:
            return False
        wants = glob(value)
        if equals and not wants(source) and not wants(source.strip("\"'")):
            return False
    return True


def load(*folders: Path) -> Toolbox:
    """Read every `*.toml` of the folders.

    Raises:
        BadTool: a file is not TOML, or a table has an unknown or ill-typed key.
    """
    tools: dict[str, Tool] = {}
    for path in (path for folder in folders for path in sorted(folder.glob("*.toml"))):
        try:
            data = tomllib.loads(path.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise BadTool(f"{path.name}: {error}") from None
        for key, table in data.items():
            made = tool(key, table, path.name)
            tools[key] = merged(tools[key], made) if key in tools else made
    return Toolbox(tools.values())


def merged(first: Tool, second: Tool) -> Tool:
    """One tool described in two files, each with its own jobs."""
    does = {**first.does, **second.does}
    for name in first.does.keys() & second.does.keys():
        one, two = first.does[name], second.does[name]
        both = one.traces.keys() | two.traces.keys()
        traces = {kind: (*one.traces.get(kind, ()), *two.traces.get(kind, ())) for kind in both}
        does[name] = Job(name, traces, {**one.options, **two.options})
    return Tool(
        first.id, first.name or second.name, first.url or second.url,
        tuple(dict.fromkeys(first.packages + second.packages)), tuple(dict.fromkeys(first.imports + second.imports)),
        does,
    )  # fmt: skip


def tool(key: str, table: Any, file: str) -> Tool:
    """One table as a Tool.

    Raises:
        BadTool: the table has an unknown or ill-typed key.
    """
    if not isinstance(table, dict):
        raise BadTool(f"{file}: {key} is not a table")
    unknown = set(table) - {"name", "url", "packages", "imports", "does", "about"}
    if unknown:
        raise BadTool(f"{file}: [{key}] has unknown keys {', '.join(sorted(unknown))}")
    does: dict[str, Job] = {}
    for name, traces in table.get("does", {}).items():
        bad = set(traces) - set(TRACES) - OPTIONS
        if bad:
            raise BadTool(f'{file}: [{key}.does."{name}"] has unknown keys {", ".join(sorted(bad))}')
        lists = {kind: strings(traces[kind], f"{file}: {key}.{name}.{kind}") for kind in TRACES if kind in traces}
        does[name] = Job(name, lists, {k: v for k, v in traces.items() if k in OPTIONS})
    where = f"{file}: {key}"
    return Tool(
        key, str(table.get("name", key)), str(table.get("url", "")), strings(table.get("packages", []), where),
        strings(table.get("imports", []), where), does,
    )  # fmt: skip


def strings(value: Any, where: str) -> tuple[str, ...]:
    """A list of strings.

    Raises:
        BadTool: it is something else.
    """
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise BadTool(f"{where} must be a list of strings")
    return tuple(value)
