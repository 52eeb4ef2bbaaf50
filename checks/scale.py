"""OPS: does the work go on when a machine is lost, or no longer enough?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from readykit.checks_api import Project, best, check, not_applicable, partial, passed, unmet
from readykit.model import Evidence, Fact, Location, Strength, Verdict
from readykit.naming import words

# somebody looked at the size and wrote down that one machine is enough
FITS = re.compile(
    r"\bfits? (?:\w+ ){0,2}(?:in|into|on|within) (?:\w+ ){0,3}(?:memory|ram|machine|laptop|node|computer|instance)\b"
    r"|\b(?:one|a single) (?:machine|node|laptop|instance|computer) is (?:enough|sufficient|plenty)\b",
    re.IGNORECASE,
)
FITS_NOT = re.compile(r"\b(?:not|n't|never|longer|unless|until|if)\b", re.IGNORECASE)
SIMULATED = re.compile(r"(?<![a-z])(sim|simulat\w*)(?![a-z])")
# names of what a run leaves behind so that it can go on
STATE = re.compile(r"(?<![a-z])(checkpoints?|ckpts?|resume|snapshot)(?![a-z])")
OPTIMIZER = re.compile(r"optim|lr_?scheduler", re.IGNORECASE)
# launchers that start one process a device, over machines when asked to
LAUNCHER = re.compile(
    r"(?:\w+=\S+ )*(?:torchrun|horovodrun|deepspeed|accelerate launch|python3? -m torch\.distributed\.(?:launch|run))\s"
)
RESUMES = re.compile(r"(?<![a-z])resum(e|es|ed|ing)(?![a-z])")


def kept(project: Project, found: tuple[Evidence, ...]) -> list[Evidence]:
    """Evidence of use outside of notebooks, which are only the place for it in a collection."""
    used = [e for e in found if e.strength >= Strength.USED]
    return [e for e in used if not e.at.path.endswith(".ipynb") or project.kind == "collection"]


def simulated(project: Project) -> set[Location]:
    """Settings that try out several machines on the processors of one."""
    found = set()
    for fact in project.doing("distributed compute").facts:
        if fact.kind in ("yaml", "toml", "json"):
            beside = f"{fact.name.rpartition('.')[0]}.accelerator".lstrip(".")
            same = project.facts(fact.kind, path=fact.at.path)
            on_cpu = any(f.name == beside and f.value.strip("\"'") == "cpu" for f in same)
            if on_cpu or SIMULATED.search(words(fact.at.path)):
                found.add(fact.at)
    return found


def in_other_languages(project: Project, job: str) -> Iterator[Evidence]:
    """Imports in Scala, Java, R and the like, of which no more is read: there an import is the use."""
    for fact in project.doing(job).facts:
        if fact.kind == "import" and fact.detail.get("language") and project.role(fact.at.path) == "code":
            yield Evidence(fact.at, Strength.USED, f"written for {fact.name}")


def documented_launch(project: Project) -> Iterator[Evidence]:
    """Commands of the README that start the project's own training on several processes by a launcher."""
    own = {path.rpartition("/")[2] for path in project.files("*.py", "**/*.py", role=("code",))}
    for fact in project.commands("readme"):
        if LAUNCHER.match(fact.name) and own & {word.rpartition("/")[2] for word in fact.name.split()}:
            yield Evidence(fact.at, Strength.DECLARED, f"a launcher of many processes, in a document: {fact.name[:70]}")


def said_to_fit(project: Project) -> Fact | None:
    """The sentence that says why one machine is enough."""
    for fact in project.named(FITS, "prose", role=None):
        match = FITS.search(fact.name)
        if match and not FITS_NOT.search(fact.name[max(0, match.start() - 40) : match.end()]):
            return fact
    return None


@check("OPS004", "There is a way past one machine", capability="scale_out", level=4, dimension="scale")
def there_is_a_way_past_one_machine(project: Project) -> Verdict:
    """What: data preparation or training uses an engine that spreads over machines, or is started as such a job.

    Steps that are sent to a batch cluster one by one, several devices of one machine, a notebook, and a
    launcher that only a document's command names are partial. An
    engine that is only installed, one that only serves, load generators and a cloud job on a single machine are
    none. It is not applicable where documents say that the data fits on one machine, and where nothing is trained.

    Why: the day the data no longer fits is a bad day to choose an engine.

    Fix: run the heavy step by a distributed engine or a distributed training launcher, or write down the size of the
    data, its growth, and why one machine is enough.

    Source: documents 001 and 004 (scale); readiness standard OPS004.
    """
    found = project.doing("distributed compute")
    alone = simulated(project)
    whole = [e for e in kept(project, found.evidence) if e.at not in alone]
    whole += in_other_languages(project, "distributed compute")
    if whole:
        return passed("the work can be spread over machines", best(whole))
    steps, devices = project.doing("elastic steps"), project.doing("several devices")
    fits = said_to_fit(project)
    if fits is not None:
        return not_applicable(f"the data fits on one machine ({fits.at})")
    half = [*kept(project, steps.evidence), *kept(project, devices.evidence), *found.at_least(Strength.USED)]
    half += documented_launch(project)
    if half:
        why = (
            "single steps leave this machine"
            if steps.at_least(Strength.USED)
            else "it goes past one device or notebook"
        )
        return partial(f"{why}, but no engine spreads the work", best(half))
    if project.only_serves:
        return not_applicable("models are served here and trained elsewhere")
    return unmet(
        found,
        "the work cannot leave one machine",
        "a distributed engine or launcher for the heavy step, or a document that says why one machine is enough",
        claim=r"distribut|scal|cluster|parallel",
    )


def saved_by_hand(project: Project) -> Iterator[Evidence]:
    """Training state that is written with the framework's own save function."""
    training = {e.at.path for e in project.used("long training")}
    for fact in project.facts("call", name="*.save"):
        if fact.at.path not in training:
            continue
        about = words(" ".join((fact.scope, *list(fact.detail.values())[:2])))
        if STATE.search(about) or OPTIMIZER.search(about):
            yield project.evidence(fact, f"training state is saved: {fact.name}")


def resumed_by_hand(project: Project) -> Iterator[Evidence]:
    """Optimizer state that is read back, and branches that resume."""
    for fact in project.facts("call", name="*load_state_dict"):
        if OPTIMIZER.search(fact.name) or any(OPTIMIZER.search(value) for value in fact.detail.values()):
            yield project.evidence(fact, "the optimizer's state is read back")
    training = {e.at.path for e in project.used("long training")}
    for fact in project.facts("branch"):
        if fact.at.path in training and RESUMES.search(words(fact.name)):
            yield project.evidence(fact, f"training goes on where it stopped: {fact.name[:60]}")


@check("OPS003", "Long training can resume", capability="resumable_training", level=3, dimension="scale")
def long_training_can_resume(project: Project) -> Verdict:
    """What: training writes checkpoints on the way, and a run can start from one.

    Checkpoints that nothing starts from are partial: the best weights are kept, an interrupted run is lost. It is
    not applicable where no network is trained: what fits a table in minutes is started again.

    Why: machines are taken away in the middle of the night; a run of ten hours must not start over for that.

    Fix: save model, optimizer, step and random state every so often, and take the newest checkpoint as the start.

    Source: readiness standard OPS003; PyTorch, TensorFlow and Transformers documentation on checkpoints.
    """
    long = project.used("long training")
    if not long or project.kind == "library":
        return not_applicable("nothing that trains for hours is trained here")
    resumed = kept(project, (*project.used("resuming"), *resumed_by_hand(project)))
    saved = [*project.used("saving checkpoints"), *saved_by_hand(project)]
    if resumed:
        places = {e.at.path.rpartition("/")[0] for e in resumed}
        beside = [e for e in kept(project, tuple(saved)) if e.at.path.rpartition("/")[0] in places]
        return passed("training can go on from a checkpoint", [*best(resumed, 3), *best(beside, 2)])
    wanted = "a start of training that reads the newest checkpoint"
    if saved:
        return partial("checkpoints are written, and no run starts from one", best(saved), wanted)
    return unmet(
        project.doing("resuming"),
        "a training run that is interrupted starts over",
        f"checkpoints during training and {wanted}",
        claim=r"checkpoint|resum",
    )
