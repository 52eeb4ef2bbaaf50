"""A Python file read by its lines says the same of imports and definitions as one that is parsed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from readykit.facts import python
from readykit.facts.pyskim import skim

if TYPE_CHECKING:
    from readykit.model import Fact

OWN = sorted((Path(__file__).parents[2] / "kit" / "readykit").rglob("*.py"))


def told(facts: list[Fact], kind: str) -> list[tuple[str, str, int, str]]:
    return [(f.name, f.value, f.at.line, f.scope) for f in facts if f.kind == kind]


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.name)
def test_our_own_files_read_by_lines_say_what_parsing_says(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    skimmed, parsed = skim(text, "a.py"), python.extract(text, "a.py")
    for kind in ("import", "def", "guard"):
        assert told(skimmed, kind) == told(parsed, kind)
    used = {name for names in parsed[-1].detail.values() for name in names.split()}
    assert used - {"str"} <= set(skimmed[-1].detail[""].split())  # `str` is also the type of any string


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("import os, numpy as np", ["os", "numpy"]),
        ("from . import a\nfrom ..b.c import d as e, f", [".a", "..b.c.d", "..b.c.f"]),
        ("from x import (  # why\n    a,  # because\n    b as c,\n)", ["x.a", "x.b"]),
        ("from x \\\n    import a, \\\n    b", ["x.a", "x.b"]),
        ("try: import a\nexcept ImportError: from b import c; import d", ["a", "b.c", "d"]),
        ("from x import *", ["x.*"]),
        ("'''\nimport a\n'''\n# import b\ns = 'import c'\nt = \"\"\"\nfrom d import e\"\"\"", []),
        ("r = 'it\\'s' # '''\nimport a\n# '''", ["a"]),
        ("x = important\nreimport = 1\n__import__('y')\nf(import_=2)", []),
        ("print 'of old'\nimport urllib2", ["urllib2"]),
        ("'''never closed\nimport a", []),
        ("from x import (a, b", []),
        ("", []),
    ],
)
def test_imports_are_found_in_code_only(text: str, names: list[str]) -> None:
    assert [fact.name for fact in skim(text, "a.py") if fact.kind == "import"] == names


def test_imports_and_definitions_stand_in_their_scope() -> None:
    text = "class A:\n    def f(self):\n        import x\n\nif True:\n    import y\n    def g(): pass\n"
    found = skim(text, "a.py")
    assert told(found, "import") == [("x", "x", 3, "A.f"), ("y", "y", 6, "")]
    assert told(found, "def") == [("A", "class", 1, ""), ("A.f", "function", 2, "A"), ("g", "function", 7, "")]


def test_decorators_and_bases_are_resolved() -> None:
    text = "import prefect as p\nfrom torch import nn\n@p.flow(name='x')\n@cached\nasync def main(n: int): ...\n"
    found = skim(text + "class Net(nn.Module): ...", "a.py")
    assert told(found, "decorator") == [("prefect.flow", "", 3, "main"), ("cached", "", 4, "main")]
    main, net = (fact for fact in found if fact.kind == "def")
    assert (main.value, main.detail["decorators"]) == ("async", "prefect.flow,cached")
    assert net.detail["bases"] == "torch.nn.Module"


def test_methods_are_left_out_where_nobody_asks_for_them_but_their_imports_keep_their_scope() -> None:
    text = "class A:\n @property\n def f(self):\n  import x\n @task\n def test_g(self): ...\ndef h(): ...\n"
    found = skim(text, "a.py", every=False)
    assert [fact.name for fact in found if fact.kind == "def"] == ["A", "A.test_g", "h"]
    assert [(fact.name, fact.scope) for fact in found if fact.kind == "decorator"] == [("task", "A.test_g")]
    assert told(found, "import") == [("x", "x", 4, "A.f")]
    assert found[-1] == skim(text, "a.py")[-1]


def test_a_name_in_a_comment_or_a_string_is_no_reference_and_moves_no_line() -> None:
    text = "x = '''a\nb''' # c\ny = \"it\\\\\" # d\nz = 'e'\nimport f\n"
    found = skim(text, "a.py")
    assert found[-1].detail[""].split() == ["x", "y", "z"]
    assert told(found, "import") == [("f", "f", 5, "")]


def test_the_main_guard_is_seen() -> None:
    found = skim("x = 1\nif __name__ == '__main__':\n    main()\nif x == __name__ and y: ...\n", "a.py")
    assert [fact.at.line for fact in found if fact.kind == "guard"] == [2]


def test_a_name_that_is_only_defined_or_imported_is_no_reference() -> None:
    text = "from m import unused\ndef alone(): pass\ndef called(): pass\ncalled()\nx = f'{seen}'"
    names = skim(text, "a.py")[-1].detail[""].split()
    assert {"called", "seen"} <= set(names)
    assert not {"unused", "alone", "def", "import"} & set(names)


@pytest.mark.parametrize(
    "text",
    [
        "import (" * 20_000,
        "import " * 50_000,
        "\\\nimport " * 30_000,
        "from " * 40_000 + "import x",
        "from a import " + "b," * 50_000,
        "x.import\n" * 20_000,
        "'" * 100_001,
        '"""\\' * 20_000,
        "#'" * 50_000,
        "\\\n" * 50_000,
        "@" * 100_000,
        "if " + "__name__ " * 40_000,
    ],
    ids=range(12),
)
def test_hostile_text_is_read_to_its_end(text: str) -> None:
    assert skim(text, "a.py")[-1].kind == "refs"
