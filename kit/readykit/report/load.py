"""A saved JSON report, version 1, read back as a `Report`.

The file is a stranger's as much as a repository is: it may be anything, it may have been edited, and older versions
lack what was added since. What is missing takes its default, what is wrong is refused in one sentence, and every text
goes through `readykit.clean` again.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from readykit.clean import cleaned
from readykit.errors import TargetError
from readykit.folder import OneFile
from readykit.model import (
    Check,
    Claim,
    Doc,
    Evidence,
    Finding,
    Location,
    Part,
    Projection,
    Reading,
    Report,
    RepositoryInfo,
    RubricItem,
    Score,
    Setting,
    Since,
    Status,
    Strength,
    Unread,
    Verdict,
    Waiver,
    WaiverRow,
)
from readykit.text import clean, original

VERSION: Final = "1"
MAX_SAVED: Final = 20_000_000
"""Bytes of a saved report; that of a repository with 29 projects has 0.8 million. JSON can take 25 times its size."""
_HOW: Final = "make one with `kit audit TARGET -o report.json`"
_Choice = TypeVar("_Choice", Status, Strength)
_WORD: Final = 80
"""Characters of an id or another name of ours."""
_NO_DOC: Final = Doc("", "", "", "")


class BadReport(ValueError):
    """What makes a file no report of ours: where, and what is wrong."""


def load(path: str | Path) -> Report:
    """Read a saved report.

    Args:
        path: a file that `kit audit -o report.json` wrote, of this version or an older one.

    Returns:
        The report, clean; its checks cannot judge again, and have no documentation.

    Raises:
        TargetError: there is no such file, or it is no report.
    """
    shown = clean(str(path), 200)
    try:
        file = OneFile(Path(path))  # never waits at a pipe
        data = file.read(next(iter(file.sizes)), MAX_SAVED + 1)
    except (OSError, ValueError) as error:
        raise TargetError(f"{shown}: {getattr(error, 'strerror', None) or error}") from None
    try:
        return loads(data)
    except BadReport as why:
        raise TargetError(f"{shown}: is no report of readykit ({why}); {_HOW}") from None


def loads(data: bytes | str) -> Report:
    """Read a saved report from its text.

    Args:
        data: the JSON, UTF-8.

    Raises:
        BadReport: it is none.
    """
    if len(data) > MAX_SAVED:
        raise BadReport(f"it is larger than {MAX_SAVED / 1e6:.0f} MB")
    try:
        values = json.loads(data)
    except (ValueError, RecursionError):
        raise BadReport("it is not JSON") from None
    top = _Row(values, "")
    version = top.text("schema_version")
    if version != VERSION:
        what = f"its schema_version is {version!r}, this program reads {VERSION!r}" if version else "no schema_version"
        raise BadReport(what)
    try:
        return cleaned(_report(top))
    except RecursionError:
        raise BadReport("it is nested too deeply") from None


@dataclass(frozen=True, slots=True)
class _Row:
    """One object of the JSON, and where it stands, for the sentence that refuses it."""

    values: Any
    at: str

    def __post_init__(self) -> None:
        if not isinstance(self.values, dict):
            raise BadReport(f"{self.at or 'the whole'} is no object")

    def bad(self, key: str, wanted: str) -> BadReport:
        return BadReport(f"{self.at}{'.' if self.at else ''}{key} is {wanted}")

    def text(self, key: str, default: str = "") -> str:
        value = self.values.get(key)
        if value is None:
            return default
        if not isinstance(value, str):
            raise self.bad(key, "no text")
        return value

    def path(self, key: str, default: str = "") -> str:
        """A path as it was before it was cleaned: cleaning doubles a backslash, and must not do so twice."""
        return original(self.text(key, default)).decode("utf-8", "surrogateescape")

    def number(self, key: str, least: float = 0.0, most: float = math.inf) -> float | None:
        value = self.values.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
            raise self.bad(key, f"no number from {least:g}" + (f" to {most:g}" if most < math.inf else " on"))
        if not math.isfinite(value):
            raise self.bad(key, "no number")
        return value

    def whole(self, key: str, default: int = 0, most: int = 2**53) -> int:
        return int(self.number(key, 0, most) or default)

    def truth(self, key: str, default: bool = False) -> bool:
        value = self.values.get(key)
        if value is None:
            return default
        if not isinstance(value, bool):
            raise self.bad(key, "neither true nor false")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        values = self.listed(key)
        if not all(isinstance(value, str) for value in values):
            raise self.bad(key, "no list of texts")
        return tuple(values)

    def listed(self, key: str) -> list[Any]:
        value = self.values.get(key)
        if value is None:
            return []
        if not isinstance(value, list):
            raise self.bad(key, "no list")
        return value

    def rows(self, key: str) -> Iterator[_Row]:
        for number, value in enumerate(self.listed(key)):
            yield _Row(value, f"{self.at}{'.' if self.at else ''}{key}[{number}]")

    def row(self, key: str) -> _Row:
        return _Row(self.values.get(key) or {}, key)

    def choice(self, key: str, known: Mapping[str, _Choice], default: _Choice | None = None) -> _Choice:
        word = self.text(key)
        if word not in known and (word or default is None):
            raise self.bad(key, f"{clean(word, 30)!r}, none of {', '.join(known)}")
        return known.get(word, default) if default is not None else known[word]


_STATUSES: Final[Mapping[str, Status]] = {status.value: status for status in Status}
_STRENGTHS: Final[Mapping[str, Strength]] = {str(strength): strength for strength in Strength}


def _report(top: _Row) -> Report:
    if "checks" not in top.values or "repository" not in top.values:
        raise BadReport("it has no checks or no repository")
    findings = tuple(_finding(row) for row in top.rows("checks"))
    repository = _repository(top.row("repository"))
    if not top.truth("applicable", default=True) and repository.kind != "not-ml":
        raise BadReport("it is not applicable, yet its kind is not not-ml")
    return Report(
        repository,
        findings,
        unreadable=_many(top, "unreadable", _unread),
        skipped=_many(top, "skipped", _unread),
        profile=top.text("profile", "production"),
        score=_score(top),
        standard=top.row("standard").text("version", "1"),
        settings=_many(top, "settings", _setting),
        waivers=_many(top, "waivers", _waiver),
        projects=tuple(_part(row, findings) for row in top.rows("projects")),
        best_project=top.path("best_project"),
        rubrics=_many(top, "rubrics", _rubric),
        claims=_many(top, "claims", _claim),
        readings=_many(top, "reading", _reading),
        since=_since(top.row("baseline")) if top.values.get("baseline") is not None else None,
    )


def _since(row: _Row) -> Since:
    level = row.number("level", 0, 4)
    ids = [row.texts(key) for key in ("new", "known", "mended")]
    return Since(row.text("against"), row.number("score", 0, 100), None if level is None else int(level), *ids)


_Made = TypeVar("_Made")


def _many(row: _Row, key: str, make: Callable[[_Row], _Made]) -> tuple[_Made, ...]:
    return tuple(make(item) for item in row.rows(key))


def _repository(row: _Row) -> RepositoryInfo:
    return RepositoryInfo(
        row.text("name") or "unnamed",
        row.text("path") or None,
        row.text("url") or None,
        row.text("commit") or None,
        row.whole("files"),
        row.whole("bytes"),
        row.text("kind", "ml-project"),
        row.text("why_kind"),
        row.texts("languages"),
    )


def _score(row: _Row) -> Score:
    level = row.number("level", 0, 4)
    dimensions = row.row("dimensions")
    points = {clean(name, _WORD): dimensions.number(name, 0, 100) for name in dimensions.values}
    return Score(row.number("score", 0, 100), None if level is None else int(level), points)


def _finding(row: _Row) -> Finding:
    """A finding; what it says of its check is cleaned here, because `cleaned` leaves checks as they are."""
    check = Check(
        clean(row.text("id"), _WORD) or _refuse(row, "id", "missing"),
        clean(row.text("title"), 200),
        clean(row.text("capability"), _WORD),
        row.whole("level", 1, 4),
        clean(row.text("dimension"), _WORD),
        _NO_DOC,
        _judged_elsewhere,
        "",
        1.0 if (weight := row.number("weight")) is None else weight,
        clean(row.text("fix"), 200) or None,
    )
    waived = row.values.get("waiver")
    waiver = _Row(waived, f"{row.at}.waiver") if waived is not None else None
    return Finding(
        check,
        _verdict(row, row.texts("looked_in"), row.text("would_satisfy")),
        row.truth("required"),
        Waiver(waiver.text("reason"), waiver.text("expires") or None) if waiver else None,
        mark if (mark := row.text("baseline")) in ("new", "known") else "",
    )


def _verdict(row: _Row, looked_in: tuple[str, ...], would_satisfy: str) -> Verdict:
    status = row.choice("status", _STATUSES)
    evidence = _many(row, "evidence", _evidence)
    try:
        return Verdict(status, row.text("message"), evidence, looked_in, would_satisfy, row.texts("faults"))
    except ValueError:
        raise BadReport(f"{row.at} is a {status} without what shows it") from None


def _judged_elsewhere(_project: Any) -> Verdict:
    raise TypeError("this check came with a saved report: it was judged where the report was made")


def _refuse(row: _Row, key: str, why: str) -> str:
    raise row.bad(key, why)


def _at(row: _Row) -> Location:
    line = row.whole("line", 1)
    return Location(row.path("path"), line, max(line, row.whole("end_line", line)))


def _evidence(row: _Row) -> Evidence:
    strength = row.choice("strength", _STRENGTHS, Strength.MENTIONED)
    return Evidence(_at(row), strength, row.text("note"), row.text("tool"))


def _part(row: _Row, findings: tuple[Finding, ...]) -> Part:
    """A project of several; what its checks ask stands with the repository's own findings."""
    known = {finding.check.id: finding for finding in findings}
    root = row.path("root", ".")
    own = []
    for item in row.rows("checks"):
        asked = known.get(item.text("id"))
        if asked is not None:
            would = asked.verdict.would_satisfy or f"see `kit explain {asked.check.id}`"
            own.append(Finding(asked.check, _verdict(item, (root or ".",), would), asked.required))
    return Part(root, row.text("kind"), tuple(own), _score(row))


def _rubric(row: _Row) -> Projection:
    items = tuple(
        RubricItem(
            item.text("section"),
            item.text("text"),
            item.number("points"),
            item.number("most") or 0.0,
            _many(item, "evidence", _evidence),
            item.text("missing"),
            item.text("ask"),
        )
        for item in row.rows("items")
    )
    names = (row.text("rubric"), row.text("name"), row.text("url"), row.text("score", "sum"))
    return Projection(*names, row.number("points") or 0.0, row.number("possible") or 0.0, row.text("band"), items)


def _setting(row: _Row) -> Setting:
    return Setting(_at(row), row.text("key"), row.text("value"), row.truth("honoured"), row.text("why"))


def _waiver(row: _Row) -> WaiverRow:
    words = (row.text("reason"), row.text("state"))
    return WaiverRow(_at(row), row.texts("checks"), *words, row.text("expires") or None, row.text("why"))


def _claim(row: _Row) -> Claim:
    return Claim(row.text("text"), _at(row), row.text("capability"), row.truth("backed"))


def _unread(row: _Row) -> Unread:
    return Unread(row.path("path"), row.text("why"))


def _reading(row: _Row) -> Reading:
    return Reading(row.text("kind"), row.whole("files"), row.whole("whole"), row.whole("by_lines"))
