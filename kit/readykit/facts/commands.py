"""Shell text as simple commands: split at `&&`, `||`, `;`, `|` and line ends, with what becomes of their exit code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from posixpath import normpath

from readykit.facts import Unparsable
from readykit.facts.exitcode import ASSIGNMENT, Script
from readykit.facts.splitter import SKIPPED_WORDS, split
from readykit.limits import MAX_COMMANDS, MAX_HOPS, MAX_PATH
from readykit.model import Fact, Location

RUNNERS = {
    "uv": "run", "poetry": "run", "pipenv": "run", "pdm": "run", "hatch": "run", "rye": "run", "conda": "run",
    "micromamba": "run", "mamba": "run", "pixi": "run", "coverage": "run", "accelerate": "launch", "dotenv": "run",
}  # fmt: skip
WITH_VALUE = frozenset({
    "-e", "--env", "-v", "--volume", "-w", "--workdir", "-u", "--user", "--name", "--network", "--net", "-p",
    "--publish", "--entrypoint", "-f", "--file", "--env-file", "--mount", "--platform", "--gpus", "-m", "--memory",
    "--cpus", "--shm-size", "-h", "--hostname", "-l", "--label", "--profile", "--project-name", "-n", "--with",
    "--extra", "--group", "--python", "--directory", "--project", "--package", "--only-group", "--no-group",
    "--with-requirements", "--source", "--rcfile", "--omit", "--include", "--data-file", "--branch", "--prefix",
    "--cwd",
})  # fmt: skip
PYTHON = re.compile(r"(.*/)?(python|pypy)[\d.]*$")
LONG = 400
"""Characters of a command that is worth remembering."""
ENTRYPOINTS = frozenset({"opentelemetry-instrument", "tini", "dumb-init", "wait-for-it.sh"})
SHELL = re.compile(r"(/\w+)*/?(ba|z|da)?sh$")
# a change of folder to a place that is written out, for the commands after it
ENTERS = re.compile(r"(cd|pushd) [\"']?([\w.-]+(/[\w.-]+)*)/?[\"']?$")
APART = re.compile(r"\(\s*(cd|pushd) ")
CONTAINER = re.compile(r"(docker|docker-compose|podman|\$[{(]\w*(docker|compose)\w*[})])$", re.IGNORECASE)
# what a shell is given to run: `bash -lc "pytest; echo done"`
INNER = re.compile(
    r"(?:sudo )?(?:/\w+)*/?(?:ba|z|da)?sh((?: -[\w-]+| pipefail)*) -(\w{0,20}c\w{0,20}) (['\"])(.*)\3$", re.DOTALL
)


def commands(text: str, at: Location, runner: str = "", scope: str = "", **detail: str) -> list[Fact]:
    """`command` facts of shell text that starts at a place.

    `detail` may hold `errexit="no"` for a shell that goes on after a failure; then only the last command's exit
    code counts, and the others are marked `swallowed` unless the next command looks at `$?`. `pipefail="yes"` says
    that a pipe fails with any of its commands. Commands in the quotes of `bash -c` are commands of their own.

    Raises:
        Unparsable: there are more commands than anybody writes.
    """
    detail.setdefault("runner", runner)
    found = list(islice(read(text, at, scope, detail, 0), MAX_COMMANDS + 1))
    if len(found) > MAX_COMMANDS:
        raise Unparsable(f"more than {MAX_COMMANDS:,} commands")
    return found


def read(text: str, at: Location, scope: str, detail: dict[str, str], depth: int) -> Iterator[Fact]:
    """The `command` facts of shell text, `depth` times in the quotes of `bash -c`."""
    detail = dict(detail)
    errexit = detail.pop("errexit", "yes") == "yes"
    pipefail = detail.pop("pipefail", "no") == "yes"
    script = Script(list(split(text)))
    folders = Folders(text, detail.get("cwd", ""))
    for index, part in enumerate(script.parts):
        if part.text.startswith("set "):
            words = part.text.split()
            errexit = True if any(re.match(r"-\w*e", w) or w == "errexit" for w in words) else errexit
            errexit = False if "+e" in words else errexit
            pipefail = pipefail or "pipefail" in words
        own = dict(detail)
        if "swallowed" not in own and script.swallowed(index, errexit, pipefail):
            own["swallowed"] = "yes"
        place = Location(at.path, at.line + part.line - 1)
        inner = INNER.match(part.text) if part.text.endswith(("'", '"')) and depth < MAX_HOPS else None
        if inner and len(list(split(inner[4]))) > 1:
            own |= {"errexit": "yes" if "e" in inner[2] + inner[1].replace("pipefail", "") else "no"}
            own |= {"pipefail": "yes"} if "pipefail" in inner[1] else {}
            yield from read(inner[4], place, scope, own, depth + 1)
            continue
        own["plain"] = plain(part.text)
        if script.never(index):
            own["off"] = "yes"
        if folder := folders.after(part.text, part.line):
            own["cwd"] = folder
        yield Fact("command", part.text, place, "", scope, own)


class Folders:
    """The folder in which each command of a text runs, as far as `cd` says it."""

    def __init__(self, text: str, start: str) -> None:
        """`start` is the folder of the first command."""
        self.lines = text.split("\n")
        self.here = self.outside = start
        self.apart = 0

    def after(self, command: str, line: int) -> str:
        """The folder of the next command, given in order with its line; a `cd` in parentheses lasts for its line."""
        if self.apart not in (0, line):
            self.here, self.apart = self.outside, 0
        match = ENTERS.match(command) if command.startswith(("cd ", "pushd ")) else None
        if match:
            if APART.search(self.lines[line - 1]):
                self.outside, self.apart = self.here, line
            place = normpath(f"{self.here}/{match[2]}" if self.here else match[2])
            known = place != "." and not place.startswith("..") and len(place) <= MAX_PATH
            self.here = place if known else ""
        return self.here


def plain(text: str) -> str:
    """The command that is meant, without what only prepares it.

    `uv run --frozen python -m pytest -q` and `docker compose run --rm api pytest -q` are both `pytest -q`.
    """
    return remembered(text) if len(text) < LONG else meant(text)


def meant(text: str) -> str:
    """As `plain`, worked out."""
    words = text.replace("\\", " ").split()
    for _ in range(8):
        shorter = peeled(words)
        if shorter == words:
            break
        words = shorter
    return " ".join(words)


remembered = lru_cache(maxsize=4096)(meant)


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
    if first == "poetry" and words[1:2] == ["poe"]:  # a plugin: tasks without `run`
        return words[1:]
    if PYTHON.match(first) and "-m" in words[1:4] and words.index("-m") + 1 < len(words):
        return words[words.index("-m") + 1 :]
    if SHELL.match(first) and len(words) > 2 and re.fullmatch(r"-\w+", words[1]) and "c" in words[1]:
        return " ".join(words[2:]).strip("\"'").split()
    if len(first) < LONG and CONTAINER.match(first) and ("run" in words[1:8] or "exec" in words[1:8]):
        verb = next(i for i, w in enumerate(words) if w in ("run", "exec"))
        rest = options(words[verb + 1 :])
        return rest[1:] if len(rest) > 1 else words
    if first in ("xvfb-run", "uvx", "pipx") or first == "npx":
        rest = options([w for w in words[1:] if w != "run"])
        return rest or words
    return options(words[1:]) or words if first in ENTRYPOINTS else words


def options(words: list[str], keep_module: bool = False) -> list[str]:
    """The words after leading options and their values."""
    at = 0
    while at < len(words) and words[at].startswith("-"):
        option = words[at]
        at += 1
        if keep_module and option in ("-m", "--module") and at < len(words):
            return ["python", "-m", *words[at:]]
        if option == "--":
            break
        if option in WITH_VALUE:
            at += 1
    return words[at:]
