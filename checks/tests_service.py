"""TST: are the parts tested together, from raw rows to an answer over the service's interface?"""

from __future__ import annotations

import re

from readykit import assertions
from readykit.assertions import named, ours, own_names, proof
from readykit.checks_api import Project, best, check, failed, not_applicable, partial, passed
from readykit.model import Evidence, Fact, Strength, Verdict
from readykit.naming import last, words
from readykit.once import once
from readykit.testcode import Test, own_modules, tests_of

# What starts the whole pipeline: a tool's command, or the project's own entry point.
PIPELINE_COMMAND = re.compile(
    r"\b(dvc (repro|exp run)|kedro run|snakemake|zenml pipeline run|mlflow run|metaflow run|flow\.py run"
    r"|prefect deployment run)\b"
    r"|\bpython\S*( -m)? \S*(train|pipeline|main|run)\w*(\.py)?\b"
)
REPEATS = re.compile(r"(dvc (repro|exp run)|kedro run|snakemake)\b")
WHOLE = re.compile(
    r"^(?!(build|create|make|get|define|upload|trigger|validate|compile|load|register)_)((\w+_)?(pipeline|flow|workflow)|(run|execute|start)(_\w*)?(pipeline|flow|training|all|workflow|end_to_end)\w*|(training|train|ml)_(pipeline|flow)\w*|repro)$"
)
# A `main` counts when its module is that of the training or the pipeline.
MAIN = re.compile(r"(?<![a-z])(train\w*|pipelines?|flows?|workflows?)(?![a-z]).* main$")
BUILT = re.compile(r"^(create|build|make|define)_(\w+_)?(pipeline|flow|workflow)$")
# Functions named after one part of the way are that part, whatever they call a pipeline.
ONE_PART = re.compile(
    r"(?<![a-z])(pre ?process\w*|calibrat\w*|features?|clean\w*|transform\w*|ingest\w*|validat\w*|drift|monitor\w*"
    r"|predict\w*|inference|scoring|serv\w*|deploy\w*|explain\w*|fit|tune|plot|save|split|download|data|etl|text|image"
    r"|retriev\w*|tokeni\w*|evaluat\w*|report\w*|sklearn|update|delete|stop|cancel|schedule|test)(?![a-z])"
)
TRAINING_TOO = re.compile(r"(?<![a-z])(train\w*|end to end|e2e|full|whole|all|ml)(?![a-z])")
TRAINS = re.compile(
    r"^(train|train_(and_\w+|\w*(model|classifier|regressor|network))|fit_model|run_training|model_train(ing)?|training)$"
)
JUDGES = re.compile(
    r"^(predict\w*|evaluat\w*|score\w*|test|validate_model|\w+_(predict|evaluate|evaluation|score|inference))$"
)
CLIENT = re.compile(
    r"(^|\.)(TestClient|test_client|AsyncClient|AsyncTestClient|ASGITransport|APIClient|create_test_client)$"
)
HTTP = re.compile(
    r"(^|\.)(requests|httpx|aiohttp|Session|Client|HttpUser|urllib3?)(\.\w+)*\.(post|get|put|request|urlopen)$|(^|\.)?\?\.(post)$"
)
VERB = re.compile(r"\.(get|post|put|patch|delete|request|open)$")
# The status of an answer, not that of an exception that a handler raised.
ANSWER = re.compile(r"(?<!value)(?<!exc)(?<!error)(?<!err)(?<!exception)\.status(_code)?\b")
STATUS = re.compile(r"status(_code)?\b")
GOOD = re.compile(r"status(_code)?\W.*\b20\d\b|\.ok\b|is_success|HTTPStatus\.OK|HTTP_20\d|\b200\b")
REFUSED = re.compile(r"\b4[012]\d\b|HTTP_4\d\d|BAD_REQUEST|UNPROCESSABLE|is_client_error")
REFUSING = re.compile(
    r"(?<![a-z])(reject\w*|refus\w*|invalid|bad|missing|malformed|wrong|unprocessable|4\d\d)(?![a-z0-9])"
)
PAYLOAD = re.compile(r"json\(|\.json\b|\.text\b|\.data\b|body|payload|pred|prob|result|content", re.IGNORECASE)
ASKS = re.compile(r"(?<![a-z])(predict\w*|infer\w*|score\w*|classif\w*|recommend\w*|invocations?)(?![a-z])")
EQUAL = re.compile(r"allclose|array_equal|approx|assert_array|almost|isclose|assert_frame_equal|assertEqual|==")
SAME = re.compile(r"(?<![a-z])(parity|skew|consisten\w*|agree\w*|same|match(es)?|equal\w*|identical)(?![a-z])")
BOTH = re.compile(
    r"(?<![a-z])(train(ing)?|offline|batch)(?![a-z]).*(?<![a-z])(serving|service|online|inference|api)(?![a-z])"
    r"|(?<![a-z])(serving|service|online|inference|api)(?![a-z]).*(?<![a-z])(train(ing)?|offline|batch)(?![a-z])|(?<![a-z])skew(?![a-z])"
)
# `monkeypatch` also changes the folder and the environment, which replaces no part of what runs
REPLACES = re.compile(r"(^|\.)(Magic)?Mock$|(^|\.)patch(\.|$)|^monkeypatch\.(setattr|setitem)$")
WANTED_WHOLE = "a test that runs the pipeline from data to a scored model on a small sample and asserts on the result"
WANTED_DOOR = (
    "tests that call the service through a client: a good request with its answer, and a bad one that is refused"
)
WANTED_SAME = "a test that puts the same row through training's path and the service and compares the answers"


def places(project: Project) -> tuple[str, ...]:
    """What a fail names as looked at: the test files, or all that was read."""
    return tuple(dict.fromkeys(test.at.path for test in tests_of(project)))[:6] or project.looked_in


def text(fact: Fact) -> str:
    """What an assertion says, its arguments when it is a call."""
    return fact.name if fact.kind == "assert" else f"{fact.name}({assertions.said(fact)})"


def shown(test: Test, fact: Fact, what: str) -> Evidence:
    """Evidence of a test at its assertion."""
    return Evidence(fact.at, Strength.USED, f"{last(test.fact.name)} {what}: {assertions.shown(fact)}")


def own_calls(test: Test, modules: frozenset[str], names: frozenset[str]) -> list[tuple[str, str]]:
    """Last and full names of the calls of a test that go to the project's own functions."""
    each = {call.name: call for call in test.calls}
    return [(named(call), name) for name, call in each.items() if ours(call, modules, names)]


def whole_way(name: str) -> bool:
    """Whether a function is named as what goes all the way, not as one part of it."""
    return bool(WHOLE.match(name)) and not (ONE_PART.search(words(name)) and not TRAINING_TOO.search(words(name)))


def faked(test: Test) -> bool:
    """Whether a test replaces parts of what it runs."""
    given = re.sub(r"monkeypatch\b", "", test.fact.detail.get("decorators", "") + test.fact.detail.get("args", ""))
    return any(REPLACES.search(call.name) for call in test.calls) or bool(re.search(r"mock|patch", given))


def called(project: Project, pattern: re.Pattern[str]) -> frozenset[str]:
    """The names of calls in tests in which a pattern is found."""
    return frozenset(fact.name for fact in project.named(pattern, "call", role=("test",)))


def started(test: Test) -> str:
    """The pipeline command that a test runs as a program, or nothing."""
    for call in test.calls:
        if call.name.startswith(("subprocess.", "os.system", "sh.")) or last(call.name).startswith("run_"):
            line = " ".join(re.findall(r"[\w./-]+", call.detail.get("0", "")))
            match = PIPELINE_COMMAND.search(line)
            if match:
                return match[0]
    return ""


@check(
    "TST004", "The pipeline is tested end to end on a sample", capability="ml_tests", level=2, dimension="systems",
    fix="kit add tests",
)  # fmt: skip
def pipeline_is_tested(project: Project) -> Verdict:
    """What: a test runs the pipeline, or training and what follows it, on a small sample and asserts on the outcome.

    One stage alone, a pipeline that is only built or compiled, and a pipeline whose parts are mocked are partial, and
    so is a CI job that runs the pipeline without a test that looks at what came out.

    Why: every stage can pass its own tests while the second cannot read what the first one writes.

    Fix: a fixture with a few hundred rows, one call of the pipeline's entry point, an assertion on model and metrics.

    Source: ML Test Score, infrastructure tests; mlops-zoomcamp rubric.
    """
    if project.only_serves:
        return not_applicable("models are only served here: there is no training pipeline")
    modules, names = own_modules(project), own_names(project)
    whole: list[Evidence] = []
    part: list[Evidence] = []
    for test in tests_of(project):
        command = started(test)
        found = proof(test)
        if found is None or not (test.honest or command):
            continue
        every = own_calls(test, modules, names)
        calls = [name for name, _ in every]
        mains = [name for name, full in every if MAIN.search(words(full))]
        entry = command or next((name for name in [*calls, *mains] if whole_way(name) or name in mains), "")
        trains = next((name for name in calls if TRAINS.match(name)), "")
        judges = next((name for name, full in every if JUDGES.match(name) and full[0] != "?"), "")
        built = next((name for name in calls if BUILT.match(name)), "")
        if (entry or (trains and judges)) and not faked(test):
            whole.append(shown(test, found, f"runs {entry or f'{trains} and {judges}'} and asserts"))
        elif stage := entry or trains or built or next((name for name in calls if WHOLE.match(name)), ""):
            part.append(shown(test, found, f"calls {stage}: a part, or with parts replaced"))
    if whole:
        return passed(f"{len(whole)} tests run the pipeline", best(whole))
    part += ci_runs(project)
    if part:
        return partial("a stage or a mocked pipeline is tested, not the whole", best(part), WANTED_WHOLE)
    return failed("no test runs the pipeline", places(project), WANTED_WHOLE)


def ci_runs(project: Project) -> list[Evidence]:
    """CI jobs that run the pipeline on changes; nobody asserts on the result."""
    found = []
    for job, chain in project.ci_doing(lambda fact: bool(REPEATS.match(plain(fact)))):
        if chain[-1].detail.get("swallowed") != "yes":
            note = f"{job.runner} runs {plain(chain[-1])[:60]}"
            found.append(Evidence(chain[0].at, Strength.USED, note, job.runner))
    return found


def plain(command: Fact) -> str:
    """A command without what only starts it."""
    return command.detail.get("plain") or command.name


@once
def at_the_door(project: Project) -> list[tuple[Test, list[Fact]]]:
    """Tests that call the service through a client, each with its assertions about answers."""
    found = []
    clients, verbs, asking = (called(project, pattern) for pattern in (CLIENT, VERB, HTTP))
    shared = {f.at.path for f in project.named(CLIENT, "call", role=("test",)) if not f.scope}
    for test in tests_of(project):
        names = {call.name for call in test.calls}
        client = not names.isdisjoint(clients) or (test.at.path in shared and not names.isdisjoint(verbs))
        http = not names.isdisjoint(asking)
        answered_by = any(ANSWER.search(text(fact)) for fact in test.asserts)
        served = client or (answered_by and (http or not faked(test)))
        if served and test.asserts and (test.uses_project or http):
            found.append((test, list(test.asserts)))
    return found


@check(
    "TST005", "The service is tested over its interface", capability="service_tests", level=3, dimension="deploy",
    fix="kit add tests",
)  # fmt: skip
def service_is_tested(project: Project) -> Verdict:
    """What: tests call the service through a client, with a good request and with a bad one.

    The answer of the good one is looked at; the bad one has to be refused (a status of 4xx). Only good requests, or
    only the health page, is partial. A handler that is called as a function, a load test, and an assertion that
    accepts a server error do not count. Not applicable where nothing is served online.

    Why: serialisation, validation and start-up break at the interface, where unit tests do not look.

    Fix: a test client of the web framework, one known row, one row out of bounds.

    Source: standard practice; document 001 (deployment with tests).
    """
    tests = at_the_door(project)
    serving = project.used("model serving") or project.used("web api")
    if not serving and not tests:
        return not_applicable("nothing is served over an interface here")
    good = [(t, f) for t, facts in tests for f in facts if answered(text(f))]
    bad = [(t, f) for t, facts in tests for f in facts if STATUS.search(text(f)) and refuses(t, f)]
    asked = sorted(
        (row for row in good if not health(row[0])), key=lambda row: not ASKS.search(words(row[0].fact.name))
    )
    bad.sort(key=lambda row: not ASKS.search(words(row[0].fact.name)))
    if asked and bad:
        return passed(
            "good and bad requests are tested through a client",
            [shown(*asked[0], "sends a good request"), shown(*bad[0], "sends a bad request")],
        )
    if good or bad:
        rows = [shown(t, f, "calls the service") for t, f in [*asked, *good, *bad][:3]]
        missing = "only the health page is asked" if not asked and not bad else "bad requests are not tested"
        return partial(
            f"the service is called in tests; {missing if good else 'good requests are not tested'}", rows, WANTED_DOOR
        )
    return failed("no test calls the service through its interface", places(project), WANTED_DOOR)


def refuses(test: Test, fact: Fact) -> bool:
    """Whether an assertion about a status asks for a refusal: by a number, or by a parameter of a test named so."""
    if REFUSED.search(text(fact)):
        return True
    if re.search(r"\d{3}", text(fact)):
        return False
    return bool(REFUSING.search(words(test.fact.name))) and "==" in text(fact)


def answered(said: str) -> bool:
    """Whether an assertion looks at what a good request got."""
    return bool(GOOD.search(said)) or bool(PAYLOAD.search(said) and not STATUS.search(said))


def health(test: Test) -> bool:
    """Whether a test only asks whether the service is up."""
    return bool(
        re.search(
            r"(?<![a-z])(health\w*|alive|live(ness)?|ready|readiness|root|ping|index|home|docs)(?![a-z])",
            words(last(test.fact.name)),
        )
    )


@check(
    "TST006", "Training and serving are tested to agree", capability="ml_tests", level=3, dimension="systems",
    fix="kit add tests",
)  # fmt: skip
def training_and_serving_agree(project: Project) -> Verdict:
    """What: a test puts the same row through the training side (features and model) and the serving side, and compares.

    A comparison of the features alone is partial. Not applicable where the project only trains or only serves.

    Why: a feature computed in two ways is the commonest reason for a model that is good offline and bad online.

    Fix: score one known row in process and over the service's client, and assert that the two numbers are equal.

    Source: ML Test Score, monitoring test 3 (training and serving are not skewed).
    """
    tests = tests_of(project)
    serving = project.used("model serving") or project.used("batch scoring") or project.used("web api")
    if not serving:
        return not_applicable("nothing is served here that could disagree with training")
    if project.only_serves:
        return not_applicable("models are only served here: training stands elsewhere")
    modules, names = own_modules(project), own_names(project)
    door = {test.at for test, _ in at_the_door(project)}
    whole, part = [], []
    for test in tests:
        equal = [fact for fact in test.asserts if EQUAL.search(text(fact)) and not STATUS.search(text(fact))]
        if not test.honest or not equal:
            continue
        here = own_calls(test, modules, names)
        asks = any(last(call.name).startswith("predict") and "client" not in words(call.name) for call in test.calls)
        title = words(test.fact.name)
        over = test.at in door or any(re.match(r"(serve|handle|invoke|endpoint)", name) for name, _ in here)
        if over and asks and here and (SAME.search(title) or BOTH.search(title)):
            whole.append(shown(test, equal[0], "compares training and serving"))
        elif BOTH.search(title) and here:
            part.append(shown(test, equal[0], "compares what both sides compute"))
    if whole:
        return passed("the same rows go through training and serving", best(whole))
    if part:
        return partial("a part of both sides is compared", best(part), WANTED_SAME)
    return failed("no test compares training with serving", places(project), WANTED_SAME)
