"""Elements of HTML and XML, built so that text cannot become markup: what is no `Markup` is escaped."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

_ESCAPES: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"})
# Characters that XML 1.0 cannot hold in any form.
_NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_PLAIN: Final = re.compile(r"[\w \t\n.,:;()/+*=%$#@!?|~^`{}\[\]-]*", re.ASCII)
"""Most texts: they need no escape."""
_ALONE: Final = frozenset({"meta", "br", "hr", "input"})
"""Elements of HTML that have no end."""


class Markup(str):
    """Text that is markup already."""

    __slots__ = ()


Node = str | Markup
"""What stands in an element: markup as it is, any other text escaped."""


def escaped(text: str) -> Markup:
    """Return text as markup that shows it, within an element or between the quotes of an attribute."""
    if isinstance(text, Markup):
        return text
    return Markup(text if _PLAIN.fullmatch(text) else _NOT_XML.sub("\ufffd", text).translate(_ESCAPES))


def joined(nodes: Iterable[Node], between: str = "") -> Markup:
    """Return several nodes as one."""
    return Markup(between.join(escaped(node) for node in nodes))


def element(name: str, /, *children: Node, **attributes: str) -> Markup:
    """Return one element.

    Args:
        name: its name.
        children: what stands in it.
        attributes: an underscore at the end of a name is left out, others become hyphens (`class_`, `http_equiv`).
    """
    told = "".join(f' {key.rstrip("_").replace("_", "-")}="{escaped(text)}"' for key, text in attributes.items())
    if name in _ALONE:
        return Markup(f"<{name}{told}>")
    return Markup(f"<{name}{told}>{joined(children)}</{name}>")
