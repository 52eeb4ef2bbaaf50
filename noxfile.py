"""The commands of this repository; `nox -l` lists them, plain `nox` runs lint, types and tests."""

from __future__ import annotations

import os
import re
import shutil
import textwrap
from pathlib import Path

import nox

nox.options.default_venv_backend = "uv"
nox.options.sessions = ["lint", "types", "tests"]
nox.options.error_on_external_run = True

ROOT = Path(__file__).parent
# Without bytecode every process of the story compiles its imports anew: minutes instead of seconds.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def install(session: nox.Session) -> None:
    """Install this project and its tools as uv.lock says, with the Python that runs nox."""
    session.run_install(
        "uv", "sync", "--frozen", "--quiet", f"--python={session.virtualenv.location}",
        env={"UV_PROJECT_ENVIRONMENT": session.virtualenv.location},
    )  # fmt: skip


@nox.session
def demo(session: nox.Session) -> None:
    """Make a project and live a model's whole life in it, on real data (`kit demo`)."""
    install(session)
    session.run("kit", "demo", *session.posargs)


@nox.session
def tests(session: nox.Session) -> None:
    """Run every test, with lint, types and workflow checks first."""
    install(session)
    check_style(session)
    check_types(session)
    if not any(map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"))):
        session.run("playwright", "install", "chromium")  # the pages are looked at with a real browser
    if session.posargs:
        session.run("pytest", *session.posargs)
        return
    # Files side by side (tests/conftest.py says what stays together), those that take long after the others.
    beside = ("--numprocesses", "auto", "--dist", "loadfile")
    session.run("pytest", *beside, "-m", "not slow")
    session.run("pytest", *beside, "-m", "slow", "--durations", "12")


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and workflows."""
    install(session)
    check_style(session)


@nox.session
def types(session: nox.Session) -> None:
    """Check types, strictly."""
    install(session)
    check_types(session)


def check_style(session: nox.Session) -> None:
    """Ruff on the code, zizmor on our workflows and the template's."""
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("zizmor", "--offline", "--quiet", "action.yml", ".github", "template/.github")


def check_types(session: nox.Session) -> None:
    """Mypy, strict on the program and on the checks."""
    session.run("mypy")


@nox.session
def docs(session: nox.Session) -> None:
    """Build the documentation site into docs/_build, strictly and without network."""
    install(session)
    session.run("sphinx-build", "-q", "-W", "--keep-going", "-n", "-b", "html", "docs", "docs/_build")


@nox.session
def screenshots(session: nox.Session) -> None:
    """Take the pictures of the documentation anew; needs chromium."""
    install(session)
    session.run("python", "docs/screenshots.py")


@nox.session
def benchmark(session: nox.Session) -> None:
    """Time the first run of a generated project, step by step."""
    install(session)
    session.run("python", "benchmarks/first_run.py", *session.posargs)


@nox.session
def speed(session: nox.Session) -> None:
    """Time audits beside what can be compared with them; fails when a goal that was reached is missed by half."""
    install(session)
    session.run("python", "benchmarks/audit_speed.py", *session.posargs)


@nox.session
def combinations(session: nox.Session) -> None:
    """Let generated projects check themselves, each answer once; `nox -s combinations -- gs-both s3-none`, or `all`."""
    install(session)
    session.run("python", "tests/combinations.py", *session.posargs)


@nox.session
def hostile(session: nox.Session) -> None:
    """Audit every hostile case and print time and memory; words choose: `nox -s hostile -- git archives`."""
    install(session)
    session.run("python", "-m", "hostile", *session.posargs, env={"PYTHONPATH": "tests"})


@nox.session(python="3.11")
def fuzz(session: nox.Session) -> None:
    """Search for inputs that a reader cannot stand: `nox -s fuzz -- python --seconds 600`, or `all`."""
    session.install("atheris>=2.3", "pytest", "hypothesis", ".")  # seeds come from the tests
    session.run("python", "benchmarks/fuzz/parsers.py", *(session.posargs or ["all", "--seconds", "60"]))


@nox.session
def mutations(session: nox.Session) -> None:
    """Audit wounded copies of the generated project: `nox -s mutations -- --count 10000`."""
    install(session)
    session.run("python", "benchmarks/fuzz/mutations.py", *session.posargs)


@nox.session
def lock_template(session: nox.Session) -> None:
    """Solve the template's lock after a change of its dependencies; `-- --upgrade` takes the newest that fit."""
    install(session)
    folder = Path(session.create_tmp()) / "placeholder"
    shutil.rmtree(folder, ignore_errors=True)
    session.run("kit", "new", str(folder), "--defaults", "--no-git", "--no-sync", "--quiet")
    session.run("uv", "lock", "--project", str(folder), *session.posargs)
    before, own, after = (folder / "uv.lock").read_text(encoding="utf-8").partition('name = "placeholder"')
    # A lock also says which groups are installed, where these are not uv's own default: with a remote, its plugin's.
    here, remote = 'source = { editable = "." }', '\ndefault-groups = ["dev", "{{ data_remote }}"]'
    conditional = f'{{% endraw %}}{{% if data_remote != "local" %}}{remote}{{% endif %}}{{% raw %}}'
    after = after.replace(here, here + conditional, 1)
    template = f'{{% raw %}}{before}{{% endraw %}}name = "{{{{ slug }}}}"{{% raw %}}{after}{{% endraw %}}'
    assert own, "uv.lock does not name the project"
    (ROOT / "template" / "uv.lock.jinja").write_text(template, encoding="utf-8")
    reserve_names(session, folder)


def reserve_names(session: nox.Session, folder: Path) -> None:
    """Note the names that no project may take: what the lock installs, what that is imported as, what Python has."""
    own = {"UV_PROJECT_ENVIRONMENT": str(folder.resolve() / ".venv")}
    words = ("--frozen", "--quiet", "--all-groups", "--no-install-project")
    session.run("uv", "sync", *words, "--project", str(folder), env=own)
    python = folder.resolve() / ".venv" / ("Scripts" if os.name == "nt" else "bin") / "python"
    ask = (
        "import keyword, sys; from importlib import metadata as m; "
        "print(*keyword.kwlist, *sys.stdlib_module_names, *m.packages_distributions(), "
        "*(d.name for d in m.distributions()))"
    )
    said = session.run(str(python), "-c", ask, external=True, silent=True) or ""
    locked = re.findall(r'^name = "(.+)"$', (folder / "uv.lock").read_text(encoding="utf-8"), re.MULTILINE)
    # Spelt as a package would be; what is longer than a name may be, or begins with _, can't be taken anyway.
    taken = {re.sub(r"[^a-z0-9]+", "_", word.lower()) for word in [*said.split(), *locked, "src", "test", "tests"]}
    names = sorted(word for word in taken - {"placeholder"} if re.fullmatch(r"[a-z][a-z0-9_]{0,28}[a-z0-9]", word))
    text = "# Made by `nox -s lock_template`: names of Python and of what a project installs, which none may take.\n"
    text += "reserved:\n  type: str\n  when: false\n  default: >-\n"
    rows = textwrap.wrap(" ".join(names), 112, break_on_hyphens=False)
    text += "".join(f"    {row}\n" for row in rows)
    (ROOT / "kit" / "readykit" / "reserved.yml").write_text(text, encoding="utf-8")
