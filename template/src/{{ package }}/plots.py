"""The curves of an evaluation: as data for `dvc plots show` and `diff`, and as a picture for the model card."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from .card import PICTURE
from .measure import Floats, Labels, calibration

PRECISION_RECALL = "precision_recall.csv"
CALIBRATION = "calibration.csv"


def write_curves(late: Labels, scores: dict[str, Floats], reports: Path) -> None:
    """Precision at a hundred values of recall, and calibration in ten groups, one column a scorer.

    An older model is compared by `dvc plots diff <its commit>`.
    """
    from sklearn.metrics import precision_recall_curve

    recall = np.linspace(0, 1, 101)
    precision = {}
    for name, score in scores.items():
        found, at, _ = precision_recall_curve(late, score)
        precision[name] = np.interp(recall, at[::-1], found[::-1])
    rows = zip(recall, *precision.values(), strict=True)
    write_csv(reports / PRECISION_RECALL, ["recall", *precision], [list(map(float, row)) for row in rows])
    groups = [list(group[:2]) for group in calibration(late, scores["challenger"])]
    write_csv(reports / CALIBRATION, ["predicted", "late"], groups)


def write_csv(file: Path, names: list[str], rows: list[list[float]]) -> None:
    """A small table, rounded so that a difference in it is one that matters."""
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(names)
        writer.writerows([round(value, 4) for value in row] for row in rows)


def draw(late: Labels, scores: dict[str, Floats], reports: Path) -> None:
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
    figure.savefig(reports / PICTURE, dpi=110)
