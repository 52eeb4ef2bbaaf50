"""`kit audit` compared with what was known before: its words, the two audits, the files with baselines."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from readykit.errors import UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from readykit.baseline import Baseline
    from readykit.model import Report
    from readykit.wishes import Way, Wishes


def add_baseline(parser: argparse.ArgumentParser) -> None:
    """The words that compare with what was known before."""
    from readykit.floors import FAIL_ON

    parser.add_argument(
        "--fail-on", choices=FAIL_ON, metavar="WHAT",
        help="exit 1 on findings: new, worse (with --baseline or --diff), fail, partial, any",
    )  # fmt: skip
    known = parser.add_mutually_exclusive_group()
    known.add_argument("--baseline", metavar="FILE", help="mark the findings of an earlier report (JSON) as known")
    known.add_argument("--diff", metavar="REV", help="mark what a revision of the repository had: main, v1.0, HEAD~2")
    known.add_argument(
        "--staged", action="store_true", help="audit what the next commit would hold, and mark what the last one had"
    )
    parser.add_argument("--write-baseline", metavar="FILE", help="write the findings of this audit as a baseline")
    parser.add_argument(
        "--prune-baseline", action="store_true", help="take what is mended out of the baseline file, adding nothing"
    )


def to_write(options: argparse.Namespace) -> list[str]:
    """The files with baselines that will be written.

    Raises:
        UsageError: a word needs another one that is not there.
    """
    from readykit.floors import COMPARING

    if options.fail_on in COMPARING and not (options.baseline or options.diff or options.staged):
        raise UsageError(f"--fail-on {options.fail_on} needs --baseline FILE, --diff REV or --staged to compare with")
    if options.prune_baseline and not options.baseline:
        raise UsageError("--prune-baseline needs --baseline FILE, the file to prune")
    if options.prune_baseline and options.write_baseline:
        raise UsageError("--prune-baseline makes a baseline smaller and --write-baseline a new one: use one of them")
    pruned = [options.baseline] if options.prune_baseline else []
    return [path for path in (options.write_baseline, *pruned) if path]


def known(options: argparse.Namespace) -> Baseline | None:
    """What a file says was known before; read before the work, so that a wrong file is told at once.

    Raises:
        UsageError: it is none, or would be pruned and is a report.
    """
    if not options.baseline:
        return None
    from readykit import baseline

    found = baseline.read(options.baseline)
    if found.whole and options.prune_baseline:
        raise UsageError(
            f"--prune-baseline {options.baseline}: is a whole report, which is not written over; "
            "make a baseline of its own with --write-baseline"
        )
    return found


def both(
    audit: Callable[..., Report], options: argparse.Namespace, wishes: Wishes, way: Way
) -> tuple[Report, Report | None]:
    """The report that was asked for, and that of the revision it is compared with.

    Args:
        audit: the auditor's.
        options: the words of the command.
        wishes: what the examiner asks for.
        way: how it is done.
    """
    from readykit.target import STAGED

    plain = replace(way, excerpts=False)  # of then, no lines are shown
    if not options.staged:
        then = audit(options.path, wishes, way=plain, revision=options.diff) if options.diff else None
        return audit(options.path, wishes, way=way), then
    from readykit.revision import NoCommit

    report = audit(options.path, wishes, way=way, revision=STAGED)
    try:
        return report, audit(options.path, wishes, way=plain, revision="HEAD")
    except NoCommit:
        return report, report  # the first commit brings nothing that was not there


def compared(
    report: Report, then: Report | None, before: Baseline | None, options: argparse.Namespace
) -> tuple[Report, dict[str, str]]:
    """The report with what was known before marked in it, and the baselines to write."""
    if then is None and before is None and not options.write_baseline:
        return report, {}
    from readykit import baseline

    files = {}
    if options.write_baseline:
        files[options.write_baseline] = baseline.written(baseline.of_report(report))
    if then is not None:
        before = baseline.of_report(then, options.diff or "HEAD")
    if before is None:
        return report, files
    if before.profile and before.profile != report.profile:
        from readykit.clean import told

        print(f"kit: {told(before.against)} was made with the profile {told(before.profile)}", file=sys.stderr)
    if options.prune_baseline:
        smaller, count = baseline.pruned(before, report)
        files[options.baseline] = baseline.written(smaller)
        print(f"kit: {count} of {len(before.rows)} known findings pruned", file=sys.stderr)
    return baseline.compared(report, before), files
