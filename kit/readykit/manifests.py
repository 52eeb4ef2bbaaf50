"""Which manifests of a cluster are applied, and which are left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from readykit.project import Project


def unlisted(project: Project, path: str) -> bool:
    """Whether a manifest stands beside or below a kustomization that does not list it."""
    folder = path.rpartition("/")[0]
    while True:
        prefix = f"{folder}/" if folder else ""
        for base in ("kustomization.yaml", "kustomization.yml"):
            if prefix + base in project.repo.known and not path.endswith(base):
                inside = path.removeprefix(prefix)
                listed = [
                    f.value.removeprefix("./").rstrip("/") for f in project.facts("yaml", path=prefix + base, role=None)
                ]
                return not any(inside == item or inside.startswith(f"{item}/") for item in listed if item)
        if not folder:
            return False
        folder = folder.rpartition("/")[0]
