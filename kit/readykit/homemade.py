"""Models of a library that is not in the tables, or of none: what a repository's own code shows of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from readykit.naming import last, words
from readykit.project import ASKED_AT

if TYPE_CHECKING:
    from readykit.model import Fact
    from readykit.project import Project

# A class of the project's own that is a model by its name or base, and what only a model's class can do.
MODEL_CLASS = re.compile(r"(Model|Classifier|Regressor|Predictor|Scorer|Recommender|Detector|Forecaster|Estimator)$")
MODEL_METHOD = re.compile(r"(predict|score|infer|classify|recommend|forecast|train|fit)(_\w+)?$")
# Functions that fit something, and functions that answer with it: `fit_and_save_model`, `run_forecast`.
FITS = re.compile(
    r"(re ?)?(fit|train|finetune)(?![a-z]).* (models?|ensembles?|networks?|classifiers?|regressors?)(?![a-z])"
)
ANSWERS = re.compile(r"(?<![a-z])(predict(ions?)?|forecasts?|inference|infer|classify|recommend(ations?)?)(?![a-z])")
MODEL_FILE = re.compile(
    r"""\.(pkl|pickle|joblib|model|h5|keras|pt|pth|onnx|safetensors|gguf|ggml|cbm|pb|tflite|mlmodel)\b""", re.IGNORECASE
)
LOADS = re.compile(r"(^|[._])(load|read|open|from_(config|file|path|pretrained))(_?\w*model\w*)?$", re.IGNORECASE)
# What only code that teaches a model by steps names, in several words: `learning_rate`, `n_epochs`, `val_loss`.
STEPS = tuple(
    re.compile(rf"(?<![a-z])({names})(?![a-z])")
    for names in (
        "learning rate|lr|step size",
        "epochs?",
        "(train(ing)?|val(idation)?|test) (loss|mse|acc(uracy)?|auc|mae)|loss (fn|function)",
        "hidden (size|dim|units|channels|layers?)|dropout|weight decay|momentum|optimi[sz]er",
        "grad(ient)?s?|back ?prop(agation)?|d?weights?|bias(es)?",
        "batch size|mini ?batch|early stopping|checkpoint",
    )
)
TELLING = 4
"""Of these, so many in one file are training, whatever library does it."""
SORTS = 2
"""Of a model's class, an address for predictions and the loading of a model, so many make a project of it."""


def homemade(project: Project) -> list[Fact]:
    """Facts of models without a library that is known here: two sorts of code must bear out what the README says.

    The sorts are a class that is a model and predicts, an address at which predictions are asked, and a model that
    is loaded. One alone is found in any web application (`/score` of a game, a `Model` of a database).
    """
    sorts = [list(model_classes(project)), list(asked(project)), list(model_loads(project))]
    whole = [*learners(project), *fitted_and_asked(project)]
    return [fact for sort in sorts for fact in sort] if sum(map(bool, sorts)) >= SORTS else whole


def taught_by_steps(project: Project) -> list[Fact]:
    """Files of code in which the words of training by steps come together: networks and regressions by hand."""
    found: dict[str, dict[int, Fact]] = {}
    for fact in project.facts("assign", "field", "def", role=("code", "template")):
        name = words(last(fact.name)) if fact.kind != "def" else words(fact.detail.get("args", "")[:200])
        for number, pattern in enumerate(STEPS):
            if pattern.search(name):
                found.setdefault(fact.at.path, {}).setdefault(number, fact)
    return [next(iter(seen.values())) for seen in found.values() if len(seen) >= TELLING]


def model_classes(project: Project) -> Iterator[Fact]:
    """Classes that are called a model, or inherit from one, and predict or learn."""
    methods = (f for f in project.facts("def") if f.value != "class")
    able = {f.scope for f in methods if MODEL_METHOD.match(f.name.rpartition(".")[2])}
    stored = {f.at for f in project.doing("stored table").facts} if "stored table" in project.toolbox.jobs else set()
    for fact in project.facts("def"):
        if fact.value != "class" or fact.name not in able or fact.at in stored:
            continue
        if any(map(MODEL_CLASS.search, (fact.name, *fact.detail.get("bases", "").split(",")))):
            yield fact


def learners(project: Project) -> Iterator[Fact]:
    """Classes that learn and predict, whatever they are called: a model written by hand."""
    methods: dict[str, set[str]] = {}
    for fact in project.facts("def"):
        if fact.value != "class" and fact.scope:
            methods.setdefault(fact.scope, set()).add(fact.name.rpartition(".")[2])
    for fact in project.facts("def"):
        has = methods.get(fact.name, set())
        if fact.value == "class" and has & {"fit", "train"} and has & {"predict", "predict_proba", "score"}:
            yield fact


def fitted_and_asked(project: Project) -> list[Fact]:
    """Functions that fit a model when others answer with one; whichever library stands behind them."""
    functions = [f for f in project.facts("def", role=("code", "template")) if f.value != "class"]
    fits = [f for f in functions if FITS.match(words(last(f.name)))]
    answers = [f for f in functions if f not in fits and ANSWERS.search(words(last(f.name)))]
    return fits if answers else []


def asked(project: Project) -> Iterator[Fact]:
    """Routes whose address asks for a prediction."""
    for fact in project.facts("decorator"):
        address = fact.detail.get("0") or fact.detail.get("path") or ""
        if fact.name.endswith((".route", ".post", ".get")) and ASKED_AT.search(address):
            yield fact


def model_loads(project: Project) -> Iterator[Fact]:
    """Calls that load a model: by the name of what is called, or of the file."""
    for fact in project.facts("call"):
        if not LOADS.search(fact.name):
            continue
        owner, _, called = fact.name.rpartition(".")
        given = fact.detail.get("0", "")
        if MODEL_CLASS.search(owner) or re.search("model", called, re.IGNORECASE) or MODEL_FILE.search(given):
            yield fact
