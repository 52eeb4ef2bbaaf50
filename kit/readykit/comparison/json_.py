"""A comparison for programs, version 1. Keys may be added, never removed."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from readykit import __version__
from readykit.clean import told
from readykit.report.json_ import as_dict

if TYPE_CHECKING:
    from readykit.comparison.gather import Candidate
    from readykit.comparison.ranking import Comparison, Place, Step


def render(comparison: Comparison) -> str:
    """Write a comparison as indented JSON with a final line break."""
    values = {
        "schema_version": "1",
        "tool": {"name": "readykit", "version": __version__},
        "profile": comparison.profile,
        "blind": comparison.blind,
        "notes": list(comparison.notes),
        "candidates": [_place(place, number) for number, place in enumerate(comparison.places, 1)],
        "steps": [_step(step) for step in comparison.steps],
        "checks": _checks(comparison),
        "ungraded": [_without(c, c.report.repository.why_kind if c.report else "") for c in comparison.ungraded],
        "refused": [_without(c, c.why) for c in comparison.refused],
    }
    return json.dumps(values, indent=1, ensure_ascii=False) + "\n"


def _place(place: Place, number: int) -> dict[str, Any]:
    whole = _graded(place)
    return {
        "place": number,
        "rank": place.rank,
        "name": place.name,
        "target": told(place.candidate.word) or None,
        "level": place.level,
        "score": place.score,
        "dimensions": whole["dimensions"],
        "capabilities": whole["capabilities"],
        "repository": whole["repository"],
        "unreadable": whole["unreadable"],
    }


def _graded(place: Place) -> dict[str, Any]:
    """A report of the findings that are graded."""
    return as_dict(replace(place.report, findings=place.findings))


def _step(step: Step) -> dict[str, Any]:
    return {
        "above": step.above.name,
        "below": step.below.name,
        "tie": step.tie,
        "reason": step.reason,
        "also": step.also,
        "checks": list(step.checks),
    }


def _checks(comparison: Comparison) -> list[dict[str, Any]]:
    """One entry a check, with what was found in every place."""
    found = [{row["id"]: row for row in _graded(place)["checks"]} for place in comparison.places]
    keys = ("status", "strength", "message", "evidence", "would_satisfy", "waiver")
    return [
        {
            "id": row.check.id,
            "title": row.check.title,
            "capability": row.check.capability,
            "dimension": row.check.dimension,
            "level": row.check.level,
            "weight": row.check.weight,
            "differs": row.differs,
            "candidates": [
                {"name": place.name, **{key: own[row.check.id][key] for key in keys}}
                for place, own in zip(comparison.places, found, strict=True)
                if row.check.id in own
            ],
        }
        for row in comparison.rows
    ]


def _without(candidate: Candidate, why: str) -> dict[str, Any]:
    return {"name": candidate.name, "target": told(candidate.word) or None, "why": why}
