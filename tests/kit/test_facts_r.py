"""Facts from R: calls with what they are given, definitions, conditions and what they do, chunks of documents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from readykit.facts import dispatch, r, source

if TYPE_CHECKING:
    from readykit.model import Fact

SCRIPT = """# calls in comments do not count: set.seed(1)
library(tidymodels)
purrr::walk(c("arrow", "yaml"), library, character.only = TRUE)
mlflow <- reticulate::import("mlflow")
params <- read_yaml("params.yaml")
#' Train
#' @export
fit_model <- function(data, trees = 500) {
  set.seed(params$seed)
  spec <- parsnip::boost_tree(trees = trees,
                              learn_rate = 0.1) %>%
    set_engine("xgboost")
  if (nrow(data) < 10) {
    stop("too few rows")
  } else {
    message('fine # not a comment')
  }
  if (FALSE) {
    never()
  }
  square <- \\(x) x^2
  spec |> fit(target ~ ., data = data)
}
mlflow$log_metric("rmse", 3)
model$predict(x)
stopifnot(rmse < 5)
if (rmse > 2) quit(status = 1)
"""


def found(text: str, kind: str, path: str = "train.R") -> list[Fact]:
    return [fact for fact in r.extract(text, path) if fact.kind == kind]


def test_calls_have_resolved_names_arguments_and_true_lines() -> None:
    calls = {fact.name: fact for fact in found(SCRIPT, "call")}
    assert "never" not in calls
    made = calls["parsnip::boost_tree"]
    assert (made.at.line, made.at.end_line, made.scope) == (10, 11, "fit_model")
    assert (made.detail["trees"], made.detail["learn_rate"], made.detail["assigned"]) == ("trees", "0.1", "spec")
    assert calls["set_engine"].detail["receiver"] == "parsnip::boost_tree"
    assert calls["fit"].detail == {"0": "target ~ .", "data": "data", "receiver": "spec", "language": "r"}
    assert calls["set.seed"].detail["0"] == "params$seed"
    assert calls["mlflow.log_metric"].at.line == 24
    assert calls["?.predict"].detail["receiver"] == "model"


def test_packages_are_imported_by_every_way_to_attach_them() -> None:
    names = {fact.name for fact in found(SCRIPT, "import")}
    assert {"tidymodels", "arrow", "yaml", "purrr", "parsnip", "mlflow", "reticulate"} <= names


def test_definitions_have_arguments_and_nest() -> None:
    defs = {fact.name: fact for fact in found(SCRIPT, "def")}
    assert defs["fit_model"].detail["args"] == "data, trees = 500"
    assert (defs["fit_model"].at.line, defs["fit_model"].at.end_line) == (8, 23)
    assert "fit_model.square" in defs


def test_conditions_tell_what_their_bodies_do() -> None:
    branches = {fact.name: fact.detail for fact in found(SCRIPT, "branch")}
    few = branches["nrow(data) < 10"]
    assert (few["ops"], few["body"], few["else"]) == ("<", "stop,raise", "message")
    assert "exit" in branches["rmse > 2"]["body"]
    assert [fact.name for fact in found(SCRIPT, "assert")] == ["rmse < 5"]
    assert [(fact.name, fact.at.line) for fact in found(SCRIPT, "raise")] == [("stop", 14)]
    assert "nrow(data) < 10" in [fact.name for fact in found(SCRIPT, "compare")]


def test_strings_and_assignments_are_kept() -> None:
    assert "fine # not a comment" in [fact.name for fact in found(SCRIPT, "string")]
    assert ("params", 'read_yaml("params.yaml")') in [(f.name, f.value) for f in found(SCRIPT, "assign")]


def test_test_that_is_a_test_with_its_expectations() -> None:
    text = 'test_that("area is right", {\n  expect_equal(area(2), 4)\n})\n'
    assert [fact.name for fact in found(text, "def")] == ["test_area_is_right"]
    (call,) = (fact for fact in found(text, "call") if fact.name == "expect_equal")
    assert (call.scope, call.at.line) == ("test_area_is_right", 2)


def test_routes_of_plumber_are_decorators() -> None:
    (route,) = found("#* @post /predict\nfunction(req) predict(model, req$body)\n", "decorator", "plumber.R")
    assert (route.name, route.detail["0"]) == ("plumber.post", '"/predict"')


def test_chunks_are_code_and_the_rest_is_prose() -> None:
    text = (
        "---\ntitle: x\n---\n# Goal\nBe right.\n```{r fit}\nlm(y ~ x)\n```\n"
        "```{r, eval=FALSE}\nnever()\n```\n```{python}\nimport numpy\n```\n"
    )
    facts = dispatch.extract(text, "report.qmd")
    assert [(f.name, f.at.line) for f in facts if f.kind == "call"] == [("lm", 7)]
    assert ("numpy", 13) in [(f.name, f.at.line) for f in facts if f.kind == "import"]
    assert ("Be right.", 5) in [(f.name, f.at.line) for f in facts if f.kind == "prose"]


def test_broken_brackets_lose_nothing_else() -> None:
    assert [fact.name for fact in found("f(1))\ng(2)\nh(", "call")] == ["f", "g"]
    assert r.extract("", "empty.R") == []


def test_grouped_imports_of_scala_keep_their_names() -> None:
    text = "import org.app.tuning.{Grid,\n  Cut => Splitter, _}\nimport a.b._\n"
    facts = source.extract(text, "App.scala")
    assert [(f.name, f.value, f.at.line) for f in facts] == [
        ("org.app.tuning", "org.app.tuning", 1),
        ("org.app.tuning.Grid", "Grid", 1),
        ("org.app.tuning.Cut", "Splitter", 1),
        ("a.b", "a.b", 3),
    ]
