"""Values that must not be shown, found in texts by how they begin: thousands cost hardly more than a few."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable
from typing import Final

from readykit.credentials import masked

HEAD: Final = 6
"""Characters by which a value is looked for; a shorter one is a word."""
CUT: Final = 8
"""So many characters of the beginning of a value are too many where the text was cut ..."""
ENOUGH: Final = 12
"""... and so many anywhere, of values that are as long."""
FEW: Final = 100
"""Values that are looked for one by one; of more, texts are asked which of their pieces begins one."""


def starts_in(text: str, values: Collection[str]) -> list[str]:
    """The values whose beginning stands in a text, in order."""
    found = sorted(value for value in values if len(value) >= HEAD)
    if len(found) <= FEW:
        return [value for value in found if value[:HEAD] in text]
    begun = {value[:HEAD] for value in found}
    there = {piece for at in range(len(text) - HEAD + 1) if (piece := text[at : at + HEAD]) in begun}
    return [value for value in found if value[:HEAD] in there]


class Hidden:
    """Replaces values in texts by their first characters."""

    def __init__(self, values: Iterable[str], *, whole: bool = False) -> None:
        """`whole`: only a value that stands there whole is replaced."""
        self.whole = whole
        self.known = frozenset(value for value in values if len(value) >= HEAD)
        self.by_head: dict[str, list[str]] = {}
        for value in sorted(self.known):
            self.by_head.setdefault(value[:HEAD], []).append(value)
        self.lengths = {head: sorted({len(v) for v in own}, reverse=True) for head, own in self.by_head.items()}
        self.long = {head: [v for v in own if len(v) >= ENOUGH] for head, own in self.by_head.items()}

    def __call__(self, text: str) -> str:
        """The text without the values, also those of which it holds only the beginning."""
        for head in starts_in(text, self.by_head) if self.by_head else ():
            kept, at, place = "", 0, text.find(head)
            while place >= 0:
                value, length = self._at(text, place, head)
                if length:
                    kept += text[at:place] + masked(value)
                    at = place + length
                place = text.find(head, max(at, place + 1))
            text = kept + text[at:]
        return text

    def _at(self, text: str, place: int, head: str) -> tuple[str, int]:
        """The value that stands at a place, and how much of it: the most; nothing where that is too little to tell."""
        lengths = self.lengths[head]
        whole = next((n for n in lengths if text[place : place + n] in self.known), 0)
        found = text[place : place + whole], whole
        if self.whole or whole == lengths[0]:
            return found
        here = text[place : place + lengths[0]]
        number = bisect_left(self.long[head], here)  # the values beside it begin most like it
        for value in self.long[head][max(0, number - 1) : number + 1]:
            same = alike(value, here)
            cut = same >= CUT and text[place + same : place + same + 1] in ("", "…")
            if same > found[1] and (same >= ENOUGH or cut):
                found = value, same
        return found


def alike(one: str, other: str) -> int:
    """How many characters two texts have in common at their beginning."""
    return next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
