"""`kit add`: what is promised is what the audit says afterwards, and nothing is written without consent."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from plain import commit, plain
from readykit import adding, addition, applying
from readykit.errors import TargetError
from readykit.manifestedit import with_requirements

ROOT = Path(__file__).parents[1]
KNOWN = addition.load()
OFFERED = [name for name, one in KNOWN.items() if not one.internal]
RANK = {"fail": 0, "partial": 1, "not_applicable": 2, "pass": 2}


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return plain(tmp_path_factory.mktemp("plain") / "churn")


@pytest.fixture
def copy(repository: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(repository, tmp_path / "churn"))


def add(kit: list[str], *words: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*kit, "add", *words], cwd=cwd, capture_output=True, text=True, stdin=subprocess.DEVNULL)


def audited(kit: list[str], folder: Path, report: Path) -> dict[str, str]:
    subprocess.run([*kit, "audit", str(folder), "-q", "-o", str(report)], check=True)
    return {row["id"]: row["status"] for row in json.loads(report.read_text())["checks"]}


@pytest.fixture(scope="module")
def before(repository: Path, kit: list[str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return audited(kit, repository, tmp_path_factory.mktemp("before") / "report.json")


def written(folder: Path) -> dict[str, bytes]:
    return {p.as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file() and ".git" not in p.parts}


@pytest.mark.parametrize("name", OFFERED)
def test_the_audit_improves_by_exactly_what_was_promised(
    name: str, copy: Path, before: dict[str, str], kit: list[str], tmp_path: Path
) -> None:
    done = add(kit, name, str(copy), "--yes", "--set", "remote=s3://ours/churn")
    assert done.returncode == 0, done.stdout + done.stderr
    after = audited(kit, copy, tmp_path / "report.json")
    parts = addition.ordered(KNOWN[name], KNOWN)
    promised = {check for part in parts for check in part.promises}
    helped = {check for part in parts for check in part.helps}
    opened = {check for part in parts for check in part.opens}
    assert {c for c in after if after[c] == "pass" and before[c] != "pass"} == promised - {
        c for c in promised if before[c] == "pass"
    }
    assert {c for c in after if after[c] == "partial" and before[c] == "fail"} == helped - promised
    assert {c for c in after if RANK[after[c]] < RANK[before[c]]} <= opened


def test_every_fix_line_of_the_checks_names_an_addition_and_every_addition_is_named() -> None:
    named = set()
    for file in (ROOT / "checks").glob("*.py"):
        named |= set(re.findall(r'fix="kit add (\w+)"', file.read_text()))
    assert named == set(OFFERED)


def test_a_check_or_a_capability_leads_to_its_addition(copy: Path, kit: list[str]) -> None:
    for word in ("TRK001", "experiment_tracking"):
        done = add(kit, word, str(copy), "--dry-run")
        assert "new      src/churn/lifecycle/tracking.py" in done.stdout
        assert done.returncode == 0
    done = add(kit, "DOC999", str(copy), "--dry-run")
    assert done.returncode == 2
    assert "use one of" in done.stderr


def test_what_the_code_says_is_found(copy: Path, kit: list[str]) -> None:
    assert add(kit, "baseline", str(copy), "--yes").returncode == 0
    project = (copy / "src/churn/lifecycle/project.py").read_text()
    assert 'DATA = Path("data/customers.csv")' in project
    assert 'TARGET = "churned"' in project
    assert "RandomForestClassifier(n_estimators=50, random_state=7)" in project


def test_plan_and_diff_are_shown_and_nothing_is_written_without_consent(copy: Path, kit: list[str]) -> None:
    at_first = written(copy)
    looked = add(kit, "tracking", str(copy), "--dry-run")
    asked = add(kit, "tracking", str(copy))
    assert looked.returncode == 0
    assert "+++ b/src/churn/lifecycle/tracking.py" in looked.stdout
    assert "changed  pyproject.toml" in looked.stdout
    assert asked.returncode == 2
    assert "nothing was written" in asked.stderr
    assert written(copy) == at_first


def test_a_tree_with_changes_is_refused(copy: Path, kit: list[str]) -> None:
    (copy / "README.md").write_text("# Churn, but better\n")
    at_first = written(copy)
    done = add(kit, "docs", str(copy), "--yes")
    assert done.returncode == 2
    assert "README.md" in done.stderr
    assert written(copy) == at_first
    assert add(kit, "docs", str(copy), "--yes", "--force").returncode == 0


def test_a_file_that_exists_stays_as_it_is(copy: Path, kit: list[str]) -> None:
    (copy / "docs").mkdir()
    (copy / "docs/runbook.md").write_text("# Ours\n")
    commit(copy, "Add a runbook")
    done = add(kit, "docs", str(copy), "--yes")
    assert "docs/runbook.md exists and stays" in done.stdout
    assert (copy / "docs/runbook.md").read_text() == "# Ours\n"


def test_line_ends_and_letters_of_a_file_stay_as_they_are(copy: Path, kit: list[str]) -> None:
    readme, manifest = copy / "README.md", copy / "pyproject.toml"
    for file in (readme, manifest):
        file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    ours = b"data/\n# d\xe9j\xe0 vu\n"
    (copy / ".gitignore").write_bytes(ours)
    commit(copy, "Write on another system")
    at_first = readme.read_bytes()
    for name in ("docs", "tracking"):
        done = add(kit, name, str(copy), "--yes", "--force")
        assert done.returncode == 0, done.stderr
    assert readme.read_bytes().startswith(at_first)
    for file in (readme, manifest):
        assert file.read_bytes().count(b"\n") == file.read_bytes().count(b"\r\n")
    assert b"mlflow" in manifest.read_bytes()
    assert (copy / ".gitignore").read_bytes() == ours
    assert ".gitignore is no plain text" in " ".join(done.stdout.split())


def test_a_file_that_is_too_large_to_read_is_not_replaced(copy: Path, kit: list[str]) -> None:
    large = "# Churn\n" + "x" * applying.MOST
    (copy / "README.md").write_text(large)
    commit(copy, "Write a lot")
    done = add(kit, "docs", str(copy), "--yes", "--force")
    assert done.returncode == 1
    assert "DOC001 still to mend" in done.stderr
    assert (copy / "README.md").read_text() == large


def test_changes_are_seen_in_a_folder_below_the_root_of_a_repository(copy: Path, kit: list[str]) -> None:
    outer = copy.parent / "outer"
    outer.mkdir()
    inner = Path(shutil.copytree(copy, outer / "models/churn", ignore=shutil.ignore_patterns(".git")))
    commit(outer, "Begin")
    (inner / "README.md").write_text("# Not yet committed\n")
    done = add(kit, "docs", str(inner), "--yes")
    assert done.returncode == 2
    assert "(README.md)" in done.stderr


def test_a_linked_worktree_is_refused_as_its_changes_cannot_be_seen(copy: Path, kit: list[str]) -> None:
    linked = copy.parent / "linked"
    subprocess.run(["git", "-C", copy, "worktree", "add", "-q", linked], check=True)
    done = add(kit, "docs", str(linked), "--yes")
    assert done.returncode == 3
    assert "linked worktree" in done.stderr
    assert add(kit, "docs", str(linked), "--yes", "--force").returncode == 0


@pytest.mark.parametrize("path", [".gitlab-ci.yml", "Jenkinsfile", ".circleci/config.yml"])
def test_ci_is_not_added_beside_another(path: str, copy: Path, kit: list[str]) -> None:
    (copy / path).parent.mkdir(exist_ok=True)
    (copy / path).write_text("stages: []\n")
    commit(copy, "Have CI elsewhere")
    done = add(kit, "ci", str(copy), "--yes")
    assert done.returncode == 2
    assert path in done.stderr
    assert not (copy / ".github").exists()


def test_a_second_tool_is_not_added(copy: Path, kit: list[str]) -> None:
    train = copy / "src/churn/train.py"
    tracked = train.read_text().replace(
        "    model.fit(x_train, y_train)\n",
        '    model.fit(x_train, y_train)\n    wandb.init(config={"seed": 7})\n    wandb.log({"trees": 50.0})\n',
    )
    train.write_text("import wandb\n" + tracked)
    commit(copy, "Track")
    done = add(kit, "tracking", str(copy), "--yes")
    assert done.returncode == 2
    assert "does it already" in done.stderr
    assert "src/churn/train.py:" in done.stderr


def test_added_twice_is_added_once(copy: Path, kit: list[str]) -> None:
    assert add(kit, "validation", str(copy), "--yes").returncode == 0
    commit(copy, "Validate")
    once = written(copy)
    again = add(kit, "validation", str(copy), "--yes")
    assert again.returncode == 0
    assert "nothing to add" in again.stdout
    assert written(copy) == once


def test_what_cannot_be_guessed_is_asked_for(copy: Path, kit: list[str]) -> None:
    done = add(kit, "data", str(copy), "--yes")
    assert done.returncode == 2
    assert "--set remote=" in done.stderr


def test_a_failure_in_the_middle_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("before\n")
    (tmp_path / "link").symlink_to("/tmp")
    create = {"new/file.py": "x\n", "link/outside.py": "y\n"}
    plan = adding.Plan((), (), create, {"README.md": ("before\n", "after\n")}, (), ())
    with pytest.raises(TargetError, match="nothing was changed"):
        applying.write(tmp_path, plan.pages)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["README.md", "link"]
    plan = adding.Plan((), (), {"new/file.py": "x\n"}, {"README.md": ("before\n", "after\n")}, (), ())
    applying.write(tmp_path, plan.pages)
    assert (tmp_path / "README.md").read_text() == "after\n"


def test_code_that_no_parser_gets_through_is_passed_over(kit: list[str], tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("# Churn\n\nPredicts churn.\n")
    (tmp_path / "deep.py").write_text("x = a" + ".b(c)" * 900 + "\ny = " + "a+" * 4000 + "b\nz = '\\d'\n")
    (tmp_path / "pyproject.toml").write_text("a = " + "[" * 90_000)
    (tmp_path / "train.py").write_text("from sklearn.svm import SVC\n\nmodel = SVC().fit([[0], [1]], [0, 1])\n")
    done = add(kit, "docs", str(tmp_path), "--dry-run")
    assert done.returncode == 0, done.stderr
    assert "Warning" not in done.stderr


def test_nothing_is_written_through_a_link_that_was_laid(tmp_path: Path) -> None:
    outside, tree = tmp_path / "outside", tmp_path / "tree"
    tree.mkdir()
    for name in (".README.md.kit-part", *(f".kit-{os.getpid()}-{number}.part" for number in range(3))):
        (tree / name).symlink_to(outside)
    applying.write(tree, {"README.md": "text\n"})
    assert not outside.exists()
    assert (tree / "README.md").read_text() == "text\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[project]\ndependencies = ["a[x]>=1"]\n', '[project]\ndependencies = [\n    "a[x]>=1",\n    "b>=2",\n]\n'),
        ('[project]\ndependencies = [\n  "b",\n]\n', '[project]\ndependencies = [\n  "b",\n]\n'),
        ('[project]\ndependencies = [\n  "a", # why\n]\n', None),
        ("[project\n", None),
        ('[tool.x]\ndependencies = ["z"]\n', None),
    ],
)
def test_a_manifest_keeps_all_that_was_in_it(text: str, expected: str | None) -> None:
    assert with_requirements("pyproject.toml", text, ["b>=2"]) == expected


def test_requirements_are_appended_once() -> None:
    assert with_requirements("requirements.txt", "A_b==1", ["a-b>=2", "c>=1"]) == "A_b==1\nc>=1\n"


@pytest.mark.skipif(sys.platform == "win32", reason="the spies are scripts for a shell")
@pytest.mark.parametrize("manifest", ["pyproject.toml", "requirements.txt"])
def test_a_lock_is_made_without_running_anything_of_the_repository(
    manifest: str, copy: Path, kit: list[str], tmp_path: Path
) -> None:
    ran = tmp_path / "ran"
    spy = copy / ".venv/bin/python"
    spy.parent.mkdir(parents=True)
    spy.write_text(f"#!/bin/sh\ntouch {ran}\nexit 1\n")
    spy.chmod(0o755)
    (copy / ".venv/pyvenv.cfg").write_text("home = /usr/bin\n")
    (copy / "dep").mkdir()
    (copy / "dep/setup.py").write_text(f"open({str(ran)!r}, 'w')\n")
    (copy / "uv.toml").write_text(f'cache-dir = "{ran}"\n')
    (copy / "requirements.txt").write_text("./dep\n")
    (copy / "pyproject.toml").unlink(missing_ok=True)
    if manifest == "pyproject.toml":
        head = '[project]\nname = "churn"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = ["dep"]\n'
        (copy / manifest).write_text(head + '[tool.uv.sources]\ndep = {path = "dep"}\n')
    commit(copy, "Vendor")
    done = add(kit, "lock", str(copy), "--yes", "--force")
    assert not ran.exists()
    assert "failed, run it yourself" in done.stderr, "what has to be built cannot be locked so"


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such pipes and devices")
def test_nobody_waits_at_a_pipe_and_nobody_reads_without_end(copy: Path, kit: list[str]) -> None:
    tracked = sorted(path for path in copy.rglob("*.py") if ".git" not in path.parts)[:2]
    for path in tracked:
        path.unlink()
    os.mkfifo(tracked[0])
    tracked[1].symlink_to("/dev/zero")
    done = add(kit, "baseline", str(copy), "--yes")
    assert done.returncode == 2
    assert all(path.relative_to(copy).as_posix() in done.stderr for path in tracked)
