"""Hops that real repositories make: a matrix in a workflow, helpers in a task file, blocks of Terraform."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from readykit.facts import Unparsable, hcl, python, source, yaml
from readykit.facts import r as r_

if TYPE_CHECKING:
    from readykit.model import Fact

WORKFLOW = """
on: [push]
jobs:
  check:
    strategy:
      matrix:
        session: [lint, tests]
        python: ["3.11", "3.13"]
    steps:
      - run: nox -s "$SESSION"
        env:
          SESSION: ${{ matrix.session }}
      - run: uv python install ${{ matrix.python }}
      - run: echo "$HOME"
"""
NOXFILE = """
import nox

PACKAGE = "tides"

def run(session, *command):
    session.run("uv", "run", *command, external=True)

def module(session, name, *words):
    run(session, "python", "-m", f"{PACKAGE}.{name}", *words, *session.posargs)

@nox.session
def tests(session):
    run(session, "pytest", *session.posargs)

@nox.session
def rollback(session):
    module(session, "registry", "rollback")
"""
TERRAFORM = """
# resource "aws_lambda_function" "old" {}
resource "google_cloud_scheduler_job" "weekly" {
  schedule = "0 3 * * 0" # sundays
  http_target {
    uri = "https://example.org/#fragment"
    body = base64encode(jsonencode({
      pipeline = "train"
    }))
  }
}
/* module "off" {
  source = "./off"
} */
module "scheduler" {
  source = "./modules/scheduler"
}
"""


def commands(facts: list[Fact]) -> list[tuple[int, str]]:
    return [(fact.at.line, fact.name) for fact in facts if fact.kind == "command"]


def test_a_matrix_runs_a_command_for_each_of_its_values() -> None:
    found = commands(yaml.extract(WORKFLOW, ".github/workflows/ci.yml"))
    assert found == [
        (10, "nox -s lint"),
        (10, "nox -s tests"),
        (13, "uv python install 3.11"),
        (13, "uv python install 3.13"),
        (14, 'echo "$HOME"'),
    ]


def test_a_matrix_of_gitlab_runs_a_command_for_each_of_its_values() -> None:
    text = """check:
  parallel:
    matrix:
      - SESSION: [lint, tests]
        PYTHON: "3.12"
  script:
    - uv run nox -s "$SESSION"
other:
  script: nox -s $SESSION
"""
    found = commands(yaml.extract(text, ".gitlab-ci.yml"))
    assert found == [(7, "uv run nox -s lint"), (7, "uv run nox -s tests"), (9, "nox -s $SESSION")]


def test_a_matrix_that_is_computed_is_left_as_it_stands() -> None:
    text = WORKFLOW.replace("[lint, tests]", "${{ fromJson(needs.plan.outputs.sessions) }}")
    assert (10, 'nox -s "$SESSION"') in commands(yaml.extract(text, ".github/workflows/ci.yml"))


def test_helpers_of_a_task_file_are_followed_to_the_command() -> None:
    facts = python.extract(NOXFILE, "noxfile.py")
    plain = {fact.scope: fact.detail["plain"] for fact in facts if fact.kind == "command"}
    assert plain["tests"] == "pytest"
    assert plain["rollback"] == "tides.registry rollback"


def test_a_function_that_loads_a_module_stands_for_it() -> None:
    text = "def library():\n    import numpy\n    return numpy\n\ntools = library()\ntools.zeros(3)\n"
    assert "numpy.zeros" in {fact.name for fact in python.extract(text, "a.py") if fact.kind == "call"}


def test_terraform_blocks_become_dotted_keys_with_true_lines() -> None:
    found = {fact.name: (fact.at.line, fact.value) for fact in hcl.extract(TERRAFORM, "main.tf")}
    job = "resource.google_cloud_scheduler_job.weekly"
    assert found[job] == (3, "")
    assert found[f"{job}.schedule"] == (4, "0 3 * * 0")
    assert found[f"{job}.http_target.uri"][1] == "https://example.org/#fragment"
    assert found["module.scheduler.source"] == (16, "./modules/scheduler")
    assert not any("lambda" in name or ".off" in name for name in found)


@pytest.mark.parametrize("text", ["no blocks here", "{" * 200])
def test_what_is_not_terraform_is_said_to_be_so(text: str) -> None:
    with pytest.raises(Unparsable):
        hcl.extract(text, "main.tf")


def test_functions_of_other_languages_are_found() -> None:
    scala = source.extract("class Drift {\n  private[op] def jsDivergence(a: Double) = 0\n}\n", "Drift.scala")
    r = r_.extract("library(pins)\npsi <- function(x, y) sum(x)\n", "drift.R")
    assert [(f.name, f.at.line) for f in scala if f.kind == "def"] == [("jsDivergence", 2)]
    assert [(f.name, f.at.line) for f in r if f.kind == "def"] == [("psi", 2)]
