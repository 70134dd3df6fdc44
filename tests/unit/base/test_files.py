import errno
import os

import pytest

from clustrace.errors import StorageError
from clustrace.files import (
    atomic_path,
    read_json,
    sha256_file,
    sha256_json,
    write_json,
    write_text,
)


def test_a_failed_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "a.txt"
    write_text(path, "old")
    with pytest.raises(ZeroDivisionError), atomic_path(path) as temporary:
        temporary.write_text("half")
        raise ZeroDivisionError
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_a_full_disk_is_a_sentence(tmp_path):
    with pytest.raises(StorageError, match=r"full while writing a\.txt; free some space"):  # noqa: SIM117
        with atomic_path(tmp_path / "a.txt"):
            raise OSError(errno.ENOSPC, "No space left on device")
    assert os.listdir(tmp_path) == []


def test_a_really_full_disk(tmp_path):
    """/dev/full refuses every byte as a full disk does."""
    if not os.path.exists("/dev/full"):
        pytest.skip("this system has no /dev/full")
    with pytest.raises(StorageError, match="free some space"), atomic_path(tmp_path / "a") as path:
        path.unlink()
        path.symlink_to("/dev/full")
        path.write_text("x" * 100_000)
    assert os.listdir(tmp_path) == []


def test_json_round_trip_and_hashes(tmp_path):
    write_json(tmp_path / "a.json", {"b": [1, 2.5], "a": "ü"})
    assert read_json(tmp_path / "a.json") == {"a": "ü", "b": [1, 2.5]}
    assert sha256_json({"a": 1, "b": 2}) == sha256_json({"b": 2, "a": 1})
    assert len(sha256_file(tmp_path / "a.json")) == 64


def test_broken_json_is_a_sentence(tmp_path):
    (tmp_path / "a.json").write_text("{")
    with pytest.raises(StorageError, match="could not be read as JSON"):
        read_json(tmp_path / "a.json")
