"""FRM: is the problem stated, and is there something simple to beat?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from readykit.checks_api import Project, best, check, not_applicable, partial, passed, unmet
from readykit.learning import given, groups_only
from readykit.model import Evidence, Fact, Location, Strength, Verdict
from readykit.naming import last

MODEL = r"model|classif\w*|regress\w*|predict\w*|estimat\w*|forecast\w*|recommend\w*|scores?|rank\w*"
SIMPLE = (
    r"baseline|heuristic|rule_?based|majority_class|most_frequent"
    rf"|(dummy|naive|random|constant|mean|median|persistence|popularity|most_popular|climatology|last_value)_({MODEL})"
    r"|seasonal_naive|naive_seasonal|most_popular|random_(guess\w*|answers?)"
    rf"|({MODEL})_(dummy|naive|majority|persistence)"
)
SIMPLE_MODEL = re.compile(rf"(^|_)({SIMPLE})(_|$)")
# "baseline" as reference data of a drift check, as a configuration, or as the model in production
NOT_A_MODEL = re.compile(
    r"baseline_(stat\w*|data\w*|uri|path|config|job|profile|check|distribution|window|hist\w*|lambda|polic\w*|roles?|bucket)"
    r"|drift|constraint|monitor|quality"
)
MEASURES = re.compile(
    r"(^|[._])(score|evaluat\w*|metrics?|accuracy\w*|roc_auc\w*|auc|f1\w*|rmse|mae|mse|mean_\w*error|r2\w*"
    r"|average_precision\w*|log_loss|cross_val\w*|classification_report|(precision|recall|ndcg|hit_?rate|mrr|map)_(at_)?k"
    r"|ndcg\w*|hit_rate|mape|smape|wape|mase|crps\w*|pinball_loss)($|[._])"
)
FILE_OF_ONE = re.compile(r"(^|_)baselines?(_|$)")
LABEL = re.compile(r"(simple |naive |dummy )?(baseline|dummy|naive|heuristic)( model)?", re.IGNORECASE)
LABELS = re.compile(rf"\A(?:{LABEL.pattern})\Z", re.IGNORECASE)
CONSTANT = re.compile(
    r"\.(mean|median|mode|shift|value_counts)\(|(full|zeros|ones)(_like)?\(|baseline|majority|naive|dummy",
    re.IGNORECASE,
)
STATISTIC = re.compile(
    r"(^|\.)((mean|median|mode|value_counts|full|zeros|ones)(_like)?|shift|rand\w*|choice|repeat|tile|most_common|roll)\("
    r"|^[\"'\d.]+$",
    re.IGNORECASE,
)
# one statistic of the labels for each row, under whatever name: `[np.median(y) for _ in y_test]`
REPEATED = re.compile(
    r"^\[[^\[\]]*\b(?:mean|median|mode)\([^\[\]]*\)[^\[\]]*\] \* len\("
    r"|^\[(?:np|numpy|statistics)\.(?:mean|median|mode)\(.*\) for _\w* in .+\]$"
    r"|^(?:np|numpy)\.(?:full|full_like|repeat)\(.*\b(?:mean|median|mode)\(.*\)$"
)
BASELINE = re.compile(r"(^|_)(baseline|naive|dummy)(_|$)")
NAMED = re.compile(f"{BASELINE.pattern}|{SIMPLE_MODEL.pattern}")
NAIVE = re.compile(
    r"(^|_)(baseline|naive|dummy|majority|persistence|climatology|last_value|most_frequent|popular\w*)(_|$)"
    r"|(^|_)random_(scores?|pred\w*|guess\w*|answers?|prob\w*|labels?)$"
)
# the figure of a naive answer under its own name, worked out by hand: `baseline_accuracy = (y == majority).mean()`
FIGURE_OF_ONE = re.compile(
    r"(baseline|naive|dummy|majority|persistence|random_guess\w*)_(accuracy|acc|mae|rmse|mse|mape|smape|f1|auc|error|score|loss|r2)$"
    r"|(accuracy|acc|mae|rmse|mse|mape|smape|f1|auc|error|r2)_(baseline|naive|dummy|majority|persistence)$"
)
BY_HAND = re.compile(
    r"(==|-|!=).*(\.|\b)(mean|sum)\(|\b(mean|sum|sqrt|abs)\(.*(==|-|!=)|value_counts\(.*max\(|\.max\(\) */"
)
TRIVIAL = (
    "random(?! (forest|search|walk))|constant|baseline|dummy|naive|heuristic|rule[-_ ]?based|majority|most frequent"
    "|popularity|persistence"
)
ROW = re.compile(rf"^\|\s*[*_`]*(({TRIVIAL})\b[^|]*|[\w -]*\bbaseline\W*)\|.*\d*\.\d")
HEADING = re.compile(r"^\W*(\w+ )?(baselines?|benchmark (models?|scripts?))\W*$", re.IGNORECASE)
HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
A_ROW = re.compile(r"^\|")
NUMBER_ROW = re.compile(r"^\|.*\|\s*[*_`]*\d*\.\d+")


@lru_cache(maxsize=1 << 14)
def snake(name: str) -> str:
    """`HeuristicPredictor` as `heuristic_predictor`."""
    low = name.lower()
    return low if low == name else HUMP.sub("_", name).lower()


@lru_cache(maxsize=1 << 14)
def last_snake(name: str) -> str:
    """The last part of a name in the same way."""
    return snake(last(name))


@lru_cache(maxsize=1 << 14)
def measures(name: str) -> bool:
    """Whether a function of this name measures a model."""
    return bool(MEASURES.search(snake(name)))


@lru_cache(maxsize=1 << 14)
def naive(name: str) -> bool:
    """Whether a variable of this name holds a naive answer."""
    return bool(NAIVE.search(snake(name))) and not NOT_A_MODEL.search(snake(name))


def measuring_files(project: Project) -> dict[str, Fact]:
    """Files in which something is measured, with the first place."""
    found = {fact.at.path: fact for fact in reversed(project.doing("scoring against labels").facts)}
    for call in project.named(MEASURES, "call", by=last_snake):
        found.setdefault(call.at.path, call)
    return found


def own_baselines(project: Project, measured: dict[str, Fact]) -> Iterator[Evidence]:
    """Simple models of the project's own: where they are defined beside what measures them, or called where it is."""
    elaborate = {(c.at.path, c.scope.partition(".")[0]) for c in project.doing("elaborate estimator").facts}
    names: set[str] = set()
    for fact in project.named(SIMPLE_MODEL, "def", by=last_snake):
        short = last(fact.name)
        if (fact.at.path, fact.name.partition(".")[0]) in elaborate:
            continue  # a forest called baseline is the project's first model, not something simple to beat
        if not NOT_A_MODEL.search(snake(short)):
            names.add(short)
            if fact.at.path in measured:
                yield project.evidence(fact, f"a simple model, measured at {measured[fact.at.path].at}")
    for call in project.facts("call") if names else ():
        called = names.intersection(call.name.split("."))
        if called and call.at.path in measured:
            note = f"the simple model {min(called)} is called where results are measured ({measured[call.at.path].at})"
            yield project.evidence(call, note)


def constant_answers(project: Project) -> Iterator[Evidence]:
    """A constant under a baseline's name, or repeated for each row, handed to what measures: `mae(y_test, guess)`."""
    answers = {(fact.at.path, fact.name) for fact in project.valued(REPEATED, "assign")}
    answers |= {
        (fact.at.path, fact.name)
        for fact in project.named(NAIVE, "assign", by=snake)
        if naive(fact.name) and STATISTIC.search(fact.value)
    }
    for call in project.facts("call") if answers else ():
        if not measures(call.name.rpartition(".")[2]):
            continue
        given = [value.strip() for key, value in call.detail.items() if key not in ("assigned", "receiver")]
        if any((call.at.path, v.partition("[")[0]) in answers for v in given):
            yield project.evidence(call, "a constant answer is measured like the model")


def figures_by_hand(project: Project) -> Iterator[Evidence]:
    """The figure of a naive answer that is worked out without a metric's function, and named for what it is."""
    for fact in project.named(FIGURE_OF_ONE, "assign", by=snake):
        worked_out = BY_HAND.search(fact.value) and "predict" not in fact.value
        if worked_out and not from_the_model(project, fact, fact.value):
            yield project.evidence(fact, f"the figure of a naive answer: {fact.value[:80]}")


def files_of_baselines(project: Project, measured: dict[str, Fact]) -> Iterator[Evidence]:
    """A simple estimator in a file that is called a baseline and measures it, where elaborate models are elsewhere."""
    elaborate = {
        f.at.path for f in (*project.doing("elaborate estimator").facts, *project.doing("long training").facts)
    }
    for fact in project.doing("simple estimator").facts:
        stem = snake(fact.at.path.rpartition("/")[2].partition(".")[0])
        if fact.at.path in measured and fact.at.path not in elaborate and elaborate and FILE_OF_ONE.search(stem):
            yield project.evidence(fact, f"a simple model in {fact.at.path}, measured at {measured[fact.at.path].at}")


def named_baselines(project: Project, measured: dict[str, Fact]) -> Iterator[Evidence]:
    """Estimators called baseline where they are made, and figures of a constant answer."""
    jobs = ("simple estimator", "elaborate estimator")
    estimators = {(fact.at.path, fact.at.line) for job in jobs for fact in project.doing(job).facts}
    for fact in project.named(LABELS, "string"):
        if fact.at.path in measured and (fact.at.path, fact.at.line) in estimators:
            yield project.evidence(fact, f"a model called {fact.name!r}, measured at {measured[fact.at.path].at}")
    simple = {(fact.at.path, fact.at.line) for fact in project.doing("simple estimator").facts}
    for fact in project.named(NAMED, "assign", by=snake):
        if (fact.at.path, fact.at.line) in simple and fact.at.path in measured and BASELINE.search(snake(fact.name)):
            notebook = Strength.DECLARED if fact.at.path.endswith(".ipynb") else None
            yield project.evidence(fact, f"a simple model kept as {fact.name}, measured here", cap=notebook)
        inner = fact.value.partition("(")[2]
        named = SIMPLE_MODEL.search(snake(fact.name)) and measures(fact.value.partition("(")[0].rpartition(".")[2])
        if named and CONSTANT.search(inner) and not from_the_model(project, fact, inner):
            yield project.evidence(fact, f"the figure of a constant answer: {fact.value[:80]}")


def from_the_model(project: Project, fact: Fact, inner: str) -> bool:
    """Whether a figure called baseline is that of answers that a model of no such name gives: before an ablation."""
    given = set(re.findall(r"\w+", inner))
    return any(
        answer.name in given
        and "predict" in answer.value
        and not CONSTANT.search(answer.value.partition(".predict")[0])
        for answer in project.facts("assign", path=fact.at.path)
        if answer.scope == fact.scope
    )


def beside(fact: Fact, lines: dict[str, list[int]]) -> int:
    """How many lines lie between a fact and the nearest of some lines in its file."""
    return min((abs(fact.at.line - line) for line in lines.get(fact.at.path, ())), default=0)


def compared_models(project: Project, measured: dict[str, Fact]) -> Iterator[Evidence]:
    """Files that fit a simple statistical model beside an elaborate one and measure both."""
    elaborate: dict[str, list[int]] = {}
    for fact in project.doing("elaborate estimator").facts:
        elaborate.setdefault(fact.at.path, []).append(fact.at.line)
    simple: dict[str, Fact] = {}
    for fact in sorted(project.doing("simple estimator").facts, key=lambda f: (beside(f, elaborate), f.at)):
        simple.setdefault(fact.at.path, fact)
    for path, fact in simple.items():
        strength = project.strength(fact)
        # a stage that only trains both is measured by another stage
        later = strength is Strength.WIRED and any(project.graph.reached(other) for other in measured)
        if path not in elaborate or strength < Strength.USED or chosen_by_name(project, fact):
            continue
        if path in measured or later:
            yield project.evidence(
                fact, "a linear model measured beside an elaborate one, not named as baseline", cap=Strength.DECLARED
            )


def chosen_by_name(project: Project, fact: Fact) -> bool:
    """Whether a model is made by a class of its own, one of several of which a run takes one: nothing is compared."""
    owner = fact.scope.partition(".")[0]
    kinds = [f.value for f in project.facts("def", path=fact.at.path) if f.name == owner]
    others = (f for f in project.doing("elaborate estimator").facts if f.at.path == fact.at.path)
    return kinds == ["class"] and not any(f.scope.partition(".")[0] == owner for f in others)


def sibling_models(project: Project, measured: dict[str, Fact]) -> Iterator[Evidence]:
    """A linear model in a module of its own, next to modules with elaborate ones: a project's choice of models."""
    if not measured or project.kind in ("library", "collection"):
        return
    elaborate = {f.at.path for f in project.doing("elaborate estimator").facts if not f.at.path.endswith(".ipynb")}
    folders = {path.rpartition("/")[0] for path in elaborate}
    for fact in project.doing("simple estimator").facts:
        beside = fact.at.path.rpartition("/")[0] in folders and fact.at.path not in elaborate
        if (
            beside
            and not chosen_by_name(project, fact)
            and not fact.at.path.endswith(".ipynb")
            and project.strength(fact) >= Strength.WIRED
        ):
            note = "a linear model among the project's models, beside elaborate ones, not named as baseline"
            yield project.evidence(fact, note, cap=Strength.DECLARED)


def written_baselines(project: Project) -> Iterator[Evidence]:
    """Results of a baseline in documents: a table row with figures, or a section with the commands that measure it."""
    numbers: dict[tuple[str, str], Location] = {}
    for fact in project.named(A_ROW, "prose", role=None):
        if ROW.match(fact.name.lower()):
            yield Evidence(fact.at, Strength.DECLARED, f"figures of a baseline in a document: {fact.name[:80]}")
        elif NUMBER_ROW.match(fact.name) and HEADING.match(fact.scope):
            numbers.setdefault((fact.at.path, fact.scope), fact.at)
    for fact in project.facts("heading", role=None):
        if (fact.at.path, fact.name) in numbers:
            commands = [c for c in project.commands("readme") if c.at.path == fact.at.path and c.scope == fact.name]
            own = any(word in project.paths for command in commands for word in command.name.split())
            note = (
                "figures of baselines, measured by the project's own commands"
                if own
                else "figures of baselines in a document"
            )
            yield Evidence(fact.at, Strength.USED if own else Strength.DECLARED, f"{note}: {fact.name[:60]}")


BY_CHANCE = re.compile(r"(?<![a-z])(random|permut|shuffl|chance|rng\.)", re.IGNORECASE)
COUNTS = ("n_clusters", "n_components", "num_topics", "n_topics", "k", "centers")
A_NUMBER = re.compile(r"[\d.]+L?|None|.*['\"].*")


def trivial_groups(project: Project) -> list[Evidence]:
    """What groups must beat: one group for all rows, or groups by chance, measured by the same figure."""
    measured = project.doing("figure of groups").facts
    by_chance = [
        project.evidence(fact, f"groups by chance are measured: {given(fact)[:60]}")
        for fact in measured
        if BY_CHANCE.search(given(fact).replace("random_state", ""))
    ]
    paths = {fact.at.path for fact in measured}
    single = [e for e in project.used("single group") if e.at.path in paths]
    return [e for e in (*single, *by_chance) if e.strength >= Strength.USED]


def numbers_of_groups(project: Project) -> list[Evidence]:
    """Several numbers of groups, tried where they are measured."""
    paths = {fact.at.path for fact in project.doing("figure of groups").facts}
    return [
        project.evidence(fact, "several numbers of groups are tried", cap=Strength.DECLARED)
        for fact in project.doing("model without labels").facts
        if fact.at.path in paths and any(not A_NUMBER.fullmatch(fact.detail.get(key, "1")) for key in COUNTS)
    ]


@check(
    "FRM004",
    "A simple baseline is measured",
    capability="baseline_compared",
    level=2,
    dimension="model",
    fix="kit add baseline",
)
def baseline_is_measured(project: Project) -> Verdict:
    """What: a dummy, a rule or another simple model is evaluated by the same code as the model.

    A dummy or naive estimator, and a baseline, heuristic or rule of the project's own that is measured, pass. A linear
    model beside elaborate ones, figures of a baseline in a document, and a comparison with the main branch's metrics
    are partial. "Baseline" as a configuration's name, as reference data or as the model in production is none.
    Where nothing has labels, one group for all rows or groups by chance pass when the figure of the groups is taken of
    them too; several numbers of groups compared with each other are partial.

    Why: a metric means nothing without what a trivial answer reaches; many a model loses to a rule.

    Fix: evaluate a dummy or the present rule with the model's own evaluation code, and store both results side by side.

    Source: document 000; Breck et al. 2017, ML Test Score (Model 5: a simpler model is not better).
    """
    found = project.doing("baseline model")
    measured = measuring_files(project)
    own = [
        *own_baselines(project, measured),
        *named_baselines(project, measured),
        *constant_answers(project),
        *figures_by_hand(project),
        *files_of_baselines(project, measured),
    ]
    simple = [
        *project.used("baseline model"),
        *(e for e in own if e.strength >= Strength.USED),
    ]
    written = list(written_baselines(project))
    simple += [e for e in written if e.strength >= Strength.USED]
    without_labels = groups_only(project)
    simple += trivial_groups(project) if without_labels else ()
    if simple:
        return passed("a simple baseline is measured", best(simple))
    compared = [
        Evidence(e.at, Strength.DECLARED, f"metrics compared with another revision: {e.note}", e.tool)
        for e in project.used("model comparison")
    ]
    tried = [e for e in own if e.strength is Strength.DECLARED]
    weaker = [*tried, *compared_models(project, measured), *sibling_models(project, measured), *written, *compared]
    weaker += numbers_of_groups(project) if without_labels else ()
    if weaker:
        return partial(
            "something simpler is compared, though not as a declared baseline in the project's code", best(weaker)
        )
    if project.only_serves:
        return not_applicable(
            "models are served here and trained elsewhere, so there is nothing to compare with a baseline"
        )
    would = "a dummy, heuristic or other simple model evaluated by the same code as the model"
    if without_labels:
        would = "the figure of one group for all rows, or of groups by chance, beside that of the model"
    return unmet(found, "no baseline is measured", would, "baseline")
