"""Every hostile case, in every format: audited or refused by the contract, in bounds, and nothing comes of it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TypeGuard

import pytest

if not sys.platform.startswith("linux"):
    pytest.skip("processes are watched by /proc", allow_module_level=True)

from hostile.attempt import Verdicts, attempts
from hostile.case import CASES, Case, every_case
from hostile.runner import KIT


@pytest.fixture(scope="module")
def verdicts(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Verdicts]:
    """What is wrong with each of the chosen cases: they are tried a few at a time while each test waits for its own."""
    wanted = [item.callspec.params["case"] for item in request.session.items if ours(item)]
    with attempts(wanted, tmp_path_factory.mktemp("hostile"), [KIT, "audit"]) as to_come:
        yield to_come


def ours(item: pytest.Item) -> TypeGuard[pytest.Function]:
    """Whether a collected test is one of a hostile case."""
    return isinstance(item, pytest.Function) and item.originalname == test_nothing_comes_of.__name__


@pytest.mark.parametrize("case", every_case(), ids=lambda case: f"{case.threat}-{case.name}")
def test_nothing_comes_of(case: Case, verdicts: Verdicts) -> None:
    _, found = verdicts[case.name].result()
    assert not found, f"{case.story}\n" + "\n".join(found)


def test_every_class_has_cases() -> None:
    every_case()
    classes = {case.threat.partition("_")[0] for case in CASES.values()}
    assert classes >= {
        "archives", "execution", "exhaustion", "git", "injection", "leaks", "names", "races", "secrets", "urls",
    }  # fmt: skip
