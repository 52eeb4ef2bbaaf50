"""The thread between a model and where it came from: MLflow runs, with the code commit and the data on each."""

from __future__ import annotations

import logging
import os
import subprocess
from typing import TYPE_CHECKING

from .config import MODEL_NAME, Paths, paths

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient

# What a run depends on. dvc.lock and reports change while the pipeline runs and say nothing about the code.
CODE = ("src", "params.yaml", "dvc.yaml", "pyproject.toml", "uv.lock")


def connect(at: Paths | None = None) -> MlflowClient:
    """A client of the project's store, which is made on first use; `mlflow.*` functions follow it as well."""
    import mlflow

    logging.getLogger("mlflow").setLevel(logging.ERROR)
    logging.getLogger("alembic").setLevel(logging.ERROR)
    at = at or paths()
    named = os.environ.get("MLFLOW_TRACKING_URI")
    mlflow.set_tracking_uri(at.tracking_uri)
    if named is None:  # MLflow sets it, and the next project of this process would take it for the user's wish
        os.environ.pop("MLFLOW_TRACKING_URI", None)
    mlflow.set_registry_uri(at.tracking_uri)
    client = mlflow.MlflowClient()
    if client.get_experiment_by_name(MODEL_NAME) is None:
        local = at.tracking_uri.startswith("sqlite:")
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
