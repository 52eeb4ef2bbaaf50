"""Evaluation and the gate: challenger, baseline and champion by the same code on the same unseen month."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .card import write_card
from .config import AlertParams, GateParams, Params, Paths, load_params, one_sentence, paths
from .features import FEATURES
from .model import MANIFEST, METRICS, Baseline, Scorer, load, load_with_manifest, read_json, write_json
from .schema import ORIGINS
from .split import Window, windows
from .tracking import connect
from .train import read_part

Floats = NDArray[np.float64]
Labels = NDArray[np.int8]


@dataclass(frozen=True)
class Metrics:
    """How good a score is. PR-AUC judges: late flights are the rare class, accuracy would praise silence."""

    pr_auc: float
    recall_at_alert_rate: float
    precision_at_alert_rate: float
    brier: float
    calibration_error: float
    euro_per_1000_flights: float


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


def measure(late: Labels, score: Floats, alert: AlertParams) -> Metrics:
    """The metrics of one set of scores; the last is what late flights cost when the riskiest get an alert."""
    from sklearn.metrics import average_precision_score

    count = max(1, round(len(score) * alert.rate))
    riskiest = np.argsort(-score, kind="stable")[:count]
    hits = int(late[riskiest].sum())
    cost = (int(late.sum()) - hits) * alert.cost_missed + (count - hits) * alert.cost_false
    return Metrics(
        pr_auc=float(average_precision_score(late, score)),
        recall_at_alert_rate=hits / max(1, int(late.sum())),
        precision_at_alert_rate=hits / count,
        brier=float(np.mean((score - late) ** 2)),
        calibration_error=float(sum(abs(m - s) * n for m, s, n in calibration(late, score)) / len(score)),
        euro_per_1000_flights=1000 * cost / len(score),
    )


def calibration(late: Labels, score: Floats, bins: int = 10) -> list[tuple[float, float, int]]:
    """Mean score, share of late flights and size of ten groups of equal size, lowest scores first."""
    groups = np.array_split(np.argsort(score, kind="stable"), bins)
    return [(float(score[g].mean()), float(late[g].mean()), len(g)) for g in groups if len(g)]


def decide(challenger: Metrics, baseline: Metrics, champion: Metrics | None, params: GateParams) -> Gate:
    """The gate of params.yaml."""
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
    return Gate(all(ok for ok, _ in rules), [text for ok, text in rules if not ok], [text for _, text in rules])


def gain(over: str, value: float, other: float, needed: float) -> tuple[bool, str]:
    """One comparison in PR-AUC, and its sentence."""
    found = value - other
    return found >= needed, f"PR-AUC {value:.3f} against {over}'s {other:.3f}: {found:+.3f}, at least {needed:+} needed"


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
    window: Window, params: Params, split: Path, out: Path, reports: Path, at: Paths | None = None
) -> Evaluation:
    """Judge the model in `out` on the test month; results go to `reports` and onto the run."""
    at = at or paths()
    matrix, late = read_part(split, "test")
    challenger, manifest = load_with_manifest(out)
    champion, champion_version = champion_of(at)
    scorers: dict[str, Scorer] = {"challenger": challenger, "baseline": Baseline.load(out)}
    if champion:
        scorers["champion"] = champion
    scores = {name: scorer.predict_proba(matrix)[:, 1] for name, scorer in scorers.items()}
    found = {name: measure(late, score, params.alert) for name, score in scores.items()}
    gate = decide(found["challenger"], found["baseline"], found.get("champion"), params.gate)
    result = Evaluation(
        window.test, found["challenger"], found["baseline"], found.get("champion"), champion_version, gate
    )
    details = {
        "alert_share_at_threshold": float(np.mean(scores["challenger"] >= manifest["threshold"])),
        "origin": slices(matrix, late, scores["challenger"], params.alert),
        "importance": importance(challenger, matrix, late),
    }
    write_json(reports / METRICS, {name: asdict(value) for name, value in found.items()} | {"details": details})
    write_json(
        reports / "gate.json", asdict(gate) | {"champion_version": result.champion_version, "month": window.test}
    )
    plot(late, scores, reports)
    track(manifest["run_id"], result, reports, at)
    report(result)
    return result


def slices(matrix: Floats, late: Labels, score: Floats, alert: AlertParams) -> dict[str, dict[str, float]]:
    """The same metrics for each airport of origin: an average can hide a place where the model fails."""
    column = matrix[:, FEATURES.index("origin")]
    chosen = {name: column == code for code, name in enumerate(ORIGINS)}
    return {n: asdict(measure(late[rows], score[rows], alert)) for n, rows in chosen.items() if rows.any()}


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


def plot(late: Labels, scores: dict[str, Floats], reports: Path) -> None:
    """Precision against recall, and calibration, for every scorer."""
    from matplotlib.figure import Figure
    from sklearn.metrics import precision_recall_curve

    figure = Figure(figsize=(10, 4.2), layout="constrained")
    curve, reliability = figure.subplots(1, 2)
    for name, score in scores.items():
        precision, recall, _ = precision_recall_curve(late, score)
        curve.plot(recall, precision, label=name)
        mean, share, _ = zip(*calibration(late, score), strict=True)
        reliability.plot(mean, share, marker="o", label=name)
    curve.axhline(float(late.mean()), color="grey", linestyle=":", label="by chance")
    curve.set(xlabel="recall", ylabel="precision", title="Precision and recall on the test month", ylim=(0, 1))
    reliability.plot([0, 1], [0, 1], color="grey", linestyle=":")
    reliability.set(xlabel="predicted probability", ylabel="share late", title="Calibration")
    for axes in (curve, reliability):
        axes.legend()
    figure.savefig(reports / "evaluation.png", dpi=110)


def track(run_id: str, result: Evaluation, reports: Path, at: Paths) -> None:
    """Metrics, plots and the gate's decision onto the run that trained the model."""
    import mlflow

    client = connect(at)
    with mlflow.start_run(run_id=run_id):
        measured = {"challenger": result.challenger, "baseline": result.baseline, "champion": result.champion}
        mlflow.log_metrics(
            {
                f"{who}_{name}": value
                for who, found in measured.items()
                if found
                for name, value in asdict(found).items()
            }
        )
        mlflow.log_artifact(str(reports / "evaluation.png"))
        mlflow.log_artifact(str(reports / "gate.json"))
        mlflow.log_artifact(str(reports / METRICS), "bundle")
    client.set_tag(run_id, "gate", "passed" if result.gate.passed else "refused")
    client.set_tag(run_id, "gate_reasons", "; ".join(result.gate.reasons) or "none")
    client.set_tag(run_id, "gate_champion", result.champion_version or "none")


def report(result: Evaluation) -> None:
    """What a person reads."""
    print(f"test month {result.month}:")
    for line in result.gate.checks:
        print(f"  {line}")
    print("gate passed" if result.gate.passed else "gate REFUSED this model: it will not be registered")


def main(params: Params, at: Paths) -> Evaluation:
    """The `evaluate` stage: judge the pipeline's candidate and write its model card."""
    window = windows(params)
    result = evaluate(window, params, at.split, at.candidate, at.reports, at)
    write_card(result, window, params, at)
    return result


if __name__ == "__main__":
    with one_sentence():
        main(load_params(), paths())
