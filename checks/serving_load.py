"""SRV: is it known how fast the service answers under load?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from readykit.checks_api import Project, best, check, not_applicable, partial, passed, unmet
from readykit.model import Evidence, Fact, Strength, Verdict
from readykit.naming import last, words
from readykit.once import Answers, once
from readykit.web import ASKS, routes, services

# what a file or function is called that measures speed; a test that loads a model is another thing
LOAD = re.compile(
    r"(?<!model )(?<![a-z])(load ?test(s|ing|er)?|stress ?test(s|ing)?|perf(ormance)? ?test(s|ing)?|latency|throughput"
    r"|bench(mark)?(s|ing)?|soak)(?![a-z])"
)
LIMIT = re.compile(
    r"(?<![a-z])(p ?9\d|percentile|latency|latencies|response ?times?|duration|elapsed|max ?ms|budget|slo)(?![a-z])"
)
# a loop, or many at once: `for _ in range(n):`, `[ask(i) for i in ids]`, a pool, `gather`, `timeit`
REPEATS = re.compile(
    r"^\s*(async )?(for|while)\b[^\n]*:"
    r"|[\[(]\s*(await )?[\w.]*(post|get|request|send|ask|call|predict|query|hit)\w*\([^\n]*\) for "
    r"|Pool|Thread|gather\(|TaskGroup|timeit|\.map\(|as_completed|parametrize",
    re.MULTILINE,
)
# ... and what a function is called that times a model: `measure_inference_time`, `time_predictions`, `speed_test`
TIMES = re.compile(
    r"(?<![a-z])((inference|prediction|forward|response|serving) (time|speed)|(measure|time|profile) (the )?"
    r"(inference|predict\w*|forward|model)|speed ?test)(?![a-z])"
)
COMPARES = re.compile(r"[<>]")
WATCHED = ("def", "call", "decorator", "command")
# calls by which a model answers, and those by which it learns
ANSWERS = frozenset({"model", "net", "predict", "predict_proba", "infer", "inference", "forward", "generate", "run"})
LEARNS = frozenset({"backward", "fit", "train", "zero_grad", "train_on_batch"})
JOBS = ("load testing", "asking over the network", "taking the time", "percentiles")


@once
def traces_in_tests(project: Project) -> dict[str, list[tuple[Evidence, Fact]]]:
    """What the tests do, by job: `project.doing` does not look there."""
    found: dict[str, list[tuple[Evidence, Fact]]] = {job: [] for job in JOBS}
    files = measuring_tests(project)
    for fact in project.facts(*WATCHED, role=("test",)) if files else ():
        if fact.path not in files:
            continue
        for trace in project.toolbox.traces(fact):
            if trace.job in found and trace.strength >= Strength.USED:
                found[trace.job].append((Evidence(fact.at, Strength.USED, trace.what, trace.tool.name), fact))
    return found


def measuring_tests(project: Project) -> set[str]:
    """The test files that may measure speed: by their name, what they import, define or assert."""
    found = {path for path in project.files(role=("test",)) if LOAD.search(words(path.rpartition("/")[2]))}
    for fact in project.facts("import", "def", "assert", role=("test",)):
        if fact.path in found:
            continue
        if fact.kind == "import":
            wanted = any(job.name == JOBS[0] for _, job, _ in project.toolbox.match("imports", fact.name))
        else:
            wanted = limits(fact) if fact.kind == "assert" else bool(LOAD.search(words(fact.name)))
        if wanted:
            found.add(fact.path)
    return found


def doing(project: Project, job: str) -> list[Fact]:
    """The facts that show a job, in the tests too."""
    return [*project.doing(job).facts, *(fact for _, fact in traces_in_tests(project)[job])]


def foreign_scripts(project: Project) -> Iterator[Evidence]:
    """Scripts of other languages that import a product for load tests: that is all such a script is there for."""
    for fact in project.facts("import", role=("code", "test", "example")):
        if fact.detail.get("language") and any(t.job == "load testing" for t in project.toolbox.traces(fact)):
            yield Evidence(fact.at, Strength.USED, f"a load test written for {fact.name}")


def addresses(project: Project, path: str) -> list[str]:
    """The literal addresses that a file asks."""
    found = []
    for fact in project.repo.facts(path):
        if fact.kind == "call" and last(fact.name) in ("get", "post", "put", "request"):
            text = fact.detail.get("0", "").lstrip("rbf").strip("\"'")
            if text.startswith(("/", "http")):
                found.append(text)
    return found


def of_something_else(project: Project, path: str) -> bool:
    """Whether every address that a load test asks is known, and none of them is one of this project's own."""
    asked = addresses(project, path)
    bound = [fact.detail.get("0") or fact.detail.get("path") or "" for fact, _ in routes(project)]
    own = {address.strip("\"'") for address in bound} - {"", "/"}
    return bool(asked) and not any(ASKS.search(words(a)) or any(a.endswith(o) for o in own) for a in asked)


def load_tests(project: Project) -> list[Evidence]:
    """Uses of products that put load on a service, in code, commands, scripts and tests."""
    found = [*project.used("load testing"), *foreign_scripts(project)]
    found += [evidence for evidence, _ in traces_in_tests(project)["load testing"]]
    strange: Answers[str, bool] = Answers(lambda path: path.endswith(".py") and of_something_else(project, path))
    return [e for e in found if not strange[e.at.path]]


def by_hand(project: Project) -> tuple[list[Evidence], list[Evidence]]:
    """Hand-written measurements: those with percentiles and a limit, and those that only send and time requests."""
    asking, clock, ranks = (doing(project, job) for job in JOBS[1:])
    whole, half = [], []
    for path in dict.fromkeys(fact.path for fact in asking if fact.kind != "import"):
        facts = project.repo.facts(path)
        measuring = [path.rpartition("/")[2], *(f.name for f in facts if f.kind == "def")]
        if path.endswith(".ipynb") or not any(LOAD.search(words(name)) for name in measuring):
            continue
        shown = next((f for group in (ranks, clock, asking) for f in group if f.path == path), None)
        limited = next((f for f in facts if limits(f)), None)
        if limited is not None and any(f.path == path for f in ranks):
            whole.append(Evidence(limited.at, Strength.USED, "the measured latency is compared with a limit"))
        elif shown is not None and repeated(project, path):
            half.append(Evidence(shown.at, Strength.IMPORTED, "requests are sent by hand to see how long they take"))
    timed = {fact.path for fact in clock} & {f.path for f in (*asking, *predicting(project))}
    half += [
        Evidence(fact.at, Strength.IMPORTED, "a test asserts how long one answer takes")
        for fact in project.facts("assert", role=("test",))
        if fact.path in timed and limits(fact)
    ]
    return whole, [*half, *timed_models(project)]


def repeated(project: Project, path: str) -> bool:
    """Whether a script asks more than once: it has a loop or something that runs at the same time; no fact says so."""
    return not path.endswith(".py") or bool(REPEATS.search(project.repo.text(path)))


def timed_models(project: Project) -> Iterator[Evidence]:
    """Functions that are there to time a model's answers: `throughput`, `benchmark_latency`; not a training step."""
    clocks: dict[tuple[str, str], Fact] = {}
    for fact in project.doing(JOBS[2]).facts:
        name = words(last(fact.scope))
        if fact.kind == "call" and (LOAD.search(name) or TIMES.search(name)) and not fact.path.endswith(".ipynb"):
            clocks.setdefault((fact.path, fact.scope), fact)
    for (path, scope), fact in clocks.items():
        called = {last(f.name).lower() for f in project.repo.facts(path) if f.kind == "call" and f.scope == scope}
        if called & ANSWERS and not called & LEARNS and project.strength(fact) >= Strength.USED:
            yield project.evidence(fact, f"{last(scope)} times the model's answers by hand", cap=Strength.IMPORTED)


def predicting(project: Project) -> Iterator[Fact]:
    """Calls in tests that ask a model."""
    return (f for f in project.facts("call", role=("test",)) if ASKS.search(last(f.name).replace("_", " ")))


def limits(fact: Fact) -> bool:
    """Whether a condition compares a time with a limit."""
    return (
        fact.kind in ("assert", "branch")
        and bool(COMPARES.search(fact.name))
        and bool(LIMIT.search(words(f"{fact.name} {fact.detail.get('names', '')}")))
    )


@check(
    "SRV009",
    "Latency under load is measured",
    capability="load_test",
    level=4,
    dimension="scale",
)
def latency_is_measured(project: Project) -> Verdict:
    """What: a load test of the project's own service, by a product that reports percentiles or by code that does.

    One request that is sent once measures no load, however many rows it carries. A loop of requests without
    percentiles, a test that times a single answer, and a function that measures the model's throughput or latency
    without a service are partial. A test that loads a model, the timing of a training step, a histogram of production,
    figures in a document, and a load test whose addresses belong to another service are none.

    Why: a model that answers in 50 ms alone may answer in 5 s when ten people ask, and users leave before that.

    Fix: write a load test that asks the prediction route, let it fail above a p95 limit, and run it before release.

    Source: documents 001 and 002 (latency); readiness standard SRV009.
    """
    if project.kind == "library":
        return not_applicable("a library answers no requests")
    found = project.doing("load testing")
    tests = load_tests(project)
    whole, half = by_hand(project)
    if whole:
        return passed("latency under load is measured against a limit", best([*whole, *tests]))
    if tests:
        return passed("the service is put under load", best(tests))
    if half:
        return partial(
            "how long answers take is looked at by hand, not under load with percentiles",
            best(half),
            "a load test with p95 and a limit that fails it",
        )
    if not services(project) and not found.at_least(Strength.DECLARED):
        return not_applicable("no service answers requests")
    return unmet(
        found,
        "nobody knows how fast the service answers under load",
        "a load test of the prediction route with p95 and a limit that fails it",
        claim=r"load|latency|stress|performance",
    )
