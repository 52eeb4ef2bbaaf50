"""Register: what `evaluate` found goes on the model's run; if it passed the gate, it becomes a version, `challenger`.

A model that was refused stops the pipeline here, with the reasons.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from .card import GATE, PICTURE, SLICES
from .config import MODEL_NAME, Params, Paths, ProjectError, load_params, one_sentence, paths
from .model import MANIFEST, METRICS, read_json, write_json
from .registry import put_on_trial
from .split import Window, windows
from .tracking import connect


def log_evaluation(out: Path, reports: Path, at: Paths, cards: Path | None = None) -> None:
    """Put what `evaluate` found of the model in `out` on its run: metrics, card, plots, slices, the gate's decision."""
    import mlflow

    run_id: str = read_json(out / MANIFEST)["run_id"]
    measured = read_json(reports / METRICS)
    if measured["model"]["run_id"] != run_id:
        raise ProjectError(f"{reports / METRICS} is of another model than {out}: evaluate this one first")
    gate = read_json(reports / GATE)
    client = connect(at)
    with mlflow.start_run(run_id=run_id):
        who = [name for name in ("challenger", "baseline", "champion") if name in measured]
        mlflow.log_metrics({f"{name}_{metric}": value for name in who for metric, value in measured[name].items()})
        for file in (*(reports / name for name in (PICTURE, GATE, SLICES)), *(cards or reports).glob("model-card.*")):
            mlflow.log_artifact(str(file))
        mlflow.log_artifact(str(reports / METRICS), "bundle")
    client.set_tag(run_id, "gate", "passed" if gate["passed"] else "refused")
    client.set_tag(run_id, "gate_reasons", "; ".join(gate["reasons"]) or "none")
    client.set_tag(run_id, "gate_champion", gate["champion_version"] or "none")


def register(window: Window, out: Path, at: Paths | None = None) -> str:
    """Make the run of the model in `out` a registered version; the same run is never registered twice.

    The decision is read from the run, where it is on record, so nobody can pass a better one.
    """
    from mlflow.exceptions import MlflowException

    at = at or paths()
    client = connect(at)
    manifest = read_json(out / MANIFEST)
    run = client.get_run(manifest["run_id"])
    tags = run.data.tags
    if tags.get("gate") != "passed":
        raise ProjectError(f"not registered, the gate refused it: {tags.get('gate_reasons', 'it was never evaluated')}")
    known = client.search_model_versions(f"run_id = '{run.info.run_id}'")
    if known:
        version = str(known[0].version)
    else:
        try:
            client.create_registered_model(MODEL_NAME)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
        kept = ("gate", "gate_champion", "model_sha256", "git_commit", "git_dirty")
        lineage = {name: tags[name] for name in kept if name in tags} | {"window": str(window)}
        [model] = run.outputs.model_outputs
        made = client.create_model_version(
            MODEL_NAME,
            source=f"models:/{model.model_id}",
            run_id=run.info.run_id,
            model_id=model.model_id,
            tags=lineage,
        )
        version = str(made.version)
    client.set_registered_model_alias(MODEL_NAME, "challenger", version)
    print(f"registered {MODEL_NAME} version {version} as challenger")
    return version


def main(params: Params, at: Paths) -> None:
    """The `register` stage."""
    window = windows(params)
    log_evaluation(at.candidate, at.reports, at, at.root / "docs")
    version = register(window, at.candidate, at)
    if not put_on_trial(at):
        print(f"`uv run nox -s promote` makes version {version} the champion")
    write_json(at.reports / "registered.json", {"model": MODEL_NAME, "version": version, "window": asdict(window)})


if __name__ == "__main__":
    with one_sentence():
        main(load_params(), paths())
