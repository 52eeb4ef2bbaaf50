"""The rules of `.gitignore` files, read as git reads them."""

from __future__ import annotations

import pytest
from readykit.ignored import Ignored
from readykit.repo import Repo


@pytest.mark.parametrize(
    ("pattern", "path", "out"),
    [
        ("data/", "data/raw/a.csv", True),
        ("data/", "src/data/a.csv", True),
        ("/data/", "src/data/a.csv", False),
        ("/data", "data/a.csv", True),
        ("*.csv", "deep/down/a.csv", True),
        ("*.csv", "a.csv.py", False),
        ("data/*.csv", "data/raw/a.csv", False),
        ("data/**/a.csv", "data/x/y/a.csv", True),
        ("models/**", "models/a/b.pkl", True),
        ("data", "metadata/a.csv", False),
        ("mod?l.pkl", "model.pkl", True),
    ],
)
def test_patterns(pattern: str, path: str, out: bool) -> None:
    assert (Ignored(Repo.of({".gitignore": f"# kept out\n{pattern}\n", path: "x"})).rule(path) is not None) is out


def test_the_last_rule_wins_and_says_where_it_stands() -> None:
    files = {".gitignore": "*.csv\n!data/small.csv\n", "data/.gitignore": "/raw\n"}
    ignored = Ignored(Repo.of(files))
    assert ignored.rule("data/small.csv") is None
    rule = ignored.rule("data/raw/x.bin")
    assert rule is not None
    assert str(rule.at) == "data/.gitignore:1"
