"""SRV: is there an image, and is it one to put before users?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from readykit.checks_api import Project, best, check, failed, not_applicable, partial, passed, unmet
from readykit.images import Image, brings_code, dockerfiles, missing_code, own_manifest, starts_service
from readykit.model import Evidence, Fact, Location, Strength, Verdict
from readykit.probes import probes

PINNED = re.compile(r"@sha256:|:[^/]*\d[^/]*$")
ROOT = re.compile(r"^(root|0)(:.*)?$")
# programs by which an entry point leaves the root user
STEPS_DOWN = re.compile(r"\b(gosu|su-exec|setpriv|runuser)\b")
SECRET_NAME = re.compile(
    r"(PASSWORD|PASSWD|SECRET|TOKEN|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY)(?!\w*(FILE|PATH|NAME|URL|EXPIRE))", re.IGNORECASE
)
PLACEHOLDER = re.compile(
    r"^(|change-?me|x+|none|null|true|false|\d|dummy|test|placeholder|your[-_].*|<.*>|\*+|.*\$.*)$", re.IGNORECASE
)
SECRET_FILE = re.compile(r"(^|/)(\.env|[^/]*\.pem|id_rsa|credentials(\.json)?|\.aws|\.netrc|\.pypirc)/?$")
SETTING = re.compile(r"(\w+)[= ](\"[^\"]*\"|'[^']*'|\S*)")
EVERYTHING = frozenset({".", "./", "*", "./*"})
HALF = 2
"""So many of the traits make an image half fit."""


@check("SRV004", "It is containerised", capability="container", level=3, dimension="deploy", fix="kit add container")
def it_is_containerised(project: Project) -> Verdict:
    """What: the project's own code is put into an image, by a Dockerfile or by a product that builds one.

    An image that people or CI work in (a dev container, a CI runner) is none, and neither is a managed image that a
    cloud brings along. An image that a managed service makes from a file of dependencies or a scoring script, one
    whose code is not in the tree, one without code of the project, and one committed from a running container are
    partial.

    Why: what ran on a laptop runs elsewhere only when everything it needs comes with it.

    Fix: write a Dockerfile that installs from the lock file and starts the service, and build it in CI.

    Source: documents 002 and 003 (containers); readiness standard SRV004.
    """
    if project.kind == "library":
        return not_applicable("a library goes into the images of those who use it")
    built = project.doing("building an image")
    whole, hollow, broken = [], [], []
    for image in dockerfiles(project):
        lacking = missing_code(project, image)
        if lacking:
            broken.append(project.evidence(lacking[0][0], f"copies {lacking[0][1]}, which is not in the tree"))
        elif brings_code(image):
            whole.append(project.evidence(image.first, f"the image starts from {image.first.value[:60]}"))
        else:
            hollow.append(project.evidence(image.first, "an image without code of the project"))
    made = [e for e in built.at_least(Strength.USED) if not e.at.path.endswith(".ipynb")]
    if whole or made:
        return passed("the code is put into an image", best([*whole, *made]))
    if broken:
        return partial("the image cannot be built: code that it copies is missing", best(broken))
    if hollow:
        return partial("there is an image, without the project's own code in it", best(hollow))
    weaker = [*project.used("image by hand"), *built.at_least(Strength.USED)]
    managed = project.used("image of a managed service")
    if managed:
        return partial("a managed service makes the image from dependencies or a scoring script", best(managed))
    if weaker:
        return partial("an image is made by hand, so that nobody can build it again", best(weaker))
    return unmet(
        built,
        "nothing puts the project's code into an image",
        "a Dockerfile that copies the code and installs from the lock, or a product that builds the image",
        claim=r"docker|container|image",
    )


@dataclass(frozen=True, slots=True)
class Trait:
    """One of the things that make an image fit: what shows it, or what is lacking (neither when it does not matter)."""

    shown: Evidence | None = None
    lacks: str = ""


def named(fact: Fact) -> str:
    """The image that a `FROM` names."""
    return next((word for word in fact.value.split() if not word.startswith("--")), "")


def pinned_base(project: Project, image: Image) -> Trait:
    """Every stage starts from an image with a version."""
    stages = {fact.scope for fact in image.facts if fact.scope}
    shown = None
    for fact in image.each("FROM"):
        name = image.filled(named(fact))
        if name in stages or name == "scratch" or "$" in name or not name:
            continue
        if not PINNED.search(name):
            return Trait(lacks=f"a version of its base {name} ({fact.at})")
        shown = project.evidence(fact, f"a base with a version: {name}")
    return Trait(shown)


def own_user(project: Project, image: Image) -> Trait:
    """What runs is not root: by the image, or by the cluster that runs it."""
    unprivileged = {fact.at for fact in project.doing("unprivileged image").facts}
    users = [fact for fact in image.chain() if fact.name == "USER"]
    shipped = [fact for fact in image.last_stage if fact.name == "USER"]
    last = shipped[-1] if shipped else users[-1] if users else None
    if last is not None and not ROOT.match(image.filled(last.value.strip())):
        return Trait(project.evidence(last, f"runs as {last.value[:40]}, not as root"))
    for fact in image.chain():
        if fact.name == "FROM" and last is None and fact.at in unprivileged:
            return Trait(project.evidence(fact, "a base whose user is not root"))
        if fact.name in ("ENTRYPOINT", "CMD") and STEPS_DOWN.search(fact.value):
            return Trait(project.evidence(fact, "the entry point leaves the root user"))
    for fact in project.facts("yaml", name="*runAsNonRoot"):
        if fact.value.lower() == "true" and own_manifest(project, fact):
            return Trait(project.evidence(fact, "the cluster refuses to run it as root"))
    return Trait(lacks=f"a user other than root ({image.path})")


def no_secrets(_project: Project, image: Image) -> Trait:
    """No credential is written into a layer."""
    for fact in image.each("ENV", "ARG"):
        for name, value in SETTING.findall(fact.value):
            if SECRET_NAME.search(name) and not PLACEHOLDER.match(value.strip("\"'")):
                return Trait(lacks=f"freedom from secrets: {name} is written into a layer ({fact.at})")
    for fact, source in image.sources():
        if SECRET_FILE.search(source):
            return Trait(lacks=f"freedom from secrets: {source} is copied into a layer ({fact.at})")
    return Trait()


def ignore_file(project: Project, image: Image) -> Trait:
    """What does not belong into the image stays out: an ignore file, or only named files are copied."""
    above = [image.folder[: end + 1] for end in range(len(image.folder)) if image.folder[end] == "/"]
    for path in (f"{image.path}.dockerignore", *(f"{folder}.dockerignore" for folder in ("", *above))):
        if path in project.repo.known:
            return Trait(project.seen(path, "an ignore file keeps the rest out of the image", Strength.USED))
    broad = next((fact for fact, source in image.sources() if source in EVERYTHING), None)
    return Trait(lacks=f"an ignore file, though everything is copied ({broad.at})") if broad else Trait()


def health_check(project: Project, image: Image) -> Trait:
    """Something asks the container whether it lives."""
    asked = probes(project)
    own = [p for p in asked if p.fact.at.path == image.path] or [p for p in asked if p.fact.kind != "docker"]
    if own:
        return Trait(project.evidence(own[0].fact, "its health is asked for"))
    return Trait(lacks=f"a health check ({image.path})") if starts_service(project, image) else Trait()


TRAITS = (pinned_base, own_user, ignore_file, health_check, no_secrets)


def judged(project: Project, images: list[Image]) -> Iterator[list[Trait]]:
    """For each trait the answers of every image."""
    for trait in TRAITS:
        yield [trait(project, image) for image in images]


@check(
    "SRV005",
    "The image is fit for production",
    capability="image_hardening",
    level=3,
    dimension="deploy",
    fix="kit add container",
)
def image_is_fit(project: Project) -> Verdict:
    """What: the image has a base with a version, a user other than root, a health check, and nothing out of place.

    Out of place is a secret in a layer, or whatever comes along when everything is copied without an ignore file.
    All of it passes, half of it is partial, and the message names what is lacking. Where there are several images,
    those that answer requests are judged, and each must have the trait. A health check may stand in the compose
    file or the cluster's manifests; an image that only runs a job needs none.

    Why: an image without these is rebuilt into something else tomorrow, runs an attacker's code as root, and goes
    on receiving requests when it is dead.

    Fix: name the base's version or digest, add USER, HEALTHCHECK (or probes) and a .dockerignore.

    Source: readiness standard SRV005; Docker's building best practices; CIS Docker Benchmark section 4.
    """
    images = [image for image in dockerfiles(project) if brings_code(image)]
    images = [image for image in images if starts_service(project, image)] or images
    if not images:
        return not_applicable("no Dockerfile builds an image of the project's code")
    shown: list[Evidence] = []
    lacking: list[str] = []
    for answers in judged(project, images):
        missing = [trait.lacks for trait in answers if trait.lacks]
        if missing:
            more = f" and {len(missing) - 1} more images" if len(missing) > 1 else ""
            lacking.append(f"{missing[0]}{more}")
        else:
            shown += [trait.shown for trait in answers if trait.shown is not None][:2]
    if not lacking:
        return passed("the image is fit for production", shown)
    told = f"the image lacks {'; '.join(lacking)}"
    wanted = "a base with a version, a user other than root, an ignore file, a health check, no secret in a layer"
    if len(TRAITS) - len(lacking) > HALF and shown:
        return partial(told, shown, wanted, [image.path for image in images[:5]])
    where = [
        Evidence(Location(image.path, image.first.at.line), Strength.MENTIONED, "the image") for image in images[:1]
    ]
    return failed(told, [image.path for image in images[:5]], wanted, where)
