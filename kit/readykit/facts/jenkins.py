"""Shell steps of a Jenkinsfile."""

from __future__ import annotations

import re

from readykit.facts.commands import commands
from readykit.model import Fact, Location

STEP = re.compile(r"\b(?:sh|bat)\s*\(?\s*(?:script:\s*)?('''|\"\"\"|'|\")(.*?)\1", re.DOTALL)
STAGE = re.compile(r"stage\s*\(\s*['\"]([^'\"]+)")

# the step gives its exit code back instead of failing, and nobody takes it
UNUSED = re.compile(r"returnStatus:\s*true")
CAUGHT = re.compile(r"catchError\s*\(([^)]*buildResult:\s*'SUCCESS'[^)]*)\)\s*\{|warnError\s*\([^)]*\)\s*\{")


def caught(text: str, position: int) -> bool:
    """Whether a place stands in a block that turns a failure into success."""
    for match in CAUGHT.finditer(text, 0, position):
        depth, index = 1, match.end()
        while index < position and depth:
            depth += {"{": 1, "}": -1}.get(text[index], 0)
            index += 1
        if depth:
            return True
    return False


def extract(text: str, path: str) -> list[Fact]:
    """`command` facts, scope is the stage."""
    found: list[Fact] = []
    for match in STEP.finditer(text):
        stages = STAGE.findall(text, 0, match.start())
        line = text.count("\n", 0, match.start(2)) + 1
        end = text.find("\n", match.end())
        lost = UNUSED.search(text[match.start() : end if end >= 0 else len(text)]) or caught(text, match.start())
        detail = {"swallowed": "yes"} if lost else {}
        detail |= {"errexit": "no"} if match[0].startswith("bat") else {}
        found += commands(match[2], Location(path, line), "jenkins", stages[-1] if stages else "", **detail)
    return found
