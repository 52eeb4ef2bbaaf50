"""Names as people read them: what words an identifier, a path or a command is made of."""

from __future__ import annotations

import re
from functools import lru_cache

_BETWEEN = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_SEPARATORS = re.compile(r"[_./:\\-]+")
_APART = str.maketrans(dict.fromkeys("_./:\\-", " "))


@lru_cache(maxsize=1 << 16)
def words(name: str) -> str:
    """The words of a name apart: `trainModel`, `train_model` and `train-model` all give `train model`."""
    low = name.lower()
    apart = name.translate(_APART) if low == name else ""  # no capital begins a word
    if apart and "  " not in apart:
        return apart
    return _SEPARATORS.sub(" ", _BETWEEN.sub(" ", name)).lower()


def last(name: str) -> str:
    """The part of a dotted name after the last dot, and of a function of R after its package."""
    return name.rpartition("::")[2] if "::" in name else name.rpartition(".")[2]


@lru_cache(maxsize=1 << 16)
def short(name: str) -> str:
    """The words of the last part of a name: `model.trainFast` gives `train fast`."""
    return words(last(name))
