"""Globs as quick tests. Most are a word with a star at one end or both, which needs no regular expression."""

from __future__ import annotations

import re
from collections.abc import Callable
from fnmatch import translate
from functools import lru_cache

Test = Callable[[str], bool]
WILD = re.compile(r"\[!?\]?[^\]]*\]|[*?\[]")
"""What is no plain text in a glob."""
OPENS, CLOSES = re.compile(r"[*?\[]"), re.compile(r"[*?\]]")
SPECIAL = re.compile(r"[?\[\n]")
"""What no glob of stars and plain text has."""


@lru_cache(maxsize=8192)
def glob(pattern: str) -> Test:
    """A test for names: `*` is any text (dots and slashes included), `?` one character, `[...]` a set."""
    inner = pattern.strip("*")
    if SPECIAL.search(inner):
        return Slow(pattern)
    if "*" in inner:
        return stars(pattern)
    starts, ends = pattern.startswith("*"), pattern.endswith("*")
    if not pattern.strip("*"):
        return anything if pattern else glob_exact("")
    if starts and ends:
        return lambda name: inner in name
    if starts:
        return lambda name: name.endswith(inner)
    if ends:
        return lambda name: name.startswith(inner)
    return lambda name: name == inner


@lru_cache(maxsize=2048)
def key_glob(pattern: str) -> Test:
    """A test for configuration keys, in which `[` is no wildcard: `steps[0].run` is written as it is."""
    return glob(pattern.replace("[", "[[]")) if "*" in pattern or "?" in pattern else glob_exact(pattern)


def is_glob(pattern: str) -> bool:
    """Whether a pattern means more than itself."""
    return any(mark in pattern for mark in "*?[\n")


def anything(_name: str) -> bool:
    """The test of `*`."""
    return True


def stars(pattern: str) -> Test:
    """The test of a glob of plain text and stars, some of them inside."""
    start, *between, end = pattern.split("*")
    least = len(start) + len(end)
    if not between:
        return lambda name: name.startswith(start) and name.endswith(end) and len(name) >= least

    def test(name: str) -> bool:
        if not (name.startswith(start) and name.endswith(end)):
            return False
        at = len(start)
        for text in between:  # the first place will do: what comes after has the more to stand in
            at = name.find(text, at)
            if at < 0:
                return False
            at += len(text)
        return at + len(end) <= len(name)

    return test


def glob_exact(text: str) -> Test:
    """A test for one name."""
    return lambda name: name == text


class Slow:
    """A glob that needs a regular expression; it is compiled when a name has the plain text of the glob."""

    __slots__ = ("head", "inner", "pattern", "regex", "tail")

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.head = OPENS.split(pattern, maxsplit=1)[0]
        self.tail = CLOSES.split(pattern)[-1]
        self.inner = max(WILD.split(pattern), key=len)
        self.regex: re.Pattern[str] | None = None

    def __call__(self, name: str) -> bool:
        """Whether the glob matches a name."""
        if self.inner not in name or not name.startswith(self.head) or not name.endswith(self.tail):
            return False
        if self.regex is None:
            self.regex = re.compile(translate(self.pattern))
        return self.regex.match(name) is not None


def path_globs(pattern: str) -> tuple[bool, tuple[str, ...]]:
    """A path's glob as plain globs, one of which is to match: the whole path, or else its base name."""
    if pattern.startswith("**/"):
        bare = pattern[3:]
        return ("/" in bare, (bare, f"*/{bare}") if "/" in bare else (bare,))
    return "/" in pattern, (pattern,)


@lru_cache(maxsize=2048)
def path_glob(pattern: str) -> Test:
    """A test for paths; a glob without a slash is compared with the base name, `**/` may be no folder."""
    whole, globs = path_globs(pattern)
    test = glob(globs[0])
    if not whole:
        return lambda path: test(path.rpartition("/")[2])
    deeper = glob(globs[-1])
    return (lambda path: test(path) or deeper(path)) if len(globs) > 1 else test


@lru_cache(maxsize=1 << 16)
def path_matches(path: str, pattern: str) -> bool:
    """Whether a path matches a glob, as `path_glob` has it; remembered."""
    return path_glob(pattern)(path)
