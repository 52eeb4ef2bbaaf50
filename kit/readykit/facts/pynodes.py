"""Ways through a syntax tree of Python that are quicker than those of `ast`: by a table of what a node consists of."""

from __future__ import annotations

import ast
from collections.abc import Iterator

PLAIN = frozenset(
    [
        "arg", "asname", "attr", "conversion", "ctx", "id", "is_async", "kind", "kwd_attrs", "level", "module", "op",
        "ops", "rest", "simple", "tag", "type_comment", "type_ignores",
    ]
)  # fmt: skip
"""Fields that hold no statement or expression: names, numbers, operators and contexts."""
BLOCKS = frozenset(["body", "orelse", "finalbody", "handlers", "cases"])
"""Fields in which statements stand; no expression has a statement in it."""


class Fields(dict[type, tuple[str, ...]]):
    """The fields of each type that may hold nodes, found on first demand; none for what is no node."""

    def __missing__(self, kind: type) -> tuple[str, ...]:
        found = self[kind] = tuple(name for name in getattr(kind, "_fields", ()) if name not in PLAIN)
        return found


FIELDS = Fields({ast.Constant: ()})


class Inner(dict[type, tuple[str, ...]]):
    """The fields of each type of node in which statements stand."""

    def __missing__(self, kind: type[ast.AST]) -> tuple[str, ...]:
        within = issubclass(kind, (ast.mod, ast.stmt, ast.excepthandler, ast.match_case))
        found = self[kind] = tuple(name for name in kind._fields if within and name in BLOCKS)
        return found


INNER = Inner()


def children(node: ast.AST) -> list[ast.AST]:
    """The nodes that a node consists of, operators and contexts left out."""
    own = node.__dict__
    found: list[ast.AST] = []
    for name in FIELDS[type(node)]:
        value = own.get(name)
        if type(value) is list:
            found += [item for item in value if isinstance(item, ast.AST)]
        elif isinstance(value, ast.AST):
            found.append(value)
    return found


def statements(node: ast.AST) -> Iterator[ast.AST]:
    """A statement and all statements in it, level by level, with the handlers and cases between them."""
    found = [node]
    for item in found:  # grows while it is gone through
        yield item
        for name in INNER[type(item)]:
            found += getattr(item, name)
