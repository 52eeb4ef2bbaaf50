"""Lines of an audited tree in a report: the right ones, without secrets, and only when they are asked for."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING

from readykit.auditor import audit
from readykit.clean import cleaned
from readykit.excerpts import taken
from readykit.model import (
    Check,
    Doc,
    Evidence,
    Excerpt,
    Finding,
    Location,
    Report,
    RepositoryInfo,
    Status,
    Strength,
    Verdict,
)
from readykit.project import Project
from readykit.repo import Repo
from readykit.report import render
from readykit.toolbox import Toolbox
from readykit.wishes import Way

if TYPE_CHECKING:
    from pathlib import Path

KEY = "\n".join(
    [
        "-----BEGIN RSA PRIVATE KEY-----",
        *(f"MIIEpAIBAAKCAQEA{n:02}/abcdefghijklmnopqrstuvwxyz+ABCDEFGHIJ" for n in range(9)),
    ]
)


def shown(files: dict[str, str], path: str, line: int, end: int = 0) -> Excerpt | None:
    """What is shown of a place, as a report has it."""
    project = Project(Repo.of(files), Toolbox(()))
    place = Evidence(Location(path, line, end), Strength.WIRED, "seen")
    check = Check("ABC001", "t", "c", 1, "data", Doc("", "", "", ""), lambda _: verdict, "1")
    verdict = Verdict(Status.PASS, "m", (place,))
    rows = taken(project, [Finding(check, verdict)])
    report = cleaned(Report(RepositoryInfo("x"), (), excerpts=rows))
    return report.excerpts[0] if report.excerpts else None


def test_the_place_and_two_lines_around_it_are_shown_and_how_it_is_reached() -> None:
    files = {
        "train.py": "".join(f"line_{n} = {n}\n" for n in range(1, 40)),
        "dvc.yaml": "stages:\n  train:\n    cmd: python train.py\n",
    }
    found = shown(files, "train.py", 10, 11)
    assert found is not None
    assert (found.first, found.lines) == (8, tuple(f"line_{n} = {n}" for n in range(8, 14)))
    assert [str(step) for step in found.route] == ["dvc.yaml:3", "train.py:1"]
    whole = shown(files, "train.py", 1, 39)
    assert whole is not None
    assert len(whole.lines) == 9, "a long place is shown by its beginning"


def test_a_notebook_is_shown_as_its_cells() -> None:
    cell = {"cell_type": "code", "source": ["import pandas\n", 'x = "1"\n'], "outputs": [], "execution_count": 1}
    text = json.dumps({"cells": [cell], "nbformat": 4}, indent=1)
    line = next(n for n, row in enumerate(text.splitlines(), 1) if "pandas" in row)
    found = shown({"a.ipynb": text}, "a.ipynb", line)
    assert found is not None
    assert {"import pandas", 'x = "1"'} <= set(found.lines)


def test_what_cannot_be_shown_is_left_out() -> None:
    assert shown({"a.py": "x\n"}, "a.py", 9) is None
    assert shown({"a.py": "x\0y\n"}, "a.py", 1) is None
    assert shown({"data/a.csv": "x\n"}, "data", 1) is None


def test_secrets_are_masked_and_lines_stay_where_they_are() -> None:
    text = f"before = 1\n{KEY}\n# end.\npassword: correcthorse\ntoken = get_token()\nlast: 1\n"
    for name in ("settings.yaml", "notes.py"):
        for line in range(1, 16):
            found = shown({name: text}, name, line)
            assert found is not None
            assert not any("abcdefghijkl" in row for row in found.lines)
            assert len(found.lines) == min(line + 2, 16) - max(line - 2, 1) + 1
    found = shown({"settings.yaml": text}, "settings.yaml", 13)
    assert found is not None
    assert {"password: cor…", "token = get_token()"} & set(found.lines) == {"password: cor…", "token = get_token()"}
    assert "last: 1" in found.lines


def test_only_a_page_asks_for_them_and_then_gets_them_from_the_cache_too(kit: list[str], tmp_path: Path) -> None:
    tree, out = tmp_path / "tree", tmp_path / "out"
    tree.mkdir()
    out.mkdir()
    (tree / "train.py").write_text(
        "import mlflow\nfrom sklearn.svm import SVC\nSVC().fit(x, y)\nmlflow.log_metric('a', 1)\n"
    )
    env = {**os.environ, "KIT_CACHE_DIR": str(tmp_path / "cache")}

    def run(*words: str) -> str:
        done = subprocess.run([*kit, "audit", str(tree), *words], capture_output=True, text=True, env=env, check=True)
        return done.stdout

    plain = run("--format", "json", "--reproducible")
    pages = [run("--format", "html", "-o", str(out / "r.json"), "--reproducible") for _ in range(2)]
    assert pages[0] == pages[1]
    assert 'class="code"' in pages[0]
    assert (out / "r.json").read_text() == plain
    report = audit(tree, way=Way(cached=False))
    assert report.excerpts == ()
    assert "No lines of the files are shown" in render(report, "html")
