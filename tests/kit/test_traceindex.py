"""What the index of patterns finds is what trying every pattern finds, in the same order."""

from __future__ import annotations

import fnmatch
import itertools
import re
from itertools import product

import pytest
from readykit import catalogue
from readykit.globs import glob, key_glob, path_matches
from readykit.index import first_named
from readykit.model import Fact, Location
from readykit.once import Answers
from readykit.traceindex import WILD_KEY, Finder, Keys, Paths, names, wants

PIECES = ("mlflow", "log_model", "x", "", "torch", "py", "a.b", "[0]")
NAMES = sorted(
    {"".join(parts) for parts in itertools.product(PIECES, (".", "", "-"), PIECES)} | {"fit", "it", "a[0].id"}
)
GLOBS = (
    "mlflow.log_model", "mlflow.*", "*.log_model", "*log*", "*", "m*l", "?orch*", "[mt]*h*", "x", "*.x*", "py*", "*py",
    "torch*torch", "ab", "*a.b*", "mlflow*log_model", "*[0-9]*", "torch[.-]*",
)  # fmt: skip


def test_a_finder_finds_what_trying_all_globs_finds() -> None:
    finder = Finder.of((rank, pattern, pattern) for rank, pattern in enumerate(GLOBS))
    for name in NAMES:
        assert [row for _, row in finder.ranked(name)] == [p for p in GLOBS if glob(p)(name)], name


def test_brackets_in_keys_are_plain_text() -> None:
    patterns = ("a[0].id", "a[*].id", "*[0]", "*.id", "x[0]*", "*")
    finder = Finder.of(((rank, p, p) for rank, p in enumerate(patterns)), key_glob, wild=WILD_KEY)
    for name in NAMES:
        assert [row for _, row in finder.ranked(name)] == [p for p in patterns if key_glob(p)(name)], name


@pytest.mark.parametrize(
    "path",
    ["dvc.yaml", "a/dvc.yaml", "conf/x.yml", "a/conf/b/x.yml", "train_me.py", "a/train.py", ".github/workflows/c.yml"],
)
def test_paths_are_found_as_path_matches_has_them(path: str) -> None:
    patterns = (
        "dvc.yaml", "*/dvc.yaml", "**/conf/*.yml", "*.y*ml", "train*.py", "**/train.py", ".github/workflows/*.yml", "*",
    )  # fmt: skip
    found = Paths((pattern, pattern) for pattern in patterns).matching(path)
    assert found == [pattern for pattern in patterns if path_matches(path, pattern)]


def test_patterns_that_begin_with_a_word_come_first() -> None:
    finder = names("calls", [("*log*", 1), ("?.log_model", 2), ("mlflow.*", 3)], last=[("*", 4)])
    assert [row for _, row in finder.ranked("mlflow.log_model")] == [3, 2, 1, 4]


def test_a_module_shows_its_package_and_an_image_its_name_behind_any_registry() -> None:
    imports = names("imports", [("mlflow", 1), ("mlflow.sklearn", 2), ("ml", 3)])
    assert [row for _, row in imports.ranked("mlflow.sklearn.log_model")] == [1, 2]
    images = names("images", [("*mlflow/mlflow*", 1), ("tensorflow/serving", 2)])
    assert [row for _, row in images.ranked("ghcr.io/mlflow/mlflow")] == [1]
    assert [row for _, row in images.ranked("tensorflow/serving")] == [2]


def test_keys_are_found_in_the_files_that_their_pattern_names() -> None:
    keys = Keys([("dvc.yaml:stages.*.cmd", 1), ("*.y*ml:*.cmd=python*", 2), ("*.toml:tool.*", 3)])
    found = keys.of(keys.files("sub/dvc.yaml")).ranked("stages.train.cmd")
    assert [(row, test is None or test("python train.py")) for _, (test, row) in found] == [(1, True), (2, True)]
    assert not keys.of(keys.files("a.py")).ranked("stages.train.cmd")


def test_an_argument_that_is_none_is_not_given() -> None:
    (wanted,) = wants("load(revision)")
    assert wanted.among({"revision": '"v1"'})
    assert not wanted.among({"revision": "None"})
    assert not wanted.among({})
    (valued,) = wants("train(objective=*binary*)")
    assert valued.among({"objective": '"binary:logistic"'})
    assert not valued.among({"objective": '"reg:squared"'})


def test_a_setting_in_a_list_is_a_trace_once() -> None:
    fact = Fact("yaml", "repos[0].hooks[0].id", Location(".pre-commit-config.yaml", 4), "ruff")
    traces = list(catalogue.toolbox().traces(fact))
    assert len(traces) == len(set(map(repr, traces))) > 0


def test_what_a_call_shows_comes_in_the_order_of_the_catalogue() -> None:
    box, place = catalogue.toolbox(), Location("train.py", 1)
    one = Fact("call", "ray.remote", place, detail={"num_gpus": "1", "num_cpus": "2"})
    other = Fact("call", "ray.remote", place, detail={"num_cpus": "2", "num_gpus": "1"})
    assert [t.what for t in box.traces(one)] == [t.what for t in box.traces(other)]


def test_an_answer_is_worked_out_once() -> None:
    asked: list[int] = []
    answers = Answers(lambda number: asked.append(number) or number * 2)
    assert (answers[2], answers[2], answers[3]) == (4, 4, 6)
    assert asked == [2, 3]


def test_stars_mean_what_they_mean_to_the_standard_library() -> None:
    globs = ["".join(letters) for size in range(5) for letters in product("ab*", repeat=size)]
    names = ["".join(letters) for size in range(5) for letters in product("ab", repeat=size)]
    for pattern in globs:
        fits = re.compile(fnmatch.translate(pattern)).match
        assert [name for name in names if glob(pattern)(name)] == [name for name in names if fits(name)], pattern


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("we serve with ray serve on ray", "ray"), ("x-ray, then k8s", "k8s"), ("arrays of rays", ""), ("k8s", "k8s"),
        ("on k8s and ray", "k8s"), ("ray_tune", ""), ("", ""), ("rayé ray", "ray"),
    ],
)  # fmt: skip
def test_the_product_that_a_sentence_names_first(text: str, name: str) -> None:
    assert first_named(text, ["ray", "ray serve", "k8s"]) == name
