"""One command for each value of a GitHub matrix: `nox -s "$SESSION"` runs whatever `matrix.session` lists."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from readykit.model import Fact

REFERENCE = re.compile(r"\$\{\{\s*matrix\.([\w-]+)\s*\}\}")
MOST = 24
"""Values of one matrix that are followed."""


def unfolded(command: Fact, step: str, facts: Sequence[Fact]) -> list[Fact]:
    """The command as it is run: once for each value of the matrix that it names, by itself or by its environment.

    `step` is the key of the command in the workflow, `jobs.check.steps[2].run`.
    """
    job = re.match(r"jobs\.[^.]+", step)
    if job is None or "$" not in command.name:
        return [command]
    texts = references(command, step.rpartition(".")[0], job[0], facts)
    for text, variable in texts.items():
        listed = re.compile(
            rf"{re.escape(job[0])}\.strategy\.matrix\.(include\[\d+\]\.)?{re.escape(variable)}(\[\d+\])?"
        )
        values = [fact.value for fact in facts if fact.kind == "yaml" and listed.fullmatch(fact.name)]
        if values and "{{" not in values[0]:
            return [swapped(command, text, value) for value in dict.fromkeys(values[:MOST])]
    return [command]


def references(command: Fact, step: str, job: str, facts: Sequence[Fact]) -> dict[str, str]:
    """What in a command stands for a value of the matrix, with the name of the variable."""
    found = {match[0]: match[1] for match in REFERENCE.finditer(command.name)}
    for fact in facts:
        scope, _, name = fact.name.rpartition(".env.")
        match = REFERENCE.fullmatch(fact.value.strip()) if scope in (step, job) else None
        if match:
            found |= {text: match[1] for text in (f"${{{name}}}", f"${name}") if text in command.name}
    return found


def swapped(command: Fact, text: str, value: str) -> Fact:
    """The command with a text replaced, also in its plain form, quotes around it dropped."""

    def put(line: str) -> str:
        return line.replace(f'"{text}"', value).replace(text, value)

    return replace(command, name=put(command.name), detail={k: put(v) for k, v in command.detail.items()})
