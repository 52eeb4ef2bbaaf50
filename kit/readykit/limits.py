"""Every bound of the audit in one place. Hitting one is reported, never silent.

The figures come from measurement (see `docs/explanation`): they are far above honest projects and far below what
makes a parser hang.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

MAX_FILES: Final = 200_000
"""Files listed in one tree."""
MAX_DEPTH: Final = 40
"""Folders inside folders."""
MAX_ROWS: Final = 2_000
"""Rows of one kind in a report: links, refused names, what could not be read."""
MAX_PATH: Final = 4_096
"""Characters of a path inside an archive."""
MAX_ENTRIES: Final = 400_000
"""Entries of a tree that are looked at: files, folders, links and all else."""
MAX_NAMES: Final = 64_000_000
"""Characters of all paths of a tree: a thousand folders deep, a path is longer than a file."""
MAX_HEADER: Final = 1_000_000
"""Bytes of one header of an archive (long names, comments)."""
MAX_UNPACKED: Final = 1_000_000_000
"""Bytes that one archive may unpack to."""
MAX_RATIO: Final = 200
"""How many times its size an archive may unpack to ..."""
RATIO_FROM: Final = 64_000_000
"""... from this many bytes on: a little text in a short archive may be very regular."""
MAX_KEPT_BYTES: Final = 100_000_000
"""Bytes of all files of a `.tar` that are kept in memory."""
LISTING_SECONDS: Final = 12.0
"""To list an archive or a store of objects, by the clock on the wall."""
MAX_LISTING: Final = 64_000_000
"""Bytes that git may say of the files in a commit."""
GIT_SECONDS: Final = 60.0
"""To read the files of a store of objects, by the clock on the wall."""
GIT_MEMORY: Final = 900_000_000
"""Address space of a git, in bytes."""
CLONE_SECONDS: Final = 180.0
"""To clone a repository."""
MAX_CLONE: Final = 500_000_000
"""Bytes of a clone."""
CLONE_DEPTH: Final = 50
"""Commits of a clone: enough to see how people work, not how they began."""
MAX_URL: Final = 2_000
"""Characters of an address."""
MAX_FILE_BYTES: Final = 2_000_000
"""A text file that is parsed (source, configuration)."""
MAX_NOTEBOOK_BYTES: Final = 40_000_000
"""A notebook: most of it is outputs, which are skipped."""
MAX_YAML_BYTES: Final = 1_000_000
"""A YAML file; libyaml needs about forty times as much memory."""
MAX_JSON_BYTES: Final = 400_000
"""A JSON file that is read as configuration; bigger ones are data."""
MAX_YAML_DEPTH: Final = 50
"""Nesting: libyaml itself dies at a hundred thousand."""
MAX_YAML_ALIASES: Final = 100
"""Aliases: a hundred of them can stand for a billion nodes."""
MAX_YAML_NODES: Final = 60_000
"""Scalars taken from one file."""
MAX_CONFIG_NAMES: Final = 30_000_000
"""Characters of all dotted names of one configuration file: a long key is repeated in each name below it."""
MAX_JSON_DEPTH: Final = 60
"""Nesting of a JSON file."""
MAX_TOML_DOTS: Final = 40
"""Dots in one key: tomllib is quadratic in them."""
MAX_TOML_VALUES: Final = 60_000
"""Values taken from one TOML file."""
MAX_LOCK_BYTES: Final = 12_000_000
"""A lock file; read by lines, never parsed whole."""
MAX_SNIPPET: Final = 80
"""Characters of source kept for an argument."""
MAX_TEST_SNIPPET: Final = 160
"""Characters of source kept for a condition."""
MAX_STRING: Final = 300
"""Characters of a string constant that is kept."""
MAX_NAME: Final = 200
"""Characters of a resolved name; longer chains are cut to their last part."""
MAX_HOPS: Final = 8
"""Commands that call commands that call commands."""
MAX_CHAINS: Final = 200_000
"""Ways from a CI job to a command that it leads to, in all jobs of a repository."""
MAX_STEPS: Final = 500_000
"""Steps from what runs to what it starts, in all of a repository: the largest of a hundred repositories has 31,000."""
MAX_R_FACTS: Final = 60_000
"""Facts taken from one file of R."""
MAX_FIELDS: Final = 2_000_000_000
"""Fields of one f-string times its characters: up to Python 3.11 the parser looks for each of them from the start."""
MAX_COMMANDS: Final = 50_000
"""Shell commands of one text."""
MAX_PROSE_LINES: Final = 20_000
"""Lines of one document that are read as prose."""
MAX_SENTENCE: Final = 3_000
"""Characters between two full stops: what is longer states nothing."""
MAX_CACHE_BYTES: Final = 400_000_000
"""The whole cache; the oldest entries go first."""
MAX_CACHE_ENTRY: Final = 128_000_000
"""One entry of the cache."""
FILE_SECONDS: Final = 5.0
"""Processor time to read one file as its kind; what takes longer becomes a row."""
CHECK_SECONDS: Final = 10.0
"""Processor time of one check on one project; one that takes longer is `unknown`."""
READING_SECONDS: Final = 60.0
"""Processor time to read all files; the rest become rows."""
JUDGING_SECONDS: Final = 60.0
"""Processor time of all checks together; the rest are `unknown`."""
STILL_SECONDS: Final = 20.0
"""Without a sign of life from the worker it is ended: a parser in C hangs where no clock of Python reaches."""
AUDIT_SECONDS: Final = 240.0
"""One whole audit, by the clock on the wall."""
MAX_MEMORY: Final = 1_000_000_000
"""Address space of a worker, in bytes."""
MAX_OPEN_FILES: Final = 256
"""Files that a worker has open at once."""
MAX_WRITTEN: Final = 256_000_000
"""Bytes of one file that a worker writes (the cache and nothing else)."""
MAX_RESTARTS: Final = 6
"""Workers that die in a row before an audit is given up."""
MAX_REPORT_BYTES: Final = 256_000_000
"""What a worker hands back."""
BUDGETS: Final[Mapping[str, int]] = {
    "python": 8_000_000, "yaml": 3_000_000, "json_": 3_000_000, "markdown": 5_000_000, "source": 12_000_000,
}  # fmt: skip
"""Bytes of one kind of file that are read whole: all of nearly every project; in a larger tree the telling ones."""
JUDGED_APART_BYTES: Final = 3_000_000
"""Bytes of a tree from which a second process judges half of the checks."""
JUDGED_MEMORY: Final = 16_000_000
"""Bytes by which a process that judges may grow before a new one goes on, which has looked nothing up yet."""
PARALLEL_BYTES: Final = 1_200_000
"""Bytes of Python, or what costs as much, from which a second process pays."""
MAX_KEPT_TEXT: Final = 2_000_000
"""Characters of text that are kept in memory for who asks again."""
MAX_FACTS: Final = 60_000
"""Facts of one file; the richest of a hundred repositories has 4,300."""
MAX_PARSED: Final = 1_000_000
"""Bytes of a Python file that is parsed. A larger one is data, and read by lines: its tree takes 150 times as much."""
