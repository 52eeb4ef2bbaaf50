"""Where things are and what is set: the project's folders, and `params.yaml` as checked, frozen values."""

from __future__ import annotations

import errno
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

PACKAGE = (__package__ or __name__).partition(".")[0]
MODEL_NAME = PACKAGE.replace("_", "-")

MONTH = re.compile(r"^\d{4}-(0[1-9]|1[0-2])$")
Month = Annotated[str, Field(pattern=MONTH.pattern)]
Share = Annotated[float, Field(ge=0, le=1)]


NO_ROOM = (errno.ENOSPC, errno.EROFS, getattr(errno, "EDQUOT", errno.ENOSPC))


class ProjectError(Exception):
    """Something a person can put right: one sentence that says what, where and what to do."""


@contextmanager
def one_sentence() -> Iterator[None]:
    """Around a command's main: what a person can put right ends it with a sentence and exit code 1, not a traceback.

    That is a ProjectError, or a file or disk that is missing, full or not ours. Ctrl-C ends it as quietly.
    """
    try:
        yield
    except ProjectError as error:
        raise SystemExit(f"error: {error}") from None
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        raise SystemExit(130) from None
    except OSError as error:
        if not (error.filename or error.errno in NO_ROOM):
            raise
        where = f"{error.filename2 or error.filename}: " if error.filename else ""
        raise SystemExit(f"error: {where}{error.strerror}") from None


class Section(BaseModel):
    """A part of params.yaml; a misspelt key is an error, not a default."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class DataParams(Section):
    """What is read, and when it is too poor to train on."""

    late_minutes: int = Field(30, gt=0)
    weather_lead_hours: int = Field(1, ge=0)
    sample: float = Field(1.0, gt=0, le=1)
    seed: int = 0
    min_rows: int = Field(1000, gt=0)
    max_missing: Share = 0.25
    late_share: tuple[Share, Share] = (0.02, 0.5)


class SplitParams(Section):
    """Months by time: never a random split, the future must stay unseen."""

    train: tuple[Month, ...] = Field(min_length=1)
    validation: Month
    test: Month
    reference_rows: int = Field(50_000, gt=0)

    @model_validator(mode="after")
    def _in_order(self) -> SplitParams:
        months = [*self.train, self.validation, self.test]
        if months != sorted(set(months)):
            raise ValueError(f"months must follow each other in time without overlap: {', '.join(months)}")
        return self


class TrainParams(Section):
    """Settings of the gradient boosting."""

    seed: int = 0
    learning_rate: float = Field(0.06, gt=0)
    max_iter: int = Field(120, gt=0)
    max_leaf_nodes: int = Field(31, gt=1)
    min_samples_leaf: int = Field(100, gt=0)
    l2_regularization: float = Field(0.0, ge=0)


class TuneParams(Section):
    """The budget of a search: how many settings are tried."""

    trials: int = Field(12, ge=1, le=1000)
    seed: int = 0


class AlertParams(Section):
    """How many flights people can look after at most, and what a missed late one and a vain alert cost in euro."""

    rate: float = Field(0.1, gt=0, lt=1)
    cost_missed: float = Field(60, ge=0)
    cost_false: float = Field(8, ge=0)


class GateParams(Section):
    """What a challenger must show on the test month before it may be promoted."""

    min_gain_over_baseline: float = 0.02
    min_gain_over_champion: float = 0.005
    max_calibration_error: Share = 0.1
    max_slice_loss: Share = 0.1
    min_slice_flights: int = Field(1000, ge=1)


class FairnessParams(Section):
    """Between which groups the care should be alike; small ones are listed and not compared."""

    groups: tuple[Literal["carrier", "origin", "hour"], ...] = ()
    min_flights: int = Field(500, ge=1)


# -- monitoring, serving, retraining ---------------------------------------------------------------------------------


class MonitorParams(Section):
    """When a month counts as drifted, and when the model as decayed.

    Only effect sizes are allowed: with 25,000 rows a month a p-value flags differences that nobody could notice.
    """

    num_method: Literal["wasserstein", "psi", "jensenshannon"] = "wasserstein"
    num_threshold: float = Field(0.1, gt=0)
    cat_method: Literal["jensenshannon", "psi"] = "jensenshannon"
    cat_threshold: float = Field(0.1, gt=0)
    drift_share: Share = 0.3
    sample_rows: int = Field(50_000, ge=100)
    max_pr_auc_drop: Share = 0.03
    seed: int = 0


class ChallengerParams(Section):
    """How a new version is tried before it is promoted: not at all, in shadow, or on a share of the requests."""

    mode: Literal["off", "shadow", "share"] = "shadow"
    share: Share = 0.1


class ServingParams(Section):
    """The limits of the HTTP service."""

    port: int = Field(3000, ge=1, le=65535)
    workers: int = Field(1, ge=1, le=64)
    max_rows: int = Field(1000, ge=1, le=100_000)
    max_explained: int = Field(20, ge=1, le=1000)
    max_body_bytes: int = Field(1_048_576, ge=1024)
    timeout_seconds: int = Field(2, ge=1)
    log: Literal["info", "warning", "error"] = "info"
    challenger: ChallengerParams = ChallengerParams()


class LoadParams(Section):
    """The budget of the service under load: callers that never pause, one flight a request."""

    callers: int = Field(4, ge=1, le=64)
    seconds: float = Field(10, gt=0)
    p95_ms: float = Field(100, gt=0)
    p99_ms: float = Field(250, gt=0)
    min_requests: int = Field(100, ge=1)


class RetrainParams(Section):
    """The retraining flow: when it runs and how patient its tasks are."""

    cron: str = "0 6 3 * *"
    retries: int = Field(2, ge=0)
    retry_seconds: float = Field(5, ge=0)
    timeout_seconds: int = Field(900, ge=1)
    server_port: int = Field(4200, ge=1, le=65535)
    task_runner: Literal["local", "dask", "ray"] = "local"
    cluster: str | None = None

    @model_validator(mode="after")
    def _names_its_cluster(self) -> Self:
        if self.task_runner != "local" and not self.cluster:
            raise ValueError(f"task_runner {self.task_runner} needs the address of a running cluster in `cluster`")
        return self


class NotifyParams(Section):
    """What messages link to: the address where the team reads docs/runbook.md."""

    runbook: str = Field("docs/runbook.md", min_length=1)


# -- everything together ---------------------------------------------------------------------------------------------


class Params(Section):
    """The whole of params.yaml."""

    data: DataParams
    split: SplitParams
    train: TrainParams
    tune: TuneParams = TuneParams()
    alert: AlertParams
    gate: GateParams
    fairness: FairnessParams = FairnessParams()
    monitor: MonitorParams = MonitorParams()
    serving: ServingParams = ServingParams()
    load: LoadParams = LoadParams()
    retrain: RetrainParams = RetrainParams()
    notify: NotifyParams = NotifyParams()


def root() -> Path:
    """The project's folder: PROJECT_ROOT, else the nearest folder upwards that holds params.yaml."""
    if named := os.environ.get("PROJECT_ROOT"):
        return Path(named).resolve()
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "params.yaml").is_file():
            return folder
    raise ProjectError(f"no params.yaml in {here} or above: run this inside the project, or set PROJECT_ROOT")


@dataclass(frozen=True)
class Paths:
    """Every place the project writes to or reads from."""

    root: Path

    @property
    def params(self) -> Path:
        """The settings."""
        return self.root / "params.yaml"

    @property
    def raw(self) -> Path:
        """Development months as ingested, `<month>.parquet`."""
        return self.root / "data" / "raw"

    @property
    def features(self) -> Path:
        """Development months as the model sees them."""
        return self.root / "data" / "features"

    @property
    def split(self) -> Path:
        """train, validation, test and reference of the development window."""
        return self.root / "data" / "split"

    @property
    def inbox(self) -> Path:
        """Months that somebody delivered and that are not checked yet."""
        return self.root / "data" / "inbox"

    @property
    def production(self) -> Path:
        """Months that arrived after development."""
        return self.root / "data" / "production"

    @property
    def candidate(self) -> Path:
        """The model the pipeline trained last, with its manifest, baseline and reference."""
        return self.root / "models" / "candidate"

    @property
    def serving(self) -> Path:
        """Exported versions and current.json, the pointer the service follows."""
        return self.root / "models" / "serving"

    @property
    def reports(self) -> Path:
        """Metrics, plots, gate decisions, drift reports."""
        return self.root / "reports"

    @property
    def predictions(self) -> Path:
        """The prediction log of the service; PREDICTION_LOG puts it elsewhere, on a volume of a container."""
        return Path(os.environ.get("PREDICTION_LOG") or self.root / "data" / "predictions.db")

    @property
    def tracking_uri(self) -> str:
        """Where MLflow keeps runs and the registry; MLFLOW_TRACKING_URI wins."""
        return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{(self.root / 'mlflow.db').as_posix()}"

    @property
    def artifacts(self) -> Path:
        """Where MLflow keeps files, when the tracking store is the local one."""
        return self.root / "mlartifacts"


def paths() -> Paths:
    """The folders of the project we stand in."""
    return Paths(root())


def load_params(path: Path | None = None) -> Params:
    """Read and check params.yaml."""
    path = path or paths().params
    try:
        return Params.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise ProjectError(f"{path} can't be read: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ProjectError(f"{path} is not valid YAML: {' '.join(str(error).split())}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise ProjectError(f"{path.name}: {where} {wrong(first['type'], first['msg'], first['input'])}") from error


def wrong(kind: str, message: str, given: object) -> str:
    """What pydantic says of a setting, as somebody who typed it understands it."""
    if kind == "missing":
        return "is missing"
    if kind == "extra_forbidden":
        return f"is no setting: misspelt, or one of another version? (got {given!r})"
    text = message.removeprefix("Value error, ").replace("Input should", "should")
    return f"is wrong: {text}" + (f" (got {given!r})" if isinstance(given, str | int | float | bool) else "")
