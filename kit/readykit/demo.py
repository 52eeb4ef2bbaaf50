"""`kit demo`: a model's whole life in one go, on real data, told in a dozen lines with true figures.

It runs the very commands that the generated project offers its user, reads the files they leave, and stops every
process that it started, however it ends.
"""

from __future__ import annotations

import json
import socket
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

from . import scaffold
from .errors import StepError
from .steps import Steps
from .text import Style

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
    """The project that the demo makes and the commands that it runs there."""

    project: Path
    steps: Steps
    story: Story = field(default_factory=Story)
    port: int = 0

    def module(self, name: str, *words: str) -> str:
        """Run `python -m flight_delays.<name>` in the project's environment and return what it printed."""
        command = scaffold.tool(self.project, "python", "-m", f"{PACKAGE}.{name}", *words)
        return self.steps.run(command, cwd=self.project, env=scaffold.environment())

    def read(self, path: str) -> Any:
        """Return a JSON file of the project."""
        return json.loads((self.project / path).read_text(encoding="utf-8"))

    def ask(self, flights: list[Any]) -> Any:
        """Return the service's answer to a batch of flights."""
        body = json.dumps({"flights": flights}).encode()
        request = Request(f"http://127.0.0.1:{self.port}/predict", body, {"Content-Type": "application/json"})
        with urlopen(request, timeout=10) as answer:  # our own service on the loopback address
            return json.load(answer)

    def version(self) -> str:
        """Return the version that the running service answers with."""
        return str(self.ask([self.flight()])["model_version"])

    def flight(self) -> Any:
        """Return a real flight of the new month, as the service takes it."""
        return self.read(f"reports/example-{MONTH}.json")


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
    print(f"A model's whole life in {project}, on real flights. About two minutes after installation.\n", flush=True)
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
    with tale.steps.step("pipeline: ingest, validate, features, split, train, evaluate, register"):
        tale.steps.run(
            scaffold.tool(tale.project, "dvc", "repro"), cwd=tale.project, env=scaffold.environment()
        )
        scaffold.commit(tale.steps, tale.project, "Record the first run of the pipeline")
    with tale.steps.step("promote the challenger to champion"):
        tale.module("registry", "promote")


def _serve(tale: Demo) -> None:
    tale.port = _free_port()
    command = scaffold.tool(
        tale.project, "bentoml", "serve", f"{PACKAGE}.service:Service", "--host", "127.0.0.1", "--port", str(tale.port)
    )
    with tale.steps.step("serve it and ask about a real flight"):
        tale.steps.spawn(command, cwd=tale.project, env=scaffold.environment())
        _until_ready(tale.port)
        tale.version()


def _watch(tale: Demo) -> None:
    with tale.steps.step(f"drift report: {MONTH} arrives"):
        tale.module("monitor", "--month", MONTH)


def _retrain(tale: Demo) -> None:
    with tale.steps.step("retraining flow: score, watch, train, gate, promote or keep"):
        tale.module("flow", "once", "--month", MONTH)


def _roll_back(tale: Demo) -> None:
    with tale.steps.step("roll back under the running service"):
        tale.module("registry", "rollback")


def _audit(tale: Demo) -> None:
    from .auditor import audit

    with tale.steps.step("audit the project"):
        report = audit(tale.project)
    tale.story.tell("audit", f"{report.score.total:g} of 100, level {report.score.level}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _until_ready(port: int) -> None:
    deadline = time.monotonic() + _READY
    while True:
        try:
            with urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2) as answer:
                if answer.status == 200:
                    return
        except (URLError, OSError):
            pass
        if time.monotonic() > deadline:
            raise StepError(f"the service was not ready within {_READY:g} s; its output is in the log")
        time.sleep(0.05)


def _print(tale: Demo) -> None:
    style = Style.for_stream()
    print(style("\nWhat happened", "bold"))
    for topic, text in tale.story.lines:
        print(f"  {topic:12}{text}")
