"""Drift of ten million rows against ten million others, 30 columns each: seconds, memory, distance from exact.

`python benchmarks/drift.py --project FOLDER` runs the drift code of a generated project, as its environment has it, in
a process of its own; without a project one is made. The data is written a row group at a time and kept in `--data` for
another run. The exact statistics are computed afterwards, column by column, outside of what is timed.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

NUMBERS, WORDS = 25, 5
GOAL_SECONDS, GOAL_GIB = 12.0, 0.6
GROUP = 1_000_000  # about pyarrow's own size of a row group

MAKE = """
import sys
import numpy as np, pyarrow as pa, pyarrow.parquet as pq
target, rows, group, seed, moved = sys.argv[1], *map(int, sys.argv[2:6])
random = np.random.default_rng(seed)
def column(i, n, at):
    shift = moved * (i % 5) / 40  # every fifth column stays, the others move by up to a tenth
    kind = i % 5
    if i >= 25:
        k = 3 ** (i - 23)
        share = 1 / np.arange(1, k + 1) ** (1 + shift)
        codes = random.choice(k, n, p=share / share.sum()).astype(np.int32)
        return pa.DictionaryArray.from_arrays(codes, [f"word{j}" for j in range(k)]).cast(pa.string())
    if kind == 0: return pa.array(random.normal(shift, 1, n))
    if kind == 1: return pa.array(random.lognormal(shift, 0.5, n))
    if kind == 2: return pa.array(random.exponential(1 + shift, n))
    if kind == 3: return pa.array(random.poisson(4 * (1 + shift), n).astype(float))
    return pa.array(random.normal(0, 1, n) + np.linspace(at, at + n, n) / rows * (1 + shift))
writer, done = None, 0
while done < rows:
    n = min(group, rows - done)
    table = pa.table({f"c{i}": column(i, n, done) for i in range(30)})
    writer = writer or pq.ParquetWriter(target, table.schema)
    writer.write_table(table, row_group_size=n)
    done += n
writer.close()
"""

RUN = """
import json, resource, sys, time
start = time.perf_counter()
from pathlib import Path
from {package} import drift
from {package}.config import MonitorParams
now, before, target, method, cat_method, rows = sys.argv[1:7]
params = MonitorParams(num_method=method, cat_method=cat_method, sample_rows=int(rows))
current, total = drift.read_sample(Path(now), params.sample_rows, 1)
reference, _ = drift.read_sample(Path(before), params.sample_rows, 2)
read = time.perf_counter() - start
numeric, words = [f"c{{i}}" for i in range(25)], [f"c{{i}}" for i in range(25, 30)]
columns = drift.compare(current, reference, numeric, words, params, Path(target), total)
seconds, processor = time.perf_counter() - start, time.process_time()
# The high-water mark of this program alone: ru_maxrss would start at what its parent had.
peak = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM")) / 2**20
print(json.dumps({{"seconds": seconds, "processor": processor, "read": read, "gib": peak, "rows": total,
    "columns": [[c.column, c.value, c.error, c.drifted] for c in columns]}}))
"""

EXACT = """
import json, sys
from pathlib import Path
import numpy as np, pandas as pd, pyarrow.parquet as pq
from scipy.spatial.distance import jensenshannon
from {package} import drift
now, before, method, cat_method = sys.argv[1:5]
found = {{}}
for i in range(30):
    p, q = (pq.read_table(file, columns=[f"c{{i}}"]).column(0).to_pandas() for file in (now, before))
    kind = cat_method if i >= 25 else method
    if kind == "wasserstein":  # of as many rows on both sides: the mean difference of what is sorted
        value = np.mean(np.abs(np.sort(p.to_numpy()) - np.sort(q.to_numpy()))) / np.std(q.to_numpy())
    else:
        a, b = drift.shares(p, q)
        if kind == "psi":
            a, b = np.where(a > 0, a, 1e-4), np.where(b > 0, b, 1e-4)
            value = np.sum((a - b) * np.log(a / b))
        else:
            value = jensenshannon(a, b)
    found[f"c{{i}}"] = float(value)
print(json.dumps(found))
"""


def python(project: Path) -> str:
    """The interpreter of the project's environment."""
    return str(project / ".venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))


def call(project: Path, code: str, *words: object) -> str:
    """Run code in the project's environment; returns what it prints."""
    package = next(file.parent.name for file in (project / "src").glob("*/drift.py"))
    text = code if code is MAKE else code.format(package=package)
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    command = [python(project), "-c", text, *map(str, words)]
    return subprocess.run(command, cwd=project, env=env, check=True, capture_output=True, text=True).stdout


def data(project: Path, folder: Path, rows: int) -> tuple[Path, Path]:
    """Both sides, made unless they are there."""
    files = folder / f"now-{rows}.parquet", folder / f"before-{rows}.parquet"
    for moved, file in zip((1, 0), files, strict=True):
        if not file.is_file():
            start = time.perf_counter()
            call(project, MAKE, file, rows, GROUP, 11 + moved, moved)
            print(f"made {file.name}, {file.stat().st_size / 2**30:.1f} GiB, in {time.perf_counter() - start:.0f} s")
    return files


def measure(project: Path, files: tuple[Path, Path], method: str, cat_method: str, options: argparse.Namespace) -> bool:
    """One method: the fastest of some runs, the largest memory, the error; returns whether the goals are met."""
    target = files[0].parent / f"report-{method}"
    runs = [
        json.loads(call(project, RUN, *files, target, method, cat_method, options.sample).splitlines()[-1])
        for _ in range(options.runs)
    ]
    seconds, gib = min(run["seconds"] for run in runs), max(run["gib"] for run in runs)
    exact = json.loads(call(project, EXACT, *files, method, cat_method))
    columns = runs[0]["columns"]
    off = [abs(value - exact[name]) for name, value, _, _ in columns]
    within = sum(o <= error for o, (_, _, error, _) in zip(off, columns, strict=True))
    stated = sorted(error for _, _, error, _ in columns)
    drifted = sum(flag for *_, flag in columns)
    print(f"{method} (numbers), {cat_method} (words): {runs[0]['rows']:,} rows a side, {len(columns)} columns")
    print(
        f"  seconds: {seconds:.1f} fastest of {', '.join(format(r['seconds'], '.1f') for r in runs)}; "
        f"goal {GOAL_SECONDS:.0f}; {min(run['processor'] for run in runs):.1f} s of processor"
    )
    print(f"  of it reading {min(run['read'] for run in runs):.1f} s; peak memory {gib:.2f} GiB; goal {GOAL_GIB}")
    print(f"  off the exact value: {sum(off) / len(off):.4f} on average, {max(off):.4f} at most")
    print(
        f"  stated at 95 %: {stated[len(stated) // 2]:.4f} in the middle, {stated[-1]:.4f} at most; "
        f"{within} of 30 columns within"
    )
    print(f"  {drifted} of 30 columns beyond the threshold")
    return seconds <= GOAL_SECONDS and gib <= GOAL_GIB and within >= 28


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description="Drift of ten million rows: time, memory and error.")
    parser.add_argument("--project", type=Path, help="a generated project with its environment; one is made otherwise")
    parser.add_argument("--data", type=Path, help="where the files are made and kept (a temporary folder)")
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--sample", type=int, default=50_000)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="drift-") as scratch:
        project, folder = options.project, options.data or Path(scratch)
        if project is None:
            project = Path(scratch) / "drift-benchmark"
            subprocess.run(["kit", "new", str(project), "--defaults", "--quiet"], check=True)
        folder.mkdir(parents=True, exist_ok=True)
        files = data(project.resolve(), folder.resolve(), options.rows)
        pairs = (("wasserstein", "jensenshannon"), ("psi", "psi"))
        met = [measure(project.resolve(), files, *pair, options) for pair in pairs]
    print("goals met" if all(met) else "goals MISSED")
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
