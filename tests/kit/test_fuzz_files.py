"""Real files with wounds, and bytes that are no text at all, through the reader of files into every extractor."""

from __future__ import annotations

import mutate
import pytest
from fuzzed import PATHS, assert_sound, read
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from readykit.facts.dispatch import BY_NAME, BY_SUFFIX, extract, kinds_of

KINDS = sorted(PATHS)
# the deadline is there for what hangs: honest inputs of this size take milliseconds
FEW = settings(max_examples=25, deadline=20_000, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize("kind", KINDS)
@FEW
@given(data=st.binary(max_size=400))
def test_bytes_are_read_or_refused(kind: str, data: bytes) -> None:
    assert_sound(PATHS[kind], data)


@pytest.mark.parametrize("kind", KINDS)
@FEW
@given(data=st.data())
def test_wounded_files_are_read_or_refused(kind: str, data: st.DataObject) -> None:
    fitting = [found for found in mutate.real_files() if kind in kinds_of(found[0])] or [(PATHS[kind], b"x = 1\n")]
    path, content = data.draw(st.sampled_from(fitting))
    for _ in range(data.draw(st.integers(1, 4))):
        wound = data.draw(st.sampled_from(mutate.WOUNDS))
        place, size = data.draw(st.floats(0, 1)), data.draw(st.floats(0, 0.5))
        content = mutate.wounded(content, wound, place, size, data.draw(st.sampled_from(mutate.PIECES)))[:60_000]
    assert_sound(path, content)


@pytest.mark.parametrize("kind", KINDS)
@FEW
@given(pieces=st.lists(st.sampled_from(mutate.PIECES), max_size=30))
def test_hostile_pieces_are_read_or_refused(kind: str, pieces: list[bytes]) -> None:
    assert_sound(PATHS[kind], b"".join(pieces))


def test_every_extractor_is_tried() -> None:
    """A new extractor has to name a file in `fuzzed.PATHS`."""
    assert set(PATHS) == {*BY_SUFFIX.values(), *(kind for _, kind in BY_NAME), "dependencies", "waivers"}
    assert all(kind in kinds_of(path) for kind, path in PATHS.items() if kind != "waivers")


def test_the_same_text_says_the_same_twice() -> None:
    """Nothing is left over from the file before."""
    for path, data in mutate.real_files()[::25]:
        repo, facts = read(path, data)
        if facts and not repo.unreadable:
            assert tuple(extract(data.decode("utf-8", "replace"), path)) == facts
