"""Running programs: what the reader sees, and that nothing stays behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from readykit.errors import StepError
from readykit.steps import Steps
from waiting import until

CHILD_OF_CHILD = """
import subprocess, sys, time
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"])
time.sleep(300)
"""


def processes_of_session(leader: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == leader and fields[0] != "Z":
            found.append(int(stat.parent.name))
    return found


def test_a_step_shows_its_title_seconds_and_notes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Steps(tmp_path / "log") as steps, steps.step("say hello") as notes:
        notes.append(steps.run([sys.executable, "-c", "print('hello')"], cwd=tmp_path).strip())
    line = capsys.readouterr().out
    assert "✓ say hello" in line
    assert "hello" in line
    assert set(steps.seconds) == {"say hello"}


def test_quiet_says_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Steps(tmp_path / "log", quiet=True) as steps, steps.step("work"):
        steps.run([sys.executable, "-c", "pass"], cwd=tmp_path)
    assert capsys.readouterr().out == ""


def test_a_failure_names_the_program_and_shows_the_end_of_its_output(tmp_path: Path) -> None:
    with pytest.raises(StepError, match="exit code 3") as caught, Steps(tmp_path / "log", quiet=True) as steps:
        steps.run([sys.executable, "-c", "print('the reason'); raise SystemExit(3)"], cwd=tmp_path)
    assert "the reason" in str(caught.value)
    assert str(tmp_path / "log") in str(caught.value)


def test_a_missing_program_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(StepError, match="could not be started"), Steps(tmp_path / "log", quiet=True) as steps:
        steps.run(["no-such-program-here"], cwd=tmp_path)


def test_a_program_that_takes_too_long_is_stopped(tmp_path: Path) -> None:
    with pytest.raises(StepError, match="ran out of time"), Steps(tmp_path / "log", quiet=True) as steps:
        steps.run([sys.executable, "-c", "import time; time.sleep(300)"], cwd=tmp_path, timeout=0.2)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads Linux's process table")
def test_leaving_the_block_ends_children_and_their_children(tmp_path: Path) -> None:
    with Steps(tmp_path / "log", quiet=True) as steps:
        child = steps.spawn([sys.executable, "-c", CHILD_OF_CHILD], cwd=tmp_path)
        assert until(lambda: len(processes_of_session(child.pid)) == 2)
    assert until(lambda: not processes_of_session(child.pid))  # a killed process takes a moment to go


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads Linux's process table")
def test_interrupting_ends_children_and_their_children(tmp_path: Path) -> None:
    script = f"""
import sys
from pathlib import Path
from readykit.steps import Steps
with Steps(Path({str(tmp_path / "log")!r}), quiet=True) as steps:
    child = steps.spawn([sys.executable, "-c", {CHILD_OF_CHILD!r}], cwd=Path({str(tmp_path)!r}))
    print(child.pid, flush=True)
    child.wait()
"""
    program = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert program.stdout
    leader = int(program.stdout.readline())
    assert until(lambda: len(processes_of_session(leader)) == 2)
    os.kill(program.pid, signal.SIGINT)
    program.wait(20)
    program.stdout.close()
    assert until(lambda: not processes_of_session(leader))
