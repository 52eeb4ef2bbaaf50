"""MON: is somebody told when it goes wrong?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from readykit.checks_api import Project, best, check, not_applicable, partial, passed, unmet
from readykit.manifests import unlisted
from readykit.model import Evidence, Fact, Strength, Verdict
from readykit.naming import last, words

SENDS = re.compile(
    r"^(send|post|notify|alert|raise alert|trigger alert|tell|page|push)(?![a-z]).*"
    r"|.*(?<![a-z])(notification|alert|slack|email|mail|webhook|telegram|discord|teams)"
    r"( (message|notification|alert))?$"
)
# what people who run a system want to hear of, as opposed to what a product tells its users
OPERATIONS = re.compile(
    r"(?<![a-z])(drift\w*|monitor\w*|fail(ed|s|ure|ures|ing)?|errors?|degrad\w*|decay\w*|anomal\w*|incidents?|outages?"
    r"|re ?train\w*|train(ing)?|promot\w*|pipelines?|flows?|dags?|jobs?|tasks?|health|latency|data quality"
    r"|validation|stability|performance)(?![a-z])"
)
# what a product tells its users: that is its work, not trouble with it
OF_PRODUCT = re.compile(r"(?<![a-z])(fraud\w*|transactions?|suspicious|scams?|spam|intru\w+|phishing)(?![a-z])")
# a message that all went well, and words of one that also comes when it did not
WENT_WELL = re.compile(r"(?<![a-z])(complet\w*|finish\w*|success\w*|done)(?![a-z])")
TROUBLE = re.compile(
    r"(?<![a-z])(drift\w*|fail\w*|errors?|degrad\w*|decay\w*|anomal\w*|incidents?|outages?|alert\w*|warn\w*|exceed\w*)"
    r"(?![a-z])"
)
ADDRESSES = re.compile(r"emails?$|address(es)?$|recipients?$|notification_channels?$|^to$")
COMPLETED = "a message that a run is complete"
EMPTY = re.compile(r"""^(\[\s*\]|\(\s*\)|\{\s*\}|None|null|""|''|)$""")
SHOWN_OFF = re.compile(r"(?<![a-z])(demos?|simulat\w*|samples?)(?![a-z])")
# an action that changes the number of machines tells nobody
SCALES = re.compile(r"autoscaling|auto_scaling|scaling_policy|scale_(up|down|out|in)")


def half(rows: Iterable[tuple[Sequence[Evidence], str]]) -> Verdict | None:
    """The first row that has evidence, as a partial."""
    return next((partial(why, best(evidence)) for evidence, why in rows if evidence), None)


def own(evidence: Iterable[Evidence]) -> list[Evidence]:
    """Evidence outside notebooks."""
    return [e for e in evidence if not e.at.path.endswith(".ipynb")]


def given_nobody(project: Project, fact: Fact) -> Fact | None:
    """The line that leaves the addresses of a call empty: its own, or where the name that is passed is set."""
    emptied = {f.name: f for f in project.facts("assign", path=fact.at.path) if EMPTY.match(f.value.strip())}
    given = [value for key, value in fact.detail.items() if ADDRESSES.search(key)]
    if not given or not all(EMPTY.match(value) or value in emptied for value in given):
        return None
    return next((emptied[value] for value in given if value in emptied), fact)


def senders(project: Project) -> dict[str, Fact]:
    """Functions that send a message, by name, with the call in them that does."""
    sending = [
        f
        for job in ("notification", "webhook call")
        for f in project.doing(job).facts
        if f.kind == "call" and project.strength(f) >= Strength.IMPORTED
    ]
    found: dict[str, Fact] = {}
    for fact in sending:
        if SENDS.match(words(last(fact.scope)).strip()):
            found.setdefault(last(fact.scope), fact)
    for fact in project.facts("call") if found else ():  # `alert_report` that calls `send_email`
        if last(fact.name) in found and SENDS.match(words(last(fact.scope)).strip()):
            found.setdefault(last(fact.scope), found[last(fact.name)])
    return found


def operational(about: str) -> bool:
    """Whether a message is about how the system does, not what a product says of its subject."""
    said = OPERATIONS.search(about)
    return said is not None and not (OF_PRODUCT.search(about) and not TROUBLE.search(about.replace("alert", "")))


def told(project: Project) -> list[Evidence]:
    """Messages about how the system does: calls of products, or of the project's own functions that send."""
    found = []
    for fact in project.doing("notification").facts:
        if fact.kind == "call" and SENDS.match(words(last(fact.scope)).strip()):
            continue  # what matters is who calls that function
        about = words(
            f"{fact.at.path} {fact.scope} {' '.join(v for k, v in fact.detail.items() if k not in ('raw', 'runner'))}"
        )
        if operational(about):
            well = WENT_WELL.search(about) and not TROUBLE.search(about)
            found.append(project.evidence(fact, f"{COMPLETED if well else 'a message is sent'}: {fact.name[:60]}"))
    wrappers = senders(project)
    for fact in project.facts("call") if wrappers else ():
        sent = wrappers.get(last(fact.name))
        inside = last(fact.scope) in wrappers
        if sent is None or inside or given_nobody(project, fact) or SHOWN_OFF.search(words(fact.at.path)):
            continue
        about = words(f"{fact.at.path} {fact.scope} {' '.join(fact.detail.values())}")
        if operational(about):
            note = f"somebody is told by {last(fact.name)} (sent at {sent.at.path}:{sent.at.line})"
            found.append(project.evidence(fact, note))
    return [e for e in own(found) if e.strength >= Strength.USED]


def rules(project: Project) -> tuple[list[Evidence], list[Evidence]]:
    """Alert rules that something loads, and rules that nothing does."""
    listed = [
        f.value.rpartition("/")[2] for f in project.doing("rule files").facts if not EMPTY.match(f.value.strip("\"' "))
    ]
    loaded: list[Evidence] = []
    idle: list[Evidence] = []
    for fact in project.doing("alert rules").facts:
        if project.strength(fact) < Strength.USED or fact.at.path.endswith(".ipynb"):
            continue
        name = fact.at.path.rpartition("/")[2]
        crd = fact.name.startswith("spec.")
        read = not unlisted(project, fact.at.path) if crd else any(matches_rule(pattern, name) for pattern in listed)
        read = read or fact.name.startswith("data.") or not (crd or fact.name.startswith("groups["))
        (loaded if read else idle).append(project.evidence(fact, f"an alert rule: {rule_name(fact)}"))
    return loaded, idle


def rule_name(fact: Fact) -> str:
    """The name of a rule, also of the first in a file that is written inside a manifest."""
    match = re.search(r"- alert: *(\S+)", fact.value)
    return match[1] if match else fact.value[:50]


def matches_rule(pattern: str, name: str) -> bool:
    """Whether an entry of `rule_files` names a file; the folder differs inside the container."""
    return bool(re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), name))


def routes(project: Project) -> list[Evidence]:
    """Where alerts go: receivers with an address, or a collector with an alert manager to send to."""
    found = [
        project.evidence(fact, f"alerts go to: {fact.name.rpartition('[')[0] or fact.name}")
        for job in ("alert route", "alert targets")
        for fact in project.doing(job).facts
        if not EMPTY.match(fact.value.strip()) and project.strength(fact) >= Strength.USED
    ]
    return [e for e in found if not unlisted(project, e.at.path)]


def alarm_actions(project: Project) -> list[Evidence]:
    """Cloud alarms that have somebody to tell: not an empty list, not an autoscaler."""
    return [
        project.evidence(fact, f"the alarm has an action: {(fact.value or fact.name)[:60]}")
        for fact in project.doing("alarm action").facts
        if project.strength(fact) >= Strength.USED
        and not (fact.kind == "hcl" and EMPTY.match(fact.value.strip()))
        and not SCALES.search(fact.value + " ".join(fact.detail.values()))
    ]


def hooks(project: Project) -> tuple[list[Evidence], list[Evidence]]:
    """Notifications of flows, jobs and cloud monitors that have an address, and those that have none."""
    full: list[Evidence] = []
    empty: list[Evidence] = []
    for job in ("failure notification", "alert addresses"):
        for fact in project.doing(job).facts:
            if project.strength(fact) < Strength.USED or fact.at.path.endswith(".ipynb"):
                continue
            nobody = given_nobody(project, fact)
            if fact.kind in ("yaml", "json", "toml") and EMPTY.match(fact.value.strip()):
                nobody = fact
            note = (
                "the list of addresses is empty" if nobody else f"told on failure or drift: {fact.value or fact.name}"
            )
            (empty if nobody else full).append(project.evidence(nobody or fact, note[:90]))
    return full, empty


@check(
    "MON005",
    "Somebody is told when it goes wrong",
    capability="ops_monitoring_alerts",
    level=3,
    dimension="mlops",
    fix="kit add monitoring",
)
def somebody_is_told(project: Project) -> Verdict:
    """What: a failure, drift or bad figure of the running system reaches a person: rule and route, or a message.

    A message that code sends about the system's state, a failure hook of a flow or job, an alert rule with a receiver,
    and a cloud alarm with an action pass. Rules or alarms without a receiver or that nothing loads, empty lists of
    addresses, error trackers (whose receivers are set elsewhere), CI messages and messages that only say that a run is
    complete are partial. A
    function that nothing calls and an "alert" that is a prediction tell nobody.

    Why: a dashboard that nobody looks at finds nothing at night.

    Fix: send the monitor's verdict and every failed run to a channel that somebody reads.

    Source: document 002.
    """
    if project.kind == "library":
        return not_applicable("a library has nobody on call")
    full, empty = hooks(project)
    loaded, idle = rules(project)
    alarms, actions = own(project.used("alarm")), alarm_actions(project)
    ci = {job.path for job in project.ci_jobs()}
    messages, ways = told(project), routes(project)
    completed = [e for e in messages if e.note.startswith(COMPLETED)]
    real = [*full, *(e for e in messages if e.at.path not in ci and e not in completed), *actions]
    rule_and_route = [*best(loaded, 1), *best(ways, 1)] if loaded and ways else []
    if real or rule_and_route:
        return passed("somebody is told", [*rule_and_route, *best(real)][:4])
    rows = [
        (loaded, "alert rules are here, but nothing says who gets them"),
        (alarms, "alarms are here, but they have no action: nobody is told"),
        (idle, "alert rules are here, but nothing loads them"),
        (empty, "alerts can be sent, but the list of addresses is empty"),
        ([e for e in messages if e.at.path in ci], "CI tells somebody; the running system does not"),
        (completed, "somebody hears that a run is complete, not that it failed"),
        (own(project.used("error tracking")), "errors go to a tracker; who is told is set elsewhere"),
        (own(project.used("desktop notification")), "a note appears on the screen of the machine that ran"),
    ]
    return half(rows) or unmet(
        project.doing("notification"),
        "nobody is told when something goes wrong",
        "an alert rule with a receiver, a failure hook of the flow, or a message that code sends on drift or failure",
        r"alert|notif|on-?call",
    )
