"""Configuration and data that exhaust their parsers: YAML, TOML, JSON, notebooks.

A user would notice an audit that never ends, or a machine that starts to swap, because of one file of a megabyte.
"""

from __future__ import annotations

import json
import os

from hostile.case import hostile, judged, scaled, told
from hostile.workshop import Workshop, notebook


def like(exponent: int) -> str:
    """Nine times nine times nine ... by aliases, and the same by merge keys."""
    lists = "l0: &l0 [x]\n" + "".join(f"l{n}: &l{n} [{','.join([f'*l{n - 1}'] * 9)}]\n" for n in range(1, exponent))
    merges = "m0: &m0 {k: 1}\n" + "".join(
        f"m{n}: &m{n}\n  <<: [{','.join([f'*m{n - 1}'] * 9)}]\n" for n in range(1, exponent)
    )
    return lists + merges


@hostile(holds=told("params.yaml", "dvc.yaml"))
def yaml_aliases_and_merges(shop: Workshop) -> None:
    """Aliases and merge keys that stand for billions of nodes."""
    shop.project(**{"params.yaml": like(12), "dvc.yaml": like(12), ".github/workflows/ci.yml": like(12)})


@hostile()
def yaml_deep(shop: Workshop) -> None:
    """A hundred thousand lists in each other: libyaml itself dies of this."""
    shop.project(
        **{
            "params.yaml": "[" * 100_000 + "]" * 100_000,
            "dvc.yaml": "a: " + "{a: " * 5000 + "1" + "}" * 5000,
            "bentofile.yaml": "- " * 20_000 + "x",
            "mlproject": "? " * 30_000,
            "compose.yaml": "{" * 500_000,
            "deep.yaml": "".join(" " * n + "a:\n" for n in range(1300)),
            ".gitlab-ci.yml": "a: !!x [" * 30_000,
            "flow.yaml": "[[],{}," * 60_000,
            "environment.yml": "- - - - " * 20_000 + "\n",
            "conda.yaml": "&a " * 50_000 + "x",
        }
    )


@hostile()
def yaml_scalars(shop: Workshop) -> None:
    """Circles, keys that are lists, dates that are none, endless numbers, tabs, fifty thousand documents."""
    shop.files(
        {
            "params.yaml": "&a [*a]\n",
            "a.yaml": "a: 2024-99-99\n",
            "dvc.lock": "a: " + "1" * 100_000 + "\n",
            "MLproject": "a: " + ":".join(["1"] * 200_000) + "\n",
            "bentofile.yaml": "{a: 1, [b]: 2, {c: d}: 3}\n",
            "conda.yaml": "a: 1\na: 2\n? [x]\n: y\n",
            "prefect.yaml": "---\n" * 50_000,
            ".pre-commit-config.yaml": "\ta: 1\n",
            "environment.yml": b"\xff\xfe\x00",
            ".github/workflows/ci.yml": "on:\n  no: yes\n? |\n  x\n: 1\nnull: 2\n",
            "docker-compose.yml": "a: !!binary //8=\nb: !!set {x}\nc: .nan\nd: 0o999\ne: !!timestamp x\n",
        }
    )
    shop.project(without=["params.yaml", ".github/workflows/ci.yml"])


@hostile(unsaid=("PWN_RAN",))
def yaml_tags(shop: Workshop) -> None:
    """Tags that ask for Python objects, of our own, long and without end, on every node."""
    touch = shop.touch("yaml-tag")
    shop.project(
        **{
            "params.yaml": f"a: !!python/object/apply:os.system ['{touch}']\nb: !!python/name:os.system\n",
            "dvc.yaml": f"stages: !!python/object/new:subprocess.check_output [['{touch}']]\n",
            "a.yaml": "!<tag:" + "x" * 200_000 + "> a: 1\n",
            "b.yaml": "%TAG ! tag:x," + "2" * 1000 + ":\n---\n" + "- !a b\n" * 20_000,
            "c.yaml": "".join(f"%TAG !{n}! tag:{n}:\n" for n in range(5000)) + "---\na: 1\n",
            "d.yaml": "a: !!merge <<\n<<: !!map 1\n",
        }
    )


@hostile()
def yaml_anchors_in_odd_places(shop: Workshop) -> None:
    """Anchors on keys, aliases as keys, merges of themselves, a hundred thousand anchors without an alias."""
    shop.project(
        **{
            "params.yaml": "&k key: &v {<<: *v}\n*k : 1\n<<: [*v, *k]\n",
            "a.yaml": "".join(f"k{n}: &a{n} {n}\n" for n in range(50_000)),
            "dvc.yaml": "stages: &s\n  a: {cmd: &s x}\n  b: *s\n",
            "b.yaml": "- &a !!seq []\n- *a\n" * 90,
            "c.yaml": "*missing\n",
            ".github/workflows/ci.yml": "on: &on push\njobs: &jobs\n  a: &a\n    steps: &a [*a]\n  b: {<<: *jobs}\n",
        }
    )


@hostile()
def json_odd(shop: Workshop) -> None:
    """Not-a-number, endless integers, a surrogate, a byte order mark, an empty file, nothing but a number."""
    odd = '{"auc": NaN, "x": Infinity, "y": -Infinity, "z": 1e999}'
    names = {
        "m2": '{"a": ' + "9" * 100_000 + "}",
        "m3": '{"a": 1, "a": 2}',
        "m4": '{"a": "\\ud800"}',
        "m6": "null",
        "m7": "",
    }
    shop.files({"m5.json": b"\xef\xbb\xbf{}", **{f"{name}.json": text for name, text in names.items()}})
    shown = ", ".join(f"{name}.json" for name in names)
    shop.project(
        **{"metrics.json": odd, "dvc.yaml": f"stages: {{a: {{cmd: x, metrics: [{shown}, metrics.json, m5.json]}}}}\n"}
    )


@hostile()
def json_deep_and_repeated(shop: Workshop) -> None:
    """A hundred thousand brackets, objects in objects, a hundred thousand keys of one name, one key of a megabyte."""
    shop.project(
        **{
            "a.json": "[" * 100_000 + "]" * 100_000,
            "package.json": '{"a":' * 50_000 + "1" + "}" * 50_000,
            "tsconfig.json": "{" + ",".join(['"k": 1'] * 40_000) + "}",
            "config.json": '{"' + "k" * 390_000 + '": 1}',
            "renovate.json": '{"a": "' + "\\u0000" * 50_000 + '"}',
            "Pipfile.lock": '{"default": ' + "[" * 200_000,
            "package-lock.json": '{"packages": {'
            + ",".join(f'"n{n}": {{"version": {n}}}' for n in range(30_000))
            + "}}",
            "b.json": '{"a": "\\' * 30_000,
            "c.json": '"' * 300_000,
            "d.json": "-" * 300_000,
            "e.json": "1" * 300_000,
        }
    )


@hostile()
def toml_dotted(shop: Workshop) -> None:
    """A key of a hundred thousand parts, plain, quoted, spaced, in a table's head and in an inline table."""
    shop.project(
        **{
            "pyproject.toml": ".".join(["a"] * 100_000) + " = 1\n",
            "ruff.toml": "a." * 100_000 + "b = 1\n",
            "a.toml": '"a" . ' * 50_000 + "b = 1\n",
            "b.toml": "[" + ".".join(["a"] * 50_000) + "]\n",
            "c.toml": "x = {" + ".".join(["a"] * 50_000) + " = 1}\n",
            "Pipfile": "'a'." * 50_000 + "b = 1\n",
            "uv.toml": "x = [{" + "a . " * 50_000 + "b = 1}]\n",
        }
    )


@hostile()
def toml_deep_and_wrong(shop: Workshop) -> None:
    """Arrays and tables in each other without end, values of the wrong type, tables twice."""
    shop.files({"uv.lock": b"\xef\xbb\xbfversion = 1\n[a]\n[a]\n"})
    shop.project(
        **{
            "pyproject.toml": "a=" + "[" * 100_000 + "]" * 100_000,
            "ruff.toml": "a=" + "{a=" * 20_000 + "1" + "}" * 20_000,
            "poetry.lock": "[[package]]\nname = 1\nversion = [1]\n",
            "Pipfile": "packages = 5\n",
            "a.toml": "[[" * 50_000,
        }
    )


@hostile()
def toml_values(shop: Workshop) -> None:
    """Numbers and dates beyond all bounds, strings that never end, a hundred thousand tables of one array."""
    tables = "".join(f'[[package]]\nname = "p{n}"\nversion = "1"\n' for n in range(scaled(20_000)))
    shop.project(
        **{
            "a.toml": "a = 1e999\nb = -inf\nc = nan\n",
            "b.toml": "d = 9999-99-99T99:99:99Z\n",
            "c.toml": "e = " + "9" * 200_000 + "\n",
            "d.toml": 'f = """' + "x\\\n" * 100_000,
            "e.toml": "g = '" + "x" * 500_000,
            "uv.lock": tables,
            "f.toml": tables,
            "pyproject.toml": '[project]\nname = ["x"]\nversion = 1e999\ndependencies = "x"\n[tool]\nruff = 5\npytest = [1]\n',
            "kit.toml": "a = 0001-01-01T00:00:00-23:59\n",
            "h.toml": '"' + "\\u0041" * 100_000 + '" = 1\n',
        }
    )


@hostile()
def broken_notebooks(shop: Workshop) -> None:
    """Empty, not JSON, of another version, of wrong types everywhere, a conflict, a pointer, a folder."""
    texts = (
        "",
        "no json",
        "[]",
        "null",
        "{}",
        '{"nbformat":99,"cells":[]}',
        '{"nbformat":4,"cells":5}',
        '{"nbformat":-1e400}',
        '{"nbformat":4,"cells":[5,null,{"cell_type":7,"source":9}]}',
        "<<<<<<< HEAD\n{}\n=======\n",
        '{"nbformat":"4","metadata":null,"cells":[{"cell_type":"code","source":null,"outputs":null}]}',
        '{"nbformat":3,"worksheets":[{"cells":[{"cell_type":"code","input":"1"}]}]}',
        '{"nbformat":4,"cells":{"0":{}}}',
        "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
        '{"cells":[{"cell_type":"code","source":{"a":1}}]}',
        '{"nbformat":4,"metadata":[],"cells":[{"cell_type":"code","metadata":{"tags":7},"source":["\\ud800",1,null],"outputs":[{}]}]}',
    )
    shop.project()
    for number, text in enumerate(texts):
        shop.write(f"notebooks/n{number:02d}.ipynb", text)
    (shop.tree / "notebooks/folder.ipynb").mkdir()
    shop.committed()


@hostile()
def notebooks_without_end(shop: Workshop) -> None:
    """A hundred thousand empty cells, outputs of megabytes, metadata in metadata, a source of one-letter lines."""
    empty = '{"cell_type":"code","metadata":{},"source":[],"outputs":[],"execution_count":null},' * scaled(30_000)
    picture = {"output_type": "display_data", "data": {"image/png": "A" * 6_000_000, "text/plain": ["x\n"] * 50_000}}
    shop.project(
        **{
            "notebooks/cells.ipynb": '{"nbformat":4,"cells":[' + empty.rstrip(",") + "]}",
            "notebooks/outputs.ipynb": notebook("1 + 1\n", outputs=[picture]),
            "notebooks/metadata.ipynb": '{"nbformat":4,"metadata":'
            + '{"a":' * 20_000
            + "1"
            + "}" * 20_000
            + ',"cells":[]}',
            "notebooks/lines.ipynb": json.dumps(
                {"nbformat": 4, "cells": [{"cell_type": "code", "source": ["x\n"] * 100_000}]}
            ),
            "notebooks/magics.ipynb": notebook("%%bash\n" * 20_000, "!" * 100_000, "%" * 100_000, "?" * 100_000),
        }
    )


SPREAD_KEY = "AKIA" + "Z4TTQ2LMB7WXK3PD"


@hostile(megabytes=500)
def files_of_a_gigabyte(shop: Workshop) -> None:
    """Sparse files of gigabytes under every name that is read."""
    shop.project()
    for name in (
        "requirements.txt",
        "src/big.py",
        "big.ipynb",
        "config.yaml",
        "uv.lock",
        "README.md",
        "Makefile",
        ".env",
    ):
        os.truncate(shop.write(name, "x"), 8 << 30)


@hostile(holds=judged("SEC001", "fail"), unsaid=(SPREAD_KEY,))
def a_secret_behind_noise(shop: Workshop) -> None:
    """Broken and endless files do not hide a credential in a file that can be read."""
    shop.project(**{"params.yaml": "[" * 100_000, "pyproject.toml": "a." * 50_000, "src/deep.py": "(" * 100_000})
    shop.write("src/churn/keys.py", f'AWS_ACCESS_KEY_ID = "{SPREAD_KEY}"\n')
