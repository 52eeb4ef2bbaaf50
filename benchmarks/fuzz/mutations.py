"""Audit thousands of wounded copies of the generated project; nothing may come out but what the contract says.

usage: python benchmarks/fuzz/mutations.py [--count 10000] [--seed 0] [--project DIR] [--seconds 30] [--only NUMBER]

Every mutation is made from its number alone, so that one that was found can be had again by --only. A process audits
two hundred of them and writes each report in every format. An exception, a check with the status `error`, a report that
no parser reads, an exit code outside 0, 1, 3 and 4, or an audit that takes longer than --seconds is a finding; it is
made as small as it can be and printed. Exit code 1 when there was one.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
BATCH = 200
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "kit")]
Tree = dict[str, bytes]


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is done to a tree: to a file, with another file's name, and a wound where it is one."""

    what: str
    path: str
    other: str = ""
    place: float = 0
    size: float = 0
    piece: bytes = b""

    def __str__(self) -> str:
        return (
            f"{self.what} {self.path}"
            + (f" and {self.other}" if self.other else "")
            + f" at {self.place:.3f} by {self.size:.3f}"
        )


def changes(number: int, paths: Sequence[str]) -> list[Change]:
    """The changes of a mutation, by its number."""
    import mutate

    chance = random.Random(number)
    made = []
    for _ in range(chance.choice((1, 1, 1, 2, 3, 5))):
        what = chance.choice((*mutate.WOUNDS, *mutate.WOUNDS, "delete", "rename", "join", "exchange", "copy", "fold"))
        place, size = chance.random(), chance.random() ** 3
        made.append(Change(what, chance.choice(paths), chance.choice(paths), place, size, chance.choice(mutate.PIECES)))
    return made


def changed(tree: Mapping[str, bytes], made: Sequence[Change]) -> Tree:
    """A tree after some changes."""
    import mutate

    new = dict(tree)
    for change in made:
        data, other = new.get(change.path), new.get(change.other, b"")
        if data is None:
            continue
        if change.what in mutate.WOUNDS:
            new[change.path] = mutate.wounded(data, change.what, change.place, change.size, change.piece)
        elif change.what == "join":
            new[change.path] = data + other
        elif change.what == "copy":
            new[change.other] = data
        elif change.what == "exchange":
            new[change.path], new[change.other] = other, data
        else:
            del new[change.path]
            if change.what == "rename":
                new[f"{change.path.rpartition('/')[0]}/{change.other.rpartition('/')[2]}".lstrip("/")] = data
            elif change.what == "fold":  # a folder stands where the file was
                new[f"{change.path}/{change.other.rpartition('/')[2]}"] = data
    return new


def put(folder: Path, tree: Mapping[str, bytes]) -> None:
    """Write a tree into an empty folder; where a file and a folder want one name, the first has it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for path, data in tree.items():
        place = folder / path
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
        except (FileExistsError, NotADirectoryError, IsADirectoryError):
            continue


def fault(folder: Path) -> str:
    """What is wrong with the audit of a folder; empty when nothing is."""
    from hostile.formats import wrong
    from readykit.auditor import audit
    from readykit.model import Status
    from readykit.repo import OUR_FAULT
    from readykit.report import FORMATS, render

    try:
        report = audit(folder)
        for form in FORMATS:
            if problems := wrong(form, render(report, form).encode()):
                return f"{form} {problems[0]}"
    except BaseException as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        return f"{type(error).__name__}: {str(error)[:200]} ({Path(where.filename).name}:{where.lineno})"
    if ours := [row for row in report.unreadable if row.why.startswith(OUR_FAULT)]:
        return f"{ours[0].path}: {ours[0].why}"
    broken = [finding for finding in report.findings if finding.verdict.status is Status.ERROR]
    return f"{broken[0].check.id}: {broken[0].verdict.message[:200]}" if broken else ""


def judged(tree: Mapping[str, bytes], mutations: Sequence[Sequence[Change]], seconds: float) -> list[str]:
    """What is wrong with each of some mutations, by processes that are ended when they take too long."""
    found: list[str] = []
    while len(found) < len(mutations):
        found += batch(tree, mutations[len(found) : len(found) + BATCH], seconds)
    return found


def batch(tree: Mapping[str, bytes], mutations: Sequence[Sequence[Change]], seconds: float) -> list[str]:
    """The same for so many as one process comes through: the last of them may have ended it."""
    reading, writing = os.pipe()
    folder = Path(tempfile.mkdtemp(prefix="mutated-"))
    if not (child := os.fork()):
        os.setpgid(0, 0)
        for made in mutations:
            put(folder / "project", changed(tree, made))
            os.write(writing, (fault(folder / "project").replace("\n", " ")[:1000] + "\n").encode("utf-8", "replace"))
        os._exit(0)
    os.close(writing)
    os.set_blocking(reading, False)
    said, heard = b"", time.monotonic()
    while (said.count(b"\n") < len(mutations)) and (quiet := time.monotonic() - heard) <= seconds:
        try:
            piece = os.read(reading, 1 << 16)
        except BlockingIOError:
            time.sleep(0.01)
            continue
        if not piece:
            quiet = 0
            break
        said, heard = said + piece, time.monotonic()
    with suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    status = os.waitpid(child, 0)[1]
    os.close(reading)
    shutil.rmtree(folder, ignore_errors=True)
    rows = said.decode("utf-8", "replace").split("\n")[:-1]
    if len(rows) < len(mutations):
        rows.append(f"takes longer than {seconds:g} s" if quiet > seconds else f"the process died ({status})")
    return rows


def smallest(tree: Mapping[str, bytes], made: Sequence[Change], seconds: float, said: str) -> list[Change]:
    """The changes that are needed for a finding."""
    kept = list(made)
    for change in made:
        fewer = [other for other in kept if other is not change]
        if fewer and judged(tree, [fewer], seconds)[0].partition(":")[0] == said.partition(":")[0]:
            kept = fewer
    return kept


def project(folder: Path) -> Path:
    """A project as `kit new` makes it."""
    kit = Path(sys.executable).parent / "kit"
    subprocess.run([str(kit), "new", str(folder), "--defaults", "--no-sync", "--no-git", "--quiet"], check=True)
    return folder


def main() -> int:
    """Audit the mutations and print what was found."""
    from readykit.judging import audit_repo
    from readykit.repo import Repo

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--project", type=Path)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--only", type=int)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mutations-") as scratch:
        os.environ["KIT_CACHE_DIR"] = f"{scratch}/cache"  # most files are as before: reading them again tells nothing
        root = options.project or project(Path(scratch) / "project")
        files = [
            path for path in sorted(root.rglob("*")) if path.is_file() and ".git" not in path.relative_to(root).parts
        ]
        tree = {path.relative_to(root).as_posix(): path.read_bytes() for path in files}
        audit_repo(Repo.open(root))  # what is imported and made here, the process of each audit inherits
        numbers = [options.only] if options.only is not None else range(options.seed, options.seed + options.count)
        start, found = time.monotonic(), 0
        for first in range(0, len(numbers), BATCH):
            part = numbers[first : first + BATCH]
            mutations = [changes(number, sorted(tree)) for number in part]
            for number, made, said in zip(part, mutations, judged(tree, mutations, options.seconds), strict=True):
                if said:
                    found += 1
                    needed = smallest(tree, made, options.seconds, said)
                    print(f"{number}: {said}\n  " + "\n  ".join(map(str, needed)), flush=True)
            done = first + len(part)
            print(
                f"{done} mutations, {found} findings, {(time.monotonic() - start) / done:.2f} s each", file=sys.stderr
            )
    print(f"{len(numbers)} mutations, {found} findings")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
