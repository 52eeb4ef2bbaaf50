"""Comparisons that decide about a model: which figure is held against which bar, and what follows from it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from readykit.globs import path_matches
from readykit.model import Evidence, Strength
from readykit.naming import last

if TYPE_CHECKING:
    from readykit.model import Fact
    from readykit.project import Project


# what was worked out for a project; forgotten with it
_KNOWN: WeakKeyDictionary[Project, tuple[Verdicts, list[tuple[Fact, bool]]]] = WeakKeyDictionary()


def vocabulary(words: str) -> frozenset[str]:
    """A set of words."""
    return frozenset(words.split())


METRIC = vocabulary(
    "accuracy acc auc roc rocauc prauc f1 precision recall rmse mse mae mape r2 loss logloss score scores "
    "metric metrics brier ece ap map calibration perplexity bleu wer ndcg performance skill improvement gain"
)
BAR = vocabulary(
    "threshold thresholds min minimum max maximum floor ceiling bar baseline champion champ chall "
    "challenger production prod incumbent previous prev current registered deployed required target gate "
    "limit tolerance margin candidate new old latest expected"
)
ASKED_FOR = vocabulary("expected required target threshold min minimum base acceptable")
RIVAL = vocabulary("champion champ chall challenger production prod incumbent registered deployed candidate")
# comparisons of these words are no verdict on a model: early stopping, decision cuts, drift, parameter checks
ELSEWHERE = vocabulary(
    "best patience epoch epochs iter iters step steps lr early drift psi missing null nan conf confidence mask "
    "detection prob len "
    "proba probability iou similarity distance length size count date time age timeout retries rows "
    "columns rate ratio latency memory cpu duration ms seconds queue"
)
# code that watches or serves a model, or checks labels, compares figures too, and stops nothing from being promoted
WATCHING = vocabulary(
    "drift monitor monitoring alert alerts latency predict request endpoint serving api labels labelling annotation"
)
NEW_OR_OLD = re.compile(r"\b(new|old|candidate|challenger|champion|previous|prev|production)_(\w+)")
SOFTWARE = vocabulary("security audit vulnerability coverage compliance suite readiness debt")
STOPS = re.compile(
    r"(^|,)(raise|exit|sys\.exit|return:(False|1|2))(,|$)"
    r"|(^|[.,_])(cancel|abort|fail|reject|skip_\w*|rollback|block)\w*(,|$)"
)
PROMOTES = re.compile(
    r"(^|[.,_])(register|promote|transition|deploy|publish|set_\w*alias|upload|push|accept|approve)\w*(,|$)"
)
NAMES_OF_VERDICTS = vocabulary(
    "gate passed passes accepted approved blessed eligible promotable promote deploy wins better"
)
GATES = vocabulary("gate gates blessed blessing approved approval accepted promotable promoted eligible")
JUDGING = vocabulary(
    "gate decide decision evaluate evaluation eval compare comparison validate validation promote promotion"
)
EVALUATING = vocabulary("evaluate evaluated evaluation eval evaluator metrics")
SHIPPING = vocabulary("deploy deployment promote promotion register registration publish release")
# how far one model is ahead of another, in a function that is named for what hangs on it
LEAD = vocabulary("diff difference delta gain improvement uplift lead margin")
OF_RIVALS = vocabulary("promote promotion champion challenger")
FLAGS = vocabulary("clean ok success succeeded failed passed valid failures errors problems violations regressions")
SETS = re.compile(r"(True|False|0|1|[\"'](yes|no|true|false|pass\w*|fail\w*|approved|rejected)[\"'])$", re.IGNORECASE)
HANDED = re.compile(r"(?:bool\()?(\w+)\)?")
CALL = re.compile(r"(?:await )?([\w.]+)\(")
DRY = re.compile(r"^[\"']?(dry[_-]?run|disabled|off|skip|warn(_only)?|false)[\"']?$", re.IGNORECASE)
FORMATS = ("yaml", "toml", "json", "docker", "hcl")
LONG = 16
"""Longer values are none of those."""
DRY_KEY = re.compile(
    r"(validation|evaluation|gate|run)[_-]?(mode|enabled)$|skip_(validation|evaluation|gate)$", re.IGNORECASE
)
HUMP, APART = re.compile(r"(?<=[a-z0-9])(?=[A-Z])"), re.compile(r"[^a-z0-9]+")
COMPARED = re.compile("[<>]")
COMPARISON = re.compile(r"[^<>=!-][<>]=?[^<>=]")
# above zero or below one says that a figure is a figure, not that it is good
TRIVIAL = re.compile(r"[<>]=?\s*(0|1|0\.0|1\.0)\b(?!\.)|(?<![\w.])(0|0\.0|1|1\.0)\s*[<>]")
FIXED = re.compile(r"[<>]=?\s*\d*\.?\d+|\d*\.?\d+\s*[<>]=?")


@lru_cache(maxsize=1 << 15)
def word_set(text: str) -> frozenset[str]:
    """The words that identifiers are made of: `new_model_mse` and `newModelMse` give new, model, mse."""
    if not text.islower():
        text = HUMP.sub("_", text).lower()
    return frozenset(APART.sub(" ", text).split())


def compares_model(text: str, names: str) -> bool:
    """Whether a condition holds a model's figure against a bar or a rival."""
    if not compares(text) or TRIVIAL.search(text):
        return False
    found = word_set(names)
    if found & ELSEWHERE and not found & RIVAL:
        return False
    rivals = bool(found & RIVAL) and len(found & (RIVAL | {"new"})) > 1
    return rivals or bool(found & METRIC and (found & BAR or FIXED.search(text)))


def compares(text: str) -> bool:
    """Whether a text holds one thing against another."""
    return ("<" in text or ">" in text) and bool(COMPARISON.search(f" {text} "))


def falls_short(fact: Fact) -> bool:
    """Whether a figure under the one that is asked for raises: `if best_score < expected_score: raise`."""
    if "raise" not in fact.detail.get("body", "") and "raise" not in fact.detail.get("else", ""):
        return False
    names = word_set(fact.detail.get("names", ""))
    asked = names & METRIC and names & ASKED_FOR and not names & (ELSEWHERE - {"best"})
    return bool(asked and "raise" in outcome(fact).split(",") and not TRIVIAL.search(fact.name))


def holds_to_bar(fact: Fact) -> bool:
    """Whether a bare bar (`share < 0.65`) ends the run inside a function that judges the model's performance."""
    names, scope = word_set(fact.detail.get("names", "")), word_set(last(fact.scope))
    judged = scope & JUDGING and scope & METRIC and not (names | scope) & (ELSEWHERE - {"rate", "ratio"})
    bar = bool(names & BAR and FIXED.search(fact.name)) and not TRIVIAL.search(fact.name)
    return bool(judged and bar and STOPS.search(outcome(fact)))


def by_margin(fact: Fact) -> bool:
    """Whether deciding code compares the lead of the new model with a margin: `if diff > epsilon` in `promote_if`."""
    names = word_set(fact.detail.get("names", ""))
    return bool(names & LEAD and word_set(last(fact.scope)) & OF_RIVALS) and compares(fact.name)


def paired(fact: Fact, text: str) -> bool:
    """Whether judging code compares one figure of the new with the same figure of the old: `new_skill >= old_skill`."""
    found = {name: kind for kind, name in NEW_OR_OLD.findall(text)}
    both = {name for kind, name in NEW_OR_OLD.findall(text) if found[name] != kind}
    return bool(both) and bool(word_set(f"{last(fact.scope)}") & JUDGING) and not word_set(" ".join(both)) & ELSEWHERE


def outcome(fact: Fact) -> str:
    """What a branch does on either side: calls, raise, exit, return."""
    return f"{fact.detail.get('body', '')},{fact.detail.get('else', '')}"


def decides(fact: Fact) -> bool:
    """Whether a branch stops the run or promotes on one of its sides."""
    return stops_or_promotes(outcome(fact))


@lru_cache(maxsize=1 << 14)
def stops_or_promotes(done: str) -> bool:
    """Whether what a branch does stops the run or promotes."""
    return bool(STOPS.search(done) or PROMOTES.search(done))


def leaves(fact: Fact) -> bool:
    """Whether a function that promotes ends early without a verdict: `if not decision.promote: return`."""
    early = fact.name.startswith("not ") and "return" in fact.detail.get("body", "").split(",")
    verdict = word_set(fact.detail.get("names", "")) & NAMES_OF_VERDICTS
    return bool(early and verdict and word_set(fact.scope) & SHIPPING)


class Verdicts:
    """The names on which a project decides whether to stop or to promote: `if not gate.passed: raise`."""

    def __init__(self, project: Project) -> None:
        """Collect the names that deciding branches and promoting calls depend on."""
        self.anywhere: set[str] = set()
        self.in_file: set[tuple[str, str]] = set()
        self.handed: dict[tuple[str, str], str] = {}
        self._learn_branches(project)
        self._learn_calls(project)
        # `Result(no_regression=ok)`: the verdict goes on under another name
        for fact in project.told("call", *self.anywhere):
            for key, value in fact.detail.items():
                if key in self.anywhere and (inner := HANDED.fullmatch(value.strip())):
                    self.in_file.add((fact.path, inner[1]))
                    self.handed.setdefault((fact.path, inner[1]), key)
        for fact in project.facts("assign"):
            if not (made := CALL.match(fact.value.strip())):
                continue
            whole = self.rest_on(fact.path, last(fact.scope)) and word_set(last(made[1])) & JUDGING
            if whole or self.rest_on(fact.path, last(fact.name)):
                self._add(fact, last(made[1]))  # `decision = trigger(mse)`, then `deploy(decision)`

    def _learn_branches(self, project: Project) -> None:
        for fact in project.facts("branch"):
            if (decides(fact) or leaves(fact)) and fact.detail.get("kind") != "while":
                for name in fact.detail.get("names", "").split():
                    self._add(fact, name)

    def _learn_calls(self, project: Project) -> None:
        conditional = project.doing("conditional stage").facts
        for fact in (*project.named(PROMOTES, "call"), *conditional):
            for value in fact.detail.values():
                self._add(fact, last(value.strip()))
            if fact.kind == "decorator":
                self._add(fact, last(fact.scope))

    def _add(self, fact: Fact, name: str) -> None:
        self.in_file.add((fact.path, name))
        if (len(name) > 5 and "_" in name) or word_set(name) & NAMES_OF_VERDICTS:
            self.anywhere.add(name)

    def rest_on(self, path: str, name: str) -> bool:
        """Whether something stops or promotes by a name: in the same file, or anywhere for a telling name."""
        return name in self.anywhere or (path, name) in self.in_file


def conditions(project: Project) -> Iterator[Fact]:
    """Stages that run only when a metric is good enough: the condition is an argument of the pipeline tool's."""
    for fact in project.doing("conditional stage").facts:
        text = " ".join(fact.detail.values())
        if fact.kind == "call" and (compares_model(text, text) or evaluated(fact.detail.get("0", ""))):
            yield fact


def evaluated(text: str) -> bool:
    """Whether a condition holds what an evaluating stage gave out against a bar, whatever the figure is called."""
    found = word_set(text)
    against = bool(found & BAR or FIXED.search(text)) and compares(text)
    return against and bool(found & EVALUATING) and not found & ELSEWHERE and not TRIVIAL.search(text)


def watches(fact: Fact) -> bool:
    """Whether a comparison stands in code that watches or serves a model, or that grades software."""
    here = word_set(f"{fact.path} {fact.scope}")
    return bool(here & WATCHING or (here | word_set(fact.detail.get("names", ""))) & SOFTWARE)


def verdicts(project: Project) -> list[tuple[Fact, bool]]:
    """Comparisons that decide something, and whether they stop or promote right there; worked out once a project."""
    if project not in _KNOWN:
        relied = Verdicts(project)
        _KNOWN[project] = (relied, list(_verdicts(project, relied)))
    return _KNOWN[project][1]


def _verdicts(project: Project, relied: Verdicts) -> Iterator[tuple[Fact, bool]]:
    for fact in project.valued(COMPARED, "assign"):
        if not compares(fact.value):
            continue
        compared = compares_model(fact.value, f"{fact.value} {fact.name}") or paired(fact, fact.value)
        if compared and not watches(fact):
            name = last(fact.scope) if fact.name == "return" else last(fact.name)
            asked = relied.rest_on(fact.path, last(fact.scope)) and word_set(name) & (NAMES_OF_VERDICTS | FLAGS)
            if (name and relied.rest_on(fact.path, name)) or asked or acts_after(project, fact):
                yield fact, False
    for fact in project.facts("branch"):
        if not set(fact.detail.get("ops", "").split(",")) & {"<", "<=", ">", ">="} or not (
            compares_model(fact.name, fact.detail.get("names", ""))
            or holds_to_bar(fact)
            or falls_short(fact)
            or by_margin(fact)
        ):
            continue
        if watches(fact):
            continue
        end = fact.at.end_line or fact.line
        flags = [a for a in project.facts("assign", path=fact.path) if fact.line <= a.at.line <= end]
        returned = "return" in outcome(fact) and relied.rest_on(fact.path, last(fact.scope))
        if decides(fact):
            yield fact, True
        elif returned or any(relied.rest_on(a.at.path, last(a.name)) and SETS.match(a.value.strip()) for a in flags):
            yield fact, False


def enforced(project: Project) -> Iterator[Fact]:
    """Branches on a gate's verdict that stop or promote, and the comparisons of gate or evaluation code behind them."""
    decided = [fact for fact, _ in verdicts(project) if fact.kind == "assign"]
    handed = _KNOWN[project][0].handed
    passed_on = {handed[key] for fact in decided if (key := (fact.path, last(fact.name))) in handed}
    branches = [
        fact
        for fact in project.facts("branch")
        if decides(fact)
        and (word_set(fact.detail.get("names", "")) & GATES or set(fact.detail.get("names", "").split()) & passed_on)
        and not watches(fact)
    ]
    behind = [
        fact
        for fact in project.facts("compare")
        if compares_model(fact.name, fact.detail.get("names", ""))
        and word_set(f"{fact.path} {fact.scope}") & JUDGING
        and not watches(fact)
    ]
    if branches and (behind or passed_on):
        yield from branches
        yield from behind


def acts_after(project: Project, fact: Fact) -> bool:
    """Whether the function that draws a comparison stops, further down, on a flag of its own."""
    return any(
        branch.scope == fact.scope
        and branch.at.line > fact.line
        and STOPS.search(outcome(branch))
        and set(branch.detail.get("names", "").split()) & FLAGS
        for branch in project.facts("branch", path=fact.path)
    )


def dry_runs(project: Project) -> list[Evidence]:
    """Configuration that lets a failed validation pass."""
    off = [f for f in project.named(DRY_KEY, *FORMATS, role=None) if len(f.value) < LONG and DRY.match(f.value)]
    facts = [fact for pattern in ("*.y*ml*", "*.toml") for fact in off if path_matches(fact.path, pattern)]
    return [
        project.evidence(
            fact, f"{fact.name.rpartition('.')[2]}: {fact.value} lets a bad model through", cap=Strength.DECLARED
        )
        for fact in facts
    ]


def blocks(project: Project, evidence: Evidence) -> bool:
    """Whether a stop at this place keeps the model from being registered or deployed.

    It does when the same file registers or is named for deploying, when another module of the project relies on the
    verdict, or when it is a stage of a pipeline, whose later stages then do not run.
    """
    shipping = {e.at.path for job in ("model registry", "model serving") for e in project.used(job)}
    if evidence.at.path in shipping or word_set(evidence.at.path.rpartition("/")[2]) & SHIPPING:
        return True
    return bool(project.used("pipeline orchestration"))
