"""FRM: is it said what is predicted, for whom, from what, and what that is worth?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from readykit.checks_api import FOR_ASSISTANTS, Project, best, check, failed, not_applicable, partial, passed
from readykit.model import Evidence, Fact, Strength, Verdict
from readykit.naming import short, words

LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
FRONT = re.compile(
    r"^(readme|index|overview|about|introduction|problem\w*|project|proposal|business\w*|objectives?|prd|charter"
    r"|design)[^/]*\.(md|rst|txt|markdown)$|^readme$",
    re.IGNORECASE,
)
ABOUT = re.compile(
    r"\b(problem|objectives?|overview|about|introduction|goals?|motivation|background|business|use case|description"
    r"|purpose|context|task|why|what|scope|summary"
    r"|abstract|idea|aim|project)\b",
    re.IGNORECASE,
)
HOW = re.compile(
    r"\b(install\w*|setup|set up|usage|quick ?start|getting started|structure|tech\w*|tools?|deploy\w*|licen[sc]e"
    r"|contribut\w*|requirements|prerequisites|run\w*|test\w*"
    r"|frameworks?|librar(?:y|ies)|packages|stack|built with|milestones?|deliverables"
    r"|credits?|references?|contents|architecture|ci/?cd|roadmap|acknowledg\w*|monitoring|docker|api)\b",
    re.IGNORECASE,
)
OPENING, NEAR = 60, 10
"""Lines at the top of a page before it has said what it is about; lines that make one statement."""
VERBS = (
    r"predict(?:s|ed|ing)?|forecast(?:s|ed|ing)?|classif(?:y|ies|ied|ying)|detect(?:s|ing)?|estimat(?:e|es|ing)"
    r"|recommend(?:s|ing)?|recogni[sz](?:e|es|ing)|segment(?:s|ing)?"
    r"|discern(?:s|ing)?|transcrib(?:e|es|ing)|(?:determin(?:e|es|ing)|tell(?:s|ing)?) (?:whether|if)"
    r"|identif(?:y|ies|ying)|modell?ing|distinguish\w*"
)
TASKS = (
    r"prediction|forecast(?:ing)?|classification|classifier|detection|recognition|recommend\w+|segmentation|estimation"
)
# Words after which a verb of prediction, or before which a task, says nothing of the problem: parts of the system.
SYSTEM = (
    r"(?:the |a |an |your |our |new |any |its |this |that |these |all |of |for )*(?:models?|code|service|endpoints?"
    r"|pipelines?|scripts?|notebooks?|functions?|apps?|apis?|projects?|drift|results?"
    r"|requests?|using|with|and|in|on|to|at|by|from|batch|online|real[- ]?time|flow|image|step|job|server|errors?"
    r"|changes?|issues?|data|machine|ml|performance|end|you|we|reading|checking|anomal\w+|object|it|them|via)"
)
TARGET = re.compile(
    rf"\b(?:{VERBS})\s+(?!{SYSTEM}\b)(?:\W*\w+)|\b(?!{SYSTEM}\b)[a-z]{{3,}}[ -](?:{TASKS})\b|\b(?:classif\w+"
    rf"|predictions?|forecasts?) (?:of|for|about) (?!{SYSTEM}\b)\w+"
    rf"|\b(?:generates?|produces?|makes?|gives?) (?:predictions?|forecasts?) from (?!{SYSTEM}\b)\w+",
    re.IGNORECASE,
)
NO_SUBJECT = re.compile(
    r"\b(?:the|an?|our|this|each|your|its|these|get|make|making|serve|serving|run|running|log|logged|live|latest"
    r"|daily|store|and|or|end|training|learning|text|multi\w*|binary|tag)[ -](?:prediction|classification|forecast"
    r"|recommend\w*|detection|recognition)s?\b",
    re.IGNORECASE,
)
FROM = re.compile(
    r"\b(data ?sets?|from what|learns? from|trained on|(?:records?|logs|images?|photos|pictures|texts?|posts?"
    r"|questions?|reviews|tickets|messages"
    r"|readings) (?:of|from|in)|measurements|sensors?|histor(?:y|ical)|transactions"
    r"|kaggle|features? (?:such as|like|provided)|based on|given (?:a|an|some|their|its)"
    r"|from (?:the )?(?:\w+ ){0,3}(?:data|records|images|text|features|history|photos)|trip records"
    r"|using [^.]{0,40}\bdata)\b",
    re.IGNORECASE,
)
NOT_FROM = re.compile(
    r"\bdata (scien\w+|engineer\w*|version\w*|pipeline|drift|validation|ingestion|explor\w*|collect\w*|prepar\w*)",
    re.IGNORECASE,
)
# what an engineer reduces or avoids while building, which is no use of the prediction
CRAFT = (
    r"(?:the |its |our |any |more |all )*(?:images?|dimension\w*|noise|over-?fitting|complexity|size|number of|loss"
    r"|errors?|variance|bias|latency|memory|code|training|duplicat\w*|leakage|accuracy|performance|batch\w*|runtime)"
)
WHO = re.compile(
    r"\b(compan(?:y|ies)|businesses|organi[sz]ations?|doctors?|physicians?"
    r"|clinicians?|farmers?|sellers?|buyers?|shop owners?|managers?"
    r"|operators|analysts|analytical team|support (?:team|agents?|desk|staff)|banks?|insurers?|hospitals?"
    r"|retailers?|stakeholders?|governments?|agenc(?:y|ies)|investors?|traders?"
    r"|homeowners|dispatchers|for whom|marketing|maintainers|reviewers)\b"
    rf"|\b(?:so that|in order to|to (?:help|reduce|avoid|prevent|increase|optimi[sz]e|plan|prioriti[sz]e|decide"
    rf"|focus)|helps? (?:\w+ ){{1,4}}|useful for)\b(?! {CRAFT}\b)",
    re.IGNORECASE,
)
# people whom a prediction may be about are those it serves only where that is said
SERVED = re.compile(
    r"\b(?:for|by|help(?:s|ing)?|lets?|enabl\w+|allow\w*|giv\w+|tells?|serves?|benefits?|protects?|advis\w+"
    r"|warns?|where) (?:\w+ ){0,3}(?:customers?|clients?|patients?|drivers?|passengers?|subscribers?|employees?"
    r"|consumers?|visitors?|citizens?|users|people)\b"
    r"|\b(?:the|our|a) (?:client|user)s? (?:to|can|will|gets?|receives?)\b",
    re.IGNORECASE,
)
SERVES = re.compile(
    r"\b(predict\w*|forecast\w*|models?|tools?|services?|systems?|apps?|applications?|engine|project|recommend\w*"
    r"|estimat\w*|detect\w*|classif\w*|dashboard|assistant)\b",
    re.IGNORECASE,
)
MONEY = re.compile(
    r"(?<![\w-])(costs?|costly|revenues?|profits?|profitab\w+|savings?|sav(?:e|es|ed|ing) (?:\w+ ){0,2}(?:money"
    r"|time|hours|costs?|lives)|financial losses|roi"
    r"|retention|lifetime value|ltv|conversion rate|business (?:value|impact|metrics?|outcomes?|kpis?|goals?|cost)"
    r"|waste[ds]?|penalt(?:y|ies)|fines|downtime|workload|headcount)(?![\w-])"
    r"|[$€£]\s?\d[\d,.]*\s?(?:k|m|bn|million|billion)?|\b\d[\d,.]*\s?(?:usd|eur|dollars|euros)\b",
    re.IGNORECASE,
)
SHARP = re.compile(
    r"\b(false (?:positives?|negatives?|alarms?)|precision|recall|mis-?classif\w+|rmse|mae|mape|auc|f1"
    r"|(?:prediction|forecast|model) errors?|over-?(?:estimat|predict|forecast)\w*"
    r"|under-?(?:estimat|predict|forecast)\w*)\b",
    re.IGNORECASE,
)
# Bills of clouds and machines, optimisation, and columns of tables are not what a prediction is worth.
SENTENCE = re.compile(r"(?<=[.;!?])\s+")
NOT_WORTH = re.compile(
    r"\b(at the (?:\w+ )?cost of|computational\w*|trade-?offs?|aws|azure|gcp|google cloud|ec2|s3|instance|cluster"
    r"|resources? (?:you|to)|clean ?up|billing|billed|free tier|infrastructure|storage|compute|gpu|cost function"
    r"|loss function"
    r"|train(?:ing)? loss|val(?:idation)? loss|token|llm|openai|tear down|delete|charges?|cost[- ]complexity|memory"
    r"|latency|subscription|saves? (?:the|a|your) (?:model|file)|column|license)\b"
    r"|^\||\|.*\|",
    re.IGNORECASE,
)
WORTH_IN_CODE = re.compile(
    r"\b((business|expected|financial) (cost|value|profit|gain|impact|savings?)|(cost|profit) (matrix|curve|per|of)"
    r"|(fp|fn|false positive|false negative) cost"
    r"|cost (fp|fn|false)|net benefit|profit)\b"
)
# A project may open with its question: "Will this pump fail within a week?"
QUESTION = re.compile(
    r"\W*(will|which|how (many|much|long|likely)|when will|who will|is this)\b[^?]{8,}\?", re.IGNORECASE
)
OWN_TASK = re.compile(
    r"\b(goals?|task|problem|objective|aim|predict\w*|forecast\w*|we (will|want|are))\b", re.IGNORECASE
)
DATA_HEADING = re.compile(
    r"\W*(the |our )?(data|data ?sets?)( (used|description|overview|sources?))?\W*$", re.IGNORECASE
)
ASKS = re.compile(r"\b(stars?|contribut\w*|sponsor\w*|feedback)\b", re.IGNORECASE)
WOULD_STATE = "opening paragraphs or a section that says what is predicted, for whom or what for, and from which data"
WOULD_TIE = (
    "a sentence that says what a wrong and a right prediction cost or gain, beside the metric that stands for it"
)
TEACHING = re.compile(
    r"(^|/)data(sets?)?/|(^|/)(courses?|lectures?|lessons?|workshops?|assignments?)([-_ ]\w+)*/", re.IGNORECASE
)


def introductions(project: Project) -> dict[str, list[Fact]]:
    """The lines of front pages and notebooks in which the project introduces itself, from the root down."""
    texts: dict[str, list[Fact]] = {}
    for path in project.files(role=("code", "docs", "example")):
        page = not path.endswith(".ipynb")
        if page and (path.count("/") > 1 or not FRONT.match(path.rpartition("/")[2])):
            continue
        lines = [] if FOR_ASSISTANTS.search(path) or TEACHING.search(path) else list(opening(project, path, page))
        if lines:
            texts[path] = lines
    return dict(sorted(texts.items(), key=lambda row: (row[0].endswith(".ipynb"), row[0].count("/"), row[0])))


def opening(project: Project, path: str, page: bool) -> Iterator[Fact]:
    """The lines at the top of a page or notebook, and for a page those of sections about the project."""
    title: str | None = None
    for fact in sorted(project.facts("heading", "prose", path=path, role=None), key=lambda f: f.at.line):
        if fact.name.startswith(("![", "[![", "<img", "<a ", "|")):
            continue
        heading = fact.name if fact.kind == "heading" else fact.scope
        title = heading if title is None else title
        early = fact.at.line <= OPENING
        if not early and not page:
            return
        if (heading == title and early) or (not HOW.search(heading) and (early or ABOUT.search(heading))):
            yield fact


def names_who(text: str) -> bool:
    """Whether a line says whom or what the prediction is for."""
    served = SERVED.search(text) and SERVES.search(text)
    return bool(WHO.search(text) or served) and not ASKS.search(text)


def statements(facts: list[Fact]) -> Iterator[list[tuple[str, Fact]]]:
    """For each line that says what is predicted: that line, and who and from what within a few lines of it."""
    for fact in facts:
        if not TARGET.search(NO_SUBJECT.sub(" ", LINK.sub(r"\1", fact.name))) and not QUESTION.match(fact.name):
            continue
        around = [f for f in facts if abs(f.at.line - fact.at.line) <= NEAR]
        around.sort(key=lambda f: (f.at.line > fact.at.line, abs(f.at.line - fact.at.line)))  # itself, before, after
        who = next((f for f in around if names_who(f.name)), None)
        source = next((f for f in around if FROM.search(NOT_FROM.sub(" ", f.name))), None)
        source = source or next((f for f in facts if f.kind == "heading" and DATA_HEADING.match(f.name)), None)
        yield [(part, f) for part, f in (("what", fact), ("for whom", who), ("from what", source)) if f is not None]


@check("FRM001", "The problem is stated", capability="problem_stated", level=1, dimension="comm")
def problem_is_stated(project: Project) -> Verdict:
    """What: a stranger learns from the opening of the README or a section what is predicted, for whom, and from what.

    All three in the first lines or in sections such as "Problem" or "Overview" pass. What is predicted with one of the
    others, and a statement in a notebook only, are partial. A list of tools states no problem.

    Why: nobody can judge a model, its metric or its data without knowing which decision it serves.

    Fix: open the README with three sentences: what is predicted, who acts on it and how, and from which data.

    Source: documents 000 and 002, mlops-zoomcamp rubric (problem description).
    """
    if project.kind in ("library", "collection", "template"):
        return not_applicable(f"a {project.kind} solves no one problem")
    half: list[Evidence] = []
    for path, facts in introductions(project).items():
        told = list(statements(facts))
        if path.endswith(".ipynb"):  # much is said in a notebook; only its own task counts
            told = [said for said in told if OWN_TASK.search(said[0][1].name)][:1]
        said = max(told, key=lambda said: (len(said), said[0][1].kind == "prose"), default=[])
        shown = [Evidence(f.at, Strength.USED, f"{part}: {f.name[:90]}") for part, f in said]
        if len(said) == 3 and not path.endswith(".ipynb"):
            return passed("it is said what is predicted, for whom, and from what", shown)
        if len(said) > path.endswith(".ipynb") and not half:
            half = shown
    if half:
        return partial("the problem is stated in part", half, WOULD_STATE)
    return failed("no page says what is predicted, for whom, and from what", project.looked_in, WOULD_STATE)


def worth(project: Project) -> tuple[list[Evidence], list[Evidence]]:
    """Sentences that tie a figure of the model to money or work, and sentences that only name what is at stake."""
    tied: list[Evidence] = []
    named: list[Evidence] = []
    for fact in project.named(MONEY, "prose", role=("code", "docs", "example")):
        text = fact.name
        if NOT_WORTH.search(text) or FOR_ASSISTANTS.search(fact.at.path) or TEACHING.search(fact.at.path):
            continue
        if any(SHARP.search(part) and MONEY.search(part) for part in SENTENCE.split(text)):
            tied.append(Evidence(fact.at, Strength.USED, f"what a figure is worth: {text[:100]}"))
        elif ABOUT.search(fact.scope) and FRONT.match(fact.at.path.rpartition("/")[2]):
            named.append(Evidence(fact.at, Strength.DECLARED, f"what is at stake: {text[:100]}"))
    return tied, named


def worth_in_code(project: Project) -> list[Evidence]:
    """Functions and settings that compute the cost or gain of predictions."""
    found = (
        project.evidence(fact, f"the cost or gain of predictions is computed: {fact.name[:60]}")
        for fact in project.named(WORTH_IN_CODE, "def", "yaml", "toml", by=short)
        if not re.search(r"cloud|infra|token|aws|gpu|usage|test|llm|api", words(f"{fact.at.path} {fact.name}"))
    )
    return [e for e in found if e.strength >= Strength.USED]


@check("FRM003", "The metric is tied to an outcome", capability="business_outcome", level=2, dimension="comm")
def metric_is_tied_to_an_outcome(project: Project) -> Verdict:
    """What: the documents say what a right or wrong prediction costs or gains, or the code computes it.

    A sentence that names a metric or kind of error together with money, work or retention passes, and so does a cost or
    profit that the project computes from predictions. Naming what is at stake without a word on the metric is partial.
    The bill of a cloud is no outcome.

    Why: an F1 score pays nobody; whether a miss costs more than a false alarm decides metric and threshold.

    Fix: write down what a miss and a false alarm cost, choose the metric accordingly, and say so beside the numbers.

    Source: documents 000 and 003; Breck et al. 2017, ML Test Score (Model 2: offline metrics match online ones).
    """
    if project.kind in ("library", "collection", "template"):
        return not_applicable(f"a {project.kind} serves no one business")
    tied, named = worth(project)
    computed = worth_in_code(project)
    in_text = [e for e in tied if not e.at.path.endswith(".ipynb")]
    if computed or in_text:
        return passed("a metric is tied to what it costs or gains", (*best(in_text, 2), *best(computed, 2)))
    if tied or named:
        return partial("what is at stake is named, not what the metric is worth", best([*tied, *named]), WOULD_TIE)
    return failed("nothing ties the metric to a cost or gain", project.looked_in, WOULD_TIE)
