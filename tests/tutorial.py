"""The commands of a page, run as a reader would type them, and held against what the page shows.

In a block of `console`, lines that begin with `$ ` are commands; what follows is their output, in which `...` is
anything, and `[exit code 1]` for how they end (0 when nothing is said). A block of `toml` whose first line names a file
is that file.
"""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

BLOCK = re.compile(r"^```console\n(.*?)^```$|^```toml\n(# (\w+\.toml)\n.*?)^```$", re.MULTILINE | re.DOTALL)
DAY = re.compile(r"\d{4}-\d\d-\d\d")
ENDS = re.compile(r"\[exit code (\d+)\]")


@dataclass(frozen=True)
class Step:
    """One command with what the page says of it, or the text of a file that the reader writes."""

    command: str
    output: str = ""
    code: int = 0
    file: str = ""

    def holds(self, printed: str) -> bool:
        """Whether an output is what the page shows."""
        wanted = self.output.strip()
        pattern = ".*".join(re.escape(part) for part in wanted.split("..."))
        return not wanted or re.fullmatch(pattern, printed.strip(), re.DOTALL) is not None


def steps(page: Path) -> Iterator[Step]:
    """The commands of a page, and the files that it shows, in order."""
    for block, text, name in BLOCK.findall(page.read_text(encoding="utf-8")):
        if name:
            yield Step(text, file=name)
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            ends = ENDS.search(output)
            yield Step(command, ENDS.sub("", output), int(ends[1]) if ends else 0)


class Reader:
    """Somebody who types commands, standing in a folder."""

    def __init__(self, folder: Path, env: Mapping[str, str]) -> None:
        self.folder = folder
        self.env = {**env, "COLUMNS": "100"}

    def type(self, step: Step) -> None:
        """Run a command and hold it against the page."""
        if step.file:
            # what ends on a day that has passed would be another file than the page shows
            text = DAY.sub((date.today() + timedelta(days=200)).isoformat(), step.command)
            (self.folder / step.file).write_text(text, encoding="utf-8")
            return
        words = shlex.split(step.command.partition(" # ")[0])
        if words[0] == "cd":
            self.folder = self.folder / words[1]
            return
        done = subprocess.run(words, cwd=self.folder, env=self.env, capture_output=True, text=True, timeout=600)
        printed = done.stdout + done.stderr
        assert done.returncode == step.code, f"$ {step.command}\n{printed}"
        assert step.holds(printed), f"$ {step.command}\n{printed}\n--- but the page shows ---\n{step.output}"
