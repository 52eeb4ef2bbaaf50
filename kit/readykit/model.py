"""The values everything else is built from: facts, evidence, verdicts, findings and reports.

This module imports nothing of ours. Every type is frozen: a report can be passed to any number of writers, and
none of them can change what the audit found.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Any, NamedTuple, Self


class Strength(IntEnum):
    """How much a piece of evidence proves, from nothing to seen running (STANDARD section 1)."""

    ABSENT = 0
    MENTIONED = 1
    DECLARED = 2
    IMPORTED = 3
    USED = 4
    WIRED = 5
    PROVEN = 6

    def __str__(self) -> str:
        return self.name.lower()


class Status(StrEnum):
    """What a check concluded. `unknown` means a part could not be read; it is never a fail."""

    PASS = "pass"
    PARTIAL = "partial"
    FAIL = "fail"
    NOT_APPLICABLE = "not_applicable"
    UNKNOWN = "unknown"
    ERROR = "error"


class Location(NamedTuple):
    """A place in the audited tree: a path relative to its root with `/`, and lines counted from 1."""

    path: str
    line: int = 1
    end_line: int = 0

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


NOTHING: Mapping[str, str] = {}
"""The detail of a fact that has none, shared by all of them."""


class _Told(NamedTuple):
    """What a fact holds."""

    kind: str
    name: str
    path: str
    line: int
    end_line: int
    value: str
    scope: str
    detail: Mapping[str, str]


class Fact(_Told):
    """One thing that a file says, without judgement.

    `kind` names the sort of fact (`call`, `import`, `dependency`, ... listed in `facts/__init__.py`), `name` is what
    is looked for (`mlflow.log_metric`), `value` what it is set to, `scope` where it stands inside the file (the
    enclosing function, the CI job), and `detail` the rest as string pairs. There are hundreds of thousands of them in a
    large tree: a tuple with names is made three times as fast as a frozen dataclass, and a place as an object of its
    own would take half as much memory again.
    """

    __slots__ = ()

    def __new__(
        cls, kind: str, name: str, at: Location, value: str = "", scope: str = "", detail: Mapping[str, str] = NOTHING
    ) -> Self:
        """A fact at a place."""
        return tuple.__new__(cls, (kind, name, *at, value, scope, detail))

    @property
    def at(self) -> Location:
        """Where it stands."""
        return Location(self.path, self.line, self.end_line)


@dataclass(frozen=True, slots=True)
class Evidence:
    """A fact that speaks for a capability, how strongly it does, and why a reader should believe it."""

    at: Location
    strength: Strength
    note: str
    tool: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A check's conclusion. Build it with `passed`, `partial`, `failed`, `not_applicable` or `unknown`.

    `faults` are digests of the single faults of a check that finds them one by one; they hold no lines and no paths.
    """

    status: Status
    message: str
    evidence: tuple[Evidence, ...] = ()
    looked_in: tuple[str, ...] = ()
    would_satisfy: str = ""
    faults: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a conclusion that a reader could not follow.

        Raises:
            ValueError: a pass or partial without evidence, or a fail that does not say where it looked.
        """
        if self.status in (Status.PASS, Status.PARTIAL) and not self.evidence:
            raise ValueError(f"a {self.status} needs evidence: {self.message}")
        if self.status is Status.FAIL and not (self.looked_in and self.would_satisfy):
            raise ValueError(f"a fail says where it looked and what would satisfy it: {self.message}")

    @property
    def strength(self) -> Strength:
        """The strongest evidence, `absent` when there is none."""
        return max((e.strength for e in self.evidence), default=Strength.ABSENT)


@dataclass(frozen=True, slots=True)
class Doc:
    """A check's documentation, parsed from its docstring."""

    what: str
    why: str
    fix: str
    source: str


@dataclass(frozen=True, slots=True)
class Check:
    """One question of the standard and the function that answers it for a project."""

    id: str
    title: str
    capability: str
    level: int
    dimension: str
    doc: Doc
    judge: Callable[[Any], Verdict]
    since: str
    weight: float = 1.0
    fix: str | None = None

    @property
    def family(self) -> str:
        """The letters of the id: `TRK` of `TRK001`."""
        return self.id.rstrip("0123456789")


@dataclass(frozen=True, slots=True)
class Waiver:
    """A finding that somebody decided to live with: why, and until when (ISO date)."""

    reason: str
    expires: str | None = None


@dataclass(frozen=True, slots=True)
class WaiverRow:
    """One waiver that was found, wherever it stands, and what became of it.

    `state` is `used`, `unused`, `expired`, `no reason` or `not honoured`; `why` says what to do about all but `used`.
    """

    at: Location
    checks: tuple[str, ...]
    reason: str
    state: str
    expires: str | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting that stands in the audited repository, and whether the audit followed it."""

    at: Location
    key: str
    value: str
    honoured: bool
    why: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """A check together with its verdict on one project.

    `baseline` is `new` or `known` for a finding that was compared with an earlier report, and empty otherwise.
    """

    check: Check
    verdict: Verdict
    required: bool = False
    waiver: Waiver | None = None
    baseline: str = ""


@dataclass(frozen=True, slots=True)
class Unread:
    """A path that was passed over, and why."""

    path: str
    why: str


@dataclass(frozen=True, slots=True)
class Reading:
    """How the files of a kind were read that are too many to read all of them whole.

    `files` is their number, `whole` how many were parsed, `by_lines` how many were read by their lines only; the rest
    was left out.
    """

    kind: str
    files: int
    whole: int
    by_lines: int


@dataclass(frozen=True, slots=True)
class Claim:
    """What a document says that the project can do, and whether something in the tree stands behind it."""

    text: str
    at: Location
    capability: str
    backed: bool


@dataclass(frozen=True, slots=True)
class RepositoryInfo:
    """What was audited. `path` or `url` is as the user typed it, never resolved to this machine."""

    name: str
    path: str | None = None
    url: str | None = None
    commit: str | None = None
    files: int = 0
    bytes: int = 0
    kind: str = "ml-project"
    why_kind: str = ""
    languages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Score:
    """Points of 100, the level reached (0-4), and the same per dimension and capability (None: nothing applicable)."""

    total: float | None
    level: int | None
    by_dimension: Mapping[str, float | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RubricItem:
    """One item of somebody else's rubric: `points` of `most`, None when the repository does not tell.

    `missing` names the checks that the next step needs, `ask` is the question for an unknown item.
    """

    section: str
    text: str
    points: float | None
    most: float
    evidence: tuple[Evidence, ...] = ()
    missing: str = ""
    ask: str = ""


@dataclass(frozen=True, slots=True)
class Projection:
    """A rubric answered from the findings: `points` for sure, `possible` if every unknown item were answered in full.

    `score` says how items add up: `sum`, `least section` or `level`; `band` is what the rubric calls that many points.
    """

    rubric: str
    name: str
    url: str
    score: str
    points: float
    possible: float
    band: str
    items: tuple[RubricItem, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """One project of several in a repository: the folder it stands in, and what was found in it alone."""

    root: str
    kind: str
    findings: tuple[Finding, ...]
    score: Score


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The lines around a place that a finding cites, the first with its number, and the way that leads to the place.

    `route` goes from the command that starts it over the files between to the file itself.
    """

    at: Location
    first: int
    lines: tuple[str, ...]
    route: tuple[Location, ...] = ()


@dataclass(frozen=True, slots=True)
class Since:
    """What a report was compared with, and what became of it: ids of findings that are new, known and mended.

    `against` is the file or the revision; `score` and `level` are those of then.
    """

    against: str
    score: float | None
    level: int | None
    new: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    mended: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """Everything an audit found. `render` it with a module of `readykit.report`.

    A collection has the score of its best project, which it names. `min_score` and `min_level` are the floors of the
    policy. `clean` says that every string went through `readykit.clean`, as those of an audit have. `excerpts` are
    there only when they were asked for.
    """

    repository: RepositoryInfo
    findings: tuple[Finding, ...]
    unreadable: tuple[Unread, ...] = ()
    skipped: tuple[Unread, ...] = ()
    profile: str = "production"
    score: Score = Score(None, None)
    standard: str = "1"
    settings: tuple[Setting, ...] = ()
    waivers: tuple[WaiverRow, ...] = ()
    projects: tuple[Part, ...] = ()
    best_project: str = ""
    min_score: float | None = None
    min_level: int | None = None
    rubrics: tuple[Projection, ...] = ()
    claims: tuple[Claim, ...] = ()
    readings: tuple[Reading, ...] = ()
    clean: bool = False
    since: Since | None = None
    excerpts: tuple[Excerpt, ...] = ()

    @property
    def applicable(self) -> bool:
        """Whether the repository is one that the standard can grade."""
        return self.repository.kind != "not-ml"
