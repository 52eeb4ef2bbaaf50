"""Taking a capability away: remove the very lines that a pass cites, and nothing else.

Python is cut by whole statements and YAML by whole keys, so that what is left still parses: the audit then judges a
project that lacks the capability, not a broken file.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from readykit.model import Evidence

_WHOLE = re.compile(
    r"(^|/)(uv\.lock|dvc\.lock|\.python-version|kustomization\.yaml)$"
)  # one capability a file: cut as a whole


def remove(root: Path, evidence: Iterable[Evidence]) -> None:
    """Cut what these pieces of evidence cite out of the project at `root`.

    Args:
        root: the project, changed in place.
        evidence: what to remove.
    """
    by_path: dict[str, set[int]] = {}
    for piece in evidence:
        by_path.setdefault(piece.at.path, set()).add(piece.at.line)
    for path, lines in by_path.items():
        target = root / path
        if _WHOLE.search(path):
            target.unlink()
            continue
        text = target.read_text(encoding="utf-8")
        cut = {".py": _cut_python, ".yaml": _cut_yaml, ".yml": _cut_yaml}.get(target.suffix, _cut_lines)
        target.write_text(cut(text, lines), encoding="utf-8")


def _cut_python(text: str, lines: set[int]) -> str:
    """Replace the smallest statement around each line by `pass`; a decorator goes with what it decorates."""
    rows = text.split("\n")
    statements = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.stmt)]
    spans = set()
    for line in lines:
        around = [(_first(node), node.end_lineno or 0, node.col_offset) for node in statements]
        covering = [span for span in around if span[0] <= line <= span[1]]
        if covering:
            spans.add(min(covering, key=lambda span: span[1] - span[0]))
    for first, last, indent in sorted(spans, reverse=True):
        rows[first - 1 : last] = [" " * indent + "pass", *[""] * (last - first)]
    return "\n".join(rows)


def _first(node: ast.stmt) -> int:
    decorators = getattr(node, "decorator_list", [])
    return min([node.lineno, *(d.lineno for d in decorators)])


def _cut_yaml(text: str, lines: set[int]) -> str:
    """Remove the key or list item at each line together with everything nested below it."""
    rows = text.split("\n")
    for line in sorted(lines, reverse=True):
        indent = _indent(rows[line - 1])
        end = line
        while end < len(rows) and (not rows[end].strip() or _indent(rows[end]) > indent):
            end += 1
        rows[line - 1 : end] = []
    return "\n".join(rows) + ("" if rows and rows[-1] == "" else "\n")


def _indent(row: str) -> int:
    return len(row) - len(row.lstrip(" "))


def _cut_lines(text: str, lines: set[int]) -> str:
    return "".join(row for number, row in enumerate(text.splitlines(keepends=True), 1) if number not in lines)
