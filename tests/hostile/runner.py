"""Start the installed `kit` on a case, watch it from outside, and write down all that can be seen."""

from __future__ import annotations

import os
import pty
import random
import resource
import selectors
import shutil
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from hostile.case import Case
from hostile.workshop import Workshop

KIT = os.environ.get("HOSTILE_KIT", str(Path(sys.executable).parent / "kit"))
PATIENCE = float(os.environ.get("HOSTILE_PATIENCE", "1"))
"""By how much deadlines are longer, on a machine that does other things besides."""
OUR_SECRET = "ENVIRONMENT_" + "5d1f2c7b9a"
GRACE = 0.5
MAX_PRINTED = 64 << 20
MAX_WRITTEN = 1 << 30
PAGE = os.sysconf("SC_PAGE_SIZE")
Seen = dict[bytes, tuple[object, ...]]


@dataclass
class Run:
    """What was seen of one audit.

    Attributes:
        code: the exit code; negative for a signal.
        stopped: why the runner ended it, empty when it ended by itself.
        printed: standard output and error.
        reports: the files that were asked for, by name.
        seconds: by the clock on the wall; after an interruption, from there.
        megabytes: the most that all processes had together.
        canaries: what was created where nothing should be.
        changed: what changed in the tree.
        leftovers: files in TMPDIR and beside the reports.
        orphans: processes that outlived the program.
        connections: how many arrived at our port.
    """

    code: int = 0
    stopped: str = ""
    printed: dict[str, bytes] = field(default_factory=dict)
    reports: dict[str, bytes] = field(default_factory=dict)
    seconds: float = 0
    megabytes: int = 0
    canaries: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    leftovers: tuple[str, ...] = ()
    orphans: int = 0
    connections: int = 0


@contextmanager
def listener() -> Iterator[tuple[int, list[float]]]:
    """A port of the loopback and the times at which somebody connected to it."""
    arrived: list[float] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                arrived.append(time.time())
                connection.close()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield server.getsockname()[1], arrived
        with suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def snapshot(root: str | Path) -> Seen:
    """Every entry below a folder as it lies there; nothing is followed or opened."""
    seen: Seen = {}
    stack = [os.fsencode(root)]
    while stack:
        try:
            entries = list(os.scandir(stack.pop()))
        except OSError:
            continue
        for entry in entries:
            with suppress(OSError):
                info = entry.stat(follow_symlinks=False)
                folder = stat.S_ISDIR(info.st_mode)
                seen[entry.path] = (
                    info.st_mode,
                    info.st_uid,
                    0 if folder else info.st_size,
                    info.st_mtime_ns,
                    info.st_ino,
                )
                if folder:
                    stack.append(entry.path)
    return seen


def differences(before: Seen, after: Seen) -> tuple[str, ...]:
    """The entries that came, went or changed."""
    names = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    return tuple(ascii(os.path.basename(name))[:80] for name in names)


def children(pid: int) -> list[int]:
    """The processes that a process has started and that are still there."""
    found: list[int] = []
    with suppress(OSError):
        for thread in os.listdir(f"/proc/{pid}/task"):
            with suppress(OSError):
                found += map(int, Path(f"/proc/{pid}/task/{thread}/children").read_bytes().split())
    return found


def below(pid: int, known: Iterable[int] = ()) -> tuple[set[int], int]:
    """A process and all that it and those known before have started, and the memory that they have in bytes."""
    found, stack, resident = set[int](), [pid, *known], 0
    while stack:
        one = stack.pop()
        if one not in found:
            found.add(one)
            stack += children(one)
            with suppress(OSError, IndexError, ValueError):
                resident += int(Path(f"/proc/{one}/statm").read_bytes().split()[1]) * PAGE
    return found, resident


def alive(pid: int) -> bool:
    """Whether a process is there and not only waited for."""
    try:
        words = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return False
    return words[0] != "Z"


def disturb(shop: Workshop, stop: threading.Event) -> None:
    """Change the files in `data` until told to stop: grow, cut, remove, and swap for folders, links and pipes."""
    chance, folder = random.Random(7), shop.tree / "data"
    names = sorted(os.listdir(folder))
    ways: tuple[Callable[[Path], object], ...] = (
        Path.mkdir,
        lambda path: path.write_text("y = 2\n" * 300),
        lambda path: path.symlink_to("/etc/passwd"),
        os.mkfifo,
        lambda path: path.write_text("x = 1\n"),
        lambda path: path.symlink_to("../../outside/x.py"),
        lambda path: path.symlink_to(".."),
    )
    while not stop.is_set():
        path = folder / chance.choice(names)
        with suppress(OSError):
            if path.is_dir() and not path.is_symlink():
                path.rmdir()
            elif chance.random() < 0.2 and path.is_file() and not path.is_symlink():
                os.truncate(path, 3)
                continue
            else:
                path.unlink(missing_ok=True)
            chance.choice(ways)(path)
        time.sleep(0.0005)


def surroundings(case: Case, home: Path, temporary: Path) -> dict[str, str]:
    """The environment of the program: nothing of ours, a secret that must not come out, and what the case sets."""
    env = {
        "PATH": f"{Path(KIT).parent}:/usr/local/bin:/usr/bin:/bin",
        "HOME": str(home),
        "TMPDIR": str(temporary),
        "LC_ALL": "C.UTF-8",
        "COLUMNS": "120",
        "XDG_CACHE_HOME": str(home / ".cache"),
        "API_TOKEN": OUR_SECRET,
        "AWS_SECRET_ACCESS_KEY": OUR_SECRET,
    }
    env |= (
        {"TERM": "xterm-256color"}
        if case.terminal
        else {"NO_COLOR": "1", "GITHUB_ACTIONS": "true", "GITHUB_TOKEN": OUR_SECRET}
    )
    return env | dict(case.environment or {})


def limit(pid: int) -> None:
    """Bound a process, so that a failing case does not fill the disk."""
    with suppress(OSError):
        resource.prlimit(pid, resource.RLIMIT_CORE, (0, 0))
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (MAX_WRITTEN, MAX_WRITTEN))


def outputs(folder: Path, formats: Mapping[str, str]) -> list[str]:
    """The words that ask for a report in every format."""
    return [word for suffix in formats.values() for word in ("-o", str(folder / f"report{suffix}"))]


def perform(
    case: Case, shop: Workshop, arrived: Sequence[float], command: Sequence[str], formats: Mapping[str, str]
) -> Run:
    """Run a command on a built case.

    Args:
        case: what is expected decides how it is run.
        shop: the built case.
        arrived: the connections that our port has seen.
        command: what to run, before the reports' and the target's words.
        formats: names of formats and their suffixes.

    Returns:
        All that was seen.
    """
    places = {name: shop.folder / "run" / name for name in ("reports", "home", "tmp", "elsewhere")}
    for place in places.values():
        place.mkdir(parents=True)
    target = "." if case.inside else shop.target
    words = [*command, *outputs(places["reports"], formats), *case.words, target]
    before, seen, run = snapshot(shop.tree), len(arrived), Run()
    with started(
        case,
        words,
        shop.tree if case.inside else places["elsewhere"],
        surroundings(case, places["home"], places["tmp"]),
    ) as (
        process,
        streams,
    ):
        watch(case, shop, process, streams, run)
    run.connections = len(arrived) - seen
    run.canaries = tuple(sorted(os.listdir(shop.canaries)))
    run.changed = () if case.disturbed else differences(before, snapshot(shop.tree))
    found = sorted(places["reports"].iterdir())
    known = {f"report{suffix}" for suffix in formats.values()}
    run.reports = {path.name: path.read_bytes() for path in found if path.name in known and not path.is_symlink()}
    run.leftovers = tuple(path.name for path in found if path.name not in run.reports) + tuple(
        os.listdir(places["tmp"])
    )
    shutil.rmtree(shop.folder / "run", ignore_errors=True)
    return run


@contextmanager
def started(
    case: Case, words: Sequence[str], folder: Path, env: Mapping[str, str]
) -> Iterator[tuple[subprocess.Popen[bytes], dict[int, str]]]:
    """The program in a session of its own, with the descriptors that it prints to."""
    near = far = -1
    if case.terminal:
        near, far = pty.openpty()
    process = subprocess.Popen(
        words,
        cwd=folder,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=far if case.terminal else subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    limit(process.pid)
    assert process.stderr
    streams = {process.stderr.fileno(): "stderr", near if case.terminal else process.stdout.fileno(): "stdout"}  # type: ignore[union-attr]
    if case.terminal:
        os.close(far)
    try:
        yield process, streams
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        for pipe in (process.stdout, process.stderr):
            if pipe:
                pipe.close()
        if case.terminal:
            os.close(near)


def watch(case: Case, shop: Workshop, process: subprocess.Popen[bytes], streams: dict[int, str], run: Run) -> None:
    """Read what is printed, measure, interrupt and end the program, until it is over."""
    printed = {"stdout": bytearray(), "stderr": bytearray()}
    stop, start, ended, family, interrupted = threading.Event(), time.monotonic(), 0.0, {process.pid}, False
    if case.disturbed:
        threading.Thread(target=disturb, args=(shop, stop), daemon=True).start()
    with selectors.DefaultSelector() as ready:
        for descriptor, name in streams.items():
            ready.register(descriptor, selectors.EVENT_READ, name)
        while not run.stopped:
            drain(ready, printed)
            now = time.monotonic()
            if process.poll() is not None:
                ended = ended or now
                # what it started may need a moment to notice; who then still is there stays for good
                if now - ended > GRACE * PATIENCE or not any(alive(one) for one in family):
                    break
            elif case.interrupt and now - start > case.interrupt and not interrupted:
                os.killpg(process.pid, signal.SIGINT)
                interrupted, start = True, now
            members, resident = below(process.pid, family)
            family |= members
            run.megabytes = max(run.megabytes, resident >> 20)
            run.stopped = beyond(case, run.megabytes, now - start)
        drain(ready, printed)
    stop.set()
    run.seconds = (ended or time.monotonic()) - start
    run.orphans = 0 if run.stopped else sum(alive(one) for one in family - {process.pid})
    for one in family if run.stopped else family - {process.pid}:
        if alive(one):
            os.kill(one, signal.SIGKILL)
    run.code = process.wait()
    run.printed = {name: bytes(data) for name, data in printed.items()}


def beyond(case: Case, megabytes: int, seconds: float) -> str:
    """Why a program has to be ended; empty when it has not."""
    if megabytes > case.megabytes:
        return f"had {megabytes} MB, more than {case.megabytes}"
    allowed = case.seconds * PATIENCE
    return f"took longer than {allowed:g} s" if seconds > allowed else ""


def drain(ready: selectors.BaseSelector, printed: Mapping[str, bytearray]) -> None:
    """Take what is there to read within a moment, at most so much that time and memory are still looked after."""
    if not ready.get_map():
        time.sleep(0.02)
    for _ in range(100):
        if not ready.get_map() or not (found := ready.select(0.03)):
            return
        for key, _ in found:
            take(key, ready, printed)


def take(key: selectors.SelectorKey, ready: selectors.BaseSelector, printed: Mapping[str, bytearray]) -> None:
    """Read one piece from one descriptor; one that is at its end is not asked again."""
    try:
        data = os.read(key.fd, 1 << 16)
    except OSError:  # the far end of a terminal was closed
        data = b""
    if not data:
        ready.unregister(key.fd)
    elif sum(map(len, printed.values())) < MAX_PRINTED:
        printed[key.data] += data
