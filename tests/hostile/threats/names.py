"""Names of files: bytes that are no text, controls, tricks of writing, and names that mean something elsewhere.

A user would notice a traceback, a wrong path in the report, or two files that are shown as one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hostile.case import hostile
from hostile.workshop import Workshop

ODD: tuple[bytes, ...] = (
    b"\xff\xfe.py",
    b"caf\xe9.md",
    b"a\nb.py",
    b"tab\t.py",
    b"x" * 252 + b".py",
    "gpj\u202eexe.py".encode(),
    "e\u0301.py".encode(),
    "\u00e9.py".encode(),
    b"'q\"uote.py",
    b"-rf",
    b"--help.py",
    b"*.py",
    b"~",
    b"$HOME",
    b"a;b.py",
    b"CON",
    b"aux.py",
    b"nul.txt",
    b"trailing. ",
    b" lead.py",
    b"a\\b.py",
    b"a:b.py",
    b"\xed\xa0\x80.py",
    b"\x7f.py",
    b"%00.py",
    "\U0001f4a9.py".encode(),
    b"..hidden",
    b"...",
    b"\xe2\x80\xae.ipynb",
    b"a::b.py",
    b"::error::PWN_GHA.py",
    b"\r.py",
    b"\x1b[31m.py",
    "\u2028.py".encode(),
    "\u200b.py".encode(),
    "\ufeff.py".encode(),
    b"@.py",
    b"#.py",
    b"?.py",
    b"[a].py",
    b"{a}.py",
    b"a b  c.py",
    b"=1+1.py",
    b"|.py",
    b"<b>.py",
    b"&amp;.py",
    b"\\.py",
    b"\\n.py",
    b"__init__.py\n",
    "\uff0fetc\uff0fpasswd.py".encode(),
    "a\u0300".encode() * 60 + b".py",
)


def places(report: Mapping[str, Any]) -> Iterator[str]:
    """Every path of the report is printable text of one line, relative, and unlike every other file's."""
    rows = [row for key in ("unreadable", "skipped") for row in report[key]]
    rows += [item for check in report["checks"] for item in check["evidence"]]
    for row in rows:
        path = row["path"]
        if not path.isprintable() or path.startswith("/"):
            yield f"a path that is not plain: {path!r}"


@hostile(holds=places)
def odd_names(shop: Workshop) -> None:
    """Bytes that are no text, line ends, controls, right to left, globs, options, devices of Windows, full length."""
    shop.project()
    for name in ODD:
        if b"\0" not in name and name:
            shop.write(name, b"import pickle\npickle.loads(b'')\n")
    shop.committed()


@hostile(holds=places)
def odd_folders(shop: Workshop) -> None:
    """The same names for folders, with a project in each."""
    for name in ODD:
        if b"\0" not in name and name != b"...":
            shop.write(name + b"/train.py", b"from sklearn.svm import SVC\nSVC().fit([[0]], [0])\n")
            shop.write(name + b"/pyproject.toml", b'[project]\nname = "x"\nversion = "1"\n')
    shop.project()


@hostile()
def names_that_differ_in_case(shop: Workshop) -> None:
    """README three times, two makefiles, `.Git`, `.GIT`, `git~1`, and `.git` with an invisible letter."""
    shop.project()
    names = "readme.md Readme.MD makefile Makefile DVC.yaml PYPROJECT.TOML src/Churn/train.py .Git/config .GIT/HEAD git~1/config"
    for name in (
        *names.split(),
        ".g\u200cit/config",
        "LICENSE",
        "license",
        "License.txt",
        "KIT.toml",
        ".github/Workflows/CI.YML",
    ):
        shop.write(name, "x\n")


@hostile()
def names_of_the_root(shop: Workshop) -> None:
    """The folder that is audited has a name with escapes, quotes, markup and a line end."""
    shop.project()
    odd = shop.folder / "x\x1b]0;PWN\x07\n::error::PWN_GHA<img src=x onerror=PWN>'\"|=1\u202e"
    shop.tree.rename(odd)
    shop.target = str(odd)
    shop.tree.mkdir()


@hostile()
def names_that_are_no_text_at_the_root(shop: Workshop) -> None:
    """The folder that is audited has a name of bytes that are no text."""
    import os

    shop.project()
    odd = os.fsencode(shop.folder) + b"/\xff\xfe\xc3"
    os.rename(os.fsencode(shop.tree), odd)
    shop.target = os.fsdecode(odd)
    shop.tree.mkdir()


@hostile()
def modules_named_like_words(shop: Workshop) -> None:
    """Modules and packages whose names are keywords, dunders, dots and numbers."""
    shop.project()
    for name in (
        "None",
        "class",
        "__main__",
        "__init__",
        "1",
        "a.b",
        "import",
        "self",
        "...",
        "a-b",
        "\u0430",
        "_",
        "src",
        "tests",
    ):
        shop.write(
            f"src/{name}.py",
            f"from {name} import {name}\nimport {name}.{name}\nfrom .{name} import *\nfrom ....... import x\n",
        )
        shop.write(f"src/{name}/__init__.py", "from . import *\nfrom .. import *\n")
