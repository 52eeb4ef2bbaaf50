"""A whole report made safe to show: every string cleaned and bounded, every secret masked, at this one place.

`cleaned` walks over all that a report holds, whatever its fields are called, so that neither a new field nor a new
writer can forget it (docs/decisions/0016-formats.md). Only checks are left as they are: they are code that the user
chose to run, not text of the audited tree.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from functools import cache
from operator import is_
from typing import Any, Final

from readykit import credentials
from readykit.hiding import HEAD, Hidden, starts_in
from readykit.model import Check, Location, Report, Unread
from readykit.text import clean, clean_path

MAX_ROWS: Final = 2_000
"""Rows of one list of a report; how many more there are is said among what was skipped."""
MAX_TEXT: Final = 1_000
"""Characters of a text; those below are bounded more closely, because a stranger's words are in them."""
LIMITS: Final = {
    ("Evidence", "note"): 400, ("Setting", "key"): 80, ("Setting", "value"): 120, ("WaiverRow", "reason"): 200,
    ("WaiverRow", "checks"): 20, ("Claim", "text"): 200, ("RepositoryInfo", "name"): 200,
    ("Excerpt", "lines"): 160,
}  # fmt: skip
PATHS: Final = frozenset({("Location", "path"), ("Unread", "path"), ("Part", "root"), ("Report", "best_project")})
"""Fields that name a place in the audited tree."""

_BETWEEN = "\n\0\n"  # keeps what is looked for from reaching over the end of one text into the next
# in `scheme://user:password@host` the password, whatever it is
_IN_ADDRESS = re.compile(r"(?<=://)([^\s:/@\"'<>{}$]*:)([^\s/@\"'<>{}$]{3,})(?=@)")
# the beginning of a token at the end of a text that was cut there
_STARTS = (
    "AKIA", "ASIA", "AIza", "GOCSPX-", "ghp_", "gho_", "ghs_", "github_pat_", "glpat-", "xoxb-", "xoxp-", "xoxa-",
    "sk-proj-", "sk-ant-", "sk-svcacct-", "gsk_", "hf_", "npm_", "pypi-AgE", "dckr_pat_", "pnu_", "sk_live_",
    "rk_live_",
)  # fmt: skip
_CUT_OFF = re.compile(rf"(?<![A-Za-z0-9])(?:{'|'.join(_STARTS)})(?=[\w-]*[0-9A-Z])[\w-]{{6,}}(?=…|$)", re.MULTILINE)
# made by a machine, by its looks alone: capitals, letters and digits, long, and hardly any word in it
_LONG = re.compile(r"(?<![\w/+.@-])[A-Za-z0-9+/]{32,}={0,2}(?![\w/+=-])")
_MIXED = re.compile(
    r"(?=[a-z0-9+/]*[A-Z])(?=[A-Z0-9+/]*[a-z])(?=[A-Za-z+/]*\d)(?:[A-Za-z0-9+/]{40}|[A-Za-z0-9+]{32,}={0,2})"
)
# what stands beside its name or a word for what it is, with the groups of the name (0: none) and the value
_BESIDE: Final = (
    (credentials.QUOTED, 1, 3), (credentials.BARE, 1, 2), (credentials.GIVEN, 1, 2), (credentials.OPTION, 0, 2),
    (credentials.LOGIN, 0, 1), (credentials.BEARER, 0, 1), (credentials.KEY_PAIR, 0, 1),
)  # fmt: skip
_TELLING: Final = (*credentials.SECRET_WORDS, "login", "bearer", "username", "passphrase", "-key")
_BEFORE, _BEHIND, _LINE = 40, 300, 4_000
_WORDS = re.compile(r"[A-Z]?[a-z]{3,}")


def cleaned(report: Report, secrets: Iterable[str] = ()) -> Report:
    """Return a report in which nothing can act on what shows it and no secret can be read.

    Args:
        report: any report; one that is clean already is returned as it is.
        secrets: values that must not appear, besides those that show by their form what they are.
    """
    if report.clean:
        return report
    found: Texts = {}
    left_out = _gather(report, MAX_TEXT, found)
    mask = Masker(secrets, _BETWEEN.join({text for texts in found.values() for text in texts}))
    changes = {limit: _changed(texts, limit, mask) for limit, texts in found.items()}
    done: Report = _rebuilt(report, MAX_TEXT, changes) if left_out or any(changes.values()) else report
    if left_out:
        done = replace(
            done, skipped=(*done.skipped, Unread("", f"{left_out:,} more rows of this report are not listed"))
        )
    return replace(done, clean=True)


def told(text: str, limit: int = 600) -> str:
    """Return a message to the user as one safe line: it may quote a path, an address, a parser's words."""
    return clean(Masker((), text)(text), limit)


class Masker:
    """Replaces the secrets of a text by their first characters; called with one text after the other."""

    def __init__(self, secrets: Iterable[str], text: str) -> None:
        """Learn which secrets there are.

        Args:
            secrets: values known from elsewhere.
            text: all that will be masked, in which further ones are looked for.
        """
        self.in_address = "://" in text and "@" in text
        self._tokens = Hidden((value for value in by_form(text) if "/" not in value), whole=True)
        self._hidden = Hidden(starts_in(text, {*secrets, *secrets_of(text)}))

    def __call__(self, text: str) -> str:
        """Return the text without secrets, also those of which it holds only the beginning."""
        return self._without_passwords_in_addresses(self._hidden(text))

    def in_path(self, path: str) -> str:
        """Return a path without the secrets that show in itself.

        What is a secret elsewhere is none here: "password=src/train.py1" in a README must not hide where evidence is.
        """
        path = self._tokens(path)
        path = Hidden((value for line in _lines(path) for value in _beside(line)), whole=True)(path)
        return self._without_passwords_in_addresses(path)

    def _without_passwords_in_addresses(self, text: str) -> str:
        if self.in_address and "@" in text:
            text = _IN_ADDRESS.sub(lambda match: match[1] + credentials.masked(match[2]), text)
        return text


def secrets_of(text: str) -> Iterator[str]:
    """Values in a text that must not be shown.

    This is less choosy than the check that looks for credentials: masking what was none costs a reader little.
    """
    yield from by_form(text)
    for line in _lines(text):
        yield from _beside(line)


def by_form(text: str) -> Iterator[str]:
    """Values in a text that show what they are by their own form, whatever stands beside them."""
    for start, shape, _ in credentials.SHAPES:
        for place in _places(text, start):
            if match := shape.search(text, max(0, place - _BEFORE), place + _BEHIND):
                yield match[0]
    if any(start in text for start in _STARTS):
        yield from (match[0] for match in _CUT_OFF.finditer(text))
    for word, pattern in (("PRIVATE KEY", credentials.PRIVATE_KEY), ("LS0tLS1CRUdJTi", credentials.ENCODED_KEY)):
        if word in text:
            yield from (match[0] for match in pattern.finditer(text))
    for match in _LONG.finditer(text):
        if _MIXED.fullmatch(match[0]) and 2 * sum(map(len, _WORDS.findall(match[0]))) < len(match[0]):
            yield match[0]


def _lines(text: str) -> list[str]:
    """The lines that hold a word that speaks of a secret."""
    low = text.lower()
    low = low if len(low) == len(text) else text
    starts = {low.rfind("\n", 0, place) + 1 for word in _TELLING for place in _places(low, word)}
    return [text[start : start + _LINE].partition("\n")[0] for start in sorted(starts)]


def _places(text: str, part: str) -> Iterator[int]:
    place = text.find(part)
    while place >= 0:
        yield place
        place = text.find(part, place + len(part))


def _beside(line: str) -> Iterator[str]:
    """Values beside a name that speaks of a secret: with a digit in them, as words have none."""
    for pattern, name, group in _BESIDE:
        for match in pattern.finditer(line):
            value = match[group].strip("\"'")
            about = name and credentials.OF_SOMETHING_ELSE.search(match[name])
            if about or len(value) < HEAD or credentials.REFERENCE.search(value):
                continue
            if any(char.isdigit() for char in value):
                yield value


Texts = dict[int, set[str]]
"""Texts by the length they may have; `_PATH` for places."""
_PATH: Final = 0
_NO_TEXT: Final = re.compile(r"(int|float|bool|Strength|Status|Check|Mapping\[str, float \| None\])( \| None)?")


@cache
def _plan(kind: Any) -> tuple[tuple[str, int], ...]:
    """The fields of a type that can hold text of the audited tree, and how long it may be."""
    if kind is Location:
        types: Mapping[str, str] = {"path": "str"}
    elif isinstance(kind, type) and is_dataclass(kind) and kind is not Check:
        types = {field.name: str(field.type) for field in fields(kind)}
    else:
        return ()
    named = [(kind.__name__, name) for name, what in types.items() if not _NO_TEXT.fullmatch(what)]
    return tuple((name[1], _PATH if name in PATHS else LIMITS.get(name, MAX_TEXT)) for name in named)


def _gather(value: Any, limit: int, found: Texts) -> int:
    """Collect the texts of a report; give back for how many rows there is no room."""
    if type(value) is str:
        found.setdefault(limit, set()).add(value)
        return 0
    if type(value) is tuple:
        left_out = max(0, len(value) - MAX_ROWS)
        for item in value[:MAX_ROWS]:
            left_out += _gather(item, limit, found)
        return left_out
    left_out = 0
    for name, most in _plan(value.__class__):
        left_out += _gather(getattr(value, name), most, found)
    return left_out


def _changed(texts: Iterable[str], limit: int, mask: Masker) -> dict[str, str]:
    """What becomes of the texts that cannot stay as they are."""
    done = {text: clean_path(mask.in_path(text)) if limit == _PATH else clean(mask(text), limit) for text in texts}
    return {text: shown for text, shown in done.items() if shown != text}


def _rebuilt(value: Any, limit: int, changes: Mapping[int, Mapping[str, str]]) -> Any:
    """A value with the changes made; itself where there are none."""
    if type(value) is str:
        return changes[limit].get(value, value)
    if type(value) is tuple:
        made = tuple([_rebuilt(item, limit, changes) for item in value[:MAX_ROWS]])
        return value if len(made) == len(value) and all(map(is_, made, value)) else made
    new = {}
    for name, most in _plan(value.__class__):
        old = getattr(value, name)
        if (now := _rebuilt(old, most, changes)) is not old:
            new[name] = now
    if not new:
        return value
    return value._replace(**new) if isinstance(value, Location) else replace(value, **new)
