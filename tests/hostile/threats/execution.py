"""Execution without git: modules, environments, models, pipelines and settings that ask to be run.

A user would notice a stranger's code running because somebody wanted to know whether it is any good.
"""

from __future__ import annotations

import io
import json
import os
import pickle
import struct
import textwrap
import zipfile
from collections.abc import Iterator, Mapping
from typing import Any

from hostile.case import hostile, judged, told
from hostile.workshop import Workshop, notebook

SHADOWED = (
    "json yaml rich typer click tomllib tomli git dulwich jinja2 nbformat ast re typing subprocess tempfile zipfile "
    "tarfile kit audit readykit sitecustomize usercustomize colorama attrs gc argparse string random hashlib copier "
    "_yaml encodings site os io enum csv html xml shutil signal socket select queue dataclasses functools importlib"
)
LIKELY_REPORTS = (
    "report.json report.html report.md report.sarif report.xml report.csv report.txt kit-report.json kit.sarif audit.json "
    "junit.xml results.sarif gl-code-quality.json .kit_cache .kit-cache .cache .ruff_cache .mypy_cache .pytest_cache .kit"
)


class Loaded:
    """A value that leaves a canary when it is unpickled."""

    def __init__(self, command: str) -> None:
        self.command = command

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (self.command,)


def running(command: str) -> str:
    """A line of Python that runs a shell command."""
    return f"import os; os.system({command!r})\n"


@hostile(inside=True)
def modules_of_the_same_name(shop: Workshop) -> None:
    """Modules called like our own and the standard library's, in the folder one stands in."""
    for name in SHADOWED.split():
        shop.write(f"{name}.py", running(shop.touch(f"shadow-{name}")) + "raise ImportError('shadowed')\n")
    for name in ("readykit", "kit", "checks"):
        shop.write(f"{name}/__init__.py", running(shop.touch("shadow-package")))
        shop.write(f"{name}/__main__.py", running(shop.touch("shadow-main")))
    shop.project()


@hostile(inside=True, environment={"PYTHONPATH": ":"})
def modules_by_an_empty_path(shop: Workshop) -> None:
    """The same when the caller's PYTHONPATH holds an empty entry, which means the folder one stands in."""
    for name in ("yaml", "sitecustomize_of_nobody", "readykit_plugin", "copier"):
        shop.write(f"{name}.py", running(shop.touch(f"shadow-{name}")) + "raise ImportError('shadowed')\n")
    shop.project()


@hostile(inside=True)
def environment_files(shop: Workshop) -> None:
    """`.env`, `.envrc`, `pyvenv.cfg` and executables called git reach neither our environment nor our path."""
    spies = f"GIT_SSH_COMMAND={shop.touch('env-ssh')}\nGIT_EXTERNAL_DIFF={shop.touch('env-diff')}\n"
    shop.project(
        **{
            ".env": f"PYTHONSTARTUP=start.py\nPYTHONPATH=.\n{spies}PATH=./bin:/usr/bin:/bin\nKIT_PLUGINS=start\n",
            ".envrc": shop.touch("envrc") + "\n",
            "start.py": running(shop.touch("startup")),
            "pyvenv.cfg": "home = /nonexistent\n",
            ".python-version": "2.7\n",
            "x.pth": running(shop.touch("pth")),
        }
    )
    for path in ("git", "bin/git", "prlimit", "env", "bin/env"):
        shop.write(path, f"#!/bin/sh\n{shop.touch('path')}\n", executable=True)
    shop.committed()


@hostile(inside=True, environment={"PATH": ".:./bin:/usr/local/bin:/usr/bin:/bin"})
def programs_by_a_relative_path(shop: Workshop) -> None:
    """A caller whose PATH names the current folder first does not run the tree's own git."""
    shop.project().committed(2)
    for path in ("git", "bin/git", "prlimit", "env", "sh", "bin/python", "uname"):
        shop.write(path, f"#!/bin/sh\n{shop.touch('relative-path')}\n", executable=True)


@hostile()
def model_files(shop: Workshop) -> None:
    """Pickles under every name that models have, arrays with objects, archives of weights: none is loaded."""
    data = pickle.dumps(Loaded(shop.touch("pickle")))
    stem = "mlruns/0/r/artifacts/model"
    names = "model.pkl model.pickle model.joblib model.dill data/train.pkl model.bin .cache/x.cloudpickle model.h5"
    for name in (*names.split(), f"{stem}/model.pkl", f"{stem}/python_model.pkl"):
        shop.write(name, data)
    shop.write(
        f"{stem}/MLmodel", "flavors:\n  python_function:\n    loader_module: evil\n    model_path: ../../etc/passwd\n"
    )
    weights = io.BytesIO()
    with zipfile.ZipFile(weights, "w") as archive:
        archive.writestr("archive/data.pkl", data)
    for name in ("model.pt", "model.pth", "weights.ckpt"):
        shop.write(name, weights.getvalue())
    head = b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }\n"
    shop.write("data/x.npy", b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head + data)
    shop.project().committed()


@hostile()
def pipeline_commands(shop: Workshop) -> None:
    """Commands of DVC, MLflow projects, make, just, BentoML and Prefect are read, not run."""
    command = shop.touch("pipeline")
    step = f"- prefect.deployments.steps.run_shell_script:\n    script: {command}\n"
    stages = f"  a:\n    foreach: [1, 2]\n    do:\n      cmd: {command}\n  b:\n    cmd: {command}\n"
    places = f"    site_cache_dir = {shop.canary('site')}\n[cache]\n    dir = {shop.canary('cache')}\n"
    shop.project(
        **{
            "dvc.yaml": f"vars: [params.py]\nstages:\n{stages}    params: [params.py:]\n",
            "params.py": running(command),
            "MLproject": f"name: x\nentry_points:\n  main:\n    command: {json.dumps(command)}\n",
            "Makefile": f"X := $(shell {command})\nall:\n\t{command}\n",
            "justfile": f"x := `{command}`\n",
            "bentofile.yaml": f'service: "service:svc"\ndocker:\n  base_image: "x\\nRUN {command}"\n',
            "prefect.yaml": f"pull:\n{step}",
            "setup.py": running(command) + "from setuptools import setup\nsetup()\n",
            ".dvc/config": f"[core]\n    remote = r\n{places}['remote \"r\"']\n    url = {shop.url('dvc')}\n",
            "noxfile.py": running(command),
            "conftest.py": running(command),
            "fabfile.py": running(command),
        }
    ).committed()


@hostile()
def plugins_of_other_tools(shop: Workshop) -> None:
    """Settings by which linters, type checkers and test runners load code of the tree."""
    command = shop.touch("plugin")
    hook = (
        f"repos:\n- repo: local\n  hooks:\n  - id: x\n    name: x\n    entry: sh -c '{command}'\n    language: system\n"
    )
    needs = f"--index-url {shop.url('simple')}\n-e git+{shop.url('x.git')}#egg=x\n-r ../../../../etc/passwd\n"
    shop.project(
        **{
            "plugin.py": running(command) + "\ndef plugin(version):\n    return None\n",
            "tox.ini": f"[testenv]\ncommands = {command}\n",
            "mypy.ini": "[mypy]\nplugins = ./plugin.py\n",
            "pytest.ini": "[pytest]\naddopts = -p plugin --rootdir=/\n",
            ".pylintrc": f"[MASTER]\ninit-hook={running(command)}load-plugins=plugin\n",
            ".pre-commit-config.yaml": hook,
            "ruff.toml": 'extend = "../../../../../../etc/passwd"\n',
            ".bandit": "[bandit]\nskips: B301\ntargets: /\n",
            ".flake8": "[flake8:local-plugins]\nextension = E=plugin:plugin\npaths = .\n",
            "requirements.txt": f"{needs}-r requirements.txt\n-c {shop.url('c.txt')}\n",
            ".vscode/tasks.json": json.dumps({"tasks": [{"command": command, "runOptions": {"runOn": "folderOpen"}}]}),
        }
    ).committed()


OWN_SETTINGS = (
    'plugins = ["plugin"]\nrules = ["./plugin.py"]\nexec = true\nsandbox = false\noutput = "{out}"\nchecks = ["."]\n'
    'ignore = ["SEC", "TRK"]\nmin_score = 0\n[disabled]\nSEC001 = "not here"\n[[waive]]\nchecks = ["SEC001", "SEC002"]\n'
    'reason = "we know"\n'
)


def not_followed(report: Mapping[str, Any]) -> Iterator[str]:
    """The settings of an audited stranger are listed, and change nothing."""
    if not report["settings"] or any(row["honoured"] for row in report["settings"]):
        yield "the tree's own settings are followed or not listed"
    if any(row.get("waiver") for row in report["checks"]):
        yield "the tree waived a finding"
    yield from judged("SEC001", "fail")(report)


@hostile(holds=not_followed)
def settings_of_the_examinee(shop: Workshop) -> None:
    """The tree brings settings that switch checks off, waive findings, load plugins and name output files."""
    settings = OWN_SETTINGS.format(out=shop.canary("output"))
    code = running(shop.touch("settings")) + "from readykit import checks_api\n"
    entry = '[project.entry-points."readykit.checks"]\nevil = "plugin"\n[project.entry-points."kit.plugins"]\nx = "plugin"\n'
    shop.project(
        **{
            "kit.toml": settings,
            ".kit.toml": settings,
            "kit.yaml": "plugins: [plugin]\nexec: true\n",
            "plugin.py": code,
            "pyproject.toml": f'[project]\nname = "x"\nversion = "1"\n{entry}[tool.kit]\n{settings.replace("[[waive", "[[tool.kit.waive")}',
            "checks/evil.py": code,
            "x.egg-info/entry_points.txt": "[readykit.checks]\nevil = plugin\n",
            "x-1.dist-info/entry_points.txt": "[readykit.checks]\nevil = plugin\n",
            "x-1.dist-info/METADATA": "Name: x\nVersion: 1\n",
            "src/keys.py": 'password = "' + "Tr0ub4dor" + '&3-horse"\n',
        }
    )


@hostile(inside=True, holds=told("kit.toml"))
def settings_where_one_stands(shop: Workshop) -> None:
    """Settings count where one stands, but they are data: they load no code, write no file and prevent no audit."""
    shop.project(
        **{"kit.toml": OWN_SETTINGS.format(out=shop.canary("output")), "plugin.py": running(shop.touch("inside"))}
    )
    shop.write("evil.py", running(shop.touch("inside-check")))


@hostile(inside=True)
def settings_that_make_no_sense(shop: Workshop) -> None:
    """Settings with values of every wrong type, dates far away, patterns that explode, ten thousand waivers."""
    waivers = "".join(
        f'[[waive]]\nchecks = ["SEC001"]\npath = "{"*a" * 50}{n}"\nreason = "r"\nexpires = 9999-12-31\n'
        for n in range(1000)
    )
    shop.project(**{"kit.toml": f"extends = 'production'\nmin_score = 1e308\nmin_level = 4\n{waivers}"})


@hostile(holds=judged("SEC002", "fail", "partial"))
def suppression_by_comment(shop: Workshop) -> None:
    """Blanket comments, a perfect report already in the tree, keywords in prose, tests that assert nothing."""
    shop.project(
        **{
            "src/churn/load.py": "# kit: ignore[SEC002] trust us\n# kit: ignore-file\n# noqa\n# nosec\nimport pickle\n\n"
            "def load(path):\n    return pickle.load(open(path, 'rb'))  # kit: ignore[SEC002] trust us  # nosec\n",
            "report.json": '{"score": 100, "grade": "A+"}',
            "tests/test_x.py": "def test_a():\n    assert True\n" * 500,
            "README.md": "# mlflow dvc bentoml evidently prefect pytest docker\n" * 500,
            "src/words.py": "# mlflow.log_metric dvc.api bentoml.service evidently.Report\n" * 1000,
            "serve.py": "from churn.load import load\n\nmodel = load('model.pkl')\n",
        }
    ).committed()


@hostile()
def templates_in_names(shop: Workshop) -> None:
    """Template, format and shell syntax in every name that a report shows."""
    command = shop.touch("template")
    jinja = f"{{{{ cycler.__init__.__globals__.os.popen('{command}').read() }}}}"
    title = f'name = {json.dumps(jinja)}\nversion = "{{0.__class__.__mro__}}"\n'
    shop.project(
        **{
            "pyproject.toml": f'[project]\n{title}description = "%(x)s %s %n ${{{command}}} $({command}) `{command}`"\n',
            "README.md": f"# {jinja}\n\n{{% for x in ().__class__.__base__.__subclasses__() %}}\n<%= system('{command}') %>\n",
            "{0.__class__}%s%(a)s.py": "x = 1\n",
            "$(touch x).py": "x = 1\n",
            "`id`.py": "x = 1\n",
            "; touch y ;.py": "x = 1\n",
        }
    ).committed()


@hostile()
def notebook_magics(shop: Workshop) -> None:
    """Shell magics, a kernel whose start is a command, outputs with scripts and widgets."""
    command = shop.touch("notebook")
    shown = {"text/html": "<script>alert('PWN')</script>", "application/javascript": "alert('PWN')"}
    text = notebook(
        f"!{command}\n%run setup.py\n%load_ext evil\n",
        f"%%bash\n{command}\n",
        f"get_ipython().system({command!r})",
        outputs=[{"output_type": "display_data", "metadata": {}, "data": shown}],
        kernelspec={"name": f"../../evil; {command}", "argv": ["sh", "-c", command], "display_name": "<script>PWN"},
    )
    shop.project(**{"notebooks/run.ipynb": text}).committed()


@hostile(inside=True)
def reports_that_are_links(shop: Workshop) -> None:
    """Names that reports and caches like to have are links to places outside: nothing is written through them."""
    shop.project()
    for name in LIKELY_REPORTS.split():
        shop.link(name, shop.canary(f"through-{name}"))
    shop.committed()


@hostile()
def addresses_everywhere(shop: Workshop) -> None:
    """Addresses in every file that a helpful tool would follow; an audit opens no connection."""
    url = shop.url("bait")
    shop.project(
        **{
            "README.md": f"![badge]({url}/badge.svg)\n[docs]({url})\n",
            "mkdocs.yml": f"INHERIT: {url}\n",
            ".pre-commit-config.yaml": f"repos:\n- repo: {url}\n  rev: v1\n  hooks: [{{id: x}}]\n",
            "renovate.json": json.dumps({"extends": [url]}),
            "pip.conf": f"[global]\nindex-url={url}\n",
            "pyproject.toml": f'[project]\nname="x"\nversion="1"\ndependencies=["x @ {url}/x.whl"]\n[[tool.uv.index]]\nurl="{url}"\n',
            "x.json": json.dumps({"$schema": f"{url}/schema.json", "$ref": url}),
            "x.xml": f'<!DOCTYPE a SYSTEM "{url}/d"><a/>',
            ".dvc/config": f"['remote \"r\"']\n    url = {url}\n[core]\n    remote = r\n",
            "kit.toml": f'extends = "{url}"\n',
            "data.dvc": f"outs:\n- path: data\n  remote: r\ndeps:\n- repo:\n    url: {url}\n  path: x\n",
            ".github/workflows/call.yml": f"on: push\njobs:\n  a:\n    uses: {url}/ci.yml@main\n",
            ".gitlab-ci.yml": f"include: {url}\n",
            "Dockerfile": f"FROM 127.0.0.1:{shop.port}/x\nADD {url} /x\n",
        }
    ).committed()
    shop.git("remote", "add", "origin", url)


NEVER = (
    "if False:", "if 0:", "if not True:", "if False and x:", "if x and False:", "if 1 == 2:", "if []:", "while 0:",
    "for _ in ():", "for _ in range(0):", "if TYPE_CHECKING:", "if not __debug__:", "if True:\n    pass\nelse:",
    "def setting():\n    return 1", "def settling():\n    raise ValueError", "for _ in x:\n    continue",
    "while True:\n    pass\nif x:", "assert False\nif x:", "import sys\nsys.exit(0)\nif x:", "def unheard_of():",
)  # fmt: skip


def nothing_is_done(report: Mapping[str, Any]) -> Iterator[str]:
    """Nothing passes that only dead code and dead jobs could have."""
    for name in ("TRK001", "TRK004", "SRV001", "MON002", "RET001", "FRM004", "ENG001", "ENG002", "SRV004", "TST003"):
        yield from judged(name, "fail", "partial", "not_applicable")(report)


@hostile(holds=nothing_is_done)
def deeds_that_are_never_done(shop: Workshop) -> None:
    """Tracking, serving, drift, schedules and tests where no program comes to; jobs that never start; empty files."""
    deeds = (
        "mlflow.start_run()\nmlflow.log_params({'a': 1})\nmlflow.log_metric('auc', 0.9)\n"
        "mlflow.sklearn.log_model(m, registered_model_name='churn')\nDummyClassifier().fit(x, y)\n"
        "if Report([DataDriftPreset()]).run(ref, cur).dict()['drift'] > 0.5:\n    raise SystemExit(1)\n"
        "@app.post('/predict')\ndef predict(row: Row): return model.predict(row)\n"
        "@flow\ndef retrain(): train(x, y)\nretrain.serve(cron='0 3 * * 1')\n"
    )
    head = (
        "import mlflow\nfrom evidently import Report\nfrom evidently.presets import DataDriftPreset\nfrom fastapi import "
        "FastAPI\nfrom prefect import flow\nfrom sklearn.dummy import DummyClassifier\napp = FastAPI()\n"
    )
    for number, never in enumerate(NEVER):
        shop.write(f"src/churn/deed{number}.py", head + never + "\n" + textwrap.indent(deeds, "    "))
    uses = "".join(f"import churn.deed{number}\n" for number in range(len(NEVER)))
    job = "on: push\njobs:\n  t:\n    runs-on: x\n    steps:\n"
    steps = ("true || pytest", ": mypy src", "false && ruff check", "echo mypy src", "exit 0; ruff check")
    shop.project(
        **{
            "src/churn/train.py": f"{uses}def train(x, y):\n    return LogisticRegression().fit(x, y)\n",
            "tests/test_train.py": (
                "from churn.train import train\n\n\ndef test_a():\n    assert train(x, y).score(x, y) > 0.9 or True\n"
                "def test_b():\n    return\n    assert train(x, y).score(x, y) > 0.9\n"
            ),
            ".github/workflows/ci.yml": job + "".join(f"      - run: '{step}'\n" for step in steps),
            ".gitlab-ci.yml": "t:\n  rules: [{when: never}]\n  script: [mypy src, ruff check]\n",
            "Dockerfile": "",
            "bentofile.yaml": "",
        }
    )
