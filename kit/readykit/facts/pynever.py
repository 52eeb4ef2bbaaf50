"""Conditions that are settled before anything runs: what stands behind them proves nothing."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from typing import Any, Final

_COMPARED: Final[dict[type, Callable[[Any, Any], object]]] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt,
    ast.GtE: operator.ge, ast.Is: operator.is_, ast.IsNot: operator.is_not,
}  # fmt: skip
_NAMED: Final = {"TYPE_CHECKING": False, "__debug__": True}
_PLAIN: Final = (bool, int, float, str, type(None))


def never(test: ast.expr) -> bool:
    """Whether a condition never holds, or nothing is ever gone through: `False and x`, `TYPE_CHECKING`, `[]`."""
    return settled(test) is False


def always(test: ast.expr) -> bool:
    """Whether a condition always holds: `True`, `x or True`, a tuple of a condition and a message."""
    return settled(test) is True


def for_types(test: ast.expr) -> bool:
    """Whether a condition holds for type checkers only."""
    return isinstance(test, ast.Name | ast.Attribute) and settled(test) is False


def settled(test: ast.expr) -> bool | None:
    """What a condition comes to, None when that shows only when it runs."""
    if isinstance(test, ast.Name | ast.Attribute):
        return _NAMED.get(test.id if isinstance(test, ast.Name) else test.attr)
    if isinstance(test, ast.Constant):
        return bool(test.value)
    if isinstance(test, ast.List | ast.Tuple | ast.Set):
        return None if any(isinstance(item, ast.Starred) for item in test.elts) else bool(test.elts)
    if isinstance(test, ast.Dict):
        return None if None in test.keys else bool(test.keys)
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        inner = settled(test.operand)
        return None if inner is None else not inner
    if isinstance(test, ast.BoolOp):
        return _joined(test)
    if isinstance(test, ast.Compare):
        return _compared(test)
    return False if isinstance(test, ast.Call) and _empty_range(test) else None


def _joined(test: ast.BoolOp) -> bool | None:
    """`and` with one part that never holds, `or` with one that always does; else what all parts come to."""
    decisive = isinstance(test.op, ast.Or)
    parts = [settled(part) for part in test.values]
    if decisive in parts:
        return decisive
    return None if None in parts else not decisive


def _compared(test: ast.Compare) -> bool | None:
    """What a comparison of two constants comes to."""
    one, other = test.left, test.comparators[0]
    compare = _COMPARED.get(type(test.ops[0]))
    if len(test.ops) > 1 or compare is None or not (isinstance(one, ast.Constant) and isinstance(other, ast.Constant)):
        return None
    if not (isinstance(one.value, _PLAIN) and isinstance(other.value, _PLAIN)):
        return None
    try:
        return bool(compare(one.value, other.value))
    except TypeError:
        return None


def _empty_range(test: ast.Call) -> bool:
    first = test.args[0] if len(test.args) == 1 else None
    return (
        isinstance(test.func, ast.Name)
        and test.func.id == "range"
        and isinstance(first, ast.Constant)
        and first.value == 0
    )
