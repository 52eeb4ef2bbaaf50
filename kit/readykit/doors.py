"""Requests that are checked by hand: conditions that answer or raise before a model is asked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from readykit.model import Strength
from readykit.naming import last, words
from readykit.web import behind, prediction_routes

if TYPE_CHECKING:
    from readykit.model import Evidence, Fact
    from readykit.project import Project

OF_REQUEST = re.compile(
    r"\b(request|req)\.(files|form|args|json|data|body|get_json|query_params|values|headers|post|GET|POST)\b"
)
WHOLE_REQUEST = re.compile(r"^(flask\.)?(request|req)$")
# what is handed in by the framework or the class is not what somebody sent
OWN_THINGS = frozenset({"self", "cls", "app", "model", "db", "session", "settings", "config", "logger", "response"})
EARLY = re.compile(r"(^|,)(return|raise|\w*\.?abort)\b")
REFUSES = re.compile(r"http|bad_?request|abort|param|validation|parsing|unprocessable|invalid|malformed", re.IGNORECASE)
CHECKS = re.compile(r"(?<![a-z])(valid\w*|check\w*|verif\w*|ensure|assert|clean|saniti\w*|pars(e|ing))(?![a-z])")
SENT = re.compile(r"(?<![a-z])(payload|request|input|row|schema|body)s?(?![a-z])")
DEPTH = 3
"""How many calls away from the route a request is followed."""


def parameters(fact: Fact) -> set[str]:
    """The names of a function's parameters, those aside that a framework fills by itself."""
    found = set()
    for part in re.split(r",\s*(?![^\[\(]*[\]\)])", fact.detail.get("args", "")):
        name = re.match(r"\*{0,2}(\w+)", part.strip())
        if name and "Depends(" not in part:
            found.add(name[1])
    return found - OWN_THINGS


def named_in(text: str, names: set[str]) -> bool:
    """Whether source text mentions one of some names."""
    return bool(names & set(re.findall(r"[A-Za-z_]\w*", text)))


def taken(facts: list[Fact], names: set[str]) -> set[str]:
    """The names that hold what somebody sent: parameters, and what is made of them or of the request."""
    found = set(names)
    for fact in facts:
        if fact.kind == "assign" and (OF_REQUEST.search(fact.value) or named_in(fact.value, found)):
            found.update(re.findall(r"\w+", last(fact.name)))
    return found - OWN_THINGS


def refused_by_hand(project: Project) -> Iterator[Evidence]:
    """Conditions on a request, in the function that takes it or one that gets it from there."""
    for path, handler in sorted({(fact.at.path, handler) for fact, handler in prediction_routes(project)}):
        for fact in conditions(project, path, last(handler), 0, set()):
            yield project.evidence(fact, "the request is checked by hand before it is used", cap=Strength.IMPORTED)


def refused_by_scorer(project: Project) -> Iterator[Evidence]:
    """Checks of what was sent, in the scorer that a cloud calls by name (`init` and `run`) and in what it imports."""
    for path in scorers(project):
        for target in behind(project, [path], 2):
            for fact in project.repo.facts(target):
                refuses = fact.kind == "branch" and re.search(r"(^|,)raise\b", fact.detail.get("body", ""))
                name = words(last(fact.scope))
                if refuses and CHECKS.search(name) and SENT.search(name):
                    yield project.evidence(fact, "the scorer checks by hand what was sent", cap=Strength.IMPORTED)


def scorers(project: Project) -> Iterator[str]:
    """Modules with the two functions that a cloud's model server asks for: `init()` and `run(data)`."""
    for fact in project.facts("def", name="run"):
        names = {f.name for f in project.repo.facts(fact.at.path) if f.kind == "def"}
        if "init" in names and fact.detail.get("args"):
            yield fact.at.path


def conditions(project: Project, path: str, name: str, depth: int, seen: set[tuple[str, str]]) -> Iterator[Fact]:
    """The conditions on what was sent in a function and in those that it hands it to."""
    seen.add((path, name))
    facts = [f for f in project.repo.facts(path) if f.scope and last(f.scope) == name]
    head = next((f for f in project.repo.facts(path) if f.kind == "def" and last(f.name) == name), None)
    sent = taken(facts, parameters(head) if head else set())
    checking = depth > 0 and bool(CHECKS.search(words(name)))
    for fact in facts:
        body = fact.detail.get("body", "")
        about = OF_REQUEST.search(fact.name) or set(fact.detail.get("names", "").split()) & sent
        if fact.kind == "branch" and EARLY.search(body) and "method" not in fact.detail.get("names", ""):
            if (about and (depth == 0 or REFUSES.search(body))) or (checking and (about or "raise" in body)):
                yield fact
        elif fact.kind == "raise" and depth > 0 and REFUSES.search(fact.name):
            yield fact
    if depth < DEPTH:
        for target, called in handed_to(project, path, facts, sent):
            if (target, called) not in seen:
                yield from conditions(project, target, called, depth + 1, seen)


def handed_to(project: Project, path: str, facts: list[Fact], sent: set[str]) -> Iterator[tuple[str, str]]:
    """The project's functions that get what was sent, with their files."""
    near = behind(project, [path], 1)
    for fact in facts:
        given = [value for key, value in fact.detail.items() if key not in ("assigned", "receiver")]
        if fact.kind != "call" or not any(WHOLE_REQUEST.match(v) or named_in(v, sent) for v in given):
            continue
        for target in near:
            made = (f for f in project.repo.facts(target) if f.kind == "def" and f.value != "class")
            if any(last(f.name) == last(fact.name) and "." not in f.name for f in made):
                yield target, last(fact.name)
