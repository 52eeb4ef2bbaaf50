"""Adding dependencies to a manifest without touching the rest of it."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from itertools import islice

from readykit.facts import Unparsable
from readykit.facts.toml import loaded

_NAME = re.compile(r"[A-Za-z0-9._-]+")
TRIES = 200
"""Brackets that may be the end of the list: that of each extra is one, too."""
_ARRAY = re.compile(r"^dependencies\s*=\s*\[", re.MULTILINE)


def name_of(requirement: str) -> str:
    """The normal form of the name in a requirement: `Foo_Bar>=1` is `foo-bar`."""
    found = _NAME.match(requirement.strip())
    return re.sub(r"[-_.]+", "-", found[0]).lower() if found else ""


def with_requirements(path: str, text: str, wanted: Sequence[str]) -> str | None:
    """A manifest with the requirements that it does not have.

    Args:
        path: of the manifest: pyproject.toml, or a file of requirements.
        text: its content.
        wanted: requirements.

    Returns:
        The new content, the same when nothing is missing; None when it cannot be told where they belong.
    """
    if "\r\n" in text and text.count("\r\n") == text.count("\n"):  # its line ends are kept
        changed = with_requirements(path, text.replace("\r\n", "\n"), wanted)
        return changed and changed.replace("\n", "\r\n")
    if path.endswith(".toml"):
        return _toml(text, wanted)
    have = {name_of(line) for line in text.splitlines() if not line.lstrip().startswith(("#", "-"))}
    missing = [line for line in wanted if name_of(line) not in have]
    start = text if text.endswith("\n") or not text else text + "\n"
    return start + "".join(f"{line}\n" for line in missing)


def _toml(text: str, wanted: Sequence[str]) -> str | None:
    try:
        present = loaded(text)["project"]["dependencies"]
    except (Unparsable, KeyError, TypeError):
        return None
    have = {name_of(str(line)) for line in present}
    missing = [line for line in wanted if name_of(line) not in have]
    if not missing:
        return text
    begin = _ARRAY.search(text, max(text.find("[project]"), 0))
    wanted = [*map(str, present), *missing]
    lines = "".join(f"    {json.dumps(line)},\n" for line in wanted)
    if begin is None:
        return None
    for bracket in islice(re.compile("]").finditer(text, begin.end()), TRIES):
        end = bracket.end()
        changed = f"{text[: begin.start()]}dependencies = [\n{lines}]{text[end:]}"
        if _reads_as(changed, wanted):  # not a bracket of extras, nor of another table
            return changed if "#" not in text[begin.end() : end] else None  # a comment would be lost
    return None


def _reads_as(text: str, requirements: list[str]) -> bool:
    try:
        read: object = loaded(text)["project"]["dependencies"]
    except (Unparsable, KeyError, TypeError):
        return False
    return read == requirements
