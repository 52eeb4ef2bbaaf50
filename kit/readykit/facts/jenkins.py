"""Shell steps of a Jenkinsfile."""

from __future__ import annotations

import re
from bisect import bisect_right

from readykit.facts.commands import commands
from readykit.model import Fact, Location

STEP = re.compile(r"\b(?:sh|bat)\s*(?:\(\s*)?(?:script:\s*)?('''|\"\"\"|'|\")(.*?)\1", re.DOTALL)
STAGE = re.compile(r"stage\s*\(\s*['\"]([^'\"]+)")

# the step gives its exit code back instead of failing, and nobody takes it
UNUSED = re.compile(r"returnStatus:\s*true")
CAUGHT = re.compile(
    r"catchError\s*\([^)]{0,400}buildResult:\s*'SUCCESS'[^)]{0,400}\)\s*\{|warnError\s*\([^)]{0,400}\)\s*\{"
)
FAR = 400
"""Characters after a step in which its options stand."""


def caught(text: str) -> list[tuple[int, int]]:
    """From where to where the blocks go that turn a failure into success."""
    begins = {match.end() - 1 for match in CAUGHT.finditer(text)}
    found: list[tuple[int, int]] = []
    stack: list[int] = []
    for match in re.finditer(r"[{}]", text) if begins else ():
        if match[0] == "{":
            stack.append(match.start())
        elif stack and (begin := stack.pop()) in begins:
            found.append((begin, match.start()))
    return found + [(begin, len(text)) for begin in stack if begin in begins]


def extract(text: str, path: str) -> list[Fact]:
    """`command` facts, scope is the stage."""
    found: list[Fact] = []
    stages = [(match.end(), match[1]) for match in STAGE.finditer(text)]
    blocks = caught(text)
    line, before = 1, 0
    for match in STEP.finditer(text):
        number = bisect_right(stages, match.start(), key=lambda stage: stage[0])
        line += text.count("\n", before, match.start(2))
        before = match.start(2)
        end = text.find("\n", match.end(), match.end() + FAR)
        unused = UNUSED.search(text, match.start(), end if end >= 0 else match.end() + FAR)
        lost = unused or any(begin < match.start() < until for begin, until in blocks)
        detail = {"swallowed": "yes"} if lost else {}
        detail |= {"errexit": "no"} if match[0].startswith("bat") else {}
        found += commands(match[2], Location(path, line), "jenkins", stages[number - 1][1] if number else "", **detail)
    return found
