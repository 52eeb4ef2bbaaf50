"""A project's documents as sections, for what judges words rather than code: cards, runbooks, decisions, claims.

Only documents that speak about the project itself: not those of vendored code, of course material, of report and issue
templates, nor the instructions for coding assistants.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from readykit.facts import markdown
from readykit.model import Fact, Location
from readykit.naming import words
from readykit.once import once
from readykit.texts import NAME, Texts

if TYPE_CHECKING:
    from readykit.project import Project
    from readykit.repo import Repo

FOR_ASSISTANTS = re.compile(r"(^|/)\.[^/]+/|(^|/)(CLAUDE|AGENTS|GEMINI)\.md$|\.prompt\.md$|(^|/)prompts?/")
DOCUMENT = re.compile(r"\.(md|rst|markdown|qmd)(\.(jinja2?|j2|tmpl))?$", re.IGNORECASE)
# plain text is a document where documents stand; elsewhere it is data
PLAIN_TEXT = re.compile(
    r"(^|/)docs?/(.+/)?[^/]+\.txt$|(^|/)(readme|runbook|model[-_]card|contributing)(\.txt)?$", re.IGNORECASE
)
# written for a teacher or a pupil, not about the project: syllabus, exercise sheets, hand-ins, report templates
COURSE = re.compile(
    r"(^|/)([\w-]*guidelines|project[-_ ]requirements|instructions|rubric|course|lecture|lesson|homework"
    r"|assignment|exam|exercise|slide|syllabus)s?([-_/. ]|\d)"
    r"|(^|/)reports?/|[-_]template\.(md|rst|txt)$",
    re.IGNORECASE,
)
BOILERPLATE = re.compile(
    r"(^|/)(changelog|changes|history|news|licen[cs]e\w*|code[-_]of[-_]conduct|cla|support|security|notice|authors|third[-_]?party\w*)"
    r"(\.\w+)?$",
    re.IGNORECASE,
)
SPAN = re.compile(r"`([^`\n]{3,})`")
WORDED = frozenset({"heading", "prose", "codeline"})
README = re.compile(r"^readme(\.\w+)?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, and what stands below it down to the next heading of its own level or above."""

    heading: str
    at: Location
    level: int
    lines: tuple[Fact, ...]

    @property
    def text(self) -> str:
        """What it says: headings below it, prose and the lines of code blocks, one a line."""
        return "\n".join(fact.name for fact in self.lines)

    @property
    def code(self) -> str:
        """What it shows as code: lines of blocks, and spans between backticks."""
        shown = [[fact.name] if fact.kind == "codeline" else SPAN.findall(fact.name) for fact in self.lines]
        return "\n".join(text for spans in shown for text in spans)


@dataclass(frozen=True)
class Page:
    """A document: its lines in order (headings, prose, lines of code blocks)."""

    path: str
    lines: tuple[Fact, ...]

    @cached_property
    def text(self) -> str:
        """Everything it says, headings included."""
        return "\n".join(fact.name for fact in self.lines)

    def saying(self, pattern: re.Pattern[str]) -> list[Fact]:
        """The lines of prose in which a pattern is found; remembered for the other projects that share the page."""
        return self._prose.holding(pattern)

    @cached_property
    def _prose(self) -> Texts[Fact]:
        prose = [fact for fact in self.lines if fact.kind == "prose"]
        return Texts.of(prose, NAME)

    @property
    def stem(self) -> str:
        """The file's name without its endings."""
        return self.path.rpartition("/")[2].partition(".")[0]

    @property
    def title(self) -> str:
        """The first heading; the file's name when there is none."""
        return next((fact.name for fact in self.lines if fact.kind == "heading"), self.stem)

    @property
    def start(self) -> Location:
        """The place of the title, or of the first line that says something."""
        return self.lines[0].at if self.lines else Location(self.path)

    @cached_property
    def sections(self) -> tuple[Section, ...]:
        """One for each heading."""
        heads = [(index, fact) for index, fact in enumerate(self.lines) if fact.kind == "heading"]
        ends: dict[int, int] = {}
        unended: list[tuple[int, int]] = []
        for index, fact in heads:
            level = int(fact.value or 1)
            while unended and unended[-1][1] >= level:
                ends[unended.pop()[0]] = index
            unended.append((index, level))
        whole = len(self.lines)
        return tuple(
            Section(fact.name, fact.at, int(fact.value or 1), self.lines[index + 1 : ends.get(index, whole)])
            for index, fact in heads
        )

    @property
    def whole(self) -> Section:
        """The page as one section, named by its path."""
        return Section(self.path, self.start, 0, self.lines)


def titled(project: Project, pattern: re.Pattern[str]) -> Iterator[Section]:
    """Pages whose name or title matches, as a whole, and sections of other pages whose heading does."""
    for page in pages(project):
        if pattern.search(words(page.stem)) or pattern.search(page.title):
            yield page.whole
        else:
            yield from (section for section in page.sections if pattern.search(section.heading))


@once
def pages(project: Project) -> tuple[Page, ...]:
    """The documents that speak about the project, the README first, then by path."""
    chosen = [path for path in project.paths if speaks(project, path)]
    read = pages_of(project.repo)
    for path in chosen:
        if path not in read:
            read[path] = page(project.repo, path)
    return tuple(read[path] for path in sorted(chosen, key=lambda p: (not README.match(p), p)) if read[path].lines)


@once
def pages_of(_repo: Repo) -> dict[str, Page]:
    """The documents of a repository that were read so far: each is read once, for however many projects."""
    return {}


def page(repo: Repo, path: str) -> Page:
    """A document; without lines when it says nothing."""
    facts = repo.facts(path)
    if path.lower().endswith(".txt") and not any(fact.kind == "prose" for fact in facts):
        facts = tuple(markdown.extract(repo.text(path), path))
    return Page(path, tuple(sorted((f for f in facts if f.kind in WORDED), key=lambda f: f.at.line)))


def speaks(project: Project, path: str) -> bool:
    """Whether a file is a document about the project itself."""
    return may_speak(path) and project.role(path) in ("docs", "code")


@lru_cache(maxsize=1 << 14)
def may_speak(path: str) -> bool:
    """Whether a file is such a document by its path."""
    if not (DOCUMENT.search(path) or PLAIN_TEXT.search(path)):
        return False
    return not (FOR_ASSISTANTS.search(path) or COURSE.search(path) or BOILERPLATE.search(path))
