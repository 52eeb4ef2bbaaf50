"""The web side of a project, for checks: which addresses are bound to which functions, and what runs behind them."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from readykit.model import Evidence, Fact, Strength
from readykit.naming import last, words
from readykit.once import Answers, once

if TYPE_CHECKING:
    from readykit.project import Project
    from readykit.repo import Repo

ROUTE = re.compile(
    r"\.(get|post|put|patch|route|api_route|websocket|api_view|add_api_route|add_route|add_url_rule|add_post|add_resource"
    r"|add_api|add_view)$"
)
# decorators whose address stands elsewhere, or is the function's name
EXPOSED = re.compile(
    r"(^|\.)(pyramid\.view\.view_config|cherrypy\.expose|functions_framework\.http|nameko\.web\.handlers\.http)$"
)
# tables of addresses: `Route("/predict", predict)`, `path("predict/", views.predict)`, `web.post("/predict", predict)`
ENTRY = re.compile(
    r"^(starlette\.routing\.Route|fastapi\.routing\.APIRoute|django\.(urls\.(re_)?path|conf\.urls\.url)"
    r"|aiohttp\.web\.(post|get|put|view|route)|tornado\.web\.(url|URLSpec)|litestar\.handlers\.\w+)$"
)
# and those of Tornado: `Application([(r"/predict", PredictHandler)])`
TABLE = re.compile(r"^tornado\.web\.Application$")
ROW = re.compile(r"""\(\s*r?["'](/[^"']*)["']\s*,\s*([A-Za-z_][\w.]*)""")
# the class behind a gRPC service, made from its .proto file
SERVICER = re.compile(r"\w_pb2_grpc\.\w+Servicer\b")
# a class whose methods answer requests, and the names of those methods
VIEW = re.compile(
    r"(^|\.)(\w*(APIView|ViewSet|MethodView|HTTPMethodView|HTTPEndpoint|RequestHandler)|\w*View|Resource)$"
)
METHODS = frozenset({"get", "post", "put"})
HANDLERS = ("view_func", "handler", "resource", "endpoint", "view", "1", "0")
ADDRESSES = ("0", "1", "path", "rule", "url", "pattern")
NAME = re.compile(r"^(?:self\.)?([A-Za-z_][\w.]*?)(?:\.as_view)?(?:\(.*)?$", re.DOTALL)
ADDRESS = re.compile(r"""^[rbf]?["']?/|environ|getenv|settings|config""", re.IGNORECASE)
ASKS = re.compile(
    r"(?<![a-z])(predict\w*|scores?|scoring|infer\w*|classif\w*|invocations?|recommend\w*|forecast\w*|embed\w*|generate|detect\w*|rank\w*|similar\w*|rag|chat|completions?)(?![a-z])",
    re.IGNORECASE,
)
# A function by this name asks a model, whoever wrote it: `classify(files)`, `run_inference`, `get_prediction`.
ASKING = re.compile(
    r"^(get |make |run |do |batch |async |model )?(predict\w*|inference|infer|classify|recommend|forecast)"
    r"(?! (model|class|or|form|page|schema|request|response|input|result|total|counter|latency|time|log|config))"
    r"(?![a-z])"
)
COMMON_NAMES = frozenset({"main", "run", "get", "post", "call", "start", "setup", "create", "execute", "process"})
"""Names that half of all functions have: the same name says nothing about which is called."""
LONGEST_ANSWER = 40
"""Lines of a function of R below its address."""
HOPS = 3
"""How many imports away from a service its parts are looked for."""


def inside(project: Project, path: str, scope: str) -> Sequence[Fact]:
    """The facts of a file that stand in a scope or in one nested in it."""
    return _by_scope(project.repo)[path].get(scope, ())


@once
def _by_scope(repo: Repo) -> Answers[str, dict[str, list[Fact]]]:
    """The facts of each file by every scope around them: a file may have thousands of routes, and is looked at once."""

    def sorted_out(path: str) -> dict[str, list[Fact]]:
        found: dict[str, list[Fact]] = {}
        for scope, facts in repo.by_scope(path).items():
            around = scope
            while True:
                found.setdefault(around, []).extend(facts)
                if not (around := around.rpartition(".")[0]):
                    break
        return found

    return Answers(sorted_out)


def routes(project: Project) -> Iterator[tuple[Fact, str]]:
    """Places where an address is bound to a function, with the function's name."""
    for fact in project.facts("decorator", name="*"):
        given = fact.detail.get("0") or fact.detail.get("path") or fact.detail.get("rule") or ""
        if EXPOSED.search(fact.name) or (
            ROUTE.search(fact.name)
            and (ADDRESS.search(given) or not given or fact.name.startswith("plumber."))
            and not fact.name.startswith(("unittest.", "?.patch", "mock."))
        ):
            yield fact, fact.scope
    for fact in project.facts("call", name="*.add_*"):
        if ROUTE.search(fact.name):
            yield fact, bound(fact)
    yield from entries(project)
    yield from views(project)


def views(project: Project) -> Iterator[tuple[Fact, str]]:
    """Methods of classes that answer requests, and the functions that Django's tables of addresses name."""
    functions = [fact for fact in project.facts("def", name="*") if fact.value != "class"]
    classes = {
        (fact.at.path, fact.name)
        for fact in project.facts("def", name="*")
        if fact.value == "class" and any(map(VIEW.search, fact.detail.get("bases", "").split(",")))
    }
    named = {last(bound(fact)) for fact in project.named(ENTRY, "call") if fact.name.startswith("django.")}
    for fact in functions if classes or named else ():
        owner, _, name = fact.name.rpartition(".")
        function = not owner and name in named and "request" in fact.detail.get("args", "")
        if function or (name in METHODS and (fact.at.path, owner) in classes):
            yield fact, fact.name


def entries(project: Project) -> Iterator[tuple[Fact, str]]:
    """The same of tables: lists of addresses, OpenAPI documents, the classes behind a gRPC service."""
    for fact in project.named(ENTRY, "call"):
        yield fact, bound(fact)
    for fact in project.named(TABLE, "call"):
        for _, handler in ROW.findall(" ".join(fact.detail.values())):
            yield fact, handler
    for fact in project.facts("yaml", name="paths.*.operationId"):  # of an OpenAPI document that Connexion follows
        if "." in fact.value:
            yield fact, fact.value
    for fact in project.facts("def", name="*"):
        if SERVICER.search(fact.detail.get("bases", "")):
            yield fact, fact.name


def bound(fact: Fact) -> str:
    """The function or class that a call binds to an address."""
    for key in HANDLERS:
        match = NAME.match(fact.detail.get(key, ""))
        if match:
            return match[1]
    return ""


def asks_model(fact: Fact, handler: str) -> bool:
    """Whether a route is there to be asked for a prediction: by its address or its handler's name."""
    if fact.kind == "def" and fact.value != "class":  # of a class that answers: its name says what it is asked for
        return bool(ASKS.search(words(handler)))
    row = next((address for address, name in ROW.findall(" ".join(fact.detail.values())) if name == handler), "")
    address = row or " ".join(value for key, value in fact.detail.items() if key in ADDRESSES)
    return bool(ASKS.search(address.replace("_", " ")) or ASKS.search(words(last(handler))))


def asking_functions(project: Project) -> dict[str, set[str]]:
    """Functions of the project that ask a model, by their name, with the files in which they stand."""
    found: dict[str, set[str]] = {}
    for fact in project.doing("asking a model").facts:
        name = last(fact.scope)
        if fact.kind == "call" and name and not name.startswith("__") and name not in COMMON_NAMES:
            found.setdefault(name, set()).add(fact.at.path)
    return found


@once
def prediction_routes(project: Project) -> list[tuple[Fact, str]]:
    """The routes that answer with a model's prediction: by address or name, or by what their functions call."""
    bound = list(routes(project))
    sure: list[tuple[Fact, str]] = []
    rest: list[tuple[Fact, str]] = []
    for pair in bound:
        (sure if asks_model(*pair) else rest).append(pair)
    if not rest:
        return sure
    direct = {fact.at for fact in project.doing("asking a model").facts}
    helpers = asking_functions(project)
    near: Answers[str, dict[str, int]] = Answers(lambda path: behind(project, [path], 2))
    for fact, handler in rest:
        reach = near[fact.at.path]
        for call in inside(project, fact.at.path, handler) if handler else below(project, fact):
            if call.kind != "call":
                continue
            name = last(call.name)
            if call.at in direct or ASKING.match(words(name)) or helpers.get(name, set()) & reach.keys():
                sure.append((fact, handler))
                break
    return sorted(sure, key=lambda pair: pair[0].at)


def below(project: Project, route: Fact) -> list[Fact]:
    """What stands below an address of R: the function that it is for has no name."""
    if route.detail.get("language") != "r":
        return []
    facts = project.repo.by_scope(route.at.path).get("", ())
    return [fact for fact in facts if 0 < fact.at.line - route.at.line <= LONGEST_ANSWER]


def handled(project: Project) -> list[Evidence]:
    """Evidence of routes that answer with a prediction, strongest first."""
    found = [project.evidence(fact, "a route that answers with a prediction") for fact, _ in prediction_routes(project)]
    return sorted(found, key=lambda e: (-e.strength, e.at))


@once
def services(project: Project) -> list[Evidence]:
    """Evidence that a service answers with predictions: routes, and what serving products leave, notebooks aside."""
    found = [*handled(project), *project.used("model serving")]
    own = [e for e in found if e.strength >= Strength.USED]
    return [e for e in own if not e.at.path.endswith(".ipynb") or project.kind == "collection"]


def behind(project: Project, paths: Iterable[str], hops: int = HOPS) -> dict[str, int]:
    """The project's files that some files import, each with how many imports it is away; the files themselves are 0."""
    found = dict.fromkeys(paths, 0)
    queue = deque(found)
    while queue:
        path = queue.popleft()
        if found[path] >= hops or not path.endswith(".py"):
            continue
        for fact in project.repo.facts(path):
            if fact.kind != "import":
                continue
            for target in project.graph.modules.imported(fact.name, path):
                if target not in found and project.role(target) == "code":
                    found[target] = found[path] + 1
                    queue.append(target)
    return found
