"""The service as its callers see it: one question (`nox -s predict`), or latency under load (`nox -s load`).

Under load, callers that never pause ask for one flight each, over connections that stay open, as a client in the same
data centre would. What is measured is what such a caller waits, from the first byte sent to the last received.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import numpy as np

from .config import LoadParams, ProjectError, load_params, one_sentence
from .schema import EXAMPLE

QUESTION = {"flights": [EXAMPLE.model_dump(mode="json")]}
BODY = json.dumps(QUESTION)
HEADERS = {"Content-Type": "application/json"}
STRANGER = "not as this service does; another program listens there (serving.port in params.yaml, or SERVICE_URL)"


@dataclass(frozen=True)
class Latency:
    """What the callers saw: milliseconds of every answer, and how many requests failed."""

    milliseconds: tuple[float, ...]
    failed: int
    seconds: float

    def percentile(self, rank: float) -> float:
        """The latency that `rank` percent of the answers do not exceed."""
        return float(np.percentile(self.milliseconds, rank)) if self.milliseconds else float("inf")

    def __str__(self) -> str:
        found = ", ".join(f"p{rank} {self.percentile(rank):.1f} ms" for rank in (50, 95, 99))
        answered = len(self.milliseconds)
        rate = answered / self.seconds
        return f"{answered} answers in {self.seconds:.1f} s ({rate:.0f} a second), {self.failed} failed: {found}"


def caller(host: str, until: float) -> tuple[list[float], int]:
    """Ask until the time is up; milliseconds of the answers, and the number of failures."""
    taken: list[float] = []
    failed = 0
    connection = http.client.HTTPConnection(host, timeout=10)
    try:
        while time.perf_counter() < until:
            start = time.perf_counter()
            try:
                connection.request("POST", "/predict", BODY, HEADERS)
                answer = connection.getresponse()
                answer.read()
            except (OSError, http.client.HTTPException):
                failed += 1
                connection.close()
                time.sleep(0.05)
                continue
            failed += answer.status != 200
            taken.append(1000 * (time.perf_counter() - start))
    finally:
        connection.close()
    return taken, failed


def measure(url: str, params: LoadParams) -> Latency:
    """Put the service at `url` under load."""
    host = urlsplit(url).netloc
    caller(host, time.perf_counter() + min(1.0, params.seconds / 4))  # the first answers warm up what later ones use
    start = time.perf_counter()
    with ThreadPoolExecutor(params.callers) as pool:
        found = list(pool.map(caller, [host] * params.callers, [start + params.seconds] * params.callers))
    milliseconds = tuple(value for taken, _ in found for value in taken)
    return Latency(milliseconds, sum(failed for _, failed in found), time.perf_counter() - start)


def check(latency: Latency, budget: LoadParams) -> None:
    """Raise `ProjectError` when the service failed, or was slower than its budget."""
    if latency.failed:
        raise ProjectError(f"{latency.failed} requests failed under load; the budget allows none")
    if len(latency.milliseconds) < budget.min_requests:
        raise ProjectError(f"only {len(latency.milliseconds)} answers, {budget.min_requests} are needed to judge")
    for rank, limit in ((95, budget.p95_ms), (99, budget.p99_ms)):
        if latency.percentile(rank) > limit:
            found = f"p{rank} is {latency.percentile(rank):.1f} ms"
            raise ProjectError(f"{found}, the budget is {limit:g} ms (load.p{rank}_ms in params.yaml)")


def ask(url: str) -> None:
    """Send the example flight and show question and answer."""
    request = Request(f"{url}/predict", BODY.encode(), HEADERS)  # noqa: S310
    try:
        with urlopen(request, timeout=10) as answer:  # noqa: S310
            said = json.loads(answer.read())
    except HTTPError as error:
        text = error.read().decode(errors="replace")
        raise ProjectError(f"{url} answered {error.code}: {text[:500] if text[:1] == '{' else STRANGER}") from error
    except (OSError, http.client.HTTPException) as error:
        what = f"no service answers at {url} ({getattr(error, 'reason', error)})"
        raise ProjectError(f"{what}: start it with `uv run nox -s serve`") from error
    except ValueError as error:
        raise ProjectError(f"{url} answered: {STRANGER}") from error
    print(f"POST {url}/predict\n{json.dumps(QUESTION, indent=2)}\n-> {json.dumps(said, indent=2)}")


def hold(url: str, budget: LoadParams) -> None:
    """Measure the running service and hold it to its budget."""
    latency = measure(url, budget)
    if not latency.milliseconds:
        raise ProjectError(f"no service answers at {url}: start it with `uv run nox -s serve`")
    print(latency)
    check(latency, budget)
    print(f"within the budget: p95 {budget.p95_ms:g} ms, p99 {budget.p99_ms:g} ms")


def main(words: list[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="client", description="Ask the running service.")
    parser.add_argument("command", choices=["ask", "load"])
    chosen = parser.parse_args(words)
    params = load_params()
    url = os.environ.get("SERVICE_URL") or f"http://127.0.0.1:{params.serving.port}"
    if chosen.command == "ask":
        ask(url)
    else:
        hold(url, params.load)


if __name__ == "__main__":
    with one_sentence():
        main()
