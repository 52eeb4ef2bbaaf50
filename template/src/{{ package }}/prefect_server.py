"""Where flows run: on a Prefect server of our own while it is needed, unless PREFECT_API_URL names the team's.

Their tasks run here, or on the Dask or Ray cluster that params.yaml names.
"""

from __future__ import annotations

import contextlib
import inspect
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from prefect.events.worker import EventsWorker
from prefect.logging.handlers import APILogWorker
from prefect.settings import PREFECT_API_URL, temporary_settings
from prefect.task_runners import ThreadPoolTaskRunner

from .config import ProjectError, RetrainParams

SERVER_STARTS_WITHIN = 120  # seconds; a fresh home is migrated first, which takes 8 s on an idle machine


def task_runner(params: RetrainParams) -> Any:
    """Threads of this process, or the workers of an existing cluster; what that takes is a group of pyproject.toml."""
    name = params.task_runner
    if name == "local":
        return ThreadPoolTaskRunner(max_workers=os.cpu_count())
    try:
        if name == "dask":
            from prefect_dask import DaskTaskRunner

            return DaskTaskRunner(address=params.cluster)
        from prefect_ray import RayTaskRunner

        return RayTaskRunner(address=params.cluster)
    except ImportError:
        raise ProjectError(
            f"retrain.task_runner is {name}, whose packages are not installed: run `uv sync --group {name}`"
        ) from None


@contextlib.contextmanager
def server(port: int | None, *, serve: bool) -> Iterator[str]:
    """A Prefect server of our own on 127.0.0.1 as a child, unless PREFECT_API_URL names one; gives its API's address.

    The child starts at once and is waited for by `wait_for`, so that the caller can import meanwhile.
    """
    if theirs := os.environ.get("PREFECT_API_URL"):
        yield theirs
        return
    port = free_port(port)
    extra = [] if serve else ["--no-ui"]
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port), *extra]
    log = Path(os.environ["PREFECT_HOME"]) / "server.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output, child(command, stdout=output, stderr=subprocess.STDOUT):
        yield f"http://127.0.0.1:{port}/api"


@contextlib.contextmanager
def connected(warm: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Talk to the team's Prefect server, or to one of our own; while that comes up there is time to `warm` up."""
    with server(None, serve=False) as url:
        if url != os.environ.get("PREFECT_API_URL"):
            warm()
        wait_for(url)
        with temporary_settings({PREFECT_API_URL: url}):
            try:
                yield
            finally:
                drain()


def guard() -> None:
    """Stand between us and a program, in a session of its own, and end all of it when our end of its input closes.

    The operating system closes that for us even after a `kill -9`: a server left behind would keep its port from the
    next one. `child` runs the source of this function by itself, so it imports what it needs, and nothing slow.
    """
    import os
    import signal
    import subprocess
    import sys
    import threading
    import time

    program = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)  # noqa: S603 - what `child` was given
    left = threading.Event()

    def end(number: int) -> None:
        if hasattr(os, "killpg"):
            os.killpg(0, number)
        else:  # Windows
            program.terminate()

    def follow() -> None:
        sys.stdin.read()
        left.set()
        end(signal.SIGTERM)
        time.sleep(15)
        end(getattr(signal, "SIGKILL", signal.SIGTERM))

    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    threading.Thread(target=follow, daemon=True).start()
    code = program.wait()
    if left.is_set():
        end(getattr(signal, "SIGKILL", signal.SIGTERM))  # what it started and did not end
    sys.exit(code)


@contextlib.contextmanager
def child(command: list[str], **options: Any) -> Iterator[subprocess.Popen[bytes]]:
    """A program that goes when we go, however we go, with all it started: asked first, then made to.

    It gets a session of its own, so that a Ctrl-C in the terminal reaches us alone. Reaching a server and its runner at
    the same time, it would leave the runner waiting for a server that is gone.
    """
    guarded = [sys.executable, "-c", f"{inspect.getsource(guard)}\nguard()", *command]
    process = subprocess.Popen(guarded, stdin=subprocess.PIPE, start_new_session=True, **options)  # noqa: S603
    try:
        yield process
    finally:
        process.communicate()  # closes its input; what it still has to say, if that comes to us, nobody waits for


def free_port(port: int | None) -> int:
    """The port asked for, if nothing listens there, or any free one."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port or 0))
        except OSError as error:
            raise ProjectError(
                f"port {port} is taken: set retrain.server_port in params.yaml, or PREFECT_API_URL to your server"
            ) from error
        return int(probe.getsockname()[1])


def wait_for(url: str) -> None:
    """Until the server answers; the team's may be away, which is told after a while."""
    start = time.monotonic()
    told = False
    while time.monotonic() < start + SERVER_STARTS_WITHIN:
        if not told and time.monotonic() > start + SERVER_STARTS_WITHIN / 6:
            told = True
            print(f"waiting for the Prefect server at {url}", file=sys.stderr, flush=True)
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"{url}/health", timeout=2).close()  # noqa: S310 - http(s) to a Prefect server
            return
        time.sleep(0.1)
    raise ProjectError(f"no Prefect server answers at {url}: see .prefect/server.log, or PREFECT_API_URL if you set it")


def drain() -> None:
    """What is still on its way to the server must arrive before the server goes, or the exit hangs for a minute."""
    EventsWorker.drain_all(timeout=5)
    APILogWorker.drain_all(timeout=5)
