"""`kit doctor`: is this machine ready for a project, and how to get what is missing.

Looks and tells, changes nothing. What is needed decides the exit code; the rest says what it would be good for.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

from readykit.githead import content
from readykit.limits import MAX_LOCK_BYTES
from readykit.rendering import PYTHONS
from readykit.scaffold import find_uv
from readykit.text import Style, clean

OLDEST_GIT = (2, 28)  # the first that `git init --initial-branch` works with
ROOM = 4e9  # bytes: the environment takes 1.1 GB, 1.5 with bytecode; data, runs and room to work
PORTS = {3000: "predictions", 4200: "Prefect", 5000: "MLflow"}
PATIENCE = 15  # seconds that a program or the package index gets
OK, MISSING, OPTIONAL = "ok", "missing", "optional"
INDEX_SETTINGS = ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX")
BROWSERS = ("google-chrome", "chromium", "chromium-browser", "chrome", "firefox", "msedge", "safari", "open")
SITES = (".venv/lib/python3*/site-packages", ".venv/Lib/site-packages")
LOCKED = re.compile(r'^\[\[package\]\]\nname = "([^"\n]+)"\nversion = "([^"\n]+)"$', re.MULTILINE)
OWN = re.compile(r'^source = \{ (?:editable|virtual) = "\." \}$', re.MULTILINE)
NEEDED = re.compile(r'^    \{ name = "([^"\n]+)" \},$', re.MULTILINE)
GET = {
    "git": ("apt install git", "xcode-select --install", "winget install Git.Git"),
    "Python": ("uv python install 3.12",) * 3,
    "uv": ("curl -LsSf https://astral.sh/uv/install.sh | sh", "brew install uv", "winget install astral-sh.uv"),
    "docker": (
        "https://docs.docker.com/engine/install",
        "https://docs.docker.com/desktop/setup/install/mac-install",
        "winget install Docker.DockerDesktop",
    ),
    "kubectl": ("https://kubernetes.io/docs/tasks/tools", "brew install kubectl", "winget install Kubernetes.kubectl"),
    "browser": ("apt install chromium", "it has Safari", "it has Edge"),
}
"""How to get a program, on Linux, macOS and Windows."""


@dataclass(frozen=True)
class Part:
    """One thing that was looked for."""

    name: str
    state: str  # ok; missing: needed and not there; optional: not there, and only what it is for does without
    found: str
    use: str
    get: dict[str, str]


def part(name: str, fine: bool, found: str, use: str, get: tuple[str, ...] = (), *, needed: bool = True) -> Part:
    """Return a part with its state; `get` is for Linux, macOS and Windows, or one for all."""
    ways = get * 3 if len(get) == 1 else get
    state = OK if fine else MISSING if needed else OPTIONAL
    return Part(name, state, found, use, dict(zip(("Linux", "macOS", "Windows"), ways, strict=False)))


def examine(folder: Path) -> list[Part]:
    """Look at the machine, and at the project in `folder` if there is one."""
    project = (folder / ".copier-answers.yml").is_file()
    parts = [git(), python(), uv(), disk(folder), writable(folder)]
    # who has an environment needs no index today
    parts.append(index(needed=not (folder / ".venv").is_dir()))
    parts += [port(number, page) for number, page in PORTS.items()]
    parts += [
        program("docker", "image and compose; the project runs without"),
        program("kubectl", "deploying to a cluster; the project runs without"),
        program("browser", "looking at reports, MLflow and Prefect", *BROWSERS),
    ]
    return [*parts, *(of_project(folder) if project else [])]


def ready(parts: list[Part]) -> bool:
    """Whether nothing that is needed is missing."""
    return not any(found.state == MISSING for found in parts)


def said(command: list[str], folder: Path | None = None, text: str | None = None) -> tuple[int, str]:
    """Return the exit code of a program and what it printed; -1 when it did not start or end."""
    try:
        done = subprocess.run(  # noqa: S603 - programs that this module names
            command, cwd=folder, input=text, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError):
        return -1, ""
    return done.returncode, done.stdout + done.stderr


def git() -> Part:
    """Git, new enough to name the first branch."""
    _, text = said(["git", "--version"]) if shutil.which("git") else (-1, "")
    match = re.search(r"(\d+)\.(\d+)[.\d]*", text)
    fine = bool(match) and (int(match[1]), int(match[2])) >= OLDEST_GIT if match else False
    found = (match[0] if fine else f"{match[0]} is older than 2.28") if match else "not found"
    return part("git", fine, found, "history, and the code behind every run", GET["git"])


def python() -> Part:
    """A Python that the template's lock is solved for: the one that runs this."""
    here = sys.version_info[:2]
    fine = PYTHONS[0] <= here <= PYTHONS[1]
    found = platform.python_version() + ("" if fine else ", and the lock is for 3.11 to 3.13")
    return part("Python", fine, found, "everything; uv takes the one it finds", GET["Python"])


def uv() -> Part:
    """Uv as a command: a project's commands begin with `uv run`."""
    on_path, anywhere = shutil.which("uv"), find_uv()
    _, text = said([anywhere, "--version"]) if anywhere else (-1, "")
    version = "".join(text.split()[1:2])
    found = version if on_path else f"{version} is here, but not on the PATH" if anywhere else "not found"
    return part("uv", bool(on_path), found, "environments as uv.lock says; `uv run` starts everything", GET["uv"])


def disk(folder: Path) -> Part:
    """Room for an environment and the example's data."""
    try:
        free = shutil.disk_usage(nearest(folder)).free
    except OSError:
        return part("disk", False, "cannot be asked", "environment, data and runs")
    found = f"{free / 1e9:.1f} GB free" + ("" if free >= ROOM else f", {ROOM / 1e9:g} are needed")
    return part("disk", free >= ROOM, found, "environment, data and runs", ("make room, or choose another disk",))


def nearest(folder: Path) -> Path:
    """The folder, or the first one above it that exists."""
    whole = folder.absolute()
    return next((path for path in (whole, *whole.parents) if path.is_dir()), whole)


def writable(folder: Path) -> Part:
    """Whether files can be made here."""
    where = nearest(folder)
    try:
        with tempfile.NamedTemporaryFile(dir=where, prefix=".kit-"):
            fine = True
    except OSError:
        fine = False
    found = "yes" if fine else f"not in {where}"
    return part("write access", fine, found, "making a project here", ("choose a folder of your own",))


def index(*, needed: bool) -> Part:
    """Whether uv reaches its package index, with the very settings it will use; the address keeps its secrets."""
    name = next((name for name in INDEX_SETTINGS if os.environ.get(name)), "")
    host = ""
    with contextlib.suppress(ValueError):
        host = urlsplit(os.environ.get(name, "").rpartition("=")[2]).hostname or ""
    where = f"{name} ({host or 'a local folder'})" if name else "as uv is set up"
    # by itself uv would start the `.venv/bin/python` of whatever folder one stands in
    python = ["--python", sys.executable]
    command = [find_uv() or "uv", "pip", "compile", "--quiet", "--no-deps", "--no-header", "--refresh", *python, "-"]
    code, _ = said(command, text="pip")
    offline = os.environ.get("UV_OFFLINE", "").lower() in ("1", "true")
    found = f"reached, {where}" if code == 0 else f"{'UV_OFFLINE is set' if offline else 'not reached'}, {where}"
    get = ("set UV_DEFAULT_INDEX for a mirror, HTTPS_PROXY for a proxy, SSL_CERT_FILE for its certificate",)
    return part("package index", code == 0, found, "installing; not after that", get, needed=needed)


def port(number: int, page: str) -> Part:
    """Whether a port is free on this machine."""
    with socket.socket() as probe:
        if os.name == "posix":  # a server that just ended leaves the port in waiting
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", number))
            free = True
        except OSError:
            free = False
    get = ("end what listens there, or choose another: `uv run nox -s serve -- --port 3001`, `serving` in params.yaml",)
    return part(f"port {number}", free, "free" if free else "taken", page, get, needed=False)


def program(name: str, use: str, *names: str) -> Part:
    """A program that only some things need."""
    found = next(filter(None, map(shutil.which, names or (name,))), None)
    return part(name, bool(found), found or "not found", use, GET[name], needed=False)


def of_project(folder: Path) -> list[Part]:
    """The state of a project: environment against lock, data."""
    there = (folder / ".venv").is_dir()
    same = there and synced(folder)
    found = "as uv.lock says" if same else "differs from uv.lock" if there else "not made yet"
    data = any((folder / "data" / "raw").glob("*"))
    made = ("uv run nox -s setup",)
    return [
        part("environment", same, found, "the project's commands; `uv run` mends it by itself", made, needed=False),
        part("data", data, "here" if data else "not fetched yet", "the pipeline fetches it", made, needed=False),
    ]


def synced(folder: Path) -> bool:
    """Whether an environment has what the lock says, by the names of what is installed.

    uv would start the environment's interpreter to be sure, and build the project where its metadata asks for that:
    this may be a stranger's project.
    """
    text = (content(folder / "uv.lock", MAX_LOCK_BYTES) or b"").decode("utf-8", "replace").replace("\r\n", "\n")
    locked = {(plain(name), version) for name, version in LOCKED.findall(text)}
    own = next((text[match.start() :] for match in OWN.finditer(text)), "").partition("\n\n")[0]
    infos = (path for place in SITES for path in folder.glob(f"{place}/*.dist-info"))
    rows = (path.name.removesuffix(".dist-info").rpartition("-") for path in infos)
    installed = {(plain(name), version) for name, _, version in rows}
    return installed <= locked and {plain(name) for name in NEEDED.findall(own)} <= {name for name, _ in installed}


def plain(name: str) -> str:
    """A distribution's name in the form in which all its spellings are the same."""
    return re.sub(r"[-_.]+", "-", name).lower()


def as_json(parts: list[Part]) -> str:
    """The findings for scripts."""
    return json.dumps({"ready": ready(parts), "parts": [asdict(found) for found in parts]}, indent=1) + "\n"


def as_text(parts: list[Part]) -> str:
    """The findings for a person, with what to do about what is missing on this system."""
    style = Style.for_stream(sys.stdout)
    system = {"Darwin": "macOS"}.get(platform.system(), platform.system())
    marks = {OK: style("✓", "green"), MISSING: style("✗", "red"), OPTIONAL: style("–", "yellow")}
    lines = []
    for found in parts:
        lines.append(f"  {marks[found.state]} {found.name:14} {clean(found.found, 61)}")
        if found.state != OK:
            lines.append(style(f"      for: {found.use}", "dim"))
            way = found.get.get(system, found.get.get("Linux", ""))
            lines += [f"      {row}" for row in folded(f"get: {way}")] if way else []
    missing = [found.name for found in parts if found.state == MISSING]
    lines += ["", f"Missing: {', '.join(missing)}." if missing else "Ready."]
    return "\n".join(lines) + "\n"


def folded(text: str) -> list[str]:
    """Text in lines that fit."""
    import textwrap

    return textwrap.wrap(text, 74, subsequent_indent="     ", break_long_words=False, break_on_hyphens=False)
