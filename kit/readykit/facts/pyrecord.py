"""What a reader of Python writes down: facts with their lines, snippets of source, references by scope."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence

from readykit.facts.pycommands import started
from readykit.facts.pyscope import Scope, dotted
from readykit.limits import MAX_SNIPPET
from readykit.model import Fact, Location

EXITS = frozenset({"sys.exit", "exit", "quit", "os._exit", "os.abort"})
OPERATORS = {
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=", ast.Is: "is",
    ast.IsNot: "is not", ast.In: "in", ast.NotIn: "not in",
}  # fmt: skip


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

    def finish(self) -> list[Fact]:
        """All facts in the order of their lines, and the references of the file."""
        self.facts += started(self.facts)
        self.facts.sort(key=lambda fact: fact.at.line)
        detail = {scope: " ".join(sorted(names)) for scope, names in sorted(self.refs.items())}
        self.facts.append(Fact("refs", "", Location(self.path, 1), "", "", detail))
        return self.facts

    def add(self, kind: str, name: str, node: ast.AST, value: str = "", detail: dict[str, str] | None = None,
            scope: str | None = None) -> None:  # fmt: skip
        """Record a fact at a node."""
        detail = {} if detail is None else detail
        detail.update(self.extra)
        line = getattr(node, "lineno", 1)
        last = getattr(node, "end_lineno", line) or line
        if self.lines:
            line, last = self.lines[line - 1], self.lines[last - 1]
        where = self.scope.qualname if scope is None else scope
        self.facts.append(
            Fact(kind, name, Location(self.path, line, last if last != line else 0), value, where, detail)
        )

    def snippet(self, node: ast.AST, limit: int = MAX_SNIPPET) -> str:
        """The source of a node on one line, cut at `limit` characters."""
        first, last = getattr(node, "lineno", 0), getattr(node, "end_lineno", 0)
        if not first or not last:
            return ""
        start, end = node.col_offset, node.end_col_offset  # type: ignore[attr-defined]  # every expression has them
        line = self.source[first - 1]
        if first == last:
            if line.isascii():
                return line[start:end][:limit]
            return line.encode()[start:end].decode(errors="replace")[:limit]
        rest = [line.encode()[start:].decode(errors="replace"), *self.source[first : min(last - 1, first + 6)]]
        if last - first <= 6:
            rest.append(self.source[last - 1].encode()[:end].decode(errors="replace"))
        return " ".join(" ".join(rest).split())[:limit]

    def refer(self, name: str) -> None:
        """Remember that the present scope refers to a name."""
        self.refs.setdefault(self.scope.qualname, set()).add(name)

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
        detail = {str(index): self.snippet(value) for index, value in enumerate(node.args[:12])}
        for keyword in node.keywords[:40]:
            detail[keyword.arg or "**"] = self.snippet(keyword.value)
        return detail

    def condition(self, node: ast.expr) -> dict[str, str]:
        """The identifiers and comparison operators of a condition."""
        names: dict[str, None] = {}
        operators: dict[str, None] = {}
        for item in ast.walk(node):
            if isinstance(item, ast.Name):
                names[item.id] = None
            elif isinstance(item, ast.Attribute):
                names[item.attr] = None
            elif isinstance(item, ast.Constant) and isinstance(item.value, str) and len(item.value) < 60:
                names[item.value] = None
            elif isinstance(item, ast.Compare):
                operators.update((OPERATORS[type(o)], None) for o in item.ops)
        return {"names": " ".join(names), "ops": ",".join(operators)}

    def did(self, *acts: str) -> None:
        """Note what the innermost branch does: a call, `raise`, `return`, `return:False`, `exit`, `break`."""
        if self.acting and not self.dead:
            self.acting[-1].update(dict.fromkeys(acts))
