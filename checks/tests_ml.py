"""TST: are the parts tested that only machine learning has, the data and the model?"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from readykit import assertions
from readykit.assertions import (
    PLACES,
    RAISES,
    named,
    of_prediction,
    only_form,
    ours,
    over_the_network,
    own_names,
    runs_model,
    said,
    telling,
)
from readykit.checks_api import Project, best, check, failed, not_applicable, partial, passed
from readykit.model import Evidence, Fact, Strength, Verdict
from readykit.naming import last, words
from readykit.testcode import OVER_HTTP, Test, own_modules, tests_of

# Whole words of a function's or module's name that speak of rows on their way to a model.
DATA = re.compile(
    r"(?<![a-z])(data ?sets?|data ?frames?|data ?loaders?|data ?modules?|data|features?|featur(e|)i[sz]\w*"
    r"|pre ?process\w*|post ?process\w*|transform(s|er|ers|ation|ations)?"
    r"|clean(s|er|ing)?"
    r"|encod\w*|split(s|ter|ting)?|ingest\w*|etl|tokeni[sz]\w*|imput\w*|normali[sz]\w*|augment\w*|resampl\w*|corpus|embeddings?|vectori[sz]\w*|schema|drift)(?![a-z])"
)
# A request's schema, a web client or settings that carry one of these words are not data code.
NOT_DATA = re.compile(
    r"(?<![a-z])(requests?|responses?|clients?|routes?|endpoints?|api|config\w*|settings?|errors?|exceptions?"
    r"|logg\w*|mock\w*|meta ?data|paths?|data ?(classes|types|models|structures)"
    r"|db|database|cache|session|factory|markdown|html|url)(?![a-z])"
)
# What is asked of a model, as the last part of a call.
MODEL = re.compile(
    r"^(?!.*drift)(?!(get|load|save|list|create|delete|import|build|make|parse)_)(predict\w*|infer(ence)?\w*|classify\w*|score_\w+|evaluate\w*|score"
    r"|forward|training_step|train|train_(?!data|df|test|set|split|loader)\w+|fit|fit_model|run_training|detect\w*|recommend\w*|forecast\w*"
    r"|\w+_(predict\w*|inference|classifier|prediction))$"
)
# What a model of any library is asked by.
ASKED = frozenset({"predict", "predict_proba", "predict_one", "score", "evaluate"})
# Names of test files that are about a model.
BEHAVES = re.compile(
    r"(?<![a-z])(model\w*|train\w*|predict\w*|infer\w*|eval\w*|behaviou?r\w*|invarian\w*|classif\w*|regress\w*)(?![a-z])"
)
MADE = re.compile(r"(?<![a-z])(model|net|network|classifier|regressor|estimator|predictor|detector)s?(?![a-z])")
# An assertion about how good a model is: a metric's name beside a comparison by size.
SKILL = re.compile(
    r"(?<![a-z])(accuracy|acc|auc|roc|f1|precision|recall|r2|rmse|mae|mse|mape"
    r"|loss\w*|scores?|error|skill|lift|map|iou|metrics?)(?![a-z])"
)
# An assertion about what comes out of a model.
OUTCOME = re.compile(
    r"(?<![a-z])(pred\w*|y hat|y pred|prob\w*|output\w*|results?|labels?|class(es)?|scores?|logits"
    r"|values?|out)(?![a-z])"
    r"(?! (dir|path|file|folder|name|type|url))"
)
EXACT = re.compile(
    r"(^|\.)(allclose|isclose|array_equal|assert_allclose|assert_array_\w+|assert_almost_equal|assert_close"
    r"|assertEqual|assertAlmostEqual|assert_frame_equal|approx|equal"
    r"|assertListEqual|assertDictEqual|assertGreater\w*|assertLess\w*|expect_(equal|identical|equivalent|setequal))$"
)
FAKE = re.compile(r"(^|\.|_)(Magic)?Mock\w*$|(^|\.)(patch|setattr|mocker)(\.|$)|(^|\.|_)(Fake|Stub|Mock)[A-Z]\w*|Mock$")
ARRAYS = re.compile(r"(^|\.)(assert_allclose|assert_array_\w+|assert_almost_equal|assert_close)$")
# The same function asked twice in one comparison: a direction or an invariance.
TWICE = re.compile(
    r"(?<![\w.])(?!(?:set|list|len|sorted|str|float|int|dict|tuple|round|abs|sum|type|max|min|bool|range|any|all)\()(\w+)\("
    r".+[<>=,].*(?<![\w.])\1\(|\.(predict\w*|score|forward|decision_function)\(.+[<>=,].*\.\2\("
)
# What a library's model gives back is of its type whatever the project does.
ONLY_TYPE = re.compile(r"^\(?(type|isinstance)\(")
FRAMES = re.compile(r"\.equals\(|allclose|array_equal|assert_(frame|series|array|almost)\w*|torch\.equal|assert_close")
# where the tests of a Scala, Java or R file begin
BEGINS = re.compile(r"\s*((public |final |private )*(class|object) \w|@Test\b|(test_that|describe|it|test)\()")
# two runs held against each other: a difference, and a small number
AGREE = re.compile(r"^\(?(abs|math\.fabs|np\.abs|numpy\.abs|fabs)\(.+ - .+\) *<=? *")
KNOWN = "asserts a known answer"
REQUIRED = "kit add tests"


def shown(test: Test, fact: Fact, what: str, strength: Strength = Strength.USED) -> Evidence:
    """Evidence of a test at its assertion."""
    return Evidence(fact.at, strength, f"{last(test.fact.name)} {what}: {assertions.shown(fact)}")


def about_data(fact: Fact) -> bool:
    """Whether a call is one of data or feature code, by its own name or by its module's."""
    name = words(fact.name)
    return bool(DATA.search(name)) and not NOT_DATA.search(name)


def subjects(
    project: Project, wanted: Callable[[Fact], bool], anybodys: frozenset[str] = frozenset()
) -> list[tuple[Test, Fact]]:
    """Tests that assert on the project's code, each with its first call of a kind.

    The call goes to project code, or is a method of one of the names in `anybodys`: a library's model has them.
    """
    modules, names = own_modules(project), own_names(project)
    copies = {(fact.path, fact.name) for fact in project.facts("def", role=("test",))}
    found = []
    for test in tests_of(project):
        if test.honest:
            calls = [c for c in test.direct if wanted(c)]
            # a function of the same name in the test file is a copy: it says nothing of the project's
            own = [c for c in calls if ours(c, modules, names) and (c.at.path, c.name) not in copies]
            call = next(iter(own or [c for c in calls if "." in c.name and last(c.name) in anybodys]), None)
            if call is not None:
                found.append((test, call))
    return found


def foreign(project: Project, pattern: re.Pattern[str]) -> list[str]:
    """Test files of Scala, Java and R builds whose name speaks of something."""
    every = project.files("*.scala", "*.java", "*.R", role=("test",))
    return [path for path in every if pattern.search(words(path.rpartition("/")[2].partition(".")[0]))]


def build_tests(project: Project, pattern: re.Pattern[str]) -> list[Evidence]:
    """Those test files at the line where the test begins, after licence and imports."""
    found = []
    for path in foreign(project, pattern)[:3]:
        lines = project.repo.text(path).split("\n")  # no fact carries the tests of these languages
        line = next((n for n, text in enumerate(lines, 1) if BEGINS.match(text)), 1)
        found.append(project.seen(path, "a test of the build", Strength.USED, line))
    return found


def first_of_each(rows: Iterable[Evidence], named_after: re.Pattern[str] = DATA) -> tuple[Evidence, ...]:
    """One line of each of three files, those that are named after a thing if there are any."""
    every = list(rows)
    named_so = [row for row in every if named_after.search(words(row.at.path.rpartition("/")[2]))]
    return best(named_so or every)


@check(
    "TST002", "Data and feature code is tested", capability="ml_tests", level=2, dimension="data", fix=REQUIRED
)  # fmt: skip
def data_code_is_tested(project: Project) -> Verdict:
    """What: tests call the project's own data or feature code and assert on values, a schema or a property of rows.

    A test that only looks at a type or a length, tests of data in the warehouse (dbt), tests of data files that call no
    code of the project, and tests of other code that compare whole frames or arrays are partial. A mock that was
    called, an assertion that cannot fail, and a folder that is named after tests do not count.

    Why: most faults of a model are faults of its features, and they raise no exception.

    Fix: one test with three rows whose features you can compute by hand, and one with a bad row that must be refused.

    Source: ML Test Score, tests for features and data; document 002.
    """
    if project.only_serves and not subjects(project, about_data):
        return not_applicable("models are only served here: there is no data or feature code")
    strong, form = [], []
    for test, call in subjects(project, about_data):
        title = words(f"{test.at.path.rpartition('/')[2]} {last(test.fact.name)}")
        if BEHAVES.search(title) and not DATA.search(title):
            continue  # it reads data to test a model
        asserted = telling(test)
        values = sorted((f for f in asserted if not only_form(f)), key=lambda f: bool(RAISES.search(f.name)))
        if values:
            strong.append(shown(test, values[0], f"tests {named(call)}"))
        elif asserted:
            form.append(shown(test, asserted[0], f"looks at the form of what {named(call)} gives"))
    builds = build_tests(project, DATA)
    if strong or builds:
        return passed(f"{len(strong) or len(builds)} tests of data or feature code", first_of_each(strong) or builds)
    weaker = [
        *form,
        *on_frames(project),
        *data_files(project),
        *project.doing("data testing").at_least(Strength.DECLARED),
    ]
    if weaker:
        return partial(
            "data is tested by its form, in part or outside the code only", first_of_each(weaker), WANTED_DATA
        )
    return failed("no test calls data or feature code", places(project), WANTED_DATA)


WANTED_DATA = "a test that calls the project's data or feature code and asserts on values, a schema or a property"


def on_frames(project: Project) -> list[Evidence]:
    """Tests of the project's code, whatever its name, that hold a whole frame, array or tensor against a known one."""
    found = []
    for test, call in subjects(project, lambda _: True):
        whole = next((f for f in telling(test) if FRAMES.search(f"{f.name} {said(f)}")), None)
        if whole is not None:
            found.append(shown(test, whole, f"holds what {named(call)} gives against known rows"))
    return found


def data_files(project: Project) -> list[Evidence]:
    """Tests that read a data file and assert on it, without the project's code."""
    found = []
    for test in tests_of(project):
        reads = any(
            re.search(r"(^|\.)(read_(csv|parquet|json|excel|feather)|load_dataset)$", c.name) for c in test.calls
        )
        asserted = [f for f in telling(test) if "exists(" not in said(f) and not ONLY_TYPE.search(said(f))]
        if reads and asserted and DATA.search(words(test.fact.name + " " + test.at.path)):
            found.append(shown(test, asserted[0], "asserts on a data file"))
    return found


def places(project: Project) -> tuple[str, ...]:
    """What a fail names as looked at: the test files, or all that was read."""
    return tuple(dict.fromkeys(test.at.path for test in tests_of(project)))[:6] or project.looked_in


def asks_model(fact: Fact) -> bool:
    """Whether a call asks or fits a model."""
    name = named(fact)
    # a scaler or an encoder is fitted too
    return bool(MODEL.match(name)) and (name != "fit" or bool(MADE.search(words(fact.name))))


def doubles(project: Project) -> frozenset[str]:
    """Classes that the tests define with the methods of a model: they stand in for one."""
    methods = (fact.name.rpartition(".") for fact in project.facts("def", role=("test",)))
    return frozenset(
        last(owner) for owner, _, method in methods if owner and method in ("predict", "predict_proba", "forward")
    )


def faked(test: Test, stand_ins: frozenset[str]) -> bool:
    """Whether a test puts something in the place of the real thing."""
    given = f"{test.fact.detail.get('decorators', '')} {test.fact.detail.get('args', '')}"
    named_so = bool(re.search(r"(?<![a-z])(mock|fake|stub|patch)", words(given)))
    return named_so or any(FAKE.search(call.name) or last(call.name) in stand_ins for call in test.calls)


def behaviour(fact: Fact) -> str:
    """What an assertion says about a model's behaviour: its skill, a known answer; nothing when only about form."""
    text = said(fact)
    sized = fact.kind == "assert" and bool({"<", "<=", ">", ">="} & set(fact.detail.get("ops", "").split(",")))
    sized = sized or bool(re.search(r"(Greater|Less)|expect_[gl]te?$", fact.name))
    if only_form(fact):
        return ""
    if TWICE.search(text) and (sized or EXACT.search(fact.name) or "==" in fact.detail.get("ops", "")):
        return "compares two answers"
    if sized and AGREE.search(text) and SKILL.search(words(text)):
        return "asserts that two figures agree"
    if sized:
        trivial = re.search(r"(>=? *0(\.0)?|<=? *1(\.0)?)\)?$|^\(?0(\.0)? *<=?", text)
        return "asserts a least skill" if SKILL.search(words(text)) and not trivial else ""
    if fact.kind == "call" and ARRAYS.search(fact.name):
        return "asserts an answer"
    exact = (
        EXACT.search(fact.name)
        or "==" in fact.detail.get("ops", "")
        or re.search(r"allclose|approx|array_equal|torch\.equal|isclose", text)
    )
    return KNOWN if exact and OUTCOME.search(words(text)) else ""


@check(
    "TST003", "Model behaviour is tested", capability="ml_tests", level=2, dimension="model", fix=REQUIRED
)  # fmt: skip
def model_behaviour_is_tested(project: Project) -> Verdict:
    """What: a test trains or asks a real model and asserts on its behaviour.

    That is a least skill, a known answer, that an irrelevant change changes nothing, that a relevant one moves the
    score the right way, or that it can learn one batch. A test that only looks at the shape or range of the output,
    and a script that somebody runs by hand, are partial. A mocked model says nothing about the model.

    Why: code can be right while the model is not: a swapped label or a dropped feature passes every unit test.

    Fix: train on a small sample in a test and assert that it beats guessing; assert the direction of one feature.

    Source: ML Test Score, tests for model development; CheckList (Ribeiro et al. 2020).
    """
    strong, form = [], []
    stand_ins, modules, names = doubles(project), own_modules(project), own_names(project)
    asked = subjects(project, lambda call: asks_model(call) or runs_model(project, call), ASKED)
    for test, call in [*asked, *over_the_network(project, asked)]:
        if faked(test, stand_ins):
            continue
        asserted = [f for f in telling(test) if ours(call, modules, names) or not ONLY_TYPE.search(said(f))]
        if OVER_HTTP.search(call.name):
            asserted = [f for f in asserted if of_prediction(f)]
        judged = [(fact, behaviour(fact)) for fact in asserted]
        found = next(((fact, what) for fact, what in judged if what), None)
        # what a whole service leaves behind may be anything: an equality there is no known answer of the model
        if found is not None and (asks_model(call) or OVER_HTTP.search(call.name) or found[1] != KNOWN):
            strong.append(shown(test, found[0], f"calls {named(call)} and {found[1]}"))
            continue
        seen = [fact for fact in asserted if not RAISES.search(fact.name)]
        fact = next((fact for fact in seen if not PLACES.search(said(fact))), None) or next(iter(seen), None)
        if fact is not None and (asks_model(call) or not PLACES.search(said(fact))):
            form.append(shown(test, fact, f"looks at what {named(call)} gives, not whether it is right"))
    builds = build_tests(project, MADE)
    if strong or builds:
        return passed(
            f"{len(strong) or len(builds)} tests of a model's behaviour", first_of_each(strong, BEHAVES) or builds
        )
    if form:
        return partial(
            "models are asked in tests, but whether the answer is right is not",
            first_of_each(form, BEHAVES),
            WANTED_MODEL,
        )
    if not tests_of(project) and not project.files("*.py", "*.ipynb", "*.scala", "*.R"):
        return not_applicable("there is no code of a model to test")
    return failed("no test looks at a model's behaviour", places(project), WANTED_MODEL)


WANTED_MODEL = (
    "a test that trains or asks a real model and asserts a least skill, a known answer, a direction or an invariance"
)
