"""TRL: does the work of a trial show in its history, and is what it says of itself true?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from readykit.checks_api import Project, check, failed, not_applicable, partial, passed, unknown
from readykit.model import Evidence, Location, Strength, Verdict

if TYPE_CHECKING:
    from readykit.history import Commit

DAY = 24 * 3600
ENOUGH, DAYS = 8, 3
"""Commits and days that show work in steps; half of the commits, or a single day, show half of it."""
FEW = 3
"""Commits below which there is nothing to see."""
PLACE = Location(".git")
# the message of an upload, of a web editor, of a date, or of a mood: it tells nothing that the difference does not
EMPTY = re.compile(
    r"^\W*(initial|first|second|new|another|final|last|minor|small|main|more|some|quick|misc\w*)?\s*(commit"
    r"|push|upload\w*|"
    r"updat\w*|chang\w*|fix\w*|clean\w*|wip|work\w*|test\w*|version|stuff|files?|edits?|tweaks?|refactor\w*|readme\w*)*"
    r"( (commit|changes?|fix(es)?|files?|update[sd]?|readme\S*|code|again|bugs?|typos?|\d\S*))*\W*$"
    r"|^(create|update|delete|rename|add|added|updated|deleted) \S+$|files via upload|^commit \w{3} |^v?\d+(\.\d+)+\W*$"
    r"|^(merge|revert \")|^bump ",
    re.IGNORECASE,
)
TRAILER = re.compile(r"^\s*([A-Z][\w-]+-by: |\(?#\d+\)?$|\[no ci\]|automatically generated)", re.IGNORECASE)
# "because", "to avoid", "so that", "was too slow", "for CPU-only runs": a reason beside the deed
REASON = re.compile(
    r"\b(because|since|so that|so (the|that|it|we)|due to|in order to|to (avoid|allow|enable|ensure|prevent"
    r"|make|keep|support|reduce|let"
    r"|improve|speed|handle|match|stop|guarantee)|instead of|rather than|as (it|the|we|this)|otherwise|was|were"
    r"|is|are|doesn.t"
    r"|didn.t|don.t|never|no longer|too|for (improved?|better|easier|faster)|lost to|beats|before)\b",
    re.IGNORECASE,
)
SENTENCE = 6
"""Words of a body that make it more than a list of names."""
MOST, HALF = 0.5, 0.25
STALE, SOME = 0.1, 0.34
"""Shares of claims without backing: an old file tree is forgiven up to the first, the second is half a pass."""


def own_commits(project: Project) -> list[Commit]:
    """Commits that people wrote, newest first: no merges, no robots."""
    return [commit for commit in project.repo.history.commits if not (commit.merge or commit.robot)]


def quoted(commit: Commit) -> Evidence:
    """A commit as evidence."""
    return Evidence(PLACE, Strength.USED, f"{commit.digest[:8]} {commit.subject[:90]}")


def unread(project: Project) -> Verdict | None:
    """The verdict when there is no history to look at."""
    history = project.repo.history
    if history.commits and not (history.missing and len(history.commits) < ENOUGH):
        return None
    if not history.commits and history.missing.startswith("there is no"):
        return not_applicable(f"{history.missing}: an archive or an example is judged by its files")
    return unknown(f"the history cannot be judged: {history.missing}", [".git"])


@check("TRL001", "The history shows the work", capability="history_shows_work", level=1, dimension="comm")
def history_shows_the_work(project: Project) -> Verdict:
    """What: at least eight commits by people on at least three days; merges and robots do not count.

    Fewer commits or days are partial. One or two commits are a dump: fail. A shallow clone is unknown, and without
    a git history the question is not asked.

    Why: a history shows how somebody works: what came first, what was thrown away, what was repaired.

    Fix: commit as you go, one step a commit; do not squash the trial into one.

    Source: document 003.
    """
    if nothing := unread(project):
        return nothing
    commits = own_commits(project)
    days = len({commit.when // DAY for commit in commits})
    said = f"{len(commits)} commit{'s' * (len(commits) != 1)} on {days} day{'s' * (days != 1)}"
    shown = [Evidence(PLACE, Strength.USED, said)]
    would = f"at least {ENOUGH} commits on {DAYS} days"
    if len(commits) >= ENOUGH and days >= DAYS:
        return passed(f"the work shows: {said}", shown)
    if len(commits) >= FEW:
        return partial(f"some of the work shows: {said}", shown, would)
    return failed(f"the history is a dump: {said}", [".git"], would, shown)


def describes(commit: Commit) -> bool:
    """Whether a message tells what was done."""
    return len(commit.subject.split()) >= FEW and not EMPTY.search(commit.subject)


def reasons(commit: Commit) -> bool:
    """Whether a message tells why, in its subject or in a body that is more than trailers."""
    body = [line for line in commit.body.splitlines() if not TRAILER.search(line)]
    explained = any(len(line.split()) >= SENTENCE for line in body)
    return bool(REASON.search(commit.subject)) or explained


@check("TRL002", "Messages say why", capability="messages_say_why", level=1, dimension="comm")
def messages_say_why(project: Project) -> Verdict:
    """What: most messages tell what was done, and a quarter of them why: a reason in the subject, or a body.

    Messages that tell what but hardly ever why are partial. "update", "fix", file names, dates and uploads tell
    nothing.

    Why: the difference shows what changed; only the message can say why, to the one who must change it back.

    Fix: finish the sentence "I did this because ..." in the body whenever it took you more than a minute to decide.

    Source: document 001; the Linux kernel's guide to submitting patches ("describe your problem").
    """
    if nothing := unread(project):
        return nothing
    commits = own_commits(project)
    told = [commit for commit in commits if describes(commit)]
    why = [commit for commit in told if reasons(commit)]
    said = f"{len(told)} of {len(commits)} messages tell what, {len(why)} why"
    would = "messages that tell what was done, and why where it is not obvious"
    if len(commits) < FEW:
        return failed("there are too few messages to tell anything", [".git"], would, map(quoted, commits))
    if len(told) >= MOST * len(commits) and len(why) >= HALF * len(told):
        return passed(said, [Evidence(PLACE, Strength.USED, f"{said}; {quoted(why[0]).note}")])
    if len(told) >= MOST * len(commits):
        return partial(said, [Evidence(PLACE, Strength.USED, f"{said}; {quoted(told[0]).note}")], would)
    vague = [commit for commit in commits if commit not in told]
    return failed(said, [".git"], would, [quoted(vague[0])])


@check("TRL003", "Claims are backed", capability="claims_backed", level=1, dimension="comm")
def claims_are_backed(project: Project) -> Verdict:
    """What: what README and docs say that the project can do is there, and the files that a drawn tree names exist.

    A claim is backed when a check of its capability passes, or is partial with more than an installed product. Plans,
    negations, questions and instructions claim nothing. Up to a third of the claims without backing is partial; one
    line in ten of a file tree may be out of date.

    Why: a reader who finds one claim empty believes none of the others.

    Fix: take the sentence out, mark it as planned, or build what it says.

    Source: documents 001 and 002.
    """
    claims = project.claims
    if not claims:
        return not_applicable("README and docs claim no capability that could be looked for")
    missing = sorted((c for c in claims if not c.backed), key=lambda claim: claim.capability == "file_tree")
    drawn = bool(missing) and missing[0].capability == "file_tree"
    if not missing or (drawn and len(missing) <= STALE * len(claims)):
        backed = sorted((c for c in claims if c.backed), key=lambda claim: claim.capability == "file_tree")
        shown = [Evidence(c.at, Strength.USED, f"backed ({c.capability}): {c.text[:80]}") for c in backed[:3]]
        return passed(f"{len(backed)} of {len(claims)} claims are backed", shown)
    shown = [Evidence(c.at, Strength.MENTIONED, f"not found ({c.capability}): {c.text[:80]}") for c in missing]
    message = f"claimed, not found: {len(missing)} of {len(claims)} claims"
    would = "documents that claim only what can be found"
    if len(missing) <= SOME * len(claims):
        return partial(message, shown, would, project.looked_in)
    return failed(message, project.looked_in, would, shown)
