"""DAT: is the data looked at before a model learns from it?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from readykit.checks_api import Found, Project, best, check, not_applicable, partial, passed, unmet
from readykit.model import Evidence, Fact, Location, Strength, Verdict
from readykit.naming import last, words
from readykit.testcode import own_modules

# What only tables have: columns, missing and repeated values, types. `.empty(` is a queue's.
TABLE = re.compile(
    r"\.columns\b|\.(isnull|isna|notnull|notna|duplicated|hasnans|is_unique)\b|\.empty\b(?!\()|\.dtypes?\b"
    r"|\bis_\w+_dtype\b|\.shape\[[01]\]"
    r"|(missing|required|expected|extra|unexpected|null|nan)_?(cols?|columns?|fields?|features?|values?|counts?)\b"
    r"|\bcol(umn)?s?\s+(not\s+)?in\b|\bin\s+\w*(schema|columns)\b"
    r"|(missing|required|expected)_?(time ?stamps?|dates?|hours|days)\b"
    r"|\b(time ?stamps?|dates?)_(available|missing|complete)\b"
    r"|\b(col)?names\(|\banyNA\(|\bis\.na\(|\bcomplete\.cases\(|\.(null_count|is_null|is_duplicated|is_nan)\("
    r"|\bnot [\w.]+\.(validate|is_valid)\(\s*\w*(row|record|df|data|frame|batch|sample)",
    re.IGNORECASE,
)
# what a table lacks, or has too much of, by the names of its columns
LACKING = re.compile(
    r"(not in|-|difference\().*\.columns\b|\.columns\b.*(\bnot in\b|\)? - |difference\()"
    r"|\.(isNull|isnull|isna|is_null|isNaN|duplicated|is_duplicated)\(.*\.(sum|count|any|mean|height|len)\b"
)
# A shape or a type alone is as often that of an array or an image, which says nothing about the data.
ARRAYS = re.compile(r"\.(shape\[|dtype\b)")
COLUMNS = re.compile(
    r"\.columns\b|isnull|isna|is_null|null_count|names\(|anyNA|is\.na|\.validate\(|\.is_valid\(|notn|duplicated|empty|(missing|required|expected)_?(col|feat|field)"
    r"|\bcol(umn)?s?\s+(not\s+)?in\b|\bin\s+\w*(schema|columns)\b"
)
VALUES = re.compile(
    r"\.columns\b|isnull|isna|notn|duplicated|(missing|required|expected|actual)_?(col|feat|field|time|date)"
    r"|(time ?stamps?|dates?)_(available|missing|complete)"
)
VALIDATES = re.compile(
    r"\b(validat\w*|verif\w*|ensure|sanity|quality|integrity|expectations?|checks?|checker|asserts?|schemas?|require)\b"
)
# where what is looked at is no data to learn from: a service's question, a page, a table of results
ELSEWHERE = re.compile(
    r"\b(serving|serve|api|apps?|services?|dashboards?|requests?|web|visuali[sz]\w*|plot\w*|charts?|figures?|cli"
    r"|reports?|evaluat\w*|metrics?|select\w*|monitor\w*|drift|psi)\b"
)
# where data is looked at that a finished model answers for
IN_PRODUCTION = re.compile(r"\b(inference|predict\w*|scor(e|ing))\b")
STOPS = re.compile(r"(^|,)(raise|exit|sys\.exit)(,|$)")
# a file put aside; `.replace` and `.rename` alone are as often those of a table
ASIDE = re.compile(r"(^|,)(shutil\.(move|copy\w*)|os\.(rename|replace)|[\w.?]*\.(move\w*|quarantine\w*))(,|$)")
KEPT = re.compile(r"\.(append|add|extend|update|write\w*|dump\w*|save\w*)(,|$)|(^|,)return(,|$)")
BESIDE_TESTS = re.compile(r"(^|/)(conftest|test_[^/]*|[^/]*_test)\.py$|(^|/)tests?/")
ONLY_SAYS = re.compile(r"(^|,)(print|warnings\.warn)(,|$)|log(ger|ging)?\b", re.IGNORECASE)
FINDINGS = re.compile(
    r"\b(ok|valid|invalid|validation|errors?|issues?|problems?|fail(ed|ures?)?|passed|violations?|missing|success)\b"
)
VERDICT = re.compile(
    r"\b(data )?valid(ation|ated)? (ok|status|passed|success|result|artifact|errors?)\b|\bis valid( data)?\b"
)
READS = re.compile(r"(^|\.)(read_(csv|parquet|json|table|feather|excel|pickle)|load_dataset)$")
MADE_HERE = re.compile(r"\.to_(csv|parquet|json|feather|pickle)$")
# how the result of a suite of checks becomes a page to look at, and how a program reads it
PAGES = frozenset({"save_html", "show", "to_html", "save"})
READ_OUT = frozenset({"as_dict", "json", "dict", "dump_dict"})
SKIPPED = re.compile(r"skip|disabled|dry_run|fail_on", re.IGNORECASE)
YES = re.compile(r"[\"']?(true|yes|1)[\"']?$", re.IGNORECASE)
BOUNDS = re.compile(r"\b(ge|gt|le|lt|pattern|regex|min_length|max_length|multiple_of|conint|confloat|Literal)\b")
ROW = re.compile(r"(^|\.)(model_validate|parse_obj|model_validate_json|validate_python)$")
ABOUT_DATA = re.compile(
    r"\b(data\w*|ingest\w*|streams?|etl|loader?|load|preprocess\w*|features?|rows?|records?|events?)\b"
)
DEFINES = re.compile(r"(Schema|Suite)$")
APPLIES = re.compile(r"\.(validate|check|run|is_valid|cast|execute|filter|validate_\w+|run_\w+)$")
CLAIM = r"data.*validat|validat.*data|data quality|schema check"


def place(fact: Fact) -> str:
    """The words of where a fact stands: its file's name and its function."""
    return f"{words(fact.path.rpartition('/')[2])} {words(fact.scope)}"


def outcome(fact: Fact) -> str:
    """What a condition leads to, on either side."""
    return f"{fact.detail.get('body', '')},{fact.detail.get('else', '')}"


def table_conditions(project: Project, role: str = "code") -> Iterator[Fact]:
    """Conditions on a table's columns, missing or repeated values, types and size."""
    for fact in project.named(TABLE, "branch", role=(role,)):
        if fact.detail.get("kind") in ("if", "assert"):
            yield fact
    yield from on_findings(project, role)


def on_findings(project: Project, role: str) -> Iterator[Fact]:
    """Conditions on a value that was made of a table's columns just before: `if missing: raise`."""
    made = {(f.path, f.scope, f.name): f.value for f in project.valued(LACKING, "assign", role=(role,))}
    for fact in project.facts("branch", role=(role,)) if made else ():
        if fact.detail.get("kind") in ("if", "assert") and not TABLE.search(fact.name):
            names = fact.detail.get("names", "").split()
            value = next((made[key] for name in names if (key := (fact.path, fact.scope, name)) in made), "")
            if value:
                yield fact._replace(name=f"{fact.name}, {value}")


def judged(project: Project) -> tuple[set[str], bool]:
    """Files in which a list of findings or a flag stops the run (`if errors: raise`), and whether a verdict does."""
    found, anywhere = set(), False
    for fact in project.facts("branch"):
        if STOPS.search(outcome(fact)):
            names = words(fact.detail.get("names", ""))
            if FINDINGS.search(names):
                found.add(fact.path)
            anywhere = anywhere or bool(VERDICT.search(names))
    return found, anywhere


def own_checks(project: Project) -> tuple[list[Evidence], list[Evidence]]:
    """Conditions of the project's own on its tables: those that can stop the run, and weaker ones."""
    stopped, anywhere = judged(project)
    full: list[Evidence] = []
    weak: list[Evidence] = []
    for fact in table_conditions(project):
        where, acts = place(fact), outcome(fact)
        if project.strength(fact) < Strength.USED and not acts.strip(","):
            continue
        direct = bool(STOPS.search(acts) or ASIDE.search(acts))
        noted = bool(KEPT.search(acts)) and (anywhere or fact.path in stopped)
        around = f"{words(fact.path)} {where}"
        before = not ELSEWHERE.search(around) and not IN_PRODUCTION.search(around)
        live = project.strength(fact) >= Strength.USED and not fact.path.endswith(".ipynb")
        if VALIDATES.search(where) and before and live and (direct or noted):
            full.append(project.evidence(fact, f"checks the data: {fact.name[:80]}"))
        elif VALIDATES.search(where) and COLUMNS.search(fact.name) and (direct or KEPT.search(acts) or said(acts)):
            weak.append(noted_as(project, fact, "looks at the data, but nothing before training is stopped by it"))
        elif fact.path.endswith(".ipynb") or ELSEWHERE.search(around) or not direct:
            continue
        elif not before and VALUES.search(fact.name):
            weak.append(noted_as(project, fact, f"checked only when the model is asked: {fact.name[:60]}"))
        elif before and COLUMNS.search(fact.name) and not only_arrays(fact):
            weak.append(noted_as(project, fact, f"a single assumption about the data: {fact.name[:60]}"))
    return full, weak


def said(acts: str) -> bool:
    """Whether a finding is printed or logged."""
    return bool(ONLY_SAYS.search(acts))


def only_arrays(fact: Fact) -> bool:
    """Whether a condition speaks of a shape or a type and of nothing that only tables have."""
    return bool(ARRAYS.search(fact.name)) and not COLUMNS.search(fact.name)


def noted_as(project: Project, fact: Fact, note: str) -> Evidence:
    """Evidence of something half done."""
    return project.evidence(fact, note, cap=Strength.IMPORTED)


def tested_data(project: Project) -> list[Evidence]:
    """Tests that read a data file and hold its columns or values against expectations."""
    reading = {f.path for f in project.named(READS, "call", role=("test",))}
    writing = {f.path for f in project.named(MADE_HERE, "call", role=("test",))}
    answers = worked_out(project)
    found = [
        noted_as_test(fact, "a test checks a data file; nothing checks what the model is trained on")
        for fact in table_conditions(project, "test")
        if fact.path in reading - writing and fact.detail.get("kind") == "assert" and VALUES.search(fact.name)
        if (fact.path, fact.scope) not in answers
    ]
    tests = {f.path for f in project.facts("def", role=("test",)) if last(f.name).lower().startswith("test")}
    calls = list(project.facts("call", role=("test",)))
    validating = {name for name in {call.name for call in calls} if validates(project, name)}
    for fact in calls:
        if fact.name in validating:
            if fact.path in tests:
                found.append(noted_as_test(fact, f"a test checks the data: {last(fact.name)}"))
            elif not BESIDE_TESTS.search(fact.path):  # a stage called data tests is no test
                found.append(Evidence(fact.at, Strength.USED, f"a stage checks the data: {last(fact.name)}"))
    return found


def validates(project: Project, name: str) -> bool:
    """Whether calls of a name are a product's that validates data."""
    return any(job.name == "data validation" for _, job, _ in project.toolbox.match("calls", name))


def worked_out(project: Project) -> set[tuple[str, str]]:
    """Tests that give the project's own code the data: what they assert of its answer is no property of the data."""
    own = own_modules(project)
    found = set()
    for fact in project.facts("call", role=("test",)):
        given = fact.detail.get("0", "")  # a path written out is that of the data itself
        made = fact.detail.get("assigned") and given and given[0] not in "\"'"
        if made and not own.isdisjoint(fact.name.split(".")):
            found.add((fact.path, fact.scope))
    return found


def noted_as_test(fact: Fact, note: str) -> Evidence:
    """Evidence from a test."""
    return Evidence(fact.at, Strength.IMPORTED, note)


def only_defined(project: Project, found: Found) -> set[Location]:
    """Schemas and suites in a project in which nothing is ever held against them."""
    defined = {f.at for f in found.facts if f.kind == "def" or (f.kind == "call" and DEFINES.search(f.name))}
    if not defined or any(True for _ in project.named(APPLIES, "call", role=("code", "test"))):
        return set()
    return set() if any(f.kind == "decorator" for f in found.facts) else defined


def typed_rows(project: Project) -> list[Evidence]:
    """Rows that are made into a class with bounds outside of a web service: `Event(**message)`."""
    bounded = {f.name.rpartition(".")[0] for f in project.facts("field") if BOUNDS.search(f.detail.get("default", ""))}
    rows = {fact.name: fact for fact in project.doing("typed rows").facts if fact.kind == "def"}
    bounded &= set(rows)
    if not bounded:
        return []
    answering = {f.path for f in project.facts("decorator") if f.name.endswith((".post", ".get", ".route", ".api"))}
    found = []
    for call in project.facts("call"):
        name = last(call.name)
        made = name in bounded and "**" in call.detail
        read = bool(ROW.search(call.name)) and last(call.name.rpartition(".")[0]) in bounded
        if not (made or read) or call.path in answering or project.strength(call) < Strength.USED:
            continue
        if ABOUT_DATA.search(words(f"{call.path} {call.scope}")):
            found.append(noted_as(project, call, "each row is made into a class with bounds"))
    return found


def only_shown(project: Project, path: str) -> bool:
    """Whether a file turns the result of its checks into a page and nothing in it reads that result."""
    calls = {last(f.name) for f in project.facts("call", path=path, role=None)}
    acts = (f for f in project.facts("branch", path=path, role=None) if STOPS.search(outcome(f)))
    return bool(calls & PAGES) and not calls & READ_OUT and not any(acts)


def switched_off(fact: Fact) -> bool:
    """Whether a product's call is told to look away: `skip_check=True`."""
    return any(SKIPPED.search(key) and YES.match(value) for key, value in fact.detail.items() if key != "fail_on_error")


@check(
    "DAT004",
    "Data is validated before training",
    capability="data_validation",
    level=2,
    dimension="data",
    fix="kit add validation",
)
def data_is_validated(project: Project) -> Verdict:
    """What: columns, types, ranges and missing values are checked before a model learns from them.

    A validation product at work passes, and so do checks of the project's own, in code that is there to validate, that
    stop the run or put the bad data aside. A single `raise` on a missing column, findings that nothing acts on, checks
    in notebooks or of production data only, tests that read a sample file, typed rows, and a product told to skip are
    partial. Dropping rows with missing values validates nothing, and so does a report that is only looked at.

    Why: a model trains without complaint on a column that changed its unit; nothing later in the pipeline notices.

    Fix: write down what must hold of the columns in one schema, check every batch with it, and stop when it fails.

    Source: document 000; Breck et al. 2017, ML Test Score (Data 1); Breck et al. 2019, data validation for ML.
    """
    found = project.doing("data validation")
    skipped = {fact.at for fact in found.facts if fact.kind == "call" and switched_off(fact)}
    idle = skipped | only_defined(project, found)
    tested = tested_data(project)
    used = [e for e in (*found.at_least(Strength.USED), *tested) if e.at not in idle and e.strength >= Strength.USED]
    used = [e for e in used if not only_shown(project, e.at.path)]
    explored = [e for e in used if e.at.path.endswith(".ipynb") and project.kind != "collection"]
    own, weak = own_checks(project)
    if project.kind == "library":
        own, weak = [], []  # what a library checks of its callers' tables is no data of its own
    full = [*(e for e in used if e not in explored), *own]
    off = [e for e in found.at_least(Strength.USED) if e.at in idle]
    if full and not off:
        return passed("the data is checked before a model learns from it", best(full))
    if project.only_serves:
        return not_applicable("models are served here and trained elsewhere, so there is no training data to check")
    if project.kind == "library":
        return not_applicable("a library leaves the checking of data to its users")
    if off:
        return partial("a data check is there, but told to skip or never applied", best(off))
    weaker = [*explored, *tested, *typed_rows(project), *weak]
    if weaker:
        return partial("data is looked at, but not checked as a whole before training", best(weaker))
    would = "a schema or checks of columns, types and values that can stop the run, in the code that prepares the data"
    return unmet(found, "nothing checks the data before training", would, CLAIM)
