"""The generated service over time, and while its model is switched: no failed request, flat memory.

usage: python benchmarks/soak.py soak [PROJECT] [--seconds 180] [--per-second 100]
       python benchmarks/soak.py switch [PROJECT] [--times 100]

`soak` sends what a service sees in an hour at five requests a second within three minutes: real flights from 16
connections, one in a hundred requests with 50 of them, one in fifty broken; it samples the worker's memory (Linux).
`switch` promotes and rolls back TIMES times each while 8 callers ask, with two workers, and measures how long
it takes until nobody answers with the version before. PROJECT is a generated project with a promoted model (`switch`:
with a former one, too), made anew when none is named.
"""

from __future__ import annotations

import argparse
import asyncio
import collections
import contextlib
import itertools
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from serving import Caller, example, free_port, http, make, package_of, python, service, started

FLIGHTS = """
import pandas as pd
from {package}.data import month_file
from {package}.schema import COLUMNS
month = pd.read_parquet(month_file("2013-06"))[list(COLUMNS)].sample(1000, random_state=0)
print(month.to_json(orient="records", date_format="iso", double_precision=15))
"""
SWITCHER = """
import sys
from {package}.config import MODEL_NAME, paths
from {package}.registry import alias, promote, rollback
from {package}.tracking import connect
client = connect(paths())
print(flush=True)
for word in sys.stdin:
    if word.strip() == "rollback":
        now = rollback("the benchmark")
    else:  # put forth again what was taken back, judged against who is champion now
        former = alias(client, "previous").version
        client.set_model_version_tag(MODEL_NAME, former, "gate_champion", str(alias(client, "champion").version))
        client.set_registered_model_alias(MODEL_NAME, "challenger", former)
        now = promote("the benchmark")
    print("now", now, flush=True)
"""
SAME_ANSWERS = 100  # so many answers in a row, from all connections, show that nobody is left behind


class Steady(Caller):
    """A caller that keeps a pace, takes its requests from a list, and knows which answer each must get."""

    def __init__(self, requests: Iterator[tuple[bytes, int]], until: float, gap: float) -> None:
        """One request every `gap` seconds."""
        super().__init__(b"", until)
        self.requests, self.gap = requests, gap
        self.due = time.perf_counter() - random.random() * gap  # spread over the first gap

    def ask(self) -> None:
        """Wait for the next turn, then send the next request."""
        self.due = max(self.due + self.gap, time.perf_counter())
        asyncio.get_running_loop().call_later(self.due - time.perf_counter(), self.send)

    def send(self) -> None:
        """Send the next request."""
        self.request, self.expected = next(self.requests)
        super().ask()


class Watching(Caller):
    """A caller that pauses for 5 ms and tells which version answered."""

    seen: collections.deque[bytes]

    def ask(self) -> None:
        """Ask again in a moment: the machine is not ours alone."""
        asyncio.get_running_loop().call_later(0.005, super().ask)

    def answered(self, whole: bytes) -> None:
        """Keep the version."""
        super().answered(whole)
        self.seen.append(whole.partition(b'"model_version":"')[2].partition(b'"')[0])


def traffic(project: Path, port: int) -> Iterator[tuple[bytes, int]]:
    """Requests without end, with the status each must get."""
    code = FLIGHTS.format(package=package_of(project))
    flights = json.loads(
        subprocess.run([python(project), "-c", code], cwd=project, capture_output=True, check=True).stdout
    )
    for number in itertools.count():
        at = number % len(flights)
        if number % 100 == 50:
            chosen = (flights[at:] + flights)[:50]
        elif number % 50 == 25:
            yield http(port, json.dumps({"flights": [flights[at] | {"distance": -1}]}).encode()), 422
            continue
        else:
            chosen = [flights[at]]
        yield http(port, json.dumps({"flights": chosen}).encode()), 200


def memory(pid: int) -> float:
    """MiB of the largest child of a process, the worker (Linux)."""
    found = [0.0]
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split():
        with contextlib.suppress(OSError):
            rows = Path(f"/proc/{child}/status").read_text(encoding="utf-8").splitlines()
            found += [int(row.split()[1]) / 1024 for row in rows if row.startswith("VmRSS")]
    return max(found)


async def soak(project: Path, seconds: float, per_second: float, callers: int = 16) -> int:
    """Send an hour's traffic within `seconds`, sample memory, report."""
    port = free_port()
    loop = asyncio.get_running_loop()
    with started(service(project, port), project, port, "/readyz") as pid:
        requests, samples = traffic(project, port), []
        next(requests)
        start = time.perf_counter()
        gap, there = callers / per_second, ("127.0.0.1", port)
        links = [loop.create_connection(lambda: Steady(requests, start + seconds, gap), *there) for _ in range(callers)]
        made = [caller for _, caller in await asyncio.gather(*links)]
        running = asyncio.gather(*(caller.done for caller in made))
        while not running.done():
            samples.append((time.perf_counter() - start, memory(pid)))
            await asyncio.wait([running], timeout=2)
    taken = sorted(value for caller in made for value in caller.taken)
    failed = sum(caller.failed for caller in made)
    p50, p99 = (taken[int(len(taken) * share)] for share in (0.5, 0.99))
    print(f"{len(taken):,} requests in {seconds:.0f} s, {failed} failed")
    print(f"p50 {p50:.1f} ms, p99 {p99:.1f} ms, worst {taken[-1]:.0f} ms")
    later = [sample for sample in samples if sample[0] > seconds / 3]
    slope = statistics.linear_regression(*zip(*later, strict=True)).slope
    sizes = [size for _, size in later]
    print(f"memory of the worker: {samples[0][1]:.0f} MiB at first, {min(sizes):.0f} to {max(sizes):.0f} MiB later,")
    print(f"slope {60 * slope:+.2f} MiB a minute ({1e5 * slope / per_second:+.2f} MiB per 100,000 requests)")
    return int(failed > 0 or 60 * slope > 1)


async def switch(project: Path, times: int, callers: int = 8) -> int:
    """Promote and roll back under load, `times` times each; report how long each took to reach every caller."""
    port, body = free_port(), example(project)
    Watching.seen = seen = collections.deque(maxlen=SAME_ANSWERS)
    loop = asyncio.get_running_loop()
    took: dict[str, list[float]] = {"promote": [], "rollback": []}
    with started(service(project, port), project, port, "/readyz"):
        made = [
            (await loop.create_connection(lambda: Watching(http(port, body), float("inf")), "127.0.0.1", port))[1]
            for _ in range(callers)
        ]
        code = SWITCHER.format(package=package_of(project))
        switcher = await asyncio.create_subprocess_exec(
            python(project), "-c", code, cwd=project, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        assert switcher.stdin
        assert switcher.stdout
        await switcher.stdout.readline()
        for number in range(2 * times):
            word = ("rollback", "promote")[number % 2]
            start = time.perf_counter()
            switcher.stdin.write(f"{word}\n".encode())
            while not (line := await switcher.stdout.readline()).startswith(b"now"):
                if not line:
                    raise SystemExit(
                        "the switcher ended: is there a former version? Run `nox -s retrain` in the project"
                    )
            now = line.split()[1]
            while set(seen) != {now}:
                if time.perf_counter() - start > 60:
                    raise SystemExit(f"{word} number {number + 1} did not arrive within a minute")
                await asyncio.sleep(0.01)
            took[word].append(time.perf_counter() - start)
        switcher.stdin.close()
        await switcher.wait()
        for caller in made:
            caller.until = 0
        await asyncio.gather(*(caller.done for caller in made))
    failed = sum(caller.failed for caller in made)
    latencies = sorted(value for caller in made for value in caller.taken)
    for word, seconds in took.items():
        print(
            f"{word:9}{len(seconds):4} times: median {statistics.median(seconds):.2f} s, longest {max(seconds):.2f} s"
        )
    print(f"{len(latencies):,} requests meanwhile, {failed} failed, p99 {latencies[int(0.99 * len(latencies))]:.1f} ms")
    return int(failed > 0 or max(map(max, took.values())) > 10)


@contextlib.contextmanager
def two_workers(project: Path) -> Iterator[None]:
    """The project's settings with two workers, for the time being."""
    file = project / "params.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("  workers: 1\n", "  workers: 2\n"), encoding="utf-8")
    try:
        yield
    finally:
        file.write_text(text, encoding="utf-8")


def main(words: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["soak", "switch"])
    parser.add_argument("project", nargs="?", type=Path)
    parser.add_argument("--seconds", type=float, default=180)
    parser.add_argument("--per-second", type=float, default=100)
    parser.add_argument("--times", type=int, default=100)
    options = parser.parse_args(words)
    with tempfile.TemporaryDirectory(prefix="soak-") as scratch:
        project = (options.project or make(Path(scratch), retrained=options.what == "switch")).resolve()
        if options.what == "soak":
            return asyncio.run(soak(project, options.seconds, options.per_second))
        with two_workers(project):
            return asyncio.run(switch(project, options.times))


if __name__ == "__main__":
    sys.exit(main())
