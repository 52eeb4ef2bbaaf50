"""EVL: is the model judged honestly, and does a bad one stop?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from readykit.checks_api import Project, best, check, partial, passed, unmet
from readykit.gates import METRIC, blocks, conditions, dry_runs, enforced, verdicts, watches, word_set
from readykit.model import Evidence, Fact, Strength, Verdict
from readykit.naming import last

PICKS = re.compile(r"(^|_)(promote(?!d)|champion|deploy|select_production|register_best|release)", re.IGNORECASE)
SHIPS = re.compile(r"^(upload|deploy|copy|put|publish|register|transition|set_)\w*")
MOVES = re.compile(r"^(transition_model|set_(registered_)?model_(version_)?(alias|stage)|copy_model_version|promote)")


def picks(project: Project) -> Iterator[Evidence]:
    """Promotion code that takes the best by a metric: a choice, not a gate."""
    for call in project.facts("call"):
        if (
            call.name in ("max", "min", "sorted")
            and project.strength(call) >= Strength.USED
            and "key" in call.detail
            and PICKS.search(call.scope.rpartition(".")[2])
        ):
            yield project.evidence(
                call, "promotion takes the best by a metric, without a bar to pass", cap=Strength.DECLARED
            )


def best_of(project: Project) -> Iterator[Evidence]:
    """Loops in promoting functions that keep the best figure so far: a choice as well."""
    promoting = {(c.at.path, c.scope) for c in project.named(MOVES, "call", by=last) if c.scope}
    for fact in project.facts("branch"):
        names = word_set(fact.detail.get("names", ""))
        chooses = {"<", ">", "<=", ">="} & set(fact.detail.get("ops", "").split(",")) and "best" in names
        if (fact.at.path, fact.scope) in promoting and chooses and names & METRIC:
            yield project.evidence(
                fact, "promotion takes the best by a metric, without a bar to pass", cap=Strength.DECLARED
            )


def best_run(project: Project) -> Iterator[Evidence]:
    """Code that deploys or serves the run with the best figure of all: a worse one is not taken, without a bar."""
    for call in project.facts("call"):
        if not ranks_runs(call):
            continue
        stem = call.at.path.rpartition("/")[2].partition(".")[0]
        after = [last(o.name) for o in project.facts("call", path=call.at.path) if o.scope == call.scope]
        picked = PICKS.search(stem) or PICKS.search(last(call.scope))
        served = "load_model" in after and not call.at.path.endswith(".ipynb")
        if served or (picked and any(map(SHIPS.search, after))):
            note = "the run with the best figure of all is taken, without a bar to pass"
            yield project.evidence(call, note, cap=Strength.DECLARED)


def ranks_runs(call: Fact) -> bool:
    """Whether a call puts the tracked runs in the order of a metric."""
    if last(call.name) == "search_runs":
        return "metrics." in call.detail.get("order_by", "")
    by = call.detail.get("by", call.detail.get("0", ""))
    return call.name.endswith("search_runs.sort_values") and "metrics." in by


def decisions(project: Project) -> list[Evidence]:
    """The project's own comparisons of a model's figure that decide something."""
    notes = {
        True: "a model's figure is compared, and the outcome decides what follows",
        False: "the outcome of this comparison decides what follows",
    }
    return [
        *(project.evidence(fact, notes[direct]) for fact, direct in verdicts(project)),
        *(project.evidence(f, "a stage that runs only when a metric is good enough") for f in conditions(project)),
        *(project.evidence(f, "a gate: what it compares, and where a refusal stops it") for f in enforced(project)),
    ]


@check(
    "EVL004", "A gate stops a bad model", capability="evaluation_gate", level=2, dimension="mlops", fix="kit add gate"
)
def gate_stops_bad_models(project: Project) -> Verdict:
    """What: a model is held against a threshold, baseline or champion before promotion, and stopped if it falls short.

    A comparison that fails the run or blocks registration passes, by a product's gate or by the project's own code. A
    gate that nothing after it depends on, that runs dry by default, or that merely picks the best is partial. Keeping
    the best checkpoint and stopping early are no gate.

    Why: retraining on bad data makes bad models on schedule; the gate is what keeps them from users.

    Fix: compare with thresholds from the configuration and with the champion, and exit non-zero with the reasons
    before anything is registered.

    Source: document 000; Breck et al. 2017, ML Test Score (Infra 4: quality is validated before serving).
    """
    found = project.doing("evaluation gate")
    of_monitoring = {fact.at for fact in found.facts if watches(fact)}
    products = [e for e in project.used("evaluation gate") if e.at not in of_monitoring]
    own = decisions(project)
    gates = [*products, *(e for e in own if e.strength >= Strength.USED)]
    dry = dry_runs(project)
    if gates and dry:
        return partial("a gate is there, but by default it lets models through", [*best(dry, 1), *best(gates, 2)])
    blocking = [*products, *(e for e in gates if blocks(project, e))]
    if blocking:
        return passed("a model that falls short is stopped", best(blocking))
    weaker = [
        Evidence(e.at, Strength.DECLARED, e.note + "; nothing after it depends on it")
        for e in own
        if e.strength >= Strength.USED
    ]
    weaker += [*picks(project), *best_of(project), *best_run(project)]
    if weaker:
        return partial("models are compared, but a bad one is not kept from use", best(weaker))
    would = "a comparison of metrics with a threshold, baseline or champion that fails the run or blocks promotion"
    claim = r"(evaluation|quality|promotion|validation|model) (gate|threshold)|promot"
    return unmet(found, "nothing stops a bad model", would, claim)
