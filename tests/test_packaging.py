"""What `pip install readykit` gives: the wheel holds all it needs, and nothing else is on the path."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    # Through the sdist, as an index would serve it.
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(ROOT)],
        check=True,
        capture_output=True,
    )
    return out


@pytest.fixture(scope="module")
def installed(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty environment with the wheel in it."""
    from uv import find_uv_bin

    home = tmp_path_factory.mktemp("empty")
    uv = find_uv_bin()
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, str(home / "venv")], check=True)
    python = str(home / "venv" / "bin" / "python")
    wheel = next(built.glob("*.whl"))
    subprocess.run([uv, "pip", "install", "--quiet", "--python", python, str(wheel)], check=True)
    return home


def run(installed: Path, *words: str) -> subprocess.CompletedProcess[str]:
    env = {"PATH": os.environ["PATH"], "HOME": str(installed)}
    command = [str(installed / "venv" / "bin" / "kit"), *words]
    return subprocess.run(command, cwd=installed, env=env, capture_output=True, text=True)


def test_the_wheel_has_one_package_and_no_stray_files(built: Path) -> None:
    names = zipfile.ZipFile(next(built.glob("*.whl"))).namelist()
    tops = {name.split("/")[0] for name in names}
    assert {t for t in tops if not t.endswith(".dist-info")} == {"readykit"}
    assert {"readykit/copier.yml", "readykit/checks/standard.toml", "readykit/cli.py"} <= set(names)
    assert any(name.startswith("readykit/template/.github/") for name in names), (
        "hidden files of the template are missing"
    )
    assert not [name for name in names if "__pycache__" in name]


def test_the_sdist_has_what_the_wheel_is_made_of(built: Path) -> None:
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {
        "pyproject.toml",
        "copier.yml",
        "kit/readykit/cli.py",
        "checks/standard.toml",
        "noxfile.py",
        "LICENSE",
    } <= names


def test_the_installed_wheel_makes_a_project_and_audits_it(installed: Path) -> None:
    made = run(installed, "new", "flight-delays", "--defaults", "--no-sync")
    assert made.returncode == 0, made.stderr
    report = installed / "report.json"
    audited = run(installed, "audit", "flight-delays", "--output", str(report), "--min-score", "100")
    assert audited.returncode == 0, audited.stdout + audited.stderr
    assert json.loads(report.read_text())["score"] == 100
    assert "tracking" in run(installed, "add", "--list").stdout


def test_it_installs_few_packages(installed: Path) -> None:
    from uv import find_uv_bin

    python = str(installed / "venv" / "bin" / "python")
    listed = subprocess.run(
        [find_uv_bin(), "pip", "list", "--format", "json", "--python", python], check=True, capture_output=True
    )
    assert len(json.loads(listed.stdout)) < 40


def test_both_commands_and_the_module_are_the_same_program(installed: Path) -> None:
    folder = installed / "venv" / "bin"
    outputs = {
        subprocess.run([*command, "--version"], capture_output=True, text=True, check=True, cwd=installed).stdout
        for command in ([folder / "kit"], [folder / "readykit"], [folder / "python", "-m", "readykit"])
    }
    assert len(outputs) == 1
    assert outputs.pop().startswith("readykit 0.")
