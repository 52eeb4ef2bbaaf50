"""Running other programs step by step: progress for the reader, a log for the trouble, nothing left behind.

Every child gets a session of its own, so that ending it ends what it started; `Steps` used as a context manager
ends all of them however the block is left, Ctrl-C included.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING, Self

from readykit.errors import StepError
from readykit.text import Style, clean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from types import TracebackType

_POSIX = os.name == "posix"
_GRACE = 5.0  # seconds between asking a process to stop and making it
_TAIL = 15  # lines of the log shown when a step fails


class Steps:
    """A run of titled steps. Use it as a context manager: leaving it stops what is still running.

    Args:
        log: the file that gets every child's output; made with its folder when first needed.
        quiet: print nothing but errors.
    """

    def __init__(self, log: Path, *, quiet: bool = False) -> None:
        self.log = log
        self.quiet = quiet
        self.seconds: dict[str, float] = {}
        self._style = Style.for_stream(sys.stdout)
        self._live = sys.stdout.isatty() and not quiet
        self._running: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop_all()

    @contextlib.contextmanager
    def step(self, title: str) -> Iterator[list[str]]:
        """Show `title` while the block runs, then its seconds; what the block appends is shown beside it.

        Raises:
            StepError: a program in the block failed; the message names the step.
        """
        notes: list[str] = []
        start = time.monotonic()
        try:
            with self._ticking(title, start):
                yield notes
        except BaseException:
            self._say(title, self._style("✗", "red"), [], time.monotonic() - start)
            raise
        self.seconds[title] = time.monotonic() - start
        self._say(title, self._style("✓", "green"), notes, self.seconds[title])

    def run(
        self, command: Sequence[str], *, cwd: Path, env: Mapping[str, str] | None = None, timeout: float = 900
    ) -> str:
        """Run a program to its end and return what it printed.

        Args:
            command: the program and its words.
            cwd: where it runs.
            env: its environment; this process's when left out.
            timeout: seconds before it is stopped.

        Returns:
            Standard output and error together.

        Raises:
            StepError: it could not be started, failed, or ran out of time.
        """
        with self._open_log() as log:
            begin = log.seek(0, os.SEEK_END)
            process = self._start(command, cwd, env, log)
            try:
                code = process.wait(timeout)
            except subprocess.TimeoutExpired:
                code = -1
            finally:
                self.stop(process)
        text = self._printed_since(begin)
        if code != 0:
            what = "ran out of time" if code == -1 else f"ended with exit code {code}"
            tail = "\n".join("    " + clean(line, 160) for line in text.splitlines()[-_TAIL:])
            raise StepError(f"{_name(command)} {what}; all of its output is in {self.log}\n{tail}")
        return text

    def spawn(
        self, command: Sequence[str], *, cwd: Path, env: Mapping[str, str] | None = None
    ) -> subprocess.Popen[bytes]:
        """Start a program that runs beside the next steps; leaving the context stops it."""
        with self._open_log() as log:
            return self._start(command, cwd, env, log)

    def stop(self, process: subprocess.Popen[bytes]) -> None:
        """End a program and all that it started: politely, then by force."""
        if process in self._running:
            self._running.remove(process)
        _signal(process, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE)
        _signal(process, signal.SIGKILL if _POSIX else signal.SIGTERM)  # the stragglers of its session
        process.wait()

    def stop_all(self) -> None:
        """End every program that is still running, the last started first."""
        for process in reversed(self._running.copy()):
            self.stop(process)

    def _start(
        self, command: Sequence[str], cwd: Path, env: Mapping[str, str] | None, log: IO[bytes]
    ) -> subprocess.Popen[bytes]:
        log.write(f"$ {' '.join(command)}".replace("\n", " ").encode() + b"\n")  # one line, whatever a message holds
        log.flush()
        try:
            process = subprocess.Popen(
                command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=_POSIX
            )
        except OSError as problem:
            raise StepError(f"{_name(command)} could not be started: {problem.strerror}") from problem
        self._running.append(process)
        return process

    def _open_log(self) -> IO[bytes]:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        return self.log.open("ab")

    def _printed_since(self, begin: int) -> str:
        with self.log.open("rb") as log:
            log.seek(begin)
            text = log.read().decode("utf-8", "replace")
        return text.partition("\n")[2]  # without the line that names the command

    @contextlib.contextmanager
    def _ticking(self, title: str, start: float) -> Iterator[None]:
        """Show the title and the seconds so far on a terminal, once a second."""
        done = threading.Event()

        def tick() -> None:
            while True:
                print(f"\r\x1b[K  … {title}  {time.monotonic() - start:.0f} s", end="", flush=True)
                if done.wait(1):
                    return

        clock = threading.Thread(target=tick, daemon=True)
        if self._live:
            clock.start()
        try:
            yield
        finally:
            done.set()
            if self._live:
                clock.join()

    def _say(self, title: str, mark: str, notes: list[str], seconds: float) -> None:
        if self.quiet:
            return
        start = "\r\x1b[K" if self._live else ""
        note = self._style("  " + "; ".join(notes), "dim") if notes else ""
        print(f"{start}  {mark} {title}  {seconds:.1f} s{note}", flush=True)


def _name(command: Sequence[str]) -> str:
    return f"`{' '.join([Path(command[0]).name, *command[1:4]])}`"


def _signal(process: subprocess.Popen[bytes], number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if _POSIX:
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)
