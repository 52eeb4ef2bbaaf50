"""Completion in a real shell: what stands on the line goes in, what a user could choose comes out."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

ASK = """\
source "$1"
COMP_WORDS=("${@:2}")
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
COMP_LINE="${COMP_WORDS[*]}"
COMP_POINT=${#COMP_LINE}
_shtab_kit
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture(scope="module")
def script(kit: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("completion") / "kit.bash"
    path.write_text(subprocess.run([*kit, "completion", "bash"], check=True, capture_output=True, text=True).stdout)
    return path


@pytest.mark.parametrize(
    ("words", "offered", "not_offered"),
    [
        (["kit", ""], {"audit", "new", "completion"}, {"--format"}),
        (["kit", "audit", "--f"], {"--format", "--fail-on"}, {"--min-score"}),
        (["kit", "audit", "--format", "sa"], {"sarif"}, {"json"}),
        (["kit", "audit", "--fail-on", ""], {"new", "worse", "any"}, set()),
        (["kit", "audit", "--profile", "pro"], {"production"}, {"trial"}),
        (["kit", "explain", "TRK00"], {"TRK001", "TRK002"}, {"SEC001"}),
        (["kit", "audit", "READ"], {"README.md"}, {"TRK001"}),
        (["kit", "audit", "--baseline", "READ"], {"README.md"}, set()),
    ],
)
def test_bash_offers_what_fits(
    script: Path, tmp_path: Path, words: list[str], offered: set[str], not_offered: set[str]
) -> None:
    (tmp_path / "README.md").touch()
    done = subprocess.run(
        ["bash", "--norc", "-c", ASK, "bash", str(script), *words],
        cwd=tmp_path, env={"PATH": os.environ["PATH"]}, capture_output=True, text=True,
    )  # fmt: skip
    found = set(done.stdout.split())
    assert offered <= found, done.stderr
    assert not found & not_offered


@pytest.mark.parametrize(("shell", "first"), [("zsh", "#compdef kit"), ("fish", "#")])
def test_other_shells_get_their_script(kit: list[str], shell: str, first: str) -> None:
    done = subprocess.run([*kit, "completion", shell], check=True, capture_output=True, text=True)
    assert done.stdout.startswith(first)
    assert "--fail-on" in done.stdout or "fail-on" in done.stdout
    assert subprocess.run([*kit, "completion", "tcl"], capture_output=True).returncode == 2
