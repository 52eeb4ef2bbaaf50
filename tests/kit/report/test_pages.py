"""The HTML page in a real browser, as its readers use it: with a keyboard, on a phone, on paper, in the dark."""

from __future__ import annotations

import warnings
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import html5lib
import pytest
from pytidyhtml5 import Document, Message
from readykit.auditor import audit
from readykit.report import render
from readykit.wishes import Way

from . import hostile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

TREE = {
    "README.md": "# Taxi\n\nWe predict the fare of a ride for riders, from trips of 2013. Drift is monitored.\n",
    "train.py": (
        "import mlflow\nfrom sklearn.svm import SVC\n\n"
        'API_KEY = "plainwordswithoutfigures"  # <script>alert(1)</script>\n'
        "model = SVC().fit(X, y)\nmlflow.log_metric('f1', 1)\nmlflow.log_param('c', 1)\n"
    ),
    "dvc.yaml": "stages:\n  train:\n    cmd: python train.py\n    deps: [train.py]\n    outs: [model.pkl]\n",
    "requirements.txt": "mlflow==2.9\nscikit-learn==1.5\n",
}
SELECTED = ("TRK", "PIP")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A page of a small repository, with some of the checks: axe takes its time for each element."""
    from readykit.wishes import Wishes

    folder = tmp_path_factory.mktemp("taxi")
    for name, content in TREE.items():
        (folder / name).write_text(content)
    report = audit(folder, Wishes(select=SELECTED), way=Way(1, cached=False, excerpts=True))
    target = folder / "report.html"
    target.write_text(render(report, "html"), "utf-8")
    return target.as_uri()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A tab of which everything that goes wrong fails the test."""
    said: list[str] = []
    asked: list[str] = []
    tab = browser.new_page()
    tab.on("request", lambda request: asked.append(request.url))
    tab.on("console", lambda message: said.append(message.text))
    tab.on("pageerror", lambda error: said.append(str(error)))
    tab.on("dialog", lambda dialog: said.append(dialog.message))
    yield tab
    tab.close()
    assert not said
    assert {url.partition(":")[0] for url in asked} == {"file"}, "nothing is asked of any network"


def ids(page: Page) -> list[str]:
    """The checks that are shown."""
    return page.locator(".finding:visible").evaluate_all("rows => rows.map(row => row.id)")


def test_hostile_strings_do_nothing(page: Page, tmp_path: Path) -> None:
    """No script of a stranger runs, nothing is asked of any network, no rule of the page is broken."""
    target = tmp_path / "report.html"
    for turn in range(0, len(hostile.TEXTS), 8):  # another text at each place of the report in turn
        report = hostile.report(*hostile.TEXTS[turn:], *hostile.TEXTS[:turn])
        target.write_text(render(report, "html"), "utf-8")
        page.goto(target.as_uri())
        assert page.locator("script").count() == 1
        assert page.locator("#filter").is_visible(), "our own script runs all the same"


def test_the_filter_works_by_keyboard_and_stands_in_the_address(page: Page, address: str) -> None:
    page.goto(address)
    every = ids(page)
    assert {name[:3] for name in every} == set(SELECTED)
    assert page.locator("h1").inner_text() not in page.locator("main").inner_text(), "the title is told once"
    page.locator("select[name=family]").focus()
    page.keyboard.type("Tracking")
    shown = ids(page)
    assert {name[:3] for name in shown} == {"TRK"}
    assert page.url.endswith("#family=TRK")
    assert page.locator("output").inner_text() == f"{len(shown)} of {len(every)} checks are shown"
    assert page.locator(".family:visible").count() == 1
    page.locator("select[name=status]").focus()
    page.keyboard.type("passed")
    assert ids(page) == ["TRK001"]
    page.reload()
    assert ids(page) == ["TRK001"], "an address that is passed on shows the same"
    page.get_by_role("button", name="Show all").press("Enter")
    page.wait_for_url(lambda url: not url.partition("#")[2])  # a function in the page may not be made from a text
    assert ids(page) == every
    page.locator("input[name=words]").fill("mlflow.log_metric")
    assert "TRK001" in ids(page)
    assert len(ids(page)) < len(every)
    page.goto(f"{address}#dimension=systems&status=open")
    assert ids(page)
    assert not {"TRK001", "TRK002"} & set(ids(page)), "these are of another dimension"


def test_a_finding_opens_to_its_evidence_with_code_and_the_way_to_it(page: Page, address: str) -> None:
    page.goto(address)
    finding = page.locator("#TRK001")
    assert not finding.locator(".code").first.is_visible()
    finding.locator("summary").focus()
    page.keyboard.press("Enter")
    assert finding.locator(".code .hit").first.inner_text().strip().startswith("mlflow.log_")
    assert finding.locator("svg.way").first.get_attribute("aria-label") == (
        "How it is reached: dvc.yaml:3, then train.py, then line 6"
    )
    assert "plainwords" not in page.content(), "what stands beside a name for a secret is masked"
    assert 'API_KEY = "plai…"' in page.locator("#TRK001").inner_text()
    first = page.locator(".mends a").first
    first.focus()
    page.keyboard.press("Enter")
    name = (first.get_attribute("href") or "#").removeprefix("#")
    page.locator(f"#{name}[open]").wait_for()
    assert page.evaluate("document.activeElement.parentElement.id") == name


def test_it_is_readable_without_its_script(browser: Browser, address: str) -> None:
    tab = browser.new_page(java_script_enabled=False)
    tab.goto(address)
    assert not tab.locator("#filter").is_visible()
    tab.locator("#TRK001 summary").click()
    assert tab.locator("#TRK001 .code").first.is_visible()
    tab.emulate_media(media="print")
    assert tab.locator("#PIP001 dl").bounding_box(), "everything is open on paper"
    pages = tab.pdf(format="A4").count(b"/Type /Page\n")
    tab.close()
    assert pages > 5


def test_axe_finds_nothing_and_a_phone_scrolls_one_way(browser: Browser, address: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    tab = browser.new_page(viewport={"width": 360, "height": 740}, color_scheme="light")
    tab.goto(address)
    tab.get_by_role("button", name="Open all").click()
    tab.locator("details").evaluate_all("rows => rows.forEach(row => { row.open = true })")
    assert tab.evaluate("document.documentElement.scrollWidth") <= 360
    found, papers = [], []
    for scheme, rules in (("light", {}), ("dark", {"runOnly": ["color-contrast"]})):
        tab.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        papers.append(tab.evaluate("getComputedStyle(document.body).backgroundColor"))
        found += Axe().run(tab, options=rules).response["violations"]
    tab.close()
    assert not [(row["id"], row["nodes"][0]["html"], row["nodes"][0]["failureSummary"]) for row in found]
    assert papers == ["rgb(255, 255, 255)", "rgb(13, 17, 23)"]


def complaints(text: str) -> list[str]:
    """What two validators have against a page."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        parser = html5lib.HTMLParser(strict=False)
        parser.parse(text)
    found = [f"{place} {code} {more}" for place, code, more in parser.errors]
    tidy = Document()
    said: list[str] = []

    def hear(message: Message) -> bool:
        told = message.output
        if (
            "Info: " not in told
            and "trimming empty" not in told
            and "Tidy found" not in told
            and "No warnings" not in told
        ):
            said.append(told)
        return False

    tidy.message_callback = hear
    tidy.parse_string(text)
    tidy.run_diagnostics()
    return found + said


def test_validators_accept_the_pages(address: str) -> None:
    assert complaints(Path(address.removeprefix("file://")).read_text("utf-8")) == []
    report = hostile.report(*hostile.TEXTS)
    assert complaints(render(report, "html")) == []
    assert complaints(render(replace(report, findings=(), score=replace(report.score, total=None)), "html")) == []
