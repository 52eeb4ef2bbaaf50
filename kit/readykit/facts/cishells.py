"""What CI systems do about failures: how strict a step's shell is, and which steps and jobs may fail."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from readykit.model import Fact

TOLERANT = re.compile(
    r"(.*)\.(continueOnError|ignore_error|soft_fail|allowFailure|allow_failure|ignore_failure|failure)"
)


def shell_of(shell: str) -> dict[str, str]:
    """What a step's shell does about failures: the default stops at one, `bash` minds pipes too, `bash {0}` goes on."""
    if shell == "bash":
        return {"pipefail": "yes"}
    if "{0}" not in shell:
        return {}
    strict = bool(re.search(r"\s-\w*e", shell))
    return {"errexit": "yes" if strict else "no"} | ({"pipefail": "yes"} if "pipefail" in shell else {})


def lax(flags: Sequence[str]) -> dict[str, str]:
    """What `bash -lc` before a text does about failures: it goes on after one unless it is told `-e`."""
    given = [flag for flag in flags if re.fullmatch(r"-\w+", flag) and ("c" in flag or "e" in flag)]
    if not any("c" in flag for flag in given):
        return {}
    strict = any("e" in flag for flag in given)
    return {"errexit": "yes" if strict else "no"} | ({"pipefail": "yes"} if "pipefail" in flags else {})


def tolerated(facts: Iterable[Fact]) -> set[str]:
    """Steps and jobs whose failure their system is told to ignore."""
    ends = ("continueOnError", "ignore_error", "soft_fail", "ailure")
    found = ((TOLERANT.fullmatch(fact.name), fact.value.lower()) for fact in facts if fact.name.endswith(ends))
    return {match[1] for match, value in found if match and value == ("ignore" if match[2] == "failure" else "true")}
