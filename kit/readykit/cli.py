"""The command line: reads the words, calls one function, turns the outcome into an exit code.

Imports stay inside the commands: `kit --version` and `kit audit` start without copier and its dependencies.
"""

from __future__ import annotations

import gc
import signal
import sys
from typing import TYPE_CHECKING

from readykit import __version__
from readykit.errors import FAULT, INTERRUPTED, OK, USAGE, KitError, UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run `kit` with these words.

    Args:
        argv: the words after `kit`; those of this process when left out.

    Returns:
        The exit code (see docs/reference/contract.md).
    """
    if argv is not None:
        return _run(list(argv))
    _stand_in_for_closed_streams()
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):  # who is told to end cleans up first
            signal.signal(getattr(signal, name), _interrupted)
    gc.disable()  # a short life: nearly all that is made is needed to its end
    try:
        return _run(sys.argv[1:])
    finally:
        gc.freeze()  # and is not gone through once more at the end


def _interrupted(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


def _run(words: list[str]) -> int:
    try:
        return _printed(_done(words))
    except KitError as problem:
        _tell(str(problem))
        return problem.exit_code
    except KeyboardInterrupt:
        _tell("interrupted; what was done is kept")
        return INTERRUPTED
    except BrokenPipeError:
        # The reader (`| head`) has what it wanted; keep Python from complaining again when it flushes at exit.
        sys.stdout = None
        return OK
    except Exception as problem:  # the one place where a fault of ours is met: it must be reported, whatever it is
        if not (surroundings := _surroundings(problem)):
            import traceback

            _tell(f"a fault of ours, please report it with these lines (readykit {__version__}):")
            _tell(traceback.format_exc())
            return FAULT
        _tell(surroundings)
        sys.stdout = None  # as above
        return USAGE


def _done(words: list[str]) -> int:
    """What the words ask for, done; its exit code."""
    if words in (["--version"], ["-V"]):  # before anything is imported: editors and scripts ask often
        print(f"readykit {__version__}")
        return OK
    _forget_working_directory()
    _never_fail_to_print()
    from readykit.compiling import remembered

    with remembered("start"):
        parser = _parser_of(words[0]) if words and words[0] in _COMMANDS else _parser()
    options = parser.parse_args(words[1:] if words and words[0] in _COMMANDS else words)
    return int(options.run(options))


def _printed(code: int) -> int:
    """The exit code, when all is printed: later, nobody could say that it failed."""
    if sys.stdout is not None:
        sys.stdout.flush()
    return code


def _tell(message: str) -> None:
    """Say something on standard error; what it quotes may be a stranger's path or address."""
    import contextlib

    from readykit.clean import told

    with contextlib.suppress(OSError):  # nobody is left to be told
        for line in message.rstrip().split("\n"):
            print(f"kit: {told(line)}", file=sys.stderr, flush=True)


def _surroundings(problem: Exception) -> str:
    """What is wrong around us, where that and no fault of ours is why something failed; else empty."""
    import errno
    import os

    if isinstance(problem, FileNotFoundError):
        try:
            os.getcwd()  # noqa: PTH109 - pathlib asks the same
        except FileNotFoundError:
            return "the folder that this was started in is gone: change to one that is there"
    unwritable = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF)
    if isinstance(problem, OSError) and problem.filename is None and problem.errno in unwritable:
        return f"standard output: cannot be written ({problem.strerror})"
    return ""


def _stand_in_for_closed_streams() -> None:
    """Give the null device to who was started without standard streams: else the next file opened would be taken."""
    import os

    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            descriptor = os.open(os.devnull, os.O_RDWR)  # gets the lowest number that is free, which is the stream's
            setattr(sys, name, os.fdopen(descriptor, "r" if name == "stdin" else "w", encoding="utf-8"))


def _forget_working_directory() -> None:
    """Take the working directory off the import path: `kit audit` may run inside a hostile repository."""
    import os

    try:
        here = os.path.realpath(os.curdir)
    except FileNotFoundError:  # it was removed: nothing can be imported from there
        here = ""
    sys.path[:] = [entry for entry in sys.path if entry and os.path.realpath(entry) != here]


def _never_fail_to_print() -> None:
    """Show what a terminal's encoding cannot: a report must not end in a UnicodeEncodeError."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _parser_of(command: str) -> argparse.ArgumentParser:
    """The parser of what stands behind a command: most starts need no other."""
    from readykit.parsing import Parser

    parser = Parser(prog=f"kit {command}", formatter_class=_formatter)
    _COMMANDS[command][0](parser)
    return parser


def _parser() -> argparse.ArgumentParser:
    """The parser of the whole command line."""
    from readykit.parsing import Parser

    parser = Parser(
        prog="kit",
        description="Is this machine-learning project ready for production, and can you prove it?",
        formatter_class=_formatter,
    )
    parser.add_argument("-V", "--version", action="version", version=f"readykit {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True, prog="kit")
    for name, (add, about) in _COMMANDS.items():
        add(commands.add_parser(name, help=about, formatter_class=_formatter))
    return parser


def _formatter(prog: str) -> argparse.HelpFormatter:
    """What writes help; it measures the terminal without `shutil`, which loads every compression that there is."""
    import argparse

    from readykit.text import terminal_width

    return argparse.HelpFormatter(prog, width=terminal_width() - 2)


def _add_audit(parser: argparse.ArgumentParser) -> None:
    from readykit.cli_audit import add_audit

    add_audit(parser)


def _add_compare(parser: argparse.ArgumentParser) -> None:
    from readykit.cli_compare import add_compare

    add_compare(parser)


def _add_interview(parser: argparse.ArgumentParser) -> None:
    from readykit.cli_interview import add_interview

    add_interview(parser)


def _add_add(parser: argparse.ArgumentParser) -> None:
    from readykit.cli_add import add_add

    add_add(parser)


def _add_new(parser: argparse.ArgumentParser) -> None:
    from readykit.cli_project import add_new

    add_new(parser)


def _add_update(parser: argparse.ArgumentParser) -> None:
    from readykit.cli_project import add_update

    add_update(parser)


def _add_doctor(parser: argparse.ArgumentParser) -> None:
    from readykit.cli_project import add_doctor

    add_doctor(parser)


def _add_explain(parser: argparse.ArgumentParser) -> None:
    from readykit.cli_audit import add_folders

    parser.add_argument("id", nargs="?", metavar="ID", help="a check, for example TRK001; all when left out")
    add_folders(parser)
    parser.set_defaults(run=_explain)


def _explain(options: argparse.Namespace) -> int:
    from readykit.catalogue import toolbox, with_folders
    from readykit.cli_audit import folders
    from readykit.examples import examples, judge
    from readykit.report.explain import explain_all, explain_one

    catalogue = with_folders(folders(options))
    if options.id is None:
        sys.stdout.write(explain_all(catalogue))
        return OK
    wanted = [c for c in catalogue if c.id == options.id.upper()]
    if not wanted:
        raise UsageError(f"there is no check {options.id!r}; `kit checks` lists them")
    box = toolbox(folders(options))
    verdicts = [(judge(wanted[0], example, box), example.why) for example in examples(wanted[0])]
    sys.stdout.write(explain_one(wanted[0], [(verdict.strength, verdict.status, why) for verdict, why in verdicts]))
    return OK


def _add_checks(parser: argparse.ArgumentParser) -> None:
    from readykit.cli_audit import add_folders

    add_folders(parser)
    parser.set_defaults(run=_checks)


def _checks(options: argparse.Namespace) -> int:
    from readykit.catalogue import with_folders
    from readykit.cli_audit import folders
    from readykit.report.explain import table

    sys.stdout.write(table(with_folders(folders(options))))
    return OK


def _add_cache(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=("clear", "folder"), help="remove it, or say where it lies")
    parser.set_defaults(run=_cache)


def _cache(options: argparse.Namespace) -> int:
    from readykit import cache

    if options.action == "folder":
        print(cache.folder())
        return OK
    count, size = cache.clear()
    print(f"removed {count} {'entry' if count == 1 else 'entries'}, {size / 1e6:.1f} MB")
    return OK


def _add_completion(parser: argparse.ArgumentParser) -> None:
    from readykit.completion import SHELLS

    parser.add_argument("shell", choices=SHELLS, help="the shell to write the script for")
    parser.set_defaults(run=_completion)


def _completion(options: argparse.Namespace) -> int:
    from readykit.completion import script

    sys.stdout.write(script(_parser(), options.shell))
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


_COMMANDS = {
    "new": (_add_new, "make a project in which the whole life of a model works"),
    "update": (_add_update, "bring a project of `kit new` to this version's template, your edits kept"),
    "doctor": (_add_doctor, "is this machine ready, and how to get what is missing"),
    "audit": (_add_audit, "measure a repository against the standard, with evidence"),
    "compare": (_add_compare, "set several repositories or saved reports side by side, with reasons"),
    "interview": (_add_interview, "the questions that a report raises, with the lines to open together"),
    "add": (_add_add, "put what a check misses into an existing repository"),
    "explain": (_add_explain, "what a check asks, why, and how to satisfy it"),
    "checks": (_add_checks, "list the checks"),
    "cache": (_add_cache, "what earlier audits worked out: where it lies, and `kit cache clear`"),
    "completion": (_add_completion, "the words of this command for bash, zsh or fish"),
    "demo": (_add_demo, "the whole story in one go, on real data"),
}
"""What adds the words of each command to a parser, and what the command is for."""
