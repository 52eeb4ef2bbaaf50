"""What a reader of Python writes down: facts with their lines, snippets of source, references by scope."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from operator import attrgetter
from sys import intern

from readykit.facts.pycommands import started
from readykit.facts.pynodes import children
from readykit.facts.pyscope import Scope, dotted
from readykit.limits import MAX_SNIPPET
from readykit.model import Fact, Location

_new = tuple.__new__
"""Makes a fact in half the time that its own name takes; most facts are made here."""
LINE = attrgetter("line")
Placed = ast.expr | ast.stmt | ast.excepthandler
"""A node that has a place in the source."""
EXITS = frozenset({"sys.exit", "exit", "quit", "os._exit", "os.abort"})
OPERATORS = {
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=", ast.Is: "is",
    ast.IsNot: "is not", ast.In: "in", ast.NotIn: "not in",
}  # fmt: skip
POSITIONS = tuple(map(str, range(12)))
"""Names of the arguments that have a position and no keyword."""
NOTHING: dict[str, str] = {}
"""The detail of all facts that have none: one in two, and an empty mapping of its own is most of what a fact weighs."""


class Recorder:
    """Collects the facts of one file; `python.Reader` walks the tree and calls it."""

    def __init__(self, path: str, text: str, lines: Sequence[int] = (), extra: dict[str, str] | None = None) -> None:
        """`lines` maps line numbers of the text to true ones (for notebooks), `extra` is added to every detail."""
        self.path = path
        self.source = text.split("\n")
        self.lines = lines
        self.extra = extra or {}
        self.facts: list[Fact] = []
        self.acting: list[dict[str, None]] = []
        self.scope = Scope()
        self.refs: dict[str, set[str]] = {}
        self.dead = 0
        self.enter(self.scope)

    def enter(self, scope: Scope) -> None:
        """Read on in another scope."""
        self.scope = scope
        self.here = self.refs.setdefault(scope.qualname, set())

    def finish(self) -> list[Fact]:
        """All facts in the order of their lines, and the references of the file."""
        self.facts += started(self.facts)
        self.facts.sort(key=LINE)
        detail = {scope: " ".join(sorted(names)) for scope, names in sorted(self.refs.items()) if names}
        self.facts.append(Fact("refs", "", Location(self.path, 1), "", "", detail))
        return self.facts

    def add(self, kind: str, name: str, node: Placed, value: str = "", detail: dict[str, str] = NOTHING,
            scope: str | None = None) -> None:  # fmt: skip
        """Record a fact at a node; it holds the very mapping that is given. What never runs is `dead`."""
        if self.dead:
            kind = "dead"
        if self.extra:
            if detail is NOTHING:
                detail = self.extra
            else:
                detail.update(self.extra)
        own = node.__dict__  # nodes of many types come here: one look into the mapping is quicker than each attribute
        line, last = own["lineno"], own["end_lineno"]
        if self.lines:
            line, last = self.lines[line - 1], self.lines[last - 1]
        if scope is None:
            scope = self.scope.qualname
        end = last if last != line else 0
        self.facts.append(_new(Fact, (kind, intern(name), self.path, line, end, value, scope, detail)))

    def snippet(self, node: Placed, limit: int = MAX_SNIPPET) -> str:
        """The source of a node on one line, cut at `limit` characters."""
        own = node.__dict__
        first: int = own["lineno"]
        if first != own["end_lineno"]:
            return self.joined(first, own["end_lineno"], own["col_offset"], own["end_col_offset"], limit)
        line = self.source[first - 1]
        start: int = own["col_offset"]
        end: int = own["end_col_offset"]
        if line.isascii():
            return intern(line[start : min(end, start + limit)])  # the same few stand in many files
        return intern(cut(line, start, end)[:limit])

    def joined(self, first: int, last: int, start: int, end: int | None, limit: int) -> str:
        """The source between two places on different lines, the first seven of them at most."""
        rest = [cut(self.source[first - 1], start, None)]
        rest += self.source[first : min(last - 1, first + 6)]
        if last - first <= 6:
            rest.append(cut(self.source[last - 1], 0, end))
        found: list[str] = []
        size = 0
        for line in rest:
            words = " ".join(line.split())
            if words:
                found.append(words)
                size += len(words) + 1
                if size > limit:
                    break
        return " ".join(found)[:limit]

    def names(self, nodes: Iterable[ast.expr]) -> str:
        """Resolved names of expressions, comma separated."""
        return ",".join(self.scope.resolve(node) or dotted(node) for node in nodes)

    def arguments(self, node: ast.arguments) -> str:
        """The parameter list as written: `flight: Flight, n: int = 3`."""
        positional = [*node.posonlyargs, *node.args]
        defaults: list[ast.expr | None] = [None] * (len(positional) - len(node.defaults))
        defaults.extend(node.defaults)
        pairs = [*zip(positional, defaults, strict=True), *zip(node.kwonlyargs, node.kw_defaults, strict=True)]
        return ", ".join(
            argument.arg
            + (f": {self.snippet(argument.annotation)}" if argument.annotation is not None else "")
            + (f" = {self.snippet(default)}" if default is not None else "")
            for argument, default in pairs
        )

    def given(self, node: ast.Call) -> dict[str, str]:
        """Arguments of a call: keywords by name, the others by position."""
        snippet = self.snippet
        detail = dict(zip(POSITIONS, map(snippet, node.args), strict=False)) if node.args else {}
        for keyword in node.keywords[:40]:
            detail[keyword.arg or "**"] = snippet(keyword.value)
        return detail

    def condition(self, node: ast.expr) -> dict[str, str]:
        """The identifiers and comparison operators of a condition, level by level."""
        names: dict[str, None] = {}
        operators: dict[str, None] = {}
        todo: list[ast.AST] = [node]
        for item in todo:  # grows while it is gone through
            if isinstance(item, ast.Name):
                names[item.id] = None
                continue
            if isinstance(item, ast.Attribute):
                names[item.attr] = None
            elif isinstance(item, ast.Constant):
                if isinstance(item.value, str) and len(item.value) < 60:
                    names[item.value] = None
                continue
            elif isinstance(item, ast.Compare):
                for operator in item.ops:
                    operators[OPERATORS[type(operator)]] = None
            todo += children(item)
        return {"names": " ".join(names), "ops": ",".join(operators)}

    def did(self, *acts: str) -> None:
        """Note what the innermost branch does: a call, `raise`, `return`, `return:False`, `exit`, `break`."""
        if self.acting and not self.dead:
            self.acting[-1].update(dict.fromkeys(acts))


def cut(line: str, start: int, end: int | None) -> str:
    """A part of a line by the offsets of a syntax tree, which count bytes."""
    return line[start:end] if line.isascii() else line.encode()[start:end].decode(errors="replace")
