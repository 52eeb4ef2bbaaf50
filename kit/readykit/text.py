"""What every string from an audited repository goes through before it is shown or stored.

A file name or a README line is a stranger's text: it may hold terminal escapes, right-to-left overrides or line
breaks that forge other lines of the report (field name `clean` in every writer).
"""

from __future__ import annotations

import os
import re
import sys
from typing import TextIO

# C0 and C1 controls, line and paragraph separators, zero-width and bidirectional controls (Unicode UAX 9), tags, and
# lone surrogates, which undecodable file names carry and no encoder accepts.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)


def clean(text: str, limit: int = 0) -> str:
    """Return `text` with every character that could act on a terminal or a file format shown as an escape.

    Args:
        text: any text from an audited repository.
        limit: cut to this many characters, with an ellipsis; 0 keeps all.

    Returns:
        One line that is safe to print and to encode as UTF-8.
    """
    shown = _UNSAFE.sub(lambda m: m.group().encode("unicode_escape", "surrogatepass").decode("ascii"), text)
    if limit and len(shown) > limit:
        return shown[: limit - 1] + "…"
    return shown


_CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "blue": "34", "cyan": "36"}


class Style:
    """Colour for a terminal, and nothing at all elsewhere (https://no-color.org)."""

    def __init__(self, enabled: bool) -> None:
        self.enabled = enabled

    @classmethod
    def for_stream(cls, stream: TextIO | None = None) -> Style:
        """Colour when `stream` is a terminal that wants it: not with NO_COLOR, not with TERM=dumb."""
        stream = stream or sys.stdout
        wanted = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        return cls(wanted and stream.isatty())

    def __call__(self, text: str, *names: str) -> str:
        """Return `text` in the named colours."""
        if not self.enabled or not names:
            return text
        return f"\x1b[{';'.join(_CODES[n] for n in names)}m{text}\x1b[0m"
