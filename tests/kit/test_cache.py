"""The cache spares work and is never believed without proof."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from readykit import cache, wire
from readykit.auditor import Way, audit
from readykit.report import json_


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("KIT_CACHE_DIR", str(folder))
    return folder


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A small project."""
    root = tmp_path / "project"
    root.mkdir()
    (root / "README.md").write_text("# Churn\n\nA model that predicts churn.\n")
    (root / "train.py").write_text(
        "import mlflow\nfrom sklearn.linear_model import LogisticRegression\n\n"
        "model = LogisticRegression().fit([[0], [1]], [0, 1])\nmlflow.log_metric('auc', 0.7)\n"
    )
    (root / "settings.py").write_text("password = 'k3Xv9Qp2Lm8Zt5Rw'\n")
    return root


def entries(place: Path) -> list[Path]:
    return sorted(place.glob("*.kit"))


def test_what_is_stored_is_loaded(place: Path) -> None:
    """An entry comes back, from a folder that only its user can read."""
    cache.store(cache.key("x"), b"data")
    assert cache.load(cache.key("x")) == b"data"
    assert cache.load(cache.key("y")) is None
    assert stat.S_IMODE(place.stat().st_mode) == 0o700


@pytest.mark.parametrize("harm", ["cut", "flipped", "empty", "foreign"])
def test_a_broken_entry_is_dropped(place: Path, harm: str) -> None:
    """Whatever happened to an entry, it is removed and never believed."""
    cache.store(cache.key("x"), b"data" * 1000)
    path = entries(place)[0]
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes({"cut": data[:-5], "flipped": data, "empty": b"", "foreign": b"something else"}[harm])
    assert cache.load(cache.key("x")) is None
    assert not entries(place)


def test_a_cache_that_others_may_write_is_not_used(place: Path) -> None:
    """Somebody else's data is not believed: a folder open to all, or a link to elsewhere."""
    cache.store(cache.key("x"), b"data")
    place.chmod(0o777)
    assert cache.load(cache.key("x")) is None
    place.chmod(0o700)
    elsewhere = place.with_name("elsewhere")
    place.rename(elsewhere)
    place.symlink_to(elsewhere)
    assert cache.load(cache.key("x")) is None


def test_the_cache_is_bounded(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest entries go first."""
    monkeypatch.setattr(cache, "MAX_CACHE_BYTES", 3_500)
    for number in range(6):
        cache.store(cache.key(str(number)), bytes(1_000))
        os.utime(place / f"{cache.key(str(number))}.kit", (number, number))
    cache.store(cache.key("last"), bytes(1_000))
    assert cache.load(cache.key("0")) is None
    assert cache.load(cache.key("last")) == bytes(1_000)
    assert len(entries(place)) <= 3
    assert cache.clear()[0] <= 3
    assert not entries(place)


def test_a_second_audit_gives_the_same_report(place: Path, tree: Path) -> None:
    """Cold, warm, after a change and with a broken cache: the report is that of an audit without one."""
    plain = json_.render(audit(tree, way=Way(cached=False)))
    assert not entries(place)
    assert json_.render(audit(tree)) == plain
    assert entries(place)
    assert json_.render(audit(tree)) == plain
    for path in entries(place):
        path.write_bytes(path.read_bytes()[:-3])
    assert json_.render(audit(tree)) == plain
    for path in entries(place):
        cache.store(path.stem, b"whole, and no report")
    assert json_.render(audit(tree)) == plain
    (tree / "train.py").write_text("print('nothing')\n")
    assert json_.render(audit(tree)) == json_.render(audit(tree, way=Way(cached=False))) != plain


def test_no_secret_lies_in_the_cache(place: Path, tree: Path) -> None:
    """A password of an audited file is nowhere in the cache."""
    audit(tree)
    assert entries(place)
    assert not any(b"k3Xv9Qp2Lm8Zt5Rw" in path.read_bytes() for path in place.rglob("*") if path.is_file())


def test_a_report_is_read_without_trusting_it() -> None:
    """A pickle that names anything but the types of a report is refused: it could run whatever it names."""
    import pickle

    class Evil:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return os.system, ("echo never",)

    for data in (pickle.dumps(Evil()), pickle.dumps(print), pickle.dumps({"a": 1}), b"", b"\x80\x05garbage"):
        with pytest.raises(wire.NotOurs):
            wire.report_in(data)
