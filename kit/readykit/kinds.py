"""What kind of repository this is: a project to grade, or something that the standard must treat differently.

The order of the questions is the order of certainty: a list of links has no code, a repository without any machine
learning is refused, a template says so by its files, a collection and a library are told by their shape.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from readykit.mlsigns import learns, opening
from readykit.model import Fact, Strength

if TYPE_CHECKING:
    from readykit.project import Project

# what template engines read at the root of a template, and the scripts that cookiecutter runs around a rendering
TEMPLATE_FILES = re.compile(
    r"(^|/)(cookiecutter|copier|ccds|databricks_template_schema)\.(json|ya?ml)$|^hooks/(pre|post)_gen_project\.(py|sh)$"
)
RENDERED = re.compile(r"\{\{|\{%|\.(jinja2?|j2|tmpl|mustache)$")
ABOUT_ML = re.compile(
    r"\b(machine[- ]learning|data[- ]scien(ce|tists?)|deep[- ]learning|ml[- ]?ops|ml (project|model|pipeline"
    r"|template)s?|model training)\b",
    re.IGNORECASE,
)
TEMPLATE_WORDS = re.compile(
    r"\buse this template\b|github\.com/[\w.-]+/[\w.-]+/generate\b"
    r"|\b(?:this|it) (?:\w+ )?(?:is|provides|offers) an? (?:[\w-]+ ){0,5}(?:template|boilerplate)\b"
    r"|^\W*an? (?:[\w-]+ ){0,5}template (?:to|for|that|with)\b"
    r"|\btemplate for (?:kick|start|rapid|creating|new)",
    re.IGNORECASE,
)
TITLE = re.compile(r"\b(project |starter )?template\b(?! (engine|matching))", re.IGNORECASE)
THIS_TEMPLATE = re.compile(r"\b(this|the) template\b", re.IGNORECASE)
MADE_FROM = re.compile(r"cookiecutter|(?:created|generated) (?:using|from|with)|based on", re.IGNORECASE)
COLLECTION_WORDS = re.compile(
    r"\b(?:collection|set|repository|repo) (?:of|contains|hosts|hosting|for|with)\b[^.]{0,60}"
    r"\b(?:examples|samples|labs|tutorials|exercises|demos)"
    r"|\bextended examples\b|\bhome for [^.]{0,40}examples",
    re.IGNORECASE,
)
CODE = re.compile(
    r"\.(py|ipynb|r|rmd|qmd|scala|java|js|ts|go|rs|cpp|cc|cu|cs|kt|jl|swift|stan|tmpl|jinja)$", re.IGNORECASE
)
DECLARED = (".yaml", ".yml", ".tf", ".sql")
"""Ends of files that can train or run a model without a line of code."""
AT_ROOT = frozenset({"pyproject.toml", "setup.py", "uv.lock", "Pipfile", "environment.yml", "dvc.yaml"})
PUBLISHING = re.compile(
    r"twine upload|(uv|poetry|hatch|flit|pdm) publish|sbt .*publish|deploy-pypi|gem push|publishSigned|uploadArchives"
)
SITE = re.compile(r"docs?/(source/)?conf\.py|(docs/)?mkdocs\.ya?ml")
RUNNING = frozenset({"Deployment", "CronJob", "InferenceService", "SeldonDeployment", "StatefulSet", "CronWorkflow"})
INFRASTRUCTURE = re.compile(
    r"\.tf$|(^|/)(dvc\.yaml|Chart\.yaml|bentofile\.yaml|[^/]*cronjob[^/]*\.yaml|serverless\.yml)$"
)
FEW = 0.02
"""In a big repository, less machine learning than this share of the code files is somebody's example."""
BIG = 60
"""Code files of a big repository."""
MANY = 8
"""Top folders with their own README that make a collection by themselves; three do when the README says so."""


@dataclass(frozen=True, slots=True)
class Kind:
    """The kind, and the sentence that says why."""

    name: str
    why: str

    @property
    def graded(self) -> bool:
        """Whether the standard applies."""
        return self.name != "not-ml"


@dataclass(frozen=True, slots=True)
class Look:
    """A project with what every question asks of it: its code files, and the facts that show machine learning."""

    project: Project
    code: tuple[str, ...]
    learning: tuple[Fact, ...]

    @property
    def by_hand(self) -> bool:
        """Whether models are made by code of the project's own: a web shop with a model in a corner writes none."""
        return any(fact.kind in ("assign", "field", "def") for fact in self.learning)

    @property
    def built(self) -> bool:
        """Whether what shows machine learning is the project's own build, which trains the models."""
        return all(fact.kind == "command" for fact in self.learning)


def kind_of(project: Project) -> Kind:
    """Judge a whole repository."""
    code = tuple(p for p in project.paths if CODE.search(p) and project.repo.role(p) != "vendored")
    if not code and not any(p.endswith(DECLARED) for p in project.paths):
        return Kind("not-ml", "there is no code here, only documents: nothing that the standard could grade")
    look = Look(project, code, tuple(learns(project, len(code))))
    if not look.learning:
        empty = rendered(look)
        if empty is not None and any(ABOUT_ML.search(fact.name) for fact in opening(project)):
            return empty  # a skeleton for others' models holds none itself
        return Kind("not-ml", f"none of its {len(code)} code files trains a model or runs one")
    for judge in (template, scarce, collection, library):
        kind = judge(look)
        if kind is not None:
            return kind
    first = min(look.learning, key=lambda fact: (project.role(fact.at.path) != "code", fact.at))
    return Kind("ml-project", f"it trains or runs a model: {first.at} has {first.name}")


def template(look: Look) -> Kind | None:
    """Made to be copied: by its files, or because its README says so."""
    by_files = rendered(look)
    if by_files is not None:
        return by_files
    first = list(opening(look.project))
    for fact in first:
        if TEMPLATE_WORDS.search(fact.name) and not MADE_FROM.search(fact.name):
            return Kind("template", f"{fact.at} says that it is a template")
    title = next((fact for fact in first if fact.kind == "heading"), None)
    if title and TITLE.search(title.name) and any(THIS_TEMPLATE.search(f.name) for f in first if f.kind == "prose"):
        return Kind("template", f"{title.at} calls it a template")
    return None


def rendered(look: Look) -> Kind | None:
    """A template by its files: a template engine's own file, or paths that are rendered."""
    for path in look.project.paths:
        if TEMPLATE_FILES.search(path) and path.count("/") <= 1:
            return Kind("template", f"{path} makes it a template: what it renders is graded")
    marked = [p for p in look.code if RENDERED.search(p)]
    if len(marked) * 2 > len(look.code):
        return Kind("template", f"{len(marked)} of {len(look.code)} code files have paths that are rendered")
    return None


def scarce(look: Look) -> Kind | None:
    """A big repository in which next to nothing is machine learning."""
    project = look.project
    if look.built or look.by_hand:
        return None
    used = len({fact.at.path for fact in look.learning})
    own = [p for p in look.code if project.repo.role(p) in ("code", "example", "template")]
    little = len(own) > BIG and used < max(2, FEW * len(own))
    if little and project.doing("model training").strength < Strength.WIRED and not deployed(project):
        return Kind("not-ml", f"machine learning in {used} of {len(own)} code files is not what it is for")
    return None


def collection(look: Look) -> Kind | None:
    """Independent projects side by side: each top folder with its own README and code, and nothing at the root."""
    if AT_ROOT.intersection(look.project.paths):
        return None
    readmes = (p for p in look.project.paths if re.fullmatch(r"[^./][^/]*/readme\.\w+", p, re.IGNORECASE))
    described = {p.partition("/")[0] for p in readmes}
    separate = {p.partition("/")[0] for p in look.code if p.partition("/")[0] in described}
    says = any(fact.kind == "prose" and COLLECTION_WORDS.search(fact.name) for fact in opening(look.project))
    if len(separate) >= (3 if says else MANY):
        return Kind("collection", f"{len(separate)} folders each with their own README and code, nothing at the root")
    return None


def library(look: Look) -> Kind | None:
    """Made to be installed by others, and nothing in it is deployed or trained on a schedule."""
    signs = [*announced(look.project), *installed(look.project)]
    if len(signs) >= 2 and not look.built and not deployed(look.project):
        shown = "; ".join(signs[:2])
        return Kind("library", f"it is published for others to build on ({shown}) and deploys nothing itself")
    return None


def announced(project: Project) -> Iterator[str]:
    """Signs that a distribution is published and documented for strangers."""
    for fact in project.facts("toml", "string", role=None):
        if "Development Status ::" in (fact.name + fact.value)[:60]:
            yield f"{fact.at} classifies it for the package index"
            break
    steps = (f for f in project.facts("yaml", name="*.uses", role=None) if "pypi-publish" in f.value)
    publishing = next(steps, None) or next((f for f in project.commands() if PUBLISHING.search(f.name)), None)
    if publishing is not None:
        yield f"{publishing.at} publishes it"
    if {"DESCRIPTION", "NAMESPACE"} <= set(project.paths):
        yield "DESCRIPTION and NAMESPACE make it an R package"
    site = next((p for p in project.paths if SITE.fullmatch(p)), "")
    if site:
        yield f"{site} makes a documentation site"


LONGEST_NAME = 200
"""Characters of a name that somebody would install; a pattern of a longer one takes its time to be made."""


def installed(project: Project) -> Iterator[str]:
    """Signs that documents tell others how to install or depend on it."""
    declared = project.config("pyproject.toml", "*.name")
    names = {f.value for f in declared if f.name in ("project.name", "tool.poetry.name")}
    names.add(project.repo.name.rpartition("+")[2])
    short = sorted(name for name in names if 0 < len(name) <= LONGEST_NAME)
    words = "|".join(re.escape(re.sub(r"[-_.]+", "-", name).lower()) for name in short)
    python = r"pip install (?:-u |--upgrade )?['\"]?"
    r = r"(?:install\.packages|install-github|pak)\(['\"](?:[\w-]+/)?"
    install = re.compile(rf"(?:{python}|{r})(?:{words})(?![\w/-])")
    depend = re.compile(rf"(?:compile|implementation|librarydependencies|artifactid).*(?:{words})")
    for fact in project.facts("codeline", role=None):
        text = fact.name.lower().replace("_", "-")
        if install.search(text):
            yield f"{fact.at} tells how to install it"
            return
        if depend.search(text):
            yield f"{fact.at} tells how to depend on it"
            return


def deployed(project: Project) -> bool:
    """Whether the repository runs something of its own: containers on a cluster, pipelines, infrastructure."""
    own = ("code", "template")
    if any(INFRASTRUCTURE.search(path) and project.repo.role(path) in own for path in project.paths):
        return True
    if any(f.value in RUNNING for f in project.facts("yaml", name="kind")):
        return True
    return any(project.repo.role(f.at.path) in own for f in project.commands("compose", "kubernetes", "cloudbuild"))
