"""Markdown and reStructuredText: headings, prose, the lines of code blocks, links, and the commands shown."""

from __future__ import annotations

import re
from sys import intern

from readykit.facts.commands import commands
from readykit.limits import MAX_PROSE_LINES
from readykit.model import Fact, Location

FENCE = re.compile(r"\s*(?:[-*\d.]+\s+)?(`{3,}|~{3,})\s*\{?\.?([\w+-]*)")
LINK = re.compile(r"\[([^\]\n]{0,200}+)\]\(([^)\s]{1,500}+)[^)]{0,1000}+\)")
INLINE = re.compile(r"(?<!`)`([^`\n]{4,200})`(?!`)")
CALLED = re.compile(r"(\$ )?[a-z][\w.-]* \S")
ITEM = re.compile(r"\s+([-*+]|\d+\.)\s")
DRAWN = re.compile(r"[├└│]")
SHELL = frozenset(
    {"", "bash", "sh", "shell", "console", "zsh", "shell-session", "terminal", "cmd", "powershell", "text"}
)
PROMPT = re.compile(r"^\s*(?:\(\w+\)\s*)?[$>%]\s+")
UNDERLINES = "=-~^\"'`#*+"
UNDERLINE = re.compile(r"([=\-~^\"'`#*+])\1{2,}\s*$")
LOOKS_LIKE_COMMAND = re.compile(
    r"^\s*(?:[A-Z_]+=\S+ )*(?:\$ ?)?(?:sudo )?(?:\./|[\w./-]+/)?[a-z][\w.+-]*(?:\s+[^\s=(){}:]|\s*$|\s+[\"'.-])"
)


def extract(text: str, path: str) -> list[Fact]:
    """Facts of a document; `codeline` has the block's language in detail `lang`."""
    found: list[Fact] = []
    heading = lang = fence = ""
    block: list[tuple[int, str]] = []
    lines = text.split("\n")[:MAX_PROSE_LINES]
    previous = ""
    comment = False
    for number, line in enumerate(lines, 1):
        match = FENCE.match(line) if "```" in line or "~~~" in line else None
        if fence:
            if match and match[1].startswith(fence) and not match[2]:
                found += shown(block, lang, path, heading)
                fence, block = "", []
            else:
                block.append((number, line))
            continue
        if match:
            fence, lang = match[1], match[2].lower()
            found += shown(block, "", path, heading)
            block = []
            continue
        if comment or "<!--" in line:
            comment = "-->" not in line
            previous = ""
            continue
        if (line.startswith(("    ", "\t")) and (block or not previous.strip()) and line.strip()
                and not ITEM.match(line)):  # fmt: skip
            block.append((number, line))
            continue
        if block:
            found += shown(block, "", path, heading)
            block = []
        heading = prose(line, number, previous, path, heading, found)
        previous = line
    return found + shown(block, lang if fence else "", path, heading)


def prose(line: str, number: int, previous: str, path: str, heading: str, found: list[Fact]) -> str:
    """Add what one line of text says, and return the heading that holds after it."""
    at = Location(path, number)
    stripped = line.strip()
    if not stripped:
        return heading
    if line.startswith("#"):
        heading = stripped.strip("# ")
        found.append(Fact("heading", heading, at, str(len(stripped) - len(stripped.lstrip("#")))))
    elif line[0] in UNDERLINES and UNDERLINE.match(line) and previous.strip() and not line.startswith("***"):
        heading = previous.strip()
        found.append(Fact("heading", heading, Location(path, number - 1), "1"))
    else:
        found.append(Fact("prose", intern(stripped), at, "", heading))
        for span in INLINE.findall(line) if "`" in line else ():
            if CALLED.match(span):
                found += commands(span.removeprefix("$ "), at, "readme", heading, inline="yes")
    for label, target in LINK.findall(line) if "](" in line else ():
        found.append(Fact("link", intern(target), at, intern(label), heading))
    return heading


def shown(block: list[tuple[int, str]], lang: str, path: str, heading: str) -> list[Fact]:
    """Facts of a block of code: its lines, and its commands when it is shell."""
    if not block:
        return []
    detail = {"lang": lang}  # one for all of them
    found = [Fact("codeline", intern(line.strip()), Location(path, number), "", heading, detail)
             for number, line in block if line.strip()]  # fmt: skip
    if lang not in SHELL:
        return found
    prompted = any(PROMPT.match(line) for _, line in block)
    rows: list[str] = []
    continued = False
    for _, line in block:
        bare = PROMPT.sub("", line).strip()
        shown_line = continued or ((not prompted or PROMPT.match(line)) and LOOKS_LIKE_COMMAND.match(bare))
        rows.append(bare if shown_line and not DRAWN.search(bare) else "")
        continued = bool(shown_line) and bare.endswith("\\")
    return found + commands("\n".join(rows), Location(path, block[0][0]), "readme", heading)
