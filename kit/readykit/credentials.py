"""Text that looks like a credential, by shapes that nothing else has, and by a name with a random value beside it.

What is found is never shown: a `Leak` says by a masked beginning, the place and its kind what it is. The value itself
serves only to mask it wherever else a report quotes it.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from readykit.model import Location
from readykit.sieve import Sieve, sieve

# What stands at the beginning of a token, and its whole shape. The first is looked for as plain text, which is fast;
# the second must match between characters that cannot belong to a longer word (base64 of an image, a hash).
SHAPES = tuple(
    (start, re.compile(rf"(?<![A-Za-z0-9{'' if start[-1] in '-_' else '+/'}]){shape}(?![\w+/])"), what)
    for start, shape, what in (
        ("AKIA", r"AKIA[0-9A-Z]{16}", "a cloud access key"),
        ("ASIA", r"ASIA[0-9A-Z]{16}", "a cloud access key"),
        ("AIza", r"AIza[0-9A-Za-z_-]{35}", "a cloud API key"),
        ("GOCSPX-", r"GOCSPX-[\w-]{28}", "an OAuth client secret"),
        ("ghp_", r"ghp_[A-Za-z0-9]{36,}", "a code host's token"),
        ("gho_", r"gho_[A-Za-z0-9]{36,}", "a code host's token"),
        ("ghs_", r"ghs_[A-Za-z0-9]{36,}", "a code host's token"),
        ("github_pat_", r"github_pat_\w{60,}", "a code host's token"),
        ("glpat-", r"glpat-[\w-]{20,}", "a code host's token"),
        ("xox", r"xox[abeprs]-[0-9A-Za-z-]{20,}", "a chat token"),
        ("hooks.slack.com/services/", r"hooks\.slack\.com/services/T\w{8,}/B\w{8,}/\w{20,}", "a chat webhook"),
        ("/api/webhooks/", r"discord(?:app)?\.com/api/webhooks/\d{15,}/[\w-]{50,}", "a chat webhook"),
        (":AA", r"\d{8,10}:AA[\w-]{33}", "a chat bot's token"),
        ("sk-", r"sk-(?:[A-Za-z0-9]{0,19}[_-])*+[A-Za-z0-9]{20,}[\w-]*", "a model provider's key"),
        ("gsk_", r"gsk_[A-Za-z0-9]{40,}", "a model provider's key"),
        ("wandb_v1_", r"wandb_v1_\w{40,}", "an experiment tracker's key"),
        # base64 of the beginning of a tracker's token: {"api_address": or {"api_
        ("eyJhcGlf", r"eyJhcGlf[A-Za-z0-9_-]{60,}={0,2}", "an experiment tracker's token"),
        ("pnu_", r"pnu_[A-Za-z0-9]{36}", "a workflow service's key"),
        ("hf_", r"hf_[A-Za-z0-9]{30,}", "a model hub's token"),
        ("dapi", r"dapi[0-9a-f]{32}(?:-\d)?", "a data platform's token"),
        ("dckr_pat_", r"dckr_pat_[\w-]{20,}", "an image registry's token"),
        ("pypi-AgE", r"pypi-AgE[\w-]{50,}", "a package index token"),
        ("npm_", r"npm_[A-Za-z0-9]{36}", "a package index token"),
        ("SG.", r"SG\.[\w-]{20,}\.[\w-]{35,}", "a mail service's key"),
        ("_live_", r"[rs]k_live_[0-9A-Za-z]{20,}", "a payment key"),
        ("AccountKey=", r"AccountKey=[A-Za-z0-9+/]{80,}={0,2}", "a storage account key"),
        ("SharedAccessKey=", r"SharedAccessKey=[A-Za-z0-9+/]{40,}={0,2}", "a shared access key"),
    )
)  # fmt: skip
LEADS = {"/api/webhooks/": 14, ":AA": 10, "_live_": 2}
"""How many characters of a token stand before what it is found by; others begin with it."""
ANYWHERE = ("AccountKey=", "SharedAccessKey=", "hooks.slack.com/services/", "/api/webhooks/")
"""What does not stand in one long word together with its token."""
PRIVATE_KEY = re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY(?: BLOCK)?-----(?:\s|\\n)*[A-Za-z0-9+/=:,\s\\-]{60,}")
ENCODED_KEY = re.compile(r"LS0tLS1CRUdJTi[A-Za-z0-9+/]{60,}")  # base64 of "-----BEGIN": certificates have it as well
KEY_PAIR = re.compile(r"\"username\"\s*:\s*\"[^\"]+\"\s*,\s*\"key\"\s*:\s*\"([0-9a-f]{32,40})\"")
# whoever logs in with a literal shows it: login("..."), login(key="..."), `tool login 0a1b...`
LOGIN = re.compile(r"\blogin\b[^\n#]{0,40}?(?<![\w/@:.-])([0-9a-f]{32,64})(?![\w/.-])")
BEARER = re.compile(r"\bBearer\s+([A-Za-z0-9._~+/-]{24,}=*)")
# the default of an option whose name speaks of a secret: add_argument("--wandb-key", default="..."), also over lines
OPTION = re.compile(
    r"[\"']--?[\w-]*(?:key|token|secret|passw(?:or)?d|credentials?)[\"'][^()]{0,120}?"
    r"\bdefault\s*=\s*([\"'])([^\"'\s]{12,})\1",
    re.IGNORECASE,
)
# a login with a name, whose value stands in the same file: key = "0a1b..." and login(key=key)
DEFAULT = re.compile(r"\bdefault\s*=\s*([\"'])([^\"'\s]{12,})\1", re.IGNORECASE)
LOGIN_BY_NAME = re.compile(r"\blogin\(\s*(?:\w+\s*=\s*)?([A-Za-z_]\w*)\s*[,)]")
KEY_BY_NAME = re.compile(r"(?<![\w.])([A-Za-z_]\w*+)\s*+=\s*+[\"']([0-9a-f]{32,64}(?=[\"'])|[\w-]{60,}+(?=[\"']))")
THIS_MACHINE = re.compile(r"(localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\])(:|$)")
IN_ADDRESS = re.compile(r"://([^\s:/@\"'<>{}$]+):([^\s/@\"'<>{}$]{3,})@([^\s/:\"'?<>{}$]+)")

SECRET_WORDS = ("password", "passwd", "secret", "token", "apikey", "api_key", "api-key", "access_key", "accesskey",
                "account_key", "private_key", "auth_key", "encryption_key", "signing_key", "credential", "_pwd", "_pat",
                "sas_token", "connection_string", "_key")  # fmt: skip
# the same as few plain searches: `key` counts behind the one, and where a name must be a setting also behind the other
HINTS = (b"passw", b"secret", b"token", b"credential", b"_pwd", b"_pat", b"connection_string")
KEYS = (b"_", b"api", b"api-", b"access")
OTHERS = (b"account", b"private", b"auth", b"encryption", b"signing")
OTHER_KEYS = (*OTHERS, *(word + b"-" for word in (*OTHERS, b"access")))
NAMES = (
    r"(?:passwords?|passwd|passphrase|_pwd|secrets?|token|api[_-]?key|access[_-]?key|account[_-]?key"
    r"|private[_-]?key|auth[_-]?key|encryption[_-]?key|signing[_-]?key|secret[_-]?key|credentials?|_pat|[A-Z]{3,}_KEY)"
)
NAME = rf"[\w.-]*{NAMES}"
OF_SOMETHING_ELSE = re.compile(
    # a name that speaks about a secret without holding it, and words that only look like one
    r"tokeni[sz]|tokens$|max_?token|num_?token|public|_?(name|names|file|path|url|uri|env|arn|ref|type|format|length"
    r"|len|size|expir\w*|ttl|header|field|column|version|id)$|^(pad|eos|bos|unk|sep|cls|mask|image|special)_?token"
    r"|next_?token|page_?token|continuation|csrf|sort|foreign|primary|partition",
    re.IGNORECASE,
)
ACCESS_ID = re.compile(r"access_?key_?id$", re.IGNORECASE)
START = r"(?<![\w.-])"  # a name is read from its beginning, which saves trying again from each of its letters
SEPARATOR = r"[\"'\])]*\s*(?::\s*(?:Optional\[)?str\]?(?:\s*\|\s*None)?\s*=|:=|=>|[:=])\s*"
# in code a value is a quoted string, in configuration it may stand bare
QUOTED = re.compile(rf"{START}({NAME}\w*+){SEPARATOR}[bf]?([\"'])([^\"'\s]{{6,}})\2", re.IGNORECASE)
BARE = re.compile(rf"{START}({NAME}\w*+){SEPARATOR}[\"']?([^\s\"',;#]{{5,}})", re.IGNORECASE)
NAMED_VALUE = re.compile(rf"name:\s*[\"']?({NAME}\w*)[\"']?\s*\n\s*value:\s*[\"']?([^\s\"'#]{{5,}})", re.IGNORECASE)

# names and values without a sign of equality between them: cell magics and shell lines of a notebook, calls that set
# an environment variable, commands that write a tool's settings
GIVEN = re.compile(
    r"(?:%(?:set_)?env\s+|!\s*export\s+|(?:setdefault|putenv|setenv|set_key)\(\s*[\"']"
    r"|(?:remote modify|configure set|config set)\b[^\n\"'\\]{0,60}?\s(?=\S+\s))"
    rf"({NAME}\w*)(?:[\"']\s*,\s*|\s*=\s*|\s+)[\"']?([^\s\"'\\,;#()]{{12,}})",
    re.IGNORECASE,
)
SETTERS = (b"%env", b"%set_env", b"export", b"setdefault(", b"putenv(", b"setenv(", b"set_key(", b"remote modify",
           b"configure set", b"config set")  # fmt: skip

# what each of these has behind the word that speaks of a secret, as seen in the sieve of a text
REST = re.compile(rb"[\w?]*+")
BEHIND_QUOTED = re.compile(rf"[\w?]*+{SEPARATOR}[bf]?[\"'][^\"'\s]{{6}}".lower().encode())
BEHIND_BARE = re.compile(rf"[\w?]*+{SEPARATOR}[\"']?[^\s\"',;#]{{5}}".lower().encode())
BEHIND_NAMED = re.compile(rb"[\w?]*+[\"']?\s*+value:")
BEHIND_GIVEN = re.compile(rb"[\w?]*+(?:[\"']\s*,\s*|\s*=\s*|\s+)[\"']?[^\s\"'\\,;#()]{12}")

REFERENCE = re.compile(
    r"[${}<>()\[\]|*\\]|%\(|^[@!&/.~]|^\w+\.\w+\.?\w*\(|://|^(arn|projects|secrets?|env|vault)[:/.]|…"
)
PLACEHOLDER = re.compile(
    r"example|your|chang|dummy|fake|placeholder|sample|xxx|\.\.\.|todo|insert|replace|redacted|masked|hidden|\btest|mock"
    r"|secret|password|passwd|token|api_?key|access_?key|none|null|true|false|undefined|my[_-]?|some|here|enter|abcdef"
    r"|123456|000000|aaaaaa|foo|bar$|p@ss|demo|_key$|^key",
    re.IGNORECASE,
)
# passwords that everybody tries first: words for the role or the service, with a few digits behind them
COMMON = re.compile(
    r"(admin|administrator|root|postgres\w*|password|passwd|pass|secret|minio\w*|mlflow\w*|feast|elastic|redis|airflow|mysql"
    r"|mongo\w*|guest|grafana|rabbitmq|rabbit|user\w*|test\w*|changeme|qwerty|default|demo|prefect|dev|local|example)"
    r"[\d!@#_-]{0,5}|\d{1,8}|P@ss\w*",
    re.IGNORECASE,
)
WORD = re.compile(r"[a-z_-]{2,}[\d!@#]{0,5}", re.IGNORECASE)
KEY_FILE = re.compile(r"[A-Za-z0-9+/_-]{32,100}={0,2}")
MASKED, LEAST_RANDOM, LONG, LONGEST_LINE = 4, 3.0, 16, 2_000
BEHIND, FAR = 300, 240  # how far a value reaches behind what gives it away, and how far that stands behind an option


@dataclass(frozen=True, slots=True)
class Leak:
    """A credential in the text: what it is, where, its masked beginning; `common` is one that everybody knows."""

    at: Location
    what: str
    masked: str
    common: bool = False
    value: str = field(default="", repr=False, compare=False)


def masked(value: str) -> str:
    """The beginning of a value that is enough to find it: a quarter, four characters at most."""
    return f"{value[: min(MASKED, len(value) // 4)]}…"


def entropy(text: str) -> float:
    """Bits a character."""
    counts = Counter(text)
    return -sum(n / len(text) * math.log2(n / len(text)) for n in counts.values())


def random(value: str) -> bool:
    """Whether a value was made by a machine: letters and digits in an order that no word has."""
    classes = sum(bool(re.search(part, value)) for part in (r"[a-z]", r"[A-Z]", r"\d", r"[^\w]"))
    if len(value) >= LONG:
        digits = sum(c.isdigit() for c in value)
        return entropy(value) >= LEAST_RANDOM and digits >= 2 and classes >= 2 and not wordy(value)
    return classes >= 3 and not WORD.fullmatch(value) and not wordy(value)


def wordy(value: str) -> bool:
    """Whether most of a value is lower-case words or one path: `training-data-2024`, `models/v1/model.pkl`."""
    letters = sum(len(word) for word in re.findall(r"(?<![A-Za-z0-9])[A-Z]?[a-z]{3,}(?![A-Za-z0-9])", value))
    return letters * 2 >= len(value) or bool(re.search(r"\.[a-z]{2,5}$", value))


def leaks(text: str, path: str, *, code: bool, prose: bool = False) -> Iterator[Leak]:
    """Credentials of a text.

    Args:
        text: what to look through.
        path: its path, for the places.
        code: values must be quoted to count, as in a programming language.
        prose: only shapes that nothing else has are looked for.
    """
    found = list(shaped(text))
    if not prose:
        found += in_addresses(text)
        found += handed_over(text)
        found += named(text, code)
        if path.endswith((".key", ".secret")) and KEY_FILE.fullmatch(text.strip()) and random(text.strip()):
            found.append((0, "a key in a file of its own", text.strip(), False))
    for start, what, value, common in found:
        yield Leak(Location(path, sieve(text).line(start)), what, masked(value), common, value)


Row = tuple[int, str, str, bool]


def shaped(text: str) -> Iterator[Row]:
    """Tokens that show by their form what they are."""
    dense = sieve(text).dense
    for start, shape, what in SHAPES:
        if start not in (text if start in ANYWHERE else dense):
            continue
        lead = LEADS.get(start, 0)
        place = text.find(start)
        while place >= 0:
            end = place + BEHIND
            match = shape.search(text, max(0, place - lead), end) if lead else shape.match(text, place, end)
            if match and not PLACEHOLDER.search(match[0].partition(start)[2]) and entropy(match[0]) > LEAST_RANDOM:
                yield match.start(), what, match[0], False
            place = text.find(start, match.end() if match else place + 1)
    if "PRIVATE KEY" in text:
        for match in PRIVATE_KEY.finditer(text):
            if "..." not in match[0] and entropy(match[0][30:]) > LEAST_RANDOM:
                yield match.start(), "a private key", "-----BEGIN", False
    for match in ENCODED_KEY.finditer(text) if "LS0tLS1CRUdJTi" in text else ():
        if "PRIVATE KEY" in decoded(match[0][:64]):
            yield match.start(), "a private key in base64", match[0], False


def decoded(value: str) -> str:
    """Base64 as text, empty when it is none."""
    try:
        return base64.b64decode(value + "=" * (-len(value) % 4), validate=True).decode("ascii")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return ""


def in_addresses(text: str) -> Iterator[Row]:
    """`scheme://user:password@host` with a password that is no reference."""
    for place in places(text, "://") if "@" in text else ():
        match = IN_ADDRESS.match(text, place)
        if match is None:
            continue
        user, word, host = match.groups()
        if PLACEHOLDER.search(word) or PLACEHOLDER.search(user) or PLACEHOLDER.search(host) or REFERENCE.search(word):
            common = word.lower() in ("password", "secret", "passwd")
            if common:
                yield match.start(2), "a password in an address", word, True
            continue
        remote = "." in host and not re.match(r"localhost|127\.|0\.0|10\.|192\.168|.*\.(local|svc|internal)$", host)
        if THIS_MACHINE.match(host):
            yield match.start(2), "a password of this machine in an address", word, True
        elif random(word) or (remote and not COMMON.fullmatch(word)):
            yield match.start(2), "a password in an address", word, False
        elif COMMON.fullmatch(word):
            yield match.start(2), "a password in an address", word, True


def handed_over(text: str) -> Iterator[Row]:
    """Keys given to a login, in a header, or as a downloaded pair of user and key."""
    for word, pattern, what in (
        ("login", LOGIN, "a key given to a login"), ("Bearer", BEARER, "a bearer token"),
        ('"username"', KEY_PAIR, "an API key"),
    ):  # fmt: skip
        for match in matches(pattern, text, places(text, word)):
            if random(match[1]) and not PLACEHOLDER.search(match[1]):
                yield match.start(1), what, match[1], False
    yield from set_elsewhere(text)
    for place in sieve(text).places(b"default"):
        value = DEFAULT.match(text, place)
        option = OPTION.search(text, max(0, place - FAR), value.end()) if value else None
        if option and random(option[2]) and not PLACEHOLDER.search(option[2]) and not REFERENCE.search(option[2]):
            yield option.start(2), "a secret as the default of an option", option[2], False


def matches(pattern: re.Pattern[str], text: str, starts: Iterable[int]) -> Iterator[re.Match[str]]:
    """What a pattern matches at some places, one after the other."""
    done = 0
    for start in starts:
        if start >= done and (match := pattern.match(text, start)):
            done = match.end()
            yield match


def set_elsewhere(text: str) -> Iterator[Row]:
    """Keys under a name that a login then uses, and values handed to whatever keeps settings."""
    logins = [match[1] for match in matches(LOGIN_BY_NAME, text, places(text, "login("))]
    values: dict[str, re.Match[str]] = {}
    for match in KEY_BY_NAME.finditer(text) if logins else ():
        values.setdefault(match[1], match)
    for name in logins:
        given = values.get(name)
        if given and random(given[2]) and not PLACEHOLDER.search(given[2]):
            yield given.start(2), "a key given to a login", given[2], False
    for match in given_to_setters(text):
        row = judged(match[1], match[2])
        if row is not None and not row[1]:
            yield match.start(2), row[0], match[2], False


def given_to_setters(text: str) -> Iterable[re.Match[str]]:
    """Names and values without a sign of equality, looked for around the words that speak of a secret."""
    sift, found = sieve(text), {}
    for place in sorted({*hits(sift).names, *hits(sift).others}):
        start = max(0, place - FAR)
        if BEHIND_GIVEN.match(sift.low, place) and any(word in sift.low[start:place] for word in SETTERS):
            found.update({match.start(2): match for match in GIVEN.finditer(text, start, place + BEHIND)})
    return found.values()


def places(text: str, part: str) -> Iterator[int]:
    """Where a part stands in a text."""
    place = text.find(part)
    while place >= 0:
        yield place
        place = text.find(part, place + len(part))


@dataclass(frozen=True, slots=True)
class Hits:
    """Where a text speaks of a secret: by one of `SECRET_WORDS`, or by a word that does so only in a setting's name."""

    names: list[int]
    others: list[int]


@lru_cache(maxsize=1)
def hits(sift: Sieve) -> Hits:
    """Where a text speaks of a secret, looked for once."""
    names, others = [place for word in HINTS for place in sift.places(word)], [*sift.places(b"passphrase")]
    low = sift.low
    for place in sift.places(b"key"):
        if low.endswith(KEYS, 0, place):
            names.append(place)
        elif low.endswith(OTHER_KEYS, 0, place):
            others.append(place)
    return Hits(list(apart(low, sorted(names))), list(apart(low, sorted(others))))


def apart(low: bytes, hits: Iterable[int]) -> Iterator[int]:
    """The first of the hits in each word: what stands behind the word is the same for all of them."""
    end = 0
    for place in hits:
        if place >= end and (rest := REST.match(low, place)):
            end = rest.end()
            yield place


def named(text: str, code: bool) -> Iterator[Row]:
    """Values of names that speak of a secret."""
    encoded = "kind: Secret" in text
    sift = sieve(text)
    behind, pattern = (BEHIND_QUOTED, QUOTED) if code else (BEHIND_BARE, BARE)
    for start in lines_of_values(sift, behind):
        end = sift.end(start)
        if end - start >= LONGEST_LINE:
            continue
        for match in pattern.finditer(text[start:end]):
            value = match[3] if code else match[2]
            row = judged(match[1], value.strip("\"'"), encoded)
            if row is not None:
                yield start + match.start(match.lastindex or 0), row[0], value, row[1]
    for match in below(sift) if "value:" in text and not code else ():
        row = judged(match[1], match[2], False)
        if row is not None:
            yield match.start(2), row[0], match[2], row[1]


def lines_of_values(sift: Sieve, behind: re.Pattern[bytes]) -> list[int]:
    """The beginnings of lines that speak of a secret and have a value behind such a word."""
    found, low = hits(sift), sift.low
    lines = set(sift.lines(place for place in found.names if behind.match(low, place)))
    others = [place for place in found.others if behind.match(low, place)]
    if others:
        lines.update(set(sift.lines(others)).intersection(sift.lines(found.names)))
    return sorted(lines)


def below(sift: Sieve) -> Iterator[re.Match[str]]:
    """Names that speak of a secret with a value on the next line."""
    found = sorted(place for many in (hits(sift).names, hits(sift).others) for place in many)
    for start in sorted(set(sift.lines(place for place in found if BEHIND_NAMED.match(sift.low, place)))):
        name = sift.low.find(b"name:", start, min(sift.end(start), start + LONGEST_LINE))
        if name >= 0:
            yield from NAMED_VALUE.finditer(sift.text, name, start + 2 * LONGEST_LINE)


def judged(name: str, value: str, encoded: bool = False) -> tuple[str, bool] | None:
    """What a name's value is, and whether it is a common one; None when it is no credential."""
    if (OF_SOMETHING_ELSE.search(name) and not ACCESS_ID.search(name)) or REFERENCE.search(value):
        return None
    password = bool(re.search(r"pass|pwd", name, re.IGNORECASE))
    what = "a password" if password else "a secret"
    plain = decoded(value) if encoded else ""
    if plain.isprintable() and len(plain) > 3:
        what, value = f"{what} in base64, which hides nothing", plain
        common = bool(COMMON.fullmatch(value) or PLACEHOLDER.search(value))
        return what, common
    if PLACEHOLDER.search(value):
        return (what, True) if re.fullmatch(r"(\w{0,10}(password|secret))\d{0,4}", value, re.IGNORECASE) else None
    if random(value) and (password or len(value) >= LONG):
        return what, False
    known = password or re.search(r"secret|access_?key", name, re.IGNORECASE)
    return (what, True) if known and COMMON.fullmatch(value) else None
