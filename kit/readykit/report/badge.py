"""A badge for a README: level and score in two boxes, as an SVG that loads nothing and runs nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from readykit.report.markup import element, joined

if TYPE_CHECKING:
    from readykit.model import Report

LABEL: Final = "readiness"
COLOURS: Final = {0: "#a61c2c", 1: "#b0440a", 2: "#7d6200", 3: "#2f6f1e", 4: "#116329", None: "#57606a"}
"""Of each level; white letters on them have a contrast of 4.5 at least (WCAG 2.2, 1.4.3)."""
_WIDE, _NARROW = "mwMW%", "ijltfI·.,1 "
_ROOM = 10  # pixels around a text


def message(report: Report) -> str:
    """Level and score in a few words."""
    score = report.score
    if not report.applicable or score.total is None or score.level is None:
        return "not graded"
    return f"level {score.level} · {score.total:g} of 100"


def level(report: Report) -> int | None:
    """The level, None for what is not graded."""
    return report.score.level if report.applicable else None


def render(report: Report) -> str:
    """Write the badge of a clean report as SVG, 20 pixels high."""
    told = message(report)
    left, right = width(LABEL), width(told)
    whole = f"{LABEL}: {told}"
    boxes = [
        element("rect", width=f"{left}", height="20", fill="#3d444d"),
        element("rect", x=f"{left}", width=f"{right}", height="20", fill=COLOURS[level(report)]),
    ]
    texts = [_text(LABEL, left / 2, left), _text(told, left + right / 2, right)]
    page = element(
        "svg",
        element("title", whole),
        element("clipPath", element("rect", width=f"{left + right}", height="20", rx="3"), id="round"),
        element("g", *boxes, clip_path="url(#round)"),
        element("g", *texts, fill="#fff", text_anchor="middle", font_family="Verdana,DejaVu Sans,sans-serif",
                font_size="11"),
        xmlns="http://www.w3.org/2000/svg", width=f"{left + right}", height="20", role="img", aria_label=whole,
    )  # fmt: skip
    return joined([page], "") + "\n"


def width(text: str) -> int:
    """About as many pixels as a text takes at 11 pixels of Verdana, with room around it."""
    return round(sum(9.5 if char in _WIDE else 4.2 if char in _NARROW else 7.0 for char in text)) + _ROOM


def _text(text: str, middle: float, room: int) -> str:
    length = f"{room - _ROOM}"  # the same width whatever font there is
    return element("text", text, x=f"{middle:g}", y="14", textLength=length, lengthAdjust="spacingAndGlyphs")
