"""What becomes of a shell command's exit code: whether its failure stops anything."""

from __future__ import annotations

import re
from dataclasses import dataclass

FORGIVING = re.compile(r"((/usr)?(/bin/)?true|:|exit 0|echo\b.*|printf\b.*|return 0)$")
FAILING = re.compile(r"(exit|return)\b(?! 0\b)|false$|kill\b")
ASSIGNMENT = re.compile(r"[A-Za-z_]\w*\+?=")


@dataclass(frozen=True, slots=True)
class Simple:
    """One command: its line (counted from 1 in the text), its words as written, and the operator before and after."""

    line: int
    text: str
    before: str
    after: str
    asked: bool = False
    """Whether it is the condition of an `if` or a loop: its failure chooses a way and stops nothing."""


def swallowed(parts: list[Simple], index: int, errexit: bool, pipefail: bool = True) -> bool:
    """Whether a command's failure goes unnoticed."""
    part, rest = parts[index], parts[index + 1 :]
    if part.asked:
        return not any(FAILING.match(other.text) for other in rest)
    if part.after == "|" and not pipefail:
        return not any("PIPESTATUS" in other.text for other in rest)
    last = next((i for i in range(index, len(parts)) if parts[i].after not in ("&&", "|", "|&")), index)
    if parts[last].after == "||" and last + 1 < len(parts):
        return forgiven(parts[last + 1 :])
    if errexit or not rest or part.after in ("&&", "||"):
        return False
    following = parts[last + 1].text if last + 1 < len(parts) else "exit"
    return "$?" not in following and not following.startswith("exit")


def forgiven(rest: list[Simple]) -> bool:
    """Whether what comes after `||` ends well; `|| { echo failed; exit 1; }` and `|| code=$?` do not."""
    if FORGIVING.match(rest[0].text):
        return not (rest[0].after in (";", "&&", "\n") and len(rest) > 1 and rest[0].text.startswith(("echo", "printf"))
                    and FAILING.match(rest[1].text))  # fmt: skip
    if ASSIGNMENT.match(rest[0].text) and " " not in rest[0].text:
        return not any(FAILING.match(other.text) for other in rest)
    return False
