"""Shapes that are nearly always a mistake, and their neighbours that are none."""

from __future__ import annotations

import json

import pytest
from readykit.facts import notebook, python

HEAD = "import numpy as np\nimport pandas as pd\ndf = pd.read_csv('a.csv')\n"
NETWORK = "import torch\nclass Scorer:\n    def __init__(self):\n        self.model.load_state_dict(torch.load('x'))\n"
ASKED = NETWORK + "    def predict(self, x):\n        {}return self.model(x).cpu(){}\n"


def smells(text: str) -> list[tuple[str, int]]:
    return [(f.name, f.at.line) for f in python.extract(text, "a.py") if f.kind == "smell"]


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("frame grown in a loop", "for p in paths: df = pd.concat([df, pd.read_csv(p)])"),
        ("frame grown in a loop", "for p in paths: df = df.append(pd.read_csv(p))"),
        ("assignment to a copy", "df[df.age > 3]['name'] = 'x'"),
        ("assignment to a copy", "df.loc[3]['name'] = 'x'"),
        ("assignment to a copy", "df['name'][df.age > 3] = 'x'"),
        ("comparison with NaN", "rows = df[df.age == np.nan]"),
        ("comparison with NaN", "if x != float('nan'): pass"),
        ("fit on test data", "scaler.fit(X_test)"),
        ("fit on test data", "X = StandardScaler().fit_transform(test_df[columns])"),
    ],
)
def test_a_shape_is_seen_at_its_line(name: str, line: str) -> None:
    assert smells(HEAD + line) == [(name, 4)]


@pytest.mark.parametrize(
    "line",
    [
        "for p in paths: frame = pd.read_csv(p); frame = pd.concat([frame, more])",
        "for c in columns: df = pd.concat([df, dummies(c)], axis=1)",
        "for p in paths: rows = rows.append(p)",
        "df = pd.concat([df, other])",
        "settings['a']['b'] = 1",
        "arrays['x'][mask] = 0",
        "df.loc[df.age > 3, 'name'] = 'x'",
        "x = np.nan",
        "if x is np.nan: pass",
        "model.fit(X_train, y_train)",
        "model.fit(train_test_data)",
        "points = TSNE().fit_transform(X_test)",
        "detector.fit(X_test)",
    ],
)
def test_its_neighbour_is_none(line: str) -> None:
    assert smells(HEAD + line) == []


@pytest.mark.parametrize(
    ("body", "seen"),
    [
        ("try:\n    model.fit(x)\nexcept:\n    print('no')", True),
        ("try:\n    loss.backward()\nexcept Exception:\n    pass", True),
        ("try:\n    model.fit(x)\nexcept:\n    print('no')\n    raise", False),
        ("try:\n    model.fit(x)\nexcept ValueError:\n    pass", False),
        ("try:\n    model.fit(x)\nexcept Exception as error:\n    report(error)", False),
        ("try:\n    import torch\nexcept:\n    torch = None", False),
    ],
)
def test_a_failure_of_training_that_is_passed_over(body: str, seen: bool) -> None:
    assert [name for name, _ in smells(body)] == ["failure of training passed over"] * seen


def test_a_network_asked_with_gradients() -> None:
    assert smells(ASKED.format("", "")) == [("inference with gradients", 6)]
    assert smells(ASKED.format("with torch.no_grad(): ", "")) == []
    assert smells(ASKED.format("", "").replace("class Scorer:", "class Scorer(nn.Module):")) == []


def test_cells_of_a_notebook_know_each_other() -> None:
    sources = ["import pandas as pd\ndf = pd.read_csv('a.csv')", "df['x'][df.y > 1] = 0"]
    cells = [{"cell_type": "code", "source": source.splitlines(keepends=True)} for source in sources]
    text = json.dumps({"cells": cells, "nbformat": 4}, indent=1)
    found = [fact for fact in notebook.extract(text, "a.ipynb") if fact.kind == "smell"]
    assert [(fact.name, fact.detail["cell"]) for fact in found] == [("assignment to a copy", "1")]
    assert "df['x']" in text.splitlines()[found[0].at.line - 1]
