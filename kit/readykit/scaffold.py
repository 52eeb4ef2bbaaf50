"""`kit new`: render the template, make the first commit, install the environment as the lock says."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from readykit import __version__
from readykit.errors import StepError, UsageError
from readykit.rendering import plan, render
from readykit.steps import Steps

if TYPE_CHECKING:
    from collections.abc import Mapping

TRAILER = "Template-Tree"
LOG = Path(".kit/log.txt")  # inside the new project, ignored by its git


def new(
    dest: str,
    answers: Mapping[str, str],
    *,
    defaults: bool = False,
    git: bool = True,
    sync: bool = True,
    pipeline: bool = False,
    quiet: bool = False,
) -> Path:
    """Make a project.

    Args:
        dest: the folder to make; it may exist when it is empty.
        answers: answers to the template's questions by name; `project_name` follows the folder when left out.
        defaults: take the default of every other question instead of asking.
        git: make a repository and the first commit.
        sync: install the environment with uv.
        pipeline: also run the pipeline once and commit what it records (needs `sync`).
        quiet: print errors only.

    Returns:
        The project's folder.

    Raises:
        UsageError: the folder is not empty, an answer is refused, or a program is missing.
        StepError: a step failed.
    """
    target = Path(dest)
    check_target(target)
    if pipeline and not sync:
        raise UsageError("--run-pipeline needs the environment: leave out --no-sync")
    with Steps(target / LOG, quiet=quiet) as steps:
        build(steps, target, answers, defaults=defaults, git=git, sync=sync, pipeline=pipeline)
    if not quiet:
        print(_next(target, git=git))
    return target


def build(
    steps: Steps,
    target: Path,
    answers: Mapping[str, str],
    *,
    defaults: bool,
    git: bool = True,
    sync: bool = True,
    pipeline: bool = False,
) -> None:
    """Make the project as titled steps of a run that the caller owns (see `new`)."""
    if git:
        find_program("git")
    if not defaults and not sys.stdin.isatty():
        defaults = True  # nobody is there to answer
    with tempfile.TemporaryDirectory(prefix="kit-") as made:
        if defaults:
            with steps.step("render the template"):
                answered = render(Path(made), answers, name=target.resolve().name, defaults=True)
        else:  # asks its questions, so no progress line under them
            answered = render(Path(made), answers, name=target.resolve().name, defaults=False)
        count = sum(path.is_file() for path in Path(made).rglob("*"))
        if not steps.quiet:
            print(plan(target, answered, count, git=git, sync=sync))
        shutil.copytree(made, target, dirs_exist_ok=True)
    if git:
        with steps.step("first commit"):
            _first_commit(steps, target)
    if sync:
        with steps.step("install the environment") as notes:
            solved = install(steps, target, git=git)
            notes.append("uv.lock solved again, as uv is set up here" if solved else "as uv.lock says")
        with steps.step("compile it for the first run"):
            _compile(steps, target)
    if pipeline:
        with steps.step("run the pipeline"):
            run_pipeline(steps, target, git=git)


def run_pipeline(steps: Steps, target: Path, *, git: bool = True) -> None:
    """Run a project's pipeline and commit what it records: dvc.lock, the metrics and the model card."""
    steps.run(tool(target, "dvc", "repro"), cwd=target, env=environment(target))
    if git:
        commit(steps, target, "Record the first run of the pipeline")


def environment(project: Path) -> dict[str, str]:
    """Return the environment of a project's programs: its own tools first, and bytecode kept."""
    ours = ("PYTHONDONTWRITEBYTECODE", "PYTHONPATH", "VIRTUAL_ENV", "UV_PROJECT_ENVIRONMENT")
    env = {name: value for name, value in os.environ.items() if name not in ours}
    # Last on the path: this very program, which the project's readiness session calls.
    env["PATH"] = os.pathsep.join([str(_tools(project)), env.get("PATH", ""), str(Path(sys.executable).parent)])
    return env


def tool(project: Path, name: str, *words: str) -> list[str]:
    """Return the command that runs a program of a project's own environment."""
    return [str(_tools(project) / name), *words]


def _tools(project: Path) -> Path:
    return (project / ".venv" / ("Scripts" if os.name == "nt" else "bin")).absolute()


def find_program(name: str) -> str:
    """Return where a program is.

    Raises:
        UsageError: it is not installed.
    """
    found = find_uv() if name == "uv" else shutil.which(name)
    if not found:
        raise UsageError(f"{name} is not installed, and `kit new` needs it; install it and run the command again")
    return found


def find_uv() -> str | None:
    """Where uv is: on the path, or the one that came with this program."""
    if found := shutil.which("uv"):
        return found
    with contextlib.suppress(ImportError, FileNotFoundError):
        from uv import find_uv_bin

        return str(find_uv_bin())
    return None


def check_target(target: Path) -> None:
    """Refuse a folder that holds something; the clone of an empty repository is one that holds nothing.

    Raises:
        UsageError: it is a file, or not empty, or cannot be.
    """
    try:
        there = os.path.lexists(target)
        if target.is_dir() and any(path.name != ".git" for path in target.iterdir()):
            raise UsageError(f"{target} is not empty; name a new folder")
    except OSError as problem:  # too long a name, or a folder that may not be looked into
        raise UsageError(f"{target} cannot be made: {problem.strerror}; name a new folder") from problem
    if there and not target.is_dir():
        what = "a link that leads nowhere" if target.is_symlink() and not target.exists() else "a file"
        raise UsageError(f"{target} is {what}; name a new folder")


def install(steps: Steps, target: Path, *, git: bool) -> bool:
    """Install the environment; returns whether its lock had to be solved again.

    A lock says where its files are, and uv goes there whatever index it was told to use. `uv lock` writes the same
    versions with the addresses of a mirror that is set up on this machine; where none is, it changes nothing and asks
    nobody. The commit is one of its own, for `kit update` starts from what the template gave.
    """
    lock = target / "uv.lock"
    before = lock.read_bytes()
    # The interpreter that runs us is one that exists: nothing has to be downloaded.
    python = ("--python", getattr(sys, "_base_executable", None) or sys.executable)
    try:
        for words in (["lock"], ["sync", "--frozen"]):
            steps.run([find_program("uv"), *words, *python], cwd=target, env=environment(target))
    except StepError as problem:
        raise StepError(
            f"the environment could not be installed (is a package index reachable?): {problem}"
        ) from problem
    solved = lock.read_bytes() != before
    if solved and git:
        commit(steps, target, "Solve uv.lock again, as uv is set up on this machine")
    return solved


def _compile(steps: Steps, target: Path) -> None:
    """Compile what the project imports, as pip does at installation and uv at the first import; two cores at once."""
    package = next(target.glob("src/*/tracking.py")).parent.name
    steps.run(tool(target, "python", "-m", f"{package}.tracking"), cwd=target, env=environment(target))


def _first_commit(steps: Steps, target: Path) -> None:
    steps.run(["git", "init", "--quiet", "--initial-branch=main"], cwd=target)
    steps.run(["git", "add", "--all"], cwd=target)
    tree = steps.run(["git", "write-tree"], cwd=target).strip()
    commit(steps, target, f"Start the project from the readykit template\n\n{rendered(tree)}")


def rendered(tree: str) -> str:
    """Return the line by which `kit update` knows a commit that is nothing but the template, and checks that it is."""
    return f"{TRAILER}: {tree} (readykit {__version__})"


def commit(steps: Steps, target: Path, message: str) -> None:
    """Commit everything in a project, also on a machine where git does not know who commits."""
    steps.run(["git", "add", "--all"], cwd=target)
    words = [*identity(steps, target), "-c", "commit.gpgsign=false", "commit", "--quiet", "--message", message]
    steps.run(["git", *words], cwd=target)


def identity(steps: Steps, target: Path) -> list[str]:
    """Return what git has to be told on a fresh machine, where it does not know who commits."""
    try:
        steps.run(["git", "var", "GIT_COMMITTER_IDENT"], cwd=target)
    except StepError:
        return ["-c", "user.name=readykit", "-c", "user.email=readykit@localhost"]
    return []


def _next(target: Path, *, git: bool) -> str:
    """The three commands that come next; `uv run` makes the environment where it is missing, `setup` the repository."""
    first = "pipeline promote" if git else "setup pipeline promote"
    commands = (f"cd {shlex.quote(str(target))}", f"uv run nox -s {first}", "uv run nox -s serve")
    return f"\n{target} is ready. Next:\n" + "".join(f"  {command}\n" for command in commands)
