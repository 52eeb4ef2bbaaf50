"""How long `kit` takes to start, as ratios to `python -c pass` in the same run.

usage: python benchmarks/startup.py [RUNS]

Prints the median of each command over interleaved runs. The goals: `kit --version` within 3 times `python -c pass`
plus 0.1 s; an audit of a tiny repository, with nothing in its cache, within 0.15 s of it.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def main() -> int:
    """Time the commands in turn and compare."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    with tempfile.TemporaryDirectory(prefix="startup-") as folder:
        tiny = Path(folder)
        (tiny / "train.py").write_text(
            "from sklearn.linear_model import LogisticRegression\n\nLogisticRegression().fit([[0], [1]], [0, 1])\n"
        )
        (tiny / "README.md").write_text("# Tiny\n")
        kit = str(Path(sys.executable).parent / "kit")
        commands = {
            "python -c pass": [sys.executable, "-c", "pass"],
            "kit --version": [kit, "--version"],
            "kit audit (two files)": [kit, "audit", str(tiny), "--quiet"],
        }
        seconds: dict[str, list[float]] = {name: [] for name in commands}
        # as it is installed: with bytecode; without, every run would compile the whole program
        env = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
        for number in range(runs + 1):
            env["KIT_CACHE_DIR"] = f"{folder}-cache/{number}"
            for name, command in commands.items():
                start = time.perf_counter()
                subprocess.run(command, stdout=subprocess.DEVNULL, env=env, check=True)
                seconds[name].append(time.perf_counter() - start)
    shutil.rmtree(f"{folder}-cache", ignore_errors=True)
    medians = {name: statistics.median(taken[1:]) for name, taken in seconds.items()}  # the first run warms the disk
    base = medians["python -c pass"]
    for name, median in medians.items():
        print(f"{name:24} {median:.3f} s  {median / base:5.2f} x  {median - base:+.3f} s")
    return 0 if medians["kit --version"] <= 3 * base + 0.1 else 1


if __name__ == "__main__":
    raise SystemExit(main())
