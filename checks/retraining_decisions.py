"""RET: what makes the model renew itself, and does the new one have to be better?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from readykit.checks_api import Project, best, check, failed, not_applicable, partial, passed
from readykit.gates import (
    METRIC,
    blocks,
    by_margin,
    compares_model,
    decides,
    dry_runs,
    enforced,
    paired,
    verdicts,
    watches,
    word_set,
)
from readykit.globs import path_matches
from readykit.inuse import gates_of_training
from readykit.model import Evidence, Fact, Strength, Verdict
from readykit.naming import last, words
from readykit.training import trains

# what a monitor reports: whole words, and no learning rate that decays
MOVED = re.compile(
    r"(?<![a-z])(drift\w*|decay(ed|s)?|degrad\w*|metric violat\w*|is metric violated|psi|(should|needs?) re ?train\w*"
    r"|re ?train\w* (needed|required|recommended))(?![a-z])"
)
# a cheap test before the words of a text are taken apart
MAY_MOVE = re.compile(r"drift|decay|degrad|violat|psi|train", re.IGNORECASE)
FORMATS = ("yaml", "toml", "json", "docker", "hcl")
LEARNING_RATE = re.compile(r"(?<![a-z])(lr|learning rate|weight|epochs?|iters?)(?![a-z])")
# calls that start a flow or job by name
STARTS_FLOW = re.compile(
    r"(^|\.)(run_deployment|trigger_\w+|start_\w*(execution|run|pipeline|flow|job)|submit\w*|create_run\w*|dispatch\w*"
    r"|run_pipeline|create_workflow_dispatch|delay|apply_async)$"
)
RUNS = re.compile(r"(run|main|start|execute|serve|submit|kickoff|__call__|delay|apply_async)$")
ONLY_READS = re.compile(r"(get|load|read|fetch|log|info|warning|print|json|str|len|append)$")
CONDITION = re.compile(r"(^|\.)(if|when|condition|left|conditionExpression|choices?\[\d+\]\.variable)$", re.IGNORECASE)
LEAVES = re.compile(r"^not |(?<![a-z])(skip|no|without)(?![a-z])")  # the branch is taken when nothing drifted
OF_FILE = re.compile(r"(?<![a-z])(exists|is file|isfile|path)(?![a-z])")  # no report is no verdict
MONITORS = re.compile(r"(?<![a-z])(monitor\w*|decay\w*|degrad\w*|production)(?![a-z])")
SPEAKS = ("echo", "printf", "[", "git ")
TESTS_RESULT = re.compile(r"^(\[|test )|^if ")
# a model that is in use, as opposed to a second candidate
IN_USE = frozenset(
    ("champion", "champ", "production", "prod", "incumbent", "registered", "deployed", "current", "previous", "prev")
)
WOULD_TRIGGER = (
    "a branch on the monitor's verdict (drift, decay) that starts training, or an event of its alarm that does"
)
WOULD_BEAT = "a comparison of the new model's metric with that of the model in use, on which promotion depends"


@lru_cache(maxsize=1 << 14)
def about_drift(text: str) -> bool:
    """Whether names speak of a model that no longer fits the data."""
    plain = words(text)
    return bool(MOVED.search(plain)) and not LEARNING_RATE.search(plain)


# -- RET002 -----------------------------------------------------------------------------------------------------------
def trainers(project: Project) -> dict[str, set[str]]:
    """By file, the functions that start or do training: by name, or by what they call."""
    found: dict[str, set[str]] = {}
    fits = {(f.at.path, f.scope) for f in project.doing("fitting").facts if f.kind == "call"}
    for fact in project.facts("call"):
        if fact.scope and (trains(last(fact.name)) or (fact.at.path, fact.scope) in fits):
            found.setdefault(fact.at.path, set()).add(last(fact.scope.partition(".")[0]))
            found[fact.at.path].add(last(fact.scope))
    return found


def starts(project: Project, path: str, call: str, own: dict[str, set[str]]) -> bool:
    """Whether a call starts training: by its name, by what it submits, or as a function of this file that trains."""
    name = last(call)
    if ONLY_READS.search(name):
        return False
    runs_trainer = bool(RUNS.match(name)) and trains(last(call.rpartition(".")[0]))
    if trains(name) or runs_trainer or name in own.get(path, ()):
        return True
    return bool(STARTS_FLOW.search(call)) and any(
        trains(f.name) or trains(" ".join(f.detail.values()))
        for f in project.facts("call", path=path)
        if f.name == call
    )


def decided_in_code(project: Project) -> Iterator[Evidence]:
    """Branches on drift or decay that start training, at once or after an early return."""
    own, made = trainers(project), named_after_drift(project)
    about = [f for f in project.facts("branch") if f.detail.get("kind") != "while" and speaks_of_drift(f, made)]
    direct = []
    for fact in about:
        sides = [name for key in ("body", "else") for name in fact.detail.get(key, "").split(",") if name]
        if any(starts(project, fact.at.path, call, own) for call in sides):
            direct.append(fact)
        elif (
            "return" in fact.detail.get("body", "")
            and LEAVES.search(words(fact.name))
            and not OF_FILE.search(words(fact.name))
        ):
            after = [
                f
                for f in project.facts("call", "command", path=fact.at.path)
                if f.scope == fact.scope and f.at.line > fact.at.line
            ]
            if any(trains(f.name) if f.kind == "command" else starts(project, f.at.path, f.name, own) for f in after):
                yield project.evidence(fact, f"without it the flow ends before training: {fact.name[:60]}")
    for fact in innermost(direct):
        yield project.evidence(fact, f"training starts on: {fact.name[:60]}")


def named_after_drift(project: Project) -> set[tuple[str, str, str]]:
    """File, function and name of the values that were made of a drift result: `why = ["drift"] if drifted else []`."""
    return {(f.at.path, f.scope, f.name) for f in project.valued(MAY_MOVE, "assign") if about_drift(f.value)}


def speaks_of_drift(fact: Fact, made: set[tuple[str, str, str]]) -> bool:
    """Whether a condition is about drift, by its own names or by what its names were made of."""
    names = fact.detail.get("names", "").split()
    compares = {"<", "<=", ">", ">="} & set(fact.detail.get("ops", "").split(","))
    if compares and word_set(" ".join(names)) & METRIC and MONITORS.search(words(f"{fact.at.path} {fact.scope}")):
        return True  # a figure of the model in use that fell below its bar
    return about_drift(fact.name) or (
        len(names) <= 2 and any((fact.at.path, fact.scope, name) in made for name in names)
    )


def innermost(facts: list[Fact]) -> list[Fact]:
    """Branches without those that only stand around another of them."""

    def around(outer: Fact, inner: Fact) -> bool:
        return (
            not outer.detail.get("else")  # the other branch of a chain does not stand inside this one
            and outer.at.path == inner.at.path
            and outer.at.line < inner.at.line
            and (outer.at.end_line or outer.at.line) >= (inner.at.end_line or inner.at.line)
        )

    return [fact for fact in facts if not any(around(fact, other) for other in facts)]


def decided_in_configuration(project: Project) -> Iterator[Evidence]:
    """Conditions of jobs and workflows on a monitor's result, in a document that also trains."""
    may = [f for f in project.valued(MAY_MOVE, *FORMATS, role=None) if CONDITION.search(f.name)]
    for fact in (f for pattern in ("*.y*ml*", "*.json") for f in may if path_matches(f.at.path, pattern)):
        if about_drift(fact.value) and project.strength(fact) >= Strength.USED:
            rows = project.repo.facts(fact.at.path)
            if any(trains(f"{r.name} {r.value}") for r in rows if r.at != fact.at and len(r.value) < 200):
                yield project.evidence(fact, f"training depends on: {fact.value[:60]}")


def decided_in_scripts(project: Project) -> Iterator[Evidence]:
    """Scripts that run a drift check, look at its result, and then train."""
    checking = {(f.at.path, f.scope) for f in project.commands() if looks_for_drift(f)}
    groups: dict[tuple[str, str], list[Fact]] = {}
    for fact in project.commands() if checking else ():
        place = fact.at.path, fact.scope
        if place in checking and fact.detail.get("runner") != "readme" and project.strength(fact) >= Strength.USED:
            groups.setdefault(place, []).append(fact)
    for rows in groups.values():
        rows.sort(key=lambda f: f.at.line)
        for fact in rows:
            if looks_for_drift(fact) and leads_to_training(fact, rows):
                yield project.evidence(fact, f"its result decides whether training follows: {fact.name[:60]}")


def looks_for_drift(command: Fact) -> bool:
    """Whether a command runs a drift check."""
    likely = MAY_MOVE.search(command.name) and not command.name.startswith(SPEAKS)
    return bool(likely) and about_drift(head(command.name))


def head(command: str) -> str:
    """A command without its options; `-m module` stays."""
    return re.split(r" --?(?!m )", command, maxsplit=1)[0]


def leads_to_training(check_command: Fact, rows: list[Fact]) -> bool:
    """Whether the lines after a command look at its result and train."""
    asked = [f.at.line for f in rows if f.at.line > check_command.at.line and TESTS_RESULT.search(f.name)]
    return bool(asked) and any(
        f.at.line > asked[0] and trains(head(f.name)) and not f.name.startswith(SPEAKS) for f in rows
    )


def decided_by_alarm(project: Project) -> Iterator[Evidence]:
    """Events of an alarm on drift that start a pipeline."""
    for fact in project.doing("event of an alarm").facts:
        near = [
            f
            for f in project.repo.facts(fact.at.path)
            if abs(f.at.line - fact.at.line) < 30 and f.kind in ("call", "string", "assign", "yaml", "hcl")
        ]
        said = " ".join(f"{f.name} {f.value} {' '.join(f.detail.values())}" for f in near)
        if about_drift(said) and re.search(r"pipeline|train", said, re.IGNORECASE):
            yield project.evidence(fact, "the event of a drift alarm starts the pipeline")


def decided_by_tasks(project: Project) -> Iterator[Evidence]:
    """Tasks that look for drift and let the training task of their flow run or not."""
    for fact, said in gates_of_training(project):
        if about_drift(said):
            yield project.evidence(fact, f"the training task runs if it says so: {last(fact.name)}")


@check(
    "RET002",
    "Drift or decay triggers retraining",
    capability="drift_triggered_retraining",
    level=4,
    dimension="mlops",
    fix="kit add retraining",
)
def drift_triggers_retraining(project: Project) -> Verdict:
    """What: the monitor's verdict is read by something that then starts training.

    A branch on drift or decay that trains or starts the training flow, a job or task that runs only on the monitor's
    result, and the event of a drift alarm that starts the pipeline pass. The same in a notebook, or in a function that
    nothing calls, is partial. A message that recommends retraining, and a learning rate that decays, start nothing.

    Why: a calendar retrains too late when the world moves quickly, and for nothing when it does not.

    Fix: let the flow read the drift report, and train when drift or decay is above the threshold.

    Source: document 002; Google's MLOps level 1 (continuous training triggered by degradation or drift).
    """
    if project.kind == "library" or project.only_serves:
        return not_applicable("nothing here trains a model for its own use")
    found = [
        *decided_in_code(project),
        *decided_in_configuration(project),
        *decided_in_scripts(project),
        *decided_by_alarm(project),
        *decided_by_tasks(project),
    ]
    real = [e for e in found if e.strength >= Strength.USED and not e.at.path.endswith(".ipynb")]
    if real:
        return passed("training starts when the monitor says so", best(real))
    if any(e.strength >= Strength.IMPORTED for e in found):
        return partial("drift would start training, but in a notebook or in code that nothing calls", best(found))
    return failed("no result of monitoring starts training", project.looked_in, WOULD_TRIGGER)


# -- RET003 -----------------------------------------------------------------------------------------------------------
def rivals(fact: Fact) -> bool:
    """Whether a comparison is with the model in use."""
    said = word_set(f"{fact.name} {fact.value} {fact.detail.get('names', '')}")
    return bool(said & IN_USE) or paired(fact, fact.value or fact.name)


def by_helper(project: Project) -> Iterator[Fact]:
    """Calls that give the figures of both models to a function of the project that compares its arguments."""
    comparing = {last(f.scope) for f in project.facts("compare") if f.scope}
    for fact in project.facts("call"):
        if last(fact.name) not in comparing:
            continue
        given = [value for key, value in fact.detail.items() if key.isdigit() or key.isidentifier()]
        said = [word_set(value) for value in given if len(value) < 60]
        both = any(w & IN_USE and w & METRIC for w in said) and sum(bool(w & METRIC) for w in said) > 1
        if both:
            yield fact


def beaten(project: Project) -> tuple[list[Evidence], list[Evidence]]:
    """Comparisons with the model in use on which something depends, and those without a consequence."""
    facing = {
        (f.at.path, f.name) for f in project.facts("def") if word_set(f.detail.get("args", "")) & IN_USE
    }  # fmt: skip
    deciding = {
        fact.at: fact
        for fact, _ in verdicts(project)
        if rivals(fact) or (by_margin(fact) and (fact.at.path, fact.scope) in facing)
    }
    for fact in enforced(project):
        if rivals(fact):
            deciding.setdefault(fact.at, fact)
    gated = bool(deciding) or any(True for _ in enforced(project))
    for fact in by_helper(project) if gated else ():
        deciding.setdefault(fact.at, fact)
    real = [project.evidence(f, "the new model is held against the one in use") for f in deciding.values()]
    lines = {(at.path, at.line) for at in deciding}
    idle = [
        project.evidence(fact, "compared with the model in use; nothing depends on it")
        for fact in project.facts("compare", "branch")
        if fact.detail.get("ops")
        and (fact.at.path, fact.at.line) not in lines
        and rivals(fact)
        and compares_model(fact.name, fact.detail.get("names", ""))
        and not watches(fact)
        and not decides(fact)
    ]
    return real, idle


@check(
    "RET003",
    "A challenger must beat the champion",
    capability="challenger_comparison",
    level=4,
    dimension="mlops",
    fix="kit add gate",
)
def challenger_must_win(project: Project) -> Verdict:
    """What: before a new model takes over, its metric is compared with that of the model in use, and decides.

    A comparison with the champion, production or registered model on which promotion depends passes, by a product's
    baseline model or by code. A comparison that nothing depends on, or in a notebook, is partial. A fixed threshold
    and choosing the best of a search are not a comparison with the champion.

    Why: a retrained model can clear a fixed bar and still be worse than the one it replaces.

    Fix: score champion and challenger on the same recent data, and promote only when the challenger wins by a margin.

    Source: document 000; ML Test Score, Infra 4.
    """
    if project.kind == "library" or project.only_serves:
        return not_applicable("nothing here trains a model for its own use")
    products = [
        project.evidence(fact, f"compared with the model in use: {fact.name[-50:]}")
        for fact in project.doing("challenger comparison").facts
    ]
    real, idle = beaten(project)
    strong = [e for e in (*products, *real) if e.strength >= Strength.USED and not e.at.path.endswith(".ipynb")]
    dry = dry_runs(project)
    if strong and dry:
        return partial(
            "models are compared, but by default a worse one is let through", [*best(dry, 1), *best(strong, 2)]
        )
    if any(e in products or blocks(project, e) for e in strong):
        return passed("a new model has to beat the one in use", best(strong))
    weaker = [e for e in (*products, *real, *idle) if e.strength >= Strength.IMPORTED]
    if weaker:
        return partial("models are compared, but the outcome does not decide in a flow", best(weaker))
    return failed("no new model is compared with the one in use", project.looked_in, WOULD_BEAT)
