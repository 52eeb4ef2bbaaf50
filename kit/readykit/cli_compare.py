"""`kit compare` and what it shares with `kit interview`: candidates in, pages out, exit codes.

Imports stay inside the functions, as in `cli`.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from readykit.errors import FAULT, IN_PART, OK, TARGET, UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Mapping, Sequence

    from readykit.comparison.gather import Candidate
    from readykit.wishes import Way


def add_compare(parser: argparse.ArgumentParser) -> None:
    """The words that `kit compare` understands."""
    from readykit.comparison import FORMATS

    kinds = "two or more: folders, archives, https:// addresses, saved reports (.json)"
    parser.add_argument("targets", nargs="+", metavar="TARGET", help=kinds)
    add_common(parser, list(FORMATS))
    parser.add_argument("-v", "--verbose", action="store_true", help="every check, and the evidence of every candidate")
    parser.set_defaults(run=_compare)


def add_common(parser: argparse.ArgumentParser, formats: Sequence[str]) -> None:
    """The words that `kit compare` and `kit interview` share."""
    from readykit.cli_audit import add_folders, jobs

    parser.add_argument("--profile", metavar="NAME", help="trial, starter, production (default) or regulated")
    parser.add_argument("--format", default=formats[0], choices=formats, help="what to print")
    parser.add_argument(
        "-o", "--output", action="append", default=[], metavar="FILE",
        help="write a page too; its suffix names the format",
    )  # fmt: skip
    parser.add_argument("--blind", action="store_true", help="hide the names of repositories, people and packages")
    parser.add_argument("--mapping", metavar="FILE", help="with --blind: write who is who, as JSON")
    parser.add_argument("--config", metavar="FILE", help="the examiner's policy, the same for all")
    add_folders(parser)
    parser.add_argument("--jobs", type=jobs, default=0, metavar="N", help="processes at the same time")
    parser.add_argument("--no-cache", action="store_true", help="neither use nor keep what earlier audits worked out")
    parser.add_argument("-q", "--quiet", action="store_true", help="print nothing but errors")


def _compare(options: argparse.Namespace) -> int:
    from readykit.comparison import FORMATS, format_of, render
    from readykit.comparison.ranking import compared

    if len(options.targets) < 2:
        raise UsageError("one alone cannot be compared: name two targets or more (`kit audit` measures one)")
    look(options, format_of, FORMATS)
    candidates, mapping = bring(options)
    comparison = compared(candidates, blind=options.blind)
    publish(options, {path: render(comparison, format_of(path) or "") for path in options.output}, mapping)
    if not options.quiet:
        from readykit.text import Style, terminal_width

        wishes = {"style": Style.for_stream(), "width": terminal_width(), "verbose": options.verbose}
        sys.stdout.write(render(comparison, options.format, **(wishes if options.format == "terminal" else {})))
    return exit_code(candidates)


def look(options: argparse.Namespace, format_of: Callable[[str], str | None], formats: Mapping[str, str]) -> None:
    """See before the work whether everything can be written.

    Raises:
        UsageError: a file cannot be written, or its suffix names no format.
    """
    from readykit.output import refuse

    for path in options.output:
        if format_of(path) is None:
            known = ", ".join(formats.values())
            raise UsageError(f"--output {path}: its suffix names the format; use one of {known}")
    if options.mapping and not options.blind:
        raise UsageError("--mapping says who is behind hidden names: it needs --blind")
    for target in options.targets:
        refuse([*options.output, *([options.mapping] if options.mapping else [])], target)


def bring(options: argparse.Namespace) -> tuple[tuple[Candidate, ...], Mapping[str, Mapping[str, str | None]]]:
    """Audit or read the candidates, and hide their names if that is wished; give back who is who, too."""
    from readykit.clean import told
    from readykit.cli_audit import folders
    from readykit.comparison.blind import blinded
    from readykit.comparison.gather import gathered
    from readykit.progress import Progress
    from readykit.wishes import Way, Wishes

    wishes = Wishes(options.profile, config=options.config, checks=folders(options))
    shown: list[Progress] = []

    def begun(number: int, word: str) -> Way:
        for progress in shown:
            progress.done()
        shown[:] = [Progress(about=f"{number} of {len(options.targets)}, {told(word, 30)}")]
        watched = shown[0].wanted and not options.quiet
        return Way(options.jobs, not options.no_cache, shown[0].heard if watched else None)

    try:
        candidates = gathered(options.targets, wishes, Way(), identities=options.blind, begun=begun)
    finally:
        for progress in shown:
            progress.done()
    return blinded(candidates) if options.blind else (candidates, {})


def publish(
    options: argparse.Namespace, pages: Mapping[str, str], mapping: Mapping[str, Mapping[str, str | None]]
) -> None:
    """Write the pages, and who is who."""
    import json

    from readykit.output import write

    more = {options.mapping: json.dumps(mapping, indent=1, ensure_ascii=False) + "\n"} if options.mapping else {}
    write({**pages, **more})


def exit_code(candidates: Sequence[Candidate]) -> int:
    """The highest that applies: 70 > 3 (none could be audited) > 4 (one could not, or in part)."""
    from readykit.clean import told
    from readykit.model import Status

    reports = [candidate.report for candidate in candidates if candidate.report]
    errors = any(f.verdict.status is Status.ERROR for report in reports for f in report.findings)
    for candidate in candidates:
        for line in candidate.fault.splitlines():
            print(f"kit: {told(line)}", file=sys.stderr)
    if errors or any(candidate.fault for candidate in candidates):
        return FAULT
    if not reports:
        for candidate in candidates:
            print(f"kit: {told(candidate.why)}", file=sys.stderr)
        return TARGET
    return IN_PART if len(reports) < len(candidates) or any(report.unreadable for report in reports) else OK
