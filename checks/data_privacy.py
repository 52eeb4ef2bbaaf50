"""DAT: are people's particulars kept out of the model, or used on purpose?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from readykit.checks_api import FOR_ASSISTANTS, Project, best, check, failed, not_applicable, partial, passed
from readykit.model import Evidence, Fact, Strength, Verdict
from readykit.naming import last, words

# Columns that say who somebody is, and columns on which decisions must not rest unjustified. Whole names only.
PERSONAL = (
    r"e ?mail( address)?|(first|last|full|middle|family|given|customer|client|patient|employee|passenger) ?name"
    r"|surname|phone( number| no)?|mobile( number)?|ssn"
    r"|social security( number)?|passport( number| no)?|credit ?card( number)?|card ?number|iban|ip ?address"
    r"|date ?of ?birth|dob|birth ?date|home address"
    r"|street( address)?|license plate|national id|cc num"
)
SENSITIVE = (
    r"gender( \w)?|sex|race|ethnicity|ethnic group|religion|nationality|marital( status)?|disability"
    r"|sexual orientation|political \w+|pregnan\w+|foreigner|personal status( sex)?"
)
COLUMN = re.compile(rf"({PERSONAL}|{SENSITIVE})")
WHO = re.compile(rf"({PERSONAL})")
TABLES = re.compile(
    r"(^|\.)(read_(csv|parquet|sql\w*|excel|json|feather|table|gbq)|DataFrame|get_dummies|ColumnTransformer"
    r"|fit_transform|OneHotEncoder)$"
)
HIDES = re.compile(
    r"\b(anonymi[sz]\w*|pseudonymi[sz]\w*|de ?identif\w*|redact\w*|(mask|scrub|remove|drop|hash|encrypt|hide|strip"
    r"|filter) (pii|personal\w*|sensitive\w*|emails?|names?|phones?|users?( ids?)?"
    r"|customers?( ids?)?|identifiers|ids|columns pii))\b"
)
# Cheap tests before the words of a name are taken apart.
HINT = re.compile(
    r"anonym|pseudonym|identif|redact|mask|scrub|hash|pii|encrypt|hide|strip|filter|remove", re.IGNORECASE
)
LISTED = re.compile(r"pii|personal|sensitive|protected|confidential|identifiers|forbidden|private", re.IGNORECASE)
QUOTED = re.compile(r"[\"']([\w ]+)[\"']")
DROPS = re.compile(r"(^|\.)(drop|pop|drop_columns|exclude)$")
DROPS_OR_HINT = re.compile(f"{DROPS.pattern}|{HINT.pattern}", re.IGNORECASE)
HASHES = re.compile(r"hashlib\.|\.sha256|\bhash\(|hmac\.|sha2\(", re.IGNORECASE)
DECLARES = re.compile(
    r"\b(pii|personal|sensitive|protected|confidential|identifiers|forbidden|private)( (data|columns?|cols?"
    r"|features?|fields?|attributes?|names))?\b"
)
SAYS = re.compile(
    r"\b(pii|gdpr|ccpa|hipaa|personal(?:ly)? (?:data|identif\w+|information)|anonymi[sz]ed|pseudonymi[sz]ed"
    r"|data protection|sensitive (?:data|attributes?|columns?|features?|information)"
    r"|protected attributes?|privacy)\b",
    re.IGNORECASE,
)
NONE = re.compile(
    r"\b(?:no|not|without|free of|none|never)\b[^.]{0,40}?\b(?:personal(?:ly)? (?:data|identif\w+|information)|pii"
    r"|sensitive (?:data|information|columns))\b"
    r"|\b(?:data(?: ?set)?|records|rows|columns|ids)\b[^.]{0,40}\banonymi[sz]ed\b|\banonymi[sz]ed (?:data|records"
    r"|transactions|columns|features)\b",
    re.IGNORECASE,
)
ABOUT_DATA = re.compile(r"\b(data|columns?|features?|attributes?|training|model|records|rows)\b", re.IGNORECASE)
ELSEWHERE = re.compile(
    r"api[- ]?key|token|secret|password|login|account|policy|cookie|private (key|repo|subnet|endpoint)|logs?\b",
    re.IGNORECASE,
)
WOULD = (
    "a declared list of personal and sensitive columns that are dropped, hashed or justified, in code or the data card"
)


def used_columns(project: Project) -> list[Fact]:
    """Columns about persons that code which works with tables names."""
    tables = {fact.at.path for fact in project.named(TABLES, "call")}
    found = []
    for fact in project.facts("string"):
        named = len(fact.name) < 25 and fact.at.path in tables and COLUMN.fullmatch(words(fact.name).strip())
        if named and project.strength(fact) >= Strength.USED:
            found.append(fact)
    return found


def hidden(project: Project) -> Iterator[Evidence]:
    """Code that drops, hashes, masks or anonymises."""
    yield from project.used("personal data handling")
    for fact in project.named(DROPS_OR_HINT, "call"):
        if DROPS.search(fact.name):
            given = " ".join(fact.detail.values())
            if any(WHO.fullmatch(name) for name in quoted(given)):
                yield project.evidence(fact, f"personal columns are dropped: {given[:70]}")
        elif HINT.search(fact.name) and HIDES.search(words(last(fact.name))):
            yield project.evidence(fact, f"personal data is hidden: {last(fact.name)}")
    for fact in project.valued(HASHES, "assign"):
        if any(WHO.fullmatch(name) for name in quoted(fact.value)):
            yield project.evidence(fact, f"a personal column is hashed: {fact.value[:70]}")


def declared(project: Project) -> Iterator[Evidence]:
    """Lists of personal and sensitive columns, in code and configuration."""
    note = "personal or sensitive columns are declared: "
    for fact in project.named(LISTED, "assign"):
        listed = DECLARES.fullmatch(words(last(fact.name)))
        if listed and any(COLUMN.fullmatch(name) for name in quoted(fact.value)):
            yield project.evidence(fact, note + fact.value[:60])
    for fact in project.named(LISTED, "yaml", "toml", "json"):
        about = DECLARES.search(words(fact.name))
        if about and len(fact.value) < 40 and COLUMN.fullmatch(words(fact.value).strip()):
            yield project.evidence(fact, note + fact.value)


def quoted(text: str) -> list[str]:
    """The words in quotes of a piece of source."""
    return [words(name) for name in QUOTED.findall(text)]


def written(project: Project) -> tuple[list[Evidence], bool]:
    """What documents say about personal data, and whether they say that there is none."""
    found = []
    none = False
    for fact in project.named(SAYS, "heading", "prose", role=("code", "docs", "example")):
        if ELSEWHERE.search(fact.name):
            continue
        if FOR_ASSISTANTS.search(fact.at.path):
            continue
        if NONE.search(fact.name):
            none = True
        elif ABOUT_DATA.search(fact.name):
            found.append(Evidence(fact.at, Strength.DECLARED, f"personal data in a document: {fact.name[:90]}"))
    return found, none


@check("DAT008", "Personal columns are handled", capability="personal_data", level=3, dimension="data")
def personal_columns_are_handled(project: Project) -> Verdict:
    """What: columns that tell who somebody is, or a protected trait, are dropped, hashed, declared or justified.

    Code that drops, hashes, masks or anonymises such columns, or a declared list of them, passes. A word about it in
    the documents only, or a document that says there is none while code uses one, is partial. Such columns in use
    without a word fail. When no column of the code looks personal, there is nothing to handle.

    Why: a name in the training data can be read back from a model; a trait in it decides about people.

    Fix: list the columns in the settings, drop or hash the identifiers on the way in, and justify the traits in the
    data card.

    Source: document 001; GDPR articles 5 and 9; Breck et al. 2017, ML Test Score (Data 5: privacy controls).
    """
    if project.kind in ("library", "collection", "template"):
        return not_applicable(f"a {project.kind} holds no persons' data of its own")
    done = [e for e in (*hidden(project), *declared(project)) if e.strength >= Strength.USED]
    if done:
        return passed("personal or sensitive columns are handled", best(done))
    columns = used_columns(project)
    said, none = written(project)
    if not columns and none:
        return not_applicable("the documents say that the data holds nothing personal")
    if not columns:
        return not_applicable("no column that the code names looks personal or sensitive")
    shown = [project.evidence(f, f"in use: {f.name!r}", cap=Strength.IMPORTED) for f in columns]
    if none:
        return partial(
            "the documents say that there is nothing personal, the code uses such a column", best(shown), WOULD
        )
    if said:
        return partial(
            "personal data is spoken of, but no code drops or hides it", (*best(said, 2), *best(shown, 1)), WOULD
        )
    return failed("personal or sensitive columns are used without a word", project.looked_in, WOULD, best(shown))
