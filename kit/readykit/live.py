"""Which functions and classes anything refers to: what nobody calls proves nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from sys import intern
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
PLAIN = re.compile(r"[\w.:/]+")


class Live:
    """Definitions that are referred to from module level, from configuration, or from another live definition."""

    def __init__(self, repo: Repo) -> None:
        self.repo = repo
        self.defined: dict[str, set[str]] = {}
        self.names: set[str] = set()
        texts: set[str] = set()
        places: dict[str, list[set[str]]] = {}
        for path in repo.files:
            if repo.role(path) not in ("test", "vendored"):
                for top, refers in self._file(repo.by_kind(path), path, texts).items():
                    places.setdefault(top, []).append(refers)
        for text in texts:
            self.names.update(WORD.findall(text))
        self._spread(places)

    def _file(self, facts: Mapping[str, Sequence[Fact]], path: str, texts: set[str]) -> dict[str, set[str]]:
        """Learn what a file defines, and the names and texts by which it refers to something outside of definitions.

        Returns:
            What each of its outermost definitions refers to.
        """
        own: dict[str, set[str]] = {}
        for fact in facts.get("refs", ()):
            for scope, names in fact.detail.items():
                top = scope.partition(".")[0]
                (own.setdefault(top, set()) if top else self.names).update(map(intern, names.split()))
        for fact in facts.get("def", ()):
            if "." not in fact.name:
                self.defined.setdefault(path, set()).add(fact.name)
                if fact.detail.get("decorators"):
                    self.names.add(fact.name)
        for kind in ("yaml", "toml", "json", "command", "docker"):
            texts.update([fact.value or fact.name for fact in facts.get(kind, ())])
        texts.update([fact.name for fact in facts.get("string", ()) if PLAIN.fullmatch(fact.name)])
        return own

    def _spread(self, places: Mapping[str, Iterable[set[str]]]) -> None:
        """Add what live definitions refer to, and what that refers to."""
        todo = [name for name in places if name in self.names]
        while todo:
            for refers in places[todo.pop()]:
                new = refers - self.names
                self.names |= new
                todo.extend(new & places.keys())

    def dead(self, path: str, scope: str) -> bool:
        """Whether the outermost definition around a scope is referred to by nothing that is live."""
        top = scope.partition(".")[0]
        if not top or top.startswith("__") or top in BY_CONVENTION or top not in self.defined.get(path, ()):
            return False
        return top not in self.names
