"""Ctrl-C, or a polite kill, ends an audit at once and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are counted in /proc")

BUSY = "\n\n\n".join(
    f"def step_{n}(frame, rate={n}):\n    total = sum(row['v_{n}'] * rate for row in frame)\n    return [total, {n}]"
    for n in range(400)
)


def children(process: int) -> list[int]:
    """The processes that a process started, and those that they started."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            if fields[0] != "Z":
                parents[int(entry.name)] = int(fields[1])
    found = [process]
    for known in found:
        found += [child for child, parent in parents.items() if parent == known]
    return found[1:]


def wait_for(true: object, seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not true():  # type: ignore[operator]
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_an_audit_that_is_interrupted_leaves_nothing(tmp_path: Path, told: signal.Signals) -> None:
    """The exit code is 130, no process lives on, no report, half a report or temporary file stays."""
    tree, scratch = tmp_path / "tree", tmp_path / "scratch"
    tree.mkdir()
    scratch.mkdir()
    for number in range(150):
        (tree / f"steps_{number}.py").write_text(BUSY)
    report = tmp_path / "report.json"
    environment = {**os.environ, "TMPDIR": str(scratch), "KIT_CACHE_DIR": str(tmp_path / "cache")}
    command = [sys.executable, "-m", "readykit", "audit", str(tree), "-q", "-o", str(report)]
    process = subprocess.Popen(command, env=environment, cwd=tmp_path, stderr=subprocess.PIPE, start_new_session=True)
    wait_for(lambda: children(process.pid))
    workers = children(process.pid)
    process.send_signal(told)
    assert process.wait(timeout=30) == 130
    wait_for(lambda: not any(Path(f"/proc/{worker}").exists() for worker in workers))
    assert process.stderr is not None
    assert b"Traceback" not in process.stderr.read()
    process.stderr.close()
    assert not report.exists()
    assert not list(tmp_path.glob("*.part")) + list(tmp_path.glob(".*")) + list(scratch.iterdir())
