"""One command for each value of a matrix: `nox -s "$SESSION"` runs whatever the matrix lists for it.

GitHub's jobs hand a value over by their environment; in GitLab's the names of the matrix are the variables.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from readykit.model import Fact

REFERENCE = re.compile(r"\$\{\{\s*matrix\.([\w-]+)\s*\}\}")
LISTED = re.compile(r"(jobs\.[^.]+)\.strategy\.matrix\.(?:include\[\d+\]\.)?([\w-]+)(?:\[\d+\])?")
IN_GITLAB = re.compile(r"([^.]+)\.parallel\.matrix\[\d+\]\.(\w+)(?:\[\d+\])?")
JOB = re.compile(r"jobs\.[^.]+|[^.]+")
MOST = 24
"""Values of one matrix that are followed."""
MOST_VARIABLES = 100
"""Variables of one step that are followed."""


class Matrices:
    """The matrices of the jobs, and the variables that stand for their values."""

    def __init__(self, facts: Sequence[Fact]) -> None:
        self.values: dict[tuple[str, str], list[str]] = {}
        self.variables: dict[str, list[tuple[int, str, str]]] = {}
        for number, fact in enumerate(facts):
            if listed := LISTED.fullmatch(fact.name):
                self.values.setdefault((listed[1], listed[2]), []).append(fact.value)
            elif listed := IN_GITLAB.fullmatch(fact.name):
                values = self.values.setdefault((listed[1], listed[2]), [])
                if not values:
                    self.variables.setdefault(listed[1], []).append((number, listed[2], listed[2]))
                values.append(fact.value)
            scope, env, name = fact.name.rpartition(".env.")
            match = REFERENCE.fullmatch(fact.value.strip()) if env and "matrix" in fact.value else None
            if match:
                self.variables.setdefault(scope, []).append((number, name, match[1]))

    def unfolded(self, command: Fact, step: str) -> list[Fact]:
        """The command as it is run: once for each value of the matrix that it names, by itself or by its environment.

        `step` is the key of the command in the workflow, `jobs.check.steps[2].run` or `check.script[0]`.
        """
        job = JOB.match(step)
        if job is None or "$" not in command.name or not self.values:
            return [command]
        texts = {match[0]: match[1] for match in REFERENCE.finditer(command.name)}
        texts |= self.handed_over(command, step.rpartition(".")[0], job[0])
        for text, variable in texts.items():
            values = self.values.get((job[0], variable), ())
            if values and "{{" not in values[0]:
                return [swapped(command, text, value) for value in dict.fromkeys(values[:MOST])]
        return [command]

    def handed_over(self, command: Fact, step: str, job: str) -> dict[str, str]:
        """What in a command stands for a value by way of the environment, with the name in the matrix."""
        rows = sorted(self.variables.get(step, []) + self.variables.get(job, []))[:MOST_VARIABLES]
        texts = ((text, variable) for _, name, variable in rows for text in (f"${{{name}}}", f"${name}"))
        return {text: variable for text, variable in texts if text in command.name}


def swapped(command: Fact, text: str, value: str) -> Fact:
    """The command with a text replaced, also in its plain form, quotes around it dropped."""

    def put(line: str) -> str:
        return line.replace(f'"{text}"', value).replace(text, value)

    return command._replace(name=put(command.name), detail={k: put(v) for k, v in command.detail.items()})
