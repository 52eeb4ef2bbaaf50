"""A start is short: nothing heavy is imported, and what our own files compile to is read back, never believed."""

from __future__ import annotations

import dataclasses
import gc
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from readykit import catalogue, cli, compiled, compiling, paths

NOT_FOR_A_START = {
    "asyncio": "nothing waits for two things at once",
    "concurrent": "processes are forked, without a pool",
    "copier": "renders the template, for `kit new`",
    "csv": "one of the formats of a report",
    "ctypes": "",
    "decimal": "",
    "email": "comes with importlib.metadata",
    "html": "one of the formats of a report",
    "http": "",
    "inspect": "comes with dataclasses, which need it for classes without a docstring",
    "hashlib": "loads OpenSSL",
    "importlib.metadata": "goes through every package that is installed; asked only where one names our group",
    "jinja2": "renders the template",
    "json": "for files and reports in it",
    "logging": "",
    "multiprocessing": "",
    "pydantic": "comes with copier",
    "random": "comes with tempfile, for reports in files",
    "shutil": "comes with argparse, to measure the terminal; loads every compression",
    "socket": "",
    "ssl": "",
    "tarfile": "for archives",
    "tempfile": "for reports in files and for git",
    "tomllib": "our tables are kept parsed; for trees with TOML",
    "unittest": "",
    "urllib.request": "",
    "xml": "one of the formats of a report",
    "yaml": "for trees with YAML",
    "zipfile": "for archives",
}
"""What neither `kit --version` nor an audit of a little Python and prose imports, and what it is for."""
FOR_JUDGING = {
    "ast",
    "readykit.catalogue",
    "readykit.judging",
    "readykit.policy",
    "readykit.project",
    "readykit.toolbox",
}
"""What an audit that was done before does without besides."""
FOR_AUDITS = {"argparse", "ast", "dataclasses", "pathlib", "readykit.model"}
"""What `kit --version` does without besides."""


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository of two files."""
    folder = tmp_path_factory.mktemp("tiny")
    (folder / "README.md").write_text("# Tiny\n\nRuns are tracked with MLflow.\n")
    (folder / "train.py").write_text("import mlflow\nfrom sklearn.svm import SVC\n\nSVC().fit([[0], [1]], [0, 1])\n")
    return folder


@pytest.fixture(scope="module")
def bytecode(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty place for bytecode: as after an installation."""
    return tmp_path_factory.mktemp("bytecode")


def run(bytecode: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    env = {**kept, "PYTHONPYCACHEPREFIX": str(bytecode), "KIT_CACHE_DIR": str(bytecode / "none"), **env}
    return subprocess.run([sys.executable, *words], env=env, capture_output=True, text=True)


def report(bytecode: Path, tree: Path, **env: str) -> str:
    done = run(bytecode, "-m", "readykit", "audit", str(tree), "--format", "json", "--reproducible", **env)
    assert done.returncode == 0, done.stderr
    return done.stdout


def imported(bytecode: Path, *words: str, **env: str) -> set[str]:
    """The modules that a run of `kit` imports, in all of its processes."""
    before = set(run(bytecode, "-X", "importtime", "-c", "pass").stderr.split())
    done = run(bytecode, "-X", "importtime", "-m", "readykit", *words, **env)
    assert done.returncode == 0, done.stderr
    return set(re.findall(r"\| +([\w.]+)$", done.stderr, re.MULTILINE)) - before


@pytest.fixture(scope="module")
def first(bytecode: Path, tiny: Path) -> str:
    """The report of a first run, which finds nothing kept."""
    return report(bytecode, tiny)


def test_a_start_imports_nothing_that_it_does_not_need(bytecode: Path, tiny: Path, first: str) -> None:
    assert first
    found = imported(bytecode, "audit", str(tiny), "--quiet")
    heavy = {name: why for name, why in NOT_FOR_A_START.items() if name in found}
    assert not heavy, f"imported at the start of an audit: {heavy}"


def test_an_audit_that_was_done_before_imports_nothing_that_judges(bytecode: Path, tiny: Path, tmp_path: Path) -> None:
    env = {"KIT_CACHE_DIR": str(tmp_path / "cache")}
    first = report(bytecode, tiny, **env)
    assert report(bytecode, tiny, **env) == first
    found = imported(bytecode, "audit", str(tiny), "--quiet", **env)
    assert "readykit.again" in found
    assert not found & (NOT_FOR_A_START.keys() | FOR_JUDGING)


def test_the_version_is_told_before_anything_is_imported(bytecode: Path) -> None:
    found = imported(bytecode, "--version")
    assert not found & (NOT_FOR_A_START.keys() | FOR_AUDITS)


def test_what_is_kept_changes_nothing(bytecode: Path, tiny: Path, first: str) -> None:
    kept = list(bytecode.rglob("*.kept"))
    assert kept, "a first run leaves something for the next one"
    times = {path: path.stat().st_mtime_ns for path in kept}
    assert report(bytecode, tiny) == first
    assert {path: path.stat().st_mtime_ns for path in kept} == times, "a second run has nothing to add"


@pytest.mark.parametrize("broken", [b"", b"\0" * 50, b"not ours at all", None], ids=["empty", "zeros", "text", "cut"])
def test_what_is_broken_is_made_anew(bytecode: Path, tiny: Path, first: str, broken: bytes | None) -> None:
    for path in bytecode.rglob("*.kept"):
        path.write_bytes(path.read_bytes()[:-9] if broken is None else broken)
    assert report(bytecode, tiny) == first


def test_nothing_is_written_where_python_writes_no_bytecode(tmp_path: Path, tiny: Path, first: str) -> None:
    assert report(tmp_path, tiny, PYTHONDONTWRITEBYTECODE="1") == first
    assert not [*tmp_path.rglob("*.kept"), *tmp_path.rglob("*.pyc")]


@pytest.fixture
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """This process keeps what it compiles in a folder of its own."""
    monkeypatch.setattr(compiled, "CHECKS", tmp_path)
    monkeypatch.setattr(compiling, "_kept", {})
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(sys, "pycache_prefix", None)
    (tmp_path / "__pycache__").mkdir()
    return tmp_path


PATTERNS = [
    (r"(?P<word>\w+)\s*(=|:)", 0), (r"straße|[^\d\W]", re.IGNORECASE), (r"^ x $ # y", re.VERBOSE | re.MULTILINE),
    (r"(?i:a)b(?=c)(?<!d)", re.ASCII), (r"[\u0430-\U0001f64f]+", re.IGNORECASE),
    (r"(a|b)*?\1{2,3}[😀-🙏]", re.DOTALL), ("", 0),
]  # fmt: skip


@pytest.mark.parametrize(("pattern", "flags"), PATTERNS, ids=[p for p, _ in PATTERNS])
def test_a_remembered_pattern_is_the_pattern(fresh: Path, pattern: str, flags: int) -> None:
    plain = re.compile(pattern, flags)
    for _ in ("compiled", "remembered", "read back"):
        re.purge()
        with compiling.remembered():
            again = re.compile(pattern, flags)
        assert again is not plain
        assert (again, again.groups, dict(again.groupindex)) == (plain, plain.groups, dict(plain.groupindex))
        assert again.findall("Aabbb: Straße x 🙂= c") == plain.findall("Aabbb: Straße x 🙂= c")
    compiling._kept.clear()
    assert (pattern, int(flags)) in compiling._known("compiled")[0]


def test_a_wrong_pattern_is_refused_as_ever(fresh: Path) -> None:
    with compiling.remembered(), pytest.raises(re.error, match="unterminated"):
        re.compile("(")
    assert re.compile(rb"bytes+").fullmatch(b"bytess")


def test_data_classes_are_the_same(fresh: Path) -> None:
    for _ in ("made", "read back"):
        compiling._kept.clear()
        with compiling.remembered():

            @dataclasses.dataclass(frozen=True, slots=True, order=True)
            class Point:
                x: int
                y: list[int] = dataclasses.field(default_factory=list)

        assert (repr(Point(1)), Point(1) < Point(2), Point(1) == Point(1)) == (
            f"{Point.__qualname__}(x=1, y=[])",
            True,
            True,
        )
        with pytest.raises(dataclasses.FrozenInstanceError):
            Point(1).x = 2  # type: ignore[misc]


def test_python_is_left_as_it_was(fresh: Path) -> None:
    before, asked = vars(compiling._compiler).copy(), re.compile
    with pytest.raises(re.error), compiling.remembered(), compiling.remembered():
        re.compile("nothing to repeat: **")
    assert vars(compiling._compiler) == before
    assert "exec" not in vars(dataclasses)
    assert re.compile is asked


def test_a_module_that_is_loaded_later_is_that_module(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    compiling._later("colorsys")
    import colorsys
    from colorsys import rgb_to_hsv

    assert "ONE_THIRD" in vars(colorsys), "loaded by then"
    assert colorsys.rgb_to_hsv is rgb_to_hsv
    assert (colorsys.__name__, sys.modules["colorsys"]) == ("colorsys", colorsys)
    with pytest.raises(AttributeError):
        _ = colorsys.nothing_of_this_name  # type: ignore[attr-defined]


def test_a_check_that_was_edited_is_loaded_anew(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "CHECKS", fresh)
    for title in ("One", "One", "Another"):
        with monkeypatch.context() as patch:
            patch.setattr(sys, "modules", sys.modules.copy())
            (fresh / "one.py").write_text(CHECK.format(title))
            (found,) = [check for module in catalogue._ours() for check in catalogue._defined(module)]
        assert found.title == title
    assert [path.name for path in (fresh / "__pycache__").glob("checks.*")]


CHECK = """from readykit.checks_api import Project, Verdict, check, not_applicable

@check("ONE001", "{}", capability="x", level=1, dimension="data")
def one(project: Project) -> Verdict:
    '''What: a.

    Why: b.
    Fix: c.
    Source: d.
    '''
    return not_applicable("")
"""


def test_what_was_made_of_something_else_is_dropped(fresh: Path) -> None:
    compiled.store("thing", b"source", {"a": (1, "b", b"c")})
    assert compiled.load("thing", b"source") == {"a": (1, "b", b"c")}
    assert compiled.load("thing", b"another source") is None
    assert compiled.load("nothing", b"source") is None


def test_a_place_that_cannot_be_written_is_no_reason_to_fail(fresh: Path) -> None:
    (fresh / "__pycache__").rmdir()
    (fresh / "__pycache__").write_text("a file")
    compiled.store("thing", b"source", 1)
    assert compiled.load("thing", b"source") is None


def test_a_caller_from_python_keeps_its_garbage_collector(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--version"]) == 0
    assert gc.isenabled()
    assert capsys.readouterr().out.startswith("readykit ")
