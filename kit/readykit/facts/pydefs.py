"""Definitions in Python source: imports, functions and classes, and what they tell about the types of names."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence

from readykit.facts.pynodes import statements
from readykit.facts.pyrecord import NOTHING, Recorder
from readykit.facts.pyscope import Scope, imported, targets

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
BINDING = frozenset([*FUNCTIONS, ast.Import, ast.ImportFrom, ast.ClassDef, ast.If, ast.Try, ast.With, ast.Assign])


class Definitions(Recorder):
    """The part of the reader that meets definitions; function bodies are put aside for later."""

    def __init__(self, path: str, text: str, lines: Sequence[int] = (), extra: dict[str, str] | None = None) -> None:
        """As for `Recorder`."""
        super().__init__(path, text, lines, extra)
        self.waiting: list[tuple[Scope, ast.FunctionDef | ast.AsyncFunctionDef]] = []

    def visit(self, node: ast.AST) -> None:
        """Visit one node; the reader knows how."""
        raise NotImplementedError

    def block(self, body: Iterable[ast.AST]) -> None:
        """Visit statements or expressions in order; the reader knows how."""
        raise NotImplementedError

    def _on_import(self, node: ast.Import | ast.ImportFrom) -> None:
        for bound, target, name in imported(node):
            self.scope.names[bound] = target
            self.add("import", name, node, bound)

    def _on_function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        outer = self.scope
        qualname = f"{outer.qualname}.{node.name}".lstrip(".")
        self.decorators(node.decorator_list, qualname)
        given = node.args
        every = [*given.posonlyargs, *given.args, *given.kwonlyargs]
        every += [extra for extra in (given.vararg, given.kwarg) if extra is not None]
        hints = {a.arg: outer.annotation(a.annotation) for a in every if a.annotation is not None}
        known = [*hints.values(), outer.annotation(node.returns) if node.returns is not None else None]
        types = ",".join(dict.fromkeys(filter(None, known)))
        detail = {"args": self.arguments(node.args), "decorators": self.names(node.decorator_list)}
        if types:
            detail["types"] = types
        if node.returns is not None:
            detail["returns"] = self.snippet(node.returns)
            self.visit(node.returns)
        self.add("def", qualname, node, "async" if isinstance(node, ast.AsyncFunctionDef)
                 else "function", detail)  # fmt: skip
        inner = Scope(qualname, outer, outer.owner)
        for argument in every:
            inner.names[argument.arg] = hints.get(argument.arg)
            if argument.annotation is not None:
                self.visit(argument.annotation)
        self.block([*node.args.defaults, *filter(None, node.args.kw_defaults)])
        if not self.dead:
            self.waiting.append((inner, node))

    def _on_class(self, node: ast.ClassDef) -> None:
        outer = self.scope
        qualname = f"{outer.qualname}.{node.name}".lstrip(".")
        self.decorators(node.decorator_list, qualname)
        detail = {"bases": self.names(node.bases), "decorators": self.names(node.decorator_list)}
        self.add("def", qualname, node, "class", detail)
        self.block([*node.bases, *(k.value for k in node.keywords)])
        inner = Scope(qualname, outer, qualname)
        inner.attributes = {}
        self.enter(inner)
        for method in node.body:
            if isinstance(method, FUNCTIONS):
                self.learn_attributes(method, inner)
        for item in node.body:
            if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name):
                given = {"default": self.snippet(item.value)} if item.value is not None else NOTHING
                self.add("field", f"{qualname}.{item.target.id}", item, self.snippet(item.annotation), given)
                self.block(filter(None, (item.annotation, item.value)))
            else:
                self.visit(item)
        self.enter(outer)

    def learn_attributes(self, method: ast.FunctionDef | ast.AsyncFunctionDef, scope: Scope) -> None:
        """Types of `self.x` from `self.x = Client()` and from `self.x = argument` with an annotated argument."""
        hints: dict[str, str | None] | None = None
        for node in method.body:
            for item in statements(node) if isinstance(node, (ast.If, ast.With, ast.Try)) else (node,):
                target, value = assignment(item)
                if not (isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name)):
                    continue
                if target.value.id == "self":
                    if hints is None:
                        given = (a for a in method.args.args if a.annotation is not None)
                        hints = {a.arg: scope.annotation(a.annotation) for a in given}
                    known = hints.get(value.id) if isinstance(value, ast.Name) else None
                    scope.attributes[target.attr] = known or (scope.resolve(value) if value is not None else None)

    def decorators(self, nodes: Iterable[ast.expr], qualname: str) -> None:
        """Record decorators under the name that they decorate."""
        for node in nodes:
            call = node if isinstance(node, ast.Call) else None
            name = self.scope.callee(call.func if call else node)[0]
            self.add("decorator", name, node, "", (self.given(call) if call else NOTHING) or NOTHING, scope=qualname)
            self.visit(node.func if isinstance(node, ast.Call) else node)
            if call:
                self.block([*call.args, *(k.value for k in call.keywords)])

    def bind(self, body: Iterable[ast.stmt], scope: Scope) -> None:
        """Learn the names that a block defines before reading it: definitions may follow their use."""
        for node in body:
            if type(node) not in BINDING:
                continue
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                for name, target, _ in imported(node):
                    scope.names[name] = target
            elif isinstance(node, FUNCTIONS):
                scope.names[node.name] = node.name
                scope.returns[node.name] = lazy_module(node) or node.returns or returned(node)
            elif isinstance(node, ast.ClassDef):
                scope.names[node.name] = node.name
            elif isinstance(node, (ast.If, ast.Try, ast.With)):
                self.bind(node.body, scope)
                self.bind(getattr(node, "orelse", ()), scope)
                for handler in getattr(node, "handlers", ()):
                    self.bind(handler.body, scope)
            elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and not scope.qualname:
                self.assigned(node.targets, node.value)

    def assigned(self, nodes: Sequence[ast.expr], value: ast.expr | None) -> None:
        """Bind what an assignment says about types."""
        kind = self.scope.resolve(value) if value is not None else None
        for target in nodes:
            if isinstance(target, ast.Name):
                self.scope.names[target.id] = kind
            else:
                for name in targets(target):
                    self.scope.names[name] = None


def returned(node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.expr | None:
    """The expression whose type a function gives back, when that is plain to see."""
    last = node.body[-1]
    value = last.value if isinstance(last, ast.Return) else None
    if isinstance(value, ast.Name):
        for item in node.body:
            target, given = assignment(item)
            if isinstance(target, ast.Name) and target.id == value.id and isinstance(given, ast.Call):
                return given
        return None
    return value if isinstance(value, ast.Call) else None


def assignment(node: ast.AST) -> tuple[ast.expr | None, ast.expr | None]:
    """Target and value of an assignment to one target, else two times None."""
    if isinstance(node, ast.Assign) and len(node.targets) == 1:
        return node.targets[0], node.value
    if isinstance(node, ast.AnnAssign):
        return node.target, node.value
    return None, None


def lazy_module(node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.expr | None:
    """The module that a function imports and gives back, as slow libraries are often loaded."""
    last = node.body[-1]
    if not (isinstance(last, ast.Return) and isinstance(last.value, ast.Name)):
        return None
    inner = [item for part in node.body for item in (part.body if isinstance(part, (ast.With, ast.Try)) else [part])]
    for item in inner:
        if isinstance(item, ast.Import):
            for name, target, _ in imported(item):
                if name == last.value.id and target.isidentifier():
                    return ast.Constant(target)
    return None
