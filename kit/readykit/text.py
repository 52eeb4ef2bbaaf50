"""What a string from an audited repository goes through before it is shown or stored, and colour for terminals.

A file name or a README line is a stranger's text: it may hold terminal escapes, right-to-left overrides, line breaks
that forge other lines of the report, or commands to the CI system that shows it. `clean` makes one line of it in which
all of that is visible; `clean_path` does the same so that two names never look alike. A whole report goes through
`readykit.clean`.
"""

from __future__ import annotations

import os
import re
import sys
from typing import TextIO

# Spaces of other widths: nothing but `isprintable` has anything against them.
_SPACES = frozenset("\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000")
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
# CI systems take commands from anywhere in a line of a log: `##vso[...]`, `##[...]`, `##teamcity[...]`.
_CI_COMMAND = re.compile(r"#(?=#\w{0,20}\[)")
# Others only from the beginning of a line, whatever space or colour stands before: `::error file=...::`.
_CI_LINE = re.compile(r"^((?:\s|\x1b\[[\d;]*m)*):(?=:)", re.MULTILINE)
_COLUMNS = 6  # digits of a width that is one
_ESCAPE = re.compile(r"\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8})|([nrt\\]))")
MAX_PATH = 1_000
"""Characters of a path that are shown; a longer one ends in a hash, so that two stay two."""


def clean(text: str, limit: int = 0) -> str:
    r"""Return `text` with every character that could act on a terminal or a file format shown as an escape.

    What is not printable by Unicode is escaped: controls, bidirectional and zero-width characters, separators of lines,
    private, unassigned and half characters. A byte that is no UTF-8 and an ASCII control are shown as `\xNN`, all
    others as `\uNNNN`. Cleaning twice changes nothing.

    Args:
        text: any text from an audited repository.
        limit: cut to this many characters, with an ellipsis; 0 keeps all.

    Returns:
        One line that is safe to print and to encode as UTF-8.
    """
    if limit:
        text = text[: limit + 1]  # an escape is longer than what it stands for: more can never be shown
    if not text.isprintable():
        text = "".join(char if char.isprintable() or char in _SPACES else _escape(char) for char in text)
    if "##" in text:
        text = _CI_COMMAND.sub(r"\\x23", text)
    if limit and len(text) > limit:
        return text[: limit - 1] + "…"
    return text


def _escape(char: str) -> str:
    """One character by its number; the half characters that stand for undecodable bytes as those bytes."""
    number = ord(char)
    if 0xDC80 <= number <= 0xDCFF:
        number -= 0xDC00
    elif number >= 0x80:
        return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"
    return _SHORT.get(char) or f"\\x{number:02x}"


def clean_path(path: str) -> str:
    """Return a path of the audited tree as one safe line; different paths stay different.

    A backslash in a name is doubled, so that what looks like an escape is one: `original` reads it back.

    Args:
        path: a path relative to the root of the tree.
    """
    if len(path) <= MAX_PATH and path.isprintable() and "\\" not in path and "##" not in path:
        return path
    shown = clean(path.replace("\\", "\\\\"))
    if len(shown) <= MAX_PATH:
        return shown
    from hashlib import sha256

    return f"{shown[: MAX_PATH - 17]}…{sha256(path.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"


def original(path: str) -> bytes:
    """Return the bytes of the name that `clean_path` made this of, as an operating system or a URI needs them."""
    if "\\" not in path:
        return path.encode("utf-8", "surrogatepass")
    parts, at = [], 0
    for match in _ESCAPE.finditer(path):
        byte, short, long, letter = match.groups()
        char = chr(int(short or long, 16)) if short or long else {"n": "\n", "r": "\r", "t": "\t"}.get(letter, "\\")
        meant = bytes([int(byte, 16)]) if byte else char.encode("utf-8", "surrogatepass")
        parts += [path[at : match.start()].encode("utf-8", "surrogatepass"), meant]
        at = match.end()
    return b"".join([*parts, path[at:].encode("utf-8", "surrogatepass")])


def off_the_line(page: str) -> str:
    """Return a page for a terminal or a log in which no line begins with a workflow command (`::error::`)."""
    return _CI_LINE.sub(r"\1\\x3a", page) if "::" in page else page


def terminal_width() -> int:
    """Columns to print in: what COLUMNS says, else those of the terminal, else 80, as `shutil` has it."""
    named = os.environ.get("COLUMNS", "")
    if named.isdecimal() and len(named) <= _COLUMNS and int(named):
        return int(named)
    try:
        return os.get_terminal_size((sys.__stdout__ or sys.stdout).fileno()).columns or 80
    except (AttributeError, ValueError, OSError):
        return 80


_CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "blue": "34", "cyan": "36"}


# Programs that show links, by a variable that they set; a terminal that is not among them may print the address.
_LINKING = {
    "TERM_PROGRAM": ("iTerm.app", "WezTerm", "ghostty", "Hyper", "rio"), "TERM": ("xterm-kitty", "alacritty", "foot"),
}  # fmt: skip


class Style:
    """Colour and links for a terminal, and nothing at all elsewhere (https://no-color.org)."""

    def __init__(self, enabled: bool, links: str = "") -> None:
        """`links` is the folder, as a URI that ends in a slash, in which linked files stand; none when empty."""
        self.enabled = enabled
        self.links = links

    @classmethod
    def for_stream(cls, stream: TextIO | None = None, folder: str = "") -> Style:
        """Colour when `stream` is a terminal that wants it: not with NO_COLOR, not with TERM=dumb.

        Args:
            stream: standard output when left out.
            folder: absolute path of a folder on this machine, in which the places of a report stand.
        """
        stream = stream or sys.stdout
        wanted = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        enabled = wanted and stream.isatty()
        return cls(enabled, f"file://{uri(folder)}/" if enabled and folder.startswith("/") and _shows_links() else "")

    def __call__(self, text: str, *names: str) -> str:
        """Return `text` in the named colours."""
        if not self.enabled or not names:
            return text
        return f"\x1b[{';'.join(_CODES[n] for n in names)}m{text}\x1b[0m"

    def place(self, path: str, line: int) -> str:
        """Return `path:line`, which terminals open; a link as well where they certainly can show one (OSC 8)."""
        shown = self(f"{path}:{line}", "cyan")
        return f"\x1b]8;;{self.links}{uri(path)}\x1b\\{shown}\x1b]8;;\x1b\\" if self.links else shown


def _shows_links() -> bool:
    """Whether the terminal says that it is one which shows links; tmux and screen may stand in between."""
    if os.environ.get("TERM", "").startswith(("tmux", "screen")):
        return False
    if any(os.environ.get(name) in known for name, known in _LINKING.items()) or os.environ.get("WT_SESSION"):
        return True
    version = os.environ.get("VTE_VERSION", "")
    return version.isdecimal() and int(version) >= 5000


def uri(path: str) -> str:
    """Return a clean path with everything percent-encoded that is special in a URI, byte by byte."""
    plain = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/"
    return "".join(chr(byte) if byte in plain else f"%{byte:02X}" for byte in original(path))
