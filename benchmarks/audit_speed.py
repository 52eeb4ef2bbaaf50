"""How fast `kit audit` is, beside what can be compared with it in the same run.

usage: python benchmarks/audit_speed.py [FOLDER ...] [--trees NAME,NAME] [--runs N] [--peer PROGRAM] [--keep DIR]

Trees: tiny (2 files), small (60), large (2,300 files, 7 MB of Python), huge (45 MB), notebooks (80 files, 26 MB), many
(100,000 small files); made anew at every run (benchmarks/trees.py), or a copy of any folder given. Each is audited
cold (nothing cached), warm (all cached), after one file has changed, and without the cache into every format, in turn
with `python -c pass`, reading every byte, `ast.parse` of every Python file in one process, `ruff check` and the peer
`ml-project-doctor` (left out where it is not installed). Seconds are the best of N runs, MB the most memory that one
process of a command took. Prints ratios beside the goals, and exits 1 when one that is held is missed by half.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import trees
from readykit.report import FORMATS

PASS, READ, PARSE, RUFF, PEER = "python -c pass", "read every byte", "ast.parse", "ruff check", "ml-project-doctor"
BESIDE = (("pass", PASS, 9), ("read", READ, 9), ("parse", PARSE, 9), ("ruff", RUFF, 8), ("peer", PEER, 8))
"""What seconds are compared with: a word for it, and the width of its column."""
COLD, WARM, CHANGED = "kit audit, cold", "kit audit, warm", "kit audit, 1 changed"
EVERY = "kit audit, every format"
READING = """import os, sys
for top, _, names in os.walk(sys.argv[1]):
    for name in names:
        with open(os.path.join(top, name), "rb") as stream:
            stream.read()
"""
PARSING = """import ast, os, sys, warnings
warnings.simplefilter("ignore")
for top, _, names in os.walk(sys.argv[1]):
    for name in names:
        if name.endswith(".py"):
            with open(os.path.join(top, name), "rb") as stream:
                try:
                    ast.parse(stream.read())
                except (SyntaxError, ValueError):
                    pass
"""
TOLERANCE = 1.5
MEMORY = 150
RUNS = {"tiny": 9, "small": 9, "notebooks": 5, "large": 3}


@dataclass(frozen=True)
class Taken:
    """What the runs of one command took."""

    seconds: float
    megabytes: float


@dataclass(frozen=True)
class Goal:
    """A bound for one command: in words, and in seconds when the others are known."""

    of: str
    words: str
    seconds: Callable[[Mapping[str, Taken]], float]

    def held(self, tree: str) -> bool:
        """Whether missing it ends in failure; what was never reached is printed, and kept for whoever reaches it."""
        return (tree, self.of) not in OPEN


def times(of: str, factor: float, other: str) -> Goal:
    """At most so many times the seconds of another command."""
    return Goal(of, f"{factor:g} x {other}", lambda taken: factor * taken[other].seconds if other in taken else 0)


def beyond(of: str, seconds: float) -> Goal:
    """At most so many seconds more than Python takes to start."""
    return Goal(of, f"{PASS} + {seconds:g} s", lambda taken: taken[PASS].seconds + seconds)


def within(of: str, seconds: float) -> Goal:
    """At most so many seconds."""
    return Goal(of, f"{seconds:g} s", lambda _: seconds)


OPEN = {("small", COLD), ("large", COLD), ("huge", COLD), ("notebooks", COLD)}
"""Goals that no version has reached yet (docs/reference/speed.md)."""
SMALL = (beyond(COLD, 0.15), times(COLD, 1, PEER), beyond(WARM, 0.15), times(WARM, 1, PEER))
GOALS: dict[str, tuple[Goal, ...]] = {
    "tiny": SMALL,
    "small": (*SMALL, times(EVERY, 1.5, COLD)),
    "large": (times(COLD, 0.9, PARSE), times(COLD, 0.2, PEER), times(WARM, 0.25, PARSE), times(EVERY, 1.5, COLD)),
    "huge": (times(COLD, 0.5, PARSE), times(COLD, 0.9, RUFF), times(WARM, 0.1, PARSE)),
    "notebooks": (beyond(COLD, 0.35), beyond(WARM, 0.2)),
    "many": (within(COLD, 30),),
}


def main() -> int:
    """Measure, print, compare.

    Returns:
        1 when a goal is missed by half, else 0.
    """
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folders", nargs="*", metavar="FOLDER", help="measure a copy of this folder")
    parser.add_argument("--trees", default="", metavar="NAMES", help="which are made, comma-separated; - for none")
    parser.add_argument("--runs", type=int, default=0, metavar="N", help="runs of each command")
    parser.add_argument("--peer", metavar="PROGRAM", help=f"where {PEER} is, when not on PATH")
    parser.add_argument("--keep", metavar="DIR", help="leave the trees there")
    options = parser.parse_args()
    wanted = list(GOALS) if not options.trees else [n for n in options.trees.split(",") if n != "-"]
    wanted = [] if options.folders and not options.trees else wanted
    if unknown := set(wanted) - set(GOALS):
        parser.error(f"there is no tree {', '.join(unknown)}; there are {', '.join(GOALS)}")
    peer = options.peer or shutil.which(PEER)
    if peer is None:
        print(f"{PEER} is not installed here, so nothing is compared with it (pip install {PEER})")
    missed = 0
    with tempfile.TemporaryDirectory(prefix="audit-speed-") as scratch:
        home = Path(options.keep or scratch)
        for name in (*wanted, *options.folders):
            folder = home / Path(name).resolve().name
            if not folder.exists():
                ready(name, folder)
            runs = options.runs or RUNS.get(name, 2)
            taken = measured(commands(folder, peer), folder, Path(scratch), runs)
            missed += shown(name, folder, taken, GOALS[name] if name in wanted else goals_of(folder), runs)
            if home == Path(scratch):
                shutil.rmtree(folder)
    print(f"\n{missed} missed by half" if missed else "\nno goal is missed by half")
    return 1 if missed else 0


def ready(name: str, folder: Path) -> None:
    """Make a tree, or copy a folder, without its history and its links."""
    if name in trees.TREES:
        trees.make(name, folder)
        return
    shutil.copytree(name, folder, symlinks=True, ignore=shutil.ignore_patterns(".git"))
    for path in folder.rglob("*"):
        if path.is_symlink():
            path.unlink()


def goals_of(folder: Path) -> tuple[Goal, ...]:
    """The goals that hold for a folder by its size."""
    files, size = sized(folder, "*.py")
    if sized(folder, "*")[0] <= 100:
        return GOALS["notebooks" if sized(folder, "*.ipynb")[1] > 5e6 else "small"]
    if 5e6 <= size <= 9e6 and files <= 4_500:
        return GOALS["large"]
    return GOALS["huge"] if size >= 30e6 else ()


def sized(folder: Path, pattern: str) -> tuple[int, int]:
    """How many files match, and their bytes."""
    sizes = [path.stat().st_size for path in folder.rglob(pattern) if path.is_file()]
    return len(sizes), sum(sizes)


def commands(folder: Path, peer: str | None) -> dict[str, list[str]]:
    """What is run, by name."""
    own = Path(sys.executable).parent
    audit = [str(own / "kit"), "audit", str(folder), "--quiet"]
    found = {
        PASS: [sys.executable, "-c", "pass"],
        READ: [sys.executable, "-c", READING, str(folder)],
        PARSE: [sys.executable, "-c", PARSING, str(folder)],
        RUFF: [str(own / "ruff"), "check", "--no-cache", "--isolated", "--exit-zero", "--quiet", str(folder)],
        PEER: [peer or PEER, str(folder), "-f", "json", "-o", os.devnull],
        COLD: audit,
        WARM: audit,
        CHANGED: audit,
        EVERY: [*audit, "--no-cache", *(f"--output={folder.parent}/report{suffix}" for suffix in FORMATS.values())],
    }
    return {name: command for name, command in found.items() if name != PEER or peer}


def measured(todo: Mapping[str, Sequence[str]], folder: Path, scratch: Path, runs: int) -> dict[str, Taken]:
    """Run every command so many times, in turn; one run before that fills the caches of the disk and the bytecode."""
    env = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    changing = next(iter(sorted(folder.rglob("*.py"))), None)
    best: dict[str, Taken] = {}
    for number in range(runs + 1):
        with tempfile.TemporaryDirectory(dir=scratch, prefix="cache-") as cache:
            for name, command in todo.items():
                if name == CHANGED and changing is not None:
                    with changing.open("a", encoding="utf-8") as stream:
                        stream.write(f"\nCHANGED = {number}\n")
                taken = run(command, {**env, "KIT_CACHE_DIR": cache})
                was = best.get(name, taken)
                if number:
                    best[name] = Taken(min(was.seconds, taken.seconds), max(was.megabytes, taken.megabytes))
    return best


def run(command: Sequence[str], env: Mapping[str, str]) -> Taken:
    """Run a command; its exit code is its own affair (an audit below a floor ends with 1) unless it is a fault.

    Raises:
        RuntimeError: it was killed, or ended with a fault.
    """
    silent = [(os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_WRONLY, 0) for number in (1, 2)]
    start = time.perf_counter()
    process = os.posix_spawn(command[0], command, env, file_actions=silent)
    _, status, usage = os.wait4(process, 0)
    seconds = time.perf_counter() - start
    if os.waitstatus_to_exitcode(status) not in (0, 1, 3, 4):
        raise RuntimeError(f"{' '.join(command)[:200]} ended with {os.waitstatus_to_exitcode(status)}")
    return Taken(seconds, usage.ru_maxrss / (1024 * 1024 if sys.platform == "darwin" else 1024))


def shown(name: str, folder: Path, taken: Mapping[str, Taken], goals: Iterable[Goal], runs: int) -> int:
    """Print one tree's table.

    Returns:
        How many goals are missed by half.
    """
    files, size = sized(folder, "*")
    python = sized(folder, "*.py")
    print(f"\n{name}: {files:,} files, {size / 1e6:.1f} MB, of it Python {python[0]:,} and {python[1] / 1e6:.1f} MB")
    columns = "".join(f"{f'x {word}':>{width}}" for word, _, width in BESIDE)
    print(f"{f'best of {runs}':22}{'seconds':>9}{'MB':>6}{columns}")
    for what, one in taken.items():
        ratios = "".join(
            f"{one.seconds / taken[other].seconds:{width}.2f}" if other in taken else f"{'-':>{width}}"
            for _, other, width in BESIDE
        )
        print(f"{what:22}{one.seconds:9.3f}{one.megabytes:6.0f}{ratios}")
    missed = 0
    for goal in goals:
        if bound := goal.seconds(taken):
            missed += verdict(f"{goal.of} <= {goal.words}", taken[goal.of].seconds / bound, goal.held(name))
    most = max(one.megabytes for what, one in taken.items() if what in (COLD, WARM, CHANGED))
    return missed + verdict(f"kit audit <= {MEMORY} MB", most / MEMORY, (name, COLD) not in OPEN)


def verdict(words: str, ratio: float, held: bool) -> bool:
    """Print one goal, how much of it is used, and what that means; says whether one that is held is missed by half."""
    state = "met" if ratio <= 1 else "missed" if ratio <= TOLERANCE else "MISSED BY HALF"
    print(f"  {words:52}{ratio:8.2f} of it  {state}{'' if held or ratio <= 1 else ', not held'}")
    return held and ratio > TOLERANCE


if __name__ == "__main__":
    raise SystemExit(main())
