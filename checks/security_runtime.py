"""SEC002, SEC005: what is loaded, and what is left open, where the model runs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from readykit.checks_api import Project, best, check, failed, not_applicable, partial, passed
from readykit.leaks import search
from readykit.model import Evidence, Fact, Location, Strength, Verdict

CODE = ("code", "example")
# what a request, an upload or a download hands over
FROM_OUTSIDE = re.compile(
    r"(^|[^\w])(requests?|resp(onse)?|r|res|upload\w*|flask\.request|request)\.(content|data|body|get_data|files|file|read|text|raw)"
    r"|urlopen|uploaded?_?file|b64decode|await\s+\w*file|UploadFile|\.recv\(|get_json",
    re.IGNORECASE,
)
DIGEST = re.compile(
    r"(^|\.)(sha256|sha512|sha384|blake2b|md5|file_digest|compare_digest|verify|verify_signature|HMAC)$|(^|\.)hmac\.new$"
)


MOST_WORDS = 8
CHAIN = re.compile(r"\w+(?:\.\w+)*")
Scope = tuple[str, str]


def chains(dotted: str) -> Iterator[str]:
    """Every part of a dotted name that is one by itself, of so many words as anybody writes."""
    words = dotted.split(".")[:MOST_WORDS]
    return (".".join(words[i:j]) for i in range(len(words)) for j in range(i + 1, len(words) + 1))


def fetched(project: Project) -> dict[Scope, dict[str, Fact]]:
    """What downloads are called, by file and function: the first of each name."""
    found: dict[Scope, dict[str, Fact]] = {}
    for fetch in project.doing("fetching from outside").facts:
        if name := fetch.detail.get("assigned", ""):
            found.setdefault((fetch.at.path, fetch.scope), {}).setdefault(name, fetch)
    return found


def outside(fact: Fact, names: Mapping[str, Fact]) -> str:
    """Why what a call loads comes from outside, empty when it does not: what it is given, or a download beside it."""
    given = " ".join(fact.detail.get(key, "") for key in ("0", "file", "f"))
    if FROM_OUTSIDE.search(given):
        return f"{fact.name} of {given[:50]}"
    # a name may be dotted: every run of words that `given` holds is asked for, rather than every name sought in it
    runs = (run for chain in CHAIN.findall(given) for run in chains(chain))
    fetch = min((names[run] for run in runs if run in names), key=lambda f: f.at, default=None)
    return f"{fact.name} of what {fetch.name} fetched" if fetch is not None else ""


def compared(project: Project) -> dict[str, set[str]]:
    """The functions of each file that compare a digest or a signature."""
    found: dict[str, set[str]] = {}
    for call in project.named(DIGEST, "call", role=CODE):
        found.setdefault(call.at.path, set()).add(call.scope)
    return found


def calls(project: Project, job: str) -> list[Fact]:
    """Calls of a job in the project's own code that is not dead."""
    return [
        f for f in project.doing(job).facts
        if f.kind == "call" and project.role(f.at.path) in CODE and project.strength(f) >= Strength.USED
    ]  # fmt: skip


@check("SEC002", "Deserialisation is safe", capability="safe_loading", level=3, dimension="deploy")
def deserialisation_is_safe(project: Project) -> Verdict:
    """What: nothing that comes from outside is loaded by a reader that runs what the file says.

    Pickles (also as joblib, dill, `torch.load(weights_only=False)`) of a request, an upload or a download without a
    check of their digest fail. Pickles of the project's own files are partial: whoever can write the file can run code.
    Formats without code (skops, safetensors, ONNX, `weights_only=True`) and loads behind a digest check pass. What a
    registry loads is partial unless models are logged in such a format.

    Why: loading a pickle is running a program that somebody else may have written.

    Fix: save models in a format without code, or compare the file's SHA-256 with the recorded one before loading.

    Source: Python documentation (pickle, warning); OWASP, Deserialization Cheat Sheet.
    """
    said = [f for f in calls(project, "loading by version") if f.detail.get("weights_only") == "False"]
    unsafe = [*calls(project, "unsafe loading"), *said]
    safe = [project.evidence(f, f"{f.name} runs nothing") for f in calls(project, "safe loading")]
    digests = compared(project) if unsafe else {}
    behind = [f for f in unsafe if not digests.get(f.at.path, set()).isdisjoint(("", f.scope))]
    unsafe = [f for f in unsafe if digests.get(f.at.path, set()).isdisjoint(("", f.scope))]
    safe += [project.evidence(f, f"{f.name} after a check of its digest") for f in behind]
    would = "a model format without code, or a digest that is compared before loading"
    downloads = fetched(project) if unsafe else {}
    reached = [(f, why) for f in unsafe if (why := outside(f, downloads.get((f.at.path, f.scope), {})))]
    if reached:
        shown = best(project.evidence(f, why) for f, why in reached)
        return failed("what comes from outside is unpickled", project.looked_in, would, shown)
    own = [project.evidence(f, f"{f.name} of the project's own file, unchecked") for f in unsafe]
    own = own or [project.evidence(f, f"{f.name} unpickles in older versions") for f in by_version(project)]
    if own:
        return partial("pickles of the project's own making are loaded without a check", best(own), would)
    if safe:
        return passed("models are loaded by formats or checks that run nothing foreign", best(safe))
    registry = [
        project.evidence(f, f"{f.name} loads what the registry holds")
        for f in calls(project, "loading from a registry")
    ]
    if registry:
        return partial("models of a registry are loaded in whatever format they were logged", best(registry), would)
    return not_applicable("nothing is loaded by a reader that could run what a file says")


def by_version(project: Project) -> list[Fact]:
    """Loads that are safe or not by the version of their library."""
    return [f for f in calls(project, "loading by version") if "weights_only" not in f.detail]


# -- open doors -------------------------------------------------------------------------------------------------------
FOLLOWING = 8
TRUE = re.compile(r"True$")
EVERYWHERE = re.compile(r"0\.0\.0\.0")
TRACKING = re.compile(r"\bmlflow (server|ui)\b|\baim (server|up)\b|\bprefect server start\b")
GUARDED = re.compile(r"--app-name|basic-auth|--allowed-hosts|AUTH_STRING")
NOTEBOOK = re.compile(r"(NotebookApp|ServerApp|IdentityProvider)\.(token|password)\s*=\s*(''|\"\"|\s|$)")
SERVERS = re.compile(f"{TRACKING.pattern}|{NOTEBOOK.pattern}")
INSECURE = re.compile(r"(^|\.)(_create_unverified_context|disable_warnings)$")
# nobody has a certificate there
PLAIN_HTTP = re.compile(r"[rbf]*[\"']http:")
CLIENTS = re.compile(r"^(requests|httpx|aiohttp)\.|(^|\.)(Session|Client|AsyncClient)\.(get|post|put|delete|request)$")
DEPLOYED = re.compile(
    r"(^|/)(docker-)?compose[\w.-]*\.ya?ml$|\.ya?ml$|(^|/)\.env|\.tf(vars)?$|dockerfile", re.IGNORECASE
)


def wide(project: Project) -> Iterator[Evidence]:
    """Doors that anybody on the network can use."""
    for fact in project.told("call", "verify", "debug", role=CODE, named=INSECURE):
        detail = fact.detail
        if detail.get("verify") == "False" and not fact.name.startswith("jwt"):
            yield project.evidence(fact, f"{fact.name}(verify=False) trusts any server")
        elif INSECURE.search(fact.name) and "ssl" in fact.name:
            yield project.evidence(fact, f"{fact.name} trusts any server")
        elif (
            TRUE.match(detail.get("debug", ""))
            and fact.name.endswith(".run")
            and EVERYWHERE.search(detail.get("host", ""))
        ):
            yield project.evidence(fact, "a debug server on every address lets callers run code")
    for fact in project.named(SERVERS, "command", role=None):
        if project.role(fact.at.path) in ("test", "vendored") or fact.detail.get("runner") == "readme":
            continue
        if TRACKING.search(fact.name) and EVERYWHERE.search(fact.name) and not guarded(project, fact):
            yield at_its_line(project, fact, "a tracking or flow server without a login on every address")
        elif NOTEBOOK.search(fact.name):
            yield project.evidence(fact, "a notebook server without a token")


def guarded(project: Project, fact: Fact) -> bool:
    """Whether a server asks who calls: by its own words, or by the environment of its service in a compose file."""
    if GUARDED.search(fact.name):
        return True
    beside = [f for f in project.facts("yaml", path=fact.at.path) if f.name.startswith("services.")]
    service = {f.name.split(".")[1] for f in beside if ".command" in f.name and f.at.line == fact.at.line}
    login = (f for f in beside if ".environment" in f.name and GUARDED.search(f"{f.name}={f.value}"))
    return any(f.name.split(".")[1] in service for f in login)


def at_its_line(project: Project, fact: Fact, note: str) -> Evidence:
    """Evidence at the line that names the server, for commands that run over several lines."""
    made = project.evidence(fact, note)
    lines = project.repo.text(fact.at.path).split("\n")
    for number in range(fact.at.line, min(fact.at.line + FOLLOWING, len(lines) + 1)):
        if TRACKING.search(re.sub(r"[\"',\[\]]+", " ", lines[number - 1]).replace("  ", " ")):
            return Evidence(Location(fact.at.path, number), made.strength, made.note, made.tool)
    return made


def narrow(project: Project) -> Iterator[Evidence]:
    """Doors that are open on one machine: passwords that everybody knows, debug servers on the local address."""
    for leak in search(project).found:
        copied = re.search(r"example|sample", leak.at.path.rpartition("/")[2])
        own = project.repo.role(leak.at.path) in ("code", "template", "example")
        if leak.common and own and not copied and DEPLOYED.search(leak.at.path):
            yield Evidence(leak.at, Strength.USED, f"{leak.what} that everybody knows: {leak.masked} (masked)")
    for fact in project.told("call", "debug", role=CODE):
        local = not EVERYWHERE.search(fact.detail.get("host", ""))
        if TRUE.match(fact.detail.get("debug", "")) and fact.name.endswith(".run") and local:
            yield project.evidence(fact, "a debug server")


def closed(project: Project) -> Iterator[Evidence]:
    """Places that could have been open and are not."""
    for path in project.files("*compose*.y*ml", role=("code",)):
        for fact in project.facts("yaml", path=path):
            if (
                re.search(r"(PASSWORD|SECRET|TOKEN)", fact.name)
                and fact.value.startswith("${")
                and ":-" not in fact.value
            ):
                yield project.evidence(
                    fact, f"{fact.name.rpartition('.')[2]} comes from the environment", cap=Strength.USED
                )
    for fact in project.named(TRACKING, "command", role=None):
        if re.search(r"127\.0\.0\.1|localhost", fact.name):
            yield project.evidence(fact, "a server on the local address only")
    for fact in project.named(CLIENTS, "call", role=CODE):
        if not PLAIN_HTTP.match(fact.detail.get("0", "")):
            yield project.evidence(fact, f"{fact.name} checks certificates")
    for item in project.used("web api"):
        if item.at.path.endswith((".py", ".R", ".r")):
            yield Evidence(item.at, Strength.USED, f"{item.note}: no debug mode, here or where it starts", item.tool)


@check("SEC005", "There are no open doors", capability="no_open_doors", level=3, dimension="deploy")
def no_open_doors(project: Project) -> Verdict:
    """What: no server starts in debug mode, no client trusts every certificate, no service has a password all know.

    `verify=False`, a debug server on every address, and tracking, flow and notebook servers without a login on every
    address fail. Passwords such as `postgres` in compose files, manifests and `.env`, and a debug server on the local
    address, are partial: they are fit for one machine and easily carried further. Examples to copy do not count.

    Why: such settings are made for a first try, and found by scanners within hours once the machine is reachable.

    Fix: take passwords from the environment without a default, bind to 127.0.0.1, and leave certificate checks on.

    Source: OWASP Top 10 (security misconfiguration); CWE-1188, CWE-295.
    """
    would = "passwords from the environment, certificate checks on, servers with a login or on the local address"
    doors = [e for e in wide(project) if e.strength >= Strength.USED]
    if doors:
        return failed("a door is open to anybody", project.looked_in, would, best(doors), doors)
    ajar = [e for e in narrow(project) if e.strength >= Strength.USED]
    if ajar:
        return partial(f"{len(ajar)} settings are fit for one machine only", best(ajar), would, faults=ajar)
    shut = best(e for e in closed(project) if e.strength >= Strength.USED)
    if shut:
        return passed("no debug server, no skipped certificate check, no known password found", shut)
    return not_applicable("nothing here listens, connects or has a password")
