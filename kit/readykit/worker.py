"""Work on a stranger's files happens in a process of its own, which can be limited, watched and ended.

A parser can hang, eat the memory or kill its process, and no `except` helps. So the parent starts a worker that says
what it is at before it begins, gives back its result in one piece, and may die: then the parent knows at what. The
worker is a fork of a process without threads, where there are forks; elsewhere the work is done in the parent itself,
without limits (see docs/decisions/0017-worker.md).
"""

from __future__ import annotations

import contextlib
import gc
import os
import select
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from readykit import errors
from readykit.errors import KitError
from readykit.limits import AUDIT_SECONDS, MAX_MEMORY, MAX_OPEN_FILES, MAX_REPORT_BYTES, MAX_WRITTEN, STILL_SECONDS

Say = Callable[[str], None]
"""Tells what is begun: `file:PATH`, `check:ID` or a word for a stage."""

MARK, PIECE, RESULT, REFUSAL, FAULT = b"M", b"P", b"R", b"E", b"F"
_HEAD = 5  # one letter, and the length of what follows in four bytes
_MOST = 1 << 20
"""Bytes that are read at once, and that a pipe holds where it can."""
_KEPT = frozenset({"PATH", "HOME", "TMPDIR", "TEMP", "TMP", "LANG", "XDG_CACHE_HOME", "KIT_CACHE_DIR", "LOCALAPPDATA"})
"""What a worker keeps of the environment: nothing that a report could leak."""


_at_work: int | None = None
"""The pipe to the parent, where this process is a worker itself."""
_left: list[object] = []
"""What this process does not take apart any more."""


class TooLong(BaseException):
    """A slice of processor time is used up. No `except Exception` on the way may take it for an ordinary failure."""


class Fault(Exception):
    """The work raised something that is a mistake of ours; the text is its traceback."""


@dataclass(frozen=True, slots=True)
class Died:
    """How a worker ended without a result: at what, and why."""

    at: str
    why: str


class Worker:
    """One piece of work in a process of its own."""

    def __init__(self, work: Callable[[Say], bytes], taken: Callable[[bytes], None] | None = None) -> None:
        """Start it.

        Args:
            work: is called in the worker with a function to say what it begins; gives back the result.
            taken: is told here what the worker `give`s before its end.
        """
        self.at = ""
        self._taken = taken
        self._ended = False
        self._data = bytearray()
        self._over: Died | tuple[bytes, bytes] | None = None
        reading, writing = os.pipe()
        _widen(writing)
        self.process = os.fork()
        if not self.process:
            os.close(reading)
            _be_a_worker(work, writing)  # never returns
        os.close(writing)
        self._from = reading
        self._begun = time.monotonic()
        self._still = Stillness(self.process)

    def result(self, heard: Say | None = None) -> bytes | Died:
        """Wait for the end of the work.

        Args:
            heard: is told what the worker says.

        Raises:
            KitError: the work did; a sentence for the user.
            Fault: the work failed by a mistake of ours.
        """
        try:
            over = first_over([self], heard)._over
            if over is None:
                raise RuntimeError("nothing is told before it is over")
            return over if isinstance(over, Died) else _told(*over)
        finally:
            self.end()

    def end(self) -> None:
        """End the worker and all that it started, whatever it is at; a second time nothing is left to do."""
        if self._ended:
            return
        self._ended = True
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError, ProcessLookupError):
            os.kill(self.process, signal.SIGKILL)  # it may not have a group of its own yet
            os.waitpid(self.process, 0)
        with contextlib.suppress(OSError):
            os.close(self._from)

    def listen(self, heard: Say | None = None) -> bool:
        """Take in what the worker has said so far: a pipe that nobody empties is soon full, and it would wait.

        Args:
            heard: is told what the worker says.

        Returns:
            Whether the work is over.
        """
        while self._over is None and select.select([self._from], [], [], 0)[0]:
            if not self._hear(heard):
                self._over = Died(self.at, self._cause())
            elif len(self._data) > MAX_REPORT_BYTES:
                self._over = Died(self.at, "gave back more than can be read")
            self._still = Stillness(self.process)
        return self._over is not None

    def _overdue(self) -> bool:
        """Whether the worker is given up: nothing is heard of it any more, or not its end."""
        if time.monotonic() - self._begun > AUDIT_SECONDS:
            self._over = Died(self.at, f"took more than {AUDIT_SECONDS:.0f} seconds as a whole")
        elif self._still.too_long():
            self._over = Died(self.at, f"took more than {STILL_SECONDS:.0f} seconds")
        return self._over is not None

    def _hear(self, heard: Say | None) -> bool:
        """Read on; says whether there was anything."""
        piece = os.read(self._from, _MOST)
        self._data += piece
        for kind, text in self._frames():
            if kind == MARK:
                self.at = text.decode("utf-8", "surrogateescape")
                if heard is not None:
                    heard(self.at)
            elif kind == PIECE:
                if self._taken is not None:
                    self._taken(text)
            else:
                self._over = kind, text
        return bool(piece)

    def _frames(self) -> Iterator[tuple[bytes, bytes]]:
        """The frames that are whole."""
        place = 0
        while len(self._data) - place >= _HEAD:
            length = int.from_bytes(self._data[place + 1 : place + _HEAD], "little")
            if len(self._data) - place - _HEAD < length:
                break
            start = place + _HEAD
            yield bytes(self._data[place : place + 1]), bytes(self._data[start : start + length])
            place = start + length
        del self._data[:place]

    def _cause(self) -> str:
        """Why a worker ended that said nothing more."""
        with contextlib.suppress(ChildProcessError):
            status = os.waitpid(self.process, 0)[1]
            if os.WIFSIGNALED(status):
                number = os.WTERMSIG(status)
                name = signal.Signals(number).name if number in signal.valid_signals() else str(number)
                return f"ended the process that read it ({name})"
        return "ended the process that read it"


def first_over(workers: Sequence[Worker], heard: Say | None = None) -> Worker:
    """Wait for the end of some work; ask it for its `result`.

    Args:
        workers: those that are at it.
        heard: is told what they say.
    """
    while True:
        for worker in workers:
            if worker.listen(heard) or worker._overdue():
                return worker
        select.select([worker._from for worker in workers], [], [], 0.5)


class Stillness:
    """How long a worker has said nothing: by its own processor time where that can be seen, for machines are busy."""

    def __init__(self, process: int) -> None:
        self.process = process
        self.since = time.monotonic()
        self._spent: float | None = None

    def too_long(self) -> bool:
        """Whether no sign of life is to be expected any more."""
        past = time.monotonic() - self.since
        if past < STILL_SECONDS / 4:
            return False
        spent = self._processor_time()
        if spent is None:
            return past > STILL_SECONDS
        if self._spent is None:
            self._spent = spent
        return spent - self._spent > STILL_SECONDS / 2 or past > 3 * STILL_SECONDS

    def _processor_time(self) -> float | None:
        """Seconds of a processor that the worker has used; None where nobody tells."""
        try:
            fields = Path(f"/proc/{self.process}/stat").read_text("ascii", "replace").rpartition(")")[2].split()
            return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        except (OSError, ValueError, IndexError):
            return None


def _told(kind: bytes, text: bytes) -> bytes:
    """What the last frame of a worker says.

    Raises:
        KitError: that the work was refused.
        Fault: that it failed.
    """
    if kind == RESULT:
        return text
    words = text.decode("utf-8", "replace")
    if kind == REFUSAL:
        name, _, sentence = words.partition("\n")
        found = getattr(errors, name, KitError)
        raise (found if isinstance(found, type) and issubclass(found, KitError) else KitError)(sentence)
    raise Fault(words)


def _be_a_worker(work: Callable[[Say], bytes], pipe: int) -> None:
    """The worker's life; it ends here, without what the parent would do at its end."""
    global _at_work
    code = 1
    try:
        if _at_work is None:  # the workers of a worker stay in its group: whoever ends that ends them at once
            os.setsid()
        _at_work = pipe
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent hears Ctrl-C and ends its workers
        for number in (signal.SIGTERM, signal.SIGPIPE, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        for name in set(os.environ) - _KEPT:
            del os.environ[name]
        _be_silent()
        confine()
        gc.disable()  # a short life, and what it makes stays until its end
        _send(pipe, RESULT, work(lambda at: _send(pipe, MARK, at.encode("utf-8", "surrogateescape"))))
        code = 0
    except KitError as error:
        _send(pipe, REFUSAL, f"{type(error).__name__}\n{error}".encode("utf-8", "backslashreplace"))
    except BaseException:  # whatever it is, the parent must hear of it
        import traceback

        with contextlib.suppress(BaseException):
            _send(pipe, FAULT, traceback.format_exc().encode("utf-8", "backslashreplace"))
    finally:
        os._exit(code)


def _be_silent() -> None:
    """A worker neither reads nor prints: what a dying C library has to say is no part of a report."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    os.close(nothing)
    if (handler := sys.modules.get("faulthandler")) is not None:
        handler.disable()


def give(piece: bytes) -> None:
    """Hand a piece of what was worked out to the parent before the end; only a worker can."""
    if _at_work is None:
        raise RuntimeError("there is nobody to give it to")
    _send(_at_work, PIECE, piece)


def leave(thing: object) -> None:
    """Leave it to the system to free a thing with the process, where that is a worker and ends soon.

    A million facts and what was looked up among them take a thirtieth of an audit to be freed one by one.
    """
    if _at_work is not None:
        _left.append(thing)


def most_memory() -> int:
    """The most memory that this process has taken so far, in bytes."""
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def ended_processes_took() -> float:
    """The processor time of all processes that this one has started and that have ended, in seconds."""
    spent = os.times()
    return spent.children_user + spent.children_system


def _widen(pipe: int) -> None:
    """Let a pipe hold more than usual, so that the worker need not wait for a parent that is at work itself."""
    with contextlib.suppress(ImportError, AttributeError, OSError):  # not every system can, nor lets every user
        import fcntl

        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _MOST)


def _send(pipe: int, kind: bytes, data: bytes) -> None:
    """Write one frame."""
    whole = memoryview(kind + len(data).to_bytes(4, "little") + data)
    while whole:
        whole = whole[os.write(pipe, whole) :]


def confine() -> None:
    """Limit what this process may take: memory, files, and the size of what it writes."""
    import resource

    for kind, most in (
        (resource.RLIMIT_AS, MAX_MEMORY),
        (resource.RLIMIT_NOFILE, MAX_OPEN_FILES),
        (resource.RLIMIT_FSIZE, MAX_WRITTEN),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(kind)[1]
        wanted = most if hard == resource.RLIM_INFINITY else min(most, hard)
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(kind, (wanted, wanted))


def can_fork() -> bool:
    """Whether a worker can be started here: there are forks, and no thread that a fork would leave half done."""
    threads = sys.modules.get("threading")
    return hasattr(os, "fork") and (threads is None or threads.active_count() == 1)


@contextlib.contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Give what stands inside a slice of processor time.

    Nothing is limited where there is no such clock, or outside the main thread.

    Raises:
        TooLong: the time is used up.
    """
    if not hasattr(signal, "setitimer") or not _in_main_thread():
        yield
        return
    with listening():
        begun = time.process_time()
        # it rings again, should what runs have passed over it
        outer = signal.setitimer(signal.ITIMER_PROF, seconds, max(seconds / 5, 0.1))
        try:
            yield
        finally:
            left = max(outer[0] - (time.process_time() - begun), 0.001) if outer[0] else 0.0
            signal.setitimer(signal.ITIMER_PROF, left, outer[1])


@contextlib.contextmanager
def listening() -> Iterator[None]:
    """Hear the clock of `at_most`: who asks for thousands of slices listens once around them all."""
    if not hasattr(signal, "setitimer") or not _in_main_thread() or signal.getsignal(signal.SIGPROF) is _ring:
        yield
        return
    before = signal.signal(signal.SIGPROF, _ring)
    try:
        yield
    finally:
        signal.signal(signal.SIGPROF, before)


def _in_main_thread() -> bool:
    threads = sys.modules.get("threading")
    return threads is None or threads.current_thread() is threads.main_thread()


def _ring(_number: int, _frame: object) -> None:
    raise TooLong
