"""DAT: does anybody say where the data comes from, what is in it and what is wrong with it?"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from readykit.checks_api import FOR_ASSISTANTS, Project, best, check, failed, not_applicable, partial, passed
from readykit.model import Evidence, Location, Strength, Verdict

ABOUT = r"(?:training |raw |source |input |original )?(?:data|data ?sets?)"
# Headings about what the data is; "Data pipeline", "Data validation" and their like are about what is done to it.
HEADING = re.compile(
    rf"^\W*(?:[\d.]+\s*)?(?:about )?(?:the |our )?{ABOUT}"
    r"(?: (?:card|sheet|description|overview|dictionary|details|information|sources?|documentation|characteristics"
    r"|fields))?(?: (?:used|for (?:the|this|training)|in (?:the|this) (?:project|example))\b.*)?"
    r"\W*(?:\(.*\)|<.*>)?$"
    rf"|^\W*(?:[\d.]+\s*)?(?:description|overview) of (?:the )?{ABOUT}\W*$|^\W*datasheet",
    re.IGNORECASE,
)
PAGE = re.compile(
    r"(^|/)((the[-_ ])?(data|datasets?)[-_ ]?(cards?|sheets?|description|dictionary|overview|info(rmation)?"
    r"|documentation|sources?)|datasheet\w*)"
    r"\.(md|rst|txt|markdown)$|(^|/)(data|datasets?)\.(md|rst|markdown)$|(^|/)(data"
    r"|datasets?)/([\w.-]+/){0,2}readme[^/]*$",
    re.IGNORECASE,
)
CARD = re.compile(r"(data|datasets?)[-_ ]?(cards?|sheets?|description|dictionary|overview)\.|datasheet", re.IGNORECASE)
TEACHING = re.compile(r"(^|/)(courses?|lectures?|lessons?|workshops?|assignments?)([-_ ]\w+)*/", re.IGNORECASE)
ASPECTS = {
    "source": re.compile(
        r"https?://|\b(kaggle|uci|zenodo|download\w*|provided by|published|publicly available|collected|comes? from"
        r"|source|extracted from)\b",
        re.IGNORECASE,
    ),
    "licence": re.compile(
        r"\blicen[sc]e[ds]?\b|\bcc[- ]?0\b|\bcc[- ]by|creative commons|public domain|terms of use"
        r"|copyright", re.IGNORECASE
    ),
    # a year alone may be the name of a paper or a challenge: a span has two ends, or says since when
    "time span": re.compile(
        r"(?<![\d/.-])(?:19[5-9]|20[0-4])\d(?:-\d\d){0,2}\W{0,3}(?:-|\u2013|to|and|until|till|through)\W{0,3}"
        r"(?:\w+ ){0,2}(?:19[5-9]|20[0-4])\d(?!\d)"
        r"|\b(?:since|from|until|in|during|between|of|for|through|before|after|up to) (?:the years? )?"
        r"(?:(?:january|february|march|april|may|june|july|august|september|october|november|december|[a-z]{3})\.? "
        r"(?:\d{1,2},? )?)?(?:19[5-9]|20[0-4])\d(?![\d.])|\b(last|past) \w+ (months|years|weeks|days)\b",
        re.IGNORECASE,
    ),
    "columns": re.compile(
        r"\b(columns?|features|variables|fields|attributes)\b|^\|.*\|.*\||^[-*] [*_`]+\w+[*_`]+ ?[:\u2013-]"
        r"|one row is|each row", re.IGNORECASE
    ),
    "gaps": re.compile(
        r"\b(missing|gaps?|bias(ed|es)?|imbalanced?|skewed|duplicates?|nois[ey]\w*|limitations?|outliers?|nan"
        r"|nulls?|incomplete|left out|not covered|delay(?:ed)?|lag|exclud(?:es|ed|ing)"
        r"|known issues?)\b",
        re.IGNORECASE,
    ),
}  # fmt: skip
# a span with two ends: a single year may be the name of a challenge
YEAR = r"\b(?:19[5-9]|20[0-4])\d(?!\d)"
SPAN = re.compile(rf"{YEAR}.{{0,20}}?(?:-|\u2013|\bto\b|\band\b|\buntil\b).{{0,20}}?{YEAR}")
FULL, A_SECTION, SOME, LONG = 4, 3, 2, 15
MACHINE = ("datapackage.json", "croissant*.json", "dataset-metadata.json", "dataset_infos.json", "*.croissant.json")
WOULD = "a data card or section that tells the source, licence, time span, columns and known gaps of the data"


@dataclass
class Text:
    """What one page or section says about the data: each aspect with the first line that tells it."""

    at: Location
    name: str
    page: bool
    lines: int = 0
    told: dict[str, Location] = field(default_factory=dict)
    span: bool = False

    def read(self, text: str, at: Location) -> None:
        """Take in one line."""
        self.lines += 1
        self.span = self.span or SPAN.search(text) is not None
        for aspect, pattern in ASPECTS.items():
            if aspect not in self.told and pattern.search(text):
                self.told[aspect] = at

    def evidence(self, strength: Strength) -> Evidence:
        """Where it is, and what it tells."""
        what = "a page about the data" if self.page else "a section about the data"
        return Evidence(self.at, strength, f"{what} ({self.name[:40]}): tells {', '.join(self.told) or 'little'}")


def texts(project: Project) -> list[Text]:
    """The project's pages and sections about its data."""
    pages = {
        path: Text(Location(path), path.rpartition("/")[2], True) for path in project.paths if is_page(project, path)
    }
    sections: dict[tuple[str, str], Text] = {}
    for fact in project.facts("heading", role=("code", "docs", "example")):
        if HEADING.match(fact.name) and fact.path not in pages and own(fact.path):
            sections.setdefault((fact.path, fact.name), Text(fact.at, fact.name, False))
    for fact in project.facts("prose", "link", "heading", "codeline", role=None):
        text = pages.get(fact.path) or sections.get((fact.path, fact.scope))
        if text is not None:
            text.read(fact.name, fact.at)
    for path, page in pages.items():
        if not page.lines and path.endswith(".txt"):  # plain text has no facts
            for number, line in enumerate(project.repo.text(path).split("\n"), 1):
                if line.strip():
                    page.read(line, Location(path, number))
    return [*pages.values(), *sections.values()]


def is_page(project: Project, path: str) -> bool:
    """Whether a file is a document about data, not a list of requirements or a test's fixture."""
    return bool(PAGE.search(path)) and own(path) and project.role(path) in ("docs", "code", "example")


def own(path: str) -> bool:
    """Whether a document is the project's own: no course material, no instructions to assistants."""
    return not TEACHING.search(path) and not FOR_ASSISTANTS.search(path)


def described_for_machines(project: Project) -> list[Evidence]:
    """Descriptions of the data in files for programs."""
    return [
        Evidence(Location(path), Strength.DECLARED, "a machine-readable description of the data")
        for path in project.files(*MACHINE, role=("code",))
    ]


@check("DAT007", "The data is documented", capability="model_or_data_card", level=2, dimension="comm")
def data_is_documented(project: Project) -> Verdict:
    """What: a data card tells the source, licence, time span, columns and known gaps of the data.

    A page or section that tells four of the five passes. A page of its own about the data that tells less, a section
    that tells the source and the columns, the source and from when until when, or the source and two more of the five,
    and a description for programs are partial. A section that introduces the data by a link, or by a link and its
    licence, is no data card.

    Why: without it nobody knows what the model may be used for, or what it has never seen.

    Fix: write `docs/data-card.md` with the five headings, and say what is missing from the data.

    Source: documents 000 and 002; Gebru et al. 2021, Datasheets for Datasets; Pushkarna et al. 2022, Data Cards.
    """
    if project.kind in ("library", "collection"):
        return not_applicable(f"a {project.kind} has no one set of data to document")
    found = texts(project)
    full = sorted((t for t in found if len(t.told) >= FULL), key=lambda t: (-len(t.told), t.at))
    if full:
        return passed("the data is documented", [t.evidence(Strength.USED) for t in full[:2]])
    if project.only_serves:
        return not_applicable("models are served here and trained elsewhere, so the data is documented elsewhere")
    pages = [t for t in found if t.page and t.lines and enough(t)]
    weaker = [t.evidence(Strength.DECLARED) for t in sorted(pages, key=lambda t: (-len(t.told), t.at))[:2]]
    weaker += [t.evidence(Strength.DECLARED) for t in found if not t.page and describes(t)][:2]
    weaker += described_for_machines(project)
    if weaker:
        shown = [*pages, *(t for t in found if not t.page and describes(t))]
        missing = [aspect for aspect in ASPECTS if not any(aspect in text.told for text in shown)]
        return partial("the data is described in part", best(weaker), f"add {', '.join(missing) or WOULD}")
    near = sorted((t for t in found if t.told), key=lambda t: (-len(t.told), t.at))[:2]
    return failed("no data card", project.looked_in, WOULD, [t.evidence(Strength.MENTIONED) for t in near])


def describes(section: Text) -> bool:
    """Whether a section is more than an introduction: the source, with the columns, a span or two more of the five."""
    if "source" not in section.told:
        return False
    return "columns" in section.told or section.span or len(section.told) >= A_SECTION


def enough(text: Text) -> bool:
    """Whether a page says more than what its folder is for."""
    return (
        len(text.told) >= SOME
        or (bool(CARD.search(text.at.path)) and bool(text.told))
        or (bool(text.told) and text.lines >= LONG)
    )
