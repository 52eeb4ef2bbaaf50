"""Training: fit the model and the baseline on the training months, set the alert threshold on the validation month.

Everything needed to ask later "what is this model?" goes on the MLflow run: settings, data with digests, commit,
signature, requirements. What the service needs goes into one folder: model, manifest, baseline, reference, background.
"""

from __future__ import annotations

import shutil
import time
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from . import features
from .config import Params, Paths, ProjectError, load_params, one_sentence, paths
from .data import rows_of
from .explain import choose_background
from .features import FEATURES
from .measure import cheapest_threshold
from .model import BACKGROUND, REFERENCE, TRUSTED_TYPES, Baseline, build_model, import_skops, save, sha256
from .schema import LABEL
from .split import PARTS, Window, windows
from .tracking import connect, lineage

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

REQUIREMENTS = ("numpy", "scikit-learn", "skops")


def read_part(folder: Path, part: str) -> tuple[NDArray[np.float64], NDArray[np.int8]]:
    """Features and labels of train, validation or test."""
    file = folder / f"{part}.parquet"
    if not file.is_file():
        raise ProjectError(f"{file} is missing: run the stages before, `dvc repro split`")
    frame = rows_of(file)
    return frame[list(FEATURES)].to_numpy(), frame[LABEL].to_numpy()


def fit(window: Window, params: Params, split: Path, out: Path, at: Paths | None = None) -> str:
    """Train on `split`, leave the model in `out`, track the run; returns the run's id."""
    import_skops()  # before MLflow
    import mlflow

    at = at or paths()
    connect(at)
    train, late = read_part(split, "train")
    validation, later = read_part(split, "validation")
    name = f"{window.train[0]}..{window.train[-1]}"
    with mlflow.start_run(run_name=f"train {name}", tags=lineage(at)) as run:
        model = build_model(params.train)
        started = time.perf_counter()
        model.fit(train, late)
        seconds = time.perf_counter() - started
        threshold = cheapest_threshold(later, model.predict_proba(validation)[:, 1], params.alert)
        run_id: str = run.info.run_id
        data = {part: sha256(split / f"{part}.parquet") for part in PARTS}
        meta = {"run_id": run_id, "threshold": threshold, "window": window.as_dict(), "data": data}
        shutil.rmtree(out, ignore_errors=True)
        digest = save(model, out, meta)
        Baseline.fit(train, late).save(out)
        np.save(out / BACKGROUND, choose_background(train, params.train.seed))
        reference = pd.read_parquet(split / REFERENCE)
        reference["score"] = model.predict_proba(features.build(reference).to_numpy())[:, 1]
        reference.to_parquet(out / REFERENCE, index=False)

        mlflow.log_params(settings(params, window))
        mlflow.log_metrics({"fit_seconds": seconds, "threshold": threshold, "train_rows": len(train)})
        mlflow.set_tag("model_sha256", digest)
        log_data(split, data)
        log_model(model, train[:3])
        mlflow.log_artifacts(str(out), "bundle")
    print(f"trained on {name}: {len(train):,} flights in {seconds:.1f} s, alert from {threshold:.3f}, run {run_id}")
    return run_id


def settings(params: Params, window: Window) -> dict[str, Any]:
    """What goes on the run as params."""
    data = params.data.model_dump(include={"sample", "late_minutes", "weather_lead_hours"})
    alert = {f"alert_{name}": value for name, value in params.alert.model_dump().items()}
    return params.train.model_dump() | alert | data | {"window": str(window)}


def log_data(split: Path, digests: dict[str, str]) -> None:
    """Each part of the split as an MLflow dataset, with the digest of the very file."""
    import mlflow
    from mlflow.data.dataset_source_registry import resolve_dataset_source
    from mlflow.data.meta_dataset import MetaDataset

    for part, digest in digests.items():
        with warnings.catch_warnings():  # MLflow knows two names for a local file and can't decide
            warnings.simplefilter("ignore")
            source = resolve_dataset_source(str(split / f"{part}.parquet"))
        mlflow.log_input(MetaDataset(source, name=part, digest=digest[:32]), context=part)


def log_model(model: Pipeline, sample: NDArray[np.float64]) -> None:
    """The model for anyone who works with MLflow: signature, requirements, skops with our list of types."""
    import mlflow.sklearn
    from mlflow.models import infer_signature

    frame = pd.DataFrame(sample, columns=list(FEATURES))
    mlflow.sklearn.log_model(
        model,
        name="model",
        signature=infer_signature(frame, model.predict_proba(sample)),
        pip_requirements=[f"{package}=={version(package)}" for package in REQUIREMENTS],
        serialization_format="skops",
        skops_trusted_types=TRUSTED_TYPES,
        pyfunc_predict_fn="predict_proba",
    )


if __name__ == "__main__":
    with one_sentence():
        PARAMS, AT = load_params(), paths()
        fit(windows(PARAMS), PARAMS, AT.split, AT.candidate, AT)
