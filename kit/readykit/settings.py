"""Files of parameters, and whether the project's code really reads them."""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from sys import intern
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from readykit.naming import last
from readykit.once import Answers

if TYPE_CHECKING:
    from readykit.model import Fact
    from readykit.project import Project

OWN = ("code", "example")
A_FILE = re.compile(r"[\w./{}$-]+\.(?:ya?ml|json|toml)\b")
"""A file of settings among the words of a command."""
# a file that is called after parameters, or stands in a folder that is
NAMED = re.compile(
    r"(^|/)[\w.-]*(param|config|setting|hparam|hyper)[\w.-]*\.(ya?ml|toml|json|ini|cfg|py|properties)(\.\w+)?$"
    r"|(^|/)(conf|configs?|configuration|hydra|params|settings|options)/.*\.(ya?ml|toml|json|ini|cfg|py)(\.\w+)?$",
    re.IGNORECASE,
)
SETTINGS_FILE = re.compile(r"\.(ya?ml|toml|json)(\.(tmpl|jinja2?|j2))?$", re.IGNORECASE)
# read by tools, not by the project's own code
OF_TOOLS = re.compile(
    r"(^|/)(\.[\w-]+/|node_modules/)|(^|/)(dvc\.(yaml|lock)|mkdocs\.ya?ml|docker-compose[\w.-]*|compose[\w.-]*|package(-lock)?\.json"
    r"|tsconfig[\w.]*\.json|pyproject\.toml|poetry\.toml|uv\.toml|ruff\.toml|environment\.ya?ml|conda[\w-]*\.ya?ml|_config\.yml"
    r"|\.[\w.-]+|prometheus\.ya?ml|alertmanager\.ya?ml|Chart\.yaml|kustomization\.ya?ml|cloudbuild[\w.-]*|bentofile\.ya?ml"
    r"|[\w-]*credential[\w-]*\.json|vercel\.json|nginx[\w.-]*|setup\.cfg|tox\.ini)$",
    re.IGNORECASE,
)
# what only a parameter of data, training or evaluation is called
OF_LEARNING = re.compile(
    r"(^|[._])(learning_?rate|lr|n_estimators|max_depth|max_iter|epochs?|n_epochs|num_epochs|batch_?size|test_size|random_state"
    r"|seed|hidden_\w+|dropout|weight_decay|optimizer|num_leaves|min_child_\w+|subsample|alpha|l1_ratio|penalty|n_splits"
    r"|cv|n_trials|threshold|target(_column|_col)?|features?|numerical_\w+|categorical_\w+|model_name|model_type|metric|gamma"
    r"|objective|eta|split|train_\w+|val_\w+|num_layers|embedding_\w+|warmup_\w+|early_stopping\w*|hyper_?param\w*|params)$",
    re.IGNORECASE,
)
# written by a run, not read by one
OUTPUT = re.compile(
    r"(^|/)(artifacts?|results?|reports?|outputs?|metrics|registry|models?|logs?|runs|mlruns|mlartifacts|wandb|\d+_\w+)/"
    r"|(^|/)[\w.-]*(metrics|results?|report|predictions?|metadata|history|scores?)\.(json|ya?ml)$|(^|/)dvc\.lock$",
    re.IGNORECASE,
)
IN_CONFIG = re.compile(r"(^|/)(conf|configs?|configuration|hydra|params|settings)/", re.IGNORECASE)
ENOUGH, MANY = 2, 12
SAYS_LITTLE = frozenset(
    {"name", "type", "id", "image", "version", "description", "path", "value", "key", "kind", "title"}
)
NOTHING = ("", "null", "~", "None")
"""A key without a value is no parameter."""
PLACEHOLDERS = re.compile(r"\{\w*\}")
APART, POSITION = re.compile(r"[.:\s]+"), re.compile(r"\[\d+\]")
CONFIG = ("yaml", "toml", "json")


def of_learning(name: str) -> bool:
    """Whether a key is one of data, training or evaluation: by its last part, of which there are few."""
    return _of_learning(name.rpartition(".")[2])


@lru_cache(maxsize=1 << 14)
def _of_learning(part: str) -> bool:
    return bool(OF_LEARNING.search(part))


@lru_cache(maxsize=1 << 14)
def key_of(name: str) -> str:
    """The last part of a key, without a position in a list."""
    return POSITION.sub("", last(name)) if "[" in name else last(name)


@dataclass(frozen=True, slots=True)
class Reading:
    """A file of settings, the fact by which code reads it, and a value of it that code uses."""

    path: str
    by: Fact
    value: Fact
    learning: bool


class Settings:
    """What a project keeps outside of its code."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._words = Answers(self._words_of)

    @cached_property
    def candidates(self) -> dict[str, list[Fact]]:
        """Files that look like parameters by their name or by what they hold, with their values."""
        found: dict[str, list[Fact]] = {}
        for path in self.project.paths:
            if not SETTINGS_FILE.search(path) or OF_TOOLS.search(path) or self.project.role(path) not in OWN:
                continue
            if OUTPUT.search(path) and not IN_CONFIG.search(path):
                continue
            facts = self.project.repo.by_kind(path)
            kinds = [facts[kind] for kind in ("yaml", "toml", "json") if kind in facts]
            values = kinds[0] if len(kinds) == 1 else [f for f in self.project.repo.facts(path) if f.kind in CONFIG]
            if not values or "command" in facts or any(f.name == "apiVersion" for f in values):
                continue
            if NAMED.search(path) or sum(of_learning(f.name) for f in values[:400]) >= ENOUGH:
                found[path] = values
        return found

    def _words_of(self, path: str) -> set[str]:
        """Every name and plain string of a file of the project's code."""
        found: set[str] = set()
        if self.project.role(path) in OWN:
            for fact in self.project.repo.facts_of(path, "refs"):
                for names in fact.detail.values():
                    found.update(map(intern, names.split()))  # which stand in many files
            for text in {f.name for f in self.project.repo.facts_of(path, "string") if len(f.name) < 80}:
                found.update((text,) if text.isidentifier() else APART.split(text))
        return found

    @cached_property
    def words(self) -> frozenset[str]:
        """Every name and plain string of the project's code."""
        return frozenset().union(*map(self._words_of, self.project.paths))

    @cached_property
    def _by_base(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for path in self.candidates:
            found[path.rpartition("/")[2].lower()].append(path)
        return found

    def used(self, path: str, by: list[Fact]) -> tuple[Fact, Fact] | None:
        """A value of a file that code uses, by its name or because the file says what to build, and who reads it.

        A reader that uses the value itself is preferred; else any code does, to which the reader hands the values.
        """
        values = self.candidates[path]
        if any(last(f.name) == "_target_" for f in values):
            set_here = (f for f in values if last(f.name) not in ("_target_", "_partial_") and f.value not in NOTHING)
            return next(set_here, values[0]), by[0]
        keys = [(f, key_of(f.name)) for f in values]
        keys = [(f, key) for f, key in keys if len(key) > 1 and key.lower() not in SAYS_LITTLE]
        learning = [(f, key) for f, key in keys if of_learning(f.name)]
        for chosen in (learning, [] if any(key in self.words for _, key in learning) else keys):
            for fact in by:
                own = self._words[fact.at.path]
                hit = next((f for f, key in chosen if key in own), None)
                if hit is not None:
                    return hit, fact
        anywhere = next((f for f, key in (*learning, *keys) if key in self.words), None)
        return (anywhere, by[0]) if anywhere is not None else None

    def uses(self, path: str, value: Fact) -> bool:
        """Whether a file of code names a value of the settings."""
        return key_of(value.name) in self._words[path]

    def _mentioned(self) -> Iterator[tuple[Fact, str]]:
        """Pieces of code and commands that name a file, with the name."""
        for fact in self.project.facts("string", role=OWN):
            text = fact.name.strip()
            if text.endswith((".yaml", ".yml", ".json", ".toml")) and " " not in text:
                yield fact, text
        for fact in self.project.doing("settings by convention").facts:
            if fact.kind == "call":
                yield fact, fact.detail.get("file", "config.yml").strip("\"'")
        for fact in self.project.named(A_FILE, "command", role=None):
            for word in A_FILE.findall(fact.name):
                if self.project.role(fact.at.path) not in ("test", "vendored"):
                    yield fact, word

    def _fits(self, text: str) -> list[str]:
        base = text.rpartition("/")[2].lower()
        if "{" in base:
            parts = PLACEHOLDERS.split(base)
            if sum(len(part) for part in parts) < len(".yaml") + 4:
                return []
            pattern = re.compile(".+".join(map(re.escape, parts)) + "$")
            return [p for p in self.candidates if pattern.fullmatch(p.rpartition("/")[2].lower())]
        return self._by_base.get(base, [])

    @cached_property
    def readings(self) -> tuple[Reading, ...]:
        """Files that code reads and of which it uses a value."""
        seen: dict[str, list[Fact]] = defaultdict(list)
        for fact, text in self._mentioned():
            for path in self._fits(text):
                if fact.at.path != path and len(seen[path]) < MANY:
                    seen[path].append(fact)
        for fact in self.project.doing("settings from a folder").facts:
            for path in self.under(fact) if fact.kind in ("decorator", "call") else ():
                if len(seen[path]) < MANY:
                    seen[path].append(fact)
        found = []
        for path, by in sorted(seen.items()):
            used = self.used(path, sorted(by, key=lambda f: (f.kind == "command", f.at))) if by else None
            if used is not None:
                learning = any(of_learning(f.name) for f in self.candidates[path])
                found.append(Reading(path, used[1], used[0], learning))
        return tuple(found)

    def under(self, fact: Fact) -> list[str]:
        """The files of the folder that a framework is told to read, or looks for by its own convention."""
        text = fact.detail.get("config_path", "").strip("\"'")
        if text and re.fullmatch(r"[\w./-]+", text):
            folder = posixpath.normpath(posixpath.join(posixpath.dirname(fact.at.path), text))
            inside = [p for p in self.candidates if p.startswith(f"{folder}/")]
            if inside:
                return inside
        return [p for p in self.candidates if IN_CONFIG.search(p)]


def tidy(*parts: str) -> str:
    """A path without `./`, `..` and double slashes, from its parts."""
    return posixpath.normpath(posixpath.join(*parts))


_known: WeakKeyDictionary[Project, Settings] = WeakKeyDictionary()


def settings(project: Project) -> Settings:
    """The settings of a project, looked up once."""
    found = _known.get(project)
    if found is None:
        found = _known[project] = Settings(project)
    return found
