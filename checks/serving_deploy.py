"""SRV: is the way into production written down as code?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from readykit.checks_api import Project, best, check, not_applicable, partial, passed, unmet
from readykit.cijobs import CI_RUNNERS
from readykit.infrastructure import ASIDE, compose, terraform
from readykit.model import Evidence, Strength, Verdict
from readykit.once import once

RUNS_ON = re.compile(r"jobs\.(.+?)\.runs-on")
# a container that goes on running when the job is over
DETACHED = re.compile(r" (-\w*d\w*|--detach)( |$)|stack deploy")
# a job that is written in another repository, and a name of it that says that something goes live
ELSEWHERE = re.compile(r"[\w.-]+/[\w.-]+/\.github/workflows/([\w.-]+)\.ya?ml@")
SHIPS = re.compile(
    r"(?<![a-z])(deploy(ment)?|docker|image|container|batch-?job|kubernetes|k8s|helm|ecs|eks|gke|aks|ecr|lambda"
    r"|terraform|cloud-?run|argo-?cd)(?![a-z])"
)
# what a reader is to fill in, so that nothing was ever deployed by that line
PLACEHOLDER = re.compile(
    r"(?<![a-z])(your|my)[-_ ]|<[\w -]+>|\[[\w -]+\]|(?<![a-z])(example|placeholder|xxx+)(?![a-z])", re.IGNORECASE
)
MANIFEST = re.compile(r"(?:\s(?:-f|-k|-c|--filename|--config|--file)[ =]|chdir=)\.?/?([\w./-]+)")
SEVERAL = 2
"""A compose file with so many services puts together what a deployment consists of."""


def declared(project: Project) -> Iterator[Evidence]:
    """Manifests, definitions and deploy commands of the project's own."""
    for evidence in project.used("deployment as code"):
        path = evidence.at.path
        if ASIDE.search(path) or path.endswith(".ipynb"):
            continue
        if re.search(r"(^|/)\.devcontainer/", path):
            continue
        yield evidence


def provisioned(project: Project) -> tuple[list[Evidence], list[Evidence]]:
    """What Terraform brings up: what is deployed by it, and what is only prepared or lies idle."""
    blocks = terraform(project)
    applied = project.used("applying infrastructure")
    compute = {fact.at for fact in project.doing("running compute").facts}
    machines = {fact.at for fact in project.doing("running machines").facts} if applied else set()
    running = [fact for fact in blocks.live if fact.at in compute | machines]
    strong = [project.evidence(fact, f"a resource that runs the service or a job: {fact.name}") for fact in running]
    strong += applied if running else ()
    weak = [project.evidence(fact, f"infrastructure around it: {fact.name}") for fact in blocks.live]
    weak += [
        project.evidence(fact, f"nothing uses this module: {fact.name}", Strength.DECLARED) for fact in blocks.idle
    ]
    return strong, weak


def composed(project: Project) -> tuple[list[Evidence], list[Evidence]]:
    """Compose files that are a small team's deployment, and those that only start everything on one machine."""
    strong, weak = [], []
    shell = project.used("deploying over a shell")
    for file in compose(project):
        if file.lasting:
            strong.append(project.evidence(file.own, "a compose file whose service is kept up"))
        elif file.services >= SEVERAL:
            weak.append(
                project.evidence(file.own, f"a compose file starts {file.services} services", Strength.IMPORTED)
            )
    strong += [Evidence(e.at, e.strength, f"a job deploys on the server: {e.note}", e.tool) for e in shell]
    return [*strong, *on_own_runner(project)], weak


def on_own_runner(project: Project) -> Iterator[Evidence]:
    """CI jobs on a runner of the project's own that leave a container running there."""
    started = {fact.at for fact in project.doing("starting a container").facts}
    own = {path: self_hosted(project, path) for path in {job.path for job in project.ci_jobs()}}
    for job in project.ci_jobs():
        if job.name not in own[job.path]:
            continue
        for fact in job.commands:
            if fact.at in started and DETACHED.search(fact.name):
                yield project.evidence(fact, f"a job on its own server starts the service: {fact.name[:60]}")


def self_hosted(project: Project, path: str) -> set[str]:
    """The jobs of a file that ask for a runner of the project's own."""
    asked = (RUNS_ON.match(f.name) for f in project.repo.facts(path) if "self-hosted" in f.value)
    return {match[1] for match in asked if match}


def released(project: Project) -> Iterator[Evidence]:
    """Images that CI puts into a registry, and workflows of other repositories that deploy what is here."""
    for fact in project.doing("releasing an image").facts:
        off = fact.detail.get("push", "") == "false"
        in_ci = fact.detail.get("runner") in CI_RUNNERS or fact.kind == "yaml"
        if in_ci and not off and project.strength(fact) >= Strength.USED:
            yield project.evidence(fact, f"an image is released: {(fact.value or fact.name)[:60]}", Strength.IMPORTED)
    for fact in project.facts("yaml", name="jobs.*.uses"):
        name = ELSEWHERE.match(fact.value)
        if name and fact.at.path.startswith(".github/workflows/") and SHIPS.search(name[1].lower()):
            yield project.evidence(
                fact, f"a workflow of another repository ships it: {fact.value[:60]}", Strength.IMPORTED
            )


def present(project: Project, path: str) -> bool:
    """Whether a file or folder that a command names is in the tree, wherever the command is started."""
    return f"/{path}\n" in listing(project) or f"/{path}/" in listing(project)


@once
def listing(project: Project) -> str:
    """All paths of the repository in one text, in which it takes no time to look for one."""
    return "".join(f"/{path}\n" for path in project.repo.files)


def told(project: Project) -> Iterator[Evidence]:
    """Deploy commands that a document gives for this very project: not those with a placeholder for its names."""
    for fact in project.commands("readme"):
        plain = fact.detail.get("plain", fact.name)
        named = [path.rstrip("/") for path in MANIFEST.findall(plain)]
        here = all(present(project, path) for path in named)
        if PLACEHOLDER.search(plain) or fact.detail.get("inline") or not here:
            continue
        if any(trace.job == "deployment as code" for trace in project.toolbox.traces(fact)):
            yield Evidence(fact.at, Strength.DECLARED, f"a document says how it is deployed by hand: {plain[:60]}")


@check(
    "SRV007",
    "Deployment is code",
    capability="deployment_as_code",
    level=3,
    dimension="deploy",
    fix="kit add deploy",
)
def deployment_is_code(project: Project) -> Verdict:
    """What: manifests, infrastructure code, a cloud's definition or a deploy step of CI say how it goes live.

    Kubernetes, Helm and Kustomize, Terraform and its like, serverless definitions and platform files count, and so
    does a compose file whose own service is restarted and watched. Infrastructure that prepares a machine but runs
    nothing on it, modules that nothing uses, jobs without a service, a script that creates the endpoint by a cloud's
    SDK, a notebook, a compose file that only starts everything together, an image that CI releases, another
    repository's workflow that ships it, and commands in a document are partial. Copied charts of others, a folder
    named in a README and commands with placeholders count for nothing.

    Why: what was clicked together cannot be repeated after an accident, reviewed, or rolled back.

    Fix: keep the service's manifest or definition in the repository and let CI apply it.

    Source: documents 002 and 004 (deployment); mlops-zoomcamp rubric (cloud, infrastructure as code).
    """
    if project.kind == "library":
        return not_applicable("a library is published, not deployed")
    found = project.doing("deployment as code")
    own = list(declared(project))
    strong, weak = provisioned(project)
    lasting, started = composed(project)
    whole = [e for e in (*own, *strong, *lasting) if e.strength >= Strength.USED]
    if whole:
        helpers = {f.at.path for f in project.doing("server beside the model").facts} - {
            e.at.path for e in project.used("model serving")
        }
        whole = [e for e in whole if e.at.path not in helpers] or whole  # the tracking server is not the service
        return passed("how it is deployed is written down as code", best(whole, 4))
    notebooks = [e for e in found.at_least(Strength.USED) if e.at.path.endswith(".ipynb")]
    half = [
        *weak,
        *project.used("jobs as code"),
        *project.used("deploying by a script"),
        *started,
        *notebooks,
        *released(project),
        *told(project),
    ]
    half = [e for e in half if e.strength >= Strength.DECLARED]
    if half:
        return partial(
            "parts of the deployment are code, the service itself is not",
            best(half),
            "a definition of the running service, applied by CI or one command",
        )
    return unmet(
        found,
        "nothing says as code how it is deployed",
        "a manifest, infrastructure code or a deploy job for the service",
        claim=r"deploy|infrastructure|cluster",
    )
