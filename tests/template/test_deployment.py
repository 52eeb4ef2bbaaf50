"""What deploys the generated project is true to its formats, closed by default, and its commands work.

No container runs here: definitions are held against the schemas of those who read them, and the commands in them are
executed without the container around.
"""

from __future__ import annotations

import json
import re
import shlex
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import kubernetes_validate
import promql_parser
import pytest
import yaml
from readykit import scaffold
from waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Lived

TOOLS = Path(sys.executable).parent
KUBERNETES = "1.33"  # the oldest that is still looked after
PINNED = re.compile(r"\S+:v?\d[\w.-]*@sha256:[0-9a-f]{64}")


def tool(name: str, *words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(TOOLS / name), *words], cwd=cwd, capture_output=True, text=True, timeout=60)


@pytest.fixture(scope="module")
def compose(generated: Path) -> dict[str, Any]:
    return yaml.safe_load((generated / "compose.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def manifests(generated: Path) -> dict[str, dict[str, Any]]:
    """What `kubectl apply -k ops/k8s` would send, by kind."""
    done = tool("kubectl", "kustomize", "ops/k8s", cwd=generated)
    assert done.returncode == 0, done.stderr
    return {manifest["kind"]: manifest for manifest in yaml.safe_load_all(done.stdout)}


# -- the image --------------------------------------------------------------------------------------------------------
def test_the_dockerfile_has_no_fault_that_its_linter_knows(generated: Path) -> None:
    done = tool("hadolint", "Dockerfile", cwd=generated)
    assert done.stdout + done.stderr == ""
    assert done.returncode == 0


def test_every_image_is_pinned_by_its_digest(generated: Path, compose: dict[str, Any]) -> None:
    bases = re.findall(r"^FROM (\S+)", (generated / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    built = {service["image"] for service in compose["services"].values() if "build" in service}
    images = {*bases, *(service["image"] for service in compose["services"].values())} - built
    assert len(images) == 4
    assert [image for image in images if not PINNED.fullmatch(image)] == []


def test_what_the_dockerfile_copies_is_sent_to_the_builder(generated: Path) -> None:
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", (generated / "Dockerfile").read_text(), re.MULTILINE)
    kept = set(re.findall(r"^!(\S+)$", (generated / ".dockerignore").read_text(), re.MULTILINE))
    assert {name for line in copied for name in line.split()} == kept
    assert all((generated / name).exists() for name in kept)


def test_the_lock_gives_the_image_what_it_installs(generated: Path) -> None:
    steps = re.findall(r"^RUN uv (sync .+)$", (generated / "Dockerfile").read_text(), re.MULTILINE)
    assert len(steps) == 2
    for words in steps:
        done = tool("uv", *shlex.split(words), "--dry-run", "--quiet", "--offline", cwd=generated)
        assert done.returncode == 0, done.stderr


# -- compose ----------------------------------------------------------------------------------------------------------
def test_compose_is_what_its_specification_allows(generated: Path) -> None:
    done = tool("check-jsonschema", "--builtin-schema", "vendor.compose-spec", "compose.yaml", cwd=generated)
    assert done.returncode == 0, done.stdout


def test_the_small_teams_parts_are_limited_watched_and_closed(generated: Path, compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert set(services) >= {"service", "mlflow", "prefect", "retraining", "prometheus", "alertmanager", "grafana"}
    for name, service in services.items():
        assert service["deploy"]["resources"]["limits"].keys() == {"cpus", "memory"}, name
        assert service["healthcheck"], name
        assert service["cap_drop"] == ["ALL"], name
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", [])), name
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            made_by_running = re.match(r"\./(models|mlflow\.db|mlartifacts|reports)", source)
            assert source in compose["volumes"] or made_by_running or (generated / source).exists(), f"{name}: {source}"


def test_no_password_has_a_default_and_every_one_is_in_the_example(generated: Path, compose: dict[str, Any]) -> None:
    example = (generated / ".env.example").read_text(encoding="utf-8")
    secrets = [
        (name, value)
        for service in compose["services"].values()
        for name, value in service.get("environment", {}).items()
        if re.search("PASSWORD|AUTH_STRING", name)
    ]
    assert len(secrets) == 3
    for name, value in secrets:
        asked = re.fullmatch(r"\$\{(\w+):\?[^}]+\}", value)
        assert asked, f"{name} has a default or a value: {value}"
        assert f"{asked[1]}=" in example
    assert compose["services"]["grafana"]["environment"]["GF_AUTH_ANONYMOUS_ENABLED"] == "false"


# -- Kubernetes -------------------------------------------------------------------------------------------------------
def test_the_manifests_render_and_are_what_the_api_takes(manifests: dict[str, dict[str, Any]]) -> None:
    expected = {"Namespace", "ServiceAccount", "PersistentVolumeClaim", "Service", "StatefulSet", "NetworkPolicy"}
    assert set(manifests) == expected | {"HorizontalPodAutoscaler", "PodDisruptionBudget"}
    for manifest in manifests.values():
        kubernetes_validate.validate(manifest, KUBERNETES, strict=True)


def test_the_copies_are_bounded_probed_and_may_do_nothing_more(manifests: dict[str, dict[str, Any]]) -> None:
    pod = manifests["StatefulSet"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert re.fullmatch(r"flight-delays:\d+\.\d+\.\d+", container["image"])
    assert container["resources"]["requests"].keys() == container["resources"]["limits"].keys() == {"cpu", "memory"}
    probes = {name: container[f"{name}Probe"]["httpGet"]["path"] for name in ("startup", "liveness", "readiness")}
    assert probes == {"startup": "/livez", "liveness": "/livez", "readiness": "/readyz"}
    assert pod["securityContext"]["runAsNonRoot"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    mounted = {mount["name"] for mount in container["volumeMounts"]}
    claims = {claim["metadata"]["name"] for claim in manifests["StatefulSet"]["spec"]["volumeClaimTemplates"]}
    assert mounted == {volume["name"] for volume in pod["volumes"]} | claims


def test_labels_and_names_meet(manifests: dict[str, dict[str, Any]]) -> None:
    labels = manifests["StatefulSet"]["spec"]["template"]["metadata"]["labels"].items()
    for kind, path in {"Service": ("selector",), "StatefulSet": ("selector", "matchLabels")}.items():
        found: Any = manifests[kind]["spec"]
        for key in path:
            found = found[key]
        assert found
        assert found.items() <= labels
    scaled = manifests["HorizontalPodAutoscaler"]["spec"]["scaleTargetRef"]
    assert (scaled["kind"], scaled["name"]) == ("StatefulSet", manifests["StatefulSet"]["metadata"]["name"])
    assert manifests["NetworkPolicy"]["spec"]["policyTypes"] == ["Ingress", "Egress"]
    assert "egress" not in manifests["NetworkPolicy"]["spec"] or not manifests["NetworkPolicy"]["spec"]["egress"]


# -- Prometheus and Grafana -------------------------------------------------------------------------------------------
def expressions(project: Path) -> Iterator[str]:
    rules = yaml.safe_load((project / "ops" / "alerts.yml").read_text(encoding="utf-8"))
    for group in rules["groups"]:
        yield from (rule["expr"] for rule in group["rules"])
    dashboard = json.loads((project / "ops" / "grafana" / "dashboard.json").read_text(encoding="utf-8"))
    for panel in dashboard["panels"]:
        yield from (target["expr"] for target in panel["targets"])


def test_every_expression_is_promql(generated: Path) -> None:
    found = list(expressions(generated))
    assert len(found) > 12
    for expression in found:
        promql_parser.parse(expression)


def test_panels_do_not_overlap_and_each_has_a_title_of_its_own(generated: Path) -> None:
    dashboard = json.loads((generated / "ops" / "grafana" / "dashboard.json").read_text(encoding="utf-8"))
    titles = [panel["title"] for panel in dashboard["panels"]]
    assert len(set(titles)) == len(titles) >= 5
    taken: set[tuple[int, int]] = set()
    for panel in dashboard["panels"]:
        at = panel["gridPos"]
        cells = {(at["x"] + i, at["y"] + j) for i in range(at["w"]) for j in range(at["h"])}
        assert at["x"] + at["w"] <= 24
        assert not taken & cells, panel["title"]
        taken |= cells


def test_every_alert_leads_to_a_section_of_the_runbook(generated: Path) -> None:
    runbook = (generated / "docs" / "runbook.md").read_text(encoding="utf-8")
    titles = re.findall(r"^## (.+)$", runbook, re.MULTILINE)
    sections = {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}
    rules = yaml.safe_load((generated / "ops" / "alerts.yml").read_text(encoding="utf-8"))
    for group in rules["groups"]:
        for rule in group["rules"]:
            page, _, section = rule["annotations"]["runbook"].partition("#")
            assert page == "docs/runbook.md"
            assert section in sections, f"{rule['alert']} leads nowhere"


# -- the commands, without the containers -----------------------------------------------------------------------------
def free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def answers(url: str, process: subprocess.Popen[bytes]) -> bool:
    assert process.poll() is None, f"ended by itself before {url} answered"
    try:
        with urllib.request.urlopen(url, timeout=2) as response:
            return response.status == 200
    except OSError:
        return False


@pytest.mark.slow
def test_what_the_containers_start_answers_their_health_checks(lived: Lived, tmp_path: Path) -> None:
    """Each command of compose.yaml, with the folders and ports of this machine, until its own health check passes."""
    text = (lived.project / "compose.yaml").read_text(encoding="utf-8")
    dockerfile = (lived.project / "Dockerfile").read_text(encoding="utf-8")
    here = {"0.0.0.0": "127.0.0.1", "/app/mlflow": str(lived.project), "/app/prefect": str(lived.project / ".prefect")}
    for port in ("3000", "4200", "5000", "9109"):
        here[port] = free_port()

    def local(words: list[str]) -> list[str]:
        for there, mine in here.items():
            words = [word.replace(there, mine) for word in words]
        return words

    services = yaml.safe_load(text)["services"]
    services["service"]["command"] = json.loads(re.findall(r"^CMD (\[.+\])$", dockerfile, re.MULTILINE)[-1])
    running: dict[str, subprocess.Popen[bytes]] = {}
    env = scaffold.environment(lived.project) | {"PREFECT_HOME": here["/app/prefect"], "BENTOML_HOME": str(tmp_path)}
    env |= {"PREDICTION_LOG": str(tmp_path / "predictions.db"), "PREFECT_SERVER_API_AUTH_STRING": "admin:long"}
    try:
        for name in ("service", "mlflow", "prefect", "exporter"):
            words = local(services[name]["command"])
            command = scaffold.tool(lived.project, words[0], *words[1:])
            with (tmp_path / f"{name}.log").open("wb") as log:
                running[name] = subprocess.Popen(
                    command, cwd=lived.project, env=env, stdout=log, stderr=log, start_new_session=True
                )
        for name, process in running.items():
            kind, python, *script = local(services[name]["healthcheck"]["test"])
            assert (kind, python) == ("CMD", "python")
            (url,) = re.findall(r"http://[^']+", script[-1])
            until(lambda url=url, process=process: answers(url, process), 120, f"{name} does not answer")
            subprocess.run([sys.executable, *script], check=True)
    finally:
        for process in running.values():
            process.terminate()  # asked, not killed: BentoML's workers are in groups of their own
        for process in running.values():
            process.wait(30)
