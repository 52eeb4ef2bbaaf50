"""What deployment files really bring up: stages of images, Terraform that a root reaches, probes, copied charts."""

from __future__ import annotations

from readykit import catalogue
from readykit.facts.yaml import extract
from readykit.images import brings_code, dockerfiles, missing_code, own_image, starts_service
from readykit.infrastructure import compose, terraform
from readykit.probes import probes
from readykit.project import Project
from readykit.repo import Repo
from readykit.web import behind, prediction_routes


def of(files: dict[str, str]) -> Project:
    return Project(Repo.of(files), catalogue.toolbox())


def test_a_task_with_a_provisioner_is_one_of_taskcluster() -> None:
    text = (
        "version: 1\ntasks:\n  - provisionerId: p\n    payload:\n      command:\n        - weigh-boats\n        - '7'\n"
    )
    commands = [fact for fact in extract(text, "infra/check.yml") if fact.kind == "command"]
    assert [(fact.name, fact.detail["runner"]) for fact in commands] == [("weigh-boats 7", "taskcluster")]


def test_the_last_stage_and_what_it_is_built_from() -> None:
    text = (
        "ARG V=3.12.1\nFROM python:${V} AS base\nUSER app\nEXPOSE 80\n"
        "FROM node:22 AS page\nFROM base AS out\nCOPY . .\nCOPY --from=page /x /y\n"
    )
    tree = of({"Dockerfile": text})
    (image,) = dockerfiles(tree)
    assert image.filled("python:${V}") == "python:3.12.1"
    assert [fact.name for fact in image.last_stage] == ["FROM", "COPY", "COPY"]
    assert "USER" in [fact.name for fact in image.chain()]
    assert [source for _, source in image.sources()] == ["."]
    assert starts_service(tree, image)
    assert brings_code(image)


def test_images_of_a_workshop_are_none() -> None:
    text = "FROM python:3.12\nCOPY . .\n"
    assert not dockerfiles(of({".devcontainer/Dockerfile": text, "docker/Dockerfile.dev": text, "Dockerfile.ci": text}))


def test_dockerfiles_by_any_name_and_in_a_folder_called_build() -> None:
    text = "FROM python:3.12\nCOPY . .\n"
    tree = of({"Dockerfile_api": text, "train.dockerfile": text, "build/Dockerfile": text, ".docker/Dockerfile": text})
    assert len(dockerfiles(tree)) == 4
    assert tree.role("build/Dockerfile") == "code"


def test_code_that_an_image_copies_and_nobody_has() -> None:
    tree = of({"app/Dockerfile": "FROM python:3.12\nCOPY serve.py src/ model.bin ./\n", "app/train.py": ""})
    (image,) = dockerfiles(tree)
    assert [name for _, name in missing_code(tree, image)] == ["serve.py"]


def test_whose_image_it_is() -> None:
    tree = Project(
        Repo.of({"tide_service/Dockerfile": "FROM x:1\nCOPY . .\n"}, "harbour+forecasts"), catalogue.toolbox()
    )
    assert own_image(tree, "registry/harbour/anything:1")
    assert own_image(tree, "registry/tide-service:1")
    assert own_image(tree, "${IMAGE}")
    assert not own_image(tree, "grafana/grafana:10")


def test_terraform_follows_modules_from_the_root() -> None:
    tree = of(
        {
            "infra/main.tf": 'provider "aws" {}\nmodule "a" {\n  source = "./a"\n}\n',
            "infra/a/main.tf": 'resource "aws_instance" "x" {\n  instance_type = "t3.small"\n}\n',
            "infra/b/main.tf": 'resource "aws_instance" "y" {\n  instance_type = "t3.small"\n}\n',
            "infra_old/main.tf": 'provider "aws" {}\nresource "aws_instance" "z" {\n}\n',
        }
    )
    found = terraform(tree)
    assert {fact.name for fact in found.live} == {"module.a", "resource.aws_instance.x"}
    assert {fact.name for fact in found.idle} == {"resource.aws_instance.y"}


def test_a_compose_file_that_lasts_and_one_for_developing() -> None:
    lasting = "services:\n  a:\n    build: .\n    restart: always\n    mem_limit: 1g\n"
    trying = "services:\n  a:\n    build: .\n"
    found = compose(of({"compose.yaml": lasting, "x/docker-compose.yml": trying, "docker-compose.dev.yml": lasting}))
    assert [(file.own.at.path, file.lasting) for file in found] == [
        ("compose.yaml", True),
        ("x/docker-compose.yml", False),
    ]


def test_probes_of_others_are_not_the_project_s() -> None:
    manifest = (
        "kind: Deployment\nspec:\n  containers:\n    - image: {image}\n"
        "      livenessProbe:\n        httpGet:\n          path: /healthz\n          port: 80\n"
    )
    own = manifest.replace("{image}", "registry/example:1")
    other = manifest.replace("{image}", "grafana/grafana:1")
    found = probes(of({"k8s/a.yaml": own, "k8s/b.yaml": other}))
    assert [(probe.fact.at.path, probe.paths) for probe in found] == [("k8s/a.yaml", ["/healthz"])]


def test_a_published_chart_is_somebody_else_s() -> None:
    marks = "name: grafana\nhome: https://grafana.com\nsources:\n  - https://github.com/grafana\n"
    tree = of({"charts/grafana/Chart.yaml": marks, "charts/tides/Chart.yaml": "name: tides\nversion: 0.1.0\n"})
    assert [tree.role(f"charts/{name}/Chart.yaml") for name in ("grafana", "tides")] == ["vendored", "code"]


def test_what_stands_behind_a_route() -> None:
    tree = of(
        {
            "app.py": "import fastapi, holder\napp = fastapi.FastAPI()\n@app.post('/predict')\ndef p(): ...\n",
            "holder.py": "import reader\n",
            "reader.py": "x = 1\n",
        }
    )
    assert [fact.at.path for fact, _ in prediction_routes(tree)] == ["app.py"]
    assert behind(tree, ["app.py"], 1) == {"app.py": 0, "holder.py": 1}
    assert behind(tree, ["app.py"])["reader.py"] == 2
