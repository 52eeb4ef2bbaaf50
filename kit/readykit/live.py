"""Which functions and classes anything refers to: what nobody calls proves nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from readykit.model import Fact
    from readykit.repo import Repo

BY_CONVENTION = frozenset(
    [
        "main",
        "handler",
        "lambda_handler",
        "handle",
        "run",
        "init",
        "predict",
        "score",
        "model_fn",
        "input_fn",
        "predict_fn",
        "output_fn",
        "create_app",
        "app",
        "register_pipelines",
        "create_pipeline",
        "cli",
        "load_context",
        "preprocess",
        "postprocess",
        "inference",
        "initialize",
        "execute",
        "finalize",
        "setup",
        "forward",
        "fit",
        "transform",
        "train",
        "evaluate",
        "entrypoint",
        "run_pipeline",
        "get_pipeline",
    ]
)
WORD = re.compile(r"[A-Za-z_]\w{2,}")


class Live:
    """Definitions that are referred to from module level, from configuration, or from another live definition."""

    def __init__(self, repo: Repo) -> None:
        self.repo = repo
        self.defined: dict[str, set[str]] = {}
        self.own: dict[tuple[str, str], set[str]] = {}
        self.names: set[str] = set()
        todo: list[str] = []
        for path in repo.files:
            if repo.role(path) not in ("test", "vendored"):
                todo += self._file(repo.facts(path), path)
        places: dict[str, list[tuple[str, str]]] = {}
        for place in self.own:
            places.setdefault(place[1], []).append(place)
        while todo:
            name = todo.pop()
            if name not in self.names:
                self.names.add(name)
                for place in places.get(name, ()):
                    todo.extend(self.own[place] - self.names)

    def _file(self, facts: Iterable[Fact], path: str) -> list[str]:
        """Learn what a file defines, and return the names that it refers to from outside of definitions."""
        roots: list[str] = []
        for fact in facts:
            if fact.kind == "refs":
                for scope, names in fact.detail.items():
                    top = scope.partition(".")[0]
                    if top:
                        self.own.setdefault((path, top), set()).update(names.split())
                    else:
                        roots += names.split()
            elif fact.kind == "def" and "." not in fact.name:
                self.defined.setdefault(path, set()).add(fact.name)
                if fact.detail.get("decorators"):
                    roots.append(fact.name)
            elif fact.kind in ("yaml", "toml", "json", "command", "docker"):
                roots += WORD.findall(fact.value or fact.name)
            elif fact.kind == "string" and re.fullmatch(r"[\w.:/]+", fact.name):
                roots += WORD.findall(fact.name)
        return roots

    def dead(self, path: str, scope: str) -> bool:
        """Whether the outermost definition around a scope is referred to by nothing that is live."""
        top = scope.partition(".")[0]
        if not top or top.startswith("__") or top in BY_CONVENTION or top not in self.defined.get(path, ()):
            return False
        return top not in self.names
