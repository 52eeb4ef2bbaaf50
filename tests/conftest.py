"""What several tests share: the project that the template generates, made once."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from readykit import scaffold

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from playwright.sync_api import Browser

ROOT = Path(__file__).parents[1]
LIVES_ALONE = "tests/test_walk.py"  # it makes a project of its own, so it can run beside the others

# A shell that runs us in the background ignores Ctrl-C for us and for all we start, which the tests of Ctrl-C would
# take for a fault of the program.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Files side by side; of the slow ones those that look at the one lived project one after the other."""
    from xdist.scheduler import LoadFileScheduling

    class Scheduling(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file: str = super()._split_scope(nodeid)
            return "lived" if config.option.markexpr == "slow" and file != LIVES_ALONE else file

    return Scheduling(config, log) if config.option.dist == "loadfile" else None


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A program that is missing skips a test on somebody's own machine; in the gate it is a fault of `.ci/run`."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("CI"):
        report.outcome = "failed"
    return report


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


@dataclass(frozen=True)
class Lived:
    """A project in which `kit demo` has run: where it is, what was printed, the figures behind it."""

    project: Path
    printed: str
    figures: dict[str, Any]

    def run(self, *command: str, timeout: float = 900) -> subprocess.CompletedProcess[str]:
        """Run a program of the project's environment in the project."""
        words = scaffold.tool(self.project, command[0], *command[1:])
        env = scaffold.environment(self.project)
        return subprocess.run(words, cwd=self.project, env=env, capture_output=True, text=True, timeout=timeout)


@pytest.fixture(scope="session")
def lived(tmp_path_factory: pytest.TempPathFactory, kit: list[str]) -> Lived:
    """The whole story, told once for all tests that look at its end."""
    folder = tmp_path_factory.mktemp("demo")
    command = [*kit, "demo", "readykit-demo", "--json", "figures.json"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=1200)
    assert done.returncode == 0, done.stdout + done.stderr
    return Lived(folder / "readykit-demo", done.stdout, json.loads((folder / "figures.json").read_text()))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless Chromium: the system's, or else the one that `playwright install chromium` fetched.

    It lives as long as a module, because Playwright's event loop runs until it ends.
    """
    from playwright.sync_api import sync_playwright

    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    found = next(filter(None, map(shutil.which, names)), None)
    with sync_playwright() as driver:
        made = driver.chromium.launch(executable_path=found)
        yield made
        made.close()
