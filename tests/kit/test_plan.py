"""A tree of ordinary size is read whole; of a very large one the files that show most are, and the report says so."""

from __future__ import annotations

import json

import pytest
from readykit import catalogue, plan
from readykit.auditor import Way, audit_repo
from readykit.plan import planned, within
from readykit.reading import read_all
from readykit.repo import Repo
from readykit.report import json_, render

TRACKS = (
    "import mlflow\nfrom sklearn.linear_model import Ridge\n\nRidge().fit([[0]], [0])\nmlflow.log_metric('rmse', 1.0)\n"
)
PLAIN = "def area_{n}(width, height):\n    return width * height * {n}\n" + "# nothing to see\n" * 30


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> Repo:
    """A tree with more Python than the budget, with one file that tracks its training, far down."""
    monkeypatch.setattr(plan, "BUDGETS", {**plan.BUDGETS, "python": 8_000})
    files = {f"shapes/part_{n:03}.py": PLAIN.replace("{n}", str(n)) for n in range(60)}
    files["src/deep/down/inside/work.py"] = TRACKS
    files["app.py"] = "from src.deep.down.inside import work\n"
    files["README.md"] = "# Rents\n\nA model of rents. Run `python app.py`.\n"
    return Repo.of(files)


def test_a_tree_within_the_budget_is_read_whole() -> None:
    """Nearly every project: nothing is left out, and the report has nothing to say about it."""
    repo = Repo.of({"train.py": TRACKS, "README.md": "# Rents\n"})
    assert planned(repo, catalogue.toolbox(())) == plan.Plan()


def test_the_file_that_shows_something_is_found(large: Repo) -> None:
    """What only one file of many does is seen, wherever that file lies."""
    found = planned(large, catalogue.toolbox(()))
    assert "src/deep/down/inside/work.py" not in found.by_lines
    assert len(found.by_lines) > 40
    (row,) = found.readings
    assert (row.kind, row.files, row.by_lines) == ("Python", 62, len(found.by_lines))
    assert row.whole == row.files - row.by_lines
    assert found == planned(large, catalogue.toolbox(()))


def test_the_verdict_is_that_of_the_whole_tree(large: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    """The score of a tree that is read in part is the score of the tree; the report says how it was read."""
    part = audit_repo(large, today="2026-01-01", way=Way(jobs=1, cached=False))
    monkeypatch.undo()
    whole = audit_repo(
        Repo.of({p: large.text(p) for p in large.files}), today="2026-01-01", way=Way(jobs=1, cached=False)
    )
    assert [(f.check.id, f.verdict.status) for f in part.findings] == [
        (f.check.id, f.verdict.status) for f in whole.findings
    ]
    assert json.loads(json_.render(part))["reading"][0]["whole"] >= 2
    assert json.loads(json_.render(whole))["reading"] == []
    for form in ("terminal", "markdown", "html"):
        assert "by their lines" in render(part, form)
        assert "by their lines" not in render(whole, form)


def test_a_file_too_large_to_parse_is_read_by_its_lines() -> None:
    """A megabyte of data in a module takes 150 times as much as a tree; what it imports is still known."""
    repo = Repo.of({"train.py": TRACKS, "table.py": f"import numpy\nROWS = [{'1, ' * 400_000}]\n"})
    read_all(repo, catalogue.toolbox(()), jobs=1, cached=False)
    assert repo.by_lines == {"table.py"}
    assert [fact.name for fact in repo.facts("table.py") if fact.kind == "import"] == ["numpy"]
    assert any(fact.name == "mlflow.log_metric" for fact in repo.facts("train.py"))
    assert [(row.files, row.whole, row.by_lines) for row in repo.readings] == [(2, 1, 1)]


def test_two_processes_read_what_one_reads(large: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    """Facts and rows do not depend on the number of processes."""
    monkeypatch.setattr("readykit.reading.PARALLEL_BYTES", 100)
    box = catalogue.toolbox(())
    apart = Repo.of({p: large.text(p) for p in large.files} | {"broken.py": "def (:\n\x01", "bad.yml": "a: [\n"})
    alone = Repo.of({p: apart.text(p) for p in apart.files})
    read_all(apart, box, jobs=3, cached=False)
    read_all(alone, box, jobs=1, cached=False)
    assert {p: apart.facts(p) for p in apart.files} == {p: alone.facts(p) for p in alone.files}
    assert apart.unreadable == alone.unreadable != ()


def test_rounds_go_on_until_the_budget_is_used() -> None:
    """One file for every label first, then a second one, the first in order before later ones."""
    order = ["a1", "a2", "a3", "b1", "c1", "none"]
    labels = {name: frozenset([name[0]] if name != "none" else []) for name in order}
    assert within(order, [], labels, lambda _: 1, 3) == {"a1", "b1", "c1"}
    assert within(order, [], labels, lambda _: 1, 4) == {"a1", "a2", "b1", "c1"}
    assert within(order, ["a3"], labels, lambda _: 1, 3) == {"a3", "b1", "c1"}
    assert within(order, [], labels, lambda _: 1, 100) == {"a1", "a2", "a3", "b1", "c1"}
