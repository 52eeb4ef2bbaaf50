"""The command line: reads the words, calls one function, turns the outcome into an exit code.

Imports stay inside the commands: `kit --version` and `kit audit` start without copier and its dependencies.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from readykit import __version__
from readykit.errors import BELOW_FLOOR, FAULT, IN_PART, INTERRUPTED, OK, TARGET, KitError, UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from readykit.model import Report


def main(argv: Sequence[str] | None = None) -> int:
    """Run `kit` with these words.

    Args:
        argv: the words after `kit`; those of this process when left out.

    Returns:
        The exit code (see docs/reference/exit-codes.md).
    """
    words = list(sys.argv[1:] if argv is None else argv)
    if words in (["--version"], ["-V"]):  # before anything is imported: editors and scripts ask often
        print(f"readykit {__version__}")
        return OK
    _forget_working_directory()
    _never_fail_to_print()
    try:
        options = _parser().parse_args(words)
        return int(options.run(options))
    except KitError as problem:
        print(f"kit: {problem}", file=sys.stderr)
        return problem.exit_code
    except KeyboardInterrupt:
        print("kit: interrupted; what was done is kept", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader (`| head`) has what it wanted; keep Python from complaining again when it flushes at exit.
        sys.stdout = None
        return OK
    except Exception:  # the one place where a fault of ours is met: it must be reported, whatever it is
        import traceback

        print(f"kit: a fault of ours, please report it with these lines (readykit {__version__}):", file=sys.stderr)
        traceback.print_exc()
        return FAULT


def _forget_working_directory() -> None:
    """Take the working directory off the import path: `kit audit` may run inside a hostile repository."""
    import os

    here = os.path.realpath(os.curdir)
    sys.path[:] = [entry for entry in sys.path if entry and os.path.realpath(entry) != here]


def _never_fail_to_print() -> None:
    """Show what a terminal's encoding cannot: a report must not end in a UnicodeEncodeError."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _parser() -> argparse.ArgumentParser:
    import argparse

    parser = argparse.ArgumentParser(
        prog="kit", description="Is this machine-learning project ready for production, and can you prove it?"
    )
    parser.add_argument("-V", "--version", action="version", version=f"readykit {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_new(commands.add_parser("new", help="make a project in which the whole life of a model works"))
    _add_audit(commands.add_parser("audit", help="measure a repository against the standard, with evidence"))
    _add_explain(commands.add_parser("explain", help="what a check asks, why, and how to satisfy it"))
    _add_checks(commands.add_parser("checks", help="list the checks"))
    _add_demo(commands.add_parser("demo", help="the whole story in one go, on real data"))
    return parser


def _add_new(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("dest", metavar="DEST", help="the folder to make")
    parser.add_argument("-d", "--data", action="append", default=[], metavar="KEY=VALUE", help="answer a question")
    parser.add_argument("--defaults", action="store_true", help="take the default for every question not answered")
    parser.add_argument("--no-git", action="store_true", help="no git repository and no first commit")
    parser.add_argument("--no-sync", action="store_true", help="do not install the project's environment")
    parser.add_argument("--run-pipeline", action="store_true", help="also run the pipeline once and commit dvc.lock")
    parser.add_argument("-q", "--quiet", action="store_true", help="print errors only")
    parser.set_defaults(run=_new)


def _new(options: argparse.Namespace) -> int:
    from readykit.scaffold import new

    answers = dict(_key_value(word) for word in options.data)
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


def _add_audit(parser: argparse.ArgumentParser) -> None:
    from readykit.report import FORMATS

    parser.add_argument("path", nargs="?", default=".", metavar="PATH", help="a repository (default: here)")
    parser.add_argument("--profile", metavar="NAME", help="trial, starter, production (default) or regulated")
    parser.add_argument("--format", default="terminal", choices=list(FORMATS), help="what to print")
    parser.add_argument(
        "-o",
        "--output",
        action="append",
        default=[],
        metavar="FILE",
        help="write a report too; its suffix names the format",
    )
    parser.add_argument("--min-score", type=float, metavar="N", help="exit 1 when the score is lower")
    parser.add_argument("--min-level", type=int, choices=range(5), metavar="N", help="exit 1 when the level is lower")
    parser.add_argument("--select", metavar="IDS", help="only these checks: ids or families, comma-separated")
    parser.add_argument("--ignore", metavar="IDS", help="not these checks")
    parser.add_argument(
        "--config", metavar="FILE", help="the examiner's policy: the repository's settings do not count"
    )
    parser.add_argument("--trust-config", action="store_true", help="let the audited repository's own settings count")
    parser.add_argument(
        "--rubric", action="append", default=[], metavar="NAME",
        help="also answer ml-test-score, mlops-zoomcamp, microsoft or google",
    )  # fmt: skip
    _add_folders(parser)
    parser.add_argument("--require-ml", action="store_true", help="exit 3 when it is not an ML project")
    parser.add_argument("--reproducible", action="store_true", help="leave the run's time out of the report")
    parser.add_argument("-v", "--verbose", action="store_true", help="every line of evidence")
    parser.add_argument("-q", "--quiet", action="store_true", help="print nothing but errors")
    parser.set_defaults(run=_audit)


def _audit(options: argparse.Namespace) -> int:
    import time

    from readykit.auditor import audit
    from readykit.policy import Wishes
    from readykit.report import FORMATS, format_of

    for path in options.output:
        if format_of(path) is None:
            known = ", ".join(FORMATS.values())
            raise UsageError(f"--output {path}: its suffix names the format; use one of {known}")
    start = time.time()
    select, ignore = _ids(options.select), _ids(options.ignore)
    folders, rubrics = _folders(options), tuple(options.rubric)
    wishes = Wishes(options.profile, select, ignore, options.config, options.trust_config, folders, rubrics)
    report = audit(options.path, wishes)
    run = None if options.reproducible else {"started": round(start, 3), "seconds": round(time.time() - start, 3)}
    for path in options.output:
        _write(path, _render(report, format_of(path) or "", options, run, terminal=False))
    if not options.quiet:
        sys.stdout.write(_render(report, options.format, options, run, terminal=True))
    return _exit_code(report, options)


def _ids(words: str | None) -> tuple[str, ...]:
    return tuple(w.strip().upper() for w in (words or "").split(",") if w.strip())


def _render(
    report: Report, name: str, options: argparse.Namespace, run: dict[str, float] | None, *, terminal: bool
) -> str:
    if name == "json":
        from readykit.report import json_

        return json_.render(report, run)
    import shutil

    from readykit.report import terminal as page
    from readykit.text import Style

    style = Style.for_stream() if terminal else Style(False)
    width = shutil.get_terminal_size().columns if terminal else 100
    return page.render(report, style, width, options.verbose)


def _write(path: str, text: str) -> None:
    """Write a report whole or not at all."""
    import tempfile
    from pathlib import Path

    target = Path(path)
    try:
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", newline="\n", dir=target.parent, prefix=".kit-", delete=False
        ) as part:
            part.write(text)
        Path(part.name).chmod(0o666 & ~_umask())
        Path(part.name).replace(target)
    except OSError as problem:
        raise UsageError(f"--output {path}: cannot be written ({problem.strerror})") from problem


def _umask() -> int:
    import os

    mask = os.umask(0)
    os.umask(mask)
    return mask


def _exit_code(report: Report, options: argparse.Namespace) -> int:
    """The highest that applies: 70 > 3 > 4 > 1."""
    from readykit.model import Status

    if any(f.verdict.status is Status.ERROR for f in report.findings):
        return FAULT
    if not report.applicable:
        return TARGET if options.require_ml else OK
    if report.unreadable:
        return IN_PART
    score, level = report.score.total, report.score.level
    min_score = report.min_score if options.min_score is None else options.min_score
    min_level = report.min_level if options.min_level is None else options.min_level
    below = min_score is not None and (score is None or score < min_score)
    below = below or (min_level is not None and (level is None or level < min_level))
    if below:
        shown = "no score" if score is None else f"score {score:g}, level {level}"
        print(f"kit: below the floor: {shown}", file=sys.stderr)
    return BELOW_FLOOR if below else OK


def _add_explain(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", nargs="?", metavar="ID", help="a check, for example TRK001; all when left out")
    _add_folders(parser)
    parser.set_defaults(run=_explain)


def _add_folders(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--checks", action="append", default=[], metavar="DIR", help="also the checks of a folder; it runs its code"
    )
    parser.add_argument("--no-plugins", action="store_true", help="not the checks of installed plugins")


def _folders(options: argparse.Namespace) -> tuple[str, ...]:
    """The folders of checks besides the standard's own."""
    from readykit.catalogue import installed

    return (*options.checks, *(() if options.no_plugins else installed()))


def _explain(options: argparse.Namespace) -> int:
    from readykit.catalogue import toolbox, with_folders
    from readykit.examples import examples, judge
    from readykit.report.explain import explain_all, explain_one

    catalogue = with_folders(_folders(options))
    if options.id is None:
        sys.stdout.write(explain_all(catalogue))
        return OK
    wanted = [c for c in catalogue if c.id == options.id.upper()]
    if not wanted:
        raise UsageError(f"there is no check {options.id!r}; `kit checks` lists them")
    box = toolbox(_folders(options))
    verdicts = [(judge(wanted[0], example, box), example.why) for example in examples(wanted[0])]
    sys.stdout.write(explain_one(wanted[0], [(verdict.strength, verdict.status, why) for verdict, why in verdicts]))
    return OK


def _add_checks(parser: argparse.ArgumentParser) -> None:
    _add_folders(parser)
    parser.set_defaults(run=_checks)


def _checks(options: argparse.Namespace) -> int:
    from readykit.catalogue import with_folders
    from readykit.report.explain import table

    sys.stdout.write(table(with_folders(_folders(options))))
    return OK


def _add_demo(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "dest", nargs="?", default="readykit-demo", metavar="DEST", help="the folder to make (default: readykit-demo)"
    )
    parser.add_argument("--json", metavar="FILE", help="also write the figures and the seconds a step took")
    parser.set_defaults(run=_demo)


def _demo(options: argparse.Namespace) -> int:
    from readykit.demo import demo

    demo(options.dest, figures=options.json)
    return OK
