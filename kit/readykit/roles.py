"""What a file is to a project, by its path: its own code, a test, a document, or somebody else's."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from readykit.facts.dispatch import kinds_of
from readykit.facts.templates import is_template

VENDORED = re.compile(
    r"(^|/)(vendor|vendored|third[_-]?party|external|extern|site-packages|deps|bower_components|packrat)/"
    r"|(^|/)renv/activate\.R$",
    re.IGNORECASE,
)
TESTS = re.compile(
    r"(^|/)(tests?|testing|test[_-]\w+|\w+[_-]tests?|__tests__|spec|integration[_-]tests?)/", re.IGNORECASE
)
TEST_FILE = re.compile(
    r"(^|/)(test_[^/]*|[^/]*_tests?|tests?|conftest|[^/]*(Test|Spec|Suite|Tests))\.(py|scala|java|kt|R|r|js|ts|tsx|go|ipynb)$"
)
DOCS = re.compile(r"(^|/)(docs?|documentation|website|wiki|reports?|slides|man|vignettes)/", re.IGNORECASE)
EXAMPLES = re.compile(r"(^|/)(examples?|samples?|tutorials?|demos?|cookbook|helloworld)/", re.IGNORECASE)
GENERATED = re.compile(
    r"(^|/)(build|dist|gen|generated|_build|htmlcov|site)/|_pb2(_grpc)?\.pyi?$|\.min\.(js|css)$", re.IGNORECASE
)
# what a folder called build holds as YAML or Dockerfile was written by people: it says how to build
WRITTEN = re.compile(r"\.ya?ml$|(^|[/._-])dockerfile[^/]*$", re.IGNORECASE)
DOCUMENT = re.compile(r"\.(md|rst|txt|markdown|adoc)$|(^|/)(readme|news|index)\.[rq]md$", re.IGNORECASE)
CHART_KEY = re.compile(r"^(\w+):", re.MULTILINE)
ASSERTS = re.compile(
    r"^\s*(async\s+)?def\s+test|^\s*class\s+\w*Test|unittest|import pytest|@pytest|\bassert\b", re.MULTILINE
)


def copied_charts(charts: Iterable[str], name: str, text: Callable[[str], str]) -> tuple[str, ...]:
    """Folders of Helm charts that others published and that were copied into the tree.

    Args:
        charts: the paths of files called Chart.yaml.
        name: the repository's own, which a chart of its own would mention.
        text: reads a file.
    """
    own = name.rpartition("+")[2].lower()
    folders = {path.rpartition("/")[0]: path for path in charts}
    said = {folder: text(path)[:LONGEST_CHART] for folder, path in folders.items() if folder}
    return tuple(sorted(f"{at}/" for at, text in said.items() if published(text) and own not in text.lower()))


def published(chart: str) -> bool:
    """Whether a chart was made for others: it says so to a catalogue, or says where it comes from and who keeps it."""
    told = {"home", "sources", "maintainers", "icon"}.intersection(CHART_KEY.findall(chart))
    return "artifacthub.io/" in chart or len(told) > 1  # `helm create` writes none of them


LONGEST_CHART = 20_000
"""Characters of a Chart.yaml that are looked at; the longest of a catalogue hold a few thousand."""


def role_of(path: str, text: Callable[[str], str]) -> str:
    """What a file is: code, test, example, docs, vendored, generated or template.

    Args:
        path: its path in the tree.
        text: reads it, for a name that says too little.
    """
    if VENDORED.search(path):
        return "vendored"
    if is_template(path):
        return (
            "test" if TESTS.search(path) or TEST_FILE.search(re.sub(r"\.(jinja2?|j2|tmpl)$", "", path)) else "template"
        )
    if GENERATED.search(path) and not path.startswith(".github/") and not WRITTEN.search(path):
        return "generated"
    if TESTS.search(path):
        return "test"
    if TEST_FILE.search(path):
        # named like a test; without one test in it, it is a script
        return "test" if not path.endswith((".py", ".ipynb")) or ASSERTS.search(text(path)) else "code"
    if DOCUMENT.search(path) and kinds_of(path) != ("dependencies",):
        return "docs"
    if EXAMPLES.search(path):
        return "example"
    return "docs" if DOCS.search(path) else "code"
