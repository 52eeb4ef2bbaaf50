"""What the assertions of a test are worth: about a result, about its form, about a mock, or about printed text."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from readykit.naming import last, words
from readykit.once import once
from readykit.testcode import OVER_HTTP, tests_of

if TYPE_CHECKING:
    from readykit.model import Fact
    from readykit.project import Project
    from readykit.testcode import Test

# Form only: a thing's type, its size, that it is there.
FORM = re.compile(
    r"isinstance\(|^len\(|hasattr\(|\.shape\b|\.ndim\b|\.dims\b|\.dtype\b| is not None|status_code|\.exists\(|issubset"
    r"|callable\(|inherits\(|is\.\w+\(|^n(row|col)\(|type\(|== len\(|\blen\([^)]*\) ==|num_\w+\W* ==|\.keys\(\)"
)
MOCKED = re.compile(r"(^|\.)assert_(not_)?(called|any_call|has_calls|awaited)\w*$|\.called\b|call_count|call_args")
PRINTED = re.compile(r"capsys|capfd|captured|caplog|stdout|\.out\b|\.err\b")
RAISES = re.compile(r"(^|\.|::)(raises|warns|assertRaises\w*|expect_(error|warning|message|no_error|silent))$")
PLACES = re.compile(r"path|dir\b|folder|filename|\.exists\(|returncode|exit_code", re.IGNORECASE)
PREDICTION = re.compile(r"(?<![a-z])(pred\w*|prob\w*|scores?|class(es)?)(?![a-z])")
A_FILE = re.compile(r"[\"'][\w./{}-]+\.\w{2,7}[\"']")
# A decorated function, a task or a component, called as the plain function that it was.
KEPT = re.compile(r"\.(fn|func|python_func|__wrapped__|entrypoint)$")
# Methods that strings, lists and mappings have: of an unknown receiver they say nothing.
COMMON = frozenset({*dir(str), *dir(dict), *dir(list), "transform"})


def said(fact: Fact) -> str:
    """The text of an assertion, its arguments when it is a call."""
    return fact.name if fact.kind == "assert" else ", ".join(fact.detail.get(str(i), "") for i in (0, 1))


def shown(fact: Fact) -> str:
    """An assertion as a reader of the report sees it."""
    return (fact.name if fact.kind == "assert" else f"{last(fact.name)}({said(fact).strip(', ')})")[:80]


def telling(test: Test) -> list[Fact]:
    """The assertions of a test about results: not about mocks, and not about what was printed."""
    found = []
    for fact in test.asserts:
        text = f"{fact.name} {said(fact)}"
        if not MOCKED.search(fact.name) and not MOCKED.search(said(fact)) and not PRINTED.search(text):
            found.append(fact)
    return found


def only_form(fact: Fact) -> bool:
    """Whether an assertion looks at a thing's type or size alone."""
    return bool(FORM.search(said(fact)))


def proof(test: Test) -> Fact | None:
    """The assertion of a test that says most: about a value before a form, a raise or a path."""
    ranked = sorted(
        telling(test), key=lambda f: (bool(PLACES.search(said(f))), only_form(f), bool(RAISES.search(f.name)))
    )
    return ranked[0] if ranked else None


def named(fact: Fact) -> str:
    """The last name of what a call calls, without the attribute by which a framework keeps the plain function."""
    return bare(fact.name)


@lru_cache(maxsize=8192)
def bare(name: str) -> str:
    """The last part of a dotted name, without what a framework hangs under it."""
    return last(KEPT.sub("", name))


@once
def own_names(project: Project) -> frozenset[str]:
    """Last names of the functions, methods and classes of the code."""
    return frozenset(last(fact.name) for fact in project.facts("def"))


def ours(fact: Fact, modules: frozenset[str], names: frozenset[str]) -> bool:
    """Whether a call goes to the project's own code."""
    name = named(fact)
    if name not in names:
        return False
    if fact.name.startswith("?."):
        return name not in COMMON
    first = fact.name.lstrip(".").partition(".")[0]
    return "." not in fact.name or fact.name.startswith(".") or first in modules


@once
def model_runners(project: Project) -> frozenset[str]:
    """Functions of the project that ask or fit a model in their own body, each under its full name."""
    asking = [e.at for job in ("asking a model", "asking a network", "fitting") for e in project.used(job)]
    found = set()
    for path in {at.path for at in asking if at.path.endswith(".py")}:
        owners = {fact.at: fact.scope for fact in project.repo.facts_of(path, "call")}
        scopes = {owners.get(at, "") for at in asking if at.path == path}
        module = path.removesuffix(".py").replace("/", ".")
        found |= {f".{module}.{scope}" for scope in scopes if scope.isidentifier()}
    return frozenset(found)


def runs_model(project: Project, fact: Fact) -> bool:
    """Whether a call is to a function of the project that asks or fits a model, whatever it is called."""
    name = fact.name.lstrip(".")
    return "." in name and any(runner.endswith(f".{name}") for runner in model_runners(project))


def over_the_network(project: Project, known: list[tuple[Test, Fact]]) -> list[tuple[Test, Fact]]:
    """Further tests that assert on what a model's service answers, each with its request for a prediction."""
    seen = {test.at for test, _ in known}
    others = (test for test in tests_of(project) if test.honest and test.at not in seen)
    asked = ((test, next((c for c in test.direct if OVER_HTTP.search(c.name)), None)) for test in others)
    return [(test, call) for test, call in asked if call is not None and any(map(of_prediction, telling(test)))]


def of_prediction(fact: Fact) -> bool:
    """Whether an assertion speaks of predictions, not of a file that is named after them."""
    return bool(PREDICTION.search(words(A_FILE.sub("", said(fact)))))
