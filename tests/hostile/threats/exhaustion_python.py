"""Python that exhausts its parser, its reader, or whoever follows its names.

A user would notice a crash of the interpreter itself, which no `except` catches, or an audit that never ends.
"""

from __future__ import annotations

from hostile.case import hostile, scaled
from hostile.workshop import Workshop

DEEP = (
    "(" * 100_000 + ")" * 100_000,
    "-" * 100_000 + "1",
    "not " * 3000 + "1",
    "+".join(["1"] * 100_000),
    "a" + ".b" * 100_000,
    "a" + "()" * 100_000,
    "if a:\n p\n" + "elif a:\n p\n" * 10_000,
    "+".join(["1"] * 2500),
    "[" * 190 + "]" * 190,
    "".join(" " * k + "if 1:\n" for k in range(150)) + " " * 150 + "p",
    "lambda: " * 5000 + "1",
    "x = " * 20_000 + "1",
    "f'" + "{x}" * 20_000 + "'",
    "a=" + "1" * 100_000,
    "'" + "a" * 1_900_000 + "'",
    "a[" * 190 + "0" + "]" * 190,
    "def f(" + ",".join(f"a{k}" for k in range(50_000)) + "): pass",
    "@d\n" * 20_000 + "def f(): pass",
    "a" + "[0]" * 60_000,
    "await " * 50_000 + "x",
    "x: " + "list[" * 150 + "int" + "]" * 150,
    "*" * 100_000,
    "try:\n p\nexcept:\n p\n" * 20_000,
    "def f():\n" + "".join(" " * (k + 1) + f"def g{k}():\n" for k in range(95)) + " " * 97 + "pass",
    "x " + "if y else z " * 40_000,
    "with " + ", ".join(["a"] * 30_000) + ": pass",
    "match x:\n" + " case 1: pass\n" * 20_000,
    "x = {" + "{}," * 100_000,
    "from a import (" + ",".join(f"n{k}" for k in range(50_000)) + ")",
    "del " + ",".join(["x"] * 100_000),
    "a and " * 60_000 + "b",
)


@hostile(megabytes=1200, seconds=60)
def python_deep(shop: Workshop) -> None:
    """Sources at which the parser runs out of stack or memory, and those at which only a walk of the tree does."""
    shop.project()
    for number, text in enumerate(DEEP):
        shop.write(f"src/deep{number:02d}.py", text + "\n")
    shop.committed()


@hostile()
def python_encodings(shop: Workshop) -> None:
    """NULs, coding lines of every sort, other widths, mixed line ends, form feeds, surrogates, invisible controls."""
    shop.project()
    sources = {
        "nul": b"a=1\0\n",
        "cookie": b"# -*- coding: evil_codec -*-\na=1\n",
        "rot13": b"# coding: rot13\nvzcbeg bf\n",
        "utf7": b"# coding: utf-7\n+AGEAPQ-1\n",
        "wide": "a = 'x'\n".encode("utf-16"),
        "wider": "a=1\n".encode("utf-32"),
        "latin": b"# coding: latin-1\nx='\xe9'\n",
        "none": b"x='\xe9\xff'\n",
        "mark": b"\xef\xbb\xbf# coding: latin-1\nx=1\n",
        "cr": b"a=1\rb=2\rimport os\r",
        "crlf": b"a=1\r\n\r\nb=2\r\n",
        "feed": b"\x0cimport os\x0c\n",
        "surrogate": b"x='\xed\xb2\x80'\n",
        "escape": b"# coding: unicode_escape\n#\\x0aimport os\n",
        "invisible": "a = 'u\u202e \u2066# b\u2069'\n".encode(),
        "like": "сору = 1\n".encode(),
        "empty": b"",
        "zeros": b"\0" * 4096,
        "inside": b"a=1\n\xef\xbb\xbfb=2\n",
        "half": b"\xff\xfeab\x00",
        "separators": "a=1\u2028b=2\u2029c='\x85'\x1c\x1d\x1e\n".encode(),
        "undefined": b"# coding: undefined\na=1\n",
        "idna": b"# coding: idna\na=1\n",
        "zip": b"# coding: zip\na=1\n",
        "long": b"# coding: " + b"x" * 100_000 + b"\n",
    }
    shop.files({f"src/{name}.py": data for name, data in sources.items()})
    shop.files({"requirements.txt": "numpy==1.0\n".encode("utf-16"), "README.md": b"\xff\xfe#\x00 \x00h\x00i\x00"})
    shop.files({".gitignore": b"\xff*.pyc\n", "Dockerfile": b"\xef\xbb\xbfFROM x\r\nUSER 1\r\n"})
    shop.committed()


@hostile()
def python_that_is_none(shop: Workshop) -> None:
    """Python 2, templates, syntax to come, magics, conflicts, mixed tabs."""
    shop.project(
        **{
            "src/old.py": "print 'x'\nexec 'x=1'\nraise E, 'x'\n`x`\n0777\nur'x'\n",
            "src/tabs.py": "if 1:\n\tx=1\n        y=2\n",
            "src/{{cookiecutter.name}}.py": "from {{ cookiecutter.pkg }} import x\n{% if a %}\nx = 1\n{% endif %}\n",
            "{{ x }}/pyproject.toml": '[project]\nname = "{{ x }}"\n{% if y %}\n',
            "src/magic.py": "%matplotlib inline\n!ls\n",
            "dvc.yaml": "stages:\n{% for i in x %}\n  s{{ i }}:\n    cmd: {{ cmd }}\n{% endfor %}\n",
            "src/stub.pyi": "x: int = ...\n",
            "src/next.py": "type X[T: int = 3] = list[T]\nmatch x:\n    case {'a': 1, **r}: pass\n",
            "src/conflict.py": "<<<<<<< HEAD\nx = 1\n=======\nx = 2\n>>>>>>> b\n",
        }
    ).committed()


@hostile(seconds=60)
def python_of_many_small_things(shop: Workshop) -> None:
    """A hundred thousand one-letter functions, classes, decorators, strings, imports and names: two megabytes each."""
    many = scaled(20_000)
    shop.project(
        **{
            "src/functions.py": "".join(f"def f{n}(): g()\n" for n in range(many)),
            "src/names.py": "a=b\n" * (5 * many),
            "src/classes.py": "".join(f"class C{n}: x=1\n" for n in range(many)),
            "src/imports.py": "import a, b.c as d\n" * many,
            "src/strings.py": "".join(f"'s{n}'\n" for n in range(2 * many)),
            "src/calls.py": "f(1)(2)(3)\n" * many,
            "src/decorated.py": "@a\n" * many + "def f(): pass\n",
            "src/branches.py": "if a: b\n" * many,
            "src/compares.py": "a < b < c\n" * many,
            "src/line.py": "x=[" + "1," * 900_000 + "]\n",
            "src/comments.py": "# kit: ignore[SEC001] x\n" * 50_000,
            "src/semicolons.py": "a=1;" * (4 * many),
            "src/commands.py": "import os\n" + "os.system('python x.py && python y.py')\n" * (many // 2),
        }
    )


@hostile(seconds=60)
def python_strings_within(shop: Workshop) -> None:
    """F-strings in f-strings, in format specs, escapes without end, continued lines, raw prefixes."""
    nested = "x"
    for quote in ('"', "'", '"""', "'''"):
        nested = "f" + quote + "{" + nested + ":>{" + nested[:50] + "}}" + quote
    shop.project(
        **{
            "src/nested.py": f"a = {nested}\n",
            "src/spec.py": "f'" + "{a:" * 5000 + "}" * 5000 + "'\n",
            "src/raw.py": "rb''" * 200_000 + "\n",
            "src/continued.py": "a = 1 \\\n" + " + 1 \\\n" * 50_000 + " + 1\n",
            "src/escapes.py": "'" + "\\N{DIGIT ONE}" * 60_000 + "'\n",
            "src/joined.py": "x = (" + "'a' " * 300_000 + ")\n",
            "src/braces.py": "f'" + "{{" * 400_000 + "'\n",
            "src/open.py": "'''" + "a\n" * 400_000,
        }
    )


@hostile(seconds=60)
def python_f_strings_without_end(shop: Workshop) -> None:
    """Ten files whose only f-string keeps the parser of Python 3.11 busy for half a minute each."""
    fields = "import mlflow\nx = f'" + "{a.b.c!r:>10}" * 68_000 + "'\n"
    shop.project(**{f"src/m{number}.py": fields for number in range(10)})


@hostile(seconds=60)
def modules_in_a_circle(shop: Workshop) -> None:
    """Thousands of modules that import each other in a circle, by star, and by names that lead on and on."""
    many = scaled(3000)
    shop.project(
        **{
            f"src/churn/m{n}.py": f"from churn.m{(n + 1) % many} import *\nfrom churn import m{(n + 7) % many} as x\nrun = x.run\n"
            for n in range(many)
        }
    )
    shop.write(
        "src/churn/train.py", "from churn.m0 import run\nimport churn.train\n\nif __name__ == '__main__':\n    run()\n"
    )


@hostile(seconds=60)
def names_in_a_circle(shop: Workshop) -> None:
    """Names that stand for each other, classes that inherit in a circle, functions that call in a circle."""
    many = scaled(8000)
    aliases = "".join(f"a{n} = a{(n + 1) % many}\n" for n in range(many))
    classes = "".join(f"class C{n}(C{(n + 1) % many}): pass\n" for n in range(many))
    calls = "".join(f"def f{n}():\n    f{(n + 1) % many}()\n" for n in range(many))
    chain = "x0 = make()\n" + "".join(f"x{n} = x{n - 1}.with_a()\n" for n in range(1, many))
    growing = "y0 = 'a'\n" + "".join(f"y{n} = y{n - 1} + y{n - 1}\n" for n in range(1, 200))
    formats = "z0 = 'a'\n" + "".join(f"z{n} = f'{{z{n - 1}}}{{z{n - 1}}}'\n" for n in range(1, 200))
    shop.project(
        **{
            "src/aliases.py": aliases,
            "src/classes.py": classes,
            "src/calls.py": calls,
            "src/chain.py": chain,
            "src/growing.py": growing,
            "src/formats.py": formats,
            "src/paths.py": "from pathlib import Path\np0 = Path('a')\n"
            + "".join(f"p{n} = p{n - 1} / p{n - 1}\n" for n in range(1, 200)),
        }
    )
