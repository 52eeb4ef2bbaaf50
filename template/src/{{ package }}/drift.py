"""How far each column moved, as an effect size, and how sure that is when only some of many rows were compared."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .config import MonitorParams, ProjectError

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
AT_ONCE = 2**23  # values in memory while a large file is read: 64 MiB of numbers


@dataclass(frozen=True)
class Column:
    """One compared column: the size of the difference, how far sampling may have moved it, and whether it counts."""

    column: str
    method: str
    value: float
    error: float
    threshold: float
    drifted: bool


# -- reading -----------------------------------------------------------------------------------------------------------


def read_sample(file: Path, rows: int, seed: int, columns: list[str] | None = None) -> tuple[pd.DataFrame, int]:
    """At most `rows` rows of a Parquet file, and how many it has.

    Every row group gives its share of the rows, drawn without replacement, so a file sorted by time is sampled evenly.
    A few columns of one row group are in memory at a time.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        schema = pq.read_schema(file)
        names = columns or schema.names
        kept = pa.schema([schema.field(name) for name in names], schema.metadata)
        words = [field.name for field in kept if pa.types.is_string(field.type)]
        # Five times as fast: words stay numbers of a dictionary until the rows are drawn.
        with pq.ParquetFile(file, read_dictionary=words) as stored:
            total = int(stored.metadata.num_rows)
            if total > rows:  # reading takes seconds: import meanwhile what will compare, on another core
                threading.Thread(target=evidently, daemon=True).start()
            sizes = [stored.metadata.row_group(group).num_rows for group in range(stored.num_row_groups)]
            drawn = draw(sizes, rows, np.random.default_rng(seed))
            # Not one by one: after every step the import has to let go of the interpreter, which takes 5 ms each time.
            step = max(1, AT_ONCE // max([*sizes, 1]))
            found: list[Any] = []
            for start in range(0, len(names), step):
                some = names[start : start + step]
                part = pa.schema([kept.field(name) for name in some])
                pieces = [stored.read_row_group(i, some).select(some).take(at).cast(part) for i, at in enumerate(drawn)]
                found += pa.concat_tables([part.empty_table(), *pieces]).columns
        return pa.table(found, schema=kept).to_pandas(), total
    except (OSError, pa.ArrowException) as error:
        raise ProjectError(f"{file} can't be read as Parquet: {error}") from error


def draw(sizes: list[int], rows: int, random: np.random.Generator) -> list[NDArray[np.int64]]:
    """Which rows of each row group to take, in order: `rows` in all, or every one where there are no more."""
    upto = np.rint(np.cumsum(sizes) * min(1, rows / max(1, sum(sizes)))).astype(int)
    shares = np.diff(upto, prepend=0)
    return [np.sort(random.choice(size, int(n), replace=False)) for size, n in zip(sizes, shares, strict=True)]


def sample(frame: pd.DataFrame, params: MonitorParams) -> pd.DataFrame:
    """At most `sample_rows` of a frame that is in memory already."""
    return frame if len(frame) <= params.sample_rows else frame.sample(params.sample_rows, random_state=params.seed)


# -- comparing ---------------------------------------------------------------------------------------------------------


def evidently() -> Any:
    """The library, imported when it is needed: it takes longer than the comparison."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # notes of its dependencies, nothing a reader could act upon
        import evidently
    return evidently


def compare(
    current: pd.DataFrame,
    reference: pd.DataFrame,
    numeric: list[str],
    categorical: list[str],
    params: MonitorParams,
    target: Path,
    rows: int | None = None,
) -> list[Column]:
    """The Evidently report as `<target>.html` and `<target>.json`, and its values as columns.

    `rows` is how many rows the current data has where `current` is a sample of it.
    """
    rows = rows or len(current)
    current, reference = sample(current, params), sample(reference, params)
    names = [*numeric, *categorical]
    # A column that has become empty can't be compared, and is the plainest drift there is.
    empty = [name for name in names if current[name].isna().all() != reference[name].isna().all()]
    used = [name for name in names if not (current[name].isna().all() or reference[name].isna().all())]
    limits = {name: (params.num_method, params.num_threshold) for name in used if name in numeric}
    limits |= {name: (params.cat_method, params.cat_threshold) for name in used if name in categorical}

    found = [Column(name, "missing", 1.0, 0.0, 1.0, True) for name in empty]

    def judge(values: list[float]) -> list[Column]:
        for (name, (method, limit)), value in zip(limits.items(), values, strict=True):
            off = sampling_error(method, current[name], reference[name], value, rows)
            found.append(Column(name, method, round(value, 4), round(off, 4), limit, value >= limit))
        return found

    library = evidently()
    kinds = [name for name in used if name in numeric], [name for name in used if name in categorical]
    definition = library.DataDefinition(numerical_columns=kinds[0], categorical_columns=kinds[1])
    sides = (library.Dataset.from_pandas(side[used], data_definition=definition) for side in (current, reference))
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        run = library.Report([each_once(limits, judge)]).run(*sides)
    target.parent.mkdir(parents=True, exist_ok=True)
    run.save_html(str(target.with_suffix(".html")))
    run.save_json(str(target.with_suffix(".json")))
    return found


def each_once(limits: Mapping[str, tuple[str, float]], judge: Callable[[list[float]], list[Column]]) -> Any:
    """What Evidently does: measure and draw each column once, by its method, and show what `judge` says of the values.

    Its preset for drift measures every column three times and draws it twice, and doesn't say how sure a value is.
    """
    from evidently.core.container import MetricContainer
    from evidently.metrics import ValueDrift

    class EachOnce(MetricContainer):  # type: ignore[misc]  # the library is not typed
        """The columns in a table."""

        def generate_metrics(self, _context: Any) -> list[Any]:
            return [ValueDrift(column=name, method=method, threshold=at) for name, (method, at) in limits.items()]

        def render(self, context: Any, child_widgets: Any = None) -> list[Any]:
            found = judge([float(context.get_metric_result(metric).value) for metric, _ in child_widgets])
            # The first of a column's widgets is a title.
            return [table(found, {name: parts[1:] for name, (_, parts) in zip(limits, child_widgets, strict=True)})]

    return EachOnce()


def table(found: list[Column], drawings: Mapping[str, list[Any]]) -> Any:
    """The columns as a table of Evidently's, each with its drawings to unfold; what moved most comes first."""
    from evidently.legacy.renderers import html_widgets as html

    heads = {"column": "Column", "drifted": "Drifted", "value": "How far (95 %)", "at": "Threshold", "by": "Method"}
    rows = []
    for one in sorted(found, key=lambda column: -column.value / column.threshold):
        drifted, value = "yes" if one.drifted else "no", f"{one.value:.3f} ± {one.error:.3f}"
        fields = dict(zip(heads, (one.column, drifted, value, f"{one.threshold:g}", one.method), strict=True))
        details = html.RowDetails([html.DetailsPartInfo("", part) for part in drawings.get(one.column, [])])
        rows.append(html.RichTableDataRow(fields, details))
    title = f"{sum(one.drifted for one in found)} of {len(found)} columns drifted"
    columns = [html.ColumnDefinition(head, field) for field, head in heads.items()]
    return html.rich_table_data(title=title, columns=columns, data=rows, rows_per_page=50)


# -- how sure ----------------------------------------------------------------------------------------------------------


def sampling_error(method: str, current: pd.Series, reference: pd.Series, value: float, rows: int) -> float:
    """How far `value` may be from what all rows would give, at 95 %; `rows` of them stand behind `current`.

    The reference counts as drawn from far more rows than it has, which errs on the safe side.
    """
    now, before = current.dropna(), reference.dropna()
    # Drawing a good part of all rows leaves less to chance (finite population correction).
    chance = max(0.0, 1 - len(current) / rows) / len(now), 1 / len(before)
    if method == "wasserstein":
        return _wasserstein_error(now.to_numpy(np.float64), before.to_numpy(np.float64), value, *chance)
    return _shares_error(method, *shares(now, before), *chance)


def _wasserstein_error(now: Floats, before: Floats, value: float, chance_now: float, chance_before: float) -> float:
    """The distance is the area between two distribution functions; each wavers by sqrt(F (1 - F) / n).

    An area of such noise has mean 0.8 and standard deviation at most 0.6 of the area of its width, hence the factor 2
    (0.8 + 2 * 0.6). The unit, the reference's standard deviation, wavers as well.
    """
    now, before = np.sort(now), np.sort(before)
    at = np.sort(np.concatenate([now, before]))
    below = np.searchsorted(now, at, "right") / len(now), np.searchsorted(before, at, "right") / len(before)
    width = np.sqrt(sum(f * (1 - f) * chance for f, chance in zip(below, (chance_now, chance_before), strict=True)))
    unit = max(float(before.std()), 0.001)
    kurtosis = float(np.mean((before - before.mean()) ** 4)) / unit**4
    return float(2 * np.sum(width[:-1] * np.diff(at)) / unit + value * np.sqrt(max(kurtosis - 1, 0) * chance_before))


def shares(now: pd.Series, before: pd.Series) -> tuple[Floats, Floats]:
    """The shares of each value, or of each bin of a number, in both: the bins are Evidently's."""
    import pandas as pd

    if pd.api.types.is_numeric_dtype(before) and before.nunique() > 20:
        bins = np.histogram_bin_edges(np.concatenate([now, before]), bins="sturges")
        counts: tuple[ArrayLike, ArrayLike] = np.histogram(now, bins)[0], np.histogram(before, bins)[0]
    else:
        both = pd.concat([now.value_counts(), before.value_counts()], axis=1).fillna(0)
        counts = both.iloc[:, 0].to_numpy(), both.iloc[:, 1].to_numpy()
    return np.asarray(counts[0], np.float64) / len(now), np.asarray(counts[1], np.float64) / len(before)


def _shares_error(method: str, now: Floats, before: Floats, chance_now: float, chance_before: float) -> float:
    """Of k shares, n rows give a chi-square of k - 1 degrees by chance alone.

    Jensen-Shannon distance is a metric, so each side adds its own distance from the truth, sqrt(chi-square / 8 n). For
    PSI: two standard deviations by its derivatives, and what chance adds to a difference of nothing.
    """
    from scipy.stats import chi2

    by_chance = float(chi2.ppf(0.95, max(1, len(now) - 1)))
    if method == "jensenshannon":
        return float(np.sqrt(by_chance * chance_now / 8) + np.sqrt(by_chance * chance_before / 8))
    p, q = np.where(now > 0, now, 1e-4), np.where(before > 0, before, 1e-4)
    spread = 0.0
    for one, other, chance in ((p, q, chance_now), (q, p, chance_before)):
        slope = np.log(one / other) + 1 - other / one
        spread += chance * float(np.sum(one * slope**2) - np.sum(one * slope) ** 2)
    return float(2 * np.sqrt(max(spread, 0.0)) + by_chance * (chance_now + chance_before))
