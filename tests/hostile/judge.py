"""What was wrong with a run, as sentences that a user would say. No sentence means that it passed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from hostile.case import CODES, Case
from hostile.formats import wrong
from hostile.runner import OUR_SECRET, Run

CRASHES = (
    b"Traceback (most recent call last)",
    b"Fatal Python error",
    b"Segmentation fault",
    b"core dumped",
    b"Exception ignored in",
    b"During handling of the above",
    b"fatal: ",
    b"MemoryError",
    b"RecursionError:",
)
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f\x80-\x9f]")
# what our own colours need on a terminal: ESC [ ... m, and the terminal's own CR before each LF
COLOURS = re.compile("\x1b\\[[0-9;]*m|\r(?=\n)")
TURNED = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
UNSEEN = re.compile("[\u200b-\u200d\u2028\u2029\u2060\ufeff\ufffe\uffff]")
COMMANDS = re.compile(r"(?m)^\s*(::[a-z-]+[^:\n]*::|##\[[a-z]+\]|##vso\[|##teamcity\[|section_(start|end):).*PWN_GHA")


def verdict(case: Case, run: Run, formats: Mapping[str, str]) -> list[str]:
    """All that was wrong with a run of a case.

    Args:
        case: what was expected.
        run: what was seen.
        formats: names of the formats that were asked for, and their suffixes.
    """
    found = [*harm(case, run)]
    if run.stopped:
        return [*found, run.stopped]
    found += ending(case, run)
    forms = {f"report{suffix}": form for form, suffix in formats.items()}
    audited = run.code in CODES["audited"] and case.ending != "interrupted"
    if audited and (missing := sorted(set(forms) - set(run.reports))):
        found.append(f"reports are missing: {', '.join(missing)}")
    if not audited and run.reports and case.ending != "interrupted":
        found.append(f"wrote {', '.join(run.reports)} without an audit")
    for name, data in {**run.printed, **run.reports}.items():
        found += (f"{name}: {what}" for what in texts(case, name, data))
    for name, data in run.reports.items():
        found += (f"{name}: {what}" for what in wrong(forms[name], data))
    if audited and case.holds and not any("cannot be read" in what for what in found):
        found += holding(case, run)
    return list(dict.fromkeys(found))


def holding(case: Case, run: Run) -> Iterator[str]:
    """What the case itself asks of the report."""
    if case.holds and "report.json" in run.reports:
        yield from case.holds(json.loads(run.reports["report.json"]))


def harm(case: Case, run: Run) -> Iterator[str]:
    """What was done to the machine."""
    if run.canaries:
        yield f"something ran or wrote outside: {', '.join(run.canaries[:5])}"
    if run.connections:
        yield f"made {run.connections} connections"
    if run.changed:
        yield f"changed the tree: {', '.join(run.changed[:5])}"
    if run.orphans:
        yield f"left {run.orphans} processes behind"
    if run.leftovers and not run.stopped:
        yield f"left files behind: {', '.join(run.leftovers[:5])}"
    if case.interrupt and not run.stopped and run.seconds > 2:  # a second by its promise, and one for a busy machine
        yield f"took {run.seconds:.1f} s to stop"


def ending(case: Case, run: Run) -> Iterator[str]:
    """How it ended."""
    if run.code < 0:
        yield f"died of signal {-run.code}"
    elif run.code not in CODES[case.ending]:
        yield f"ended with {run.code} instead of {case.ending} ({', '.join(map(str, sorted(CODES[case.ending])))})"
    if case.ending == "refused":
        told = run.printed["stderr"].strip()
        if not told:
            yield "refused without a word"
        elif len(told) > 2000 or told.count(b"\n") > 5:
            yield "refused at length"
    if sum(map(len, run.reports.values())) + sum(map(len, run.printed.values())) > case.report_megabytes << 20:
        yield "said more than anybody can read"


def texts(case: Case, name: str, data: bytes) -> Iterator[str]:
    """What must not stand in any output."""
    printed = name in ("stdout", "stderr")
    for word in (*case.unsaid, OUR_SECRET, *(case.unprinted if printed else ())):
        if word.encode("utf-8", "surrogateescape") in data:
            yield f"says {word[:12]!a}..."
    yield from (f"holds {crash.decode()!r}" for crash in CRASHES if crash in data and printed)
    text = data.decode("utf-8", "replace")
    if printed and case.terminal:
        text = COLOURS.sub("", text)
    elif name.endswith(".csv"):
        text = text.replace("\r\n", "\n")  # RFC 4180
    for pattern, what in ((CONTROLS, "a control"), (TURNED, "a turn of direction"), (UNSEEN, "something unseen")):
        if match := pattern.search(text):
            yield f"holds {what}: U+{ord(match[0]):04X}"
    if not name.endswith(".github") and COMMANDS.search(text):  # there every line is one, and `formats` looks at them
        yield "holds a command for CI at the start of a line"
