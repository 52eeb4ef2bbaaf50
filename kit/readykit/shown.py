"""What the facts of a file show of tools, as plain values: another process, or the next audit, need not look again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from readykit.model import Fact, Strength
from readykit.toolbox import Trace

if TYPE_CHECKING:
    from readykit.toolbox import Toolbox

Row = tuple[int, str, str, int, str]
"""The number of a fact in its file, and the tool, the job, the strength and the words of its trace."""


def leaves_traces(path: str, role: str) -> bool:
    """Whether what a file calls or names is a trace: what tests and documents do is none."""
    return role not in ("test", "docs") or path.endswith((".yml", ".yaml", ".txt", ".toml"))


def rows(toolbox: Toolbox, facts: Sequence[Fact]) -> list[Row]:
    """What the facts of one file show."""
    found: list[Row] = []
    number = 0
    for fact, trace in toolbox.recognised(facts):
        while facts[number] is not fact:
            number += 1
        found.append((number, trace.tool.id, trace.job, int(trace.strength), trace.what))
    return found


def traces(toolbox: Toolbox, facts: Sequence[Fact], found: Iterable[Row]) -> tuple[tuple[Fact, Trace], ...]:
    """The facts that show something, each with what it shows, from rows of the same facts and tools."""
    return tuple(
        (facts[number], Trace(toolbox.tools[tool], job, Strength(strength), what))
        for number, tool, job, strength, what in found
    )
