"""The status page: every month at one glance, in one HTML file that needs neither a server nor the network.

`reports/status.html` is written by every monitor and retraining run, and by `python -m <package>.status`. It shows what
these runs left in `reports/`; a file there that can't be read costs its row, never the page.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any

from .config import MODEL_NAME, MONTH, Params, Paths, load_params, one_sentence, paths
from .notify import Alert, alerts

Record = dict[str, Any]
WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 480, 200, 40, 28, 12  # of a chart, in its own units
SHOWN_ALERTS = 20
STYLE = """
:root { color-scheme: light dark; --ink: #1c2430; --paper: #fff; --soft: #5a6675; --line: #d5dbe3; --bad: #b3261e;
  --champion: #1f5fbf; --challenger: #a34700; --baseline: #66707c; --served: #1a7a4c; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e9f0; --paper: #14181e; --soft: #a2adba; --line: #343d49;
  --bad: #ff8a80; --champion: #7fb2ff; --challenger: #ffb070; --baseline: #a9b3bf; --served: #6fd3a0; } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); margin: 0 auto;
  max-width: 68rem; padding: 1.5rem; }
h1 { font-size: 1.5rem; margin: 0; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
.soft, caption { color: var(--soft); } .bad { color: var(--bad); font-weight: 600; } a { color: var(--champion); }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; min-width: 56rem; font-size: .9rem; }
caption { text-align: left; padding-left: .6rem; } th[scope=row] { white-space: nowrap; }
th, td { text-align: left; padding: .35rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(20rem, 1fr)); gap: 1.5rem; }
svg { width: 100%; height: auto; } svg text { fill: var(--soft); font-size: 12px; } figure { margin: 0; }
.axis { stroke: var(--line); } .limit { stroke: var(--bad); stroke-dasharray: 5 4; } .bar { fill: var(--champion); }
.bar.over { fill: var(--bad); } .key { display: flex; flex-wrap: wrap; gap: 0 1rem; font-size: .85rem; }
.key i { display: inline-block; width: .8em; height: .8em; border-radius: 50%; margin-right: .35em; }
@media (max-width: 40rem) { body { padding: 1rem; } svg text { font-size: 14px; } .said table { min-width: 0; }
  .said thead { display: none; } .said tr { display: block; border-bottom: 1px solid var(--line); padding: .4rem 0; }
  .said td, .said td.n { display: block; border: 0; padding: 0; text-align: left; overflow-wrap: anywhere; } }
"""
LINES = ("champion", "challenger", "baseline", "served")


@dataclass(frozen=True)
class Month:
    """What is known of one month (or of one look at the prediction log)."""

    name: str
    watched: Record
    decision: Record

    def get(self, key: str) -> Any:
        """A value of the decision, else of the summary: they share names."""
        return self.decision.get(key, self.watched.get(key))

    def pr_auc(self, who: str) -> float | None:
        """PR-AUC of champion, challenger or baseline on the month, or of what the service really answered."""
        if who == "served":
            answered = [v for v in (self.watched.get("served") or {}).get("versions", []) if "shadow" not in v["what"]]
            return max(answered, key=lambda v: v["flights"])["pr_auc"] if answered else None
        value = self.decision.get(f"{who}_pr_auc")
        return self.watched.get("pr_auc") if value is None and who == "champion" else value


def months(at: Paths) -> list[Month]:
    """Every month that was watched or decided, in order; looks at the prediction log last."""
    watched = {file.name.removesuffix(".summary.json"): read(file) for file in at.reports.glob("drift/*.summary.json")}
    decided = {file.stem: read(file) for file in at.reports.glob("retraining/*.json")}
    names = sorted({*watched, *decided}, key=lambda name: (not MONTH.match(name), name))
    return [Month(name, watched.get(name, {}), decided.get(name, {})) for name in names]


def read(file: Path) -> Record:
    """A JSON object of ours; empty when it is damaged."""
    try:
        value = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def page(params: Params, at: Paths) -> str:
    """The whole page."""
    known = months(at)
    timed = [month for month in known if MONTH.match(month.name)]
    measured = [who for who in LINES if any(month.pr_auc(who) is not None for month in timed)]
    body = [
        f"<h1>{escape(MODEL_NAME)}: status</h1>",
        f"<p>{answering(at)}</p>",
        '<div class="charts">',
        figure("Drift: share of columns that moved", bars(timed, params.monitor.drift_share), ()),
        figure("Quality: PR-AUC on each month", lines(timed), measured),
        "</div>",
        "<h2>Months</h2>",
        table(known) if known else "<p>No month was watched yet: run <code>nox -s monitor</code>.</p>",
        "<h2>Messages</h2>",
        messages(alerts(at)),
        f'<p class="soft">Written {datetime.now(UTC):%Y-%m-%d %H:%M} UTC by a run of monitor, retrain or status.</p>',
    ]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(MODEL_NAME)}: status</title><style>{STYLE}</style></head>\n"
        f"<body><main>\n{chr(10).join(body)}\n</main></body></html>\n"
    )


def answering(at: Paths) -> str:
    """The version that answers now, since when, and what it learned from."""
    version = read(at.serving / "current.json").get("version")
    if version is None:
        return '<span class="bad">No model was promoted yet.</span>'
    manifest = read(at.serving / str(version) / "manifest.json")
    learned = manifest.get("window", {}).get("train", [])
    text = f"Version {version} answers"
    text += f" since {manifest['promoted_at'][:10]}" if "promoted_at" in manifest else ""
    text += f", trained on {learned[0]} to {learned[-1]}" if learned else ""
    return escape(text + ".")


def figure(title: str, drawing: str, key: Iterable[str]) -> str:
    """A chart with its title and its legend."""
    legend = "".join(f'<span><i style="background: var(--{name})"></i>{name}</span>' for name in key)
    svg = f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">{drawing}</svg>'
    return f'<figure><h2>{escape(title)}</h2>{svg}<div class="key">{legend}</div></figure>'


def frame(names: list[str], top: float) -> tuple[str, Callable[[int], float], Callable[[float], float]]:
    """The axes, and where a month and a value stand."""
    step = (WIDTH - LEFT) / max(1, len(names))
    floor = HEIGHT - BOTTOM

    def x(place: int) -> float:
        return round(LEFT + step * (place + 0.5), 1)

    def y(value: float) -> float:
        return round(floor - (floor - TOP) * min(value, top) / top, 1)

    every = len(names) // 7 + 1
    marks = [f'<text x="{x(i)}" y="{HEIGHT - 8}" text-anchor="middle">{escape(n)}</text>' for i, n in enumerate(names)]
    scale = [
        f'<line class="axis" x1="{LEFT}" x2="{WIDTH}" y1="{y(v)}" y2="{y(v)}"/>'
        f'<text x="{LEFT - 6}" y="{y(v) + 4}" text-anchor="end">{v:.2f}</text>'
        for v in (0, top / 2, top)
    ]
    return "".join(scale + marks[::every]), x, y


def bars(known: list[Month], limit: float) -> str:
    """The share of drifted columns of each month, with the share from which the month counts as drifted."""
    axes, x, y = frame([month.name for month in known], 1.0)
    width = min(40.0, 0.6 * (WIDTH - LEFT) / max(1, len(known)))
    drawn = []
    for place, month in enumerate(known):
        share = float(month.get("drift_share") or 0)
        over = " over" if month.get("drift") else ""
        drawn.append(
            f'<rect class="bar{over}" x="{x(place) - width / 2:.1f}" y="{y(share)}" width="{width:.1f}" '
            f'height="{y(0) - y(share):.1f}"><title>{escape(month.name)}: {share:.0%}</title></rect>'
        )
    line = f'<line class="limit" x1="{LEFT}" x2="{WIDTH}" y1="{y(limit)}" y2="{y(limit)}"/>'
    return axes + "".join(drawn) + line


def lines(known: list[Month]) -> str:
    """PR-AUC of everyone who was measured, month by month."""
    measured = {who: [(place, m.pr_auc(who)) for place, m in enumerate(known)] for who in LINES}
    found = {who: [(place, value) for place, value in row if value is not None] for who, row in measured.items()}
    highest = max((value for row in found.values() for _, value in row), default=0.5)
    axes, x, y = frame([month.name for month in known], min(1.0, 0.1 * int(highest * 10 + 1)))
    drawn = []
    for who, row in found.items():
        path = " ".join(f"{x(place)},{y(value)}" for place, value in row)
        drawn.append(f'<polyline points="{path}" fill="none" stroke="var(--{who})" stroke-width="2"/>')
        for place, value in row:
            title = f"<title>{escape(known[place].name)}, {who}: {value:.3f}</title>"
            drawn.append(f'<circle cx="{x(place)}" cy="{y(value)}" r="4" fill="var(--{who})">{title}</circle>')
    return axes + "".join(drawn)


def table(known: list[Month]) -> str:
    """Everything about every month in words, newest first."""
    numbers = ("Flights", "Drift", "Champion", "Challenger", "Baseline", "Served")
    head = "".join(f'<th scope="col" class="n">{name}</th>' for name in numbers)
    rows = "".join(f"<tr>{''.join(cells(month))}</tr>" for month in reversed(known))
    return (
        '<div class="scroll" tabindex="0" role="region" aria-label="Months"><table>'
        "<caption>PR-AUC of those who were measured; the decision, and why</caption>"
        f'<thead><tr><th scope="col">Month</th>{head}<th scope="col">Decision</th><th scope="col">Columns that moved'
        f"</th></tr></thead><tbody>{rows}</tbody></table></div>"
    )


def cells(month: Month) -> list[str]:
    """One row."""
    link = month.watched.get("report")
    name = escape(month.name)
    if isinstance(link, str):
        name = f'<a href="{escape(link.removeprefix("reports/"))}">{name}</a>'
    share = month.get("drift_share")
    drift = "-" if share is None else f"{share:.0%}"
    champion = figures(month.pr_auc("champion")) + (" decayed" if month.get("decayed") else "")
    rows = month.watched.get("rows")
    version = month.decision.get("version")
    decision = str(month.decision.get("decision", "not decided")).replace("_", " ")
    reasons = "; ".join(map(str, month.decision.get("reasons", [])))
    said = f"{escape(decision)}{f', version {escape(str(version))}' if version else ''}"
    return [
        f'<th scope="row">{name}</th>',
        f'<td class="n">{f"{rows:,}" if isinstance(rows, int) else "-"}</td>',
        f'<td class="n{" bad" if month.get("drift") else ""}">{drift}</td>',
        f'<td class="n{" bad" if month.get("decayed") else ""}">{champion}</td>',
        *(f'<td class="n">{figures(month.pr_auc(who))}</td>' for who in LINES[1:]),
        f'<td>{said}<br><span class="soft">{escape(reasons)}</span></td>',
        f"<td>{escape(', '.join(map(str, month.get('drifted_columns') or [])) or 'none')}</td>",
    ]


def figures(value: float | None) -> str:
    """A PR-AUC, or a dash."""
    return "-" if value is None else f"{value:.3f}"


def messages(sent: list[Alert]) -> str:
    """The newest messages, and whether anybody got them."""
    if not sent:
        return "<p>Nobody had to be told anything.</p>"
    rows = "".join(
        f'<tr><td class="n">{escape(alert.time[:16].replace("T", " "))}</td><td>{escape(alert.kind)}</td>'
        f"<td>{escape(alert.text)}<br><span class='soft'>{escape(alert.runbook)}</span></td>"
        f"<td>{'sent' if alert.sent else 'kept here only'}</td></tr>"
        for alert in reversed(sent[-SHOWN_ALERTS:])
    )
    return (
        '<div class="scroll said" tabindex="0" role="region" aria-label="Messages"><table><thead><tr>'
        '<th scope="col" class="n">When (UTC)</th><th scope="col">Kind</th><th scope="col">Message and runbook</th>'
        f'<th scope="col">Webhook</th></tr></thead><tbody>{rows}</tbody></table></div>'
    )


def write(params: Params, at: Paths) -> Path:
    """Write the page, whole or not at all; returns where it is."""
    file = at.reports / "status.html"
    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_suffix(".new")
    beside.write_text(page(params, at), encoding="utf-8")
    beside.replace(file)
    return file


if __name__ == "__main__":
    with one_sentence():
        print(write(load_params(), paths()))
