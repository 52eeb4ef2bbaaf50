"""YAML with true line numbers, and the commands that CI systems, pipelines and deployments keep in it.

Read from the parser's events in one pass: nothing is composed, so nesting and aliases cost nothing before they are
counted, and they are what makes YAML readers hang or die.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from sys import intern
from typing import Any

import yaml

from readykit.facts import Unparsable
from readykit.facts.ci import commands_of
from readykit.limits import MAX_CONFIG_NAMES, MAX_YAML_ALIASES, MAX_YAML_BYTES, MAX_YAML_DEPTH, MAX_YAML_NODES
from readykit.model import NOTHING, Fact, Location

Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
STYLES = {style: {"style": style} for style in "'\"|>"}
_new = tuple.__new__  # a million facts are made here, and their own names would take twice as long to make one
MUCH = f"YAML that is deeper than {MAX_YAML_DEPTH} or has more than {MAX_YAML_NODES:,} values"


def extract(text: str, path: str) -> list[Fact]:
    """`yaml` facts, one a scalar (name: dotted key with [i], scope: doc0, doc1, ...), and `command` facts.

    Raises:
        Unparsable: not YAML, or beyond the limits of size, nesting or aliases.
    """
    if len(text) > MAX_YAML_BYTES:
        raise Unparsable(f"more than {MAX_YAML_BYTES:,} characters of YAML")
    found: list[Fact] = []
    try:
        for facts in documents(text, path):
            found += facts
            if len(found) > MAX_YAML_NODES:
                raise Unparsable(f"more than {MAX_YAML_NODES:,} values")
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        raise Unparsable(f"not YAML: {reason(error)}") from None
    except RecursionError:
        raise Unparsable("YAML nested too deeply") from None
    found.extend(commands_of(found, text, path))
    return found


def documents(text: str, path: str) -> Iterator[list[Fact]]:
    """The scalars of each document of a stream; empty collections are given as `{}` and `[]`.

    Raises:
        yaml.YAMLError: not YAML.
        Unparsable: nested too deeply, too many aliases or values, or aliases that lead in circles.
    """
    stream = Loader(text)
    document = Document(path)
    acts = document.acts()
    number = aliases = 0
    following = stream.get_event
    while (event := following()) is not None:
        kind = event.__class__
        if act := acts.get(kind):
            if kind is yaml.AliasEvent:
                aliases += 1
                if aliases > MAX_YAML_ALIASES:
                    raise Unparsable(f"more than {MAX_YAML_ALIASES} YAML aliases")
            act(event)
        elif kind is yaml.DocumentStartEvent:
            document.begin(f"doc{number}")
            number += 1
        elif kind is yaml.DocumentEndEvent:
            yield document.found


def reason(error: Exception) -> str:
    """A YAML error in one line, without the text that caused it."""
    problem = getattr(error, "problem", None) or type(error).__name__
    mark = getattr(error, "problem_mark", None)
    return f"{problem} (line {mark.line + 1})" if mark is not None else str(problem)


@dataclass(slots=True)
class Open:
    """A collection that is being read."""

    name: str
    line: int
    mapping: bool
    anchor: str
    is_key: bool
    first: int
    """How many facts there were before it."""
    before: int
    """How many values there were before it."""
    items: int = 0
    key: str | None = None
    """What the next value of a mapping is called; None when a key comes next."""
    key_line: int = 0
    height: int = 0
    """The most levels below one of its values."""


@dataclass(slots=True)
class Anchored:
    """What an anchor stands for. Without facts it is not finished: an alias to it leads in circles."""

    name: str
    line: int
    facts: list[Fact] | None = None
    nodes: int = 1
    height: int = 0
    label: str | None = None
    """The text of a scalar, None for a collection."""


class Document:
    """The scalars of one document after the other, from the events of the parser."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.letters = 0
        self.begin("doc0")

    def begin(self, scope: str) -> None:
        """Forget the document before."""
        self.scope = scope
        self.found: list[Fact] = []
        self.open: list[Open] = []
        self.anchors: dict[str, Anchored] = {}
        self.count = 0

    def acts(self) -> dict[type, Callable[[Any], None]]:
        """What to do at each kind of event."""
        return {
            yaml.ScalarEvent: self.scalar,
            yaml.MappingStartEvent: self.opened,
            yaml.SequenceStartEvent: self.opened,
            yaml.MappingEndEvent: self.closed,
            yaml.SequenceEndEvent: self.closed,
            yaml.AliasEvent: self.alias,
        }

    def scalar(self, event: Any) -> None:
        """A key or a value."""
        line = event.start_mark.line + 1
        inside = self.open[-1] if self.open else None
        if inside is not None and inside.mapping and inside.key is None:
            inside.key, inside.key_line = event.value, line
            if event.anchor:
                fact = Fact("yaml", "", Location(self.path, line), event.value, self.scope, styled(event.style))
                self.anchored(event, Anchored("", line, [fact], label=event.value))
            return
        name, key_line = self.place(inside)
        self.count += 1
        if self.count > MAX_YAML_NODES:
            raise Unparsable(MUCH)
        detail = styled(event.style)
        if key_line and key_line != line:
            detail = {**detail, "key_line": str(key_line)}
        fact = _new(Fact, ("yaml", intern(name), self.path, line, 0, intern(event.value), self.scope, detail))
        self.found.append(fact)
        if event.anchor:
            self.anchored(event, Anchored(name, line, [fact], label=event.value))

    def place(self, inside: Open | None) -> tuple[str, int]:
        """The name of the next value, and the line of its key."""
        if inside is None:
            return "", 0
        number, key_line = inside.items, 0
        inside.items = number + 1
        if inside.mapping:
            name, key_line = inside.key or "", inside.key_line
            if inside.name:
                name = f"{inside.name}.{name}"
            inside.key = None
        else:
            name = f"{inside.name}[{number}]"
        self.letters += len(name)
        if self.letters > MAX_CONFIG_NAMES:
            raise Unparsable("YAML with very long keys")
        return name, key_line

    def counted(self, nodes: int) -> None:
        """Count values, and refuse too many."""
        self.count += nodes
        if self.count > MAX_YAML_NODES:
            raise Unparsable(MUCH)

    def opened(self, event: Any) -> None:
        """A collection begins, as a value or as a key."""
        if len(self.open) >= MAX_YAML_DEPTH:
            raise Unparsable(f"YAML nested more than {MAX_YAML_DEPTH} deep")
        inside = self.open[-1] if self.open else None
        is_key = inside is not None and inside.mapping and inside.key is None
        name = "" if is_key else self.place(inside)[0]
        line = event.start_mark.line + 1
        mapping = event.__class__ is yaml.MappingStartEvent
        new = Open(name, line, mapping, event.anchor or "", is_key, len(self.found), self.count)
        self.counted(1)
        if new.anchor:
            self.anchored(event, Anchored(name, line))
        self.open.append(new)

    def closed(self, _event: Any) -> None:
        """A collection ends."""
        done = self.open.pop()
        if not done.items:
            value = "{}" if done.mapping else "[]"
            self.found.append(Fact("yaml", done.name, Location(self.path, done.line), value, self.scope))
        height = done.height + (done.items > 0)
        if self.open and height > self.open[-1].height:
            self.open[-1].height = height
        if done.anchor:
            anchored = self.anchors[done.anchor]
            anchored.facts, anchored.nodes = self.found[done.first :], self.count - done.before
            anchored.height = height
        if done.is_key:  # what is inside a key is no value of the document
            del self.found[done.first :]
            self.count = done.before
            self.open[-1].key, self.open[-1].key_line = "?", done.line

    def anchored(self, event: Any, what: Anchored) -> None:
        """Keep what an anchor stands for."""
        if event.anchor in self.anchors:
            raise Unparsable(f"not YAML: second occurrence (line {event.start_mark.line + 1})")
        self.anchors[event.anchor] = what

    def alias(self, event: Any) -> None:
        """An alias: the facts of its anchor once more, under the name that they have here."""
        what = self.anchors.get(event.anchor)
        if what is None:
            raise Unparsable(f"not YAML: found undefined alias (line {event.start_mark.line + 1})")
        inside = self.open[-1] if self.open else None
        if inside is not None and inside.mapping and inside.key is None:
            inside.key, inside.key_line = "?" if what.label is None else what.label, what.line
            return
        name, key_line = self.place(inside)
        if what.facts is None or len(self.open) + what.height > MAX_YAML_DEPTH:
            raise Unparsable(MUCH)
        if inside is not None:
            inside.height = max(inside.height, what.height)
        self.counted(what.nodes)
        for fact in what.facts:
            detail = dict(fact.detail)
            whole = name + fact.name[len(what.name) :]
            self.letters += len(whole)
            if what.label is not None:  # a scalar, so that its key may stand elsewhere
                detail.pop("key_line", None)
                detail |= {"key_line": str(key_line)} if key_line and key_line != what.line else {}
            self.found.append(Fact("yaml", whole, fact.at, fact.value, self.scope, detail))


def styled(style: str | None) -> Mapping[str, str]:
    """The detail of a scalar that is quoted or a block, one for all of them."""
    return STYLES[style] if style else NOTHING
