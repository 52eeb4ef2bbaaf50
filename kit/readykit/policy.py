"""What an audit is held to: the examiner's words first, the repository's own settings only where they may count.

Two parties meet in an audit. The examiner speaks on the command line and by a policy file that it names; the audited
repository speaks by `kit.toml` or `[tool.kit]` in its pyproject.toml. The examinee does not edit the exam: its own
settings are followed only when it is the project one stands in, or when the examiner trusts it, and they are listed
in the report in any case.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from readykit.errors import UsageError
from readykit.facts import Unparsable
from readykit.limits import MAX_FILE_BYTES
from readykit.model import Location, Setting
from readykit.score import Profile, Standard, UnknownProfile, extended
from readykit.waive import Rule
from readykit.wishes import Wishes as Wishes  # noqa: TC001 - to be had here as well

if TYPE_CHECKING:
    from readykit.repo import Repo

OWN = (("kit.toml", ""), ("pyproject.toml", "tool.kit"))
"""Where a repository's own settings stand: file and table, the first that is there."""
SHAPE = ("extends", "name", "required", "weights", "levels", "dimensions", "disabled")
"""Keys that make a profile; `--profile` on the command line replaces them all."""
EXPECTED: Mapping[str, type | tuple[type, ...]] = {
    "extends": str, "name": str, "required": list, "weights": dict, "levels": dict, "dimensions": dict,
    "disabled": dict, "select": list, "ignore": list, "min_score": (int, float), "min_level": int, "waive": list,
    "checks": list,
}  # fmt: skip
BELOW = re.compile(r"(?<=.)[.\[]")
IN_WAIVER = frozenset({"checks", "path", "reason", "expires"})


@dataclass(frozen=True, slots=True)
class Settings:
    """One settings file: its table, and the first line of each key and of what stands below it."""

    source: str
    table: Mapping[str, Any]
    lines: Mapping[str, int] = field(default_factory=dict)

    def at(self, key: str) -> Location:
        """Where a key stands: its own line, or that of the first key below it."""
        return Location(self.source, self.lines.get(key, 1))


@dataclass(frozen=True, slots=True)
class Policy:
    """What one audit is held to."""

    profile: Profile
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    disabled: Mapping[str, str] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    folders: tuple[str, ...] = ()
    min_score: float | None = None
    min_level: int | None = None
    settings: tuple[Setting, ...] = ()
    own_honoured: bool = False


def policy_file(path: str) -> Settings:
    """A policy file of the examiner's: the keys of `kit.toml`, or a pyproject.toml with a table `[tool.kit]`.

    Raises:
        UsageError: it cannot be read, or says something that is not understood.
    """
    try:
        with Path(path).open("rb") as stream:
            data = stream.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise UsageError(f"--config {path}: cannot be read ({error.strerror})") from None
    table = "tool.kit" if Path(path).name == "pyproject.toml" else ""
    found = parsed(data.decode("utf-8", "replace"), path, table)
    return found or Settings(path, {})


def own_settings(repo: Repo) -> list[Settings]:
    """The settings that stand in the audited repository; one that cannot be read has no table but a key `(unread)`."""
    found = []
    for name, table in OWN:
        if name in repo.known:
            try:
                settings = parsed(repo.text(name), name, table, checked=False)
            except UsageError as error:
                settings = Settings(name, {"(unread)": str(error)})
            if settings is not None:
                found.append(settings)
    return found


def parsed(text: str, source: str, table: str, *, checked: bool = True) -> Settings | None:
    """The settings in a TOML text, None when it has no such table.

    Raises:
        UsageError: it is not TOML, or (when checked) a key is unknown or has a value of another type.
    """
    if table and "kit" not in text:
        return None
    import tomllib  # with the reader of TOML an eighth of a small audit, and needed where there are settings only

    from readykit.facts import toml

    try:
        facts = toml.extract(text, source)
        data: Any = tomllib.loads(text)
    except (Unparsable, tomllib.TOMLDecodeError) as error:
        if table:
            return None  # not a settings file of ours in the first place; the report has a row for it
        raise UsageError(f"{source}: {error}") from None
    for part in filter(None, table.split(".")):
        data = data.get(part) if isinstance(data, dict) else None
    if not isinstance(data, dict):
        return None
    prefix = f"{table}." if table else ""
    lines: dict[str, int] = {}
    for fact in facts:
        if fact.name.startswith(prefix):
            for key in above(fact.name.removeprefix(prefix)):
                lines[key] = min(lines.get(key, fact.at.line), fact.at.line)
    settings = Settings(source, data, lines)
    if checked:
        validate(settings)
    return settings


def above(name: str) -> Iterator[str]:
    """A name, and the keys that it stands below, of which no more than two are ever asked for."""
    yield name
    for end in islice(BELOW.finditer(name), 2):
        yield name[: end.start()]


def validate(settings: Settings) -> None:
    """Refuse what is not understood.

    Raises:
        UsageError: says where, what is wrong, and what is expected.
    """
    for key, value in settings.table.items():
        at = settings.at(key)
        if key == "(unread)":
            raise UsageError(str(value))
        if key not in EXPECTED:
            raise UsageError(f"{at}: there is no setting {key!r}; the settings are {', '.join(sorted(EXPECTED))}")
        if not isinstance(value, EXPECTED[key]) or isinstance(value, bool):
            wanted = EXPECTED[key]
            name = wanted.__name__ if isinstance(wanted, type) else "number"
            raise UsageError(f"{at}: {key} must be a {WORDS.get(name, name)}, not {value!r}")
    numbers(settings)
    for name, reason in settings.table.get("disabled", {}).items():
        if not isinstance(reason, str) or not reason.strip():
            raise UsageError(f"{settings.at('disabled')}: disabled.{name} needs a reason, in words")
    rules_of(settings)


def numbers(settings: Settings) -> None:
    """Refuse weights that are no numbers, and floors that no report is below or all are.

    Raises:
        UsageError: says which one.
    """
    for key, most in (("min_score", 100), ("min_level", 4)):
        if not 0 <= settings.table.get(key, 0) <= most:  # also `nan`, which is not less than anything
            raise UsageError(f"{settings.at(key)}: {key} must be a number from 0 to {most}")
    if any(name not in LEVELS for name in settings.table.get("levels", {})):
        raise UsageError(f"{settings.at('levels')}: levels are numbers from 1 to 4")
    for key in ("weights", "levels", "dimensions"):
        for name, value in settings.table.get(key, {}).items():
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= MOST:
                raise UsageError(f"{settings.at(f'{key}.{name}')}: {key}.{name} must be a number from 0 to {MOST:,}")


LEVELS = frozenset("1234")
MOST = 1_000_000
"""Of a weight: the sum of all is a number yet."""
WORDS = {"str": "string", "dict": "table", "int": "whole number"}


def rules_of(settings: Settings) -> tuple[Rule, ...]:
    """The waivers of a settings file.

    Raises:
        UsageError: one of them lacks its checks or its reason, or has a key that is not known.
    """
    rules = []
    for index, row in enumerate(settings.table.get("waive", [])):
        at = settings.at(f"waive[{index}]")
        if not isinstance(row, dict) or set(row) - IN_WAIVER:
            raise UsageError(f"{at}: a waiver has checks, path, reason and expires, nothing else")
        checks, reason = row.get("checks"), row.get("reason")
        if not strings(checks) or not checks or not isinstance(reason, str) or not reason.strip():
            raise UsageError(f"{at}: a waiver needs checks (a list of ids) and a reason")
        expires = row.get("expires")
        path = row.get("path", "")
        if not isinstance(path, str):
            raise UsageError(f"{at}: path is a glob, for example 'deploy/**'")
        ids = tuple(str(name).upper() for name in checks)
        rules.append(Rule(at, ids, reason.strip(), None if expires is None else str(expires), path))
    return tuple(rules)


def strings(value: object) -> bool:
    """Whether a value is a list of strings."""
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def decided(repo: Repo, wishes: Wishes, standard: Standard, *, at_home: bool) -> Policy:
    """Bring the two parties together.

    Args:
        repo: the audited tree.
        wishes: what the examiner said.
        standard: the profiles that there are.
        at_home: whether the tree is the working directory's own project.

    Raises:
        UsageError: a setting that counts is wrong.
    """
    examiner = policy_file(wishes.config) if wishes.config else None
    own = own_settings(repo)
    honoured = (at_home or wishes.trusted) and examiner is None
    followed = own[0] if own and honoured else None
    if followed is not None:
        validate(followed)
    base = examiner or followed or Settings("", {})
    shape = {} if wishes.profile else {k: base.table[k] for k in SHAPE if k in base.table}
    try:
        profile = standard.profile(str(wishes.profile or shape.get("extends", "production")))
        profile = extended(profile, shape)
    except UnknownProfile as error:
        raise UsageError(f"{base.source}: {error}" if base.source and not wishes.profile else str(error)) from None
    run = base.table.get("checks", []) if base is examiner or wishes.trusted else []
    beside = Path(wishes.config).parent if wishes.config else repo_root(repo)
    if run and beside is None:
        raise UsageError(f"{base.source}: checks are loaded from a folder on disk only, not out of an archive")
    return Policy(
        profile,
        wishes.select or upper(base.table.get("select", ())),
        wishes.ignore or upper(base.table.get("ignore", ())),
        {name.upper(): reason for name, reason in shape.get("disabled", {}).items()},
        rules_of(base),
        (*wishes.checks, *(str(beside / name) for name in run if beside is not None)),
        base.table.get("min_score"),
        base.table.get("min_level"),
        tuple(listed(own, followed, wishes, examiner is not None)),
        honoured,
    )


def repo_root(repo: Repo) -> Path | None:
    """The folder of a tree on disk; None when it lies nowhere as files."""
    root = getattr(repo.source, "root", None)
    return None if root is None else Path(root)


def upper(names: Iterable[str]) -> tuple[str, ...]:
    """Ids as they are written in the standard."""
    return tuple(str(name).upper() for name in names)


def listed(own: Sequence[Settings], followed: Settings | None, wishes: Wishes, policy: bool) -> Iterable[Setting]:
    """Every setting of the audited repository, and whether it was followed."""
    for settings in own:
        for key, value in settings.table.items():
            why = "the examiner's policy counts" if policy else "not the working directory's own project"
            if followed is not None and settings is not followed:
                why = f"{followed.source} comes first"
            elif settings is followed:
                why = replaced(key, wishes)
            yield Setting(settings.at(key), key, brief(value), settings is followed and not why, why)


def replaced(key: str, wishes: Wishes) -> str:
    """What took the place of a setting that would count; empty when it does count."""
    if key in SHAPE and wishes.profile:
        return "--profile was given"
    if key in ("select", "ignore") and getattr(wishes, key):
        return f"--{key} was given"
    if key == "checks" and not wishes.trusted:
        return "it runs code, which needs --trust-config"
    return ""


def brief(value: object) -> str:
    """A value in a few words."""
    if isinstance(value, dict):
        return ", ".join(f"{k} = {v}" for k, v in value.items())[:120]
    if isinstance(value, list):
        return ", ".join(brief(item) for item in value)[:120]
    return str(value)[:120]
