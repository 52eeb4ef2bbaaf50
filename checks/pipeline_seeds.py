"""PIP003: does the same data give the same model again?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from readykit.checks_api import Project, best, check, failed, not_applicable, partial, passed
from readykit.model import Evidence, Fact, Location, Strength, Verdict
from readykit.naming import last, words
from readykit.settings import settings
from readykit.spread import covers_most

CODE = ("code", "example")
KEYWORDS = ("random_state", "seed", "random_seed", "rstate", "seed_value", "split_random_state", "data_seed")
# calls that start every generator of a library, and generators made with a start value
GLOBAL = re.compile(
    r"(^|\.)(seed_everything|manual_seed(_all)?|set_seed|set_random_seed|set_all_seeds|seed_all|setSeed|PRNGKey|setup_seed"
    r"|fix_random_seeds?|set\.seed|set_random_seeds?)$|^(numpy\.random|np\.random|random)\.seed$|(^|\.)random\.set_seed$"
    r"|(^|\.)(RandomState|default_rng)$|^jax\.random\.key$"
)
# of these, those that reach the numbers with which a network begins
FRAMEWORK = re.compile(
    r"(^|\.)(seed_everything|manual_seed(_all)?|set_seed|set_random_seed|set_all_seeds|seed_all|PRNGKey|setup_seed"
    r"|fix_random_seeds?|set_random_seeds?)$|(^|\.)random\.set_seed$|^jax\.random\.key$"
)
SEED_KEY = re.compile(r"(^|[._-])(seed|random_?(state|seed))$", re.IGNORECASE)
# in R: streams that start from the seed of the session, or nothing
UNTOLD = ("TRUE", "FALSE", "NULL", "NA")
NUMBER = re.compile(r"-?\d+$")
IN_DICT = re.compile(
    r"[\"'](random_state|random_seed|seed)[\"']\s*:\s*(?!None)([\w.\[\]\"']+)|\b(random_state|seed)=\d+"
)
ELSEWHERE = re.compile(r"(\bseed\s*=\s*|[sS]etSeed\(|\bseed: Long = |Random\.seed!\()\d+L?")
# what draws lots unless it is told where to begin; boosters of gradient libraries begin at a fixed place by themselves
DRAWS = re.compile(
    r"(^|\.)(train_test_split|ShuffleSplit|StratifiedShuffleSplit|GroupShuffleSplit|RandomForest(Classifier|Regressor)"
    r"|ExtraTrees(Classifier|Regressor)|MLP(Classifier|Regressor)|BaggingClassifier|BaggingRegressor|IsolationForest"
    r"|RandomizedSearchCV|randomSplit|fmin|random_split|KMeans|MiniBatchKMeans)$"
)
# lots drawn for a split by hand: rows shuffled by the array library, or sampled from a table
SHUFFLES = re.compile(r"^(numpy\.random|np\.random|random)\.(shuffle|permutation|choice|sample)$")
TABLE_SAMPLE = re.compile(r"\.sample$")
BY_HAND = re.compile(r"^(train_test_split|random_split|randomSplit|\w*ShuffleSplit|shuffle|permutation|choice|sample) ")
SPLITTING = re.compile(r"\b(split\w*|train\w*|preprocess\w*|prepar\w*|datasets?)\b")
FOLDS = re.compile(r"(^|\.)(Stratified)?(Group)?KFold$")
SPLIT = re.compile("split", re.IGNORECASE)
INVENTING = re.compile(
    r"(^|\.)(make_[a-z_]+|Faker|normal|uniform|randint|choice|poisson|exponential|integers|lognormal|rand|randn)$"
)
BY_CHANCE = re.compile("|".join(p.pattern for p in (GLOBAL, SHUFFLES, TABLE_SAMPLE, DRAWS, FOLDS)) + "|random_split$")
SPLITS = re.compile(r"(^|\.)(train_test_split|random_split|randomSplit|KFold|StratifiedKFold|initial_split)$")


@dataclass
class Draws:
    """What was found: pinned draws, draws left to chance, and seeds that are there but off."""

    pinned: list[Evidence] = field(default_factory=list)
    loose: list[Evidence] = field(default_factory=list)
    off: list[Evidence] = field(default_factory=list)
    handed_on: list[Evidence] = field(default_factory=list)
    everything: bool = False
    framework_off: bool = False


def training_files(project: Project) -> set[str]:
    """Files that train, split or define what does."""
    found = {e.at.path for e in project.used("fitting") if project.role(e.at.path) in CODE}
    found |= {f.at.path for f in project.named(SPLIT, "def", role=CODE, by=last)}
    return found | {f.at.path for f in project.named(SPLITS, "call", role=CODE)}


def networks_unseeded(project: Project) -> list[Evidence]:
    """Where networks, whose weights begin with random numbers, are trained while nothing seeds their framework."""
    with_networks = {f.at.path for f in project.doing("neural networks").facts if f.kind == "import"}
    fits = [e for e in project.used("fitting") if e.at.path in with_networks and project.role(e.at.path) == "code"]
    seeded = any(True for _ in project.named(FRAMEWORK, "call", role=CODE))
    return [] if seeded else [Evidence(e.at, Strength.DECLARED, f"{e.note} without a seeded framework") for e in fits]


def configured(project: Project) -> tuple[list[Fact], list[Fact]]:
    """Settings called seed: those with a number, and those that are empty."""
    numbers, empty = [], []
    for kind in ("yaml", "toml", "json"):
        for fact in project.named(SEED_KEY, kind, role=CODE):
            if "services." not in fact.name:
                if NUMBER.fullmatch(fact.value):
                    numbers.append(fact)
                elif fact.value in ("", "null", "None", "~"):
                    empty.append(fact)
    return numbers, empty


def value_of(call: Fact) -> str | None:
    """What a call is told to begin at; None when it is not told."""
    if call.detail.keys().isdisjoint(KEYWORDS):
        return None
    for word in KEYWORDS:
        if word in call.detail and call.detail[word] not in UNTOLD:
            return call.detail[word]
    return None


def unset(project: Project, call: Fact, value: str) -> bool:
    """Whether a value is a parameter of the function around it that is None by default, and None at every call."""
    name = value.strip()
    if not name.isidentifier():
        return False
    for made in project.facts("def", path=call.at.path, role=CODE):
        if made.name == call.scope and re.search(rf"\b{name}\b[^,]*=\s*None", made.detail.get("args", "")):
            short = made.name.rpartition(".")[2].replace("__init__", made.name.rpartition(".")[0].rpartition(".")[2])
            callers = project.facts("call", name=f"*{short}", role=CODE)
            return not any(c.detail.get(name, "None") != "None" for c in callers if last(c.name) == short)
    return False


def look(project: Project) -> Draws:
    """Every draw of the training code."""
    found = Draws()
    training = training_files(project)
    called = {last(f.name) for p in training for f in project.facts("call", path=p, role=CODE)}
    numbers, empty = configured(project)
    own = {last(f.name) for f in project.facts("def", role=CODE)}  # a project's own split may well seed the draw inside
    for call in project.told("call", *KEYWORDS, role=CODE, named=BY_CHANCE):
        if passed_over(call.name):
            continue
        value = value_of(call)
        globally = begins(call.name) and (call.detail.get("0") or value)
        if globally:
            value = value or call.detail["0"]
            helper = last(call.scope) in called and bool(call.scope)
            if call.at.path not in training and not helper and not imports_training(project, call.at.path):
                continue
        if value is not None and value not in ("None", ""):
            note = f"{last(call.name)} is told to begin at {value[:40]}"
            if (empty and not numbers and SEED_KEY.search(value.strip("\"'])"))) or unset(project, call, value):
                found.off.append(project.evidence(call, f"{note}, which is not set", cap=Strength.DECLARED))
            elif from_empty_setting(value, empty):
                found.off.append(project.evidence(call, f"{note}, which is empty by default", cap=Strength.DECLARED))
                found.framework_off |= bool(globally)
            else:
                handed_on = last(call.name) in own or last(call.name) == "__init__"
                (found.handed_on if handed_on else found.pinned).append(project.evidence(call, note))
                found.everything |= bool(globally)
        elif (
            draws(call)
            and last(call.name) not in own
            and call.at.path.endswith((".py", ".ipynb", ".tmpl", ".scala", ".R"))
        ):
            found.loose.append(project.evidence(call, f"{last(call.name)} without a seed"))
    found.pinned += in_tables(project, training)
    found.pinned += in_other_languages(project)
    found.pinned += used_settings(project, numbers)
    found.pinned = found.pinned or found.handed_on
    return found


def imports_training(project: Project, path: str) -> bool:
    """Whether a file works with a library that trains."""
    wanted = {e.at.path for e in project.doing("model training").evidence if e.strength >= Strength.IMPORTED}
    return path in wanted


def from_empty_setting(value: str, empty: list[Fact]) -> bool:
    """Whether a value is read from a setting that is empty where the defaults stand."""
    match = re.search(r"\b(?:cfg|config|conf|args|params|hparams|settings|self)\b.*?(seed|random_state)\W*$", value)
    return bool(match) and any(f.name == match[1] for f in empty) if match else False


@lru_cache(maxsize=1 << 14)
def passed_over(name: str) -> bool:
    """Whether a call of this name has nothing to do with chance in training."""
    return name.endswith("add_argument") or bool(INVENTING.search(name))


@lru_cache(maxsize=1 << 14)
def begins(name: str) -> bool:
    """Whether a call of this name tells a library where to begin."""
    return bool(GLOBAL.search(name))


@lru_cache(maxsize=1 << 14)
def may_draw(name: str) -> bool:
    """Whether a call of this name may draw lots."""
    return any(p.search(name) for p in (SHUFFLES, TABLE_SAMPLE, DRAWS, FOLDS)) or name.endswith("random_split")


def draws(call: Fact) -> bool:
    """Whether a call draws lots and nobody told it where to begin; unknown arguments (`**params`) may say so."""
    if not may_draw(call.name):
        return False
    by_hand = SHUFFLES.search(call.name) or (TABLE_SAMPLE.search(call.name) and "frac" in call.detail)
    library = DRAWS.search(call.name) or FOLDS.search(call.name) or call.name.endswith(("randomSplit", "random_split"))
    if not (by_hand or library):
        return False
    if "**" in call.detail or any(v.startswith("*") for v in call.detail.values()):
        return False
    if any(IN_DICT.search(v) for v in call.detail.values()):
        return False
    if by_hand:
        return bool(SPLITTING.search(words(f"{call.at.path} {call.scope}")))
    if FOLDS.search(call.name):
        return call.detail.get("shuffle") == "True"
    if call.name.endswith("randomSplit"):
        return "1" not in call.detail
    if call.name.endswith("random_split"):
        return "generator" not in call.detail
    if call.detail.get("shuffle") == "False" or not DRAWS.search(call.name):
        return False
    return not (last(call.name) == "fmin" and "fn" not in call.detail and "algo" not in call.detail)


def in_tables(project: Project, training: set[str]) -> Iterator[Evidence]:
    """Seeds in dictionaries of parameters."""
    for fact in project.facts("string", role=CODE):
        if fact.name in ("seed", "random_state", "random_seed") and fact.at.path in training:
            lines = project.repo.text(fact.at.path).split("\n")
            match = IN_DICT.search(lines[fact.at.line - 1]) if fact.at.line <= len(lines) else None
            if match:
                yield project.evidence(fact, f"the parameters hold {match[0].strip()[:40]}")


def in_other_languages(project: Project) -> Iterator[Evidence]:
    """Seeds in the source of languages whose calls are not read one by one."""
    for path in project.files("*.scala", "*.java", "*.kt", "*.jl", role=CODE):
        text = project.repo.text(path)
        if "eed" in text:
            for number, line in enumerate(text.split("\n"), 1):
                match = ELSEWHERE.search(line)
                if match and not line.strip().startswith(("//", "*", "/*")):
                    fact = Fact("call", "seed", Location(path, number))
                    yield project.evidence(fact, match[0].strip())
                    break


def used_settings(project: Project, numbers: list[Fact]) -> Iterator[Evidence]:
    """Seeds in settings files that code reads."""
    known = settings(project)
    read = {reading.path for reading in known.readings}
    for fact in numbers:
        table = fact.name.rpartition(".")[0]
        built = any(f.name == f"{table}._target_" for f in known.candidates.get(fact.at.path, ()))
        if fact.at.path in read and (built or last(fact.name) in known.words):
            yield project.evidence(fact, f"{last(fact.name)} is set to {fact.value}")


@check("PIP003", "Randomness is pinned", capability="seeds_fixed", level=1, dimension="model")
def randomness_is_pinned(project: Project) -> Verdict:
    """What: whatever draws lots in training (the split, the model, the framework, the search) is told where to begin.

    A seed passed to these calls, a call that seeds the whole framework, and a seed among the settings that code reads
    pass. Some draws seeded and others not, and a seed that is empty by default are partial. Seeds in notebooks count
    for nothing where the code beside them splits without one.
    A seed for made-up demonstration data, and switches for deterministic kernels, are no seed.

    Why: when a rerun gives another model, nobody can tell an improvement from luck, or reproduce what is in production.

    Fix: keep one seed in the settings, seed the framework at the start of training, and pass it to split and estimator.

    Source: document 003; Pineau et al. 2021 (reproducibility checklist).
    """
    found = look(project)
    pinned = [e for e in found.pinned if e.strength >= Strength.USED]
    modules = [e for e in pinned if not e.at.path.endswith(".ipynb")]
    loose = [e for e in found.loose if e.strength >= Strength.USED]
    would = "a seed for every split, estimator and search of the training code"
    if pinned and not covers_most(project, pinned):
        return partial("some of the collection's examples pin their randomness", best(modules or pinned), would)
    if pinned and found.framework_off:
        off = [e for e in found.off if "empty by default" in e.note]
        return partial("the seed of the framework is off by default", (*best(off, 1), *best(pinned, 2)), would)
    splits = [e for e in loose if not e.at.path.endswith(".ipynb") and BY_HAND.search(e.note)]
    if pinned and not modules and splits and project.kind != "collection":
        message = "the project's code splits at random without a seed; only notebooks have one"
        return failed(message, project.looked_in, would, best(splits))
    networks = networks_unseeded(project)
    if pinned and networks:
        return partial(
            "some draws are seeded, the networks' first weights are not", (*best(pinned, 2), networks[0]), would
        )
    if pinned and not loose:
        return passed("randomness is pinned where the model is trained", best(modules or pinned))
    if pinned and found.everything and modules:
        return passed("a seed for the whole framework covers what is not seeded by itself", best(modules))
    if pinned:
        example = min(loose, key=lambda e: (-e.strength, e.at))
        missing = Evidence(example.at, Strength.DECLARED, example.note)
        return partial("some draws are seeded, others are left to chance", (*best(pinned, 2), missing), would)
    if found.off:
        return partial("a seed can be set, but is not by default", best(found.off), would)
    if project.only_serves or not trains(project):
        return not_applicable("no model is trained here, so there is nothing to draw lots for")
    looked = project.looked_in
    return failed("nothing pins the randomness of training", looked, would, best(loose))


def trains(project: Project) -> bool:
    """Whether a model is fitted in this project's own code."""
    return bool(project.doing("fitting").at_least(Strength.DECLARED))
