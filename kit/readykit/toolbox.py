"""What a fact shows: which product does which job here, by the traces that it leaves."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import cache, cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from readykit import compiled, globs, traceindex
from readykit.compiling import remembered
from readykit.model import Fact, Strength
from readykit.once import Answers
from readykit.traceindex import Finder, Keys, Layout, Paths, Wanted, finder, ordered, wants

if TYPE_CHECKING:
    from readykit.globs import Test

TRACES = (
    "packages", "imports", "calls", "arguments", "decorators", "bases", "annotations", "strings", "files", "images",
    "actions", "commands", "keys",
)  # fmt: skip
LATER = re.compile(r"\[[1-9]\d*\]")
"""An item of a list that is not its first, in a key."""
OPTIONS = frozenset({"files_use", "images_use", "keys_use", "keyword", "about"})


@dataclass(frozen=True, slots=True)
class Job:
    """What one tool does: the traces that it leaves when it does this job."""

    name: str
    traces: dict[str, tuple[str, ...]]
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


class Sign(NamedTuple):
    """A pattern of a job of a tool; of a call with the arguments that it must have, of an argument with its name."""

    tool: Tool
    job: Job
    pattern: str
    wanted: tuple[Wanted, ...] = ()
    keyword: str = ""


@dataclass(frozen=True, slots=True)
class Trace:
    """A fact recognised as a trace of a tool at a job."""

    tool: Tool
    job: str
    strength: Strength
    what: str


class Call(NamedTuple):
    """What calls of one name show: `always`, or with one of some keywords those `asked` whose arguments are there."""

    always: tuple[Trace, ...]
    keywords: frozenset[str]
    asked: tuple[Sign, ...]


class Setting(NamedTuple):
    """What one configuration key shows: an action or image that is its value, and jobs for some of its values."""

    named: str
    rows: tuple[tuple[Test | None, Sign], ...]


class Toolbox:
    """All tools, with an index from traces to tools."""

    def __init__(self, tools: Iterable[Tool], *, kept: bool = False) -> None:
        """Take in tools; `kept` says that they are the standard's own, so that their indexes can be kept."""
        self._kept = self.standard = kept
        self.tools = {tool.id: tool for tool in tools}
        self._doing: dict[str, tuple[Tool, ...]] = {}
        for tool in self.tools.values():
            for job in tool.does:
                self._doing[job] = (*self._doing.get(job, ()), tool)
        self.jobs: frozenset[str] = frozenset(self._doing)
        self._signs = Answers(self._signs_of)
        self._finders = Answers(self._finder)
        self._found = Answers(self._found_of)
        self._shown = Answers(self._names_of)
        self._calls = Answers(self._calls_of)
        self._unnamed = Answers(self._unnamed_of)
        self._images = Answers(self._image)
        self._settings = Answers(self._settings_in)
        self._settings_of = Answers(self._settings_at)
        self._readers: dict[str, Callable[[Fact], Sequence[Trace]]] = {
            "call": self._called, "decorator": self._called, "string": self._said, "import": self._imported,
            "dependency": self._depended, "field": self._annotated, "def": self._defined, "command": self._commanded,
            "docker": self._built, "yaml": self._configured, "toml": self._configured, "json": self._configured,
            "hcl": self._configured,
        }  # fmt: skip

    # -- questions ------------------------------------------------------------------------------------------------
    def match(self, kind: str, name: str) -> tuple[tuple[Tool, Job, str], ...]:
        """(tool, job, pattern) of the traces of a kind that a name matches."""
        return tuple((sign.tool, sign.job, sign.pattern) for sign in self._found[kind][name] if not sign.keyword)

    def traces(self, fact: Fact) -> Sequence[Trace]:
        """What a fact shows: a dependency declares, an import imports, a call uses."""
        reader = self._readers.get(fact.kind)
        return reader(fact) if reader is not None else ()

    def recognised(self, facts: Iterable[Fact]) -> Iterator[tuple[Fact, Trace]]:
        """The facts that show something, each with what it shows."""
        readers = self._readers
        for fact in facts:
            if (reader := readers.get(fact.kind)) is not None:
                for trace in reader(fact):
                    yield fact, trace

    def shown_by_name(self, path: str) -> Sequence[tuple[Tool, str, Strength]]:
        """(tool, job, strength) of what the name of a file alone shows."""
        return self._files.matching(path)

    def doing(self, job: str) -> tuple[Tool, ...]:
        """The tools that do a job."""
        return self._doing.get(job, ())

    # -- indexes, made when first asked ---------------------------------------------------------------------------
    @cached_property
    def _patterns(self) -> Mapping[str, list[tuple[Tool, Job, str]]]:
        """What makes the signs of each kind."""
        found: dict[str, list[tuple[Tool, Job, str]]] = {kind: [] for kind in TRACES}
        for tool in self.tools.values():
            alike = {"packages": tool.packages, "imports": tool.imports}
            for job in tool.does.values():
                for kind, patterns in (alike | job.traces).items():
                    found[kind] += [(tool, job, pattern) for pattern in patterns]
        return found

    def _signs_of(self, kind: str) -> list[Sign]:
        return [Sign(*made) for made in self._patterns[kind]]

    def _finder(self, kind: str) -> Finder[Sign]:
        """The index of one kind of traces; a call may also be known by an argument, after all other signs."""
        signs = self._patterns[kind]
        calls = kind in ("calls", "decorators")
        arguments = self._signs["arguments"] if calls else []

        def row(number: int) -> Sign:
            if number < len(signs):
                sign = Sign(*signs[number])
                return sign._replace(wanted=wants(sign.pattern)) if calls and "(" in sign.pattern else sign
            sign = arguments[number - len(signs)]
            keyword = sign.pattern.rpartition(":")[2]
            return sign._replace(wanted=(Wanted(keyword, None),), keyword=keyword)

        patterns = [pattern for _, _, pattern in signs]
        last = [sign.pattern.rpartition(":")[0] for sign in arguments]
        if not self._kept:
            return finder(kind, ordered(kind, patterns, last), row)
        source = "\0".join((kind, *patterns, "", *last)).encode() + _how()
        layout = Layout(*compiled.made(f"traces-{kind}", source, lambda: tuple(ordered(kind, patterns, last))))
        with self._remembered():
            return finder(kind, layout, row)

    def _remembered(self) -> AbstractContextManager[None]:
        """Stands around what compiles patterns of the tools; only what the standard's own compile to is kept."""
        return remembered("traces") if self._kept else nullcontext()

    @cached_property
    def _keys(self) -> Keys[Sign]:
        with self._remembered():
            return Keys((sign.pattern, sign) for sign in self._signs["keys"])

    @cached_property
    def _files(self) -> Paths[tuple[Tool, str, Strength]]:
        signs = self._signs["files"]
        with self._remembered():
            return Paths((sign.pattern, (sign.tool, sign.job.name, used(sign, "files_use"))) for sign in signs)

    def _found_of(self, kind: str) -> Answers[str, tuple[Sign, ...]]:
        find = self._finders[kind].ranked
        return Answers(lambda name: tuple(sign for _, sign in find(name)))

    def _names_of(self, kind: str) -> Answers[str, tuple[Trace, ...]]:
        return Answers(partial(self._named, kind))

    def _calls_of(self, kind: str) -> Answers[str, Call]:
        return Answers(partial(self._call, kind))

    def _settings_in(self, files: frozenset[str]) -> Answers[str, Setting | None]:
        with self._remembered():
            known = Answers(partial(self._setting, self._keys.of(files)))
        # what holds for one item of a list holds for the others: long lists are most of what configuration says
        return Answers(lambda key: known[LATER.sub("[1]", key)]) if self._keys.alike else known

    def _settings_at(self, path: str) -> Answers[str, Setting | None]:
        return self._settings[self._keys.files(path)]  # the same for all files that match the same globs

    def _named(self, kind: str, name: str) -> tuple[Trace, ...]:
        strength, what = NAMED[kind]
        said = what.format(name[:60] if kind == "strings" else name)
        return tuple(Trace(sign.tool, sign.job.name, strength, said) for _, sign in self._finders[kind].ranked(name))

    def _call(self, kind: str, name: str) -> Call:
        finder = self._finders[kind]
        found = finder.ranked(name)
        if found is finder.every:  # most names are asked for the same arguments
            return self._unnamed[kind]
        always = tuple([_called(sign, name) for _, sign in found if not sign.wanted])
        return asking(tuple(sign for _, sign in found), always)

    def _unnamed_of(self, kind: str) -> Call:
        return asking(tuple(sign for _, sign in self._finders[kind].every))

    def _image(self, value: str) -> tuple[Trace, ...]:
        image = re.sub(r"(@sha256:.*|:[\w.$({})-]*)$", "", value)
        signs = (sign for _, sign in self._finders["images"].ranked(image))
        return tuple(Trace(sign.tool, sign.job.name, used(sign, "images_use"), f"image {image}") for sign in signs)

    def _setting(self, keys: Finder[tuple[Test | None, Sign]], key: str) -> Setting | None:
        last = key.rpartition(".")[2]
        image = last in ("baseImage", "container") or last.startswith("image")
        named = "uses" if last == "uses" else "image" if image else ""
        rows = tuple(row for _, row in keys.ranked(key))
        return Setting(named, rows) if named or rows else None

    # -- readers of facts, by kind --------------------------------------------------------------------------------
    def _imported(self, fact: Fact) -> Sequence[Trace]:
        return self._shown["imports"][fact.name]

    def _depended(self, fact: Fact) -> Sequence[Trace]:
        return () if fact.detail.get("lock") == "yes" else self._shown["packages"][fact.name]

    def _said(self, fact: Fact) -> Sequence[Trace]:
        return self._shown["strings"][fact.name]

    def _called(self, fact: Fact) -> Sequence[Trace]:
        call = self._calls["calls" if fact.kind == "call" else "decorators"][fact.name]
        if call.keywords.isdisjoint(fact.detail):
            return call.always
        given = fact.detail
        return [_called(s, fact.name) for s in call.asked if all(wanted.among(given) for wanted in s.wanted)]

    def _annotated(self, fact: Fact) -> Sequence[Trace]:
        given = fact.detail.get
        hints = [given("args", ""), given("returns", ""), *given("types", "").split(",")]
        hints = [fact.value] if fact.kind == "field" else hints
        found = self._found["annotations"]
        return [
            Trace(sign.tool, sign.job.name, Strength.USED, f"{fact.name}: {hint[:60]}")
            for hint in dict.fromkeys(filter(None, hints))
            for sign in found[hint]
        ]

    def _defined(self, fact: Fact) -> Sequence[Trace]:
        found = [*self._annotated(fact)]
        for base in filter(None, fact.detail.get("bases", "").split(",")):
            said = f"class {fact.name}({base})"
            found += [Trace(tool, job.name, Strength.USED, said) for tool, job, _ in self.match("bases", base)]
        return found

    def _commanded(self, fact: Fact) -> Sequence[Trace]:
        shown, plain = self._shown["commands"], fact.detail.get("plain", "")
        return shown[fact.name] if plain in ("", fact.name) else (*shown[fact.name], *shown[plain])

    def _built(self, fact: Fact) -> Sequence[Trace]:
        return self._images[fact.value.split()[0]] if fact.name == "FROM" and fact.value.strip() else ()

    def _configured(self, fact: Fact) -> Sequence[Trace]:
        setting = self._settings_of[fact.path][fact.name]
        if setting is None:
            return ()
        found: list[Trace] = []
        if setting.named == "uses":
            signs = self.match("actions", fact.value.partition("@")[0])
            found += [Trace(tool, job.name, Strength.USED, f"action {fact.value}") for tool, job, _ in signs]
        elif setting.named:
            found += self._images[fact.value]
        for test, sign in setting.rows:
            if test is None or test(fact.value):
                strength = Strength.DECLARED if sign.job.options.get("keys_use") is False else Strength.USED
                found.append(Trace(sign.tool, sign.job.name, strength, f"{fact.name}: {fact.value[:60]}"))
        return found


@cache
def _how() -> bytes:
    """What lays patterns out: who changes it must not meet what it has made before."""
    try:
        return b"".join(Path(str(module.__file__)).read_bytes() for module in (traceindex, globs))
    except OSError:  # there is no source; then it does not change
        return b""


NAMED = {
    "packages": (Strength.DECLARED, "dependency {}"), "imports": (Strength.IMPORTED, "import {}"),
    "strings": (Strength.USED, '"{}"'), "commands": (Strength.USED, "{}"),
}  # fmt: skip
"""Kinds of traces that a name alone shows: how strongly, and in which words."""


def used(sign: Sign, option: str) -> Strength:
    """How strong a trace is that counts as use only for the jobs that say so."""
    return Strength.USED if sign.job.options.get(option) else Strength.DECLARED


def asking(signs: tuple[Sign, ...], always: tuple[Trace, ...] = ()) -> Call:
    """What calls show that have some signs."""
    return Call(always, frozenset(sign.wanted[0].keyword for sign in signs if sign.wanted), signs)


def _called(sign: Sign, name: str) -> Trace:
    said = f"{name}({sign.keyword}=...)" if sign.keyword else name
    return Trace(sign.tool, sign.job.name, Strength.USED, said)
