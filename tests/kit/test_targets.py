"""What `kit audit` can be pointed at on this machine: folders, single files, archives; and what it refuses, and how."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import socket
import stat
import struct
import tarfile
import zipfile
import zlib
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import readykit
from readykit import errors, limits, sources, tarred, unpack, zipped
from readykit.errors import TargetError
from readykit.folder import Folder
from readykit.target import at_hand, opened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from readykit.repo import Repo

FILES = {
    "README.md": "# Churn\n", "src/train.py": "from sklearn.svm import SVC\nSVC().fit(X, y)\n", "a.yaml": "a: 1\n",
}  # fmt: skip


@contextmanager
def tree(target: Path | str) -> Iterator[Repo]:
    with at_hand(target) as place:
        yield opened(place)


def rows(target: Path | str) -> dict[str, str]:
    with tree(target) as repo:
        for path in repo.files:
            repo.text(path)
        return {row.path: row.why for row in (*repo.skipped, *repo.unreadable)}


def zip_of(path: Path, files: dict[str, str], top: str = "") -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, text in files.items():
            made.writestr(top + name, text)
    return path


def tar_of(path: Path, files: dict[str, str], mode: str = "w", top: str = "") -> Path:
    with tarfile.open(path, mode) as made:
        for name, text in files.items():
            entry = tarfile.TarInfo(top + name)
            entry.size = len(text.encode())
            made.addfile(entry, io.BytesIO(text.encode()))
    return path


# -- what is not a target ----------------------------------------------------------------------------------------------
def test_wrong_targets_get_one_sentence(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.zip")
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(str(tmp_path / "s"))
    (tmp_path / "photo.jpg").write_bytes(b"\xff\xd8")
    (tmp_path / "a.rar").write_bytes(b"Rar!")
    (tmp_path / "a.tar.zst").write_bytes(b"\x28\xb5\x2f\xfd")
    missing = [tmp_path / "none", "a\0b", "x" * 100_000, tmp_path / "photo.jpg" / "below"]
    for target in (*missing, *(tmp_path / name for name in ("pipe.zip", "s", "photo.jpg", "a.rar", "a.tar.zst"))):
        with pytest.raises(TargetError) as told, at_hand(target):
            pass
        assert told.value.exit_code == errors.TARGET
        assert "\n" not in str(told.value)
        assert len(str(told.value)) < 600


@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.tar.gz", "a.tgz", "a.tar.bz2", "a.tar.xz"])
@pytest.mark.parametrize("content", [b"", b"\0\1garbage" * 100, b"<!DOCTYPE html><html>404</html>", bytes(10_240)])
def test_what_is_no_archive_is_told(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(TargetError, match=r"^a\.t?(ar|zip|gz)?.*: "), tree(tmp_path / name):
        pass


@pytest.mark.parametrize(("name", "pack"), [("a.tar.gz", gzip.compress), ("a.tar.bz2", bz2.compress),
                                            ("a.tar.xz", lzma.compress), ("a.zip", bytes)])  # fmt: skip
def test_a_cut_off_archive_is_told(tmp_path: Path, name: str, pack: object) -> None:
    many = {f"f{n}.py": os.urandom(2_000).hex() for n in range(40)}
    if name == "a.zip":
        whole = zip_of(tmp_path / "whole", many).read_bytes()
    else:
        whole = pack(tar_of(tmp_path / "whole", many).read_bytes())  # type: ignore[operator]
    (tmp_path / name).write_bytes(whole[: len(whole) // 2])
    try:
        assert any("cut off" in why for why in rows(tmp_path / name).values())
    except TargetError as told:
        assert "cut off" in str(told)  # noqa: PT017 - some end before their first file


# -- folders -----------------------------------------------------------------------------------------------------------
def test_a_link_to_a_folder_is_what_it_names(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a.py").write_text("x = 1\n")
    (tmp_path / "link").symlink_to("real")
    with tree(tmp_path / "link") as repo:
        assert repo.files == ("a.py",)
        assert repo.text("a.py") == "x = 1\n"


def test_a_folder_that_becomes_a_link_leads_nowhere(tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "a.py").write_text("SECRET")
    inner = tmp_path / "tree" / "one" / "two"
    inner.mkdir(parents=True)
    (inner / "a.py").write_text("x = 1\n")
    for swapped in (inner, inner.parent):
        repo = Folder(tmp_path / "tree")
        swapped.rename(tmp_path / "away")
        swapped.symlink_to(tmp_path / "secret" if swapped == inner else tmp_path)
        repo._folders = type(repo._folders)(tmp_path / "tree")  # nothing is open any more but the root
        with pytest.raises(OSError, match=r"directory|links"):
            repo.read("one/two/a.py", 100)
        swapped.unlink()
        (tmp_path / "away").rename(swapped)
    inner.joinpath("a.py").unlink()
    inner.joinpath("a.py").symlink_to(tmp_path / "secret" / "a.py")
    with pytest.raises(OSError, match=r"links"):
        repo.read("one/two/a.py", 100)
    inner.joinpath("a.py").unlink()
    os.mkfifo(inner / "a.py")
    with pytest.raises(OSError, match=r"regular"):
        repo.read("one/two/a.py", 100)


def test_limits_of_a_folder_are_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = tmp_path / "deep"
    deep.joinpath(*["d"] * (limits.MAX_DEPTH + 5)).mkdir(parents=True)
    assert list(rows(deep).values()) == [f"more than {limits.MAX_DEPTH} folders deep"]
    wide = tmp_path / "wide"
    wide.mkdir()
    for number in range(20):
        (wide / f"f{number:02}.py").write_text("")
        (wide / f"l{number:02}.py").symlink_to("f00.py")
    monkeypatch.setattr(sources, "MAX_ROWS", 10)
    found = Folder(wide)
    assert len(found.sizes) == 20
    assert len(found.skipped) == 11
    assert "others" in found.skipped[-1].why
    monkeypatch.setattr(sources, "MAX_FILES", 10)
    found = Folder(wide)
    assert len(found.sizes) == 10
    assert "more than 10 files" in found.unread[0].why
    assert readykit.audit(wide).unreadable
    monkeypatch.setattr(sources, "MAX_FILES", 1_000)
    monkeypatch.setattr(sources, "MAX_NAMES", 70)
    assert len(Folder(wide).sizes) == 11


def test_a_file_that_grows_is_read_to_its_limit(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x")
    found = Folder(tmp_path)
    (tmp_path / "a.py").write_text("y" * 100_000)
    assert found.read("a.py", 50_000) == b"y" * 50_000
    (tmp_path / "a.py").write_text("")
    assert found.read("a.py", 50_000) == b""


def test_more_folders_than_stay_open(tmp_path: Path) -> None:
    for number in range(200):
        (tmp_path / f"d{number}" / "e").mkdir(parents=True)
        (tmp_path / f"d{number}" / "e" / "a.py").write_text(str(number))
    found = Folder(tmp_path)
    assert {found.read(f"d{number}/e/a.py", 10) for number in range(200)} == {b"%d" % number for number in range(200)}
    assert found.read("d0/e/a.py", 10) == b"0"


def test_a_worktree_is_a_plain_folder_that_says_so(tmp_path: Path) -> None:
    (tmp_path / ".git").write_text("gitdir: ../elsewhere/.git/worktrees/w\n")
    (tmp_path / "a.py").write_text("x = 1\n")
    with tree(tmp_path) as repo:
        assert repo.files == ("a.py",)
        assert "another folder" in repo.history.missing
        assert "history" in repo.skipped[0].why


# -- one file ----------------------------------------------------------------------------------------------------------
def test_one_file_is_a_tree_of_one(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(FILES["src/train.py"])
    (tmp_path / "other.py").write_text("SECRET")
    with tree(tmp_path / "train.py") as repo:
        assert repo.files == ("train.py",)
        assert repo.name == "train.py"
        assert "SVC" in repo.text("train.py")
    report = readykit.audit(tmp_path / "train.py")
    assert report.repository.path == "train.py"
    assert report.repository.files == 1


# -- archives ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.tar.gz", "a.tgz", "a.tar.bz2", "a.tar.xz"])
@pytest.mark.parametrize("top", ["", "repo-main/", "./"])
def test_an_archive_is_the_tree_in_it(tmp_path: Path, name: str, top: str) -> None:
    mode = {"gz": "w:gz", "tgz": "w:gz", "bz2": "w:bz2", "xz": "w:xz"}.get(name.rpartition(".")[2], "w")
    target = zip_of(tmp_path / name, FILES, top) if name == "a.zip" else tar_of(tmp_path / name, FILES, mode, top)
    with tree(target) as repo:
        assert repo.files == tuple(sorted(FILES))
        assert {path: repo.text(path) for path in repo.files} == FILES
        assert repo.name == "a"
        assert not (*repo.skipped, *repo.unreadable)
    assert readykit.audit(target).repository.commit is None
    assert [path.name for path in tmp_path.iterdir()] == [name]


EVIL = ("../up.py", "/abs.py", "a/../../b.py", "..\\w.py", "C:\\w.py", "//unc.py", "x" * 5_000 + ".py")


def test_names_that_lead_out_are_refused(tmp_path: Path) -> None:
    files = {"a.py": "x = 1", **dict.fromkeys(EVIL, "evil")}
    for target in (zip_of(tmp_path / "a.zip", files), tar_of(tmp_path / "a.tar.gz", files, "w:gz")):
        with tree(target) as repo:
            assert repo.files == ("a.py",)
            assert len(repo.skipped) == len(EVIL)
            assert all(row.why.startswith("refused") for row in repo.skipped)


def test_links_devices_and_duplicates_are_rows(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar", "w") as made:
        for name, kind in (("l", tarfile.SYMTYPE), ("h", tarfile.LNKTYPE), ("p", tarfile.FIFOTYPE),
                           ("c", tarfile.CHRTYPE), ("s", tarfile.GNUTYPE_SPARSE), ("u", b"Z")):  # fmt: skip
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = kind, "/etc/passwd"
            made.addfile(entry)
        for text in (b"x = 1", b"y = 2"):
            entry = tarfile.TarInfo("a.py")
            entry.size = len(text)
            made.addfile(entry, io.BytesIO(text))
    found = rows(tmp_path / "a.tar")
    assert {found[name] for name in "lh"} == {"a link, not followed"}
    assert {found[name] for name in "pcsu"} == {"not a regular file"}
    assert "twice" in found["a.py"]
    with tree(tmp_path / "a.tar") as repo:
        assert repo.text("a.py") == "y = 2"
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as made:
        for name, kind in (("l.py", stat.S_IFLNK), ("p.py", stat.S_IFIFO)):
            entry = zipfile.ZipInfo(name)
            entry.create_system, entry.external_attr = 3, (kind | 0o644) << 16
            made.writestr(entry, "/etc/passwd")
        made.writestr("l.py/through.py", "x = 1")
    assert rows(tmp_path / "a.zip") == {
        "l.py": "a link, not followed", "p.py": "not a regular file",
    }  # fmt: skip


def test_what_is_nobodys_is_left_out_of_archives_too(tmp_path: Path) -> None:
    files = {
        "r/a.py": "x = 1", "r/.git/config": "[core]", "r/.git/hooks/x": "", "r/sub/.git": "gitdir: x",
        "r/node_modules/b.js": "", "r/env/pyvenv.cfg": "", "r/env/lib/c.py": "", "__MACOSX/r/._a.py": "",
        "r/inner.zip": "PK",
    }  # fmt: skip
    for target in (zip_of(tmp_path / "a.zip", files), tar_of(tmp_path / "a.tar", files)):
        with tree(target) as repo:
            assert repo.files == ("a.py", "inner.zip")
            assert repo.history.commits == ()
            assert {row.path for row in repo.skipped} == {"node_modules", "env", "__MACOSX"}


def test_entries_that_cannot_be_read_are_rows(tmp_path: Path) -> None:
    data = bytearray(zip_of(tmp_path / "a.zip", {"good.py": "x = 1", "enc.py": "x" * 99, "odd.py": "y"}).read_bytes())
    for name, offset, value in ((b"enc.py", 8, 1), (b"odd.py", 10, 99)):
        data[data.rfind(name) - 46 + offset] = value
    (tmp_path / "a.zip").write_bytes(data)
    found = rows(tmp_path / "a.zip")
    assert found["enc.py"] == "is encrypted"
    assert "method 99" in found["odd.py"]
    place = data.find(b"good.py") + 7
    data[place + 2] ^= 0xFF  # in its content
    (tmp_path / "a.zip").write_bytes(data)
    assert "damaged" in rows(tmp_path / "a.zip")["good.py"]


def test_a_large_zip_is_listed_by_its_longer_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 100)  # beyond it, the numbers have more digits
    files = {f"d{number % 9}/f{number}.txt": "" for number in range(200)}
    with tree(zip_of(tmp_path / "a.zip", {**files, "last.py": "x = 1"})) as repo:
        assert len(repo.files) == 201
        assert repo.text("last.py") == "x = 1"
    prefixed = tmp_path / "b.zip"
    prefixed.write_bytes(b"#!/usr/bin/env python\n" + zip_of(tmp_path / "c.zip", FILES).read_bytes())
    with tree(prefixed) as repo:
        assert repo.text("README.md") == FILES["README.md"]


def overlapping(names: int, size: int) -> bytes:
    """A zip whose directory names one member many times."""
    packed = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = packed.compress(bytes(size)) + packed.flush()
    local = struct.pack("<IHHHHHIIIHH", 0x04034B50, 20, 0, 8, 0, 0x21, zlib.crc32(bytes(size)), len(body), size, 5, 0)
    data, directory = local + b"f0.py" + body, b""
    for number in range(names):
        directory += struct.pack(
            "<IHHHHHHIIIHHHHHII", 0x02014B50, 20, 20, 0, 8, 0, 0x21, zlib.crc32(bytes(size)), len(body), size, 5, 0, 0,
            0, 0, 0, 0,
        ) + b"f%d.py" % number  # fmt: skip
    end = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, names, names, len(directory), len(data), 0)
    return data + directory + end


def test_members_over_each_other_and_lies_about_sizes(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(overlapping(9, 100_000))
    with tree(tmp_path / "a.zip") as repo:
        assert repo.files == ("f0.py",)
        assert len(repo.unreadable) == 8
    data = overlapping(1, 1_000_000)
    for place in (22, data.find(b"PK\1\2") + 24):
        data = data[:place] + struct.pack("<I", 10) + data[place + 4 :]
    (tmp_path / "b.zip").write_bytes(data)
    assert "larger than the archive says" in rows(tmp_path / "b.zip")["f0.py"]
    data = overlapping(1, 100)
    at = data.find(b"f0.py")
    (tmp_path / "c.zip").write_bytes(data[:at] + b"g0.py" + data[at + 5 :])
    assert "two names" in rows(tmp_path / "c.zip")["f0.py"]


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_bombs_end_early_with_a_row(tmp_path: Path, pack: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpack, "RATIO_FROM", 1_000_000)
    entry = tarfile.TarInfo("zeros.csv")
    entry.size = 40_000_000
    first = tar_of(tmp_path / "x", {"a.py": "x = 1"}).read_bytes()[:1024]
    raw = first + entry.tobuf() + bytes(entry.size) + bytes(1024)
    (tmp_path / "a.tgz").write_bytes(pack(raw))  # type: ignore[operator]
    with tree(tmp_path / "a.tgz") as repo:
        assert repo.text("a.py") == "x = 1"
        assert any("times its size" in row.why for row in repo.unreadable)


def test_a_header_as_large_as_memory_is_not_taken_into_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tarred, "MAX_HEADER", 1_000)
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as made:
        for name, headers in (("a.py", {"comment": "A" * 5_000}), ("b.py", {}), ("ü" * 90 + ".py", {})):
            entry = tarfile.TarInfo(name)
            entry.pax_headers, entry.size = headers, 5
            made.addfile(entry, io.BytesIO(b"x = 1"))
    with tree(tmp_path / "a.tar.gz") as repo:
        assert repo.files == ("b.py", "ü" * 90 + ".py")
        assert "too long" in repo.skipped[0].why


def test_what_is_kept_of_a_tar_and_how_many_are_listed_has_a_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {f"f{number}.py": "x = 1\n" * 100 for number in range(9)}
    monkeypatch.setattr(tarred, "MAX_KEPT_BYTES", 2_000)
    found = rows(tar_of(tmp_path / "a.tar", files))
    assert len(found) == 6
    assert all("2,000 bytes" in why for why in found.values())
    monkeypatch.setattr(sources, "MAX_FILES", 3)
    for target in (tmp_path / "a.tar", zip_of(tmp_path / "a.zip", files)):
        with tree(target) as repo:
            assert len(repo.files) == 3
            assert "more than 3 files" in repo.unreadable[0].why
    monkeypatch.setattr(sources, "MAX_FILES", 100)
    monkeypatch.setattr(zipped, "MAX_UNPACKED", 2_000)
    assert sum("unpacks to more" in why for why in rows(tmp_path / "a.zip").values()) == 6


def test_the_report_names_no_place_of_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = zip_of(tmp_path / "work.zip", FILES)
    assert readykit.audit(target).repository.path == "work.zip"
    monkeypatch.chdir(tmp_path)
    assert readykit.audit("./work.zip").repository.path == "work.zip"
    assert readykit.audit(tmp_path).repository.path == tmp_path.name
    assert readykit.audit(".").repository.path == "."


def test_a_folder_without_end_is_read_as_far_as_it_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(20):
        (tmp_path / f"f{number:02}.py").write_text("")
        (tmp_path / f"d{number:02}").mkdir()
    monkeypatch.setattr("readykit.folder.MAX_ENTRIES", 30)
    found = Folder(tmp_path)
    assert found.sizes
    assert "more than 30 entries" in found.unread[-1].why


def test_headers_made_to_take_long_take_no_longer(tmp_path: Path) -> None:
    """Many short records, many short fields, many empty streams: each is gone over once."""
    with tarfile.open(tmp_path / "a.tar", "w", format=tarfile.PAX_FORMAT) as made:
        entry = tarfile.TarInfo("a.py")
        entry.pax_headers = {f"k{number}": "v" for number in range(60_000)}
        made.addfile(entry)
    with tree(tmp_path / "a.tar") as repo:
        assert repo.files == ("a.py",)
    whole = bz2.compress(tar_of(tmp_path / "x", {"a.py": "x = 1"}).read_bytes())
    (tmp_path / "b.tar.bz2").write_bytes(bz2.compress(b"") * 20_000 + whole)
    with tree(tmp_path / "b.tar.bz2") as repo:
        assert repo.text("a.py") == "x = 1"
    with zipfile.ZipFile(tmp_path / "c.zip", "w") as made_zip:
        for number in range(30):
            member = zipfile.ZipInfo(f"f{number}.py")
            member.extra = struct.pack("<HH", 0x7777, 0) * 16_000
            made_zip.writestr(member, "")
    with tree(tmp_path / "c.zip") as repo:
        assert len(repo.files) == 30
