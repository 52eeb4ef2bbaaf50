"""Checks of others come through the same loader as ours: a folder that the examiner names, or an installed package."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

GUIDE = Path(__file__).parents[2] / "docs" / "how-to" / "add-your-own-checks.md"
TRAIN = "from sklearn.svm import SVC\n\nSVC().fit([[0.0], [1.0]], [0, 1])\n"


def files_of_the_guide() -> dict[str, str]:
    """The files that the how-to shows, by the name that stands before each block."""
    text = GUIDE.read_text(encoding="utf-8")
    return dict(re.findall(r"^`([\w./]+)`:\n\n```\w+\n(.*?)^```$", text, re.MULTILINE | re.DOTALL))


@pytest.fixture
def team(tmp_path: Path) -> Path:
    """A project beside a folder of checks, both as the how-to shows them."""
    for name, text in files_of_the_guide().items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "train.py").write_text(TRAIN)
    return tmp_path


def run(kit: list[str], cwd: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*kit, *words], cwd=cwd, env={**os.environ, **env}, capture_output=True, text=True)


def finding(done: subprocess.CompletedProcess[str], name: str) -> dict[str, object]:
    assert done.returncode == 0, done.stderr
    return next(check for check in json.loads(done.stdout)["checks"] if check["id"] == name)


def test_the_guides_example_works_as_it_is_written(kit: list[str], team: Path) -> None:
    words = ("audit", "project", "--checks", "acme_checks", "--select", "ACM", "--format", "json")
    assert finding(run(kit, team, *words), "ACM001")["status"] == "fail"
    (team / "project" / "train.py").write_text(TRAIN + "import acmelog\n\nacmelog.audit_trail('trained')\n")
    found = finding(run(kit, team, *words), "ACM001")
    assert found["status"] == "pass"
    assert "Acme Log" in str(found["evidence"])


def test_an_installed_package_brings_its_checks(kit: list[str], team: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    site.mkdir()
    (team / "acme_checks").rename(site / "acme_checks")
    info = site / "acme_checks-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-checks\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[readykit.checks]\nacme = acme_checks\n")
    words = ("audit", "project", "--format", "json")
    assert finding(run(kit, team, *words, PYTHONPATH=str(site)), "ACM001")["status"] == "fail"
    without = run(kit, team, *words, "--no-plugins", PYTHONPATH=str(site))
    assert "ACM001" not in without.stdout


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({}, "is not a folder"),
        ({"broken.py": "def ("}, "cannot be loaded: SyntaxError"),
        ({"empty.py": "x = 1\n"}, "there is no check in this folder"),
        (
            {
                "taken.py": "from readykit.checks_api import *\nfrom readykit.checks_api import check\n"
                "@check('TRK001', 'Mine', capability='x', level=1, dimension='comm')\n"
                "def mine(project):\n    '''What: a\n\n    Why: b\n\n    Fix: c\n\n    Source: d\n    '''\n"
            },
            "TRK001 is taken",
        ),
        (
            {
                "undocumented.py": "from readykit.checks_api import check\n"
                "@check('ACM001', 'Mine', capability='x', level=1, dimension='comm')\n"
                "def mine(project):\n    '''What: a'''\n"
            },
            "write a section 'Why:'",
        ),
    ],
)
def test_a_folder_that_cannot_be_used_gets_one_sentence(
    kit: list[str], tmp_path: Path, files: dict[str, str], says: str
) -> None:
    if files:
        (tmp_path / "own").mkdir()
    for name, text in files.items():
        (tmp_path / "own" / name).write_text(text)
    done = run(kit, tmp_path, "audit", ".", "--checks", "own")
    assert done.returncode == 2, done.stderr
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_the_audited_tree_cannot_announce_a_plugin(kit: list[str], tmp_path: Path) -> None:
    info = tmp_path / "evil-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: evil\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[readykit.checks]\nevil = evil\n")
    (tmp_path / "evil").mkdir()
    (tmp_path / "evil" / "__init__.py").write_text("raise SystemExit('executed')\n")
    (tmp_path / "evil" / "checks.py").write_text("raise SystemExit('executed')\n")
    (tmp_path / "train.py").write_text(TRAIN)
    for command in (kit, [sys.executable, "-m", "readykit"]):
        done = run(command, tmp_path, "audit", ".", "--quiet")
        assert done.returncode == 0, done.stderr
        assert "executed" not in done.stderr
