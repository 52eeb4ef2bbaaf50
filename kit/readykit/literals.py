r"""What every text that a pattern is found in must hold: a few plain words, which are found far faster than it is.

`\b(costs?|profits?)\\b` is found in no text without `cost` or `profit`. Where thousands of texts are asked, all but a
few are put aside by such words, without asking the pattern itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from re import _constants, _parser  # type: ignore[attr-defined]  # Python's own reader of patterns
from typing import Any, NamedTuple

MOST = 150
"""Plain words that are looked for instead of one pattern; what has more is asked itself."""
WIDEST = 4
"""Characters of a set (`[sz]`) that are told apart."""
RARE = frozenset("$€£%@#|`<>")
"""Characters that say something by themselves."""
# what a capital-blind pattern takes for a letter, and lower case does not make one of
ALIKE = {"\u0130": "i", "\u0131": "i", "\u017f": "s"}


class Held(NamedTuple):
    """What is known of the texts that a part of a pattern matches.

    `exact` are all of them, in lower case, when these are few; else one of `some` stands in each, as far as known.
    """

    exact: frozenset[str] | None
    some: frozenset[str] | None


EMPTY = frozenset({""})
STANDING = (_constants.AT, _constants.ASSERT, _constants.ASSERT_NOT)
"""Parts that stand between characters."""
REPEATING = (_constants.MAX_REPEAT, _constants.MIN_REPEAT, _constants.POSSESSIVE_REPEAT)
ANYTHING = Held(None, None)


def lowered(text: str) -> str:
    """A text as words are looked for in it, character by character: it is as long as before."""
    if not text.isascii():
        for odd, plain in ALIKE.items():
            text = text.replace(odd, plain)
    return text.lower()


def held(pattern: re.Pattern[str]) -> tuple[str, ...]:
    """Texts in lower case one of which stands in all that a pattern is found in; none when that cannot be said.

    Args:
        pattern: any pattern.

    Returns:
        The texts, sorted; look for them in what `lowered` makes of a text.
    """
    try:
        found = _sequence(_parser.parse(pattern.pattern, pattern.flags & ~re.DEBUG))
    except (re.error, RecursionError):
        return ()
    return tuple(sorted(_better(_useful(found.exact), found.some) or ()))


def _sequence(parts: Iterable[tuple[Any, Any]], run: frozenset[str] = EMPTY) -> Held:
    """One part after the other, and all after one of the texts of `run`, which grows as long as all of it is known."""
    best: frozenset[str] | None = None
    whole = True
    for kind, given in parts:
        each = _part(kind, given, run)
        if each.exact is None:
            whole = False
            best = _better(_better(best, _useful(run)), each.some)
            run = EMPTY
        else:
            run = each.exact
    return Held(run, None) if whole else Held(None, _better(best, _useful(run)))


def _part(kind: Any, given: Any, run: frozenset[str]) -> Held:
    """One part of a pattern after what stands before it."""
    if kind is _constants.LITERAL:
        return _after(run, frozenset({chr(given).lower()})) if _plain(given) else ANYTHING
    if kind is _constants.IN:
        return _after(run, _members(given))
    if kind is _constants.SUBPATTERN:
        return _sequence(given[3], run)
    if kind is _constants.BRANCH:
        return _either([_sequence(each, run) for each in given[1]])
    if kind in STANDING:
        return Held(run, None)
    if kind in REPEATING:
        least, most, body = given
        if most == 1:
            return _sequence(body, run) if least else _either([Held(run, None), _sequence(body, run)])
        inside = _sequence(body) if least else ANYTHING
        return Held(None, _better(_useful(inside.exact), inside.some))
    return ANYTHING


def _members(given: list[tuple[Any, Any]]) -> frozenset[str] | None:
    """The characters of a small set; None of a large one, and of one that names what it is not."""
    if len(given) > WIDEST or not all(kind is _constants.LITERAL and _plain(code) for kind, code in given):
        return None
    return frozenset(chr(code).lower() for _, code in given)


def _plain(code: int) -> bool:
    """Whether a character is found in a text in lower case wherever a pattern finds it, blind to capitals or not."""
    return code < 128 or chr(code).lower() == chr(code).upper()


def _either(each: list[Held]) -> Held:
    """One of several."""
    exact = frozenset().union(*(one.exact for one in each if one.exact is not None))
    if len(exact) <= MOST and all(one.exact is not None for one in each):
        return Held(exact, None)
    some: set[str] = set()
    for one in each:
        words = _better(_useful(one.exact), one.some)
        if words is None:
            return ANYTHING
        some |= words
    return Held(None, _shortest(some) if len(some) <= MOST else None)


def _after(run: frozenset[str], texts: frozenset[str] | None) -> Held:
    """Every text of the one followed by every text of the other, when these are few."""
    if texts is None or len(run) * len(texts) > MOST:
        return Held(None, _useful(texts))
    return Held(frozenset(one + other for one in run for other in texts), None)


def _useful(texts: frozenset[str] | None) -> frozenset[str] | None:
    """Texts that say something when they are looked for."""
    return _shortest(texts) if texts and all(len(text) > 1 or text in RARE for text in texts) else None


def _shortest(texts: Iterable[str]) -> frozenset[str]:
    """The texts that hold no other of them."""
    kept: list[str] = []
    for text in sorted(texts, key=len):
        if not any(other in text for other in kept):
            kept.append(text)
    return frozenset(kept)


def _better(one: frozenset[str] | None, other: frozenset[str] | None) -> frozenset[str] | None:
    """Of two sets of texts the one that puts more aside: its shortest text is longer, or it is smaller."""
    if one is None or other is None:
        return other if one is None else one
    return min(one, other, key=lambda texts: (-min(3, *map(len, texts)), len(texts)))
