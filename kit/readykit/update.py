"""`kit update`: bring a project to the template of this version, with its edits and deletions kept.

The project's own history holds what the old template gave: its first commit, marked with its tree by `kit new`. The new
rendering becomes a commit on top of that one, and git merges the two lines as it merges any (docs/decisions/0018).
Nothing of the old version is needed, no network, and `git merge --abort` takes it back.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from readykit import __version__, rendering, scaffold
from readykit.errors import StepError, UsageError
from readykit.steps import Steps
from readykit.text import clean

LOCK = "uv.lock"


@dataclass(frozen=True)
class Repository:
    """A project's git repository, asked through steps that keep a log."""

    project: Path
    steps: Steps

    def git(self, *words: str, env: dict[str, str] | None = None) -> str:
        """Run git in the project and return what it printed."""
        return self.steps.run(["git", *words], cwd=self.project, env={**os.environ, **(env or {})})

    def conflicts(self) -> dict[str, set[str]]:
        """Files that the merge could not decide, each with the sides that have one: 1 before, 2 ours, 3 theirs."""
        found: dict[str, set[str]] = {}
        for row in filter(None, self.git("ls-files", "--unmerged", "-z").split("\0")):
            facts, _, path = row.partition("\t")
            found.setdefault(path, set()).add(facts.rpartition(" ")[2])
        return found


def update(project: Path, *, quiet: bool = False) -> list[str]:
    """Merge the template of this version into a project.

    Args:
        project: its folder, the top of a git repository without uncommitted changes.
        quiet: print errors only.

    Returns:
        The files that both sides changed in the same place, left with conflict markers; empty when all is done.

    Raises:
        UsageError: it is no project of `kit new`, or not in a state in which nothing could be lost.
        StepError: git failed; its message is shown.
    """
    answers = rendering.read_answers(project)
    scaffold.find_program("git")
    with Steps(project / scaffold.LOG, quiet=quiet) as steps:
        repository = Repository(project, steps)
        check_state(repository)
        base, tree = last_rendering(repository)
        with steps.step(f"render the template of readykit {__version__}"):
            new = render_as_tree(repository, answers)
        if new == tree:
            _say(quiet, f"\n{project} is up to date with the template of readykit {__version__}.")
            return []
        title = f"Update from the template of readykit {__version__}"
        who = scaffold.identity(steps, project)
        message = f"{title}\n\n{scaffold.rendered(new)}"
        commit = repository.git(*who, "commit-tree", new, "-p", base, "-m", message).strip()
        with steps.step("merge it with your changes") as notes:
            open_, kept_lock = merge(repository, [*who, "-c", "commit.gpgsign=false"], title, commit)
            if open_:
                notes.append(f"{len(open_)} to decide")
    _say(quiet, _next(project, open_, kept_lock))
    return open_


def check_state(repository: Repository) -> None:
    """Refuse what an update could lose or mix up.

    Raises:
        UsageError: no repository of its own, or uncommitted changes.
    """
    project = repository.project
    try:
        top = repository.git("rev-parse", "--show-toplevel").strip()
    except StepError as problem:
        raise UsageError(f"{project} is not in a git repository, so its own changes can't be told apart") from problem
    if Path(top).resolve() != project.resolve():
        raise UsageError(f"{project} is a part of the repository {top}; kit update works at the top of one")
    if repository.git("status", "--porcelain").strip():
        raise UsageError(f"{project} has uncommitted changes; commit them first, then nothing can be lost")


def last_rendering(repository: Repository) -> tuple[str, str]:
    """Return the newest commit that holds nothing but the template, with its tree.

    A commit counts only if its tree is the one that its message names: one in which somebody squashed an update
    together with changes would make those changes look like the template's.

    Raises:
        UsageError: there is none.
    """
    form = f"--format=%H %T %(trailers:key={scaffold.TRAILER},valueonly,separator=%x20)"
    for row in repository.git("log", form, f"--grep=^{scaffold.TRAILER}: ").splitlines():
        commit, tree, named, *_ = [*row.split(), ""]
        if tree == named:
            return commit, tree
    shallow = repository.git("rev-parse", "--is-shallow-repository").strip() == "true"
    raise UsageError(
        "this clone is shallow and lacks the commit of `kit new`; run `git fetch --unshallow` first"
        if shallow
        else f"the history of {repository.project} holds no commit of `kit new`; "
        "a project that Copier made is updated by `copier update`"
    )


def render_as_tree(repository: Repository, answers: dict[str, str]) -> str:
    """Render the template with a project's answers and return its tree in the project's object store."""
    known = {key: value for key, value in answers.items() if key in rendering.questions()}
    where = repository.git("rev-parse", "--absolute-git-dir").strip()
    with tempfile.TemporaryDirectory(prefix="kit-") as folder:
        made = Path(folder) / "made"
        made.mkdir()
        rendering.render(made, known, name=str(answers.get("project_name", "")), defaults=True)
        env = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
        repository.git(f"--git-dir={where}", f"--work-tree={made}", "add", "--all", str(made), env=env)
        return repository.git("write-tree", env=env).strip()


def merge(repository: Repository, who: list[str], title: str, commit: str) -> tuple[list[str], bool]:
    """Merge a commit; what the user deleted stays deleted, and a lock with packages of theirs stays theirs.

    Returns:
        The files that are left to decide, and whether the lock has to be solved again.
    """
    try:
        repository.git(*who, "merge", "--no-ff", "--quiet", "-m", title, commit)
    except StepError:
        if not repository.conflicts():
            raise
    else:
        return [], False
    kept_lock = False
    for path, sides in repository.conflicts().items():
        if "2" not in sides:
            repository.git("rm", "--quiet", "--force", "--", path)
        elif "3" not in sides:
            repository.git("add", "--", path)
        elif path == LOCK:
            repository.git("checkout", "--ours", "--", path)
            repository.git("add", "--", path)
            kept_lock = True
    open_ = sorted(repository.conflicts())
    if not open_:
        repository.git(*who, "commit", "--quiet", "--no-edit")
    return open_, kept_lock


def _next(project: Path, open_: list[str], kept_lock: bool) -> str:
    lines = []
    if open_:
        lines += ["", f"{project}: you and the template changed the same lines. Decide, `git add`, `git commit`;"]
        lines += ["`git merge --abort` takes everything back."]
        lines += [f"  {clean(path, 200)}" for path in open_]
    else:
        lines += ["", f"{project} has the template of readykit {__version__}. Next:"]
        lines += ["  git show --stat            what changed", "  uv run nox                 whether all is well"]
    if kept_lock:
        lines.append("  uv lock                    your packages and the template's are to be solved together")
    return "\n".join(lines)


def _say(quiet: bool, text: str) -> None:
    if not quiet:
        print(text)
