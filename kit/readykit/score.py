"""Points, levels and dimensions: pure functions of findings and a profile."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from readykit import compiled, paths
from readykit.model import Check, Finding, Score, Status

POINTS = {Status.PASS: 1.0, Status.PARTIAL: 0.5, Status.FAIL: 0.0}
"""What counts; a status that is not here is outside the denominator."""
HIGHEST = 4


class UnknownProfile(ValueError):
    """A profile that the standard does not have."""


@dataclass(frozen=True, slots=True)
class Profile:
    """Which levels and checks are required, and how much each check weighs."""

    name: str
    about: str = ""
    required: frozenset[int] = frozenset({1, 2, 3})
    require: frozenset[str] = frozenset()
    levels: Mapping[int, float] = field(default_factory=dict)
    dimensions: Mapping[str, float] = field(default_factory=dict)
    weights: Mapping[str, float] = field(default_factory=dict)
    families: frozenset[str] = frozenset()

    def weight(self, check: Check) -> float:
        """How much a check counts in this profile."""
        if check.id in standard().preview and check.id not in self.weights:
            return 0.0  # not yet right often enough to count: a team may weigh it all the same
        own = self.weights.get(check.id, standard().weight(check))
        return own * self.levels.get(check.level, 1.0) * self.dimensions.get(check.dimension, 1.0)

    def asks(self, check: Check) -> bool:
        """Whether a check is one of this profile's: some families count only where they are named."""
        return check.family not in standard().only_where_named or check.family in self.families

    def requires(self, check: Check) -> bool:
        """Whether a level needs this check."""
        if check.id in self.require:
            return True
        return check.level in self.required and check.id not in standard().preview


@dataclass(frozen=True, slots=True)
class Standard:
    """What `checks/standard.toml` says."""

    version: str
    levels: Mapping[int, str]
    dimensions: Mapping[str, str]
    profiles: Mapping[str, Profile]
    preview: Mapping[str, str] = field(default_factory=dict)
    only_where_named: frozenset[str] = frozenset()
    weights: Mapping[str, float] = field(default_factory=dict)

    def weight(self, check: Check) -> float:
        """How much a check counts in every profile: as its id or its family is listed, else as it says itself."""
        return self.weights.get(check.id, self.weights.get(check.family, check.weight))

    def profile(self, name: str) -> Profile:
        """A profile by name.

        Raises:
            UnknownProfile: there is none of that name.
        """
        if name not in self.profiles:
            raise UnknownProfile(f"there is no profile {name!r}; the standard has {', '.join(sorted(self.profiles))}")
        return self.profiles[name]


def profile_of(name: str, table: Mapping[str, Any]) -> Profile:
    """A profile from its table in the standard."""
    return Profile(
        name,
        table.get("about", ""),
        frozenset(table.get("required", (1, 2, 3))),
        frozenset(table.get("require", ())),
        {int(key): float(value) for key, value in table.get("levels", {}).items()},
        {key: float(value) for key, value in table.get("dimensions", {}).items()},
        {key: float(value) for key, value in table.get("weights", {}).items()},
        frozenset(table.get("families", ())),
    )


def extended(base: Profile, shape: Mapping[str, Any]) -> Profile:
    """A team's own profile: a base with what a settings file changes.

    Args:
        base: the profile that is extended.
        shape: `name`, `required` (levels, which replace the base's, and ids, which are added), `weights` of checks,
            factors of `levels` and `dimensions`.
    """
    if not set(shape) - {"extends"}:
        return base
    required = shape.get("required", ())
    levels = frozenset(item for item in required if isinstance(item, int))
    return Profile(
        str(shape.get("name") or f"{base.name} (own)"),
        base.about,
        levels or base.required,
        base.require | {str(item).upper() for item in required if not isinstance(item, int)},
        {**base.levels, **{int(key): float(value) for key, value in shape.get("levels", {}).items()}},
        {**base.dimensions, **shape.get("dimensions", {})},
        {**base.weights, **{key.upper(): float(value) for key, value in shape.get("weights", {}).items()}},
        base.families,
    )


@lru_cache(maxsize=1)
def standard() -> Standard:
    """The standard's figures."""
    data = compiled.table(paths.STANDARD)
    profiles = {name: profile_of(name, table) for name, table in data["profiles"].items()}
    levels = {int(number): name for number, name in data["levels"].items()}
    return Standard(str(data["version"]), levels, data["dimensions"], profiles, data.get("preview", {}),
        frozenset(data.get("asked", {}).get("only_where_named", ())),
        {name: float(weight) for weight, names in data["weights"].items() for name in names})  # fmt: skip


def weighed(check: Check, profile: Profile) -> Check:
    """The check with the weight that it has in a profile."""
    return replace(check, weight=profile.weight(check))


def scored(findings: Sequence[Finding], dimensions: Iterable[str]) -> Score:
    """Points of 100, level, and points per dimension."""
    per = {name: share([f for f in findings if f.check.dimension == name]) for name in dimensions}
    return Score(share(findings), level(findings), per)


def share(findings: Iterable[Finding]) -> float | None:
    """The weighted share of what applies, in points of 100; None when nothing does."""
    earned, weight = sums(findings)
    return round(100 * earned / weight, 1) if weight else None


def counts(finding: Finding) -> bool:
    """Whether a finding is part of the score: what does not apply, is not known or was waived is not."""
    return finding.verdict.status in POINTS and finding.waiver is None


def sums(findings: Iterable[Finding]) -> tuple[float, float]:
    """The weight that was earned, and the weight of all that counts."""
    counted = [(f.check.weight, POINTS[f.verdict.status]) for f in findings if counts(f)]
    return sum(weight * points for weight, points in counted), sum(weight for weight, _ in counted)


def level(findings: Sequence[Finding]) -> int | None:
    """The highest level such that it and every one below is reached; None when nothing applies.

    A level without required checks in the profile is judged by all of its checks. A level with nothing that applies
    is passed through, but is not itself the one that is reached.
    """
    if not any(f.verdict.status in POINTS for f in findings):
        return None
    reached = 0
    for number in range(1, HIGHEST + 1):
        needed = needed_for(number, findings)
        if not needed:
            continue
        if not fulfilled(needed):
            break
        reached = number
    return reached


def needed_for(number: int, findings: Iterable[Finding]) -> list[Finding]:
    """The findings by which a level is judged: those that are required, or all that weigh where none is."""
    own = [f for f in findings if f.check.level == number and f.verdict.status is not Status.NOT_APPLICABLE]
    return [f for f in own if f.required] or [f for f in own if f.check.weight]


def fulfilled(findings: Iterable[Finding]) -> bool:
    """Whether all pass or are waived, but for one partial at most."""
    open_ones = still_open(findings)
    return not open_ones or (len(open_ones) == 1 and open_ones[0].verdict.status is Status.PARTIAL)


def still_open(findings: Iterable[Finding]) -> list[Finding]:
    """Those that neither pass nor are waived."""
    return [f for f in findings if f.verdict.status is not Status.PASS and f.waiver is None]
