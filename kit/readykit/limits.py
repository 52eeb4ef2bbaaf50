"""Every bound of the audit in one place. Hitting one is reported, never silent.

The figures come from measurement (see `docs/explanation`): they are far above honest projects and far below what
makes a parser hang.
"""

from __future__ import annotations

from typing import Final

MAX_FILES: Final = 200_000
"""Files listed in one tree."""
MAX_DEPTH: Final = 40
"""Folders inside folders."""
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
MAX_JSON_DEPTH: Final = 60
"""Nesting of a JSON file."""
MAX_TOML_DOTS: Final = 40
"""Dots in one key: tomllib is quadratic in them."""
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
MAX_PROSE_LINES: Final = 20_000
"""Lines of one document that are read as prose."""
