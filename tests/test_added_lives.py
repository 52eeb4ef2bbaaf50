"""What `kit add` writes runs: the files of all additions, in the environment of a generated project."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest
from plain import plain
from readykit import scaffold

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Lived

pytestmark = pytest.mark.slow
ADDED = ("validation", "pipeline", "tests", "registry", "monitoring")


@pytest.fixture(scope="module")
def repository(kit: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = plain(tmp_path_factory.mktemp("added") / "churn")
    for name in ADDED:
        done = subprocess.run([*kit, "add", name, str(folder), "-yq", "--force"], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    return folder


def test_what_was_added_works(repository: Path, lived: Lived, kit: list[str]) -> None:
    env = {**scaffold.environment(lived.project), "PYTHONPATH": "src", "MLFLOW_DISABLE_TELEMETRY": "true"}

    def run(*words: str) -> str:
        python = scaffold.tool(lived.project, "python", "-W", "ignore", "-m")
        done = subprocess.run([*python, *words], cwd=repository, env=env, capture_output=True, text=True)
        assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        return done.stdout

    life = "churn.lifecycle"
    assert "keep the contract" in run(f"{life}.validation")
    assert "model" in run(f"{life}.baseline")
    assert "is in use" in run(f"{life}.promotion")
    run(f"{life}.train")
    assert "f1" in run(f"{life}.evaluate")
    assert "version 1 is registered" in run(f"{life}.registry", "register")
    rows = (repository / "data/customers.csv").read_text().splitlines()[:60]
    numbered = [("id," if n == 0 else f"{n},") + row.rpartition(",")[0] for n, row in enumerate(rows)]
    labels = [("id," if n == 0 else f"{n},") + row.rpartition(",")[2] for n, row in enumerate(rows)]
    (repository / "batch.csv").write_text("\n".join(numbered) + "\n")
    (repository / "labels.csv").write_text("\n".join(labels) + "\n")
    assert "59 rows scored" in run(f"{life}.predictions", "batch.csv")
    assert "reports/drift.html" in run(f"{life}.drift", "batch.csv")
    assert "f1" in run(f"{life}.live_quality", "labels.csv")
    assert "passed" in run("pytest", "-q", "-p", "no:cacheprovider", "tests")
    assert subprocess.run(["ruff", "check", "--isolated", "src/churn/lifecycle", "tests"], cwd=repository,
                          env={**os.environ, "PATH": env["PATH"]}).returncode == 0  # fmt: skip
