"""The thread between a model and where it came from: MLflow runs, with the code commit and the data on each.

`python -m <package>.tracking` ends an installation: it compiles what the commands import, and makes the local store.
"""

from __future__ import annotations

import logging
import os
import subprocess
import tempfile
from importlib import import_module
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

from .config import MODEL_NAME, PACKAGE, Paths, ProjectError, load_params, one_sentence, paths

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient

# What a run depends on. dvc.lock and reports change while the pipeline runs and say nothing about the code.
CODE = ("src", "params.yaml", "dvc.yaml", "pyproject.toml", "uv.lock")


def connect(at: Paths | None = None) -> MlflowClient:
    """A client of the project's store, which is made on first use; `mlflow.*` functions follow it as well."""
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "3")  # a quarter of a minute for a server that is away

    import mlflow

    logging.getLogger("mlflow").setLevel(logging.ERROR)
    logging.getLogger("alembic").setLevel(logging.ERROR)
    at = at or paths()
    named = os.environ.get("MLFLOW_TRACKING_URI")
    mlflow.set_tracking_uri(at.tracking_uri)
    if named is None:  # MLflow sets it, and the next project of this process would take it for the user's wish
        os.environ.pop("MLFLOW_TRACKING_URI", None)
    mlflow.set_registry_uri(at.tracking_uri)
    local = at.tracking_uri.startswith("sqlite:")
    try:
        client = mlflow.MlflowClient()
        known = client.get_experiment_by_name(MODEL_NAME)
    except Exception as error:  # of SQLAlchemy, of MLflow, of the network: the store is not there for us
        where = at.tracking_uri.removeprefix("sqlite:///") if local else "that MLFLOW_TRACKING_URI names"
        why = str(getattr(error, "orig", error)).partition("\n")[0][:200]
        raise ProjectError(f"the tracking store {where} can't be used ({why}): Restore in docs/runbook.md") from error
    if known is None:
        client.create_experiment(MODEL_NAME, artifact_location=at.artifacts.as_uri() if local else None)
    mlflow.set_experiment(MODEL_NAME)
    return client


def git(at: Paths, *words: str) -> str | None:
    """What git says, or None without git or a repository."""
    command = ["git", "-C", str(at.root), *words]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=20)  # noqa: S603
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def lineage(at: Paths) -> dict[str, str]:
    """Tags that say which code made a run; a commit on a changed tree is marked, it would be a lie otherwise.

    An image has no git: its build says which commit it was made from (`GIT_COMMIT`), not whether that was clean.
    """
    commit = git(at, "rev-parse", "HEAD")
    if commit is None and (built := os.environ.get("GIT_COMMIT", "none")) != "none":
        return {"git_commit": built, "git_dirty": "unknown"}
    changed = git(at, "status", "--porcelain", "--", *(name for name in CODE if (at.root / name).exists()))
    return {"git_commit": commit or "none", "git_dirty": str(commit is None or bool(changed)).lower()}


# -- the end of an installation ----------------------------------------------------------------------------------------


def prepare(at: Paths) -> None:
    """Import on two cores what the commands import: a fresh environment compiles each module on its first import."""
    last = find_spec("evidently")
    if last is None or last.cached is None or Path(last.cached).exists():
        return
    second = get_context("spawn").Process(target=import_serving, args=(at,))
    second.start()
    import_training(at)
    second.join()
    if second.exitcode:  # it has said why
        raise SystemExit(second.exitcode)


def import_training(at: Paths) -> None:
    """What the stages import; the local store is made on the way, MLflow does it by fifty migrations."""
    from .model import import_skops

    for name in ("pandera.pandas", "sklearn.ensemble"):
        import_module(name)
    import_skops()
    import_module("mlflow.sklearn")
    if at.tracking_uri.startswith("sqlite:"):
        connect(at)
    import_module("dvc.cli").main(["status", "--quiet"])


def import_serving(at: Paths) -> None:
    """What pictures, service and drift report import; Evidently imports half of what it needs when it compares."""
    for name in ("matplotlib.figure", "bentoml_cli.cli", f"{PACKAGE}.service"):
        import_module(name)
    import pandas as pd

    from .drift import compare

    nothing = pd.DataFrame({"number": [0.0, 1.0], "word": ["a", "b"]})
    with tempfile.TemporaryDirectory() as scratch:
        compare(nothing, nothing, ["number"], ["word"], load_params(at.params).monitor, Path(scratch) / "none")


if __name__ == "__main__":
    with one_sentence():
        prepare(paths())
