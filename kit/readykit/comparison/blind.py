"""A comparison in which nobody has a name: `Candidate 1`, `Candidate 2`, in an order that says nothing.

Hidden are the names of repositories, owners, authors and packages wherever they stand (as `flight-delays`,
`flight_delays` or `FlightDelays`), addresses, commits, and all of what was typed on the command line. How somebody
writes is not hidden.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import fields, is_dataclass, replace
from hashlib import sha256
from typing import Any, Final

from readykit.clean import told
from readykit.comparison.gather import Candidate
from readykit.model import Check, Location, Report
from readykit.report import render

HIDDEN_ADDRESS: Final = "[address]"
HIDDEN_DIGEST: Final = "[digest]"
HIDDEN_NAME: Final = "[name]"
"""What stands for a name that several candidates have."""
_TRADE = (
    "admin api app apps author authors backend build candidate classifier cli client code common config core dag dags "
    "data database dataset default demo deploy deployment dev docker docs evaluation example examples experiments "
    "feature features final flow flows frontend github home infra lib main ml mlops model modelling models monitoring "
    "name none notebook notebooks owner package packages pipeline pipelines predict prediction predictor preprocessing "
    "production project projects python registry repo repository root scripts server service services serving source "
    "src student submission team template test tests tools train trainer training trial ubuntu unknown user users "
    "utils web work ai"
)
_ALSO_PEOPLE = (
    "art april august bill black best brown dean drew gene grace grant green hope june king long love mark may pat "
    "rich rob rose sue summer white will young"
)
PLAIN: Final = frozenset(f"{_TRADE} {_ALSO_PEOPLE}".split())
"""Words that tell nobody from another: of the trade, and names of people that are words as well."""
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_]+")
_GAP = re.compile(r"[-_.+/\\ ]{0,2}")
_PERSON = re.compile(r"[^\W\d_][\w.'-]*(?: [^\W\d_][\w.'-]*){1,3}")
_SURE: Final = (
    5  # letters of a part of a person's name that is looked for in any case; shorter ones are words too often
)
_LEAST: Final = 3
_ADDRESS = re.compile(
    r"(?:https?|ssh|git|s3|gs)://(?!localhost\b|127\.|0\.0\.0\.0)[^\s<>()\"'`\]]+"
    r"|[\w.+-]+@(?:[\w-]+\.)+[A-Za-z]{2,}(?::[\w./-]+)?"
    r"|\b(?:[\w-]+\.)*(?:github|gitlab|bitbucket|ghcr|huggingface|kaggle|dagshub|linkedin|quay|docker|streamlit)"
    r"\.(?:com|org|io|co|app)/[^\s<>()\"'`\]]+"
)
_DIGEST = re.compile(r"(?<![\w-])(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{7,64}(?![\w-])")


def blinded(candidates: Sequence[Candidate]) -> tuple[tuple[Candidate, ...], dict[str, dict[str, str | None]]]:
    """Hide who the candidates are.

    Args:
        candidates: gathered with their identities.

    Returns:
        The candidates without names, by number, and who is behind each number.
    """
    order = sorted(candidates, key=lambda candidate: (_digest(candidate), candidate.word))
    hide = Hider([_identifiers(candidate) for candidate in order])
    hidden, mapping = [], {}
    for number, candidate in enumerate(order, 1):
        name = f"Candidate {number}"
        report = candidate.report
        commit = report.repository.commit if report else None
        mapping[name] = {"name": candidate.name, "target": told(candidate.word), "commit": commit}
        hidden.append(
            Candidate(name, "", _hidden_report(report, name, hide) if report else None, _why(candidate, hide),
                      candidate.fault)
        )  # fmt: skip
    return tuple(hidden), mapping


def _digest(candidate: Candidate) -> bytes:
    """What orders the candidates: what was found, which neither follows the command line nor the rank."""
    said = render(candidate.report, "json") if candidate.report else candidate.why
    return sha256(said.encode("utf-8", "surrogatepass")).digest()


def _why(candidate: Candidate, hide: Hider) -> str:
    """Why there is no report, without the path by which such sentences begin."""
    return hide(candidate.why.rpartition(f"{candidate.word}: ")[2]) if candidate.why else ""


def _identifiers(candidate: Candidate) -> Iterator[str]:
    yield from candidate.names
    yield re.sub(r"\.[A-Za-z]{1,5}(\.[A-Za-z]{1,3})?$", "", candidate.word.rstrip("/\\").rpartition("/")[2])
    if candidate.report is None:
        return
    info = candidate.report.repository
    yield info.name
    yield from re.split(r"[+/]", info.name)
    yield from re.split(r"[/@#:]+", (info.url or "").partition("://")[2])[1:3]
    for finding in candidate.report.findings:
        for evidence in finding.verdict.evidence:
            if evidence.at.path.startswith("src/") and evidence.at.path.count("/") > 1:
                yield evidence.at.path.split("/")[1]


class Hider:
    """Replaces names in texts: words are looked up one after the other, however many names there are."""

    def __init__(self, names: Sequence[Iterable[str]]) -> None:
        """Learn the names.

        Args:
            names: those of the first candidate, of the second, and so on.
        """
        self._shown: dict[str, str] = {}
        self._capital: set[str] = set()
        for number, own in enumerate(names, 1):
            for key in {key for name in own for key in self._keys(name)}:
                several = key in self._shown and self._shown[key] != f"candidate-{number}"
                self._shown[key] = HIDDEN_NAME if several else f"candidate-{number}"
        self._starts = {key[:length] for key in self._shown for length in range(1, len(key) + 1)}

    def _keys(self, name: str) -> Iterator[str]:
        """The forms in which a name is looked for."""
        whole = _key(name)
        if len(whole) >= _LEAST and whole not in PLAIN and not whole.isdigit():
            yield whole
        if _PERSON.fullmatch(name):
            for part in name.split():
                key = _key(part)
                if len(key) >= _LEAST and key not in PLAIN:
                    if len(key) < _SURE:
                        self._capital.add(key)
                    yield key

    def __call__(self, text: str) -> str:
        """Return a text without names, addresses and digests."""
        if not text:
            return text
        text = _DIGEST.sub(HIDDEN_DIGEST, _ADDRESS.sub(HIDDEN_ADDRESS, text))
        words = list(_WORD.finditer(text))
        out, done, place = [], 0, 0
        while place < len(words):
            end, shown = self._longest(text, words, place)
            if shown:
                out += [text[done : words[place].start()], shown]
                done, place = words[end].end(), end
            place += 1
        return "".join([*out, text[done:]]) if out else text

    def _longest(self, text: str, words: list[re.Match[str]], first: int) -> tuple[int, str]:
        """The longest name that begins with a word: its last word, and what stands for it."""
        joined, found = "", (first, "")
        for place in range(first, len(words)):
            if place > first and not _GAP.fullmatch(text, words[place - 1].end(), words[place].start()):
                break
            joined += words[place][0].casefold()
            if joined not in self._starts:
                break
            capital = joined not in self._capital or words[first][0][0].isupper()
            if joined in self._shown and capital:
                found = (place, self._shown[joined])
        return found


def _key(name: str) -> str:
    return "".join(char for char in name.casefold() if char.isalnum())


def _hidden_report(report: Report, name: str, hide: Callable[[str], str]) -> Report:
    own = replace(report.repository, name=name, path=None, url=None, commit=None, why_kind="")
    hidden: Report = _hidden(replace(report, repository=own), hide)
    told = replace(hidden.repository, name=name, why_kind=hide(report.repository.why_kind))
    return replace(hidden, repository=told)


def _hidden(value: Any, hide: Callable[[str], str]) -> Any:
    """A value of a report with every text hidden that it holds; checks and figures as they are."""
    if type(value) is str:
        return hide(value)
    if isinstance(value, Location):
        return value._replace(path=hide(value.path))
    if type(value) is tuple:
        return tuple(_hidden(item, hide) for item in value)
    if isinstance(value, Check) or not is_dataclass(value) or isinstance(value, type):
        return value
    return replace(value, **{f.name: _hidden(getattr(value, f.name), hide) for f in fields(value) if f.init})
