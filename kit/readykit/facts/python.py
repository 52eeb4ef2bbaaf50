"""Facts from Python source, with import aliases and simple instance types resolved.

A call through `client = MlflowClient()` is named after the class, a call under `if False` is a `dead` fact and never
a `call`, and comments and docstrings yield nothing. Python 2 and broken files are read line by line.
"""

from __future__ import annotations

import ast
import gc
import re
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from readykit.facts import Unparsable
from readykit.facts.pydefs import Definitions
from readykit.facts.pyfallback import scan
from readykit.facts.pynever import always, for_types, never
from readykit.facts.pynodes import FIELDS
from readykit.facts.pyrecord import EXITS, NOTHING
from readykit.facts.pyscope import Scope, dotted, targets
from readykit.facts.pysmells import Smells, with_gradients
from readykit.limits import MAX_FIELDS, MAX_STRING, MAX_TEST_SNIPPET

if TYPE_CHECKING:
    from readykit.model import Fact

FORMATTED = re.compile(r"(?<!\w)(?:[fF][rR]?|[rR][fF])(\"\"\"|'''|\"|')")
LINE_END = re.compile(r"(?<!\\)\n|\Z")
ENDING = frozenset((ast.Return, ast.Raise, ast.Continue, ast.Break))
IMPORTS = (ast.Import, ast.ImportFrom)
MAY_END = frozenset((ast.Expr, ast.Assert, ast.While))
LEAVING = EXITS | {"pytest.skip", "pytest.fail", "pytest.xfail", "pytest.exit"}
LAST_WORDS = frozenset(name.rpartition(".")[2] for name in LEAVING)
MAGIC = re.compile(r"^([ \t]*)[%!][^\n]*", re.MULTILINE)


def extract(text: str, path: str) -> list[Fact]:
    """Read a Python file.

    Raises:
        Unparsable: it is neither Python 3 nor anything that looks like Python.
    """
    tree = parse(text)
    if isinstance(tree, str):
        tree = parse(MAGIC.sub(r"\1pass", text))  # notebooks kept as .py files have magics in them
    if isinstance(tree, str):
        found = scan(text, path)
        if not found:
            raise Unparsable(tree)
        return found
    reader = Reader(path, text)
    try:
        reader.read(tree.body)
        for node, scope in with_gradients(tree.body, text):
            reader.add("smell", "inference with gradients", node, reader.snippet(node), scope=scope)
    except RecursionError:
        raise Unparsable("expressions are nested too deeply") from None
    return reader.finish()


def parse(text: str) -> ast.Module | str:
    """The syntax tree, or a phrase that says why there is none."""
    with quiet():
        return tree_of(text)


@contextmanager
def quiet() -> Iterator[None]:
    """Nothing is said of odd source while this holds, and no garbage looked for among the nodes of trees."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        if collecting:
            gc.enable()


def tree_of(text: str) -> ast.Module | str:
    """As `parse`, for who is `quiet` already because there are many small texts."""
    if endless(text):
        return "not read as Python: an f-string has thousands of fields"
    try:
        return ast.parse(text)
    except SyntaxError as error:
        return f"not Python 3: {error.msg} (line {error.lineno})"
    except (RecursionError, MemoryError):  # the parser says "no memory" when its own stack is full
        return "not Python: nested too deeply, or more than the memory holds"
    except (ValueError, OverflowError) as error:
        return f"not Python: {type(error).__name__}"


def endless(text: str) -> bool:
    """Whether the parser would be busy with an f-string for long, where neither a clock nor a signal reaches it."""
    if sys.version_info >= (3, 12) or len(text) * text.count("{") < MAX_FIELDS:
        return False
    end = 0
    for match in FORMATTED.finditer(text):
        if match.end() > end:
            start = match.end()
            last = re.compile(match[1]) if len(match[1]) == 3 else LINE_END
            close = last.search(text, start)
            end = close.start() if close else len(text)
            if (end - start) * text.count("{", start, end) > MAX_FIELDS:
                return True
    return False


class Reader(Definitions):
    """Walks a syntax tree once and collects facts; function bodies wait until their module is known."""

    def __init__(self, path: str, text: str, lines: Sequence[int] = (), extra: dict[str, str] | None = None) -> None:
        """As for `Recorder`."""
        super().__init__(path, text, lines, extra)
        self.smells = Smells()

    def read(self, body: Iterable[ast.stmt]) -> None:
        """Take in top-level statements; may be called once a notebook cell."""
        statements = list(body)
        self.smells.look(statements, "\n".join(self.source), self)
        self.bind(statements, self.scope)
        self.block(statements)
        while self.waiting:
            scope, node = self.waiting.pop()
            outer = self.scope
            self.enter(scope)
            self.bind(node.body, scope)
            self.block(node.body)
            self.enter(outer)

    def visit(self, node: ast.AST) -> None:
        """Visit one node with the method for its type, or its children."""
        HANDLERS[type(node)](self, node)

    def block(self, body: Iterable[ast.AST]) -> None:
        """Visit statements or expressions in order; behind one that ends the way through them, all is dead."""
        rest = iter(body)
        for node in rest:
            kind = type(node)
            HANDLERS[kind](self, node)
            if kind in ENDING or (kind in MAY_END and self.leaves(node)):
                self.unreached(rest)

    def unreached(self, body: Iterable[ast.AST]) -> None:
        """Visit what never runs."""
        self.dead += 1
        self.block(body)
        self.dead -= 1

    def leaves(self, node: Any) -> bool:
        """Whether a statement is a call that does not come back, fails for sure, or goes on for ever."""
        if type(node) is ast.Assert:
            return never(node.test)
        if type(node) is ast.While:
            return always(node.test) and not any(isinstance(item, ast.Break) for item in ast.walk(node))
        called = node.value.func if type(node.value) is ast.Call else None
        name = called.attr if type(called) is ast.Attribute else called.id if type(called) is ast.Name else ""
        return name in LAST_WORDS and called is not None and self.scope.callee(called)[0] in LEAVING

    def children(self, node: ast.AST) -> None:
        """Visit what a node consists of."""
        own = node.__dict__
        for name in FIELDS[type(node)]:
            value = own.get(name)
            HANDLERS[type(value)](self, value)

    def _on_nothing(self, node: object) -> None:
        """What is left out: a name, a number, an operator, a missing part."""

    def _on_call(self, node: ast.Call, assigned: str = "") -> None:
        name, receiver = self.scope.callee(node.func)
        detail = self.given(node)
        if receiver:
            detail["receiver"] = receiver
        if assigned:
            detail["assigned"] = assigned
        self.add("call", name, node, "", detail or NOTHING)
        if self.acting:
            self.did(name, *(("exit",) if name in EXITS else ()))
        HANDLERS[type(node.func)](self, node.func)
        for part in node.args:
            HANDLERS[type(part)](self, part)
        for keyword in node.keywords:
            HANDLERS[type(keyword.value)](self, keyword.value)

    def _on_assign(self, node: ast.Assign | ast.AnnAssign | ast.AugAssign) -> None:
        goals = node.targets if isinstance(node, ast.Assign) else [node.target]
        value = node.value
        label = dotted(goals[0]) or ",".join(targets(goals[0]))
        if isinstance(node, ast.AnnAssign):
            self.visit(node.annotation)
        if value is not None:
            inner = value.value if isinstance(value, ast.Await) else value
            if isinstance(inner, ast.Call):
                self._on_call(inner, label)
            else:
                self.visit(value)
            if label:
                self.add("assign", label, node, self.snippet(value, MAX_TEST_SNIPPET))
        for goal in goals:
            if not isinstance(goal, ast.Name):
                self.visit(goal)
        if not isinstance(node, ast.AugAssign):
            self.assigned(goals, value)

    def _on_with(self, node: ast.With | ast.AsyncWith) -> None:
        for item in node.items:
            self.visit(item.context_expr)
            if item.optional_vars is not None:
                self.assigned([item.optional_vars], item.context_expr)
        self.block(node.body)

    def _on_for(self, node: ast.For | ast.AsyncFor) -> None:
        self.visit(node.iter)
        for name in targets(node.target):
            self.scope.names[name] = None
        if never(node.iter):
            self.unreached(node.body)
        else:
            self.block(node.body)
        self.block(node.orelse)

    def _on_branch(self, node: ast.If | ast.While | ast.IfExp) -> None:
        if isinstance(node, ast.If) and is_main(node.test):
            self.add("guard", "__main__", node)
            self.block(node.body)
            return
        body = node.body if isinstance(node.body, list) else [node.body]
        orelse = node.orelse if isinstance(node.orelse, list) else [node.orelse]
        kind = {ast.If: "if", ast.While: "while", ast.IfExp: "ternary"}[type(node)]
        if not never(node.test):
            detail = self.condition(node.test) | {"kind": kind}
            self.add("branch", self.snippet(node.test, MAX_TEST_SNIPPET), node, "", detail)
            self.visit(node.test)
            detail["body"] = self.acts(body)  # known after the body is read; the fact holds this very mapping
            if always(node.test) and not isinstance(node, ast.While):
                self.unreached(orelse)
            else:
                detail["else"] = self.acts(orelse)
            return
        if for_types(node.test):  # what is imported for annotations is imported
            self.block(item for item in body if isinstance(item, IMPORTS))
            self.unreached(item for item in body if not isinstance(item, IMPORTS))
        else:
            self.unreached(body)
        self.block(orelse)

    def acts(self, body: Iterable[ast.AST]) -> str:
        """Read the body of a branch and tell what it does, comma separated."""
        self.acting.append({})
        self.block(body)
        found = self.acting.pop()
        self.did(*found)
        return ",".join(found)

    def _on_jump(self, node: ast.Continue | ast.Break) -> None:
        self.did(type(node).__name__.lower())

    def _on_assert(self, node: ast.Assert) -> None:
        detail = self.condition(node.test) | {"kind": "assert", "body": "raise", "else": ""}
        text = self.snippet(node.test, MAX_TEST_SNIPPET)
        for kind in ("assert", "branch") if not always(node.test) else ():
            self.add(kind, text, node, "", detail)
        self.children(node)

    def _on_compare(self, node: ast.Compare) -> None:
        """Comparisons by size, wherever they stand: in an argument, a tuple, a comprehension."""
        if not self.dead and any(isinstance(o, (ast.Lt, ast.LtE, ast.Gt, ast.GtE)) for o in node.ops):
            self.add("compare", self.snippet(node, MAX_TEST_SNIPPET), node, "", self.condition(node))
        self.children(node)

    def _on_return(self, node: ast.Return) -> None:
        """`return new > old` is an assignment to `return`: what a function decides, for who calls it."""
        self.did("return", *((f"return:{node.value.value!r}"[:40],) if isinstance(node.value, ast.Constant) else ()))
        if isinstance(node.value, (ast.Compare, ast.BoolOp)) and not self.dead:
            self.add("assign", "return", node, self.snippet(node.value, MAX_TEST_SNIPPET))
        self.children(node)

    def _on_raise(self, node: ast.Raise) -> None:
        name = self.scope.callee(node.exc.func if isinstance(node.exc, ast.Call) else node.exc)[0] if node.exc else ""
        text = self.snippet(node.exc.args[0]) if isinstance(node.exc, ast.Call) and node.exc.args else ""
        self.add("raise", name, node, text)
        self.did("raise")
        self.children(node)

    def _on_expression(self, node: ast.Expr) -> None:
        if not isinstance(node.value, ast.Constant):  # a bare string is a docstring or a comment in disguise
            self.visit(node.value)

    def _on_constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str) and 3 <= len(node.value) <= MAX_STRING and not self.dead:
            self.add("string", node.value, node)

    def _on_fstring(self, node: ast.JoinedStr) -> None:
        text = ""
        for part in node.values:
            if isinstance(part, ast.Constant):
                text += str(part.value)
            else:
                text += "{}"
                self.children(part)
        if 3 <= len(text) <= MAX_STRING and not self.dead:
            self.add("string", text, node)

    def _on_name(self, node: ast.Name) -> None:
        if type(node.ctx) is not ast.Load or self.dead:
            return
        name = node.id
        self.here.add(name)
        scope: Scope | None = self.scope
        while scope is not None:  # as `Scope.meaning`, for every second node of a file
            if name in scope.names:
                target = scope.names[name]
                if target and target != name:
                    self.here.add(target.rpartition(".")[2])
                return
            scope = scope.parent

    def _on_attribute(self, node: ast.Attribute) -> None:
        if not self.dead:
            self.here.add(node.attr)
        HANDLERS[type(node.value)](self, node.value)


def is_main(test: ast.expr) -> bool:
    """Whether a condition is `__name__ == "__main__"`."""
    return isinstance(test, ast.Compare) and "__name__" in (dotted(test.left), *map(dotted, test.comparators))


class Handlers(dict[type, Callable[[Any, Any], None]]):
    """The method for each type of node; a node without one of its own is passed through to its children."""

    def __missing__(self, kind: type) -> Callable[[Any, Any], None]:
        found = self[kind] = Reader.children if FIELDS[kind] else Reader._on_nothing
        return found


HANDLERS = Handlers({  # each method takes the type of node that it stands beside
    list: Reader.block,
    ast.Import: Reader._on_import,
    ast.ImportFrom: Reader._on_import,
    ast.FunctionDef: Reader._on_function,
    ast.AsyncFunctionDef: Reader._on_function,
    ast.ClassDef: Reader._on_class,
    ast.Call: Reader._on_call,
    ast.Assign: Reader._on_assign,
    ast.AnnAssign: Reader._on_assign,
    ast.AugAssign: Reader._on_assign,
    ast.With: Reader._on_with,
    ast.AsyncWith: Reader._on_with,
    ast.For: Reader._on_for,
    ast.AsyncFor: Reader._on_for,
    ast.If: Reader._on_branch,
    ast.While: Reader._on_branch,
    ast.IfExp: Reader._on_branch,
    ast.Assert: Reader._on_assert,
    ast.Raise: Reader._on_raise,
    ast.Return: Reader._on_return,
    ast.Continue: Reader._on_jump,
    ast.Break: Reader._on_jump,
    ast.Compare: Reader._on_compare,
    ast.Expr: Reader._on_expression,
    ast.Constant: Reader._on_constant,
    ast.JoinedStr: Reader._on_fstring,
    ast.Name: Reader._on_name,
    ast.Attribute: Reader._on_attribute,
})  # fmt: skip
