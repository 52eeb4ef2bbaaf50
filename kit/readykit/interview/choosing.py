"""Which questions a report raises: the same report raises the same questions, in the same order.

Everybody is asked the standing questions, worded by whether there is anything to open. The others depend on the
repository: the depth of what it shows best, the way to what it lacks most, a claim that nothing backs, and one product
that was chosen over another (STANDARD section 6).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from readykit import compiled, paths
from readykit.advice import advice, graded
from readykit.model import Claim, Evidence, Finding, Report, Status
from readykit.report.words import clip, unbacked

MOST: Final = 12
"""Questions of a pack: an hour, and two pages."""
_DEPTH: Final = 2
"""Questions about what is shown best, where gaps leave no more room."""
_LINES: Final = 2
_CLAIM: Final = 110
_NOTE: Final = 120
_TREE: Final = "file_tree"


@dataclass(frozen=True, slots=True)
class Line:
    """A place to open together; without a place, where something was looked for in vain."""

    place: str
    note: str


@dataclass(frozen=True, slots=True)
class Question:
    """One question: what to ask, why it is asked here, what to open, and what answers sound like."""

    id: str
    title: str
    ask: str
    why: str
    lines: tuple[Line, ...]
    strong: str
    weak: str
    minutes: int
    standing: bool = False


@dataclass(frozen=True, slots=True)
class Pack:
    """The questions for one repository."""

    name: str
    report: Report
    questions: tuple[Question, ...]

    @property
    def minutes(self) -> int:
        """How long all of it takes."""
        return sum(question.minutes for question in self.questions)


def pack(name: str, report: Report) -> Pack:
    """Choose the questions for a report.

    Args:
        name: what the repository is called in the pack.
        report: a clean one, with a score.
    """
    words = compiled.table(paths.INTERVIEW)
    findings = {finding.check.id: finding for finding in graded(report)}
    standing = [_standing(row, findings) for row in words["standing"]]
    last = {row["id"] for row in words["standing"] if row.get("last")}
    asked = {check for row in words["standing"] for check in row["checks"]}
    tools, claim = _tools(words["tools"], findings), _claim(words["claim"], report)
    room = MOST - len(standing) - len(tools) - len(claim)
    strongest = _strongest(words["about"], findings, asked)
    largest = _largest(words["about"], findings, asked)
    gaps = largest[: room - min(_DEPTH, len(strongest))]
    depth = strongest[: room - len(gaps)]
    opening = [q for q in standing if q.id not in last]
    closing = [q for q in standing if q.id in last]
    return Pack(name, report, (*opening[:1], *depth, *tools, *opening[1:], *gaps, *claim, *closing))


def _standing(row: Mapping[str, Any], findings: Mapping[str, Finding]) -> Question:
    """A question for everybody, worded by what there is to open."""
    known = [findings[name] for name in row["checks"] if name in findings]
    there = [f for f in known if f.verdict.status in (Status.PASS, Status.PARTIAL)]
    lacking = [f for f in known if f.verdict.status is Status.FAIL]
    if there:
        ask, why = row["found"], f"asked of everybody; {', '.join(f.check.id for f in there)} found"
        lines = _lines(there)
    else:
        ask = row["missing"] if lacking else row.get("open", row["missing"])
        why = (
            f"asked of everybody; {', '.join(f.check.id for f in lacking)} missing" if lacking else "asked of everybody"
        )
        lines = _lines(lacking)
    return Question(row["id"], row["title"], ask, why, lines, row["strong"], row["weak"], row["minutes"], standing=True)


def _lines(findings: Iterable[Finding]) -> tuple[Line, ...]:
    """The places to open: the strongest evidence of each finding, or where it was looked for."""
    shown: list[Line] = []
    for finding in findings:
        evidence = max(finding.verdict.evidence, key=_proof, default=None)
        if evidence is not None:
            line = Line(str(evidence.at), clip(f"{finding.check.id} {evidence.note}", _NOTE))
        else:
            looked = ", ".join(finding.verdict.looked_in) or "the whole tree"
            line = Line("", clip(f"{finding.check.id} {finding.verdict.message}; looked in {looked}", _NOTE))
        if line.place not in {known.place for known in shown} or not line.place:
            shown.append(line)
    return tuple(shown[:_LINES])


def _proof(evidence: Evidence) -> int:
    return int(evidence.strength)


def _filled(text: str, **words: str) -> str:
    """A text with its placeholders filled; what is put in may hold braces."""
    parts = [text]
    for name, value in words.items():
        parts = [piece for part in parts for piece in _parted(part, f"{{{name}}}", value)]
    return "".join(parts)


def _parted(text: str, mark: str, value: str) -> Iterator[str]:
    for number, part in enumerate(text.split(mark)):
        if number:
            yield value
        yield part


def _about(
    about: Mapping[str, Any], finding: Finding, kind: str, title: str, why: str, minutes: int
) -> Question | None:
    """The question about one finding: its own or its family's; None for others' checks."""
    row = about.get(finding.check.id) or about.get(finding.check.family)
    if row is None:
        return None
    found = "that is only half so here" if finding.verdict.status is Status.PARTIAL else "that is not so here"
    ask = row[kind].replace("{check}", finding.check.title).replace("{found}", found)
    strong, weak = row[f"{kind}_strong"], row[f"{kind}_weak"]
    return Question(f"{kind}-{finding.check.id}", title, ask, why, _lines([finding]), strong, weak, minutes)


def _strongest(about: Mapping[str, Any], findings: Mapping[str, Finding], asked: set[str]) -> list[Question]:
    """About what is shown best: the heaviest checks with the strongest evidence, one a family."""
    passed = [f for f in findings.values() if f.verdict.status is Status.PASS and f.check.id not in asked]
    passed.sort(key=lambda f: (-f.verdict.strength, -f.check.weight, -len(f.verdict.evidence), f.check.id))
    made = [
        _about(about, f, "depth", "Depth", f"strongest evidence: {f.check.id}, {f.verdict.strength}", 6)
        for f in _one_a_family(passed)
    ]
    return [question for question in made if question]


def _largest(about: Mapping[str, Any], findings: Mapping[str, Finding], asked: set[str]) -> list[Question]:
    """About what is missing most: the mends that bring the most points, one a family."""
    gains = advice(tuple(findings.values())).gains
    lacking = [findings[name] for name in sorted(gains, key=lambda name: (-gains[name], name)) if name not in asked]
    made = [
        _about(about, f, "gap", "Gap", f"large gap: {f.check.id}, {gains[f.check.id]:.1f} points", 5)
        for f in _one_a_family(lacking)
    ]
    return [question for question in made if question]


def _one_a_family(findings: Iterable[Finding]) -> list[Finding]:
    first: dict[str, Finding] = {}
    for finding in findings:
        first.setdefault(finding.check.family, finding)
    return list(first.values())


def _claim(row: Mapping[str, Any], report: Report) -> list[Question]:
    """About the first sentence that nothing backs; a line of a drawn tree only where there is no sentence."""
    claims: Sequence[Claim] = unbacked(report)
    if not claims:
        return []
    claim = claims[0]
    drawn = claim.capability == _TREE
    about = "a file that is not there" if drawn else claim.capability.replace("_", " ")
    ask = _filled(row["tree" if drawn else "ask"], claim=f"“{clip(claim.text, _CLAIM)}”")
    lines = (Line(str(claim.at), f"claims {about}"),)
    return [Question("claim", row["title"], ask, f"1 of {len(claims)} claims that nothing backs", lines,
                     row["strong"], row["weak"], row["minutes"])]  # fmt: skip


def _tools(row: Mapping[str, Any], findings: Mapping[str, Finding]) -> list[Question]:
    """About the product that is used most strongly among those that have a rival in the list."""
    used = {evidence.tool for finding in findings.values() for evidence in finding.verdict.evidence}
    found = []
    for order, pair in enumerate(row["pair"]):
        finding = findings.get(pair["check"])
        evidence = [e for e in finding.verdict.evidence if e.tool in pair["products"]] if finding else []
        others = [name for name in pair["products"] if name not in used]
        if evidence and others:
            best = max(evidence, key=_proof)
            found.append((-best.strength, order, best, others[0], pair))
    if not found:
        return []
    _, _, best, other, pair = min(found, key=lambda choice: choice[:2])
    names = {"one": best.tool, "other": other, "differ": pair["differ"]}
    ask, strong, weak = (_filled(row[key], **names) for key in ("ask", "strong", "weak"))
    lines = (Line(str(best.at), clip(f"{pair['check']} {best.note}", _NOTE)),)
    return [
        Question("tools", row["title"], ask, f"{best.tool} is {best.strength}", lines, strong, weak, row["minutes"])
    ]
