"""Waivers: a reason is required, an end is optional, and one that does nothing is reported."""

from __future__ import annotations

import json

import pytest
from readykit.auditor import audit_repo
from readykit.facts.dispatch import extract
from readykit.model import Report, Status
from readykit.repo import Repo

# Drift by a tool that is imported and never called: partial, and it cites the import.
IMPORTED = "import evidently  {comment}\nfrom sklearn.svm import SVC\n\nSVC().fit([[0.0], [1.0]], [0, 1])\n"


def audited(files: dict[str, str], *, at_home: bool = True) -> Report:
    return audit_repo(Repo.of(files), ".", at_home=at_home, today="2026-06-01")


def drift(report: Report):
    return next(f for f in report.findings if f.check.id == "MON002")


def train(comment: str) -> dict[str, str]:
    return {"train.py": IMPORTED.format(comment=comment)}


def test_a_comment_waives_the_finding_that_cites_its_line() -> None:
    plain, report = (
        audited(train("")),
        audited(train("# kit: ignore[MON002] comes with the service (until 2026-12-31)")),
    )
    assert drift(plain).verdict.status is Status.PARTIAL
    waiver = drift(report).waiver
    assert waiver is not None
    assert waiver.reason == "comes with the service"
    assert waiver.expires == "2026-12-31"
    assert [row.state for row in report.waivers] == ["used"]
    assert plain.score.total is not None
    assert report.score.total is not None
    assert report.score.total != plain.score.total, "a waived finding is outside the score"


def test_a_comment_on_its_own_line_speaks_for_the_next() -> None:
    text = "# kit: ignore[MON002] comes later\n" + IMPORTED.format(comment="")
    assert drift(audited({"train.py": text})).waiver is not None


@pytest.mark.parametrize(
    ("comment", "state"),
    [
        ("# kit: ignore[MON002]", "no reason"),
        ("# kit: ignore[] because", "no reason"),
        ("# kit: ignore[MON002] was temporary (until 2026-05-31)", "expired"),
        ("# kit: ignore[TRK001] no tracking here", "unused"),
    ],
)
def test_a_waiver_that_does_nothing_says_so(comment: str, state: str) -> None:
    report = audited(train(comment))
    assert drift(report).waiver is None
    assert [(row.at.line, row.state) for row in report.waivers] == [(1, state)]
    assert report.waivers[0].why


def test_the_examinee_does_not_waive_its_own_findings() -> None:
    comment = "# kit: ignore[MON002] we are good enough"
    report = audited(train(comment), at_home=False)
    assert drift(report).waiver is None
    assert report.score == audited(train(""), at_home=False).score
    assert [row.state for row in report.waivers] == ["not honoured"]


def test_a_string_is_no_waiver() -> None:
    text = 'HELP = "# kit: ignore[MON002] not a comment"\n' + IMPORTED.format(comment="")
    assert audited({"train.py": text}).waivers == ()


def test_a_policy_waives_by_path_and_as_a_whole() -> None:
    by_path = '[[waive]]\nchecks = ["MON002"]\npath = "{}"\nreason = "comes later"\n'
    assert drift(audited({**train(""), "kit.toml": by_path.format("train.py")})).waiver is not None
    elsewhere = audited({**train(""), "kit.toml": by_path.format("deploy/**")})
    assert drift(elsewhere).waiver is None
    assert [row.state for row in elsewhere.waivers] == ["unused"]
    whole = '[[waive]]\nchecks = ["TRK"]\nreason = "a batch job without runs"\nexpires = 2027-01-01\n'
    report = audited({**train(""), "kit.toml": whole})
    tracked = next(f for f in report.findings if f.check.id == "TRK001")
    assert tracked.verdict.evidence == (), "nothing is cited, so only a rule for every path can waive it"
    assert tracked.waiver is not None
    assert tracked.waiver.expires == "2027-01-01"


def notebook(tags: list[str]) -> str:
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": ["# Title"]},
        {"cell_type": "code", "metadata": {"tags": tags}, "source": ["import evidently\n", "import sklearn.svm"],
         "outputs": [], "execution_count": 1},
    ]  # fmt: skip
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1)


def test_a_cell_is_waived_by_its_tag() -> None:
    tag = "kit: ignore[MON002] explored only"
    report = audited({"explore.ipynb": notebook([tag])})
    finding = drift(report)
    assert finding.verdict.status is Status.PARTIAL
    assert finding.waiver is not None
    assert drift(audited({"explore.ipynb": notebook(["keep"])})).waiver is None
    spaceless = "kit-ignore[MON002]:explored_only"
    waiver = drift(audited({"explore.ipynb": notebook([spaceless])})).waiver
    assert waiver is not None
    assert waiver.reason == "explored only"


def test_other_languages_have_their_own_comments() -> None:
    found = [
        f for f in extract("image: x:latest  # kit: ignore[SRV005] local only\n", "compose.yaml") if f.kind == "waiver"
    ]
    assert [(f.name, f.value, f.at.line) for f in found] == [("SRV005", "local only", 1)]
    found = [f for f in extract("<!-- kit: ignore[DOC001] later -->\n\nRun it.\n", "README.md") if f.kind == "waiver"]
    assert [(f.name, f.at.line) for f in found] == [("DOC001", 3)]
    assert not [f for f in extract("Write `# kit: ignore[DOC001] why`.\n", "README.md") if f.kind == "waiver"]
