"""The models a service worker holds: the champion (`models/serving/current.json`), one on trial (`challenger.json`).

Promotion and rollback move the first of these small files atomically; while the second is there, the challenger that it
names is tried as `serving.challenger` says: it scores the same flights in shadow and its scores are only logged, or it
answers a share of the requests. Every worker looks at it once a second from a
thread of its own, loads a new version beside the old one, checks it, and then swaps one reference. No
request waits for a load and none fails during a switch; a version that can't be used is refused and the old
one goes on answering.
"""

from __future__ import annotations

import json
import logging
import re
import threading
import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .config import ProjectError
from .schema import EXAMPLE, Flight
from .trees import FEW_ROWS, CompiledTrees, compiled

if TYPE_CHECKING:
    from .explain import Explanation
    from .model import Scorer

LOG = logging.getLogger(__name__)
LOOK_EVERY_SECONDS = 1.0
RETRY_REFUSED_SECONDS = 30.0  # a copy that was still under way may be whole by then
CURRENT = "current.json"
CHALLENGER = "challenger.json"
SAFE_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True)
class ServedModel:
    """One loaded version; immutable, so a request that holds it sees one version from start to end."""

    version: str
    sha256: str
    threshold: float
    estimator: Scorer
    trees: CompiledTrees | None
    rows: Callable[[Sequence[Flight]], Any]
    folder: Path

    def score(self, flights: Sequence[Flight]) -> list[float]:
        """The probability of a late departure for each flight."""
        scorer = self.trees if self.trees and len(flights) <= FEW_ROWS else self.estimator
        probabilities: list[float] = scorer.predict_proba(self.rows(flights))[:, 1].tolist()
        return probabilities

    def explain(self, flights: Sequence[Flight]) -> list[Explanation]:
        """What every input adds to the probability of each flight; a hundredth of a second a flight."""
        from .explain import contributions, load_background

        return contributions(self.estimator, self.rows(flights), load_background(self.folder))


def read_version(folder: Path, pointer: str = CURRENT) -> ServedModel:
    """Load what a pointer names, or raise `ProjectError` with the reason it can't be served."""
    try:
        named = json.loads((folder / pointer).read_text(encoding="utf-8"))
        model = _load(folder, str(named["version"]), str(named["sha256"]))
        first = model.score([EXAMPLE])[0]  # warms the model up, too: the first request pays nothing
    except ProjectError:
        raise
    except Exception as error:  # whatever is wrong with a new version, the old one must go on
        raise ProjectError(f"{folder / pointer}: {type(error).__name__}: {error}") from error
    if not 0.0 <= first <= 1.0:
        raise ProjectError(f"version {model.version} answers {first} for the example, which is not a probability")
    return model


def _load(folder: Path, version: str, digest: str) -> ServedModel:
    # Imported here: BentoML's parent process imports the service too, and it needs no scikit-learn.
    from . import features
    from .model import load

    if not SAFE_VERSION.fullmatch(version):
        raise ProjectError(f"a pointer in {folder} names {version!r}, which is not a version")
    manifest = json.loads((folder / version / "manifest.json").read_text(encoding="utf-8"))
    if manifest["features"] != list(features.FEATURES):
        raise ProjectError(f"version {version} was trained on other features than this code builds")
    model = load(folder / version, digest)
    return ServedModel(version, digest, manifest["threshold"], model, compiled(model), features.rows, folder / version)


def in_canary(request_id: str, share: float) -> bool:
    """Whether a request belongs to the share that the challenger answers; the same id always gets the same answer."""
    return zlib.crc32(request_id.encode()) < share * 2**32


class ModelHolder:
    """The model that a pointer names, kept up to date by a background thread.

    Without its pointer the champion is kept, for the store may only be away for a moment; a challenger is let go.
    """

    def __init__(self, folder: Path, pointer: str = CURRENT, told: Callable[..., None] | None = None) -> None:
        """Follow `pointer` in `folder`; `told` hears version and sha256 of every switch."""
        self._told = told or (lambda *_: None)
        self._folder = folder
        self._pointer = pointer
        self._seen: tuple[int, int, int] | None = None
        self._retry_at = 0.0
        self._stop = threading.Event()
        self.current: ServedModel | None = None
        self.refused: str | None = None
        self.look()
        self._thread = threading.Thread(target=self._follow, name="model-holder", daemon=True)
        self._thread.start()

    def look(self) -> None:
        """One cheap stat; a load only when the pointer changed (or a refused one is due for another try)."""
        try:
            stat = (self._folder / self._pointer).stat()
        except OSError:
            if self._pointer == CHALLENGER:
                self.current, self._seen = None, None
                self._told(None)
            return
        seen = (stat.st_ino, stat.st_mtime_ns, stat.st_size)
        if seen == self._seen and (self.refused is None or time.monotonic() < self._retry_at):
            return
        self._seen = seen
        try:
            model = read_version(self._folder, self._pointer)
        except ProjectError as error:
            self._retry_at = time.monotonic() + RETRY_REFUSED_SECONDS
            kept = f"version {self.current.version} goes on" if self.current else "no model is served"
            if str(error) != self.refused:
                LOG.error("new model refused, %s: %s", kept, error)  # noqa: TRY400 - the message is the reason
            self.refused = str(error)
            return
        before = self.current.version if self.current else "none"
        self.current, self.refused = model, None
        self._told(model.version, model.sha256)
        LOG.warning("%s: model switched from version %s to %s", self._pointer, before, model.version)

    def _follow(self) -> None:
        while not self._stop.wait(LOOK_EVERY_SECONDS):
            try:
                self.look()
            except Exception:  # the thread must outlive any surprise
                LOG.exception("could not look at the model pointer; trying again in %.0f s", LOOK_EVERY_SECONDS)

    def close(self) -> None:
        self._stop.set()
