"""Commands in YAML: CI jobs, pipeline stages, compose services, Kubernetes containers, hooks.

Works on the scalars that `facts.yaml` found, so that every command has its true line.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence

from readykit.facts import Unparsable
from readykit.facts.cishells import lax, shell_of, tolerated
from readykit.facts.commands import commands
from readykit.facts.matrix import Matrices
from readykit.limits import MAX_COMMANDS, MAX_YAML_BYTES
from readykit.model import Fact, Location

LONG = 10_000
"""Characters of a line in which a command is looked for; longer ones were not written by people."""
BY_PATH = (  # of the lower-case path with a leading slash
    ("gitlab", re.compile(r".*/(\.gitlab-ci[^/]*|\.gitlab/.*)\.ya?ml")),
    ("circleci", re.compile(r".*/\.circleci/.*")),
    ("travis", re.compile(r".*/\.travis\.yml")),
    ("drone", re.compile(r".*/\.drone\.ya?ml")),
    ("bitbucket", re.compile(r".*/bitbucket-pipelines\.yml")),
    ("woodpecker", re.compile(r".*/\.woodpecker(/.*)?\.ya?ml")),
    ("taskcluster", re.compile(r".*/\.taskcluster[^/]*")),
    ("buildkite", re.compile(r".*/\.buildkite/.*")),
    ("azure", re.compile(r".*(/\.pipelines/|/\.azure|/azure-pipelines/|/[^/]*azure-pipelines).*")),
    ("dvc", re.compile(r".*/dvc\.yaml")),
    ("compose", re.compile(r".*/(docker-)?compose[\w.-]*\.ya?ml")),
    ("task", re.compile(r".*/taskfile\.ya?ml")),
    ("pre-commit", re.compile(r".*/\.pre-commit-config\.ya?ml")),
    ("mlproject", re.compile(r".*/mlproject")),
)


def runner_of(path: str, facts: Sequence[Fact]) -> str:
    """Which system reads this YAML file; empty when none that is known."""
    low = f"/{path.lower()}"
    if "workflows/" in low and any(f.name.startswith("jobs.") for f in facts):
        return "github"
    if low.endswith(("/action.yml", "/action.yaml")) and any(f.name.startswith("runs.") for f in facts):
        return "github-action"
    known = next((runner for runner, pattern in BY_PATH if pattern.fullmatch(low)), "")
    return known or by_content(facts, low.rpartition("/")[2])


def by_content(facts: Sequence[Fact], name: str) -> str:
    """The system, from the keys of a file whose name does not tell."""
    tasks = [f for f in facts[:400] if f.name.startswith(("tasks", "$let"))]
    # a task says who provides its workers: only there do these keys stand
    if any("taskcluster" in f.value or f.name.endswith((".provisionerId", ".taskQueueId")) for f in tasks):
        return "taskcluster"
    keys = {key.partition("[")[0] for key in {f.name.partition(".")[0] for f in facts}}
    if "variants" in keys and any(re.match(r"variants\.[^.]+\.entrypoint", f.name) for f in facts):
        return "pipelinelib"
    if "apiVersion" in keys and "kind" in keys:
        return "kubernetes"
    if {"jobs", "on"} <= keys and any(".steps[" in f.name for f in facts):
        return "github"
    if name.startswith("buildspec") or ("phases" in keys and "version" in keys):
        return "codebuild"
    images = [f for f in facts if f.name.startswith("steps[") and re.match(r"steps\[\d+\]\.name$", f.name)]
    if images and (name.startswith("cloudbuild") or any("/" in f.value for f in images)
                   or any(re.match(r"steps\[\d+\]\.(args|entrypoint)", f.name) for f in facts)):  # fmt: skip
        return "cloudbuild"
    if keys & {"trigger", "pr", "pool", "stages", "jobs", "parameters", "steps"} and any(
        re.search(r"(^|\.)(steps|stages|jobs)\[\d+\]", f.name) for f in facts
    ) and any(re.search(r"\.(script|bash|pwsh|task|job|template)$", f.name) for f in facts):  # fmt: skip
        return "azure"
    return ""


def commands_of(facts: Sequence[Fact], text: str, path: str) -> list[Fact]:
    """All commands of a YAML file, each with its runner, job and what is known of its triggers and exit code."""
    runner = runner_of(path, facts)
    if not runner:
        return []
    lines = text.split("\n")
    reader = READERS.get(runner, generic)
    matrices = Matrices(facts) if runner in ("github", "gitlab") else None
    found: list[Fact] = []
    letters = 0
    for scope, fact, detail in reader(facts):
        body, at = shell_text(fact, lines)
        letters += len(body)
        if letters > 2 * MAX_YAML_BYTES or len(found) > MAX_COMMANDS:
            raise Unparsable("more commands than a file is written with")
        if not body.strip():
            continue
        for command in commands(body, Location(path, at), runner, scope, **detail):
            command = placed(command, lines)
            found += matrices.unfolded(command, fact.name) if matrices else [command]
    if found and runner in ("github", "azure"):
        events = triggers(facts, runner)
        found = [f._replace(detail={**f.detail, "triggers": events}) for f in found]
    return found


def placed(fact: Fact, lines: Sequence[str]) -> Fact:
    """The fact at the line that shows its text, for scalars that run over several lines."""
    start = fact.at.line - 1
    probe = fact.name[:24]
    if start < len(lines) and (len(lines[start]) > LONG or probe in lines[start]):
        return fact
    for offset, line in enumerate(lines[start : start + 60]):
        if probe in line[:LONG]:
            return fact._replace(line=start + offset + 1, end_line=0)
    return fact


def shell_text(fact: Fact, lines: Sequence[str]) -> tuple[str, int]:
    """A scalar's text with its lines where they stand in the file."""
    style = fact.detail.get("style", "")
    if style not in ("|", ">"):
        return fact.value, fact.at.line
    first = fact.at.line
    indent = None
    body: list[str] = []
    for line in lines[first:]:
        blank = not line.strip()
        own = len(line) - len(line.lstrip())
        if not blank:
            indent = own if indent is None else indent
            if own < indent or (own == 0 and indent == 0):
                break
        body.append("" if blank else line[indent or 0 :])
    while body and not body[-1]:
        body.pop()
    if style == ">":
        body = [f"{line} \\" if i + 1 < len(body) and line and body[i + 1] else line for i, line in enumerate(body)]
    return "\n".join(body), first + 1


def triggers(facts: Sequence[Fact], runner: str) -> str:
    """The events that start a workflow, comma separated."""
    found: dict[str, None] = {}
    for fact in facts:
        top, _, rest = fact.name.partition(".")
        if top.partition("[")[0] in ("on", "true", "True") and runner == "github":
            word = rest.partition(".")[0].partition("[")[0] if rest else fact.value
            found[word] = None
        elif runner == "azure" and top.partition("[")[0] in ("trigger", "pr", "schedules"):
            kind = {"trigger": "push", "pr": "pull_request", "schedules": "schedule"}[top.partition("[")[0]]
            if fact.value != "none":
                found[kind] = None
    return ",".join(found)


def grouped(facts: Iterable[Fact], pattern: str) -> Iterator[tuple[re.Match[str], Fact]]:
    """Facts whose name matches a pattern from its start to its end."""
    compiled = re.compile(pattern)
    for fact in facts:
        match = compiled.fullmatch(fact.name)
        if match:
            yield match, fact


Found = Iterator[tuple[str, Fact, dict[str, str]]]


def github(facts: Sequence[Fact]) -> Found:
    """`run` steps of workflows and composite actions, and the scripts that steps hand to a cloud's command line."""
    flags: dict[str, dict[str, str]] = defaultdict(dict)
    for match, fact in grouped(
        facts,
        r"(jobs\.[^.]+(?:\.steps\[\d+\])?|runs\.steps\[\d+\])\.(continue-on-error|if|name|shell|working-directory|defaults\.run\.(?:working-directory|shell))",
    ):
        flags[match[1]][match[2]] = fact.value
    usual = next((fact.value for fact in facts if fact.name == "defaults.run.shell"), "")
    for match, fact in grouped(facts, r"((jobs)\.([^.]+)|runs)\.steps\[(\d+)\]\.(?:run|with\.inline[sS]cript)"):
        step = match[0].rpartition("]")[0] + "]"
        own, job = flags[step], flags[match[1]]
        detail: dict[str, str] = {"step": own.get("name", "")}
        detail |= shell_of(own.get("shell") or job.get("defaults.run.shell") or usual)
        if "true" in (own.get("continue-on-error", "").lower(), job.get("continue-on-error", "").lower()):
            detail["swallowed"] = "yes"
        for value in (own.get("if", ""), job.get("if", "")):
            if value.strip() in ("false", "${{ false }}"):
                detail["off"] = "yes"
        where = own.get("working-directory") or job.get("defaults.run.working-directory") or ""
        if where:
            detail["cwd"] = where
        yield match[3] or "", fact, detail


def gitlab(facts: Sequence[Fact]) -> Found:
    """`script`, `before_script` and `after_script` of jobs."""
    allowed = {m[1] for m, f in grouped(facts, r"([^.]+)\.allow_failure") if f.value.lower() == "true"}
    rules = [(m[1], f.value) for m, f in grouped(facts, r"([^.]+)\.rules\[\d+\]\.when")]
    others = {m[1] for m, _ in grouped(facts, r"([^.]+)\.rules\[\d+\]\.(?!when$).+")}
    off = {job for job, when in rules if when == "never"} - {job for job, when in rules if when != "never"} - others
    for match, fact in grouped(facts, r"([^.]+)\.(?:before_script|script|after_script)(?:\[\d+\])*"):
        if not match[1].startswith(".") and match[1] not in off:
            yield match[1], fact, {"pipefail": "yes"} | ({"swallowed": "yes"} if match[1] in allowed else {})


def dvc(facts: Sequence[Fact]) -> Found:
    """`cmd` of stages."""
    for match, fact in grouped(facts, r"stages\.([^.]+)\.(?:do\.)?cmd(?:\[\d+\])?"):
        yield match[1], fact, {}


def words(facts: Sequence[Fact], pattern: str) -> Found:
    """Commands given as a string or a list of words, `entrypoint`/`command` before `args`."""
    parts: dict[str, list[Fact]] = defaultdict(list)
    for match, fact in grouped(facts, pattern):
        parts[f"{fact.scope}:{match[1]}"].append(fact)
    for key, group in parts.items():
        group.sort(key=lambda f: "args" in f.name.rpartition(".")[2])
        first = group[0]
        scope = key.partition(":")[2]
        shell = [f for f in group if f.detail.get("style") in ("|", ">") or "&&" in f.value or "\n" in f.value]
        if shell:
            flags = [fact.value for fact in group if fact not in shell]
            for fact in shell:
                yield scope, fact, lax(flags)
        else:
            yield scope, first._replace(value=" ".join(f.value for f in group), detail={}), {}


def compose(facts: Sequence[Fact]) -> Found:
    """`command` and `entrypoint` of services."""
    yield from words(facts, r"services\.([^.]+)\.(?:entrypoint|command)(?:\[\d+\])?")


def kubernetes(facts: Sequence[Fact]) -> Found:
    """`command` and `args` of containers, in workloads of any kind."""
    last = ("command", "args", "source")
    yield from words(
        [fact for fact in facts if fact.name.rpartition(".")[2].startswith(last)],
        r"(.*?(?:containers|initContainers|container|script|steps)(?:\[\d+\])?)\.(?:command|args|source)(?:\[\d+\])?",
    )


def cloudbuild(facts: Sequence[Fact]) -> Found:
    """`entrypoint` + `args` or `script` of steps."""
    lenient = tolerated(facts)
    for scope, fact, detail in words(facts, r"(steps\[\d+\])\.(?:entrypoint|args|script)(?:\[\d+\])?"):
        yield scope, fact, detail | ({"swallowed": "yes"} if scope in lenient else {})


def pipelinelib(facts: Sequence[Fact]) -> Found:
    """What the test variants of a Blubber image run, by the names that its files had before they were copied."""
    sources = {f.name.removesuffix(".source"): f.value for f in facts if f.name.endswith(".source")}
    copied = {
        (f.name.split(".")[1], f.value): sources.get(f.name.removesuffix(".destination"), "")
        for f in facts
        if f.name.startswith("variants.") and f.name.endswith(".destination")
    }
    for scope, fact, detail in words(facts, r"(?:variants)\.([^.]*test[^.]*)\.entrypoint(?:\[\d+\])?"):
        first, _, rest = fact.value.partition(" ")
        source = copied.get((scope, first.removeprefix("./")))
        yield scope, fact._replace(value=f"./{source} {rest}".strip()) if source else fact, detail


def taskcluster(facts: Sequence[Fact]) -> Found:
    """`command` of tasks, words or shell text."""
    yield from words(facts, r"(.*?payload|.*)\.(?:command)(?:\[\d+\])*(?:\.\$\w+)?(?:\[\d+\])*")


def generic(facts: Sequence[Fact]) -> Found:
    """Values under keys that hold commands in most systems."""
    # mlproject's and pre-commit's `entry`/`command`, circleci's `run.command`, azure's `script`, codebuild's `commands`
    keys = (
        r"(?:script|bash|pwsh|powershell|run|commands?|cmds?|entry|inlineScript|before_script|install|after_success"
        r"|shell)"
    )
    lenient = tolerated(facts)
    for match, fact in grouped(facts, rf"(.*?)(?:^|\.|\]){keys}(?:\.command)?(?:\[\d+\])?(?:\.cmd)?"):
        if fact.value in ("{}", "[]", "sh", "bash"):
            continue
        job = re.search(r"(?:jobs|tasks|hooks|entry_points|phases|stages|steps)(?:\.([^.\[]+)|\[(\d+)\])", match[0])
        detail = {"swallowed": "yes"} if lenient and not lenient.isdisjoint(outer(fact.name)) else {}
        yield (job[1] or job[2] or "") if job else "", fact, detail


def outer(name: str) -> Iterator[str]:
    """The keys around a key."""
    at = name.find(".")
    while at >= 0:
        yield name[:at]
        at = name.find(".", at + 1)


def going_on(facts: Sequence[Fact]) -> Found:
    """Systems whose shell goes on after a failed command of one step, so that the last one decides."""
    for scope, fact, detail in generic(facts):
        yield scope, fact, {"errexit": "no", **detail}


def piping(facts: Sequence[Fact]) -> Found:
    """Systems whose shell stops at a failure, also of one inside a pipe."""
    for scope, fact, detail in generic(facts):
        yield scope, fact, {"pipefail": "yes", **detail}


def pre_commit(facts: Sequence[Fact]) -> Found:
    """Local hooks; `ci: yes` when pre-commit.ci runs them at every change."""
    hosted = any(fact.name.startswith("ci.") for fact in facts)
    passed_over = {fact.value for fact in facts if re.fullmatch(r"ci\.skip\[\d+\]", fact.name)}
    names = {match[1]: fact.value for match, fact in grouped(facts, r"(repos\[\d+\]\.hooks\[\d+\])\.id")}
    stages = {
        match[1] for match, fact in grouped(facts, r"(repos\[\d+\]\.hooks\[\d+\])\.stages.*") if fact.value == "manual"
    }
    for match, fact in grouped(facts, r"(repos\[\d+\]\.hooks\[\d+\])\.entry"):
        name = names.get(match[1], "")
        runs = hosted and name not in passed_over and match[1] not in stages
        yield name, fact, {"ci": "yes"} if runs else {}


READERS: dict[str, Callable[[Sequence[Fact]], Found]] = {
    "github": github, "github-action": github, "gitlab": gitlab, "dvc": dvc, "compose": compose,
    "kubernetes": kubernetes, "cloudbuild": cloudbuild, "taskcluster": taskcluster,
    "pipelinelib": pipelinelib, "azure": going_on, "travis": going_on, "codebuild": going_on, "circleci": piping,
    "pre-commit": pre_commit,
}  # fmt: skip
