"""The documentation: it builds without a broken link, shows every command, and its tutorials do what they say."""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from readykit import catalogue, cli
from tutorial import Reader, steps

if TYPE_CHECKING:
    from conftest import Lived

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site; a broken link or a page outside of the contents fails it."""
    folder = tmp_path_factory.mktemp("site")
    words = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-n", "-b", "html", "-d", f"{folder}-doctrees"]
    done = subprocess.run([*words, str(DOCS), str(folder)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder


class Loads(HTMLParser):
    """What a page loads by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an address."""
        given = dict(attrs)
        if tag in {"script", "img"} or (tag == "link" and given.get("rel") in {"stylesheet", "icon", "preload"}):
            self.addresses.append(given.get("src") or given.get("href") or "")


def test_every_check_has_its_page_and_the_search_knows_it(site: Path) -> None:
    index = (site / "searchindex.js").read_text(encoding="utf-8")
    for check in catalogue.checks():
        page = (site / "generated" / "checks" / f"{check.id}.html").read_text(encoding="utf-8")
        assert check.id in page
        assert f"generated/checks/{check.id}" in index


def test_a_page_loads_nothing_from_elsewhere(site: Path) -> None:
    for page in site.rglob("*.html"):
        loads = Loads()
        loads.feed(page.read_text(encoding="utf-8"))
        assert not [address for address in loads.addresses if re.match(r"(https?:)?//", address)], page


def parsers() -> list[tuple[str, argparse.ArgumentParser]]:
    return [(name, cli._parser_of(name)) for name in cli._COMMANDS]


@pytest.mark.parametrize(("name", "parser"), parsers(), ids=[name for name, _ in parsers()])
def test_every_command_and_word_is_documented(name: str, parser: argparse.ArgumentParser, site: Path) -> None:
    page = (site / "generated" / "command-line.html").read_text(encoding="utf-8")
    assert f"kit {name}" in page
    for action in parser._actions:
        assert action.help, f"kit {name} {action.option_strings or action.dest} has no help"
        assert all(option in page for option in action.option_strings)


@pytest.mark.parametrize("page", sorted(DOCS.rglob("*.md")), ids=lambda p: p.relative_to(DOCS).as_posix())
def test_a_picture_of_a_page_exists(page: Path) -> None:
    for picture in re.findall(r"!\[[^]]*\]\(([^)]+)\)", page.read_text(encoding="utf-8")):
        assert (page.parent / picture).is_file(), f"{page.name} shows {picture}"


def reader(folder: Path, kit: list[str]) -> Reader:
    who = {f"GIT_{role}_{what}": value for role in ("AUTHOR", "COMMITTER")
           for what, value in (("NAME", "A"), ("EMAIL", "a@example.org"))}  # fmt: skip
    path = os.pathsep.join([str(Path(kit[0]).parent), os.environ["PATH"]])
    return Reader(folder, {**os.environ, **who, "PATH": path})


@pytest.mark.parametrize("page", ["lead", "ci"])
def test_a_tutorial_does_what_it_says(page: str, tmp_path: Path, kit: list[str]) -> None:
    typist = reader(tmp_path, kit)
    for step in steps(DOCS / "tutorials" / f"{page}.md"):
        typist.type(step)


@pytest.mark.slow
def test_the_tutorial_of_the_new_hire_does_what_it_says(lived: Lived, kit: list[str]) -> None:
    """The demo has been run for all tests that look at it; what it printed then is held against the page."""
    typist = reader(lived.project.parent, kit)
    typist.env.pop("VIRTUAL_ENV", None)
    typist.env.pop("PYTHONDONTWRITEBYTECODE", None)
    for step in steps(DOCS / "tutorials" / "new-hire.md"):
        if step.command == "kit demo":
            assert step.holds(lived.printed), lived.printed
        else:
            typist.type(step)
