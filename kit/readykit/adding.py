"""`kit add`: what an addition would change in a repository, the change, and what the audit says afterwards."""

from __future__ import annotations

import difflib
import hashlib
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from readykit import applying
from readykit.addition import Addition, chosen, load, ordered, template
from readykit.errors import UsageError
from readykit.manifestedit import with_requirements
from readykit.repo import Repo
from readykit.surroundings import Surroundings, look

if TYPE_CHECKING:
    from readykit.model import Report


MOST_DATA = 50_000_000_000
"""Bytes of data whose digest is worked out."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be done, before anything is.

    Attributes:
        additions: what is added, what is needed first.
        promises: the checks that do not pass now and will.
        create: the text of new files by path.
        change: the text before and after of files that exist, by path.
        kept: files that exist with another content and stay as they are.
        by_hand: what the user has to do or correct.
        command: what is run afterwards to renew the lock file; empty when nothing is.
    """

    additions: tuple[Addition, ...]
    promises: tuple[str, ...]
    create: Mapping[str, str]
    change: Mapping[str, tuple[str, str]]
    kept: tuple[str, ...]
    by_hand: tuple[str, ...]
    command: tuple[str, ...] = ()

    @property
    def pages(self) -> dict[str, str]:
        """Every file to write by path."""
        return {**self.create, **{path: after for path, (_, after) in self.change.items()}}

    def diff(self) -> str:
        """The change as a unified diff."""
        rows: list[str] = []
        for path, after in self.pages.items():
            before = self.change[path][0] if path in self.change else ""
            old = f"a/{path}" if path in self.change else "/dev/null"
            rows += difflib.unified_diff(before.splitlines(), after.splitlines(), old, f"b/{path}", lineterm="")
        return "".join(f"{row}\n" for row in rows)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The statuses of checks before and after: `(id, before, after)` of those that changed."""

    better: tuple[tuple[str, str, str], ...]
    worse: tuple[tuple[str, str, str], ...]
    broken: tuple[str, ...]


def statuses(report: Report) -> dict[str, str]:
    """The status of every check of a report, by its id."""
    return {finding.check.id: str(finding.verdict.status.value) for finding in report.findings}


def fixes(report: Report) -> dict[str, str]:
    """The addition that mends a check or capability; `none` when no file of ours can."""
    found: dict[str, str] = {}
    for finding in report.findings:
        check = finding.check
        name = check.fix.removeprefix("kit add ") if check.fix else "none"
        found[check.id] = name
        if found.get(check.capability, "none") == "none":
            found[check.capability] = name
    return found


def make_plan(
    word: str, root: Path, report: Report, *, said: Mapping[str, str] | None = None, force: bool = False
) -> Plan:
    """Work out what adding something changes; nothing is written.

    Args:
        word: an addition, a check or a capability.
        root: the folder of the repository.
        report: its audit.
        said: answers to what additions ask, by name.
        force: replace files that exist with another content.

    Returns:
        The plan; it is empty when everything it would bring is there.

    Raises:
        UsageError: there is no such addition, or another tool does it already.
    """
    known = load()
    addition = chosen(word, known, fixes(report))
    status = statuses(report)
    around = look(Repo.open(root), root.resolve().name)
    wanted = [a for a in ordered(addition, known) if a is addition or a.internal or _missing(a, status)]
    promises = [c for a in wanted for c in a.promises if status.get(c) != "pass"]
    if not _missing(addition, status):
        return Plan((), (), {}, {}, (), ())
    answers = {**around.answers, "floor": int(report.score.total or 0), **_about(root / around.data)}
    answers |= {"python": f"{sys.version_info[0]}.{sys.version_info[1]}", **_answered(wanted, said or {})}
    for each in wanted:
        _refuse_second_tool(each, report, root)
    desk = _Desk(root, force=force)
    desk.by_hand += [_render(text, answers) for a in wanted for text in a.fill_in]
    _files(desk, wanted, answers)
    desk.by_hand += [f"the {what} was not found in the code and is a placeholder" for what in around.guessed]
    _requirements(desk, wanted, around.manifest)
    command = _lock(desk, wanted, around)
    kept, by_hand = tuple(desk.kept), tuple(desk.by_hand)
    return Plan(tuple(wanted), tuple(promises), desk.create, desk.change, kept, by_hand, command)


def _answered(wanted: Iterable[Addition], said: Mapping[str, str]) -> dict[str, str]:
    """The answers to all that is asked.

    Raises:
        UsageError: one is missing, or is no plain word.
    """
    for addition in wanted:
        for name, question in addition.asks.items():
            if not re.fullmatch(r"[^\s\"'\[\]]+", said.get(name, "")):
                raise UsageError(f"{addition.name}: say with --set {name}=... {question}")
    return dict(said)


def _missing(addition: Addition, status: Mapping[str, str]) -> bool:
    return any(status.get(check) != "pass" for check in addition.promises)


def _refuse_second_tool(addition: Addition, report: Report, root: Path) -> None:
    """Make sure that nothing does already what is asked for: two would be one too many.

    Raises:
        UsageError: another tool does it, or a file says that it is done elsewhere.
    """
    for path in addition.not_beside:
        if applying.exists(root, path):
            raise UsageError(f"{addition.name}: {path} is here and a second one would run beside it; extend that one")
    for finding in report.findings:
        if addition.unless == finding.check.capability and finding.verdict.status.value == "pass":
            seen = finding.verdict.evidence[0]
            tool = f" ({seen.tool})" if seen.tool else ""
            where = f"{seen.at.path}:{seen.at.line}"
            raise UsageError(f"{addition.name}: this repository does it already{tool}, {where}; nothing is added")


class _Desk:
    """The files of a plan while it is made: what stands on disk, and what is to stand there."""

    def __init__(self, root: Path, *, force: bool) -> None:
        self.root = root
        self.force = force
        self.before: dict[str, str] = {}
        self.after: dict[str, str] = {}
        self.kept: list[str] = []
        self.by_hand: list[str] = []

    def text(self, path: str) -> str | None:
        """What a file is to hold so far; empty when there is none, None when it is not text that can be kept."""
        if path not in self.after:
            found = applying.read(self.root, path)
            if found is None and applying.exists(self.root, path):
                return None
            if found is not None:
                self.before[path] = found
            return found or ""
        return self.after[path]

    def put(self, path: str, text: str) -> None:
        """Plan a file; one that stands there with another content stays, unless replacing it was asked for."""
        if not text.strip():
            return
        now = self.text(path)
        if now == text:
            return
        if now is None or (applying.exists(self.root, path) and not self.force):
            self.kept.append(path)
        else:
            self.after[path] = text

    def append(self, path: str, lines: Sequence[str]) -> None:
        """Plan lines that a file lacks behind those it has."""
        now = self.text(path)
        have = set((now or "").splitlines())
        new = [line for line in lines if line not in have or not line]
        if not any(new):
            return
        if now is None:
            self.by_hand.append(f"{path} is no plain text, so add to it yourself: {' / '.join(filter(None, new))}")
            return
        while new and not new[0] and lines[0] != new[0]:
            new.pop(0)
        end = "\r\n" if "\r\n" in now else "\n"
        joint = "" if not now or now.endswith("\n") else end
        apart = end if now and not path.startswith(".") else ""
        self.after[path] = f"{now}{joint}{apart}" + "".join(f"{line}{end}" for line in new)

    @property
    def create(self) -> dict[str, str]:
        """New files."""
        return {path: text for path, text in self.after.items() if path not in self.before}

    @property
    def change(self) -> dict[str, tuple[str, str]]:
        """Files that stand there, before and after."""
        rows = ((path, self.before[path], text) for path, text in self.after.items() if path in self.before)
        return {path: (before, after) for path, before, after in rows if before != after}


def _files(desk: _Desk, wanted: Iterable[Addition], answers: Mapping[str, object]) -> None:
    """Plan the files and lines of all additions."""
    for addition in wanted:
        for raw, source in addition.files.items():
            text = template(addition, source)
            desk.put(_render(raw, answers), text if source.startswith("template:") else _render(text, answers))
        for path, lines in addition.append.items():
            desk.append(path, [_render(line, answers) for line in lines])


def _requirements(desk: _Desk, wanted: Iterable[Addition], manifest: str) -> None:
    """Plan the dependencies of all additions into the manifest."""
    needed = [line for addition in wanted for line in addition.dependencies]
    if not needed:
        return
    now = desk.text(manifest) if manifest else None
    after = None if now is None else with_requirements(manifest, now, needed)
    if after is None:
        desk.by_hand.append(f"add to your dependencies: {', '.join(needed)}")
    elif after != now:
        desk.after[manifest] = after


def _lock(desk: _Desk, wanted: Iterable[Addition], around: Surroundings) -> tuple[str, ...]:
    """The command that makes or renews the lock, when metadata can be read without running a build."""
    asked = any("lock" in addition.runs for addition in wanted)
    stale = applying.exists(desk.root, "uv.lock") and around.manifest in desk.change
    if not asked and not stale:
        return ()
    if around.manifest == "pyproject.toml" and around.static:
        return ("uv", "lock", "--no-build")
    if around.manifest == "requirements.txt":
        words = "uv pip compile --no-build --universal --quiet requirements.txt -o requirements.lock"
        return tuple(words.split())
    desk.by_hand.append("lock the environment yourself: the metadata of this project needs its build to be run")
    return ()


def _about(data: Path) -> dict[str, object]:
    """Digest and size in bytes of the data file, as DVC names it; empty when it is not there or takes hours."""
    if not data.is_file() or data.is_symlink() or data.stat().st_size > MOST_DATA:
        return {"data_md5": "", "data_size": 0}
    with data.open("rb") as file:
        digest = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    return {"data_md5": digest, "data_size": data.stat().st_size}


def _render(text: str, answers: Mapping[str, object]) -> str:
    from jinja2 import Environment, StrictUndefined

    # What is rendered is code and documents, not a page: there is nothing to escape for.
    environment = Environment(undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False)  # noqa: S701
    return environment.from_string(text).render(answers)


def compare(plan: Plan, before: Report, after: Report) -> Outcome:
    """What the audit says of a change.

    Args:
        plan: what was promised.
        before: the report before.
        after: the report afterwards.
    """
    rank = {"fail": 0, "error": 0, "unknown": 0, "partial": 1, "not_applicable": 2, "pass": 2}
    was, now = statuses(before), statuses(after)
    rows = [(check, was.get(check, "fail"), now[check]) for check in now if now[check] != was.get(check, "fail")]
    return Outcome(
        tuple(row for row in rows if row[2] == "pass" or rank[row[2]] > rank[row[1]]),
        tuple(row for row in rows if row[2] != "pass" and rank[row[2]] < rank[row[1]]),
        tuple(check for check in plan.promises if now.get(check) != "pass"),
    )
