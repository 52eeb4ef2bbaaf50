"""The questions, the answers, and the template rendered with them.

Copier does it. The template has no tasks and no extensions, so nothing of it is executed here and plain `copier copy`
needs no `--trust` either.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from readykit import paths
from readykit.errors import UsageError
from readykit.text import clean

if TYPE_CHECKING:
    from collections.abc import Mapping

ANSWERS = Path(".copier-answers.yml")
PYTHONS = ((3, 11), (3, 13))  # the oldest and the newest that the template's lock is solved for


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
            ours = "project_name" not in answers and "'project_name'" in str(problem)
            hint = " The folder gave the name; --data project_name=NAME gives another." if ours else ""
            raise UsageError(f"the template refused the answers: {problem}{hint}") from problem
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
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as problem:
        raise UsageError(f"{file} cannot be read, so {project} is no project of `kit new`") from problem
    if not isinstance(found, dict):
        raise UsageError(f"{file} holds no answers, so {project} is no project of `kit new`")
    return {str(key): value for key, value in found.items() if not str(key).startswith("_")}


def questions() -> list[str]:
    """Return the names of what can be answered."""
    import yaml

    known = set(yaml.safe_load(paths.QUESTIONS.read_text(encoding="utf-8"))) - {"slug", "package"}
    return sorted(name for name in known if not name.startswith("_"))


def check_questions(answers: Mapping[str, str]) -> None:
    """Refuse an answer to a question that nobody asks: most likely it is misspelt.

    Raises:
        UsageError: there is no such question.
    """
    names = questions()
    for name in answers:
        if name not in names:
            raise UsageError(f"there is no question {name!r}; there are {', '.join(names)}")


def plan(target: Path, answers: Mapping[str, Any], count: int, *, git: bool, sync: bool) -> str:
    """Return what is about to be made, for a person."""
    url, ci = answers["data_url"], answers["ci"]
    where = (
        f"{url} (a folder on this machine)"
        if answers["data_remote"] == "local"
        else f"{url} (credentials: .env.example)"
    )
    then = [what for what, wanted in (("first commit", git), ("environment as uv.lock says", sync)) if wanted]
    rows = {
        "project": "{project_name}: {task} with {framework}, Python {python}".format(**answers),
        "data": f"DVC, kept in {where}",
        "CI": {"github": "GitHub", "gitlab": "GitLab", "both": "GitHub and GitLab"}.get(ci, "none"),
        "folder": f"{target}: {', '.join([f'{count} files', *then])}",
    }
    return "\n" + "".join(f"  {topic:9}{clean(text, 200)}\n" for topic, text in rows.items())


def _python() -> str:
    """The version for the project: the one that runs us when the lock knows it."""
    here = sys.version_info[:2]
    chosen = min(max(here, PYTHONS[0]), PYTHONS[1])
    return f"{chosen[0]}.{chosen[1]}"


def _stage(folder: Path) -> None:
    parts = [file.read_text(encoding="utf-8") for file in (paths.RESERVED, paths.QUESTIONS)]
    (folder / "copier.yml").write_text("---\n".join(parts), encoding="utf-8")
    shutil.copytree(paths.TEMPLATE, folder / "template", ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
