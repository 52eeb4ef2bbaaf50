"""One file or one check that ends or blocks the process costs one row; the rest of the report stands."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from readykit import panel, repo, worker
from readykit.auditor import Way, audit
from readykit.cli import main
from readykit.model import Report, Status

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks here")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A small project with a file that will be trouble."""
    (tmp_path / "README.md").write_text("# Churn\n\nA model that predicts churn.\n")
    (tmp_path / "train.py").write_text(
        "import mlflow\nfrom sklearn.linear_model import LogisticRegression\n\n"
        "model = LogisticRegression().fit([[0], [1]], [0, 1])\nmlflow.log_metric('auc', 0.7)\n"
    )
    (tmp_path / "trouble.yml").write_text("a: 1\n")
    return tmp_path


def trouble(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Let reading `trouble.yml` do something terrible."""
    real = repo.extract

    def extract(text: str, path: str) -> Any:
        if path == "trouble.yml":
            act()
        return real(text, path)

    monkeypatch.setattr(repo, "extract", extract)


def whole(tree: Path) -> Report:
    return audit(tree, way=Way(cached=False))


def die() -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def spin() -> None:
    while True:
        pass


def block() -> None:
    signal.setitimer(signal.ITIMER_PROF, 0)
    time.sleep(60)


def eat() -> None:
    bytes(8_000_000_000)


@pytest.mark.parametrize(
    ("act", "why"),
    [
        (die, "ended the process that read it (SIGSEGV)"),
        (spin, "takes more than 1 seconds to read"),
        (block, "took more than 1 seconds"),
        (eat, "needs too much memory"),
    ],
    ids=["dies", "spins", "blocks", "eats"],
)
def test_a_file_that_is_trouble_is_a_row(
    tree: Path, monkeypatch: pytest.MonkeyPatch, act: Callable[[], object], why: str
) -> None:
    """The verdicts are those of the tree without that file."""
    monkeypatch.setattr(worker, "STILL_SECONDS", 1.0 if act is block else 20.0)
    monkeypatch.setattr(repo, "FILE_SECONDS", 1.0)
    plain = whole(tree)
    trouble(monkeypatch, act)
    report = whole(tree)
    assert [(row.path, row.why) for row in report.unreadable] == [("trouble.yml", why)]
    assert [f.verdict.status for f in report.findings] == [f.verdict.status for f in plain.findings]
    assert main(["audit", str(tree), "-q", "--no-cache"]) == 4


def test_a_check_that_ends_the_process_is_unknown(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The others are judged, and the report says which one was not, and why."""
    real = panel.at_most

    def deadly(seconds: float) -> Any:
        if asked and asked[-1] == "check:TRK001":
            die()
        return real(seconds)

    asked: list[str] = []
    say = worker._send

    def sent(pipe: int, kind: bytes, data: bytes) -> None:
        asked.append(data.decode(errors="replace") if kind == worker.MARK else "")
        say(pipe, kind, data)

    monkeypatch.setattr(worker, "_send", sent)
    monkeypatch.setattr(panel, "at_most", deadly)
    report = whole(tree)
    states = {f.check.id: f.verdict for f in report.findings}
    assert states["TRK001"].status is Status.UNKNOWN
    assert "SIGSEGV" in states["TRK001"].message
    assert [row.path for row in report.unreadable] == ["(check TRK001)"]
    assert sum(v.status is Status.UNKNOWN for v in states.values()) == 1


def test_a_tree_full_of_files_that_end_the_process_is_reported(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = repo.extract

    def extract(text: str, path: str) -> Any:
        if "trouble" in path:
            die()
        return real(text, path)

    monkeypatch.setattr(repo, "extract", extract)
    for number in range(20):
        (tree / f"trouble{number}.yml").write_text(f"a: {number}\n")
    report = whole(tree)
    assert len([row for row in report.unreadable if "trouble" in row.path]) == 21
    assert any(finding.verdict.status is Status.PASS for finding in report.findings)
