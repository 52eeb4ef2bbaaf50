"""Completion of words in a shell, written by shtab from the very parser that reads the words."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from typing import Final

SHELLS: Final = ("bash", "zsh", "fish")
_FILES: Final = ("FILE", "TARGET", "REPORT")
_FOLDERS: Final = ("DIR", "DEST")


def script(parser: argparse.ArgumentParser, shell: str) -> str:
    """The script that completes `kit` in a shell.

    Args:
        parser: of the whole command line; words with a known set of values get them.
        shell: one of `SHELLS`.
    """
    import shtab

    known = _values()
    for action in _actions(parser):
        metavar = action.metavar if isinstance(action.metavar, str) else ""
        values = known.get(next(iter(action.option_strings), metavar))
        if values and action.choices is None:
            action.choices = values
        elif metavar in (*_FILES, *_FOLDERS):
            action.complete = shtab.FILE if metavar in _FILES else shtab.DIRECTORY  # type: ignore[attr-defined]
    return f"{shtab.complete(parser, shell)}\n"  # zsh wants its first line first: nothing of ours before it


def _values() -> dict[str, Sequence[str]]:
    """The values of words that the standard knows."""
    from readykit import catalogue, rubrics
    from readykit.score import standard

    ids = [check.id for check in catalogue.with_folders(())]
    return {"--profile": sorted(standard().profiles), "--rubric": rubrics.names(), "ID": ids}


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """All words of a parser and of the commands below it."""
    for action in parser._actions:  # shtab reads the same
        if isinstance(action, argparse._SubParsersAction):
            for below in action.choices.values():
                yield from _actions(below)
        else:
            yield action
