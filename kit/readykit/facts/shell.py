"""Commands in shell scripts, Makefiles, justfiles, Procfiles and the like."""

from __future__ import annotations

import re
from collections.abc import Iterator

from readykit.facts.commands import commands
from readykit.model import Fact, Location

TARGET = re.compile(r"^([A-Za-z0-9_./$(){}%-](?:[\w ./$(){}%-]*[\w./$(){}%-])?)\s*::?(?!=)\s*+([^=#]*+)(?:#.*)?$")
RECIPE = re.compile(r"^@?([A-Za-z_][\w-]*)((?:\s+[\w*+$='\"-]+)*)\s*:(?!=)\s*(.*)$")


def extract(text: str, path: str) -> list[Fact]:
    """Commands of a script; scope is the target in a Makefile or justfile."""
    name = path.rpartition("/")[2].lower()
    if name in ("makefile", "gnumakefile") or name.startswith("makefile.") or name.endswith((".mk", ".mak")):
        return makefile(text, path)
    if name in ("justfile", ".justfile"):
        return makefile(text, path, RECIPE, "just")
    if name.startswith("procfile"):
        return procfile(text, path)
    shebang = text.partition("\n")[0]
    errexit = "yes" if re.match(r"#!.*\s-\w*e", shebang) else "no"
    return commands(text, Location(path, 1), "script", errexit=errexit)


def procfile(text: str, path: str) -> list[Fact]:
    """`web: command` lines."""
    found: list[Fact] = []
    for number, line in enumerate(text.split("\n"), 1):
        process, colon, command = line.partition(":")
        if colon and not line.startswith("#"):
            found += commands(command.strip(), Location(path, number), "procfile", process.strip())
    return found


def makefile(text: str, path: str, rule: re.Pattern[str] = TARGET, runner: str = "make") -> list[Fact]:
    """Recipe lines with their target; a target's prerequisites are in detail `needs` and as a `target` fact."""
    found: list[Fact] = []
    target = needs = ""
    pending: tuple[int, str] | None = None
    for number, line in joined(text):
        if pending is not None:
            start, before = pending
            pending = (start, before + "\n" + line)
        elif line[:1] in ("\t", " ") and target and line.strip():
            pending = (number, line)
        else:
            match = rule.match(line) if line[:1] not in ("\t", " ", "#", ".") or line.startswith("./") else None
            if match is None:
                if line.strip() and not line.startswith("#"):
                    target = target if line[:1] in ("\t", " ") else ""
                continue
            target, needs = match[1].split()[0] if runner == "make" else match[1], match[match.lastindex or 2].strip()
            names = match[1].split() if runner == "make" else [target]
            at, before = Location(path, number), needs.partition(";")[0]
            found += [Fact("target", each, at, before, "", {"runner": runner}) for each in names]
            continue
        if pending is not None and not line.endswith("\\"):
            found += recipe(pending, path, target, needs, runner)
            pending = None
    if pending is not None:
        found += recipe(pending, path, target, needs, runner)
    return found


def joined(text: str) -> Iterator[tuple[int, str]]:
    """Lines with their numbers; prerequisites that go on over several lines stand on the first."""
    rows = text.split("\n")
    index = 0
    while index < len(rows):
        number, line = index + 1, rows[index]
        index += 1
        if line.endswith("\\") and ":" in line[1:-1] and "=" not in line and line[0] != "#" and not line[0].isspace():
            parts = [line]
            while parts[-1].endswith("\\") and "=" not in parts[-1] and index < len(rows):
                parts[-1] = parts[-1][:-1].rstrip()
                parts.append(rows[index].strip())
                index += 1
            line = " ".join(parts)
        yield number, line


def recipe(part: tuple[int, str], path: str, target: str, needs: str, runner: str) -> list[Fact]:
    """The commands of one recipe line; a leading `-` loses the exit code."""
    line, text = part
    text = text.strip()
    detail = {"needs": needs}
    while text[:1] in ("@", "-", "+"):
        if text[0] == "-":
            detail["swallowed"] = "yes"
        text = text[1:].lstrip()
    # `$(VAR) -m x` and `$$x`: make's own substitutions are read as one word
    text = text.replace("$$", "$")
    return commands(text, Location(path, line), runner, target, errexit="no" if ";" in text else "yes", **detail)
