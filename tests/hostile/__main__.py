"""The cases as a table: `PYTHONPATH=tests python -m hostile [WORD ...]`, where a word is a part of a name."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from hostile.case import every_case
from hostile.judge import verdict
from hostile.runner import KIT, listener, perform
from hostile.workshop import Workshop


def main(words: list[str]) -> int:
    """Run the cases whose names hold one of the words, all without words; 1 when one failed."""
    from readykit.report import FORMATS

    chosen = [case for case in every_case() if not words or any(word in f"{case.threat}/{case.name}" for word in words)]
    failed = 0
    with listener() as (port, arrived):
        for case in chosen:
            folder = tempfile.mkdtemp(prefix="hostile-")
            try:
                shop = Workshop(Path(folder) / "case", port)
                case.build(shop)
                run = perform(case, shop, arrived, [KIT, "audit"], FORMATS)
                found = verdict(case, run, FORMATS)
            finally:
                subprocess.run(["chmod", "-R", "u+rwx", folder], check=False, stderr=subprocess.DEVNULL)
                subprocess.run(["rm", "-rf", folder], check=False)
            failed += bool(found)
            state = "FAIL" if found else "ok  "
            print(
                f"{state} {case.threat}/{case.name:36s} {run.seconds:6.2f} s {run.megabytes:5d} MB  exit {run.code}",
                flush=True,
            )
            for what in found:
                print(f"       {ascii(what)[1:-1]}", flush=True)
    print(f"{len(chosen) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
