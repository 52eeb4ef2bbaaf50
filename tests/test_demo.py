"""`kit demo`: the story is true, the project it leaves is usable, and nothing of it keeps running."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from readykit import scaffold
from waiting import until

if TYPE_CHECKING:
    from conftest import Lived

LINEAGE_OF_VERSION_1 = """
from flight_delays.config import MODEL_NAME, paths
from flight_delays.tracking import connect

client = connect(paths())
run = client.get_run(client.get_model_version(MODEL_NAME, "1").run_id)
print(run.data.tags["git_commit"], run.data.tags["git_dirty"])
"""

pytestmark = pytest.mark.slow


def processes_in(folder: Path) -> list[str]:
    """Command lines of the processes that work in a folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            where = (process / "cwd").readlink()
            command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if command and where.is_relative_to(folder):
            found.append(command)
    return found


def test_the_story_is_told_within_the_terminal_in_a_dozen_lines(lived: Lived) -> None:
    told = lived.printed.partition("What happened\n")[2].partition("\nGo on")[0]
    topics = re.findall(r"^  ([a-z]+) {2,}\S", told, re.MULTILINE)
    assert topics == ["data", "champion", "service", "drift", "challenger", "decision", "rollback", "audit", "files"]
    assert max(map(len, lived.printed.splitlines())) <= 80
    assert "\x1b" not in lived.printed


def test_the_figures_are_those_of_the_project(lived: Lived) -> None:
    figures, project = lived.figures["figures"], lived.project
    metrics = json.loads((project / "reports/metrics.json").read_text())
    decision = json.loads((project / "reports/retraining/2013-07.json").read_text())
    assert figures["champion"] == metrics["challenger"]["pr_auc"]
    assert figures["champion"] > figures["baseline"] > 0.3, "the model beats a baseline that is no straw man"
    assert figures["drifted"], "July differs from January to April"
    assert figures["decision"] == decision["decision"] == "promoted"
    assert decision["challenger_pr_auc"] > decision["champion_pr_auc"] > decision["baseline_pr_auc"]
    assert figures["rollback_seconds"] < 10
    assert figures["score"] == 100


def test_the_registry_remembers_who_was_champion(lived: Lived) -> None:
    history = lived.run("python", "-m", "flight_delays.registry", "history").stdout
    versions = dict(re.findall(r"^version (\d+) \[([^\]]*)\]", history, re.MULTILINE))
    assert "champion" in versions["1"], "rolled back"
    assert "previous" in versions["2"]
    assert "rolled back" in history


def test_every_prediction_was_logged(lived: Lived) -> None:
    with contextlib.closing(sqlite3.connect(lived.project / "data" / "predictions.db")) as log:
        rows = log.execute("select model_version, score from predictions").fetchall()
    assert {version for version, _ in rows} >= {"1", "2"}
    assert all(0 <= score <= 1 for _, score in rows)


def test_the_drift_report_is_there_for_people_and_for_programs(lived: Lived) -> None:
    folder = lived.project / "reports" / "drift"
    assert b"<html" in (folder / "2013-07.html").read_bytes()[:2000].lower()
    assert json.loads((folder / "2013-07.json").read_text())
    assert json.loads((folder / "2013-07.summary.json").read_text())["drift"] is True


def test_lineage_names_the_commit_and_says_that_it_was_clean(lived: Lived) -> None:
    first = subprocess.run(
        ["git", "rev-list", "--max-parents=0", "HEAD"], cwd=lived.project, check=True, capture_output=True, text=True
    )
    done = lived.run("python", "-c", LINEAGE_OF_VERSION_1)
    assert done.stdout.split() == [first.stdout.strip(), "false"], done.stderr


def test_data_and_models_stay_out_of_git_and_the_pipeline_is_up_to_date(lived: Lived) -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=lived.project, check=True, capture_output=True, text=True).stdout
    assert "dvc.lock" in tracked.splitlines()
    assert not [name for name in tracked.splitlines() if name.endswith((".parquet", ".skops", ".db"))]
    assert "up to date" in lived.run("dvc", "status").stdout


def test_data_goes_to_the_remote_and_comes_back(lived: Lived) -> None:
    month = lived.project / "data" / "raw" / "2013-06.parquet"
    before = month.read_bytes()
    assert lived.run("nox", "-s", "push").returncode == 0
    for lost in ("data/raw", "models/candidate", ".dvc/cache"):
        shutil.rmtree(lived.project / lost)
    assert lived.run("nox", "-s", "pull").returncode == 0
    assert month.read_bytes() == before
    assert "up to date" in lived.run("dvc", "status").stdout


def test_a_remote_that_does_not_answer_ends_in_a_sentence_that_says_what_to_do(lived: Lived) -> None:
    own = lived.project / ".dvc" / "config.local"
    own.write_text("[core]\n    remote = nobody\n['remote \"nobody\"']\n    url = http://127.0.0.1:9/dvc\n")
    try:
        done = lived.run("nox", "-s", "push")
    finally:
        own.unlink()
    assert done.returncode == 1
    assert "Cannot connect to host 127.0.0.1:9" in done.stderr
    assert "Traceback" not in done.stderr
    assert "run `uv run --env-file .env nox -s push`" in done.stderr.splitlines()[-1]


def test_nothing_keeps_running(lived: Lived) -> None:
    assert until(lambda: not processes_in(lived.project))


def test_every_session_of_the_contract_is_there(lived: Lived) -> None:
    listed = lived.run("nox", "--list").stdout
    sessions = set(re.findall(r"^[*-] (\w+) -> \S", listed, re.MULTILINE))
    promised = "setup pipeline serve predict monitor retrain schedule promote rollback tests lint types readiness ui"
    assert set(promised.split()) <= sessions


def test_a_scheduled_retraining_happens(lived: Lived) -> None:
    """A real server, a real schedule: the next month is decided without a person."""
    decision = lived.project / "reports" / "retraining" / "2013-08.json"
    command = scaffold.tool(lived.project, "python", "-m", "flight_delays.flow", "schedule", "--cron", "* * * * *")
    scheduler = subprocess.Popen(
        command, cwd=lived.project, env=scaffold.environment(lived.project), start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        assert until(
            lambda: decision.exists() or scheduler.poll() is not None, 300, "no scheduled run decided the month"
        )
        assert scheduler.poll() is None, scheduler.communicate()
        os.killpg(scheduler.pid, signal.SIGINT)  # Ctrl-C reaches everything that runs in the terminal
        printed, _ = scheduler.communicate(timeout=60)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(scheduler.pid, signal.SIGKILL)
    assert scheduler.returncode == 0
    assert "retraining is scheduled" in printed
    assert printed.splitlines()[-1].startswith("stopped;")
    assert not re.search("Traceback|Warning|Crash", printed), "what Prefect says of its own end stays out"
    assert json.loads(decision.read_text())["decision"] in {"kept", "promoted", "not_needed"}
    assert until(lambda: not processes_in(lived.project), why="the server did not go with it")


def test_ctrl_c_ends_the_demo_and_everything_it_started(kit: list[str], tmp_path: Path) -> None:
    demo = subprocess.Popen(
        [*kit, "demo", "stopped"], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert until(lambda: any("dvc repro" in command for command in processes_in(tmp_path / "stopped")), 120)
    demo.send_signal(signal.SIGINT)
    _, said = demo.communicate(timeout=30)
    assert demo.returncode == 130
    assert "interrupted" in said
    assert until(lambda: not processes_in(tmp_path))
    assert (tmp_path / "stopped" / "dvc.yaml").exists(), "what was done is kept"
