"""The cases as a table: `PYTHONPATH=tests python -m hostile [WORD ...]`, where a word is a part of a name."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from hostile.attempt import attempts
from hostile.case import every_case
from hostile.runner import KIT


def main(words: list[str]) -> int:
    """Run the cases whose names hold one of the words, all without words; 1 when one failed."""
    chosen = [case for case in every_case() if not words or any(word in f"{case.threat}/{case.name}" for word in words)]
    failed = 0
    with (
        tempfile.TemporaryDirectory(prefix="hostile-") as folder,
        attempts(chosen, Path(folder), [KIT, "audit"]) as all_,
    ):
        for case in chosen:
            run, found = all_[case.name].result()
            failed += bool(found)
            state = "FAIL" if found else "ok  "
            name = f"{case.threat}/{case.name}"
            print(f"{state} {name:52s} {run.seconds:6.2f} s {run.megabytes:5d} MB  exit {run.code}", flush=True)
            for what in found:
                print(f"       {ascii(what)[1:-1]}", flush=True)
    print(f"{len(chosen) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
