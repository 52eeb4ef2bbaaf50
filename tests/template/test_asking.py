"""`kit new` on a terminal: few questions, each with a default, then what will be made, then three commands."""

from __future__ import annotations

import os
import re
import select
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(os.name != "posix", reason="a terminal of its own needs POSIX")
ENTER, DOWN, CTRL_C = b"\r", b"\x1b[B", b"\x03"
WHERE_IS_THE_CURSOR, THERE = b"\x1b[6n", b"\x1b[1;1R"


def talk(command: list[str], keys: list[tuple[str, bytes]], folder: Path) -> tuple[int, str]:
    """Run a program in a terminal of its own; press keys once the words before them have appeared."""
    import pty

    process, terminal = pty.fork()
    if process == 0:
        os.chdir(folder)
        os.environ.update(TERM="xterm", COLUMNS="80", LINES="40")
        os.execv(command[0], command)
    seen, end = b"", time.monotonic() + 60
    while time.monotonic() < end:
        if select.select([terminal], [], [], 0.1)[0]:
            try:
                news = os.read(terminal, 4096)
            except OSError:  # the program is gone
                break
            if not news:
                break
            seen += news
            if WHERE_IS_THE_CURSOR in news:
                os.write(terminal, THERE)
        elif keys and keys[0][0].encode() in seen:  # asked, and waiting
            os.write(terminal, keys.pop(0)[1])
    _, status = os.waitpid(process, 0)
    os.close(terminal)
    return os.waitstatus_to_exitcode(status), re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", seen.decode(errors="replace"))


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_four_questions_what_it_makes_and_three_commands(kit: list[str], tmp_path: Path) -> None:
    keys = [("called", ENTER), ("keep data", DOWN + ENTER), ("bucket", ENTER), ("readiness run", ENTER)]
    code, said = talk([sys.executable, *kit, "new", "flight-delays", "--no-sync"], keys, tmp_path)
    assert code == 0, said
    assert keys == [], f"the terminal waited for another answer: {said}"
    assert "data     DVC, kept in s3://flight-delays-data/dvc" in said.partition("first commit  ")[0], (
        "before it is made"
    )
    commands = [line.strip() for line in said.partition("Next:")[2].splitlines() if line.strip()]
    assert commands == ["cd flight-delays", "uv run nox -s pipeline promote", "uv run nox -s serve"]
    assert "s3://flight-delays-data/dvc" in (tmp_path / "flight-delays" / ".dvc" / "config").read_text()


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_ctrl_c_at_a_question_leaves_nothing_behind(kit: list[str], tmp_path: Path) -> None:
    code, said = talk([sys.executable, *kit, "new", "flight-delays"], [("called", CTRL_C)], tmp_path)
    assert code == 130, said
    assert "Traceback" not in said
    assert list(tmp_path.iterdir()) == []
