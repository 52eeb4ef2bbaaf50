"""DAT: can somebody else get the data, and is git spared of it?"""

from __future__ import annotations

import re
from collections.abc import Iterable

from readykit.checks_api import Project, best, check, failed, not_applicable, partial, passed
from readykit.ignored import Ignored, ignored_in, kept_back
from readykit.model import Evidence, Location, Strength, Verdict
from readykit.naming import words
from readykit.repo import matches

# -- DAT002 -----------------------------------------------------------------------------------------------------------
ELSEWHERE = re.compile(
    r"\b(s3|s3a|gs|gcs|azure|abfss?|wasbs?|https?|ssh|gdrive|hdfs|oss|webdavs?|git|r2|b2)(://|@)|\b[\w-]+\.blob\.core"
)
THIS_MACHINE = re.compile(r"localhost|127\.0\.0\.1|://(minio|host\.docker\.internal)\b")
DATA_URL = re.compile(
    r"https?://[^\s\"']+\.(csv|tsv|parquet|json|jsonl|zip|tar|tgz|gz|xz|bz2|npz|txt|data|arff|xlsx?|h5"
    r"|feather)(\?[^\s\"']*)?$"
    r"|https?://[^\s\"']*(archive\.ics\.uci\.edu|kaggle\.com/(datasets|c|competitions)|zenodo\.org/record"
    r"|/resolve/main/)[^\s\"']*$",
    re.IGNORECASE,
)
# a table or array in an object store, named in full
IN_STORE = re.compile(
    r"(s3a?|gs|gcs|abfss?|wasbs?|az)://[\w.@-]+/[^\s{}<>]*\.(csv|tsv|parquet|zarr|json|jsonl|feather|nc|npz|tfrecords?"
    r"|avro|orc|zip|tar|gz)/?$",
    re.IGNORECASE,
)
FETCHES = re.compile(
    r"(^|[._])(read_\w+|urlretrieve|urlopen|download\w*|get_file|wget|fetch\w*|retrieve|get)$|requests\.get",
    re.IGNORECASE,
)
DIGEST = re.compile(r"^hashlib\.|(^|[._])(sha256\w*|md5\w*|checksum\w*|verify_(hash|digest|sha)\w*|check_integrity)$")
LINKED = re.compile(
    r"kaggle\.com/|archive\.ics\.uci\.edu|zenodo\.org|huggingface\.co/datasets|drive\.google\.com|data\.gov"
    r"|\bdata ?sets?\b",
    re.IGNORECASE,
)
# The page of one data set, not of a course or a competition's rules.
HOSTED = re.compile(
    r"kaggle\.com/(datasets|c|competitions)/|archive\.ics\.uci\.edu/\w|zenodo\.org/records?/|huggingface\.co/datasets/\w",
    re.IGNORECASE,
)
ADDRESS = re.compile("http")
OF_DATA = re.compile(r"\bdata", re.IGNORECASE)
GET_IT = re.compile(r"\b(download\w*|get|obtain|fetch|available|found)\b", re.IGNORECASE)
NOT_TRAINING = re.compile(
    r"(^|/)(notebooks?|reports?|results?|outputs?|\w*model_output|predictions?|figures|metrics|logs|mlruns"
    r"|deploy\w*|serving|web\w*|monitoring|production\w*)/"
    r"|(^|[_/-])(preds?|predictions?|submission|uploaded)([_.-]|$)",
    re.IGNORECASE,
)
PACKAGE = re.compile(
    r"pypi|/packages?/|/pip[-/]|/archive/(refs/|v?\d|master|main)|/releases/download/v?\d|bootstrap|jquery|cdn",
    re.IGNORECASE,
)
KEPT_APART = re.compile(
    r"use_artifact|get_by_name|from_delimited|\.register|revision|pin_(read|write)|version as of|versionAsOf"
    r"|snapshot|Dataset\.get|:\s|dataset_artifact|lakefs|datalad"
)
# files about what comes after training: data for scoring, figures, what monitors keep
OTHER_END = re.compile(r"(?<![a-z])(\w*scor(e|ing)|predict\w*|inference|serving|server|monitor\w*|metrics)(?![a-z])")
ARCHIVE = re.compile(r"\b(wget|curl) ")  # programs are installed that way as well
PULLS = re.compile(r"\bpull\b")
MODELISH = re.compile(r"(model|weight|checkpoint|tokenizer|\.pt$|\.pth$|\.onnx)", re.IGNORECASE)
# -- DAT003 -----------------------------------------------------------------------------------------------------------
BLOB = re.compile(
    r"\.(csv|tsv|parquet|feather|jsonl|ndjson|arff|npz|npy|xlsx?|rds|rdata|arrow|tfrecords?|h5|hdf5|db|sqlite3?"
    r"|avro|orc|dta|sav|libsvm|msgpack|mat|dat"
    r"|pkl|pickle|joblib|pt|pth|onnx|keras|ckpt|safetensors|pb|bst|ubj|cbm|tflite|mlmodel|gguf|caffemodel|skops|bin"
    r"|model"
    r"|zip|tar|tgz|gz|bz2|xz|7z|rar|zst|wav|mp4)$",
    re.IGNORECASE,
)
ALSO_DATA = re.compile(r"(^|/)(data|datasets?|raw|corpus)/([^/]+/)*[^/]+\.(json|txt|xml)$", re.IGNORECASE)
NOT_DATA = re.compile(
    r"(^|/)(node_modules|fonts?|assets|static|public|images?|img|docs?)/|wrapper\.jar|\.lock$", re.IGNORECASE
)
KEEPS_OUT = re.compile(
    r"(^|[/*!.])(data|datasets?|raw|models?|artifacts?|weights|checkpoints?|csv|tsv|parquet|pkl|pickle|joblib|h5"
    r"|hdf5|npz|npy|pt|pth|ckpt|onnx|jsonl"
    r"|feather|safetensors)(/|$|\*)",
    re.IGNORECASE,
)
DATA_FOLDER = re.compile(r": [/*!.]*(\w+/)?(data|datasets?|raw)\b", re.IGNORECASE)
LARGE, SIZABLE = 5_000_000, 1_000_000
WOULD_FETCH = "a data remote that others can reach, or a script that downloads the data and checks its digest"
WOULD_KEEP = "data and models in versioned storage, their folders in .gitignore, and only small samples in git"


def mega(size: int) -> str:
    """A size in megabytes, as people say it."""
    return f"{size / 1e6:.1f} MB"


def reachable(project: Project, evidence: Iterable[Evidence]) -> list[Evidence]:
    """Remotes that lie outside of the machine of who configured them, with files that are tracked for them."""
    near = {f.at.path for f in project.config("*", "*endpointurl") if THIS_MACHINE.search(f.value)}
    far = [
        e for e in evidence if ELSEWHERE.search(e.note) and not THIS_MACHINE.search(e.note) and e.at.path not in near
    ]
    return far if far and project.used("data pointers") else []


def downloads(project: Project) -> tuple[list[Evidence], list[Evidence]]:
    """Places in code that fetch data from an address or name it in a store: with a digest checked, and without."""
    fetching = {fact.at.path for fact in project.named(FETCHES, "call")}
    checked = {fact.at.path for fact in project.named(DIGEST, "call")}
    sure: list[Evidence] = []
    plain: list[Evidence] = []
    for fact in project.facts("string", name="http*"):
        if fact.at.path not in fetching or not DATA_URL.match(fact.name):
            continue
        if MODELISH.search(fact.name) or PACKAGE.search(fact.name):
            continue
        made = project.evidence(fact, f"data is fetched from {fact.name[:70]}")
        (sure if fact.at.path in checked else plain).append(made)
    plain += [
        project.evidence(fact, f"data is read from a store: {fact.name[:70]}")
        for fact in project.facts("string", name="*://*")
        if IN_STORE.match(fact.name) and not (MODELISH.search(fact.name) or NOT_TRAINING.search(fact.name))
    ]
    for each in project.used("data download"):
        text = each.note.partition(" (run by")[0]
        if not MODELISH.search(text) and not (ARCHIVE.search(text) and not re.search(r"data|csv|parquet|corpus", text)):
            (sure if each.at.path in checked else plain).append(each)
    return sure, plain


def public_sets(project: Project, remote: bool) -> list[Evidence]:
    """Loaders of public data; a command that pulls from the project's own remote counts when others can reach it."""
    return [e for e in project.used("public data set") if remote or not PULLS.search(e.note)]


def committed(project: Project, ignored: Ignored) -> list[Evidence]:
    """Tables in the tree that code or configuration names: they come with the clone."""
    named = {
        (fact.name if fact.kind == "string" else fact.value).rpartition("/")[2]
        for fact in project.facts("string", "yaml", "toml", "json")
    }
    return [
        Evidence(Location(path), Strength.DECLARED, "the data comes with the clone, and code reads it")
        for path in project.files("*.csv", "*.tsv", "*.parquet", "*.jsonl", "*.feather", "*.csv.gz", role=("code",))
        if path.rpartition("/")[2] in named
        and ignored.rule(path) is None
        and not NOT_TRAINING.search(path)
        and project.repo.size(path) > 0
    ]


def by_hand(project: Project) -> list[Evidence]:
    """Links in documents to where the data can be had."""
    return [
        Evidence(fact.at, Strength.MENTIONED, f"to be fetched by hand: {fact.name[:80]}")
        for fact in project.named(OF_DATA, "prose", role=("code", "docs"))
        if ADDRESS.search(fact.name)
        and (HOSTED.search(fact.name) or (GET_IT.search(fact.name) and LINKED.search(fact.name)))
    ]


@check("DAT002", "Others can fetch the data", capability="data_access", level=1, dimension="data", fix="kit add data")
def others_can_fetch_the_data(project: Project) -> Verdict:
    """What: somebody with a fresh clone can get the very data that the model was trained on.

    A data remote outside of one's own machine, a loader of public data that verifies what it fetched, a download with
    a digest, data made by a script of the project, and data that comes with the clone pass. A download without a
    digest and a query of the company's own store are partial, as is a link to follow by hand. A remote on a local path
    is none.

    Why: results that only the author's laptop can reproduce cannot be checked, continued or handed over.

    Fix: push the data to a remote that the team can reach, or write a script that downloads it and compares its digest.

    Source: document 000; Pineau et al. 2021, the machine learning reproducibility checklist.
    """
    if project.kind == "library":
        return not_applicable("a library trains on its users' data")
    remotes = reachable(project, project.used("data remote"))
    sure, plain = downloads(project)
    kept = [e for e in project.used("data versioning") if KEPT_APART.search(e.note.partition(" (run by")[0])]
    full = [*remotes, *sure, *public_sets(project, bool(remotes)), *kept]
    if full:
        training = [e for e in full if not OTHER_END.search(words("/".join(e.at.path.split("/")[-2:])))]
        return passed("the data can be fetched", best(training or full))
    if project.only_serves:
        return not_applicable("models are served here and trained elsewhere, so there is no training data to fetch")
    here = committed(project, ignored_in(project.repo))
    made = [e for e in project.used("made data") if not e.at.path.endswith(".ipynb")]
    if here or made:
        return passed("the data comes with the clone, or is made by a script", best([*here, *made]))
    local = project.used("data remote")
    weaker = [*plain, *project.used("data store")]
    if weaker:
        return partial("the data is fetched, without a check that it is the same", best(weaker), WOULD_FETCH)
    if local:
        return failed("the data remote lies on one machine", project.looked_in, WOULD_FETCH, best(local))
    hand = by_hand(project)
    if hand:
        return partial("the data can be fetched by hand, from a link", best(hand), WOULD_FETCH)
    if project.kind == "template" or project.doing("fitting").strength < Strength.DECLARED:
        return not_applicable("nothing is trained here, so there is no data to fetch")
    return failed("nothing says how to get the data", project.looked_in, WOULD_FETCH)


def stored_elsewhere(project: Project) -> list[str]:
    """Patterns that large-file storage keeps out of git's own objects."""
    return [e.note.partition(":")[0].lstrip("/") for e in project.used("large-file storage")]


def blobs(project: Project, least: int) -> list[tuple[int, str]]:
    """Data and model files of at least some size that are in git, largest first."""
    pointed = stored_elsewhere(project)
    found = []
    for path in project.paths:
        size = project.repo.size(path)
        if size < least or not (BLOB.search(path) or ALSO_DATA.search(path)) or NOT_DATA.search(path):
            continue
        if project.role(path) in ("vendored", "generated") or (size < LARGE and project.role(path) == "test"):
            continue  # a fixture of a megabyte or two belongs to its test
        if matches(path, pointed) or kept_back(project.repo, path):
            continue
        found.append((size, path))
    return sorted(found, reverse=True)


def kept_out(project: Project, ignored: Ignored) -> list[Evidence]:
    """Ignore rules for data and models, pointers in their place, and patterns of large-file storage."""
    found = [
        Evidence(rule.at, Strength.USED, f"kept out of git: {rule.pattern[:60]}")
        for rule in ignored.rules
        if rule.at.path.startswith(project.root) and not rule.keeps and KEEPS_OUT.search(rule.pattern)
    ]
    found.sort(key=lambda each: not DATA_FOLDER.search(each.note))
    first: dict[str, Evidence] = {}
    for each in found:
        first.setdefault(each.at.path, each)
    pointers = [e for job in ("data pointers", "large-file storage") for e in project.used(job)]
    return [*first.values(), *pointers]


@check(
    "DAT003",
    "Large and raw data is kept out of git",
    capability="data_out_of_git",
    level=1,
    dimension="data",
    fix="kit add data",
)
def large_data_is_kept_out(project: Project) -> Verdict:
    """What: git holds no data or model file above 5 MB, and the folders of data and models are ignored.

    Ignore rules for data or models, pointers to them or large-file storage pass when nothing large is in the tree.
    Data or model files between 1 and 5 MB are partial. A file that .gitignore names
    and that git does not track does not count; without a `.git` every file does.

    Why: every clone carries every version of a blob for ever, and a customer's rows cannot be taken back.

    Fix: move the file to versioned storage, add its folder to .gitignore, and rewrite history if the rows are personal.

    Source: GitHub's guide on large files; Wilson et al. 2017, Good enough practices in scientific computing.
    """
    ignored = ignored_in(project.repo)
    heavy = blobs(project, SIZABLE)
    shown = [Evidence(Location(path), Strength.USED, f"{mega(size)} of data or model in git") for size, path in heavy]
    large = [each for each, (size, _) in zip(shown, heavy, strict=True) if size >= LARGE]
    if large:
        message = f"{len(large)} data or model files above 5 MB are in git"
        return failed(message, project.looked_in, WOULD_KEEP, large, large)
    kept = kept_out(project, ignored)
    if heavy:
        total = mega(sum(size for size, _ in heavy))
        return partial(f"{len(heavy)} data or model files of 1 to 5 MB are in git ({total})", shown[:3], WOULD_KEEP)
    if kept:
        return passed("nothing large is in git, and data or models are kept out", best(kept))
    return not_applicable("no data or model file of a size that matters, and no rule about them")
