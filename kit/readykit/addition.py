"""The additions that `kit add` knows: folders with an `addition.toml` and the files that it names.

A file is a Jinja template of the folder, or `template:PATH`, one that the template of `kit new` has as well.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from readykit import paths
from readykit.errors import UsageError


@dataclass(frozen=True, slots=True)
class Addition:
    """One thing that can be added.

    Attributes:
        name: how it is asked for; a folder of `additions/`.
        title: what it brings, in one line.
        promises: the checks that pass afterwards.
        helps: checks that become better and do not pass yet.
        opens: checks that apply from now on and do not pass yet.
        needs: additions without which it does not work.
        unless: the capability that a repository may have in another way, which then stays.
        not_beside: files that say that it is done in another way.
        dependencies: what its code imports, as in pyproject.toml.
        fill_in: what only the user knows.
        runs: a command that makes what no template can hold, a lock file.
        files: template by path, both rendered.
        append: lines by path, added where they are missing.
        asks: what cannot be guessed and must be said, by name.
        internal: whether it only comes with others.
    """

    name: str
    title: str
    promises: tuple[str, ...]
    helps: tuple[str, ...] = ()
    opens: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    unless: str = ""
    not_beside: tuple[str, ...] = ()
    dependencies: tuple[str, ...] = ()
    fill_in: tuple[str, ...] = ()
    runs: tuple[str, ...] = ()
    files: dict[str, str] = field(default_factory=dict)
    append: dict[str, list[str]] = field(default_factory=dict)
    asks: dict[str, str] = field(default_factory=dict)
    internal: bool = False


def load() -> dict[str, Addition]:
    """All additions by name."""
    found = {}
    for file in sorted(paths.ADDITIONS.glob("*/addition.toml")):
        table: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
        lists: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in table.items()}
        found[file.parent.name] = Addition(name=file.parent.name, **lists)
    return found


def chosen(word: str, known: dict[str, Addition], fixes: dict[str, str]) -> Addition:
    """The addition that a word asks for.

    Args:
        word: its name, a check that it mends, or a capability of the standard.
        known: all additions.
        fixes: the name of the addition by check and by capability.

    Returns:
        The addition.

    Raises:
        UsageError: nothing is added for it.
    """
    name = word if word in known else fixes.get(word.upper(), fixes.get(word, ""))
    if name in known and not known[name].internal:
        return known[name]
    names = ", ".join(a.name for a in known.values() if not a.internal)
    why = "no file of ours can mend it; `kit explain` says what does" if name == "none" else f"use one of {names}"
    raise UsageError(f"there is nothing to add for {word!r}: {why}")


def ordered(addition: Addition, known: dict[str, Addition]) -> list[Addition]:
    """An addition with all that it needs, what is needed first."""
    found: list[Addition] = []
    for name in addition.needs:
        found += [need for need in ordered(known[name], known) if need not in found]
    return [*found, addition]


def template(addition: Addition, source: str) -> str:
    """The text of a file of an addition before it is rendered; one of the template's own has nothing to render."""
    shared = source.removeprefix("template:")
    folder: Path = paths.TEMPLATE if shared != source else paths.ADDITIONS / addition.name
    return (folder / shared).read_text(encoding="utf-8")
