"""The examples of the checks: small trees in `checks/examples/<ID>.txt`, each with what the check says of it.

```text
-- good: metrics are logged where the model is trained --
== train.py ==
import mlflow
mlflow.log_metric("pr_auc", 0.4)
```

They are run as tests, and `kit explain` shows them as the check's own ladder.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from readykit import catalogue, claims, paths
from readykit.history import NO_HISTORY, Commit, History
from readykit.model import Check, Status, Verdict
from readykit.project import Project
from readykit.repo import Repo

if TYPE_CHECKING:
    from readykit.toolbox import Toolbox

EXPECTED = {
    "good": Status.PASS, "partial": Status.PARTIAL, "bad": Status.FAIL, "na": Status.NOT_APPLICABLE,
    "plant": Status.FAIL,
}  # fmt: skip
HEADER = re.compile(rf"^-- ({'|'.join(EXPECTED)}): (.+) --$", re.MULTILINE)
LOGGED = re.compile(r"(\d{4}-\d\d-\d\d) (.+)")
FILE = re.compile(r"^== (.+) ==$", re.MULTILINE)
SIZED = re.compile(r"(.+) \((\d+) MB\)")


@dataclass(frozen=True, slots=True)
class Example:
    """A small tree: what the check must say of it, why, and its files by path."""

    kind: str
    why: str
    files: Mapping[str, str]

    @property
    def tree(self) -> dict[str, str]:
        """The files, without the history that stands in for `.git`."""
        return {path: text for path, text in self.files.items() if path != ".git"}

    @property
    def history(self) -> History:
        """The commits of an example: lines of `== .git ==`, newest first, each `2026-03-01 subject // body`."""
        rows = [LOGGED.fullmatch(line) for line in self.files.get(".git", "").splitlines()]
        commits = (Commit("0" * 40, timestamp(m[1]), m[2].replace(" // ", "\n\n")) for m in rows if m)
        return History(tuple(commits)) if ".git" in self.files else NO_HISTORY

    @property
    def expected(self) -> Status:
        """What the check must conclude."""
        return EXPECTED[self.kind]


def examples(check: Check, folder: Path = paths.EXAMPLES) -> tuple[Example, ...]:
    """The examples of a check, none when it has no file of them."""
    try:
        text = (folder / f"{check.id}.txt").read_text(encoding="utf-8")
    except FileNotFoundError:
        return ()
    parts = HEADER.split(text)
    return tuple(
        Example(kind, why, files(body)) for kind, why, body in zip(parts[1::3], parts[2::3], parts[3::3], strict=True)
    )


def files(body: str) -> dict[str, str]:
    """The files of one example, by path; `== data.csv (6 MB) ==` is filled up to that size."""
    parts = FILE.split(body)
    found = {}
    for name, text in zip(parts[1::2], parts[2::2], strict=True):
        sized = SIZED.fullmatch(name)
        path = sized[1] if sized else name
        found[path] = text.lstrip("\n").ljust(int(sized[2]) * 1_000_000 if sized else 0)
    return found


def timestamp(day: str) -> int:
    """The seconds since 1970 at noon of a day."""
    return int(datetime.fromisoformat(f"{day}T12:00:00+00:00").timestamp())


def judge(check: Check, example: Example, toolbox: Toolbox) -> Verdict:
    """What a check says of an example."""
    project = Project(Repo.of(example.tree, history=example.history), toolbox)
    claims.install(project, catalogue.checks())
    return check.judge(project)
