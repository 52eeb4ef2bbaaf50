"""The Python API: the page about it is run, line by line, and what it says is printed is printed."""

from __future__ import annotations

import contextlib
import io
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import readykit

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "python-api.md"
BLOCK = re.compile(r"```python\n(.*?)```(?:\n\n```text\n(.*?)```)?", re.DOTALL)
TRAIN = """\
import mlflow
from sklearn.linear_model import LogisticRegression

model = LogisticRegression().fit([[0.0], [1.0]], [0, 1])
mlflow.log_metric("accuracy", 1.0)
mlflow.log_param("seed", 7)
"""


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "small").mkdir()
    (tmp_path / "small" / "train.py").write_text(TRAIN)
    (tmp_path / "small" / "requirements.txt").write_text("mlflow\nscikit-learn\n")
    (tmp_path / "small" / "README.md").write_text("# Small\n\nRun `python train.py`.\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "small"


def test_the_page_says_what_happens(small: Path) -> None:
    names: dict[str, Any] = {}
    blocks = BLOCK.findall(PAGE.read_text(encoding="utf-8"))
    assert len(blocks) == 4
    for code, expected in blocks:
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            exec(code, names)
        assert printed.getvalue() == expected
    assert {path.name for path in small.parent.iterdir()} == {"small", "report.json", "badge.svg"}


def test_the_command_line_and_python_say_the_same(small: Path) -> None:
    words = [sys.executable, "-m", "readykit", "audit", "small", "--format", "json", "--reproducible"]
    printed = subprocess.run(words, check=True, capture_output=True, text=True).stdout
    report = readykit.audit("small")
    assert json.loads(printed) == report.to_dict()
    assert printed == report.render("json")


def test_wrong_words_are_one_sentence(small: Path) -> None:
    report = readykit.audit(small, select=["trk001"])
    assert [finding.check.id for finding in report.findings] == ["TRK001"]
    for wrong in (
        lambda: report.render("pdf"),
        lambda: report.write("report.pdf"),
        lambda: readykit.audit(small, profile="x"),
    ):
        with pytest.raises(readykit.UsageError):
            wrong()
    with pytest.raises(AttributeError):
        _ = readykit.nothing


def test_users_see_types(tmp_path: Path) -> None:
    (tmp_path / "uses.py").write_text(
        "import readykit\n\nreport = readykit.audit('.')\nreveal_type(report)\nreveal_type(report.to_dict())\n"
        "reveal_type(report.below())\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "c"), "uses.py"], cwd=tmp_path,
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert "readykit.api.Report" in done.stdout
    assert 'type is "Any"' not in done.stdout
