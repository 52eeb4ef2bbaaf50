"""What is asked more than once is worked out once."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

Asked = TypeVar("Asked")
Made = TypeVar("Made")


class Answers(dict[Asked, Made]):
    """A function's answers by what was asked: the second time a question costs no more than a look into a dict."""

    __slots__ = ("_function",)

    def __init__(self, function: Callable[[Asked], Made]) -> None:
        super().__init__()
        self._function = function

    def __missing__(self, asked: Asked) -> Made:
        made = self[asked] = self._function(asked)
        return made


def once(function: Callable[[Any], Made]) -> Callable[[Any], Made]:
    """Remember the answer of a function of one object for as long as that object lives."""
    answers: WeakKeyDictionary[Any, Made] = WeakKeyDictionary()

    @wraps(function)
    def remembered(thing: Any) -> Made:
        try:
            return answers[thing]
        except KeyError:
            made = answers[thing] = function(thing)
            return made

    return remembered
