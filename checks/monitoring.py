"""MON: does anybody notice when the world moves away from the training data?"""

from __future__ import annotations

import re
from functools import lru_cache

from readykit.checks_api import Project, best, check, partial, passed, unmet
from readykit.inuse import joined_errors
from readykit.model import Evidence, Fact, Strength, Verdict
from readykit.naming import words

# Whole words only: "psi" stands in "Pepsi", "drift" in no English word but in product names.
DRIFT_NAME = re.compile(
    r"(?<![a-z])(drift\w*|psi|population[_ ]stability\w*|ks[_ ]statistic\w*|js[_ ]divergence|(data|covariate)[_ ]shift"
    r"|training[_ ]serving[_ ]skew)(?![a-z])",
    re.IGNORECASE,
)
# a unit of pressure, and where samples are compared that are those of yesterday and today
PRESSURE = re.compile(
    r"(?<![a-z])psi (to|from|bar|kpa|pascal|pressure)|(to|from|bar|kpa|pressure|max|tire) psi(?![a-z])"
)
IN_PRODUCTION = re.compile(
    r"(?<![a-z])(drift\w*|monitor\w*|shift\w*|reference|current|production|prod|serving|live|incoming)(?![a-z])"
)
A_NUMBER = re.compile(r"[<>]=? *\d*\.\d+|\d*\.\d+ *[<>]")
P_VALUE = re.compile(r"(?<![a-z])p( ?val(ue)?)?(?![a-z])")
CHECKS_MODEL = re.compile(
    r"(?<![a-z])(check|monitor|watch)\w*(?![a-z]).{0,24}(?<![a-z])(models?|predictions?|performance|quality|metrics?)(?![a-z])|(?<![a-z])(models?|predictions?)(?![a-z]).{0,24}(?<![a-z])(check|monitor|watch)\w*"
)
LIMIT = re.compile(
    r"(?<![a-z])(threshold|limit|alpha|p ?val(ue)?|cutoff|max|tolerance|statistic|distance|divergence)(?![a-z])"
)
INVENTED = re.compile(r"^(numpy\.random\.|np\.random\.|random\.|sklearn\.datasets\.make_|faker\.)|default_rng")
READING = re.compile(
    r"\.(read_\w+|load_dataset|load_table|open|get_object|download\w*|query|sql|table|get_historical_features)$|^open$|(^|\.)(load|fetch|get|read)_?\w*$"
)
# What a function does that only writes down or announces: with nothing else in it, it worked nothing out.
ONLY_SAYS = re.compile(
    r"(^|\.)(print|open|mkdir|makedirs|exists|dumps?|write\w*|log|info|warning|debug|error|exception|getLogger|len|str"
    r"|int|float|bool|dict|list|now|utcnow|today|isoformat|strftime|Path|join|format|append|sleep|get|items|keys|values)$"
)
ARITHMETIC = re.compile(r"[\w)\]] ?(-|/|\*|//|\*\*) ?[\w(]")
# Figures of a model against what really happened, as the last part of a call.
ERROR = re.compile(
    r"^((root_)?(mean|median)_\w*error|\w*(accuracy|f1|auc|precision|recall|r2|log_loss|brier)_(score|loss)|f1_score"
    r"|classification_report|confusion_matrix|(calculate_|compute_|get_)?(rmse|mape|smape|mae|wape|mase))$"
)
IN_USE = re.compile(r"(?<![a-z])(monitor\w*|production|prod|feedback|reali[sz]ed|back ?check|ground truth)(?![a-z])")
IN_THE_MAKING = re.compile(
    r"(?<![a-z])((re)?train(ing|er)?|tests?|tun(e|ing)|validation|cross val\w*|experiments?)(?![a-z])"
)
ONLY_ERROR = "the error on what really happened is computed; inputs are not compared"
DASHBOARDS = re.compile(r"^(streamlit|dash|shiny|panel|gradio|nicegui|taipy)(\.|$)")


# what a drift library has beside its detectors and reports
HELPERS = re.compile(r"\.(_?utils?|helpers?|_?types|datasets?|version)\.")
# what a report is made of when it holds one sample of data against another
COMPARES_SAMPLES = re.compile(r"drift|(?<!quality)stability", re.IGNORECASE)


@lru_cache(maxsize=1 << 14)
def about_drift(name: str) -> bool:
    """Whether a name speaks of drift."""
    return bool(DRIFT_NAME.search(words(name)) or DRIFT_NAME.search(name)) and not PRESSURE.search(words(name))


def on_invented_data(project: Project, path: str) -> bool:
    """Whether a file makes up the data that it looks at: random frames, nothing read and nothing taken in."""
    calls = [fact.name for fact in project.facts("call", path=path, role=("code", "test", "example"))]
    takes = any(
        "args" in f.detail and f.detail["args"]
        for f in project.facts("def", path=path, role=("code", "test", "example"))
    )
    return (
        any(INVENTED.search(name) for name in calls) and not takes and not any(READING.search(name) for name in calls)
    )


def of_something_else(project: Project, fact: Fact) -> bool:
    """Whether a drift tool's call is a helper of the tool, or runs a report without drift: one of data quality."""
    if fact.kind == "call" and HELPERS.search(fact.name):
        return True
    if fact.kind != "call" or not fact.name.endswith((".Report.run", ".TestSuite.run")):
        return False
    parts = report_parts(project, fact)
    if parts:
        return not any(COMPARES_SAMPLES.search(name) for name in parts)
    return not any(
        about_drift(other.name) for other in project.repo.facts(fact.at.path) if other.kind in ("call", "import", "def")
    )


def report_parts(project: Project, run: Fact) -> list[str]:
    """What the report that is run was put together of, where it is made just before; nothing when that is not clear."""
    calls = [f for f in project.repo.by_scope(run.at.path)[run.scope] if f.kind == "call"]
    made = [f for f in calls if f.name == run.name.removesuffix(".run") and f.at.line <= run.at.line]
    if not made:
        return []
    first = max(f.at.line for f in made)
    if any(f.name == run.name and first < f.at.line < run.at.line for f in calls):
        return []  # it was run before, so this may be another report
    end = max(first, *(f.at.end_line or 0 for f in made if f.at.line == first))
    return [f.name for f in calls if first <= f.at.line <= end and not f.name.startswith(run.name.removesuffix(".run"))]


def homegrown(project: Project) -> list[Evidence]:
    """Hand-written statistics whose value is compared with a threshold."""
    found = []
    statistics = {e.at.path for e in project.doing("distribution comparison").evidence if e.strength >= Strength.USED}
    defined = {f.at.path for f in project.facts("def") if about_drift(f.name.rpartition(".")[2])}
    compared = {(f.at.path, f.scope) for f in project.doing("distribution comparison").facts if f.kind == "call"}
    arguments = {(f.at.path, f.name): words(f.detail.get("args", "")) for f in project.facts("def")} if compared else {}
    for fact in project.facts("branch", "compare"):
        if fact.at.path.endswith(".ipynb") or not compares(fact):
            continue
        place = (fact.at.path, fact.scope)
        if place in compared:
            about = f"{words(fact.at.path)} {words(fact.scope)} {arguments.get(place, '')}"
            limited = A_NUMBER.search(fact.name) or any(
                LIMIT.search(words(n)) or P_VALUE.search(words(n)) for n in fact.detail.get("names", "").split()
            )
            if limited and IN_PRODUCTION.search(about):
                found.append(project.evidence(fact, "samples are compared by a test with a limit"))
                continue
        if fact.kind == "compare" and not about_drift(fact.scope):
            continue
        names = fact.detail.get("names", "").replace(",", " ").split()
        scoped = about_drift(fact.scope) and any(LIMIT.search(words(name)) for name in names)
        if fact.at.path in statistics | defined and (scoped or any(about_drift(name) for name in names)):
            found.append(project.evidence(fact, "a drift statistic is compared with a threshold"))
    return found


def compares(fact: Fact) -> bool:
    """Whether a condition compares sizes."""
    return bool({"<", "<=", ">", ">="} & set(fact.detail.get("ops", "").split(",")))


def statistics_only(project: Project) -> list[Evidence]:
    """Drift statistics that are computed, with nothing that looks at the value."""
    return [
        project.evidence(fact, "a drift statistic is computed", cap=Strength.IMPORTED)
        for fact in project.facts("def")
        if fact.value != "class"
        and about_drift(fact.name.rpartition(".")[2])
        and not fact.at.path.endswith(".ipynb")
        and (not fact.at.path.endswith(".py") or works_out(project, fact))
    ]


def works_out(project: Project, function: Fact) -> bool:
    """Whether a function computes what it gives back: a report that is written out in the code is no statistic."""
    inside = [
        fact
        for fact in project.repo.facts(function.at.path)
        if f"{fact.scope}.".startswith(f"{function.name}.") and fact.at.line >= function.at.line
    ]
    return any(
        (fact.kind == "call" and not ONLY_SAYS.search(fact.name))
        or (fact.kind in ("compare", "branch") and compares(fact))
        or (fact.kind == "assign" and ARITHMETIC.search(fact.value))
        for fact in inside
    )


def after_dot(name: str) -> str:
    """A dotted name's last part."""
    return name.rpartition(".")[2]


def realised(project: Project) -> list[Evidence]:
    """The model's error on what really happened, worked out in monitoring code or for a dashboard."""
    makers = {e.at.path for e in project.used("fitting")}
    found = [
        fact
        for fact in project.named(ERROR, "call", by=after_dot)
        if ERROR.match(after_dot(fact.name))
        and not IN_THE_MAKING.search(words(f"{fact.at.path.rpartition('/')[2]} {fact.scope}"))
        and fact.at.path not in makers
        and not fact.at.path.endswith(".ipynb")
    ]
    found += [fact for fact in joined_errors(project) if project.strength(fact) >= Strength.USED]
    kept = project.doing("quality over time").facts
    return [project.evidence(fact, ONLY_ERROR, cap=Strength.DECLARED) for fact in kept] + [
        project.evidence(fact, ONLY_ERROR, cap=Strength.DECLARED)
        for fact in found
        if IN_USE.search(words(f"{fact.at.path} {fact.scope}"))
    ] or shown_beside(project)


def shown_beside(project: Project) -> list[Evidence]:
    """Predictions that a dashboard's code joins with what happened and subtracts from it."""
    folders = {f.at.path.rpartition("/")[0] for f in project.facts("import") if DASHBOARDS.match(f.name)}
    return [
        project.evidence(fact, "predictions against what happened, in a dashboard", cap=Strength.DECLARED)
        for fact in (joined_errors(project) if folders else ())
        if fact.at.path.rpartition("/")[0] in folders
    ]


def scheduled_checks(project: Project) -> list[Evidence]:
    """Scheduled jobs that look at the model's health without a drift statistic."""
    note = "a scheduled job checks the models, without a drift statistic"
    return [
        project.evidence(fact, note, cap=Strength.IMPORTED)
        for fact in project.doing("scheduling").facts
        if fact.kind in ("yaml", "json", "toml") and CHECKS_MODEL.search(words(fact.at.path))
    ]


@check(
    "MON002",
    "Data drift is watched",
    capability="drift_monitoring",
    level=3,
    dimension="mlops",
    fix="kit add monitoring",
)
def drift_is_watched(project: Project) -> Verdict:
    """What: production data is compared with training data by a drift tool or a statistic that has a threshold.

    A cloud service that monitors the model counts as well. A report about random numbers, a tool that is only imported,
    and the model's error on what really happened without a look at its inputs are partial; a function whose result is
    written out in the code, a dependency that nothing imports and a section "for future use" in a
    settings file are not monitoring.

    Why: a model fails silently. The inputs move first, weeks before the labels say so.

    Fix: compare each new batch with the training reference, write the report, and fail or alert above a threshold.

    Source: documents 000, 001 and 002; mlops-zoomcamp rubric (monitoring); ML Test Score (no skew).
    """
    tools = project.doing("drift monitoring")
    other = {fact.at for fact in tools.facts if of_something_else(project, fact)}
    used = [e for e in tools.evidence if e.strength >= Strength.USED and e.at not in other]
    invented = {e.at.path for e in used if on_invented_data(project, e.at.path)}
    real = [*(e for e in used if e.at.path not in invented), *homegrown(project)]
    explored = [e for e in real if e.at.path.endswith(".ipynb") and project.kind != "collection"]
    real = [e for e in real if e.strength >= Strength.USED and e not in explored]
    if real:
        return passed("drift is computed against a reference", best(real))
    weaker = [
        *used,
        *tools.at_least(Strength.IMPORTED),
        *statistics_only(project),
        *scheduled_checks(project),
    ]
    errors = realised(project)
    if weaker and not (errors and not used):
        why = (
            "drift is computed on made-up data"
            if invented
            else "drift is looked at in a notebook only"
            if explored
            else "a drift tool or statistic is here, but nothing watches with it"
        )
        return partial(why, best(weaker))
    if errors:
        return partial("the error in use is followed, the data that come in are not", best(errors))
    return unmet(
        tools,
        "nothing compares production data with training data",
        "a drift report or statistic over production data with a threshold, in a job that runs",
    )
