"""Shell steps of a Jenkinsfile."""

from __future__ import annotations

import re

from readykit.facts.commands import commands
from readykit.model import Fact, Location

STEP = re.compile(r"\b(?:sh|bat)\s*\(?\s*(?:script:\s*)?('''|\"\"\"|'|\")(.*?)\1", re.DOTALL)
STAGE = re.compile(r"stage\s*\(\s*['\"]([^'\"]+)")


def extract(text: str, path: str) -> list[Fact]:
    """`command` facts, scope is the stage."""
    found: list[Fact] = []
    for match in STEP.finditer(text):
        stages = STAGE.findall(text, 0, match.start())
        line = text.count("\n", 0, match.start(2)) + 1
        found += commands(match[2], Location(path, line), "jenkins", stages[-1] if stages else "")
    return found
