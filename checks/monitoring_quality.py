"""MON: is it known what was predicted, and how good it turned out to be?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from readykit.checks_api import Project, best, check, failed, not_applicable, partial, passed, unmet
from readykit.inuse import joined_errors
from readykit.model import Evidence, Fact, Strength, Verdict
from readykit.naming import last, words
from readykit.project import answers

KEEPS = re.compile(r"^(log|save|store|record|persist|write|insert|append|track|add|put|publish|send|output)(?![a-z])")
# the true values are known where predictions are kept with them: an evaluation
BESIDE_TRUTH = re.compile(
    r"(?<![a-z])(y (true|test|actual)|actuals?|ground truth|true labels?|y(?! *(hat|pred|prob|score)))(?![a-z])"
)
# a helper that adds rows to what is there, whatever they are
HELPS = re.compile(r"(?<![a-z])(upsert|append|log|insert)(?![a-z])")
ASKS = re.compile(r"_?(predict|infer)\w*$")
PREDICTION = re.compile(
    r"(?<![a-z])(predictions?|predicted|preds?|inferences?|scor(e|es|ed|ing)|prediction ?log\w*)(?![a-z])"
)
# classes whose whole purpose it is
LOGBOOK = re.compile(
    r"(?<![a-z])(prediction|inference|request) ?(log\w*|store|repository|recorder|history|sink|db|database)(?![a-z])"
)
SERVES = re.compile(
    r"(?<![a-z])(serv\w*|api|apps?|predict\w*|infer\w*|scor(e|ing)|web|lambda\w*|endpoints?|batch|stream\w*|main|deploy\w*)(?![a-z])"
)
SCORES = re.compile(r"(?<![a-z])(predict\w*|infer\w*|scor(e|ing)|batch)(?![a-z])")
# predictions that are written down while a model is made are results of an experiment
MAKING = re.compile(
    r"(?<![a-z])(re ?train(ing|er)?|evaluat\w*|eval|tests?|plots?|visuali\w*|experiments?|tun(e|ing)"
    r"|features?|submission|cross val\w*)(?![a-z])"
)
VERSION = re.compile(r"(?<![a-z])(model|run|artifact|champion) ?(versions?|ids?|uri|sha\w*|hash)(?![a-z])")
COLUMN = re.compile(r"(model|run)_?(version|id)(_\w+)?", re.IGNORECASE)
INPUTS = re.compile(
    r"(?<![a-z])(features?|inputs?|payload|requests?|data|records?|rows?|df|frame|x|instances?|image path"
    r"|body|transaction)(?![a-z])"
)
TABLE = re.compile(r"(?<![a-z])(predictions?|inference)$")
# what is stored is how good the model is, not what it answered
FIGURES = re.compile(r"^(\w+ )?(score|scores|metrics?|report|results?|summary)$")
APPENDS = re.compile(r"""^["'][ab+]*a[b+]*["']$""")
SELECT = re.compile(r"^\W*(select|delete|create|drop|alter|pragma|begin|commit|rollback)\b", re.IGNORECASE)
CAPTURE_OFF = re.compile(r"^(False|None|0|0\.0)$")
OF_MAKING = re.compile(r"(?<![a-z])(train|training|tests?|tune)(?![a-z])")
FIGURE = re.compile(
    r"(?<![a-z])(accuracy|auc|f1|rmse|mae|mape|r2|precision|recall|score|metrics?|performance|decay\w*|degrad\w*)(?![a-z])"
)
COMPUTES = re.compile(
    r"^(compute|calculate|calc|evaluate|measure|rolling)\b.*\b(metrics?|performance|accuracy|rmse|mae|mape|f1|auc|error)\b"
)
TRUTH = re.compile(r"(?<![a-z])(actuals?|y true|true labels?|ground truth|labels?|targets?|outcomes?)(?![a-z])")
WATCHES = re.compile(
    r"(?<![a-z])(monitor\w*|production|prod|live|decay\w*|degrad\w*|feedback|ground truth|delayed|actuals?"
    r"|post deploy\w*)(?![a-z])"
)
PROGRAMS = (".py", ".ipynb", ".R", ".r", ".Rmd", ".qmd", ".scala")
"""Endings of code; a product's monitor stands in settings."""


def serving_files(project: Project) -> set[str]:
    """Files that answer requests or score batches."""
    found = {e.at.path for job in ("model serving", "batch scoring") for e in project.used(job)}
    found |= {f.at.path for f in project.facts("decorator") if answers(f)}
    return {path for path in found if path.endswith(".py")}


def of_serving(path: str, serving: set[str]) -> bool:
    """Whether a file serves or scores, by what it does or by its name, and does not make models."""
    return path in serving or bool(SERVES.search(words(path)) and not MAKING.search(words(path)))


def keeps_rows(fact: Fact) -> bool:
    """Whether a call to a store adds something to it."""
    if fact.name == "open":
        return any(APPENDS.match(fact.detail.get(key, "")) for key in ("1", "mode"))
    if fact.name.endswith(".execute"):
        return not SELECT.match(fact.detail.get("0", "").strip("\"'f"))
    return not fact.name.startswith("set.") and not FIGURES.search(words(fact.detail.get("0", "")))


def stores(project: Project) -> list[Fact]:
    """Calls that put something where it survives a restart."""
    found = [f for f in project.doing("durable store").facts if f.kind == "call"]
    found += project.facts("call", name="open")
    return [f for f in found if keeps_rows(f) and project.strength(f) >= Strength.USED]


def around(project: Project, fact: Fact) -> str:
    """What a function and its class are told and say, as words."""
    top = fact.scope.partition(".")[0]
    said = []
    for other in project.repo.facts(fact.at.path):
        inside = other.scope == fact.scope or other.scope.startswith(f"{fact.scope}.")
        if other.kind == "def" and other.name in (fact.scope, top):
            said.append(other.detail.get("args", ""))
        elif (inside or (other.kind == "string" and not other.scope)) and other.kind in ("string", "assign", "call"):
            said.append(f"{other.name if other.kind != 'call' else ''} {other.value} {' '.join(other.detail.values())}")
    return words(" ".join(said))


def logbooks(project: Project) -> Iterator[tuple[Fact, str]]:
    """Calls that keep predictions: in a function made for it, or beside the prediction in serving code."""
    kept = stores(project)
    if not kept:
        return
    serving = serving_files(project)
    asks = {(f.at.path, f.scope) for f in project.facts("decorator") if answers(f)}
    asks |= {(f.at.path, f.scope) for f in project.named(ASKS, "call", by=last) if ASKS.match(last(f.name))}
    callers: dict[str, set[str]] = {last(fact.scope): set() for fact in kept}
    by_batch = set()
    for call in project.facts("call"):
        if (own := last(call.name)) in callers:
            callers[own].add(call.at.path)
            if SCORES.search(words(last(call.scope))) and not MAKING.search(words(call.at.path)):
                by_batch.add((call.at.path, own))
    signatures = {
        (f.at.path, f.name): words(f.detail.get("args", "")) for f in project.facts("def") if f.value != "class"
    }
    for fact in kept:
        name = words(last(fact.scope)).strip()
        if not fact.scope or MAKING.search(f"{words(fact.at.path)} {name}") or fact.at.path.endswith(".ipynb"):
            continue
        told = signatures.get((fact.at.path, fact.scope), "")
        if BESIDE_TRUTH.search(told):
            continue
        made_for = KEEPS.match(name) and bool(
            PREDICTION.search(name) or PREDICTION.search(told) or LOGBOOK.search(words(fact.scope))
        )
        used_by = callers.get(last(fact.scope), set()) | {fact.at.path}
        beside = (fact.at.path, fact.scope) in asks and PREDICTION.search(words(" ".join(fact.detail.values())))
        helps = (fact.at.path, last(fact.scope)) in by_batch and bool(HELPS.search(name))
        made_for = helps or (made_for and any(of_serving(path, serving) for path in used_by))
        if made_for or (beside and fact.at.path in serving):
            yield fact, "kept"
        elif SCORES.search(words(last(fact.at.path.removesuffix(".py").replace("/", ".")))) and (
            fact.at.path in {p for p, _ in asks}
        ):
            yield fact, "written"


def tables(project: Project) -> Iterator[Evidence]:
    """Tables of predictions that have a column for the model's version."""
    bases = {f.name for f in project.doing("stored table").facts if f.kind == "def"}
    for fact in project.facts("def"):
        parents = set(fact.detail.get("bases", "").split(","))
        name = words(last(fact.name)).strip()
        if (
            fact.value != "class"
            or "migrations/" in fact.at.path
            or not (fact.name in bases or parents & bases)
            or not TABLE.search(name)
        ):
            continue
        inside = (fact.at.line, fact.at.end_line)
        columns = [f for f in project.facts("assign", "field", path=fact.at.path) if inside[0] < f.at.line <= inside[1]]
        if any(VERSION.search(words(last(f.name))) for f in columns):
            yield project.evidence(fact, f"a table of predictions with the model's version: {last(fact.name)}")


def kept(project: Project) -> tuple[list[Evidence], list[Evidence]]:
    """What keeps predictions with inputs and version, and what keeps less."""
    full, half = list(tables(project)), []
    for fact, how in logbooks(project):
        said = around(project, fact)
        version, inputs = bool(VERSION.search(said)), bool(INPUTS.search(said))
        if how == "written":  # the table of a batch job: it holds the inputs, and the version has to be a column
            inputs = True
            version = any(COLUMN.fullmatch(f.name) for f in project.facts("string", path=fact.at.path))
        if version and inputs:
            full.append(project.evidence(fact, f"predictions are {how} with inputs and model version"))
        elif how == "kept":
            missing = "the model version" if inputs else "the inputs" if version else "inputs and version"
            half.append(project.evidence(fact, f"predictions are kept, without {missing}"))
    return [e for e in full if e.strength >= Strength.USED], half


@check(
    "MON001",
    "Predictions are logged with inputs and version",
    capability="ops_monitoring_alerts",
    level=3,
    dimension="mlops",
    fix="kit add monitoring",
)
def predictions_are_logged(project: Project) -> Verdict:
    """What: every answer is kept with what was asked and which model version answered, in a store outside the process.

    Data capture of a serving product, and a function of the project's own that writes each prediction with inputs and
    version to a database, queue, table or file pass, as does a batch job whose output carries the version. A log that
    leaves out the version or the inputs is partial. What goes to the console only is not kept.

    Why: drift, quality and complaints can only be looked into when it is known what was asked and what was answered.

    Fix: write inputs, answer, model version and time to a store before the answer is given.

    Source: document 001.
    """
    if project.kind == "library":
        return not_applicable("a library answers nobody by itself")
    captured = [
        project.evidence(fact, f"answers are captured: {fact.name[-70:]}")
        for fact in project.doing("prediction log").facts
        if project.strength(fact) >= Strength.USED
        and not fact.at.path.endswith(".ipynb")
        and not CAPTURE_OFF.match(fact.detail.get("enable_capture", ""))
    ]
    if captured:
        return passed("what is asked and answered is captured", best(captured))
    full, half = kept(project)
    if full:
        return passed("predictions are kept with their inputs and the version", best(full))
    if half:
        return partial("predictions are kept, but not all that belongs to them", best(half))
    return failed(
        "no prediction is kept",
        project.looked_in,
        "code or a serving setting that writes inputs, prediction and model version to a store that survives a restart",
    )


# -- quality once labels arrive ---------------------------------------------------------------------------------------
def watching(fact: Fact) -> bool:
    """Whether a figure is computed in code that watches a model in use, not in code that makes one."""
    here = words(f"{fact.at.path.rpartition('/')[2]} {fact.scope}")
    return bool(WATCHES.search(words(f"{fact.at.path} {fact.scope}"))) and not OF_MAKING.search(here)


def figured_by_hand(project: Project) -> list[Evidence]:
    """Functions of monitoring code that work out a metric themselves, from predictions and what really happened."""
    found = []
    for fact in project.facts("def"):
        if fact.value == "class" or not COMPUTES.search(words(last(fact.name)).strip()) or not watching(fact):
            continue
        if TRUTH.search(around(project, Fact("call", "", fact.at, "", fact.name))):
            found.append(project.evidence(fact, f"a metric on true outcomes, by hand: {last(fact.name)}"))
    return found


def acted_upon(project: Project, path: str) -> list[Evidence]:
    """Comparisons of the model's figure with a bar or its former figure in a file."""
    return [
        project.evidence(fact, "the figure is held against a bar")
        for fact in project.facts("compare", "branch", path=path)
        if FIGURE.search(words(fact.detail.get("names", "")))
        and {"<", "<=", ">", ">="} & set(fact.detail.get("ops", "").split(","))
    ]


def quality_in_use(project: Project) -> tuple[list[Evidence], list[Evidence]]:
    """Products that measure a model in use, and metrics that monitoring code computes."""
    kept_up = {fact.at for fact in project.doing("quality over time").facts}
    products = [
        project.evidence(fact, f"quality in use: {fact.name[-60:]}")
        for fact in project.doing("quality monitoring").facts
        if project.strength(fact) >= Strength.IMPORTED and (fact.kind != "call" or fact.at in kept_up or watching(fact))
    ]
    figures = [
        project.evidence(fact, f"computed on what came in later: {fact.name[-60:]}")
        for fact in project.doing("scoring against labels").facts
        if fact.kind == "call" and project.strength(fact) >= Strength.IMPORTED and watching(fact)
    ]
    joined = [
        project.evidence(fact, f"the error on what came in later: {fact.value[:60]}")
        for fact in joined_errors(project)
        if watching(fact)
    ]
    return products, [*figures, *figured_by_hand(project), *joined]


@check(
    "MON003",
    "Quality is watched once labels arrive",
    capability="quality_monitoring",
    level=4,
    dimension="mlops",
    fix="kit add monitoring",
)
def quality_is_watched(project: Project) -> Verdict:
    """What: when the true outcomes come in, the deployed model's metric is computed on them, again and again.

    A product's performance monitor, and a metric over labelled production data in monitoring code that is held
    against a bar or an earlier figure, pass. A figure that nothing is compared with, one in a notebook, and an
    estimate without labels are partial. Evaluation at training time is not monitoring.

    Why: inputs can stay the same while what they mean changes; only labels show it.

    Fix: join the prediction log with the labels of each period, compute the metric, and compare it with the one at
    promotion.

    Source: document 001; ML Test Score, Monitor 7 (no regression in prediction quality).
    """
    if project.kind == "library":
        return not_applicable("a library has no model in use")
    products, figures = quality_in_use(project)
    settings = [e for e in products if not e.at.path.endswith(PROGRAMS) and e.strength >= Strength.USED]
    if settings:
        return passed("a service watches the model's quality", best(settings))
    code = [e for e in (*products, *figures) if not e.at.path.endswith(".ipynb") and e.strength >= Strength.USED]
    bars = [bar for path in dict.fromkeys(e.at.path for e in code) for bar in acted_upon(project, path)]
    if bars:
        held = {bar.at.path for bar in bars}
        shown = [*best(e for e in code if e.at.path in held), bars[0]]
        return passed("the quality of the model in use is watched", shown)
    rows = [
        (code, "the quality in use is computed, but held against nothing"),
        (project.used("quality estimate"), "quality is estimated without labels"),
        ([*products, *figures], "quality in use is looked at in a notebook or by code that nothing runs"),
    ]
    half = next((partial(why, best(evidence)) for evidence, why in rows if evidence), None)
    return half or unmet(
        project.doing("quality monitoring"),
        "nothing measures the model once labels arrive",
        "a job that joins logged predictions with labels and computes the metric of each period",
        r"quality|performance|ground truth|label",
    )
