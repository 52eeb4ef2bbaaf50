"""What a check is written with: the decorator, and one function for each conclusion.

```python
@check("TRK001", "Runs are tracked", capability="experiment_tracking", level=2, dimension="mlops")
def runs_are_tracked(project: Project) -> Verdict:
    '''What: ... Why: ... Fix: ... Source: ...'''
    return ladder(project.doing("experiment tracking"), claim="runs are tracked", would_satisfy="...")
```
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from readykit.cache import blake2b
from readykit.found import Found
from readykit.model import Check, Doc, Evidence, Status, Strength, Verdict
from readykit.pages import FOR_ASSISTANTS
from readykit.project import Project

SHOWN = 8
"""Pieces of evidence kept in a verdict, the strongest."""
MAX_FAULTS = 500
"""Faults of one check that are told apart when a later report is compared."""
DIMENSIONS = ("deploy", "mlops", "systems", "data", "scale", "comm", "model")
SECTIONS = ("What", "Why", "Fix", "Source")
_SECTION = re.compile(rf"^[ \t]*({'|'.join(SECTIONS)}):", re.MULTILINE)

__all__ = [
    "FOR_ASSISTANTS",
    "Check",
    "Evidence",
    "Found",
    "Project",
    "Status",
    "Strength",
    "Verdict",
    "best",
    "check",
    "failed",
    "ladder",
    "not_applicable",
    "partial",
    "passed",
    "strongest",
    "unknown",
    "unmet",
]  # fmt: skip


class BadCheck(ValueError):
    """A check that cannot be used; the message says what to write."""


def check(
    identifier: str,
    title: str,
    *,
    capability: str,
    level: int,
    dimension: str,
    fix: str | None = None,
    since: str = "0.1.0",
    weight: float = 1.0,
) -> Callable[[Callable[[Project], Verdict]], Check]:
    """Make a check of a function.

    Raises:
        BadCheck: id, level or dimension are not of the standard, or the docstring lacks a section.
    """

    def made(function: Callable[[Project], Verdict]) -> Check:
        if not re.fullmatch(r"[A-Z]{2,4}\d{3,4}", identifier):
            raise BadCheck(f"{identifier}: an id is a family in capitals and a number, like TRK001")
        if level not in (1, 2, 3, 4) or dimension not in DIMENSIONS:
            raise BadCheck(f"{identifier}: level is 1 to 4 and dimension one of {', '.join(DIMENSIONS)}")
        judge: Callable[[Any], Verdict] = function
        doc = documentation(identifier, function)
        return Check(identifier, title, capability, level, dimension, doc, judge, since, weight, fix)

    return made


def documentation(identifier: str, function: Callable[[Project], Verdict]) -> Doc:
    """The four sections of a check's docstring.

    Raises:
        BadCheck: one is missing or empty.
    """
    parts = _SECTION.split(function.__doc__ or "")
    found = {name: " ".join(body.split()) for name, body in zip(parts[1::2], parts[2::2], strict=True)}
    for name in SECTIONS:
        if not found.get(name):
            raise BadCheck(f"{identifier}: write a section '{name}:' in the docstring of {function.__name__}")
    return Doc(*(found[name] for name in SECTIONS))


def strongest(evidence: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """The evidence to show: strongest first, one a place, at most `SHOWN`."""
    places: dict[tuple[str, int], Evidence] = {}
    for item in sorted(evidence, key=lambda e: -e.strength):
        places.setdefault((item.at.path, item.at.line), item)
    return tuple(places.values())[:SHOWN]


def passed(message: str, evidence: Iterable[Evidence]) -> Verdict:
    """The question is answered yes."""
    return Verdict(Status.PASS, message, strongest(evidence))


def partial(
    message: str, evidence: Iterable[Evidence], would_satisfy: str = "", looked_in: Iterable[str] = (),
    faults: Iterable[Evidence] = (),
) -> Verdict:  # fmt: skip
    """Half of it is there; say in `would_satisfy` what is missing, and in `faults` what is wrong, one by one."""
    return Verdict(Status.PARTIAL, message, strongest(evidence), tuple(looked_in), would_satisfy, digests(faults))


def failed(
    message: str, looked_in: Iterable[str], would_satisfy: str, evidence: Iterable[Evidence] = (),
    faults: Iterable[Evidence] = (),
) -> Verdict:  # fmt: skip
    """It is not there; evidence may show what was claimed or what came near, `faults` is all that is wrong."""
    return Verdict(Status.FAIL, message, strongest(evidence), tuple(looked_in), would_satisfy, digests(faults))


def digests(faults: Iterable[Evidence]) -> tuple[str, ...]:
    """A short name for each fault that neither moved lines nor a renamed file change: a digest of its note."""
    named = sorted(blake2b(e.note.encode("utf-8", "replace"), digest_size=6).hexdigest() for e in faults)
    return tuple(named[:MAX_FAULTS])


def not_applicable(message: str) -> Verdict:
    """The question makes no sense for this project; say why."""
    return Verdict(Status.NOT_APPLICABLE, message)


def unknown(message: str, looked_in: Iterable[str] = ()) -> Verdict:
    """Something that had to be read could not be."""
    return Verdict(Status.UNKNOWN, message, (), tuple(looked_in))


def ladder(found: Found, *, claim: str, would_satisfy: str, cap: Strength | None = None) -> Verdict:
    """The default judgement: used or better passes, declared or imported is partial, mentioned fails as a claim."""
    strength = found.strength if cap is None else min(found.strength, cap)
    tools = f" ({', '.join(found.tools[:4])})" if found.tools else ""
    if strength >= Strength.USED:
        return passed(f"{claim}{tools}", found.evidence)
    if strength >= Strength.DECLARED:
        return partial(f"{claim}: {strength} only{tools}", found.evidence, would_satisfy, found.looked_in)
    if strength is Strength.MENTIONED:
        return failed(f"claimed, not found: {claim}{tools}", found.looked_in, would_satisfy, found.evidence)
    return failed(f"nothing shows that {claim}", found.looked_in, would_satisfy)


def best(evidence: Iterable[Evidence], count: int = 3) -> tuple[Evidence, ...]:
    """The strongest pieces of evidence, one a file, notebooks after modules."""
    first: dict[str, Evidence] = {}
    for item in sorted(evidence, key=lambda e: (-e.strength, e.at.path.endswith(".ipynb"), e.at)):
        first.setdefault(item.at.path, item)
    return tuple(list(first.values())[:count])


def unmet(found: Found, what: str, would_satisfy: str, claim: str = "") -> Verdict:
    """A fail for a job that nobody does: says when a tool is installed but idle, or only spoken of.

    Args:
        found: who was asked for.
        what: the conclusion in a few words.
        would_satisfy: what would have passed.
        claim: a pattern of words without which a sentence that names a tool claims nothing about this job. What
            assistants are told to do (prompts, `CLAUDE.md`, `.cursor/`) is never a claim about the project.
    """
    idle = [item for item in found.evidence if item.strength > Strength.MENTIONED]
    claims: list[Evidence] = []
    if found.evidence and not idle:
        said = re.compile(claim, re.IGNORECASE)
        claims = [e for e in found.evidence if said.search(e.note) and not FOR_ASSISTANTS.search(e.at.path)]
    prefix = "installed, not used: " if idle else "claimed, not found: " if claims else ""
    return failed(prefix + what, found.looked_in, would_satisfy, best(idle or claims))
