"""What several tests share: the project that the template generates, made once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def kit() -> list[str]:
    """The command line, as a user's shell would run it."""
    return [str(Path(sys.executable).parent / ("kit.exe" if os.name == "nt" else "kit"))]


@pytest.fixture(scope="session")
def generated(tmp_path_factory: pytest.TempPathFactory, kit: list[str]) -> Path:
    """A project fresh from `kit new --defaults`, with its git repository and without an installed environment."""
    target = tmp_path_factory.mktemp("generated") / "flight-delays"
    subprocess.run([*kit, "new", str(target), "--defaults", "--no-sync", "--quiet"], check=True)
    return target
