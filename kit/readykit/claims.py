"""What a project's documents claim it can do, and whether something in the tree stands behind each claim.

A claim is a sentence in the README or the docs that says of this project that it has a capability, and a line of a file
tree in a README. Plans, negations, questions, instructions, definitions of a product, course material, report forms and
prompts claim nothing. Precision comes before completeness: a claim that is called unbacked accuses somebody.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from readykit import compiled, literals, paths
from readykit.compiling import remembered
from readykit.facts.templates import is_template
from readykit.limits import MAX_SENTENCE
from readykit.model import Check, Claim, Fact, Location, Status, Strength, Verdict
from readykit.pages import Page, pages
from readykit.texts import Texts
from readykit.trees import trees

if TYPE_CHECKING:
    from readykit.project import Project

BACKED = "claims_backed"
"""The capability of the check that is judged by the claims themselves."""
MOST = 200
"""Claims that are listed; the documents of a very large repository hold more."""
SHOWN = 200
"""Characters of a claim that are quoted."""
SENTENCE_END = re.compile(r"(?<=[.!?;])\s+(?=[A-Z*`\[(\"'])")
ITEM = re.compile(r"^\s*([-*+•]|\d+[.)]|\||>|#)\s*")
# names of files and branches between backticks say nothing in words
CODE = re.compile(r"`[^`]*`")
MARKUP = re.compile(r"!?\[([^\]]*)\]\([^)]*\)|<[^>]+>|[*_~]+|^\W*\[x\]\s*|:[a-z_]+:", re.IGNORECASE)
# a table of contents, a badge, raw HTML, a comment, a drawing
CONTENTS = re.compile(
    r"^\W*\[[^\]]*\]\([^)]*\)\W*$|^\W*(\d+\.)*\W*\[[^\]]*\]\(#[^)]*\)|\[!\[|^\s*<|^\s*\[(comment|//)\]:"
    r"|[├└│┌┐┘▼╔║╚]|^\W*$"
)
LOOK = 1_000  # characters of a line by which it is told: the pattern is quadratic in runs of signs
NEGATED = re.compile(
    r"\b(no|not|none|never|without|lacks?|lacking|missing|cannot|neither|nor|absent|except|skip(ped)?|disabled"
    r"|removed|dropped"
    r"|deprecated|deferr?(ed|als?)?|declined|excluded|n/a|limited|instead of|rather than|yet|out of scope"
    r"|mock(ed)?|simulated?|stub(bed)?|placeholder"
    r"|dummy data|fake)\b"
    r"|n[’']t\b|\[ \]|❌|✗|✘|🚧|⏳|🔜|🔲|☐|⬜",
    re.IGNORECASE,
)
PLANNED = re.compile(
    r"\b(will|would|could|should|shall|may|might|must|can|plan(s|ned|ning)?|future|road-?map|to-?dos?|upcoming"
    r"|soon|later|next|optional(ly)?"
    r"|wants?|needs?|add(ed)?|ready|ideal(ly)?|consider(ed|ing)?|goals?|aim(s|ed)?|intend(s|ed)?|recommend(ed"
    r"|s)?|propos(ed"
    r"|al)|wip|in progress"
    r"|if (you|we|needed|necessary|desired)|let[’']?s|try|could be|going to|improvements?|extend(ed|ing)?"
    r"|possible|potential|eventually"
    r"|learn(ing|t|ed)? (how|to|about)|explore|require[sd]?|expected|suppose[ds]?|ready for|prepared for"
    r"|allow(s|ing)? (you|users) to)\b",
    re.IGNORECASE,
)
# what a product is, not what the project does with it
DEFINED = re.compile(
    r"\b(is|are) (an?|the|one of the) (\w+[- ]){0,4}(open[- ]source|tool|platform|library|framework|service"
    r"|technique|method|process"
    r"|practice|concept|software|system that|set of|package|way to|important|best|key|crucial|essential)\b"
    r"|\b(supports|provides|offers) (multiple|many|various|several|different|a (wide )?(range|variety))\b"
    r"|\b(e\.g\.|i\.e\.|such as|for example"
    r"|for instance|see (also|the)?|refer to|according to|based on the (paper|tutorial|article)|inspired by"
    r"|paper|article|blog|book|chapter)\b",
    re.IGNORECASE,
)
# an instruction or a title of a step, not a statement: "Run drift detection with ..."
TOLD = re.compile(
    r"^\W*(\d+[.)]?\s*)?(to|please|now|then|first|finally|next|once|after|before|when|if|in order|you"
    r"|we recommend|note|tip|warning|step"
    r"|run|use|install|create|make|go|open|add|set|see|check|configure|click|select|navigate|copy|clone|follow"
    r"|ensure|download|deploy"
    r"|start|build|test|execute|update|edit|replace|read|refer|visit|enable|define|implement|write|choose"
    r"|change|verify|view|launch"
    r"|put|push|pull|register|train|evaluate|monitor|retrain|detect|perform|include|apply|provide|explain"
    r"|describe|document|get|find"
    r"|review|trigger|modify|confirm|inspect|wait|query|delete|remove|switch|pick|keep|how|why|what|which|where"
    r"|who|is|are|do|does|did|has|have|can|let|don[’']?t|understand|explore|discuss"
    r"|compare|show|demonstrate)\b",
    re.IGNORECASE,
)
# sections whose sentences are about something else: plans, tasks, other people's work, what a word means
ASIDE = re.compile(
    r"\b(future|road-?map|to-?dos?|next steps?|improvements?|ideas?|backlog|exercises?|assignments?|tasks?"
    r"|homework|evaluation criteria|criteria"
    r"|grading|rubric|checklist|objectives?|learning|prerequisites?|requirements?|references?|resources?|links?"
    r"|related|acknowledg\w*|credits?"
    r"|licen[cs]e|what is|background|introduction to|theory|faq|limitations?|known issues|contribut\w*|contents"
    r"|changelog|release notes"
    r"|questions?|instructions?|troubleshooting|alternatives?|options?|further|bonus|optional|not (done"
    r"|implemented|included)|wish ?list"
    r"|planned|coming|scope|non-?goals|deferred|gaps|motivation|why|problem|best practices|recommend\w*"
    r"|suggest\w*|use cases?|inspiration"
    r"|citation|sponsors?)\b",
    re.IGNORECASE,
)
# a document that is a form to fill in, an exam or a lecture, by what it says of itself
FORM = re.compile(
    r"\b(exam|homework|assignment|coursework|syllabus|lecture notes|grading|course notes|lesson \d|session \d"
    r"|week \d|fill (this )?in|your answer"
    r"|answer:|--- question|learning objectives|peer review criteria|interview questions|cheat ?sheet"
    r"|awesome list|prompt template|you are an?)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """How a capability is claimed, and the checks that can back it."""

    capability: str
    checks: tuple[str, ...]
    says: re.Pattern[str]
    needs: tuple[str, ...]
    """Plain words one of which stands in each claim."""


@lru_cache(maxsize=1)
def vocabulary() -> tuple[Vocabulary, ...]:
    """The words of `checks/claims.toml`."""
    table = compiled.table(paths.CLAIMS)
    with remembered():
        patterns = [re.compile("|".join(row["says"]), re.IGNORECASE) for row in table.values()]
    source = "\0".join(pattern.pattern for pattern in patterns).encode() + Path(literals.__file__).read_bytes()
    needs = compiled.made("claimed", source, lambda: [literals.held(pattern) for pattern in patterns])
    return tuple(
        Vocabulary(name, tuple(row["checks"]), pattern, needed)
        for (name, row), pattern, needed in zip(table.items(), patterns, needs, strict=True)
    )


def install(project: Project, checks: Iterable[Check], known: Mapping[str, Verdict] | None = None) -> None:
    """Let a project answer `project.claims`, computed on first demand.

    Args:
        project: the project.
        checks: the checks that may back a claim.
        known: verdicts that are there already; other checks are asked when a claim needs them.
    """
    project.claims_by = lambda: found(project, Asked(project, checks, known or {}))


class Asked:
    """Verdicts by check, each check asked once and only when a claim needs it."""

    def __init__(self, project: Project, checks: Iterable[Check], known: Mapping[str, Verdict]) -> None:
        """`known` are verdicts that are there already."""
        self.project = project
        self.checks = {check.id: check for check in checks}
        self.known = dict(known)

    def backed(self, ids: Iterable[str]) -> bool | None:
        """Whether one of the checks stands behind a claim; None when none of them could be judged."""
        verdicts = [self.verdict(identifier) for identifier in ids if identifier in self.checks]
        judged = [v for v in verdicts if v.status in (Status.PASS, Status.PARTIAL, Status.FAIL)]
        if not judged or (len(judged) < len(verdicts) and not any(map(stands, judged))):
            return None
        return any(map(stands, judged))

    def verdict(self, identifier: str) -> Verdict:
        """What a check says of the project."""
        if identifier not in self.known:
            try:
                self.known[identifier] = self.checks[identifier].judge(self.project)
            except Exception as error:  # the audit reports the check's own fault; a claim only cannot be judged by it
                self.known[identifier] = Verdict(Status.ERROR, f"{type(error).__name__}: {error}")
        return self.known[identifier]


def stands(verdict: Verdict) -> bool:
    """Whether a verdict backs a claim: a pass, or a partial with more than a product that is installed or imported."""
    if verdict.status is not Status.PARTIAL:
        return verdict.status is Status.PASS
    idle = ("dependency ", "import ")
    return any(e.strength >= Strength.USED or not e.note.startswith(idle) for e in verdict.evidence)


def found(project: Project, asked: Asked) -> tuple[Claim, ...]:
    """Every claim of a project's documents, by path and line.

    A library says what it offers to others and a collection what its parts do; only their file trees are judged.
    """
    claims: list[Claim] = []
    said: list[tuple[Location, str]] = []
    speaks = project.kind not in ("library", "collection")
    for page in pages(project):
        claims += tree_claims(project, page)
        said += sentences(page) if speaks else ()
    spoken = Texts.of(said, lambda row: CODE.sub(" ", row[1]))
    for words in vocabulary():  # few sentences speak of any: whether one states something is asked of these alone
        for at, text in spoken.holding(words.says, words.needs):
            if states(text) and (backed := asked.backed(words.checks)) is not None:
                claims.append(Claim(text[:SHOWN], at, words.capability, backed))
    unique = dict.fromkeys(sorted(claims, key=lambda claim: (claim.at, claim.capability)))
    return tuple(unique)[:MOST]


def sentences(page: Page) -> Iterator[tuple[Location, str]]:
    """Sentences of a page that may state something about the project, with the line on which each starts."""
    opening = "\n".join(fact.name for fact in page.lines[:15])
    if FORM.search(opening) or sum("?" in fact.name for fact in page.lines) > max(4, len(page.lines) // 12):
        return
    aside: list[int] = []
    prose: list[Fact] = []
    for fact in page.lines:
        if fact.kind == "heading":
            yield from stated(prose)
            prose = []
            level = int(fact.value or 1)
            aside = [n for n in aside if n < level] + ([level] if ASIDE.search(fact.name) else [])
        elif fact.kind == "prose" and not aside:
            prose.append(fact)
    yield from stated(prose)


def stated(prose: list[Fact]) -> Iterator[tuple[Location, str]]:
    """The sentences in the lines below one heading."""
    for block in paragraphs(prose):
        if block[-1].name.rstrip().endswith(":") or (PLANNED.search(block[0].name[:40]) and len(block) == 1):
            continue
        for at, text in split(block):
            if len(text) > MAX_SENTENCE:
                continue
            plain = " ".join(MARKUP.sub(lambda m: m[1] or " ", text).split())
            if len(plain) > 12:
                yield at, plain


def states(text: str) -> bool:
    """Whether a sentence states something: no question, no plan, no negation, no instruction, no definition."""
    return not (
        text.rstrip().endswith(("?", ":"))
        or TOLD.search(text)
        or NEGATED.search(text)
        or PLANNED.search(text)
        or DEFINED.search(text)
    )


def paragraphs(prose: list[Fact]) -> Iterator[list[Fact]]:
    """Lines that belong together: wrapped text; an item of a list or a row of a table starts anew."""
    block: list[Fact] = []
    for fact in prose:
        if CONTENTS.search(fact.name[:LOOK]):
            continue
        if block and (ITEM.match(fact.name) or fact.at.line != block[-1].at.line + 1):
            yield block
            block = []
        block.append(fact)
    if block:
        yield block


def split(block: list[Fact]) -> Iterator[tuple[Location, str]]:
    """The sentences of wrapped lines, each with the place of the line on which it starts."""
    starts: list[tuple[int, Location]] = []
    text = ""
    for fact in block:
        starts.append((len(text), fact.at))
        text += ITEM.sub("", fact.name) + " "
    position = line = 0
    for sentence in SENTENCE_END.split(text):
        offset = text.index(sentence, position)
        position = offset + len(sentence)
        while line + 1 < len(starts) and starts[line + 1][0] <= offset:
            line += 1
        yield starts[line][1], sentence.strip()


def tree_claims(project: Project, page: Page) -> Iterator[Claim]:
    """Lines of a file tree that a README shows, backed when the path exists; one that is rendered draws its project."""
    if "readme" not in page.stem.lower() or is_template(page.path):
        return
    lines = [fact for fact in page.lines if fact.kind in ("codeline", "prose")]
    home = page.path.rpartition("/")[0]
    for tree in trees(lines, home, project.repo):
        for row in tree:
            yield Claim(row.path, row.at, "file_tree", row.exists)
