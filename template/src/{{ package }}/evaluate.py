"""Evaluation and the gate: challenger, baseline and champion by the same code on the same unseen month.

It judges and writes files; `register.log_evaluation` puts them on the run that trained the model. The pipeline does so
in its next stage, which needs MLflow anyway: importing it takes longer than evaluating.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .card import GATE, SLICES, write_card
from .config import GateParams, Params, Paths, load_params, one_sentence, paths
from .features import FEATURES
from .measure import Floats, Labels, Metrics, Slices, at_threshold, measure, parity, slices
from .model import MANIFEST, METRICS, Baseline, Scorer, load, load_with_manifest, read_json, write_json
from .plots import draw, write_curves
from .split import Window, windows
from .train import read_part

Rule = tuple[bool, str]


@dataclass(frozen=True)
class Gate:
    """May the challenger be promoted? `reasons` says why not; `checks` holds every comparison with its numbers."""

    passed: bool
    reasons: list[str]
    checks: list[str]


@dataclass(frozen=True)
class Evaluation:
    """All that was measured on the test month."""

    month: str
    challenger: Metrics
    baseline: Metrics
    champion: Metrics | None
    champion_version: str | None
    gate: Gate


def decide(
    challenger: Metrics,
    baseline: Metrics,
    champion: Metrics | None,
    params: GateParams,
    more: Sequence[Rule] = (),
) -> Gate:
    """The gate of params.yaml; `more` are rules that were decided elsewhere."""
    rules = [gain("the baseline", challenger.pr_auc, baseline.pr_auc, params.min_gain_over_baseline)]
    if champion is not None:
        rules.append(gain("the champion", challenger.pr_auc, champion.pr_auc, params.min_gain_over_champion))
    error = challenger.calibration_error
    rules.append(
        (
            error <= params.max_calibration_error,
            f"calibration error {error:.3f}, at most {params.max_calibration_error} allowed",
        )
    )
    rules += more
    return Gate(all(ok for ok, _ in rules), [text for ok, text in rules if not ok], [text for _, text in rules])


def gain(over: str, value: float, other: float, needed: float) -> Rule:
    """One comparison in PR-AUC, and its sentence."""
    found = value - other
    return found >= needed, f"PR-AUC {value:.3f} against {over}'s {other:.3f}: {found:+.3f}, at least {needed:+} needed"


def weakest(mine: Slices, champion: Slices, params: GateParams) -> list[Rule]:
    """The slice in which the challenger loses most to the champion; small slices say nothing."""
    pairs = [(f"{by} {name}", one, champion[by][name]) for by, group in mine.items() for name, one in group.items()]
    changes = [
        (one.pr_auc - other.pr_auc, name, one.pr_auc, other.pr_auc)
        for name, one, other in pairs
        if one.flights >= params.min_slice_flights and one.pr_auc is not None and other.pr_auc is not None
    ]
    if not changes:
        return []
    change, name, value, before = min(changes)
    text = f"weakest slice against the champion, {name}: PR-AUC {value:.3f} against {before:.3f}: {change:+.3f}, "
    return [(change >= -params.max_slice_loss, text + f"at most {-params.max_slice_loss:+} allowed")]


def champion_of(at: Paths) -> tuple[Scorer | None, str | None]:
    """The model the service answers with and its version; no model when it was trained on other features."""
    pointer = at.serving / "current.json"
    if not pointer.is_file():
        return None, None
    current = read_json(pointer)
    version: str = current["version"]
    if read_json(at.serving / version / MANIFEST)["features"] != list(FEATURES):
        print(f"champion {version} was trained on other features and can't be compared; deploy model and code together")
        return None, version
    return load(at.serving / version, current["sha256"]), version


def evaluate(
    window: Window,
    params: Params,
    split: Path,
    out: Path,
    reports: Path,
    at: Paths | None = None,
    cards: Path | None = None,
) -> Evaluation:
    """Judge the model in `out` on the test month; results go to `reports`, the card to `cards`."""
    at = at or paths()
    matrix, late = read_part(split, "test")
    challenger, manifest = load_with_manifest(out)
    champion, champion_version = champion_of(at)
    scorers: dict[str, Scorer] = {"challenger": challenger, "baseline": Baseline.load(out)}
    if champion:
        scorers["champion"] = champion
    scores = {name: scorer.predict_proba(matrix)[:, 1] for name, scorer in scorers.items()}
    found = {name: measure(late, score, params.alert) for name, score in scores.items()}
    threshold: float = manifest["threshold"]
    parts = {n: slices(matrix, late, s, threshold, params.alert) for n, s in scores.items() if n != "baseline"}
    more = weakest(parts["challenger"], parts["champion"], params.gate) if champion else []
    gate = decide(found["challenger"], found["baseline"], found.get("champion"), params.gate, more)
    result = Evaluation(
        window.test, found["challenger"], found["baseline"], found.get("champion"), champion_version, gate
    )
    details = {
        "at_threshold": asdict(at_threshold(late, scores["challenger"], threshold, params.alert)),
        "euro_per_1000_flights_without_alerts": 1000 * float(late.mean()) * params.alert.cost_missed,
        "importance": importance(challenger, matrix, late),
    }
    model = {name: manifest[name] for name in ("run_id", "sha256", "threshold", "window", "data")}
    measured = {name: asdict(value) for name, value in found.items()}
    write_json(reports / METRICS, measured | {"details": details, "model": model})
    write_json(reports / GATE, asdict(gate) | {"champion_version": result.champion_version, "month": window.test})
    write_json(reports / SLICES, by_slice(parts["challenger"], params))
    write_curves(late, scores, reports)
    draw(late, scores, reports)
    write_card(params, reports, cards or reports)
    report(result)
    return result


def by_slice(parts: Slices, params: Params) -> dict[str, Any]:
    """Every slice, and how far apart the groups are for which `fairness` in params.yaml wants equal care."""
    fair = {by: parity(parts[by], params.fairness.min_flights) for by in params.fairness.groups}
    return {"slices": {by: {n: asdict(one) for n, one in group.items()} for by, group in parts.items()}, "gaps": fair}


def importance(model: Scorer, matrix: Floats, late: Labels, rows: int = 5000) -> dict[str, float]:
    """PR-AUC lost when a feature is shuffled, on a fixed sample of the test month."""
    from sklearn.metrics import average_precision_score

    random = np.random.default_rng(0)
    chosen = random.permutation(len(matrix))[:rows]
    sample, labels = matrix[chosen], late[chosen]
    whole = float(average_precision_score(labels, model.predict_proba(sample)[:, 1]))
    lost = {}
    for place, name in enumerate(FEATURES):
        shuffled = sample.copy()
        shuffled[:, place] = random.permutation(shuffled[:, place])
        lost[name] = whole - float(average_precision_score(labels, model.predict_proba(shuffled)[:, 1]))
    return dict(sorted(lost.items(), key=lambda item: -item[1]))


def report(result: Evaluation) -> None:
    """What a person reads."""
    print(f"test month {result.month}:")
    for line in result.gate.checks:
        print(f"  {line}")
    print("gate passed" if result.gate.passed else "gate REFUSED this model: it will not be registered")


def main(params: Params, at: Paths) -> Evaluation:
    """The `evaluate` stage: judge the pipeline's candidate and write its model card."""
    return evaluate(windows(params), params, at.split, at.candidate, at.reports, at, at.root / "docs")


if __name__ == "__main__":
    with one_sentence():
        main(load_params(), paths())
