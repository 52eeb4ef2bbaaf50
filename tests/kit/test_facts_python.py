"""Facts from Python: names resolved, dead code apart, old and broken files read all the same."""

from __future__ import annotations

import contextlib
import textwrap
from typing import TYPE_CHECKING

import pytest
from readykit.facts import Unparsable
from readykit.facts.python import extract

if TYPE_CHECKING:
    from readykit.model import Fact


def facts(source: str, kind: str) -> list[Fact]:
    return [fact for fact in extract(textwrap.dedent(source), "src/train.py") if fact.kind == kind]


def names(source: str, kind: str = "call") -> list[str]:
    return [fact.name for fact in facts(source, kind)]


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("import mlflow as m\nm.log_metric('a', 1)", "mlflow.log_metric"),
        ("from mlflow import log_metric as log\nlog('a', 1)", "mlflow.log_metric"),
        ("import a.b.c\na.b.c.run()", "a.b.c.run"),
        ("from .store import save\nsave()", ".store.save"),
        ("from mlflow import MlflowClient\nc = MlflowClient()\nc.delete()", "mlflow.MlflowClient.delete"),
        ("from x import Client\ndef f(c: Client):\n    c.send()", "x.Client.send"),
        ("from x import Client\ndef f(c: 'Client | None'):\n    return c.send()", "?.send"),
        ("from typing import Optional\nfrom x import C\ndef f(c: Optional[C]):\n    c.send()", "x.C.send"),
        ("import x\nwith x.open() as f:\n    f.write()", "x.open.write"),
        ("import x\ndef make():\n    c = x.Client()\n    return c\nd = make()\nd.send()", "x.Client.send"),
        ("import x\ndef make() -> x.Client: ...\nmake().send()", "x.Client.send"),
        ("print(1)", "print"),
        ("def f(model):\n    model.predict()", "?.predict"),
    ],
)
def test_a_callee_is_named_after_what_it_is(source: str, name: str) -> None:
    """Aliases, instances, annotations and local factories all lead to the imported name."""
    assert name in names(source)


def test_an_attribute_of_self_has_the_type_it_was_given() -> None:
    """`self.client = Client()` in one method is known in the others, whichever comes first."""
    source = """
        from store import Client
        class Registry:
            def push(self):
                self.client.register("m")
            def __init__(self):
                self.client = Client()
    """
    assert "store.Client.register" in names(source)


def test_a_parameter_hides_a_module_of_the_same_name() -> None:
    """A local value is not the import that it shadows."""
    assert "json.dump" not in names("import json\ndef f(json):\n    json.dump(1)")


def test_arguments_receiver_and_target_are_kept() -> None:
    """A check can ask which arguments a call had, on what, and where its result went."""
    (call,) = facts("score = model.evaluate(x, batch=32)", "call")
    assert call.name == "?.evaluate"
    assert dict(call.detail) == {"0": "x", "batch": "32", "receiver": "model", "assigned": "score"}


def test_code_that_never_runs_is_dead_and_not_called() -> None:
    """`if False` hides calls and imports; its `else` does not."""
    source = "if False:\n    import mlflow\n    mlflow.log_metric('a', 1)\nelse:\n    run()"
    assert names(source) == ["run"]
    assert "mlflow.log_metric" in names(source, "dead")
    assert names(source, "import") == []


def test_comments_and_docstrings_say_nothing() -> None:
    """Prose inside code is no evidence."""
    source = '"""mlflow.log_metric()"""\n# mlflow.log_metric()\ndef f():\n    """wandb.init()"""\n    "a bare string"\n'
    assert names(source) == []
    assert names(source, "string") == []


def test_a_branch_tells_what_it_compares_and_what_it_does() -> None:
    """A gate is a comparison with an act behind it."""
    (branch,) = facts(
        "if auc < params['gate']['min_auc']:\n    raise ValueError('too low')\nelse:\n    push()", "branch"
    )
    assert branch.name == "auc < params['gate']['min_auc']"
    assert branch.detail["names"].split() == ["auc", "params", "min_auc", "gate"] or "min_auc" in branch.detail["names"]
    assert branch.detail["ops"] == "<"
    assert "raise" in branch.detail["body"].split(",")
    assert branch.detail["else"] == "push"


def test_what_a_branch_returns_is_told() -> None:
    """`return False` and `sys.exit(1)` are acts."""
    source = "import sys\ndef f(x):\n    if x > 1:\n        return False\n    if x:\n        sys.exit(1)"
    first, second = facts(source, "branch")
    assert "return:False" in first.detail["body"]
    assert "exit" in second.detail["body"].split(",")


def test_definitions_carry_parameters_bases_and_decorators() -> None:
    """A route handler and a request model can be recognised."""
    source = """
        from fastapi import FastAPI
        from pydantic import BaseModel, Field
        app = FastAPI()
        class Row(BaseModel):
            hour: int = Field(ge=0, le=23)
        @app.post("/predict", status_code=200)
        async def predict(row: Row, n: int = 3) -> dict: ...
    """
    row, predict = facts(source, "def")
    assert (row.value, row.detail["bases"]) == ("class", "pydantic.BaseModel")
    assert (predict.value, predict.detail["args"]) == ("async", "row: Row, n: int = 3")
    (decorator,) = facts(source, "decorator")
    assert (decorator.name, decorator.scope, decorator.detail["0"]) == ("fastapi.FastAPI.post", "predict", '"/predict"')
    (field,) = facts(source, "field")
    assert (field.name, field.value, field.detail["default"]) == ("Row.hour", "int", "Field(ge=0, le=23)")


def test_strings_are_kept_with_holes_for_values() -> None:
    """`models:/flights@champion` is found in an f-string too."""
    assert names("x = f'models:/{name}@champion'", "string") == ["models:/{}@champion"]


def test_the_guard_of_a_script_is_seen() -> None:
    """Either order of the comparison."""
    assert names("if '__main__' == __name__:\n    main()", "guard") == ["__main__"]


def test_references_are_one_fact_a_file_by_scope() -> None:
    """Thousands of names cost one fact."""
    (refs,) = facts("import x\ndef f():\n    return g(x.y)\nf()", "refs")
    assert set(refs.detail["f"].split()) == {"g", "x", "y"}
    assert refs.detail[""] == "f"


def test_started_programs_are_commands() -> None:
    """`subprocess` with a list, and a nox session."""
    source = "import subprocess\nsubprocess.run(['dvc', 'repro'], check=True)"
    assert names(source, "command") == ["dvc repro"]
    nox = "import nox\n@nox.session\ndef tests(session):\n    session.run('pytest', '-q')"
    (command,) = facts(nox, "command")
    assert (command.name, command.scope, command.detail["runner"]) == ("pytest -q", "tests", "nox")


def test_python_2_is_read_line_by_line() -> None:
    """Imports, definitions and calls of a file that Python 3 refuses."""
    source = "import pandas as pd\ndef load():\n    print 'x'\n    return pd.read_csv('a')\n# os.system('x')\n"
    assert names(source) == ["pandas.read_csv"]
    assert names(source, "def") == ["load"]


def test_what_is_not_python_at_all_is_unparsable() -> None:
    """It becomes a row of the report."""
    with pytest.raises(Unparsable, match="not Python"):
        extract("<html>\n&&&", "a.py")


@pytest.mark.parametrize("source", ["x = " + "(" * 5000, "x = " + "-" * 100_000 + "1", "a" + ".b" * 3000, "\0"])
def test_hostile_nesting_is_refused_not_fatal(source: str) -> None:
    """Depth ends in a sentence or in facts, never in a crash."""
    with contextlib.suppress(Unparsable):
        assert extract(source, "a.py")


def test_lines_are_those_of_the_file() -> None:
    """A call over several lines is cited where it begins, with its end."""
    (call,) = facts("\n\nfit(\n    1,\n)", "call")
    assert (call.at.line, call.at.end_line) == (3, 5)


def test_a_form_feed_does_not_move_lines() -> None:
    """Python and editors count line feeds only; old sources separate sections with form feeds."""
    (call,) = facts("x = 1\n\x0c\ny = fit(1)\n", "call")
    assert (call.at.line, call.detail["0"], call.detail["assigned"]) == (3, "1", "y")
