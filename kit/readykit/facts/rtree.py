"""Finding one's way among the tokens of R: where an expression ends, what a call is given, what is assigned to."""

from __future__ import annotations

import re

from readykit.facts.rtokens import Token, content, tokens
from readykit.limits import MAX_SNIPPET

WORDS = frozenset({"if", "while", "for", "function", "repeat", "else", "in", "next", "break", "TRUE", "FALSE", "NULL"})
KEYWORDS = WORDS - {"TRUE", "FALSE"}
PIPES = re.compile(r"%[^%]*>[^%]*%$|\|>$")
SIZES = ("<", "<=", ">", ">=")
OPERATORS = {"==": "==", "!=": "!=", "%in%": "in", **{each: each for each in SIZES}}
BINARY = re.compile(r"(<<-|<-|->>|->|%.*%|\|>|&&|\|\||[<>=!]=|[-+*/^<>=&|~:$@])$")
# what a comparison does not reach over
ENDS = frozenset({"&", "&&", "|", "||", "<-", "<<-", "->", "->>", "=", "~", "|>", "!"})

LONGEST = 400
"""Tokens of one expression outside of brackets: longer ones are made to keep a reader busy."""
STEPS = 4
"""How often a token is looked at on the average before expressions are cut short."""
ENOUGH = 200_000
"""Steps that any text may take besides."""
FEW = 8
"""Tokens of an expression after that."""


class Tree:
    """The tokens of a text with the questions that a reader asks of them."""

    def __init__(self, text: str, path: str) -> None:
        self.text, self.path = text, path
        read = tokens(text)
        self.tokens, self.comments = read.all, read.comments
        self.left = STEPS * len(self.tokens) + ENOUGH

    def steps(self, wanted: int) -> int:
        """How many of some steps may be taken: all, until the text turns out to be made to keep a reader busy."""
        taken = wanted if self.left > 0 else min(wanted, FEW)
        self.left -= taken
        return taken

    @property
    def longest(self) -> int:
        """Tokens that an expression may have; each question costs one step."""
        self.left -= 1
        return LONGEST if self.left > 0 else FEW

    def at(self, index: int) -> Token:
        """A token, or an empty one beyond either end."""
        return self.tokens[index] if 0 <= index < len(self.tokens) else Token("", "", 0, 0, 0)

    def skip(self, index: int, step: int = 1) -> int:
        """The next index that is not the end of a line."""
        while self.at(index).kind == "nl":
            index += step
        return index

    def end(self, index: int) -> int:
        """The last index of the expression that begins at an index."""
        index = last = self.skip(index)
        begun = self.at(index).inside
        flows = begun >= 0 and self.tokens[begun].text != "{"  # inside of ( and [ a new line ends nothing
        until = min(len(self.tokens), index + self.longest)
        while index < until:
            self.left -= 1
            token = self.tokens[index]
            if token.inside != begun and token.kind == "close":
                break
            if token.kind == "close" and token.partner < 0:
                break
            if token.kind == "sep":
                break
            if token.kind == "nl" and not flows and not self.goes_on(last, index):
                break
            if token.kind == "open" and token.partner > 0:
                until = min(len(self.tokens), until + token.partner - index)  # what stands in brackets is one step
                index = token.partner
            if token.kind != "nl":
                last = index
            index += 1
        return last

    def goes_on(self, last: int, newline: int) -> bool:
        """Whether an expression continues after a line's end: its last token is an operator, or `else` follows."""
        token, following = self.at(last), self.at(self.skip(newline))
        head = self.at(token.partner - 1).text if token.kind == "close" and token.text == ")" else ""
        return bool(BINARY.match(token.text) and token.kind == "op") or following.text == "else" or head in (
            "if", "for", "while", "function", "\\") or token.text == "else"  # fmt: skip

    def source(self, first: int, last: int, limit: int = MAX_SNIPPET) -> str:
        """The source from one token to another on one line."""
        if first > last or last >= len(self.tokens):
            return ""
        start = self.tokens[first].start
        return " ".join(self.text[start : min(self.tokens[last].end, start + 4 * limit)].split())[:limit]

    def given(self, opening: int) -> dict[str, str]:
        """Arguments of a call: keywords by name, the others by position."""
        detail: dict[str, str] = {}
        position = 0
        for first, last in self.arguments(opening)[:50]:
            if self.at(first).kind in ("id", "str") and self.at(first + 1).text == "=":
                detail[content(self.at(first)).strip("`")] = self.source(self.skip(first + 2), last)
            else:
                detail[str(position)] = self.source(first, last)
                position += 1
        return detail

    def arguments(self, opening: int) -> list[tuple[int, int]]:
        """First and last token of each argument."""
        closing = self.at(opening).partner
        found: list[tuple[int, int]] = []
        first = index = opening + 1
        while 0 < index <= closing:
            token = self.tokens[index]
            if index == closing or token.text == ",":
                begin, end = self.skip(first), self.skip(index - 1, -1)
                if begin <= end and begin < index:
                    found.append((begin, end))
                first = index + 1
            if token.kind == "open" and token.partner > index:
                index = token.partner
            index += 1
        return found

    def condition(self, first: int, last: int) -> dict[str, str]:
        """The identifiers and comparison operators of a condition."""
        names: dict[str, None] = {}
        operators: dict[str, None] = {}
        for token in self.tokens[first : first + self.steps(last + 1 - first)]:
            if token.kind == "id" and token.text not in WORDS:
                names[token.text.rpartition(":")[2]] = None
            elif token.kind == "str" and len(token.text) < 60:
                names[content(token)] = None
            elif token.text in OPERATORS:
                operators[OPERATORS[token.text]] = None
        return {"names": " ".join(names), "ops": ",".join(operators)}

    def joined(self, index: int, step: int) -> bool:
        """Whether the token at an index belongs to the same comparison."""
        token = self.at(index)
        if token.kind in ("", "nl", "sep") or token.text in ENDS or token.text in KEYWORDS:
            return False
        if token.kind == "op" and PIPES.match(token.text):
            return False
        if token.kind in ("open", "close"):
            return token.partner >= 0 and (token.kind == "open") == (step > 0) and token.text not in "{}"
        return True

    def target(self, index: int) -> tuple[str, int]:
        """What stands left of an assignment as a dotted name, and the index where it begins."""
        parts: list[str] = []
        index -= 1
        while self.at(index).kind in ("id", "str"):
            parts.insert(0, content(self.at(index)).strip("`"))
            if self.at(index - 1).text not in ("$", "@"):
                break
            index -= 2
        return ".".join(parts), index
