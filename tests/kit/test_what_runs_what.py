"""What runs what, in trees where that is asked of thousands of commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from readykit import catalogue, cijobs
from readykit.modules import Modules
from readykit.project import Project
from readykit.repo import Repo

if TYPE_CHECKING:
    import pytest

STEPS = "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n"


def project(files: dict[str, str]) -> Project:
    return Project(Repo.of(files), catalogue.toolbox())


def test_the_nearest_module_of_a_name_is_meant() -> None:
    modules = Modules(["a/utils.py", "a/b/src/utils.py", "c/utils.py", "pkg/core/__init__.py", "x/pkg/core/y.py"])
    assert modules.imported("utils", "a/b/main.py") == ["a/b/src/utils.py"]
    assert modules.imported("utils", "a/d/main.py") == ["a/utils.py"]
    assert modules.imported("utils", "main.py") == []
    assert modules.imported("pkg.core", "c/main.py") == ["pkg/core/__init__.py"]
    assert modules.imported("pkg.core.y", "c/main.py") == ["x/pkg/core/y.py"]


def test_a_target_brings_what_it_needs_in_the_order_of_the_file() -> None:
    made = project({
        "Makefile": "all: lint test\nlint:\n\truff check\ntest:\n\tpytest\nother:\n\techo no\n",
        ".github/workflows/ci.yml": STEPS + "      - run: make all\n",
    })  # fmt: skip
    (job,) = made.ci_jobs()
    assert [way[-1].name for way in job.reached] == ["make all", "ruff check", "pytest"]


def test_ways_from_ci_jobs_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cijobs, "MAX_CHAINS", 500)
    action = "runs:\n  using: composite\n  steps:\n" + "".join(f"    - run: echo {n}\n" for n in range(100))
    uses = STEPS + "      - uses: ./.github/actions/a\n" * 100
    made = project({".github/actions/a/action.yml": action, ".github/workflows/ci.yml": uses})
    assert sum(len(job.reached) for job in made.ci_jobs()) == 500


def test_every_session_of_nox_is_found_by_its_name() -> None:
    sessions = "".join(f"@nox.session\ndef s_{n}(session):\n    session.run('pytest', 't{n}')\n" for n in range(3))
    made = project(
        {"noxfile.py": f"import nox\n{sessions}", ".github/workflows/ci.yml": STEPS + "      - run: nox -s s-1\n"}
    )
    (job,) = made.ci_jobs()
    assert [way[-1].name for way in job.reached] == ["nox -s s-1", "pytest t1"]
