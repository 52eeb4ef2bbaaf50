"""`kit demo`: a model's whole life in one go, on real data, told in a dozen lines with true figures.

It runs the very commands that the generated project offers its user, reads the files they leave, and stops every
process that it started, however it ends.
"""

from __future__ import annotations

import contextlib
import json
import socket
import textwrap
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

from readykit import scaffold
from readykit.errors import StepError
from readykit.steps import Steps
from readykit.text import Style

MONTH = "2013-07"  # the first month after the data that the first model was developed on
NAME = "flight-delays"
PACKAGE = "flight_delays"
_READY = 60.0  # seconds for the service to come up on a busy machine
_SWITCH = 10.0  # seconds for the running service to follow a promotion or a rollback: the project's promise


@dataclass
class Story:
    """What happened, as the end of the demo tells it."""

    lines: list[tuple[str, str]] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)

    def tell(self, topic: str, text: str, **figures: Any) -> None:
        """Add a line, and the figures behind it."""
        self.lines.append((topic, text))
        self.figures.update(figures)


@dataclass
class Demo:
    """The project that the demo makes, and the commands that it runs there."""

    project: Path
    steps: Steps
    story: Story = field(default_factory=Story)
    url: str = ""
    flight: Any = None

    def module(self, name: str, *words: str, **env: str) -> str:
        """Run `python -m flight_delays.<name>` in the project's environment and return what it printed."""
        command = scaffold.tool(self.project, "python", "-m", f"{PACKAGE}.{name}", *words)
        return self.steps.run(command, cwd=self.project, env=scaffold.environment(self.project) | env)

    def read(self, path: str) -> Any:
        """Return a JSON file of the project."""
        return json.loads((self.project / path).read_text(encoding="utf-8"))

    def ask(self) -> Any:
        """Return the running service's answer about the flight."""
        body = json.dumps({"flights": [self.flight]}).encode()
        request = Request(f"{self.url}/predict", body, {"Content-Type": "application/json"})  # noqa: S310 - our own, on loopback
        with urlopen(request, timeout=10) as answer:  # noqa: S310
            return json.load(answer)

    def until_answered_by(self, version: str) -> float:
        """Wait until the running service answers with `version`; return the seconds that took.

        Raises:
            StepError: it did not within the time that the project promises.
        """
        start = time.monotonic()
        while (answered := str(self.ask()["model_version"])) != version:
            if time.monotonic() - start > _SWITCH:
                raise StepError(
                    f"the service still answers with version {answered}, not {version}, after {_SWITCH:g} s"
                )
            time.sleep(0.05)
        return time.monotonic() - start


def demo(dest: str, figures: str | None = None) -> None:
    """Run the whole story and print it.

    Args:
        dest: the folder to make.
        figures: a file for the figures and the seconds of each step, as JSON.

    Raises:
        UsageError: the folder is not empty, or git is missing.
        StepError: a step failed; the message names it and its log.
    """
    project = Path(dest)
    scaffold.check_target(project)
    print(f"A model's whole life in {project}, on real flights: two minutes at most.\n", flush=True)
    with Steps(project / scaffold.LOG) as steps:
        tale = Demo(project, steps)
        scaffold.build(steps, project, {"project_name": NAME}, defaults=True)
        for chapter in (_train, _serve, _watch, _retrain, _roll_back, _audit):
            chapter(tale)
    _print(tale)
    if figures:
        values = {"seconds": steps.seconds, "figures": tale.story.figures}
        Path(figures).write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")


def _train(tale: Demo) -> None:
    with tale.steps.step("run the pipeline: ingest to register") as notes:
        scaffold.run_pipeline(tale.steps, tale.project)
        months = tale.read("reports/validation.json")
        rows = sum(month["rows"] for month in months.values())
        notes.append(f"{rows:,} flights")
    metrics, gate = tale.read("reports/metrics.json"), tale.read("reports/gate.json")
    ours, baseline = metrics["challenger"]["pr_auc"], metrics["baseline"]["pr_auc"]
    first, last = min(months), max(months)
    tale.story.tell("data", f"{rows:,} flights from New York, {first} to {last}, versioned by DVC", rows=rows)
    tale.story.tell(
        "champion",
        f"version 1, PR-AUC {ours:.3f} on {gate['month']}; baseline (carrier and hour) {baseline:.3f}",
        champion=ours,
        baseline=baseline,
    )


def _start_service(tale: Demo) -> None:
    """Start the service; it is ready once it finds a champion."""
    port = _free_port()
    tale.url = f"http://127.0.0.1:{port}"
    service = scaffold.tool(tale.project, "bentoml", "serve", f"{PACKAGE}.service:Service", "--port", str(port))
    tale.steps.spawn(service, cwd=tale.project, env=scaffold.environment(tale.project))


def _serve(tale: Demo) -> None:
    with tale.steps.step("promote it, ask the service about a real flight"):
        _start_service(tale)
        tale.module("registry", "promote")
        _until_ready(tale.url)
        printed = tale.module("client", "ask", SERVICE_URL=tale.url)
    # The service writes to the same log, so its lines may stand before and after.
    question, _, answer = printed[printed.index("POST ") :].partition("\n-> ")
    tale.flight = json.loads(question.partition("\n")[2])["flights"][0]
    found, _ = json.JSONDecoder().raw_decode(answer)
    risk = found["predictions"][0]["probability"]
    flight = tale.flight
    name = f"{flight['carrier']} {flight['origin']}-{flight['dest']} {flight['date']} {flight['sched_dep_time']}"
    tale.story.tell(
        "service",
        f"{name}: {risk:.0%} risk of 30 minutes late, says version {found['model_version']} (it was)",
        risk=risk,
    )


def _watch(tale: Demo) -> None:
    with tale.steps.step(f"drift report: {MONTH} arrives") as notes:
        tale.module("monitor", "--month", MONTH)
        found = tale.read(f"reports/drift/{MONTH}.summary.json")
        columns = list(found["drifted_columns"])
        notes.append(f"{len(columns)} columns drifted")
    shown = ", ".join(columns[:4]) + (", ..." if len(columns) > 4 else "")
    tale.story.tell("drift", f"{MONTH}: {len(columns)} columns ({shown})", drifted=columns)


def _retrain(tale: Demo) -> None:
    with tale.steps.step("retraining flow: watch, train, gate, decide") as notes:
        tale.module("flow", "once", "--month", MONTH)
        found = tale.read(f"reports/retraining/{MONTH}.json")
        if found["decision"] == "promoted":
            tale.until_answered_by(str(found["version"]))
        notes.append(found["decision"])
    ours, champion, baseline = (found[f"{who}_pr_auc"] for who in ("challenger", "champion", "baseline"))
    why = f"beats the champion by {ours - champion:.3f}" if found["decision"] == "promoted" else found["reasons"][0]
    scores = f"retrained, PR-AUC {ours:.3f} on {MONTH}; champion {champion:.3f}"
    tale.story.tell("challenger", f"{scores}, baseline {baseline:.3f}", challenger=ours)
    tale.story.tell(
        "decision", f"{found['decision']}, {why}; version {found['version']} answers", decision=found["decision"]
    )


def _roll_back(tale: Demo) -> None:
    if tale.story.figures["decision"] != "promoted":
        tale.story.tell("rollback", "nothing to roll back: the champion was kept")
        return
    with tale.steps.step("roll back under the running service"):
        tale.module("registry", "rollback", "--why", "the demo shows it")
        seconds = tale.until_answered_by("1")
    tale.story.tell("rollback", f"version 1 answered again {seconds:.1f} s after the command", rollback_seconds=seconds)


def _audit(tale: Demo) -> None:
    from readykit.auditor import audit
    from readykit.report.words import LEVELS

    with tale.steps.step("audit the project"):
        report = audit(tale.project)
    total, level = report.score.total or 0.0, report.score.level or 0
    tale.story.tell(
        "audit",
        f"{total:g} of 100, level {level} {LEVELS[level]}, over {len(report.findings)} checks",
        score=total,
        level=level,
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _until_ready(url: str) -> None:
    deadline = time.monotonic() + _READY
    while time.monotonic() < deadline:
        with contextlib.suppress(URLError, OSError), urlopen(f"{url}/readyz", timeout=2):  # noqa: S310 - our own, on loopback
            return
        time.sleep(0.05)
    raise StepError(f"the service was not ready within {_READY:g} s; its output is in the log")


def _print(tale: Demo) -> None:
    style = Style.for_stream()
    folder = tale.project
    files = f"{folder}/reports/drift/{MONTH}.html, {folder}/docs/model-card.md"
    print(style("\nWhat happened", "bold"))
    for topic, text in [*tale.story.lines, ("files", files)]:
        start, indent = f"  {topic:12}", " " * 14
        print(textwrap.fill(text, 80, initial_indent=start, subsequent_indent=indent, break_on_hyphens=False))
    print(style("\nGo on", "bold"))
    for command, why in (
        (f"cd {folder}", "the project is yours: README.md is the way in"),
        ("uv run nox -s serve", "the champion over HTTP; `nox -l` lists the rest"),
        ("uv run nox -s ui", "every run and version, in the browser"),
    ):
        print(f"  {command:24} {why}")
