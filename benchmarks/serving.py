"""The generated service beside a bare async FastAPI app: same model, same row, same validation, same log.

usage: python benchmarks/serving.py [PROJECT] [--seconds 6] [--rounds 3]

PROJECT is a generated project with a promoted model (made in a temporary folder otherwise: two minutes more). The
two are started one after the other, one worker each, and asked in turn, ROUNDS times over; figures are medians of the
rounds. The client keeps what every request took, so that percentiles are of what a caller waited. What a million
answers and a million flights in a batch take of a processor is the time that the kernel books on them (Linux).
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

GOALS = {"throughput": 1.0, "p50": 1.0, "p99": 1.0}
BARE = '''"""What one writes first: a route, the model, a log."""
import json
import logging
import sys
import time
from uuid import uuid4

from fastapi import FastAPI
from {package}.config import paths
from {package}.features import rows
from {package}.model import load, read_json
from {package}.predictions import PredictionLog
from {package}.service import Batch

at = paths()
pointer = read_json(at.serving / "current.json")
version = pointer["version"]
threshold = read_json(at.serving / version / "manifest.json")["threshold"]
model = load(at.serving / version, pointer["sha256"])
log = PredictionLog(at.root / "bare.db")
app = FastAPI()
lines = logging.getLogger("requests")
lines.addHandler(logging.StreamHandler(sys.stdout))
lines.setLevel(logging.INFO)


@app.post("/predict")
async def predict(batch: Batch) -> dict:
    start = time.perf_counter()
    request_id = uuid4().hex
    scores = model.predict_proba(rows(batch.flights))[:, 1].tolist()
    alerts = [score >= threshold for score in scores]
    log.append(request_id, version, [flight.model_dump(mode="json") for flight in batch.flights], scores, alerts)
    took = round(1000 * (time.perf_counter() - start), 3)
    lines.info(json.dumps({{"time": time.time(), "request_id": request_id, "model_version": version, "ms": took}}))
    found = [{{"probability": score, "alert": alert}} for score, alert in zip(scores, alerts)]
    return {{"model_version": version, "request_id": request_id, "predictions": found}}
'''


BATCH = '''"""Rows a second of batch scoring from file to file, beside predict_proba alone on a matrix in memory."""
import sys, tempfile, time
from pathlib import Path
import pandas as pd
from {package} import batch, features
from {package}.config import paths
from {package}.data import month_file

months = [pd.read_parquet(month_file(f"2013-0{{number}}")) for number in range(1, 7)]
frame = pd.concat(months * 2, ignore_index=True)
by = batch.champion(paths())
model = batch.load(by.folder, by.sha256)
matrix = features.build(features.inputs(frame[[*batch.COLUMNS]])).to_numpy()
with tempfile.TemporaryDirectory() as scratch:
    source, target = Path(scratch) / "in.parquet", Path(scratch) / "out.parquet"
    frame.to_parquet(source, index=False)
    batch.score_file(source, target, by)
    for _ in range(int(sys.argv[1])):
        start = time.perf_counter()
        model.predict_proba(matrix)
        between, used = time.perf_counter(), time.process_time()
        batch.score_file(source, target, by)
        took = time.perf_counter() - between, time.process_time() - used
        print(len(frame), between - start, *took, flush=True)
'''


@dataclass(frozen=True)
class Figures:
    """What callers of one service saw in one stretch."""

    per_second: float
    p50: float
    p99: float
    worst: float
    failed: int
    processor: float  # seconds a million answers


class Caller(asyncio.Protocol):
    """One connection that asks again as soon as it is answered, and keeps what every answer took."""

    def __init__(self, request: bytes, until: float) -> None:
        self.request, self.until = request, until
        self.taken: list[float] = []
        self.failed = 0
        self.expected = 200
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.buffer = b""
        self.size = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask the first time."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.ask()

    def ask(self) -> None:
        """Send the request, or hang up when the time is over."""
        self.start = time.perf_counter()
        if self.start >= self.until:
            self.transport.close()
            return
        self.transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        """Note what a whole answer took, and ask again."""
        self.buffer += data
        if not self.size:
            head, found, _ = self.buffer.partition(b"\r\n\r\n")
            if not found:
                return
            length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
            self.size = len(head) + 4 + int(length)
        if len(self.buffer) >= self.size:
            self.taken.append(1000 * (time.perf_counter() - self.start))
            self.answered(self.buffer)
            self.buffer, self.size = b"", 0
            self.ask()

    def answered(self, whole: bytes) -> None:
        """Count what is not the answer that was due."""
        self.failed += not whole.startswith(b"HTTP/1.1 %d" % self.expected)

    def connection_lost(self, _: Exception | None) -> None:
        """Count a connection that was cut before its time."""
        self.failed += time.perf_counter() < self.until
        self.done.set_result(None)


def http(port: int, body: bytes) -> bytes:
    """A question to /predict as it goes over the wire."""
    head = f"POST /predict HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def processor(pid: int) -> float:
    """Seconds of a processor that a process and its children have used (Linux)."""
    used = 0.0
    for member in (str(pid), *Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()):
        fields = Path(f"/proc/{member}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        used += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return used


async def load(port: int, body: bytes, callers: int, seconds: float, pid: int) -> Figures:
    """Ask the service that is process `pid` from `callers` connections for `seconds`."""
    before = processor(pid)
    request = http(port, body)
    loop = asyncio.get_running_loop()
    start = time.perf_counter()
    made = [
        await loop.create_connection(lambda: Caller(request, start + seconds), "127.0.0.1", port)
        for _ in range(callers)
    ]
    await asyncio.gather(*(caller.done for _, caller in made))
    took = time.perf_counter() - start
    taken = sorted(value for _, caller in made for value in caller.taken)
    failed = sum(caller.failed for _, caller in made)
    used = 1e6 * (processor(pid) - before) / len(taken)
    return Figures(len(taken) / took, taken[len(taken) // 2], taken[int(len(taken) * 0.99)], taken[-1], failed, used)


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def started(command: list[str], project: Path, port: int, ready: str) -> Iterator[int]:
    """The service of `command`, once it answers; stopped in the end."""
    env = {key: value for key, value in os.environ.items() if key not in ("PYTHONDONTWRITEBYTECODE", "VIRTUAL_ENV")}
    env["BENTOML_HOME"] = str(project / ".bentoml")
    with (project / "benchmark.log").open("ab") as log:
        process = subprocess.Popen(command, cwd=project, env=env, stdout=log, stderr=subprocess.STDOUT)
    try:
        deadline = time.monotonic() + 90
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}{ready}", timeout=5).close()
                break
            except (urllib.error.URLError, OSError) as error:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise SystemExit(f"{command[2]} did not start ({error}): see {project / 'benchmark.log'}") from None
                time.sleep(0.1)
        yield process.pid
    finally:
        process.terminate()
        process.wait(30)


def python(project: Path) -> str:
    """The interpreter of the project's environment."""
    return str(project / ".venv" / ("Scripts" if os.name == "nt" else "bin") / "python")


def compare(project: Path, seconds: float, rounds: int) -> int:
    """Measure both, print the figures and the ratios; 1 when a goal is missed."""
    package = package_of(project)
    (project / "bare_app.py").write_text(BARE.format(package=package), encoding="utf-8")
    body = example(project)
    ours, bare = free_port(), free_port()
    serve = service(project, ours)
    plain = [
        python(project),
        "-m",
        "uvicorn",
        "bare_app:app",
        "--port",
        str(bare),
        "--no-access-log",
        "--log-level",
        "warning",
    ]
    found: dict[tuple[str, int], list[Figures]] = {}
    try:
        with started(serve, project, ours, "/readyz") as one, started(plain, project, bare, "/openapi.json") as two:
            for port, pid in ((ours, one), (bare, two)):
                asyncio.run(load(port, body, 16, 2, pid))
            for number in range(rounds):
                turn = [("service", ours, one), ("bare", bare, two)]
                for name, port, pid in turn if number % 2 == 0 else reversed(turn):
                    for callers in (1, 16):
                        figures = asyncio.run(load(port, body, callers, seconds, pid))
                        found.setdefault((name, callers), []).append(figures)
    finally:
        for left in project.glob("bare*"):
            left.unlink()
    medians = {
        key: {
            name: statistics.median(getattr(f, name) for f in runs)
            for name in ("per_second", "p50", "p99", "worst", "failed", "processor")
        }
        for key, runs in found.items()
    }
    print(f"{'':10}{'callers':>8}{'a second':>10}{'p50 ms':>9}{'p99 ms':>9}{'worst ms':>10}{'failed':>8}", end="")
    print(f"{'processor s a million':>23}")
    for (name, callers), m in sorted(medians.items(), key=lambda pair: (pair[0][1], pair[0][0])):
        waited = f"{m['p50']:9.2f}{m['p99']:9.2f}{m['worst']:10.1f}"
        print(f"{name:10}{callers:8}{m['per_second']:10.0f}{waited}{m['failed']:8.0f}{m['processor']:23,.0f}")
    missed = 0
    for callers in (1, 16):
        a, b = medians["service", callers], medians["bare", callers]
        ratios = {
            "throughput": a["per_second"] / b["per_second"],
            "p50": a["p50"] / b["p50"],
            "p99": a["p99"] / b["p99"],
        }
        print(f"of bare, {callers:2} callers: " + ", ".join(f"{name} {value:.2f} x" for name, value in ratios.items()))
        if callers == 16:
            missed = int(ratios["throughput"] < GOALS["throughput"] or max(ratios["p50"], ratios["p99"]) > 1.0)
    return missed


def compare_batch(project: Path, rounds: int) -> int:
    """Measure batch scoring beside bare predict_proba; 1 when it is slower than half of it."""
    command = [python(project), "-c", BATCH.format(package=package_of(project)), str(rounds)]
    found = subprocess.run(command, cwd=project, capture_output=True, text=True, check=True).stdout.splitlines()
    rows, bare, ours, used = (
        statistics.median(values) for values in zip(*(map(float, f.split()) for f in found), strict=True)
    )
    print(f"batch of {rows:,.0f} flights: {rows / ours:,.0f} a second, predict_proba alone {rows / bare:,.0f}", end="")
    print(f": {bare / ours:.2f} x; {1e6 * used / rows:,.0f} s of a processor for a million flights")
    return int(bare / ours < 0.5)


def package_of(project: Path) -> str:
    """The name of the project's package."""
    return next(path.parent.name for path in (project / "src").glob("*/service.py"))


def service(project: Path, port: int) -> list[str]:
    """The command that `nox -s serve` runs."""
    return [python(project), "-m", "bentoml", "serve", f"{package_of(project)}.service:Service", "--port", str(port)]


def example(project: Path) -> bytes:
    """The example flight of the project as a request."""
    code = f"from {package_of(project)}.client import BODY; print(BODY)"
    return subprocess.run([python(project), "-c", code], cwd=project, capture_output=True, check=True).stdout.strip()


def make(folder: Path, *, retrained: bool = False) -> Path:
    """A generated project with a promoted model, and with a former one if it shall be retrained."""
    project = folder / "serving-benchmark"
    subprocess.run([sys.executable, "-m", "readykit", "new", str(project), "--defaults", "--quiet"], check=True)
    sessions = ["pipeline", "promote", *(["retrain"] if retrained else [])]
    subprocess.run([python(project), "-m", "nox", "-s", *sessions], cwd=project, check=True, stdout=sys.stderr)
    return project


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("project", nargs="?", type=Path)
    parser.add_argument("--seconds", type=float, default=6)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="serving-") as scratch:
        project = (options.project or make(Path(scratch))).resolve()
        return compare(project, options.seconds, options.rounds) | compare_batch(project, options.rounds)


if __name__ == "__main__":
    raise SystemExit(main())
