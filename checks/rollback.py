"""RET: can yesterday's model come back?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from readykit.checks_api import Project, best, check, failed, partial, passed
from readykit.model import Evidence, Fact, Strength, Verdict
from readykit.naming import short, words

PAGE = re.compile(r"\.(md|rst|txt|ipynb)$", re.IGNORECASE)
OF_DATABASE = re.compile(
    r"(?<![a-z])(databases?|db|\w*sql\w*|dumps?|backups?|migrat\w*|transactions?|schema|git (reset|revert)"
    r"|alembic|flyway|liquibase|prisma|knex)(?![a-z])",
    re.IGNORECASE,
)
ONLY_SAYS = re.compile(
    r"(^|\.)(info|warning|warn|error|debug|critical|exception|log|print|echo|secho|get_logger|getLogger|format|str|join)$"
)
QUESTION = re.compile(r"^(should|is|has|can|needs|must|test|check)\b")
# what is brought back: a model or a deployment, not a row, a ticket or a database
OF_MODEL = re.compile(
    r"(?<![a-z])(models?|alias(es)?|champion|challenger|traffic|endpoint|pointer|registry|registered|deploy\w*|canary|serving|release)(?![a-z])",
    re.IGNORECASE,
)
ROLLS_BACK = re.compile(r"(?<![a-z])roll(s|ed|ing)? ?back(?![a-z])", re.IGNORECASE)
WAY_BACK = re.compile(r"(?<![a-z])roll(ing|ed|s)? ?back|revert(ing)? (to|a|an|the) |previous (model|version)")
# a command that puts an image before users, named by a tag that whoever starts the script gives
DEPLOYS = re.compile(
    r"\b(cf push|kubectl set image|helm upgrade|docker service update|gcloud run deploy|az (webapp|containerapp)"
    r"|aws ecs update-service|nomad job run)\b"
)
BY_TAG = re.compile(r"(:|tag=|image[ =]\S*)\$\{?(\w*_)?(tag|version|image_tag|release|revision)\b", re.IGNORECASE)
# a script that asks whether to build at all
CHOOSES = re.compile(r"^(\[|test )[^\]]*(existing|skip|no|do|with)_?build", re.IGNORECASE)
TESTS = re.compile(r"(?<![a-z])tests?(?![a-z])")  # a stage called a test brings nothing back for users
STAGE = re.compile(r"(?:^|\.)(?:stage|deployment|job|name|displayName)$")
GOES_BACK = re.compile(r"(?<![a-z])(revert|restore|undo|demote)(?![a-z])", re.IGNORECASE)
BACK = re.compile(f"{ROLLS_BACK.pattern}|{GOES_BACK.pattern}", re.IGNORECASE)


def rollback_functions(project: Project) -> Iterator[tuple[Fact, bool]]:
    """Functions that bring a former model back, and whether they do more than say so."""
    for fact in project.named(BACK, "def", by=short):
        name = short(fact.name)
        meant = ROLLS_BACK.search(name) or (GOES_BACK.search(name) and OF_MODEL.search(name))
        if fact.value == "class" or not meant or QUESTION.match(name):
            continue
        inner = [
            f for f in project.repo.facts(fact.path) if f.scope == fact.name or f.scope.startswith(f"{fact.name}.")
        ]
        done = [f for f in inner if f.kind in ("call", "assign")]
        spoken = " ".join(
            [
                name,
                words(fact.detail.get("args", "")),
                *(words(f"{f.name} {f.value} {' '.join(f.detail.values())}") for f in done),
            ]
        )
        if OF_DATABASE.search(words(f"{fact.path} {fact.detail.get('args', '')}")):
            continue
        if OF_MODEL.search(spoken) or OF_MODEL.search(words(fact.path.rpartition("/")[2])):
            yield (
                fact,
                any(
                    (f.kind == "assign" and "." in f.name) or (f.kind == "call" and not ONLY_SAYS.search(f.name))
                    for f in done
                ),
            )


def rollback_commands(project: Project) -> list[Evidence]:
    """Commands and jobs outside documents that roll a deployment back."""
    found = [
        e for e in project.doing("rollback").evidence if e.strength >= Strength.USED and not PAGE.search(e.at.path)
    ]
    for fact in project.commands():
        scope = words(f"{fact.scope} {fact.detail.get('step', '')}")
        if (
            (ROLLS_BACK.search(scope) or ROLLS_BACK.search(words(fact.name.partition(" -")[0])))
            and not OF_DATABASE.search(words(fact.name))
            and not fact.name.startswith("echo")
        ):
            found.append(project.evidence(fact, "a task that rolls back"))
    found += [
        project.evidence(fact, f"a pipeline stage: {fact.value}")
        for fact in project.named(STAGE, "yaml", role=None)
        if fact.path.endswith((".yml", ".yaml"))
        and ROLLS_BACK.search(words(fact.value))
        and not TESTS.search(words(fact.value))
        and job_runs(project, fact)
    ]
    return [e for e in found if e.strength >= Strength.USED]


def job_runs(project: Project, fact: Fact) -> bool:
    """Whether a file of configuration is one that a CI system reads."""
    return any(job.path == fact.path for job in project.ci_jobs())


def runbooks(project: Project) -> list[tuple[Fact, Fact]]:
    """Sections of documents about rolling back, with a command that they show."""
    found = []
    for page in project.files("*.md", "*.rst"):
        facts = project.repo.facts(page)
        headings = [
            f
            for f in facts
            if f.kind == "heading" and WAY_BACK.search(words(f.name)) and not OF_DATABASE.search(words(f.name))
        ]
        for heading in headings:
            following = [
                f
                for f in facts
                if f.kind == "heading" and f.line > heading.at.line and int(f.value or 9) <= int(heading.value or 1)
            ]
            end = following[0].at.line if following else 10**9
            shown = [
                f
                for f in facts
                if f.kind in ("command", "codeline")
                and heading.at.line < f.line < end
                and not OF_DATABASE.search(words(f.name))
            ]
            if shown:
                found.append((heading, next((f for f in shown if ROLLS_BACK.search(words(f.name))), shown[0])))
    return found


def any_version(project: Project) -> Iterator[Evidence]:
    """Scripts that deploy whichever image a person names by its tag, without building it each time."""
    targets = {f.at for f in project.doing("deployment as code").facts if f.kind == "command"}
    for fact in project.commands("script", "make", "just"):
        plain = fact.detail.get("plain", fact.name)
        if (fact.at not in targets and not DEPLOYS.search(plain)) or not BY_TAG.search(plain):
            continue
        before = [f.name for f in project.repo.facts(fact.path) if f.kind == "command" and f.line < fact.line]
        builds = any(re.search(r"\b(docker|podman|buildah|buildx)\b.*\bbuild\b", row) for row in before)
        if not builds or any(CHOOSES.search(row) for row in before):
            yield project.evidence(fact, f"deploys the image of any tag: {plain[:60]}", cap=Strength.DECLARED)


def documented(project: Project) -> list[Evidence]:
    """Rollback commands in documents for a way of deployment that the tree really has."""
    targets = {tool.id for tool in project.toolbox.doing("deployment target")}
    here = {e.tool for e in project.doing("deployment target").evidence if e.strength >= Strength.DECLARED}
    return [
        Evidence(fact.at, Strength.USED, f"documented: {fact.name[:60]}", trace.tool.name)
        for fact in project.commands("readme")
        for trace in project.toolbox.traces(fact)
        if trace.job == "rollback" and (trace.tool.id not in targets or trace.tool.name in here)
    ]


@check(
    "RET004",
    "Yesterday's model can come back",
    capability="rollback",
    level=4,
    dimension="mlops",
    fix="kit add retraining",
)
def model_can_come_back(project: Project) -> Verdict:
    """What: a command, function or pipeline stage moves serving back to the former model.

    A runbook with the rollback command of the deployment system that the repository uses will do. A deployment
    that an alarm or a failed hook takes back passes too. A script that deploys any image by its tag is partial. A
    function that only logs is a stub: partial with a runbook, else nothing. Database rollbacks are something else.

    Why: the fastest repair of a bad model is the one before it, at three in the morning, by whoever is on call.

    Fix: keep the former version's alias, move it by one command that the service follows, and write that line into
    the runbook.

    Source: documents 001 and 002; ML Test Score, models can be rolled back.
    """
    functions = list(rollback_functions(project))
    real = [project.evidence(fact, f"{fact.name} brings the former version back") for fact, acts in functions if acts]
    strong = [e for e in (*real, *rollback_commands(project), *documented(project)) if e.strength >= Strength.USED]
    if strong:
        return passed("the former model can be brought back", best(strong))
    pages = [
        Evidence(heading.at, Strength.DECLARED, f"a section with a command: {shown.name[:60]}")
        for heading, shown in runbooks(project)
    ]
    stubs = [
        project.evidence(fact, f"{fact.name} only says so", cap=Strength.DECLARED)
        for fact, acts in functions
        if not acts
    ]
    if pages or real:
        return partial("a way back is written down, but nothing here carries it out", best([*pages, *real, *stubs]))
    by_tag = list(any_version(project))
    if by_tag:
        return partial(
            "any former image can be deployed again by a script that is told its tag",
            best(by_tag),
            "a command that knows the former version, and a line about it in the runbook",
        )
    return failed(
        "there is no way back to the former model",
        looked_in=project.looked_in,
        would_satisfy="a command or alias move that brings the former version back, and a line about it in the runbook",
        evidence=stubs[:2],
    )
