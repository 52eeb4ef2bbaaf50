"""EVL: is the model judged honestly, and does a bad one stop?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from readykit.checks_api import Project, best, check, partial, passed, unmet
from readykit.model import Evidence, Fact, Strength, Verdict
from readykit.naming import last


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
    "limit tolerance margin candidate new old latest"
)
RIVAL = vocabulary("champion champ chall challenger production prod incumbent registered deployed candidate")
# comparisons of these words are no verdict on a model: early stopping, decision cuts, drift, parameter checks
ELSEWHERE = vocabulary(
    "best patience epoch epochs iter iters step steps lr early drift psi missing null nan conf confidence mask "
    "detection prob "
    "proba probability iou similarity distance length size count date time age timeout retries rows "
    "columns rate ratio latency memory cpu duration ms seconds queue"
)
# code that watches or serves a model compares figures too, and stops nothing from being promoted
WATCHING = vocabulary("drift monitor monitoring alert alerts latency predict request endpoint serving api")
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
GATES = vocabulary("gate gates blessed blessing approved approval accepted promotable eligible")
JUDGING = vocabulary(
    "gate decide decision evaluate evaluation eval compare comparison validate validation promote promotion"
)
FLAGS = vocabulary("clean ok success succeeded failed passed valid failures errors problems violations regressions")
SETS = re.compile(r"(True|False|0|1|[\"'](yes|no|true|false|pass\w*|fail\w*|approved|rejected)[\"'])$", re.IGNORECASE)
CALL = re.compile(r"(?:await )?([\w.]+)\(")
PICKS = re.compile(r"(^|_)(promote(?!d)|champion|deploy|select_production|register_best|release)", re.IGNORECASE)
MOVES = re.compile(r"^(transition_model|set_(registered_)?model_(version_)?(alias|stage)|copy_model_version|promote)")
DRY = re.compile(r"^[\"']?(dry[_-]?run|disabled|off|skip|warn(_only)?|false)[\"']?$", re.IGNORECASE)
DRY_KEY = re.compile(
    r"(validation|evaluation|gate|run)[_-]?(mode|enabled)$|skip_(validation|evaluation|gate)$", re.IGNORECASE
)
COMPARISON = re.compile(r"[^<>=!-][<>]=?[^<>=]")
TRIVIAL = re.compile(r"[<>]=?\s*(0|1|0\.0|1\.0)\b(?!\.)")
FIXED = re.compile(r"[<>]=?\s*\d*\.?\d+|\d*\.?\d+\s*[<>]=?")


def words(text: str) -> set[str]:
    """The words that identifiers are made of: `new_model_mse` and `newModelMse` give new, model, mse."""
    return set(re.sub(r"[^a-z0-9]+", " ", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text).lower()).split())


def compares_model(text: str, names: str) -> bool:
    """Whether a condition holds a model's figure against a bar or a rival."""
    found = words(names)
    if found & ELSEWHERE and not found & RIVAL:
        return False
    if not COMPARISON.search(f" {text} ") or TRIVIAL.search(text):
        return False
    rivals = bool(found & RIVAL) and len(found & (RIVAL | {"new"})) > 1
    return rivals or bool(found & METRIC and (found & BAR or FIXED.search(text)))


def holds_to_bar(fact: Fact) -> bool:
    """Whether a bare bar (`share < 0.65`) ends the run inside a function that judges the model's performance."""
    names, scope = words(fact.detail.get("names", "")), words(last(fact.scope))
    judged = scope & JUDGING and scope & METRIC and not (names | scope) & (ELSEWHERE - {"rate", "ratio"})
    bar = bool(names & BAR and FIXED.search(fact.name)) and not TRIVIAL.search(fact.name)
    return bool(judged and bar and STOPS.search(outcome(fact)))


def outcome(fact: Fact) -> str:
    """What a branch does on either side: calls, raise, exit, return."""
    return f"{fact.detail.get('body', '')},{fact.detail.get('else', '')}"


def decides(fact: Fact) -> bool:
    """Whether a branch stops the run or promotes on one of its sides."""
    return bool(STOPS.search(outcome(fact)) or PROMOTES.search(outcome(fact)))


class Verdicts:
    """The names on which a project decides whether to stop or to promote: `if not gate.passed: raise`."""

    def __init__(self, project: Project) -> None:
        """Collect the names that deciding branches and promoting calls depend on."""
        self.anywhere: set[str] = set()
        self.in_file: set[tuple[str, str]] = set()
        self._learn_branches(project)
        self._learn_calls(project)
        for fact in project.facts("assign"):
            made = CALL.match(fact.value.strip())
            if made and self.rest_on(fact.at.path, last(fact.name)):
                self._add(fact, last(made[1]))  # `decision = trigger(mse)`, then `deploy(decision)`

    def _learn_branches(self, project: Project) -> None:
        for fact in project.facts("branch"):
            if decides(fact) and fact.detail.get("kind") != "while":
                for name in fact.detail.get("names", "").split():
                    self._add(fact, name)

    def _learn_calls(self, project: Project) -> None:
        conditional = project.doing("conditional stage").facts
        promoting = [call for call in project.facts("call") if PROMOTES.search(call.name)]
        for fact in (*promoting, *conditional):
            for value in fact.detail.values():
                self._add(fact, last(value.strip()))
            if fact.kind == "decorator":
                self._add(fact, last(fact.scope))

    def _add(self, fact: Fact, name: str) -> None:
        self.in_file.add((fact.at.path, name))
        if (len(name) > 5 and "_" in name) or words(name) & NAMES_OF_VERDICTS:
            self.anywhere.add(name)

    def rest_on(self, path: str, name: str) -> bool:
        """Whether something stops or promotes by a name: in the same file, or anywhere for a telling name."""
        return name in self.anywhere or (path, name) in self.in_file


def conditions(project: Project) -> Iterator[Fact]:
    """Stages that run only when a metric is good enough: the condition is an argument of the pipeline tool's."""
    for fact in project.doing("conditional stage").facts:
        text = " ".join(fact.detail.values())
        if fact.kind == "call" and compares_model(text, text):
            yield fact


def watches(fact: Fact) -> bool:
    """Whether a comparison stands in code that watches or serves a model."""
    return bool(words(f"{fact.at.path} {fact.scope}") & WATCHING)


def verdicts(project: Project) -> Iterator[tuple[Fact, bool]]:
    """Comparisons that decide something, and whether they stop or promote right there."""
    relied = Verdicts(project)
    assigned: dict[str, list[Fact]] = {}
    for fact in project.facts("assign"):
        assigned.setdefault(fact.at.path, []).append(fact)
        if compares_model(fact.value, f"{fact.value} {fact.name}") and not watches(fact):
            name = last(fact.scope) if fact.name == "return" else last(fact.name)
            if (name and relied.rest_on(fact.at.path, name)) or acts_after(project, fact):
                yield fact, False
    for fact in project.facts("branch"):
        if not set(fact.detail.get("ops", "").split(",")) & {"<", "<=", ">", ">="} or not (
            compares_model(fact.name, fact.detail.get("names", "")) or holds_to_bar(fact)
        ):
            continue
        if watches(fact):
            continue
        end = fact.at.end_line or fact.at.line
        flags = [a for a in assigned.get(fact.at.path, ()) if fact.at.line <= a.at.line <= end]
        returned = "return" in outcome(fact) and relied.rest_on(fact.at.path, last(fact.scope))
        if decides(fact):
            yield fact, True
        elif returned or any(relied.rest_on(a.at.path, last(a.name)) and SETS.match(a.value.strip()) for a in flags):
            yield fact, False


def enforced(project: Project) -> Iterator[Fact]:
    """Branches on a gate's verdict that stop or promote, and the comparisons of gate or evaluation code behind them."""
    branches = [
        fact
        for fact in project.facts("branch")
        if words(fact.detail.get("names", "")) & GATES and decides(fact) and not watches(fact)
    ]
    behind = [
        fact
        for fact in project.facts("compare")
        if compares_model(fact.name, fact.detail.get("names", ""))
        and words(f"{fact.at.path} {fact.scope}") & JUDGING
        and not watches(fact)
    ]
    if branches and behind:
        yield from branches
        yield from behind


def acts_after(project: Project, fact: Fact) -> bool:
    """Whether the function that draws a comparison stops, further down, on a flag of its own."""
    return any(
        branch.scope == fact.scope
        and branch.at.line > fact.at.line
        and STOPS.search(outcome(branch))
        and set(branch.detail.get("names", "").split()) & FLAGS
        for branch in project.facts("branch", path=fact.at.path)
    )


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
    promoting = {(c.at.path, c.scope) for c in project.facts("call") if c.scope and MOVES.search(last(c.name))}
    for fact in project.facts("branch"):
        names = words(fact.detail.get("names", ""))
        chooses = {"<", ">", "<=", ">="} & set(fact.detail.get("ops", "").split(",")) and "best" in names
        if (fact.at.path, fact.scope) in promoting and chooses and names & METRIC:
            yield project.evidence(
                fact, "promotion takes the best by a metric, without a bar to pass", cap=Strength.DECLARED
            )


def dry_runs(project: Project) -> list[Evidence]:
    """Configuration that lets a failed validation pass."""
    facts = [*project.config("*.y*ml*", "*"), *project.config("*.toml", "*")]
    return [
        project.evidence(
            fact, f"{fact.name.rpartition('.')[2]}: {fact.value} lets a bad model through", cap=Strength.DECLARED
        )
        for fact in facts
        if DRY_KEY.search(fact.name) and DRY.match(fact.value)
    ]


def blocks(project: Project, evidence: Evidence) -> bool:
    """Whether a stop at this place keeps the model from being registered or deployed.

    It does when the same file registers, when another module of the project relies on the verdict, or when it is a
    stage of a pipeline, whose later stages then do not run.
    """
    shipping = {e.at.path for job in ("model registry", "model serving") for e in project.used(job)}
    if evidence.at.path in shipping:
        return True
    return bool(project.used("pipeline orchestration"))


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
    products = project.used("evaluation gate")
    own = []
    for fact, direct in verdicts(project):
        note = (
            "a model's figure is compared, and the outcome decides what follows"
            if direct
            else "the outcome of this comparison decides what follows"
        )
        own.append(project.evidence(fact, note))
    own += [
        project.evidence(fact, "a stage that runs only when a metric is good enough") for fact in conditions(project)
    ]
    own += [
        project.evidence(fact, "a gate: what it compares, and where a refusal stops the model")
        for fact in enforced(project)
    ]
    gates = [*products, *(e for e in own if e.strength >= Strength.USED)]
    dry = dry_runs(project)
    if gates and dry:
        return partial("a gate is there, but by default it lets models through", best([*dry, *gates]))
    blocking = [*products, *(e for e in gates if blocks(project, e))]
    if blocking:
        return passed("a model that falls short is stopped", best(blocking))
    weaker = [
        Evidence(e.at, Strength.DECLARED, e.note + "; nothing after it depends on it")
        for e in own
        if e.strength >= Strength.USED
    ]
    weaker += [*picks(project), *best_of(project)]
    if weaker:
        return partial("models are compared, but a bad one is not kept from use", best(weaker))
    would = "a comparison of metrics with a threshold, baseline or champion that fails the run or blocks promotion"
    claim = r"(evaluation|quality|promotion|validation|model) (gate|threshold)|promot"
    return unmet(found, "nothing stops a bad model", would, claim)
