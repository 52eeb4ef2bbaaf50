"""`kit add`: its words, what it shows and asks, and its exit code."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from readykit.errors import BELOW_FLOOR, OK, TargetError, UsageError

if TYPE_CHECKING:
    import argparse

    from readykit.adding import Outcome, Plan
    from readykit.model import Report
    from readykit.text import Style


def add_add(parser: argparse.ArgumentParser) -> None:
    """The words that `kit add` understands."""
    what = "what to add (`--list` shows all), a check such as TRK001, or a capability such as drift_monitoring"
    parser.add_argument("what", nargs="?", metavar="CAPABILITY", help=what)
    parser.add_argument("path", nargs="?", default=".", metavar="PATH", help="the repository (default: here)")
    parser.add_argument("--list", action="store_true", help="what can be added, and the checks that it mends")
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="an answer that an addition asks for"
    )
    parser.add_argument("-y", "--yes", action="store_true", help="write without asking")
    parser.add_argument("--dry-run", action="store_true", help="show plan and diff, write nothing")
    parser.add_argument("--force", action="store_true", help="also over changes not committed and files that exist")
    parser.add_argument("-q", "--quiet", action="store_true", help="print nothing but errors")
    parser.set_defaults(run=_add)


def _add(options: argparse.Namespace) -> int:
    from readykit.adding import compare, make_plan
    from readykit.applying import changed_files, write

    if options.list:
        _print_list()
        return OK
    if options.what is None:
        raise UsageError("name what to add; `kit add --list` shows what there is")
    root = Path(options.path)
    if not root.is_dir():
        raise TargetError(f"{options.path} is not a folder: `kit add` works in a repository on this machine")
    before = _audit(root)
    plan = make_plan(options.what, root, before, said=_said(options), force=options.force)
    if not plan.additions:
        _say(options, f"{options.what}: nothing to add, its checks pass already")
        return OK
    _show(plan, options)
    if options.dry_run:
        return OK
    changed = [] if options.force else changed_files(root)
    if changed:
        shown = ", ".join(changed[:3]) + (f" and {len(changed) - 3} more" if len(changed) > 3 else "")
        raise UsageError(f"there are changes that are not committed ({shown}): commit them first, or use --force")
    if not options.yes and not _agreed(plan):
        return OK
    write(root, plan.pages)
    _renew_lock(plan, root)
    outcome = compare(plan, before, _audit(root))
    _tell(plan, outcome, options)
    return BELOW_FLOOR if outcome.broken else OK


def _said(options: argparse.Namespace) -> dict[str, str]:
    """The answers given with `--set`.

    Raises:
        UsageError: one is not KEY=VALUE.
    """
    pairs = [word.partition("=") for word in options.set]
    if wrong := [key for key, equals, _ in pairs if not equals]:
        raise UsageError(f"--set {wrong[0]}: write KEY=VALUE, for example --set remote=s3://bucket/path")
    return {key: value for key, _, value in pairs}


def _audit(root: Path) -> Report:
    from readykit.auditor import audit
    from readykit.wishes import Way, Wishes

    return audit(root, Wishes(), way=Way(0, True, None))


def _print_list() -> None:
    from readykit.addition import load

    for addition in load().values():
        if not addition.internal:
            print(f"{addition.name:<11} {addition.title}\n            {' '.join(addition.promises)}")


def _say(options: argparse.Namespace, text: str = "") -> None:
    from readykit.clean import told

    if not options.quiet:
        print("\n".join(told(line) for line in text.split("\n")))


def _show(plan: Plan, options: argparse.Namespace) -> None:
    """The diff first, the plan last: what a reader decides on must not scroll away."""
    from readykit.text import Style

    style = Style.for_stream()
    if options.quiet:
        return
    for row in plan.diff().splitlines():
        print(_coloured(row, style))
    print()
    _say(options, f"Adding {', '.join(a.name for a in plan.additions if not a.internal)}:")
    for addition in plan.additions:
        _say(options, f"  {addition.title}")
    _say(options)
    for path, text in plan.create.items():
        _say(options, f"  new      {path}  ({len(text.splitlines())} lines)")
    for path in plan.change:
        _say(options, f"  changed  {path}")
    for path in plan.kept:
        _say(options, f"  kept     {path} exists and stays as it is (--force replaces it)")
    if plan.command:
        _say(options, f"  runs     {' '.join(plan.command)}")
    _say(options, f"\nIt promises: {' '.join(plan.promises) or 'no check that fails now'}")


def _coloured(row: str, style: Style) -> str:
    from readykit.clean import told

    colour = {"+": "green", "-": "red", "@": "cyan"}.get(row[:1], "")
    return style(told(row), colour) if colour else told(row)


def _agreed(plan: Plan) -> bool:
    """Ask on a terminal; anywhere else nothing is written without --yes.

    Raises:
        UsageError: nobody is there to ask.
    """
    if not sys.stdin.isatty():
        raise UsageError("nothing was written: nobody is there to ask, so add --yes (or --dry-run to only look)")
    count = len(plan.pages)
    answer = input(f"Write {count} {'file' if count == 1 else 'files'}? [y/N] ")
    return answer.strip().lower() in {"y", "yes"}


def _renew_lock(plan: Plan, root: Path) -> None:
    """Run uv, and go on without a lock when it cannot: the files are written, the audit tells what is missing.

    By itself uv would start the repository's own `.venv/bin/python` to ask for its version, and write its cache where
    the repository's settings say.
    """
    if not plan.command:
        return
    import os
    import subprocess
    import tempfile

    from readykit.clean import told
    from readykit.scaffold import find_program

    words = [find_program("uv"), *plan.command[1:]]
    print(f"kit: running {' '.join(plan.command)} ...", file=sys.stderr)
    elsewhere = tempfile.gettempdir()
    asked = subprocess.run([words[0], "cache", "dir"], cwd=elsewhere, capture_output=True, text=True, check=False)  # noqa: S603
    environment = {**os.environ, "UV_CACHE_DIR": asked.stdout.strip()} if not asked.returncode else dict(os.environ)
    environment["UV_PROJECT_ENVIRONMENT"] = str(Path(elsewhere) / f"readykit-{os.urandom(8).hex()}")  # there is none
    if "compile" in words:  # a project says itself which interpreter it wants
        environment["UV_PYTHON"] = sys.executable
    done = subprocess.run(words, cwd=root, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no word why"])[-1]
        print(f"kit: {' '.join(plan.command)} failed, run it yourself: {told(last, 200)}", file=sys.stderr)


def _tell(plan: Plan, outcome: Outcome, options: argparse.Namespace) -> None:
    from readykit.text import Style

    style = Style.for_stream()
    _say(options)
    for check, was, now in outcome.better:
        if not options.quiet:
            print(f"  {style('✓', 'green')} {check}  {was.replace('_', ' ')} → {now.replace('_', ' ')}")
    for check, was, now in outcome.worse:
        if not options.quiet:
            print(f"  {style('!', 'yellow')} {check}  {was.replace('_', ' ')} → {now}: the next thing to do")
    if plan.by_hand:
        _say(options, "\nLeft to you:")
        for text in plan.by_hand:
            _say(options, f"  - {text}")
    if outcome.broken:
        print(f"kit: not as promised: {' '.join(outcome.broken)} still to mend, `kit audit` says why", file=sys.stderr)
