"""What a credential looks like, what only looks like one, and that no value is ever handed on."""

from __future__ import annotations

import base64

import pytest
from readykit.credentials import leaks

# Put together from halves, so that no scanner takes this file for one that leaks.
RANDOM = "9fX2kLq7" + "Zt4WmB8vRc1N"
TOKEN = "gh" + "p_" + "mZ4vQ8sLk2Xw9Rb7Tn3Yc6Hd1Jf5Pg0Aue8i"
ACCESS = "AK" + "IA" + "Q7XN2ZKD5TLW8HJR"
KEY = "-----BEGIN RSA PRIVATE " + "KEY-----\n" + "MIIEpAIBAAKCAQEA3Tz2mr7SZiAMfQyuvBjM9Oi" * 3


@pytest.mark.parametrize(
    "text",
    [
        f"git clone https://{TOKEN}@host.com/a",
        f"AWS_ACCESS_KEY_ID={ACCESS}",
        KEY,
        f"client_secret: {RANDOM}",
        f'os.environ["TRACKER_TOKEN"] = "{RANDOM}"',
        f"    - name: DB_PASSWORD\n      value: {RANDOM}",
        f"tracker login {RANDOM.encode().hex()}",
        f"url = postgresql://anna:{RANDOM}@db.company.com/x",
        f"Authorization: Bearer {RANDOM}{RANDOM}",
        f"kind: Secret\ndata:\n  password: {base64.b64encode(RANDOM.encode()).decode()}",
    ],
)
def test_a_credential_is_found_and_not_shown(text: str) -> None:
    """Where it stands and how it begins is told, nothing else."""
    found = [leak for leak in leaks(text, "settings.yaml", code=False) if not leak.common]
    assert found
    for leak in found:
        assert len(leak.masked) <= 5 or leak.what == "a private key"
        assert RANDOM not in f"{leak.what}{leak.masked}"


@pytest.mark.parametrize(
    "text",
    [
        "API_KEY=your-api-key-here",
        "password: ${DB_PASSWORD}",
        "password: {{ db_password }}",
        "secretName: tides-tls-2024",
        "max_tokens: 20480000000000000000",
        "token: ${{ secrets.DEPLOY_TOKEN }}",
        "aws_access_key_id = " + "AK" + "IA" + "IOSFODNN7EXAMPLE",
        "tokenizer_file: tokenizers/wordpiece-30522-uncased.json",
        "url: https://user:password@example.com/",
        "pad_token: '[PAD]'",
        "secret_path: /run/secrets/key-2f9a8c7b6d5e4f3a",
        '"image/png": "iVBOR' + "AK" + "IA" + "Q7XN2ZKD5TLW8HJRx0aGk+" + 'lQm/"',
    ],
)
def test_what_only_looks_like_one_is_left_alone(text: str) -> None:
    """Placeholders, references, names, pictures."""
    assert not [leak for leak in leaks(text, "settings.yaml", code=False) if not leak.common]


def test_a_password_that_everybody_knows_is_told_apart() -> None:
    """It is no leak, and a door that stands ajar."""
    (leak,) = leaks("POSTGRES_PASSWORD: postgres", "compose.yaml", code=False)
    assert leak.common


def test_prose_is_searched_for_unmistakable_shapes_only() -> None:
    """A document may explain what a password looks like."""
    assert not list(leaks(f"password: {RANDOM}", "README.md", code=False, prose=True))
    assert list(leaks(f"token {TOKEN}", "README.md", code=False, prose=True))
