"""SRV: which model answers, and who notices when it does not?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from readykit.checks_api import Project, best, check, failed, not_applicable, partial, passed
from readykit.model import Evidence, Fact, Strength, Verdict
from readykit.naming import last, words
from readykit.probes import Probe, probes
from readykit.web import ROUTE, behind, routes, services

# an address or a function that is there to be asked whether the service lives
HEALTH = re.compile(
    r"(?<![a-z])(healthz?|health ?checks?|livez|liveness|alive|readyz?|readiness|ping|(lb)?heartbeat|is ready)(?![a-z])"
)
# how a version is named: an alias or stage after the model's name, a number, a commit
NAMED_URI = re.compile(r"^(models:/[^@]+(@|/)[\w{}.-]+|.*:v\d+|.*/versions?/\{?\w+\}?.*)$")
VERSION_WORDS = re.compile(
    r"(?<![a-z])((model|served|serving|current|champion) ?(alias|tag|stage|digest)|version|revision|sha256"
    r"|run id)(?![a-z])"
)
# functions of the project's own that get a model: `load_model`, `model.load`
FETCHES = re.compile(
    r"(?<![a-z])((load|get|fetch|read|download|pull) (\w+ )*(model|checkpoint|predictor|estimator|artifacts?)"
    r"|(model|registry) (load|get|fetch|read))$"
)
FAR, NEAR = 99, 1
"""How many imports away: beyond all that is followed, and what a service imports itself."""
NEWEST = re.compile(r"[:/@]latest\b|stages=?\W*\[?\W*None")
# what holds the newest version, whichever that is: `latest_version`, `versions[-1]`
WHICHEVER = re.compile(r"(?<![a-z])(latest|newest|most recent)(?![a-z])|\bmax\(|\[-1\]")
# a version that somebody let through has a state, if not a number
APPROVED = re.compile(r"(?<![a-z])(approv\w+|alias|stages?|champion|production)(?![a-z])")
# calls that bind an address to what answers, with the argument that holds it
BINDS = {"path": "0", "re_path": "0", "Route": "0", "add_get": "0", "add_resource": "1"}
EMPTY = ('""', "''")
# what comes along with a model
BESIDE = re.compile(r"tokenizer|processor|featureextractor|config", re.IGNORECASE)
ABOUT_MODEL = re.compile(
    r"(?<![a-z])(models?|clf|classifier|regressor|estimator|pipeline|predictor|checkpoint|weights|booster)(?![a-z])"
)
KIND = re.compile(r"\w*(?:[pP]robe|[cC]heck|CHECK|health)\w*")
REVISION = ("revision", "version", "alias", "stage", "version_id", "VersionId", "aliases")
STATED = re.compile(r"""^[rbf]?["']?(?!main\b|master\b|None|False)\S""")


def health_routes(project: Project) -> list[Fact]:
    """Addresses at which a service says whether it lives."""
    found = [
        fact
        for fact, handler in routes(project)
        if HEALTH.search(words(fact.detail.get("0") or fact.detail.get("path") or fact.detail.get("rule") or ""))
        or HEALTH.search(words(last(handler)))
    ]
    # the address may come from where the router is included: then the function's name tells
    found += [
        fact
        for fact in project.facts("decorator")
        if ROUTE.search(fact.name) and fact.detail.get("0") in EMPTY and HEALTH.search(words(last(fact.scope)))
    ]
    bound = (fact for fact in project.facts("call") if last(fact.name) in BINDS)
    return found + [fact for fact in bound if HEALTH.search(words(fact.detail.get(BINDS[last(fact.name)], "")))]


def asking(project: Project, answering: list[Fact], built_in: bool) -> list[Probe]:
    """The probes that ask what answers here; those of an unknown address count when a framework answers by itself."""
    addresses = " ".join(value for fact in answering for value in fact.detail.values())
    known, likely = [], []
    for probe in probes(project):
        if any(path.strip("/").rpartition("/")[2] in addresses for path in probe.paths):
            known.append(probe)
        elif built_in or (answering and not probe.paths) or HEALTH.search(words(probe.text)):
            likely.append(probe)
    bound = {value.strip("\"'/") for fact in answering for value in fact.detail.values()}
    exact = [probe for probe in known if any(path.strip("/") in bound for path in probe.paths)]
    return exact or known or likely  # another server's `/api/health` is not the service's `/health`


def told(probe: Probe) -> str:
    """A probe in words: what asks, and for which address."""
    kind = KIND.search(probe.fact.name)
    return f"{kind[0] if kind else 'a health check'} asks {probe.paths[-1] if probe.paths else 'the container'}"


@check(
    "SRV006",
    "There is a health and readiness probe",
    capability="health_probe",
    level=3,
    dimension="deploy",
    fix="kit add container",
)
def there_is_a_probe(project: Project) -> Verdict:
    """What: the service has an address that says whether it lives, and the deployment asks it.

    The address may stand in any module, or come with the serving framework. A probe of a cluster, a health check of
    the container or compose file, and a managed endpoint that asks by itself are what asks. An address that nobody
    asks, or a probe to which nothing here answers, is partial.

    Why: without it a platform sends requests to a process whose model never loaded.

    Fix: add a route that answers only when the model is loaded, and name it in the probe or HEALTHCHECK.

    Source: readiness standard SRV006; Kubernetes documentation on probes.
    """
    serving = services(project)
    if not serving or project.kind == "library":
        return not_applicable("no service answers requests")
    answering = health_routes(project)
    library = project.used("health address")
    built_in = project.used("built-in health")
    managed = project.used("managed health")
    asked = asking(project, answering, bool(built_in))
    shown = [project.evidence(fact, "an address that says whether the service lives") for fact in answering]
    doors = {e.at.path for e in serving}
    shown = sorted((e for e in (*shown, *library) if e.strength >= Strength.USED), key=lambda e: e.at.path not in doors)
    probed = [project.evidence(probe.fact, told(probe)) for probe in asked]
    probed = [e for e in probed if e.strength >= Strength.USED]
    if probed and (shown or built_in):
        return passed("the service's health is asked for and answered", [*best(probed, 2), *best(shown or built_in, 2)])
    kept = [e for e in managed if not e.at.path.endswith(".ipynb")]
    if kept:
        return passed("a managed endpoint asks for the service's health", best(kept))
    wanted = "a health route, and a probe or HEALTHCHECK that asks it"
    if shown or built_in:
        return partial("there is a health address, and no deployment asks it", best(shown or built_in), wanted)
    if probed or managed:
        return partial("a probe asks, and nothing here answers by that address", best(probed or managed), wanted)
    return failed("nobody can ask whether the service lives", tuple(sorted({e.at.path for e in serving}))[:5], wanted)


def loads(project: Project) -> tuple[list[Evidence], list[Evidence], list[Evidence]]:
    """How the services get their model: by a named version, as the newest one of a store, and from a plain file."""
    served = {e.at.path for e in services(project) if e.at.path.endswith(".py")}
    near = behind(project, sorted(served))
    training = {e.at.path for e in project.used("fitting")} - served
    near = {path: hops for path, hops in near.items() if path not in training}
    named: list[Evidence] = []
    newest: list[Evidence] = []
    # a text with places to fill in has lost their names; the line that it stands in still has them
    blind = {f.at for f in project.facts("call", "assign") if (f.path in near or f.path in served) and whichever(f)}
    for fact in project.doing("model registry lookup").facts + project.doing("fetching a model").facts:
        if fact.kind in ("import", "dependency") or BESIDE.search(fact.name):
            continue
        if fact.kind in ("yaml", "toml", "json") and served:
            if NAMED_URI.match(fact.value) and not NEWEST.search(fact.value):
                named.append(project.evidence(fact, f"the settings name a version: {fact.value[:60]}"))
            continue
        from_store = fact.path in served or near.get(fact.path, FAR) <= NEAR
        if not from_store and not (fact.detail.get("language") and fact.path in {e.at.path for e in services(project)}):
            continue
        text = " ".join((fact.name, *fact.detail.values()))
        given = any(STATED.match(fact.detail.get(key, "None")) for key in REVISION)
        certain = given or NAMED_URI.match(fact.name) or re.search(r"alias|stages|get_model_version\b|:v\d", text)
        if certain and not NEWEST.search(text) and not whichever(fact) and fact.at not in blind:
            named.append(project.evidence(fact, f"the service asks for a named version: {fact.name[:60]}"))
        else:
            newest.append(project.evidence(fact, f"the service takes a model from a store: {fact.name[:60]}"))
    named += pointed(project, near)
    named += [
        project.evidence(fact, f"the platform gives it the version that was deployed: {fact.name[:40]}")
        for fact in project.doing("model of the platform").facts
        if fact.path in near and fact.kind in ("string", "call")
    ]
    plain = [project.evidence(f, f"{f.name} loads a file") for f in own_loads(project, near)]
    return nearest(named, near), nearest(newest, near), nearest(plain, near)


def whichever(fact: Fact) -> bool:
    """Whether the version that a call is given is the newest one, whichever that is."""
    given = (*(value for key, value in fact.detail.items() if key != "assigned"), fact.value)
    if not any("/" in value or key in REVISION for key, value in (*fact.detail.items(), ("", fact.value))):
        return False  # neither the address of a model nor a version
    return any(WHICHEVER.search(words(value)) or WHICHEVER.search(value) for value in given)


def looked_up(project: Project) -> tuple[list[Evidence], list[Evidence]]:
    """What the deployment of a managed endpoint asks the registry for: a version of its own, and the newest one."""
    named, newest = [], []
    registers = {e.at.path for e in project.used("model registry")}
    for fact in project.doing("model registry lookup").facts:
        if fact.path in registers or fact.kind not in ("call", "string", "command") or fact.path.endswith(".ipynb"):
            continue
        given = any(key in REVISION and value not in ("None", *EMPTY) for key, value in fact.detail.items())
        says = words(f"{fact.name} {fact.scope} {' '.join(fact.detail.values())}")
        chosen = (
            fact.kind != "call" or given or APPROVED.search(says) or re.search(r"version|alias|describe", fact.name)
        )
        if chosen and not NEWEST.search(fact.name):
            named.append(project.evidence(fact, f"what is deployed is looked up in the registry: {fact.name[:60]}"))
        else:
            newest.append(project.evidence(fact, f"asked of the registry without a version: {fact.name[:60]}"))
    return named, newest


def nearest(found: list[Evidence], near: dict[str, int]) -> list[Evidence]:
    """The evidence that stands nearest to the services; settings come last."""
    closest = min((near.get(e.at.path, FAR) for e in found), default=0)
    return [e for e in found if near.get(e.at.path, FAR) == closest]


def own_loads(project: Project, near: dict[str, int]) -> Iterator[Fact]:
    """Calls near the services that load something which is called a model."""
    given = {fact.at: fact.name for fact in project.facts("assign") if fact.path in near}
    for fact in project.doing("loading a model").facts:
        file = fact.path.rpartition("/")[2]
        about = words(" ".join((fact.name, fact.scope, file, given.get(fact.at, ""), *fact.detail.values())))
        if fact.kind == "call" and fact.path in near and ABOUT_MODEL.search(about) and not BESIDE.search(fact.name):
            yield fact


def pointed(project: Project, near: dict[str, int]) -> Iterator[Evidence]:
    """Loads of a model whose path or arguments name a version."""
    fetches = (
        fact
        for fact in project.facts("call")
        if near.get(fact.path, FAR) <= NEAR and FETCHES.search(words(".".join(fact.name.split(".")[-2:])))
    )
    for fact in (*own_loads(project, near), *fetches):
        given = words(" ".join(value for key, value in fact.detail.items() if key != "map_location"))
        if whichever(fact):
            continue
        if VERSION_WORDS.search(given) and not re.search(r"__version__|python version", given):
            yield project.evidence(fact, f"{fact.name} loads the version that it is given")


@check(
    "SRV003",
    "The service loads a named version",
    capability="served_version",
    level=3,
    dimension="mlops",
    fix="kit add registry",
)
def service_loads_a_named_version(project: Project) -> Verdict:
    """What: the code that answers requests gets its model from a registry or model store by version, alias or stage.

    Manifests and endpoints that name a version count as well. A model taken from a store without a version, or as
    `latest`, is partial; a file in the working tree fails, because it is whatever was written there last.

    Why: when a prediction is questioned, or a model must go back, somebody has to know which one answered.

    Fix: load by alias or version from the registry, or let a pointer file that promotion writes name the version.

    Source: document 001 (versioned models in production); readiness standard SRV003.
    """
    serving = services(project)
    if not serving or project.kind == "library":
        return not_applicable("no service answers requests")
    named, newest, plain = loads(project)
    named += [e for e in project.used("version in a manifest") if not e.at.path.endswith(".ipynb")]
    if not named and project.used("managed health"):
        named, whatever = looked_up(project)
        newest += whatever
    named = [e for e in named if e.strength >= Strength.USED]
    if named:
        return passed("the service loads a version that has a name", best(named))
    newest = [e for e in newest if e.strength >= Strength.IMPORTED]
    wanted = "a load by version, alias or stage from the registry in the code that serves"
    if newest:
        return partial("the model comes from a store, without a version that could be named", best(newest), wanted)
    where = tuple(sorted({e.at.path for e in serving}))[:5]
    if plain:
        return failed("the service loads whatever file lies there", where, wanted, best(plain))
    return failed("nothing says which version of the model is served", where, wanted)
