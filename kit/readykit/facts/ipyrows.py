"""Where the source of a notebook stands in its file: a search for JSON strings that goes forward only."""

from __future__ import annotations

from collections.abc import Sequence
from json.encoder import encode_basestring, encode_basestring_ascii

WINDOW = 400
"""Characters beside a string in which its line has to begin and to end: indentation and a comma."""
ROUNDS = 20
"""How often a file is gone through to its end for strings that are not in it; then no more is looked for."""


class Rows:
    """The lines of a file; whatever is found is found behind what was found before."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.row = 0
        self.start = 0
        self.left = ROUNDS * len(text) + 1_000_000
        self.write, self.other = encode_basestring_ascii, encode_basestring
        self.indent = 0

    def alone(self, value: str) -> int | None:
        """The next line, counted from 0, on which nothing stands but a JSON string of this value."""
        form = self.write(value)
        if self._next(form):
            return self.row - 1
        place = self._first(value, alone=True)
        if place is None:
            return None
        row = self._past(place)
        self.indent = place - self.text.rfind("\n", 0, place) - 1
        return row

    def block(self, values: Sequence[str]) -> int | None:
        """As `alone` for all of some values, the first line given back; None when they do not follow each other.

        Where that is so only after the first of them was found, looking for each finds the same again.
        """
        if not values:
            return None
        before = self.row, self.start, self.indent, self.left
        first = self.alone(values[0])
        if first is None:
            self.row, self.start, self.indent, self.left = before
            return None
        blanks = self.text[self.start : self.start + self.indent]
        forms = (",\n" + blanks).join(map(self.write, values[1:]))
        if len(values) == 1 or (not blanks.strip() and self._next(forms)):
            self.row += max(len(values) - 2, 0)
            return first
        self.row, self.start, self.indent, self.left = before
        return None

    def _next(self, form: str) -> bool:
        """Whether a string is all of the very next line, as the second line of a cell is; then go on behind it."""
        place = self.start + self.indent
        if not self.text.startswith(form, place) or self.text[self.start : place].strip():
            return False
        end = place + len(form)
        behind = self.text[end : end + 2]
        if behind != ",\n" and behind[:1] != "\n":
            return False
        self.start = end + (2 if behind == ",\n" else 1)
        self.row += 1
        return True

    def ending(self, value: str) -> int | None:
        """The next line that ends with a JSON string of this value."""
        place = self._first(value, alone=False)
        return None if place is None else self._past(place)

    def holding(self, value: str) -> int | None:
        """The next line with a JSON string in which this value stands; the search goes on from this very line."""
        key = encode_basestring_ascii(value)[1:-1]
        place = self._find(key, self.start, len(self.text)) if key else -1
        if place < 0:
            return None
        self.row += self.text.count("\n", self.start, place)
        self.start = max(self.text.rfind("\n", self.start, place) + 1, self.start)
        return self.row

    def _first(self, value: str, alone: bool) -> int | None:
        """Where the value begins, written in ASCII or not; the way that was right before is tried first."""
        form, second = self.write(value), self.other(value)
        found = self._standing(form, len(self.text), alone)
        if form != second:
            place = self._standing(second, len(self.text) if found is None else found, alone)
            if place is not None:
                self.write, self.other, found = self.other, self.write, place
        return found

    def _standing(self, form: str, end: int, alone: bool) -> int | None:
        place = self._find(form, self.start, end)
        while place >= 0:
            if self._ends(place + len(form)) and (not alone or self._begins(place)):
                return place
            self.left -= WINDOW
            place = self._find(form, place + 1, end)
        return None

    def _find(self, form: str, start: int, end: int) -> int:
        if self.left <= 0:
            return -1
        place = self.text.find(form, start, end)
        self.left -= (place if place >= 0 else max(end, start)) - start
        return place

    def _begins(self, place: int) -> bool:
        """Whether only blanks stand before a place on its line."""
        first = max(self.start, place - WINDOW)
        line = self.text.rfind("\n", first, place) + 1
        return (line > 0 or first == self.start) and not self.text[line or first : place].strip()

    def _ends(self, place: int) -> bool:
        """Whether nothing but commas and blanks stands behind a place on its line."""
        line = self.text.find("\n", place, place + WINDOW)
        if line < 0 and place + WINDOW < len(self.text):
            return False
        return not self.text[place : line if line >= 0 else len(self.text)].rstrip().strip(",")

    def _past(self, place: int) -> int:
        """The line of a place; the search goes on behind this line."""
        found = self.row + self.text.count("\n", self.start, place)
        self.row = found + 1
        line = self.text.find("\n", place)
        self.start = line + 1 if line >= 0 else len(self.text) + 1
        return found
