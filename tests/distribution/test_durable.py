"""blocker/distribution/durable.py against a real file system."""

import os
import stat
from pathlib import Path

import pytest

from blocker.distribution import durable
from blocker.errors import OperationError


def test_a_written_file_is_whole_and_private(tmp_path: Path):
    target = tmp_path / "letter.eml"
    durable.write(target, b"text")
    assert target.read_bytes() == b"text"
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


def test_the_asked_mode_holds_against_the_umask(tmp_path: Path):
    before = os.umask(0o077)
    try:
        durable.write(tmp_path / "index", b"x", mode=0o644)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "index").stat().st_mode) == 0o644


def test_a_file_is_replaced_not_written_in_place(tmp_path: Path):
    target = tmp_path / "index"
    durable.write(target, b"old")
    with target.open("rb") as reader:
        durable.write(target, b"new content")
        assert reader.read() == b"old"
    assert target.read_bytes() == b"new content"


def test_nothing_is_left_beside_the_file(tmp_path: Path):
    durable.write(tmp_path / "index", b"x")
    assert [entry.name for entry in tmp_path.iterdir()] == ["index"]


def test_a_failed_write_leaves_the_old_file_and_no_rubbish(tmp_path: Path):
    (tmp_path / "index").mkdir()  # a folder cannot be replaced by a file
    with pytest.raises(OperationError, match="cannot write"):
        durable.write(tmp_path / "index", b"x")
    assert [entry.name for entry in tmp_path.iterdir()] == ["index"]


def test_a_missing_folder_is_an_operation_error(tmp_path: Path):
    with pytest.raises(OperationError, match="cannot write"):
        durable.write(tmp_path / "absent" / "index", b"x")


def test_removing_twice_is_no_fault(tmp_path: Path):
    durable.write(tmp_path / "entry", b"x")
    durable.remove(tmp_path / "entry")
    durable.remove(tmp_path / "entry")
    assert not (tmp_path / "entry").exists()
