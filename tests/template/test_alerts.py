"""The generated project's alerts, held by Prometheus itself: their rules against series, and the whole way for real.

Prometheus and Alertmanager are the distribution's, which `.ci/run` installs; the versions of compose.yaml are newer.
"""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import threading
import urllib.parse
import urllib.request
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from readykit import scaffold
from waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Lived


def tool(name: str) -> str:
    """Where a program of Prometheus is."""
    found = shutil.which(name)
    if not found:
        pytest.skip(f"{name} is not on this machine; Debian's packages prometheus and prometheus-alertmanager have it")
    return found


def accepts(*words: str, cwd: Path) -> None:
    """The program finds nothing to complain about."""
    done = subprocess.run([tool(words[0]), *words[1:]], cwd=cwd, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def rules(generated: Path) -> dict[str, dict[str, Any]]:
    """The rules by the name of their alert."""
    groups = yaml.safe_load((generated / "ops" / "alerts.yml").read_text(encoding="utf-8"))["groups"]
    return {rule["alert"]: rule for group in groups for rule in group["rules"]}


# -- the files --------------------------------------------------------------------------------------------------------
def test_the_configurations_are_what_their_programs_take(generated: Path, tmp_path: Path) -> None:
    text = (generated / "ops" / "prometheus.yml").read_text(encoding="utf-8")
    (tmp_path / "prometheus.yml").write_text(text.replace("/etc/prometheus", str(generated / "ops")), encoding="utf-8")
    accepts("promtool", "check", "config", "--lint-fatal", "prometheus.yml", cwd=tmp_path)
    accepts("promtool", "check", "rules", "--lint-fatal", "alerts.yml", cwd=generated / "ops")
    accepts("amtool", "check-config", "alertmanager.yml", cwd=generated / "ops")


def test_every_alert_fires_when_it_should_and_only_then(
    rules: dict[str, dict[str, Any]], generated: Path, tmp_path: Path
) -> None:
    given = yaml.safe_load((Path(__file__).parent / "alerts.test.yml").read_text(encoding="utf-8"))
    seen: set[tuple[str, bool]] = set()
    for case in (case for test in given["tests"] for case in test["alert_rule_test"]):
        rule = rules[case["alertname"]]
        seen.add((case["alertname"], bool(case["exp_alerts"])))
        for alert in case["exp_alerts"]:
            alert["exp_labels"] = alert.get("exp_labels", {}) | rule["labels"]
            alert["exp_annotations"] = rule["annotations"]
    assert seen == {(name, fires) for name in rules for fires in (True, False)}
    shutil.copy(generated / "ops" / "alerts.yml", tmp_path)
    (tmp_path / "test.yml").write_text(yaml.safe_dump(given), encoding="utf-8")
    accepts("promtool", "test", "rules", "test.yml", cwd=tmp_path)


# -- the whole way ----------------------------------------------------------------------------------------------------
def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def get(url: str) -> Any:
    """What an address answers as JSON, or None while nobody does."""
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return json.loads(response.read() or b"null")
    except (OSError, json.JSONDecodeError):
        return None


@contextmanager
def running(command: list[str], log: Path, cwd: Path, env: dict[str, str] | None = None) -> Iterator[None]:
    """A program while it is needed; asked to stop in the end."""
    with log.open("wb") as lines:
        process = subprocess.Popen(command, cwd=cwd, env=env, stdout=lines, stderr=lines, start_new_session=True)
    try:
        yield
    finally:
        process.terminate()
        process.wait(30)


@contextmanager
def chat() -> Iterator[tuple[int, list[str]]]:
    """What the team reads: a port that takes messages as Slack does, and the messages."""
    told: list[str] = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Hook)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port, told
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def configured(project: Path, folder: Path, changes: dict[str, str]) -> None:
    """The project's own configurations with the addresses of this machine, and seconds instead of minutes to wait."""
    for name in ("prometheus.yml", "alerts.yml", "alertmanager.yml"):
        text = (project / "ops" / name).read_text(encoding="utf-8")
        for there, here in changes.items():
            text = text.replace(there, here)
        (folder / name).write_text(text, encoding="utf-8")


def answer(prometheus: str, expression: str) -> list[dict[str, Any]]:
    """What Prometheus finds for an expression now."""
    found = get(f"{prometheus}/api/v1/query?query={urllib.parse.quote(expression)}")
    assert found, expression
    assert found["status"] == "success", expression
    result: list[dict[str, Any]] = found["data"]["result"]
    return result


@pytest.mark.slow
def test_what_the_service_does_reaches_prometheus_the_dashboard_and_the_team(lived: Lived, tmp_path: Path) -> None:
    """Service, exporter, Prometheus and Alertmanager as in compose.yaml; the newest month drifted."""
    service, exporter, prometheus, manager = (free_port() for _ in range(4))
    summary = max((lived.project / "reports" / "drift").glob("*.summary.json"))
    project = tmp_path / "reports" / "drift"
    project.mkdir(parents=True)
    drifted = json.loads(summary.read_text(encoding="utf-8")) | {"drift_share": 0.5}
    (project / summary.name).write_text(json.dumps(drifted), encoding="utf-8")
    shutil.copy(lived.project / "params.yaml", tmp_path)
    package = next((lived.project / "src").glob("*/service.py")).parent.name
    env = scaffold.environment(lived.project)
    env |= {"BENTOML_HOME": str(tmp_path), "PREDICTION_LOG": str(tmp_path / "predictions.db")}
    url = f"http://127.0.0.1:{prometheus}"
    with ExitStack() as stack:
        port, told = stack.enter_context(chat())
        (tmp_path / "notify_webhook").write_text(f"http://127.0.0.1:{port}", encoding="utf-8")
        changes = {"service:3000": f"127.0.0.1:{service}", "exporter:9109": f"127.0.0.1:{exporter}"}
        changes |= {"alertmanager:9093": f"127.0.0.1:{manager}", "/etc/prometheus": str(tmp_path)}
        changes |= {"/run/secrets": str(tmp_path), "15s": "1s", "30s": "1s"}
        configured(lived.project, tmp_path, changes)
        serve = scaffold.tool(lived.project, "bentoml", "serve", f"{package}.service:Service", "--port", str(service))
        export = scaffold.tool(lived.project, "python", "-m", f"{package}.exporter", "--port", str(exporter))
        watch = [tool("prometheus"), "--config.file=prometheus.yml", "--storage.tsdb.path=metrics"]
        watch.append(f"--web.listen-address=127.0.0.1:{prometheus}")
        tell = [tool("prometheus-alertmanager"), "--config.file=alertmanager.yml", "--storage.path=alerts"]
        tell += ["--cluster.listen-address=", f"--web.listen-address=127.0.0.1:{manager}"]
        stack.enter_context(running(serve, tmp_path / "service.log", lived.project, env))
        elsewhere = env | {"PROJECT_ROOT": str(tmp_path)}
        stack.enter_context(running(export, tmp_path / "exporter.log", lived.project, elsewhere))
        stack.enter_context(running(tell, tmp_path / "alertmanager.log", tmp_path))
        stack.enter_context(running(watch, tmp_path / "prometheus.log", tmp_path))

        def health() -> list[str]:
            targets = get(f"{url}/api/v1/targets")
            return [target["health"] for target in targets["data"]["activeTargets"]] if targets else []

        until(lambda: health() == ["up", "up"], 60, "Prometheus does not reach service and exporter")
        body = lived.run("python", "-c", f"from {package}.client import BODY; print(BODY)").stdout.encode()

        def counted() -> bool:  # it keeps asking: of a counter that stands still nothing is to be seen
            assert predict(service, body) == 200
            return bool(answer(url, "sum(rate(prediction_requests_total[5m])) > 0"))

        until(counted, 30, "no answer was counted")
        silent = [one for one in panels(lived.project) if not answer(url, one)]
        assert [one for one in silent if "challenger_failures" not in one] == [], "a panel without a line"
        until(lambda: any("The newest month has drifted" in message for message in told), 30, "the team was not told")
        firing = {one["metric"]["alertname"] for one in answer(url, 'ALERTS{alertstate="firing"}')}
        assert "DataDrifted" in firing
        assert not firing & {"ServiceIsDown", "AnswersFail", "AnswersAreSlow"}
    assert "docs/runbook.md#drift" in "".join(told)


def predict(port: int, body: bytes) -> int:
    """Ask the service; returns the status of its answer."""
    request = urllib.request.Request(f"http://127.0.0.1:{port}/predict", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as response:
        return int(response.status)


def panels(project: Path) -> list[str]:
    """The expressions of the dashboard."""
    dashboard = json.loads((project / "ops" / "grafana" / "dashboard.json").read_text(encoding="utf-8"))
    return [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
