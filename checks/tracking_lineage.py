"""TRK: what does a model come with, where does it come from, and who let it into production?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from readykit.checks_api import Project, best, check, not_applicable, partial, passed, unmet
from readykit.learning import given, modules, untrained
from readykit.model import Evidence, Fact, Strength, Verdict
from readykit.naming import last, words
from readykit.switches import split_by_switch

SWITCHED_OFF = ("log_models", "log_model_signatures")
SAYS_VERDICT = re.compile(
    r"\b(accuracy|acc|auc|f1|rmse|mse|mae|r2|loss|score|metrics?|threshold|champion|challenger|production|baseline|best|"
    r"better|improve\w*|pass(ed|es)?|approv\w*|accept\w*|promot\w*|valid\w*|gate|verdict|blessed|deploy\w*|eligible)\b"
)
PROMOTES = re.compile(
    r"\b(promot\w*|approv\w*|transition|release|set production|link model|move model|to production)\b"
)
BY_METRIC = re.compile(r"metrics?[.\[\"']+\w+|\.metrics\b|best_(score|metric|acc\w*)", re.IGNORECASE)
ASKS_PERSON = ("*ArgumentParser*", "typer.*", "click.*", "*.typer.run", "fire.Fire")
STOPS = re.compile(r"raise|return|exit")
PICKS = ("search_runs", "sorted", "max", "min", "get_best_run", "sort_values")
HOPS = 3
"""Calls that are followed upwards from the place that promotes to the condition it rests on."""
COPIES = re.compile(
    r"(^|\.)(copy2?|copyfile|copytree|move|rename|replace|symlink(_to)?|write_text|upload_\w+|copy_\w+)$"
)
WRITES_DOWN = re.compile(r"(^|\.)(write_text|dump|safe_dump|put_object|upload_file|upload_json)$")
# a function that says which model is in use: `write_champion_json`, not one that writes its metrics
POINTER = re.compile(
    r"^(write|save|set|update|upload|publish|mark) (the )?(champion|production|live|current|active)( model)?"
    r"( (json|pointer|ref|version|id|alias))?$"
)


# -- signature --------------------------------------------------------------------------------------------------------
def kept_on(facts: Iterable[Fact]) -> Iterator[Fact]:
    """Calls that switch automatic logging on, signatures and models included."""
    for fact in facts:
        off = any(fact.detail.get(key) == "False" for key in SWITCHED_OFF)
        if not off and fact.detail.get("disable") != "True":
            yield fact


@check("TRK002", "Models are logged with signature and environment", capability="model_signature", level=2,
       dimension="mlops", fix="kit add tracking")  # fmt: skip
def models_have_signatures(project: Project) -> Verdict:
    """What: a saved model says what it takes and returns, and which packages it needs.

    Logging it with a signature, an input example or a schema passes, and so does automatic logging that adds one by
    default. A model logged without one, a file format that holds the types of its inputs but no packages, and
    signatures in notebooks only are partial. A bare pickle has neither.

    Why: whoever serves the model has to know the columns and the versions it was made with, or finds out at the first
    request.

    Fix: infer the signature from a few rows of training data, and pass it with an input example where the model is
    logged.

    Source: MLflow documentation, model signatures and input examples.
    """
    if reason := untrained(project):
        return not_applicable(reason)
    signed = list(project.used("model signature"))
    signed += [
        project.evidence(fact, f"{fact.name}: adds a signature by default")
        for fact in kept_on(project.doing("automatic logging").facts)
    ]
    signed = [e for e in signed if e.strength >= Strength.USED]
    if modules(project, signed):
        return passed("models are logged with what they take and return", best(modules(project, signed)))
    would = "a signature, input example or schema given where the model is logged"
    looked_in = project.looked_in
    logged = project.used("model logging")
    if modules(project, logged):
        bare = [Evidence(e.at, Strength.DECLARED, f"{e.note}: no signature, no input example", e.tool) for e in logged]
        return partial("models are logged without a signature", best(modules(project, bare)), would, looked_in)
    if signed:
        return partial("models get a signature in a notebook only", best(signed), would, looked_in)
    typed = [
        Evidence(e.at, Strength.DECLARED, f"{e.note}: types of inputs, no packages", e.tool)
        for e in project.used("schema in the model")
    ]
    if typed or logged:
        return partial("models say little about what they need", best([*typed, *logged]), would, looked_in)
    return unmet(project.doing("model signature"), "models come without a signature", would, r"signature|input example")


# -- lineage ----------------------------------------------------------------------------------------------------------
def commits(project: Project) -> list[Evidence]:
    """What puts the commit of the code on a run: a tracker by itself, or the project's own code."""
    own = {e.at.path for job in ("experiment tracking", "fitting", "model registry") for e in project.used(job)}
    said = [
        project.evidence(fact, f"the commit is recorded: {fact.name[:60]}")
        for fact in project.doing("commit id").facts
        if fact.at.path in own
    ]
    alone = [
        Evidence(e.at, e.strength, f"{e.note}: notes the commit of the checkout it runs in", e.tool)
        for e in project.used("recording the commit")
    ]
    return [e for e in (*said, *alone) if e.strength >= Strength.USED]


@check("TRK003", "Lineage is recorded", capability="lineage", level=2, dimension="systems", fix="kit add tracking")
def lineage_is_recorded(project: Project) -> Verdict:
    """What: from a model or a run one gets back to the commit of the code and the version of the data.

    Both on the run pass: a commit that the tracker or the project's code records, together with a logged dataset, its
    digest, or data versioned in the same repository; a pipeline lock that ties both passes too. One of the two is
    partial, and so is lineage in notebooks only.

    Why: a bad model is traced to its cause only when the code and the data that made it can be found again.

    Fix: log the dataset with its digest as an input of the run, and set the commit as a tag.

    Source: document 002 (lineage).
    """
    if reason := untrained(project):
        return not_applicable(reason)
    lock = project.used("pipeline lock")
    if lock:
        return passed("a lock file ties each stage to its code and data", best(lock))
    code, data = commits(project), list(project.used("recording the data"))
    code, off = split_by_switch(project, code)
    pinned = [
        Evidence(e.at, e.strength, f"{e.note}: the commit names this version of the data", e.tool)
        for e in (*project.used("data versioning"), *project.used("data pointer"))
    ]
    own_code, own_data = modules(project, code), modules(project, data or pinned)
    would = "the commit of the code and the version or digest of the data on every training run"
    if own_code and own_data:
        return passed("runs lead back to code and data", (*best(own_code, 2), *best(own_data, 2)))
    if own_data:
        return partial("the data is recorded, the commit is not", best(own_data), would, project.looked_in)
    if own_code:
        return partial("the commit is recorded, the data is not", best(own_code), would, project.looked_in)
    if off and not code:
        return partial("the commit can be recorded, but is not by default", best(off), would, project.looked_in)
    if code or data:
        return partial("lineage is recorded in a notebook only", best([*code, *data]), would, project.looked_in)
    return unmet(project.doing("recording the data"), "a run leads back to nothing", would, r"lineage|provenance")


# -- promotion --------------------------------------------------------------------------------------------------------
def decided(project: Project, fact: Fact) -> str:
    """What decides that a model is promoted at a place, there or where it is called from; empty when nothing does."""
    sites = [fact]
    seen: set[str] = set()
    for _ in range(HOPS):
        for site in sites:
            if why := asked(project, site):
                return why
        names = {last(site.scope) for site in sites if site.scope} - seen
        seen |= names
        sites = [call for call in project.facts("call") if last(call.name) in names] if names else []
    return by_person(project, fact)


def asked(project: Project, site: Fact) -> str:
    """The condition around a call, or the one before it that stops, or the choice by a metric in its function."""
    why = ""
    for branch in project.facts("branch", path=site.at.path):
        end = branch.at.end_line or branch.at.line
        says = SAYS_VERDICT.search(words(f"{branch.name} {branch.detail.get('names', '')}"))
        inside = branch.at.line <= site.at.line <= end
        stops = STOPS.search(branch.detail.get("body", "")) and end < site.at.line and branch.scope == site.scope
        if says and (inside or stops):
            why = f"decided by `{branch.name[:60]}`"  # the nearest one counts
    if why:
        return why
    for call in project.facts("call", path=site.at.path):
        if call.scope == site.scope and last(call.name) in PICKS and BY_METRIC.search(given(call)):
            return "the best by a metric"
    return ""


def by_person(project: Project, fact: Fact) -> str:
    """Whether a command that a person gives promotes: a script named for it that takes the model as an argument."""
    named = PROMOTES.search(words(f"{fact.at.path.rpartition('/')[2]} {fact.scope}"))
    if named and any(next(project.facts("call", name=name, path=fact.at.path), None) for name in ASKS_PERSON):
        return "by a command that somebody gives"
    if fact.kind == "call" and "Pending" in given(fact):
        return "when somebody approves"
    return ""


def home_grown(project: Project) -> Iterator[Evidence]:
    """Functions named for promotion that copy or move the model's files, or write which one is in use."""
    for fact in project.named(WRITES_DOWN, "call"):
        if POINTER.search(words(last(fact.scope)).strip()):
            yield project.evidence(fact, "the model in use is named in a file of the project's own", Strength.DECLARED)
    for fact in project.named(COPIES, "call"):
        if PROMOTES.search(words(last(fact.scope))) and "model" in words(f"{fact.at.path} {fact.scope}"):
            yield project.evidence(fact, "promotion by copying files", cap=Strength.DECLARED)


@check("TRK005", "Promotion is explicit", capability="model_promotion", level=3, dimension="mlops",
       fix="kit add registry")  # fmt: skip
def promotion_is_explicit(project: Project) -> Verdict:
    """What: a model goes into production by a change of alias, stage or tag, and the code shows what decided it.

    The change passes where a comparison, a verdict, an approval or somebody's command stands before it. Where every
    new version is promoted, in a notebook only, or by copying files, it is partial. Registering a version promotes
    nothing.

    Why: "which model is live, since when, and who said so" is the first question after an incident.

    Fix: set the alias in one place, after the gate has passed, and record the metrics and the run that it rests on.

    Source: document 001 (promotion and approval).
    """
    if reason := untrained(project):
        return not_applicable(reason)
    found = project.doing("model promotion")
    shown: list[Evidence] = []
    bare: list[Evidence] = []
    for fact in found.facts:
        if project.strength(fact) < Strength.USED:
            continue
        why = decided(project, fact)
        note = fact.name if fact.kind == "call" else f"{fact.name[:60]}"
        (shown if why or fact.kind != "call" else bare).append(project.evidence(fact, f"{note}, {why or 'a command'}"))
    bare = [Evidence(e.at, Strength.DECLARED, e.note.rpartition(",")[0] + ": nothing decides here") for e in bare]
    would = "an alias, stage or tag that is moved after a gate, an approval or somebody's decision"
    if modules(project, shown):
        return passed("promotion is explicit", best(modules(project, shown)))
    if bare and modules(project, bare):
        return partial(
            "models are promoted, and nothing shows what decides", best(modules(project, bare)), would, found.looked_in
        )
    if shown or bare:
        return partial("promoted from a notebook only", best([*shown, *bare]), would, found.looked_in)
    own = [e for e in home_grown(project) if e.strength >= Strength.DECLARED]
    if own:
        return partial("promotion is home-grown", best(own), would, found.looked_in)
    return unmet(found, "nothing promotes a model", would, r"promot|production alias|stage transition")
