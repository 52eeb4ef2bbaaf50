"""`kit doctor` says what a machine lacks, what that is for and how to get it, and keeps secrets to itself."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest
from readykit.doctor import synced


def doctor(kit: list[str], *words: str, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    command = [*kit, "doctor", *words]
    return subprocess.run(command, cwd=cwd, env={**os.environ, **env}, capture_output=True, text=True)


def parts(done: subprocess.CompletedProcess[str]) -> dict[str, dict[str, Any]]:
    return {part["name"]: part for part in json.loads(done.stdout)["parts"]}


@pytest.fixture(scope="module")
def bare(kit: list[str], tmp_path_factory: pytest.TempPathFactory) -> subprocess.CompletedProcess[str]:
    """A machine without programs, whose package index does not answer, asked for JSON."""
    folder = tmp_path_factory.mktemp("bare")
    mirror = "http://me:hunter2secret@127.0.0.1:9/simple"
    return doctor(
        kit, "--json", cwd=folder, PATH=str(folder), UV_DEFAULT_INDEX=mirror, UV_HTTP_RETRIES="0", UV_OFFLINE="0"
    )


def test_what_is_needed_and_missing_makes_the_exit_code(bare: subprocess.CompletedProcess[str]) -> None:
    assert bare.returncode == 1, bare.stderr
    found = parts(bare)
    assert json.loads(bare.stdout)["ready"] is False
    assert {name for name, part in found.items() if part["state"] == "missing"} == {"git", "uv", "package index"}
    assert {"docker", "kubectl", "browser"} <= {name for name, part in found.items() if part["state"] == "optional"}
    for name in ("git", "uv", "docker", "kubectl", "browser", "Python"):
        assert set(found[name]["get"]) == {"Linux", "macOS", "Windows"}
        assert found[name]["use"]
    assert "not on the PATH" in found["uv"]["found"], "the one that came with this program is no command"


def test_the_address_of_a_package_index_keeps_its_secrets(bare: subprocess.CompletedProcess[str]) -> None:
    found = parts(bare)["package index"]["found"]
    assert "UV_DEFAULT_INDEX (127.0.0.1)" in found
    assert "hunter2" not in bare.stdout + bare.stderr
    assert "me:" not in bare.stdout


def test_a_port_that_is_taken_and_a_folder_that_is_not_ours(kit: list[str]) -> None:
    with socket.socket() as busy:
        busy.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            busy.bind(("127.0.0.1", 5000))
            busy.listen()
        except OSError:
            pass  # somebody else has it, which is as good
        done = doctor(kit, "/proc", cwd=Path("/proc"))
    assert done.returncode == 1
    assert "port 5000      taken" in done.stdout
    assert "✗ write access   not in /proc" in done.stdout
    assert "Missing: " in done.stdout.splitlines()[-1]
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert "\x1b" not in done.stdout


@pytest.mark.skipif(os.name == "nt", reason="the spy is a script for a shell")
def test_the_interpreter_of_a_strangers_folder_is_not_started(kit: list[str], tmp_path: Path) -> None:
    python = tmp_path / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\nexit 1\n")
    python.chmod(0o755)
    (tmp_path / ".venv/pyvenv.cfg").write_text("home = /usr/bin\n")
    assert doctor(kit, "--json", cwd=tmp_path, UV_OFFLINE="1").stdout
    assert not (tmp_path / "ran").exists()


@pytest.mark.skipif(os.name == "nt", reason="the spy is a script for a shell")
def test_a_strangers_project_is_neither_started_nor_built(kit: list[str], tmp_path: Path) -> None:
    tree, ran = tmp_path / "tree", tmp_path / "ran"
    python = tree / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\ntouch {ran}\nexec /usr/bin/env python3 "$@"\n')
    python.chmod(0o755)
    (tree / ".venv/pyvenv.cfg").write_text("home = /usr/bin\nversion = 3.12.0\n")
    (tree / "hook.py").write_text(f"open({str(ran)!r}, 'w')\n")
    (tree / "pyproject.toml").write_text(
        "[build-system]\nrequires = []\nbuild-backend = 'hook'\nbackend-path = ['.']\n"
        "[project]\nname = 'x'\nversion = '1'\ndynamic = ['dependencies']\n[tool.uv]\ncache-dir = '../ran'\n"
    )
    for name in (".copier-answers.yml", "uv.lock"):
        (tree / name).write_text("version = 1\n")
    done = doctor(kit, "--json", cwd=tree, UV_OFFLINE="1")
    assert "environment" in parts(done)
    assert not ran.exists()


def test_an_environment_is_compared_with_the_lock_by_its_names(tmp_path: Path) -> None:
    (tmp_path / "uv.lock").write_text(
        'version = 1\n\n[[package]]\nname = "scikit-learn"\nversion = "1.5.0"\n\n[[package]]\nname = "mine"\n'
        'version = "0.1.0"\nsource = { editable = "." }\ndependencies = [\n    { name = "scikit-learn" },\n'
        '    { name = "colorama", marker = "sys_platform == \'win32\'" },\n]\n\n[package.metadata]\n'
    )
    sites = tmp_path / ".venv/lib/python3.12/site-packages"
    (sites / "mine-0.1.0.dist-info").mkdir(parents=True)
    assert not synced(tmp_path)  # what the project needs is missing
    (sites / "scikit_learn-1.5.0.dist-info").mkdir()
    assert synced(tmp_path)
    (sites / "scikit_learn-1.5.0.dist-info").rename(sites / "scikit_learn-1.4.0.dist-info")
    assert not synced(tmp_path)


def test_in_a_project_it_looks_at_environment_and_data(kit: list[str], generated: Path) -> None:
    found = parts(doctor(kit, "--json", str(generated), cwd=generated.parent))
    assert (found["environment"]["found"], found["data"]["found"]) == ("not made yet", "not fetched yet")
    assert found["data"]["get"]["Windows"] == "uv run nox -s setup"
