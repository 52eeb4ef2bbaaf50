"""The documentation site: `nox -s docs` builds it from these pages and from the checks, without network."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import generate  # noqa: E402
from readykit import __version__  # noqa: E402

if TYPE_CHECKING:
    from sphinx.application import Sphinx

project = "readykit"
author = "readykit"
release = version = __version__
project_copyright = "readykit, Apache-2.0"
extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build"]
nitpicky = True
myst_heading_anchors = 3
myst_enable_extensions = ["deflist"]
html_theme = "furo"
html_title = f"readykit {release}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sphinx = False
html_copy_source = False
html_theme_options = {"navigation_with_keys": True}
highlight_language = "text"
suppress_warnings = ["myst.header"]


def setup(app: Sphinx) -> None:
    """Write the generated pages before the sources are looked for."""
    app.connect("config-inited", lambda *_: generate.write(HERE / "generated"))
