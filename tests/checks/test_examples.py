"""Every check against its examples: `checks/examples/<ID>.txt` holds small trees that pass, half pass or fail."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from readykit import catalogue, paths
from readykit.project import Project
from readykit.repo import Repo

if TYPE_CHECKING:
    from collections.abc import Iterator

    from readykit.model import Check, Verdict

FOLDER = paths.CHECKS / "examples"
EXPECTED = {"good": "pass", "partial": "partial", "bad": "fail"}
HEADER = re.compile(r"^-- (good|partial|bad): (.+) --$", re.MULTILINE)
FILE = re.compile(r"^== (.+) ==$", re.MULTILINE)


def examples(check: Check) -> list[tuple[str, str, dict[str, str]]]:
    """Kind, reason and files of each example of a check."""
    parts = HEADER.split((FOLDER / f"{check.id}.txt").read_text(encoding="utf-8"))
    found = []
    for kind, why, body in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
        files = FILE.split(body)
        found.append((kind, why, {p: t.lstrip("\n") for p, t in zip(files[1::2], files[2::2], strict=True)}))
    return found


def every() -> Iterator[object]:
    for check in catalogue.checks():
        for kind, why, files in examples(check):
            yield pytest.param(check, kind, files, id=f"{check.id}-{kind}-{why}")


def judge(check: Check, files: dict[str, str]) -> Verdict:
    return check.judge(Project(Repo.of(files), catalogue.toolbox()))


@pytest.mark.parametrize(("check", "kind", "files"), list(every()))
def test_example(check: Check, kind: str, files: dict[str, str]) -> None:
    verdict = judge(check, files)
    assert str(verdict.status) == EXPECTED[kind], f"{verdict.message}: {[str(e.at) for e in verdict.evidence]}"
    for evidence in verdict.evidence:
        assert evidence.at.path in files
        assert 1 <= evidence.at.line <= max(1, len(files[evidence.at.path].splitlines()))


@pytest.mark.parametrize("check", catalogue.checks(), ids=lambda check: check.id)
def test_every_check_shows_what_passes_and_what_does_not(check: Check) -> None:
    kinds = [kind for kind, _, _ in examples(check)]
    assert kinds.count("good") >= 1
    assert kinds.count("bad") >= 2
    assert all(files for _, _, files in examples(check))
