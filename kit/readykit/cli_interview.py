"""`kit interview`: its words. Imports stay inside the functions, as in `cli`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from readykit.errors import TargetError

if TYPE_CHECKING:
    import argparse


def add_interview(parser: argparse.ArgumentParser) -> None:
    """The words that `kit interview` understands."""
    from readykit.cli_compare import add_common
    from readykit.interview import FORMATS

    kinds = "a saved report (.json), a folder, an archive, an https:// address; several for a comparison"
    parser.add_argument("targets", nargs="+", metavar="TARGET", help=kinds)
    add_common(parser, list(FORMATS))
    parser.set_defaults(run=_interview)


def _interview(options: argparse.Namespace) -> int:
    from readykit.cli_compare import bring, exit_code, look, publish
    from readykit.comparison.ranking import compared
    from readykit.comparison.words import unranked
    from readykit.interview import FORMATS, format_of, render
    from readykit.interview.choosing import pack

    look(options, format_of, FORMATS)
    candidates, mapping = bring(options)
    comparison = compared(candidates, blind=options.blind)
    packs = [pack(place.name, place.report) for place in comparison.places]
    left_out = [f"{name}: {why}" for name, why in unranked(comparison)]
    if not packs:
        raise TargetError(f"there is nobody to ask: {'; '.join(left_out)}")
    for sentence in left_out:
        print(f"kit: {sentence}", file=sys.stderr)
    publish(options, {path: render(packs, format_of(path) or "") for path in options.output}, mapping)
    if not options.quiet and not options.output:
        sys.stdout.write(render(packs, options.format))
    return exit_code(candidates)
