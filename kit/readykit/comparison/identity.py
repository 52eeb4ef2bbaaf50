"""Whose a repository is, and what it calls itself: everything that tells one candidate from another by name.

Gathered only for `--blind`, while the tree is at hand, in a worker with bounds like every other reading of a stranger's
files. Nothing of it stands in any report.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final

from readykit import wire
from readykit.errors import TargetError
from readykit.target import opened
from readykit.worker import Worker, can_fork

if TYPE_CHECKING:
    from readykit.repo import Repo
    from readykit.target import Place

MOST: Final = 2_000
"""Names of one repository; the history of a large one has more authors."""
_MANIFESTS: Final = ("pyproject.toml", "setup.cfg", "setup.py", "package.json", "DESCRIPTION", "CITATION.cff",
    "mkdocs.yml", "meta.yaml", "CODEOWNERS", "AUTHORS", "AUTHORS.md", "LICENSE", "LICENSE.md", "LICENSE.txt", "COPYING",
)  # fmt: skip
_LOOK = 20_000  # characters of a manifest: what it is about stands at its beginning
_KEYED = re.compile(
    r"^[\s\"']*(?:name|authors?|author_email|maintainers?|maintainer_email|email|given-names|family-names|alias|Package"
    r"|Author|Maintainer|site_name|site_author|repo_name)[\"']?\s*[:=]\s*(.{1,300})$",
    re.MULTILINE,
)
_QUOTED = re.compile(r"""["']([^"']{2,80})["']""")
_COPYRIGHT = re.compile(r"^\s*copyright\s+(?:\(c\)|©)?\s*(?:\d{4}[\s,-]*)*(.{2,80})$", re.IGNORECASE | re.MULTILINE)
_HANDLE = re.compile(r"(?<![\w.])@([A-Za-z0-9][\w-]+)")
_WITH_ADDRESS = re.compile(r"([^<>\n]{2,80})<([^<>\s]+@[^<>\s]+)>")
_CO_AUTHOR = re.compile(r"^co-authored-by:\s*([^<\n]+)<([^>\n]+)>", re.IGNORECASE | re.MULTILINE)


def names_in(place: Place) -> tuple[str, ...]:
    """Names of people, packages and the repository itself.

    Args:
        place: from `target.at_hand`, while it is good.

    Returns:
        Different names, the longest first.

    Raises:
        TargetError: they cannot be gathered, so they could not be hidden.
    """
    told = [place.name, *re.split(r"[/@#:]+", place.url.partition("://")[2])[1:3]]
    if not can_fork():
        return _ordered([*told, *_gathered(place)])
    found = Worker(lambda _say: wire.packed(_gathered(place))).result()
    if not isinstance(found, bytes):
        raise TargetError(f"{place.shown}: its names cannot be hidden, for reading them {found.why}")
    return _ordered([*told, *wire.unpacked(found)])


def _gathered(place: Place) -> list[str]:
    repo = opened(place)
    return [*_people(repo), *_manifests(repo), *_packages(repo)]


def _ordered(names: Iterable[str]) -> tuple[str, ...]:
    """Different names worth hiding, the longest first, so that no part of one is hidden before the whole."""
    found = {" ".join(name.split()).strip(" .,;<>\"'") for name in names}
    return tuple(sorted((name for name in found if 2 <= len(name) <= 80), key=lambda name: (-len(name), name))[:MOST])


def _people(repo: Repo) -> Iterator[str]:
    for commit in repo.history.commits:
        if not commit.robot:
            yield from person(commit.author, commit.address)
        for name, address in _CO_AUTHOR.findall(commit.message):
            yield from person(name, address)


def person(name: str, address: str) -> Iterator[str]:
    """What names one author: the name, and the part of the address that is theirs."""
    yield name
    own = address.partition("@")[0]
    yield own.rpartition("+")[2]  # 1234+jane@users.noreply.github.com


def _manifests(repo: Repo) -> Iterator[str]:
    for path in repo.called(*_MANIFESTS):
        if path.count("/") > 2:
            continue
        text = repo.text(path)[:_LOOK]
        base = path.rpartition("/")[2]
        if base == "pyproject.toml":
            yield from _of_pyproject(text)
        elif base == "package.json":
            yield from _of_package(text)
        elif base.startswith(("LICENSE", "COPYING")):
            yield from (match.strip() for match in _COPYRIGHT.findall(text))
        elif base in ("CODEOWNERS", "AUTHORS", "AUTHORS.md"):
            yield from (part for handle in _HANDLE.findall(text) for part in [handle])
            yield from (part for name, address in _WITH_ADDRESS.findall(text) for part in person(name, address))
        else:
            for value in _KEYED.findall(text):
                quoted = _QUOTED.findall(value)
                yield from quoted or [value.split("<")[0]]


def _of_pyproject(text: str) -> Iterator[str]:
    try:
        table = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return
    for project in (table.get("project"), _within(table, "tool", "poetry")):
        if not isinstance(project, dict):
            continue
        yield from _texts(project.get("name"))
        for key in ("authors", "maintainers"):
            yield from _texts(project.get(key))


def _of_package(text: str) -> Iterator[str]:
    try:
        table = json.loads(text)
    except (ValueError, RecursionError):
        return
    if isinstance(table, dict):
        for key in ("name", "author", "contributors"):
            yield from _texts(table.get(key))


def _within(table: Any, *keys: str) -> Any:
    for key in keys:
        table = table.get(key) if isinstance(table, dict) else None
    return table


def _texts(value: Any) -> Iterator[str]:
    """The texts in a value: `Jane <jane@x>`, `{name = "Jane", email = "jane@x"}`, and lists of them."""
    if isinstance(value, str):
        match = _WITH_ADDRESS.match(value)
        yield from person(match[1], match[2]) if match else [value.partition("@")[0] if "@" in value else value]
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, dict):
        for item in (value.get("name"), value.get("email")):
            yield from _texts(item)


def _packages(repo: Repo) -> Iterator[str]:
    """The packages at the root and under `src`."""
    for path in repo.called("__init__.py"):
        folders = path.split("/")[:-1]
        if folders[:1] == ["src"]:
            folders = folders[1:]
        if len(folders) == 1:
            yield folders[0]
