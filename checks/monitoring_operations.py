"""MON: is the running service watched, and is somebody told?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from readykit.checks_api import Project, best, check, not_applicable, partial, passed, unmet
from readykit.manifests import unlisted
from readykit.model import Evidence, Fact, Strength, Verdict
from readykit.naming import last, words
from readykit.project import ASKED_AT
from readykit.scoring import batches

# what a hand-made stopwatch around a request is called
LATENCY = re.compile(
    r"(?<![a-z])(latency|process(ing)? time|response time|elapsed( time| ms)?|duration( ms)?|inference time)(?![a-z])"
)
OF_DRIFT = re.compile(r"(?<![a-z])(drift|skew|data metrics|feature baseline)(?![a-z])")
# figures of a bucket or a bill say nothing about the service
OF_STORAGE = re.compile(r"(?<![a-z])(s3|buckets?|storage|billing|costs?|budgets?)(?![a-z])")

# a key without a value, as copied settings have hundreds of
NOTHING = ("", "{}", "[]", "null", "~", '""')
# the settings of a collector that say that it is on, or what it collects
SAYS_ON = re.compile(r"(enabled=true|scrape\w*=.+|image[\w.]*=.+|kind=\w*Monitor)$", re.IGNORECASE)


def half(rows: Iterable[tuple[Sequence[Evidence], str]]) -> Verdict | None:
    """The first row that has evidence, as a partial."""
    return next((partial(why, best(evidence)) for evidence, why in rows if evidence), None)


def own(evidence: Iterable[Evidence]) -> list[Evidence]:
    """Evidence outside notebooks."""
    return [e for e in evidence if not e.at.path.endswith(".ipynb")]


def tail(key: str) -> str:
    """The end of a configuration key, with the annotation's whole name."""
    return key.rpartition("annotations.")[2] if "annotations." in key else last(key)


def what_of(fact: Fact) -> str:
    """What a line about collecting says."""
    if "\n" in fact.value:
        return "a collector's settings, written inside a manifest"
    return f"{tail(fact.name)}: {fact.value[:60]}"


def collectors(project: Project) -> tuple[list[Evidence], list[Evidence], list[Evidence]]:
    """What collects metrics of the service, collectors that were set up without it, and what offers its metrics."""
    named, bare, offers = [], [], []
    itself = {fact.at for fact in project.doing("collecting its own metrics").facts}
    for fact in project.doing("metrics collection").facts:
        if project.strength(fact) < Strength.USED or (fact.kind == "yaml" and fact.value in NOTHING):
            continue
        if "annotations." in fact.name:  # offers its metrics to a collector that may be anywhere
            offers.append(project.evidence(fact, f"offers metrics: {tail(fact.name)}: {fact.value[:60]}"))
        elif fact.at in itself or fact.name.endswith("image") or unlisted(project, fact.at.path):
            bare.append(project.evidence(fact, f"a collector is set up: {fact.value[:60]}", cap=Strength.DECLARED))
        else:
            named.append(project.evidence(fact, f"metrics are collected: {what_of(fact)}"))
    return named, bare, offers


def cluster_watch(project: Project) -> list[Evidence]:
    """What watches the cluster, without the keys of copied settings that have no value."""
    found = project.doing("cluster monitoring")
    empty = {f.at for f in found.facts if f.kind == "yaml" and (f.value in NOTHING or f.value.lower() == "false")}
    on = {f.at for f in found.facts if SAYS_ON.search(f"{f.name}={f.value}")}
    watching = [e for e in found.at_least(Strength.DECLARED) if e.at not in empty]
    return [e for e in watching if e.at in on] or watching


def service_alarms(project: Project) -> list[Evidence]:
    """Cloud alarms on anything but drift of the data."""
    return [
        project.evidence(fact, f"an alarm: {fact.value or fact.name}")
        for fact in project.doing("alarm").facts
        if project.strength(fact) >= Strength.USED
        and not fact.at.path.endswith(".ipynb")
        and not OF_DRIFT.search(words(f"{fact.value} {' '.join(fact.detail.values())}"))
        and not OF_STORAGE.search(words(f"{fact.name} {fact.value}"))
    ]


def stopwatches(project: Project) -> Iterator[Evidence]:
    """Hand-made measurements of how long a request takes, in code that serves."""
    serving = {e.at.path for e in project.used("model serving")}
    for fact in project.facts("assign"):
        if (
            fact.at.path in serving
            and LATENCY.search(words(fact.name))
            and re.search(r"time\(|perf_counter|monotonic|now\(", fact.value)
        ):
            yield project.evidence(fact, "the time of a request is taken by hand", cap=Strength.IMPORTED)


def serving_logs(project: Project) -> list[Evidence]:
    """Logs that machines can read, where something is served."""
    serves = (
        project.used("model serving")
        or batches(project)
        or any(ASKED_AT.fullmatch(fact.name) for fact in project.facts("string"))
    )
    return own(project.used("structured logging")) if serves else []


@check(
    "MON004",
    "Latency, errors and load are watched",
    capability="ops_monitoring_alerts",
    level=3,
    dimension="deploy",
    fix="kit add serving",
)
def service_is_watched(project: Project) -> Verdict:
    """What: the running service's latency, errors or load go to a system that keeps and shows them.

    Metrics that are collected pass: an endpoint of the service that a collector is pointed at, or a client that sends
    to a hosted service or error tracker. An endpoint that nothing here collects, metrics that are counted and never
    given out, a collector without anything of the service, a monitoring resource of a cloud that was created and not
    enabled for a service, a stopwatch and structured logs are partial. An
    installed library that nothing calls is not monitoring.

    Why: users notice a slow or failing service first, unless something else does.

    Fix: give out request count, errors and latency from the service, and point a collector at it.

    Source: document 002; ML Test Score, Monitor 6 (speed, throughput and memory of serving do not regress).
    """
    if project.kind == "library":
        return not_applicable("a library has no service of its own to watch")
    hosted = [e for e in own(project.used("hosted metrics")) if not OF_STORAGE.search(words(e.note))]
    endpoint = own(project.used("metrics endpoint"))
    named, bare, offers = collectors(project)
    alarms = service_alarms(project)
    if hosted or (endpoint and (named or bare or offers)) or alarms:
        shown = [e for found in (hosted, endpoint, named or offers or bare, alarms) for e in best(found, 2)]
        return passed("the service's figures are collected", shown[:4])
    if named and project.used("model serving"):
        return passed("the model server's metrics are collected", best(named))
    provisioned = project.used("provisioned monitoring")
    rows = [
        (endpoint, "the service gives out metrics that nothing here collects"),
        (own(project.used("metric instruments")), "metrics are counted, but nothing gives them out"),
        ([*named, *bare], "a collector is set up, but the service gives it nothing"),
        (own(provisioned), "a monitoring resource is provisioned, and no service here is told to send to it"),
        (cluster_watch(project), "the cluster is watched, the service is not"),
        (list(stopwatches(project)), "time is taken by hand and goes to the log"),
        (serving_logs(project), "the service writes structured logs; no figure is watched"),
    ]
    return half(rows) or unmet(
        project.doing("hosted metrics"),
        "nothing watches latency, errors or load",
        "metrics of the service (requests, errors, latency) and a collector or hosted service that receives them",
        r"monitor|metric|alert|observab",
    )
