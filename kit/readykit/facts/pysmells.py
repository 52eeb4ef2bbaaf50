"""Small shapes of code that are nearly always a mistake in work with data and models.

Each is a `smell` fact with its name; none is a judgement. What a smell is, is kept so narrow that the line alone
convinces a reader: a shape that is right in one project of ten is not looked for.
"""

from __future__ import annotations

import ast
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, cast

from readykit.facts.pynodes import FIELDS, children
from readykit.facts.pyscope import dotted

if TYPE_CHECKING:
    from readykit.facts.pyrecord import Placed, Recorder

# What stands on the lines of a shape, or on those that make a name a frame's. Each begins with a plain word: such an
# expression runs through a text many times faster than one that does not.
WORDS = re.compile(
    r"\.(?:(?P<nan>[nN]a[NnT]|NAN|NA)|(?P<fit>fit)|(?P<training>partial_fit|backward|train)"
    r"|(?P<frame>concat|append|DataFrame|read_|merge))"
)
NEEDED = {"nan": ("==", "!="), "fit": ("except", "test", "tst", "hold"), "training": ("except",),
          "frame": ("pd.", "pandas.", "ignore_index")}  # fmt: skip
INNER = ("nan", "fit")
"""What is looked for in expressions, and not in what statements do with them."""
SPELLED = re.compile(r"float\s*\(\s*\w*[\"']+(?i:nan)")
PIECES = re.compile(r"\](?:[\s)\\]|#[^\n]*\n)*\[")
NANS = re.compile(r"(np|numpy|math|pd|pandas)\.(nan|NaN|NAN|NaT|NA)$")
FRAMES = re.compile(r"^(pd|pandas)\.(read_\w+|DataFrame|concat|merge)$")
FITS = frozenset({"fit", "fit_transform", "fit_resample", "fit_sample", "fit_on_texts"})
TEST_DATA = re.compile(r"(^|_)(test|tst|holdout|hold_out)\d*(_|$)|^[xy]test$", re.IGNORECASE)
OTHER_DATA = re.compile(r"train|full|all|merged|combined|case|result|name|ab_?test|backtest", re.IGNORECASE)
# They are fitted to look at data (maps), to explain, or to watch for drift: on test data by intent.
LOOKING = re.compile(
    r"tsne|umap|mds\b|isomap|pca|kmeans|cluster|explain|shap|lime|drift|detector|calib|conform|plot|nearest|neighbors",
    re.IGNORECASE,
)
TRAINING = frozenset({"fit", "fit_transform", "fit_generator", "partial_fit", "backward", "train_on_batch"})
ASKING = re.compile(
    r"^(predict|infer|inference|evaluate|validate|eval_model|eval_epoch|run_inference)(_|$)|_(inference|predict|evaluate)$"
)
NETWORK = re.compile(r"^(model|net|network)$")
WITHOUT = re.compile(
    r"no_grad|inference_mode|set_grad_enabled|enable_grad|requires_grad|backward\(|lightning|ultralytics|torch\.hub|torch\.jit"
    r"|onnx|\.grad\b|openvino|tensorrt|autograd|fastai|torch\.export|peft|pipeline\("
)
ASKING_FUNCTION = re.compile(
    r"def\s+(?:predict|infer|evaluate|validate|eval_model|eval_epoch|run_inference|\w*_(?:inference|predict|evaluate)\b)"
)
WITH_TORCH = re.compile(r"^\s*(import torch\b|from torch\b)", re.MULTILINE)
OWN_NETWORK = re.compile(r"load_state_dict\(|AutoModel\w*\.from_pretrained|torchvision\.models|nn\.Module")
TENSORS = re.compile(r"softmax|sigmoid|argmax|\.cpu\(\)|\.to\(|\.item\(\)|torch\.max|logits|\.cuda\(")
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


class Smells:
    """Walks statements and records smells; lives as long as a file, so that a notebook's cells know each other."""

    recorder: Recorder

    def __init__(self) -> None:
        self.frames: set[str] = set()
        self.lines: list[int] = []
        self.inner: list[int] = []

    def look(self, body: Iterable[ast.stmt], text: str, recorder: Recorder) -> None:
        """Record the smells of top-level statements."""
        self.lines, self.inner = telling(text)
        self.recorder = recorder
        for node in body if self.lines else ():
            if self.within(node, self.lines):
                self.walk(node, "", None)
        del self.recorder  # which holds this: no garbage is collected while files are read

    def found(self, name: str, node: Placed, scope: str) -> None:
        """Record one."""
        self.recorder.add("smell", name, node, self.recorder.snippet(node), scope=scope)

    def within(self, node: ast.stmt | ast.expr, lines: list[int]) -> bool:
        """Whether a node reaches over a telling line; else it holds no shape."""
        first = node.lineno
        if isinstance(node, DEFINITIONS) and node.decorator_list:
            first = node.decorator_list[0].lineno
        at = bisect_left(lines, first)
        return at < len(lines) and lines[at] <= (node.end_lineno or first)

    def walk(self, node: ast.AST, scope: str, loop: ast.For | ast.While | None) -> None:
        """A statement and what is in it; `loop` is the innermost loop of the same function."""
        if isinstance(node, DEFINITIONS):
            scope, loop = f"{scope}.{node.name}".lstrip("."), None
        elif isinstance(node, (ast.For, ast.While)):
            loop = node
        elif isinstance(node, ast.Assign):
            self.assigned(node, scope, loop)
        elif isinstance(node, ast.Try):
            self.tried(node, scope)
        for part in children(node):
            if isinstance(part, ast.expr):
                if self.within(part, self.inner):
                    self.expression(part, scope)
            elif not isinstance(part, ast.stmt) or self.within(part, self.lines):
                self.walk(part, scope, loop)

    def expression(self, node: ast.AST, scope: str) -> None:
        """An expression and what is in it, the outer before the inner."""
        kind = type(node)
        if kind is ast.Call:
            self.called(cast("ast.Call", node), scope)
        elif kind is ast.Compare:
            self.compared(cast("ast.Compare", node), scope)
        own = getattr(node, "__dict__", {})
        for name in FIELDS[kind]:
            value = own.get(name)
            if type(value) is list:
                for part in value:
                    self.expression(part, scope)
            elif value is not None:
                self.expression(value, scope)

    def assigned(self, node: ast.Assign, scope: str, loop: ast.For | ast.While | None) -> None:
        """Growing a frame in a loop, and assigning to a copy."""
        value = node.value
        for target in node.targets:
            name = dotted(target) if isinstance(target, (ast.Name, ast.Attribute)) else ""
            if name and isinstance(value, ast.Call):
                if FRAMES.match(dotted(value.func)):
                    self.frames.add(name)
                if loop is not None and self.growing(name, node, loop):
                    self.found("frame grown in a loop", node, scope)
            if chained(target, self.frames):
                self.found("assignment to a copy", node, scope)

    def growing(self, name: str, node: ast.Assign, loop: ast.For | ast.While) -> bool:
        """Whether an assignment in a loop puts more under a frame that was there before the turn."""
        value = node.value
        more = isinstance(value, ast.Call) and (grows(name, value) or appends(name, value, self.frames))
        return more and not renewed(name, node, loop)

    def compared(self, node: ast.Compare, scope: str) -> None:
        """`x == np.nan`, which is never true."""
        sides = [node.left, *node.comparators]
        if all(isinstance(op, (ast.Eq, ast.NotEq)) for op in node.ops) and any(is_nan(side) for side in sides):
            self.found("comparison with NaN", node, scope)

    def called(self, node: ast.Call, scope: str) -> None:
        """`scaler.fit_transform(X_test)`."""
        func = node.func
        if not (isinstance(func, ast.Attribute) and func.attr in FITS):
            return
        given = node.args[0] if node.args else next((k.value for k in node.keywords if k.arg in ("X", "x")), None)
        data = given.value if isinstance(given, ast.Subscript) else given
        name = dotted(data).rpartition(".")[2] if isinstance(data, (ast.Name, ast.Attribute)) else ""
        about = f"{dotted(func.value)} {scope} {self.recorder.snippet(func.value)}"
        if TEST_DATA.search(name) and not OTHER_DATA.search(name) and not LOOKING.search(about):
            self.found("fit on test data", node, scope)

    def tried(self, node: ast.Try, scope: str) -> None:
        """A training call whose every failure is passed over."""
        if not any(isinstance(n, ast.Call) and trains(n) for part in node.body for n in inside(part)):
            return
        for handler in node.handlers:
            broad = isinstance(handler.type, ast.Name) and handler.type.id in ("Exception", "BaseException")
            silent = all(isinstance(s, (ast.Pass, ast.Continue)) for s in handler.body)
            if (handler.type is None and not stops(handler)) or (broad and silent):
                self.found("failure of training passed over", handler, scope)


def telling(text: str) -> tuple[list[int], list[int]]:
    """The lines on which some word of a shape stands, rising, and those of shapes inside expressions.

    There are none in most files.
    """
    places = [match.start() for match in PIECES.finditer(text)]
    inner = [match.start() for match in SPELLED.finditer(text)]
    words: dict[str, list[int]] = {}
    for match in WORDS.finditer(text):
        words.setdefault(match.lastgroup or "", []).append(match.start())
    lower = text.lower() if words else ""
    for kind, found in words.items():
        if any(word in lower for word in NEEDED[kind]):
            (inner if kind in INNER else places).extend(found)
    return lines_of(text, places + inner), lines_of(text, inner)


def lines_of(text: str, places: list[int]) -> list[int]:
    """The lines of places, rising, each once."""
    lines: list[int] = []
    line, past = 1, 0
    for place in sorted(places):
        line += text.count("\n", past, place)
        past = place
        if not lines or lines[-1] != line:
            lines.append(line)
    return lines


def is_nan(node: ast.expr) -> bool:
    """Whether an expression is NaN."""
    if isinstance(node, ast.Call):
        word = node.args[0] if len(node.args) == 1 else None
        return (
            dotted(node.func) == "float" and isinstance(word, ast.Constant)
            and isinstance(word.value, str) and word.value.lower() == "nan"
        )  # fmt: skip
    return isinstance(node, ast.Attribute) and bool(NANS.match(dotted(node)))


def grows(name: str, value: ast.Call) -> bool:
    """Whether `name = value` puts rows under what `name` was: `pd.concat([name, ...])`."""
    func = dotted(value.func)
    sideways = any(k.arg == "axis" and not (isinstance(k.value, ast.Constant) and k.value.value in (0, "index", "rows"))
                   for k in value.keywords)  # fmt: skip
    parts = value.args[0] if value.args else next((k.value for k in value.keywords if k.arg == "objs"), None)
    if func not in ("pd.concat", "pandas.concat") or sideways or len(value.args) > 1:
        return False
    return isinstance(parts, (ast.List, ast.Tuple)) and any(named(item, name) for item in parts.elts)


def appends(name: str, value: ast.Call, frames: set[str]) -> bool:
    """Whether `name = value` is `name.append(...)` of a data frame; a list's `append` gives nothing back."""
    known = name in frames or any(k.arg == "ignore_index" for k in value.keywords)
    return known and dotted(value.func) == f"{name}.append"


def named(node: ast.AST, name: str) -> bool:
    """Whether an expression is a plain name or attribute of this name."""
    return isinstance(node, (ast.Name, ast.Attribute)) and dotted(node) == name


def renewed(name: str, own: ast.Assign, loop: ast.For | ast.While) -> bool:
    """Whether a loop gives the name a new value in every turn, so that nothing grows."""
    for node in (n for part in loop.body for n in inside(part)):
        if not isinstance(node, ast.Assign) or node is own or not any(named(target, name) for target in node.targets):
            continue
        if not any(named(item, name) for item in ast.walk(node.value)):
            return True
    return isinstance(loop, ast.For) and name in (n.id for n in ast.walk(loop.target) if isinstance(n, ast.Name))


def chained(target: ast.expr, frames: set[str]) -> bool:
    """Whether a target is a piece of a piece of a frame: `df[df.x > 1]["y"]`, `df.loc[i]["y"]`, `df["y"][i]`."""
    if not (isinstance(target, ast.Subscript) and isinstance(target.value, ast.Subscript)):
        return False
    first, key = target.value, target.slice
    column = isinstance(key, ast.Constant) and isinstance(key.value, str)
    if isinstance(first.value, ast.Attribute) and first.value.attr in ("loc", "iloc"):
        return column and not isinstance(first.value.value, ast.Subscript)
    masked = isinstance(first.slice, ast.Compare) or (
        isinstance(first.slice, ast.BinOp) and isinstance(first.slice.op, (ast.BitAnd, ast.BitOr))
    )
    if masked and column:
        return True
    named = isinstance(first.slice, ast.Constant) and isinstance(first.slice.value, str)
    return named and isinstance(first.value, ast.Name) and first.value.id in frames


def inside(node: ast.AST) -> Iterator[ast.AST]:
    """A node and all that runs with it: what functions that it defines do is left out."""
    stack = [node]
    while stack:
        item = stack.pop()
        yield item
        if not isinstance(item, (*FUNCTIONS, ast.ClassDef)):
            stack.extend(children(item))


def trains(node: ast.Call) -> bool:
    """Whether a call fits a model."""
    return isinstance(node.func, ast.Attribute) and (
        node.func.attr in TRAINING or dotted(node.func) in ("trainer.train", "self.trainer.train")
    )


def stops(handler: ast.ExceptHandler) -> bool:
    """Whether a handler passes the failure on: it raises, or ends the program."""
    for node in (n for part in handler.body for n in inside(part)):
        if isinstance(node, ast.Raise):
            return True
        if isinstance(node, ast.Call) and dotted(node.func) in ("sys.exit", "exit", "quit", "os._exit", "pytest.fail"):
            return True
    return False


def with_gradients(body: Iterable[ast.stmt], text: str) -> Iterator[tuple[ast.Call, str]]:
    """(call, function) where a file's functions ask a PyTorch network of its own with gradients recorded.

    Only in a file that loads or defines the network and in which nothing speaks of gradients.
    """
    if "torch" not in text or not ASKING_FUNCTION.search(text):
        return
    if not WITH_TORCH.search(text) or not OWN_NETWORK.search(text) or WITHOUT.search(text):
        return
    for node in body:
        parts = node.body if isinstance(node, ast.ClassDef) else [node]
        if isinstance(node, ast.ClassDef) and any(
            dotted(base).rpartition(".")[2] not in ("", "object", "ABC") for base in node.bases
        ):
            continue  # a network's own method, or one that its base class calls
        for function in parts:
            if isinstance(function, ast.FunctionDef) and ASKING.search(function.name) and not function.decorator_list:
                source = ast.get_source_segment(text, function) or ""
                call = next(
                    (
                        n
                        for n in inside_of(function)
                        if isinstance(n, ast.Call) and n.args and NETWORK.match(dotted(n.func).rpartition(".")[2])
                    ),
                    None,
                )
                if call is not None and TENSORS.search(source):
                    yield call, function.name


def inside_of(function: ast.FunctionDef) -> Iterator[ast.AST]:
    """What runs in a function's body."""
    for part in function.body:
        yield from inside(part)
