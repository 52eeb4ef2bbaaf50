"""Switches: what is there, but off unless somebody turns it on."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from readykit.model import Evidence, Location, Strength

if TYPE_CHECKING:
    from readykit.project import Project

CODE = ("code", "template", "example")
# values that mean off, in Python and in configuration
OFF = re.compile(r"(False|None|0|\"\"|'')$")
OFF_IN_CONFIG = re.compile(r"(null|~|none|false|off|no|)$", re.IGNORECASE)


def weakened(evidence: Evidence, note: str) -> Evidence:
    """The same place as weaker evidence, with the reason."""
    return Evidence(evidence.at, Strength.DECLARED, note, evidence.tool)


def guarded_off(project: Project, at: Location) -> str:
    """The name of a switch that is off by default and decides whether a line runs; empty when there is none."""
    for branch in project.facts("branch", role=CODE, path=at.path):
        last = branch.at.end_line or branch.at.line
        if (
            branch.at.line <= at.line <= last
            and branch.detail.get("kind") == "if"
            and not branch.name.startswith("not ")
        ):
            for name in branch.detail.get("names", "").split():
                if is_off(project, at.path, name):
                    return name
    return ""


def is_off(project: Project, path: str, name: str) -> bool:
    """Whether a module sets a name to nothing, or a command line flag of that name has to be given."""
    values = [f.value for f in project.facts("assign", name=name, role=CODE, path=path)]
    if values:
        return all(OFF.match(value.strip()) for value in values)
    flag = "--" + name.replace("_", "-")
    for call in project.facts("call", name="*.add_argument", role=CODE, path=path):
        if flag in (
            call.detail.get("0", "").strip("\"'"),
            f"--{call.detail.get('0', '').strip(chr(34) + chr(39))[2:].replace('_', '-')}",
        ):
            return "store_true" in call.detail.get("action", "")
    return False


def config_group_off(project: Project, evidence: Evidence) -> bool:
    """Whether a configuration file is one choice of a group whose default is none of them."""
    folder, _, _ = evidence.at.path.rpartition("/")
    root, _, group = folder.rpartition("/")
    if not evidence.at.path.endswith((".yaml", ".yml")) or not root:
        return False
    for fact in project.facts("yaml", name=f"defaults[[]*].{group}", role=CODE, within=f"{root}/*"):
        if OFF_IN_CONFIG.match(fact.value.strip()):
            return True
    return False


def split_by_switch(project: Project, evidence: Iterable[Evidence]) -> tuple[list[Evidence], list[Evidence]]:
    """Evidence that runs by default, and evidence behind a switch that is off."""
    on, off = [], []
    for each in evidence:
        switch = guarded_off(project, each.at) if each.at.path.endswith((".py", ".ipynb")) else ""
        if switch:
            off.append(weakened(each, f"there, but `{switch}` is off by default"))
        elif config_group_off(project, each):
            off.append(weakened(each, "there, but the configuration selects none by default"))
        else:
            on.append(each)
    return on, off
