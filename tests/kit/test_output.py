"""Reports as files: whole or absent, never through a link."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from readykit.errors import UsageError
from readykit.output import refuse, write


def test_several_files_are_written_and_nothing_stays_beside_them(tmp_path: Path) -> None:
    (tmp_path / "b.csv").write_text("old")
    write({str(tmp_path / "a.json"): "{}\n", str(tmp_path / "b.csv"): "x\r\n"})
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a.json": b"{}\n", "b.csv": b"x\r\n"}


def test_a_file_that_fails_leaves_no_half_of_any(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be written"):
        write({str(tmp_path / "a.json"): "{}\n", str(tmp_path / "missing" / "b.csv"): "x"})
    assert not list(tmp_path.iterdir())


def test_new_files_have_the_rights_that_the_user_gives_new_files(tmp_path: Path) -> None:
    write({str(tmp_path / "a.json"): "{}"})
    (tmp_path / "b").touch()
    assert (tmp_path / "a.json").stat().st_mode == (tmp_path / "b").stat().st_mode


@pytest.mark.parametrize("kind", ["link", "dangling link", "folder", "fifo"])
def test_only_a_regular_file_is_replaced(tmp_path: Path, kind: str) -> None:
    path, other = tmp_path / "report.json", tmp_path / "other"
    if kind == "folder":
        path.mkdir()
    elif kind == "fifo":
        os.mkfifo(path)
    else:
        path.symlink_to(other)
        if kind == "link":
            other.write_text("precious")
    with pytest.raises(UsageError, match="only a regular file"):
        refuse([str(path)], str(tmp_path))
    with pytest.raises(UsageError, match="only a regular file"):
        write({str(path): "{}"})
    assert kind != "link" or other.read_text() == "precious"


def test_a_folder_of_the_audited_tree_may_not_lead_out_of_it(tmp_path: Path) -> None:
    tree, outside = tmp_path / "tree", tmp_path / "outside"
    tree.mkdir()
    outside.mkdir()
    (tree / "reports").symlink_to(outside)
    with pytest.raises(UsageError, match="leads out"):
        refuse([str(tree / "reports" / "r.json")], str(tree))
    refuse([str(outside / "r.json"), str(tree / "r.json")], str(tree))


def test_wrong_places_are_told_before_the_work(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not exist"):
        refuse([str(tmp_path / "no" / "r.json")], str(tmp_path))
    with pytest.raises(UsageError, match="twice"):
        refuse([str(tmp_path / "r.json"), f"{tmp_path}/./r.json"], str(tmp_path))
