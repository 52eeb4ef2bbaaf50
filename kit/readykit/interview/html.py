"""An interview pack as one page to fill in on the screen or on paper: two sheets of A4 a candidate."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from readykit.interview.markdown import POINTS
from readykit.report.markup import Markup, element, joined
from readykit.report.page import item, listed, page
from readykit.report.words import verdict

if TYPE_CHECKING:
    from readykit.interview.choosing import Line, Pack, Question


def render(packs: Sequence[Pack]) -> str:
    """Write packs as one page: a sheet of points first where there are several."""
    several = len(packs) > 1
    title = f"Interviews with {len(packs)} candidates" if several else f"Interview: {packs[0].name}"
    style = Path(__file__).with_name("interview.css").read_text(encoding="utf-8")
    main = [*([_sheet(packs)] if several else []), *(_pack(p, number, several) for number, p in enumerate(packs, 1))]
    header = [element("h1", title)]
    if not several:
        header.append(element("p", _about(packs[0])))
    return page(title, [*header, element("p", f"Points: {POINTS}.", class_="dim small")], main, style=style)


def _about(pack: Pack) -> str:
    return f"{verdict(pack.report)} · {len(pack.questions)} questions · {pack.minutes} minutes"


def _sheet(packs: Sequence[Pack]) -> Markup:
    """One row a candidate, with room for the points of the questions that everybody is asked."""
    standing = [question.title for question in packs[0].questions if question.standing]
    heads = [element("th", name, scope="col") for name in ("candidate", *standing, "their own", "sum")]
    empty = [element("td") for _ in range(len(standing) + 2)]
    rows = [
        element("tr", element("th", element("strong", p.name), element("br"), verdict(p.report), scope="row"), *empty)
        for p in packs
    ]
    whole = element("table", element("thead", element("tr", *heads)), element("tbody", joined(rows, "\n")))
    box = element("div", whole, class_="wide sheet", tabindex="0", role="region", aria_label="Points")
    return element("section", element("h2", "Points"), box)


def _pack(pack: Pack, number: int, several: bool) -> Markup:
    head = [element("h2", pack.name), element("p", _about(pack))] if several else [element("h2", "Questions")]
    asked = [_question(question, n, f"p{number}q{n}") for n, question in enumerate(pack.questions, 1)]
    return element("section", *head, *asked, class_="pack")


def _question(question: Question, number: int, name: str) -> Markup:
    title = f"{number} · {question.title} · {question.minutes} min · {question.why}"
    answers = element(
        "div",
        element("p", element("strong", "Strong: ", class_="good"), question.strong),
        element("p", element("strong", "Weak: ", class_="bad"), question.weak),
        class_="answers",
    )
    notes = element("textarea", rows="2", aria_label=f"Notes on question {number}", placeholder="Notes")
    choices = [
        element("label", element("input", type="radio", name=name, value=str(points)), f" {points}")
        for points in range(4)
    ]
    mine = element("div", notes, element("fieldset", element("legend", "Points"), *choices), class_="mine")
    shown = [element("h3", title), element("p", question.ask, class_="words")]
    return element("div", *shown, *listed(map(_line, question.lines)), answers, mine, class_="ask")


def _line(line: Line) -> Markup:
    place = element("code", line.place) if line.place else Markup("∅")
    return item(place, " ", element("span", line.note, class_="dim"))
