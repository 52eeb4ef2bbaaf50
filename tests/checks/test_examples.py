"""Every check against its examples: `checks/examples/<ID>.txt` holds small trees that pass, half pass or fail."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from readykit import catalogue
from readykit.examples import examples, judge
from readykit.model import Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from readykit.examples import Example
    from readykit.model import Check


def every() -> Iterator[object]:
    for check in catalogue.checks():
        for example in examples(check):
            yield pytest.param(check, example, id=f"{check.id}-{example.kind}-{example.why}")


@pytest.mark.parametrize(("check", "example"), list(every()))
def test_example(check: Check, example: Example) -> None:
    verdict = judge(check, example, catalogue.toolbox())
    found = {example.expected} if example.kind != "plant" else {Status.FAIL, Status.PARTIAL}
    assert verdict.status in found, f"{verdict.message}: {[str(e.at) for e in verdict.evidence]}"
    for evidence in verdict.evidence:
        assert evidence.at.path in example.files
        assert 1 <= evidence.at.line <= max(1, len(example.files[evidence.at.path].splitlines()))


@pytest.mark.parametrize("check", catalogue.checks(), ids=lambda check: check.id)
def test_every_check_shows_what_passes_and_what_does_not(check: Check) -> None:
    kinds = [example.kind for example in examples(check)]
    assert kinds.count("good") >= 1
    assert kinds.count("bad") + kinds.count("partial") >= 2
    assert all(example.files for example in examples(check))
