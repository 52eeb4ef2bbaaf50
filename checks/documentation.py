"""DOC: can somebody else take this over?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from readykit.checks_api import FOR_ASSISTANTS, Project, check, failed, partial, passed
from readykit.model import Evidence, Fact, Location, Strength, Verdict
from readykit.once import once

GUIDE = re.compile(
    r"(getting[-_ ]?started|quick[-_ ]?start|install\w*|set[-_ ]?up|how[-_ ]?to\w*|usage|develop\w*|contributing|build"
    r"|run\w*|prerequisites|onboarding|tutorial|index)[\w-]*\.(md|rst|txt)$",
    re.IGNORECASE,
)
SCRIPT = re.compile(r"(?<![\w./:-])((?:\./|[\w.-]+/)*[\w.-]+\.(?:py|sh|ipynb|R|r|ps1|bat))(?![\w/])")
REQUIRED = re.compile(r"(?:-r|--requirement|-f|--file)[ =]+((?:[\w.-]+/)*[\w.-]+\.(?:txt|in|ya?ml))")
ROOT_README = re.compile(r"^readme(\.(md|rst|txt|markdown|org|adoc))?$", re.IGNORECASE)
ASIDE = re.compile(
    r"(^|/)(docs?|documentation|reports?|slides|assignments?|homeworks?|notes|course[\w-]*|lectures?|\.github)/",
    re.IGNORECASE,
)
CHORE = re.compile(
    r"(?<![a-z])(lint\w*|format|fmt|clean\w*|help|stop|down|kill|delete|remove|destroy|type-?check|docs?)(?![a-z])",
    re.IGNORECASE,
)
# a numbered step that tells the reader what to do, as opposed to what the system does
STEP = re.compile(
    r"(\d+[.)]|step \d+[.:)]?)\s+\W*((first|then|now|next|please|you (can|should|need to|must)|to \w+)\W+)?"
    r"(open|click|run|create|install|clone|go|select|add|set|navigate|download|copy|deploy|build|start|configure|enter"
    r"|choose|make|execute|launch|log|sign|fork|use|update|import|edit|change|check|wait|upload|push|activate|train"
    r"|enable|press|type|save|setup|replace|fill|provide|ensure|access|connect|invoke|register|visit|grant|attach"
    r"|unzip|extract|initiali[sz]e|prepare|switch|generate|apply|review|get|put|write|specify|follow|once)\b",
    re.IGNORECASE,
)
# a line that is a command and no sentence, also in backticks of its own
LINE = re.compile(r"\W{0,3}((?:\$ |> |\./)?[a-z][\w./+-]*(?: [^`]*?)?[^`.:])[`*]{0,3}(?: \(or\b.*)?$")
# what changes the code rather than starts it: a list of such steps alone is a note of how it was written
WRITES = re.compile(
    r"\W*(?:\d+[.)]|step \d+[.:)]?)\s+\W*(update|add|edit|change|write|put|create|import|define|review|set|use)\b",
    re.IGNORECASE,
)
# a call that a text or a block shows for an interactive session: `renv::restore()`, `tar_make()`
CALLED = re.compile(r"`((?:[\w.]+::)?[A-Za-z][\w.]*\([^`]{0,80}\))`|^>?\s*((?:[\w.]+::)?[A-Za-z][\w.]*\([^`]*\))$")
STEPS = 4
"""Numbered steps that make a guide in words."""
# an install of this project rather than of a tool
OWN = re.compile(r"requirements|environment|-r\b|-e\b|\s\.(\[|$)|sync|install$|compose|lock")
LANGUAGES = frozenset({"python", "py", "r", "scala", "java", "sbt", "gradle", "groovy", "pycon"})
SESSIONS = frozenset({"r", "{r", "rconsole", "python", "py", "pycon", "julia"})
DOCUMENT = re.compile(r"\.(md|rst|txt|markdown|adoc)$", re.IGNORECASE)
ANY_README = re.compile(r"(^|/)readme(\.\w+)?$", re.IGNORECASE)


class Pages:
    """The documents of a project: its front page, those it links to, and the other guides."""

    def __init__(self, project: Project) -> None:
        """Find the documents."""
        self.project = project
        files = project.repo.files
        self.front = [p for p in files if ROOT_README.match(p)]
        linked = [page for front in self.front for page in self.targets(front)]
        linked += [page for first in dict.fromkeys(linked) for page in self.targets(first)]
        self.linked = [page for page in dict.fromkeys(linked) if page not in self.front]
        pages = [
            p
            for p in files
            if p.lower().endswith((".md", ".rst"))
            and project.repo.role(p) in ("docs", "code")
            and not FOR_ASSISTANTS.search(p)
        ]
        self.near = [
            p
            for p in pages
            if p not in self.front
            and p not in self.linked
            and ("/" not in p or ANY_README.search(p))
            and not ASIDE.search(p)
        ]
        self.guides = [
            p for p in pages if GUIDE.search(p.rpartition("/")[2]) and p not in (*self.front, *self.linked, *self.near)
        ]

    def targets(self, page: str) -> Iterator[str]:
        """Documents of the tree that a page links to; a link to a folder means its README."""
        for fact in self.project.repo.facts(page):
            if fact.kind != "link":
                continue
            target = fact.name.partition("#")[0]
            if not target or "://" in target:
                continue
            path = beside(page, target)
            if not DOCUMENT.search(path) and path in self.project.repo.known:
                continue
            if path in self.project.repo.known:
                yield path
            else:
                yield from (p for p in self.project.repo.files if p.rpartition("/")[0] == path and ANY_README.search(p))


def beside(page: str, target: str) -> str:
    """The path that a link on a page leads to."""
    parts = [] if target.startswith("/") else page.split("/")[:-1]
    for part in target.strip("/").split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def shown(project: Project, page: str) -> list[Fact]:
    """The commands that a page shows."""
    facts = project.repo.facts(page)
    return [*(f for f in facts if f.kind == "command" and f.detail.get("runner") == "readme"), *in_a_session(facts)]


def in_a_session(facts: Iterable[Fact]) -> list[Fact]:
    """Calls that a page shows for an interactive session, in a text or in a block of such a language, as commands."""
    found = []
    for fact in facts:
        if fact.kind == "prose" or (fact.kind == "codeline" and fact.detail.get("lang", "") in SESSIONS):
            for inline, whole in CALLED.findall(fact.name) if "(" in fact.name else ():
                # a row of a table tells what something is, not what to do
                if (inline and not fact.name.startswith("|")) or fact.kind == "codeline":
                    found.append(fact._replace(kind="command", name=inline or whole, detail={"runner": "readme"}))
    return found


def jobs(project: Project, fact: Fact) -> set[str]:
    """What a command is for, of the jobs that a guide is made of."""
    return {trace.job for trace in project.toolbox.traces(fact)} & {
        "installing",
        "preparing",
        "running work",
        "bringing up",
    }


def plain(fact: Fact) -> str:
    """A command without what wraps it."""
    text: str = fact.detail.get("plain") or fact.name
    return text


def installs(project: Project, page: str) -> list[Fact]:
    """Commands of a page that prepare an environment."""
    return [fact for fact in shown(project, page) if jobs(project, fact) & {"installing", "bringing up"}]


def missing(project: Project, fact: Fact) -> str:
    """A file or target that a command names and that the tree does not have; empty when all is there."""
    for name in (*SCRIPT.findall(fact.name), *REQUIRED.findall(fact.name)):
        bare: str = name.removeprefix("./")
        alike = project.repo.called(bare.rpartition("/")[2])
        if not any(path == bare or path.endswith(f"/{bare}") for path in alike):
            return bare
    runners = [trace.tool for trace in project.toolbox.traces(fact) if trace.job == "task running"]
    goals = [word for word in plain(fact).split()[1:] if not word.startswith("-") and "=" not in word and word != "run"]
    # a runner whose tasks are keys of a settings file may find them in more places than are read here
    if goals and runners and not any("keys" in tool.does["task running"].traces for tool in runners):
        return "" if targets(project) & {goal.strip("\"'[]") for goal in goals} else goals[0]
    return ""


@once
def folders(project: Project) -> frozenset[str]:
    """The names of all folders of the repository."""
    places = {path.rpartition("/")[0] for path in project.repo.files}
    return frozenset(part for place in places for part in place.split("/"))


def wrong_turns(project: Project, page: str) -> list[str]:
    """Folders that a page enters and that the tree does not have; the clone's own folder does not count."""
    commands = shown(project, page)
    clones = " ".join(f.name for f in commands if "clone" in f.name) + f" {project.repo.name}"
    known = folders(project)
    return [
        folder
        for fact in commands
        if (match := re.match(r"cd (?:\./)?([\w.-]+)/?$", fact.name))
        and (folder := match[1]).strip(".")
        and folder not in known
        and folder not in clones
    ]


@once
def targets(project: Project) -> set[str]:
    """Names of tasks that a task runner of the project knows."""
    known = {f.name for f in project.facts("target", role=("code", "template", "docs", "example"))}
    known |= {
        f.scope
        for f in project.facts("command", role=("code", "template"))
        if f.scope and f.detail.get("runner") not in ("readme", "github")
    }
    known |= {f.scope.replace("_", "-") for f in project.facts("decorator", name="*.task")} | {
        f.scope for f in project.facts("decorator", name="*.session")
    }
    known |= {f.scope for f in project.facts("decorator", name="*.task")}
    return known


def runs(project: Project, page: str) -> tuple[list[Fact], list[str]]:
    """Commands of a page that do the project's work, and what such commands name in vain."""
    working, absent = [], []
    for fact in shown(project, page):
        kinds = jobs(project, fact)
        if (
            not kinds & {"running work", "bringing up"}
            or kinds & {"preparing", "installing"}
            or CHORE.search(plain(fact))
        ):
            continue
        lacking = missing(project, fact)
        if lacking:
            absent.append(lacking)
        else:
            working.append(fact)
    return working, absent + (wrong_turns(project, page) if working else [])


# commands that try what is there: a test, a load generator
TRIES = re.compile(r"(?<![a-z])((load|smoke|stress)[-_ ]?tests?|py\.?test|tests?)(?![a-z])")


def runs_nothing(project: Project, fact: Fact) -> bool:
    """Whether a command only tests, makes load or brings up infrastructure, so that no model comes of it."""
    done = {trace.job for trace in project.toolbox.traces(fact)}
    return bool(done & {"test running", "load testing", "applying infrastructure"} or TRIES.search(plain(fact)))


def quote(fact: Fact, why: str, strength: Strength = Strength.USED) -> Evidence:
    """Evidence that a page shows a command."""
    return Evidence(fact.at, strength, f"{why}: {fact.name[:60]}")


def guide(project: Project, pages: Iterable[str]) -> tuple[Evidence, ...]:
    """Install and run commands of the first pages that have both, or several run commands when nothing is installed.

    A page on which something of the work is run comes before one that only tests or brings up machines.
    """
    every = list(pages)
    return guided(project, every, strict=True) or guided(project, every, strict=False)


def guided(project: Project, pages: list[str], *, strict: bool) -> tuple[Evidence, ...]:
    """The first pages that make a guide; strictly, one of the commands does the project's own work."""
    install: list[Fact] = []
    for page in pages:
        install += installs(project, page)
        working, absent = runs(project, page)
        different = {plain(fact) for fact in working}
        own = [fact for fact in working if not runs_nothing(project, fact)]
        if strict and not own:
            continue
        if working and (install or len(different) > 1) and len(set(absent)) < max(2, len(different)):
            install.sort(key=lambda fact: not OWN.search(fact.name))
            run = (own or working)[:2]
            first = [quote(install[0], "prepares")] if install and install[0] != run[0] else []
            return (*first, *(quote(fact, "runs") for fact in run))
    return ()


def usage(project: Project, pages: Iterable[str]) -> tuple[Evidence, ...]:
    """For a library: lines of code that show how to add and call it, from its front page."""
    shown_lines = [
        fact
        for page in pages
        for fact in project.repo.facts(page)
        if fact.kind == "codeline" and fact.detail.get("lang", "") in LANGUAGES
    ]
    languages = {fact.scope: fact for fact in shown_lines}
    return tuple(quote(fact, "shows the use") for fact in list(languages.values())[:2]) if len(shown_lines) > 2 else ()


def loose_commands(project: Project, pages: Iterable[str]) -> list[Evidence]:
    """Commands of any sort, also those in running text."""
    found = []
    for page in pages:
        found += [
            quote(fact, "shows", Strength.IMPORTED) for fact in (*installs(project, page), *runs(project, page)[0])
        ]
        found += [
            Evidence(fact.at, Strength.DECLARED, f"a command in running text: {fact.name[:60]}")
            for fact in project.repo.facts(page)
            if fact.kind in ("prose", "codeline")
            and (line := LINE.match(fact.name))
            and not missing(project, fact)
            and jobs(project, fact._replace(kind="command", name=line[1])) & {"installing", "running work"}
        ]
    return sorted(found, key=lambda e: (-e.strength, e.at))


def walkthrough(project: Project, pages: Iterable[str]) -> list[Evidence]:
    """Numbered steps in words, as guides through a cloud console give them."""
    steps = [
        fact for page in pages for fact in project.repo.facts(page) if fact.kind == "prose" and STEP.match(fact.name)
    ]
    shown_steps = steps[:2] if len(steps) >= STEPS and not all(WRITES.match(fact.name) for fact in steps) else []
    return [Evidence(f.at, Strength.DECLARED, f"a step: {f.name[:60]}") for f in shown_steps]


@check(
    "DOC001",
    "A stranger can start from the README",
    capability="readme_quickstart",
    level=1,
    dimension="comm",
    fix="kit add docs",
)
def stranger_can_start(project: Project) -> Verdict:
    """What: the README, or a page it links to, shows how to install and run, with commands that exist in the tree.

    Commands that name files which are not there, guides that the README does not lead to, and notes without code
    blocks are partial.

    Why: the first hour decides whether a colleague can check, repair or take over the work.

    Fix: a section with the two or three commands from a clone to the first result, tried on another machine.

    Source: document 001; mlops-zoomcamp rubric (reproducibility).
    """
    pages = Pages(project)
    direct = (
        guide(project, pages.front) or guide(project, [*pages.front, *pages.linked]) or guide(project, pages.linked)
    )
    if direct and project.kind != "collection":
        return passed("the README leads from install to run", direct)
    if not direct and project.kind == "library" and (used := usage(project, pages.front)):
        return passed("the README shows how to add and use the library", used)
    near = guide(project, pages.near)
    front = pages.front[:1] or ["README.md"]
    if near and not direct and project.kind != "collection":
        return passed("a README in the tree leads from install to run", near)
    elsewhere = direct or near or guide(project, pages.guides)
    if elsewhere:
        return partial("commands exist, but not for the whole, or not where the README leads", elsewhere)
    loose = loose_commands(project, [*pages.front, *pages.linked, *pages.near, *pages.guides])
    loose = loose or walkthrough(project, [*pages.front, *pages.linked, *pages.guides])
    if loose:
        return partial(
            "some commands are shown; they do not lead from install to a run that exists here", tuple(loose[:3])
        )
    shown_in = [Evidence(Location(p, 1), Strength.MENTIONED, "no command to install or run") for p in pages.front[:1]]
    return failed(
        "no document says how to install and run this",
        looked_in=tuple(front + pages.linked[:4]),
        would_satisfy="a README section with install and run commands whose scripts and targets exist",
        evidence=tuple(shown_in),
    )
