"""RET: does the model renew itself?"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator

from readykit.checks_api import Project, best, check, failed, not_applicable, partial, passed
from readykit.model import Evidence, Fact, Strength, Verdict
from readykit.once import Answers, once
from readykit.training import trains
from readykit.trainjobs import NAMING_KEYS, handed_over, head, name_of, rows, starts, training_jobs

TIMED = frozenset(
    {
        "cron",
        "schedule_interval",
        "timetable",
        "rrule",
        "cron_schedule",
        "cron_expression",
        "schedule_expression",
        "interval",
    }
)
MAYBE_TIMED = frozenset({"schedule", "schedules", "trigger", "triggers", "automation_condition"})
CLOCK = re.compile(
    r"""["'](@(yearly|monthly|weekly|daily|hourly|continuous)|([\d*/,LW#?-]+\s+){4,5}[\w*/,#?-]+|(rate|cron)\(.*)["']|timedelta|[Cc]ron|Interval|Period\(|Every|Recurrence|[Ss]chedule"""
)
# what an operator of a workflow is told to run
TASK_ARGUMENTS = frozenset(
    {"bash_command", "python_callable", "task_id", "command", "cmd", "cmds", "entrypoint", "notebook"}
)
LISTED = re.compile(r"(.*\bjobs\.[^.]+|Resources\.[^.]+)\.")
Place = tuple[str, str, str, str]
"""A file, a document in it, the language, and what of many that are listed there."""
CODE_FILES = ("*.py", "*.ipynb", "*.R", "*.scala", "*.sh", "*.y*ml")
OFF = re.compile(r"""^["']?(none|null|false|~|@once|manual|off|\s*|\{\}|\[\])["']?$""", re.IGNORECASE)


def timed_calls(project: Project) -> Iterator[Fact]:
    """Calls and decorators that give something a schedule which is not switched off."""
    known = {(f.at.path, f.at.line) for f in project.doing("scheduling").facts if f.kind in ("call", "decorator")}
    timed = (fact for kind in ("call", "decorator") for fact in project.told(kind, *TIMED, *MAYBE_TIMED))
    for fact in project.facts("call", "decorator") if known else timed:
        if (fact.at.path, fact.at.line) in known and not any(
            OFF.match(fact.detail.get(k, "x")) for k in ("enabled", "is_active")
        ):
            yield fact
            continue
        for key, value in fact.detail.items():
            if (key not in TIMED and key not in MAYBE_TIMED) or OFF.match(value):
                continue
            if (key in TIMED and (key != "interval" or CLOCK.search(value))) or (
                key in MAYBE_TIMED and CLOCK.search(value)
            ):
                yield fact
                break


def context(project: Project, fact: Fact) -> Iterator[str]:
    """What stands around a call that schedules: its arguments, the call around it, its function, its file's names."""
    yield " ".join(v for k, v in fact.detail.items() if k != "receiver")
    yield fact.scope
    yield fact.at.path
    for other in project.repo.facts(fact.at.path):
        if other.kind == "call":
            yield from (value for key, value in other.detail.items() if key in TASK_ARGUMENTS)
            if other.at.line <= fact.at.line <= max(other.at.end_line, other.at.line):
                yield " ".join(other.detail.values())
        elif other.kind in ("import", "def"):
            yield other.name


def scheduled_in_code(project: Project) -> list[Evidence]:
    """Schedules and events in code that start training."""
    return [
        project.evidence(fact, f"starts by itself: {fact.name}")
        for fact in timed_calls(project)
        if any(trains(text) for text in context(project, fact))
    ]


def scheduled_in_configuration(project: Project) -> list[Evidence]:
    """Schedules and events in configuration whose document leads to training."""
    found = []
    for fact in project.doing("scheduling").facts:
        if (
            fact.kind == "command"
            and fact.detail.get("runner") != "readme"
            and any(map(trains, (fact.name, fact.at.path, fact.scope)))
        ):
            found.append(project.evidence(fact, f"sets up a trigger: {fact.name[:60]}"))
        if fact.kind not in ("yaml", "json", "toml", "hcl") or OFF.match(fact.value or "x"):
            continue
        if not goes_on(project, fact):
            continue
        found.append(
            project.evidence(clock(project, fact), f"starts training by itself: {fact.name}: {fact.value[:40]}")
        )
    return found


def clock(project: Project, fact: Fact) -> Fact:
    """The line that says when, for a trace that is only the kind of a document."""
    if not fact.name.endswith("kind"):
        return fact
    return next(
        (
            f
            for f in document(project, *place(fact))
            if re.search(r"(^|\.)(schedules?|cron)(\[\d+\])?(\.\w+)?$", f.name) and f.value
        ),
        fact,
    )


def place(fact: Fact) -> Place:
    """The file and document in which a fact stands, and the job or resource where many are listed."""
    match = LISTED.match(fact.name) if fact.kind in ("yaml", "json") else None
    return fact.at.path, fact.scope, fact.kind, match[1] if match else ""


def document(project: Project, path: str, scope: str, kind: str, listed: str) -> list[Fact]:
    """The facts of a document or file, and the commands in it; of one job or resource where many are listed."""
    rows = project.repo.by_scope(path)[scope]
    if listed:
        return [f for f in rows if f.name.startswith(listed)]
    lines = [f.at.line for f in rows if f.kind == kind]
    commands = in_order(project)[path]
    first, behind = bisect_left(commands, min(lines), key=line_of), bisect_right(commands, max(lines), key=line_of)
    return [*(f for f in rows if f.kind != "command"), *commands[first:behind]]


@once
def in_order(project: Project) -> Answers[str, list[Fact]]:
    """The commands of each file by their lines."""
    return Answers(lambda path: sorted(project.repo.facts_of(path, "command"), key=line_of))


def line_of(fact: Fact) -> int:
    """Where a fact begins."""
    return fact.at.line


def goes_on(project: Project, fact: Fact) -> bool:
    """Whether the document of a schedule starts training and does not say that it is off."""
    if suspended(project)[place(fact)]:
        return False
    if fact.kind == "hcl":
        return starts(project, fact.name, fact.at.path) or fact.at.path in training_modules(project)
    return schedules(project)[place(fact)]


@once
def training_modules(project: Project) -> frozenset[str]:
    """The files of Terraform in which a value speaks of training."""
    return frozenset(f.at.path for f in project.facts("hcl") if trains(f.value) and starts(project, f.value, f.at.path))


@once
def schedules(project: Project) -> Answers[Place, bool]:
    """Whether a document starts training, by its place: it may hold thousands of schedules, and is read once."""
    return Answers(lambda at: any(starts(project, text, at[0]) for text in started_by(project, at)))


@once
def suspended(project: Project) -> Answers[Place, bool]:
    """Whether a document says that its schedule is off."""
    return Answers(
        lambda at: any(
            f.name.endswith(("suspend", "paused", "pause_status")) and f.value.lower() in ("true", "paused")
            for f in document(project, *at)
        )
    )


def started_by(project: Project, at: Place) -> Iterator[str]:
    """Names of what a scheduling document starts."""
    for other in document(project, *at):
        if other.kind == "command":
            yield other.name
        elif NAMING_KEYS.search(other.name):
            yield other.value


def terraform(project: Project) -> list[Evidence]:
    """Cloud schedulers that start a pipeline, where the repository's pipelines train."""
    pipelines = [p for p in project.files("*.py", "*.y*ml") if trains(name_of(p))]
    if not pipelines:
        return []
    found = [fact for fact in project.doing("scheduling").facts if fact.kind == "hcl"]
    speaking = {path for path in {fact.at.path for fact in found} if any(map(speaks, project.repo.facts(path)))}
    return [project.evidence(fact, f"a cloud scheduler: {fact.name}") for fact in found if fact.at.path in speaking]


def speaks(fact: Fact) -> bool:
    """Whether a fact of Terraform speaks of what a scheduler may start."""
    return bool(re.search(r"pipeline|train|workflow", f"{fact.name} {fact.value}"))


def anything_trains(project: Project) -> bool:
    """Whether there is training here at all: a call that fits, or a file, function or command by that name."""
    if project.doing("fitting").evidence:
        return True
    named_so = (
        fact.name.rpartition(".")[2] if fact.kind == "def" else head(fact.name)
        for fact in project.facts("def", "command")
    )
    return any(map(trains, named_so)) or any(
        trains(name_of(path)) for path in project.files(*CODE_FILES, role=("code",))
    )


@check(
    "RET001",
    "Retraining is a flow, not a person",
    capability="automated_retraining",
    level=4,
    dimension="mlops",
    fix="kit add retraining",
)
def retraining_is_a_flow(project: Project) -> Verdict:
    """What: a schedule or an event (drift alarm, new data, message) starts the training pipeline.

    A schedule that only reports, refreshes data or updates dependencies does not count, nor a workflow file outside
    the folder that its system reads. Training on code push or by a dispatch that nothing sends is partial.

    Why: a model that waits for somebody to remember it grows old unnoticed.

    Fix: serve the training flow on a cron, and let the drift monitor start it as well.

    Source: documents 000, 001 and 002; Google's MLOps level 1 (continuous training).
    """
    clocks = [*scheduled_in_code(project), *scheduled_in_configuration(project), *terraform(project)]
    jobs = list(training_jobs(project))
    clocks += [project.evidence(fact, "a scheduled CI job trains") for job, fact in jobs if "schedule" in job.triggers]
    away = list(handed_over(project))
    clocks += [project.evidence(f, "a scheduled CI job hands training to others") for f, timed in away if timed]
    real = [e for e in clocks if e.strength >= Strength.USED and not e.at.path.endswith(".ipynb")]
    if real:
        return passed("training starts by itself", best(real))
    pushes = [
        project.evidence(fact, f"training on {' or '.join(job.triggers)} only") for job, fact in jobs if job.triggers
    ]
    data = [
        project.evidence(fact, "runs again when its source changes", cap=Strength.IMPORTED)
        for fact in (*project.doing("data trigger").facts, *project.doing("change trigger").facts)
        if any(trains(row) for row in rows(project, fact.at.path))
    ]
    pushes += [project.evidence(f, f"training by another's workflow or a template: {f.value[:50]}") for f, _ in away]
    weaker = [*clocks, *pushes, *data]
    if any(e.strength >= Strength.DECLARED for e in weaker):
        return partial(
            "training is started by a push, a dispatch or a notebook, not by a flow with a schedule or event",
            best(weaker),
        )
    if not anything_trains(project):
        return not_applicable("nothing here trains a model")
    return failed(
        "nothing starts training without a person",
        looked_in=project.looked_in,
        would_satisfy="a schedule or event trigger (cron, drift alarm, new data) whose job trains the model",
    )
