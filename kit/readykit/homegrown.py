"""What projects keep by their own means: models with a version, and records of runs, without a product for either."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

from readykit.model import Evidence, Strength
from readykit.naming import words
from readykit.switches import CODE

if TYPE_CHECKING:
    from readykit.model import Fact
    from readykit.project import Project

FORM = r"\.(joblib|pkl|pickle|onnx|pth?|h5|hdf5|keras|skops|cbm|bst|ubj|ckpt|safetensors|bin|tflite|model|rds|pmml)"
MODEL_PATH = re.compile(
    rf"(^|/)(models?|checkpoints?|weights|trained[_-]models?|saved[_-]models?)/?$|(^|/)[\w.-]*{FORM}$", re.IGNORECASE
)
NO_MODEL = re.compile(r"(?<![a-z])(data ?(set|frame)?s?|scalers?|encoders?|features?|train|test|[xy])(?![a-z])")
# -- models -----------------------------------------------------------------------------------------------------------
# An address of a model file under a version, a date or a hash, that stays what it was.
ASSET = re.compile(rf"({FORM}|\.tar\.gz|\.zip)$")
ADDRESS = re.compile(r"^https?://\S*$")
STAYS = re.compile(r"/releases/download/|/v?\d+\.\d+|\d{8}|[0-9a-f]{8}")
RELEASED = re.compile(rf"^https?://[^/]+/([^/]+/[^/]+)/releases/download/([^/]+)/\S*({FORM}|\.tar\.gz|\.zip)$")
BUCKET = re.compile(r"^(s3|gs|wasbs?|abfss?|azureml)://")
EXECUTION = re.compile(r"(?<![a-z])(train\w* |pipeline )?(job|run|execution|build) ?(id|name|number|uuid)(?![a-z])")
ZOO = 3
"""Model files that a table of a document offers before it is a list of versions."""
UPLOADS = re.compile(
    r"(^|\.)(upload_\w+|put_object|upload_blob|upload_from_\w+|put_file|fput_object|copy_to_s3|s3_upload|save_model|put"
    r"|Object)$"
)
DATED = re.compile(r"(?<![a-z])(date|today|day|now|time ?stamp|ts|run ?id|commit|sha)(?![a-z])")
A_FILE = re.compile(rf"{FORM}[\"']*$", re.IGNORECASE)
FROM_RUN = re.compile(r"^runs:/")
# a folder of models in which each has its own, named by a date or a version
BUNDLE = re.compile(
    r"(^|/)(models?|bundles|model[_-]?(store|bundles|versions)|checkpoints)/([^/]+/)*[^/]*"
    r"(20\d{6}|20\d\d-\d\d-\d\d|(?<![a-z])v\d+(\.\d+)+)[^/]*/(metadata|model|config|manifest|metrics)\.\w+$",
    re.IGNORECASE,
)
MODEL_ROW = re.compile(
    r"(ML|Ml|Trained|Registered|Deployed|Predictive)?Model(Version|Registry|Record|Entry|Artifact|Info)?s?(DB|Table)?"
)
VERSIONED = re.compile(r"(^|_)version(_|$)")
PLACED = re.compile(r"(^|_)(path|uri|url|file|filename|location|artifact|blob|storage|checksum|key)(_|$)")
VERSION_NAME = re.compile(r"(?<![a-z])(versions?|release|semver|tag)(?![a-z])")
CONSTANT = re.compile(r"""^f?["']v?\d+([._]\d+)*["']$""")
HOLE = re.compile(r"\{([\w.\[\]\"']+)[^}]*\}")
COPIES = re.compile(r"^(aws s3 (cp|sync|mv)|gsutil|gcloud storage cp|az storage blob upload|azcopy|mc cp|rclone)\b")
VERSION_IN_COMMAND = re.compile(r"\$[{(]{0,2}[\w. ]*(version|tag|sha|release)\w*", re.IGNORECASE)
# -- runs -------------------------------------------------------------------------------------------------------------
WRITES = re.compile(
    r"(^|\.|::)(write_\w+|fwrite|to_(csv|parquet|json|sql|gbq|feather)|dumps?|safe_dump|saveRDS|insert\w*|put_item"
    r"|append_rows?|dbWriteTable|execute|writerow|write)$"
)
RUN_ID = re.compile(r"(?<![a-z])(run|experiment|trial) ?(id|name|uuid)(?![a-z])")
COMMIT = re.compile(r"(?<![a-z])(git ?(sha|commit|hash|rev|ref)\w*|commit ?(sha|hash|id)|revision)(?![a-z])")
FIGURES = re.compile(
    r"(?<![a-z])(metrics?|accuracy|acc|auc|rmse|mae|mse|mape|f1|r2|loss|results?|scores?|leader ?board"
    r"|experiments?)(?![a-z])"
)
# a folder that ends in the id of a run, and the file of figures that goes into such a folder
RUN_FOLDER = re.compile(r"/\s*[\"']?\{?\(?(str\()?[\w.]*(run|experiment|trial)_?id\)*\}?[\"']?\)?$", re.IGNORECASE)
KEEPS = re.compile(r"(^|[._])((write|save|dumps?|store|persist|upload)(_\w+)?|to_(csv|json))$")
RUN_FIGURES = re.compile(r"(^|/)(\w+[_-])?(metrics|results|scores|evaluation)\.(json|ya?ml|csv)$", re.IGNORECASE)
NOTES = re.compile(
    r"(^|/)(experiments?|ablations?)/(.*/)?[^/]+\.(md|rst)$|(^|/)experiments?([_-](log|notes?))?\.md$", re.IGNORECASE
)
APPENDS = re.compile(r"""["']a[+bt]*["']""")
ADDING = re.compile(r"^open$|to_csv$")
TABLE = re.compile(r"\.(csv|tsv|jsonl)\b")
ROW = re.compile(r"^\|.*\|\s*[-+]?\d+\.\d+\s*%?\s*\|")
ROWS, DOCUMENTS = 3, 2


def dvc_models(project: Project) -> list[Evidence]:
    """Model files that DVC versions: tracked by a pointer file, or an output of a stage with a lock and a remote."""
    kept = bool(list(project.config(".dvc/config", "*url*"))) and bool(project.files("dvc.lock"))
    found = []
    for fact in project.facts("yaml", role=CODE):
        if fact.path.endswith(".dvc"):
            out = fact.value if re.fullmatch(r"outs\[\d+\]\.path", fact.name) else ""
        else:
            stage = kept and fact.path.endswith("dvc.yaml") and re.fullmatch(r".*\.outs\[\d+\]", fact.name)
            out = fact.value if stage else ""
        if out and MODEL_PATH.search(out) and not NO_MODEL.search(words(out.rpartition("/")[2].partition(".")[0])):
            found.append(Evidence(fact.at, Strength.DECLARED, f"DVC keeps the versions of {out}"))
    return found


def zoo(project: Project) -> list[Evidence]:
    """A list of trained models in a document, each with the address of a file that stays what it was."""
    links: dict[str, list[Fact]] = defaultdict(list)
    for fact in project.named(ASSET, "link", role=None):
        if lasting(fact.name) and project.role(fact.path) not in ("vendored", "generated"):
            links[fact.path].append(fact)
    return [
        Evidence(rows[0].at, Strength.DECLARED, f"a list of {len(rows)} trained models, kept by hand")
        for rows in links.values()
        if len({row.name for row in rows}) >= ZOO
    ]


def lasting(address: str) -> bool:
    """Whether an address of a file holds what does not change: a version, a date, a hash."""
    ending = ASSET.search(address)
    if ending is None or not ADDRESS.match(address):
        return False
    return STAYS.search(address, address.index("//") + 2, ending.start()) is not None


def released_models(project: Project) -> list[Evidence]:
    """Code that looks up trained models among the assets of releases, each under its tag."""
    tags: dict[tuple[str, str], dict[str, Fact]] = defaultdict(dict)
    for fact in project.named(RELEASED, "string", role=CODE):
        match = RELEASED.match(fact.name)
        if match and not fact.path.endswith(".ipynb"):
            tags[fact.path, match[1]].setdefault(match[2], fact)
    return [
        project.evidence(next(iter(found.values())), "models are looked up by the tag of a release", Strength.DECLARED)
        for found in tags.values()
        if len(found) > 1 or any("{" in tag for tag in found)
    ]


def stored_by_run(project: Project) -> list[Evidence]:
    """Configuration that deploys the model file of one run: its address holds the run's or execution's id."""
    return [
        project.evidence(fact, "the model is deployed from the folder of its run", cap=Strength.DECLARED)
        for fact in project.valued(BUCKET, "yaml", "json", "hcl", role=CODE)
        if any(EXECUTION.search(words(hole)) for hole in HOLE.findall(fact.value))
        and re.search(rf"({FORM}|model\.tar\.gz)$", fact.value, re.IGNORECASE)
    ]


def versioned_keys(project: Project) -> list[Evidence]:
    """Uploads of model files under a key with a version, in code or in a command."""
    uploads = {f.path for f in project.facts("call", role=CODE) if UPLOADS.search(f.name)}
    fixed = {(f.path, f.name) for f in project.facts("assign", role=CODE) if CONSTANT.match(f.value) and not f.scope}
    found = []
    for fact in project.facts("assign", "call", role=CODE):
        if fact.path not in uploads or (fact.kind == "call" and not UPLOADS.search(fact.name)):
            continue
        for text in [fact.value] if fact.kind == "assign" else fact.detail.values():
            if keyed(text, f"{fact.path} {fact.scope} {fact.name}", fact.path, fixed):
                found.append(project.evidence(fact, "models go to a store under a version", cap=Strength.DECLARED))
                break
    found += [
        project.evidence(fact, f"models go to a store under a version: {fact.name[:60]}", cap=Strength.DECLARED)
        for fact in project.commands()
        if COPIES.match(fact.detail.get("plain") or fact.name)
        and re.search(r"(?<![a-z])models?(?![a-z])", words(fact.name))
        and VERSION_IN_COMMAND.search(fact.name)
    ]
    return [e for e in found if e.strength >= Strength.DECLARED]


def keyed(text: str, around: str, path: str, fixed: set[tuple[str, str]]) -> bool:
    """Whether a text is the key of a model with a version as a folder or in its name."""
    if not re.match(r"""^(rf|fr|f)["']""", text.strip(), re.IGNORECASE) or "/" not in text:
        return False
    about = words(f"{text} {around}")
    if not re.search(r"(?<![a-z])models?(?![a-z])", about):
        return False
    holes = [hole.strip("\"'[]") for hole in HOLE.findall(text)]
    if any(VERSION_NAME.search(words(hole)) or (path, hole) in fixed for hole in holes):
        return True
    return A_FILE.search(text) is not None and any(DATED.search(words(hole)) for hole in holes)


def taken_from_runs(project: Project) -> list[Evidence]:
    """Code that asks models which it takes from the runs that made them, by the run's id."""
    asking = {e.at.path for e in project.used("asking a model")} - {e.at.path for e in project.used("fitting")}
    return [
        project.evidence(fact, "the model is taken from the run that made it", cap=Strength.DECLARED)
        for fact in project.named(FROM_RUN, "string", role=CODE)
        if fact.path in asking and not fact.path.endswith(".ipynb")
    ]


def tables_of_models(project: Project) -> Iterator[Evidence]:
    """Tables of a database in which each row is a model with its version and the place of its file."""
    columns: dict[tuple[str, str], set[str]] = defaultdict(set)
    for fact in project.facts("assign", "field", role=CODE):
        scope, _, name = (f"{fact.scope}." + fact.name.rpartition(".")[2]).rpartition(".")
        columns[fact.at.path, scope].add(name)
    for fact in project.doing("stored table").facts if "stored table" in project.toolbox.jobs else ():
        has = columns[fact.at.path, fact.name]
        if MODEL_ROW.fullmatch(fact.name) and any(map(VERSIONED.search, has)) and any(map(PLACED.search, has)):
            note = "a table of models with their versions and files"
            yield project.evidence(fact, note, cap=Strength.DECLARED)


def bundles(project: Project) -> list[Evidence]:
    """Folders of models in the tree, one for each date or version."""
    found = [path for path in project.paths if BUNDLE.search(path) and project.role(path) == "code"]
    return [project.seen(path, "each model has a folder of its own, with its date or version") for path in found[:3]]


def run_records(project: Project) -> list[Evidence]:
    """Code that writes down a run with its id and the commit that it came from."""
    said: dict[tuple[str, str], list[Fact]] = defaultdict(list)
    writers = {(f.path, f.scope) for f in project.named(WRITES, "call", role=CODE)}
    for fact in project.facts("call", "string", "assign", role=CODE):
        if (fact.path, fact.scope) in writers:
            said[fact.path, fact.scope].append(fact)
    found = []
    for facts in said.values():
        keys = [(fact, key) for fact in facts for key in ((fact.name,) if fact.kind != "call" else fact.detail)]
        runs = [fact for fact, key in keys if RUN_ID.fullmatch(words(key).strip())]
        commits = [fact for fact, key in keys if COMMIT.fullmatch(words(key).strip())]
        tied = [fact for fact in commits if fact.kind == "call" and fact in runs] or (commits if runs else [])
        if tied:
            note = "a run is written down with its id and the commit"
            found.append(project.evidence(tied[0], note, cap=Strength.DECLARED))
    return found


def folders_of_runs(project: Project) -> list[Evidence]:
    """Files of figures that training code writes into a folder that bears the id of its run."""
    folders = [f for f in project.facts("assign", role=CODE) if RUN_FOLDER.search(f.value)]
    if not any(project.strength(fact) >= Strength.USED for fact in folders):
        return []
    writers = {(f.path, f.scope) for f in project.named(KEEPS, "call", role=CODE)}
    files = [
        fact
        for fact in project.named(RUN_FIGURES, "string", role=CODE)
        if (fact.path, fact.scope) in writers and project.strength(fact) >= Strength.USED
    ]
    joined = {f.at for f in project.facts("assign", role=CODE) if re.search(r"/ *[\"'][\w./-]+[\"']\)*$", f.value)}
    note = "the figures of a run go to a folder with its id"
    return [project.evidence(f, note, cap=Strength.DECLARED) for f in sorted(files, key=lambda f: f.at not in joined)]


def appended_results(project: Project) -> list[Evidence]:
    """Training or evaluation code that adds a row of figures to a table of its own, run by run."""
    judging = {e.at.path for job in ("fitting", "scoring against labels") for e in project.used(job)}
    found = []
    for fact in project.named(ADDING, "call", role=CODE):
        target = fact.detail.get("0", "")
        if fact.name == "open":
            mode = fact.detail.get("1", fact.detail.get("mode", ""))
            adds = bool(APPENDS.match(mode) and TABLE.search(target))
        else:
            adds = fact.name.endswith("to_csv") and bool(APPENDS.match(fact.detail.get("mode", "")))
        about = FIGURES.search(words(f"{target} {fact.scope}"))
        if adds and about and fact.path in judging and not fact.path.endswith(".ipynb"):
            note = "a row of figures is added to a table for each run"
            found.append(project.evidence(fact, note, cap=Strength.DECLARED))
    return found


def notes_of_experiments(project: Project) -> list[Evidence]:
    """Notes of experiments with tables of figures, written by hand: several, or one log of many."""
    rows: Counter[str] = Counter()
    first: dict[str, Fact] = {}
    for fact in project.named(ROW, "prose", role=None):
        if NOTES.search(fact.path) and ROW.match(fact.name):
            rows[fact.path] += 1
            first.setdefault(fact.path, fact)
    full = [path for path, count in rows.items() if count >= ROWS]
    log = any(not re.search(r"(^|/)(experiments?|ablations?)/", path, re.IGNORECASE) for path in full)
    if len(full) < DOCUMENTS and not log:
        return []
    return [Evidence(first[path].at, Strength.DECLARED, "notes of an experiment with its figures") for path in full]


def kept_models(project: Project) -> Iterator[Evidence]:
    """Every way in which models are kept with versions by the project's own means."""
    yield from dvc_models(project)
    yield from versioned_keys(project)
    yield from released_models(project)
    yield from stored_by_run(project)
    yield from taken_from_runs(project)
    yield from bundles(project)
    yield from tables_of_models(project)
    yield from zoo(project)


def kept_runs(project: Project) -> Iterator[Evidence]:
    """Every way in which runs are written down by the project's own means."""
    yield from run_records(project)
    yield from folders_of_runs(project)
    yield from appended_results(project)
    yield from notes_of_experiments(project)
