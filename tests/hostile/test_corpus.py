"""Inputs that a reader could not stand once: `corpus/<reader>/<digest>`, found by benchmarks/fuzz, as small as can be."""

from __future__ import annotations

from pathlib import Path

import pytest
from fuzzed import READERS

CORPUS = Path(__file__).parent / "corpus"
FOUND = sorted(path for path in CORPUS.rglob("*") if path.is_file() and path.parent != CORPUS)


@pytest.mark.parametrize("path", FOUND, ids=lambda path: path.relative_to(CORPUS).as_posix())
def test_it_is_stood_now(path: Path) -> None:
    READERS[path.parent.name](path.read_bytes())


def test_the_corpus_is_small_and_for_readers_that_there_are() -> None:
    assert {path.parent.name for path in FOUND} <= set(READERS)
    assert sum(path.stat().st_size for path in FOUND) < 200_000
