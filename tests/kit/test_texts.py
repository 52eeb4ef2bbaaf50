"""A pattern asked of all facts at once finds what it finds in one after the other."""

from __future__ import annotations

import re
import sys

import pytest
from readykit import catalogue, texts
from readykit.literals import held, lowered
from readykit.naming import last, short, words
from readykit.project import Project
from readykit.repo import Repo
from readykit.toolbox import Toolbox

SAMPLES = (
    "We predict the churn of customers, which costs $ 3,000 a month.",
    "The RMSE must stay below 0.25 \u2014 \u201cgood enough\u201d for 12 \u20ac per request",
    "\u0130STANBUL \u0131n \u017fave of co\u017ft, \u212aelvin LO\u017fS",
    "train_test_split(X, y, random_state=42)",
    "mlflow.pyfunc.log_model",
    "| baseline | 0.81 |",
    "s3://bucket/data/train.parquet",
    "roll back to the former model; retrain on drift",
    "hashlib.sha256(frame['email'].encode())",
    "kubectl rollout undo deployment/model",
    "def evaluateByGroup",
)


def patterns() -> dict[str, re.Pattern[str]]:
    """Every pattern that a module of ours keeps."""
    catalogue.checks()
    found = {}
    for module, space in sorted(sys.modules.items()):
        if module.startswith("readykit") or "checks" in module:
            for name, value in vars(space).items():
                if isinstance(value, re.Pattern) and isinstance(value.pattern, str):
                    found[f"{module}.{name}"] = value
    return found


@pytest.mark.parametrize(
    ("pattern", "flags", "needs"),
    [
        (r"\b(costs?|profits?)\b", re.IGNORECASE, {"cost", "profit"}),
        (r"(^|\.)(drop|drop_columns|pop)$", 0, {"drop", "pop"}),
        (r"per (month|year)\s+\d+", 0, {"per month", "per year"}),
        (r"anonymi[sz]ed", re.IGNORECASE, {"anonymised", "anonymized"}),
        (r"(?:US)?[$\u20ac]\s?\d", 0, {"$", "\u20ac"}),
        (r"(?<!no )data(?= set)", 0, {"data"}),
        (r"\w+ed\b|\d+", 0, set()),
        (r"(loss)?", 0, set()),
    ],
)
def test_words_that_a_pattern_needs(pattern: str, flags: int, needs: set[str]) -> None:
    assert set(held(re.compile(pattern, flags))) == needs


def test_no_pattern_of_ours_is_found_where_none_of_its_words_stands() -> None:
    every = patterns()
    assert len(every) > 100
    docs = [line for check in catalogue.checks() for line in check.doc.what.split(". ")[:1]][:40]
    for name, pattern in every.items():
        needs = held(pattern)
        for text in (*SAMPLES, *docs, *(sample.upper() for sample in SAMPLES)):
            if needs and pattern.search(text):
                assert any(word in lowered(text) for word in needs), f"{name} is found in {text!r} without {needs}"


def test_lowered_keeps_the_length() -> None:
    assert all(len(lowered(text)) == len(text) for text in SAMPLES)


@pytest.fixture(params=[0, 10**9], ids=["by words", "one by one"])
def project(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setattr(texts, "SHORT", request.param)
    files = {
        "a/one.py": "frame = pd.read_csv('x.csv')\nframe.drop(columns=['name'])\nKEY = 'drop it'\n",
        "b/two.py": "def trainModel(): ...\ndef DropRows(): ...\nframe.dropna(how='all')\napp.run(debug=True)\n",
        "tests/test_one.py": "def test_drop():\n    frame.drop(1)\n",
        "README.md": "# Title\n\nWe drop\nnothing.\n\nDrop \u0130t, or not.\n",
    }
    return Project(Repo.of(files), Toolbox({}))


@pytest.mark.parametrize("pattern", [r"drop$", r"(?i)drop", r"[a-z]+$", r"(?i)\bdrop \w", r"(?i)train model"])
@pytest.mark.parametrize("by", [None, last, words, short])
@pytest.mark.parametrize("role", [("code",), ("test", "docs"), None])
def test_named_is_what_a_search_finds(project: Project, pattern: str, by: object, role: tuple[str, ...] | None) -> None:
    wanted = re.compile(pattern)
    seen = by if callable(by) else str
    kinds = ("call", "def", "prose", "string")
    one_by_one = [fact for fact in project.facts(*kinds, role=role) if wanted.search(seen(fact.name))]
    assert list(project.named(wanted, *kinds, role=role, by=by)) == one_by_one  # type: ignore[arg-type]


def test_valued_and_told(project: Project) -> None:
    assert [fact.name for fact in project.valued(re.compile("read_csv"), "assign")] == ["frame"]
    assert [fact.at.path for fact in project.told("call", "how", "debug")] == ["b/two.py", "b/two.py"]
    named = list(project.told("call", "debug", named=re.compile(r"\.drop$")))
    assert [fact.at.path for fact in named] == ["a/one.py", "b/two.py"]
    assert not list(project.told("call", "nothing"))


def test_files_by_globs(project: Project) -> None:
    assert project.files("*.py", role=("code",)) == ["a/one.py", "b/two.py"]
    assert project.files("a/*", "README*") == ["README.md", "a/one.py"]
    assert project.files("tests/*.py", "*.py") == ["a/one.py", "b/two.py", "tests/test_one.py"]
    assert len(project.files()) == 4
