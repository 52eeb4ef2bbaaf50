"""The HTML page in a real browser, as its readers use it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from readykit.report import render

from . import hostile

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def test_hostile_strings_do_nothing(browser: Browser, tmp_path: Path) -> None:
    """No script of a stranger runs, nothing is asked of any network, no rule of the page is broken."""
    asked: list[str] = []
    said: list[str] = []
    page = browser.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("dialog", lambda dialog: said.append(dialog.message))
    target = tmp_path / "report.html"
    turns = range(0, len(hostile.TEXTS), 8)  # another text at each place of the report in turn
    for turn in turns:
        target.write_text(render(hostile.report(*hostile.TEXTS[turn:], *hostile.TEXTS[:turn]), "html"), "utf-8")
        page.goto(target.as_uri())
    page.close()
    assert asked == [target.as_uri()] * len(turns)
    assert not said
