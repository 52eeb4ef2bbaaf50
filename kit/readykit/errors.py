"""The errors a user meets. Each is one sentence: what, where, what to do; each knows its exit code."""

from __future__ import annotations

OK = 0
BELOW_FLOOR = 1
USAGE = 2
TARGET = 3
IN_PART = 4
FAULT = 70
INTERRUPTED = 130


class KitError(Exception):
    """A problem that the user can do something about; its text is shown without a traceback."""

    exit_code = USAGE


class UsageError(KitError):
    """Wrong options or a broken configuration file."""


class TargetError(KitError):
    """What was named cannot be audited: missing, not a directory, unreadable."""

    exit_code = TARGET


class StepError(KitError):
    """A step of `kit new` or `kit demo` failed; the message says which, and where its output is."""

    exit_code = BELOW_FLOOR
