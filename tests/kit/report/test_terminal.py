"""The report at a terminal: what a person reads in ten seconds, and where every point came from."""

from __future__ import annotations

import os
import pty
import re
import subprocess
from typing import TYPE_CHECKING

import pytest
from readykit import text
from readykit.auditor import audit_repo
from readykit.repo import Repo
from readykit.report import render
from readykit.text import Style

if TYPE_CHECKING:
    from pathlib import Path

    from readykit.model import Report

TREE = {
    "README.md": "# Taxi\n\nWe predict the fare of a taxi ride for riders, from trips of 2013.\n",
    "train.py": (
        "import mlflow\nfrom sklearn.svm import SVC\n\nmodel = SVC().fit(X, y)\n"
        "mlflow.log_metric('f1', 1)\nmlflow.log_param('seed', 7)\n"
    ),
    "dvc.yaml": "stages:\n  train:\n    cmd: python train.py\n    deps: [train.py]\n    outs: [model.pkl]\n",
    "requirements.txt": "mlflow==2.9\nscikit-learn==1.5\n",
}
CODES = re.compile(r"\x1b\[[\d;]*m")
LINKS = re.compile(r"\x1b\]8;;(.*?)\x1b\\")


@pytest.fixture(scope="module")
def report() -> Report:
    return audit_repo(Repo.of(TREE, "taxi"))


def test_what_to_do_next_comes_before_the_findings_in_order_of_effect(report: Report) -> None:
    page = render(report, "terminal")
    assert re.search(r"These \d+ bring you to level 1 Reproducible, [\d.]+ of 100:", page)
    told = page[page.index("What to do next") : page.index("Framing (FRM)")]
    first, besides = told.split("These bring the most points besides:")
    for part in (first, besides):
        gains = [float(figure) for figure in re.findall(r"^ +\+([\d.]+)  [A-Z]{3}\d", part, re.MULTILINE)]
        assert gains
        assert gains == sorted(gains, reverse=True)


def test_findings_stand_by_family_with_places_and_passes_are_named_only(report: Report) -> None:
    short, whole = render(report, "terminal"), render(report, "terminal", verbose=True)
    families = re.findall(r"\(([A-Z]{3})\) · ", short)
    assert families[:5] == ["FRM", "DAT", "PIP", "TRK", "EVL"]
    assert "Runs are tracked" not in short
    assert re.search(r"✓ TRK001$|✓ TRK001,", short, re.MULTILINE)
    assert "train.py:5  mlflow.log_metric (run by dvc.yaml:3 -> train.py)" in whole.partition("Runs are tracked")[2]


@pytest.mark.parametrize("wishes", [{}, {"verbose": True}, {"explain": True}])
def test_it_fits_eighty_columns(report: Report, wishes: dict[str, bool]) -> None:
    page = render(report, "terminal", style=Style(True, "file:///tmp/"), **wishes)
    assert max(len(LINKS.sub("", CODES.sub("", line))) for line in page.splitlines()) <= 80
    assert CODES.search(page)
    assert not CODES.search(render(report, "terminal", **wishes))


def test_every_point_of_the_score_is_told(report: Report) -> None:
    page = render(report, "terminal", explain=True)
    parts = [float(figure) for figure in re.findall(r"^ {4}+ *([\d.]+) +[\d.]+ +[\d.]+  [✓◐✗]", page, re.MULTILINE)]
    assert sum(parts) == pytest.approx(report.score.total, abs=0.3)
    assert f"= {report.score.total:.1f} of 100" in page
    for name in ("Reproducible", "Trustworthy", "In production", "Self-healing"):
        assert re.search(rf"[✓✗] \d {name}: ", page)
    assert "not applicable (" in page


def test_places_are_links_only_where_the_terminal_certainly_shows_them(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal:
        def isatty(self) -> bool:
            return True

    for name in ("TERM_PROGRAM", "VTE_VERSION", "WT_SESSION", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    plain = Style.for_stream(Terminal(), "/a b").place("x.py", 3)  # type: ignore[arg-type]
    assert CODES.sub("", plain) == "x.py:3"
    monkeypatch.setenv("VTE_VERSION", "7200")
    linked = Style.for_stream(Terminal(), "/a b").place("\\x1b ü?.py", 3)  # type: ignore[arg-type]
    assert LINKS.findall(linked) == ["file:///a%20b/%1B%20%C3%BC%3F.py", ""]
    assert CODES.sub("", LINKS.sub("", linked)) == "\\x1b ü?.py:3"
    for name, value in (("TERM", "tmux-256color"), ("NO_COLOR", "1")):
        with monkeypatch.context() as patch:
            patch.setenv(name, value)
            assert not LINKS.search(Style.for_stream(Terminal(), "/a b").place("x.py", 3))  # type: ignore[arg-type]
    assert text.Style(False, "file:///").links


def on_a_terminal(command: list[str], **env: str) -> str:
    """What a program prints to a real terminal."""
    ours, theirs = pty.openpty()
    kept = {key: value for key, value in os.environ.items() if key not in {"NO_COLOR", "COLUMNS", "VTE_VERSION"}}
    running = subprocess.Popen(command, stdout=theirs, stderr=subprocess.DEVNULL, env={**kept, **env})
    os.close(theirs)
    said = b""
    while True:
        try:
            said += os.read(ours, 65536) or b""
        except OSError:  # the other side is closed
            break
    os.close(ours)
    assert running.wait(60) == 0
    return said.decode()


def test_a_real_terminal_gets_colour_and_a_pipe_none(kit: list[str], tmp_path: Path) -> None:
    for name, content in TREE.items():
        (tmp_path / name).write_text(content)
    command = [*kit, "audit", str(tmp_path)]
    shown = on_a_terminal(command, TERM="xterm-256color", VTE_VERSION="7200")
    assert CODES.search(shown)
    assert (tmp_path / "train.py").as_uri() in LINKS.findall(shown)
    assert "\x1b" not in on_a_terminal(command, TERM="xterm-256color", VTE_VERSION="7200", NO_COLOR="1")
    piped = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "VTE_VERSION": "7200"})
    assert "\x1b" not in piped.stdout
    told = subprocess.run([*command, "--explain-score"], capture_output=True, text=True)
    assert "How the score came about" in told.stdout
    wrong = subprocess.run([*command, "--explain-score", "--format", "json"], capture_output=True, text=True)
    assert (wrong.returncode, wrong.stdout) == (2, "")
