"""Template markup taken out, so that `{{ name }}.py.jinja` can be read as the Python that it will become."""

from __future__ import annotations

import re

SUFFIXES = (".jinja", ".jinja2", ".j2", ".tmpl", ".tpl", ".template", ".mustache", ".in.tmpl")
# the beginning of a statement or comment, or the whole of one that Go's templates have
STATEMENT = re.compile(
    r"\{[%#]"
    r"|(?<!\$)\{\{-?\s*(?:(?:if|else|end|range|with|define|block|skip|fail)\b|[/#^!])[^{}]*\}\}"
)
# Go templates write `{{"{{x}}"}}` for a literal `{{x}}`
QUOTED = re.compile(r"(?<!\$)\{\{-?\s*(?:`([^`]*)`|\"((?:[^\"\\\n]|\\.)*)\")\s*-?\}\}")
ALONE = re.compile(r"^[ \t]*\{\{[^{}\n]*\}\}[ \t]*$", re.MULTILINE)
EXPRESSION = re.compile(r"(?<!\$)\{\{(.*?)\}\}", re.DOTALL)


def is_template(path: str) -> bool:
    """Whether a path says that the file is rendered before use."""
    return path.lower().endswith(SUFFIXES) or "{{" in path or "{%" in path


def rendered_path(path: str) -> str:
    """The path that the file will have, markup in it replaced by words."""
    low = path.lower()
    for suffix in SUFFIXES:
        if low.endswith(suffix):
            path = path[: -len(suffix)]
            break
    return neutral(path)


def neutral(text: str) -> str:
    """Text with statements blanked and expressions replaced by a word, on unchanged lines.

    Quoted markup (Go's `{{"{{x}}"}}` and `` {{`${{ x }}`}} ``) is what the rendered file will hold. An expression
    alone on its line stands for a block that is included, which no language here can be without.
    """
    text = QUOTED.sub(lambda match: match[1] or match[2] or "", text)
    text = ALONE.sub("", without_statements(text))
    end = text.rfind("}}") + 2  # behind it every `{{` would be followed to the end of the text
    return EXPRESSION.sub(word, text[:end]) + text[end:] if end > 1 else text


def without_statements(text: str) -> str:
    """Text with statements and comments replaced by the line breaks that they had."""
    kept: list[str] = []
    ends = {sign: text.rfind(sign) for sign in ("%}", "#}")}
    begun = at = 0
    while match := STATEMENT.search(text, at):
        at = match.end()
        if match[0] in ("{%", "{#"):
            sign = match[0][1] + "}"
            if ends[sign] < at:
                continue
            at = text.find(sign, at) + 2
        kept += [text[begun : match.start()], "\n" * text.count("\n", match.start(), at)]
        begun = at
    return "".join(kept) + text[begun:]


def word(match: re.Match[str]) -> str:
    """An identifier for an expression, with the line breaks that it had."""
    name = re.sub(r"\W+", "_", match[1]).strip("_")[:40]
    return f"kit_{name}" + "\n" * match[0].count("\n")
