"""Facts and reports as bytes, and back without trusting them.

Facts are plain values in `marshal`'s format; a report is a pickle that is read by a reader which knows the types of a
report and no other name, so that no bytes, whoever wrote them, can run anything.
"""

from __future__ import annotations

import io
import marshal
import pickle
from collections.abc import Iterable, Mapping
from typing import Any

from readykit import model
from readykit.model import NOTHING, Check, Doc, Fact, Report, Verdict

Row = tuple[str, str, int, int, str, str, Any]
"""A fact without its path: kind, name, line, last line, value, scope, detail (None for none)."""
Details = dict[tuple[str, ...], Mapping[str, str]]
"""Details of facts by their keys and then their values."""
_TYPES = {
    name: value for name, value in vars(model).items() if isinstance(value, type) and value.__module__ == model.__name__
}


class NotOurs(ValueError):
    """Bytes that are not what we write."""


def rows(facts: Iterable[Fact]) -> list[Row]:
    """Facts of one file as plain values."""
    return [
        (kind, name, line, end, value, scope, (detail if type(detail) is dict else dict(detail)) if detail else None)
        for kind, name, _, line, end, value, scope, detail in facts
    ]


def facts(path: str, found: Iterable[Row], alike: Details) -> tuple[Fact, ...]:
    """The facts that rows of one file stand for; `alike` are the details of other files."""
    new = tuple.__new__  # which makes them in half the time that their own names take
    return tuple(
        new(Fact, (kind, name, path, line, end, value, scope, NOTHING if detail is None else shared(detail, alike)))
        for kind, name, line, end, value, scope, detail in found
    )


def compact(found: Iterable[Fact], alike: Details) -> tuple[Fact, ...]:
    """Facts as they are kept; `alike` are the details of other files."""
    return tuple(
        fact
        if not (detail := fact[7]) or (known := shared(detail, alike)) is detail
        else tuple.__new__(Fact, (*fact[:7], known))
        for fact in found
    )


def shared(detail: Mapping[str, str], alike: Details) -> Mapping[str, str]:
    """A detail, or an equal one that is known: of a large tree's details more than half are equal to another."""
    return alike.setdefault((*detail, *detail.values()), detail)


def packed(values: Any) -> bytes:
    """Plain values as bytes."""
    return marshal.dumps(values)


def unpacked(data: bytes | memoryview) -> Any:
    """Plain values from bytes that a digest has vouched for.

    Raises:
        NotOurs: they are not plain values.
    """
    try:
        return marshal.loads(data)  # noqa: S302 - only after the cache or the worker's own pipe has given them
    except (EOFError, ValueError, TypeError) as error:
        raise NotOurs(str(error)) from None


def values_out(values: object) -> bytes:
    """Types of a report, and plain values of them, as bytes; checks lose the function that judges."""
    stream = io.BytesIO()
    _Out(stream, 5).dump(values)
    return stream.getvalue()


def values_in(data: bytes) -> Any:
    """Types of a report, and plain values of them, from bytes.

    Raises:
        NotOurs: they are something else.
    """
    try:
        return _In(io.BytesIO(data)).load()
    except (pickle.UnpicklingError, EOFError, ValueError, TypeError, AttributeError, IndexError, KeyError) as error:
        raise NotOurs(str(error)) from None


def report_out(report: Report) -> bytes:
    """A report as bytes."""
    return values_out(report)


def report_in(data: bytes) -> Report:
    """A report from bytes.

    Raises:
        NotOurs: they are not a report of this version.
    """
    found = values_in(data)
    if not isinstance(found, Report):
        raise NotOurs("no report")
    return found


def _check(*values: Any) -> Check:
    """A check as it stands in a report that came from elsewhere."""
    identity, title, capability, level, dimension, doc, since, weight, fix = values
    return Check(identity, title, capability, level, dimension, Doc(*doc), _judged_elsewhere, since, weight, fix)


def _judged_elsewhere(_project: Any) -> Verdict:
    raise TypeError("this check came with a report: it was judged where the report was made")


class _Out(pickle.Pickler):
    def reducer_override(self, thing: Any) -> Any:
        if isinstance(thing, Check):
            doc = (thing.doc.what, thing.doc.why, thing.doc.fix, thing.doc.source)
            return _check, (
                thing.id, thing.title, thing.capability, thing.level, thing.dimension, doc, thing.since, thing.weight,
                thing.fix,
            )  # fmt: skip
        return NotImplemented


class _In(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if module == model.__name__ and name in _TYPES:
            return _TYPES[name]
        if module == __name__ and name == "_check":
            return _check
        raise pickle.UnpicklingError(f"{module}.{name} is no part of a report")
