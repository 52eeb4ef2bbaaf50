"""Makes the trees that speed is measured on: the same at every run, and no two files in them alike.

`make(name, folder)` fills an empty folder. Code is put together from the shapes that machine-learning code has (a
configuration class, a data set, a model, a training loop, helpers, tests), with names, numbers and order drawn at
random from a fixed seed, so that a reader cannot learn from one file what stands in the next.
"""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path

Random = random.Random

VERBS = "load fit scale encode merge split score predict resample embed tokenize collate mask clip pool fuse align trim"
NOUNS = (
    "batch feature label window tensor weight token image audio frame graph node edge vocab schema column record fold"
    " metric loss gradient epoch cache shard index prompt caption latent anchor box patch stage block head layer"
)
KINDS = "sparse dense causal lazy shared frozen noisy stacked gated robust local global paired nested masked quantized"
MODULES = (
    "import numpy as np", "import pandas as pd", "import torch", "from torch import nn", "import logging",
    "import json", "from pathlib import Path", "from sklearn.model_selection import train_test_split", "import yaml",
    "from sklearn.metrics import f1_score, roc_auc_score", "from collections import defaultdict", "import mlflow",
    "import torch.nn.functional as F", "from dataclasses import dataclass", "from transformers import AutoTokenizer",
)  # fmt: skip


def name(draw: Random, *parts: str) -> str:
    """A name of some words, one of each list."""
    return "_".join(draw.choice(part.split()) for part in parts)


def title(draw: Random) -> str:
    """A name of a class."""
    return name(draw, KINDS, NOUNS, NOUNS).title().replace("_", "")


def words(draw: Random, count: int) -> str:
    """A sentence of some words."""
    lists = (VERBS, NOUNS, KINDS, "the a of with for from each")
    return " ".join(draw.choice(draw.choice(lists).split()) for _ in range(count)).capitalize() + "."


def told(draw: Random, first: str, indent: str = "    ") -> str:
    """A docstring of some lines, as half of a module's text is."""
    rows = "".join(f"\n{indent}{words(draw, draw.randrange(8, 15))}" for _ in range(draw.randrange(1, 9)))
    arguments = "".join(
        f"\n{indent}    {name(draw, NOUNS)}: {words(draw, draw.randrange(5, 12))}" for _ in range(draw.randrange(4))
    )
    return f'{indent}"""{first}\n{rows}\n\n{indent}Args:{arguments}\n{indent}"""\n'


def settings(draw: Random) -> str:
    """A class of settings."""
    rows = []
    for _ in range(draw.randrange(4, 12)):
        kind, value = draw.choice(
            (("float", f"{draw.random():.4g}"), ("int", str(draw.randrange(2, 4096))), ("bool", "False"))
        )
        rows.append(f"    # {words(draw, 9)}\n    {name(draw, KINDS, NOUNS)}: {kind} = {value}\n")
    return f"@dataclass\nclass {title(draw)}Config:\n{told(draw, words(draw, 6))}\n{''.join(rows)}"


def layer(draw: Random) -> str:
    """A class with a constructor and a method that computes."""
    width, made = draw.choice((32, 64, 128, 256, 512)), [name(draw, NOUNS) for _ in range(draw.randrange(2, 5))]
    init = "".join(f"        self.{each} = nn.Linear({width}, {width * draw.randrange(1, 5)})\n" for each in made)
    steps = "".join(
        f"        {name(draw, NOUNS)} = F.{draw.choice(('relu', 'gelu', 'silu'))}(self.{each}(inputs)) "
        f"* {draw.random():.3f}\n        if {draw.choice(('self.training', 'mask is not None', 'inputs.ndim > 2'))}:\n"
        f"            inputs = inputs + self.{each}(inputs)[..., : inputs.shape[-1]]\n"
        for each in made
    )
    return (
        f"class {title(draw)}(nn.Module):\n{told(draw, words(draw, 7))}"
        f"\n    def __init__(self, dropout: float = {draw.random():.2f}, bias: bool = True) -> None:\n"
        f"        super().__init__()\n{init}        self.dropout = nn.Dropout(dropout)\n\n"
        f"    def forward(self, inputs: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:\n"
        f"{told(draw, words(draw, 5), ' ' * 8)}{steps}"
        f"        return self.dropout(inputs)\n"
    )


def helper(draw: Random) -> str:
    """A function that goes through rows."""
    one, two, rows = name(draw, NOUNS), name(draw, KINDS, NOUNS), name(draw, NOUNS)
    return (
        f"def {name(draw, VERBS, KINDS, NOUNS)}({rows}s, {two}=None, limit={draw.randrange(10, 900)}):\n"
        f"{told(draw, words(draw, 8))}    # {words(draw, 12)}\n"
        f"    found = defaultdict(list)\n    for number, {one} in enumerate({rows}s):\n"
        f'        if {two} is not None and {one}.get("{name(draw, NOUNS)}", 0) > {draw.randrange(90)}:\n'
        f"            found[{two}].append(({one}, number % {draw.randrange(2, 40)}))\n            continue\n"
        f'        try:\n            value = float({one}["{name(draw, KINDS, NOUNS)}"]) / max(number, 1)\n'
        f"        except (KeyError, TypeError) as error:\n"
        f'            logging.warning("no {name(draw, NOUNS)} in %s: %s", number, error)\n            value = 0.0\n'
        f'        found["{name(draw, NOUNS)}"] += [value * {draw.random():.3f} for _ in range(limit) if value]\n'
        f"    return {{key: sorted(values, reverse={draw.random() < 0.5}) for key, values in found.items()}}\n"
    )


def table(draw: Random) -> str:
    """A function on a data frame."""
    columns = [name(draw, KINDS, NOUNS) for _ in range(draw.randrange(2, 5))]
    body = "".join(
        f'    frame["{each}"] = frame["{each}"].fillna({draw.randrange(9)}).clip(0, {draw.randrange(9, 999)})\n'
        f'    # {words(draw, 12)}\n    frame["{name(draw, NOUNS)}_{each}"] = frame["{each}"].rank()\n'
        for each in columns
    )
    return (
        f"def {name(draw, VERBS, NOUNS, NOUNS)}(path: str, seed: int = {draw.randrange(999)}) -> pd.DataFrame:\n"
        f"{told(draw, words(draw, 7))}    frame = pd.read_csv(path)\n{body}"
        f"    train, test = train_test_split(frame, test_size=0.{draw.randrange(1, 4)}, random_state=seed)\n"
        f'    train.to_parquet(Path(path).with_suffix(".{name(draw, NOUNS)}.parquet"))\n    return test\n'
    )


def loop(draw: Random) -> str:
    """A training loop."""
    what = name(draw, NOUNS)
    return (
        f"def train_{name(draw, KINDS, NOUNS)}(model, loader, epochs={draw.randrange(90)}, lr={draw.random():.4f}):\n"
        f"{told(draw, words(draw, 7))}"
        f"    optimizer = torch.optim.{draw.choice(('Adam', 'AdamW', 'SGD'))}(model.parameters(), lr=lr)\n"
        f"    for epoch in range(epochs):\n        total = 0.0\n        for {what}, target in loader:\n"
        f"            optimizer.zero_grad()\n            loss = F.cross_entropy(model({what}), target)\n"
        f"            loss.backward()\n            optimizer.step()\n            total += loss.item()\n"
        f'        mlflow.log_metric("{name(draw, KINDS, NOUNS)}", total / len(loader), step=epoch)\n'
        f"        if epoch % {draw.randrange(2, 20)} == 0:\n"
        f'            torch.save(model.state_dict(), f"{name(draw, NOUNS)}-{{epoch}}.pt")\n    return model\n'
    )


def unit_test(draw: Random) -> str:
    """A test."""
    return (
        f"def test_{name(draw, VERBS, KINDS, NOUNS)}(tmp_path):\n    values = np.arange({draw.randrange(4, 60)})\n"
        f"    result = {{int(v): v * {draw.random():.3f} for v in values if v % {draw.randrange(2, 9)}}}\n"
        f'    (tmp_path / "{name(draw, NOUNS)}.json").write_text(json.dumps(result))\n'
        f"    assert len(result) < len(values)\n    assert max(result.values()) <= {draw.randrange(60, 99)}\n"
    )


SHAPES: tuple[Callable[[Random], str], ...] = (settings, layer, layer, helper, helper, helper, table, loop)


def code(draw: Random, size: int, shapes: tuple[Callable[[Random], str], ...] = SHAPES) -> str:
    """A module of about some bytes."""
    parts = [f'"""{name(draw, VERBS).title()} {name(draw, KINDS)} {name(draw, NOUNS)}s."""\n\n']
    parts.append("\n".join(dict.fromkeys(draw.choices(MODULES, k=draw.randrange(3, 9)))) + "\n")
    while sum(map(len, parts)) < size:
        parts.append(f"\n\n{draw.choice(shapes)(draw)}")
    return "".join(parts)


def prose(draw: Random, lines: int) -> str:
    """A document."""
    rows = [f"# {title(draw)}\n"]
    for _ in range(lines):
        words = (draw.choice((VERBS, NOUNS, KINDS, "the a of with for")).split() for _ in range(draw.randrange(6, 18)))
        rows.append(" ".join(draw.choice(word) for word in words).capitalize() + ".")
        if draw.random() < 0.15:
            rows.append(f"\n## {title(draw)}\n")
    return "\n".join(rows) + "\n"


def notebook(draw: Random, size: int) -> str:
    """A notebook of about some bytes, most of them pictures."""
    cells: list[dict[str, object]] = []
    total = 0
    while total < size:
        cells.append({"cell_type": "markdown", "metadata": {}, "source": prose(draw, 4).splitlines(keepends=True)})
        picture = base64.b64encode(draw.randbytes(draw.randrange(8_000, 60_000))).decode()
        output = {
            "output_type": "display_data",
            "metadata": {},
            "data": {"image/png": picture, "text/plain": ["<Figure>"]},
        }
        source = (f"import matplotlib.pyplot as plt\n{helper(draw)}\nplt.show()\n").splitlines(keepends=True)
        cells.append(
            {"cell_type": "code", "execution_count": len(cells), "metadata": {}, "outputs": [output], "source": source}
        )
        total += len(picture) + 2_000
    return json.dumps(
        {"cells": cells, "metadata": {"language_info": {"name": "python"}}, "nbformat": 4, "nbformat_minor": 5}
    )


def project(draw: Random, modules: int, size: int) -> Iterator[tuple[str, str]]:
    """The files of a repository with so many modules of about so many bytes each."""
    yield "README.md", prose(draw, 60)
    yield (
        "pyproject.toml",
        '[project]\nname = "measured"\nversion = "1"\ndependencies = ["torch>=2", "pandas", "mlflow"]\n',
    )
    yield "requirements.txt", "numpy==1.26.4\ntorch==2.3.0\nmlflow\nscikit-learn>=1.4\n"
    yield (
        "Dockerfile",
        'FROM python:3.11-slim\nCOPY . /app\nRUN pip install -r requirements.txt\nCMD ["python", "train.py"]\n',
    )
    yield (
        ".github/workflows/ci.yml",
        "on: push\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n      - run: pytest\n",
    )
    yield "train.py", code(draw, 3_000, (table, loop)) + '\n\nif __name__ == "__main__":\n    train()\n'
    for number in range(modules):
        folder = f"{NOUNS.split()[number // 20 % 35]}s{number // 700}"
        path, each = name(draw, VERBS, NOUNS), int(size * draw.uniform(0.3, 1.7))
        if number % 5 == 4:
            yield f"tests/{folder}/test_{path}_{number}.py", code(draw, each, (unit_test, unit_test, helper))
        else:
            yield f"src/measured/{folder}/{path}_{number}.py", code(draw, each)
        if number % 20 == 0:
            yield f"src/measured/{folder}/__init__.py", ""
            yield f"docs/{folder}_{number}.md", prose(draw, 40)
            rows = "".join(f"  {name(draw, KINDS, NOUNS)}_{row}: {draw.random():.4f}\n" for row in range(40))
            yield f"configs/{folder}_{number}.yaml", f"model:\n{rows}"


def tiny(_draw: Random) -> Iterator[tuple[str, str]]:
    """Two files."""
    yield "README.md", "# Tiny\n\nA model.\n"
    yield "train.py", "from sklearn.svm import SVC\n\nmodel = SVC().fit([[0], [1]], [0, 1])\n"


def small(draw: Random) -> Iterator[tuple[str, str]]:
    """Some 60 files."""
    return project(draw, 45, 3_500)


def large(draw: Random) -> Iterator[tuple[str, str]]:
    """Some 2,000 modules with 7 MB."""
    return project(draw, 2_000, 2_900)


def huge(draw: Random) -> Iterator[tuple[str, str]]:
    """Some 2,800 modules with 45 MB."""
    return project(draw, 2_800, 15_400)


def notebooks(draw: Random) -> Iterator[tuple[str, str]]:
    """80 files, of which 40 notebooks have 26 MB."""
    for number in range(40):
        yield f"{number:02}_{name(draw, VERBS, NOUNS)}.ipynb", notebook(draw, 640_000)
    yield from list(project(draw, 30, 2_500))[:40]


def many(draw: Random) -> Iterator[tuple[str, str]]:
    """100,000 small files."""
    for number in range(100_000):
        folder, kind = f"data/{number // 1000:03}/{number // 100 % 10}", number % 10
        if kind == 0:
            yield f"{folder}/{name(draw, VERBS, NOUNS)}_{number}.py", helper(draw)
        elif kind < 4:
            yield f"{folder}/{number}.json", json.dumps({"id": number, "box": [draw.randrange(99) for _ in range(4)]})
        else:
            yield f"{folder}/{number}.txt", f"{draw.randrange(80)} {draw.random():.6f} {draw.random():.6f}\n"


TREES: dict[str, Callable[[Random], Iterator[tuple[str, str]]]] = {
    "tiny": tiny, "small": small, "large": large, "huge": huge, "notebooks": notebooks, "many": many,
}  # fmt: skip


def make(tree: str, folder: Path) -> None:
    """Write the files of a tree.

    Args:
        tree: one of `TREES`.
        folder: where; it is made.
    """
    made: set[Path] = set()
    for path, text in TREES[tree](Random(tree)):
        target = folder / path
        if target.parent not in made:
            target.parent.mkdir(parents=True, exist_ok=True)
            made.add(target.parent)
        target.write_text(text, encoding="utf-8", newline="\n")
