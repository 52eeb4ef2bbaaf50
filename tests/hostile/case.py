"""What a case is, and the register of all of them."""

from __future__ import annotations

import importlib
import os
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from hostile.workshop import Workshop

Ending = Literal["audited", "refused", "either", "interrupted"]
CODES: Mapping[Ending, frozenset[int]] = {
    "audited": frozenset({0, 1, 4}),
    "refused": frozenset({2, 3}),
    "either": frozenset({0, 1, 2, 3, 4}),
    "interrupted": frozenset({130}),
}
"""The exit codes that an ending may have, by the contract."""

SCALE = float(os.environ.get("HOSTILE_SCALE", "1"))
"""How big the big cases are: 1 is enough to tell a bounded reader from another, 20 is what was first seen to hurt."""

Holds = Callable[[Mapping[str, Any]], Iterator[str]]
"""Looks at the JSON report and yields a sentence for everything that is wrong with it."""


def scaled(number: int) -> int:
    """A number of things, made bigger or smaller by `SCALE`."""
    return max(1, int(number * SCALE))


@dataclass(frozen=True, slots=True)
class Case:
    """One hostile input and what a user would have to see of it.

    Attributes:
        name: unique among all cases.
        threat: the module that it stands in.
        story: what the threat is and what a user would notice.
        build: makes it in a workshop.
        ending: how `kit audit` has to end.
        seconds: the deadline.
        megabytes: the memory that all processes together may have.
        unsaid: texts that may come out nowhere.
        unprinted: texts that may not be printed on the terminal.
        terminal: standard output is a terminal.
        inside: `kit audit .` in the tree instead of `kit audit TREE` elsewhere.
        disturbed: files change while they are read.
        interrupt: a signal is sent this many seconds after the start.
        environment: variables that the caller has set.
        words: further words of the command line.
        report_megabytes: what all reports together may weigh.
        holds: what else must hold in the JSON report.
    """

    name: str
    threat: str
    story: str
    build: Callable[[Workshop], None]
    ending: Ending = "audited"
    seconds: float = 40
    megabytes: int = 700
    unsaid: tuple[str, ...] = ()
    unprinted: tuple[str, ...] = ()
    terminal: bool = False
    inside: bool = False
    disturbed: bool = False
    interrupt: float = 0
    environment: Mapping[str, str] | None = None
    words: tuple[str, ...] = ()
    report_megabytes: int = 20
    holds: Holds | None = None


CASES: dict[str, Case] = {}


def hostile(**expected: Any) -> Callable[[Callable[[Workshop], None]], Callable[[Workshop], None]]:
    """Register a builder as a case under its own name; its docstring is the story.

    Args:
        expected: the fields of `Case` that differ from what is usual.

    Raises:
        ValueError: two cases have one name, or one has no story.
    """

    def register(build: Callable[[Workshop], None]) -> Callable[[Workshop], None]:
        fields = dict(expected)
        name = fields.pop("name", build.__name__.replace("_", "-"))
        story = fields.pop("story", build.__doc__ or "").strip()
        if name in CASES or not story:
            raise ValueError(f"{name}: needs a name of its own and a docstring")
        CASES[name] = Case(name, build.__module__.rpartition(".")[2], story, build, **fields)
        return build

    return register


def every_case() -> list[Case]:
    """All cases, by threat, in the order in which they are written."""
    from hostile import threats

    for module in sorted(pkgutil.iter_modules(threats.__path__), key=lambda found: found.name):
        importlib.import_module(f"hostile.threats.{module.name}")
    return sorted(CASES.values(), key=lambda case: case.threat)


def rows(report: Mapping[str, Any]) -> list[str]:
    """Paths of what the report says was not read."""
    return [row["path"] for key in ("unreadable", "skipped") for row in report.get(key, ())]


def told(*paths: str) -> Holds:
    """The report has a row for each of these paths: what was not read is said."""

    def holds(report: Mapping[str, Any]) -> Iterator[str]:
        said = rows(report)
        for path in paths:
            if not any(row.startswith(path) for row in said):
                yield f"no row says that {path} was not read"

    return holds


def judged(check: str, *statuses: str) -> Holds:
    """A check has one of these statuses, and nothing waives it."""

    def holds(report: Mapping[str, Any]) -> Iterator[str]:
        row = next((row for row in report.get("checks", ()) if row["id"] == check), None)
        if row is None:
            yield f"{check} was not asked"
        elif row["status"] not in statuses or row.get("waiver"):
            yield f"{check} is {row['status']} (waiver: {row.get('waiver')}), not {' or '.join(statuses)}"

    return holds
