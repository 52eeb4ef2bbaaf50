"""Two parties: the examiner's words win, and the examinee never edits the exam."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING

import pytest
from readykit.auditor import audit_repo
from readykit.errors import UsageError
from readykit.model import Report, Status
from readykit.policy import Wishes
from readykit.repo import Repo
from readykit.score import standard

if TYPE_CHECKING:
    from pathlib import Path

TRAIN = "from sklearn.svm import SVC\n\nSVC().fit([[0.0], [1.0]], [0, 1])\n"
CODE = {"train.py": TRAIN, "README.md": "# Small\n"}
OWN = """\
extends = "trial"
name = "acme"
required = ["RET001", 1]
min_score = 50

[weights]
TRK001 = 3

[disabled]
DOC001 = "one engineer, no README needed"
"""


def report(files: dict[str, str], wishes: Wishes | None = None, *, at_home: bool = True) -> Report:
    return audit_repo(Repo.of({**CODE, **files}), ".", wishes, at_home=at_home, today="2026-06-01")


def check(found: Report, name: str):
    return next(f for f in found.findings if f.check.id == name)


def test_settings_of_the_project_one_stands_in_are_followed_and_listed() -> None:
    found = report({"kit.toml": OWN})
    assert found.profile == "acme"
    assert check(found, "TRK001").check.weight == 3
    assert check(found, "DOC001").verdict.status is Status.NOT_APPLICABLE
    assert "one engineer" in check(found, "DOC001").verdict.message
    assert found.min_score == 50
    assert {row.key for row in found.settings if row.honoured} >= {"extends", "weights", "disabled", "min_score"}
    assert next(row for row in found.settings if row.key == "weights").at.line == 7


def test_settings_of_a_strangers_repository_are_listed_and_not_followed() -> None:
    plain = report({}, at_home=False)
    found = report({"kit.toml": OWN}, at_home=False)
    assert found.profile == plain.profile == "production"
    assert found.score == plain.score
    assert found.settings
    assert not any(row.honoured for row in found.settings)
    assert "not the working directory's own project" in found.settings[0].why
    trusted = report({"kit.toml": OWN}, Wishes(trusted=True), at_home=False)
    assert trusted.profile == "acme"


def test_a_strangers_broken_settings_change_nothing() -> None:
    found = report({"kit.toml": "extends = ["}, at_home=False)
    assert found.score == report({}, at_home=False).score
    assert [row.at.path for row in found.settings] == ["kit.toml"]


def test_a_profile_on_the_command_line_replaces_the_projects_own() -> None:
    found = report({"kit.toml": OWN}, Wishes(profile="production"))
    assert found.profile == "production"
    assert check(found, "TRK001").check.weight == standard().weight(check(found, "TRK001").check) != 3
    assert check(found, "DOC001").verdict.status is not Status.NOT_APPLICABLE
    assert next(row for row in found.settings if row.key == "disabled").why == "--profile was given"


def test_the_examiners_file_replaces_everything_of_the_project(tmp_path: Path) -> None:
    policy = tmp_path / "exam.toml"
    policy.write_text('extends = "starter"\nignore = ["DOC"]\n')
    found = report({"kit.toml": OWN}, Wishes(config=str(policy)))
    assert found.profile == "starter"
    assert not [f for f in found.findings if f.check.family == "DOC"]
    assert not any(row.honoured for row in found.settings)


def test_pyproject_is_read_too_and_kit_toml_comes_first() -> None:
    pyproject = '[project]\nname = "x"\nversion = "1"\n\n[tool.kit]\nextends = "starter"\n'
    assert report({"pyproject.toml": pyproject}).profile == "starter"
    both = report({"pyproject.toml": pyproject, "kit.toml": OWN})
    assert both.profile == "acme"
    assert next(row for row in both.settings if row.at.path == "pyproject.toml").why == "kit.toml comes first"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("extend = 'trial'", "kit.toml:1: there is no setting 'extend'"),
        ("\nextends = 3", "kit.toml:2: extends must be a string"),
        ("extends = 'perfect'", "there is no profile 'perfect'"),
        ("[weights]\nTRK001 = 'high'", "kit.toml:2: weights.TRK001 must be a number"),
        ("[weights]\nXYZ001 = 1", "XYZ001"),
        ("[disabled]\nTRK001 = ''", "needs a reason"),
        ("[[waive]]\nchecks = ['TRK001']", "kit.toml:2: a waiver needs checks"),
        ("[[waive]]\nchecks = ['TRK001']\nreason = 'x'\nwho = 'me'", "nothing else"),
        ("[levels]\nfour = 1", "numbers from 1 to 4"),
        ("[levels]\n'\u00b2' = 1", "numbers from 1 to 4"),
        ("[weights]\nTRK001 = nan", "kit.toml:2: weights.TRK001 must be a number from 0 to"),
        ("[weights]\nTRK001 = 1e308", "kit.toml:2: weights.TRK001 must be a number from 0 to"),
        (f"[weights]\nTRK001 = 1{'0' * 400}", "kit.toml:2: weights.TRK001 must be a number from 0 to"),
        ("min_score = nan", "kit.toml:1: min_score must be a number from 0 to 100"),
        ("min_level = 5", "kit.toml:1: min_level must be a number from 0 to 4"),
        ("= 3", "kit.toml"),
    ],
)
def test_a_wrong_setting_that_counts_gets_one_sentence(text: str, says: str) -> None:
    with pytest.raises(UsageError, match=r".") as problem:
        report({"kit.toml": text}, Wishes(trusted=True))
    assert says in str(problem.value)
    aside = report({"kit.toml": text})
    assert any(says in row.why for row in aside.unreadable), "where one stands, it is told, and the audit goes on"
    assert not any(row.honoured for row in aside.settings)


def test_only_the_working_directory_makes_a_repository_ones_own(kit: list[str], tmp_path: Path) -> None:
    folder = tmp_path / "candidate"
    folder.mkdir()
    (folder / "train.py").write_text(TRAIN)
    (folder / "kit.toml").write_text(OWN)

    def audited(where: Path, target: str, *words: str) -> tuple[int, dict[str, object]]:
        command = [*kit, "audit", target, "--format", "json", *words]
        done = subprocess.run(command, cwd=where, env=os.environ, capture_output=True, text=True)
        return done.returncode, json.loads(done.stdout)

    assert audited(folder, ".")[1]["profile"] == "acme"
    assert audited(tmp_path, "candidate")[1]["profile"] == "production"
    assert audited(tmp_path, "candidate", "--trust-config")[1]["profile"] == "acme"
    assert audited(folder, ".")[0] == 1, "its own floor of 50 points holds where its settings do"
    assert audited(tmp_path, "candidate")[0] == 0


def test_a_folder_of_checks_is_code_and_needs_trust(tmp_path: Path) -> None:
    own = 'checks = ["kit_checks"]\n'
    found = report({"kit.toml": own, "kit_checks/a.py": "raise SystemExit('executed')"})
    assert next(row for row in found.settings if row.key == "checks").why == "it runs code, which needs --trust-config"
