"""Names as people read them: what words an identifier, a path or a command is made of."""

from __future__ import annotations

import re

_BETWEEN = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_SEPARATORS = re.compile(r"[_./:\\-]+")


def words(name: str) -> str:
    """The words of a name apart: `trainModel`, `train_model` and `train-model` all give `train model`."""
    return _SEPARATORS.sub(" ", _BETWEEN.sub(" ", name)).lower()


def last(name: str) -> str:
    """The part of a dotted name after the last dot."""
    return name.rpartition(".")[2]
