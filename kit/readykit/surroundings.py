"""What a repository looks like to somebody who adds a file: its package, its data, its target, its model.

Read from the text of its files; nothing of it is run. What is not plain stays a guess that the user corrects.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from readykit.facts.python import parse
from readykit.limits import MAX_PARSED

if TYPE_CHECKING:
    from readykit.repo import Repo

ESTIMATORS = ("sklearn", "xgboost", "lightgbm", "catboost")
DEFAULT = "sklearn.ensemble.HistGradientBoostingClassifier"
_REGRESSION = re.compile(r"Regress|SVR$|Ridge$|Lasso|ElasticNet|^XGBRegressor|LinearSVR")
_NOT_MODELS = re.compile(r"Search|Pipeline|Transformer|Scaler|Encoder|Imputer|Dummy|Split|Fold|PCA")
_MANIFESTS = ("pyproject.toml", "requirements.txt")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the files of an addition are rendered with.

    `code` is the folder of the code (`src/churn`, empty when scripts stand at the root), `package` how it is imported
    (empty then); `estimator` is a dotted class with `arguments` as they stand in the code; `guessed` says what was not
    found and is therefore a placeholder.
    """

    name: str
    package: str
    code: str
    data: str
    target: str
    estimator: str
    arguments: str
    manifest: str
    static: bool
    guessed: tuple[str, ...]

    @property
    def answers(self) -> dict[str, object]:
        """The names that templates use."""
        module, _, cls = self.estimator.rpartition(".")
        folder = f"{self.code}/lifecycle" if self.code else "lifecycle"
        return {
            "name": self.name,
            "package": self.package,
            "folder": folder,
            "module": f"{self.package}.lifecycle" if self.package else "lifecycle",
            "data": self.data,
            "manifest": self.manifest,
            "target": self.target,
            "model_import": f"from {module} import {cls}",
            "model": f"{cls}({self.arguments})",
            "classifies": not _REGRESSION.search(cls),
        }


def look(repo: Repo, name: str) -> Surroundings:
    """Look around.

    Args:
        repo: the repository.
        name: what to call it when nothing in it says.

    Returns:
        What was found, and what was guessed.
    """
    package, code = _package(repo)
    seen = _Seen()
    for path in _own(repo):
        seen.take(repo.text(path))
    manifest = next((path for path in _MANIFESTS if path in repo.files), "")
    looked_for = {"data": seen.data, "target": seen.target, "model": seen.estimator}
    declared, static = _declared(repo)
    return Surroundings(
        name=re.sub(r"[^a-z0-9-]+", "-", (declared or name).lower()).strip("-") or "model",
        package=package,
        code=code,
        data=seen.data or "data/data.csv",
        target=seen.target or "target",
        estimator=seen.estimator or DEFAULT,
        arguments=seen.arguments,
        manifest=manifest,
        static=static,
        guessed=tuple(what for what, found in looked_for.items() if not found),
    )


def _declared(repo: Repo) -> tuple[str, bool]:
    """The name in pyproject.toml, and whether its metadata can be read without running its build."""
    facts = repo.facts("pyproject.toml") if "pyproject.toml" in repo.files else ()
    name = next((fact.value for fact in facts if fact.name == "project.name"), "")
    return name, bool(name) and not any(fact.name.startswith("project.dynamic") for fact in facts)


def _package(repo: Repo) -> tuple[str, str]:
    """The import name and folder of the project's package: the one with most modules, under `src` or at the root."""
    count: dict[str, int] = {}
    for path in _own(repo):
        parts = path.split("/")
        depth = 2 if parts[0] == "src" else 1
        folder = "/".join(parts[:depth])
        if len(parts) > depth and f"{folder}/__init__.py" in repo.files and parts[0] != "tests":
            count[folder] = count.get(folder, 0) + 1
    if not count:
        return "", ""
    best = max(sorted(count), key=lambda folder: count[folder])
    return best.rpartition("/")[2], best


def _own(repo: Repo) -> Iterator[str]:
    """Python files that are the project's code."""
    return (path for path in sorted(repo.files) if path.endswith(".py") and repo.role(path) == "code")


class _Seen:
    """The first data file, target and estimator that the code names."""

    def __init__(self) -> None:
        self.data = self.target = self.estimator = self.arguments = ""

    def take(self, text: str) -> None:
        """Look at a module."""
        tree = parse(text) if len(text) <= MAX_PARSED else ""
        if isinstance(tree, str):
            return
        names = dict(_imported(tree))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                self._call(node, names)
            elif isinstance(node, ast.Assign) and not self.target:
                self.target = _target(node)

    def _call(self, node: ast.Call, names: dict[str, str]) -> None:
        called = _called(node.func)
        if called.endswith("read_csv") and not self.data:
            self.data = _relative(node.args[0]) if node.args else ""
        full = names.get(called, "")
        fits = full.partition(".")[0] in ESTIMATORS and full.rpartition(".")[2][:1].isupper()
        if fits and not self.estimator and not _NOT_MODELS.search(full) and ".metrics" not in full:
            self.estimator = full
            plain = not node.args and all(k.arg and isinstance(k.value, ast.Constant) for k in node.keywords)
            self.arguments = ", ".join(ast.unparse(k) for k in node.keywords) if plain else ""


def _imported(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Names of the module and the dotted names that they stand for."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                yield alias.asname or alias.name, f"{node.module}.{alias.name}"


def _called(node: ast.expr) -> str:
    """The dotted name of a function; nothing for one that a call gives."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""


def _relative(node: ast.expr) -> str:
    """A path that stands in the code, when it is one inside the repository."""
    value = node.value if isinstance(node, ast.Constant) else None
    inside = isinstance(value, str) and re.fullmatch(r"(?!/)(?!.*\.\.)[\w./ -]+\.csv(\.gz)?", value)
    return str(value) if inside else ""


def _target(node: ast.Assign) -> str:
    """The column of `y = frame["column"]`."""
    value, names = node.value, [t.id for t in node.targets if isinstance(t, ast.Name)]
    if names and names[0] in {"y", "Y", "target", "labels", "label"} and isinstance(value, ast.Subscript):
        key = value.slice
        if isinstance(key, ast.Constant) and isinstance(key.value, str) and re.fullmatch(r"[\w .-]{1,60}", key.value):
            return key.value
    return ""
