"""A floor against what was known before: nothing is hidden, moved code is not new, a second fault is."""

from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from readykit import baseline, cli
from readykit.auditor import audit
from readykit.errors import TargetError, UsageError
from readykit.model import Finding, Report, Status
from readykit.report import FORMATS, render
from readykit.report.load import load

TRAIN = """\
import mlflow
from sklearn.linear_model import LogisticRegression

model = LogisticRegression().fit([[0.0], [1.0]], [0, 1])
mlflow.log_metric("accuracy", 1.0)
mlflow.log_param("seed", 7)
"""
KEY = 'KEY = "AKIA3QF7RKX2LMN5TWVB"\n'
OTHER_KEY = 'KEY = "AKIAZ9LF7RKX2MN5TWVB"\n'


def git(folder: Path, *words: str) -> str:
    command = ["git", "-c", "user.name=n", "-c", "user.email=e@e", "-c", "commit.gpgsign=false", *words]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two commits: the second one mends a dependency and leaks a second key."""
    folder = tmp_path_factory.mktemp("with-history") / "small"
    folder.mkdir()
    (folder / "train.py").write_text(TRAIN)
    (folder / "settings.py").write_text(KEY)
    (folder / "requirements.txt").write_text("mlflow\nscikit-learn\n")
    (folder / "README.md").write_text("# Small\n")
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "one")
    git(folder, "tag", "-a", "v1", "-m", "the first")
    git(folder, "pack-refs", "--all")
    (folder / "other.py").write_text(OTHER_KEY)
    (folder / "requirements.txt").write_text("mlflow==3.1.0\nscikit-learn==1.7.0\n")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "two")
    return folder


@pytest.fixture
def project(repository: Path, tmp_path: Path) -> Path:
    """A copy to change."""
    return Path(shutil.copytree(repository, tmp_path / "small"))


@pytest.fixture(scope="module")
def then(repository: Path) -> Report:
    return audit(repository, revision="v1")


@pytest.fixture(scope="module")
def now(repository: Path, then: Report) -> Report:
    return baseline.compared(audit(repository), baseline.of_report(then, "v1"))


def of(report: Report, check: str) -> Finding:
    return next(finding for finding in report.findings if finding.check.id == check)


def test_a_revision_is_read_from_its_objects(then: Report, now: Report) -> None:
    assert (then.repository.files, now.repository.files) == (4, 5)
    assert of(then, "SEC001").verdict.message.startswith("a credential is committed")


def test_a_second_fault_is_new_and_what_was_pinned_is_mended(now: Report) -> None:
    since = now.since
    assert since is not None
    assert since.new == ("SEC001",)
    assert "PIP004" in since.mended
    assert of(now, "TRK002").baseline == "known"
    assert of(now, "TRK001").baseline == "", "what passes was not compared"
    assert not set(since.new) & set(since.known)


def test_moved_code_and_renamed_files_are_not_new(project: Path, then: Report) -> None:
    (project / "other.py").unlink()
    (project / "settings.py").rename(project / "configuration.py")
    (project / "configuration.py").write_text("# moved\n\n\n" + KEY)
    (project / "train.py").rename(project / "learn.py")
    (project / "learn.py").write_text("# a line above\n" + TRAIN)
    found = baseline.compared(audit(project), baseline.of_report(then, "v1"))
    assert found.since is not None
    assert found.since.new == ()
    assert of(found, "SEC001").baseline == "known"


def test_known_findings_are_marked_in_every_format(now: Report) -> None:
    pages = {form: render(now, form) for form in FORMATS}
    values = json.loads(pages["json"])
    assert values["baseline"]["new"] == ["SEC001"]
    assert {row["baseline"] for row in values["checks"]} == {"new", "known", None}
    results = json.loads(pages["sarif"])["runs"][0]["results"]
    assert {row["ruleId"]: row["baselineState"] for row in results}["SEC001"] == "new"
    assert {row["baselineState"] for row in results} == {"new", "unchanged"}
    cases = {case.get("name", "").split()[0]: case for case in ET.fromstring(pages["junit"]).iter("testcase")}
    assert cases["SEC001"].find("failure") is not None
    assert "known" in (cases["TRK002"].findtext("skipped") or "")
    rows = {row["id"]: row["baseline"] for row in csv.DictReader(io.StringIO(pages["csv"], newline=""))}
    assert (rows["SEC001"], rows["TRK002"], rows["TRK001"]) == ("new", "known", "")
    quality = {row["check_name"]: row["severity"] for row in json.loads(pages["gitlab"])}
    assert (quality["SEC001"], quality["TRK002"]) == ("major", "info")
    commands = pages["github"].splitlines()
    assert "SEC001" in commands[0], "GitHub shows the first ten: what is new comes first"
    assert all(line.startswith("::notice") for line in commands[1:])
    for form in ("terminal", "markdown", "html"):
        assert "1 new" in pages[form].replace("\\", ""), form
        assert "· known" in pages[form], form


def test_a_file_and_the_report_of_then_say_the_same(now: Report, then: Report, tmp_path: Path) -> None:
    small, whole = tmp_path / "known.json", tmp_path / "then.json"
    small.write_text(baseline.written(baseline.of_report(then)))
    whole.write_text(render(then, "json"))
    marks = [f.baseline for f in now.findings]
    for path in (small, whole):
        again = baseline.compared(now, baseline.read(str(path)))
        assert [f.baseline for f in again.findings] == marks
    assert "train.py" not in small.read_text(), "no path: a renamed file changes nothing in it"


def test_a_compared_report_is_read_back_as_it_was(now: Report, then: Report, tmp_path: Path) -> None:
    saved = tmp_path / "now.json"
    saved.write_text(render(now, "json"))
    back = load(saved)
    assert back.since == now.since
    assert render(back, "json") == render(now, "json")
    saved.write_text(render(then, "json"))
    again = baseline.compared(now, baseline.of_report(load(saved), "v1"))
    assert again.since == now.since, "its faults are read back too"


def test_pruning_takes_out_what_is_mended_and_adds_nothing(now: Report, then: Report) -> None:
    known = baseline.of_report(then)
    smaller, count = baseline.pruned(known, now)
    assert count == len(known.rows) - len(smaller.rows) > 0
    assert set(smaller.rows) < set(known.rows)
    assert len(smaller.rows["SEC001"].faults) == 1, "the second key is not taken in"
    assert baseline.pruned(smaller, now) == (smaller, 0)


def test_what_was_not_asked_is_neither_mended_nor_pruned(repository: Path, then: Report) -> None:
    from readykit.wishes import Wishes

    some = audit(repository, Wishes(select=("TRK",)))
    known = baseline.of_report(then)
    assert baseline.pruned(known, some)[1] == 0
    since = baseline.compared(some, known).since
    assert since is not None
    assert since.mended == ()


def status(path: Path, *words: str | Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """The exit code of an audit, and what it says on standard error."""
    code = cli.main(["audit", str(path), "--quiet", *map(str, words)])
    return code, capsys.readouterr().err


def test_the_life_of_a_baseline(project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    known = tmp_path / "kit-baseline.json"
    assert status(project, "--write-baseline", known, capsys=capsys)[0] == 0
    assert status(project, "--baseline", known, "--fail-on", "worse", capsys=capsys) == (0, "")
    (project / "third.py").write_text(OTHER_KEY.replace("Z9", "Y8"))
    code, said = status(project, "--baseline", known, "--fail-on", "new", capsys=capsys)
    assert code == 1, "a third key beside two known ones"
    assert "SEC001" in said
    for name in ("settings.py", "other.py", "third.py"):
        (project / name).unlink()
    before = known.read_text()
    code, said = status(project, "--baseline", known, "--fail-on", "new", "--prune-baseline", capsys=capsys)
    assert code == 0
    assert "1 of" in said
    assert "SEC001" in before
    assert "SEC001" not in known.read_text()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--diff", "v1", "--fail-on", "new"], 1),
        (["--diff", "v1"], 0),
        (["--diff", "HEAD", "--fail-on", "worse"], 0),
        (["--select", "TRK001", "--fail-on", "any"], 0),
        (["--select", "TRK002", "--fail-on", "partial"], 1),
        (["--select", "TRK002", "--fail-on", "fail"], 1),
        (["--fail-on", "new"], 2),
        (["--prune-baseline"], 2),
        (["--baseline", "no-such-file.json"], 2),
    ],
)
def test_floors_have_exit_codes(
    repository: Path, words: list[str], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert status(repository, *words, capsys=capsys)[0] == code


def test_a_report_is_not_pruned(
    repository: Path, then: Report, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    saved = tmp_path / "r.json"
    saved.write_text(render(then, "json"))
    before = saved.read_bytes()
    assert status(repository, "--baseline", saved, "--prune-baseline", capsys=capsys)[0] == 2
    assert saved.read_bytes() == before


def test_a_lower_score_without_a_new_finding_is_worse(now: Report) -> None:
    from dataclasses import replace

    from readykit.floors import Floors, below

    assert now.since is not None
    fell = replace(now, since=replace(now.since, new=(), score=99.0))
    assert below(fell, Floors(fail_on="new")) == []
    assert "99" in below(fell, Floors(fail_on="worse"))[0]


@pytest.mark.parametrize("word", ["main", "HEAD~1", "HEAD^", "@", "v1", "refs/tags/v1", "v1^0", "short"])
def test_words_for_commits_mean_what_git_means(repository: Path, word: str) -> None:
    from readykit.revision import resolved

    word = git(repository, "rev-parse", "--short", "HEAD") if word == "short" else word
    assert resolved(repository / ".git", word) == git(repository, "rev-parse", f"{word}^{{commit}}")


@pytest.mark.parametrize(
    "word", ["no-such", "--help", "main..v1", "../../config", "HEAD~99", "HEAD@{1}", "", "deadbeef"]
)
def test_words_that_mean_no_commit_are_refused(repository: Path, word: str) -> None:
    from readykit.revision import resolved

    with pytest.raises(UsageError, match="--diff"):
        resolved(repository / ".git", word)


def test_a_folder_of_a_repository_is_compared_with_that_folder(project: Path) -> None:
    (project / "model").mkdir()
    (project / "train.py").rename(project / "model" / "train.py")
    git(project, "add", ".")
    git(project, "commit", "-qm", "three")
    assert audit(project / "model", revision="HEAD").repository.files == 1


def test_without_history_there_is_nothing_to_compare_with(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(TRAIN)
    with pytest.raises(TargetError, match="no git history"):
        audit(tmp_path, revision="HEAD")


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", "null", "[" * 9_000, '{"schema_version": "1"}', '{"baseline_version": 9, "checks": []}',
     '{"baseline_version": 1, "checks": [{}]}', '{"baseline_version": 1, "checks": [3]}',
     '{"baseline_version": 1, "checks": [], "level": 1e999}'],
    ids=range(10),
)  # fmt: skip
def test_a_file_that_is_no_baseline_is_refused_in_one_sentence(tmp_path: Path, text: str) -> None:
    path = tmp_path / "b.json"
    path.write_text(text)
    with pytest.raises(UsageError, match="--baseline") as told:
        baseline.read(str(path))
    assert "\n" not in str(told.value)


def test_the_name_of_a_file_cannot_act_on_a_report(now: Report) -> None:
    hostile = baseline.Baseline("a\x1b[31m\u202e.json", rows={"SEC001": baseline.Row(Status.FAIL)})
    for form in FORMATS:
        page = render(baseline.compared(now, hostile), form)
        assert not {"\x1b", "\u202e"} & set(page), form


def test_a_baseline_keeps_waived_findings(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(TRAIN)
    (tmp_path / "settings.py").write_text(f"# kit: ignore[SEC001] revoked long ago\n{KEY}")
    from readykit.wishes import Wishes

    report = audit(tmp_path, Wishes(trusted=True))
    assert of(report, "SEC001").waiver is not None
    assert "SEC001" in baseline.of_report(report).rows
    assert of(baseline.compared(report, baseline.Baseline("b")), "SEC001").baseline == "", "waived is not new"


def test_what_is_staged_is_audited_and_nothing_else(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "third.py").write_text(KEY)
    (project / "settings.py").write_text("# not staged\n")
    words = ("--staged", "--fail-on", "new", "--select", "SEC")
    assert status(project, *words, capsys=capsys)[0] == 0, "not added, so not committed"
    git(project, "add", "third.py")
    (project / "third.py").unlink()
    code, said = status(project, *words, capsys=capsys)
    assert code == 1
    assert "SEC001" in said


def test_the_first_commit_has_nothing_to_be_worse_than(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "train.py").write_text(TRAIN)
    git(tmp_path, "init", "-q")
    assert status(tmp_path, "--staged", capsys=capsys)[0] == 3, "nothing is staged"
    git(tmp_path, "add", ".")
    assert status(tmp_path, "--staged", "--fail-on", "worse", capsys=capsys) == (0, "")


def test_commit_all_is_asked_about_what_it_commits(project: Path, tmp_path: Path) -> None:
    """While `git commit --all` runs its hooks, the index that counts is not the one that lies in the repository."""
    kit = Path(sys.executable).with_name("kit")
    hook = project / ".git" / "hooks" / "pre-commit"
    hook.write_text(f"#!/bin/sh\nexec {kit} audit --quiet --staged --fail-on new --select SEC >&2\n")
    hook.chmod(0o755)
    (project / "train.py").write_text(KEY + TRAIN)
    with pytest.raises(subprocess.CalledProcessError) as refused:
        git(project, "commit", "-qam", "four")
    assert "SEC001" in refused.value.stderr
    git(project, "checkout", "-q", "train.py")
    (project / "train.py").write_text("# nothing new\n" + TRAIN)
    git(project, "commit", "-qam", "four")


@pytest.mark.parametrize("figure", ["NaN", "Infinity", "1e999", "-1", "101", "true", '"90"', "[]"])
def test_a_score_that_nothing_is_worse_than_is_none(tmp_path: Path, figure: str) -> None:
    (tmp_path / "base.json").write_text(f'{{"baseline_version": 1, "score": {figure}, "checks": []}}')
    with pytest.raises(UsageError, match="a score or level that is none"):
        baseline.read(str(tmp_path / "base.json"))
