"""The HTTP service: `bentoml serve <package>.service:Service`.

BentoML runs the workers, the probes and /metrics; the routes are a mounted FastAPI app, which answers a single
flight in half the time of a BentoML method. A flight is checked by the same `schema.Flight` that defines the
training data, scored by the version that `serving.ModelHolder` holds, logged, and only then answered.
"""

from __future__ import annotations

import gc
import logging
import os
import sqlite3
from functools import partial
from typing import Annotated, Any, Literal, Self

os.environ.setdefault("OTEL_SDK_DISABLED", "true")  # before BentoML is imported; a tenth of the latency

import bentoml
from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse, JSONResponse
from pydantic import BaseModel, ConfigDict, Field, model_validator
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException as AnyHTTPException
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from .config import PACKAGE, ProjectError, load_params, one_sentence, paths
from .predictions import PredictionLog
from .schema import Flight
from .serving import CHALLENGER, ModelHolder, ServedModel, in_canary
from .telemetry import SECONDS_BUCKETS, Doorway, Lines, Metrics

LOG = logging.getLogger(__name__)
LINES = Lines()
with one_sentence():
    SERVING = load_params().serving
TRIAL = SERVING.challenger
SHOWN_PROBLEMS = 20
ANSWERED = "POST /predict, GET /version, /healthz, /readyz, /metrics; GET / shows how"
Role = Literal["champion", "challenger"]


class Batch(BaseModel):
    """What /predict takes: one flight or many, but never an unbounded number."""

    model_config = ConfigDict(extra="forbid")
    flights: Annotated[list[Flight], Field(min_length=1, max_length=SERVING.max_rows)]
    explain: bool = Field(default=False, description=f"say why, for {SERVING.max_explained} flights at most")

    @model_validator(mode="after")
    def _few_enough(self) -> Self:
        if self.explain and len(self.flights) > SERVING.max_explained:
            raise ValueError(f"at most {SERVING.max_explained} flights are explained in one request")
        return self


class Why(BaseModel):
    """Where a probability comes from: the base, what an average flight gets, and what each input adds to it."""

    base: float
    contributions: dict[str, float] = Field(description="by input, the largest effect first; base + sum = probability")


class Prediction(BaseModel):
    """The answer for one flight."""

    probability: float = Field(description="of leaving late, 0 to 1")
    alert: bool = Field(description="the probability reaches the threshold chosen at training")
    why: Why | None = Field(default=None, description="if `explain` was asked for")


class Answer(BaseModel):
    """The answer for a batch, in its order, from one model version."""

    model_config = ConfigDict(protected_namespaces=())
    model_version: str
    role: Role
    request_id: str
    predictions: list[Prediction]


app = FastAPI(title="Prediction service", docs_url=None, redoc_url=None)
app.add_middleware(Doorway, limit=SERVING.max_body_bytes, lines=LINES, level=SERVING.log)


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
async def one_line(request: Request, error: AnyHTTPException) -> JSONResponse:
    """Every other refusal in the same shape."""
    told = error.detail
    if error.status_code in (404, 405):
        told = f"{request.method} {request.url.path[:80]} is not answered here; ask {ANSWERED}"
    return JSONResponse({"error": told}, status_code=error.status_code, headers=error.headers)


async def elsewhere(scope: Scope, receive: Receive, send: Send) -> None:
    """Whatever no route asks for: the app refuses it as it refuses everything, instead of BentoML in plain text."""
    await app(scope, receive, send)


@bentoml.asgi_app(elsewhere)  # looked at after the app's routes and the probes, so that no prediction waits for it
@bentoml.service(
    workers=SERVING.workers,
    # Short on purpose: BentoML keeps objects of every request until its timeout, and collecting them stalls the tail.
    traffic={"timeout": SERVING.timeout_seconds},
    http={"host": "127.0.0.1", "port": SERVING.port},
    logging={"access": {"enabled": False}},
    metrics={"enabled": True, "duration": {"buckets": SECONDS_BUCKETS}},
)
@bentoml.asgi_app(app)
class Service:
    """One worker: its models, its log, its routes."""

    def __init__(self) -> None:
        where = paths()
        LINES.start(logging.getLogger(PACKAGE))
        self.metrics = Metrics()
        self.log = PredictionLog(where.predictions)
        self.models = ModelHolder(where.serving, told=partial(self.metrics.holds, "champion"))
        self.challenger = (
            ModelHolder(where.serving, CHALLENGER, told=partial(self.metrics.holds, "challenger"))
            if TRIAL.mode != "off"
            else None
        )
        # What start-up left behind is never garbage; full collections over it cost 150-250 ms each.
        gc.collect()
        gc.freeze()
        gc.set_threshold(2000, 20, 100)

    @bentoml.on_shutdown  # type: ignore[untyped-decorator]
    def stop(self) -> None:
        """After the last answer: nothing that was logged is lost."""
        self.models.close()
        if self.challenger:
            self.challenger.close()
        self.log.close()
        LINES.close()

    def __is_ready__(self) -> bool:
        """GET /readyz: 503 until a model is loaded (GET /healthz only says that the process lives)."""
        return self.models.current is not None

    @app.post("/predict", response_model_exclude_none=True)
    async def predict(self, batch: Batch, request: Request) -> Answer:
        """Score every flight with one model version; logged before it is answered."""
        told = request.scope["told"]
        request_id: str = told["request_id"]
        model, role, scores = self.scored(request_id, batch.flights)
        alerts = [score >= model.threshold for score in scores]
        shadow = self.in_shadow(batch.flights) if TRIAL.mode == "shadow" else None
        try:
            inputs = [flight.model_dump(mode="json") for flight in batch.flights]
            self.log.append(request_id, model.version, inputs, scores, alerts, shadow)
        except sqlite3.Error as error:
            raise HTTPException(503, f"The prediction could not be logged ({error}), so it is not given.") from error
        self.metrics.answered(model.version, role, scores)
        told.update(model_version=model.version, role=role, rows=len(scores))
        predictions = [Prediction(probability=s, alert=a) for s, a in zip(scores, alerts, strict=True)]
        if batch.explain:
            await self.explain(model, batch.flights, predictions)
        return Answer(model_version=model.version, role=role, request_id=request_id, predictions=predictions)

    def scored(self, request_id: str, flights: list[Flight]) -> tuple[ServedModel, Role, list[float]]:
        """Who answers this request, and the scores: the challenger on its share of the traffic, else the champion."""
        champion = self.models.current
        if champion is None:
            raise HTTPException(503, "No model is served yet; run `uv run nox -s pipeline promote`.")
        if TRIAL.mode == "share" and in_canary(request_id, TRIAL.share) and (tried := self.tried(flights)):
            return tried[0], "challenger", tried[1]
        return champion, "champion", champion.score(flights)

    async def explain(self, model: ServedModel, flights: list[Flight], predictions: list[Prediction]) -> None:
        """Add the reasons, worked out on another thread: other requests are answered meanwhile."""
        try:
            reasons = await run_in_threadpool(model.explain, flights)
        except ProjectError as error:
            LOG.warning("version %s can't be explained: %s", model.version, error)
            problem = f"Version {model.version} has no flights to compare with: ask without explain."
            raise HTTPException(409, problem) from error
        for prediction, reason in zip(predictions, reasons, strict=True):
            prediction.why = Why(base=reason.base, contributions=reason.contributions)

    def in_shadow(self, flights: list[Flight]) -> tuple[str, list[float]] | None:
        """What the challenger says of the same flights: logged, never answered."""
        if not (tried := self.tried(flights)):
            return None
        model, scores = tried
        self.metrics.scored(model.version, "shadow", scores)
        return model.version, scores

    def tried(self, flights: list[Flight]) -> tuple[ServedModel, list[float]] | None:
        """The challenger's scores; no fault of a model on trial is the caller's."""
        model = self.challenger.current if self.challenger else None
        if model is None:
            return None
        try:
            return model, model.score(flights)
        except Exception:
            self.metrics.challenger_failed(model.version)
            LOG.exception("the challenger %s could not score", model.version)
            return None

    @app.get("/version")
    async def version(self) -> dict[str, str | float | None]:
        """Which versions this worker holds, and why a newer one was refused, if one was."""
        model = self.models.current
        challenger = self.challenger.current if self.challenger else None
        return {
            "model_version": model.version if model else None,
            "sha256": model.sha256 if model else None,
            "threshold": model.threshold if model else None,
            "refused": self.models.refused,
            "challenger_version": challenger.version if challenger else None,
            "challenger_mode": TRIAL.mode,
            "challenger_share": TRIAL.share if TRIAL.mode == "share" else None,
        }

    @app.get("/", include_in_schema=False)
    async def page(self) -> HTMLResponse:
        """What can be asked, to read and to try in a browser; in place of BentoML's page, which loads a tracker."""
        return get_swagger_ui_html(
            openapi_url="openapi.json",
            title=app.title,
            swagger_js_url="static_content/swagger-ui-bundle.js",
            swagger_css_url="static_content/swagger-ui.css",
            swagger_favicon_url="static_content/favicon-light-32x32.png",
        )


# After the routes of the class, which are looked at first.
app.mount("/static_content", StaticFiles(packages=[("bentoml._internal.server", "static_content")]))
