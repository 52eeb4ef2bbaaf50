"""The first day and week of a newcomer: the generated onboarding page, typed word by word, and plain `nox` after it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import urllib.request
from pathlib import Path

import pytest
from readykit import scaffold
from tutorial import Reader, steps
from waiting import until

pytestmark = pytest.mark.slow
READY = "http://127.0.0.1:3000/readyz"


def ready() -> bool:
    try:
        with urllib.request.urlopen(READY, timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


@pytest.fixture(scope="module")
def project(kit: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of its own, so that it can be lived in beside the one of the demo."""
    target = tmp_path_factory.mktemp("walk") / "flight-delays"
    subprocess.run([*kit, "new", str(target), "--defaults", "--quiet"], check=True)
    return target


def test_a_new_project_has_done_what_its_first_run_would_wait_for(project: Path) -> None:
    assert (project / "mlflow.db").is_file()
    for library in ("mlflow", "sklearn", "bentoml", "evidently"):
        assert any((project / ".venv").glob(f"**/{library}/__pycache__/__init__.*.pyc")), library


def test_the_walk_is_as_the_page_says(project: Path, kit: list[str]) -> None:
    typist = Reader(project, {**scaffold.environment(project), "PATH": os.pathsep.join(
        [str(Path(kit[0]).parent), os.environ["PATH"]])})  # fmt: skip
    service: subprocess.Popen[bytes] | None = None
    typed = []
    try:
        for step in steps(project / "docs" / "onboarding.md"):
            typed.append(step.command)
            if step.command != "uv run nox -s serve":
                typist.type(step)
                continue
            words = step.command.split()
            service = subprocess.Popen(
                words, cwd=project, env=typist.env, start_new_session=True,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip
            assert until(ready, 120, "the service is not ready")
    finally:
        if service:
            os.killpg(service.pid, signal.SIGINT)  # Ctrl-C in its terminal
            service.wait(60)
    assert len(typed) >= 12
    told = (project / "README.md").read_text(encoding="utf-8")
    assert all(command.partition(" -- ")[0] in told for command in typed[:3]), "the README begins with the same three"


def test_plain_nox_is_green_after_it(project: Path) -> None:
    """Lint, types, the generated project's own tests, and readiness with its floor."""
    words, env = scaffold.tool(project, "nox"), scaffold.environment(project)
    done = subprocess.run(words, cwd=project, env=env, capture_output=True, text=True, timeout=1500)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-3000:]
    for session in ("lint", "types", "tests", "readiness"):
        assert f"* {session}: success" in done.stderr
    assert not re.search(r"\d+ skipped", done.stdout), "nothing is skipped"
