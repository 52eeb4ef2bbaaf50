"""TRK: is every run written down, and does every model have a version?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from readykit.checks_api import Project, best, check, not_applicable, partial, passed, unmet
from readykit.homegrown import kept_models, kept_runs
from readykit.model import Evidence, Fact, Location, Strength, Verdict
from readykit.switches import CODE, split_by_switch, weakened

METRIC = re.compile(r"(metrics?|accuracy|auc|rmse|results?|evaluat)", re.IGNORECASE)
ABOUT_TRAINING = re.compile(r"(train|experiment|evaluat|research|benchmark|model)", re.IGNORECASE)
TIMESTAMP = re.compile(r"(strftime|utcnow|datetime\.now|time\.time|isoformat|fromtimestamp|uuid4|timestamp)")
# a text with a hole, put together with something, or a time as text; and what is called a place of files
MADE_UP = re.compile(r"\{[^{}]*\}|strftime\(|isoformat\(|%[sd]|\.format\(|\w\)? *\+|\+ *\w|[/,] *\w+\)?$")
A_PLACE = re.compile(r"(file|path|dir|folder|name|out\w*|dest\w*|target|report)s?\d*$", re.IGNORECASE)
A_PARAMETER = re.compile(r"(?<![a-z])(file|path|out\w*)(_?name|_?path)?(?![a-z])|_(path|file)\b", re.IGNORECASE)
A_FILE = re.compile(r"\.(json|jsonl|csv|ya?ml|txt|md)\b")
ONE_FIGURE = re.compile(r"\.log_metrics?$")
PARAMETERS = re.compile(r"(^|\.)(log_(hyper)?param\w*|autolog|log_dict|log_inputs?|log_artifacts?|log_text|\w*Logger)$")
KEEPS_FILE = re.compile(r"log_(dict|artifacts?|text)$")
SETTINGS = re.compile(r"param|config|settings|\bargs\b", re.IGNORECASE)
WRITES = re.compile(r"(json|yaml|toml)\.dump|write_text|\.to_csv$")
REGISTRY_FILE = re.compile(
    r"(^|/)(model[_-]?registry|registry|model[_-]?versions?|champion|production[_-]?model)\.(json|ya?ml|toml|db|csv)$",
    re.IGNORECASE,
)
MODEL_FILES = (
    "*.joblib",
    "*.pkl",
    "*.pickle",
    "*.onnx",
    "*.pt",
    "*.pth",
    "*.h5",
    "*.keras",
    "*.skops",
    "*.cbm",
    "*.bst",
    "*.ubj",
)
DOWNLOAD = re.compile(r"(^|\.)(hf_hub_download|snapshot_download|from_pretrained)$")
REVISION = re.compile(r"""["'](?=[^"']*\d)([0-9a-f]{7,40}|v?\d+\.\d[\w.-]*)["']$""")
REGISTRY_FOLDER = re.compile(r"(^|/)(model[_-]?)?(registry|registered[_-]models|production[_-]models)/", re.IGNORECASE)


# -- home-grown records -----------------------------------------------------------------------------------------------
def dated_results(project: Project) -> Iterator[Evidence]:
    """Functions that write metrics to a file with a time or an id in its name: one file a run, kept side by side."""
    stamped = {f.at.path for f in project.named(TIMESTAMP, "call", role=CODE)}
    judging = {e.at.path for job in ("fitting", "scoring against labels") for e in project.used(job)}
    for fact in project.facts("call", name="json.dump*", role=CODE):
        if not any(named_by_run(each, fact.scope) for each in project.repo.facts(fact.at.path)):
            continue
        about = f"{fact.scope} {fact.detail.get('0', '')} {fact.at.path}"
        if (
            fact.at.path in stamped
            and (fact.at.path in judging or METRIC.search(about))
            and ABOUT_TRAINING.search(about)
            and project.strength(fact) >= Strength.USED
        ):
            yield project.evidence(fact, "results of each run go to a file of their own", cap=Strength.DECLARED)


def named_by_run(fact: Fact, scope: str) -> bool:
    """Whether a function puts together the name of a file or folder, as a run's own has, or is given it."""
    if fact.kind == "def" and fact.name == scope:
        return A_PARAMETER.search(fact.detail.get("args", "")) is not None
    if fact.scope != scope:
        return False
    if fact.kind == "assign":
        return bool(MADE_UP.search(fact.value) and (A_PLACE.search(fact.name) or A_FILE.search(fact.value)))
    if fact.kind == "string":
        return bool(MADE_UP.search(fact.name) and A_FILE.search(fact.name))
    return fact.kind == "call" and any(MADE_UP.search(t) and A_FILE.search(t) for t in fact.detail.values())


def only_figures(project: Project, evidence: Iterable[Evidence]) -> bool:
    """Whether all that is tracked are figures, one by one: nothing says what the runs were made with."""
    tracked = {f.at: f for f in project.doing("experiment tracking").facts}
    facts = [tracked.get(e.at) for e in evidence]
    if not all(fact is not None and fact.kind == "call" and ONE_FIGURE.search(fact.name) for fact in facts):
        return False
    told = project.named(PARAMETERS, "call", role=(*CODE, "example"))
    return not any(not KEEPS_FILE.search(f.name) or SETTINGS.search(" ".join(f.detail.values())) for f in told)


def only_in_notebooks(evidence: Iterable[Evidence]) -> bool:
    """Whether nothing but notebooks does it."""
    return all(e.at.path.endswith(".ipynb") for e in evidence)


@check(
    "TRK001", "Runs are tracked", capability="experiment_tracking", level=2, dimension="mlops", fix="kit add tracking"
)
def runs_are_tracked(project: Project) -> Verdict:
    """What: every training run leaves its parameters and metrics in a place where runs can be compared.

    A tracking product's logging calls in the training code pass. Figures without parameters, tracking that is off by
    default or only in a notebook, event files for curves, metrics of pipeline artifacts, and home-grown records (one
    file or one row a run, a run's id with its commit, notes of experiments with tables of figures) are partial. A
    tracker that is installed, or only read from, tracks nothing.

    Why: without a record nobody can say which change made the model better, or where the deployed model came from.

    Fix: open a run around training; log the parameters before fitting and the metrics after evaluating.

    Source: documents 001 and 002, mlops-zoomcamp rubric (experiment tracking).
    """
    found = project.doing("experiment tracking")
    on, off = split_by_switch(project, project.used("experiment tracking"))
    if on and not only_in_notebooks(on):
        on = [e for e in on if not e.at.path.endswith(".ipynb")]
        training = {e.at.path for e in project.used("fitting")}
        beside = [e for e in on if e.at.path in training or "train" in e.at.path.rpartition("/")[2].lower()]
        known = set(beside)
        elsewhere = [e for e in on if e not in known]
        if only_figures(project, on):
            return partial("the figures of runs are tracked, what the runs were made with is not", best(beside or on))
        return passed("runs are tracked", (*best(beside), *best(elsewhere))[:3])
    if on:
        return partial("runs are tracked from a notebook only", best(on))
    if off:
        return partial("runs can be tracked, but are not by default", best(off))
    curves = [weakened(e, "keeps what a run gave, without a table of runs") for e in project.used("training curves")]
    if curves:
        return partial("results of runs are kept, but not as runs to compare", best(curves))
    files = list(dated_results(project)) or list(kept_runs(project))
    if files:
        return partial("results are kept by means of the project's own", best(files))
    if project.only_serves:
        return not_applicable("models are served here and trained elsewhere, so there are no runs to track")
    would = "calls that log parameters and metrics of a training run to an experiment tracker"
    return unmet(found, "no training run is logged", would)


def home_grown(project: Project) -> Iterator[Evidence]:
    """A registry of the project's own: an index file of models that its code writes."""
    writers = {f.at.path for f in project.named(WRITES, "call", role=CODE)}
    for fact in project.named(REGISTRY_FILE, "string", role=CODE):
        if fact.at.path in writers and project.strength(fact) >= Strength.USED:
            yield project.evidence(
                fact, "an index file of models, kept by the project's own code", cap=Strength.DECLARED
            )


def pinned_downloads(project: Project) -> Iterator[Evidence]:
    """Downloads of a model at a revision that a constant beside them holds."""
    fixed = {(f.at.path, f.name) for f in project.facts("assign", role=CODE) if not f.scope and REVISION.match(f.value)}
    for fact in project.named(DOWNLOAD, "call", role=CODE):
        if (fact.at.path, fact.detail.get("revision", "")) in fixed and fact.detail.get("repo_type", "").find(
            "data"
        ) < 0:
            yield project.evidence(fact, "a model is downloaded at a fixed revision")


def chosen_models(project: Project) -> list[Evidence]:
    """Model files that lie in a folder called a registry."""
    paths = [path for path in project.files(*MODEL_FILES, role=CODE) if REGISTRY_FOLDER.search(path)]
    return [Evidence(Location(path), Strength.DECLARED, "a folder of chosen models, no versions") for path in paths]


@check(
    "TRK004",
    "Models are kept in a registry",
    capability="model_registry",
    level=2,
    dimension="mlops",
    fix="kit add registry",
)
def models_are_registered(project: Project) -> Verdict:
    """What: a trained model gets a name and a version in a registry or versioned store.

    Registering a version, tagging one, or declaring the model by repository and commit passes. Registering from a
    notebook only, only reading from a registry, release assets looked up by tag, models deployed from the folder of
    their run, dated artifacts, home-grown indexes, model files that
    DVC versions, keys with a version in a bucket, and a list of released models kept by hand are partial. A file that
    the next training overwrites is nothing.

    Why: promotion, rollback and audits all start from "which version is this?".

    Fix: register the model at the end of training, with the run it comes from, and load it by alias or version.

    Source: documents 001 and 002, mlops-zoomcamp rubric (model registry), GCP MLOps level 1.
    """
    found = project.doing("model registry")
    data = {f.at for f in found.facts if f.detail.get("repo_type", "").strip("\"'") in ("dataset", "space")}
    on, off = split_by_switch(project, [e for e in project.used("model registry") if e.at not in data])
    if on and not only_in_notebooks(on):
        return passed("models are registered", best([e for e in on if not e.at.path.endswith(".ipynb")]))
    if on:
        return partial("models are registered from a notebook only", best(on))
    if off:
        return partial("models can be registered, but are not by default", best(off))
    reading = [
        weakened(e, "reads from a registry that nothing here writes to") for e in project.used("model registry lookup")
    ]
    reading += [
        weakened(e, "models are taken from a store at a fixed revision")
        for e in (*project.used("pinned download"), *pinned_downloads(project))
    ]
    if reading:
        return partial("models come from a registry, but nothing here registers them", best(reading))
    own = list(home_grown(project)) or chosen_models(project) or list(kept_models(project))
    if own:
        return partial("models are kept in a store of the project's own", best(own))
    would = "a call or stage that registers the trained model under a name and version"
    return unmet(found, "no model has a version", would, r"registr|register|versioned model|model version")
