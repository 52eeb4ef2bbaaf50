"""DOC: can somebody else run it at night, and start working on it?"""

from __future__ import annotations

import re
from dataclasses import replace

from readykit.checks_api import Project, best, check, failed, not_applicable, partial, passed
from readykit.model import Evidence, Strength, Verdict
from readykit.pages import pages, titled

RUNBOOK = re.compile(
    r"(?<![a-z])(run ?books?|play ?books?|on[- ]?call|incident (response|handling|guide)|operations? (guide"
    r"|manual|handbook)"
    r"|disaster recovery)(?![a-z])",
    re.IGNORECASE,
)
# what a runbook is asked, each with the words of a heading, a step or a table row that answers it
SITUATIONS = {
    "drift": re.compile(r"\b(drift\w*|decay\w*|degrad\w*|model quality)\b", re.IGNORECASE),
    "alert": re.compile(r"\b(alerts?|incidents?|pages?r?duty|sev-?\d|escalat\w*|on[- ]call)\b", re.IGNORECASE),
    "bad deploy": re.compile(
        r"\b(outage|unhealthy|not (ready|healthy|responding)|is 50\d|5xx|crash\w*|restart\w*|latency spike"
        r"|fail(s|ed|ing|ure)\b"
        r"|down\b|stuck|refused)",
        re.IGNORECASE,
    ),
    "roll back": re.compile(
        r"\broll(ing)?[- ]?back\b|\brevert (to|the)\b|\bundo\b|previous (version|model)\b", re.IGNORECASE
    ),
}
ROLL_BACK = re.compile(r"\broll(ing)?[- ]?backs?\b", re.IGNORECASE)
TROUBLE = re.compile(r"\b(troubleshoot\w*|emergency|recovery|incidents?)\b", re.IGNORECASE)
RUNNING = re.compile(
    r"\b(kubectl|pods?|docker( compose)? (logs|ps|restart)|service (is|logs)|logs? (of|for|in)|restart|rollout"
    r"|argocd|helm"
    r"|endpoint|health ?(check|z)?|alert\w*)\b",
    re.IGNORECASE,
)
A_TEST = re.compile(r"\btest(s|ing)?\b", re.IGNORECASE)
LATER = re.compile(r"\b(future|planned|todo|tbd|roadmap|coming soon|to do)\b", re.IGNORECASE)
ONBOARDING = re.compile(
    r"(?<![a-z])(contribut\w*|on-?boarding|first day|new (hires?|joiners?|team members?|developers?)|hacking|handover"
    r"|develop(ment|er) (set-?up|guide|environment|workflow))(?![a-z])|^\W*(local )?development\b[^a-z]*$",
    re.IGNORECASE,
)
CREDITS = re.compile(r"\b(contributors?|contributions? (of|by)|external|acknowledg\w*|summary)\b", re.IGNORECASE)
# a command that prepares an environment, at the start of a line of code
ENVIRONMENT = re.compile(
    r"^\W*(pip3? install|uv (run|sync|pip)|poetry (install|shell|run)|conda|python3? -m (venv|pip)|virtualenv"
    r"|pipenv|docker\S* "
    r"|make \w+|just \w+|npm (install|ci)|sbt|\./gradlew|pdm|hatch|nox|renv|pre-commit install"
    r"|(\.|source|bash|sh) ?\S*(setup|install))",
    re.IGNORECASE | re.MULTILINE,
)
WORDS = {
    "data access": re.compile(
        r"\b(dvc (pull|repro)|datasets?|data (set|access|source|comes|lives|files?)|the data\b|download\w*"
        r"|s3://|gs://|buckets?"
        r"|credentials|replace `?read)",
        re.IGNORECASE,
    ),
    "first task": re.compile(
        r"\b(pull requests?|run (the )?tests?|tests? (pass|run)|pytest|nox|tox|branch|good first issue"
        r"|first (task|issue)"
        r"|before you push|make test|make lint|how to (add|change)|to change)\b",
        re.IGNORECASE,
    ),
    "owners": re.compile(
        r"\b(maintain(er|ed by|ers)|(code|data|model|service|team)[- ]?owners?|owned by|who owns|contacts?"
        r"|slack|team lead"
        r"|ask (in|on|the))\b",
        re.IGNORECASE,
    ),
}
OWNERS_FILE = re.compile(r"(^|/)(CODEOWNERS|OWNERS|MAINTAINERS(\.md)?)$")
STEPS = 3
"""Lines below a heading that make a section more than a promise."""


def answers(text: str, asked: dict[str, re.Pattern[str]]) -> list[str]:
    """Which of some questions a text answers."""
    return [name for name, pattern in asked.items() if pattern.search(text)]


def procedures(project: Project) -> list[Evidence]:
    """Sections that belong into a runbook: how to roll back first, then troubleshooting of the running service."""
    back, trouble = [], []
    for section in (section for page in pages(project) for section in page.sections):
        heading = section.heading
        if len(section.lines) < STEPS or LATER.search(heading) or A_TEST.search(heading):
            continue
        if ROLL_BACK.search(heading):
            back.append(Evidence(section.at, Strength.DECLARED, f"how to roll back: {heading}"))
        elif TROUBLE.search(heading) and RUNNING.search(section.text):
            trouble.append(Evidence(section.at, Strength.DECLARED, f"troubleshooting: {heading}"))
    return back + trouble


@check("DOC003", "There is a runbook", capability="runbook", level=3, dimension="comm", fix="kit add docs")
def there_is_a_runbook(project: Project) -> Verdict:
    """What: a page or section for who is on call says what to do on two of: drift, alert, bad deploy, rolling back.

    A rollback procedure with its commands, or a troubleshooting section about the running service, is partial: it
    helps, but nobody finds it at night. Troubleshooting of an installation and course material are none.

    Why: the person who is woken up is rarely the one who wrote it.

    Fix: a docs/runbook.md with one row for each thing that is seen: what it means, what to do, the command.

    Source: document 001; Google SRE book, chapter 14 (managing incidents).
    """
    if project.kind == "library":
        return not_applicable("a library is not operated here, so nobody is on call for it")
    half = []
    for section in titled(project, RUNBOOK):
        name, found = section.heading, answers(section.text, SITUATIONS)
        seen = Evidence(section.at, Strength.USED, f"{name}: {', '.join(found)}")
        if len(found) >= 2 and len(section.lines) >= STEPS and not LATER.search(name):
            return passed("a runbook says what to do", [seen])
        if found and section.code:
            half.append(replace(seen, strength=Strength.DECLARED))
    half += procedures(project)
    would = "a runbook: what to do on drift, on an alert, on a bad deploy, and how to roll back"
    if half:
        return partial("parts of a runbook exist, not one page for who is on call", best(half), would)
    return failed("no page says what to do when it breaks", project.looked_in, would)


@check("DOC006", "A new hire can onboard", capability="onboarding", level=3, dimension="comm", fix="kit add docs")
def new_hire_can_onboard(project: Project) -> Verdict:
    """What: an onboarding or contributing page covers three of: environment, data access, first task, who owns what.

    The first and the third must be among them. A CODEOWNERS file answers the last.

    A page or section that covers less is partial when its commands prepare the environment. Thanks to contributors,
    and the etiquette of pull requests alone, are none.

    Why: a team that cannot take somebody in stands still while its only expert is away.

    Fix: a docs/onboarding.md: set up, get the data, change one thing and see it tested, whom to ask.

    Source: documents 002 and 003.
    """
    owners = next((path for path in project.repo.files if OWNERS_FILE.search(path)), "")
    half = []
    for section in titled(project, ONBOARDING):
        if CREDITS.search(section.heading) or len(section.lines) < STEPS:
            continue
        found = answers(section.text, WORDS)
        if ENVIRONMENT.search(section.code):
            found.insert(0, "environment")
        if owners and "owners" not in found:
            found.append("owners")
        seen = Evidence(section.at, Strength.USED, f"{section.heading[:60]}: {', '.join(found)}")
        if len(found) >= 3 and {"environment", "first task"} <= {*found}:
            return passed("a page takes a new hire in", [seen])
        if "environment" in found:
            half.append(replace(seen, strength=Strength.DECLARED))
    would = "an onboarding page: environment, data access, first task, who owns what"
    if half:
        return partial("a page helps to start, but not with everything", best(half), would)
    return failed("no page takes a new hire in", project.looked_in, would)
