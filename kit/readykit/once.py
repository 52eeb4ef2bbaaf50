"""What several checks ask of a project is worked out once a project."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

Made = TypeVar("Made")


def once(function: Callable[[Any], Made]) -> Callable[[Any], Made]:
    """Remember the answer of a function of one object for as long as that object lives."""
    answers: WeakKeyDictionary[Any, Made] = WeakKeyDictionary()

    @wraps(function)
    def remembered(thing: Any) -> Made:
        if thing not in answers:
            answers[thing] = function(thing)
        return answers[thing]

    return remembered
