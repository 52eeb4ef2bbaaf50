"""What a stranger's text looks like after cleaning, and that no secret can be read in any report."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from readykit import auditor
from readykit.clean import MAX_ROWS, Masker, cleaned, told
from readykit.model import Evidence, Location, Strength, Unread
from readykit.report import FORMATS, render
from readykit.text import clean, clean_path, off_the_line, original

from . import hostile

# Put together from pieces, so that no scanner takes this file for one that leaks.
TOKENS = {
    "cloud key": "AKIA" + "Q3EGPWNZ7XK2MLWA",
    "cloud secret": "wJalrXUtnF" + "EMIxK7MDENGxbPxRfiCYzK3yQ9vLmN2x",
    "code host": "ghp_" + "a8Fh2kLm9QzX4vBn7TyR1sWe5Dc3Ju6Ip0Ok",
    "model provider": "sk-proj-" + "T3BlbkFJq8Zr5Xw2Vn9Lm4Kp7Hd1Gs6Yt",
    "password": "hunter2" + "CorrectHorseBattery9",
    "chat": "xoxb-" + "123456789012-abcdefABCDEF1234567890",
    "model hub": "hf_" + "QwErTyUiOpAsDfGhJkLzXcVbNmQwErTyUi",
    "private key": "-----BEGIN RSA PRIVATE " + "KEY-----\nMIIEpAIBAAKCAQEA3Tz2mr7SZiAMfQyuvBjM9Oi" + "3k" * 40,
    "package index": "pypi-AgE" + "IcHlwaS5vcmcCJDA5ZmQ0ZjMzLTM4YjEtNGQ0Mi1iYjI5LTk3ZWI2M2I2",
}

HIDDEN = base64.b64encode(TOKENS["password"].encode()).decode()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\nb\tc", "a\\nb\\tc"),
        ("\x1b[0m", "\\x1b[0m"),
        ("\x9b", "\\u009b"),
        ("\udc9b", "\\x9b"),
        ("\u202ecod.exe", "\\u202ecod.exe"),
        ("\ue000", "\\ue000"),
        ("\U000e0041", "\\U000e0041"),
        ("naïve 模型 🙂\u00a0x", "naïve 模型 🙂\u00a0x"),
        ("C:\\new", "C:\\new"),
        ("##vso[x] ##[y] ## [z](a)", "\\x23#vso[x] \\x23#[y] ## [z](a)"),
    ],
)
def test_what_acts_is_shown(text: str, shown: str) -> None:
    assert clean(text) == shown
    assert clean(shown) == shown


def test_a_text_is_cut_after_it_was_made_visible() -> None:
    assert clean("\x1b" * 50, 10) == "\\x1b\\x1b\\…"
    assert len(clean("x" * 1_000_000, 200)) == 200


def test_different_paths_never_look_alike() -> None:
    names = ["a\nb", "a\\nb", "a\\\nb", "\udcff", "ÿ", "\\xff", "\x85", "\udc85", "x" * 5000, "x" * 4999 + "y", "a\\b"]
    assert len({clean_path(name) for name in names}) == len(names)
    assert original(clean_path("a\\x41\n\udcff")) == b"a\\x41\n\xff"


def test_a_log_takes_no_line_for_a_command() -> None:
    assert off_the_line("::error::x\n  ::warning::y\n\x1b[1m::notice::z") == (
        "\\x3a:error::x\n  \\x3a:warning::y\n\x1b[1m\\x3a:notice::z"
    )
    assert off_the_line("a ::b\n") == "a ::b\n"


@pytest.mark.parametrize("token", TOKENS.values(), ids=TOKENS)
@pytest.mark.parametrize(
    "around",
    [
        "{}",
        "key {} in a sentence",
        "password = '{}'",
        "`SECRET_TOKEN: {}`",
        "https://anna:{}@host.com/x",
        "PASSWORD={}",
    ],
)
def test_a_secret_in_any_text_of_a_report_is_masked_in_every_format(token: str, around: str) -> None:
    if token == TOKENS["password"] and around in ("{}", "key {} in a sentence"):
        return  # nothing tells a password from a word but its name
    report = cleaned(hostile.report("words", around.format(token)))
    for form in FORMATS:
        page = render(report, form, **({"verbose": True} if form == "terminal" else {}))
        assert token[8:20] not in page.replace("\n", "").replace(" ", ""), form


def test_a_known_value_is_masked_also_where_it_was_cut() -> None:
    value = "correct" + "horsebatterystaple"
    mask = Masker([value], "correcthorse")
    assert mask(f"x {value} y") == "x corr… y"
    assert mask("open('correcthorsebat', 'r')") == "open('corr…', 'r')"
    assert mask("set to correcthor…") == "set to corr……"
    assert mask("that is correct horses") == "that is correct horses"


def test_no_sentence_hides_where_evidence_stands() -> None:
    deep = "d0/d1/d2/d3/d4/d5/d6/d7/d8/D9/dA/dB/dC/1"
    paths = ["src/churn/train.py", "tests/test_train.py", f"{deep}.py", f"{deep[:-1]}2.py"]
    said = "We track runs, password=src/churn/train.py1 and token: tests/test_train.py0 are ours"
    report = hostile.report(said)
    evidence = tuple(Evidence(Location(path, 1), Strength.WIRED, said) for path in paths)
    verdict = replace(report.findings[0].verdict, evidence=evidence)
    whole = replace(report, findings=(replace(report.findings[0], verdict=verdict),))
    assert [item.at.path for item in cleaned(whole).findings[0].verdict.evidence] == paths


@pytest.mark.parametrize(
    "text",
    [
        "actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8",
        "postgresql://${USER}:${PASSWORD}@db/x",
        "analysis/TAARExperimentV2AnalysisOfSomethingElse.ipynb",
        "api_key=os.environ['API_KEY_2']",
        "max_tokens = 20480000000",
        "image@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    ],
)
def test_what_only_looks_like_a_secret_stays_readable(text: str) -> None:
    assert Masker((), text)(text) == text


def test_an_audit_shows_no_secret_wherever_it_stands(tmp_path: Path) -> None:
    """In settings, code, notebooks, prose, names of stages, waivers: what is quoted from there is masked."""
    project(tmp_path)
    report = auditor.audit(tmp_path)
    assert report.clean
    assert any(f.check.id == "SEC001" and f.verdict.status == "fail" for f in report.findings)
    for form in FORMATS:
        page = render(report, form, **({"verbose": True} if form == "terminal" else {}))
        for name, token in TOKENS.items():
            assert token[8:20] not in page, f"{name} in {form}"
        assert HIDDEN[8:20] not in page, f"base64 in {form}"


def project(folder: Path) -> None:
    """A small project whose author keeps the keys at hand."""
    lines = [f'{name.upper().replace(" ", "_")}_TOKEN = """{token}"""' for name, token in TOKENS.items()]
    every = "\n".join(lines)
    said = " and ".join(token for name, token in TOKENS.items() if name != "private key")
    (folder / ".env").write_text("\n".join(line.replace('"""', '"') for line in lines))
    (folder / "train.py").write_text(
        f"import mlflow\nfrom sklearn.linear_model import LogisticRegression\n{every}\n"
        f"mlflow.set_tracking_uri('https://anna:{TOKENS['password']}@tracking.company.com')\n"
        f"model = LogisticRegression().fit([[0.0], [1.0]], [0, 1])\nmlflow.log_metric('{TOKENS['code host']}', 1.0)\n"
        f"# readykit: ignore[TRK001] reason: {TOKENS['model hub']}\n"
    )
    (folder / "dvc.yaml").write_text(f"stages:\n  train:\n    cmd: python train.py --key {TOKENS['chat']}\n")
    (folder / "README.md").write_text(
        f"# Churn\n\nWe predict churn with {said}. Password: {TOKENS['password']}\n\nRun `python train.py`. "
        f"Models are tracked with MLflow, the key is {TOKENS['cloud key']}.\n\n"
        f"Monitored with {TOKENS['chat']} by Evidently.\n"
    )
    cells = [{"cell_type": "code", "id": "a", "metadata": {}, "source": every, "outputs": [], "execution_count": 1}]
    (folder / "a.ipynb").write_text(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}))
    (folder / "secret.yaml").write_text(f"kind: Secret\ndata:\n  password: {HIDDEN}\n")
    (folder / TOKENS["code host"]).write_text("a file with an unlucky name\n")


def test_tokens_that_begin_alike_are_all_masked() -> None:
    alike = [f"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.{n}PayloadPayload" for n in "abc"]
    masked = Masker(alike, " ".join(alike))
    assert "Payload" not in masked(" ".join(alike)) + masked(f"{alike[2]} {alike[0]} {alike[1]}")


def test_messages_are_cleaned_and_masked() -> None:
    said = told(f"https://anna:{TOKENS['password']}@host/x\x1b]0;y\x07: cannot be read" + "x" * 10_000)
    assert TOKENS["password"] not in said
    assert "\x1b" not in said
    assert len(said) <= 600


def test_a_report_stays_bounded_and_says_so() -> None:
    many = tuple(Unread(f"{n}", "why") for n in range(MAX_ROWS + 7))
    done = cleaned(replace(hostile.report("words"), unreadable=many))
    assert len(done.unreadable) == MAX_ROWS
    assert "7 more rows" in done.skipped[-1].why


def test_cleaning_twice_changes_nothing() -> None:
    once = cleaned(hostile.report(*hostile.TEXTS))
    assert cleaned(once) is once


def test_a_secret_that_begins_another_leaves_no_rest_of_it() -> None:
    short, long = "2a1b12", "2a1b121babaabb"
    for values in ([short, long], [long, short]):
        masked = Masker(values, f"{short} {long}")
        assert "babaabb" not in masked(f"it was {long} here")
        assert masked(f"only {short}, alone") == "only 2…, alone"


def test_thousands_of_secrets_are_found_like_one() -> None:
    values = [f"Tr0ub4d-{number * 7919:08d}Zq" for number in range(5000)]
    text = " ".join(values)
    assert not re.search(r"Tr0ub4d-\d", Masker(values, text)(text))
