"""What a project's tests hold: the tests, what each calls by itself or by its helpers and fixtures, what it asserts."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from readykit.facts.templates import is_template, rendered_path
from readykit.once import Answers, once

if TYPE_CHECKING:
    from readykit.model import Fact, Location
    from readykit.project import Project

# A test that cannot fail for a wrong result: constants, "is not None", "or True".
VACUOUS = re.compile(
    r"^\(?(True|1|\d+ == \d+|[\w.\[\]\"']+( is not None)?)\)?$|\bor True\b|status_code in [\[({].*\b5\d\d\b"
)
ASSERTING = re.compile(r"(^|\.)(assert\w*|raises|warns|fail|check_\w+|expect\w*|verify\w*)$")
NOT_MODULES = frozenset({"tests", "test", "__init__", "setup", "conftest"})
STARTS = ("subprocess.", "os.system", "sh.", "importlib.", "runpy.")
# A client of the web, and the addresses of a service that runs beside the tests: this machine, or told from outside.
OVER_HTTP = re.compile(r"^(requests|httpx)(\.\w+)*\.(get|post|put|request)$|^urllib\.request\.urlopen$")
THIS_MACHINE = re.compile(r"\bhttps?://(localhost|127\.0\.0\.1|0\.0\.0\.0)(?![\w.])")
FROM_OUTSIDE = re.compile(r"\b(getenv|environ)\b.*(?<![A-Z])(URL|URI|ENDPOINT|HOST|ADDRESS)(?![A-Z])")
# A helper of another file that is there to assert for a test.
JUDGING = re.compile(r"(^|[._])(assert|check|verify|expect)")
CONFTEST = "conftest.py"
ARGUMENT = re.compile(r"(\w+)(?=\s*[:=,]|$)")
Helpers = dict[str, tuple[str, str]]
"""Functions that a test file can use, by name: the file and the definition."""
DEEP = 3
"""Hops from a test through helpers and fixtures."""


@dataclass(frozen=True, slots=True)
class Test:
    """One test function: its definition, what it calls, and its assertions that could fail.

    `calls` are those of the test, its helpers and its fixtures; `direct` leaves fixtures and other files out.
    """

    fact: Fact
    calls: tuple[Fact, ...]
    direct: tuple[Fact, ...]
    asserts: tuple[Fact, ...]
    weak: bool
    uses_project: bool

    @property
    def at(self) -> Location:
        """Where it is defined."""
        return self.fact.at

    @property
    def own_asserts(self) -> bool:
        """Whether an assertion stands in the test itself, not only in a helper or fixture."""
        return any(f.at.path == self.at.path and f"{f.scope}.".startswith(f"{self.fact.name}.") for f in self.asserts)

    @property
    def honest(self) -> bool:
        """Whether it uses the project's code and could fail for a wrong result."""
        return self.uses_project and bool(self.asserts)


@dataclass
class File:
    """The definitions of one test file with the facts that stand in each."""

    defs: dict[str, Fact] = field(default_factory=dict)
    calls: dict[str, list[Fact]] = field(default_factory=lambda: defaultdict(list))
    asserts: dict[str, list[Fact]] = field(default_factory=lambda: defaultdict(list))
    refs: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    imported: set[str] = field(default_factory=set)

    @cached_property
    def usable(self) -> Helpers:
        """What tests can use of it: its definitions other than tests, by their own names."""
        own = ((name, fact) for name, fact in self.defs.items() if not is_test(fact))
        return {name.rpartition(".")[2]: (fact.at.path, name) for name, fact in own}


def is_test(fact: Fact) -> bool:
    """Whether a definition is a test function or method by the rules of the common runners."""
    name = fact.name.rpartition(".")[2]
    return fact.value in ("function", "async") and (name.startswith("test") or name.endswith("_test"))


def fixture(fact: Fact) -> bool:
    """Whether a function prepares something for tests."""
    return "fixture" in fact.detail.get("decorators", "")


def vacuous(fact: Fact) -> bool:
    """Whether an assertion holds whatever the code does."""
    return fact.kind != "call" and bool(VACUOUS.search(fact.name))


def asserting(fact: Fact) -> bool:
    """Whether a fact is an assertion, as a statement or as a call."""
    return fact.kind == "assert" or (fact.kind == "call" and bool(ASSERTING.search(fact.name)))


def owner(scope: str, names: dict[str, Fact]) -> str:
    """The definition in which a scope stands, or nothing."""
    while scope:
        if scope in names:
            return scope
        scope = scope.rpartition(".")[0]
    return ""


@once
def own_modules(project: Project) -> frozenset[str]:
    """Names under which the project's own code can be imported."""
    found: set[str] = set()
    for path in project.paths:
        plain = rendered_path(path) if is_template(path) else path
        if plain.endswith(".py") and project.role(path) == "code":
            found.update(part for part in plain.removesuffix(".py").split("/") if part not in NOT_MODULES)
    for fact in project.facts("call", name="*Extension"):  # compiled modules, by the name that they are built under
        name = fact.detail.get("name", fact.detail.get("0", "")).strip("\"'")
        if name.replace(".", "").isidentifier():
            found.update(name.split("."))
    return frozenset(found)


@once
def functions_of_r(project: Project) -> frozenset[str]:
    """Functions that the project's code in R defines."""
    return frozenset(fact.name for fact in project.facts("def") if fact.detail.get("language") == "r")


def calls_in(project: Project, path: str) -> Iterator[Fact]:
    """The calls of a file."""
    return iter(project.repo.facts_of(path, "call"))


def uses_project(project: Project, path: str, own: frozenset[str] | set[str], hop: bool = True) -> bool:
    """Whether a test file imports the project's code or runs it as a command, itself or by way of its fixtures."""
    if path.endswith((".R", ".r")):  # a package's tests name its functions without importing them
        return any(f.name.rpartition("::")[2] in functions_of_r(project) for f in calls_in(project, path))
    folder = path.rpartition("/")[0]
    beside: set[str] = set()
    for fact in project.repo.facts_of(path, "import"):
        if fact.name.startswith(".") or fact.name.split(".")[0] in own:
            return True
        beside |= set(fact.name.split("."))
    if any(fact.name.startswith(STARTS) for fact in calls_in(project, path)) or asks_service(project, path):
        return True
    if not hop:
        return False
    tests = by_stem(project)
    near = [p for stem in beside for p in tests.get(stem, ()) if p != path]
    near += [p for p in tests.get(CONFTEST, ()) if f"{folder}/".startswith(p.removesuffix("conftest.py"))]
    return any(uses_project(project, p, own, hop=False) for p in near)


def asks_service(project: Project, path: str) -> bool:
    """Whether a test file asks a service over the network that was started for it: nothing of it is imported then."""
    if not any(OVER_HTTP.search(fact.name) for fact in calls_in(project, path)):
        return False
    facts = project.repo.facts(path)
    given = ((f.value,) if f.kind == "assign" else f.detail.values() for f in facts if f.kind in ("assign", "call"))
    return any(THIS_MACHINE.search(text) or FROM_OUTSIDE.search(text) for texts in given for text in texts)


@once
def by_stem(project: Project) -> dict[str, list[str]]:
    """The project's Python files of tests by their names without ending; under `conftest.py` all that are called so."""
    found: dict[str, list[str]] = {CONFTEST: project.files(CONFTEST)}
    for path in project.paths:
        if path.endswith(".py") and project.role(path) == "test":
            found.setdefault(path.rpartition("/")[2].removesuffix(".py"), []).append(path)
    return found


def read(project: Project) -> dict[str, File]:
    """The test files with their definitions."""
    found: dict[str, File] = defaultdict(File)
    for fact in project.facts("def", role=("test",)):
        if fact.value != "class":
            found[fact.at.path].defs[fact.name] = fact
    for path, file in found.items():
        fill(file, project.repo.facts(path))
    return dict(found)


def fill(file: File, facts: Iterable[Fact]) -> None:
    """Put the calls, assertions, references and imports of a file where they belong."""
    owners: dict[str, str] = {}
    for fact in facts:
        if fact.kind in ("call", "assert"):
            name = owners.get(fact.scope)
            if name is None:
                name = owners[fact.scope] = owner(fact.scope, file.defs)
            if name and asserting(fact):
                file.asserts[name].append(fact)
            if name and fact.kind == "call":
                file.calls[name].append(fact)
        elif fact.kind == "refs":
            for scope, names in fact.detail.items():
                file.refs[owner(scope, file.defs)] |= set(names.split())
        elif fact.kind == "import":
            file.imported |= set(fact.name.split("."))


def helpers(path: str, files: dict[str, File], places: dict[str, list[str]]) -> Helpers:
    """Functions that a test file can use by name: (file, definition) of its own, its fixtures' and its helpers'."""
    found: Helpers = {}
    folder = path.rpartition("/")[0]
    for other in sorted({place for stem in {*files[path].imported, "conftest"} for place in places.get(stem, ())}):
        above = other.endswith(CONFTEST) and f"{folder}/".startswith(other.removesuffix(CONFTEST))
        stem = other.rpartition("/")[2].removesuffix(".py")
        if other != path and (above or stem in files[path].imported):
            found |= files[other].usable if other in files else {}
    return found | files[path].usable


def spread_out(path: str, name: str, files: dict[str, File], helping: Answers[str, Helpers]
               ) -> Iterator[tuple[str, str]]:  # fmt: skip
    """A definition, and those that it refers to or takes as fixtures; `helping` are the helpers of each file."""
    todo, seen = [(path, name, 0)], set()
    while todo:
        where, what, depth = todo.pop()
        if (where, what) in seen:
            continue
        seen.add((where, what))
        yield where, what
        if depth < DEEP:
            file = files[where]
            names = set(file.refs.get(what, ()))
            names |= set(ARGUMENT.findall(file.defs[what].detail.get("args", "")))
            known = helping[where]
            todo += [(*known[each], depth + 1) for each in sorted(names & known.keys())]


@once
def tests_of(project: Project) -> tuple[Test, ...]:
    """Every test of a project, by path and line."""
    files = read(project)
    own = own_modules(project)
    uses = {path: uses_project(project, path, own) for path in files}
    places = by_stem(project)
    helping = Answers[str, Helpers](lambda path: helpers(path, files, places))
    found = []
    for path, file in files.items():
        for name, fact in file.defs.items():
            if not is_test(fact):
                continue
            parts = list(spread_out(path, name, files, helping))
            near = [part for part in parts if part[0] == path and not fixture(file.defs[part[1]])]
            calls = tuple(call for where, what in parts for call in files[where].calls.get(what, ()))
            direct = tuple(call for where, what in near for call in files[where].calls.get(what, ()))
            judging = [part for part in parts if part not in near and JUDGING.search(part[1])]
            every = [a for where, what in (*near, *judging) for a in files[where].asserts.get(what, ())]
            good = tuple(a for a in every if not vacuous(a))
            found.append(Test(fact, calls, direct, good, len(good) < len(every), uses[path]))
    return tuple(sorted(found, key=lambda test: test.at))
