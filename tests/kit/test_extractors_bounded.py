"""No file keeps an extractor busy: each of these texts is read, or refused, in a time that grows with its length.

Nothing here measures time: a reader that is quadratic in one of them does not come back before the suite gives up.
"""

from __future__ import annotations

from contextlib import suppress

import pytest
from readykit.facts import Unparsable
from readykit.facts.dispatch import extract

SIZE = 40_000
PATHS = (
    "x.yaml", ".github/workflows/ci.yml", ".gitlab-ci.yml", "docker-compose.yml", "x.toml", "pyproject.toml", "x.json",
    "tsconfig.json", "README.md", "Makefile", "justfile", "run.sh", "Dockerfile", "requirements.txt", "setup.cfg",
    "tox.ini", "x.R", "x.Rmd", "Jenkinsfile", "main.tf", "x.scala", "x.go", "x.ts", ".gitattributes",
    "x.yaml.j2", "build.sbt", "pom.xml", "package-lock.json", "DESCRIPTION", "poetry.lock",
)  # fmt: skip
UNITS = (
    "a", "a.", "[", "{", "(", "[[", "{{", "((", "}", "\"", "'", "`", "\\", "\\\"", "#", " ", "- ", "*", "&a ", "? ",
    "{{ a ", "{% ", "a = ", "a <- ", "/*", "<!--", "```", "[a](", ": ", "a::b ", "if (a) ", "import a{", "sh 'a' ",
    "sh \"\"\"", "\n", "a:\\\n", "a\n", "---\n", "&& a ", "<<a\n", "kit: ignore[",
)  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_a_unit_without_end(path: str) -> None:
    for unit in UNITS:
        with suppress(Unparsable):
            extract((unit * SIZE)[:SIZE], path)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("x.R", "if (" * 20_000 + "a" + ")" * 20_000),
        ("x.R", "f(" * 20_000 + ")" * 20_000),
        ("x.toml", "x = {" + "a." * 100_000 + "a = 1}"),
        ("x.toml", "x = [{" + "'a' . " * 100_000 + "a = 1}]"),
        ("x.py", "# kit: ignore[SEC001] why\n" * 20_000),
        ("x.json", '{"' + "k" * 150_000 + '": [' + "1," * 50_000 + "1]}"),
        ("x.json", "{" + ",".join(f'"\\u0061{i}": {i}' for i in range(20_000)) + "}"),
        ("x.yaml", "? " + "k" * 300_000 + "\n: [" + "1," * 20_000 + "]\n"),
        ("x.toml", 'a = """\n[' + " " * 300_000 + '\n"""\n'),
        ("x.toml", "a = [" + "1," * 100_000 + "]"),
        ("Jenkinsfile", "sh" + " " * 300_000 + "x"),
        (".gitlab-ci.yml", "a:\n  script: " + "x;" * 100_000),
        ("ci/.github/workflows/a.yml",
         "jobs:\n a:\n  steps:\n" + "  - run: echo $a\n    env: {a: '${{ matrix.b }}'}\n" * 5_000),
        (".github/workflows/a.yml",
         "jobs:\n a:\n  steps:\n  - &x\n    run: |\n" + "      echo a; echo b\n" * 4_000 + "  - *x\n" * 90),
        ("run.sh", "a && " * 40_000),
        ("run.sh", "if a\n" * 40_000),
        ("run.sh", 'sh -c "' * 20_000 + ";" + '"' * 20_000),
        ("run.sh", "uv run" + " -a" * 100_000),
        ("README.md", "[](b" * 100_000),
    ],
)  # fmt: skip
def test_a_text_made_to_keep_a_reader_busy(path: str, text: str) -> None:
    with suppress(Unparsable):
        extract(text, path)


def test_what_is_too_much_is_refused_with_a_reason() -> None:
    with pytest.raises(Unparsable, match="commands"):
        extract("a\n" * 60_000, "run.sh")
    with pytest.raises(Unparsable, match="values"):
        extract("a = [" + "1," * 70_000 + "]", "x.toml")
    with pytest.raises(Unparsable, match="long keys"):
        extract('{"' + "k" * 150_000 + '": [' + "1," * 50_000 + "1]}", "x.json")


def test_an_alias_says_again_what_its_anchor_says() -> None:
    found = extract("a: &x {b: 1, c: [2]}\nd: *x\ne: 1\n", "x.yaml")
    assert [(f.name, f.value, f.at.line) for f in found] == [
        ("a.b", "1", 1), ("a.c[0]", "2", 1), ("d.b", "1", 1), ("d.c[0]", "2", 1), ("e", "1", 3),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a: *b\n", "undefined alias"),
        ("a: &x 1\nb: &x 2\n", "second occurrence"),
        ("b: &y {c: *y}\n", "deeper"),
    ],
)
def test_an_alias_to_nothing_or_to_itself_is_refused(text: str, why: str) -> None:
    with pytest.raises(Unparsable, match=why):
        extract(text, "x.yaml")


def test_what_is_below_a_key_that_is_a_collection_is_no_value() -> None:
    found = extract("? {a: &k 1}\n: b\nc: *k\n", "x.yaml")
    assert [(f.name, f.value) for f in found] == [("?", "b"), ("c", "1")]
