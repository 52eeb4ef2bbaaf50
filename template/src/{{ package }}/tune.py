"""A search with a budget: `nox -s tune` tries settings of the model on the validation month and tracks every trial.

It judges on the month that sets the alert threshold and never looks at the test month, which would flatter the winner.
It changes nothing: put what it finds into params.yaml, and the gate decides.
"""

from __future__ import annotations

import argparse

import numpy as np

from .config import TrainParams, load_params, one_sentence, paths
from .measure import measure
from .model import build_model
from .split import windows
from .tracking import connect, lineage
from .train import read_part

# Ranges that were worth a look once; the present settings are always the first trial.
SPACE = {
    "learning_rate": (0.03, 0.06, 0.1, 0.15),
    "max_iter": (80, 120, 200),
    "max_leaf_nodes": (15, 31, 63),
    "min_samples_leaf": (50, 100, 200),
    "l2_regularization": (0.0, 0.1, 1.0),
}


def candidates(present: TrainParams, trials: int, seed: int) -> list[TrainParams]:
    """The present settings and `trials` others of the space, drawn without repetition."""
    from sklearn.model_selection import ParameterSampler

    drawn = ParameterSampler({name: list(values) for name, values in SPACE.items()}, trials, random_state=seed)
    return [present, *(present.model_copy(update=dict(values)) for values in drawn)]


def search(trials: int, seed: int) -> tuple[TrainParams, float]:
    """Try settings; returns the best with its PR-AUC on the validation month."""
    import mlflow

    at, params = paths(), load_params()
    connect(at)
    train, late = read_part(at.split, "train")
    validation, later = read_part(at.split, "validation")
    best: tuple[TrainParams, float] = (params.train, -1.0)
    with mlflow.start_run(run_name=f"tune on {windows(params).validation}", tags=lineage(at)):
        for number, settings in enumerate(candidates(params.train, trials, seed)):
            score = build_model(settings).fit(train, late).predict_proba(validation)[:, 1]
            found = measure(later, np.asarray(score), params.alert)
            with mlflow.start_run(run_name=f"trial {number}", nested=True):
                mlflow.log_params(settings.model_dump())
                mlflow.log_metrics({"pr_auc": found.pr_auc, "euro_per_1000_flights": found.euro_per_1000_flights})
            print(f"trial {number:2d}: PR-AUC {found.pr_auc:.4f}" + ("  (as in params.yaml)" if number == 0 else ""))
            best = max(best, (settings, found.pr_auc), key=lambda pair: pair[1])
        mlflow.log_metric("best_pr_auc", best[1])
    return best


def main(words: list[str] | None = None) -> None:
    """The command line."""
    budget = load_params().tune
    parser = argparse.ArgumentParser(prog="tune", description="Search settings on the validation month.")
    parser.add_argument("--trials", type=int, default=budget.trials, help=f"how many (params.yaml: {budget.trials})")
    chosen = parser.parse_args(words)
    settings, score = search(chosen.trials, budget.seed)
    print(f"best, PR-AUC {score:.4f} on the validation month; for `train` in params.yaml:")
    for name, value in settings.model_dump().items():
        print(f"  {name}: {value}")


if __name__ == "__main__":
    with one_sentence():
        main()
