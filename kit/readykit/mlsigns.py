"""Whether models are trained or run in a repository: what shows it, from the surest sign to the vaguest.

Names of libraries can never be complete, so they are one sign of several. A model that is fitted and asked, or loaded
and asked, is one whatever made it, and so is a file of a format that holds nothing but models. What a web application
may have as well (a class called a model, an address `/score`, an interface of a language model) needs a README that
speaks of models.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from readykit.homemade import homemade, taught_by_steps
from readykit.model import Fact, Location

if TYPE_CHECKING:
    from readykit.project import Project

# What a README says of a repository that trains or serves models, in the words of those who run one.
SERVES_MODELS = re.compile(
    r"\b(machine[- ]learn(ing|ed)|deep[- ]learning|neural net(work)?s?|(pre-?)?trained models?|model (server|inference)"
    r"|model serving|(scor|predict|recommend|classif|forecast|rank)\w* (service|server|system|engine|model|api)s?"
    r"|(serv|host|train|deploy|runn?)(es?|s|ing) (\w+ ){0,3}(ml )?models?|recommender"
    r"|(forecast|prediction)s? [^.]{0,60}\b(using|with|by|from) (\w+ ){0,3}models?"
    r"|(statistical|predictive|probabilistic|bayesian|regression|mixture|topic|language|markov|hierarchical) models?"
    r"|(linear|logistic|ridge|poisson|gaussian process|text|image|document) (regression|classification|clustering)"
    r"|gradient (descent|boosting)|back-?propagation|random forests?|gibbs sampl\w+|posterior|classifiers?"
    r"|data[- ]scien(ce|tists?))\b",
    re.IGNORECASE,
)
# ... and of one that asks the models of others
ASKS_MODELS = re.compile(
    r"\b(llms?|gpt(-?\d\S*)?|chatgpt|openai|anthropic|claude|gemini|mistral|ollama|bedrock|large language models?"
    r"|foundation models?|chat ?bots?|generative|gen ?ai|rag|retrieval[- ]augmented|(ai|llm)[- ](agent|app)\w*"
    r"|agents?|prompts?|embeddings?|copilot|artificial intelligence|ai)\b",
    re.IGNORECASE,
)
PREDICTS = re.compile(r"\.predict(_proba)?$")
# a program's word for training, and a model's file or the folder of models that it is written to
TRAINS = re.compile(r"(?:^|[\s|])[\w./-]+ (?:[a-z]\w*[_-])?(?:train|tune|fit|finetune)(?=\s|$)", re.IGNORECASE)
MODEL_PLACE = re.compile(
    r"(?:^|[\s/=>])models?/[\w.-]+|\.(model|mdl|pkl|joblib|onnx|pt|pth|h5|bin|rds)\b", re.IGNORECASE
)
# formats that hold or describe nothing but models, and others when the name says so; a pointer stands for its file
MODEL_FILE = re.compile(
    r"\.(onnx|tflite|safetensors|gguf|ggml|mlmodel|pmml|cbm|keras|pth|caffemodel|joblib|stan|jags|bugs)(\.dvc)?$"
    r"|(^|/)[^/]*(?<![a-z])(model|classifier|regressor|predictor|forecaster|recommender|weights)s?(?![a-z])[^/]*"
    r"\.(pkl|pickle|rds|h5|hdf5|pt|pb|sav|bin|model|ckpt|ubj)(\.dvc)?$|\.mlmodel(c)?/",
    re.IGNORECASE,
)
FRAMEWORKS = ("model training", "model inference", "models in a cloud")
AROUND_A_MODEL = ("experiment tracking", "model registry", "model registry lookup", "drift monitoring")
SHARE = 0.1
"""Of the code files, so many ask the models of others in a repository that is about nothing else."""
SMALL = 20
"""Code files of a repository in which one that asks the models of others is enough, when the README speaks of them."""


def learns(project: Project, size: int = 0) -> Iterator[Fact]:
    """Facts that show a model being trained or run, the surest sort of them that there is.

    Args:
        project: the repository.
        size: how many code files it has.
    """
    own = [fact for job in FRAMEWORKS if job in project.toolbox.jobs for fact in seen(project, job)]
    if own:
        yield from (*own, *model_files(project))
        return
    known = [job for job in AROUND_A_MODEL if job in project.toolbox.jobs]
    around = [fact for job in known for fact in seen(project, job) if fact.kind == "call"]
    if around:
        yield from around
        return
    shaped = [*asked_of_models(project), *model_files(project), *taught_by_steps(project)]
    if shaped:
        yield from shaped
        return
    first = [fact for fact in opening(project) if fact.kind != "link"]
    yield from hosted(project, size, any(ASKS_MODELS.search(fact.name) for fact in first))
    if any(SERVES_MODELS.search(fact.name) for fact in first):
        statistics = seen(project, "models in R") if "models in R" in project.toolbox.jobs else []
        yield from statistics or homemade(project) or builds_models(project)


def seen(project: Project, job: str) -> list[Fact]:
    """The facts of a job that show something."""
    return [fact for fact in project.doing(job).facts if shows(project, fact)]


def asked_of_models(project: Project) -> list[Fact]:
    """Calls that ask a model for its answer, where models are also fitted or loaded: the library does not matter."""
    if not {"loading a model", "asking a model", "fitting"} <= project.toolbox.jobs:
        return []
    asks = [f for f in seen(project, "asking a model") if f.kind == "call" and asks_one(f)]
    made = asks and any(f.kind == "call" for job in ("loading a model", "fitting") for f in seen(project, job))
    return asks if made else []


def asks_one(fact: Fact) -> bool:
    """Whether a call asks a model rather than anything that can generate."""
    return bool(PREDICTS.search(fact.name)) or fact.detail.get("language") == "r"


def model_files(project: Project) -> list[Fact]:
    """Files that hold a trained model, or describe one."""
    found = [path for path in project.paths if MODEL_FILE.search(path) and project.role(path) in ("code", "template")]
    return [Fact("file", "a model", Location(path)) for path in found]


def hosted(project: Project, size: int, said: bool) -> list[Fact]:
    """Imports of interfaces to the models of others, where the README speaks of them or much of the code uses them."""
    if "hosted models" not in project.toolbox.jobs:
        return []
    found = seen(project, "hosted models")
    files = len({fact.at.path for fact in found})
    return found if files >= max(1.0, SHARE * size) or (said and (files > 1 or size <= SMALL)) else []


def builds_models(project: Project) -> list[Fact]:
    """Commands of the project's own build that train models by a program that nobody here knows.

    `tool train data.json > models/x.model` in a Makefile, a script or a job, more than once or with a model's file
    named beside it: a service that has one task called `train` has no such file.
    """
    own = [
        f for f in project.commands() if project.repo.role(f.at.path) in ("code", "template") and TRAINS.search(f.name)
    ]
    goals = {(fact.at.path, fact.name) for fact in project.facts("target") if MODEL_PLACE.search(fact.name)}
    return [f for f in own if MODEL_PLACE.search(f.name) or (f.at.path, f.scope) in goals]


def shows(project: Project, fact: Fact) -> bool:
    """Whether a fact stands in the repository's own files and is more than a line in a list of dependencies."""
    passive = fact.kind in ("dependency", "prose")
    return not passive and project.repo.role(fact.at.path) not in ("vendored", "docs", "test")


README = re.compile(r"readme(\.\w+)?")


def opening(project: Project, lines: int = 60) -> Iterator[Fact]:
    """What the README says first: headings, prose and links."""
    for path in project.paths:
        if path[:6].lower() == "readme" and README.fullmatch(path.lower()):
            for fact in project.repo.facts(path):
                if fact.kind in ("prose", "heading", "link") and fact.at.line <= lines:
                    yield fact
