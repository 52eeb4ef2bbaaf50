"""`kit explain` and `kit checks`: what the checks ask, in words, straight from their own documentation."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from readykit.model import Strength

if TYPE_CHECKING:
    from collections.abc import Sequence

    from readykit.model import Check

_LADDER = {
    Strength.ABSENT: "nothing was found",
    Strength.MENTIONED: "prose, a comment, an answer in a README",
    Strength.DECLARED: "a dependency, a configuration key, a compose service",
    Strength.IMPORTED: "an import in code that is no test, or a call that nothing reaches",
    Strength.USED: "the call, block or stage that does the thing",
    Strength.WIRED: "that use, reached from a stage, CI job, service, flow or script",
    Strength.PROVEN: "it ran, and the result was seen",
}


def explain_one(check: Check) -> str:
    """Return one check's page for a terminal of 80 columns."""
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
    lines += [f"  {int(s)} {s!s:10} {words}" for s, words in _LADDER.items()]
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
