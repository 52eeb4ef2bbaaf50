"""DAT: where does the data come from, and is it the same data tomorrow?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from readykit.checks_api import Project, best, check, not_applicable, partial, passed, unmet
from readykit.model import Evidence, Fact, Location, Strength, Verdict

TABLES = ("*.csv", "*.tsv", "*.parquet", "*.feather", "*.jsonl", "*.arff", "*.npz", "*.csv.gz", "*.arrow", "*.libsvm")
DATA_FOLDER = re.compile(r"(^|[_-])(data|dataset|datasets|raw|labels|corpus|corpora)([_-]|$)", re.IGNORECASE)
NOT_TRAINING = re.compile(
    r"(^|/)(notebooks?|reports?|eval|evaluations?|backtests?|benchmarks?|\w*reporting|results?|outputs?|predictions?|docs?|figures"
    r"|metrics|logs|mlruns|tests?|deploy\w*|serving|web\w*"
    r"|monitoring)/|(^|[_/-])(preds?|predictions?|submission)([_.-]|$)",
    re.IGNORECASE,
)
# tables that help to read the data and are not what a model learns from
AIDS = re.compile(
    r"(^|[_-])(coordinates?|mappings?|lookup|grids?|masks?|metadata|schema|columns|names|codes|index(es)?|dictionary"
    r"|zones?|submission)([_.-]|$)",
    re.IGNORECASE,
)
RECORDING = re.compile(r"\.(log_param|log_params|set_tag|set_tags|tag|add_tags|log_dict|log_hyperparams)$")
NAMES_DATA = re.compile(
    r"(?<![a-z])((train\w*|val\w*|test\w*)_)?(data|dataset)"
    r"(_(version|hash|digest|checksum|sha\w*|file|files|path|id|uri|rev|revision|date|md5))?(?![a-z_])",
    re.IGNORECASE,
)
KEEPING = re.compile(r"(^|\.)(log_artifacts?|upload_artifact|log_table)$")
WRITTEN_OUT = re.compile(r"\s*[\"'][^\"']*[\"']?\s*$")
RESULTS = re.compile(r"(result|prediction|report|metric|submission)", re.IGNORECASE)
A_MODEL = re.compile(r"(?<![a-z])(model|explainer|workflow|recipe|vetiver)(?![a-z])|_fit\b", re.IGNORECASE)
# a pinned table that helps to read the data
LOOKED_UP = re.compile(r"(?<![a-z])(info|lookup|metadata|mapping|codes)(?![a-z])", re.IGNORECASE)
MODELS = re.compile(r": (.*/)?(models?|checkpoints?|weights)([/_.-].*)?$", re.IGNORECASE)
NOT_A_TABLE = re.compile(r"\.(model|pt|pth|ckpt|h5|onnx|pkl|joblib|safetensors)$", re.IGNORECASE)
NOT_DATA = re.compile(
    r"\.(png|gif|svg|pdf|mp4|webp|ttf|woff2?|psd|pptx?|docx?|model|pt|pth|ckpt|h5|onnx|pkl|joblib|safetensors|bin)$",
    re.IGNORECASE,
)
WOULD = (
    "data tracked by pointer files with a remote, large-file storage, a versioned table or bucket, a dataset artifact"
    " with its version on the run, or a public data set loaded at a pinned revision"
)


def large_files(project: Project) -> list[Evidence]:
    """Patterns of data that large-file storage keeps: files that are there, not pictures of documents, not models."""
    found = []
    for each in project.used("large-file storage"):
        pattern = each.note.partition(":")[0]
        if not NOT_DATA.search(pattern) and project.files(
            pattern.removeprefix("/"), role=("code", "template", "example")
        ):
            found.append(each)
    return found


def no_data(call: Fact) -> bool:
    """Whether what a call keeps is results; in R, where one call pins all things, a model or a lookup is none."""
    if call.detail.get("language"):
        text = " ".join(call.detail.get(key, "") for key in ("0", "1", "x", "name"))
        return bool(RESULTS.search(text) or A_MODEL.search(text) or LOOKED_UP.search(text))
    return bool(RESULTS.search(f"{call.detail.get('0', '')} {call.detail.get('name', '')}"))


def artifacts(project: Project) -> list[Evidence]:
    """Registered and pinned data, other than results that are kept like data."""
    found = project.doing("data versioning")
    results = {f.at for f in found.facts if f.kind == "call" and no_data(f)}
    return [each for each in found.at_least(Strength.USED) if each.at not in results]


def of_a_model(pointer: Evidence) -> bool:
    """Whether a pointer stands for a model: by its folder, by the file's name or by the name of the pointer itself."""
    kept = pointer.note.partition(" (run by")[0]
    of_file = A_MODEL.search(pointer.at.path.rpartition("/")[2].replace("_", " "))
    return bool(MODELS.search(kept) or NOT_A_TABLE.search(kept) or of_file)


def committed_tables(project: Project) -> list[Evidence]:
    """Tables that lie in the tree as the project's data; outputs, reports and playgrounds are left out."""
    mentioned = mentioned_names(project)
    found = []
    for path in project.files(*TABLES, role=("code", "template", "example")):
        folder, _, name = path.rpartition("/")
        named = "train" in name or DATA_FOLDER.search(folder.rpartition("/")[2]) or name in mentioned
        if NOT_TRAINING.search(path) or AIDS.search(name) or not named:
            continue
        found.append(
            Evidence(Location(path), Strength.DECLARED, "data committed to git: the commit is its only version")
        )
    return found


def mentioned_names(project: Project) -> set[str]:
    """The file names that code and configuration speak of."""
    facts = project.facts("string", "yaml", "toml", "json", role=("code", "template", "example"))
    return {
        text.rpartition("/")[2]
        for fact in facts
        for text in ((fact.name if fact.kind == "string" else fact.value),)
        if "." in text
    }


def recorded_names(project: Project) -> Iterator[Evidence]:
    """Places where a run is told which data it used: a file name, path or digest as parameter or tag."""
    for fact in project.named(RECORDING, "call", role=("code", "template")):
        if says_data(fact) and project.strength(fact) >= Strength.USED:
            yield project.evidence(
                fact, "the run records which data it used, the data itself is not kept", cap=Strength.DECLARED
            )


def kept_in_runs(project: Project) -> Iterator[Evidence]:
    """Places where a run keeps the data itself among its files, under a name that says so."""
    for fact in project.named(KEEPING, "call", role=("code", "template")):
        given = " ".join(text for text in fact.detail.values() if re.match(r"[rfb]*[\"']", text))
        if NAMES_DATA.search(given) and not RESULTS.search(given) and project.strength(fact) >= Strength.USED:
            yield project.evidence(fact, "the run keeps a copy of its data", cap=Strength.DECLARED)


def says_data(fact: Fact) -> bool:
    """Whether the key of a recorded parameter or tag names data, or a dictionary of them holds such a key.

    A text written out beside the key is the same in every run, so it tells no version from another.
    """
    key = fact.detail.get("key") or fact.detail.get("0", "")
    if key.startswith(("{", "dict(")):
        pairs = re.findall(r"[\"'](\w+)[\"']\s*:\s*([^,}]*)", key)
        return any(NAMES_DATA.fullmatch(word) and not WRITTEN_OUT.match(value) for word, value in pairs)
    value = fact.detail.get("value") or fact.detail.get("1", "")
    return bool(NAMES_DATA.fullmatch(key.strip("\"'").replace("-", "_"))) and not WRITTEN_OUT.match(value)


@check(
    "DAT001", "Training data is versioned", capability="data_versioning", level=1, dimension="data", fix="kit add data"
)
def training_data_is_versioned(project: Project) -> Verdict:
    """What: the data that a model was trained on can be brought back later, by version.

    Pointer files with a remote, large-file storage, tables with time travel read at a version, dataset artifacts and
    registered data sets pass. Pointers without a remote, artifacts kept only inside a run, versioned tables read
    without a version, what a notebook registers, and data committed to git are partial. An initialised tool without
    one tracked file is nothing.

    Why: without the data of the time no result can be reproduced, and no bad prediction traced to its cause.

    Fix: track the raw data with a data version control tool and push it to a remote, or pin the data set's revision.

    Source: documents 001 and 002, mlops-zoomcamp rubric (reproducibility); Sculley et al. 2015 (data dependencies).
    """
    pointers = [each for each in project.used("data pointers") if not of_a_model(each)]
    remotes = project.used("data remote")
    full = [*artifacts(project), *large_files(project)]
    if pointers and remotes:
        return passed(
            "data is tracked by pointers, and a remote keeps it", best([*pointers, *full])[:2] + best(remotes, 1)
        )
    in_code = [each for each in full if not each.at.path.endswith(".ipynb") or project.kind == "collection"]
    if in_code:
        return passed("data is kept by version", best(in_code))
    if full:
        return partial("data is kept by version in a notebook only", best(full), WOULD)
    if pointers:
        return partial(
            "data is tracked by pointers, but no remote is configured: nobody else can get it", best(pointers)
        )
    weaker = [*project.used("data history"), *kept_in_runs(project), *recorded_names(project)]
    if weaker:
        return partial("runs leave a trace of their data, but no version of it is pinned", best(weaker))
    if project.only_serves:
        return not_applicable("models are served here and trained elsewhere, so there is no training data to keep")
    if project.kind == "library":
        return not_applicable("a library trains on its users' data")
    trains = project.doing("fitting").strength >= Strength.DECLARED
    tables = committed_tables(project) if trains else []
    if tables:
        return partial("the data lies in git, without a tool that versions it", best(tables))
    return unmet(
        project.doing("data versioning"),
        "the training data has no version",
        WOULD,
        r"data.*(version|track)|version.*data",
    )
