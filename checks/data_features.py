"""DAT: do training and serving make their features in the same place?"""

from __future__ import annotations

import re
from collections.abc import Iterable

from readykit.checks_api import Project, best, check, failed, not_applicable, partial, passed
from readykit.model import Evidence, Fact, Strength, Verdict
from readykit.naming import last, short, words
from readykit.project import answers

# What functions that make features are called.
MAKES = re.compile(
    r"\b(features?|featuri[sz]e\w*|preprocess\w*|pre process\w*|transforms?|prepare|encode|clean|normali[sz]e"
    r"|tokeni[sz]e|vectori[sz]e|scale|impute|engineer\w*"
    r"|postcode|to matrix|build x|crop|resize)\b"
)
NOT_FEATURES = re.compile(
    r"\b(names?|columns?|importances?|store|plot|flags?|prompt|response|output|result\w*|report|logs?|metrics?"
    r"|image tag|sql|query|environment|dirs?"
    r"|paths?|config\w*|selection|drift|monitor\w*|test|label)\b"
)
TRANSFORMER = re.compile(
    r"\b(scaler|encoder|vectori[sz]er|transformer|preprocess\w*|imputer|tokeni[sz]er|dv|pca|label binarizer"
    r"|pipeline|processor)\b"
)
SAVES = re.compile(
    r"(^|\.)(dump|save|save_pretrained|log_artifact|save_object|save_pickle|write_pickle|dump_pickle|save_model)$"
    r"|\.to_pickle$"
)
LOADS = re.compile(
    r"(^|[._])(load|load_object|load_pickle|load_model|from_pretrained|read_pickle|unpickle|load_artifact"
    r"|download_artifacts)$"
)
PICKLED = re.compile(r"\.(pkl|pickle|joblib|dill|bin)$")
# the name or class of a last step that predicts
ENDS_IN_MODEL = re.compile(
    r"\b(\w*model|clf|\w*classifier|\w*regressor|\w*estimator|regression|xgb|lgbm?|\w*Classifier|\w*Regress\w+|Ridge|Lasso"
    r"|SV[CR]|KMeans|predictor|forecaster)\b"
)
PREDICTS = re.compile(r"\.(predict|predict_proba|transform)$")
SERVING_FILE = re.compile(
    r"\b(serv(e|ing|ice)|api|app|predict\w*|infer\w*|scor(e|ing)|batch|handler|lambda function)\b"
)
STEPS = re.compile(r"(^|\.)(get_dummies|qcut|fit_transform)$")
WOULD = "features made by one function that both sides import, or steps saved inside the model that is served"


def serving_files(project: Project) -> set[str]:
    """Files that answer with a model, live or in batches."""
    found = {e.at.path for e in project.used("model serving")}
    found |= {fact.at.path for fact in project.facts("decorator") if answers(fact)}
    loading = {f.at.path for f in project.named(LOADS, "call")}
    predicting = {f.at.path for f in project.named(PREDICTS, "call")}
    found |= {path for path in loading & predicting if SERVING_FILE.search(words(path.rpartition("/")[2]))}
    return {path for path in found if path.endswith((".py", ".tmpl")) and project.role(path) == "code"}


def trains(project: Project, path: str) -> bool:
    """Whether a file of code, not a notebook, is one that fits."""
    return project.role(path) == "code" and path.endswith((".py", ".tmpl"))


class Imports:
    """Which file of the project's code imports which, read once."""

    def __init__(self, project: Project) -> None:
        self.of: dict[str, set[str]] = {}
        for fact in project.facts("import"):
            found = project.graph.modules.imported(fact.name, fact.at.path)
            self.of.setdefault(fact.at.path, set()).update(path for path in found if project.role(path) == "code")

    def reach(self, starts: Iterable[str]) -> set[str]:
        """The files that some files run, themselves included."""
        seen: set[str] = set()
        todo = list(starts)
        while todo:
            path = todo.pop()
            if path not in seen:
                seen.add(path)
                todo += self.of.get(path, ())
        return seen

    def importers(self, files: set[str]) -> set[str]:
        """The files that import any of some files: they do what comes before, loading and preparing."""
        return {path for path, found in self.of.items() if found & files}


def feature_makers(project: Project, files: set[str]) -> dict[str, Fact]:
    """Functions and classes of some files that make features, by name."""
    found: dict[str, Fact] = {}
    for fact in project.named(MAKES, "def", by=short):
        spoken = short(fact.name)
        if fact.at.path in files and not NOT_FEATURES.search(spoken) and not fact.name.startswith("test"):
            found.setdefault(last(fact.name), fact)
    return found


def called(project: Project, names: Iterable[str], files: set[str], but: dict[str, Fact]) -> dict[str, Fact]:
    """Where functions are called from some files, other than where they are defined."""
    wanted = set(names)
    found: dict[str, Fact] = {}
    for fact in project.facts("call") if wanted else ():
        for name in wanted & set(fact.name.split(".")[-2:]):
            if fact.at.path in files and fact.at.path != but[name].at.path:
                found.setdefault(name, fact)
    return found


def same_function(project: Project, training: set[str], serving: set[str]) -> list[Evidence]:
    """Feature functions of shared modules that both sides call."""
    makers = feature_makers(project, training & serving)
    here = called(project, makers, training, makers)
    there = called(project, makers, serving, makers)
    return [
        project.evidence(there[name], f"serving makes features with {name}, as training does at {here[name].at}")
        for name in sorted(here.keys() & there.keys())
        if here[name].at != there[name].at
    ]


def carried(project: Project, training: set[str], serving: set[str]) -> list[Evidence]:
    """Fitted transformers that are saved beside the model and loaded by the service."""
    found = published(project, training, serving)
    saved = {part for fact in project.named(SAVES, "call") if fact.at.path in training for part in parts(fact)}
    for fact in project.valued(PICKLED, "yaml"):  # a catalogue says where the framework saves what a step returns
        saved |= set(TRANSFORMER.findall(words(fact.value)))
    for fact in project.named(LOADS, "call"):
        if fact.at.path in serving and saved & parts(fact):
            found.append(
                project.evidence(fact, f"the transformer that training saved is loaded: {min(saved & parts(fact))}")
            )
    return found


def inside_the_model(project: Project, training: set[str]) -> list[Evidence]:
    """Steps that are fitted and kept as one object: those that end in the model, or else those of preparation alone."""
    ends = {f.at: bool(ENDS_IN_MODEL.search(" ".join(f.detail.values()))) for f in project.doing("steps in one").facts}
    used = [e for e in project.used("steps in one") if e.at.path in training]
    whole = [e for e in used if ends.get(e.at)]
    note = "the steps are part of the model" if whole else "the steps are fitted and kept as one"
    return [Evidence(e.at, e.strength, f"{note}: {e.note}", e.tool) for e in whole or used]


def published(project: Project, training: set[str], serving: set[str]) -> list[Evidence]:
    """A published tokenizer or processor that both sides load."""
    used = project.used("published transformer")
    here = [e for e in used if e.at.path in training]
    there = [e for e in used if e.at.path in serving]
    if not here or not there:
        return []
    return [
        Evidence(
            e.at,
            e.strength,
            "both sides load it here" if e in here else f"loaded as for training, at {here[0].at}",
            e.tool,
        )
        for e in there
    ]


def parts(fact: Fact) -> set[str]:
    """The kinds of transformer that a call's arguments and target name."""
    return set(TRANSFORMER.findall(words(" ".join(fact.detail.values()))))


def twins(project: Project, training: set[str], serving: set[str]) -> list[tuple[Fact, Fact]]:
    """Feature functions of one name that training and serving each define for themselves."""
    mine = feature_makers(project, training - serving)
    theirs = feature_makers(project, serving - training)
    return [
        (mine[name], theirs[name])
        for name in sorted(mine.keys() & theirs.keys())
        if not name.startswith("_") or len(name) > 8
    ]


@check(
    "DAT006",
    "Training and serving make features in one place",
    capability="feature_parity",
    level=3,
    dimension="systems",
)
def features_are_made_in_one_place(project: Project) -> Verdict:
    """What: what the model is served with is computed by the code that computed what it was trained on.

    Steps saved inside the model, a fitted transformer that training saves and the service loads, one function that both
    sides call, and a feature store that both read pass. A feature store that only one side reads is partial. A function
    of one name that each side defines for itself fails, and so does a service in whose reach nothing is shared.

    Why: two versions of one feature drift apart silently, and the model is served numbers that it never saw.

    Fix: put the steps and the model into one pipeline and save that, or import one feature function on both sides.

    Source: Breck et al. 2017, ML Test Score (Monitor 3: training and serving are not skewed); Zinkevich, rule 32.
    """
    if project.kind in ("library", "collection"):
        return not_applicable(f"a {project.kind} has no one model that is trained and served")
    if project.only_serves:
        return not_applicable("models are served here and trained elsewhere")
    fitting = {e.at.path for e in project.used("fitting") if trains(project, e.at.path)}
    serving = serving_files(project)
    if not fitting or not serving:
        return not_applicable("a model is not both trained and served by this code")
    imports = Imports(project)
    before = {path for path in imports.importers(fitting) - serving if trains(project, path)}
    here, there = imports.reach(fitting | before), imports.reach(serving)
    stored = project.used("feature store")
    doubled = twins(project, here, imports.reach(path for path in serving if not imports.reach([path]) & fitting))
    shared = same_function(project, here, there)
    whole = [e for e in (*shared, *carried(project, here, there)) if e.strength >= Strength.USED]
    whole = whole or [e for e in inside_the_model(project, here) if e.strength >= Strength.USED]
    if doubled and not whole:
        pair = doubled[0]
        shown = [project.evidence(f, f"{last(f.name)} is defined once for training and once for serving") for f in pair]
        return failed("features are made twice, by code of its own on each side", project.looked_in, WOULD, shown)
    if whole:
        return passed("training and serving share what makes the features", best(whole))
    sides = {bool(e.at.path in here) for e in stored if e.at.path in here | there}
    if stored and len(sides) == 2:
        return passed("both sides read the feature store", best(stored))
    if stored:
        return partial("a feature store is there, though not on both sides", best(stored), WOULD)
    made = [f for f in project.named(STEPS, "call") if f.at.path in here and project.strength(f) >= Strength.USED]
    if not made:
        return not_applicable("no features are seen that training computes: the model takes what it gets as it comes")
    shown = [
        project.evidence(f, "features are computed here, out of the service's reach", cap=Strength.IMPORTED)
        for f in made[:2]
    ]
    return failed("nothing that makes features is shared by training and serving", project.looked_in, WOULD, shown)
