"""PIP005, PIP008: can a stranger's machine run it, and with one command?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from readykit.checks_api import FOR_ASSISTANTS, Project, best, check, failed, not_applicable, partial, passed
from readykit.model import Evidence, Fact, Strength, Verdict
from readykit.naming import words
from readykit.settings import OUTPUT, tidy
from readykit.spread import covers_most

# A path that exists on one person's machine or in one company's notebook service. Homes of the users that images come
# with (jovyan, airflow) are inside the container, where everybody has them.
IMAGE_USERS = (
    r"(?!(?:jovyan|airflow|app\w*|user|runner|vscode|spark|ray|mambauser|nonroot|node|python|docker|vsts\w*|mlflow|model"
    r"|sagemaker\w*|default|prefect|dagster|coder|glue_user|worker|service|\{|\$|<|USER|your|\w*name)\b)"
)
ONE_MACHINE = re.compile(
    rf"^(?:file:/{{2,3}})?(?:/home/{IMAGE_USERS}[\w.-]+/|/Users/{IMAGE_USERS}[\w. -]+/"
    r"|[A-Za-z]:(?:\\+|/)(?:Users|Documents|[\w. -]+[\\/])"
    r"|/content/(?:drive|gdrive|[\w.-]+)|/kaggle/(?:input|working)|~/(?:Desktop|Documents|Downloads)/)"
)
IN_COMMAND = re.compile(
    rf"(?:^|[\s=:\"'])((?:/home/(?!ubuntu|ec2-user|azureuser|vagrant){IMAGE_USERS}|/Users/{IMAGE_USERS})[\w.-]+/[\w./-]+)"
)
ASKS = re.compile(
    r"^(input|raw_input|getpass\.getpass|google\.colab\.files\.upload|.*colab\.drive\.mount|notebook_login|.*\.notebook_login)$"
)
READS = re.compile(r"(^|\.)(read_csv|read_parquet|read_table|read_json|open|load|load_dataset|glob|Path)$")
RELATIVE = re.compile(
    r"^[\"'](?!/|~|[A-Za-z]:|https?:|s3:|gs:|-|PATH)[\w.-]+/[\w./-]+[\"']$|__file__|os\.environ|getenv|(cfg|config|params|settings)[.\[]"
)
CODE_FILES = (".py", ".ipynb", ".sh", ".r", ".R", ".qmd", ".Rmd", ".scala", ".tmpl")
LONGEST = 200
RUNS_IN_PLACE = frozenset({"docker", "compose", "kubernetes", "github", "readme", "azure", "gitlab"})


def bound(project: Project) -> Iterator[Evidence]:
    """Places that only work on one machine, or for somebody who sits at the keyboard."""
    for fact in project.named(ONE_MACHINE, "string"):
        if len(fact.name) < LONGEST and "\n" not in fact.name:
            yield project.evidence(fact, f"{shortened(fact.name)} is a path of one machine")
    for fact in project.named(IN_COMMAND, "command"):
        match = IN_COMMAND.search(fact.name)
        if match and fact.detail.get("runner") not in RUNS_IN_PLACE:
            yield project.evidence(fact, f"{shortened(match[1])} is a path of one machine")
    training = {e.at.path for e in project.used("fitting")}
    for fact in project.named(ASKS, "call"):
        if ASKS.match(fact.name) and (fact.at.path in training or "colab" in fact.name):
            yield project.evidence(fact, f"{fact.name} waits for a person")
    yield from in_settings(project)


def in_settings(project: Project) -> Iterator[Evidence]:
    """Paths of one machine in settings that people write."""
    for fact in project.valued(ONE_MACHINE, "yaml", "toml", "json"):
        path = fact.at.path
        if (
            ONE_MACHINE.match(fact.value)
            and not OUTPUT.search(path)
            and "metadata" not in path
            and stays(fact, project)
        ):
            note = f"{fact.name[-40:]}: {shortened(fact.value)} is a path of one machine"
            yield project.evidence(fact, note)


def stays(fact: Fact, project: Project) -> bool:
    """Whether a value is for this machine: not for a container, a CI runner or a cluster with paths of their own."""
    facts = project.repo.facts(fact.at.path)
    return not any(f.kind == "command" or f.name == "apiVersion" for f in facts) and not fact.name.startswith(
        "services."
    )


def shortened(text: str) -> str:
    """The beginning of a path."""
    return text if len(text) < 50 else f"{text[:48]}…"


def portable(project: Project) -> Iterator[Evidence]:
    """Paths that hold on any machine, in the code that reads data."""
    for fact in project.named(READS, "call"):
        given = fact.detail.get("0", "")
        if RELATIVE.search(given):
            yield project.evidence(fact, f"{fact.name.rpartition('.')[2]}({given[:50]}) is no path of one machine")


@check("PIP005", "It runs on another machine", capability="portable", level=1, dimension="systems")
def runs_elsewhere(project: Project) -> Verdict:
    """What: no code or setting needs folders of one person's machine, a mounted notebook drive, or somebody to type.

    Home folders, drive letters, the folders of hosted notebook services, and questions at the keyboard in training code
    are faults. In modules and settings they fail; in notebooks and in scripts that nothing runs they are partial when
    modules train. Homes of users that images come with, and paths in container and CI files, are no faults.

    Why: a path below `/home/anna` is the first thing that breaks for everybody who is not Anna.

    Fix: build paths from the project's folder or a setting, and read credentials from the environment.

    Source: document 001; The Twelve-Factor App (config).
    """
    looked = [path for path in project.paths if path.endswith(CODE_FILES) and project.role(path) == "code"]
    if not looked:
        return not_applicable("there is no code that could run")
    found = [e for e in bound(project) if e.strength >= Strength.IMPORTED]
    if not found:
        trained = [
            Evidence(e.at, e.strength, f"what is trained here reads no path of one machine: {e.note}", e.tool)
            for e in best(project.used("fitting"), 1)
        ]
        shown = best(portable(project)) or tuple(trained)
        if not shown:
            shown = (project.seen(looked[0], f"{len(looked)} code files read; this is one of them", Strength.USED),)
        return passed(f"{len(looked)} code files, no path of one machine in them", shown)
    would = "paths relative to the project or read from settings, and no questions at the keyboard"
    hard = [e for e in found if not e.at.path.endswith(".ipynb") and e.strength >= Strength.WIRED]
    modules = [e for e in found if not e.at.path.endswith(".ipynb")]
    trains = {e.at.path for e in project.used("fitting")}
    hard += [e for e in modules if e.at.path in trains and e not in hard]
    if hard or not any(path.endswith((".py", ".R", ".r", ".scala")) for path in trains):
        return failed("it only runs on one machine", [f"{len(looked)} code files"], would, best(hard or found), found)
    return partial("parts of it only run on one machine", best(found), would, faults=found)


# -- one command ------------------------------------------------------------------------------------------------------
TRAINS = re.compile(
    r"(?<![a-z])(train(?!(ing)?[ _-]?(set|data|df|loader|test[ _]split|val))\w*|fit|retrain\w*)(?![a-z])"
)
PREPARES = re.compile(
    r"(?<![a-z])(data(set)?|prepare\w*|preprocess\w*|process|features?|featuri[sz]\w*|ingest\w*|download\w*|extract|split|etl|clean|load)(?![a-z])"
)
EVERYTHING = re.compile(
    r"(?<![a-z])(all|pipeline|repro(duce)?|everything|end ?to ?end|e2e|full|workflow|run ?all|flow)(?![a-z])"
)
SETTING_UP = re.compile(
    r"^(pip|uv (sync|pip|venv|lock|add)|poetry (install|add|lock)|conda|git|cd|docker|docker-compose|apt|brew"
    r"|npm (i|ci|install)|curl|ls|cp|mkdir|export|source)\b"
)
SCRIPT = re.compile(r"[\w./-]+\.(?:py|R|r|ipynb|sh)\b|(?<=-m )[\w.]+")
ONLY_DEPLOYS = re.compile(r"\bdeploy\b|deployment (build|apply|create)|\bcreate\b")
STARTS_CODE = re.compile(r"(python\S*|uv run|\S+\.(py|sh))\b")
NOT_FOR_READERS = re.compile(r"(^|/)(changelog|history|news)[^/]*$", re.IGNORECASE)


def step(fact: Fact) -> str:
    """What a command starts, in words: the script or module; nothing for a command that only builds or deploys."""
    plain = fact.detail.get("plain") or fact.name
    match = SCRIPT.search(plain) if not SETTING_UP.match(plain) else None
    return words(re.sub(r"\.(py|R|r|ipynb|sh)$", "", match[0].rpartition("/")[2]).rpartition(".")[2]) if match else ""


def does(project: Project, fact: Fact, job: str) -> bool:
    """Whether a command, wherever it stands, is one of a tool that does a job."""
    return any(trace.job == job for trace in project.toolbox.traces(fact))


def leads_to(project: Project, fact: Fact, pipeline: set[str]) -> str:
    """What a documented command makes: `all`, `training`, or nothing of this kind."""
    plain = fact.detail.get("plain") or fact.name
    if SETTING_UP.match(plain) or ONLY_DEPLOYS.search(plain):
        return ""
    if pipeline and (does(project, fact, "pipeline orchestration") or starts(project, fact, pipeline)):
        return "all"
    if not does(project, fact, "task running"):
        named = TRAINS.search(step(fact)) and any(named_files(project, fact))
        return "training" if named or in_one_process(project, fact) else ""
    target = words(plain)
    if not (TRAINS.search(target) or EVERYTHING.search(target)):
        return ""
    led = [chain[-1] for chain in project.graph.follow(fact)][1:]
    if any(does(project, f, "pipeline orchestration") or starts(project, f, pipeline) for f in led):
        return "all"
    steps = [step(f) for f in led]
    if any(TRAINS.search(text) for text in steps):
        return "all" if any(PREPARES.search(text) and not TRAINS.search(text) for text in steps) else "training"
    return "training" if led and TRAINS.search(target) and "build" not in plain else ""


def tasks_that_rebuild(project: Project) -> Iterator[Fact]:
    """Targets that run everything, documented or not."""
    for fact in project.facts("target"):
        if EVERYTHING.search(words(fact.name)) and TRAINS.search(words(fact.value)):
            yield fact


@check(
    "PIP008", "One command rebuilds everything", capability="one_command", level=1, dimension="comm",
    fix="kit add pipeline",
)  # fmt: skip
def one_command(project: Project) -> Verdict:
    """What: a document shows a command of a pipeline tool or task runner that makes the model again.

    The command must lead to more than one step, down to training. A documented command that only trains, one script
    that runs the whole pipeline in one process, and a task that no document mentions are partial. Commands for
    installing, and a list of scripts to start in order, are none.

    Why: every step that a person has to know by heart is skipped, or done in another order, when it matters.

    Fix: declare the steps in a pipeline or task runner, and write its one command into the README.

    Source: mlops-zoomcamp rubric (reproducibility); Pineau et al. 2021.
    """
    if project.kind == "library":
        return not_applicable("a library: who uses it makes the models")
    if project.only_serves or not project.doing("fitting").at_least(Strength.DECLARED):
        return not_applicable("nothing is trained here, so there is nothing to rebuild")
    pipeline = {e.at.path for e in project.used("pipeline orchestration") if not e.at.path.endswith(".ipynb")}
    routes = {route.steps[0] for path in pipeline if (route := project.graph.reached(path)) and route.steps}
    whole: list[Evidence] = []
    half: list[Evidence] = []
    for fact in project.commands("readme"):
        if FOR_ASSISTANTS.search(fact.at.path) or NOT_FOR_READERS.search(fact.at.path):
            continue
        direct = fact.at in routes and STARTS_CODE.match(fact.detail.get("plain") or fact.name)
        found = "all" if direct else leads_to(project, fact, pipeline)
        if found:
            item = Evidence(fact.at, Strength.USED, f"`{fact.name[:70]}`")
            (whole if found == "all" else half).append(item)
    would = "one documented command of a pipeline or task runner, from the data to the model"
    if whole:
        whole.sort(key=lambda e: (not EVERYTHING.search(words(e.note)), not TRAINS.search(words(e.note)), e.at))
        if covers_most(project, whole):
            return passed("one documented command rebuilds everything", whole[:1])
        return partial("some of the collection's examples are rebuilt by one command", whole[:1], would)
    if half:
        return partial("a documented command trains, but does not make everything", best(half), would)
    hidden = [
        project.evidence(f, f"{f.name}: {f.value[:60]}", cap=Strength.DECLARED) for f in tasks_that_rebuild(project)
    ]
    hidden += [Evidence(e.at, Strength.DECLARED, e.note, e.tool) for e in project.used("pipeline orchestration")]
    if hidden:
        return partial("there is a pipeline, but no document says by which command it is run", best(hidden), would)
    looked = ["commands in the documents", "targets and tasks of task runners", "pipeline tools"]
    return failed("no command rebuilds everything", looked, would)


def starts(project: Project, fact: Fact, pipeline: set[str]) -> bool:
    """Whether a command starts a file that defines a pipeline or imports one: `python flow.py`."""
    for name in named_files(project, fact):
        imports = (f.name for f in project.facts("import", path=name))
        if name in pipeline or any(pipeline & set(project.graph.modules.imported(i, name)) for i in imports):
            return True
    return False


def named_files(project: Project, fact: Fact) -> Iterator[str]:
    """The project's files that a command names, from the top folder or from its own."""
    for word in (fact.detail.get("plain") or fact.name).split():
        clean = word.strip("\"'").removeprefix("./")
        module = clean.replace(".", "/") + ".py" if re.fullmatch(r"[a-z_][\w.]*", clean) else clean
        for path in (
            clean,
            tidy(fact.detail.get("cwd", ""), clean),
            module,
            f"src/{module}",
        ):
            if path in project.repo.known:
                yield path


def in_one_process(project: Project, fact: Fact) -> bool:
    """Whether a command starts a script that calls its steps one after the other, training among them."""
    for path in named_files(project, fact):
        if path.endswith((".py", ".sh")):
            names = [words(f.name.rpartition(".")[2]) for f in project.facts("call", path=path)]
            names += [words(f.name) for f in project.facts("command", path=path)]
            if any(TRAINS.search(n) for n in names) and any(PREPARES.search(n) for n in names if not TRAINS.search(n)):
                return True
    return False
