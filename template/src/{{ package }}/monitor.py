"""Has the world moved away from what the champion learned, and does the champion still do its work?

`python -m <package>.monitor --month 2013-07` compares a month with the champion's own training months (they
travel with each model version) and, where labels have arrived, measures the champion on it.
`--from-log` compares what the service was really asked instead. Both leave an Evidently page, its JSON and
a small summary in `reports/drift/`.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from . import features
from .config import MonitorParams, Params, Paths, ProjectError, load_params, one_sentence, paths
from .data import month_file
from .model import REFERENCE, load, read_json, write_json
from .schema import CATEGORICAL, COLUMNS, LABEL

if TYPE_CHECKING:
    import pandas as pd

# The date is left out: it only ever moves on. The score is in: it moves when what matters to the model does.
COMPARED = (*(name for name in COLUMNS if name != "date"), "score")


@dataclass(frozen=True)
class Champion:
    """The version being served, with what it was trained on and how well it did then."""

    version: str
    folder: Path
    manifest: dict[str, Any]

    @classmethod
    def current(cls, at: Paths) -> Champion:
        """What the serving pointer names."""
        pointer = at.serving / "current.json"
        if not pointer.is_file():
            raise ProjectError("no model has been promoted yet: run `nox -s pipeline`, then `nox -s promote`")
        version = read_json(pointer)["version"]
        folder = at.serving / str(version)
        return cls(str(version), folder, read_json(folder / "manifest.json"))

    def reference(self) -> pd.DataFrame:
        """A sample of the flights this version was trained on, with its scores."""
        import pandas as pd

        return pd.read_parquet(self.folder / REFERENCE)

    def score(self, flights: pd.DataFrame) -> pd.DataFrame:
        """The flights with this version's probability of a late departure."""
        model = load(self.folder, self.manifest["sha256"])
        return flights.assign(score=model.predict_proba(features.build(flights).to_numpy())[:, 1])


@dataclass(frozen=True)
class Column:
    """One compared column: the size of the difference and whether it counts."""

    column: str
    method: str
    value: float
    threshold: float
    drifted: bool


@dataclass(frozen=True)
class Summary:
    """The verdict on one month (or one stretch of the prediction log)."""

    month: str
    model_version: str
    trained_on: list[str]
    rows: int
    columns: list[Column]
    drifted_columns: list[str]
    drift_share: float
    drift: bool
    pr_auc: float | None
    pr_auc_at_promotion: float | None
    decayed: bool
    report: str

    def lines(self) -> str:
        """The five lines a person reads."""
        worst = sorted((c for c in self.columns if c.drifted), key=lambda c: -c.value / c.threshold)[:4]
        named = ", ".join(f"{c.column} {c.value:.2f}" for c in worst) or "none"
        more = f" and {len(self.drifted_columns) - len(worst)} more" if len(self.drifted_columns) > len(worst) else ""
        if self.pr_auc is None:
            quality = "quality: no labels yet"
        else:
            verdict = "decayed" if self.decayed else "holds"
            quality = f"quality: PR-AUC {self.pr_auc:.3f}, at promotion {self.pr_auc_at_promotion or 0:.3f}: {verdict}"
        return "\n".join(
            [
                f"month: {self.month}, {self.rows:,} flights, against what version {self.model_version} was trained on",
                f"drift: {'yes' if self.drift else 'no'}, {len(self.drifted_columns)} of {len(self.columns)} columns",
                f"columns: {named}{more}",
                quality,
                f"report: {self.report}",
            ]
        )


def sample(frame: pd.DataFrame, params: MonitorParams) -> pd.DataFrame:
    """At most `sample_rows`: effect sizes on 50,000 rows are within 0.01 of the exact ones, at a tenth of the time."""
    return frame if len(frame) <= params.sample_rows else frame.sample(params.sample_rows, random_state=params.seed)


def evidently() -> Any:
    """The library, imported when it is needed: it takes longer than the comparison."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # notes of its dependencies, nothing a reader could act upon
        import evidently
        import evidently.presets
    return evidently


def compare(current: pd.DataFrame, reference: pd.DataFrame, params: MonitorParams, target: Path) -> list[Column]:
    """The Evidently report as `<target>.html` and `<target>.json`, and its values as columns."""
    library = evidently()
    names = list(COMPARED)
    # A column that has become empty can't be compared, and is the plainest drift there is.
    empty = [name for name in names if current[name].isna().all() != reference[name].isna().all()]
    used = [name for name in names if not (current[name].isna().all() or reference[name].isna().all())]
    categorical = [name for name in used if name in CATEGORICAL]
    definition = library.DataDefinition(
        numerical_columns=[name for name in used if name not in CATEGORICAL], categorical_columns=categorical
    )
    preset = library.presets.DataDriftPreset(
        columns=used,
        num_method=params.num_method,
        num_threshold=params.num_threshold,
        cat_method=params.cat_method,
        cat_threshold=params.cat_threshold,
        drift_share=params.drift_share,
    )
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        run = library.Report([preset]).run(
            library.Dataset.from_pandas(sample(current, params)[used], data_definition=definition),
            library.Dataset.from_pandas(sample(reference, params)[used], data_definition=definition),
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    run.save_html(str(target.with_suffix(".html")))
    run.save_json(str(target.with_suffix(".json")))
    found = [Column(name, "missing", 1.0, 1.0, True) for name in empty]
    for metric in run.dict()["metrics"]:
        config = metric["config"]
        if "column" in config:
            value, limit = float(metric["value"]), float(config["threshold"])
            found.append(Column(config["column"], config["method"], round(value, 4), limit, value >= limit))
    return found


def summarise(name: str, flights: pd.DataFrame, params: Params, at: Paths) -> Summary:
    """Drift of some flights and, when they carry the label, the champion's quality on them."""
    champion = Champion.current(at)
    current = champion.score(flights)
    target = at.reports / "drift" / name
    columns = compare(current, champion.reference(), params.monitor, target)
    drifted = [column.column for column in columns if column.drifted]
    share = len(drifted) / len(columns)
    before = champion.manifest.get("metrics", {}).get("pr_auc")
    now = pr_auc(current)
    decayed = now is not None and before is not None and before - now > params.monitor.max_pr_auc_drop
    summary = Summary(
        month=name,
        model_version=champion.version,
        trained_on=champion.manifest["window"]["train"],
        rows=len(current),
        columns=columns,
        drifted_columns=drifted,
        drift_share=round(share, 4),
        drift=share >= params.monitor.drift_share,
        pr_auc=now,
        pr_auc_at_promotion=before,
        decayed=decayed,
        report=target.with_suffix(".html").relative_to(at.root).as_posix(),
    )
    write_json(target.with_suffix(".summary.json"), asdict(summary))
    return summary


def pr_auc(scored: pd.DataFrame) -> float | None:
    """How well the scores rank the late flights; None while labels are not there."""
    if LABEL not in scored.columns or scored[LABEL].nunique() < 2:
        return None
    from sklearn.metrics import average_precision_score

    return float(average_precision_score(scored[LABEL], scored["score"]))


def monitor_month(month: str, params: Params, at: Paths) -> Summary:
    """A month that has arrived."""
    import pandas as pd

    return summarise(month, pd.read_parquet(month_file(month, at)), params, at)


def monitor_log(days: int, params: Params, at: Paths) -> Summary:
    """What the service was asked during the last days; labels are not known there."""
    import pandas as pd

    from .predictions import read

    until = datetime.now(UTC)
    logged = read(at.predictions, until - timedelta(days=days), until)
    if logged.empty:
        raise ProjectError(f"no prediction was logged in the last {days} days in {at.predictions}: nothing to compare")
    flights = logged[list(COLUMNS)].assign(date=pd.to_datetime(logged["date"]))
    return summarise(f"log-{until:%Y-%m-%d}", flights, params, at)


def main(arguments: list[str] | None = None) -> int:
    """The command line; drift is news, not an error, so the exit code stays 0 unless --fail-on-drift."""
    parser = argparse.ArgumentParser(prog="monitor", description="Drift and quality of a month against the champion.")
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--month", help="a month, like 2013-07; it arrives if it has not yet (the newest one that is here)"
    )
    what.add_argument("--from-log", action="store_true", help="the predictions of the service instead of a month")
    parser.add_argument("--days", type=int, default=31, help="how far back --from-log looks (31)")
    parser.add_argument("--fail-on-drift", action="store_true", help="exit 1 on drift or decay, for CI and cron")
    options = parser.parse_args(arguments)
    with one_sentence():
        params, at = load_params(), paths()
        if options.from_log:
            summary = monitor_log(options.days, params, at)
        else:
            from . import arrivals

            month = options.month or arrivals.latest(params, at)
            arrivals.arrive(month, params, at)
            summary = monitor_month(month, params, at)
    print(summary.lines())
    return int(options.fail_on_drift and (summary.drift or summary.decayed))


if __name__ == "__main__":
    sys.exit(main())
