"""SRV: is a new model tried on part of the traffic first?"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache

from readykit.checks_api import Project, best, check, not_applicable, partial, passed, unmet
from readykit.infrastructure import ASIDE
from readykit.model import Evidence, Fact, Strength, Verdict
from readykit.naming import last, words
from readykit.web import ASKS, behind, routes, services

# words for trying a model on part of the traffic; "champion and challenger" alone are names of two models
TRIAL = re.compile(
    r"(?<![a-z])(canary|canaries|a ?b ?test(s|ing|er)?|ab ?split|abtest\w*|shadow|traffic ?split(ter|ting)?|blue ?green"
    r"|split ?traffic|champion ?challenger ?(router|split|traffic)|bandit router)(?![a-z])"
)
# what every one of them has, to pass over most names quickly
QUICK = re.compile(r"canar|a.?b.?test|a.?b.?split|shadow|traffic|blue|bandit", re.IGNORECASE)
# the same words for other things
NO_TRIAL = re.compile(
    r"shadow (jar|dom|root|copy|box|colou?r|price|map|text|ray|line|effect|remov)|(box|drop|text|cast) shadow"
)
# commands that speak, look for a file or move files about run no job
NO_JOB = re.compile(r"(if )?(echo|printf|#|\[|test |cp |mv |rm |mkdir|tar |ls |cat |find )")
CHANCE = re.compile(
    r"(^|\.)(random|choices?|uniform|rand|randint|randrange|binomial|md5|sha1|sha256|crc32|blake2b|hash|murmur\w*)$"
)
NETWORK_WEIGHT = re.compile(r"(?:^|\.)(?:http|rules)\[(\d+)\]\.(?:route|backendRefs)\[(\d+)\]\.weight$")
PREDICTOR = re.compile(r"^spec\.predictors\[\d+\]\.traffic$")
PERCENT_KEY = re.compile(r"(canaryTrafficPercent|canary_traffic_percent)$")
# shares by name or by place: `traffic.blue: 90`, `traffic[0].percent`, `routes[0].traffic_percentage`
SHARE = re.compile(r"(?:^|\.)(?:traffic\.[\w-]+|traffic(?:\[\d+\])?\.percent|routes(?:\[\d+\])?\.traffic_percentage)$")
# what each of these has in it
SHARING = re.compile(r"weight$|[tT]raffic")
DICT = re.compile(r"['\"]?[\w-]+['\"]?\s*:\s*(\d+)")
SENDS = frozenset({"post", "get", "request", "send", "infer", "invoke_endpoint"})
FULL = 100


def number(value: str) -> float | None:
    """A number, or nothing for text."""
    try:
        return float(value.strip("\"'% "))
    except ValueError:
        return None


def partly(value: str) -> bool:
    """Whether a share is some but not all, or is filled in when it is rendered."""
    share = number(value)
    return share is None or 0 < share < FULL


def weighted(project: Project) -> Iterator[Evidence]:
    """Configuration by which two versions share the traffic."""
    splits: dict[tuple[str, str, str], list[Fact]] = {}
    for fact in project.named(SHARING, "yaml", "json", "hcl"):
        if ASIDE.search(fact.at.path):
            continue
        route = NETWORK_WEIGHT.search(fact.name)
        if route or PREDICTOR.match(fact.name):
            splits.setdefault((fact.at.path, fact.scope, route[1] if route else "predictors"), []).append(fact)
        elif SHARE.search(fact.name) and number(fact.value) is not None and partly(fact.value):
            splits.setdefault((fact.at.path, fact.scope, "traffic"), []).append(fact)
        elif PERCENT_KEY.search(fact.name) and partly(fact.value):
            yield project.evidence(fact, f"{last(fact.name)}: {fact.value}")
    for facts in splits.values():
        if len(facts) > 1 and not any(number(fact.value) == FULL for fact in facts):
            yield project.evidence(facts[0], f"{len(facts)} versions share the traffic by weight")


SPLITTING = (
    "traffic_split", "traffic_percentage", "canary_traffic_percent", "ProductionVariants", "production_variants",
)  # fmt: skip
"""Arguments that give a version its share of the traffic."""


def called(project: Project) -> Iterator[Evidence]:
    """Calls and commands that give a share of the traffic, or a list of variants with weights."""
    for fact in project.told("call", *SPLITTING):
        split = fact.detail.get("traffic_split", "")
        share = fact.detail.get("traffic_percentage") or fact.detail.get("canary_traffic_percent") or ""
        variants = fact.detail.get("ProductionVariants", "") or fact.detail.get("production_variants", "")
        if split and len(DICT.findall(split)) > 1:
            yield project.evidence(fact, f"{last(fact.name)} with traffic_split {split[:50]}")
        elif share and number(share) is not None and partly(share):
            yield project.evidence(fact, f"{last(fact.name)} gives the new version {share} percent")
        elif len(re.findall(r"[vV]ariant_?[wW]eight", variants)) > 1:
            yield project.evidence(fact, f"{last(fact.name)} with several weighted variants")
    for fact in project.facts("assign", name="*.traffic"):
        if len([n for n in DICT.findall(fact.value) if 0 < int(n) < FULL]) > 1:
            yield project.evidence(fact, f"the endpoint's traffic is shared: {fact.value[:50]}")
    for fact in project.commands(name="*--traffic*"):
        if len([n for n in re.findall(r"[\w-]+=(\d+)", fact.name) if 0 < int(n) < FULL]) > 1:
            yield project.evidence(fact, fact.name[:80])


@lru_cache(maxsize=1 << 14)
def about_trial(text: str) -> bool:
    """Whether words speak of trying a model on part of the traffic."""
    if not QUICK.search(text):
        return False
    plain = words(text)
    return bool(TRIAL.search(plain)) and not NO_TRIAL.search(plain)


def same_model(project: Project, path: str) -> Fact | None:
    """An assignment that makes the trial's model the present one under a second name."""
    for fact in project.repo.facts(path):
        name, value = last(fact.name), last(fact.value.strip())
        models = re.fullmatch(r"(self\.)?\w*model\w*", fact.value.strip())
        if (
            fact.kind == "assign"
            and models
            and "model" in name
            and name != value
            and (about_trial(name) or re.search(r"candidate|challenger|treatment", name))
        ):
            return fact
    return None


def homegrown(project: Project) -> tuple[list[Evidence], list[Evidence]]:
    """Code that sends part of the requests to another model: real trials, and those of one model with itself."""
    real, hollow = [], []
    doors = {fact.at.path for fact, _ in routes(project)} | {e.at.path for e in services(project)}
    served = behind(project, sorted(doors))
    speaking = Counter(
        fact.at.path for fact in project.facts("def") if about_trial(fact.name) or about_trial(fact.at.path)
    )
    for path in sorted(speaking.keys() & served.keys()):
        found = chooses(project, path)
        if found is None:
            continue
        users = [path, *importers(project, path)]
        twin = next((twin for user in users if (twin := same_model(project, user)) is not None), None)
        if twin is not None:
            hollow.append(project.evidence(twin, "both variants are the same model", Strength.IMPORTED))
        else:
            real.append(project.evidence(found, "part of the requests goes to another model"))
    return real, hollow


def chooses(project: Project, path: str) -> Fact | None:
    """The call that draws lots or divides users in code about a trial, or else the one that asks the other model."""
    if path.endswith(".ipynb"):
        return None
    near = [f for f in project.facts("call", path=path) if about_trial(f.scope) or about_trial(path)]
    drawn = (fact for fact in near if CHANCE.search(fact.name))
    return next(drawn, None) or next((fact for fact in near if asks_second(project, fact)), None)


def asks_second(project: Project, fact: Fact) -> bool:
    """Whether a call asks a model or a service."""
    name = last(fact.name)
    network = name in SENDS and fact.at in {f.at for f in project.doing("asking over the network").facts}
    return network or bool(ASKS.search(name))


def importers(project: Project, path: str) -> Iterator[str]:
    """The files that import a file."""
    for fact in project.facts("import"):
        if fact.at.path != path and path in project.graph.modules.imported(fact.name, fact.at.path):
            yield fact.at.path


def commanded(project: Project) -> Iterator[Evidence]:
    """Jobs that something runs and that are named for such a trial."""
    for fact in project.commands():
        first = " ".join(fact.name.split(None, 3)[:3])
        if about_trial(first) and project.active(fact) and not NO_JOB.match(first):
            yield project.evidence(fact, f"a job about a trial runs: {fact.name[:60]}", Strength.IMPORTED)


@check(
    "SRV008",
    "A new model is tried on part of the traffic first",
    capability="progressive_delivery",
    level=4,
    dimension="deploy",
)
def tried_on_part_of_the_traffic(project: Project) -> Verdict:
    """What: an A/B test, shadow or canary in the deployment's configuration or in the code that answers requests.

    Two versions must share the traffic: a single route, a share of 0 or 100 percent, variants deployed one after
    the other and aliases called champion and challenger are none. A trial whose two models are the same one, and a
    job that only evaluates trials made elsewhere, are partial.

    Why: an offline test is wrong about production in ways that a tenth of the users notice before all of them do.

    Fix: deploy the new version beside the old one, give it a small weight, compare, then raise it.

    Source: document 000 (controlled roll-out); readiness standard SRV008.
    """
    if project.kind == "library":
        return not_applicable("a library has no traffic of its own")
    found = project.doing("splitting traffic")
    made = list(found.at_least(Strength.USED))
    real, hollow = homegrown(project)
    whole = [*weighted(project), *called(project), *made, *real]
    proper = [e for e in whole if e.strength >= Strength.USED and not e.at.path.endswith(".ipynb")]
    if proper:
        return passed("a new model gets part of the traffic first", best(proper))
    weaker = [*hollow, *(e for e in whole if e.strength >= Strength.IMPORTED), *commanded(project)]
    if weaker:
        why = (
            "both variants of the trial are the same model" if hollow else "a trial is prepared, but does not run here"
        )
        return partial(why, best(weaker), "two versions behind one address, with a weight or a shadow")
    return unmet(
        found,
        "no new model is tried on part of the traffic first",
        "two versions behind one address: weights, a canary or a shadow",
        claim=r"canary|shadow|a/b|traffic|roll",
    )
