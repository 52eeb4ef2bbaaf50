"""The model and its baseline, and how a model is stored: a skops file, never a pickle, checked before it is read."""

from __future__ import annotations

import hashlib
import json
import shutil
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .config import ProjectError, TrainParams
from .features import FEATURES

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

MODEL = "model.skops"
MANIFEST = "manifest.json"
BASELINE = "baseline.json"
REFERENCE = "reference.parquet"
BACKGROUND = "background.npy"
METRICS = "metrics.json"

# The only types a model file may hold beyond numbers, containers and the parts of trees that skops knows to be safe. A
# file that names any other is refused: loading runs the constructors of what it names.
TRUSTED_TYPES = [
    "sklearn.ensemble._hist_gradient_boosting.gradient_boosting.HistGradientBoostingClassifier",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.pipeline.Pipeline",
    "sklearn.preprocessing._label.LabelEncoder",
]


class Scorer(Protocol):
    """What evaluation asks of a model, the baseline and the champion alike."""

    def predict_proba(self, matrix: NDArray[np.float64], /) -> NDArray[np.float64]:
        """Probability of on time and of late, one row each."""
        ...


class Baseline:
    """What a timetable with memory would say: how often this carrier was late in this hour of the day.

    Rates of small groups are pulled towards the overall rate, as if each had seen 20 average flights more.
    """

    def __init__(self, overall: float, rates: dict[str, float]) -> None:
        self.overall = overall
        self.rates = rates

    @classmethod
    def fit(cls, matrix: NDArray[np.float64], late: NDArray[np.int8]) -> Baseline:
        """Count on the training months."""
        overall = float(late.mean())
        keys, group = np.unique(cls._keys(matrix), return_inverse=True)
        flights = np.bincount(group)
        lates = np.bincount(group, weights=late)
        rates = (lates + 20 * overall) / (flights + 20)
        return cls(overall, dict(zip(map(str, keys.tolist()), rates.tolist(), strict=True)))

    @staticmethod
    def _keys(matrix: NDArray[np.float64]) -> NDArray[np.int64]:
        carrier, hour = (matrix[:, FEATURES.index(name)].astype(np.int64) for name in ("carrier", "hour"))
        return carrier * 100 + hour

    def predict_proba(self, matrix: NDArray[np.float64], /) -> NDArray[np.float64]:
        """The rate of the flight's group, or the overall rate of a group never seen."""
        late = np.array([self.rates.get(str(key), self.overall) for key in self._keys(matrix).tolist()])
        return np.column_stack([1 - late, late])

    def save(self, folder: Path) -> None:
        """Beside the model, as JSON."""
        write_json(folder / BASELINE, {"overall": self.overall, "rates": self.rates})

    @classmethod
    def load(cls, folder: Path) -> Baseline:
        """As saved."""
        return cls(**json.loads((folder / BASELINE).read_text(encoding="utf-8")))


def build_model(params: TrainParams) -> Pipeline:
    """Gradient boosting over the feature matrix; missing weather and rare airports need no further treatment."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.pipeline import Pipeline

    trees = HistGradientBoostingClassifier(
        learning_rate=params.learning_rate,
        max_iter=params.max_iter,
        max_leaf_nodes=params.max_leaf_nodes,
        min_samples_leaf=params.min_samples_leaf,
        l2_regularization=params.l2_regularization,
        early_stopping=False,
        random_state=params.seed,
    )
    return Pipeline([("trees", trees)])


def import_skops() -> None:
    """Import what reads and writes models, in a tenth of the time that it takes by itself.

    To name what it trusts beside our TRUSTED_TYPES, skops imports all of scikit-learn: without these names more is
    refused. And it looks for each function of NumPy and SciPy in all modules that are loaded, two seconds' work behind
    MLflow or Prefect: so whoever needs both asks for this first.
    """
    import sklearn.utils

    everything = sklearn.utils.all_estimators
    sklearn.utils.all_estimators = list
    try:
        import_module("skops.io")
    finally:
        sklearn.utils.all_estimators = everything


def save(model: Pipeline, folder: Path, meta: dict[str, Any]) -> str:
    """Write the model and its manifest; returns the digest that every later load is checked against."""
    import_skops()
    import skops.io

    folder.mkdir(parents=True, exist_ok=True)
    skops.io.dump(model, folder / MODEL)
    digest = sha256(folder / MODEL)
    write_json(folder / MANIFEST, {"sha256": digest, "features": list(FEATURES), **meta})
    return digest


def load(folder: Path, digest: str) -> Scorer:
    """Read a model whose bytes are the expected ones and whose types are all known; raises ProjectError otherwise."""
    import_skops()
    import skops.io

    file = folder / MODEL
    if not file.is_file():
        raise ProjectError(f"{file} is missing")
    if (found := sha256(file)) != digest:
        raise ProjectError(f"{file} is not the file that was promoted: sha256 is {found[:12]}, expected {digest[:12]}")
    if unknown := sorted(set(skops.io.get_untrusted_types(file=file)) - set(TRUSTED_TYPES)):
        raise ProjectError(f"{file} holds types that are not in TRUSTED_TYPES: {', '.join(unknown)}")
    model: Scorer = skops.io.load(file, trusted=TRUSTED_TYPES)
    return model


def load_with_manifest(folder: Path) -> tuple[Scorer, dict[str, Any]]:
    """A stored model and what its manifest says."""
    manifest: dict[str, Any] = read_json(folder / MANIFEST)
    return load(folder, manifest["sha256"]), manifest


def sha256(file: Path) -> str:
    """The digest of a file, in pieces."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def read_json(file: Path) -> Any:
    """A JSON file of ours."""
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ProjectError(f"{file} can't be read: {error.strerror}") from error
    except ValueError as error:
        raise ProjectError(f"{file} is damaged ({error}): Restore in docs/runbook.md brings it back") from error


def write_json(file: Path, value: Any) -> None:
    """Written beside and moved into place, so that no reader ever sees half a file."""
    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_name(file.name + ".new")
    beside.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")
    beside.replace(file)


def copy_bundle(source: Path, target: Path) -> None:
    """Copy a model's folder (model, manifest, baseline, reference, background) to a place of its own."""
    target.mkdir(parents=True, exist_ok=True)
    for name in (MODEL, MANIFEST, BASELINE, REFERENCE, BACKGROUND):
        if (source / name).is_file():
            shutil.copyfile(source / name, target / name)
