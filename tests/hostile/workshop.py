"""Where a case is built: a folder with the tree, its canaries, and hands to make files, archives and commits."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

MARK = "PWN"
"""Every injected text carries this mark, so that the judge can tell it from our own."""
IDENTITY = {
    f"GIT_{role}_{key}": value
    for role in ("AUTHOR", "COMMITTER")
    for key, value in (("NAME", "Ada"), ("EMAIL", "ada@localhost"), ("DATE", "1700000000 +0000"))
}
PROJECT: Mapping[str, str] = {
    "README.md": "# Churn\n\nPredicts which customers leave. Train with `dvc repro`, serve with `bentoml serve`.\n",
    "pyproject.toml": '[project]\nname = "churn"\nversion = "0.1.0"\ndependencies = ["scikit-learn==1.5.0"]\n',
    "src/churn/__init__.py": "",
    "src/churn/train.py": (
        "from sklearn.linear_model import LogisticRegression\nfrom sklearn.model_selection import train_test_split\n\n\n"
        "def train(x, y):\n    x_train, x_test, y_train, y_test = train_test_split(x, y, random_state=1)\n"
        "    model = LogisticRegression().fit(x_train, y_train)\n    return model, model.score(x_test, y_test)\n"
    ),
    "tests/test_train.py": "from churn.train import train\n\n\ndef test_train():\n    assert train([[0]], [0])\n",
    "dvc.yaml": "stages:\n  train:\n    cmd: python -m churn.train\n    deps: [src/churn/train.py]\n",
    "params.yaml": "train:\n  learning_rate: 0.1\n",
    "metrics.json": '{"auc": 0.9}\n',
    "Dockerfile": "FROM python:3.12-slim\nUSER 1000\n",
    ".github/workflows/ci.yml": "on: push\njobs:\n  test:\n    runs-on: x\n    steps:\n      - run: pytest\n",
    ".gitignore": "*.pyc\n",
}


@dataclass
class Workshop:
    """The folder of one case.

    Attributes:
        folder: all of it; `outside` and archives stand here.
        canaries: must stay empty.
        port: what the runner listens on.
        target: what `kit audit` is pointed at; the tree unless a case says otherwise.
    """

    folder: Path
    port: int
    target: str = ""
    tree: Path = field(init=False)
    canaries: Path = field(init=False)

    def __post_init__(self) -> None:
        self.tree = self.folder / "tree"
        self.canaries = self.folder / "canaries"
        self.tree.mkdir(parents=True)
        self.canaries.mkdir()
        self.target = self.target or str(self.tree)

    def canary(self, name: str) -> str:
        """A path that no innocent program would write to."""
        return str(self.canaries / name)

    def touch(self, name: str) -> str:
        """A shell command that leaves a canary."""
        return f"touch {self.canary(name)}"

    def url(self, path: str = "") -> str:
        """An address that the runner listens on."""
        return f"http://127.0.0.1:{self.port}/{path}"

    def write(self, path: str | bytes, content: str | bytes = "", *, executable: bool = False) -> Path:
        """A file of the tree; names and content may be bytes that are no text."""
        data = content.encode("utf-8", "surrogateescape") if isinstance(content, str) else content
        target = os.path.join(os.fsencode(self.tree), os.fsencode(path))
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "wb") as stream:
            stream.write(data)
        if executable:
            os.chmod(target, 0o755)
        return Path(os.fsdecode(target))

    def files(self, contents: Mapping[str, str | bytes]) -> None:
        """Several files of the tree."""
        for path, content in contents.items():
            self.write(path, content)

    def project(self, *, without: Iterable[str] = (), **more: str) -> Workshop:
        """A small, decent project, so that every check has something to look at."""
        self.files({path: text for path, text in PROJECT.items() if path not in set(without)})
        self.write("notebooks/look.ipynb", notebook("1 + 1\n"))
        self.files(more)
        return self

    def link(self, path: str, target: str | Path) -> None:
        """A symbolic link in the tree, in place of what was there."""
        place = self.tree / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.unlink(missing_ok=True)
        place.symlink_to(target)

    def spy(self, name: str, then: str = "exit 0") -> str:
        """An executable in the tree, as an unpacked archive would hold it, that leaves a canary."""
        return str(self.write(f".spies/{name}.sh", f"#!/bin/sh\n{self.touch(name)}\n{then}\n", executable=True))

    def git(self, *words: str, at: Path | None = None, data: bytes | None = None) -> str:
        """What a git without anybody's configuration answers in the tree.

        Raises:
            CalledProcessError: it failed.
        """
        safe = ["core.hooksPath=/dev/null", "core.fsmonitor=false", "commit.gpgsign=false", "init.defaultBranch=main"]
        options = [word for setting in safe for word in ("-c", setting)]
        env = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "LC_ALL": "C.UTF-8", **IDENTITY}
        env |= {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null"}
        place = self.tree if at is None else at
        done = subprocess.run(
            ["git", *options, *words], cwd=place, env=env, check=True, capture_output=True, input=data
        )
        return done.stdout.decode("utf-8", "replace").strip()

    def committed(self, commits: int = 1) -> Workshop:
        """Make the tree a repository with so many commits."""
        self.git("init", "--quiet")
        self.git("add", "--all", "--force")
        self.git("commit", "--quiet", "--message", "Start")
        for number in range(1, commits):
            self.write("src/churn/features.py", f"WEIGHT = {number}\n")
            self.git("add", "--all", "--force")
            self.git("commit", "--quiet", "--message", f"Weigh {number}")
        return self

    def configure(self, text: str, gitdir: str | Path = ".git") -> None:
        """Append to the configuration of the repository, or of another git directory in the tree."""
        with (self.tree / gitdir / "config").open("a", encoding="utf-8") as stream:
            stream.write(text)

    def stale(self) -> None:
        """Make every file look changed, so that git would have to look at contents and ask its drivers."""
        for folder, _, names in os.walk(self.tree):
            for name in names:
                path = os.path.join(folder, name)
                if "/.git/" not in path and os.path.isfile(path) and not os.path.islink(path):
                    os.utime(path, (1_800_000_000, 1_800_000_000))


def notebook(*sources: str, outputs: Iterable[Any] = (), **metadata: Any) -> str:
    """A notebook with a code cell for each source; the outputs stand under the first."""
    shown = list(outputs)
    cells = [
        {
            "cell_type": "code",
            "id": f"c{n}",
            "metadata": {},
            "execution_count": n + 1,
            "source": source,
            "outputs": shown if n == 0 else [],
        }
        for n, source in enumerate(sources)
    ]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": cells})
