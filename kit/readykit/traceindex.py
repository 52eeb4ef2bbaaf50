"""Finds quickly which of thousands of patterns a name can match: by its first word, its last part, or neither."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Generic, TypeVar

from readykit.globs import glob, key_glob, path_matches

Row = TypeVar("Row")
WORD_END = re.compile(r"[.\-_/\s:\[(]")
DOTTED = frozenset({"calls", "decorators", "bases"})
"""Kinds whose names are dotted, so that a pattern like `*.log_model` can be found by its last part."""


class Names(Generic[Row]):
    """Patterns of one kind of trace, each with what it stands for."""

    def __init__(self, kind: str, rows: Iterable[tuple[str, Row]]) -> None:
        self.dotted = kind in DOTTED
        self.heads: dict[str, list[tuple[str, Row]]] = {}
        self.tails: dict[str, list[tuple[str, Row]]] = {}
        self.rest: list[tuple[str, Row]] = []
        for pattern, row in rows:
            bare = pattern.partition("(")[0] if self.dotted else pattern
            head = WORD_END.split(bare, maxsplit=1)[0].lower()
            last = bare.rpartition(".")[2]
            if head and not any(c in head for c in "*?["):
                self.heads.setdefault(head, []).append((pattern, row))
            elif self.dotted and "." in bare and last.isidentifier():
                self.tails.setdefault(last, []).append((pattern, row))
            else:
                self.rest.append((pattern, row))

    def candidates(self, name: str) -> list[tuple[str, Row]]:
        """The patterns that may match a name, and a few that do not."""
        head = WORD_END.split(name, maxsplit=1)[0].lower()
        tails = self.tails.get(name.rpartition(".")[2], ()) if self.dotted else ()
        return [*self.heads.get(head, ()), *tails, *self.rest]


class Keys(Generic[Row]):
    """Patterns `file-glob:key-glob[=value-glob]` of configuration."""

    def __init__(self, rows: Iterable[tuple[str, Row]]) -> None:
        self.rows = [(*parts(pattern), row) for pattern, row in rows]
        self._files: dict[str, dict[str, list[tuple[str, str, Row]]]] = {}

    def matching(self, path: str, key: str, value: str) -> list[Row]:
        """What the patterns stand for that a value in a file matches."""
        by_tail = self._files.get(path)
        if by_tail is None:
            by_tail = self._files[path] = {}
            for file, pattern, wanted, row in self.rows:
                if path_matches(path, file) or path_matches(path, f"*/{file}"):
                    by_tail.setdefault(tail(pattern), []).append((pattern, wanted, row))
        if not by_tail:
            return []
        rows = [*by_tail.get(tail(key), ()), *by_tail.get("*", ())]
        return [row for pattern, wanted, row in rows if key_glob(pattern)(key) and (not wanted or glob(wanted)(value))]


def parts(pattern: str) -> tuple[str, str, str]:
    """File, key and value globs of a pattern."""
    file, _, rest = pattern.partition(":")
    key, _, value = rest.partition("=")
    return file, key, value


def tail(key: str) -> str:
    """The last part of a key; `*` when that part of a pattern is not literal."""
    last = key.rpartition(".")[2]
    return last if last.isidentifier() else "*"
