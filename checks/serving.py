"""SRV: can the model be called, and is what comes in checked?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from readykit.checks_api import Project, best, check, failed, not_applicable, partial, passed, unmet
from readykit.doors import refused_by_hand, refused_by_scorer
from readykit.entryscripts import entry_scripts
from readykit.model import Evidence, Fact, Location, Strength, Verdict
from readykit.naming import last
from readykit.scoring import INTO_DATABASE, batches, in_one_run
from readykit.web import handled, inside, prediction_routes, routes

SPLIT_ARGUMENTS = re.compile(r",\s*(?![^\[\(]*[\]\)])")
BOUND = re.compile(
    r"\b(ge|le|gt|lt|multiple_of|min_length|max_length|min_items|max_items|pattern|regex|strict|max_digits)\s*="
)
BOUNDED_TYPE = re.compile(
    r"\b(Literal|Enum|con(int|float|str|list|set|decimal|date)\b|Positive\w+|NonNegative\w+|Negative\w+|Email\w*|\w*Url|UUID\w*|datetime|date|IPv?\w*|Strict\w+|Finite\w+)"
)
# fields of Django, Marshmallow and WTForms: what they say of the value, or a kind that has few of them
BOUNDED_FIELD = re.compile(
    r"\bField\([^)]*\b(max_length|min_length|max_value|min_value|choices|validators?|validate)\s*=|\b(Choice|Enum|Range)\w*Field\("
    r"|fields\.\w+\([^)]*\bvalidate\s*="
)
OPTIONAL_FIELD = re.compile(r"required\s*=\s*False|read_only\s*=\s*True")
# marks of `Annotated` that bound a value; `Annotated` by itself only describes
BOUNDING_MARK = re.compile(
    r"\b(Gt|Ge|Lt|Le|Interval|MultipleOf|MinLen|MaxLen|Len|\w*Validator|StringConstraints|Predicate)\("
)
QUERY = re.compile(
    r"=\s*(\w+\.)?(Query|Path|Body|Form|Header)\([^)]*\b(ge|le|gt|lt|min_length|max_length|pattern|regex)="
)
FROM_REQUEST = re.compile(r"\b(request|req|event|body|payload|json|data)\b|^\*\*")
MADE = "made from the request: "
FREE = re.compile(
    r"^(typing\.)?(Dict|dict|Any|object|Mapping|JSON\w*|list|List|Optional\[(typing\.)?(Dict|dict|Any)\b.*)(\[.*)?$"
)
# Types that a web framework converts and refuses: text alone lets everything in.
CONVERTED = re.compile(
    r"^((Optional|List|list|Sequence)\[)?(int|float|bool|date|datetime|UploadFile|Annotated\[.*|Literal\[.*|conlist.*|list\[(int|float).*|List\[(int|float).*)"
)


# who only asks a service: the client's half of a protocol, and load generators
CLIENT = re.compile(r"(Stub|Request|ServerClient)$")
LOAD_TEST = re.compile(r"(^|/)(locust\w*|load[-_ ]?tests?(ing)?)(/|\.py$)", re.IGNORECASE)


def folder(path: str) -> str:
    """The folder of a file."""
    return path.rpartition("/")[0]


@check("SRV001", "The model can be called", capability="serving", level=3, dimension="deploy", fix="kit add serving")
def model_can_be_called(project: Project) -> Verdict:
    """What: a service answers with the model's prediction, or a job scores in batches without a person.

    A web framework alone does not count: a route must ask a model, or an entry script's `run` the model that its
    `init` loads. A scoring script passes when something runs it
    and it keeps its results, and when it writes them into a database, which others read; a notebook cell or a script
    that only prints is partial. A job on a schedule that fits and answers in one run, as forecasts are made, passes
    when it keeps what it answered. A serving framework that is installed and not imported is no service.

    Why: a model that nobody can ask has no effect, and how it is asked decides what can go wrong with it.

    Fix: put the model behind a typed endpoint with a serving framework, or schedule a stage that scores new rows and
    stores the result with the model's version.

    Source: documents 001 and 002 (deployed models), mlops-zoomcamp rubric (deployment).
    """
    serving, batch = project.doing("model serving"), project.doing("batch scoring")
    entries = list(entry_scripts(project))
    seen = (*handled(project), *serving.evidence, *batch.evidence, *entries)
    services = [e for e in seen if e.strength >= Strength.USED]
    kept = [e for e in services if not e.at.path.endswith(".ipynb") or project.kind == "collection"]
    asking = {f.at for f in serving.facts if f.kind == "call" and CLIENT.search(last(f.name))}
    kept = [e for e in kept if not LOAD_TEST.search(e.at.path)] or kept
    answering = [e for e in kept if e.at not in asking]
    if kept:
        return passed("the model can be called", best(answering or kept))
    scripts, demos = batches(project), project.doing("model demo").evidence
    if any(e.strength >= Strength.WIRED for e in scripts):
        return passed("a job that something runs scores with the model", best(scripts))
    stored = [e for e in scripts if e.strength >= Strength.USED and INTO_DATABASE in e.note]
    if stored:
        return passed("a command scores rows and writes the answers into a database", best(stored))
    anew = in_one_run(project)
    if anew:
        return passed("a job on a schedule fits, answers and keeps what it answered", best(anew))
    weaker = [
        *services,
        *scripts,
        *(e for e in demos if e.strength >= Strength.USED),
        *serving.evidence,
        *batch.evidence,
        *entries,
    ]
    weaker = [e for e in weaker if e.strength >= Strength.IMPORTED]
    if project.kind == "library" and not weaker:
        return not_applicable("a library: its users' programs answer with predictions")
    if weaker:
        return partial("the model can be asked, but no service or scheduled job does it", best(weaker))
    return unmet(
        serving,
        "nothing answers with the model's prediction",
        "a route or service that calls the model, or a scheduled job that scores and stores",
    )


def hints(args: str) -> Iterator[str]:
    """The types of a parameter list as written, but for what the framework fills in by itself."""
    for argument in SPLIT_ARGUMENTS.split(args):
        if ":" in argument and "Depends(" not in argument:
            yield argument.partition(":")[2].partition("=")[0].strip()


class Schemas:
    """Classes that describe data, by their short name, with their fields and what bounds them."""

    def __init__(self, project: Project) -> None:
        """Collect the schema classes of a project's code."""
        self.project = project
        self.classes: dict[str, Fact] = {}
        typed = {(e.at.path, e.at.line) for e in project.doing("typed schema").evidence}
        for fact in project.facts("def", name="*"):
            if fact.value == "class":
                bases = {last(base) for base in fact.detail.get("bases", "").split(",")}
                if (fact.path, fact.line) in typed or bases & self.classes.keys():
                    self.classes[last(fact.name)] = fact
        self.assigned: dict[str, list[Fact]] = {}
        for fact in project.facts("assign", name="*") if self.classes else ():
            if fact.scope in self.classes and self.classes[fact.scope].at.path == fact.at.path:
                self.assigned.setdefault(fact.scope, []).append(fact)
        self.fields: dict[str, list[Fact]] = {}
        for fact in project.facts("field", name="*"):
            owner = last(fact.name.rpartition(".")[0])
            if owner in self.classes and self.classes[owner].at.path == fact.path:
                self.fields.setdefault(owner, []).append(fact)

    def named(self, annotation: str) -> list[str]:
        """The schema classes that an annotation mentions."""
        return [word for word in re.findall(r"\w+", annotation) if word in self.classes]

    def family(self, name: str) -> list[str]:
        """A class, those it inherits from and those that its fields hold."""
        found = [name]
        for each in found:
            bases = self.classes[each].detail.get("bases", "").split(",")
            typed = (*self.fields.get(each, ()), *self.assigned.get(each, ()))
            inner = [n for f in typed for n in self.named(f.value)]
            found += [n for n in dict.fromkeys((*map(last, bases), *inner)) if n in self.classes and n not in found]
        return found

    def bound(self, name: str) -> Fact | None:
        """The first thing in a class that refuses a value of the right type."""
        owner = self.classes[name]
        for fact in self.fields.get(name, ()):
            if BOUND.search(f"{fact.value} {fact.detail.get('default', '')}") or (
                BOUNDED_TYPE.search(fact.value) or BOUNDING_MARK.search(fact.value)
            ):
                return fact
        for fact in inside(self.project, owner.at.path, owner.name):
            if fact.kind == "decorator" and "validator" in last(fact.name):
                return fact
            if fact.kind == "assign" and (re.search(r"forbid", fact.value) or BOUNDED_FIELD.search(fact.value)):
                return fact
        return None

    def demanding(self, name: str) -> bool:
        """Whether a class has a field of a real type that must be given."""
        if any("Field(" in f.value and not OPTIONAL_FIELD.search(f.value) for f in self.assigned.get(name, ())):
            return True
        return any(
            not FREE.match(f.value)
            and (
                f.detail.get("default", "...") in ("...", "")
                or re.match(r"(\w+\.)?Field\(\s*(\.\.\.|description|title|alias|example)", f.detail.get("default", ""))
            )
            for f in self.fields.get(name, ())
        )


def request_schemas(project: Project) -> list[tuple[Fact, str]]:
    """The functions that take requests for predictions, with each type that they ask of a request.

    That is the annotation of a parameter, a schema given to the decorator, or a class made from the request's body.
    """
    wanted = {(fact.path, last(handler)) for fact, handler in prediction_routes(project)}
    given: list[tuple[Fact, str]] = []
    served = {(f.path, f.line) for f in project.doing("model serving").facts if f.kind == "decorator"}
    for fact in project.facts("decorator"):
        if (fact.path, fact.line) in served:
            wanted.add((fact.path, last(fact.scope)))
        if (fact.path, last(fact.scope)) in wanted:
            given += [
                (fact, value) for key, value in fact.detail.items() if key in ("input", "input_spec", "body", "json")
            ]
    handlers = [f for f in project.facts("def") if f.value != "class" and (f.path, last(f.name)) in wanted]
    for handler in handlers:
        given += [(handler, annotation) for annotation in hints(handler.detail.get("args", ""))]
        for call in inside(project, handler.at.path, handler.name.rpartition(".")[0] or handler.name):
            if call.kind == "call" and any(map(FROM_REQUEST.search, call.detail.values())):
                given.append((handler, f"{MADE}{call.name}"))
    return given


def typed_requests(project: Project) -> tuple[list[Evidence], list[Evidence]]:
    """Evidence of request schemas: those that bound their values, and those that are only typed or optional."""
    schemas = Schemas(project)
    strict, loose = [], []
    typed: set[Location] = set()
    asked = request_schemas(project)
    running = {f.path for f, _ in asked if project.strength(f) >= Strength.WIRED} | {
        e.at.path for e in project.doing("model serving").evidence if e.strength >= Strength.WIRED
    }
    for handler, annotation in asked:
        if handler.at.path not in running and folder(handler.at.path) in map(folder, running):
            continue  # the service beside it is what runs: this one is a draft or a former one
        made = annotation.startswith(MADE)
        if schemas.named(annotation) and not made:
            typed.add(handler.at)
        elif made and handler.at in typed:
            continue  # what a typed request is turned into is no second request
        who = last(handler.name if handler.kind == "def" else handler.scope)
        if QUERY.search(handler.detail.get("args", "")):
            strict.append(project.evidence(handler, f"{who} bounds its parameters"))
        if CONVERTED.match(annotation) and not schemas.named(annotation):
            note = f"{who} takes {annotation[:40]}, without bounds"
            loose.append(project.evidence(handler, note, cap=Strength.IMPORTED))
        for name in schemas.named(annotation):
            limits = [bound for each in schemas.family(name) if (bound := schemas.bound(each)) is not None]
            how = "typed, without bounds" if schemas.demanding(name) else "every field optional or free"
            if limits:
                strict.append(project.evidence(limits[0], f"{who} takes {name}, whose values are bounded"))
            else:
                loose.append(
                    project.evidence(schemas.classes[name], f"{who} takes {name}: {how}", cap=Strength.IMPORTED)
                )
    return strict, loose


@check(
    "SRV002",
    "Input is validated at the door",
    capability="request_validation",
    level=3,
    dimension="deploy",
    fix="kit add serving",
)
def input_is_validated(project: Project) -> Verdict:
    """What: the function that takes a prediction request declares a schema with bounds, or validates by one.

    The schema must be that of the request: models used only for answers or settings, a free dictionary and a
    raw `request.json()` do not count. Types without bounds, all-optional fields and conditions written by hand are
    partial: in the function itself, in one that it hands the request to and that answers or raises, or in the scorer
    that a cloud's server calls.

    Why: a model answers nonsense as confidently as sense. A bad row must come back with the field and the reason.

    Fix: give the handler one parameter of a schema class that has ranges or allowed values and forbids unknown fields.

    Source: readiness standard SRV002; ML Test Score, data invariants hold in serving inputs.
    """
    asked = prediction_routes(project)
    serving = [e for e in project.doing("model serving").evidence if e.strength >= Strength.USED]
    if not asked and not serving:
        enforced = project.doing("request coercion").at_least(Strength.USED)
        if enforced and project.doing("batch scoring").at_least(Strength.USED):
            return partial("no service; the model's signature is enforced where it scores in batches", best(enforced))
        return not_applicable("no service answers requests")
    strict, loose = typed_requests(project)
    bound = [e for e in project.doing("request validation").evidence if e.strength >= Strength.USED]
    checked = [e for e in bound if e.at.path in {fact.path for fact, _ in routes(project)}]
    if strict or checked:
        return passed("a request outside the schema is refused", best((*strict, *checked)))
    # a signature is enforced by the product that serves the model, not by a route of the project's own
    coerced = () if asked else project.doing("request coercion").at_least(Strength.USED)
    if loose or coerced or bound:
        return partial("requests are typed, but values are not bounded", best(loose or (*coerced, *bound)))
    by_hand = list(refused_by_hand(project)) or list(refused_by_scorer(project))
    if by_hand:
        return partial("some requests are refused by hand, without a schema", best(by_hand))
    return failed(
        "requests reach the model unchecked",
        looked_in=tuple(sorted({fact.path for fact, _ in asked} | {e.at.path for e in serving}))[:5],
        would_satisfy="a request schema with ranges or allowed values as the parameter of the function that predicts",
    )
