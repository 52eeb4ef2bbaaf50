"""Where our own files are: inside the package when installed, at the repository root when developed.

The wheel puts `checks/`, `template/`, `additions/` and `copier.yml` inside the package; an editable install finds them
live in the checkout, so that a change to a check or a template file needs no reinstall.
"""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
HOME = PACKAGE if (PACKAGE / "checks").is_dir() else PACKAGE.parents[1]

CHECKS = HOME / "checks"
TOOLS = CHECKS / "tools"
EXAMPLES = CHECKS / "examples"
RUBRICS = CHECKS / "rubrics"
CLAIMS = CHECKS / "claims.toml"
INTERVIEW = CHECKS / "interview.toml"
STANDARD = CHECKS / "standard.toml"
TEMPLATE = HOME / "template"
ADDITIONS = HOME / "additions"
QUESTIONS = PACKAGE / "copier.yml"
RESERVED = PACKAGE / "reserved.yml"
