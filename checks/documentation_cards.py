"""DOC: does a page say what the model is for, how good it is and where it ends?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from readykit.checks_api import Project, best, check, failed, not_applicable, partial, passed
from readykit.model import Evidence, Location, Strength, Verdict
from readykit.naming import words
from readykit.pages import Page, pages

CARD = re.compile(r"(?<![a-z])model[-_ ]?cards?(?![a-z])", re.IGNORECASE)
CARD_FILE = re.compile(r"model[-_ ]?card[\w{}-]*(\.(md|html|json|txt|ya?ml)|$)", re.IGNORECASE)
FIGURE = r"(accuracy|precision|recall|f1|auc|rmse|mae|mape|loss|score|error|r2|r²|map|bleu|rouge)"
# what a reader of a card asks, each with the words by which a page answers
TOPICS = {
    "use": re.compile(
        r"\b(intended (use|users?)|use[- ]cases?|used (to|for)|not for|purpose|predicts?|classif(ies|y)|estimates?"
        r"|forecasts?|detects?|recommends?|the probability (of|that))\b",
        re.IGNORECASE,
    ),
    "limits": re.compile(
        r"\b(limit(s|ations?)\b|caveats?|bias(es|ed)?\b|known (issues|gaps|failures)|out[- ]of[- ]scope|not (suitable"
        r"|intended|reliable)|fails? (on|for|when)|underestimates?|weakness(es)?|ethical)",
        re.IGNORECASE,
    ),
    "data": re.compile(
        r"\b(train(ed|ing) (on|with|using|data\w*|set)|datasets?|data ?set|data source|test set|validation set"
        r"|was trained to)\b",
        re.IGNORECASE,
    ),
    "metrics": re.compile(
        rf"\b{FIGURE}\b[^\n]{{0,60}}\d|\d[\d.]*\s*%|\{{\w*(auc|acc|f1|rmse|rows|score)\w*", re.IGNORECASE
    ),
    "slices": re.compile(
        r"\b(slices?|sub-?groups?|(by|per|each) (class|group|segment|category|region|age|gender|label|language)"
        r"|confusion matrix|per-class)\b",
        re.IGNORECASE,
    ),
    "inputs": re.compile(
        r"\b(inputs?|features?)( features?)?\b\s*[:*|]|takes? (as )?inputs?|input (features|text|data|schema)"
        r"|features used|\b(predictors?|independent variables|covariates)\b",
        re.IGNORECASE,
    ),
    "design": re.compile(
        r"\b(architecture|algorithm|hyper-?parameters?|parameters|layers?|base model)\b", re.IGNORECASE
    ),
}
OF_A_CARD = ("use", "limits", "data", "metrics", "slices")
ENOUGH = 3
"""Topics of a card that make one, and topics of any sort that make notes about a model."""
A_START = 2
"""Topics that make notes of a section that sets out to describe the model."""
# a page named after a model or an experiment, not after how to train, serve, add or query one
ABOUT_A_MODEL = re.compile(
    r"(?<![a-z])(models?|classifier|regressor|detector|predictor|prediction|experiment|forecaster)(?![a-z])"
)
HOW_TO = re.compile(
    r"(?<![a-z])(how|train\w*|serv\w*|quer\w*|deploy\w*|custom|add\w*|us(e|ing)|creat\w*|build\w*|load\w*|regist\w*"
    r"|manag\w*|run\w*|monitor\w*|tutorial|guide|setup|tracking|store|api|retrain\w*|releas\w*|versioning"
    r"|your)(?![a-z])"
)
# a section that sets out to describe the model, wherever it stands
DESCRIPTION = re.compile(
    r"^\W*(the |about the )?model( (and|&) data| architecture| performance| evaluation| summary| training)?\W*$"
    r"|^\W*(the )?model (specifications?|overview|details|description|information|facts|documentation|metadata)\W*$"
    r"|^\W*modell?ing (the|our) \w",
    re.IGNORECASE,
)
# ... by more than the one word that half of all READMEs have above a picture of the network
FULL_NAME = re.compile(r"^\W*(the )?model (spec|over|det|desc|info|facts|docu|meta)|^\W*modell?ing", re.IGNORECASE)
# the head of a README on a hub of models
HUB = re.compile(r"\A---\n(?:.*\n){0,60}?(pipeline_tag|library_name|model-index|base_model):")
MAIN_PAGE = frozenset({"readme", "index", "document", "main", "report"})
ZOO = re.compile(r"(?<![a-z])model ?(hub|zoo)(?![a-z])", re.IGNORECASE)
FIGURES = re.compile(r"^\|.*\|\s*[*_]*\d+\.\d+")
WRITES = re.compile(r"(write_text|\.write|^open|\.open|json\.dump|\.dump|\.save\w*|\.to_(html|markdown)|\.render)$")

UNWRITTEN = re.compile(r"^.*\b(TODO|TBD|FIXME)\b.*$", re.MULTILINE)

WOULD = "a model card with use, limits, data, metrics and slices"


def topics(text: str) -> list[str]:
    """Which questions a text answers; a line that is still to be written answers none."""
    written = UNWRITTEN.sub("", text)
    return [name for name, words_of in TOPICS.items() if words_of.search(written)]


def cards(project: Project) -> Iterator[tuple[Location, str, str]]:
    """Place, name and text of what calls itself a model card: a page, or a section of one."""
    for page in pages(project):
        if CARD.search(page.stem) or CARD.search(page.title) or main_page_of_a_card(page) or on_a_hub(project, page):
            yield page.start, page.path, page.text
            continue
        headed = (s for s in page.sections if CARD.search(s.heading) and not HOW_TO.search(words(s.heading)))
        yield from ((section.at, section.heading, section.text) for section in headed)


def on_a_hub(project: Project, page: Page) -> bool:
    """Whether a README begins as the card of a model on a hub does, with its kind and library."""
    return page.stem.lower() == "readme" and HUB.match(project.repo.text(page.path)[:4000]) is not None


def main_page_of_a_card(page: Page) -> bool:
    """Whether a page is the one document of a folder that is named after the card."""
    folder = page.path.rpartition("/")[0].rpartition("/")[2]
    return page.stem.lower() in MAIN_PAGE and bool(CARD.search(folder))


def written_by_code(project: Project) -> list[Evidence]:
    """Where code writes a card: a product's call, or the file's name beside a call that writes."""
    found = [*project.used("model card")]
    writers = {(f.at.path, f.scope) for f in project.named(WRITES, "call")}
    names = (f for f in project.named(CARD_FILE, "string") if CARD_FILE.fullmatch(f.name.rpartition("/")[2]))
    found += [project.evidence(f, f"{f.name[:60]} is written") for f in names if (f.at.path, f.scope) in writers]
    return [e for e in found if e.strength >= Strength.USED]


def notes(project: Project) -> Iterator[tuple[Page, list[str]]]:
    """Pages about a model that are no card: descriptions, experiment reports."""
    for page in pages(project):
        named = words(page.stem) if page.stem.lower() not in ("readme", "index") else ""
        if not ABOUT_A_MODEL.search(named) or HOW_TO.search(named):
            continue
        found = topics(page.text)
        if len(found) >= ENOUGH and {"data", "inputs"}.intersection(found):
            yield page, found


def sections_about(project: Project) -> Iterator[Evidence]:
    """Sections that describe the model, and tables of a model zoo, in any document."""
    for page in pages(project):
        rows = [fact for fact in page.lines if FIGURES.match(fact.name)]
        if ZOO.search(words(page.stem)) and len(rows) >= ENOUGH:
            yield Evidence(rows[0].at, Strength.DECLARED, f"a table of models with figures: {page.path}")
        for section in page.sections:
            found = topics(section.text) if DESCRIPTION.match(section.heading) else []
            whole = FULL_NAME.match(section.heading) or (len(found) >= ENOUGH and "limits" in found)
            if whole and len(found) >= A_START and {"data", "inputs"}.intersection(found):
                yield Evidence(section.at, Strength.DECLARED, f"about the model, not a card: says {', '.join(found)}")


@check(
    "DOC002", "There is a model card", capability="model_or_data_card", level=3, dimension="comm", fix="kit add docs"
)
def there_is_a_model_card(project: Project) -> Verdict:
    """What: a page that calls itself the model's card answers at least three of: use, limits, data, metrics, slices.

    A card that code writes from the run passes too, and counts more. A card that answers less, pages and
    sections named after a model or an experiment that describe it without being a card, and the table of a model zoo
    are partial. A README's results, guides on
    training or serving, and course material are none.

    Why: who uses a model's answers must know what it was made for, how good it is and where it should not be trusted.

    Fix: a docs/model-card.md with use, data, figures, slices and limits, written by the pipeline so that it stays true.

    Source: document 001; Mitchell et al. 2019, Model Cards for Model Reporting.
    """
    if project.kind == "library":
        return not_applicable("it offers building blocks to others and has no model of its own to describe")
    thin = []
    for at, name, text in cards(project):
        answered = [topic for topic in topics(text) if topic in OF_A_CARD]
        seen = Evidence(at, Strength.USED, f"{name[:60]}: answers {', '.join(answered) or 'nothing'}")
        if len(answered) >= ENOUGH:
            return passed("a model card says what the model is for and how good it is", [seen])
        thin.append(Evidence(at, Strength.DECLARED, seen.note))
    made = written_by_code(project)
    if made:
        return passed("the model card is written by code", best(made))
    if thin:
        return partial("there is a model card, but it leaves most questions open", best(thin), WOULD)
    about = [
        Evidence(page.start, Strength.DECLARED, f"about the model, not a card: says {', '.join(found)}")
        for page, found in notes(project)
    ]
    about += sections_about(project)
    if about:
        return partial("pages describe the model; none is a card", best(about), WOULD)
    return failed("no page says what the model is for, how good it is and where it ends", project.looked_in, WOULD)
