"""FRM: what counts as success here, and what is it worth?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from readykit.checks_api import FOR_ASSISTANTS, Project, best, check, failed, not_applicable, partial, passed
from readykit.model import Evidence, Fact, Strength, Verdict
from readykit.naming import last, short, words

# Figures of a model's quality. "error" and "score" alone stand for too much else.
METRIC = (
    r"(?<![a-z])(accurac(?:y|ies)|precision(?:@\w+)?|recall(?:@\w+)?|f1(?:[- ]?scores?)?|f[- ]?scores?|(?:pr"
    r"|roc)[- _]?auc|auc(?:[- _]?(?:pr|roc))?|auroc"
    r"|rmsl?e|mae|mse|mape|smape|wape|r2|r²|r\^2|bleu|rouge|ndcg(?:@\w+)?|mrr|m?ap@\w+|m?iou|dice|log[- ]?loss"
    r"|perplexity|wer|cer|sensitivity|specificity"
    r"|false (?:positives?|negatives?|alarms?)(?: rates?)?|mean (?:absolute|squared) error|validation loss"
    r"|val loss)(?![a-z])"
)
FIGURE, DIGIT = re.compile(METRIC, re.IGNORECASE), re.compile(r"\d")
AMOUNT = r"[~≈]?\s?\$?\d+(?:[.,]\d+)?\s?%?"
BOUND = (
    r"(?:>=|=>|≥|>|<=|≤|<|&gt;=?|&lt;=?|at least|at most|no (?:more|less|worse|lower|higher) than|above|below|over"
    r"|under|exceed\w*|better than|minimum of"
    r"|more than|less than|greater than|higher than|lower than)"
)
GOAL = re.compile(
    r"\b(targets?|targeting|targeted|goals?|objectives?|aim(?:s|ed|ing)?|success\w*|acceptance|acceptable"
    r"|criteri(?:on|a)|kpis?|requirements?|required?|slos?"
    r"|must|should|needs? to|thresholds?|definition of done|we want|want to)\b",
    re.IGNORECASE,
)
STATED = (
    re.compile(rf"^\|[^|]*{METRIC}[^|]*\|\s*[*_`]*{BOUND}\s*[*_`]*{AMOUNT}", re.IGNORECASE),
    re.compile(rf"{METRIC}[^.;|]{{0,40}}?{BOUND}\W{{0,4}}{AMOUNT}", re.IGNORECASE),
    re.compile(rf"{BOUND}\W{{0,4}}{AMOUNT}[^.;|]{{0,15}}?{METRIC}", re.IGNORECASE),
    re.compile(rf"\b(?:target|goal|aim)\w*\b[^.;]{{0,40}}?{AMOUNT}\W{{1,3}}[^.;]{{0,15}}?{METRIC}", re.IGNORECASE),
    re.compile(rf"\b(?:target|goal)\b[^.;]{{0,30}}?{METRIC}[^.;]{{0,20}}?\d", re.IGNORECASE),
    re.compile(rf"{METRIC}(?:[^.;]|\.\d){{0,40}}?\d+(?:\.\d+)?\s?%?[^.;\d]{{0,12}}?\b(?:target|goal)\b", re.IGNORECASE),
)  # fmt: skip
NOT_A_GOAL = re.compile(
    r"troubleshoot|issue|change ?log|release|related|references|faq|latency|coverage|drift|decay|drops?\b|canary"
    r"|monitor|alert|uptime",
    re.IGNORECASE,
)
# A course's text says what its readers should reach, not what this project promised.
TEACHING = re.compile(
    r"(^|/)(courses?|lectures?|lessons?|tutorials?|workshops?|assignments?|homeworks?)([-_ ]\w+)*/|(^"
    r"|/)CHANGELOG[^/]*$",
    re.IGNORECASE,
)
FOLLOWS = re.compile(
    r"\b(turn(ed)? on|go(es)? live|deploy\w*|releas\w+|promot\w+|ship\w*|automatic\w*|accept\w*|reject\w*|stop\w*"
    r"|roll\w* out)\b",
    re.IGNORECASE,
)
MEASURE = re.compile(
    r"\b(accuracy|precision|recall|f1|auc|aucpr|auroc|rmse|rmsle|mae|mse|mape|r2|bleu|rouge|ndcg|iou|dice"
    r"|perplexity|wer"
    r"|logloss|log loss|pr auc|roc auc|ap|sensitivity|specificity|metrics?|gain|lift|calibration)\b"
)
BAR = re.compile(
    r"\b(min|max|minimum|maximum|thresholds?|target|floor|required|at least|goal|limit|bar|allowed|acceptable|thresh)\b"
)
# "score" alone stands for too much; beside a decision about the model and a bar it is its figure
SCORE_BAR = re.compile(
    r"\b(deploy\w*|promot\w*|accept\w*|regist\w*|approv\w*|models?|expected|required|min|minimum)\b.*\bscore\b"
    r"|\bscore\b.*\b(deploy\w*|promot\w*|accept\w*|regist\w*|approv\w*)\b"
    r"|\bmodel performance (threshold|thresh)\b"
)
# the score that a model is to have at least; what it must gain over another one is none
EXPECTED_SCORE = re.compile(r"\b(expected|required|acceptable|minimum|min|target)\b.*\bscore\b")
# what somebody who runs the documented command is to see, and figures that only such a listing abbreviates
TO_SEE = re.compile(
    r"\b(should|expected to|supposed to) (then )?(give|get|see|reach|obtain|yield|achieve|result in)\b", re.IGNORECASE
)
LISTED = re.compile(rf"(?:{METRIC}|\b(?:acc|top)[@-][15]\b)\W{{0,6}}\d+\.\d", re.IGNORECASE)
BELOW = 4
"""Lines below such a sentence in which the listing starts."""
SECTION = re.compile(
    r"\b(gates?|acceptance|success|criteria|quality gate|requirements?|targets?|evaluation|evaluate|validation"
    r"|promotion)\b"
)
OTHER = re.compile(
    r"\b(drift\w*|monitor\w*|alert\w*|early|stopping|checkpoints?|resources?|replicas|hpa|serving|spec|decay|drop"
    r"|cell|results?|reports?"
    r"|epochs?|patience|stages?|interval|champion|prod|production|previous|current|old|best|last|detector|confidence|search|sweep|latency|violation"
    r"|outlier|iou threshold)\b"
)
# what stops a tree from splitting or a run from going on has the words of a goal, and is none
KNOB = re.compile(r"\bgain to split\b|\bsplit gain\b|\bmin gain\b|\bimpurity\b|\bmin delta\b|\btolerance\b")
FLOOR = re.compile(r"\b(min|minimum|floor|at least|target|required)\b")
# settings of learners that have a figure's name in theirs, and files in which tools keep a copy of settings
LEARNER = re.compile(
    r"\b(to split|leaf|leaves|fraction|learning rate|tol|tolerance|(gain|impurity|loss) (split|decrease))\b"
)
COPIES = re.compile(r"(\.|-|_)lock(\.\w+)?$")
NUMBER = re.compile(r"-?\d*\.?\d+(e-?\d+)?$")
DEFAULT = re.compile(r"(getenv|environ\.get)\(.*,\s*[\"']?\d*\.?\d+[\"']?\)+$")
LITERAL = re.compile(r"[<>]=?\s*\(?-?\d*\.?\d+|\d*\.?\d+\s*[<>]=?")
AT_LEAST = re.compile(r">=? *(0?\.[1-9]\d*|[1-9]\d*\.\d+)\b|<=? *(?!1(\.0*)?\b)(0?\.[1-9]\d*|[1-9]\d*(\.\d+)?)\b(?!e-)")
FIGURE_IN_A_TEST = re.compile(
    r"(?<![a-z])(accuracy|precision|recall|f1|auc|auroc|r2|rmse|mae|mape|ndcg|bleu|rouge|iou|dice)(?![a-z])"
)
CHAINED = re.compile(r"-?\d[\d.]* *<")
OF_A_MODEL = re.compile(r"(?<![a-z])(models?|predict\w*|evaluat\w*|performance)(?![a-z])")
TRIVIAL = re.compile(r"[<>]=?\s*(0|1|0\.0|1\.0)\b(?!\.)")
STOPS = re.compile(
    r"(^|,)(raise|exit|sys\.exit|return:(False|True))(,|$)|promot|register|deploy|transition|approve", re.IGNORECASE
)
JUDGES = re.compile(
    r"\b(validat\w*|evaluat\w*|gates?|promot\w*|train\w*|metrics|quality|tests?|model|deploy\w*|pipelines?"
    r"|regist\w*|judge\w*)\b"
)
WOULD = (
    "a metric with its threshold in the configuration that the evaluation reads, and the same number in the documents"
)


def documents(project: Project, pattern: re.Pattern[str], kind: str) -> Iterator[Fact]:
    """What the project's own documents and notebooks say of something.

    No course material, instructions to assistants or history.
    """
    for fact in project.named(pattern, kind, role=("code", "docs", "example")):
        path = fact.at.path
        if not TEACHING.search(path) and not FOR_ASSISTANTS.search(path):
            yield fact


def stated_goals(project: Project) -> Iterator[Fact]:
    """Sentences that name a metric and the number that it is to reach."""
    for fact in documents(project, FIGURE, "prose"):
        text = fact.name
        if not DIGIT.search(text) or NOT_A_GOAL.search(f"{fact.scope} {text}"):
            continue
        table = STATED[0].search(text)
        if (table or GOAL.search(f"{fact.scope} {text}")) and any(pattern.search(text) for pattern in STATED):
            yield fact


def expected_results(project: Project) -> Iterator[Evidence]:
    """Figures that a documented evaluation of a published model is to give: `This should give: accuracy 83.1`."""
    shown = [f for f in documents(project, LISTED, "codeline") if "#" not in f.name]
    said = list(documents(project, TO_SEE, "prose")) if shown else []
    for fact in shown:
        near = (s for s in said if s.at.path == fact.at.path and 0 < fact.at.line - s.at.line <= BELOW)
        if next(near, None):
            yield Evidence(fact.at, Strength.DECLARED, f"the figure that an evaluation should give: {fact.name[:70]}")


def thresholds_in_config(project: Project) -> list[Evidence]:
    """Numbers that a model's figure is held to, in configuration that the code reads."""
    found = []
    for fact in project.named(BAR, "yaml", "toml", "json", by=short):
        if not NUMBER.match(fact.value.strip()) or COPIES.search(fact.at.path):
            continue
        names = words(fact.name)
        if LEARNER.search(words(last(fact.name))):
            continue
        if OTHER.search(names) or OTHER.search(words(fact.at.path)):
            continue
        if KNOB.search(words(last(fact.name))):
            continue
        own = MEASURE.search(words(last(fact.name)))
        own = own or SCORE_BAR.search(words(last(fact.name)))
        inside = MEASURE.search(names) and SECTION.search(words(fact.name.rpartition(".")[0]))
        if own or inside:
            found.append(fact)
    if not found:
        return []
    known = said_in_code(project)
    return [
        project.evidence(fact, f"the number to reach: {last(fact.name)} {fact.value}, read by the code")
        for fact in found
        if last(fact.name).partition("[")[0] in known
    ]


def floors_of_operation(project: Project) -> list[Evidence]:
    """Floors of a metric in the configuration of monitoring or retraining, read by code: `min_recall: 0.6`.

    They say below what a running model is not good enough; the value that it must reach to begin with is not said.
    """
    found = []
    for fact in project.named(FLOOR, "yaml", "toml", "json", by=short):
        own = short(fact.name)
        other = OTHER.search(own) or KNOB.search(own) or NEVER_A_FIGURE.search(last(fact.name))
        if NUMBER.match(fact.value.strip()) and MEASURE.search(own) and not other:
            found.append(fact)
    known = said_in_code(project) if found else set()
    return [
        project.evidence(fact, f"the floor of a running model: {last(fact.name)} {fact.value}", cap=Strength.USED)
        for fact in found
        if last(fact.name) in known
    ]


def said_in_code(project: Project) -> set[str]:
    """Names and strings that the project's code refers to."""
    known: set[str] = set()
    for fact in project.facts("refs"):
        known.update(name for names in fact.detail.values() for name in names.split())
    known.update(fact.name for fact in project.facts("string") if fact.name.replace("_", "").isalnum())
    return known


def thresholds_in_code(project: Project) -> list[Evidence]:
    """Comparisons of a model's figure with a number, written in code, that decide something."""
    bars = {
        (fact.at.path, last(fact.name))
        for fact in project.named(BAR, "assign", by=words)
        if re.search(r"\d", fact.value) and not re.search(r"[<>]", fact.value)
    }
    telling = {
        last(fact.name)
        for fact in project.named(BAR, "assign", "field", by=short)
        if NUMBER.match((fact.value if fact.kind == "assign" else fact.detail.get("default", "")).strip())
        and MEASURE.search(words(last(fact.name)))
    }
    found = []
    for fact in project.facts("branch"):
        acts = f"{fact.detail.get('body', '')},{fact.detail.get('else', '')}"
        names = fact.detail.get("names", "").split()
        place = words(f"{fact.at.path} {fact.scope}")
        figure = any(MEASURE.search(words(name)) and not NEVER_A_FIGURE.search(name) for name in names)
        number = LITERAL.search(fact.name) and not TRIVIAL.search(fact.name)
        named = any((fact.at.path, name) in bars or name in telling for name in names)
        if (
            figure
            and (number or named)
            and STOPS.search(acts)
            and JUDGES.search(place)
            and not OTHER.search(f"{place} {words(' '.join(names))}")
        ):
            found.append(project.evidence(fact, f"a model's figure is held to a number in the code: {fact.name[:70]}"))
    for fact in project.facts("assert", role=("test",)):
        said = fact.detail.get("names", "")
        figure = any(FIGURE_IN_A_TEST.search(words(name)) for name in said.split()) and not CHAINED.match(fact.name)
        if figure and AT_LEAST.search(fact.name) and OF_A_MODEL.search(words(f"{said} {fact.scope} {fact.at.path}")):
            note = f"a test holds a model's figure to a number: {fact.name[:70]}"
            found.append(Evidence(fact.at, Strength.USED, note))
    constants = {last(f.name): f for f in project.facts("assign") if last(f.name).isupper() and a_bar(f)}
    found += constants_read(project, constants)
    return [each for each in (*found, *conditional_stages(project)) if each.strength >= Strength.USED]


def a_bar(fact: Fact) -> bool:
    """Whether a constant names a metric and its bar and has a number, be it the default of an environment value."""
    named = words(fact.name)
    number = NUMBER.match(fact.value.strip()) or DEFAULT.search(fact.value)
    said = (BAR.search(named) and MEASURE.search(named)) or EXPECTED_SCORE.search(named)
    return bool(number and said and not OTHER.search(named))


def constants_read(project: Project, telling: Mapping[str, Fact]) -> Iterator[Evidence]:
    """Constants that name a metric and its bar, and that code of another file reads: `config.MIN_ACCURACY`."""
    if telling:
        for fact in project.facts("refs"):
            named = {name for names in fact.detail.values() for name in names.split()}
            for name in sorted(named & set(telling)):
                about = words(f"{fact.at.path} {name}")
                if telling[name].at.path != fact.at.path and JUDGES.search(about):
                    note = f"the number to reach, a constant of the code, read by {fact.at.path}"
                    yield project.evidence(telling[name], note)


NEVER_A_FIGURE = re.compile(r"^(map|ap|gain|lift|metrics?)$|_map$", re.IGNORECASE)


def conditional_stages(project: Project) -> Iterator[Evidence]:
    """Stages that run when a metric is good enough: a number, or a bar's name, beside a metric or an evaluation."""
    for fact in project.doing("number to reach").facts:
        given = " ".join(fact.detail.values()) if fact.kind == "call" else ""
        written = re.search(r"(?<![\w.])\d*\.?\d+(?![\w.])", given)
        if not written and not a_configured_bar(project, given):
            continue
        end = max(fact.at.end_line, fact.at.line)
        inside = [f.name for f in project.facts("string", path=fact.at.path) if fact.at.line <= f.at.line <= end]
        said = words(" ".join((*inside, given)))
        if MEASURE.search(said) or (not written and EVALUATION.search(said)):
            where = "written in the code" if written else "of the configuration"
            yield project.evidence(fact, f"a stage runs only when a metric passes a number {where}")


EVALUATION = re.compile(r"\bevaluat\w*")
ENTRY = re.compile(r"[\"'](\w+)[\"']")


def a_configured_bar(project: Project, given: str) -> bool:
    """Whether arguments hold an entry of the configuration that names a bar and is a number there."""
    bars = {name for name in ENTRY.findall(given) if BAR.search(words(name))}
    return bool(bars) and any(
        last(fact.name) in bars and NUMBER.match(fact.value.strip()) for fact in project.facts("yaml", "toml", "json")
    )


@check(
    "FRM002",
    "Success is defined as a number",
    capability="success_metric_defined",
    level=2,
    dimension="model",
    fix="kit add gate",
)
def success_is_a_number(project: Project) -> Verdict:
    """What: a metric and the value that it must reach are written down before the model is judged.

    A threshold in the configuration that the code reads passes, and so does a number in the documents together with
    what follows when it is reached. A number in the documents only or in the code only is partial, and so is the floor
    below which a running model is trained anew. A problem without a
    number, results that were reached, limits of drift, latency or alerts, and "better than the last model" are none.

    Why: without a number agreed beforehand every result can be called a success.

    Fix: write the metric and its threshold into the configuration, let the evaluation read them, and name them in the
    README.

    Source: documents 000 and 003; Zinkevich, Rules of ML (rule 2: first design and implement metrics).
    """
    if project.kind in ("library", "collection"):
        return not_applicable(f"a {project.kind} serves many problems, so it has no single number to reach")
    configured = thresholds_in_config(project)
    goals = list(stated_goals(project))
    written = [Evidence(f.at, Strength.DECLARED, f"the number to reach, in a document: {f.name[:90]}") for f in goals]
    written += expected_results(project)
    if configured:
        return passed("the number to reach is configured and read", (*best(configured, 2), *written[:1]))
    acted = [
        Evidence(f.at, Strength.USED, f"the number to reach and what follows: {f.name[:90]}")
        for f in goals
        if FOLLOWS.search(f.name) and not f.at.path.endswith(".ipynb")
    ]
    if acted:
        return passed("the number to reach is written down with what follows from it", acted[:2])
    coded = thresholds_in_code(project) or floors_of_operation(project)
    if coded or written:
        where = (
            "in the code or for operation only"
            if not written
            else "in the documents only"
            if not coded
            else "but not configured"
        )
        return partial(f"a number to reach is there, {where}", (*best(coded, 2), *written[:2]), WOULD)
    return failed("no number says what success is", project.looked_in, WOULD)
