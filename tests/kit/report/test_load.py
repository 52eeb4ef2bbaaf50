"""A saved report can be read back: whole, old, broken, hostile."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from readykit.clean import cleaned
from readykit.errors import TARGET, TargetError
from readykit.report import render
from readykit.report.load import load, loads

from . import hostile


@pytest.mark.parametrize("turn", range(0, len(hostile.TEXTS), 3))
def test_a_report_comes_back_as_it_was(turn: int) -> None:
    texts = [text for text in hostile.TEXTS if "\ud800" not in text]  # no file system has such names
    saved = render(hostile.report(*texts[turn:], *texts[:turn]), "json")
    assert render(loads(saved), "json") == saved


def test_strings_are_cleaned_again(tmp_path: Path) -> None:
    """Somebody may have put into the file by hand what an audit would never write."""
    values = json.loads(render(hostile.report("plain"), "json"))
    values["repository"]["name"] = "\x1b[2Jname\u202e"
    values["checks"][0]["message"] = "a\n::error::PWN"
    values["checks"][0]["evidence"][0]["path"] = "a\x1b]0;PWN\x07\nb.py"
    values["checks"][0]["title"] = "\x1b[31mtitle"
    file = tmp_path / "edited.json"
    file.write_text(json.dumps(values))
    report = load(file)
    assert report.clean
    assert report.repository.name.isprintable()
    assert report.findings[0].verdict.message.isprintable()
    assert report.findings[0].check.title.isprintable()
    assert report.findings[0].verdict.evidence[0].at.path.isprintable()


def test_an_older_report_lacks_what_came_later() -> None:
    values = json.loads(render(hostile.report("plain"), "json"))
    later = (
        "claims", "projects", "rubrics", "settings", "waivers", "skipped", "reading", "best_project", "capabilities",
        "standard", "tool",
    )  # fmt: skip
    for key in later:
        del values[key]
    for row in values["checks"]:
        del row["capability"], row["weight"], row["fix"], row["waiver"]
    report = loads(json.dumps(values))
    assert [f.check.id for f in report.findings] == [row["id"] for row in values["checks"]]
    assert report.score.total == values["score"]


def broken() -> dict[str, str | bytes]:
    whole = json.loads(render(cleaned(hostile.report("plain")), "json"))

    def but(**changes: object) -> str:
        return json.dumps({**whole, **changes})

    return {
        "empty": "",
        "no JSON": "{",
        "a list": "[]",
        "deep": "[" * 200_000,
        "bytes": b"\xff\xfe\x00",
        "another format": json.dumps({"version": "2.1.0", "runs": []}),
        "a later version": but(schema_version="2"),
        "no checks": json.dumps({"schema_version": "1", "repository": {}}),
        "checks of a kind": but(checks={"a": 1}),
        "a check of a kind": but(checks=[3]),
        "a status": but(checks=[{**whole["checks"][0], "status": "great"}]),
        "a pass without evidence": but(checks=[{**whole["checks"][0], "status": "pass", "evidence": []}]),
        "points": but(score=1e9),
        "no number": but(score="high"),
        "infinite": but(score=0).replace('"score": 0', '"score": Infinity'),
        "too long a number": but(score=0).replace('"score": 0', f'"score": {"9" * 9000}'),
        "a truth": but(score=True),
    }


@pytest.mark.parametrize("name", list(broken()))
def test_what_is_no_report_is_refused_in_one_sentence(tmp_path: Path, name: str) -> None:
    file = tmp_path / "report.json"
    data = broken()[name]
    file.write_bytes(data if isinstance(data, bytes) else data.encode())
    with pytest.raises(TargetError) as refused:
        load(file)
    said = str(refused.value)
    assert said.startswith(f"{file}: is no report of readykit (")
    assert "kit audit" in said
    assert "\n" not in said
    assert refused.value.exit_code == TARGET


def test_what_is_not_there_is_refused_too(tmp_path: Path) -> None:
    with pytest.raises(TargetError, match="No such file"):
        load(tmp_path / "none.json")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes without a writer are of POSIX")
def test_nobody_waits_at_a_pipe(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "saved.json")
    with pytest.raises(TargetError, match="not a regular file"):
        load(tmp_path / "saved.json")
