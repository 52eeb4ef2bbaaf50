"""Values that must not be shown, found in texts by how they begin: thousands cost hardly more than a few."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable
from typing import Final

from readykit.credentials import masked

HEAD: Final = 8
"""Characters by which a long value is looked for."""
ENOUGH: Final = 12
"""So many characters of the beginning of a value are as good as the value."""
LEAST: Final = 6
"""A shorter value is a word."""
FEW: Final = 100
"""Values that are looked for one by one; of more, texts are asked which of their pieces begins one."""


def starts_in(text: str, values: Collection[str]) -> list[str]:
    """The values whose beginning stands in a text, in order."""
    found = sorted(value for value in values if len(value) >= LEAST)
    if len(found) > FEW:
        begun = {value[:LEAST] for value in found}
        there = {piece for at in range(len(text) - LEAST + 1) if (piece := text[at : at + LEAST]) in begun}
        found = [value for value in found if value[:LEAST] in there]
    return [value for value in found if len(found) > FEW or head_of(value) in text]


def head_of(value: str) -> str:
    """What of a value is looked for: all of a short one."""
    return value[:HEAD] if len(value) >= ENOUGH else value


class Hidden:
    """Replaces values in texts by their first characters."""

    def __init__(self, values: Iterable[str], *, whole: bool = False) -> None:
        """`whole`: only a value that stands there whole is replaced."""
        self.whole = whole
        self.by_head: dict[str, list[str]] = {}
        for value in sorted(set(values)):
            self.by_head.setdefault(head_of(value), []).append(value)
        self.lengths = {head: sorted({len(v) for v in values}, reverse=True) for head, values in self.by_head.items()}
        self.known = frozenset(value for values in self.by_head.values() for value in values)

    def __call__(self, text: str) -> str:
        """The text without the values, also those of which it holds only the beginning."""
        # the longest first: behind a short value that is masked, the rest of a long one would stay
        for head in sorted(starts_in(text, self.by_head), key=len, reverse=True) if self.by_head else ():
            text = self._without(text, head)
        return text

    def _without(self, text: str, head: str) -> str:
        kept, at, place = [], 0, text.find(head)
        while place >= 0:
            value, length = self._at(text, place, head)
            if length:
                kept += [text[at:place], masked(value)]
                at = place + length
            place = text.find(head, max(at, place + 1))
        return "".join(kept) + text[at:]

    def _at(self, text: str, place: int, head: str) -> tuple[str, int]:
        """The value that stands at a place, and how much of it; nothing where there is too little to tell."""
        for length in self.lengths[head]:  # the longest first: several may begin alike
            if (value := text[place : place + length]) in self.known:
                return value, length
        if self.whole:
            return "", 0
        values = self.by_head[head]
        here = text[place : place + self.lengths[head][0]]
        number = bisect_left(values, here)
        near = [value for value in values[max(0, number - 1) : number + 1] if len(value) >= ENOUGH]
        value = max(near, key=lambda value: alike(value, here), default="")
        same = alike(value, here)
        cut = text[place + same : place + same + 1] in ("", "…")
        return (value, same) if value and (same >= ENOUGH or cut) else ("", 0)


def alike(one: str, other: str) -> int:
    """How many characters two texts have in common at their beginning."""
    return next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
