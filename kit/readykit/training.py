"""Whether words speak of training a model."""

from __future__ import annotations

import re
from functools import lru_cache

from readykit.naming import words

TRAINS = re.compile(
    r"(?<![a-z])(re-?)?train(er|ing|s)?(?![a-z])|(?<![a-z])fit(?![a-z])|(?<![a-z])(continuous training|model pipeline)",
    re.IGNORECASE,
)
NOT_TRAINING = re.compile(
    r"train(ing)?[-_ /]?(and[-_ ])?(serv|predict|test|val)\w*|pre-?train\w*"
    r"|train(ing)?[-_ ](data|set|dataset|column|path|reference|state)\w*",
    re.IGNORECASE,
)


@lru_cache(maxsize=1 << 14)
def trains(text: str) -> bool:
    """Whether a name, path or sentence speaks of training a model rather than of training data."""
    plain = words(text)
    return bool(TRAINS.search(NOT_TRAINING.sub(" ", plain)))
