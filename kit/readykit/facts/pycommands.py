"""Commands that Python starts: nox sessions, Invoke tasks, `subprocess` and `os.system`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from readykit.facts.commands import commands

if TYPE_CHECKING:
    from readykit.model import Fact

STARTERS = re.compile(
    r"(subprocess\.(run|call|check_call|check_output|Popen)|os\.(system|popen)|.*\.run(_always|_install)?)$"
)
ENDS = ("run", "call", "check_output", "Popen", "system", "popen", "run_always", "run_install")
# `*command`, what a function was given; `*session.posargs` is what the user adds
FORWARDED = re.compile(r"\*\w+")
TASKS = ("nox", "invoke", "fabric", "doit")


def started(facts: Iterable[Fact]) -> list[Fact]:
    """`command` facts for the calls that start a program with a constant command line."""
    facts = list(facts)
    imports = (fact.name for fact in facts if fact.kind == "import")
    system = next((name.partition(".")[0] for name in imports if name.startswith(TASKS)), "")
    calls = [f for f in facts if f.kind == "call" and f.name.endswith(ENDS) and STARTERS.match(f.name)]
    if not calls and not system:
        return []
    lists = {(f.scope, f.name): f.value for f in facts if f.kind == "assign" and f.value.startswith("[")}
    found: list[Fact] = []
    for fact in calls:
        direct = fact.name.startswith(("subprocess.", "os."))
        if not direct and not system:
            continue
        text = command_line(unpacked(fact, lists))
        if text:
            extra = {"swallowed": "yes"} if fact.detail.get("warn") == "True" else {}
            found += commands(text, fact.at, "python" if direct else system, fact.scope, **extra)
    return found + (forwarded(facts, system) if system else [])


def forwarded(facts: Sequence[Fact], system: str) -> list[Fact]:
    """Commands of a task file's own helpers: `run(session, "pytest")` where `run` ends in `session.run(*command)`."""
    helpers: dict[str, tuple[Fact, list[str]]] = {}
    defined = {fact.name: fact for fact in facts if fact.kind == "def"}
    texts = {fact.name: fact.value for fact in facts if fact.kind == "assign" and not fact.scope}
    found: list[Fact] = []
    for _ in range(2):  # a helper may call a helper
        for fact in facts:
            inside = defined.get(fact.scope)
            if fact.kind != "call" or inside is None:
                continue
            line = (
                words_of(fact, helpers) if fact.name in helpers else words_of(fact) if STARTERS.match(fact.name) else []
            )
            if any(FORWARDED.fullmatch(word) for word in line) and fact.scope not in helpers:
                helpers[fact.scope] = (inside, line)
    for fact in facts:
        if fact.kind == "call" and fact.name in helpers and fact.scope not in helpers:
            line = [constant(word, texts) for word in words_of(fact, helpers)]
            text = " ".join(word for word in line if word and not word.startswith("*"))
            found += commands(text, fact.at, system, fact.scope) if text else []
    return found


def unpacked(call: Fact, lists: Mapping[tuple[str, str], str]) -> Fact:
    """The call with `*tool` at its start put as the words of the list that the name was given before."""
    first = call.detail.get("0", "")
    if not FORWARDED.fullmatch(first):
        return call
    source = lists.get((call.scope, first[1:])) or lists.get(("", first[1:]), "")
    words = [repr(word) for word in listed(source[: source.find("]") + 1])] if source else []
    if not words:
        return call
    rest = [call.detail[str(index)] for index in range(1, 12) if str(index) in call.detail]
    return call._replace(detail={**call.detail, **{str(i): word for i, word in enumerate([*words, *rest][:12])}})


def words_of(call: Fact, helpers: Mapping[str, tuple[Fact, list[str]]] | None = None) -> list[str]:
    """The arguments of a call as written, those of a helper put into the call that it ends in."""
    given = [call.detail[str(index)] for index in range(12) if str(index) in call.detail]
    if not helpers or call.name not in helpers:
        return given
    inside, line = helpers[call.name]
    names = [part.partition(":")[0].partition("=")[0].strip() for part in inside.detail.get("args", "").split(", ")]
    names = [name for name in names if name and not name.startswith("*")]
    values = {name: value.strip("\"'") for name, value in zip(names, given, strict=False)}
    rest = given[len(names) :]
    found: list[str] = []
    for word in line:
        if FORWARDED.fullmatch(word):
            found += rest
            rest = []
        else:
            found.append(re.sub(r"\{(\w+)\}", lambda m: values.get(m[1], m[0]), word))
    return found


def constant(word: str, texts: Mapping[str, str]) -> str:
    """A constant argument without its quotes, names of module constants filled in; nothing for a variable."""
    if not word.startswith(("'", '"', "f'", 'f"')):
        return ""
    bare = word.lstrip("f").strip("\"'")
    return re.sub(r"\{(\w+)\}", lambda m: texts.get(m[1], "{}").strip("\"'"), bare)


def command_line(fact: Fact) -> str:
    """The words of a call's constant arguments; `{}` for what is not constant."""
    words: list[str] = []
    for index in range(12):
        source = fact.detail.get(str(index))
        if source is None:
            break
        if source.startswith(("'", '"', "f'", 'f"')):
            words.append(re.sub(r"\{[^}]*\}", "{}", source.lstrip("f").strip("'\"")))
        elif source.startswith("["):
            words += listed(source)
            break
        elif index == 0:
            return ""
    return " ".join(words).replace("\\n", "\n")


def listed(source: str) -> list[str]:
    """The words of a list; a list cut short gives those that are whole."""
    try:
        node = ast.parse(source, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return re.findall(r"[\"']([^\"']*)[\"']", source)
    items = node.elts if isinstance(node, ast.List) else []
    return [str(item.value) if isinstance(item, ast.Constant) else "{}" for item in items]
