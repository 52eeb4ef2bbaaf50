"""`kit interview`: what is decisive here is asked, with the lines to open, on two pages."""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from readykit import catalogue, paths
from readykit.clean import cleaned
from readykit.cli import main
from readykit.interview import FORMATS, render
from readykit.interview.choosing import MOST, pack
from readykit.report.load import load
from readykit.tools import ours

from . import hostile, trees

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).parents[3]
GUIDE = ROOT / "docs" / "how-to" / "interview.md"
WORDS = tomllib.loads(paths.INTERVIEW.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return trees.with_saved(tmp_path_factory.mktemp("interview"), "anna", "ben.zip")


@pytest.fixture
def here(place: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(place)
    return place


def test_what_is_decisive_is_asked(here: Path) -> None:
    asked = {question.id: question for question in pack("anna", load("reports/anna.json")).questions}
    assert len(asked) == MOST
    assert "MLflow" in asked["tools"].ask
    assert "Weights & Biases" in asked["tools"].ask
    assert asked["tools"].lines[0].place.startswith("src/anna_churn/train.py:")
    assert "Drift is monitored with Evidently" in asked["claim"].ask
    assert asked["claim"].lines[0].place == "README.md:4"
    assert "which command" not in asked["rollback"].ask, "there is nothing to roll back to here"
    assert not asked["rollback"].lines[0].place
    assert "looked in" in asked["rollback"].lines[0].note
    assert "how do you know that it helped" in asked["imbalance"].ask, "stratify and class weights are there"
    assert asked["imbalance"].lines[0].place.startswith("src/anna_churn/train.py:")
    assert sum(name.startswith("depth-") for name in asked) >= 2
    assert sum(name.startswith("gap-") for name in asked) >= 2


def test_everybody_is_asked_the_same_standing_questions(here: Path) -> None:
    packs = [pack(name, load(f"reports/{name}.json")) for name in ("anna", "ben")]
    standing = [[question.id for question in p.questions if question.standing] for p in packs]
    assert standing[0] == standing[1] == ["owner", "broke", "degrades", "imbalance", "rollback", "hindsight"]
    assert render(packs, "markdown") == render(packs, "markdown")
    assert all(40 <= p.minutes <= 75 for p in packs)


def test_the_command_prints_and_writes(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["interview", "candidates/anna", "candidates/broken.zip"]) == 4
    said = capsys.readouterr()
    assert said.out.startswith("# Interview: anna\n")
    assert "broken.zip: not audited" in said.err
    assert main(["interview", "candidates/broken.zip"]) == 3
    assert "there is nobody to ask" in capsys.readouterr().err
    assert main(["interview", "reports/anna.json", "-o", "x.csv"]) == 2
    assert main(["interview", "reports/anna.json", "reports/ben.json", "--blind", "-q", "-o", "blind.html"]) == 0
    assert not re.search(r"anna|lindqvist", Path("blind.html").read_text(), re.IGNORECASE)


def test_questions_are_well_formed() -> None:
    known = {check.id for check in catalogue.with_folders(())}
    families = {name.rstrip("0123456789") for name in known}
    assert families <= set(WORDS["about"]), "every family has a question about what is there and what is not"
    assert set(WORDS["about"]) <= families | known
    for row in WORDS["standing"]:
        assert set(row["checks"]) <= known, row["id"]
        assert {"id", "title", "minutes", "found", "missing", "strong", "weak"} <= set(row), row["id"]
    for name, row in WORDS["about"].items():
        expected = {f"{kind}{end}" for kind in ("depth", "gap") for end in ("", "_strong", "_weak")}
        assert set(row) == expected, name
    texts = [text for table in (*WORDS["standing"], *WORDS["about"].values()) for text in table.values()]
    assert all(len(text) <= 150 for text in texts if isinstance(text, str)), "two lines at most"


def test_rivals_do_the_same_job() -> None:
    """Products are named as the catalogue names them, and each pair shares a job."""
    jobs = {tool.name: set(tool.does) for tool in ours().values()}
    serving = {"model serving", "web api"}
    for row in WORDS["tools"]["pair"]:
        assert set(row["products"]) <= set(jobs), row["check"]
        first, *others = row["products"]
        for other in others:
            both = jobs[first] & jobs[other] or (jobs[first] & serving and jobs[other] & serving)
            assert both, f"{row['check']}: {first} and {other} do different jobs"


def sheets(browser: Browser, html: str) -> int:
    """How many sheets of A4 a page takes."""
    page = browser.new_page()
    page.set_content(html)
    printed = page.pdf(prefer_css_page_size=True)
    page.close()
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", printed))


def test_a_pack_prints_on_two_pages(here: Path, browser: Browser) -> None:
    """Also one whose every text is as long as it may be."""
    long = pack("long " * 40, cleaned(hostile.report("a very long text, " * 100)))
    one, other = pack("anna", load("reports/anna.json")), pack("ben", load("reports/ben.json"))
    assert sheets(browser, render([one], "html")) == 2
    assert sheets(browser, render([one, other, long], "html")) == 1 + 3 * 2, "a sheet of points, and two pages each"


def test_hostile_texts_stay_text() -> None:
    for turn in range(0, len(hostile.TEXTS), 3):
        texts = (*hostile.TEXTS[turn:], *hostile.TEXTS[:turn])
        report = cleaned(hostile.report(*texts))
        for form in FORMATS:
            page = render([pack(report.repository.name, report)], form)
            assert not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x9b\u202e\u200b]", page), form
            if form == "html":
                assert "<script" not in page
                assert "<svg onload" not in page
                assert page.count("<h1") == 1


def test_the_guide_works(here: Path) -> None:
    text = GUIDE.read_text(encoding="utf-8")
    commands = [shlex.split(line) for block in re.findall(r"```console\n(.*?)```", text, re.DOTALL)
                for line in block.splitlines()]  # fmt: skip
    assert commands
    for words in commands:
        assert main([*words[1:], "-q"]) == 0, words
    example = tomllib.loads(re.findall(r"```toml\n(.*?)```", text, re.DOTALL)[0])["standing"][0]
    assert set(example) == set(WORDS["standing"][0]), "the example shows what a question needs"
