"""ENG006: shapes of code that are nearly always a mistake in work with data and models."""

from __future__ import annotations

import re
from collections.abc import Iterator

from readykit.checks_api import Project, best, check, failed, not_applicable, partial, passed
from readykit.model import Evidence, Fact, Strength, Verdict
from readykit.naming import last

# name of the fact: (sub-id, what a reader is told, whether the result is wrong because of it)
SMELLS = {
    "fit on test data": ("ENG0061", "fitted on test data: what is learned there leaks into the score", True),
    "frame grown in a loop": (
        "ENG0062",
        "a frame is copied whole in every turn of a loop; collect, then concat once",
        False,
    ),
    "assignment to a copy": (
        "ENG0063",
        "assigned to a piece of a piece of a frame, which may be a copy; use .loc",
        True,
    ),
    "comparison with NaN": ("ENG0064", "nothing equals NaN, so this is never true (and != always is); use isna", True),
    "inference with gradients": ("ENG0065", "a network is asked with gradients recorded: no torch.no_grad", False),
    "failure of training passed over": ("ENG0067", "a training call whose every failure is passed over", True),
}
TRAIN = re.compile(r"(?<![a-z])(train|trn)(?![a-z])|_tr\b", re.IGNORECASE)
UNSEEN = re.compile(r"test|val|dev|hold|oof|fold|cv|eval|unseen|out", re.IGNORECASE)
# Data that a library scores by itself, set aside by these.
SET_ASIDE = re.compile(
    r"cross_val|KFold|SearchCV|ShuffleSplit|learning_curve|\.evaluate$|Trainer\.|\.test$|\.validate$"
)
SET_ASIDE_BY = ("validation_data", "validation_split", "eval_set", "eval_dataset", "valid_sets", "evals")
WITHOUT_GRADIENTS = ("*.no_grad", "*.inference_mode", "*.set_grad_enabled", "no_grad", "inference_mode")
WANTED = "code without these shapes; each is named with its line and what to write in its place"


def told(project: Project) -> Iterator[tuple[Fact, str, bool]]:
    """(fact, what a reader is told, whether results are wrong) of the shapes that facts carry."""
    guarded = switched_off(project)
    for fact in project.facts("smell"):
        identifier, what, wrong = SMELLS[fact.name]
        if identifier != "ENG0065" or not asked_without(project, fact.scope, guarded):
            yield fact, f"{identifier} {what}: {fact.value[:60]}", wrong


def switched_off(project: Project) -> frozenset[str]:
    """Files in which gradients are switched off somewhere."""
    kinds = ("call", "decorator")
    return frozenset(fact.at.path for name in WITHOUT_GRADIENTS for fact in project.facts(*kinds, name=name))


def asked_without(project: Project, function: str, guarded: frozenset[str]) -> bool:
    """Whether a function is called from a file that switches gradients off."""
    for path in guarded:
        for fact in project.repo.facts(path):
            if fact.kind == "refs" and any(last(function) in names.split() for names in fact.detail.values()):
                return True
    return False


def scored_on_training(project: Project) -> list[tuple[Fact, str, bool]]:
    """Metrics of a project whose every metric is computed on the training data."""
    rows = [fact for fact in project.doing("scoring against labels").facts if fact.kind == "call"]
    rows += [fact for fact in project.facts("call", name="*.score") if "1" in fact.detail]
    rows = [fact for fact in rows if fact.name.startswith(("sklearn.metrics.", "?.score")) and "1" in fact.detail]
    given = [f"{fact.detail['0']} {fact.detail['1']}" for fact in rows]
    if not rows or not all(TRAIN.search(text) and not UNSEEN.search(text) for text in given):
        return []
    for fact in project.facts("call"):
        if SET_ASIDE.search(fact.name) or any(key in fact.detail for key in SET_ASIDE_BY):
            return []
    what = "ENG0066 the only metrics are computed on the data that the model was fitted on"
    return [(rows[0], f"{what}: {last(rows[0].name)}({given[0][:40]})", True)]


def idle_baselines(project: Project) -> Iterator[tuple[Fact, str, bool]]:
    """Baseline models that are made, and neither fitted, scored nor handed on."""
    for fact in project.doing("baseline model").facts:
        name = fact.detail.get("assigned", "") if fact.kind == "call" else ""
        if not name or project.role(fact.at.path) != "code":
            continue
        used = (f for f in project.repo.facts(fact.at.path) if f.kind == "refs")
        if not any(last(name) in names.split() for f in used for names in f.detail.values()):
            yield fact, f"ENG0068 a baseline is made and never used: {name} = {last(fact.name)}()", False


def read(project: Project) -> list[Evidence]:
    """What was looked at: Python calls that fit a model, or where none does, that ask or load one."""
    for job in ("fitting", "asking a model", "loading a model"):
        calls = [
            fact
            for fact in project.doing(job).facts
            if fact.kind == "call" and fact.at.path.endswith((".py", ".ipynb", ".tmpl", ".jinja", ".j2"))
        ]
        shown = [project.evidence(fact, f"{last(fact.name)}: its file is free of the smells") for fact in calls]
        shown = [item for item in shown if item.strength >= Strength.IMPORTED]
        if shown:
            return shown
    return []


@check(
    "ENG006", "The ML code is free of known smells", capability="code_smells", level=2, dimension="model"
)  # fmt: skip
def free_of_smells(project: Project) -> Verdict:
    """What: none of eight shapes of code that are nearly always a mistake. Each finding begins with its own id.

    ENG0061 fitted on test data. ENG0062 a data frame grown by concat or append in a loop. ENG0063 chained assignment
    to a frame. ENG0064 a comparison with NaN by == or !=. ENG0065 a PyTorch network asked with gradients recorded.
    ENG0066 metrics on the training data only. ENG0067 a bare or silent except around a training call. ENG0068 a
    baseline model that is made and never used. Tests and examples are not looked at. Shapes that cost time but give
    right results (0062, 0065, 0068), and findings in notebooks only, are partial.

    Why: these run without a message and give wrong or slow results; reviewers miss them because they look right.

    Fix: fit on training rows only; collect frames in a list; assign with .loc; use isna; ask under torch.no_grad;
    score held-out rows; catch the one exception that you expect; score the baseline or delete it.

    Source: Zhang, Cruz, van Deursen: Code Smells for Machine Learning Applications (2022); pandas user guide.
    """
    found = [*told(project), *scored_on_training(project), *idle_baselines(project)]
    if not found:
        seen = read(project)
        if not seen:
            return not_applicable("no Python code here trains or asks a model")
        return passed("none of the eight smells", best(seen))
    found.sort(key=lambda row: (not row[2], row[0].at.path.endswith(".ipynb"), row[0].at))
    evidence = [Evidence(fact.at, Strength.USED, note) for fact, note, _ in found]
    names = ", ".join(sorted({note.split()[0] for _, note, _ in found}))
    wrong = any(wrong and not fact.at.path.endswith(".ipynb") for fact, _, wrong in found)
    if wrong:
        files = sorted({f.at.path for f, _, _ in found})[:6]
        return failed(f"{len(found)} smells ({names})", files, WANTED, evidence, evidence)
    return partial(f"{len(found)} smells ({names})", evidence, WANTED, faults=evidence)
