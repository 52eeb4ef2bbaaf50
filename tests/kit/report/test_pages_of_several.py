"""The pages of `kit compare` and `kit interview` in a real browser: on a phone, for a screen reader, in the dark."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from readykit.auditor import audit
from readykit.comparison import render as compare_page
from readykit.comparison.gather import Candidate
from readykit.comparison.ranking import compared
from readykit.interview import render as interview_page
from readykit.interview.choosing import pack
from readykit.wishes import Way, Wishes

from . import trees
from .test_pages import complaints

if TYPE_CHECKING:
    from playwright.sync_api import Browser

SELECTED = ("TRK", "PIP001")


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A comparison and a pack of interviews, with some of the checks: axe takes its time for each element."""
    known = []
    for name, files in (("anna", trees.ANNA), ("ben", trees.BEN)):
        folder = trees.planted(tmp_path_factory.mktemp(name) / name, files)
        known.append(Candidate(name, name, audit(folder, Wishes(select=SELECTED), way=Way(1, cached=False))))
    refused = Candidate("broken.zip", "broken.zip", why="cannot be unpacked")
    comparison = compared([*known, refused])
    packs = [pack(c.name, c.report) for c in known if c.report]
    return {"comparison": compare_page(comparison, "html"), "interview": interview_page(packs, "html")}


@pytest.mark.parametrize("name", ["comparison", "interview"])
def test_the_page_is_for_everybody(browser: Browser, pages: dict[str, str], name: str, tmp_path: Path) -> None:
    from axe_playwright_python.sync_playwright import Axe

    file = tmp_path / f"{name}.html"
    file.write_text(pages[name], encoding="utf-8")
    said: list[str] = []
    tab = browser.new_page(viewport={"width": 360, "height": 740}, color_scheme="light")
    tab.on("request", lambda request: said.append(request.url))
    tab.on("console", lambda message: said.append(message.text))
    tab.on("dialog", lambda dialog: said.append(dialog.message))
    tab.goto(file.as_uri())
    tab.locator("details").evaluate_all("rows => rows.forEach(row => { row.open = true })")
    assert tab.evaluate("document.documentElement.scrollWidth") <= 360, "a phone scrolls one way"
    found = []
    for scheme, rules in (("light", {}), ("dark", {"runOnly": ["color-contrast"]})):
        tab.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        found += Axe().run(tab, options=rules).response["violations"]
    tab.close()
    assert not [(row["id"], row["nodes"][0]["html"], row["nodes"][0]["failureSummary"]) for row in found]
    assert [line for line in said if "axe" not in line] == [file.as_uri()], (
        "nothing is asked of any network, nothing runs"
    )


def test_a_cell_leads_to_its_evidence(browser: Browser, pages: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    file.write_text(pages["comparison"], encoding="utf-8")
    tab = browser.new_page(viewport={"width": 1200, "height": 900})
    tab.goto(file.as_uri())
    evidence = tab.get_by_text("src/anna_churn/train.py:11").last
    assert not evidence.is_visible()
    tab.get_by_role("link", name="TRK001").first.click()
    tab.locator("#check-TRK001 summary").click()
    assert evidence.is_visible()
    names = tab.locator(".names").first
    names.evaluate("box => { box.style.maxHeight = '12rem'; box.scrollTop = 200 }")
    top, head = names.bounding_box(), names.locator("thead th").nth(1).bounding_box()
    tab.close()
    assert top
    assert head
    assert abs(head["y"] - top["y"]) <= 2, "the names stay in sight"


@pytest.mark.parametrize("name", ["comparison", "interview"])
def test_validators_accept_the_page(pages: dict[str, str], name: str) -> None:
    assert complaints(pages[name]) == []
