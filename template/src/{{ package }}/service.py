"""The HTTP service: `bentoml serve <package>.service:Service`.

BentoML runs the workers, the probes and /metrics; the routes are a mounted FastAPI app, which answers a single
flight in half the time of a BentoML method. A flight is checked by the same `schema.Flight` that defines the
training data, scored by the version that `serving.ModelHolder` holds, logged, and only then answered.
"""

from __future__ import annotations

import gc
import logging
import os
import re
import sqlite3
from typing import Annotated, Any
from uuid import uuid4

os.environ.setdefault("OTEL_SDK_DISABLED", "true")  # before BentoML is imported; a tenth of the latency

import bentoml
from fastapi import FastAPI, Header, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException as AnyHTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .config import load_params, paths
from .predictions import PredictionLog
from .schema import Flight
from .serving import SHADOW, ModelHolder

LOG = logging.getLogger(__name__)
SERVING = load_params().serving
SHOWN_PROBLEMS = 20
SAFE_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")


class Batch(BaseModel):
    """What /predict takes: one flight or many, but never an unbounded number."""

    model_config = ConfigDict(extra="forbid")
    flights: Annotated[list[Flight], Field(min_length=1, max_length=SERVING.max_rows)]


class Prediction(BaseModel):
    """The answer for one flight."""

    probability: float = Field(description="of leaving late, 0 to 1")
    alert: bool = Field(description="the probability reaches the threshold chosen at training")


class Answer(BaseModel):
    """The answer for a batch, in its order, from one model version."""

    model_config = ConfigDict(protected_namespaces=())
    model_version: str
    request_id: str
    predictions: list[Prediction]


class BodyLimit:
    """Refuse a body above the limit while it arrives, before anything parses or keeps it."""

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self.app = app
        self.limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self.limit:
                raise HTTPException(413, f"The request is larger than {self.limit} bytes; send fewer flights.")
            return message

        await self.app(scope, counted, send)


app = FastAPI(title="Prediction service", docs_url=None, redoc_url=None)
app.add_middleware(BodyLimit, limit=SERVING.max_body_bytes)


@app.exception_handler(RequestValidationError)
async def explain(_: Request, error: RequestValidationError) -> JSONResponse:
    """422 as a person reads it: which flight, which field, why."""
    problems = [problem(entry) for entry in error.errors()]
    message = f"{len(problems)} problem{'s' if len(problems) > 1 else ''} in the request; nothing was predicted"
    return JSONResponse({"error": message, "problems": problems[:SHOWN_PROBLEMS]}, status_code=422)


def problem(entry: dict[str, Any]) -> dict[str, Any]:
    """One pydantic error as {row, field, reason, value}; the value is cut, never echoed whole."""
    where = [part for part in entry["loc"] if part not in ("body", "flights")]
    row = where.pop(0) if where and isinstance(where[0], int) else None
    if entry["type"] == "json_invalid":
        row, where = None, []
    field = ".".join(map(str, where)) or ("flights" if "flights" in entry["loc"] else "body")
    value = entry.get("input")
    shown = repr(value)[:80] if isinstance(value, str | int | float | bool) else None
    return {"row": row, "field": field[:80], "reason": entry["msg"], "value": shown}


@app.exception_handler(AnyHTTPException)
async def one_line(_: Request, error: AnyHTTPException) -> JSONResponse:
    """Every other refusal in the same shape."""
    return JSONResponse({"error": error.detail}, status_code=error.status_code)


@bentoml.service(
    workers=SERVING.workers,
    # Short on purpose: BentoML keeps objects of every request until its timeout, and collecting them stalls the tail.
    traffic={"timeout": SERVING.timeout_seconds},
    http={"host": "127.0.0.1", "port": SERVING.port},
    logging={"access": {"enabled": False}},
    metrics={"enabled": True},
)
@bentoml.asgi_app(app)
class Service:
    """One worker: its model, its log, its routes."""

    def __init__(self) -> None:
        where = paths()
        self.log = PredictionLog(where.predictions)
        self.models = ModelHolder(where.serving)
        self.challenger = ModelHolder(where.serving, SHADOW)
        # What start-up left behind is never garbage; full collections over it cost 150-250 ms each.
        gc.collect()
        gc.freeze()
        gc.set_threshold(2000, 20, 100)

    def __is_ready__(self) -> bool:
        """GET /readyz: 503 until a model is loaded (GET /healthz only says that the process lives)."""
        return self.models.current is not None

    @app.post("/predict")
    async def predict(self, batch: Batch, x_request_id: Annotated[str | None, Header()] = None) -> Answer:
        """Score every flight with the current model version; logged before it is answered."""
        model = self.models.current
        if model is None:
            raise HTTPException(503, "No model is served yet; run `nox -s pipeline` and `nox -s promote`.")
        request_id = x_request_id if x_request_id and SAFE_REQUEST_ID.fullmatch(x_request_id) else uuid4().hex
        scores = model.score(batch.flights)
        alerts = [score >= model.threshold for score in scores]
        try:
            inputs = [flight.model_dump(mode="json") for flight in batch.flights]
            self.log.append(request_id, model.version, inputs, scores, alerts, self.in_shadow(batch.flights))
        except sqlite3.Error as error:
            raise HTTPException(503, f"The prediction could not be logged ({error}), so it is not given.") from error
        predictions = [Prediction(probability=s, alert=a) for s, a in zip(scores, alerts, strict=True)]
        return Answer(model_version=model.version, request_id=request_id, predictions=predictions)

    def in_shadow(self, flights: list[Flight]) -> tuple[str, list[float]] | None:
        """What the challenger says of the same flights: logged, never answered; no fault of it is the caller's."""
        model = self.challenger.current
        if model is None:
            return None
        try:
            return model.version, model.score(flights)
        except Exception:  # a challenger on trial must not take the answer with it
            LOG.exception("the challenger %s could not score in shadow", model.version)
            return None

    @app.get("/version")
    async def version(self) -> dict[str, str | float | None]:
        """Which version this worker answers with, and why a newer one was refused, if one was."""
        model = self.models.current
        return {
            "model_version": model.version if model else None,
            "sha256": model.sha256 if model else None,
            "threshold": model.threshold if model else None,
            "refused": self.models.refused,
            "shadow_version": self.challenger.current.version if self.challenger.current else None,
        }
