"""EVL: does the model do right by everybody, and can it say why?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from readykit.checks_api import Project, best, check, failed, not_applicable, partial, passed, unmet
from readykit.learning import given, modules, predicts_classes, untrained
from readykit.model import Evidence, Fact, Strength, Verdict
from readykit.naming import last, short, words
from readykit.switches import split_by_switch

# attributes and methods of fitted models that say how much each input counts
IMPORTANCES = re.compile(r"\.feature_importances?_?\b(?!\s*=)")
# names of a variable, or of the function around it, that hold them
COUNTS = re.compile(r"(?<![a-z])(\w*importances?|imps?)(?![a-z])")
COEFFICIENTS = re.compile(r"\.coef_\b")
# calls that show a figure to somebody or keep it, by the last part of their name
SHOWN = re.compile(r"^(print|pprint|display|DataFrame|Series|zip|barh?|plot|log\w*|info|dump|write|str|sorted|to_csv)$")
# explanations of networks that people write by hand
GRADIENTS = re.compile(r"\b(grad ?cam|gradcam|saliency maps?|integrated gradients?|occlusion sensitivity)\b")
IMPORTANCE = re.compile(r"\b(importances?|permut\w*|explain\w*|attribut\w*)\b")
SHUFFLES = re.compile(r"(^|\.)(permutation|permuted|shuffle|sample)$")
# a metric's name among the words of a call, of a function or of an argument
METRIC = re.compile(
    r"\b(f1|auc|roc|accuracy|acc|precision|recall|rmse|mse|mae|mape|r2|log ?loss|errors?|scores?|metrics?|"
    r"performance)\b"
)
GROUP = re.compile(r"\b(slices?|subgroups?|segments?|cohorts?|groups?|fairness|bias|demographics?|disaggregated)\b")
APPLIED = re.compile(r"\.(apply|agg|aggregate)$")
LOOPED = ("groupby", "unique")
# loops over classes of the target, models and folds are no loops over groups
NO_GROUPS = re.compile(
    r"\b(y|labels?|targets?|class|classes|clusters?|models?|algorithms?|folds?|runs?|epochs?|estimators?)\b"
)
# columns of a grouped table that make no slices either: time, and what tuning numbers
NO_SLICE = re.compile(
    r"\b(date ?times?|time ?stamps?|dates?|days?|weeks?|months?|years?|hours?|minutes?|time"
    r"|config|metric|workflow|wflow|engine|id|n)\b"
)
QUOTED = re.compile(r"[\"']([^\"']+)[\"']")
GROUPING = re.compile(r"\.groupby\.|(?:^|[.:])(?:group_by|groupby|unique)$")
SUMMARY = re.compile(r"(summari[sz]e|reframe|group_modify|group_map)$")
PARITY = re.compile(
    r"\b(demographic parity|equal(i[sz]ed)? (odds|opportunity)|disparate impact|(bias|fairness) (check|audit)"
    r"|(check|audit|measure|evaluate) (bias|fairness))\b"
)
SLICES = re.compile(r"\b(slices|slice|subgroups?|cohorts?|fairness)\b")
BY = re.compile(
    r"\b(per|by) (slice|subgroup|segment|cohort|group|region|country|age|gender|sex|race|store|category|site)\b"
)
BY_GROUP = re.compile("|".join(p.pattern for p in (SLICES, GROUP, BY)))
JUDGES = re.compile(r"\b(metrics?|evaluat\w*|scores?|performance|fairness|accuracy|errors?|report)\b")
# other things that are called segments, groups and bias
OTHERWISE = re.compile(
    r"\b(segmentation|optimizer|params?|kernel|initializer|variance|aws|resource|security|consumer)\b"
)
ERROR_COLUMN = re.compile(
    r"[\"'](\w*_)?(abs_?|squared_?|pct_?)?(errors?|residuals?|correct|mape|rmse|mae|is_correct)[\"']"
)
GROUPED = re.compile(r"groupby\(")
NAMES_METRIC = re.compile(r"\w*(_score|_error|metric|rmse|accuracy|auc|mape)\w*")
OF_GROUPS = re.compile(r"(?<![a-z])(groups?|sensitive|protected|attributes?|gender|sex|race|ethnicity|age)(?![a-z])")
SLICED = re.compile(r"^(data )?(slices?|subgroups?|segments?|cohorts?)( masks?| definitions?)?$")
LOOP = re.compile(
    r"\s*for .+ in (\w*(slices|subgroups|cohorts)\w*(\.items\(\))?|\w*segments\w*\.items\(\))\s*:", re.IGNORECASE
)
# rows of one group, by the name of the variable that holds them
ONE_GROUP = re.compile(r"(?<![a-z])(sub ?groups?|group|slice|segment|cohort)(?![a-z])")
NEAR = 14
"""Lines below a loop over groups in which its body is looked for."""


def importances(project: Project) -> Iterator[Evidence]:
    """Places that show the importances or coefficients of a fitted model."""
    shown = (f for f in project.named(SHOWN, "call", by=last) if SHOWN.match(last(f.name)) and carried(given(f)))
    named = (f for f in project.valued(IMPORTANCES, "assign") if COUNTS.search(words(f"{f.name} {f.scope}")))
    for fact in (*shown, *named):
        yield project.evidence(fact, "how much each input counts in the model", cap=Strength.DECLARED)


def carried(text: str) -> bool:
    """Whether code reads the importances or coefficients that a model carries."""
    return bool(IMPORTANCES.search(text) or COEFFICIENTS.search(text))


def permuted(project: Project) -> Iterator[Evidence]:
    """Functions that shuffle one input after the other and measure what is lost: permutation importance by hand."""
    scoring = {(f.at.path, f.scope) for f in project.doing("scoring against labels").facts}
    for fact in project.named(IMPORTANCE, "def", by=short):
        if (fact.at.path, fact.name) in scoring:
            inside = (call for call in project.facts("call", path=fact.at.path) if call.scope == fact.name)
            if any(SHUFFLES.search(call.name) for call in inside):
                yield project.evidence(fact, "permutation importance, computed by the project's own code")


@check("EVL006", "A decision can be explained", capability="explainability", level=3, dimension="comm")
def decisions_can_be_explained(project: Project) -> Verdict:
    """What: the project can say why the model decides as it does: which inputs count, over all and in one case.

    Attributions (Shapley values, LIME, gradients), permutation importance and explaining products pass when modules
    compute them. In a notebook only they are partial, and so are the importances and coefficients that a model
    carries anyway. A product that is installed and not called explains nothing.

    Why: a decision that nobody can explain cannot be defended before the person it is about, and a wrong reason
    behind a good score is found no other way.

    Fix: compute attributions or permutation importance on held-out data at the end of evaluation, and save them with
    the run.

    Source: document 001 (explain the model to a non-technical owner).
    """
    found = project.doing("explaining")
    own = [e for e in permuted(project) if e.strength >= Strength.USED]
    used, off = split_by_switch(project, [*project.used("explaining"), *own])
    if modules(project, used):
        return passed("decisions are explained", best(modules(project, used)))
    would = "attributions (such as Shapley values) or permutation importance computed by the evaluation code, and saved"
    if used:
        return partial("explained in a notebook only", best(used), would, found.looked_in)
    if off:
        return partial("decisions can be explained, but are not by default", best(off), would, found.looked_in)
    products = [
        Evidence(e.at, Strength.DECLARED, f"{e.note}: inputs that count, not the reasons of a decision", e.tool)
        for e in project.used("feature importance")
    ]
    products += [
        project.evidence(fact, "an explanation of the project's own making", cap=Strength.DECLARED)
        for fact in project.named(GRADIENTS, "def", by=short)
    ]
    weaker = best([*products, *(e for e in importances(project) if e.strength >= Strength.DECLARED)])
    if weaker:
        return partial("importances of the model or a home-grown map, no decision explained", weaker, would)
    if project.kind == "library":
        shown = [e for e in found.evidence if e.strength >= Strength.IMPORTED]
        if shown:
            return partial("the library brings explanations", best(shown), would)
        return not_applicable("a library: explaining a model is for those who train one with it")
    claim = r"explain|interpretab|attribution|shap\b|feature importance"
    return unmet(found, "nothing explains a decision", would, claim)


# -- slices -----------------------------------------------------------------------------------------------------------
def grouped(project: Project) -> Iterator[tuple[Fact, str]]:
    """Metrics over the groups of a frame: `frame.groupby(column).apply(metric)` and loops over the groups."""
    scoring = project.doing("scoring against labels").facts
    for fact in project.named(GROUPING, "call"):
        if ".groupby." in fact.name:
            wanted = last(fact.name) in ("apply", "agg", "aggregate") and NAMES_METRIC.search(given(fact))
            if wanted and not by_time(project, fact):
                yield fact, "a metric for each group"
        elif last(fact.name) == "group_by" and groups_people(fact) and (score := grouped_score(project, fact, scoring)):
            yield score, "a metric for each group of the table"
        elif last(fact.name) in LOOPED and any(near(fact, s) for s in scoring) and loops(project, fact):
            yield fact, "a loop over groups that computes a metric for each"
    for fact in scoring:
        if fact.kind == "call" and all(ONE_GROUP.search(words(fact.detail.get(place, ""))) for place in ("0", "1")):
            yield fact, "a metric of the rows of one group"


def applied(project: Project) -> Iterator[Fact]:
    """Metrics that a frame of no known library applies to each of its groups."""
    for fact in project.named(APPLIED, "call"):
        by_group = fact.detail.get("receiver", "").endswith(".groupby") and NAMES_METRIC.search(given(fact))
        if by_group and not by_time(project, fact):
            yield fact


def by_time(project: Project, fact: Fact) -> bool:
    """Whether the frame that this call sums up was grouped by dates and hours only."""
    for call in project.facts("call", path=fact.at.path):
        if last(call.name) == "groupby" and call.scope == fact.scope and within(call, fact):
            columns = grouping(call)
            return bool(columns) and all(NO_SLICE.search(column) for column in columns)
    return False


def grouping(call: Fact) -> list[str]:
    """The columns that a frame is grouped by, as words, where they are written out."""
    return [words(name) for name in QUOTED.findall(call.detail.get("0") or call.detail.get("by", ""))]


def groups_people(fact: Fact) -> bool:
    """Whether one of the columns that a table is grouped by is neither the target, a model, a fold nor time."""
    columns = [words(value) for key, value in fact.detail.items() if key.isdigit()]
    return any(not NO_GROUPS.search(column) and not NO_SLICE.search(column) for column in columns)


def grouped_score(project: Project, fact: Fact, scoring: tuple[Fact, ...]) -> Fact | None:
    """The metric that a pipe computes for these groups, or the summary that computes it in the same function."""
    chain = fact.detail.get("receiver", "")
    for score in scoring:
        piped = chain and score.detail.get("receiver") == chain
        if (near(fact, score) or score.at[:2] == fact.at[:2]) and piped:
            return score
    measured = {(s.at.path, s.scope) for s in scoring if s.scope}
    for call in project.facts("call", path=fact.at.path):
        if SUMMARY.match(last(call.name)) and near(fact, call) and call.detail.get("receiver") == chain:
            inside = any(s.at.path == call.at.path and within(s, call) for s in scoring)
            if inside or (call.at.path, call.scope) in measured:
                return call
    return None


def within(fact: Fact, outer: Fact) -> bool:
    """Whether a fact stands between the first and the last line of another."""
    return outer.at.line <= fact.at.line <= (outer.at.end_line or outer.at.line)


def near(fact: Fact, score: Fact) -> bool:
    """Whether a metric is computed shortly below a place, in the same function."""
    return score.at.path == fact.at.path and score.scope == fact.scope and 0 < score.at.line - fact.at.line <= NEAR


def loops(project: Project, fact: Fact) -> bool:
    """Whether a call stands in the head of a `for`; no fact carries loops."""
    lines = project.repo.text(fact.at.path).split("\n")
    groups = fact.detail.get("assigned", "")
    if groups and any(not NO_GROUPS.search(each) and not NO_SLICE.search(each) for each in grouping(fact)):
        named = re.compile(rf"\s*for .+ in .*\b{re.escape(groups)}\b")
        return any(named.match(text) for text in lines[fact.at.line : fact.at.line + NEAR])
    line = lines[fact.at.line - 1].strip(' \t",') if fact.at.line <= len(lines) else ""
    return line.startswith("for ") and not NO_GROUPS.search(words(line))


def named_for_groups(project: Project) -> Iterator[Fact]:
    """Functions that judge by group: their names say both, and a metric is computed inside or by what they call."""
    scoring = {(f.at.path, f.scope) for f in project.doing("scoring against labels").facts}
    judges = {last(scope) for _, scope in scoring if scope}
    for fact in project.named(BY_GROUP, "def", by=short):
        name = short(fact.name)
        if OTHERWISE.search(name) or fact.value == "class":
            continue
        if SLICES.search(name) and any(
            call.scope.startswith(fact.name) and last(call.name) in judges
            for call in project.facts("call", path=fact.at.path)
        ):
            yield fact
            continue
        if ((GROUP.search(name) and JUDGES.search(name)) or (METRIC.search(name) and BY.search(name))) and (
            (fact.at.path, fact.name) in scoring or calls_metric(project, fact)
        ):
            yield fact


def fairness_functions(project: Project) -> Iterator[Fact]:
    """Functions named after a notion of fairness in which a model is asked: a check that the project wrote itself."""
    asking = {(f.at.path, f.scope) for f in project.doing("asking a model").facts}
    for fact in project.named(PARITY, "def", by=short):
        given_groups = OF_GROUPS.search(words(fact.detail.get("args", "")))
        if fact.value != "class" and (given_groups or (fact.at.path, fact.name) in asking):
            yield fact


def over_slices(project: Project) -> Iterator[Fact]:
    """Metrics in a loop over what is called slices or groups of rows: `for name, mask in slices.items()`."""
    scoring = [f for f in project.doing("scoring against labels").facts if f.kind == "call"]
    named = {f.at.path for f in project.named(SLICED, "assign", by=short)} if scoring else set()
    for fact in scoring:
        if fact.at.path in named:
            lines = project.repo.text(fact.at.path).split("\n")[max(0, fact.at.line - NEAR) : fact.at.line]
            if any(LOOP.match(line) for line in lines):
                yield fact


def calls_metric(project: Project, fact: Fact) -> bool:
    """Whether a function calls something whose name is that of a metric."""
    return any(
        call.scope == fact.name and METRIC.search(words(last(call.name)))
        for call in project.facts("call", path=fact.at.path)
    )


def errors_by_group(project: Project) -> Iterator[Fact]:
    """Columns of errors averaged over the groups of a frame."""
    grouped = (f for f in project.facts("call") if "groupby(" in "".join(f.detail.values()))
    for fact in (*grouped, *project.valued(GROUPED, "assign")):
        text = given(fact) if fact.kind == "call" else fact.value
        if "groupby(" in text and ERROR_COLUMN.search(text.partition("groupby(")[2]):
            yield fact


@check("EVL005", "Slices and fairness are measured", capability="fairness_or_slices", level=3, dimension="model")
def slices_are_measured(project: Project) -> Verdict:
    """What: the model's quality is known for the groups it serves, not only on average.

    A fairness product's metrics, slicing functions, and the project's own metrics by group pass in modules. In a
    notebook only, or as averages of an error column by group, they are partial. Figures by class of the target are no
    slices, and neither is slicing an array.

    Why: an average hides the group for which the model fails, which is where complaints and regulators look.

    Fix: compute the metrics once for each value of the columns that matter (region, device, age band), record them
    with the run, and let the gate look at the worst.

    Source: document 001; Breck et al. 2017, ML Test Score (Model 6: quality on important slices, Model 7: inclusion).
    """
    found = project.doing("slices")
    used = list(project.used("slices"))
    used += [project.evidence(fact, note) for fact, note in grouped(project)]
    used += [project.evidence(fact, f"`{last(fact.name)}` judges by group") for fact in named_for_groups(project)]
    for_each = (*over_slices(project), *applied(project))
    used += [project.evidence(fact, "a metric for each slice of the rows") for fact in for_each]
    own = [project.evidence(fact, f"`{last(fact.name)}` compares groups") for fact in fairness_functions(project)]
    used = [e for e in used if e.strength >= Strength.USED] + [e for e in own if e.strength >= Strength.WIRED]
    if modules(project, used):
        return passed("quality is measured by group", best(modules(project, used)))
    would = "metrics for each value of the columns that matter, computed by the evaluation code and recorded"
    if used:
        return partial("quality by group is looked at in a notebook only", best(used), would, found.looked_in)
    errors = [
        project.evidence(fact, "errors averaged by group", cap=Strength.DECLARED) for fact in errors_by_group(project)
    ]
    if errors:
        return partial("errors are averaged by group, outside an evaluation", best(errors), would)
    if own:
        return partial("groups are compared by a script that nothing runs", best(own), would)
    if reason := untrained(project):
        return not_applicable(reason)
    claim = r"fairness|by (group|slice|segment)|slices|subgroup"
    return unmet(found, "no figure is by group", would, claim)


# -- imbalance --------------------------------------------------------------------------------------------------------
CURVE = re.compile(r"(precision_recall_curve|roc_curve|f1_score|fbeta_score|recall_score|precision_score)$")
CHOSEN = re.compile(
    r"(best|opt\w*|chosen|tuned|selected|decision)[_-]?(prob\w*_)?(threshold|cut\w*)|thresholds?\[", re.IGNORECASE
)
CUT = re.compile(r"(^|_)(threshold|cut_?off)$")
QUANTILE = re.compile(r"(quantile|percentile)\(.*(proba|score|prob)")
PICKED = re.compile(r"argmax|argmin|max\(|nanargmax|idxmax|searchsorted|where\(|thresholds?\[")
CHOOSER = re.compile(
    r"\b(best|opt\w*|cheapest|choose|pick|select|tune|find)_(\w+_)?(threshold|cut_?off)\w*\(.*(proba|score|prob)"
)
PICKED_OR_QUANTILE = re.compile(f"{PICKED.pattern}|{QUANTILE.pattern}|{CHOOSER.pattern}")


def thresholds(project: Project) -> Iterator[Evidence]:
    """Places that choose a decision threshold: from a curve, as a quantile of scores, by a function made for it."""
    curves = {f.at.path for f in project.named(CURVE, "call")}
    for fact in project.valued(PICKED_OR_QUANTILE, "assign"):
        if fact.at.path in curves and CHOSEN.search(f"{fact.name} = {fact.value}") and PICKED.search(fact.value):
            yield project.evidence(fact, "the decision threshold is chosen from the curve")
        elif project.kind != "library" and CUT.search(last(fact.name)) and QUANTILE.search(fact.value):
            yield project.evidence(fact, "the decision threshold is a quantile of the scores")
        elif project.kind != "library" and CUT.search(last(fact.name)) and CHOOSER.search(fact.value):
            yield project.evidence(fact, "the decision threshold is chosen by a function of the scores")


@check("EVL003", "Imbalance is handled on purpose", capability="imbalance_or_stratified", level=2, dimension="model")
def imbalance_is_handled(project: Project) -> Verdict:
    """What: unequal classes are dealt with: stratified splits, class weights, resampling, or a chosen threshold.

    An argument or call that does it passes in modules; in a notebook only it is partial. The question is not
    applicable to regression, and where nothing says that classes are predicted.

    Why: a random split can leave a rare class out of the test set, and a model that never predicts it can still look
    accurate.

    Fix: pass `stratify=` to the split; then weigh the classes, resample inside the folds, or choose the threshold on
    validation data.

    Source: documents 001 and 003 (class imbalance).
    """
    found = project.doing("imbalance")
    used = [*project.used("imbalance"), *(e for e in thresholds(project) if e.strength >= Strength.USED)]
    if modules(project, used):
        return passed("imbalance is handled", best(modules(project, used)))
    would = "a stratified split, class weights, resampling of the training folds, or a threshold that is chosen"
    if used:
        return partial("imbalance is handled in a notebook only", best(used), would, found.looked_in)
    brought = [e for e in found.evidence if e.strength >= Strength.IMPORTED]
    if project.kind == "library" and brought:
        return partial("the library brings means against imbalance", best(brought), would)
    if reason := untrained(project):
        return not_applicable(reason)
    classes = predicts_classes(project)
    if classes is None:
        return not_applicable("nothing shows that classes are predicted")
    if not classes:
        return not_applicable("numbers are predicted here, not classes")
    claim = r"imbalanc|stratif|class weight|SMOTE|oversampl|undersampl"
    if found.evidence:
        return unmet(found, "nothing handles unequal classes", would, claim)
    asked = [
        Evidence(e.at, e.strength, f"classes are predicted here: {e.note}") for e in project.used("classification")
    ]
    return failed("nothing handles unequal classes", found.looked_in, would, best(asked, 1))
