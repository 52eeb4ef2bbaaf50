"""Generated projects of other answers, lived in and checked by themselves: `python tests/combinations.py [NAME ...]`.

A name is a remote and a CI, like `gs-both`; without names each answer is given once, `all` means every combination.
Once it is installed, a project works offline: the README's first commands, then its plain `nox`.
"""

from __future__ import annotations

import itertools
import re
import sys
import tempfile
from pathlib import Path

import yaml
from readykit import paths, scaffold
from readykit.errors import StepError
from readykit.steps import Steps

LOGS = paths.HOME / ".nox" / "combinations"


def names() -> tuple[list[str], list[str]]:
    """Return combinations that give each answer once, and all that there are."""
    questions = yaml.safe_load(paths.QUESTIONS.read_text(encoding="utf-8"))
    answers = [list(questions[name]["choices"].values()) for name in ("data_remote", "ci")]
    return ["-".join(pair) for pair in zip(*answers, strict=True)], [
        "-".join(pair) for pair in itertools.product(*answers)
    ]


def live(name: str) -> str:
    """Make the project of a combination, use it, let it check itself; returns what its tests say of themselves."""
    remote, ci = name.split("-")
    log = LOGS / f"{name}.txt"
    log.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory(prefix="combination-") as folder, Steps(log, quiet=True) as steps:
        project = Path(folder) / "flight-delays"
        scaffold.build(steps, project, {"data_remote": remote, "ci": ci}, defaults=True)
        env = {**scaffold.environment(project), "UV_OFFLINE": "1"}
        for words in (["-s", "pipeline", "promote", "monitor"], []):
            said = steps.run(scaffold.tool(project, "nox", *words), cwd=project, env=env, timeout=3600)
    return ", ".join(re.findall(r"^=+ (.+) in .+=$", said, re.MULTILINE))


def main(words: list[str]) -> int:
    """Live every combination that was named; 1 when one failed."""
    each_answer_once, every = names()
    chosen = every if words == ["all"] else words or each_answer_once
    if unknown := [name for name in chosen if name not in every]:
        sys.exit(f"there is no combination {unknown[0]!r}; there are {', '.join(every)}")
    failed = 0
    shown = Steps(LOGS / "steps.txt")
    for name in chosen:
        try:
            with shown.step(name) as notes:
                notes.append(live(name))
        except StepError as problem:
            failed += 1
            print(problem)
    print(f"{len(chosen) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
