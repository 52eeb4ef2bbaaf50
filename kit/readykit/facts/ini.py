"""tox.ini and setup.cfg: the commands of test environments."""

from __future__ import annotations

import re

from readykit.facts.commands import commands
from readykit.model import Fact, Location


def extract(text: str, path: str) -> list[Fact]:
    """`toml` facts for keys (name: section.key) and `command` facts of `commands` in tox sections."""
    found: list[Fact] = []
    section = key = ""
    for number, line in enumerate(text.split("\n"), 1):
        bare = line.strip()
        if not bare or bare.startswith(("#", ";")):
            continue
        if bare.startswith("[") and bare.endswith("]"):
            section, key = bare[1:-1].strip(), ""
            continue
        match = re.match(r"([\w.-]+)\s*[=:]\s*(.*)$", line)
        if match:
            key, bare = match[1], match[2].strip()
        if key and bare:
            found.append(Fact("toml", f"{section}.{key}", Location(path, number), bare))
        if key in ("commands", "commands_pre") and section.startswith("testenv") and bare:
            swallowed = {"swallowed": "yes"} if bare.startswith("-") else {}
            found += commands(bare.lstrip("- "), Location(path, number), "tox", section, **swallowed)
    return found
