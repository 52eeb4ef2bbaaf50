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

from readykit.addition import Addition, chosen, load, ordered, template
from readykit.errors import TargetError, UsageError
from readykit.manifestedit import with_requirements
from readykit.repo import Repo
from readykit.surroundings import Surroundings, look

if TYPE_CHECKING:
    from readykit.model import Report


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
    _refuse_second_tool(addition, report)
    repo = Repo.open(root)
    around = look(repo, root.resolve().name)
    wanted = [a for a in ordered(addition, known) if a is addition or a.internal or _missing(a, status)]
    promises = [c for a in wanted for c in a.promises if status.get(c) != "pass"]
    if not _missing(addition, status):
        return Plan((), (), {}, {}, (), ())
    answers = {**around.answers, "floor": int(report.score.total or 0), **_about(root / around.data)}
    answers |= {"python": f"{sys.version_info[0]}.{sys.version_info[1]}", **_answered(wanted, said or {})}
    create, change, kept = _files(wanted, repo, answers, force=force)
    by_hand = [_render(text, answers) for a in wanted for text in a.fill_in]
    by_hand += [f"the {what} was not found in the code and is a placeholder" for what in around.guessed if create]
    _requirements(wanted, repo, around, change, by_hand)
    command = _lock(wanted, repo, around, change, by_hand)
    return Plan(tuple(wanted), tuple(promises), create, change, tuple(kept), tuple(by_hand), command)


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


def _refuse_second_tool(addition: Addition, report: Report) -> None:
    """Raise when another tool does what is asked for: two would be one too many."""
    for finding in report.findings:
        if addition.unless == finding.check.capability and finding.verdict.status.value == "pass":
            seen = finding.verdict.evidence[0]
            tool = f" ({seen.tool})" if seen.tool else ""
            where = f"{seen.at.path}:{seen.at.line}"
            raise UsageError(f"{addition.name}: this repository does it already{tool}, {where}; nothing is added")


def _files(
    wanted: Iterable[Addition], repo: Repo, answers: Mapping[str, object], *, force: bool
) -> tuple[dict[str, str], dict[str, tuple[str, str]], list[str]]:
    """New files, changed ones, and those that stay."""
    create: dict[str, str] = {}
    change: dict[str, tuple[str, str]] = {}
    kept: list[str] = []
    present = {*repo.files, *(s.path for s in repo.skipped)}
    for addition in wanted:
        for raw, source in addition.files.items():
            path, text = _render(raw, answers), template(addition, source)
            after = text if source.startswith("template:") else _render(text, answers)
            if path not in present and after.strip():
                create[path] = after
            elif path in present and (before := repo.text(path)) != after and force:
                change[path] = (before, after)
            elif path in present and before != after:
                kept.append(path)
        for path, lines in addition.append.items():
            _append(path, [_render(line, answers) for line in lines], repo, create, change)
    return create, change, kept


def _append(
    path: str, lines: Sequence[str], repo: Repo, create: dict[str, str], change: dict[str, tuple[str, str]]
) -> None:
    before = repo.text(path) if path in repo.files else ""
    now = change[path][1] if path in change else create.get(path, before)
    have = set(now.splitlines())
    new = [line for line in lines if line not in have or not line]
    if not any(new):
        return
    while new and not new[0] and lines[0] != new[0]:
        new.pop(0)
    joint = "" if not now or now.endswith("\n") else "\n"
    apart = "\n" if now and not path.startswith(".") else ""
    after = f"{now}{joint}{apart}" + "".join(f"{line}\n" for line in new)
    if path in repo.files:
        change[path] = (before, after)
    else:
        create[path] = after


def _requirements(
    wanted: Iterable[Addition], repo: Repo, around: Surroundings, change: dict[str, tuple[str, str]], by_hand: list[str]
) -> None:
    """Plan the dependencies of all additions into the manifest."""
    needed = [line for addition in wanted for line in addition.dependencies]
    if not needed:
        return
    before = repo.text(around.manifest) if around.manifest else ""
    after = with_requirements(around.manifest, before, needed) if around.manifest else None
    if after is None:
        by_hand.append(f"add to your dependencies: {', '.join(needed)}")
    elif after != before:
        change[around.manifest] = (before, after)


def _lock(
    wanted: Iterable[Addition], repo: Repo, around: Surroundings, change: Mapping[str, object], by_hand: list[str]
) -> tuple[str, ...]:
    """The command that makes or renews the lock, when metadata can be read without running a build."""
    asked = any("lock" in addition.runs for addition in wanted)
    stale = "uv.lock" in repo.files and around.manifest in change
    if not asked and not stale:
        return ()
    if around.manifest == "pyproject.toml" and around.static:
        return ("uv", "lock")
    if around.manifest == "requirements.txt":
        return ("uv", "pip", "compile", "--universal", "--quiet", "requirements.txt", "-o", "requirements.lock")
    by_hand.append("lock the environment yourself: the metadata of this project needs its build to be run")
    return ()


def _about(data: Path) -> dict[str, object]:
    """Digest and size in bytes of the data file, as DVC names it; empty when it is not there."""
    if not data.is_file() or data.is_symlink():
        return {"data_md5": "", "data_size": 0}
    with data.open("rb") as file:
        digest = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    return {"data_md5": digest, "data_size": data.stat().st_size}


def _render(text: str, answers: Mapping[str, object]) -> str:
    from jinja2 import Environment, StrictUndefined

    # What is rendered is code and documents, not a page: there is nothing to escape for.
    environment = Environment(undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False)  # noqa: S701
    return environment.from_string(text).render(answers)


def changed_files(root: Path) -> list[str]:
    """Tracked files that differ from the last commit, read without running git in the repository.

    Args:
        root: the folder of the repository.

    Returns:
        Their paths; empty also when there is no commit to compare with.
    """
    from readykit.git import NoGit
    from readykit.gitindex import tracked
    from readykit.gitstore import Commit

    try:
        commit = Commit(root / ".git")
    except (NoGit, FileNotFoundError, OSError):
        return []
    try:
        changed = [path for path, blob in commit.where.items() if _differs(root / path, blob, commit.sizes[path])]
        added = sorted((tracked(root) or frozenset()) - set(commit.where) - {row.path for row in commit.skipped})
    finally:
        commit.close()
    return sorted({*changed, *added})


def _differs(path: Path, blob: bytes, size: int) -> bool:
    """Whether a file is another than git's object; line endings that a checkout may have changed do not count."""
    try:
        data = path.read_bytes()
    except OSError:
        return True
    kind = "sha1" if len(blob) == 40 else "sha256"
    forms = (data, data.replace(b"\r\n", b"\n")) if len(data) != size else (data,)
    digests = (hashlib.new(kind, b"blob %d\0" % len(form) + form, usedforsecurity=False).hexdigest() for form in forms)
    return blob.decode() not in set(digests)


def write(plan: Plan, root: Path) -> None:
    """Write the files of a plan, all of them or none.

    Args:
        plan: what to write.
        root: the folder of the repository.

    Raises:
        TargetError: a file cannot be written; what was written before is taken back.
    """
    done: list[Path] = []
    made: list[Path] = []
    try:
        for path, text in plan.pages.items():
            target = root / path
            _refuse_links(root, path)
            made += [folder for folder in reversed(target.parents) if not folder.exists()]
            target.parent.mkdir(parents=True, exist_ok=True)
            done.append(target)
            part = target.with_name(f".{target.name}.kit-part")
            part.write_text(text, encoding="utf-8", newline="\n")
            part.replace(target)
    except BaseException as problem:
        _take_back(plan, root, done, made)
        if isinstance(problem, OSError):
            raise TargetError(f"{path} cannot be written ({problem.strerror}); nothing was changed") from problem
        raise


def _refuse_links(root: Path, path: str) -> None:
    """Raise when a path leads through a link: it might leave the repository."""
    place = root
    for part in path.split("/"):
        place /= part
        if place.is_symlink():
            raise OSError(0, "a link is in the way")


def _take_back(plan: Plan, root: Path, done: Iterable[Path], made: Sequence[Path]) -> None:
    for target in done:
        path = target.relative_to(root).as_posix()
        target.with_name(f".{target.name}.kit-part").unlink(missing_ok=True)
        if path in plan.change:
            target.write_text(plan.change[path][0], encoding="utf-8", newline="")
        else:
            target.unlink(missing_ok=True)
    for folder in reversed(made):
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


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
