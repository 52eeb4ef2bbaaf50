"""DAT: does anything learn from the part of the data that is to judge it?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from readykit.checks_api import Project, best, check, failed, not_applicable, partial, passed
from readykit.model import Evidence, Fact, Strength, Verdict
from readykit.naming import last, words

WORD = re.compile(r"[A-Za-z_]\w*")
# What a part is called: the training part, and the parts that judge.
TRAINING = re.compile(r"\b(train\w*|trn|tr|fit|resampled|balanced)\b")
JUDGING = re.compile(r"\b(test\w*|tst|val|valid|validation|hold ?out|dev|eval|oot)\b")
# A name that is bound to freshly read or joined data means neither part any more.
AFRESH = re.compile(r"\b(read_\w+|load_\w+|fetch_\w+|concat|append|merge|make_\w+)\(")
DATED = re.compile(r"date|time|month|year|day|week|period|timestamp|cutoff|split", re.IGNORECASE)
CUT_OFF = re.compile(r"[<>]|\.between\(|\.isin\(|\.loc\[:")
ARROWS = re.compile(r"%[^%\s]*%|\|>|<<?-|->>?|=>|\s->\s")  # pipes and assignments of R compare nothing
PART_FILE = re.compile(r"(^|[/_.-])(train(ing)?|test|valid(ation)?|val|holdout)([/_.-]|$)", re.IGNORECASE)
TABLE_FILE = re.compile(
    r"\.(csv|tsv|parquet|jsonl|feather|txt|npz|npy|bin|tfrecords?|data)$|(data|datasets?|images)/(train|test|val\w*)$",
    re.IGNORECASE,
)
FITS = frozenset({"fit", "fit_transform", "fit_resample", "fit_sample"})
FOR_DRIFT = re.compile(r"(?<![a-zA-Z])(ref|reference|curr|current|drift)(?![a-zA-Z])", re.IGNORECASE)
WOULD = "split first, then fit every step on the training part only, best inside one pipeline with the model"


@dataclass
class Learned:
    """A step that was fitted on data not yet split, with the names that its result has reached."""

    fact: Fact
    names: set[str] = field(default_factory=set)


@dataclass
class Followed:
    """What happened to the data in one function or notebook, in order."""

    parts: dict[str, str] = field(default_factory=dict)
    pending: list[Learned] = field(default_factory=list)
    leaks: list[tuple[Fact, Fact]] = field(default_factory=list)
    on_test: list[Fact] = field(default_factory=list)
    on_train: list[Fact] = field(default_factory=list)

    def part(self, name: str) -> str:
        """Whether a name means the training part, a judging part, or neither as far as one can tell."""
        if name in self.parts:
            return self.parts[name]
        spoken = words(name)
        if TRAINING.search(spoken):
            return "train"
        return "test" if JUDGING.search(spoken) else ""

    def learn(self, fact: Fact) -> None:
        """A step is fitted."""
        given = fact.detail.get("0") or fact.detail.get("X") or fact.detail.get("raw_documents") or ""
        names = WORD.findall(given)
        parts = {self.part(name) for name in names[:1]}
        if "train" in parts:
            self.on_train.append(fact)
        elif "test" in parts and last(fact.name) != "fit_resample":
            self.on_test.append(fact)
        elif names:
            assigned = {name.partition(".")[0] for name in fact.detail.get("assigned", "").split(",") if name}
            self.pending.append(Learned(fact, assigned - {"self"}))

    def bind(self, fact: Fact) -> None:
        """A name is bound: it takes over what the value's names mean."""
        target = fact.name.partition(".")[0] if not fact.name.startswith("self.") else fact.name
        tokens = WORD.findall(fact.value)
        for learned in self.pending:
            if learned.names & set(tokens):
                learned.names.update(target.split(","))
            elif fact.at.line > (learned.fact.at.end_line or learned.fact.at.line):
                learned.names.difference_update(target.split(","))  # the name means something else from here on
        known = [self.parts[name] for name in tokens[:1] if name in self.parts]
        spoken = self.part(tokens[0]) if tokens else ""
        if AFRESH.search(fact.value):
            self.parts.pop(target, None)
        elif (known or spoken) and "," not in target:
            self.parts[target] = known[0] if known else spoken

    def split(self, fact: Fact) -> None:
        """The data is taken apart."""
        given = {name for key, text in fact.detail.items() if key.isdigit() for name in WORD.findall(text)[:1]}
        self.leaks += [(learned.fact, fact) for learned in self.pending if learned.names & given]
        names = [name for name in reversed(fact.detail.get("assigned", "").split(",")) if name]
        for index, name in enumerate(names if "train_test_split" in fact.name else ()):
            self.parts[name] = "test" if index % 2 else "train"


def follow(project: Project) -> Iterator[Followed]:
    """Each function and notebook that takes data apart, followed line by line."""
    splits = [f for f in project.doing("data split").facts if f.kind == "call"]
    places = {(f.at.path, f.scope) for f in splits}
    kinds = {id(f): "split" for f in splits}
    kinds |= {id(f): "learned" for f in project.doing("learned step").facts if last(f.name) in FITS}
    events: dict[tuple[str, str], list[tuple[int, bool, bool, Fact]]] = {place: [] for place in sorted(places)}
    for path in {path for path, _ in places}:
        for fact in project.repo.facts(path):
            if (fact.kind == "assign" or id(fact) in kinds) and (path, fact.scope) in events:
                row = (fact.at.line, kinds.get(id(fact)) == "split", fact.kind == "assign", fact)
                events[path, fact.scope].append(row)
    for rows in events.values():
        seen = Followed()
        for _, _, binds, fact in sorted(rows, key=lambda row: row[:3]):
            if binds:
                seen.bind(fact)
            elif kinds[id(fact)] == "learned":
                seen.learn(fact)
            else:
                seen.split(fact)
        yield seen


def leaks(project: Project, followed: Iterable[Followed]) -> list[Evidence]:
    """Steps that certainly learned from data that judges later, with the line of the split."""
    found = []
    for seen in followed:
        for step, split in seen.leaks:
            name = last(step.name.rpartition(".")[0])
            note = f"{name} is fitted on all the data, which is split at line {split.at.line}"
            found.append(project.evidence(step, note))
        found += [
            project.evidence(step, f"{last(step.name.rpartition('.')[0])} is fitted on the part that judges")
            for step in seen.on_test
        ]
    return [each for each in found if each.strength >= Strength.USED]


def by_time(project: Project) -> list[Evidence]:
    """Training parts that are cut off at a point in time: `train = df[df.date < cutoff]`."""
    return [
        project.evidence(fact, f"the training part is cut off in time: {fact.value[:60]}")
        for fact in project.valued(DATED, "assign")
        if CUT_OFF.search(ARROWS.sub(" ", fact.value)) and TRAINING.search(words(fact.name))
    ]


def apart_from_the_start(project: Project) -> list[Evidence]:
    """Parts that lie apart in the source: loaders that are asked for one, files of training and test data."""
    found = [e for e in project.used("parts of a source") if not e.at.path.endswith(".toml")]
    seen: dict[str, dict[str, Fact]] = {}
    for fact in (*project.named(PART_FILE, "string"), *project.valued(PART_FILE, "yaml", "toml", "json")):
        text = fact.name if fact.kind == "string" else fact.value
        match = PART_FILE.search(text) if len(text) < 120 and TABLE_FILE.search(text) else None
        if match:
            part = "train" if match[2].lower().startswith("train") else "test"
            seen.setdefault(fact.at.path, {}).setdefault(part, fact)
    note = "training and judging data lie in files of their own"
    return [*found, *(project.evidence(parts["train"], note) for parts in seen.values() if len(parts) == 2)]


def kept_right(project: Project, followed: Iterable[Followed]) -> list[Evidence]:
    """What shows that steps learn from the training part alone, or that the split is made with care."""
    splitting = {e.at.path for e in project.used("data split")}
    found = [
        project.evidence(step, f"{last(step.name.rpartition('.')[0])} is fitted on the training part")
        for seen in followed
        for step in seen.on_train
    ]
    found += [
        Evidence(e.at, e.strength, f"steps and model are fitted as one: {e.note}", e.tool)
        for e in project.used("steps in one")
        if e.at.path in splitting or not splitting
    ]
    found += [Evidence(e.at, e.strength, f"a split with care: {e.note}", e.tool) for e in project.used("careful split")]
    return [*found, *by_time(project)]


def for_models(project: Project) -> list[Evidence]:
    """The places where data is split for training; reference and current data are parted to watch for drift."""
    watching = {f.at for f in project.told("call", "assigned") if FOR_DRIFT.search(f.detail["assigned"])}
    return [e for e in project.used("data split") if e.at not in watching]


@check(
    "DAT005",
    "The split is free of leakage",
    capability="leakage_free_split",
    level=2,
    dimension="model",
    fix="kit add data",
)
def split_is_free_of_leakage(project: Project) -> Verdict:
    """What: nothing is fitted on the data that later judges the model.

    Followed line by line through reassignment: a scaler, imputer, selector, vectoriser or oversampler that is fitted
    on a table whose result is then split, or on the test part, fails. A step fitted on the training part or in a
    pipeline, a stratified, grouped or timely split, and parts that lie apart from the start pass. So does a plain
    random split when nothing is fitted before it. Leakage in a notebook beside clean code is partial.

    Why: a model that has seen its own exam gets marks that no customer will ever see.

    Fix: split first, put scaling, imputing and resampling into one pipeline with the model, and fit that.

    Source: document 003; Kapoor and Narayanan 2023, Leakage and the reproducibility crisis in ML-based science.
    """
    if project.kind == "library":
        return not_applicable("a library leaves the splitting of data to its users")
    followed = list(follow(project))
    bad = leaks(project, followed)
    right = kept_right(project, followed)
    clean = [e for e in right if not e.at.path.endswith(".ipynb") and e.strength >= Strength.USED]
    in_code = [e for e in bad if not e.at.path.endswith(".ipynb")]
    if bad and (in_code or not clean):
        return failed("a step learns from data that judges it later", project.looked_in, WOULD, best(in_code or bad))
    if bad:
        return partial("the code keeps the parts apart, a notebook does not", (*best(clean, 1), *best(bad, 2)), WOULD)
    plain = for_models(project)
    shown = clean or ([] if any(not e.at.path.endswith(".ipynb") for e in plain) else right)
    if shown:
        return passed("what is fitted learns from the training part only", best(shown))
    if project.only_serves:
        return not_applicable("models are served here and trained elsewhere, so there is no split to judge")
    apart = [e for e in apart_from_the_start(project) if e.strength >= Strength.USED]
    before = [learned.fact for seen in followed for learned in seen.pending]
    if plain and not before:
        return passed("the data is split, and nothing that learns is fitted before", best(plain))
    if plain:
        shown = [project.evidence(f, "fitted before the split; could not be followed into it") for f in before]
        return partial("the data is split, but a step is fitted before", (*best(plain, 1), *best(shown, 2)), WOULD)
    if apart:
        return passed("training and judging data are apart from the start", best(apart))
    return not_applicable("no split was found, so there is none to judge")
