"""PIP002: can somebody change a parameter without changing the code?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from readykit.checks_api import Project, best, check, failed, not_applicable, partial, passed
from readykit.model import Evidence, Fact, Location, Strength, Verdict
from readykit.settings import OF_LEARNING, Reading, settings
from readykit.spread import covers_most

SECRET = re.compile(r"(pass|secret|token|key|credential|dsn)", re.IGNORECASE)
# where something lies or who asks: names of an installation, not parameters of the work
ADDRESS = re.compile(
    r"(^|_)(path|dir|directory|root|folder|file|home|hosts?|uri|url|port|address|addr|endpoint|servers?|brokers?|bucket|region"
    r"|location|project|workspace|namespace|id|ids|name|user|username|login|email|env|environment|db|database|topic"
    r"|debug|log_level|ip|webhook|dsn|connection|conn|string|account|host_?name|zone|cluster|profile)(_|\d|$)",
    re.IGNORECASE,
)
KEPT = re.compile(
    r"(^|/)[\w.-]*env[\w.-]*(example|sample|template|dist|tmpl)$|(^|/)(example|sample|template)[\w.-]*env$"
    r"|(^|/)\.env(\.(dev|prod|local|docker|staging))?$|(^|/)env\.sh([\w.]*)$",
    re.IGNORECASE,
)
VARIABLE = re.compile(r"^\s*(?:export\s+)?[A-Z][A-Z0-9_]+\s*=")
A_LIST = 3
"""Variables that make a file of them worth keeping."""
# a module of settings: names in capitals that other modules import
MODULE = re.compile(r"(^|/)(config|configs|settings|params|parameters|constants|hyperparameters)\.py$")
AS_ARGUMENT = re.compile(r"(?<!\S)([\w./-]*(?:configs?|conf|experiments?|params)/[\w./-]+\.py)\b")


def files_read(project: Project) -> Iterator[tuple[Reading, Evidence]]:
    """Files of parameters that code reads: the line of a value that is used, and where it is read."""
    found = settings(project)
    by_framework = {f.at for f in project.doing("settings from a folder").facts if not f.detail.get("config_path")}
    for reading in found.readings:
        value = reading.value
        by = f"the file is read by {reading.by.at}"
        if reading.by.at in by_framework and not found.uses(reading.by.at.path, value):
            by = f"the framework reads the folder, as at {reading.by.at}"
        note = f"{value.name.rpartition('.')[2]} is set here; {by}"
        yield reading, project.evidence(value, note, cap=max(project.strength(reading.by), Strength.IMPORTED))


def given_files(project: Project) -> Iterator[Evidence]:
    """Python files of parameters that a command hands to the training script."""
    for fact in project.named(AS_ARGUMENT, "command", role=None):
        match = AS_ARGUMENT.search(fact.name)
        if match and not fact.name.startswith(("cp ", "cat ", "ruff", "black")):
            words = fact.detail.get("plain", fact.name).split()
            if match[1] in project.repo.known and match[1] not in words[:2] and project.role(match[1]) != "test":
                first = next(iter(project.facts("assign", path=match[1])), None)
                if first is not None:
                    yield project.evidence(first, f"parameters handed over by {fact.at.path}:{fact.at.line}")


def typed(project: Project) -> tuple[list[Evidence], bool]:
    """Classes of settings that are filled from outside, and whether they hold parameters of learning."""
    found = project.doing("typed settings")
    used = list(found.at_least(Strength.USED))
    classes = {(f.at.path, f.name) for f in found.facts if f.kind == "def"}
    fields = [f for f in project.facts("field") if (f.at.path, f.name.rpartition(".")[0]) in classes]
    about = [f for f in fields if OF_LEARNING.search(f.name.rpartition(".")[2])]
    return used, len(about) > 1


def weaker(project: Project) -> list[Evidence]:
    """Parameters that can be changed from outside one run at a time, or only those of the deployment."""
    training = {e.at.path for e in project.used("fitting")}
    flags = [e for e in project.used("parameters on the command line") if e.at.path in training or "train" in e.at.path]
    found = [lowered(e, "a parameter on the command line") for e in flags]
    found += [lowered(e, "a parameter of the pipeline") for e in project.used("parameters of a pipeline")]
    found += [lowered(e, "variables of the deployment only") for e in project.used("variables of the infrastructure")]
    values: dict[str, Evidence] = {}
    applies = only_applies(project)
    for fact in project.doing("values from the environment").facts:
        name = fact.detail.get("0", "").strip("\"'")
        of_the_place = bool(ADDRESS.search(name)) and not applies
        if fact.kind == "call" and name and not SECRET.search(name) and not of_the_place:
            values.setdefault(name, lowered(project.evidence(fact), f"{name[:40]} comes from the environment"))
    # one flag is no way to set parameters
    found += values.values() if len(values) > 1 or applies else ()
    found += [*kept_variables(project), *module_of_settings(project)]
    return found


def only_applies(project: Project) -> bool:
    """Whether a model is served or asked here and trained elsewhere."""
    if project.doing("fitting").strength >= Strength.DECLARED:
        return False
    return project.only_serves or any(project.used(job) for job in ("asking a model", "asking a network"))


def kept_variables(project: Project) -> Iterator[Evidence]:
    """Files that keep the variables of the environment, with an example of each."""
    for path in project.paths:
        if "env" in path.lower() and KEPT.search(path) and project.role(path) in ("code", "template", "docs"):
            lines = [n for n, line in enumerate(project.repo.text(path).split("\n"), 1) if VARIABLE.match(line)]
            if len(lines) >= A_LIST:
                note = "variables of the environment are kept in a file"
                yield Evidence(Location(path, lines[0]), Strength.DECLARED, note)


def declared_for_runs(project: Project) -> list[Evidence]:
    """Parameters of runs that stand in a file of their own, with their defaults."""
    found = project.doing("parameters of a pipeline")
    return [project.evidence(f, f"{f.name} is a parameter of the runs") for f in found.facts if f.kind == "yaml"]


def lowered(item: Evidence, note: str) -> Evidence:
    """The same place as weaker evidence."""
    return Evidence(item.at, min(item.strength, Strength.IMPORTED), note, item.tool)


def module_of_settings(project: Project) -> Iterator[Evidence]:
    """Constants kept in a module of their own."""
    for path in project.files("*.py", role=("code",)):
        if MODULE.search(path):
            values = [f for f in project.facts("assign", path=path) if f.name.isupper() and f.value]
            if values and imported(project, path):
                note = "parameters are constants of one module, changed by changing code"
                yield project.evidence(values[0], note, cap=Strength.DECLARED)


def imported(project: Project, path: str) -> bool:
    """Whether another file imports a module."""
    return any(path in project.graph.modules.imported(f.name, f.at.path) for f in imports_of(project, path))


def imports_of(project: Project, path: str) -> Iterator[Fact]:
    """Imports that name a module by its last part."""
    stem = path.rpartition("/")[2].removesuffix(".py")
    return (f for f in project.facts("import") if stem in f.name.split(".") and f.at.path != path)


@check("PIP002", "Parameters are outside the code", capability="config_externalised", level=1, dimension="systems")
def parameters_outside(project: Project) -> Verdict:
    """What: the parameters of data, training and serving stand in a file or in typed settings that the code reads.

    A file counts when code or a command names it, or a framework reads its folder, and code uses one of its values.
    Where models are only served, typed settings, environment values and variables of the deployment pass as well. In
    a project that trains, or that applies a model without a service, these are partial, and so are arguments of the
    command line, parameters of a pipeline run and a module of constants. A file that nothing reads is nothing.

    Why: a parameter in the code can only be tried by editing it, and nobody can see later with which value a model was
    made.

    Fix: move the parameters into one file, read it where a stage begins, and check names and ranges there.

    Source: document 003; The Twelve-Factor App (config).
    """
    would = "a file of parameters or typed settings that the training code reads"
    read = [(r, e) for r, e in files_read(project) if e.strength >= Strength.USED]
    handed = [e for e in given_files(project) if e.strength >= Strength.USED]
    handed += declared_for_runs(project)
    learning = [e for r, e in read if r.learning]
    others = [e for r, e in read if not r.learning]
    every = (*best(learning), *best(handed), *best(others))[:3]
    if every and covers_most(project, [*learning, *handed, *others]):
        return passed("parameters are read from files", every)
    if every:
        return partial("some of the collection's examples read their parameters from files", every, would)
    classes, about_learning = typed(project)
    less = weaker(project)
    trains = bool(project.used("fitting"))
    if classes and (about_learning or not trains):
        return passed("parameters are typed settings", best(classes))
    if not trains and project.only_serves and less:
        raised = [Evidence(e.at, Strength.USED, e.note, e.tool) for e in less if e.strength > Strength.DECLARED]
        if raised:
            return passed("the service is set from outside", best(raised))
    if classes or less:
        halves = (*best(lowered(e, "typed settings of the service, not of training") for e in classes), *best(less))
        rest = "those of training stand in the code" if trains else "no file or typed settings hold them all"
        return partial(f"some parameters come from outside, {rest}", halves[:3], would)
    if project.kind == "library" and not trains:
        return not_applicable("a library: who uses it sets the parameters")
    if not trains and not only_applies(project):
        return not_applicable("nothing is trained or served here that would have parameters")
    return failed("parameters stand in the code", project.looked_in, would)
