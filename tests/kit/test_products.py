"""The systems that hiring managers name: each is known, and a small tree that truly uses it is seen to use it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from readykit.catalogue import toolbox
from readykit.examples import files
from readykit.model import Strength
from readykit.project import Project
from readykit.repo import Repo

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = Path(__file__).parent
HEADER = re.compile(r"^-- ([\w-]+): (.+): (\w+) --$", re.MULTILINE)


def uses() -> Iterator[object]:
    parts = HEADER.split((FOLDER / "products.txt").read_text(encoding="utf-8"))
    for product, job, strength, body in zip(parts[1::4], parts[2::4], parts[3::4], parts[4::4], strict=True):
        tree = files(body)
        yield pytest.param(product, job, Strength[strength.upper()], tree, id=f"{product}-{job}-{next(iter(tree))}")


@pytest.mark.parametrize(("product", "job", "strength", "tree"), list(uses()))
def test_a_product_is_seen_where_it_is_truly_used(
    product: str, job: str, strength: Strength, tree: dict[str, str]
) -> None:
    box = toolbox()
    found = Project(Repo.of(tree), box).doing(job)
    seen = [e for e in found.evidence if e.tool == box.tools[product].name]
    assert seen, f"{product} is not seen: {[(str(e.at), e.tool) for e in found.evidence]}"
    assert seen[0].strength >= strength


@pytest.mark.parametrize(("product", "job", "strength", "tree"), list(uses()))
def test_naming_a_product_is_not_using_it(product: str, job: str, strength: Strength, tree: dict[str, str]) -> None:
    box = toolbox()
    prose = {"README.md": f"# Plans\n\nWe use {box.tools[product].name} and love it.\n"}
    assert Project(Repo.of(prose), box).doing(job).strength <= Strength.MENTIONED


def test_docker_is_seen_as_an_image_that_is_built() -> None:
    docker = {"Dockerfile": 'FROM python:3.12-slim\nCOPY . .\nCMD ["python", "serve.py"]\n'}
    facts = list(Project(Repo.of(docker), toolbox()).facts("docker", role=None))
    assert [fact.name for fact in facts][:1] == ["FROM"]


def test_there_are_enough_products_and_each_says_where_it_lives() -> None:
    tools = toolbox().tools
    assert len(tools) >= 150
    assert [tool.id for tool in tools.values() if not tool.url.startswith("https://")] == ["readykit"], "we are here"
    assert not [tool.id for tool in tools.values() if not tool.does]
