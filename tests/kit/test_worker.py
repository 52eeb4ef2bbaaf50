"""A worker can hang, die or lie; who started it hears of it and goes on."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from readykit import worker
from readykit.errors import TargetError
from readykit.worker import Died, Fault, Say, TooLong, Worker, at_most, give

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks here")


def alive(process: int) -> bool:
    """Whether a process is there and is more than a row for its parent to read."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def gone(process: int, seconds: float = 5.0) -> bool:
    """Whether a process ends before a deadline."""
    end = time.monotonic() + seconds
    while alive(process) and time.monotonic() < end:
        time.sleep(0.01)
    return not alive(process)


def died(work: Callable[[Say], bytes]) -> Died:
    result = Worker(work).result()
    assert isinstance(result, Died)
    return result


def test_the_result_comes_back_whole() -> None:
    """A result larger than a pipe holds comes back byte by byte as it was."""
    data = os.urandom(3_000_000)
    assert Worker(lambda _say: data).result() == data


def test_what_a_worker_gave_stays_when_it_dies() -> None:
    """Pieces come in order, small ones and larger than a pipe holds, and are not lost with the rest."""
    pieces = [b"first", os.urandom(3_000_000), b""]
    taken: list[bytes] = []

    def work(say: Say) -> bytes:
        for piece in pieces:
            give(piece)
        say("file:deadly.py")
        os.kill(os.getpid(), signal.SIGKILL)
        return b""

    result = Worker(work, taken.append).result()
    assert isinstance(result, Died)
    assert result.at == "file:deadly.py"
    assert taken == pieces


def test_only_a_worker_can_give() -> None:
    """There is nobody else to take it."""
    with pytest.raises(RuntimeError, match="nobody"):
        give(b"lost")


def test_what_is_begun_is_heard_in_order() -> None:
    """Who waits is told what the worker is at."""
    heard: list[str] = []

    def work(say: Say) -> bytes:
        for name in ("stage:listing", "file:a.py", "check:TRK001"):
            say(name)
        return b"done"

    assert Worker(work).result(heard.append) == b"done"
    assert heard == ["stage:listing", "file:a.py", "check:TRK001"]


def test_a_worker_that_dies_is_blamed_on_what_it_was_at() -> None:
    """A parser that kills its process (a stack overflow in C) is a `Died` with the file's name."""

    def work(say: Say) -> bytes:
        say("file:fine.yml")
        say("file:deep.yml")
        os.kill(os.getpid(), signal.SIGSEGV)
        return b""

    result = died(work)
    assert result.at == "file:deep.yml"
    assert "SIGSEGV" in result.why


def test_a_worker_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no sign of life comes the worker is ended, with all that it started."""
    monkeypatch.setattr(worker, "STILL_SECONDS", 0.3)
    heard: list[str] = []

    def work(say: Say) -> bytes:
        child = os.fork()
        if not child:
            time.sleep(60)
            os._exit(0)
        say(f"child:{child}")
        time.sleep(60)
        return b""

    result = Worker(work).result(heard.append)
    assert isinstance(result, Died)
    assert "more than 0 seconds" in result.why
    assert gone(int(heard[0].removeprefix("child:")))


def test_a_sentence_for_the_user_keeps_its_kind() -> None:
    """A refusal in the worker is the same refusal in the parent, with its exit code."""

    def work(say: Say) -> bytes:
        raise TargetError("nowhere: there is nothing")

    with pytest.raises(TargetError, match="nowhere: there is nothing"):
        Worker(work).result()


def test_a_mistake_of_ours_arrives_with_its_traceback() -> None:
    """A bug is not taken for a hostile file."""

    def work(say: Say) -> bytes:
        raise ZeroDivisionError("ours")

    with pytest.raises(Fault, match="ZeroDivisionError: ours"):
        Worker(work).result()


def test_too_much_memory_is_an_error_inside_the_worker() -> None:
    """Memory is bounded: the worker meets a MemoryError, and the machine goes on."""

    def work(say: Say) -> bytes:
        try:
            return bytes(4_000_000_000)[:1]
        except MemoryError:
            return b"refused"

    assert Worker(work).result() == b"refused"


def test_the_worker_knows_no_secrets_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the environment holds cannot come out in a report."""
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "never")
    found = Worker(lambda _say: ",".join(os.environ).encode()).result()
    assert isinstance(found, bytes)
    assert b"AWS_SECRET_ACCESS_KEY" not in found
    assert os.environ["AWS_SECRET_ACCESS_KEY"] == "never"


def test_a_slice_of_time_ends_a_search_that_never_would() -> None:
    """A regular expression that tries for ever is interrupted; the slice around it goes on to count."""
    import re

    with at_most(30.0):
        with pytest.raises(TooLong), at_most(0.2):
            re.search(r"(a|a)*$", "a" * 60 + "b")
        assert signal.getitimer(signal.ITIMER_PROF)[0] > 1.0
    assert signal.getitimer(signal.ITIMER_PROF)[0] == 0.0
