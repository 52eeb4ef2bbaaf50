"""SEC: are there keys lying about?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from readykit.checks_api import Project, best, check, failed, not_applicable, partial, passed
from readykit.leaks import search
from readykit.model import Evidence, Fact, Location, Strength, Verdict

if TYPE_CHECKING:
    from readykit.credentials import Leak

# lines of an ignore file that keep files of secrets out of git
IGNORED = re.compile(r"^\s*/?(\*\*/)?(\.env(\.\*|\*|rc)?|\*\.(env|pem|key)|[\w.*/-]*(secret|credential)[\w.*/-]*)\s*$")
ABOUT_SECRETS = re.compile(r"(password|passwd|secret|token|key|credential|dsn)", re.IGNORECASE)
FROM_CI = re.compile(r"\$\{\{\s*secrets\.(?!GITHUB_TOKEN)\w+")
# files that exist to hold secrets: one that is committed is a bad habit even while it holds none
FOR_SECRETS = re.compile(r"(^|/)(\.env(rc)?(\.(?!example|sample|template|dist)[\w-]+)?|\.dvc/config|\.netrc|\.pypirc)$")
LOOKED_FOR = "private keys, provider tokens, random values of secret names, passwords in addresses"


def shown(leaks: Iterable[Leak], strength: Strength) -> list[Evidence]:
    """Leaks as evidence: what it is and its masked beginning, never the value."""
    return [Evidence(leak.at, strength, f"{leak.what}, {leak.masked} (masked)") for leak in leaks]


def of_little_use(project: Project) -> set[Location]:
    """Places of tokens that only let somebody send a report."""
    return {Location(f.at.path, f.at.line) for f in project.doing("report upload token").facts}


def kept_out(project: Project) -> Iterator[Evidence]:
    """What shows that secrets are kept out of the tree on purpose."""
    for item in project.used("secret scanning"):
        yield Evidence(item.at, Strength.WIRED, f"{item.note} looks for secrets", item.tool)
    for path in project.files(".gitignore"):
        for number, line in enumerate(project.repo.text(path).split("\n"), 1):
            if IGNORED.match(line) and project.repo.role(path) != "vendored":
                yield Evidence(Location(path, number), Strength.USED, f"{line.strip()} stays out of git")
                break
    for fact in project.doing("secret from outside").facts:
        if fact.kind == "yaml" or ABOUT_SECRETS.search(fact.detail.get("0", "")) or "secret" in fact.name.lower():
            yield project.evidence(fact, f"a secret is read from outside the tree by {said(fact)}", cap=Strength.USED)
    for fact in project.facts("yaml"):
        if FROM_CI.search(fact.value):
            yield project.evidence(fact, "a secret comes from the CI system's store", cap=Strength.USED)


def said(fact: Fact) -> str:
    """A fact in a few words; names of variables are no secret, values are not shown."""
    return f"{fact.name}({fact.detail.get('0', '')[:40]})" if fact.kind == "call" else fact.name.rpartition(".")[2]


@check("SEC001", "There are no credentials in the tree", capability="secrets_clean", level=1, dimension="systems")
def no_credentials(project: Project) -> Verdict:
    """What: no private key, token or password of somebody's account stands in a file of the repository.

    Looked for are private keys, tokens by their provider's form, random values beside a name that speaks of a secret,
    Kubernetes secrets (base64 hides nothing), passwords in addresses and key files. Placeholders, references to
    variables, tests and files made to be copied (`.env.example`) are left out. Passwords that everybody knows
    (`postgres`, `minio123`) are SEC005's; in a committed `.env` they make this one partial, and so does a token that
    can only upload reports. A value is never shown, only where it is and how it begins.

    Why: what was committed once is public for good, and bots read new commits within minutes.

    Fix: revoke the credential first, then read it from the environment or a secret store, remove it from the history,
    and let a hook look for the next one.

    Source: document 001; OWASP, Secrets Management Cheat Sheet.
    """
    done = search(project)
    little = of_little_use(project)
    real = [leak for leak in done.found if not leak.common and leak.at not in little]
    files = f"{len(done.files)} files searched"
    if real:
        all_shown = shown(real, Strength.USED)
        message = (
            f"a credential is committed: {real[0].what}" if len(real) == 1 else f"{len(real)} credentials committed"
        )
        would = "the credentials revoked, and read from outside the tree"
        return failed(message, (files, LOOKED_FOR), would, best(all_shown), all_shown)
    weak = [leak for leak in done.found if leak.at in little or (leak.common and FOR_SECRETS.search(leak.at.path))]
    if weak:
        would = "settings files with secrets outside of git, and a committed example without values"
        message = "nothing dangerous found, but low-risk credentials are committed"
        all_shown = shown(weak, Strength.USED)
        return partial(message, best(all_shown), would, (files, LOOKED_FOR), all_shown)
    if not done.files:
        return not_applicable("there is no text file that could hold a credential")
    evidence = best(kept_out(project))
    if not evidence:
        first = next((path for path in done.files if not path.endswith((".md", ".rst", ".txt"))), done.files[0])
        evidence = (project.seen(first, f"{files}, no credential; this is one of them", Strength.USED),)
    return passed(f"{files}, no credential found", evidence)
