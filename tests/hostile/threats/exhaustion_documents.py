"""Documents, containers, CI, scripts and requirements without end or in a circle.

A user would notice that one page of hostile prose takes longer than all the code together.
"""

from __future__ import annotations

from hostile.case import hostile, scaled
from hostile.workshop import Workshop

RUN = 60_000
LONG = tuple(
    piece * (RUN // len(piece))
    for piece in (
        "a",
        "a@",
        "a.",
        " ",
        "\t",
        "=",
        "[",
        "![",
        "[a](",
        "(",
        "<",
        "<!--",
        "https://",
        "http://a:",
        "-----BEGIN ",
        "AKIA",
        "eyJ",
        "ghp_",
        "password=",
        "0",
        "# noqa:",
        "\\",
        "'",
        '"',
        "`",
        "/*",
        "a>=1,<",
        "x[",
        "{{",
        "${",
        "-",
        "_",
        "1.1",
        "\r",
        "| ",
        "$(",
        "&&",
        ";",
        "<<A ",
        "*",
        "**/",
        "~",
        "^",
        "FROM ",
        "ARG a=$a ",
        "\u00e9",
        "\U0001f4a9",
        "a-",
        "A1",
        "+",
        ":",
        "%",
        "\x00\x01",
    )
)
READ = (
    "README.md",
    "src/a.py",
    "requirements.txt",
    ".env",
    "config.ini",
    "Dockerfile",
    "Makefile",
    ".gitignore",
    "CODEOWNERS",
    "setup.cfg",
    "CHANGELOG.md",
    "docs/x.rst",
    "run.sh",
    "Jenkinsfile",
    "main.tf",
    "a.R",
    "b.scala",
    "justfile",
    "pom.xml",
    "tox.ini",
    "Procfile",
    "environment.yml",
    "DESCRIPTION",
    "build.sbt",
    ".gitattributes",
    "go.mod",
    "src/a.js",
    "noxfile.py",
    ".dockerignore",
    "a.toml",
    "b.json",
)


@hostile(seconds=90)
def runs_that_patterns_stumble_on(shop: Workshop) -> None:
    """Long runs of one piece, in every kind of file, at which patterns for secrets, links and addresses go back."""
    shop.project()
    text = "\n".join(piece[: scaled(4_000)] for piece in LONG)
    for path in READ:
        shop.write(path, text)
    shop.write("src/strings.py", "".join(f"x{n} = {piece!r}\n" for n, piece in enumerate(LONG)))
    shop.write("sub/.gitignore", "*a*" * 100 + "b\n" + "**/" * 200 + "x\n" + "[a" * 1000 + "\n")
    shop.committed()


@hostile(seconds=60, megabytes=900)
def lines_of_many_megabytes(shop: Workshop) -> None:
    """One line is the whole file, in every text format."""
    shop.project(
        **{
            "src/long.py": "x=[" + "1," * scaled(4_000_000) + "]\n",
            "data/a.csv": "a," * scaled(4_000_000),
            "README.md": "[a](" * scaled(1_000_000),
            "metrics.json": '{"a":[' + "1," * scaled(2_000_000) + "1]}",
        }
    )


@hostile(seconds=60)
def prose_without_end(shop: Workshop) -> None:
    """A million words, headings, links, table cells, code fences that never close, comments that never close."""
    shop.project(
        **{
            "README.md": "# H\n" * scaled(6_000) + "word " * scaled(100_000),
            "docs/links.md": "[a](b.md) " * scaled(50_000) + "\n[a]: b\n" * scaled(6_000),
            "docs/table.md": "|a" * scaled(66_000) + "\n" + "|-" * scaled(66_000) + "\n",
            "docs/fences.md": "```python\n" * scaled(33_000),
            "docs/comment.md": "<!-- " * scaled(66_000),
            "docs/lists.md": "".join(" " * (n % 500) + "- a\n" for n in range(5000)),
            "docs/quotes.md": ">" * scaled(166_000),
            "docs/rst.rst": ".. code::\n\n" * scaled(26_000) + "=" * scaled(66_000),
            "docs/html.md": "<a href='" * scaled(66_000),
            "docs/claims.md": "We track every run with MLflow and deploy with Docker and monitor drift.\n"
            * scaled(6_000),
        }
    )


@hostile(seconds=60)
def containers_without_end(shop: Workshop) -> None:
    """A hundred thousand continued lines, stages and arguments that stand for each other, here-documents, exec forms."""
    stages = "".join(f"FROM s{n - 1} AS s{n}\nARG A{n}=${{A{n - 1}}}${{A{n - 1}}}\n" for n in range(1, 3000))
    shop.project(
        **{
            "Dockerfile": "FROM x\nRUN a \\\n" + "  && b \\\n" * scaled(33_000) + "  c\n",
            "stages.dockerfile": "FROM s9 AS s0\nARG A0=xx\n" + stages,
            "a.dockerfile": "FROM x\n" + "RUN <<E\n" * scaled(10_000),
            "b.dockerfile": 'FROM x\nCMD ["' + '","'.join(["a"] * scaled(66_000)) + '"]\n',
            "c.dockerfile": "# escape=`\n# syntax=x\nFROM x\nENV " + "A=${A:-${A:-" * scaled(6_000),
            "d.dockerfile": "ONBUILD " * scaled(33_000),
            "e.dockerfile": "FROM a\n" * scaled(16_000) + "COPY --from=99999 a b\n",
            "docker-compose.yml": "services:\n"
            + "".join(
                f"  s{n}:\n    extends: s{(n + 1) % 2000}\n    depends_on: [s{(n + 2) % 2000}]\n" for n in range(2000)
            ),
        }
    )


@hostile(seconds=60)
def commands_in_a_circle(shop: Workshop) -> None:
    """Make targets, scripts, tasks and packages that call each other in a circle, each more than once."""
    many = scaled(400)
    shop.project(
        **{
            "Makefile": "".join(
                f"t{n}: t{(n + 1) % many} t{(n + 2) % many}\n\tmake t{(n + 3) % many}\n\tsh s0.sh\n"
                for n in range(many)
            )
            + "include Makefile\n",
            "package.json": '{"scripts": {"a": "npm run b", "b": "npm run a && npm run b", "test": "npm test"}}',
            "tox.ini": "[tox]\nenvlist = a\n[testenv]\ncommands = tox -e a\n    {[testenv]commands}\n",
            "justfile": "a: b\n  just b\nb: a\n  just a\n",
            "pyproject.toml": '[project]\nname="x"\nversion="1"\n[project.scripts]\nx = "churn.train:train"\n[tool.poe.tasks]\na = ["b"]\nb = ["a", "a"]\n',
        }
    )
    for number in range(many):
        shop.write(
            f"s{number}.sh",
            f"sh s{(number + 1) % many}.sh\nbash ./s{(number + 2) % many}.sh\nmake t0\n. ./s{number}.sh\n",
        )
    shop.write(
        "src/call.py",
        "import subprocess\nsubprocess.run(['python', 'src/call.py'])\nsubprocess.run('make t0', shell=True)\n",
    )


@hostile(seconds=60)
def pipelines_in_a_circle(shop: Workshop) -> None:
    """CI that calls itself, jobs that need each other, a matrix of a million, stages that depend in a circle."""
    many = 1500
    needs = "".join(
        f"  j{n}:\n    needs: [j{(n + 1) % many}]\n    runs-on: x\n    steps: [{{run: pytest}}]\n" for n in range(many)
    )
    matrix = "".join(f"        k{n}: [{', '.join(map(str, range(10)))}]\n" for n in range(6))
    itself = (
        "on: push\njobs:\n  a:\n    uses: ./.github/workflows/self.yml\n  b:\n    uses: ./.github/workflows/other.yml\n"
    )
    stages = "".join(
        f"  s{n}:\n    cmd: python a.py\n    deps: [o{n}]\n    outs: [o{(n + 1) % many}]\n" for n in range(many)
    )
    shop.project(
        **{
            ".github/workflows/self.yml": itself,
            ".github/workflows/other.yml": itself,
            ".github/workflows/needs.yml": f"on: push\njobs:\n{needs}",
            ".github/workflows/matrix.yml": f"on: push\njobs:\n  a:\n    strategy:\n      matrix:\n{matrix}    steps: "
            "[{run: 'pytest ${{ matrix.k0 }}'}]\n",
            ".github/actions/x/action.yml": "runs:\n  using: composite\n  steps: [{uses: ./.github/actions/x}]\n",
            ".gitlab-ci.yml": "include: .gitlab-ci.yml\n.a: {extends: .b}\n.b: {extends: .a}\njob: {extends: [.a, .b], script: [pytest]}\n",
            "dvc.yaml": f"stages:\n{stages}",
            "Jenkinsfile": "pipeline {" * 20_000 + "stage('a') { sh 'x' }" + "}" * 20_000,
            "azure-pipelines.yml": "extends: {template: azure-pipelines.yml}\n",
            ".circleci/config.yml": "jobs: {a: {steps: [a, {when: {steps: [a]}}]}}\n",
        }
    )


@hostile(seconds=60)
def pipelines_that_all_call_each_other(shop: Workshop) -> None:
    """Forty files of CI that each call twenty others: the ways from one to another are more than can be counted."""
    start = "on: [push, workflow_call]\njobs:\n  run: {steps: [{run: pytest}]}\n"
    for number in range(40):
        calls = (f"  j{n}: {{uses: ./.github/workflows/w{(number * 7 + n) % 40}.yml}}\n" for n in range(20))
        shop.write(f".github/workflows/w{number}.yml", start + "".join(calls))
    shop.project()


@hostile(seconds=60)
def commands_that_all_lead_to_each_other(shop: Workshop) -> None:
    """Tasks that need all others, and files of stages that run all others: millions of steps from a few kilobytes."""
    many = scaled(1500)
    shop.project(
        **{
            "justfile": "".join(f"t{n}: t{(n + 1) % many}\n  just t{(n + 7) % many}\n" for n in range(many)),
            "Taskfile.yml": "tasks:\n"
            + "".join(f"  t{n}: {{deps: [t{(n + 1) % many}], cmds: [task t{(n + 5) % many}]}}\n" for n in range(many)),
            **{f"p{n}/dvc.yaml": "stages:\n  t:\n    cmd: dvc repro ../dvc.yaml\n" for n in range(scaled(700))},
        }
    )


@hostile(seconds=60)
def schedules_and_routes_without_end(shop: Workshop) -> None:
    """Thousands of schedules in one file, of routes in one service, of jobs and of commands that name other files."""
    many = scaled(1500)
    shop.project(
        **{
            "prefect.yaml": "deployments:\n"
            + "".join(f"- {{name: d{n}, schedules: [{{cron: '* * * * *'}}]}}\n" for n in range(many)),
            "cron.yaml": "---\n".join(
                f"kind: CronJob\nspec: {{schedule: '* * * * *', containers: [{{command: [python, x{n}.py]}}]}}\n"
                for n in range(many)
            ),
            "main.tf": "".join(f'resource "aws_cloudwatch_event_rule" "r{n}" {{}}\n' for n in range(many)),
            "Jenkinsfile": "pipeline {\n"
            + "".join(f"stage('s{n}') {{ sh 'make t{n}' }}\n" for n in range(many))
            + "}\n",
            "docs/deploy.md": "```\n" + "".join(f"kubectl apply -f k8s/x{n}.yaml\n" for n in range(many)) + "```\n",
            "src/churn/api.py": "from fastapi import FastAPI\napp = FastAPI()\n"
            + "".join(f"@app.post('/p{n}')\ndef p{n}(r: R{n}): return model.predict(r)\n" for n in range(many)),
        }
    )


@hostile(seconds=60)
def requirements_without_end(shop: Workshop) -> None:
    """Requirements that include each other in a circle, and a hundred thousand of them, with endless options and extras."""
    shop.project(
        **{
            "requirements.txt": "-r a.txt\n-r requirements.txt\n-c requirements/b.txt\n",
            "requirements/b.txt": "-r ../requirements.txt\n",
            "a.txt": "-r requirements.txt\n",
            "requirements-dev.txt": "".join(f"p{n}=={n}\n" for n in range(scaled(33_000))),
            "requirements-a.txt": "x[" + "a," * scaled(33_000) + "]==1\n",
            "requirements-b.txt": "x" + ">=1,<2," * scaled(33_000) + "\n",
            "requirements-c.txt": "x==1 \\\n" + "  --hash=sha256:" + "0 \\\n  --hash=sha256:" * scaled(16_000),
            "requirements-d.txt": "x; " + "a=='b' and " * scaled(16_000),
            "requirements-e.txt": "(" * scaled(66_000),
            "setup.py": "from setuptools import setup\nsetup(install_requires=[" + "'a>=1'," * scaled(33_000) + "])\n",
            "setup.cfg": "[options]\ninstall_requires =\n" + "    a>=1\n" * scaled(33_000),
            "pom.xml": "<a>" * scaled(33_000),
            "environment.yml": "dependencies:\n" + "- a=1\n" * scaled(16_000),
            "go.mod": "require (\n" * scaled(16_000),
            "build.sbt": 'libraryDependencies += "a" %% "b" % "1"\n' * scaled(10_000),
            "DESCRIPTION": "Imports: " + "a (>= 1), " * scaled(26_000),
        }
    )


@hostile()
def entities_of_xml(shop: Workshop) -> None:
    """Entities that stand for a billion words, and entities that stand for files and addresses."""
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    bomb = f'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY e0 "x">{entities}]><project><name>&e11;</name></project>'
    outside = f'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd"><!ENTITY y SYSTEM "{shop.url("dtd")}">]><project>&x;&y;</project>'
    shop.project(**{"pom.xml": bomb, "sub/pom.xml": outside, "build.xml": bomb, "x.csproj": bomb})


@hostile(seconds=60, report_megabytes=20)
def fields_without_end(shop: Workshop) -> None:
    """A name of a megabyte, twenty thousand stages, fifty thousand identical findings: the report stays bounded."""
    key = 'password = "' + "Tr0ub4dor" + '&3"\n'
    shop.project(
        **{
            "pyproject.toml": f'[project]\nname = "{"n" * 1_000_000}"\nversion = "0"\n',
            "README.md": "# " + "A" * 1_000_000,
            "dvc.yaml": "stages:\n" + "".join(f"  s{n}:\n    cmd: python x{n}.py\n" for n in range(scaled(6_000))),
            "src/many.py": ("import pickle; pickle.loads(b'')\n" + key) * scaled(4_000),
        }
    ).committed()


@hostile(seconds=60)
def other_languages_without_end(shop: Workshop) -> None:
    """R, shell, Terraform, Jenkins and JavaScript: one line, brackets without end, here-documents that never close."""
    shop.project(
        **{
            "a.R": "x <- c(" + "f(" * scaled(6_000),
            "b.R": "a %>% " * scaled(10_000) + "b\n",
            "c.R": "'" * scaled(16_000),
            "d.Rmd": "```{r}\n" * scaled(10_000),
            "a.sh": "cat <<A\n" * scaled(10_000),
            "b.sh": "$(" * scaled(16_000),
            "c.sh": "a && " * scaled(33_000),
            "d.sh": "case x in\n" * scaled(10_000),
            "e.sh": "'" * 99_999,
            "a.tf": "a {" * scaled(10_000),
            "b.tf": "x = " + "[" * scaled(16_000),
            "c.tf": 'x = "' + "${" * scaled(16_000),
            "d.tf": "a = <<EOF\n" * scaled(6_000),
            "Jenkinsfile": "sh '''" * scaled(10_000),
            "a.js": "import {" * scaled(16_000),
            "a.scala": "/*" * scaled(33_000),
            "a.go": "import (\n" * scaled(16_000),
            "f.sh": "a|" * scaled(33_000),
        }
    )
