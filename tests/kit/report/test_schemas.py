"""Our reports against the schemas of those who read them, and the limits of GitHub's code scanning."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
import xmlschema
from readykit import baseline
from readykit.auditor import audit
from readykit.clean import cleaned
from readykit.report import render

from . import hostile

if TYPE_CHECKING:
    from readykit.model import Report

SCHEMAS = Path(__file__).parent / "schemas"


@pytest.fixture(scope="module")
def sarif() -> Any:
    return jsonschema.Draft4Validator(json.loads((SCHEMAS / "sarif-2.1.0.json").read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> list[Report]:
    """A real one, the same compared with a baseline, one that is not graded, and hostile ones."""
    folder = tmp_path_factory.mktemp("small")
    empty = tmp_path_factory.mktemp("empty")
    (folder / "train.py").write_text("from sklearn.svm import SVC\n\nSVC().fit([[0], [1]], [0, 1])\n")
    (folder / "settings.py").write_text('KEY = "AKIA3QF7RKX2LMN5TWVB"\n')
    (folder / "broken.ipynb").write_text("{")
    real = audit(folder)
    assert real.unreadable
    compared = baseline.compared(real, baseline.Baseline("main"))
    assert compared.since is not None
    assert compared.since.new
    return [real, compared, audit(empty), *(cleaned(hostile.report(text)) for text in hostile.TEXTS[::3])]


def test_sarif_is_what_its_standard_says(sarif: Any, reports: list[Report]) -> None:
    for report in reports:
        faults = [
            f"{error.json_path}: {error.message}"[:200]
            for error in sarif.iter_errors(json.loads(render(report, "sarif")))
        ]
        assert not faults


def test_the_schema_would_find_a_fault(sarif: Any, reports: list[Report]) -> None:
    log = json.loads(render(reports[0], "sarif"))
    log["runs"][0]["results"][0]["baselineState"] = "old"
    assert list(sarif.iter_errors(log))


def test_junit_is_what_jenkins_accepts(reports: list[Report]) -> None:
    schema = xmlschema.XMLSchema(str(SCHEMAS / "junit-10.xsd"))
    for report in reports:
        schema.validate(render(report, "junit"))
    with pytest.raises(xmlschema.XMLSchemaValidationError):
        schema.validate("<testsuites><testcase/></testsuites>")


def test_code_scanning_takes_the_largest_report() -> None:
    """Limits of GitHub: 10 MB compressed, 25,000 results and rules, 1,000 places a result, 20 tags a rule."""
    page = render(hostile.report(*(f"{n} " + "ß" * 900 for n in range(300))), "sarif")
    assert len(gzip.compress(page.encode())) < 10_000_000
    (run,) = json.loads(page)["runs"]
    assert len(run["results"]) <= len(run["tool"]["driver"]["rules"]) < 1_000
    assert all(len(rule["properties"]["tags"]) <= 20 for rule in run["tool"]["driver"]["rules"])
    assert all(len(row["locations"]) + len(row.get("relatedLocations", [])) < 1_000 for row in run["results"])
