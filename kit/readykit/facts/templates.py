"""Template markup taken out, so that `{{ name }}.py.jinja` can be read as the Python that it will become."""

from __future__ import annotations

import re

SUFFIXES = (".jinja", ".jinja2", ".j2", ".tmpl", ".tpl", ".template", ".mustache", ".in.tmpl")
STATEMENT = re.compile(
    r"\{%.*?%\}|\{#.*?#\}"
    r"|(?<!\$)\{\{-?\s*(?:(?:if|else|end|range|with|define|block|skip|fail)\b|[/#^!])[^{}]*\}\}",
    re.DOTALL,
)
# Go templates write `{{"{{x}}"}}` for a literal `{{x}}`
QUOTED = re.compile(r"(?<!\$)\{\{-?\s*(?:`([^`]*)`|\"((?:[^\"\\\n]|\\.)*)\")\s*-?\}\}")
ALONE = re.compile(r"^[ \t]*\{\{[^{}\n]*\}\}[ \t]*$", re.MULTILINE)
EXPRESSION = re.compile(r"(?<!\$)\{\{-?\s*(.*?)\s*-?\}\}", re.DOTALL)


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
    text = STATEMENT.sub(lambda match: "\n" * match[0].count("\n"), text)
    text = ALONE.sub("", text)
    return EXPRESSION.sub(word, text)


def word(match: re.Match[str]) -> str:
    """An identifier for an expression, with the line breaks that it had."""
    name = re.sub(r"\W+", "_", match[1]).strip("_")[:40]
    return f"kit_{name}" + "\n" * match[0].count("\n")
