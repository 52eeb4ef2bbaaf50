"""Search for inputs that a reader cannot stand, guided by what its code covers.

usage: python benchmarks/fuzz/parsers.py NAME|all [--seconds 600] [--slow 5] [--megabytes 2000] [--keep]

NAME is one of `tests/fuzzed.py`'s READERS: an extractor, an archive, the index of git. Needs atheris, which is made for
Python 3.11 and is no dependency of ours: `nox -s fuzz -- python --seconds 600` runs this in an environment of its own.
Starts from the template's files and those of the checks' examples. What makes a reader raise, or takes it longer than
--slow seconds, is made as small as it can be; with --keep it is stored in tests/hostile/corpus/, where a test reads it
ever after. Exit code 1 when something was found.
"""

from __future__ import annotations

import argparse
import hashlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
CORPUS = ROOT / "tests" / "hostile" / "corpus"
TRIES = 400
LONGEST = 20_000  # bytes of one input: what a reader stumbles on fits
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "kit")]


def main() -> int:
    """Fuzz one reader or all of them, each in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name")
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--slow", type=int, default=5)
    parser.add_argument("--megabytes", type=int, default=2000)
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    parser.add_argument("--replay", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        return search(options)
    from fuzzed import READERS

    if options.replay:
        READERS[options.name](Path(options.replay).read_bytes())
        return 0
    names = list(READERS) if options.name == "all" else [options.name]
    if unknown := [name for name in names if name not in READERS]:
        parser.error(f"there is no reader {unknown[0]}; there are: {', '.join(READERS)}")
    return 1 if sum(fuzz(name, options) for name in names) else 0


def fuzz(name: str, options: argparse.Namespace) -> int:
    """Search in a child, which ends at the first finding; the number of findings."""
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        started, found = time.monotonic(), 0
        for number, data in enumerate(seeds(name)):
            (Path(folder) / f"seed{number}").write_bytes(data)
        words = [sys.executable, __file__, name, "--inside", folder, f"--slow={options.slow}"]
        left = options.seconds
        while left > 0:
            done = subprocess.run(
                [*words, f"--seconds={left}", f"--megabytes={options.megabytes}"],
                capture_output=True,
                text=True,
                check=False,
            )
            findings = [path for path in Path(folder).iterdir() if path.name.startswith(("crash-", "timeout-", "oom-"))]
            if done.returncode and not findings:
                print(done.stderr[-2000:])
                return 1
            for path in findings:
                found += 1
                tell(name, path, options)
                path.unlink()
            left = options.seconds - int(time.monotonic() - started) if findings else 0
        runs = [line for line in done.stderr.splitlines() if line.startswith(("Done", "#"))]
        print(f"{name}: {found} findings; {runs[-1] if runs else ''}", flush=True)
        return found


def seeds(name: str) -> Iterator[bytes]:
    """Real inputs of a reader."""
    import mutate
    from readykit.facts.dispatch import kinds_of

    sys.path.insert(0, str(ROOT / "tests" / "kit"))
    if name == "zip" or name.startswith("tar"):
        import test_fuzz_readers

        yield test_fuzz_readers.ARCHIVES[f"t.{name}"]()
    yield from (data for path, data in mutate.real_files() if name in kinds_of(path) and len(data) <= LONGEST)
    yield b"".join(mutate.PIECES)[:LONGEST]


def search(options: argparse.Namespace) -> int:
    """The child: let atheris call the reader until something is found or the time is over."""
    import atheris

    with atheris.instrument_imports(include=["readykit"]):
        import importlib

        from fuzzed import READERS

        for module in sorted((ROOT / "kit" / "readykit" / "facts").glob("*.py")):
            importlib.import_module(f"readykit.facts.{module.stem}".removesuffix(".__init__"))
    folder = options.inside
    words = [
        sys.argv[0], folder, f"-artifact_prefix={folder}/", f"-max_total_time={options.seconds}",
        f"-timeout={options.slow}", f"-rss_limit_mb={options.megabytes}", f"-max_len={LONGEST}", "-reduce_inputs=1",
    ]  # fmt: skip
    atheris.Setup(words, READERS[options.name])
    atheris.Fuzz()
    return 0


def outcome(name: str, data: bytes, slow: int) -> str:
    """What a reader makes of an input, in a process of its own: empty when all is well, else what went wrong."""
    with tempfile.NamedTemporaryFile(prefix="fuzz-") as stream:
        stream.write(data)
        stream.flush()
        words = [sys.executable, __file__, name, "--replay", stream.name]
        try:
            done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=slow + 2)
        except subprocess.TimeoutExpired:
            return f"takes longer than {slow} s"
    return (
        f"{done.stderr.strip().rpartition(chr(10))[2][:200] or f'died with {done.returncode}'}"
        if done.returncode
        else ""
    )


def smaller(name: str, data: bytes, slow: int, what: str) -> bytes:
    """The smallest part of an input that goes wrong in the same way, found by leaving out ever smaller parts."""
    tries, piece = 0, max(1, len(data) // 2)
    kind = what.partition(":")[0]
    while piece and tries < TRIES:
        place, shrunk = 0, False
        while place < len(data) and tries < TRIES:
            tries += 1
            candidate = data[:place] + data[place + piece :]
            if outcome(name, candidate, slow).partition(":")[0] == kind:
                data, shrunk = candidate, True
            else:
                place += piece
        piece = piece if shrunk and piece == 1 else piece // 2
    return data


def tell(name: str, path: Path, options: argparse.Namespace) -> None:
    """Print a finding, and store it when asked."""
    data = path.read_bytes()
    what = outcome(name, data, options.slow)
    if not what:
        print(f"{name}: {path.name} does not happen again ({len(data)} bytes)")
        return
    small = smaller(name, data, options.slow, what)
    print(f"{name}: {what}\n  {len(small)} bytes: {small[:200]!a}", flush=True)
    if options.keep:
        place = CORPUS / name / hashlib.sha256(small).hexdigest()[:12]
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(small)


if __name__ == "__main__":
    sys.exit(main())
