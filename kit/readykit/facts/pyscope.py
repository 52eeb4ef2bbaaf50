"""Names in Python source: what `m.log_metric` stands for after `import mlflow as m`."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from readykit.limits import MAX_NAME

BUILTINS = frozenset(dir(builtins))


class Scope:
    """The names visible in a module, class or function, each with the dotted thing that it stands for.

    A name bound to None is known to be a local value of unknown type; it hides outer names.
    """

    __slots__ = ("attributes", "names", "owner", "parent", "qualname", "returns")

    def __init__(self, qualname: str = "", parent: Scope | None = None, owner: str = "") -> None:
        self.qualname = qualname
        self.parent = parent
        self.names: dict[str, str | None] = {}
        self.owner = owner
        self.attributes: dict[str, str | None] = parent.attributes if parent else {}
        self.returns: dict[str, ast.expr | None] = {}
        """What the functions of this scope give back."""

    def find(self, name: str) -> tuple[bool, str | None]:
        """Whether a name is bound here or further out, and what it stands for."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return True, scope.names[name]
            scope = scope.parent
        return False, None

    def meaning(self, name: str) -> str | None:
        """What a name stands for, None for a value of unknown type and for a name that is bound nowhere."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope.names[name]
            scope = scope.parent
        return None

    def given_back(self, name: str) -> tuple[bool, ast.expr | None]:
        """Whether a function of this name is defined here or further out, and what it gives back."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.returns:
                return True, scope.returns[name]
            scope = scope.parent
        return False, None

    def resolve(self, node: ast.AST | None) -> str | None:
        """The dotted name that an expression stands for, None when that is unknown."""
        handler = RESOLVERS.get(type(node))
        return None if handler is None else handler(self, node)

    def _name(self, node: ast.Name) -> str | None:
        name = node.id
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope.names[name]
            scope = scope.parent
        return name if name in BUILTINS else None

    def _value(self, node: ast.Subscript | ast.Await) -> str | None:
        return self.resolve(node.value)

    def _constant(self, node: ast.Constant | ast.JoinedStr) -> str | None:
        return "str" if isinstance(node, ast.JoinedStr) or isinstance(node.value, str) else None

    def _attribute(self, node: ast.Attribute) -> str | None:
        value = node.value
        if isinstance(value, ast.Name):
            if value.id in ("self", "cls") and self.owner:
                if node.attr in self.attributes:
                    return self.attributes[node.attr]
                return f"{self.owner}.{node.attr}"
            base = self._name(value)
        else:
            base = self.resolve(value)
        if base is None:
            return None
        name = f"{base}.{node.attr}"
        return name if len(name) <= MAX_NAME else None

    def _result(self, node: ast.Call) -> str | None:
        """What a call gives back: its callee's name stands for it, or the declared type of a local function."""
        func = node.func
        if isinstance(func, ast.Name) and self.meaning(func.id) == func.id:
            known, returned = self.given_back(func.id)
            if known and (returned is None or (isinstance(returned, ast.Call) and returned.func is func)):
                return None
            if known and returned is not None:
                return self._type(returned)
        callee = self.resolve(func)
        if callee is None and isinstance(func, ast.Name) and not self.find(func.id)[0]:
            return func.id
        return callee

    def _type(self, node: ast.expr) -> str | None:
        if isinstance(node, ast.Call):
            inner = node.func
            if isinstance(inner, ast.Name) and self.given_back(inner.id)[0]:
                return None
            return self.resolve(inner)
        return self.annotation(node)

    def annotation(self, node: ast.expr | None) -> str | None:
        """The class named by an annotation: `Optional[X]`, `X | None`, `"X"` and `Annotated[X, ...]` give `X`."""
        if isinstance(node, ast.Subscript):
            outer = self.resolve(node.value) or ""
            if outer.rpartition(".")[2] in ("Optional", "Annotated", "Type", "type", "Final", "ClassVar"):
                inner = node.slice
                return self.annotation(inner.elts[0] if isinstance(inner, ast.Tuple) and inner.elts else inner)
            return outer or None
        if isinstance(node, ast.BinOp):
            return self.annotation(node.left) or self.annotation(node.right)
        if isinstance(node, ast.Constant):
            return node.value if isinstance(node.value, str) and node.value.isidentifier() else None
        return self.resolve(node)

    def callee(self, func: ast.expr) -> tuple[str, str]:
        """The name of what a call calls, and the receiver's source form when it could not be resolved."""
        name = self.resolve(func)
        if name is not None:
            return name, ""
        if isinstance(func, ast.Name):
            return (f"?.{func.id}" if self.find(func.id)[0] else func.id), ""
        if isinstance(func, ast.Attribute):
            return f"?.{func.attr}", dotted(func.value)
        return "?", ""


RESOLVERS: dict[type, Callable[[Scope, Any], str | None]] = {  # each method takes the type that it stands beside
    ast.Name: Scope._name,
    ast.Attribute: Scope._attribute,
    ast.Call: Scope._result,
    ast.Subscript: Scope._value,
    ast.Await: Scope._value,
    ast.Constant: Scope._constant,
    ast.JoinedStr: Scope._constant,
}


def dotted(node: ast.AST) -> str:
    """`self.model` for the attribute chain of that name; calls and subscripts in it are left out."""
    if isinstance(node, ast.Name):
        return node.id
    parts: list[str] = []
    while True:
        if isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        elif isinstance(node, ast.Call):
            node = node.func
        elif isinstance(node, (ast.Subscript, ast.Await)):
            node = node.value
        else:
            break
    if isinstance(node, ast.Name):
        parts.append(node.id)
    return ".".join(reversed(parts))


def imported(node: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, str, str]]:
    """Yield (bound name, what it stands for, name of the import) of an import statement."""
    base = "." * node.level + (node.module or "") if isinstance(node, ast.ImportFrom) else None
    return imported_names(base, ((alias.name, alias.asname) for alias in node.names))


def imported_names(base: str | None, names: Iterable[tuple[str, str | None]]) -> Iterator[tuple[str, str, str]]:
    """The same of (name, alias) pairs; `base` is what stands behind `from`, None for a plain `import`."""
    join = "" if not base or base.endswith(".") else "."
    for name, alias in names:
        if base is not None:
            full = f"{base}{join}{name}"
            yield alias or name, full, full
        elif alias:
            yield alias, name, name
        else:
            top = name.partition(".")[0]
            yield top, top, name


def targets(node: ast.AST) -> Iterator[str]:
    """The plain names that an assignment target binds."""
    stack = [node]
    while stack:
        item = stack.pop()
        if isinstance(item, ast.Name):
            yield item.id
        elif isinstance(item, (ast.Tuple, ast.List)):
            stack.extend(item.elts)
        elif isinstance(item, ast.Starred):
            stack.append(item.value)
