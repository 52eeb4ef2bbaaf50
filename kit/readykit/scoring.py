"""Jobs that score rows without a service: a saved model is asked, and what it says is kept."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from readykit.model import Evidence, Fact, Strength
from readykit.naming import last, words
from readykit.web import behind

if TYPE_CHECKING:
    from readykit.project import Project

# a file by this name scores, also when it loads the model by way of another module
SCORES = re.compile(r"(?<![a-z])(inference|scor(e|er|ing)|batch|predict(or|ions?)?|forecast)(?![a-z])", re.IGNORECASE)
# the argument with the rows: in R the model comes first
ROWS = ("0", "1", "new_data", "newdata")
TEST_ROWS = re.compile(r"^(x_?(test|val|valid)|(test|val|valid)_?(x|set|rows|features|df|frame))$", re.IGNORECASE)
# a command by this name measures or trains, whatever it keeps
OTHER_WORK = re.compile(
    r"(?<![a-z])(train\w*|fit|tun(e|ing)|eval\w*|tests?|valid\w*|benchmark\w*|explain\w*|experiments?|backtest\w*|sweep)"
    r"(?![a-z])"
)
# a function of the project's own that puts something away, and what is not an answer of the model
KEEPS = re.compile(
    r"^(save|write|store|upload|insert|persist|export|push|publish|upsert)(?! (model|config|metrics?|plot|figure|report"
    r"|params?|checkpoint|state|image|artifacts?)(?![a-z]))(?![a-z])"
)
DATABASE = re.compile(
    r"(?<![a-z])(database|db|sql|postgres\w*|mysql|mongo\w*|bigquery|gbq|redshift|snowflake|dynamo\w*|warehouse|table"
    r"|insert\w*|upsert\w*|put item|influx\w*)(?![a-z])"
)
INTO_DATABASE = "kept in a database"


# when a workflow of CI, a pipeline or a DAG runs
TIMES = re.compile(r"(on\.schedule|schedules)\b")
TIMING = ("schedule_interval", "cron_schedule", "schedule", "cron", "schedule_expression", "timetable")
FORECAST = re.compile(r"(?<![a-z])(forecast\w*|nowcast\w*|outlook)(?![a-z])")
# what makes a function a stage whose answer the pipeline keeps
STAGE = re.compile(
    r"^(dagster\.(asset|multi_asset|op|graph_asset)|prefect\.task|zenml\.(step|steps\.\w+)|kfp\.dsl\.component)$"
)


def files_doing(project: Project, job: str) -> set[str]:
    """The files in which a job is really done (not only imported or declared)."""
    return {e.at.path for e in project.doing(job).evidence if e.strength >= Strength.USED}


def kept(fact: Fact) -> str:
    """What a note says of how an answer is kept."""
    told = words(" ".join([last(fact.name), *fact.detail]))  # `save(rows, write_to_db=flag)` says so as well
    return INTO_DATABASE if DATABASE.search(told) else "kept"


def batches(project: Project) -> list[Evidence]:
    """Scripts and stages that load a saved model, ask it and keep what it says."""
    loading = files_doing(project, "loading a model")
    keeping: dict[str, str] = {}
    for fact in project.doing("keeping results").facts:
        if project.strength(fact) >= Strength.USED and keeping.get(fact.at.path) != INTO_DATABASE:
            keeping[fact.at.path] = kept(fact)
    measuring = files_doing(project, "scoring against labels") | files_doing(project, "fitting")
    asking = project.doing("asking a model")
    evaluating = {f.at for f in asking.facts if any(TEST_ROWS.search(f.detail.get(key, "")) for key in ROWS)}
    asked = [e for e in asking.evidence if e.at not in evaluating]  # rows kept aside for testing: an evaluation
    asked += forward_passes(project, loading)
    found = list(stages(project, asked, measuring))
    of_stages = {e.at for e in found}
    for evidence in asked:
        path = evidence.at.path
        loads = path in loading or SCORES.search(path.rpartition("/")[2].replace("_", " "))
        if evidence.at in of_stages:
            continue
        if evidence.strength < Strength.USED or not loads or path in measuring or path.endswith(".ipynb"):
            continue
        if path in keeping:
            note = f"a saved model scores rows and the result is {keeping[path]}"
            found.append(Evidence(evidence.at, evidence.strength, note))
        else:
            found.append(
                Evidence(evidence.at, min(evidence.strength, Strength.IMPORTED), "a saved model is asked from a script")
            )
    found += commands(project, asked, loading, measuring)
    return sorted(found, key=lambda e: (-e.strength, e.at))


def timed(project: Project) -> set[str]:
    """Files that say when something runs: schedules of clusters and services, of CI, and arguments of DAGs."""
    found = {e.at.path for e in project.used("scheduling")}
    found |= {f.at.path for f in project.facts("yaml", role=None) if TIMES.match(f.name)}
    return found | {f.at.path for name in TIMING for f in project.told("call", name)}


def in_one_run(project: Project) -> list[Evidence]:
    """Jobs on a schedule that fit and answer in one run, as forecasts are made, and put the answers away.

    Nothing is loaded, for every run fits anew. An answer that is only measured is an evaluation.
    """
    answering = project.doing("forecasting").facts + project.doing("asking a model").facts
    paths = {f.at.path for f in answering} & files_doing(project, "fitting")
    paths = {path for path in paths if not path.endswith(".ipynb") and project.graph.reached(path)}
    if not paths:
        return []
    keeping = files_doing(project, "keeping results")
    measuring = {e.at.path for e in project.doing("scoring against labels").evidence if e.strength >= Strength.USED}
    clocks = timed(project)
    found = []
    for fact in answering:
        path = fact.at.path
        route = project.graph.reached(path) if path in paths else None
        forecasts = FORECAST.search(words(f"{last(fact.name)} {fact.scope} {path}"))
        if route is None or not clocks & {step.path for step in route.steps} or (path in measuring and not forecasts):
            continue
        if any(TEST_ROWS.search(fact.detail.get(key, "")) for key in ROWS) or not keeping & {
            s.path for s in route.steps
        }:
            continue
        found.append(project.evidence(fact, "a job on a schedule fits, answers and keeps what it answered"))
    return found


def stages(project: Project, asked: list[Evidence], measuring: set[str]) -> Iterator[Evidence]:
    """Stages named after scoring that ask a model: what a stage returns, the pipeline keeps."""
    of_stage = {(f.at.path, f.scope) for f in project.facts("decorator") if STAGE.match(f.name)}
    for fact in project.doing("asking a model").facts if of_stage else ():
        path = fact.at.path
        if (path, fact.scope) in of_stage and path not in measuring and SCORES.search(words(path)):
            evidence = next((e for e in asked if e.at == fact.at), None)
            if evidence is not None and not OTHER_WORK.search(words(path)):
                yield Evidence(fact.at, evidence.strength, f"a stage scores rows: {evidence.note}")


def forward_passes(project: Project, loading: set[str]) -> list[Evidence]:
    """Networks that are called rather than asked to predict: no gradients, in a file that loads the weights."""
    return [
        e
        for e in project.doing("asking a network").evidence
        if e.at.path in loading and not OTHER_WORK.search(words(e.at.path))
    ]


def commands(project: Project, asked: list[Evidence], loading: set[str], measuring: set[str]) -> Iterator[Evidence]:
    """Commands whose modules load a model and ask it, and that put the answers away themselves."""
    scoring = {
        e.at.path: e
        for e in asked
        if e.strength >= Strength.USED and e.at.path not in measuring and SCORES.search(words(e.at.path))
    }
    started = {f.at.path for f in project.facts("guard")} if scoring else set()
    told = {e.at.path for e in asked if e.at.path in files_doing(project, "keeping results") & loading}
    for path in sorted(started - measuring - told):
        if OTHER_WORK.search(words(path)):
            continue
        parts = behind(project, [path])
        model = next((scoring[part] for part in parts if part in scoring), None)
        calls = [f for f in project.repo.facts(path) if f.kind == "call"]
        if (
            model is None
            or not loading & parts.keys()
            or any(re.match(r"(train|fit|tune)", last(f.name)) for f in calls)
        ):
            continue
        for fact in calls:
            if KEEPS.match(words(last(fact.name)).strip()) and fact.detail:
                note = f"what the model says at {model.at} is {kept(fact)}"
                yield project.evidence(fact, note)
                break
