"""DOC: is it written down why it is so, and where it ends?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from readykit.checks_api import Project, best, check, failed, partial, passed
from readykit.model import Evidence, Location, Strength, Verdict
from readykit.naming import words
from readykit.pages import Page, pages

DECISION = re.compile(
    r"(?<![a-z])(design |architectur\w* |technical |key |engineering |technology |main )*"
    r"(decisions?( records?| log)?|trade[- ]?offs?|rationale|alternatives?( considered)?|design choices?"
    r"|adr[- ]?\d*)(?![a-z])",
    re.IGNORECASE,
)
NOT_A_CHOICE = re.compile(
    r"decision[- ]?(trees?|bound\w*|thresholds?|logic|functions?|engine|regions?|making|support|matrix)", re.IGNORECASE
)
# "Why DistilBERT?"; not "Why this template?", "Why do we need this?", which praise
WHY = re.compile(r"^\W*why\b(?! (this|it|do|you|should|is|are|use|using|we need|might|care|ml\w*)\b)", re.IGNORECASE)
FOLDER = re.compile(r"(^|/)(adrs?|decisions?|decision[-_]records?)/[^/]*\d[^/]*\.(md|rst)$", re.IGNORECASE)
# an alternative that was named: what was weighed against what was taken
AGAINST = re.compile(
    r"\b(instead of|rather than|alternatives?\b|as opposed to|compared (to|with)|versus|vs\.?|over [A-Z]\w+|considered"
    r"|rejected|trade[- ]?off|drop-in|was tried|why not|but not|ruled out|in favou?r of|unlike|were tried"
    r"|(faster|smaller|simpler|cheaper|lighter|easier|better|slower|stronger|worse) than)\b",
)
BECAUSE = re.compile(
    r"\b(because|consequences?|since|due to|as it|so that|reasons?|gives|allows|avoids?|too|costs?|simpl\w+|cheaper)\b",
    re.IGNORECASE,
)
CHOSE = re.compile(
    r"\b(we|i)( have)? (deliberately |explicitly |intentionally )?(chose|chosen|opted|decided|picked|went with"
    r"|preferred)\b"
    r".*\b(instead of|rather than|over|because|since|due to)\b",
    re.IGNORECASE,
)
LIMITS = re.compile(
    r"(?<![a-z])((known |current |important )*(limitations?|shortcomings?|caveats?)|known (issues|problems|gaps"
    r"|bugs|failures)"
    r"|what (did(n.t| not)|does(n.t| not)) work\w*|what (went wrong|broke)|post-?mortems?|retrospective"
    r"|negative results"
    r"|(critical|key|main|hard|important) lessons|lessons learn\w+"
    r"|failure (modes|analysis))(?![a-z])|^\W*(known )?limits\W*$",
    re.IGNORECASE,
)
CHANGE = re.compile(
    r"(?<![a-z])((future|possible|potential|further|planned) (work|improvements?|enhancements?|directions?|plans)"
    r"|what (i|we) would (do|change)\w*|roadmap)(?![a-z])|^\W*(improvements?|to-?do( list)?s?)\W*$",
    re.IGNORECASE,
)
ADMITS = re.compile(
    r"\b((known|main|major|current) (limitation|caveat|shortcoming|weakness|drawback)s?|does(n.t| not) yet"
    r"|currently (does not|doesn.t|not supported|no support)|is not (yet (supported|implemented)"
    r"|production[- ]ready))\b",
    re.IGNORECASE,
)
CHOICE = re.compile(r"chose|opted|decided|picked|went with|preferred", re.IGNORECASE)
ADMISSION = re.compile(r"limitation|caveat|shortcoming|weakness|drawback|\byet\b|currently|production", re.IGNORECASE)
NOTHING = re.compile(r"^\W*(none|n/?a|nothing)\b.{0,30}$|\bno known\b", re.IGNORECASE)
# a page that tells how to carry out one task: the limits it names are those of that way, not of the project
HOW_TO = re.compile(
    r"^\W*(how[- ]to|use|using|tutorials?|guide|install\w*|set(ting)?[- ]?up|deploy\w*|configur\w*|migrat\w*"
    r"|troubleshoot\w*|running|run)\b",
    re.IGNORECASE,
)
A_LESSON_PLAN = re.compile(r"^\W*lessons\W*$", re.IGNORECASE)
STEPS = 3
"""Lines below a heading that make a section more than a promise."""


def sentences(page: Page, pattern: re.Pattern[str], signs: re.Pattern[str]) -> list[Evidence]:
    """Lines of prose that match; each of them has one of the signs, which are found much faster."""
    said = (fact for fact in page.saying(signs) if pattern.search(fact.name))
    return [Evidence(fact.at, Strength.DECLARED, fact.name[:100]) for fact in said]


def title(page: Page) -> str:
    """The first heading of a page, or its file's name."""
    return next((fact.name for fact in page.lines if fact.kind == "heading"), words(page.stem))


def choices(page: Page) -> Iterator[tuple[Location, str, str]]:
    """Place, name and text of decision records and of sections about decisions."""
    named = words(page.stem)
    if FOLDER.search(page.path) or (DECISION.search(named) and not NOT_A_CHOICE.search(named)):
        yield page.start, page.path, page.text
        return
    for section in page.sections:
        heading = section.heading
        about = DECISION.search(heading) and not NOT_A_CHOICE.search(words(heading))
        why = WHY.search(heading) and BECAUSE.search(section.text)
        if (about or why) and len(section.lines) >= STEPS:
            yield section.at, heading, section.text


@check(
    "DOC004", "Decisions and trade-offs are written down", capability="decisions_recorded", level=2, dimension="comm",
    fix="kit add docs",
)  # fmt: skip
def decisions_are_written(project: Project) -> Verdict:
    """What: decision records, or a section on design decisions, name an alternative and say why not.

    Records and sections that state a choice without what it was weighed against, and single sentences that do weigh
    ("we chose X over Y because"), are partial. Decision trees are not decisions, and a feature request form asks
    for alternatives without naming one.

    Why: without the reason nobody dares to change it, or somebody changes it and meets the same wall again.

    Fix: a page a decision in docs/decisions: context, decision, the alternative and why not, consequences.

    Source: documents 001 and 002; Nygard 2011, Documenting Architecture Decisions.
    """
    half = []
    full = []
    for page in pages(project):
        for at, name, text in choices(page):
            weighed = AGAINST.search(text)
            if weighed and BECAUSE.search(text):
                full.append(Evidence(at, Strength.USED, f"{name[:60]}: weighs ({weighed[0]})"))
            else:
                half.append(Evidence(at, Strength.DECLARED, f"{name[:60]}: a choice without an alternative"))
        half += sentences(page, CHOSE, CHOICE)
    if full:
        return passed("decisions are written down with what was weighed", best(full))
    would = "decision records, or a section that names the alternative and why it was not taken"
    if half:
        return partial("choices are stated, hardly weighed", best(half), would)
    return failed("no page says why it is built like this", project.looked_in, would)


@check("DOC005", "Limits and failures are admitted", capability="limits_admitted", level=2, dimension="comm")
def limits_are_admitted(project: Project) -> Verdict:
    """What: a section on known limits, failures or lessons learned, with something in it.

    A list of future work, a single sentence that admits a limit, and the limits of one way to do a task on a page that
    tells how to do it are partial. A syllabus called "Lessons" and "Known issues: none" are nothing.

    Why: every model fails somewhere; who says where has looked.

    Fix: a "Known limits" section: what it cannot do, what broke, what you would change.

    Source: document 001; Mitchell et al. 2019, Model Cards for Model Reporting (caveats).
    """
    full, half = [], []
    for page in pages(project):
        for section in page.sections:
            limits, change = LIMITS.search(section.heading), CHANGE.search(section.heading)
            if not (limits or change) or A_LESSON_PLAN.match(section.heading):
                continue
            said = [fact for fact in section.lines if fact.kind == "prose" and not NOTHING.search(fact.name)]
            if not said:
                continue
            if limits and not HOW_TO.match(title(page)):
                full.append(Evidence(section.at, Strength.USED, f"{section.heading[:60]}: {said[0].name[:60]}"))
            else:
                half.append(Evidence(section.at, Strength.DECLARED, f"{section.heading[:60]}: {said[0].name[:60]}"))
        half += sentences(page, ADMITS, ADMISSION)
    if full:
        return passed("limits are admitted", best(full))
    would = "a section on known limits: what it cannot do, what broke, what would change"
    if half:
        return partial("some limits can be read between the lines", best(half), would)
    return failed("no page admits a limit or a failure", project.looked_in, would)
