"""What is read of a tree, and what of it may be kept."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from readykit import catalogue
from readykit.index import Index
from readykit.kept import MAY_HOLD_SECRETS, looks_secret, may_be_kept, taken_in, told
from readykit.pile import Pile
from readykit.repo import Repo
from readykit.worker import Worker

SECRET = [
    b'db_password = "hunter2hunter2"', b"SECRET_KEY: abcdef0123", b'"apiKey": "0123456789"', b"api_key=0123456",
    b"accesskey = xxxxxxxx", b"ACCOUNT_KEY=xxxxxxxx", b"private_key: xxxxxxxx", b"db_pwd = xxxxxxxx",
    b"connectionstring=Endpoint", b"credentials := xxxxxxxx", b"AKIAXXXX", b"asia", b"AIzaX", b"ghp_x", b"GHO_x",
    b"ghu_x", b"ghs_x", b"ghr_x", b"github_pat_x", b"glpat-x", b"xoxb-", b"xoxr-", b"hf_AbCdEfGhIjKlMnOp", b"sk-ant",
    b"sk_live", b"eyJh", b"-----BEGIN RSA", b"LS0tLS1C", b"Authorization: Bearer x", b"machine x login me",
    b"s3://me:word@host",
]  # fmt: skip
PLAIN = [
    b"",
    b"tokens = split(text)",
    b"api = FastAPI()",
    b"https://example.org/a",
    b"the logins",
    b"mask_ids = task_ids = risk-free",
    b"tokenizer = AutoTokenizer",
    b"api_key = os.getenv('API_KEY')",
    b"hf_hub_download",
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


@pytest.mark.parametrize(
    "text", [b"token" * 400_000, b"://a:" * 400_000, b"token ]" * 300_000, b"token=aaaaaa" * 200_000 + b"("]
)
def test_nothing_that_is_repeated_takes_long(text: bytes) -> None:
    looks_secret(text)


def test_pictures_of_a_notebook_hide_no_facts_and_secrets_do(tmp_path: Path) -> None:
    """Base64 looks like anything; a notebook is read anew because of what its cells say, not of what they drew."""
    picture = "eyJAAKIAghs" * 1_000
    cell = '{"cells": [{"cell_type": "code", "source": ["%s"], "outputs": [{"data": {"image/png": "%s"}}]}]}'
    (tmp_path / "tree").mkdir()
    for name, source in (("plain", "x = 1"), ("login", "password = 'hunter2hunter2'")):
        (tmp_path / "tree" / f"{name}.ipynb").write_text(cell % (source, picture))
    repo = Repo.open(tmp_path / "tree")
    box = catalogue.toolbox(())
    known = {path: told(repo, path, box) for path in repo.files}
    assert [path for path in repo.files if may_be_kept(repo, path, known[path])] == ["plain.ipynb"]


def test_what_a_file_shows_comes_back_as_it_was_found() -> None:
    """Facts and traces of every kind, through bytes; tools of other folders are always looked for anew."""
    files = {
        "train.py": "import mlflow\nmlflow.log_metric('a', 1); mlflow.log_metric('b', 2)\nx = mlflow.MlflowClient()\n",
        "requirements.txt": "mlflow==2.9\nbentoml\n",
        ".github/workflows/ci.yml": "jobs:\n a:\n  steps:\n  - uses: actions/checkout@v4\n  - run: dvc repro\n",
        "tests/test_train.py": "import mlflow\n",
    }
    box = catalogue.toolbox(())
    first, second = Repo.of(files), Repo.of(files)
    for path in files:
        taken_in(second, path, told(first, path, box), "", box)
    for path in files:
        found = list(box.recognised(first.facts(path)))
        assert second.facts(path) == first.facts(path)
        assert list(Index(second, box).traces(path)) == found
        assert found
    assert "tests/test_train.py" not in second.shown, "what tests call is no trace"


@pytest.mark.parametrize("many", [300, 5_003])
def test_processes_share_a_pile_and_each_piece_is_taken_once(many: int) -> None:
    """Who is free takes the next ones, in order; however many pieces there are, they fit into the pile."""
    pile = Pile(range(many))
    mine = iter(pile)
    first = next(mine)
    worker = Worker(lambda _say: bytes(str(list(pile)), "ascii"))
    theirs = worker.result()
    assert isinstance(theirs, bytes)
    assert [first, *mine, *json.loads(theirs)] == list(range(many))
    pile.end()
    empty: Pile[int] = Pile([])
    assert list(empty) == []


def test_a_worker_that_tells_much_does_not_wait_to_be_asked() -> None:
    """Thousands of names of files are more than a pipe holds."""
    worker = Worker(lambda say: b"".join([say("file:" + "x" * 200) or b"." for _ in range(3_000)]))
    heard: list[str] = []
    deadline = time.monotonic() + 20
    while len(heard) < 3_000 and time.monotonic() < deadline:
        worker.listen(heard.append)
    assert len(heard) == 3_000
    assert worker.result() == b"." * 3_000
