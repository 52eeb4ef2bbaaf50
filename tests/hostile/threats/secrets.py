"""Secrets of the tree in our report: a finding names kind and place, and never repeats the secret.

A user would notice somebody's password in a CI log, because the audit found it.
"""

from __future__ import annotations

import base64
import json

from hostile.case import hostile, judged
from hostile.workshop import Workshop, notebook


def together(*parts: str) -> str:
    """A token, put together so that this file holds none."""
    return "".join(parts)


TOKENS = {
    "aws id": together("AKIA", "Q3EGPWNZ7XK2MLWA"),
    "aws key": together("wJalrXUtnF", "EMIxK7MDENGxbPxRfiCYzK3yQ9vLmN2x"),
    "github": together("ghp_", "a8Fh2kLm9QzX4vBn7TyR1sWe5Dc3Ju6Ip0Ok"),
    "github fine": together(
        "github_pat_", "11ABCDEFG0a8Fh2kLm9QzX4v_Bn7TyR1sWe5Dc3Ju6Ip0OkLmNoPqRsTuVwXyZ012345678901234567"
    ),
    "openai": together("sk-proj-", "T3BlbkFJq8Zr5Xw2Vn9Lm4Kp7Hd1Gs6YtQe3Rb0"),
    "anthropic": together("sk-ant-", "api03-q8Zr5Xw2Vn9Lm4Kp7Hd1Gs6YtQe3Rb0Uc5Ia8Oj2"),
    "slack": together("xoxb-", "123456789012-123456789012-abcdefABCDEF123456789012"),
    "hugging face": together("hf_", "QwErTyUiOpAsDfGhJkLzXcVbNmQwErTyUi"),
    "gitlab": together("glpat-", "a8Fh2kLm9QzX4vBn7TyR"),
    "google": together("AIza", "SyA8Fh2kLm9QzX4vBn7TyR1sWe5Dc3Ju6Ip"),
    "stripe": together("sk_live_", "a8Fh2kLm9QzX4vBn7TyR1sWe"),
    "jwt": together(
        "eyJ", "hbGciOiJIUzI1NiJ9.eyJ", "zdWIiOiIxMjM0NTY3ODkwIn0.a8Fh2kLm9QzX4vBn7TyR1sWe5Dc3Ju6Ip0OkLmNoPqR"
    ),
}
PASSWORD = together("hunter2", "CorrectHorseBattery9")
ALL = (*TOKENS.values(), PASSWORD)
FOUND = judged("SEC001", "fail")
CONNECTION = f"postgresql://svc:{PASSWORD}@db.internal:5432/churn"


def assigned() -> str:
    """Every token as a constant of Python."""
    return "".join(f'{name.replace(" ", "_").upper()}_TOKEN = "{token}"\n' for name, token in TOKENS.items())


@hostile(unsaid=ALL, holds=FOUND)
def secrets_in_code(shop: Workshop) -> None:
    """Tokens of a dozen services and a password, as constants, arguments, defaults, in comments and addresses."""
    more = (
        f'password = "{PASSWORD}"\nURL = "{CONNECTION}"\nconnect(password="{PASSWORD}")\n# token: {TOKENS["github"]}\n'
    )
    more += f'def login(api_key="{TOKENS["openai"]}"): ...\nos.environ["OPENAI_API_KEY"] = "{TOKENS["openai"]}"\n'
    shop.project(**{"src/churn/keys.py": assigned() + more}).committed()


@hostile(unsaid=ALL, holds=FOUND)
def secrets_in_settings(shop: Workshop) -> None:
    """The same in YAML, JSON, TOML, ini, `.env`, containers and CI."""
    pairs = {f"{name.replace(' ', '_')}_token": token for name, token in TOKENS.items()} | {
        "password": PASSWORD,
        "db_url": CONNECTION,
    }
    lines = "".join(f"{key.upper()}={value}\n" for key, value in pairs.items())
    yaml = "".join(f"  {key}: {value}\n" for key, value in pairs.items())
    shop.project(
        **{
            ".env": lines,
            "config.yaml": f"keys:\n{yaml}",
            "config.json": json.dumps(pairs),
            "config.ini": f"[a]\n{lines}",
            "app.properties": lines,
            "settings.toml": "".join(f'{key} = "{value}"\n' for key, value in pairs.items()),
            "params.yaml": f"train:\n{yaml}",
            "Dockerfile": "FROM x\n"
            + "".join(f"ENV {row}\nARG {row}\nRUN login --{row}\n" for row in lines.splitlines()),
            ".github/workflows/ci.yml": f"on: push\nenv:\n{yaml}jobs:\n  a:\n    steps:\n      - run: login {TOKENS['github']} {PASSWORD}\n",
            "docker-compose.yml": f"services:\n  a:\n    image: x\n    environment:\n{yaml.replace('  ', '      ')}",
            "run.sh": lines,
            "dvc.yaml": f"stages:\n  a:\n    cmd: python -m churn.train --password {PASSWORD} --token {TOKENS['hugging face']}\n",
            "main.tf": lines,
            "Makefile": f"train:\n\tpython -m churn.train --api-key {TOKENS['openai']} --password={PASSWORD}\n",
            "kit.toml": lines.lower().replace("=", ' = "'),
        }
    )


@hostile(unsaid=ALL, holds=FOUND)
def secrets_in_notebooks(shop: Workshop) -> None:
    """In cells, magics, outputs, errors, metadata and text."""
    shown = [
        {"output_type": "stream", "name": "stdout", "text": [f"token {token}\n" for token in TOKENS.values()]},
        {
            "output_type": "error",
            "ename": "E",
            "evalue": f"bad password {PASSWORD}",
            "traceback": [f"login({PASSWORD!r})"],
        },
        {
            "output_type": "display_data",
            "metadata": {},
            "data": {"text/html": f"<b>{TOKENS['github']}</b>", "text/plain": CONNECTION},
        },
    ]
    text = notebook(
        assigned(), f"%env PASSWORD={PASSWORD}\n!login {TOKENS['gitlab']}\n", outputs=shown, owner=TOKENS["slack"]
    )
    shop.project(**{"notebooks/keys.ipynb": text})


@hostile(unsaid=ALL)
def secrets_in_prose_and_history(shop: Workshop) -> None:
    """In documents that also make claims, in commit messages, in names of files and stages, in reasons of waivers."""
    listed = "".join(
        f"We track runs with MLflow using {token} and password {PASSWORD}.\n\n" for token in TOKENS.values()
    )
    shop.project(
        **{
            "README.md": f"# Churn {TOKENS['github']}\n\n{listed}Start: `python train.py --token {TOKENS['openai']}`\n",
            "docs/run.md": listed,
            "src/churn/a.py": f'x = eval("1")  # kit: ignore[SEC001] token {TOKENS["github"]} is {PASSWORD}\npassword = "{PASSWORD}"\n',
            f"src/{TOKENS['gitlab']}.py": "import pickle\npickle.loads(b'')\n",
            "kit.toml": f'[[waive]]\nchecks = ["SEC"]\nreason = "{PASSWORD}"\n',
            "pyproject.toml": f'[project]\nname = "{TOKENS["hugging face"]}"\nversion = "1"\ndescription = "{PASSWORD}"\n',
            "requirements.txt": f"--extra-index-url https://svc:{PASSWORD}@pypi.internal/simple\nx @ https://{TOKENS['github']}@github.com/a/b\n",
        }
    ).committed()
    shop.git("commit", "--allow-empty", "--quiet", "--message", f"Use {TOKENS['aws id']}\n\n{listed}")


@hostile(unsaid=ALL)
def secrets_in_disguise(shop: Workshop) -> None:
    """Split over lines, encoded, with quotes and line ends inside, in names of keys, beside what breaks a masker."""
    token, half = TOKENS["github"], len(TOKENS["github"]) // 2
    encoded = base64.b64encode(f"svc:{PASSWORD}".encode()).decode()
    shop.project(
        **{
            "src/churn/split.py": f'token = (\n    "{token[:half]}"\n    "{token[half:]}"\n)\nkey = "{token[:half]}" + "{token[half:]}"\n',
            "src/churn/coded.py": f'headers = {{"Authorization": "Basic {encoded}"}}\npassword = """{PASSWORD}\n"""\nurl = f"{CONNECTION}?x={{y}}"\n',
            "config.yaml": f"password: >-\n  {PASSWORD}\ntoken: |\n  {token}\n? {TOKENS['openai']}\n: x\nauth: !secret {TOKENS['slack']}\n",
            "src/churn/twice.py": f'password = "{PASSWORD}{PASSWORD}"\nprint("{token}" * 2, "{token}{token}")\npassword = "{PASSWORD}\\n{token}"\n',
            "src/churn/call.py": f"import os\nos.system(\"curl -u svc:{PASSWORD} -H 'Authorization: Bearer {TOKENS['jwt']}' {CONNECTION}\")\n",
            "src/churn/assert.py": f'if password == "{PASSWORD}":\n    raise ValueError("{PASSWORD}")\nassert token != "{token}"\n',
        }
    )


@hostile(unsaid=ALL)
def secrets_in_key_files(shop: Workshop) -> None:
    """Private keys, service accounts, client settings of other tools."""
    body = "\n".join(base64.b64encode(f"{PASSWORD}{n}".encode()).decode() * 2 for n in range(10))
    kind = together("PRIVATE", " KEY")
    key = f"-----BEGIN RSA {kind}-----\n{body}\n-----END RSA {kind}-----\n"
    shop.project(
        **{
            "id_rsa": key,
            "src/churn/cert.py": f'KEY = """{key}"""\n',
            "account.json": json.dumps({"type": "service_account", "private_key": key}),
            ".netrc": f"machine x login y password {PASSWORD}\n",
            ".pypirc": f"[pypi]\npassword = {TOKENS['gitlab']}\n",
            ".npmrc": f"_authToken={TOKENS['github']}\n",
            ".git-credentials": f"https://x:{TOKENS['github']}@github.com\n",
            ".dvc/config": f"['remote \"r\"']\n    secret_access_key = {TOKENS['aws key']}\n",
            ".streamlit/secrets.toml": f'password = "{PASSWORD}"\n',
            "kaggle.json": json.dumps({"username": "x", "key": TOKENS["aws key"]}),
            ".dvc/config.local": f"['remote \"r\"']\n    password = {PASSWORD}\n",
            ".aws/credentials": f"[default]\naws_secret_access_key = {TOKENS['aws key']}\n",
        }
    )


BEGINNING = together("Tr0ub4d", "&7")


@hostile(unsaid=(BEGINNING,), seconds=60)
def secrets_without_end(shop: Workshop) -> None:
    """Thousands of passwords that begin alike, and settings and claims that are full of them."""
    values = [f"{BEGINNING}{number * 7919:08d}Zq" for number in range(4000)]
    shop.project(
        **{
            "src/churn/s.py": "".join(f"password_{n} = '{value}'\n" for n, value in enumerate(values)),
            "kit.toml": "".join(f"key{n} = '{value}'\n" for n, value in enumerate(values)),
            "docs/a.md": "".join(f"We track experiments with MLflow by {value}.\n\n" for value in values[:2000]),
        }
    )
