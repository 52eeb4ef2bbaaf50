"""The words of `kit new`, `kit update` and `kit doctor`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from readykit.errors import BELOW_FLOOR, OK, UsageError

if TYPE_CHECKING:
    import argparse


def add_new(parser: argparse.ArgumentParser) -> None:
    """Add the words of `kit new`."""
    parser.add_argument("dest", metavar="DEST", help="the folder to make")
    parser.add_argument("-d", "--data", action="append", default=[], metavar="KEY=VALUE", help="answer a question")
    parser.add_argument("--data-file", metavar="FILE", help="answers in a YAML file; --data wins over it")
    parser.add_argument("--defaults", action="store_true", help="take the default for every question not answered")
    parser.add_argument("--no-git", action="store_true", help="no git repository; the pipeline needs one")
    parser.add_argument("--no-sync", action="store_true", help="do not install the project's environment")
    parser.add_argument("--run-pipeline", action="store_true", help="also run the pipeline once and commit dvc.lock")
    parser.add_argument("-q", "--quiet", action="store_true", help="print errors only")
    parser.set_defaults(run=_new)


def _new(options: argparse.Namespace) -> int:
    from readykit.scaffold import new

    answers = from_file(options.data_file) if options.data_file else {}
    answers |= dict(_key_value(word) for word in options.data)
    new(
        options.dest,
        answers,
        defaults=options.defaults,
        git=not options.no_git,
        sync=not options.no_sync,
        pipeline=options.run_pipeline,
        quiet=options.quiet,
    )
    return OK


def _key_value(word: str) -> tuple[str, str]:
    key, equals, value = word.partition("=")
    if not equals or not key:
        raise UsageError(f"--data {word!r}: write KEY=VALUE, for example --data project_name=flight-delays")
    return key, value


def from_file(path: str) -> dict[str, str]:
    """Return the answers of a YAML file; an answers file of another project will do, too.

    Raises:
        UsageError: it cannot be read, or is no mapping of questions to answers.
    """
    import yaml

    try:
        found = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as problem:
        why = getattr(problem, "strerror", None) or "it is not YAML in UTF-8"
        raise UsageError(f"--data-file {path} cannot be read: {why}") from problem
    if not isinstance(found, dict) or not all(isinstance(value, str | int | float) for value in found.values()):
        raise UsageError(f"--data-file {path}: write one `question: answer` a line, for example `ci: gitlab`")
    return {str(key): str(value) for key, value in found.items() if not str(key).startswith("_")}


def add_update(parser: argparse.ArgumentParser) -> None:
    """Add the words of `kit update`."""
    parser.add_argument("path", nargs="?", default=".", metavar="PATH", help="a project of `kit new` (default: here)")
    parser.add_argument("-q", "--quiet", action="store_true", help="print errors only")
    parser.set_defaults(run=_update)


def _update(options: argparse.Namespace) -> int:
    from readykit.update import update

    return BELOW_FLOOR if update(Path(options.path), quiet=options.quiet) else OK


def add_doctor(parser: argparse.ArgumentParser) -> None:
    """Add the words of `kit doctor`."""
    parser.add_argument(
        "path", nargs="?", default=".", metavar="PATH", help="a project to look at, too (default: here)"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=_doctor)


def _doctor(options: argparse.Namespace) -> int:
    from readykit import doctor

    found = doctor.examine(Path(options.path))
    sys.stdout.write(doctor.as_json(found) if options.json else doctor.as_text(found))
    return OK if doctor.ready(found) else BELOW_FLOOR
