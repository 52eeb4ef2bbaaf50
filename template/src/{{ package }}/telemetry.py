"""What the service tells of itself: metrics for Prometheus, and a JSON line for every request, beside the answers.

A line names the request, what answered it and how long that took; never what was asked, which only the prediction log
keeps. Lines are gathered and written by a thread of their own, a few times a second, so that no answer waits for it.
"""

from __future__ import annotations

import json
import logging
import re
import threading
import time
from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from fastapi import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

WRITE_EVERY_SECONDS = 0.2
SCORE_BUCKETS = tuple(round(0.05 * step, 2) for step in range(1, 21))
SECONDS_BUCKETS = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0]
SAFE_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")
LEVELS = {"info": 0, "warning": 400, "error": 500}  # a line for a request that ended with this status or a higher one
MOST_WAITING = 100_000  # a reader of the log that hangs costs the oldest lines, not memory


class Metrics:
    """The service's own figures on /metrics; BentoML adds requests by code and their duration."""

    def __init__(self) -> None:
        # Imported here: BentoML says where workers share their figures after it has imported the service.
        from prometheus_client import Counter, Gauge, Histogram

        who = ["model_version", "role"]
        self._answers = Counter("prediction_requests_total", "Requests answered", who)
        self._rows = Counter("predictions_total", "Flights scored", who)
        self._scores = Histogram("prediction_score", "Scores given, or logged in shadow", who, buckets=SCORE_BUCKETS)
        self._failures = Counter("challenger_failures_total", "Requests it could not score", ["model_version"])
        self._models = Gauge("served_model", "1 for a loaded model", [*who, "sha256"], multiprocess_mode="mostrecent")
        self._loaded: dict[str, tuple[str, str]] = {}

    def answered(self, version: str, role: str, scores: Sequence[float]) -> None:
        """A request that got its answer."""
        self._answers.labels(version, role).inc()
        self.scored(version, role, scores)

    def scored(self, version: str, role: str, scores: Sequence[float]) -> None:
        """Scores of a version, given to somebody or only logged."""
        self._rows.labels(version, role).inc(len(scores))
        histogram = self._scores.labels(version, role)
        for score in scores:
            histogram.observe(score)

    def challenger_failed(self, version: str) -> None:
        """The challenger could not score; the champion answered."""
        self._failures.labels(version).inc()

    def holds(self, role: str, version: str | None, sha256: str = "") -> None:
        """Which version a role is held by from now on."""
        now = (version, sha256) if version else None
        before = self._loaded.get(role)
        if before and before != now:
            self._models.labels(before[0], role, before[1]).set(0)
            del self._loaded[role]
        if now and before != now:
            self._models.labels(now[0], role, now[1]).set(1)
            self._loaded[role] = now


class Lines:
    """JSON lines on standard output, written a few times a second by a thread once `start` was called."""

    def __init__(self) -> None:
        self._waiting: deque[dict[str, Any]] = deque(maxlen=MOST_WAITING)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._write_on, name="log-lines", daemon=True)

    def start(self, logger: logging.Logger) -> None:
        """Write from now on; messages of `logger` become lines as well."""
        logger.addHandler(_AsLine(self))
        logger.propagate = False
        self._thread.start()

    def add(self, **line: Any) -> None:
        """Keep a line to be written soon; costs less than a microsecond."""
        self._waiting.append({"time": time.time(), **line})

    def _write_on(self) -> None:
        while not self._stop.wait(WRITE_EVERY_SECONDS):
            self.flush()

    def flush(self) -> None:
        """Write what waits."""
        lines = []
        while self._waiting:
            line = self._waiting.popleft()
            line["time"] = datetime.fromtimestamp(line["time"], UTC).isoformat(timespec="milliseconds")
            lines.append(json.dumps(line) + "\n")
        if lines:
            print("".join(lines), end="", flush=True)

    def close(self) -> None:
        """Write the last lines; none is lost when the service is asked to stop."""
        self._stop.set()
        self._thread.join()
        self.flush()


class _AsLine(logging.Handler):
    def __init__(self, lines: Lines) -> None:
        super().__init__()
        self._lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        told = {"level": record.levelname.lower(), "event": record.getMessage()}
        if record.exc_info and record.exc_info[1]:
            told["error"] = repr(record.exc_info[1])[:500]
        self._lines.add(**told)


class Doorway:
    """Around every request: its id, a limit to its body while it arrives, and a line about how it ended."""

    def __init__(self, app: ASGIApp, limit: int, lines: Lines, level: str) -> None:
        self.app = app
        self.limit = limit
        self.lines = lines
        self.from_status = LEVELS[level]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        start = time.perf_counter()
        received = status = 0
        asked = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"").decode("latin-1")
        told: dict[str, Any] = {"request_id": asked if SAFE_REQUEST_ID.fullmatch(asked) else uuid4().hex}
        scope["told"] = told

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self.limit:
                raise HTTPException(413, f"The request is larger than {self.limit} bytes; send fewer flights.")
            return message

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"].append((b"x-request-id", told["request_id"].encode()))
            await send(message)

        try:
            await self.app(scope, counted, noted)
        finally:
            status = status or 500
            if status >= self.from_status:
                level = "info" if status < 400 else "warning" if status < 500 else "error"
                took = round(1000 * (time.perf_counter() - start), 3)
                self.lines.add(level=level, event="request", path=scope["path"][:80], status=status, ms=took, **told)
