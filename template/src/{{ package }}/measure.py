"""What a set of scores is worth: metrics, the threshold with the least cost, and every slice of the flights.

Numbers in, numbers out: nothing here knows a model, a file or a run.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .config import AlertParams
from .features import FEATURES
from .schema import CARRIERS, ORIGINS

Floats = NDArray[np.float64]
Labels = NDArray[np.int8]
Flags = NDArray[np.bool_]

HOURS = {"before 9": (0, 9), "9 to 13": (9, 13), "13 to 17": (13, 17), "after 17": (17, 25)}


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
class Slice:
    """What alerts at one threshold do for one group of flights; None where a share has nothing to be a share of."""

    flights: int
    late_share: float
    pr_auc: float | None
    alert_share: float
    recall: float | None  # of the late flights
    false_alert_share: float | None  # of the flights on time
    precision: float | None  # of the alerts
    euro_per_1000_flights: float


Slices = dict[str, dict[str, Slice]]


def cost(late: int, hits: int, alerts: int, alert: AlertParams) -> float:
    """Euro for late flights that nobody met and alerts for nothing, as `alert` in params.yaml prices them."""
    return (late - hits) * alert.cost_missed + (alerts - hits) * alert.cost_false


def measure(late: Labels, score: Floats, alert: AlertParams) -> Metrics:
    """The metrics of one set of scores; the last is what late flights cost when the riskiest get an alert."""
    from sklearn.metrics import average_precision_score

    count = max(1, round(len(score) * alert.rate))
    riskiest = np.argsort(-score, kind="stable")[:count]
    hits, lates = int(late[riskiest].sum()), int(late.sum())
    return Metrics(
        pr_auc=float(average_precision_score(late, score)),
        recall_at_alert_rate=hits / max(1, lates),
        precision_at_alert_rate=hits / count,
        brier=float(np.mean((score - late) ** 2)),
        calibration_error=float(sum(abs(m - s) * n for m, s, n in calibration(late, score)) / len(score)),
        euro_per_1000_flights=1000 * cost(lates, hits, count, alert) / len(score),
    )


def calibration(late: Labels, score: Floats, bins: int = 10) -> list[tuple[float, float, int]]:
    """Mean score, share of late flights and size of ten groups of equal size, lowest scores first."""
    groups = np.array_split(np.argsort(score, kind="stable"), bins)
    return [(float(score[g].mean()), float(late[g].mean()), len(g)) for g in groups if len(g)]


def cheapest_threshold(late: Labels, score: Floats, alert: AlertParams) -> float:
    """The score from which alerts cost least on these flights, with alerts for at most `alert.rate` of them.

    Tried are all thresholds that the desk can keep up with. When no alert is worth its price, the threshold lies
    above every score.
    """
    order = np.argsort(-score, kind="stable")
    ranked = score[order]
    alerts = np.arange(int(alert.rate * len(score)) + 1)
    hits = np.concatenate([[0], np.cumsum(late[order])])[alerts]
    euro = (int(late.sum()) - hits) * alert.cost_missed + (alerts - hits) * alert.cost_false
    # A threshold can't part flights of equal score.
    parts = np.concatenate([[True], ranked[alerts[1:] - 1] > np.append(ranked, -np.inf)[alerts[1:]]])
    best = int(np.argmin(np.where(parts, euro, np.inf)))
    return float(ranked[best - 1]) if best else float(np.nextafter(ranked[0], np.inf))


def at_threshold(late: Labels, score: Floats, threshold: float, alert: AlertParams) -> Slice:
    """What alerts from `threshold` on do for these flights."""
    from sklearn.metrics import average_precision_score

    alerted = score >= threshold
    flights, lates, alerts = len(late), int(late.sum()), int(alerted.sum())
    hits = int(late[alerted].sum())
    return Slice(
        flights=flights,
        late_share=lates / flights,
        pr_auc=float(average_precision_score(late, score)) if 0 < lates < flights else None,
        alert_share=alerts / flights,
        recall=hits / lates if lates else None,
        false_alert_share=(alerts - hits) / (flights - lates) if lates < flights else None,
        precision=hits / alerts if alerts else None,
        euro_per_1000_flights=1000 * cost(lates, hits, alerts, alert) / flights,
    )


def groups(matrix: Floats) -> dict[str, dict[str, Flags]]:
    """The flights of each carrier, airport of origin and part of the day, those that occur."""
    carrier, origin, hour = (matrix[:, FEATURES.index(name)] for name in ("carrier", "origin", "hour"))
    found = {
        "carrier": {name: carrier == code for code, name in enumerate(CARRIERS)},
        "origin": {name: origin == code for code, name in enumerate(ORIGINS)},
        "hour": {name: (first <= hour) & (hour < end) for name, (first, end) in HOURS.items()},
    }
    return {by: {name: rows for name, rows in parts.items() if rows.any()} for by, parts in found.items()}


def slices(matrix: Floats, late: Labels, score: Floats, threshold: float, alert: AlertParams) -> Slices:
    """The same measures for each group: an average can hide a place where the model fails."""
    return {
        by: {name: at_threshold(late[rows], score[rows], threshold, alert) for name, rows in parts.items()}
        for by, parts in groups(matrix).items()
    }


def parity(group: dict[str, Slice], min_flights: int) -> dict[str, float]:
    """How unequally groups are treated: the widest gaps between those with enough flights to tell.

    Recall is the share of late flights that got help (equal opportunity, Hardt et al. 2016), a false alert is help for
    nothing. Different late rates alone make alert shares differ, so these are shown and not judged.
    """
    enough = [one for one in group.values() if one.flights >= min_flights]
    gaps = {}
    for name in ("recall", "false_alert_share", "alert_share"):
        values = [value for one in enough if (value := getattr(one, name)) is not None]
        gaps[name] = max(values) - min(values) if values else 0.0
    return gaps
