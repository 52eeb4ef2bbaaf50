"""Shell text as simple commands: split at `&&`, `||`, `;`, `|` and line ends, with what becomes of their exit code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from readykit.facts.exitcode import ASSIGNMENT, Simple, swallowed
from readykit.model import Fact, Location

SKIPPED_WORDS = frozenset(
    [
        "if",
        "then",
        "else",
        "elif",
        "fi",
        "do",
        "done",
        "{",
        "}",
        "!",
        "time",
        "exec",
        "sudo",
        "nohup",
        "command",
        "builtin",
        "eval",
        "env",
    ]
)
NOT_COMMANDS = frozenset(["for", "while", "until", "case", "esac", "function", "in", "select"])
RUNNERS = {
    "uv": "run", "poetry": "run", "pipenv": "run", "pdm": "run", "hatch": "run", "rye": "run", "conda": "run",
    "micromamba": "run", "mamba": "run", "pixi": "run", "coverage": "run", "accelerate": "launch", "dotenv": "run",
}  # fmt: skip
WITH_VALUE = frozenset(
    [
        "-e",
        "--env",
        "-v",
        "--volume",
        "-w",
        "--workdir",
        "-u",
        "--user",
        "--name",
        "--network",
        "--net",
        "-p",
        "--publish",
        "--entrypoint",
        "-f",
        "--file",
        "--env-file",
        "--mount",
        "--platform",
        "--gpus",
        "-m",
        "--memory",
        "--cpus",
        "--shm-size",
        "-h",
        "--hostname",
        "-l",
        "--label",
        "--profile",
        "--project-name",
        "-n",
        "--with",
        "--extra",
        "--group",
        "--python",
        "--directory",
        "--project",
        "--package",
        "--only-group",
        "--no-group",
        "--with-requirements",
        "--source",
        "--rcfile",
        "--omit",
        "--include",
        "--data-file",
        "--branch",
        "--prefix",
        "--cwd",
    ]
)
OPERATORS = ("&&", "||", "|&", ";;", "|", ";", "\n")
HEREDOC = re.compile(r"<<-?\s*(['\"]?)(\w+)\1")
PYTHON = re.compile(r"(.*/)?(python|pypy)[\d.]*$")
ENTRYPOINTS = frozenset({"opentelemetry-instrument", "tini", "dumb-init", "wait-for-it.sh"})
SHELL = re.compile(r"(/\w+)*/?(ba|z|da)?sh$")
CONTAINER = re.compile(r"(docker|docker-compose|podman|\$[{(]\w*(docker|compose)\w*[})])$", re.IGNORECASE)
ASKED = re.compile(r"\s*(if|elif|while|until)\b")
# what a shell is given to run: `bash -lc "pytest; echo done"`
INNER = re.compile(r"(?:sudo )?(?:/\w+)*/?(?:ba|z|da)?sh((?: -[\w-]+| pipefail)*) -(\w*c\w*) (['\"])(.*)\3$", re.DOTALL)


def commands(text: str, at: Location, runner: str = "", scope: str = "", **detail: str) -> list[Fact]:
    """`command` facts of shell text that starts at a place.

    `detail` may hold `errexit="no"` for a shell that goes on after a failure; then only the last command's exit
    code counts, and the others are marked `swallowed` unless the next command looks at `$?`. `pipefail="yes"` says
    that a pipe fails with any of its commands. Commands in the quotes of `bash -c` are commands of their own.
    """
    parts = list(split(text))
    detail.setdefault("runner", runner)
    errexit = detail.pop("errexit", "yes") == "yes"
    pipefail = detail.pop("pipefail", "no") == "yes"
    found: list[Fact] = []
    for index, part in enumerate(parts):
        if part.text.startswith("set "):
            words = part.text.split()
            errexit = True if any(re.match(r"-\w*e", w) or w == "errexit" for w in words) else errexit
            errexit = False if "+e" in words else errexit
            pipefail = pipefail or "pipefail" in words
        own = dict(detail)
        if "swallowed" not in own and swallowed(parts, index, errexit, pipefail):
            own["swallowed"] = "yes"
        line = at.line + part.line - 1
        inner = INNER.match(part.text)
        if inner and len(list(split(inner[4]))) > 1:
            own |= {"errexit": "yes" if "e" in inner[2] + inner[1].replace("pipefail", "") else "no"}
            own |= {"pipefail": "yes"} if "pipefail" in inner[1] else {}
            own.pop("runner")
            found += commands(inner[4], Location(at.path, line), runner, scope, **own)
            continue
        own["plain"] = plain(part.text)
        found.append(Fact("command", part.text, Location(at.path, line), "", scope, own))
    return found


def split(text: str) -> Iterator[Simple]:
    """The simple commands of shell text; heredocs and comments are left out."""
    return Splitter(text).run()


class Splitter:
    """Goes through shell text once, minding quotes, continued lines, comments and heredocs."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.index = 0
        self.line = 1
        self.buffer: list[str] = []
        self.start = 1
        self.before = ""

    def run(self) -> Iterator[Simple]:
        """The commands in their order."""
        while self.index < len(self.text):
            char = self.text[self.index]
            operator = next((o for o in OPERATORS if self.text.startswith(o, self.index)), "")
            if char == "\\":
                self.escaped()
            elif char in "'\"`":
                self.quoted(char)
            elif char == "#" and (not self.buffer or self.buffer[-1].isspace()):
                self.index = self.end_of_line()
            elif operator:
                yield from self.ended(operator)
            else:
                self.keep(char)
        yield from self.ended("")

    def keep(self, text: str) -> None:
        """Take text into the present command; blanks before it are dropped."""
        if not self.buffer:
            self.start = self.line
        if self.buffer or not text.isspace():
            self.buffer.append(text)
        self.line += text.count("\n")
        self.index += len(text)

    def escaped(self) -> None:
        """A backslash: with the end of a line it joins two lines, else it keeps its meaning."""
        pair = self.text[self.index : self.index + 2]
        if pair == "\\\n":
            self.buffer.append(" ")
            self.line += 1
            self.index += 2
        else:
            self.keep(pair)

    def quoted(self, quote: str) -> None:
        """A quoted word, to its end or the end of the text."""
        position = self.index + 1
        while position < len(self.text) and self.text[position] != quote:
            position += 2 if self.text[position] == "\\" and quote == '"' else 1
        self.keep(self.text[self.index : position + 1])

    def end_of_line(self) -> int:
        """Where the present line ends."""
        end = self.text.find("\n", self.index)
        return len(self.text) if end < 0 else end

    def ended(self, operator: str) -> Iterator[Simple]:
        """The command that an operator ends."""
        raw = "".join(self.buffer)
        found = cleaned(raw)
        if found:
            yield Simple(self.start, found, self.before, operator, bool(ASKED.match(raw)))
        self.before = operator if operator != "\n" else ""
        self.buffer = []
        self.index += len(operator)
        self.line += operator == "\n"
        heredoc = HEREDOC.search(raw)
        if heredoc and operator == "\n":
            self.skip_to(heredoc[2])

    def skip_to(self, word: str) -> None:
        """Pass over a heredoc that ends with a line of this word."""
        while self.index < len(self.text):
            end = self.end_of_line()
            body = self.text[self.index : end].strip()
            self.index, self.line = end + 1, self.line + 1
            if body == word:
                break


def cleaned(text: str) -> str:
    """One command without keywords around it; empty for what is not a command."""
    words = text.split()
    while words and (words[0] in SKIPPED_WORDS or words[0] in ("(", "$(")):
        words.pop(0)
    if not words or words[0] in NOT_COMMANDS:
        return ""
    found = " ".join(words).lstrip("(@ ")
    return found.rstrip(" )") if found.count(")") > found.count("(") else found


@lru_cache(maxsize=4096)
def plain(text: str) -> str:
    """The command that is meant, without what only prepares it.

    `uv run --frozen python -m pytest -q` and `docker compose run --rm api pytest -q` are both `pytest -q`.
    """
    words = text.replace("\\", " ").split()
    for _ in range(8):
        shorter = peeled(words)
        if shorter == words:
            break
        words = shorter
    return " ".join(words)


def peeled(words: list[str]) -> list[str]:
    """The words without their outermost wrapper."""
    if not words:
        return words
    first = words[0].lstrip("@-+(").strip("\"'")
    if first != words[0] and first:
        return [first, *words[1:]]
    if ASSIGNMENT.match(first) or first in SKIPPED_WORDS:
        inner = first.partition("$(")[2]
        return [inner, *words[1:]] if inner else words[1:]
    if first in RUNNERS and RUNNERS[first] in words[1:3] and len(words) > 2:
        rest = options(words[words.index(RUNNERS[first]) + 1 :], keep_module=True)
        return rest or words
    if PYTHON.match(first) and "-m" in words[1:4] and words.index("-m") + 1 < len(words):
        return words[words.index("-m") + 1 :]
    if SHELL.match(first) and len(words) > 2 and re.fullmatch(r"-\w*c\w*", words[1]):
        return " ".join(words[2:]).strip("\"'").split()
    if CONTAINER.match(first) and ("run" in words[1:8] or "exec" in words[1:8]):
        verb = next(i for i, w in enumerate(words) if w in ("run", "exec"))
        rest = options(words[verb + 1 :])
        return rest[1:] if len(rest) > 1 else words
    if first in ("xvfb-run", "uvx", "pipx") or first == "npx":
        rest = options([w for w in words[1:] if w != "run"])
        return rest or words
    return options(words[1:]) or words if first in ENTRYPOINTS else words


def options(words: list[str], keep_module: bool = False) -> list[str]:
    """The words after leading options and their values."""
    rest = list(words)
    while rest and rest[0].startswith("-"):
        option = rest.pop(0)
        if keep_module and option in ("-m", "--module") and rest:
            return ["python", "-m", *rest]
        if option == "--":
            break
        if option in WITH_VALUE and "=" not in option and rest:
            rest.pop(0)
    return rest
