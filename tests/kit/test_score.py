"""Points and levels are pure functions of findings."""

from __future__ import annotations

from dataclasses import replace

import pytest
from readykit.catalogue import checks
from readykit.model import Check, Doc, Evidence, Finding, Location, Status, Strength, Verdict, Waiver
from readykit.score import Profile, UnknownProfile, extended, level, scored, share, standard, weighed

EVIDENCE = (Evidence(Location("a.py"), Strength.USED, "x"),)


def finding(
    status: Status, at_level: int = 1, weight: float = 1.0, required: bool = True, waived: bool = False
) -> Finding:
    check = Check("ABC001", "t", "c", at_level, "mlops", Doc("", "", "", ""), lambda _: None, "0.1", weight)  # type: ignore[arg-type, return-value]  # never judged here
    verdict = Verdict(status, "m", EVIDENCE, ("x",), "y")
    return Finding(check, verdict, required, Waiver("because") if waived else None)


PASS, PARTIAL, FAIL, NA, UNKNOWN = (
    Status.PASS, Status.PARTIAL, Status.FAIL, Status.NOT_APPLICABLE, Status.UNKNOWN,
)  # fmt: skip


def test_the_score_is_the_weighted_share_of_what_applies() -> None:
    """Not applicable, unknown and errors are outside the denominator."""
    rows = [finding(PASS, weight=3), finding(FAIL), finding(NA, weight=9), finding(UNKNOWN), finding(Status.ERROR)]
    assert share(rows) == 75.0
    assert share([finding(PARTIAL)]) == 50.0
    assert share([finding(NA)]) is None


@pytest.mark.parametrize(
    ("rows", "reached"),
    [
        ([finding(NA)], None),
        ([finding(FAIL, 1)], 0),
        ([finding(PASS, 1), finding(FAIL, 2)], 1),
        ([finding(PASS, 1), finding(PARTIAL, 1), finding(FAIL, 2)], 1),
        ([finding(PARTIAL, 1), finding(PARTIAL, 1)], 0),
        ([finding(FAIL, 1, waived=True), finding(FAIL, 2)], 1),
        ([finding(UNKNOWN, 1), finding(PASS, 2)], 0),
        ([finding(PASS, 1), finding(PASS, 3)], 3),
        ([finding(PASS, 1), finding(FAIL, 4, required=False)], 1),
        ([finding(PASS, n) for n in (1, 2, 3, 4)], 4),
    ],
)
def test_levels(rows: list[Finding], reached: int | None) -> None:
    """Every required check up to it passes, but for one partial a level."""
    assert level(rows) == reached


def test_profiles_weigh_and_require() -> None:
    """Levels and dimensions multiply, single weights replace."""
    check = finding(PASS, 3).check
    profile = Profile(
        "p", levels={3: 0.5}, dimensions={"mlops": 2.0}, required=frozenset({1}), require=frozenset({"ABC001"})
    )
    assert weighed(check, profile).weight == 1.0
    assert profile.requires(check)
    assert weighed(check, Profile("p", weights={"ABC001": 4.0})).weight == 4.0


def test_the_standard_has_its_profiles_and_dimensions() -> None:
    """The four of the standard; an unknown one is named with the known."""
    assert {"trial", "starter", "production", "regulated"} <= set(standard().profiles)
    assert len(standard().dimensions) == 7
    with pytest.raises(UnknownProfile, match="production"):
        standard().profile("x")


def test_every_dimension_has_its_points() -> None:
    """None where nothing applies."""
    score = scored([finding(PASS)], ["mlops", "data"])
    assert (score.total, dict(score.by_dimension)) == (100.0, {"mlops": 100.0, "data": None})


def test_weights_name_checks_and_families_that_exist() -> None:
    known = {name for check in checks() for name in (check.id, check.family)}
    assert set(standard().weights) <= known
    assert set(standard().preview) <= known


def test_a_preview_weighs_nothing_unless_a_team_weighs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = next(check for check in checks() if check.id == "TRK001")
    figures = replace(standard(), preview={"TRK001": "precision 0.80"})
    monkeypatch.setattr("readykit.score.standard", lambda: figures)
    profile = figures.profile("production")
    assert profile.weight(shown) == 0
    assert not profile.requires(shown)
    assert extended(profile, {"weights": {"TRK001": 2}}).weight(shown) == 2
