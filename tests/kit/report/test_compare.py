"""`kit compare`: several candidates in one table, each step down with its reason, and nobody lost."""

from __future__ import annotations

import csv
import io
import json
import re
import shlex
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from readykit.clean import cleaned
from readykit.cli import main
from readykit.comparison import FORMATS, render
from readykit.comparison.blind import Hider, blinded
from readykit.comparison.gather import Candidate
from readykit.comparison.ranking import Comparison, compared
from readykit.report.load import load

from . import hostile, trees

if TYPE_CHECKING:
    from readykit.model import Report

GUIDE = Path(__file__).parents[3] / "docs" / "how-to" / "compare-candidates.md"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Candidates of every kind, and a saved report of each."""
    return trees.with_saved(tmp_path_factory.mktemp("compare"), "anna", "ben.zip", "carl")


@pytest.fixture
def here(place: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(place)
    return place


def test_the_order_has_a_reason_with_both_evidences(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "reports/carl.json", "candidates/ben.zip", "reports/anna.json"]) == 0
    said = capsys.readouterr().out
    assert re.search(r"1 anna .*\n +2 ben .*\n +3 carl ", said), "the best first"
    assert not [line for line in said.splitlines() if len(line) > 80]
    flat = " ".join(said.split())
    assert re.search(r"1 anna before ben: (same level; score|level \d against \d)", flat)
    assert "TRK001 Runs are tracked" in flat
    assert "1 ✓ src/anna_churn/train.py:11" in flat
    assert "2 ✗" in flat
    assert "\x1b" not in said


def test_one_that_cannot_be_audited_is_a_row(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["compare", "candidates/broken.zip", "candidates/anna", "candidates/none", "candidates/carl"]
    assert main([*words, "--format", "json"]) == 4
    said = json.loads(capsys.readouterr().out)
    assert [row["name"] for row in said["candidates"]] == ["anna", "carl"]
    assert {row["name"]: bool(row["why"]) for row in said["refused"]} == {"broken.zip": True, "none": True}
    assert main(["compare", "candidates/broken.zip", "candidates/none", "-q"]) == 3


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["candidates/anna"], "name two targets"),
        (["candidates/anna", "candidates/carl", "-o", "x.sarif"], "its suffix names the format"),
        (["candidates/anna", "candidates/carl", "--mapping", "x.json"], "needs --blind"),
        (["candidates/anna", "candidates/carl", "--profile", "none"], "no profile 'none'"),
        (["candidates/anna", "candidates/carl", "-o", "none/x.html"], "its folder does not exist"),
    ],
)
def test_wrong_usage_is_told_before_the_work(
    here: Path, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    assert main(["compare", *words]) == 2
    told = capsys.readouterr().err
    assert said in told
    assert told.count("\n") == 1


def test_a_saved_report_of_another_profile_is_not_compared(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["compare", "reports/anna.json", "candidates/carl", "--profile", "starter", "--format", "markdown"]
    assert main(words) == 4
    assert "made with profile production; make it again with --profile starter" in capsys.readouterr().out


def report(here: Path, name: str) -> Report:
    return load(here / "reports" / f"{name}.json")


def test_a_tie_is_explained(here: Path) -> None:
    anna = report(here, "anna")
    same = compared([Candidate("one", "1", anna), Candidate("two", "2", anna)])
    assert [place.rank for place in same.places] == [1, 1]
    assert same.steps[0].tie
    assert same.steps[0].also == "no check came out differently"
    assert "1= one" in render(same, "terminal")


def test_points_add_up(here: Path) -> None:
    """What families lose is the score, exactly: a reason never claims more than there is."""
    comparison = compared([Candidate(n, n, report(here, n)) for n in ("anna", "ben", "carl")])
    for place in comparison.places:
        assert 100 - sum(place.lost.values()) == pytest.approx(place.score, abs=0.06)


def test_what_was_measured_otherwise_is_named(here: Path) -> None:
    anna, ben, carl = (report(here, name) for name in ("anna", "ben", "carl"))
    other = replace(carl, profile="trial")
    notes = compared([Candidate("a", "", anna), Candidate("b", "", ben), Candidate("c", "", other)]).notes
    assert any("c (trial)" in note and "cannot be compared" in note for note in notes)


IDENTIFYING = re.compile(r"anna|lindqvist|annalind|ben\b|carl", re.IGNORECASE)


def test_blind_hides_every_name_and_tells_it_apart_in_a_file(here: Path) -> None:
    words = ["candidates/anna", "reports/ben.json", "reports/carl.json", "candidates/broken.zip"]
    pages = [f"blind{suffix}" for suffix in FORMATS.values()]
    outputs = [word for page in pages for word in ("-o", page)]
    assert main(["compare", *words, "--blind", "--mapping", "who.json", "-q", *outputs]) == 4
    for page in pages:
        found = IDENTIFYING.search(Path(page).read_text())
        assert not found, f"{page}: {found}"
    who = json.loads(Path("who.json").read_text())
    assert {row["target"] for row in who.values()} == set(words)
    first = json.loads(Path("blind.json").read_text())["candidates"]
    assert main(["compare", *reversed(words), "--blind", "--mapping", "again.json", "-q"]) == 4
    assert json.loads(Path("again.json").read_text()) == who, "the numbers follow what was found, not the command line"
    evidence = json.dumps(json.loads(Path("blind.json").read_text())["checks"])
    assert re.search(r"src/candidate-\d/train.py", evidence), "paths stay readable"
    assert all(row["name"].startswith("Candidate ") and row["target"] is None for row in first)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("import flight_delays.train", "import candidate-1.train"),
        ("FlightDelaysModel in src/flight-delays/x.py", "candidate-1Model in src/candidate-1/x.py"),
        ("Jane Doe-Smith wrote it, jdoe42 ran it", "candidate-1 wrote it, candidate-1 ran it"),
        ("Smithsonian data of January", "Smithsonian data of January"),
        ("the model is trained in train.py", "the model is trained in train.py"),
        ("see https://example.org/x and git@host.org:a/b", "see [address] and [address]"),
        (
            "uses actions/checkout@v4.1.2 on http://localhost:9090/x",
            "uses actions/checkout@v4.1.2 on http://localhost:9090/x",
        ),
        ("commit 0ac6b0e, decade of facade", "commit [digest], decade of facade"),
        ("Teacher saw both", "[name] saw both"),
    ],
)
def test_names_are_hidden_in_any_spelling_and_words_are_not(text: str, shown: str) -> None:
    hide = Hider([["flight-delays", "Jane Doe-Smith", "jdoe42", "model", "Teacher"], ["train", "Teacher"]])
    assert hide(text) == shown


def test_every_format_holds_hostile_texts(here: Path) -> None:
    for turn in range(0, len(hostile.TEXTS), 5):
        texts = (*hostile.TEXTS[turn:], *hostile.TEXTS[:turn])
        known = [Candidate(f"c{n}", texts[n], cleaned(hostile.report(*texts[n:]))) for n in range(3)]
        shown, _ = blinded(known)
        for comparison in (compared([*known, Candidate("c9", "", why="refused")]), compared(shown, blind=True)):
            for form in FORMATS:
                page = render(comparison, form)
                assert not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x9b\u202e\u200b]", page), form
                assert not re.search(r"(?m)^\s*::", page), form
                if form == "html":
                    assert "<script" not in page
                    assert "<svg onload" not in page
                    assert page.count("<h1") == 1
                if form == "csv":
                    for row in csv.reader(io.StringIO(page)):
                        assert not any(cell.lstrip()[:1] in {"=", "@", "+"} for cell in row if cell)


def thirty(here: Path) -> Comparison:
    reports = [report(here, name) for name in ("anna", "ben", "carl")]
    return compared([Candidate(f"team-{n}-{'long-name-' * 5}", f"{n}", reports[n % 3]) for n in range(30)])


def test_thirty_stay_readable(here: Path) -> None:
    comparison = thirty(here)
    assert max(map(len, render(comparison, "terminal").splitlines())) <= 80
    assert max(map(len, render(comparison, "terminal", verbose=True).splitlines())) <= 80
    assert len(render(comparison, "terminal").splitlines()) < 160, "the table must not scroll far away"
    rows = list(csv.reader(io.StringIO(render(comparison, "csv"))))
    assert len(rows) == 31
    assert {len(row) for row in rows} == {len(rows[0])}
    page = render(comparison, "html")
    assert page.count('class="turned"') == 60, "names above both matrices"


def test_the_guide_works(here: Path) -> None:
    blocks = re.findall(r"```console\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    commands = [shlex.split(line) for block in blocks for line in block.splitlines()]
    assert commands
    for words in commands:
        assert words[0] == "kit"
        assert main([*words[1:], *([] if "-q" in words else ["-q"])]) == 0, words
    assert {"comparison.html", "comparison.csv", "who.json", "blind.html"} <= {p.name for p in here.iterdir()}
