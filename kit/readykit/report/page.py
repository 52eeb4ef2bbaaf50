"""What all pages of ours are made of: one self-contained file for a screen, a phone or paper, in light or dark.

Nothing comes from the network, and nothing runs or styles but what stands here: the content security policy names the
style sheet and the script by their hash, so markup that slipped in could do nothing at all.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from readykit import __version__
from readykit.report.markup import Markup, Node, element, joined

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

GOOD: Final = 80
HALF: Final = 50
"""Points of 100 from which a figure is shown as good, and as half there."""


def page(
    title: str, header: Iterable[Node], main: Iterable[Node], foot: str = "", *, style: str = "", script: str = ""
) -> str:
    """Write a whole page.

    Args:
        title: shown by the browser.
        header: begins with the only `h1`.
        main: sections, each with an `h2`.
        foot: what the last line says after our version.
        style: more rules, after those of every page.
        script: a script that the page can do without.
    """
    rules = asset("page.css") + style
    policy = f"default-src 'none'; style-src '{_digest(rules)}'; base-uri 'none'; form-action 'none'"
    policy += f"; script-src '{_digest(script)}'" if script else ""
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="referrer", content="no-referrer"),
        element("meta", name="generator", content=f"readykit {__version__}"),
        element("title", title),
        element("style", Markup(rules)),
    )
    body = element(
        "body",
        element("a", "Skip to the content", href="#main", class_="skip"),
        element("header", *header),
        element("main", *main, id="main"),
        element(
            "footer", element("p", " · ".join(filter(None, [f"readykit {__version__}", foot])), class_="dim small")
        ),
        element("script", Markup(script)) if script else "",
    )
    return f"<!DOCTYPE html>\n{element('html', head, Markup(chr(10)), body, lang='en', dir='ltr')}\n"


def asset(name: str) -> str:
    """The text of a style sheet or script beside this module."""
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


def section(title: str, children: Iterable[Node], count: int | None = None, *, folded: bool = False) -> Markup:
    """A part with its heading and the number of its rows; nothing when that is 0."""
    if count == 0:
        return Markup()
    told = title if count is None else f"{title} ({count})"
    if folded:
        parts: list[Node] = [element("details", element("summary", element("h2", told)), *children)]
    else:
        parts = [element("h2", told), *children]
    return element("section", *parts, Markup("\n"))


def listed(items: Iterable[Markup], kind: str = "ul") -> list[Node]:
    """A list of `li` elements; nothing when there are none."""
    rows = list(items)
    return [element(kind, *rows)] if rows else []


def item(*children: Node) -> Markup:
    """One row of a list."""
    return element("li", *children)


def table(heads: Sequence[str], rows: Iterable[Sequence[Node]], numbers: Iterable[int] = ()) -> Markup:
    """A table that scrolls by itself where it is wider than the screen; `numbers` are columns of figures."""
    right = set(numbers)

    def cell(name: str, place: int, content: Node, **more: str) -> Markup:
        return element(name, content, **({"class_": "number"} if place in right else {}), **more)

    head = element("tr", *(cell("th", n, text, scope="col") for n, text in enumerate(heads)))
    body = [element("tr", *(cell("td", n, text) for n, text in enumerate(row))) for row in rows]
    whole = element("table", element("thead", head), element("tbody", joined(body, "\n")))
    return element("div", whole, class_="wide", tabindex="0", role="region", aria_label=", ".join(heads))


def tone(points: float | None) -> str:
    """The class of a figure of 100: `good`, `half` or `bad`; `dim` when there is none."""
    return "dim" if points is None else "good" if points >= GOOD else "half" if points >= HALF else "bad"


def gauge(points: float | None, told: str) -> Markup:
    """A ring that is filled as far as points of 100 go, with the figure in it; `told` is said to who cannot see it."""
    shown = "–" if points is None else f"{points:.0f}"
    arc = element(
        "circle", cx="60", cy="60", r="52", class_="arc", pathLength="100", stroke_dasharray=f"{points:.1f} 100",
        transform="rotate(-90 60 60)",
    ) if points else Markup()  # fmt: skip
    return element(
        "svg",
        element("circle", cx="60", cy="60", r="52", class_="track"),
        arc,
        element("text", shown, x="60", y="61", aria_hidden="true"),
        class_=f"gauge {tone(points)}", viewBox="0 0 120 120", role="img", aria_label=told,
    )  # fmt: skip


def _digest(text: str) -> str:
    from base64 import b64encode
    from hashlib import sha256

    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"
