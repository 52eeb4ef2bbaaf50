"""TST: do the tests assert something about this project's code?"""

from __future__ import annotations

from collections import defaultdict

from readykit.checks_api import Project, check, failed, partial, passed
from readykit.model import Evidence, Fact, Strength, Verdict
from readykit.testcode import tests_of

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
SMALL, FEW = 3, 10
SHARE = 0.04
"""Tests for each function or class of the code, below which they are a handful."""
NARROW = 50
"""Functions and classes of a code base that one single test file does not cover."""


def size(project: Project) -> int:
    """How many functions and classes the code has that could be tested."""
    return sum(1 for fact in project.facts("def", role=("code",)) if not fact.path.endswith(".ipynb"))


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
    tests = tests_of(project)
    good = [test.fact for test in tests if test.honest and test.own_asserts]
    weak = [test.fact for test in tests if not test.honest and (test.asserts or test.weak)]
    foreign = project.files(*OTHER_LANGUAGES, role=("test", "code"))
    code = size(project)
    evidence = [
        Evidence(fact.at, Strength.USED, f"{fact.name} asserts on the project's code") for fact in spread(good)[:SHOWN]
    ]
    broad = code <= NARROW or len({fact.path for fact in good}) > 1
    if len(good) >= max(SMALL, min(SHARE * code, 60)) and broad:
        return passed(f"{len(good)} tests assert on the project's code", evidence)
    if len(foreign) >= FEW:
        return passed(
            f"{len(foreign)} test files",
            [project.seen(path, "a test file of the build", Strength.USED) for path in foreign[:3]],
        )
    if evidence:
        return partial(
            f"{len(good)} tests in {len({fact.path for fact in good})} files, for {code} functions and classes",
            evidence,
        )
    framework = project.doing("test running")
    if weak:
        shown = [
            Evidence(fact.at, Strength.MENTIONED, "a test that cannot fail for a wrong result") for fact in weak[:3]
        ]
        return failed(
            "the tests assert nothing about the project's code", sorted({f.path for f in weak})[:5], WANTED, shown
        )
    return failed("there are no tests", framework.looked_in, WANTED, framework.evidence[:1])


def spread(facts: list[Fact]) -> list[Fact]:
    """One fact of each file before a second one of any."""
    seen: dict[str, int] = defaultdict(int)
    ranked = []
    for fact in facts:
        ranked.append((seen[fact.path], fact.at, fact))
        seen[fact.path] += 1
    return [fact for _, _, fact in sorted(ranked, key=lambda item: item[:2])]
