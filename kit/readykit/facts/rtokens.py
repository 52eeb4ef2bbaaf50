"""The tokens of R source with their brackets matched, and the chunks of R that documents hold."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

TOKEN = re.compile(
    r"""(?P<comment>\#[^\n]*)
    |(?P<raw>[rR](?P<quote>["'])(?P<dashes>-*)[(\[{].*?(?:[)\]}](?P=dashes)(?P=quote)|\Z))
    |(?P<str>"(?:[^"\\]|\\.)*+(?:"|\Z)|'(?:[^'\\]|\\.)*+(?:'|\Z))
    |(?P<id>(?:[A-Za-z.][\w.]*|`[^`\n]*`)(?::::?(?:[A-Za-z.][\w.]*|`[^`\n]*`))?)
    |(?P<num>\d[\w.]*(?:(?<=[eE])[+-]\d+)?)
    |(?P<op><<-|<-|->>|->|%[^%\n]*%|\|>|&&|\|\||[<>=!]=|[-+*/^<>=!&|~?:$@\\])
    |(?P<open>[(\[{])|(?P<close>[)\]}])|(?P<nl>\n)|(?P<sep>[,;])""",
    re.VERBOSE | re.DOTALL,
)
PAIRS = {")": "(", "]": "[", "}": "{"}
CHUNK = re.compile(r"^\s*```+\s*\{\s*(\w+)([^}]*)\}\s*$")
NOT_RUN = re.compile(r"\beval\s*[=:]\s*(F|FALSE|false)\b")
FRONT = re.compile(r"---\s*$")


@dataclass(slots=True)
class Token:
    """One token: its kind, its text, where it stands; for a bracket the index of its partner."""

    kind: str
    text: str
    start: int
    end: int
    line: int
    partner: int = -1
    inside: int = -1
    """The index of the bracket that it stands in, -1 at top level."""


@dataclass(slots=True)
class Tokens:
    """The tokens of a text, and its comments by line."""

    all: list[Token] = field(default_factory=list)
    comments: dict[int, str] = field(default_factory=dict)


def tokens(text: str) -> Tokens:
    """Read a text; what is no token of R is passed over, and so are brackets without a partner."""
    found = Tokens()
    line, before = 1, 0
    stack: list[int] = []
    for match in TOKEN.finditer(text):
        line += text.count("\n", before, match.start())
        before = match.start()
        kind = match.lastgroup or ""
        if kind in ("quote", "dashes"):
            kind = "raw"
        if kind == "comment":
            found.comments[line] = match[0]
            continue
        index = len(found.all)
        token = Token("str" if kind == "raw" else kind, match[0], match.start(), match.end(), line)
        if kind == "close":
            while stack and found.all[stack[-1]].text != PAIRS[token.text]:
                stack.pop()
            if stack:
                token.partner = stack.pop()
                found.all[token.partner].partner = index
        token.inside = stack[-1] if stack else -1
        if kind == "open":
            stack.append(index)
        found.all.append(token)
    return found


def content(token: Token) -> str:
    """The text of a string without its quotes."""
    plain = re.sub(r"^[rR]([\"'])-*[(\[{]|[)\]}]-*[\"']$", "", token.text) if token.text[:1] in "rR" else token.text
    return plain.strip("\"'") if plain == token.text else plain


def chunks(text: str, *languages: str) -> tuple[str, str]:
    """The chunks of some languages and the prose of a document, each with every other line left empty."""
    code: list[str] = []
    prose: list[str] = []
    language, runs, front = "", True, False
    for number, line in enumerate(text.split("\n")):
        start = CHUNK.match(line)
        kept = written = ""
        if FRONT.match(line) and (number == 0 or front):
            front = number == 0
        elif language:
            if line.strip().startswith("```"):
                language = ""
            else:
                runs = runs and not (line.lstrip().startswith("#|") and NOT_RUN.search(line))
                kept = line if runs and language in languages else ""
        elif start:
            language, runs = start[1].lower(), not NOT_RUN.search(start[2])
        elif not front:
            written = line
        code.append(kept)
        prose.append(written)
    return "\n".join(code), "\n".join(prose)
