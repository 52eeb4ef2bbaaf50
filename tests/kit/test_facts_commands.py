"""Commands: how shell text is taken apart, and what becomes of exit codes."""

from __future__ import annotations

import pytest
from readykit.facts import docker, shell
from readykit.facts.commands import commands, plain, split
from readykit.model import Location


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a && b; c | d", ["a", "b", "c", "d"]),
        ("pytest -k 'a && b'", ["pytest -k 'a && b'"]),
        ("a \\\n  --b\nc", ["a --b", "c"]),
        ("# no\na # yes", ["a"]),
        ("if pytest; then echo ok; fi", ["pytest", "echo ok"]),
        ("cat <<EOF\npytest\nEOF\nruff check", ["cat <<EOF", "ruff check"]),
        ("(cd src && make)", ["cd src", "make"]),
        ("for f in *; do python $f; done", ["python $f"]),
    ],
)
def test_shell_text_is_split_into_simple_commands(text: str, parts: list[str]) -> None:
    """Quotes, comments, keywords and heredocs are minded."""
    assert [part.text for part in split(text)] == parts


def test_every_command_has_its_line() -> None:
    """Continued lines count from where the command begins."""
    found = commands("a\n\nb \\\n  c\nd", Location("x.sh", 10), "script")
    assert [(f.name, f.at.line) for f in found] == [("a", 10), ("b c", 12), ("d", 14)]


@pytest.mark.parametrize(
    ("text", "folders"),
    [
        ("make\ncd api\nmake test", ["", "api", "api"]),
        ("cd api && make && cd .. && make", ["api", "api", "", ""]),
        ("(cd api && make)\nmake", ["api", "api", ""]),
        ("cd api/src/\ncd ../web\nmake", ["api/src", "api/web", "api/web"]),
        ('cd "$HOME"\ncd .github\nmake', ["", ".github", ".github"]),
    ],
)
def test_a_command_runs_where_the_shell_went(text: str, folders: list[str]) -> None:
    """A folder that is written out counts, for its line when in parentheses."""
    assert [f.detail.get("cwd", "") for f in commands(text, Location("x.sh", 1))] == folders


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("uv run --frozen pytest -q", "pytest -q"),
        ("poetry run python -m pytest", "pytest"),
        ("FOO=1 sudo python3.11 -m unittest", "unittest"),
        ("docker compose run --rm -e A=b api pytest tests", "pytest tests"),
        ("${DOCKER_COMPOSE} run --rm worker uv run pytest", "pytest"),
        ("bash -c 'make test'", "make test"),
        ("coverage run --source=src -m pytest -q", "pytest -q"),
        ("/bin/bash -cx uv run pytest", "pytest"),
        ("@pytest", "pytest"),
        ("python train.py", "python train.py"),
    ],
)
def test_wrappers_are_taken_off(text: str, meant: str) -> None:
    """The plain form is what a check compares."""
    assert plain(text) == meant


@pytest.mark.parametrize(
    ("text", "lost"),
    [
        ("pytest || true", True),
        ("pytest || echo failed", True),
        ("pytest || exit 1", False),
        ("set +e\npytest\necho done", True),
        ("pytest", False),
    ],
)
def test_a_lost_exit_code_is_marked(text: str, lost: bool) -> None:
    """`|| true` and `set +e` swallow a failure."""
    found = commands(text, Location("ci.yml", 1), "github")
    (tests,) = [f for f in found if f.detail["plain"] == "pytest"]
    assert (tests.detail.get("swallowed") == "yes") is lost


def test_a_script_without_errexit_swallows_all_but_the_last() -> None:
    """Unless the next command looks at `$?`."""
    loose = shell.extract("#!/bin/bash\npytest\necho done\n", "test.sh")
    assert loose[0].detail.get("swallowed") == "yes"
    assert shell.extract("#!/bin/bash\nset -euo pipefail\npytest\necho\n", "t.sh")[1].detail.get("swallowed") is None
    assert shell.extract("#!/bin/bash -e\npytest\necho\n", "t.sh")[0].detail.get("swallowed") is None
    assert shell.extract("pytest\ncode=$?\necho\nexit $code", "t.sh")[0].detail.get("swallowed") is None


def test_a_makefile_gives_targets_and_their_commands() -> None:
    """Prerequisites, silent and forgiving lines."""
    text = (
        ".PHONY: test\ntest: lint data/x.csv  # comment\n\t@pytest -q\n\t-ruff check\nX := 1\nlint:\n\truff check .\n"
    )
    found = shell.extract(text, "Makefile")
    targets = {f.name: f.value for f in found if f.kind == "target"}
    assert targets == {"test": "lint data/x.csv", "lint": ""}
    rows = [(f.scope, f.name, f.detail.get("swallowed")) for f in found if f.kind == "command"]
    assert rows == [("test", "pytest -q", None), ("test", "ruff check", "yes"), ("lint", "ruff check .", None)]


def test_a_dockerfile_gives_instructions_and_commands() -> None:
    """Exec and shell form, stages, continued lines."""
    text = 'FROM python:3.11 AS base\nRUN pip install -r r.txt \\\n  && rm r.txt\nCMD ["uvicorn", "app.main:app"]\n'
    found = docker.extract(text, "Dockerfile")
    assert next((f.name, f.value) for f in found if f.kind == "docker") == ("FROM", "python:3.11 AS base")
    rows = [(f.name, f.at.line, f.scope) for f in found if f.kind == "command"]
    assert rows == [("pip install -r r.txt", 2, "base"), ("rm r.txt", 3, "base"), ("uvicorn app.main:app", 4, "base")]
