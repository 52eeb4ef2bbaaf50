"""Instructions of a Dockerfile, and the commands that it runs."""

from __future__ import annotations

import json
import re

from readykit.facts import Unparsable
from readykit.facts.commands import commands
from readykit.model import Fact, Location

KNOWN = frozenset(
    [
        "FROM",
        "RUN",
        "CMD",
        "ENTRYPOINT",
        "COPY",
        "ADD",
        "ENV",
        "ARG",
        "EXPOSE",
        "WORKDIR",
        "USER",
        "LABEL",
        "VOLUME",
        "HEALTHCHECK",
        "SHELL",
        "STOPSIGNAL",
        "ONBUILD",
        "MAINTAINER",
    ]
)


def extract(text: str, path: str) -> list[Fact]:
    """`docker` facts (name: instruction, value: arguments, scope: stage) and `command` facts of RUN, CMD, ENTRYPOINT.

    Raises:
        Unparsable: no instruction was found.
    """
    found: list[Fact] = []
    stage = ""
    lines = text.split("\n")
    index = 0
    while index < len(lines):
        start = index
        body = lines[index].strip()
        index += 1
        if not body or body.startswith("#"):
            continue
        parts = [body]
        while parts[-1].endswith("\\") and index < len(lines):
            follow = lines[index].strip()
            index += 1
            parts.append("\\" if follow.startswith("#") or not follow else follow)
        word, _, rest = body.partition(" ")
        name = word.upper()
        if name not in KNOWN:
            continue
        joined = " ".join(p.rstrip("\\").strip() for p in parts)
        value = joined.partition(" ")[2].strip()
        if name == "FROM":
            match = re.search(r"\sAS\s+(\S+)", value, re.IGNORECASE)
            stage = match[1] if match else ""
        at = Location(path, start + 1, index if index > start + 1 else 0)
        found.append(Fact("docker", name, at, value, stage))
        if name in ("RUN", "CMD", "ENTRYPOINT"):
            found += run(
                name, rest if len(parts) == 1 else "\n".join([rest, *parts[1:]]), value, path, start + 1, stage
            )
    if not found:
        raise Unparsable("no Dockerfile instruction")
    return found


def run(name: str, text: str, joined: str, path: str, line: int, stage: str) -> list[Fact]:
    """Commands of an instruction in shell or exec form."""
    at = Location(path, line)
    if joined.startswith("["):
        try:
            words = json.loads(joined)
        except (ValueError, RecursionError):
            words = None
        if isinstance(words, list):
            text = " ".join(str(w) for w in words)
            return commands(text, at, "docker", stage, instruction=name)
    text = re.sub(r"^(--\w+=\S+\s+)+", "", text)
    return commands(text, at, "docker", stage, instruction=name)
