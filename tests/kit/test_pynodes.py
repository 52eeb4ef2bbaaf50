"""The tables of what a node consists of leave out nothing that holds a name or a statement."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from readykit.facts.pynodes import children, statements

OWN = sorted((Path(__file__).parents[2] / "kit" / "readykit" / "facts").glob("*.py"))
LEFT_OUT = (ast.expr_context, ast.operator, ast.unaryop, ast.boolop, ast.cmpop)
EVERY = """
@d(1)
async def f(a: int, /, b=1, *c, d: str = "x", **e) -> None:
    async with g() as h, i: await j
    async for k in l: yield k
    for m, *n in o: del p[q:r:s]
    else: global t
    match u:
        case {"v": [w, *_], **x} if y: pass
        case A(1, b=2) | None: raise B from C
    try: z = lambda a, b=c: (yield from d)
    except* E as error: assert error, f"{a!r:>{b}}"
    finally: return {**g, h: i if j else k} | {l for m in n if o}
"""


@pytest.mark.parametrize("text", [EVERY, *(path.read_text(encoding="utf-8") for path in OWN)], ids=range(len(OWN) + 1))
def test_children_are_those_of_ast_but_for_operators(text: str) -> None:
    for node in ast.walk(ast.parse(text)):
        assert children(node) == [child for child in ast.iter_child_nodes(node) if not isinstance(child, LEFT_OUT)]


def test_statements_come_in_the_order_of_ast() -> None:
    kinds = (ast.mod, ast.stmt, ast.excepthandler, ast.match_case)
    tree = ast.parse(EVERY)
    assert list(statements(tree)) == [node for node in ast.walk(tree) if isinstance(node, kinds)]
