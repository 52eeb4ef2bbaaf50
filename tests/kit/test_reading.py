"""What is read of a tree, and what of it may be kept."""

from __future__ import annotations

import pytest
from readykit.reading import MAY_HOLD_SECRETS, looks_secret

SECRET = [
    b'db_password = "hunter2hunter2"', b"SECRET_KEY: abcdef0123", b'"apiKey": "0123456789"', b"api_key=0123456",
    b"accesskey = xxxxxxxx", b"ACCOUNT_KEY=xxxxxxxx", b"private_key: xxxxxxxx", b"db_pwd = xxxxxxxx",
    b"connectionstring=Endpoint", b"credentials := xxxxxxxx", b"AKIAXXXX", b"asia", b"AIzaX", b"ghp_x", b"GHO_x",
    b"ghu_x", b"ghs_x", b"ghr_x", b"github_pat_x", b"glpat-x", b"xoxb-", b"xoxr-", b"hf_A", b"sk-ant", b"sk_live",
    b"eyJh", b"-----BEGIN RSA", b"LS0tLS1C", b"Authorization: Bearer x", b"machine x login me", b"s3://me:word@host",
]  # fmt: skip
PLAIN = [
    b"",
    b"tokens = split(text)",
    b"api = FastAPI()",
    b"https://example.org/a",
    b"the logins",
    b"bearers",
    b"\xff",
]


@pytest.mark.parametrize("text", SECRET)
def test_what_looks_like_a_credential_is_seen_wherever_it_stands(text: bytes) -> None:
    assert looks_secret(text)
    assert looks_secret(b"import api\ntoken\n  " + text + b" \nlogins")
    assert MAY_HOLD_SECRETS.search(text)


@pytest.mark.parametrize("text", PLAIN)
def test_other_text_looks_like_none(text: bytes) -> None:
    assert not looks_secret(text)
    assert not MAY_HOLD_SECRETS.search(text)


@pytest.mark.parametrize("text", [b"token" * 400_000, b"://a:" * 400_000, b"token ]" * 300_000])
def test_nothing_that_is_repeated_takes_long(text: bytes) -> None:
    looks_secret(text)
