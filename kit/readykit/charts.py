"""Helm charts that somebody else wrote and that were copied in: what they declare is not the project's own work."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from readykit.once import once

if TYPE_CHECKING:
    from readykit.project import Project

# What a chart says that is published for others; `helm create` writes none of it.
PUBLISHED = re.compile(r"^(home|sources(\[\d+\])?|maintainers\[\d+\]\.\w+|annotations\.artifacthub.*)$")
ENOUGH = 2


@once
def third_party(project: Project) -> tuple[str, ...]:
    """The folders, with a trailing slash, of charts that carry the marks of publication and of those inside them."""
    own = project.repo.name.rpartition("+")[2].lower()
    found = []
    for path in project.files("Chart.yaml", "**/Chart.yaml"):
        facts = [f for f in project.repo.facts(path) if f.kind == "yaml" and PUBLISHED.match(f.name)]
        kinds = {re.sub(r"\W.*", "", f.name) for f in facts}
        mentions = any(own and own in f.value.lower() for f in facts)
        if len(kinds) >= ENOUGH and not mentions:
            found.append(path.removesuffix("Chart.yaml"))
    return tuple(folder for folder in found if folder)
