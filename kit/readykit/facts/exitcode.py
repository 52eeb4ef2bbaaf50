"""What becomes of a shell command's exit code: whether its failure stops anything."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

FORGIVING = re.compile(r"((/usr)?(/bin/)?true|:|exit 0|echo\b.*|printf\b.*|return 0)$")
FAILING = re.compile(r"(exit|return)\b(?! 0\b)|false$|kill\b")
EXIT = re.compile(r"exit( \d+)?")
ASSIGNMENT = re.compile(r"[A-Za-z_]\w*\+?=")
CHAINED = ("&&", "|", "|&")


@dataclass(frozen=True, slots=True)
class Simple:
    """One command: its line (counted from 1 in the text), its words as written, and the operator before and after."""

    line: int
    text: str
    before: str
    after: str
    asked: bool = False
    """Whether it is the condition of an `if` or a loop: its failure chooses a way and stops nothing."""


class Script:
    """The commands of one shell text. What is asked about all that come after one is worked out once."""

    def __init__(self, parts: list[Simple]) -> None:
        self.parts = parts

    @cached_property
    def ends(self) -> list[int | None]:
        """For each command the last of those that it is tied to by `&&` and pipes; None when the text ends before."""
        found: list[int | None] = []
        end: int | None = None
        for index in range(len(self.parts) - 1, -1, -1):
            end = end if self.parts[index].after in CHAINED else index
            found.append(end)
        return found[::-1]

    @cached_property
    def last_failing(self) -> int:
        """The last command that gives up, -1 when none does."""
        return max((i for i, part in enumerate(self.parts) if FAILING.match(part.text)), default=-1)

    @cached_property
    def last_minding(self) -> int:
        """The last command that looks at how the parts of a pipe ended, -1 when none does."""
        return max((i for i, part in enumerate(self.parts) if "PIPESTATUS" in part.text), default=-1)

    def never(self, index: int) -> bool:
        """Whether a command does not run, or is only the argument of one that does nothing: `true || x`, `: x`."""
        part, before = self.parts[index], self.parts[index - 1].text if index else ""
        return (
            part.text.startswith(": ")
            or (part.before == "||" and before in ("true", ":"))
            or (part.before == "&&" and before == "false")
            or (index > 0 and EXIT.fullmatch(self.parts[0].text) is not None and self.parts[0].after in (";", "\n", ""))
        )

    def swallowed(self, index: int, errexit: bool, pipefail: bool = True) -> bool:
        """Whether a command's failure goes unnoticed."""
        parts, part = self.parts, self.parts[index]
        if part.asked:
            return self.last_failing <= index
        if part.after == "|" and not pipefail:
            return self.last_minding <= index
        end = self.ends[index]
        last = index if end is None else end
        if parts[last].after == "||" and last + 1 < len(parts):
            return self.forgiven(last + 1)
        if errexit or index + 1 >= len(parts) or part.after in ("&&", "||"):
            return False
        following = parts[last + 1].text if last + 1 < len(parts) else "exit"
        return "$?" not in following and not following.startswith("exit")

    def forgiven(self, index: int) -> bool:
        """Whether what comes after `||` ends well; `|| { echo failed; exit 1; }` and `|| code=$?` do not."""
        first = self.parts[index]
        if FORGIVING.match(first.text):
            return not (
                first.after in (";", "&&", "\n")
                and index + 1 < len(self.parts)
                and first.text.startswith(("echo", "printf"))
                and FAILING.match(self.parts[index + 1].text)
            )
        if ASSIGNMENT.match(first.text) and " " not in first.text:
            return self.last_failing < index
        return False
