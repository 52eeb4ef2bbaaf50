"""The badge as shields.io's endpoint wants it: publish the file, and shields.io draws it in any of its styles."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from readykit.report.badge import COLOURS, LABEL, level, message

if TYPE_CHECKING:
    from readykit.model import Report


def render(report: Report) -> str:
    """Write the badge of a clean report as JSON (https://shields.io/badges/endpoint-badge)."""
    values = {
        "schemaVersion": 1,
        "label": LABEL,
        "message": message(report),
        "color": COLOURS[level(report)].lstrip("#"),
    }
    return json.dumps(values, ensure_ascii=False) + "\n"
