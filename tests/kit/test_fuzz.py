"""Arbitrary input to every extractor ends in facts or in a sentence, quickly; never in another exception."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from readykit.facts import Unparsable
from readykit.facts.dispatch import extract
from readykit.model import Fact

PATHS = (
    "a.py",
    "n.ipynb",
    "c.yaml",
    ".github/workflows/ci.yml",
    "pyproject.toml",
    "package.json",
    "Dockerfile",
    "Makefile",
    "x.sh",
    "requirements.txt",
    "Pipfile.lock",
    "poetry.lock",
    "environment.yml",
    "setup.py",
    "setup.cfg",
    "pom.xml",
    "README.md",
    "tox.ini",
    "Jenkinsfile",
    "main.tf",
    "a.R",
    "b.scala",
    "t.py.jinja",
    "{{ x }}/dvc.yaml.tmpl",
    "dvc.lock",
    "DESCRIPTION",
    "build.sbt",
    "Procfile",
    "justfile",
    ".dvc/config",
    ".gitattributes",
    "conda-lock.yml",
    "renv.lock",
)
FRAGMENTS = st.lists(
    st.sampled_from(
        [
            "\n",
            "    ",
            "\t",
            "if x:",
            "def f(",
            ")",
            "[",
            "]",
            "{",
            "}",
            "{{",
            "}}",
            "{%",
            "%}",
            "'",
            '"',
            '"""',
            "\\",
            "#",
            "import os",
            "from . import x",
            "a = 1",
            "- ",
            "key: ",
            "&a ",
            "*a",
            "<<EOF",
            "&&",
            "||",
            "|",
            ";",
            "FROM x",
            "RUN y",
            "test:",
            "```",
            "# H",
            "name = ",
            "[tool.x]",
            "==1.0",
            "\0",
            "\ufeff",
            "é",
            "😀",
            "$(",
            "async ",
            "lambda ",
            "cells",
            '"source": ["a"]',
            "%run x",
            "!ls",
            "with a as b:",
            "@d",
            "class C:",
            "return x",
            "jobs:",
            "steps:",
            "run: ",
        ]
    ),
    max_size=60,
).map("".join)


@pytest.mark.parametrize("path", PATHS)
@settings(max_examples=60, deadline=2000, suppress_health_check=[HealthCheck.too_slow])
@given(text=st.one_of(FRAGMENTS, st.text(max_size=200)))
def test_any_text_is_read_or_refused(path: str, text: str) -> None:
    """Facts have true lines."""
    found: list[Fact] = []
    with contextlib.suppress(Unparsable):
        found = extract(text, path)
    last = text.count("\n") + text.count("\r") + len(text.splitlines()) + 2
    for fact in found:
        assert isinstance(fact, Fact)
        assert 1 <= fact.at.line <= last
        assert fact.at.path == path
