"""Which extractors read which file. They are imported on first use: a small tree needs few of them."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable
from functools import cache, partial
from types import ModuleType

from readykit.compiling import remembered
from readykit.facts import Unparsable
from readykit.facts.templates import is_template, neutral, rendered_path
from readykit.limits import MAX_FILE_BYTES, MAX_LOCK_BYTES, MAX_NOTEBOOK_BYTES
from readykit.model import Fact

Extractor = Callable[[str, str], list[Fact]]

BY_SUFFIX = {
    "py": "python", "pyi": "python", "pyw": "python", "ipynb": "notebook", "yaml": "yaml", "yml": "yaml",
    "toml": "toml", "json": "json_", "md": "markdown", "rst": "markdown", "markdown": "markdown", "sh": "shell",
    "bash": "shell", "mk": "shell", "dockerfile": "docker", "r": "r", "scala": "source", "java": "source",
    "js": "source", "ts": "source", "tsx": "source", "jsx": "source", "go": "source", "kt": "source",
    "rmd": "r", "qmd": "r", "dvc": "yaml", "bats": "shell", "ksh": "shell", "zsh": "shell",
    "tf": "hcl", "cs": "source", "rs": "source", "swift": "source", "jl": "source", "cpp": "source", "cc": "source",
    "cu": "source", "mjs": "source", "sql": "source",
    "sbatch": "shell", "slurm": "shell", "pbs": "shell",
}  # fmt: skip
BY_NAME = (
    (re.compile(r"(dockerfile|containerfile)([._-].*)?|.*[._-](dockerfile|containerfile)", re.IGNORECASE), "docker"),
    (re.compile(r"(gnu)?makefile(\..*)?|justfile|\.justfile|procfile(\..*)?", re.IGNORECASE), "shell"),
    (re.compile(r"\.gitattributes"), "gitstyle"),
    (re.compile(r"mlproject|\.?sops\.ya?ml", re.IGNORECASE), "yaml"),
    (re.compile(r"jenkinsfile.*", re.IGNORECASE), "jenkins"),
    (re.compile(r"(readme|contributing|install|model_card|runbook)(\.txt)?", re.IGNORECASE), "markdown"),
    (re.compile(r"(tox|setup)\.(ini|cfg)|\.?noxfile\.py", re.IGNORECASE), "ini"),
)
BARE = re.compile(r"([=:,\[]\s*)(kit_\w*)(?=\s*(?:[,\]}\n]|$))")
WAIVER = re.compile(r"kit[:-]\s*ignore\[")
LOCKS = re.compile(r".*(\.lock|lock\.ya?ml|lock\.json|lock\.toml)$", re.IGNORECASE)


@cache
def kinds_of(path: str) -> tuple[str, ...]:
    """Names of the extractors for a file, none for a file that is not read."""
    plain = rendered_path(path) if is_template(path) else path
    name = plain.rpartition("/")[2]
    found: list[str] = ["dependencies"] if module("dependencies").reader_of(plain) else []
    if LOCKS.match(name) and name != "dvc.lock":
        return tuple(found)
    if plain.endswith(".dvc/config"):
        return ("gitstyle",)
    for pattern, kind in BY_NAME:
        if pattern.fullmatch(name):
            return (*found, kind) if kind != "ini" or not name.endswith(".py") else (*found, "python")
    kind = BY_SUFFIX.get(name.rpartition(".")[2].lower() if "." in name else "", "")
    if name == "dvc.lock":
        kind = "yaml"
    return (*found, kind) if kind else tuple(found)


def cap_of(path: str) -> int:
    """How many bytes of a file are read."""
    name = path.rpartition("/")[2].lower()
    if name.endswith(".ipynb"):
        return MAX_NOTEBOOK_BYTES
    return MAX_LOCK_BYTES if LOCKS.match(name) else MAX_FILE_BYTES


def extractor(kind: str) -> Extractor:
    """The `extract` function of an extractor's module."""
    found: Extractor = module(kind).extract
    return found


@cache
def module(kind: str) -> ModuleType:
    """An extractor's module, imported when the first file needs it."""
    with remembered():
        return importlib.import_module(f"readykit.facts.{kind}")


def extract(text: str, path: str) -> list[Fact]:
    """All facts of a file by every extractor that reads it, templates with their markup taken out.

    Raises:
        Unparsable: one of them could not read it.
    """
    template = is_template(path)
    found: list[Fact] = []
    for kind in kinds_of(path):
        found += one(extractor(kind), text, path, template)
    if "ignore[" in text and WAIVER.search(text):
        found += extractor("waivers")(text, path)
    return found


def skim(text: str, path: str) -> list[Fact]:
    """Facts of a Python file by its lines, for trees with more of them than can be parsed.

    Methods and their plainest decorators are left out, but for tests: there are tens of thousands, and nobody asks.
    """
    template = is_template(path)
    found: list[Fact] = []
    for kind in kinds_of(path):
        found += one(partial(module("pyskim").skim, every=False) if kind == "python" else extractor(kind), text, path,
                     template)  # fmt: skip
    return found


def one(read: Extractor, text: str, path: str, template: bool) -> list[Fact]:
    """Facts by one extractor; markup is taken out of templates, and of other files when they cannot be read."""
    if template:
        plain = rendered_path(path)
        facts = read(quoted(neutral(text), plain), plain)
        return facts if plain == path else [relocated(fact, path) for fact in facts]
    try:
        return read(text, path)
    except Unparsable:
        if "{{" not in text and "{%" not in text:
            raise
        return read(neutral(text), path)


def quoted(text: str, path: str) -> str:
    """In TOML and JSON a word that stands for a value is a string."""
    if not path.endswith((".toml", ".json")):
        return text
    return BARE.sub(r'\1"\2"', text)


def relocated(fact: Fact, path: str) -> Fact:
    """The fact at the template's own path."""
    at = type(fact.at)(path, fact.at.line, fact.at.end_line)
    return Fact(fact.kind, fact.name, at, fact.value, fact.scope, fact.detail)
