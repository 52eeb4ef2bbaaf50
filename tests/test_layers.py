"""The shape of the house: imports point down; a check judges evidence and touches no file and names no product."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "kit" / "readykit"
CHECKS = sorted((ROOT / "checks").glob("*.py"))

# Lowest first. A module may import modules of lower layers only; `facts` and `report` are packages whose
# modules do not know each other, only their own package.
LAYERS = (
    {
        "__init__",
        "model",
        "errors",
        "paths",
        "text",
        "limits",
        "naming",
        "globs",
        "githead",
        "once",
        "sieve",
        "progress",
        "pile",
    },
    {"traceindex", "training", "credentials", "gitindex", "git", "unpack", "compiled", "cache", "wire", "worker"},
    {"hiding", "output"},
    {"clean", "history", "remote", "revision", "compiling", "wishes", "plugins"},
    {"facts"},
    {"roles", "sources"},
    {"folder", "members"},
    {"zipped", "tarred", "gitstore"},
    {"repo"},
    {"modules", "live", "ignored", "target"},
    {"launch"},
    {"graph"},
    {"cijobs"},
    {"toolbox"},
    {"tools", "found", "shown"},
    {"literals"},
    {"texts"},
    {"index", "lookup"},
    {"plan", "leaks"},
    {"kept"},
    {"reading"},
    {"asked"},
    {"project"},
    {"pages", "trees", "settings", "spread", "excerpts"},
    {"claims", "images", "infrastructure", "gates", "manifests", "learning", "switches", "trainjobs", "inuse"},
    {"homegrown"},
    {"homemade"},
    {"mlsigns"},
    {"kinds", "checks_api", "web", "testcode"},
    {"probes", "assertions", "scoring", "doors", "entryscripts"},
    {"projects", "catalogue"},
    {"examples"},
    {"score"},
    {"waive", "rubrics", "advice"},
    {"policy"},
    {"panel"},
    {"again", "judging"},
    {"auditor"},
    {"baseline", "floors"},
    {"report"},
    {"comparison"},
    {"interview"},
    {"steps", "rendering", "addition", "manifestedit", "applying"},
    {"scaffold", "surroundings"},
    {"demo", "update", "doctor", "adding"},
    {"api"},
    {"completion", "cli_baseline"},
    {"cli_project", "cli_audit"},
    {"cli_compare", "cli_add"},
    {"cli_interview"},
    {"parsing"},
    {"cli"},
    {"__main__"},
)
HEIGHT = {name: height for height, layer in enumerate(LAYERS) for name in layer}
FREE = {"__init__"}  # the public face imports the auditor when it is called


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def layer_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_layers(path: Path) -> set[str]:
    """Our own modules that `path` imports, anywhere in it, by the name of their layer."""
    package = ["readykit", *path.relative_to(PACKAGE).parts[:-1]]
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            stem = ".".join([*base, node.module] if node.module else base)
            names = [stem, *(f"{stem}.{alias.name}" for alias in node.names)]
        else:
            continue
        found |= {name.split(".")[1] for name in names if name.startswith("readykit.")}
    return found & set(HEIGHT)


@pytest.mark.parametrize("path", modules(), ids=lambda p: p.relative_to(PACKAGE).as_posix())
def test_imports_point_down(path: Path) -> None:
    own = layer_of(path)
    assert own in HEIGHT, f"{own} has no layer: add it to LAYERS where it belongs"
    if own in FREE:
        return
    wrong = {other for other in imported_layers(path) - {own} if HEIGHT[other] >= HEIGHT[own]}
    assert not wrong, f"{own} may not import {sorted(wrong)}: layers point one way (tests/test_layers.py)"


@pytest.mark.parametrize("path", CHECKS, ids=lambda p: p.name)
def test_a_check_touches_no_files_and_starts_no_programs(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imported = {
        alias.name.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names
    }
    imported |= {(node.module or "").split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    called = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    assert imported <= {
        "__future__",
        "bisect",
        "readykit",
        "collections",
        "dataclasses",
        "functools",
        "itertools",
        "re",
        "typing",
    }
    assert not called & {"open", "exec", "eval", "compile", "__import__"}


def test_a_check_names_no_product() -> None:
    """Products are data (checks/tools/*.toml): a check asks who does a job."""
    packages = set()
    for path in sorted((ROOT / "checks" / "tools").glob("*.toml")):
        for tool in tomllib.loads(path.read_text(encoding="utf-8")).values():
            packages |= {name.lower() for name in tool.get("imports", []) if len(name) > 3}
    # Import names that are also words of the trade, which a check may say.
    words = "assets click comet data delta make metrics model model_registry neptune pins ray schedule tests"
    plain_words = set(words.split())
    for path in CHECKS:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " not in node.value:
                assert node.value.lower() not in packages - plain_words, f"{path.name}:{node.lineno} names {node.value}"


def test_starting_imports_nothing_heavy() -> None:
    """`kit --version` and `kit audit` must start fast: no third-party import at the top of what they load."""
    heavy = {"copier", "pydantic", "jinja2", "questionary", "rich", "requests", "uv"}
    for path in modules():
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
            assert not {n.split(".")[0] for n in names} & heavy, f"{path.name} imports {names} at its top"
