"""The lines of a notebook's source are found in its file, however it is written, and quickly."""

from __future__ import annotations

import json

import pytest
from readykit.facts import notebook
from readykit.facts.ipyrows import Rows


def written(sources: list[str | list[str]], **how: object) -> str:
    cells: list[dict[str, object]] = [
        {"cell_type": "code", "metadata": {}, "outputs": [], "source": source} for source in sources
    ]
    return json.dumps({"cells": cells, "nbformat": 4, "metadata": {}}, **how)  # type: ignore[arg-type]


def calls(text: str) -> list[tuple[str, int]]:
    return [(fact.name, fact.at.line) for fact in notebook.extract(text, "n.ipynb") if fact.kind == "call"]


@pytest.mark.parametrize("ascii_only", [True, False])
@pytest.mark.parametrize("indent", [1, 4, "\t"])
def test_each_call_stands_at_its_line(ascii_only: bool, indent: int | str) -> None:
    sources: list[str | list[str]] = [
        ["a = 'é'\n", "first('ü')\n", "\n", "second()"],
        "third()\nfourth()",
        ["first('ü')"],
    ]
    text = written(sources, indent=indent, ensure_ascii=ascii_only)
    lines = text.split("\n")
    found = calls(text)
    assert [name for name, _ in found] == ["first", "second", "third", "fourth", "first"]
    assert all(name in lines[line - 1] for name, line in found)
    assert found[0][1] < found[4][1]


def test_a_notebook_on_one_line_has_all_its_facts_there() -> None:
    assert calls(written([["a()\n", "b()"], "c()"])) == [("a", 1), ("b", 1), ("c", 1)]


@pytest.mark.parametrize("source", ["a()\rb()\n", "a()\r\nb()\r\n", "\r\ra()\rb()"])
def test_carriage_returns_end_lines_of_code(source: str) -> None:
    assert [name for name, _ in calls(written([[source]], indent=1))] == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ('[\n  "a\\n",\n  "b\\n",\n  "c"\n]\n', 1),
        ('[\n  "a\\n",\n    "b\\n",\n  "c"\n]\n', None),
        ('[\n  "a\\n",\n  "b\\n",\n  "c", 1\n]\n', None),
        ('[\n  "a\\n",\n\n  "b\\n",\n  "c"\n]\n', None),
    ],
    ids=["as written by programs", "indented otherwise", "not alone at the end", "with an empty line"],
)
def test_lines_that_follow_each_other_are_found_together_and_others_one_by_one(text: str, first: int | None) -> None:
    values, rows, single = ["a\n", "b\n", "c"], Rows(text), Rows(text)
    places = [single.alone(value) for value in values]
    assert rows.block(values) == first
    if first is None:
        assert [rows.alone(value) for value in values] == places
    else:
        assert places == list(range(first, first + 3))
        assert (rows.row, rows.start) == (single.row, single.start)


def test_what_is_not_in_the_file_is_not_looked_for_without_end() -> None:
    rows = Rows("\n".join('"x"' for _ in range(200_000)))
    assert {rows.alone(f"y{number}") for number in range(20_000)} == {None}
    assert rows.left <= 0
    assert rows.holding("x") is None
