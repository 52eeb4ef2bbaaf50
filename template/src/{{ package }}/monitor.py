"""Has the world moved away from what the champion learned, and does the champion still do its work?

`python -m <package>.monitor --month 2013-07` compares a month with the champion's own training months (they
travel with each model version) and, where labels have arrived, measures the champion on it, and what the service
really answered about the month's flights: logged predictions joined with their late labels.
`--from-log` compares the inputs the service was asked about lately instead. Both leave an Evidently page, its JSON
and a small summary in `reports/drift/`, and bring the status page up to date.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import drift, features, status
from .config import Params, Paths, ProjectError, load_params, one_sentence, paths
from .data import month_file
from .drift import Column, read_sample
from .model import REFERENCE, load, read_json, write_json
from .notify import notify
from .schema import CATEGORICAL, COLUMNS, LABEL

if TYPE_CHECKING:
    import pandas as pd

# The date is left out: it only ever moves on. The score is in: it moves when what matters to the model does.
COMPARED = (*(name for name in COLUMNS if name != "date"), "score")
# What tells one flight from another: the way from a logged prediction to the label that comes later.
KEY = ["carrier", "origin", "dest", "date", "sched_dep_time", "sched_arr_time"]


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
            raise ProjectError("no model has been promoted yet: run `uv run nox -s pipeline promote`")
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
class Quality:
    """How well some predictions turned out. `pr_auc` is None while they hold no late flight, or nothing else."""

    what: str
    flights: int
    pr_auc: float | None
    late: int
    alerts: int
    late_alerted: int


@dataclass(frozen=True)
class Served:
    """What the service answered about a month, now that its labels are here: by version (and shadow), and by week."""

    logged: int
    labelled: int
    ambiguous: int
    versions: list[Quality]
    weeks: list[Quality]

    def line(self) -> str:
        """The line a person reads."""
        versions = ", ".join(f"{v.what} PR-AUC {v.pr_auc:.3f}" for v in self.versions if v.pr_auc is not None)
        return f"served: {self.labelled:,} of {self.logged:,} logged predictions have labels; {versions or 'too few'}"


@dataclass(frozen=True)
class Summary:
    """The verdict on one month (or one stretch of the prediction log). `compared` of its `rows` were looked at."""

    month: str
    model_version: str
    trained_on: list[str]
    rows: int
    compared: int
    columns: list[Column]
    drifted_columns: list[str]
    drift_share: float
    drift: bool
    pr_auc: float | None
    pr_auc_at_promotion: float | None
    decayed: bool
    report: str
    served: Served | None = None

    def lines(self) -> str:
        """The lines a person reads: five, and one more where the service was asked about the month."""
        worst = sorted((c for c in self.columns if c.drifted), key=lambda c: -c.value / c.threshold)[:3]
        named = ", ".join(f"{c.column} {c.value:.2f}" for c in worst) or "none"
        named += f" (±{max(c.error for c in worst):.2f})" if worst else ""
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
                *([self.served.line()] if self.served else []),
                f"report: {self.report}",
            ]
        )


def summarise(name: str, flights: pd.DataFrame, params: Params, at: Paths, rows: int | None = None) -> Summary:
    """Drift of some flights (all, or a sample of `rows`) and, where they carry the label, the champion's quality."""
    champion = Champion.current(at)
    rows = rows or len(flights)
    current = champion.score(drift.sample(flights, params.monitor))
    target = at.reports / "drift" / name
    numeric = [column for column in COMPARED if column not in CATEGORICAL]
    reference = champion.reference()
    columns = drift.compare(current, reference, numeric, list(CATEGORICAL), params.monitor, target, rows)
    drifted = [column.column for column in columns if column.drifted]
    share = len(drifted) / len(columns)
    before = champion.manifest.get("metrics", {}).get("pr_auc")
    now = pr_auc(current[LABEL], current["score"]) if LABEL in current.columns else None
    return Summary(
        month=name,
        model_version=champion.version,
        trained_on=champion.manifest["window"]["train"],
        rows=rows,
        compared=len(current),
        columns=columns,
        drifted_columns=drifted,
        drift_share=round(share, 4),
        drift=share >= params.monitor.drift_share,
        pr_auc=now,
        pr_auc_at_promotion=before,
        decayed=now is not None and before is not None and before - now > params.monitor.max_pr_auc_drop,
        report=target.with_suffix(".html").relative_to(at.root).as_posix(),
    )


def pr_auc(late: pd.Series, score: pd.Series) -> float | None:
    """How well the scores rank the late flights; None where there are none, or only such."""
    if late.nunique() < 2:
        return None
    from sklearn.metrics import average_precision_score

    return float(average_precision_score(late, score))


def served(month: str, at: Paths) -> Served | None:
    """Join what the service answered about a month's flights with their labels; None if it was not asked.

    Of several answers about a flight by one version the last counts. Flights that the key does not tell apart are
    left out where their labels differ.
    """
    import pandas as pd

    from .predictions import read

    logged = read(at.predictions, month=month)
    if logged.empty:
        return None
    labels = pd.read_parquet(month_file(month, at), columns=[*KEY, LABEL])
    ambiguous = labels.groupby(KEY)[LABEL].transform("nunique") > 1
    labels = labels[~ambiguous].drop_duplicates(KEY)
    logged = logged.assign(date=pd.to_datetime(logged["date"]), what="version " + logged["model_version"])
    tried = logged[logged["shadow_version"].notna()]
    tried = tried.assign(
        what="version " + tried["shadow_version"] + " in shadow", score=tried["shadow_score"], alert=False
    )
    known = {
        name: frame.drop_duplicates([*KEY, "what"], keep="last").merge(labels, on=KEY)
        for name, frame in (("answers", logged), ("tried", tried))
    }
    answers = known["answers"].drop_duplicates(KEY, keep="last")
    week = (answers["date"] - pd.to_timedelta(answers["date"].dt.dayofweek, unit="D")).dt.strftime("week of %Y-%m-%d")
    return Served(
        logged=len(logged),
        labelled=len(known["answers"]),
        ambiguous=int(ambiguous.sum()),
        versions=qualities(pd.concat(known.values())),
        weeks=qualities(answers.assign(what=week)),
    )


def qualities(joined: pd.DataFrame) -> list[Quality]:
    """The quality of each group of predictions that have their labels."""
    return [
        Quality(
            what=str(what),
            flights=len(rows),
            pr_auc=pr_auc(rows[LABEL], rows["score"]),
            late=int(rows[LABEL].sum()),
            alerts=int(rows["alert"].sum()),
            late_alerted=int((rows[LABEL].astype(bool) & rows["alert"].astype(bool)).sum()),
        )
        for what, rows in joined.groupby("what")
    ]


def monitor_month(month: str, params: Params, at: Paths) -> Summary:
    """A month that has arrived; of a very large one a sample is read."""
    flights, rows = read_sample(month_file(month, at), params.monitor.sample_rows, params.monitor.seed)
    return keep(replace(summarise(month, flights, params, at, rows), served=served(month, at)), at)


def monitor_log(days: int, params: Params, at: Paths) -> Summary:
    """What the service was asked during the last days; labels are not known there."""
    import pandas as pd

    from .predictions import read

    until = datetime.now(UTC)
    logged = read(at.predictions, until - timedelta(days=days), until)
    if logged.empty:
        raise ProjectError(f"no prediction was logged in the last {days} days in {at.predictions}: nothing to compare")
    flights = logged[list(COLUMNS)].assign(date=pd.to_datetime(logged["date"]))
    return keep(summarise(f"log-{until:%Y-%m-%d}", flights, params, at), at)


def keep(summary: Summary, at: Paths) -> Summary:
    """Write a summary beside its report."""
    write_json(at.reports / "drift" / f"{summary.month}.summary.json", asdict(summary))
    return summary


def tell(summary: Summary, at: Paths) -> None:
    """To the webhook: that the inputs drifted, that the champion decayed, or nothing."""
    moved = ", ".join(summary.drifted_columns)
    if summary.drift:
        notify("drift", f"{summary.month}: drift in {moved}; version {summary.model_version} answers", at)
    if summary.decayed:
        notify("decay", f"{summary.month}: version {summary.model_version} decayed, PR-AUC {summary.pr_auc:.3f}", at)


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
        tell(summary, at)
        status.write(params, at)
    print(summary.lines())
    return int(options.fail_on_drift and (summary.drift or summary.decayed))


if __name__ == "__main__":
    sys.exit(main())
