"""Every hostile case, in every format: audited or refused by the contract, in bounds, and nothing comes of it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

if not sys.platform.startswith("linux"):
    pytest.skip("processes are watched by /proc", allow_module_level=True)

from readykit.report import FORMATS

from hostile.case import CASES, Case, every_case
from hostile.judge import verdict
from hostile.runner import KIT, listener, perform
from hostile.workshop import Workshop


@pytest.fixture(scope="session")
def port() -> Iterator[tuple[int, Sequence[float]]]:
    """A port that nothing may connect to."""
    with listener() as heard:
        yield heard


@pytest.fixture
def shop(tmp_path: Path, port: tuple[int, Sequence[float]]) -> Iterator[Workshop]:
    """An empty workshop, which is taken away at once: some cases are large, and pytest cannot remove them all."""
    yield Workshop(tmp_path / "case", port[0])
    subprocess.run(["chmod", "-R", "u+rwx", str(tmp_path)], check=False, stderr=subprocess.DEVNULL)
    subprocess.run(["rm", "-rf", str(tmp_path / "case")], check=False, stderr=subprocess.DEVNULL)


@pytest.mark.parametrize("case", every_case(), ids=lambda case: f"{case.threat}-{case.name}")
def test_nothing_comes_of(case: Case, shop: Workshop, port: tuple[int, Sequence[float]]) -> None:
    case.build(shop)
    assert not list(shop.canaries.iterdir()), "the case itself set off its canary"
    found = verdict(case, perform(case, shop, port[1], [KIT, "audit"], FORMATS), FORMATS)
    assert not found, f"{case.story}\n" + "\n".join(found)


def test_every_class_has_cases() -> None:
    every_case()
    classes = {case.threat.partition("_")[0] for case in CASES.values()}
    assert classes >= {
        "archives", "execution", "exhaustion", "git", "injection", "leaks", "names", "races", "secrets", "urls",
    }  # fmt: skip
