"""`kit audit`: its words, the reports that it writes, and its exit code.

Imports stay inside the functions, as in `cli`.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from readykit.cli_baseline import add_baseline, both, compared, known, to_write
from readykit.errors import BELOW_FLOOR, FAULT, IN_PART, OK, TARGET, UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from readykit.model import Report


def add_audit(parser: argparse.ArgumentParser) -> None:
    """The words that `kit audit` understands."""
    from readykit.report import FORMATS

    kinds = "a folder (default: here), a file, .zip, .tar.gz, a bare repository, https://host/repository@ref#folder"
    parser.add_argument("path", nargs="?", default=".", metavar="TARGET", help=kinds)
    parser.add_argument("--profile", metavar="NAME", help="trial, starter, production (default) or regulated")
    parser.add_argument(
        "--format", default="terminal", choices=list(FORMATS), metavar="NAME", help=f"print {', '.join(FORMATS)}"
    )
    parser.add_argument(
        "-o",
        "--output",
        action="append",
        default=[],
        metavar="FILE",
        help="write a report too; its suffix names the format",
    )
    parser.add_argument(
        "--prefix", type=_prefix, default="", metavar="DIR",
        help="the audited folder in its repository, for paths in SARIF, GitHub and GitLab reports",
    )  # fmt: skip
    parser.add_argument("--min-score", type=_points, metavar="N", help="exit 1 when the score is lower")
    parser.add_argument("--min-level", type=int, choices=range(5), metavar="N", help="exit 1 when the level is lower")
    add_baseline(parser)
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
    add_folders(parser)
    parser.add_argument("--require-ml", action="store_true", help="exit 3 when it is not an ML project")
    parser.add_argument(
        "--jobs", type=jobs, default=0, metavar="N", help="processes at the same time (default: what helps)"
    )
    parser.add_argument("--no-cache", action="store_true", help="neither use nor keep what earlier audits worked out")
    parser.add_argument("--reproducible", action="store_true", help="leave the run's time out of the report")
    parser.add_argument("-v", "--verbose", action="store_true", help="what passes too, and every line of evidence")
    parser.add_argument("--explain-score", action="store_true", help="print how every point came about instead")
    parser.add_argument("-q", "--quiet", action="store_true", help="print nothing but errors")
    parser.set_defaults(run=_audit)


def _audit(options: argparse.Namespace) -> int:
    import time

    from readykit.compiling import remembered
    from readykit.report import FORMATS, format_of

    with remembered("start"):
        from readykit.auditor import audit
        from readykit.output import refuse, write
        from readykit.progress import Progress
        from readykit.wishes import Way, Wishes

    for path in options.output:
        if format_of(path) is None:
            suffixes = ", ".join(FORMATS.values())
            raise UsageError(f"--output {path}: its suffix names the format; use one of {suffixes}")
    if options.explain_score and options.format != "terminal":
        raise UsageError("--explain-score is for people: leave out --format, or write a page with -o report.html")
    refuse([*options.output, *to_write(options)], options.path)
    before = known(options)
    start = time.time()
    select, ignore = _ids(options.select), _ids(options.ignore)
    rubrics = tuple(options.rubric)
    wishes = Wishes(options.profile, select, ignore, options.config, options.trust_config, folders(options), rubrics)
    progress = Progress()
    watched = progress.wanted and not options.quiet
    forms = {format_of(path) or "" for path in options.output} | (set() if options.quiet else {options.format})
    heard = _waiting(forms, progress.heard if watched else None)
    way = Way(options.jobs, not options.no_cache, heard, excerpts="html" in forms)
    try:
        report, then = both(audit, options, wishes, way)
    finally:
        progress.done()
    report, pages = compared(report, then, before, options)
    run = None if options.reproducible else {"started": round(start, 3), "seconds": round(time.time() - start, 3)}
    pages |= {path: _render(report, format_of(path) or "", options, run, printed=False) for path in options.output}
    write(pages)
    if not options.quiet:
        sys.stdout.write(_render(report, options.format, options, run, printed=True))
    return _exit_code(report, options)


def _waiting(forms: set[str], heard: Callable[[str], None] | None) -> Callable[[str], None]:
    """What hears the worker: at its first word the writers are loaded, for while it works nobody else does."""
    unready = list(forms)

    def hear(at: str) -> None:
        from readykit.report import writer

        while unready:
            writer(unready.pop())
        if heard is not None:
            heard(at)

    return hear


def jobs(word: str) -> int:
    """A number of processes.

    Raises:
        ValueError: it is none; argparse says so.
    """
    number = int(word)
    if number < 1:
        raise ValueError(word)
    return number


def _points(word: str) -> float:
    """Points of a score.

    Raises:
        argparse.ArgumentTypeError: they are none, like `nan`, which no score would be below.
    """
    import argparse

    with suppress(ValueError):
        if 0 <= (number := float(word)) <= 100:
            return number
    raise argparse.ArgumentTypeError("write a number from 0 to 100")


def _prefix(word: str) -> str:
    """A folder of a repository, without what means nothing.

    Raises:
        argparse.ArgumentTypeError: it leads out of the repository.
    """
    import argparse

    from readykit.text import clean_path

    parts = [part for part in word.replace("\\", "/").split("/") if part not in ("", ".")]
    if ".." in parts or word.startswith("/"):
        raise argparse.ArgumentTypeError("write a folder below the root of the repository, like services/model")
    return clean_path("/".join(parts))


def _ids(words: str | None) -> tuple[str, ...]:
    return tuple(w.strip().upper() for w in (words or "").split(",") if w.strip())


def _render(
    report: Report, form: str, options: argparse.Namespace, run: dict[str, float] | None, *, printed: bool
) -> str:
    from readykit.report import render

    if form == "json":
        return render(report, form, run=run)
    if form in ("sarif", "github", "gitlab"):
        return render(report, form, root=options.prefix)
    if form != "terminal":
        return render(report, form)
    from readykit.text import Style, terminal_width

    style = Style.for_stream(folder=_folder(options.path)) if printed else Style(False)
    width = terminal_width() if printed else 100
    return render(
        report, form, style=style, width=width, verbose=options.verbose, explain=printed and options.explain_score
    )


def _folder(path: str) -> str:
    """The folder on this machine in which the places of a report stand; empty for archives and addresses."""
    import os

    return os.path.abspath(path) if os.path.isdir(path) else ""  # noqa: PTH100, PTH112 - the same start for less


def _exit_code(report: Report, options: argparse.Namespace) -> int:
    """The highest that applies: 70 > 3 > 4 > 1."""
    from readykit.floors import Floors, below
    from readykit.model import Status

    if any(f.verdict.status is Status.ERROR for f in report.findings):
        return FAULT
    if not report.applicable and options.require_ml:
        return TARGET
    if report.unreadable:
        return IN_PART
    reasons = below(report, Floors(options.min_score, options.min_level, options.fail_on or ""))
    for reason in reasons:
        print(f"kit: below the floor: {reason}", file=sys.stderr)
    return BELOW_FLOOR if reasons else OK


def add_folders(parser: argparse.ArgumentParser) -> None:
    """The words by which a command is given more checks."""
    parser.add_argument(
        "--checks", action="append", default=[], metavar="DIR", help="also the checks of a folder; it runs its code"
    )
    parser.add_argument("--no-plugins", action="store_true", help="not the checks of installed plugins")


def folders(options: argparse.Namespace) -> tuple[str, ...]:
    """The folders of checks besides the standard's own."""
    from readykit.plugins import installed

    return (*options.checks, *(() if options.no_plugins else installed()))
