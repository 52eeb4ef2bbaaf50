"""An interview pack as Markdown, for an editor beside the conversation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from readykit.report.markdown import code, escaped
from readykit.report.words import verdict

if TYPE_CHECKING:
    from readykit.interview.choosing import Pack, Question

POINTS = "0 no answer · 1 weak · 2 sound · 3 strong, and shown in the code"


def render(packs: Sequence[Pack]) -> str:
    """Write packs as Markdown: a sheet of points first where there are several."""
    lines = list(_sheet(packs)) if len(packs) > 1 else []
    for pack in packs:
        lines += _pack(pack, "##" if len(packs) > 1 else "#")
    return "\n".join(lines).rstrip("\n") + "\n"


def _sheet(packs: Sequence[Pack]) -> Iterator[str]:
    """One line a candidate, with room for the points of the questions that everybody is asked."""
    standing = [question for question in packs[0].questions if question.standing]
    yield f"# Interviews with {len(packs)} candidates"
    yield ""
    yield f"Points: {POINTS}."
    yield ""
    yield f"| candidate | {' | '.join(escaped(q.title) for q in standing)} | their own | sum |"
    yield f"|---|{'---|' * (len(standing) + 2)}"
    for pack in packs:
        yield f"| {escaped(pack.name)}: {escaped(verdict(pack.report))} |{'  |' * (len(standing) + 2)}"
    yield ""


def _pack(pack: Pack, head: str) -> Iterator[str]:
    yield f"{head} Interview: {escaped(pack.name)}"
    yield ""
    yield f"{escaped(verdict(pack.report))}. {len(pack.questions)} questions, {pack.minutes} minutes. Points: {POINTS}."
    yield ""
    for number, question in enumerate(pack.questions, 1):
        yield from _question(number, question, f"{head}#")


def _question(number: int, question: Question, head: str) -> Iterator[str]:
    yield f"{head} {number}. {escaped(question.title)} ({question.minutes} min)"
    yield ""
    yield f"**{escaped(question.ask)}**"
    yield ""
    for line in question.lines:
        yield f"- {code(line.place)} {escaped(line.note)}" if line.place else f"- {escaped(line.note)}"
    yield f"- why this: {escaped(question.why)}"
    yield f"- strong: {escaped(question.strong)}"
    yield f"- weak: {escaped(question.weak)}"
    yield ""
    yield "Notes:"
    yield ""
    yield "Points: ☐ 0 ☐ 1 ☐ 2 ☐ 3"
    yield ""
