"""Archives, indexes and heads of git from arbitrary and wounded bytes: a tree, rows, or one clear refusal."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import subprocess
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import mutate
import pytest
from fuzzed import assert_target
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from readykit import gitindex
from readykit.githead import head

FILES = {
    "README.md": b"# Churn\n",
    "src/train.py": b"import mlflow\nmlflow.log_metric('auc', 1)\n" * 20,
    "a/b.yaml": b"a: 1\n",
}
FEW = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
WOUNDED = st.lists(
    st.tuples(st.sampled_from(mutate.WOUNDS), st.floats(0, 1), st.floats(0, 0.3), st.sampled_from(mutate.PIECES)),
    max_size=4,
)


def as_zip() -> bytes:
    """The files as a zip."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in FILES.items():
            archive.writestr(path, data)
    return made.getvalue()


def as_tar(form: int = tarfile.PAX_FORMAT) -> bytes:
    """The files as a tar."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=form) as archive:
        for path, data in FILES.items():
            info = tarfile.TarInfo(path)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        archive.addfile(tarfile.TarInfo("n" * 300))
    return made.getvalue()


ARCHIVES: Mapping[str, Callable[[], bytes]] = {
    "t.zip": as_zip,
    "t.tar": as_tar,
    "gnu.tar": lambda: as_tar(tarfile.GNU_FORMAT),
    "t.tar.gz": lambda: gzip.compress(as_tar()),
    "t.tar.bz2": lambda: bz2.compress(as_tar()),
    "t.tar.xz": lambda: lzma.compress(as_tar()),
    "t.tgz": lambda: gzip.compress(as_tar()),
}


def hurt(data: bytes, wounds: list[tuple[str, float, float, bytes]]) -> bytes:
    """Data with some wounds."""
    for wound in wounds:
        data = mutate.wounded(data, *wound)[:200_000]
    return data


@pytest.mark.parametrize("name", sorted(ARCHIVES))
@FEW
@given(wounds=WOUNDED)
def test_wounded_archives(tmp_path: Path, name: str, wounds: list[tuple[str, float, float, bytes]]) -> None:
    path = tmp_path / name
    path.write_bytes(hurt(ARCHIVES[name](), wounds))
    assert_target(path)
    assert [place.name for place in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("name", sorted(ARCHIVES))
@FEW
@given(
    data=st.binary(max_size=600),
    begins=st.sampled_from([b"", b"PK\3\4", b"PK\5\6", b"\x1f\x8b\x08\0", b"BZh9", b"\xfd7zXZ\0"]),
)
def test_arbitrary_bytes_as_archives(tmp_path: Path, name: str, data: bytes, begins: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(begins + data)
    assert_target(path)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with an index and a commit."""
    root = tmp_path_factory.mktemp("fuzzed") / "work"
    for path, data in FILES.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)
    identity = ["-c", "user.name=Ada", "-c", "user.email=ada@localhost", "-c", "commit.gpgsign=false"]
    for words in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message", "Start"]):
        subprocess.run(["git", *identity, *words], cwd=root, check=True, capture_output=True)
    return root


@FEW
@given(wounds=WOUNDED, checked=st.booleans())
def test_wounded_indexes(repository: Path, wounds: list[tuple[str, float, float, bytes]], checked: bool) -> None:
    """The paths that git tracks, or that they are not known."""
    index = repository / ".git/index"
    whole = index.read_bytes()
    try:
        body = whole if checked else whole[:-20] + bytes(20)  # without a checksum every byte is believed
        index.write_bytes(hurt(body[:-20], wounds) + body[-20:])
        found = gitindex.tracked(repository)
        assert found is None or all(isinstance(path, str) for path in found)
    finally:
        index.write_bytes(whole)


@FEW
@given(
    text=st.one_of(
        st.binary(max_size=200), st.text(max_size=60).map(lambda t: f"ref: refs/heads/{t}\n".encode("utf-8", "replace"))
    )
)
def test_any_head(repository: Path, text: bytes) -> None:
    """A commit, or none."""
    place = repository / ".git/HEAD"
    whole = place.read_bytes()
    try:
        place.write_bytes(text)
        found = head(repository)
        assert found is None or set(found) <= set("0123456789abcdef")
    finally:
        place.write_bytes(whole)
