"""What to do next: promised gains and levels are those that the score really reaches."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from readykit.advice import account, advice, graded
from readykit.model import (
    Check,
    Doc,
    Evidence,
    Finding,
    Location,
    Part,
    Report,
    RepositoryInfo,
    Score,
    Status,
    Strength,
    Verdict,
    Waiver,
)  # fmt: skip
from readykit.score import fulfilled, level, needed_for, share

SEEN = (Evidence(Location("a.py", 3), Strength.USED, "seen"),)


def finding(
    name: str, status: Status, weight: float = 1.0, number: int = 1, *, required: bool = True, waived: bool = False
) -> Finding:
    check = Check(name, name, name, number, "data", Doc("", "", "", ""), lambda _: verdict, "1", weight)
    verdict = Verdict(status, "", SEEN, ("here",), "that")
    return Finding(check, verdict, required, Waiver("we live with it") if waived else None)


def mended(findings: list[Finding], *ids: str) -> list[Finding]:
    done = Verdict(Status.PASS, "", SEEN)
    return [replace(f, verdict=done) if f.check.id in ids else f for f in findings]


TREES = st.lists(
    st.tuples(
        st.sampled_from(list(Status)), st.sampled_from([0.0, 0.5, 1.0, 3.0, 6.0]), st.integers(1, 4), st.booleans(),
        st.booleans(),
    ),
    max_size=12,
)  # fmt: skip


@given(TREES)
@settings(max_examples=60, deadline=None)
def test_what_is_promised_is_what_the_score_becomes(rows: list[tuple[Status, float, int, bool, bool]]) -> None:
    findings = [
        finding(f"AAA{place:03}", status, weight, number, required=needed, waived=gone and status is Status.FAIL)
        for place, (status, weight, number, needed, gone) in enumerate(rows)
    ]
    told = advice(findings)
    now = share(findings) or 0.0
    for name, gain in told.gains.items():
        assert (share(mended(findings, name)) or 0.0) - now == pytest.approx(gain, abs=0.11)
    reached = level(findings)
    if told.step is None:
        assert reached is None or all(fulfilled(needed_for(number, findings)) for number in (1, 2, 3, 4))
        return
    ids = [mend.finding.check.id for mend in told.step.mends]
    after = mended(findings, *ids)
    assert (level(after), share(after) or 0.0) == (told.step.level, pytest.approx(told.step.score, abs=0.051))
    assert reached is not None
    assert told.step.level > reached
    for spared in ids:
        assert (level(mended(findings, *(name for name in ids if name != spared))) or 0) < told.step.level


def test_the_next_level_comes_first_and_one_half_may_stay() -> None:
    findings = [
        finding("AAA001", Status.FAIL, 1),
        finding("AAA002", Status.PARTIAL, 3),
        finding("AAA003", Status.PARTIAL, 6),
        finding("BBB001", Status.FAIL, 6, 2),
        finding("BBB002", Status.PASS, 6, 2),
    ]
    told = advice(findings)
    assert told.step is not None
    assert [mend.finding.check.id for mend in told.step.mends] == ["AAA003", "AAA001"]
    assert told.step.left is findings[1]
    assert told.step.level == 1
    assert [mend.finding.check.id for mend in told.others] == ["BBB001", "AAA002"]


def test_every_point_is_accounted_for() -> None:
    findings = [
        finding("AAA001", Status.PASS, 6),
        finding("AAA002", Status.PARTIAL, 3),
        finding("AAA003", Status.FAIL, 1),
        finding("AAA004", Status.NOT_APPLICABLE),
        finding("AAA005", Status.FAIL, waived=True),
        finding("AAA006", Status.FAIL, 0, 2, required=False),
        finding("AAA007", Status.UNKNOWN, 1, 3),
    ]
    told = account(findings)
    assert sum(row.points for row in told.shares) == pytest.approx(75.0) == share(findings)
    assert sum(row.most for row in told.shares) == pytest.approx(100.0)
    assert [(f.check.id, why) for f, why in told.outside] == [
        ("AAA004", "not applicable"),
        ("AAA005", "waived"),
        ("AAA006", "weighs nothing in this profile"),
        ("AAA007", "unknown"),
    ]
    first, second, third, _ = told.rungs
    assert [f.check.id for f in first.open] == ["AAA002", "AAA003"]
    assert (first.reached, second.needed, third.held_back_by) == (False, (), 1)


def test_a_collection_is_advised_by_its_best_project() -> None:
    own, best = (finding("AAA001", Status.FAIL),), (finding("AAA001", Status.PASS),)
    part = Part("best", "ml-project", best, Score(100.0, 1))
    report = Report(RepositoryInfo("x"), own, projects=(part,), best_project="best")
    assert graded(report) is best
    assert graded(replace(report, best_project="")) is own
