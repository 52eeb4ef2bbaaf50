"""`kit new`: render the template, lock and install its environment, make the first commit.

Copier does the rendering. The template has no tasks and no extensions, so nothing of it is executed here and plain
`copier copy` needs no `--trust` either.
"""

from __future__ import annotations

import os
import shlex
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from readykit import __version__, paths
from readykit.errors import StepError, UsageError
from readykit.steps import Steps
from readykit.text import clean

if TYPE_CHECKING:
    from collections.abc import Mapping

TRAILER = "Template-Tree"
ANSWERS = Path(".copier-answers.yml")
LOG = Path(".kit/log.txt")  # inside the new project, ignored by its git
PYTHONS = ((3, 11), (3, 13))  # the oldest and the newest that the template's lock is solved for


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
        print(_next(target))
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
            _sync(steps, target)
            notes.append("as uv.lock says")
    if pipeline:
        with steps.step("run the pipeline"):
            run_pipeline(steps, target, git=git)


def run_pipeline(steps: Steps, target: Path, *, git: bool = True) -> None:
    """Run a project's pipeline and commit what it records: dvc.lock, the metrics and the model card."""
    steps.run(tool(target, "dvc", "repro"), cwd=target, env=environment(target))
    if git:
        commit(steps, target, "Record the first run of the pipeline")


def render(folder: Path, answers: Mapping[str, str], *, name: str, defaults: bool) -> dict[str, Any]:
    """Render the template into an empty folder.

    Args:
        folder: where to; it exists.
        answers: answers by question.
        name: what the project is called unless the answers say otherwise.
        defaults: take the default for the others instead of asking.

    Returns:
        Every answer, as the project remembers it.

    Raises:
        UsageError: the template refused an answer; the message is the template's own.
    """
    from copier import run_copy
    from copier.errors import CopierError

    check_questions(answers)
    data: dict[str, Any] = {"python": _python(), **answers}
    with tempfile.TemporaryDirectory(prefix="kit-") as staged:
        # A copy without our .git: copier would otherwise clone the last tag instead of reading these files.
        _stage(Path(staged))
        own = {"project_name": name}  # the default, until the user answers otherwise
        try:
            run_copy(staged, folder, data=data, user_defaults=own, defaults=defaults, quiet=True, unsafe=False)
        except KeyboardInterrupt:  # Copier's own kind is an error of its as well
            raise KeyboardInterrupt from None
        except (CopierError, ValueError) as problem:
            raise UsageError(f"the template refused the answers: {problem}") from problem
    return read_answers(folder)


def read_answers(project: Path) -> dict[str, Any]:
    """Return the answers that a project was made with.

    Raises:
        UsageError: it has none that can be read.
    """
    import yaml

    file = project / ANSWERS
    try:
        found = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as problem:
        raise UsageError(f"{file} cannot be read, so {project} is no project of `kit new`") from problem
    if not isinstance(found, dict):
        raise UsageError(f"{file} holds no answers, so {project} is no project of `kit new`")
    return {str(key): value for key, value in found.items() if not str(key).startswith("_")}


def check_questions(answers: Mapping[str, str]) -> None:
    """Refuse an answer to a question that nobody asks: most likely it is misspelt.

    Raises:
        UsageError: there is no such question.
    """
    import yaml

    known = set(yaml.safe_load(paths.QUESTIONS.read_text(encoding="utf-8"))) - {"slug", "package"}
    names = sorted(name for name in known if not name.startswith("_"))
    for name in answers:
        if name not in names:
            raise UsageError(f"there is no question {name!r}; there are {', '.join(names)}")


def plan(target: Path, answers: Mapping[str, Any], count: int, *, git: bool, sync: bool) -> str:
    """Return what is about to be made, for a person."""
    url, ci = answers["data_url"], answers["ci"]
    where = f"{url} (a folder of yours)" if answers["data_remote"] == "local" else f"{url} (credentials: .env.example)"
    then = [what for what, wanted in (("first commit", git), ("environment as uv.lock says", sync)) if wanted]
    rows = {
        "project": "{project_name}: {task} with {framework}, Python {python}".format(**answers),
        "data": f"DVC, kept in {where}",
        "CI": {"github": "GitHub", "gitlab": "GitLab", "both": "GitHub and GitLab"}.get(ci, "none"),
        "folder": f"{target}: {', '.join([f'{count} files', *then])}",
    }
    return "\n" + "".join(f"  {topic:9}{clean(text, 200)}\n" for topic, text in rows.items())


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
    found = shutil.which(name)
    if not found and name == "uv":
        from uv import find_uv_bin

        return str(find_uv_bin())
    if not found:
        raise UsageError(f"{name} is not installed, and `kit new` needs it; install it and run the command again")
    return found


def check_target(target: Path) -> None:
    """Refuse a folder that holds something.

    Raises:
        UsageError: it is a file, or not empty.
    """
    if target.is_dir() and any(target.iterdir()):
        raise UsageError(f"{target} is not empty; name a new folder")
    if target.exists() and not target.is_dir():
        raise UsageError(f"{target} is a file; name a new folder")


def _python() -> str:
    """The version for the project: the one that runs us when the lock knows it."""
    here = sys.version_info[:2]
    chosen = min(max(here, PYTHONS[0]), PYTHONS[1])
    return f"{chosen[0]}.{chosen[1]}"


def _stage(folder: Path) -> None:
    parts = [file.read_text(encoding="utf-8") for file in (paths.RESERVED, paths.QUESTIONS)]
    (folder / "copier.yml").write_text("---\n".join(parts), encoding="utf-8")
    shutil.copytree(paths.TEMPLATE, folder / "template", ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))


def _sync(steps: Steps, target: Path) -> None:
    # The interpreter that runs us is one that exists: nothing has to be downloaded.
    base = getattr(sys, "_base_executable", None) or sys.executable
    command = [find_program("uv"), "sync", "--frozen", "--python", base]
    try:
        steps.run(command, cwd=target, env=environment(target))
    except StepError as problem:
        raise StepError(
            f"the environment could not be installed (is a package index reachable?): {problem}"
        ) from problem


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


def _next(target: Path) -> str:
    """The three commands that come next; `uv run` makes the environment where it is missing."""
    commands = (f"cd {shlex.quote(str(target))}", "uv run nox -s pipeline promote", "uv run nox -s serve")
    return f"\n{target} is ready. Next:\n" + "".join(f"  {command}\n" for command in commands)
