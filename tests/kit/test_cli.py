"""The command line: words in, the right exit code and one clear sentence out."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

TRAIN = """\
import mlflow
from sklearn.linear_model import LogisticRegression

model = LogisticRegression().fit([[0.0], [1.0]], [0, 1])
mlflow.log_metric("accuracy", 1.0)
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "small"
    folder.mkdir()
    (folder / "train.py").write_text(TRAIN)
    (folder / "requirements.txt").write_text("mlflow\nscikit-learn\n")
    (folder / "README.md").write_text("# Small\n\nRun `python train.py`.\n")
    return folder


def run(kit: list[str], *words: str | Path, cwd: Path | None = None, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*kit, *map(str, words)], cwd=cwd, env={**os.environ, **env}, capture_output=True, text=True)


def test_an_audit_prints_level_score_and_evidence(kit: list[str], project: Path) -> None:
    done = run(kit, "audit", project)
    assert done.returncode == 0, done.stderr
    assert "small: level 0" in done.stdout
    assert "train.py:5" in done.stdout, "the logging call is the evidence for tracking"
    assert "\x1b" not in done.stdout, "no colour when piped"
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_the_json_report_is_the_contracts(kit: list[str], project: Path) -> None:
    done = run(kit, "audit", project, "--format", "json", "--reproducible")
    report = json.loads(done.stdout)
    assert report["schema_version"] == "1"
    assert {
        "tool",
        "standard",
        "repository",
        "profile",
        "score",
        "level",
        "applicable",
        "dimensions",
        "capabilities",
    } <= set(report)
    assert {"checks", "claims", "unreadable", "skipped"} <= set(report)
    assert "run" not in report
    for check in report["checks"]:
        assert check["status"] in {"pass", "partial", "fail", "not_applicable", "unknown", "error"}
        assert check["evidence"] or check["status"] not in {"pass", "partial"}
        if check["status"] == "fail":
            assert check["looked_in"]
            assert check["would_satisfy"]
    tracking = next(c for c in report["checks"] if c["id"] == "TRK001")
    assert {"path": "train.py", "line": 5}.items() <= tracking["evidence"][0].items()


def test_the_same_tree_gives_the_same_bytes(kit: list[str], project: Path) -> None:
    first, second = (run(kit, "audit", ".", "--format", "json", "--reproducible", cwd=project).stdout for _ in range(2))
    assert first == second
    assert str(project.parent) not in first, "no path of this machine"


def test_a_floor_that_is_not_reached_is_exit_1(kit: list[str], project: Path) -> None:
    assert run(kit, "audit", project, "--min-score", "99").returncode == 1
    assert run(kit, "audit", project, "--min-level", "1").returncode == 1
    assert run(kit, "audit", project, "--min-score", "1").returncode == 0


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["audit", "no-such-folder"], 3, "no-such-folder"),
        (["audit", "--output", "report.docx"], 2, ".json"),
        (["audit", "--profile", "none"], 2, "production"),
        (["audit", "--select", "XYZ999"], 2, "XYZ999"),
        (["explain", "XYZ999"], 2, "kit checks"),
        (["new", ".", "--data", "nonsense"], 2, "KEY=VALUE"),
        (["new", ".", "--defaults"], 2, "not empty"),
        (["new", "n" * 300, "--defaults"], 2, "File name too long"),
        (["new", "lost", "--defaults"], 2, "a link that leads nowhere"),
        (["new", "fine", "--data-file", ".copier-answers.yml"], 2, "cannot be read"),
        (["update"], 2, "is no project of `kit new`"),
        (["no-such-command"], 2, "invalid choice"),
    ],
)
def test_wrong_words_get_one_sentence_and_the_right_code(
    kit: list[str], project: Path, words: list[str], code: int, says: str
) -> None:
    (project / "lost").symlink_to("nowhere")
    (project / ".copier-answers.yml").write_text("[" * 3_000)
    done = run(kit, *words, cwd=project)
    assert done.returncode == code
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_a_repository_without_machine_learning_gets_no_score(kit: list[str], tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("from flask import Flask\n\napp = Flask(__name__)\n")
    done = run(kit, "audit", tmp_path)
    assert done.returncode == 0
    assert "no score" in done.stdout
    assert run(kit, "audit", tmp_path, "--require-ml").returncode == 3
    report = json.loads(run(kit, "audit", tmp_path, "--format", "json").stdout)
    assert report["applicable"] is False
    assert report["score"] is None


def test_a_file_that_cannot_be_read_is_a_row_and_exit_4(kit: list[str], project: Path) -> None:
    (project / "broken.ipynb").write_text('{"cells": [')
    done = run(kit, "audit", project, "--format", "json")
    report = json.loads(done.stdout)
    assert done.returncode == 4
    assert [row["path"] for row in report["unreadable"]] == ["broken.ipynb"]
    assert report["score"] is not None, "the rest of the report stands"


def test_hostile_names_act_on_no_terminal(kit: list[str], project: Path) -> None:
    (project / "evil\x1b[31m\u202e.py").write_text("import mlflow\nmlflow.log_metric('a', 1)\n")
    shown = run(kit, "audit", project, "--verbose").stdout
    assert "\x1b" not in shown
    assert "\u202e" not in shown


def test_the_audited_folder_cannot_shadow_a_module(kit: list[str], project: Path) -> None:
    (project / "json.py").write_text("raise SystemExit('executed')\n")
    (project / "ast.py").write_text("raise SystemExit('executed')\n")
    done = run(kit, "audit", ".", cwd=project)
    assert done.returncode == 0, done.stderr
    assert "executed" not in done.stderr


def test_output_files_are_written_beside_the_terminal_report(kit: list[str], project: Path, tmp_path: Path) -> None:
    out = tmp_path / "report.json"
    done = run(kit, "audit", project, "--output", out, "--quiet")
    assert done.stdout == ""
    assert json.loads(out.read_text())["repository"]["name"] == "small"
    refused = run(kit, "audit", project, "--output", tmp_path / "missing" / "report.json")
    assert refused.returncode == 2
    assert "cannot be written" in refused.stderr


def test_every_check_can_be_explained(kit: list[str]) -> None:
    listed = run(kit, "checks").stdout.splitlines()[:-1]
    assert len(listed) >= 15
    for line in listed:
        page = run(kit, "explain", line.split()[0]).stdout
        assert all(f"\n{section}\n" in page for section in ("What", "Why", "Fix", "Source"))
        assert max(map(len, page.splitlines())) <= 100


@pytest.mark.parametrize(
    ("words", "code", "out", "err"),
    [
        ('"$@" audit . --format json >&-', 0, "", ""),
        ('"$@" audit . --quiet 2>&-', 0, "", ""),
        ('"$@" audit nothing-here 2>&-', 3, "", ""),
        ('"$@" audit . <&- >&- 2>&-', 0, "", ""),
        ('"$@" audit . >/dev/full', 2, "", "kit: standard output: cannot be written (No space left on device)\n"),
        ('"$@" --version >/dev/full', 2, "", "kit: standard output: cannot be written (No space left on device)\n"),
        ('"$@" audit nothing-here 2>/dev/full', 3, "", ""),
        ('rm -r "$PWD"; "$@" audit .', 3, "", "kit: .: no such file or directory\n"),
        ('rm -r "$PWD"; "$@" doctor', 2, "", "kit: the folder that this was started in is gone: change to one that is"),
    ],
)
def test_streams_and_folders_that_are_gone(
    kit: list[str], project: Path, words: str, code: int, out: str, err: str
) -> None:
    done = subprocess.run(["sh", "-c", words, "sh", *kit], cwd=project, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (code, out), done.stderr
    assert done.stderr.startswith(err), done.stderr
    assert err or not done.stderr


@pytest.mark.parametrize("floor", ["nan", "inf", "-1", "101", "high"])
def test_a_floor_that_nothing_can_be_below_is_none(kit: list[str], project: Path, floor: str) -> None:
    done = run(kit, "audit", project, f"--min-score={floor}")
    assert done.returncode == 2
    assert done.stderr.startswith("kit: argument --min-score: write a number from 0 to 100")


def test_any_width_is_printed_in(kit: list[str], project: Path) -> None:
    for width in ("9" * 5000, "0", "-5", "wide"):
        assert run(kit, "audit", project, COLUMNS=width).returncode == 0
