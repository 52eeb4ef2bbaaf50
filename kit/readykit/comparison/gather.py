"""The candidates of a comparison: each is audited or read from a saved report, one after another."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from readykit.auditor import audited
from readykit.clean import told
from readykit.comparison.identity import names_in
from readykit.errors import TargetError
from readykit.report.load import load
from readykit.target import at_hand
from readykit.text import clean
from readykit.worker import Fault

if TYPE_CHECKING:
    from readykit.model import Report
    from readykit.wishes import Way, Wishes

_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Candidate:
    """One of several that are compared.

    Attributes:
        name: what it is called in the comparison; no two have the same.
        word: what the user typed for it.
        report: None when it could not be audited.
        why: why it could not.
        fault: the traceback, when that was a mistake of ours.
        names: whom and what it belongs to, for hiding them; gathered when asked for.
    """

    name: str
    word: str
    report: Report | None = None
    why: str = ""
    fault: str = ""
    names: tuple[str, ...] = ()


def is_saved(word: str) -> bool:
    """Whether a word means a saved report: nobody compares a single JSON file of a project."""
    return "://" not in word and word.lower().endswith(".json") and not Path(word).is_dir()


def gathered(
    words: Sequence[str], wishes: Wishes, way: Way, *, identities: bool = False,
    begun: Callable[[int, str], Way] | None = None,
) -> tuple[Candidate, ...]:  # fmt: skip
    """Bring the candidates.

    Args:
        words: paths, archives, addresses and saved reports.
        wishes: what is asked of each audit.
        way: how each audit is done.
        identities: also gather whom they belong to.
        begun: is called with the number and the word of each before it is audited, and says how to do that.

    Returns:
        One candidate a word, in the same order, all of different names. One that cannot be audited has no report.

    Raises:
        UsageError: a setting that holds for all is wrong.
    """
    found = []
    for number, word in enumerate(words, 1):
        found.append(one(word, wishes, begun(number, word) if begun else way, identities=identities))
    return tuple(distinct(found))


def one(word: str, wishes: Wishes, way: Way, *, identities: bool = False) -> Candidate:
    """Bring one candidate; the arguments are those of `gathered`.

    Own settings of a candidate never count, not even where one stands in it: what is asked is the same for all.
    """
    name = told(word.rstrip("/\\").replace("\\", "/").rpartition("/")[2], _SHOWN) or told(word, _SHOWN)
    try:
        if is_saved(word):
            report = _wanted(load(word), word, wishes.profile)
            return Candidate(report.repository.name, word, report)
        with at_hand(word) as place:
            report = audited(place, wishes, False, time.strftime("%Y-%m-%d"), way)
            names = names_in(place) if identities else ()
        return Candidate(report.repository.name, word, report, names=names)
    except TargetError as why:
        return Candidate(name, word, why=told(str(why)))
    except Fault as why:
        last = str(why).strip().rpartition("\n")[2]
        return Candidate(name, word, why=f"a fault of ours: {told(last, 200)}", fault=str(why))


def _wanted(report: Report, word: str, profile: str | None) -> Report:
    """A saved report, if it was made with the profile that is asked for.

    Raises:
        TargetError: it was made with another; what it required and weighed cannot be changed afterwards.
    """
    if profile is None or report.profile == profile:
        return report
    raise TargetError(
        f"{clean(word, 200)}: was made with profile {report.profile}; make it again with --profile {profile}"
    )


def distinct(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Tell those of the same name apart: by the end of what was typed, and by a number where that is the same too."""
    found = list(candidates)
    for name in {candidate.name for candidate in found}:
        same = [place for place, candidate in enumerate(found) if candidate.name == name]
        if len(same) > 1:
            for place, tail in zip(same, _tails([found[place].word for place in same]), strict=True):
                told = tail if tail.rpartition("/")[2] == name else f"{name} ({tail})"
                found[place] = replace(found[place], name=told)
    seen: Counter[str] = Counter()
    for place, candidate in enumerate(found):
        seen[candidate.name] += 1
        if seen[candidate.name] > 1:
            found[place] = replace(candidate, name=f"{candidate.name} #{seen[candidate.name]}")
    return found


def _tails(words: Sequence[str]) -> list[str]:
    """The ends of paths, as short as they can be and differ."""
    parts = [[part for part in word.replace("\\", "/").split("/") if part] or [word] for word in words]
    for length in range(1, max(map(len, parts)) + 1):
        tails = ["/".join(own[-length:]) for own in parts]
        if len(set(tails)) == len(tails):
            break
    return [told(tail, _SHOWN) for tail in tails]
