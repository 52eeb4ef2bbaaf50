"""`kit explain` and `kit checks`: what the checks ask, in words, straight from their own documentation."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from readykit.model import Status, Strength

if TYPE_CHECKING:
    from collections.abc import Sequence

    from readykit.model import Check

Rung = tuple[Strength, Status, str]
"""The strongest evidence that a check found in an example, what it concluded, and why the example is there."""
_ORDER = [Status.PASS, Status.PARTIAL, Status.FAIL, Status.NOT_APPLICABLE, Status.UNKNOWN, Status.ERROR]
LADDER = {
    Strength.ABSENT: "nothing was found",
    Strength.MENTIONED: "prose, a comment, an answer in a README",
    Strength.DECLARED: "a dependency, a configuration key, a compose service",
    Strength.IMPORTED: "an import in code that is no test, or a call that nothing reaches",
    Strength.USED: "the call, block or stage that does the thing",
    Strength.WIRED: "that use, reached from a stage, CI job, service, flow or script",
    Strength.PROVEN: "it ran, and the result was seen",
}


def explain_one(check: Check, rungs: Sequence[Rung] = ()) -> str:
    """Return one check's page for a terminal of 80 columns.

    Args:
        check: any check.
        rungs: what the check says of its examples; the general ladder is shown when there are none.
    """
    lines = [
        f"{check.id}  {check.title}",
        f"capability {check.capability} · level {check.level} · dimension {check.dimension} · since {check.since}",
        "",
    ]
    for title, text in (
        ("What", check.doc.what),
        ("Why", check.doc.why),
        ("Fix", check.doc.fix),
        ("Source", check.doc.source),
    ):
        lines += [title, *_paragraphs(text), ""]
    lines.append("The ladder (`used` and `wired` pass; less is half at most, as What says)")
    lines += [f"  {int(s)} {s!s:10} {words}" for s, words in LADDER.items()]
    if rungs:
        lines += ["", "On this check's examples (`checks/examples/` has the files)"]
        for strength, status, why in sorted(rungs, key=lambda rung: (-rung[0], _ORDER.index(rung[1]), rung[2])):
            head = f"  {strength!s:10} {status.value.replace('_', ' '):15}"
            lines += textwrap.wrap(head + why, 80, subsequent_indent=" " * len(head))
    return "\n".join(lines) + "\n"


def explain_all(checks: Sequence[Check]) -> str:
    """Return every check with the first paragraph of its documentation."""
    lines = []
    for check in checks:
        lines += [f"{check.id}  {check.title}", *_paragraphs(check.doc.what.split("\n\n")[0]), ""]
    lines.append("`kit explain ID` says why, how to mend it, and where the demand comes from.")
    return "\n".join(lines) + "\n"


def table(checks: Sequence[Check]) -> str:
    """Return one line a check: id, level, dimension, title."""
    lines = [f"{c.id}  L{c.level}  {c.dimension:8} {c.title}" for c in checks]
    return "\n".join([*lines, f"{len(checks)} checks; `kit explain ID` explains one."]) + "\n"


def _paragraphs(text: str) -> list[str]:
    out: list[str] = []
    for paragraph in text.split("\n\n"):
        words = " ".join(paragraph.split())
        out += textwrap.wrap(words[:1].upper() + words[1:], 78, initial_indent="  ", subsequent_indent="  ")
    return out
