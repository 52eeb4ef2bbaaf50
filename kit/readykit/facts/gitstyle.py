"""`.gitattributes`, and configuration in git's style (`.dvc/config`), as `toml` facts."""

from __future__ import annotations

import re

from readykit.model import Fact, Location


def extract(text: str, path: str) -> list[Fact]:
    """One fact a pattern of `.gitattributes` (value: its attributes), or a key (`remote "storage".url`)."""
    read = attributes if path.rpartition("/")[2] == ".gitattributes" else settings
    return read(text, path)


def attributes(text: str, path: str) -> list[Fact]:
    """Patterns with their attributes."""
    found = []
    for number, line in enumerate(text.split("\n"), 1):
        words = line.split()
        if len(words) > 1 and not words[0].startswith(("#", "[")):
            found.append(Fact("toml", words[0], Location(path, number), " ".join(words[1:])))
    return found


def settings(text: str, path: str) -> list[Fact]:
    """Keys under their section."""
    found = []
    section = ""
    for number, line in enumerate(text.split("\n"), 1):
        bare = line.strip()
        if not bare or bare[0] in "#;":
            continue
        if bare.startswith("["):
            section = bare.strip("[]'\" ")
            continue
        match = re.match(r"([\w.-]+)\s*=\s*(.*)", bare)
        if match:
            found.append(Fact("toml", f"{section}.{match[1]}", Location(path, number), match[2]))
    return found
