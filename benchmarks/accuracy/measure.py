"""How often the verdicts agree with people who read the repositories: precision and recall per capability.

usage: python benchmarks/accuracy/measure.py FOLDER [--fetch] [--misses] [--write]

FOLDER holds checkouts named OWNER+NAME at the commits that the label files beside this script name; `--fetch` gets the
missing ones from GitHub. `--misses` lists every disagreement, `--write` renews docs/reference/accuracy.md.

A label is yes, partial, no or na (left out); a capability holds when the best of its checks holds. Presence counts yes
and partial against no; agreement is 1 - |difference| with partial as a half.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "reference" / "accuracy.md"
SETS = {
    "labels.json": "repositories on which the rules were written and mended: a fit, not a forecast",
    "more.json": "further repositories that were mended for after a first run (the figures above): a fit as well",
}
CAPABILITIES = {
    "data_versioning": ("DAT001",), "data_validation": ("DAT004",), "pipeline_defined": ("PIP001",),
    "config_externalised": ("PIP002",), "seeds_fixed": ("PIP003",), "env_locked": ("PIP004",),
    "experiment_tracking": ("TRK001",), "model_registry": ("TRK004",), "baseline_compared": ("FRM004",),
    "evaluation_gate": ("EVL004",), "explainability": ("EVL006",), "fairness_or_slices": ("EVL005",),
    "imbalance_or_stratified": ("EVL003",), "serving": ("SRV001",), "request_validation": ("SRV002",),
    "container": ("SRV004",), "load_or_latency_test": ("SRV009",), "drift_monitoring": ("MON002",),
    "ops_monitoring_alerts": ("MON001", "MON004", "MON005"), "automated_retraining": ("RET001",),
    "rollback": ("RET004",), "ab_shadow_canary": ("SRV008",), "unit_tests": ("TST001",),
    "ml_tests": ("TST002", "TST003"), "ci_runs_tests": ("ENG003",), "lint_format_type": ("ENG001", "ENG002"),
    "secrets_clean": ("SEC001",), "model_or_data_card": ("DOC002", "DAT007"), "readme_quickstart": ("DOC001",),
    "success_metric_defined": ("FRM002",), "deploy_as_code": ("SRV007",), "distributed_engine": ("OPS004",),
}  # fmt: skip
WORTH = {"yes": 1.0, "pass": 1.0, "partial": 0.5}
PREVIEW = 0.85
"""A check that is right less often than this when it says that something is there weighs nothing until it is mended."""


@dataclass
class Row:
    """One capability over a set of repositories."""

    found: int = 0
    invented: int = 0
    missed: int = 0
    absent: int = 0
    agreement: list[float] = field(default_factory=list)

    def join(self, other: Row) -> None:
        """Count the repositories of another set as well."""
        for name in ("found", "invented", "missed", "absent"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.agreement += other.agreement

    def add(self, wanted: float, got: float) -> None:
        """Count one repository."""
        self.agreement.append(1 - abs(wanted - got))
        if wanted:
            self.found, self.missed = self.found + bool(got), self.missed + (not got)
        else:
            self.invented, self.absent = self.invented + bool(got), self.absent + (not got)

    @property
    def precision(self) -> float | None:
        """Of what is said to be there, the share that is."""
        return ratio(self.found, self.found + self.invented)

    @property
    def recall(self) -> float | None:
        """Of what is there, the share that is said to be."""
        return ratio(self.found, self.found + self.missed)

    @property
    def f1(self) -> float:
        """The harmonic mean of both; 1 when there was nothing to find and nothing was invented."""
        return ratio(2 * self.found, 2 * self.found + self.invented + self.missed) or float(
            not self.missed + self.invented
        )


def ratio(part: float, whole: float) -> float | None:
    """A share, None of nothing."""
    return part / whole if whole else None


def audited(folder: Path) -> dict[str, Any]:
    """The report on one checkout, in a process of its own."""
    command = [
        sys.executable,
        "-m",
        "readykit",
        "audit",
        folder.name,
        "--format",
        "json",
        "--reproducible",
        "--no-plugins",
    ]
    done = subprocess.run(command, cwd=folder.parent, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 4):
        raise SystemExit(f"{folder.name}: exit {done.returncode}: {done.stderr.strip()[-300:]}")
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def fetch(entry: dict[str, Any], folder: Path) -> None:
    """Get one repository at its labelled commit, without its hooks or configuration doing anything."""
    url = f"https://github.com/{entry['repo']}.git"
    safe = ["git", "-c", "core.hooksPath=/dev/null", "-c", "protocol.allow=never", "-c", "protocol.https.allow=always"]
    subprocess.run([*safe, "init", "--quiet", "--template=", str(folder)], check=True)
    inside = [*safe, "-C", str(folder)]
    subprocess.run([*inside, "fetch", "--quiet", "--depth=1", "--no-tags", url, entry["commit"]], check=True)
    subprocess.run([*inside, "-c", "filter.lfs.smudge=", "checkout", "--quiet", "FETCH_HEAD"], check=True)


def compare(entries: list[dict[str, Any]], reports: dict[str, dict[str, Any]]) -> tuple[dict[str, Row], list[str]]:
    """Count every labelled capability, and describe every disagreement on presence."""
    rows = {name: Row() for name in CAPABILITIES}
    misses = []
    for entry in entries:
        checks = {check["id"]: check for check in reports[entry["repo"]]["checks"]}
        for name, ids in CAPABILITIES.items():
            label = entry["labels"].get(name, {"value": "na"})
            if label["value"] not in ("yes", "partial", "no"):
                continue
            status = max((checks[i]["status"] for i in ids), key=lambda s: WORTH.get(s, 0.0))
            wanted, got = WORTH.get(label["value"], 0.0), WORTH.get(status, 0.0)
            rows[name].add(wanted, got)
            if bool(wanted) != bool(got):
                misses.append(
                    f"{name}: {entry['repo']}: labelled {label['value']}, reported {status}; {label.get('why', '')}"
                )
    return rows, misses


def summary(rows: dict[str, Row]) -> dict[str, float]:
    """The figures over all capabilities."""
    used = [row for row in rows.values() if row.agreement]
    total = Row(*(sum(getattr(row, name) for row in used) for name in ("found", "invented", "missed", "absent")))
    return {
        "macro F1": sum(row.f1 for row in used) / len(used),
        "micro F1": total.f1,
        "precision": total.precision or 0.0,
        "recall": total.recall or 0.0,
        "agreement": sum(sum(row.agreement) / len(row.agreement) for row in used) / len(used),
    }


def table(rows: dict[str, Row]) -> list[str]:
    """Lines of a Markdown table, one a capability."""
    lines = [
        "| capability | checks | yes or partial | no | precision | recall | F1 | agreement |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, row in rows.items():
        if row.agreement:
            shown = [f"{row.found + row.missed}", f"{row.invented + row.absent}", two(row.precision), two(row.recall)]
            shown += [two(row.f1), two(sum(row.agreement) / len(row.agreement))]
            lines.append(f"| {name.replace('_', ' ')} | {' '.join(CAPABILITIES[name])} | {' | '.join(shown)} |")
    return lines


def two(value: float | None) -> str:
    """Two decimals, a dash for what does not exist."""
    return "–" if value is None else f"{value:.2f}"


def page(parts: list[str]) -> str:
    """The reference page."""
    head = (HERE / "page.md").read_text(encoding="utf-8")
    return head.rstrip() + "\n\n" + "\n".join(parts) + "\n"


def main() -> int:
    """Measure every set of labels."""
    cli = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    cli.add_argument("folder", type=Path)
    cli.add_argument("--fetch", action="store_true")
    cli.add_argument("--misses", action="store_true")
    cli.add_argument("--write", action="store_true")
    options = cli.parse_args()
    parts: list[str] = []
    together = {name: Row() for name in CAPABILITIES}
    for file, about in SETS.items():
        if not (HERE / file).exists():
            continue
        entries = json.loads((HERE / file).read_text(encoding="utf-8"))
        folders = {entry["repo"]: options.folder / entry["repo"].replace("/", "+") for entry in entries}
        for entry in entries if options.fetch else []:
            if not folders[entry["repo"]].exists():
                fetch(entry, folders[entry["repo"]])
        if missing := [str(path) for path in folders.values() if not path.is_dir()]:
            raise SystemExit(f"not there (--fetch gets them): {', '.join(missing[:3])} and {len(missing[3:])} more")
        with ProcessPoolExecutor(2) as pool:
            reports = dict(zip(folders, pool.map(audited, folders.values()), strict=True))
        rows, misses = compare(entries, reports)
        for name, row in rows.items():
            together[name].join(row)
        figures = ", ".join(f"{name} {value:.3f}" for name, value in summary(rows).items())
        print(f"{file} ({len(entries)} repositories): {figures}")
        for miss in misses if options.misses else []:
            print(f"  {miss}")
        parts += [f"## {file}: {len(entries)} {about}", "", f"{figures}.", "", *table(rows), ""]
        parts += ["Read: " + ", ".join(f"{e['repo']}@{e['commit'][:7]}" for e in entries) + ".", ""]
    weak = [name for name, row in together.items() if (row.precision or 1.0) < PREVIEW]
    print(f"precision below {PREVIEW}, all sets together: {', '.join(weak) or 'none'}")
    figures = ", ".join(f"{name} {value:.3f}" for name, value in summary(together).items())
    preview = f"Below {PREVIEW} in precision, so previews: {', '.join(weak) or 'none'}."
    parts = ["## All sets together", "", f"{figures}. {preview}", "", *table(together), "", *parts]
    if options.write:
        PAGE.write_text(page(parts), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
