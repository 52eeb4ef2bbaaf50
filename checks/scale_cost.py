"""OPS: how much of a machine may a job or service have, and what does all of it cost?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from readykit.checks_api import FOR_ASSISTANTS, Project, best, check, failed, not_applicable, partial, passed, unmet
from readykit.images import own_manifest
from readykit.infrastructure import ASIDE, terraform
from readykit.model import Evidence, Fact, Strength, Verdict

# requests and limits of containers, in manifests, compose files and charts
LIMITS = re.compile(
    r"(?:^|\.)resources\.(?:limits|requests|reservations)\.(?:cpus?|memory|[\w./-]*[gt]pu[\w-]*)$|^services\.[^.]+\.(?:mem_limit|cpus|mem_reservation)$"
)
# small functions of a cloud stack that set it up: the memory of these says nothing about the model's
HELPERS = re.compile(r"^Resources\..*Properties\.MemorySize|^Globals\.Function")
MONEY = re.compile(
    r"(?:US)?[$€£]\s?\d[\d.,]*|\b\d[\d.,]*\s?(?:USD|EUR|GBP|CHF|dollars?|euros?|cents?|€|£)(?!\w)|\b(?:USD|EUR|GBP)\s?\d[\d.,]*"
)
# what any of them has in it
CURRENCY = re.compile(r"[$€£]\s?\d|[\d.,]\s?(?:USD|EUR|GBP|CHF|dollar|euro|cent|€|£)|(?:USD|EUR|GBP)\s?\d")
# `$` around a formula is no money
FORMULA = re.compile(r"\$[^$]*[\\^_={}+][^$]*\$|\\[a-z]+\b")
RATE = re.compile(
    r"(?:/|\bper |\ban? )\s?(?:hour|hr|h|day|month|year|run|epoch|1[,.]?000|million|request"
    r"|prediction|image|call|batch)\b",
    re.IGNORECASE,
)
COST = re.compile(
    r"\b(costs?|costing|budgets?|bill(?:s|ed|ing)?|spend(?:ing|s)?|prices?|pricing|pay|charged?)\b", re.IGNORECASE
)
TRAINING = re.compile(
    r"\b(re-?train\w*|train(?:s|ed|ing)?|fine-?tun\w*|experiments?|pipeline|epochs?|gpu hours?)\b", re.IGNORECASE
)
SERVING = re.compile(
    r"\b(serv(?:e|es|ed|ing|ice|er)|inference|requests?|endpoints?|hosting|predictions?|calls?|deploy(?:ed|ment)?|batch)\b",
    re.IGNORECASE,
)
WHOLE = re.compile(
    r"\b(?:per|a|each|/) ?(?:month|year|day|week)\b|monthly|yearly|annual|infrastructure|in total|overall"
    r"|cloud (?:bill|costs?|spend)",
    re.IGNORECASE,
)
MACHINE = re.compile(
    r"\b(gpus?|cpus?|instances?|machines?|vms?|hours?|compute|cloud|storage|cluster|nodes?|tokens?|aws|gcp|azure)\b",
    re.IGNORECASE,
)
# money that the model is about, not what it costs to run
DOMAIN = re.compile(
    r"\b(false (?:positives?|negatives?|alarms?)|misclassif\w*|customers?|churn\w*|hous(?:e|es|ing)|fares?|loans?"
    r"|revenue|sales?|purchas\w*"
    r"|frauds?|tips?|rent(?:al)?s?|salar\w*|donat\w*|prizes?"
    r"|credits?|column|feature|dataset|target|insurance|stock|tuition)\b",
    re.IGNORECASE,
)


def limited(project: Project) -> Iterator[Evidence]:
    """Requests and limits in what the project deploys itself."""
    for fact in project.named(LIMITS, "yaml"):
        if fact.value in ("{}", "null", "", "~"):
            continue
        if fact.name.startswith("services.") or own_manifest(project, fact):
            yield project.evidence(fact, f"{fact.name.rpartition('resources.')[2]}: {fact.value}")


@check("OPS001", "Resources and limits are declared", capability="resource_limits", level=3, dimension="scale")
def resources_are_declared(project: Project) -> Verdict:
    """What: memory, processors or the class of machine are written down where the model is deployed or trained.

    Requests and limits of containers, the size of a function, the machine of a training job or endpoint all count.
    Copied charts of others do not, nor do infrastructure modules that nothing uses; a notebook is partial.

    Why: without a limit one request takes the machine from all others, and without a request nobody knows what a
    machine must be.

    Fix: measure once, then write requests and limits into the manifest, compose file or job.

    Source: document 001 (resources); Kubernetes documentation on resource management; readiness standard OPS001.
    """
    if project.kind == "library":
        return not_applicable("a library runs with the resources of those who use it")
    found = project.doing("resource limits")
    live = terraform(project).folders
    asked = [
        e
        for e in found.at_least(Strength.IMPORTED)
        if not e.at.path.endswith(".tf") or e.at.path.rpartition("/")[0] in live
    ]
    asked = [e for e in (*limited(project), *asked) if not ASIDE.search(e.at.path)]
    whole = [e for e in asked if e.strength >= Strength.USED and not e.at.path.endswith(".ipynb")]
    if whole:
        whole = [e for e in whole if not HELPERS.search(e.note)] or whole
        return passed("what a job or service may use is declared", best(whole))
    if asked:
        return partial("resources are declared in a notebook or in code that nothing runs", best(asked))
    if found.at_least(Strength.IMPORTED):
        return failed(
            "only files that nothing uses say which machine it needs",
            found.looked_in,
            "the same in what is deployed",
            best(found.evidence),
        )
    return unmet(
        found,
        "nothing says how much memory or which machine the model needs",
        "requests and limits, a machine type or a memory size where it is deployed or trained",
        claim=r"memory|cpu|gpu|resource",
    )


def costs(project: Project) -> list[Fact]:
    """Sentences that name an amount of money for running the model."""
    found = []
    for fact in project.named(CURRENCY, "prose", role=("docs", "code")):
        text = fact.name
        if not MONEY.search(text) or DOMAIN.search(text) or FORMULA.search(text) or FOR_ASSISTANTS.search(fact.at.path):
            continue
        about = (words.search(text) for words in (TRAINING, SERVING, WHOLE, MACHINE))
        if (COST.search(text) or RATE.search(text)) and any(about):
            found.append(fact)
    return found


@check("OPS002", "Cost is written down", capability="cost", level=3, dimension="scale")
def cost_is_written_down(project: Project) -> Verdict:
    """What: documents say in money what training and serving cost or may cost, or a budget is set up as code.

    Only one of the two is partial. Prices that the model is about, and words like "cheap" without a number, are none.

    Why: whether a model is worth running is a division, and this is its lower half.

    Fix: write a short section: what one training run, a thousand predictions and a month cost, and the budget.

    Source: documents 000, 002 and 003 (cost); readiness standard OPS002.
    """
    if project.kind == "library":
        return not_applicable("a library costs what those who use it make of it")
    budgets = project.used("cost control")
    if budgets:
        return passed("a budget is set up as code", best(budgets))
    told = costs(project)
    shown = [project.seen(f.at.path, f.name[:100], Strength.USED, f.at.line) for f in told]
    text = " ".join(fact.name for fact in told)
    if told and (WHOLE.search(text) or (TRAINING.search(text) and SERVING.search(text))):
        return passed("documents say what it costs to run", best(shown))
    wanted = "a section that says what a training run and serving cost, in money"
    if told:
        return partial("documents name a price, not both of training and serving", best(shown), wanted)
    return failed("nothing says what it costs", project.looked_in, wanted)
