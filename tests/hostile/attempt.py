"""One case from its building to its verdict, apart from all others, so that several can be tried at a time."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from readykit.report import FORMATS

from hostile.case import Case
from hostile.judge import verdict
from hostile.runner import Run, listener, perform
from hostile.workshop import Workshop

AT_ONCE = 2
"""Cases at a time: with more, each has less than a processor, and deadlines would measure the others."""
Verdicts = Mapping[str, Future[tuple[Run, list[str]]]]


def attempt(case: Case, folder: Path, command: Sequence[str]) -> tuple[Run, list[str]]:
    """Build a case in a folder of its own, run it, judge it, and take the folder away.

    Args:
        case: what to build and to expect.
        folder: does not exist yet.
        command: the auditor, before the words of reports and target.

    Returns:
        What was seen, and what was wrong with it.
    """
    try:
        with listener() as (port, arrived):
            shop = Workshop(folder, port)
            case.build(shop)
            if any(shop.canaries.iterdir()):
                return Run(), ["the case itself set off its canary"]
            run = perform(case, shop, arrived, command, FORMATS)
        return run, verdict(case, run, FORMATS)
    finally:
        # some cases are large, and their folders deny themselves to what removes files more politely
        subprocess.run(["chmod", "-R", "u+rwx", str(folder)], check=False, stderr=subprocess.DEVNULL)
        subprocess.run(["rm", "-rf", str(folder)], check=False, stderr=subprocess.DEVNULL)


@contextmanager
def attempts(cases: Iterable[Case], folder: Path, command: Sequence[str]) -> Iterator[Verdicts]:
    """Verdicts to come, by the names of cases: a few are worked out at a time, in the order of the cases.

    Args:
        cases: which.
        folder: where each gets a folder of its own.
        command: the auditor.

    Yields:
        A future for each case; those that were not begun at the end are dropped.
    """
    with interruptible(), ThreadPoolExecutor(AT_ONCE) as pool:
        yield {case.name: pool.submit(attempt, case, folder / case.name, command) for case in cases}
        pool.shutdown(cancel_futures=True)


@contextmanager
def interruptible() -> Iterator[None]:
    """Heed SIGINT meanwhile: a program that is started by one that ignores it would ignore it as well."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
