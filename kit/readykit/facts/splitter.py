"""Shell text split into simple commands, minding quotes, continued lines, comments and heredocs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from readykit.facts.exitcode import Simple

SKIPPED_WORDS = frozenset({
    "if", "then", "else", "elif", "fi", "do", "done", "{", "}", "!", "time", "exec", "sudo", "nohup", "command",
    "builtin", "eval", "env",
})  # fmt: skip
NOT_COMMANDS = frozenset({"for", "while", "until", "case", "esac", "function", "in", "select"})
# a quoted word goes to its end or the end of the text
PIECE = re.compile(
    r"""(?P<plain>[^\\'"`#&|;\n]+)|(?P<operator>&&|\|\||\|&|;;|[|;\n])|(?P<joined>\\\n)|(?P<hash>\#)"""
    r"""|'[^']*'?|`[^`]*`?|"[^"\\]*+(?:\\.[^"\\]*+)*+"?|\\.?|&""",
    re.DOTALL,
)
SPECIAL = re.compile(r"[\\'\"`#&|;\n]")
HEREDOC = re.compile(r"<<-?\s*(['\"]?)(\w+)\1")
ASKED = re.compile(r"\s*(if|elif|while|until)\b")


def split(text: str) -> Iterator[Simple]:
    """The simple commands of shell text; heredocs and comments are left out."""
    if SPECIAL.search(text):
        return Splitter(text).run()
    found = cleaned(text)
    return iter([Simple(1, found, "", "", bool(ASKED.match(text)))] if found else [])


class Splitter:
    """Goes through shell text once, minding quotes, continued lines, comments and heredocs."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.index = 0
        self.line = 1
        self.buffer: list[str] = []
        self.start = 1
        self.before = ""
        self.apart = True
        """Whether a word could begin here: only there is `#` a comment."""

    def run(self) -> Iterator[Simple]:
        """The commands in their order."""
        for match in iter(self.next, None):
            kind, text = match.lastgroup, match[0]
            if kind == "plain":
                self.plain(text)
            elif kind == "operator":
                yield from self.ended(text)
            elif kind == "joined":
                self.buffer.append(" ")
                self.apart = True
                self.line += 1
            elif kind == "hash" and self.apart:
                self.index = self.end_of_line()
            else:
                self.keep(text)
        yield from self.ended("")

    def next(self) -> re.Match[str] | None:
        """The next piece of the text."""
        match = PIECE.match(self.text, self.index)
        if match is not None:
            self.index = match.end()
        return match

    def plain(self, text: str) -> None:
        """Take text without quotes and operators; blanks before a command are dropped."""
        if not self.buffer:
            self.start = self.line
            text = text.lstrip()
        if text:
            self.buffer.append(text)
            self.apart = text[-1].isspace()

    def keep(self, text: str) -> None:
        """Take a quoted word, or one character with its backslash, into the present command."""
        if not self.buffer:
            self.start = self.line
        self.buffer.append(text)
        self.line += text.count("\n")
        self.apart = False

    def end_of_line(self) -> int:
        """Where the present line ends."""
        end = self.text.find("\n", self.index)
        return len(self.text) if end < 0 else end

    def ended(self, operator: str) -> Iterator[Simple]:
        """The command that an operator ends."""
        raw = "".join(self.buffer)
        found = cleaned(raw)
        if found:
            yield Simple(self.start, found, self.before, operator, bool(ASKED.match(raw)))
        self.before = operator if operator != "\n" else ""
        self.buffer = []
        self.apart = True
        self.line += operator == "\n"
        if operator == "\n" and "<<" in raw and (heredoc := HEREDOC.search(raw)):
            self.skip_to(heredoc[2])

    def skip_to(self, word: str) -> None:
        """Pass over a heredoc that ends with a line of this word."""
        while self.index < len(self.text):
            end = self.end_of_line()
            body = self.text[self.index : end].strip()
            self.index, self.line = end + 1, self.line + 1
            if body == word:
                break


def cleaned(text: str) -> str:
    """One command without keywords around it; empty for what is not a command."""
    words = text.split()
    first = next((i for i, word in enumerate(words) if word not in SKIPPED_WORDS and word not in ("(", "$(")), -1)
    if first < 0 or words[first] in NOT_COMMANDS:
        return ""
    found = " ".join(words[first:] if first else words).lstrip("(@ ")
    return found.rstrip(" )") if found.count(")") > found.count("(") else found
