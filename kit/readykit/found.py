"""The answer to "who does this job?"."""

from __future__ import annotations

from dataclasses import dataclass

from readykit.model import Evidence, Fact, Strength


@dataclass(frozen=True, slots=True)
class Found:
    """The answer to "who does this job?": evidence, strongest first."""

    job: str
    evidence: tuple[Evidence, ...]
    looked_in: tuple[str, ...]
    facts: tuple[Fact, ...] = ()

    @property
    def strength(self) -> Strength:
        """The strongest evidence, `absent` when there is none."""
        return max((e.strength for e in self.evidence), default=Strength.ABSENT)

    @property
    def tools(self) -> tuple[str, ...]:
        """Names of the tools, strongest evidence first."""
        return tuple(dict.fromkeys(e.tool for e in self.evidence if e.tool))

    def at_least(self, strength: Strength) -> tuple[Evidence, ...]:
        """The evidence of at least a strength."""
        return tuple(e for e in self.evidence if e.strength >= strength)

    def __bool__(self) -> bool:
        return bool(self.evidence)
