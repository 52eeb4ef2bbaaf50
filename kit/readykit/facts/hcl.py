"""Facts from Terraform files: every attribute under the dotted path of the blocks around it.

`resource "aws_scheduler_schedule" "weekly" { schedule_expression = "rate(7 days)" }` yields the name
`resource.aws_scheduler_schedule.weekly.schedule_expression` with that value. Comments and heredocs yield nothing.
"""

from __future__ import annotations

import re

from readykit.facts import Unparsable
from readykit.limits import MAX_DEPTH, MAX_STRING
from readykit.model import Fact, Location

HEADER = re.compile(r'^\s*([A-Za-z_][\w-]*)((?:\s+(?:"[^"]*"|[A-Za-z_][\w-]*))*)\s*\{')
ATTRIBUTE = re.compile(r'^\s*("?[A-Za-z_][\w.-]*"?)\s*[=:]\s*(.*)$')
HEREDOC = re.compile(r"<<[-~]?\s*\"?(\w+)\"?\s*$")
TEXT = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\Z)')


def extract(text: str, path: str) -> list[Fact]:
    """`hcl` facts, one an attribute and one a block (with an empty value).

    Raises:
        Unparsable: no block or attribute was found, or blocks are nested too deeply.
    """
    found: list[Fact] = []
    stack: list[str] = []
    heredoc = ""
    plain = uncommented(text)
    for number, line in enumerate(plain.splitlines(), 1):
        if heredoc:
            heredoc = "" if line.strip() == heredoc else heredoc
            continue
        opening = heredoc_of(line)
        header, attribute = HEADER.match(line), ATTRIBUTE.match(line)
        at = Location(path, number)
        pushed = ""
        if header and not (attribute and attribute.end(1) < header.end(1)):
            labels = [word.strip('"') for word in re.findall(r'"[^"]*"|[\w-]+', header[2])]
            pushed = ".".join([header[1], *labels])
            found.append(Fact("hcl", ".".join([*stack, pushed]), at))
        elif attribute:
            pushed = attribute[1].strip('"')
            found.append(Fact("hcl", ".".join([*stack, pushed]), at, attribute[2].strip().strip('"')[:MAX_STRING]))
        nest(stack, TEXT.sub('""', line), pushed)
        if len(stack) > MAX_DEPTH:
            raise Unparsable("blocks nested too deeply")
        heredoc = opening
    if not found and plain.strip():
        raise Unparsable("no block or attribute")
    return found


def heredoc_of(line: str) -> str:
    """The word that ends a heredoc which this line begins, or nothing."""
    match = HEREDOC.search(line)
    return match[1] if match else ""


def nest(stack: list[str], line: str, name: str) -> None:
    """Enter and leave the brackets of a line; the first one that opens is called `name`."""
    for character in line:
        if character in "{[(":
            stack.append(name or "_")
            name = ""
        elif character in "}])" and stack:
            stack.pop()


def uncommented(text: str) -> str:
    """The text with comments blanked, line numbers kept."""
    end = text.rfind("*/") + 2  # a comment that is not closed is none, and is not looked for to the end of the text
    closed = text[:end] if end > 1 else ""
    without = re.sub(r"/\*.*?\*/", lambda m: "\n" * m[0].count("\n"), closed, flags=re.DOTALL) + text[len(closed) :]
    return re.sub(r"^((?:[^\"#\n]|\"(?:[^\"\\\n]|\\.)*\")*?)(?:#|//).*$", r"\1", without, flags=re.MULTILINE)
