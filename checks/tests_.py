"""TST: do the tests assert something about this project's code?"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from readykit.checks_api import Project, check, failed, partial, passed
from readykit.model import Evidence, Fact, Strength, Verdict

# A test that cannot fail for a wrong result: constants, "is not None", "or True".
VACUOUS = re.compile(
    r"^\(?(True|1|\d+ == \d+|[\w.\[\]\"']+( is not None)?)\)?$|\bor True\b|status_code in [\[({].*\b5\d\d\b"
)
ASSERTING = re.compile(r"(^|\.)(assert\w*|raises|warns|fail|check_\w+|expect\w*|verify\w*)$")
OTHER_LANGUAGES = (
    "**/src/test/**/*.scala",
    "**/src/test/**/*.java",
    "**/tests/testthat/test*.R",
    "tests/testthat/test*.R",
    "src/test/**/*.scala",
    "src/test/**/*.java",
)
WANTED = "test functions that call the project's code and assert on the result"
SHOWN = 6
"""Tests that a verdict names."""
NOT_MODULES = frozenset({"tests", "test", "__init__", "setup", "conftest"})
SMALL, FEW = 3, 10
SHARE = 0.04
"""Tests for each function or class of the code, below which they are a handful."""
NARROW = 50
"""Functions and classes of a code base that one single test file does not cover."""


@dataclass
class Tests:
    """What the tests of one file hold."""

    functions: dict[str, Fact] = field(default_factory=dict)
    asserting: dict[str, Fact] = field(default_factory=dict)
    weak: set[str] = field(default_factory=set)


def is_test(fact: Fact) -> bool:
    """Whether a definition is a test function or method by the rules of the common runners."""
    name = fact.name.rpartition(".")[2]
    return fact.value in ("function", "async") and (name.startswith("test") or name.endswith("_test"))


def owner(scope: str, names: dict[str, Fact]) -> str:
    """The test in which a scope stands, or nothing."""
    while scope:
        if scope in names:
            return scope
        scope = scope.rpartition(".")[0]
    return ""


def collected(project: Project) -> dict[str, Tests]:
    """Test functions by file, with the first assertion of each that could fail."""
    found: dict[str, Tests] = defaultdict(Tests)
    for fact in project.facts("def", role=("test",)):
        if is_test(fact):
            found[fact.at.path].functions[fact.name] = fact
    for fact in asserted(project):
        tests = found.get(fact.at.path)
        name = owner(fact.scope, tests.functions) if tests else ""
        if tests and name:
            if fact.kind != "call" and VACUOUS.search(fact.name):
                tests.weak.add(name)
            else:
                tests.asserting.setdefault(name, fact)
    return found


def asserted(project: Project) -> Iterator[Fact]:
    """Assertions, as statements and as calls."""
    for fact in project.facts("assert", "call", role=("test",)):
        if fact.kind == "assert" or ASSERTING.search(fact.name):
            yield fact


def uses_project(project: Project, path: str, own: set[str], hop: bool = True) -> bool:
    """Whether a test file imports the project's code or runs it as a command, itself or by way of its fixtures."""
    folder = path.rpartition("/")[0]
    beside: set[str] = set()
    for fact in project.repo.facts(path):
        if fact.kind == "import":
            if fact.name.startswith(".") or fact.name.split(".")[0] in own:
                return True
            beside |= set(fact.name.split("."))
        elif fact.kind == "call" and fact.name.startswith(("subprocess.", "os.system", "sh.", "importlib.")):
            return True
    if not hop:
        return False
    near = [
        p
        for p in project.files("*.py", role=("test",))
        if p != path and p.rpartition("/")[2].removesuffix(".py") in beside
    ]
    near += [p for p in project.files("conftest.py") if f"{folder}/".startswith(p.removesuffix("conftest.py"))]
    return any(uses_project(project, p, own, hop=False) for p in near)


def modules(project: Project) -> set[str]:
    """Names under which the project's own code can be imported."""
    found: set[str] = set()
    for path in project.files("*.py", "**/*.py", role=("code",)):
        parts = path.removesuffix(".py").split("/")
        found.update(part for part in parts if part not in NOT_MODULES)
    return found


def size(project: Project) -> int:
    """How many functions and classes the code has that could be tested."""
    return sum(1 for fact in project.facts("def", role=("code",)) if not fact.at.path.endswith(".ipynb"))


@check(
    "TST001", "The tests assert something", capability="unit_tests", level=2, dimension="systems", fix="kit add tests"
)
def tests_assert(project: Project) -> Verdict:
    """What: test functions that use the project's code and assert on what it does, in proportion to the code.

    A file that is only called test, a test that returns early or asserts `or True` or that something is not None,
    and a test framework that is only a dependency do not count. A handful of tests over a large code base is partial.

    Why: without them every change to features or training is a guess, and CI has nothing to run.

    Fix: test one feature function with known values, one bad row that must be refused, and one pass over a sample.

    Source: document 002; ML Test Score, infrastructure tests.
    """
    own = modules(project)
    good: list[Fact] = []
    weak: list[Fact] = []
    for path, tests in sorted(collected(project).items()):
        judged = [tests.functions[name] for name in tests.asserting]
        (good if uses_project(project, path, own) else weak).extend(judged)
        weak += [tests.functions[name] for name in sorted(tests.weak - tests.asserting.keys())]
    foreign = project.files(*OTHER_LANGUAGES, role=("test", "code"))
    code = size(project)
    evidence = [
        Evidence(fact.at, Strength.USED, f"{fact.name} asserts on the project's code") for fact in spread(good)[:SHOWN]
    ]
    broad = code <= NARROW or len({fact.at.path for fact in good}) > 1
    if len(good) >= max(SMALL, min(SHARE * code, 60)) and broad:
        return passed(f"{len(good)} tests assert on the project's code", evidence)
    if len(foreign) >= FEW:
        return passed(
            f"{len(foreign)} test files",
            [project.seen(path, "a test file of the build", Strength.USED) for path in foreign[:3]],
        )
    if evidence:
        return partial(
            f"{len(good)} tests in {len({fact.at.path for fact in good})} files, for {code} functions and classes",
            evidence,
        )
    framework = project.doing("test running")
    if weak:
        shown = [
            Evidence(fact.at, Strength.MENTIONED, "a test that cannot fail for a wrong result") for fact in weak[:3]
        ]
        return failed(
            "the tests assert nothing about the project's code", sorted({f.at.path for f in weak})[:5], WANTED, shown
        )
    return failed("there are no tests", framework.looked_in, WANTED, framework.evidence[:1])


def spread(facts: list[Fact]) -> list[Fact]:
    """One fact of each file before a second one of any."""
    seen: dict[str, int] = defaultdict(int)
    ranked = []
    for fact in facts:
        ranked.append((seen[fact.at.path], fact.at, fact))
        seen[fact.at.path] += 1
    return [fact for _, _, fact in sorted(ranked, key=lambda item: item[:2])]
