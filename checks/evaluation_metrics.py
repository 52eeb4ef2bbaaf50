"""EVL: is the model measured on data it has not seen, by figures that fit, and are its settings searched with care?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from readykit.checks_api import Project, best, check, failed, not_applicable, partial, passed, unmet
from readykit.learning import given, groups_only, in_notebook, modules, predicts_classes, untrained
from readykit.model import Evidence, Fact, Strength, Verdict
from readykit.naming import last, short, words

# data kept apart, as people name it in arguments: `y_test`, `X_val`, `valid_ds`, `data["test"]`, `testX`
HELD_OUT = re.compile(
    r"(?<![a-z])(test|tests|(?:test|val|valid)_?(?:set|loader|data)|val|valid|validation|holdout|hold_out|held_out|heldout|dev|oos|out_of_time|oot)(?![a-z])"
    r"(?!_(artifact|config|status|size|ratio|mode|errors?|steps?|fraction|frac|id|name|results?|thresholds?|criteria))(?<!data_validation)"
    r"|(?<=[a-zA-Z]_)(te|tst|hold)(?![a-z])"
    r"|(?<![a-zA-Z])(test|val|valid)(?=[XYD_])(?!_)|(?<=[a-z])(Test|Val|Valid|Validation)(?![a-z])"
)
# functions named after such data
APART = re.compile(r"\b(oos|out of sample|hold ?out|held out)\b")
# `val` by itself is short for any value
VALUE = re.compile(r"val|self\.val")
TRAINING = re.compile(r"(?<![a-z])train(ing)?(?![a-z])|(?<![a-zA-Z])train(?=[XYD_])|(?<=[a-z])Train(?![a-z])")
# callees that score, by the words of the last part of their name
SCORES = re.compile(
    r"\b(score|scores|evaluate|evaluation|eval|metrics?|accuracy|acc|f1|auc|rmse|mse|mae|mape|r2|error|loss|performance)\b"
    r"|^(validate|test|valid|val)( (model|epoch|one epoch|loop|net|network|classifier|regressor))?$"
)
# figures of kept data, as they are logged: `val_loss`, `test/accuracy`, `valid rmse`
LOGGED = re.compile(
    r"(?<![a-z])(test|val|valid|validation|holdout|dev|eval)[_/ .-]{1,3}"
    r"(loss|acc\w*|f1\w*|auc|roc\w*|rmse|mse|mae|mape|r2|score|precision|recall|perplexity|wer|bleu|rouge|map|dice|iou)\b",
    re.IGNORECASE,
)
LOGS = re.compile(
    r"^(log\w*|print|info|write|dump|add_scalars?|report_scalar|update|append|track|set_postfix|echo|debug)$"
)
STEPS = re.compile(r"(^|\.)(validation|test|eval)_(step|epoch_end|epoch)$|(^|\.)on_(validation|test)_epoch_end$")
LOADS = re.compile(r"\b(read|load|loader|fetch|open|part|dataset)\b")
# what a metric that is computed by hand is called
BY_HAND = re.compile(r"(\w+_)?(accuracy|acc|f1|auc|rmse|mse|mae|mape|r2|n?correct|num_correct)$")
EVALUATES = re.compile(r"\b(evaluat\w*|eval|validat\w*|test|score|scoring|metrics)\b")
# schemas and suites of expectations validate data, not models
SCHEMA = re.compile(r"schema|pandera|expectation|suite")
NOT_SCORES = re.compile(
    r"(path|dir|file|name|config|logger|request|client|loader)s?$|^(join|open|read|load|get|literal|assert|raise|check|convert|parse|format|rename|merge|to|from|plot|draw)\b"
)


def scored_apart(project: Project) -> Iterator[tuple[Fact, str]]:
    """Calls that score with arguments named after data that was kept apart."""
    for fact in project.named(SCORES, "call", by=short):
        name = short(fact.name)
        if SCHEMA.search(words(fact.name)):
            continue
        if not NOT_SCORES.search(name) and not last(fact.name)[:1].isupper():
            text = given(fact)
            told = HELD_OUT.search(text) and not VALUE.fullmatch(text) and not text.startswith(("'", '"', "f'", 'f"'))
            if told or APART.search(name):
                yield fact, f"scored on data kept apart: {last(fact.name)}({text[:60]})"


def loaded_apart(project: Project) -> Iterator[tuple[Fact, str]]:
    """Data kept apart that is loaded by code that evaluates: in an evaluating function or file where metrics are."""
    scoring = {f.at.path for f in project.doing("scoring against labels").facts}
    by_hand = {(f.at.path, f.scope) for f in project.named(BY_HAND, "assign", by=last) if BY_HAND.match(last(f.name))}
    for fact in project.named(LOADS, "call", by=short):
        counted = fact.at.path in scoring or (fact.scope and (fact.at.path, fact.scope) in by_hand)
        if counted and HELD_OUT.search(given(fact)):
            where = words(f"{last(fact.scope)} {fact.at.path.rpartition('/')[2]}")
            if EVALUATES.search(where):
                yield fact, f"the evaluation reads data kept apart: {last(fact.name)}({given(fact)[:60]})"


def logged_apart(project: Project) -> Iterator[tuple[Fact, str]]:
    """Calls that log a figure of validation or test data, and steps of a training loop that compute one."""
    for fact in project.named(LOGS, "call", by=last):
        if LOGS.match(last(fact.name)):
            match = LOGGED.search(given(fact))
            if match:
                yield fact, f"a figure of data kept apart is logged: {match[0]}"
    for fact in project.named(STEPS, "def"):
        yield fact, f"`{last(fact.name)}` runs on data kept apart"


def proofs(project: Project) -> list[Evidence]:
    """Everything that shows a figure of data that the model was not fitted on, the plainest first."""
    first = [project.evidence(fact, note) for fact, note in scored_apart(project)]
    read = [project.evidence(fact, note) for fact, note in loaded_apart(project)]
    second = [*project.used("validation in training"), *project.used("cross-validation")]
    third = [project.evidence(fact, note) for fact, note in logged_apart(project)]
    for some in (first, read, second, third):
        strong = [e for e in some if e.strength >= Strength.USED]
        if modules(project, strong):
            return modules(project, strong)
    return [e for e in (*first, *read, *second, *third) if e.strength >= Strength.USED]


# what fitted models without labels keep of how well they fit
KEPT_FIGURE = re.compile(r"\.(inertia_|reconstruction_err_|bound_|lower_bound_|relative_validity_)(?!\w)")
RECONSTRUCTION = re.compile(r"\b(reconstruct\w*|recon) (err(or)?s?|loss|mse|mae)\b|\b(elbow|inertias?|distortions?)\b")


def figures_of_groups(project: Project) -> list[Evidence]:
    """By what a model without labels is judged: how far apart its groups are, how well it describes the rows."""
    kept = [
        project.evidence(fact, f"how well it describes the rows: {fact.value[:60]}")
        for fact in project.valued(KEPT_FIGURE, "assign")
    ]
    kept += [
        project.evidence(fact, f"how well it describes the rows: {fact.name[:60]}")
        for fact in project.named(RECONSTRUCTION, "assign", by=short)
        if "(" in fact.value
    ]
    logged = [
        project.evidence(fact, f"how well it describes the rows: {given(fact)[:60]}")
        for fact in project.facts("call")
        if KEPT_FIGURE.search(given(fact))
    ]
    found = [*project.used("figure of groups"), *kept, *logged]
    return [e for e in found if e.strength >= Strength.USED]


def judged_without_labels(project: Project) -> Verdict:
    """The verdict on models that have no labels to hold out."""
    found = figures_of_groups(project)
    if modules(project, found):
        return passed("there are no labels, and the model is judged by a figure of its own kind", best(found))
    would = "a figure of how good the groups are: silhouette, Davies-Bouldin, BIC, coherence, reconstruction error"
    if found:
        return partial("judged without labels in a notebook only", best(found), would, project.looked_in)
    return failed("there are no labels, and no figure says how good the groups are", project.looked_in, would)


@check("EVL001", "The model is scored on held-out data", capability="held_out_evaluation", level=1, dimension="model")
def scored_on_held_out_data(project: Project) -> Verdict:
    """What: the figures of the model come from data that it was not fitted on.

    A metric of data named test or validation, evaluation data passed to the fit, cross-validation, logged validation
    figures, or a split together with metrics pass in modules. In a notebook only it is partial; a split that nothing
    is measured on is partial too. Metrics of the training data alone fail. Where nothing has labels (clusters, topics,
    outliers), a figure of that kind takes their place: silhouette, Davies-Bouldin, inertia, BIC, coherence,
    reconstruction error, agreement between runs.

    Why: a model that has learnt its data by heart looks perfect on it.

    Fix: split before fitting, and compute the metrics on the part that was left out.

    Source: document 003 (metrics on data not fitted on).
    """
    if reason := untrained(project):
        return not_applicable(reason)
    found = proofs(project)
    if not found and groups_only(project):
        return judged_without_labels(project)
    scoring = [e for e in project.doing("scoring against labels").evidence if e.strength >= Strength.USED]
    splits = list(project.used("splitting"))
    would = "a metric computed on a test or validation set that the fit does not see"
    if modules(project, found):
        return passed("the model is scored on data it has not seen", best(found))
    honest = [e for e in modules(project, scoring) if not on_training_data(project, e)]
    if modules(project, splits) and honest:
        return passed("data is split and the model is scored", (*best(honest, 2), *best(modules(project, splits), 1)))
    looked_in = project.looked_in
    if found or (splits and scoring):
        return partial("scored on held-out data in a notebook only", best(found or splits), would, looked_in)
    if splits:
        return partial("data is split, and nothing is measured on the rest", best(splits), would, looked_in)
    if scoring:
        return failed("no metric is of data kept apart", looked_in, would, best(scoring))
    return failed("no metric of held-out data", looked_in, would)


def on_training_data(project: Project, evidence: Evidence) -> bool:
    """Whether the call at a place scores what is named after training."""
    calls = [f for f in project.facts("call", path=evidence.at.path) if f.at == evidence.at]
    return any(TRAINING.search(given(f)) and not HELD_OUT.search(given(f)) for f in calls)


# -- metrics ----------------------------------------------------------------------------------------------------------
@check("EVL002", "The metrics fit the class balance", capability="metrics_fit", level=2, dimension="model")
def metrics_fit_the_classes(project: Project) -> Verdict:
    """What: a classifier is judged by more than accuracy: precision, recall, F1, area under the PR curve, confusion.

    Such a metric passes in modules; in a notebook only it is partial. Ranking figures alone (area under the ROC curve,
    log loss) are partial, for they look good while most alarms are false. Accuracy alone fails. Not applicable to
    regression, and where nothing says that classes are predicted.

    Why: where one class is rare, a model that never finds it is almost always right.

    Fix: report precision, recall or the area under the precision-recall curve of the class that matters.

    Source: documents 001 and 003 (metrics under imbalance).
    """
    if reason := untrained(project):
        return not_applicable(reason)
    classes = predicts_classes(project)
    if classes is None:
        return not_applicable("nothing shows that classes are predicted")
    if not classes:
        return not_applicable("numbers are predicted here, not classes")
    balanced = project.used("balanced metric")
    if modules(project, balanced):
        return passed("errors are measured class by class", best(modules(project, balanced)))
    would = (
        "precision, recall, F1, a confusion matrix or the area under the precision-recall curve, by the evaluation code"
    )
    if balanced:
        return partial("errors by class are measured in a notebook only", best(balanced), would, project.looked_in)
    ranking = project.used("ranking metric")
    if ranking:
        return partial("ranking is measured, errors of the classes are not", best(ranking), would, project.looked_in)
    plain = project.used("plain accuracy")
    message = "accuracy is the only metric" if plain else "no figure shows the errors of a class"
    return failed(message, project.looked_in, would, best(plain))


# -- tuning -----------------------------------------------------------------------------------------------------------
RESULTS = re.compile(r"cv_results_|trials_dataframe|\.get_trials|all_trials|\.trials\b")
TRIALS = re.compile(r"log_(metric|param)s\b|results of the search|log_metric\b|trials|Tuner|tune\b|Callback")
COMBINES = re.compile(r"(^|\.)itertools\.product$")
FITS = re.compile(r"(^|\.)fit$")
KEPT = re.compile(r"^(log_\w+|dump|to_csv|to_json|to_parquet|write\w*|save\w*)$")


def above(project: Project, files: set[str]) -> set[str]:
    """The files that import some files, by way of others too: what they switch on holds below."""
    find = project.graph.modules.imported
    needs = [(f.at.path, frozenset(find(f.name, f.at.path))) for f in project.facts("import")]
    found: set[str] = set()
    while more := {path for path, wanted in needs if wanted & (files | found)} - found:
        found |= more
    return found


def records(project: Project, evidence: Iterable[Evidence]) -> list[Evidence]:
    """What records the trials: the search itself, a tracker in the same file, or its results written to a file.

    Automatic logging holds for the file that switches it on and those that it imports, not for another trainer's.
    """
    searching = {e.at.path for e in evidence}
    found = list(project.used("recording search"))
    found += [e for e in project.used("experiment tracking") if e.at.path in searching]
    automatic = project.used("automatic logging")
    around = searching | (above(project, searching) if automatic else set())
    found += [e for e in automatic if e.at.path in around]
    keeping = {f.at.path for f in project.named(KEPT, "call", by=last) if KEPT.match(last(f.name))} & searching
    for path in keeping:
        for fact in project.facts("call", "assign", path=path):
            if RESULTS.search(fact.value if fact.kind == "assign" else f"{given(fact)} {fact.name}"):
                found.append(project.evidence(fact, "results of the search, written to a file"))
    return [e for e in found if e.strength >= Strength.USED]


def tried_by_hand(project: Project) -> list[Evidence]:
    """Loops of the project's own over all combinations of a grid, in a function that fits a model with each."""
    fits = {(f.at.path, f.scope) for f in project.named(FITS, "call")}
    return [
        project.evidence(fact, "the combinations of a grid are tried one by one")
        for fact in project.named(COMBINES, "call")
        if (fact.at.path, fact.scope) in fits and project.strength(fact) >= Strength.USED
    ]


@check("EVL007", "Tuning is bounded and recorded", capability="tuning", level=2, dimension="model")
def tuning_is_bounded(project: Project) -> Verdict:
    """What: parameters are chosen by a search with a budget or by cross-validation, and its trials are kept.

    A search over a grid or with a number of trials, or cross-validation, passes when a tracker in the same file or the
    search's own store records it. Unrecorded or unbounded searches and notebooks are partial. Parameters that nobody
    compared fail.

    Why: a search without a record repeats itself and cannot be audited; one without a budget overfits the validation
    data and the bill.

    Fix: give the search a number of trials and log each trial with its parameters and score.

    Source: document 003; Breck et al. 2017, ML Test Score (Model 3: hyperparameters are tuned).
    """
    if reason := untrained(project):
        return not_applicable(reason)
    bounded, folds = [*project.used("bounded search"), *tried_by_hand(project)], project.used("cross-validation")
    every = [*bounded, *project.used("recording search"), *folds, *project.used("search")]
    would = "a search with a budget or cross-validation, whose trials are logged with parameters and scores"
    for some, what in ((bounded, "a bounded search"), (folds, "cross-validation")):
        shown = modules(project, some)
        kept = [e for e in records(project, shown) if not in_notebook(project, e)]
        if shown and kept:
            kept.sort(key=lambda e: (not TRIALS.search(e.note), -e.strength))
            return passed(f"{what}, recorded", (*best(shown, 2), kept[0]))
    if not every:
        return unmet(project.doing("bounded search"), "no settings are compared", would, r"tun(e|ing)|hyper-?param")
    if not modules(project, every):
        return partial("settings are compared in a notebook only", best(every), would, project.looked_in)
    shown = modules(project, bounded) or modules(project, every)
    lacks = "no record of the trials" if modules(project, bounded) or not project.used("search") else "no budget"
    return partial(f"settings are compared, with {lacks}", best(shown), would, project.looked_in)
