"""Recorded files beside what is on disk."""

import pytest

from clustrace.errors import StorageError
from clustrace.files import sha256_bytes
from clustrace.provenance.disk import DiskHashes, FileState
from clustrace.provenance.file_hash import FileHash


def recorded(path, content=b"as recorded"):
    return FileHash(path=path, sha256=sha256_bytes(content), bytes=len(content))


def test_states_of_files(tmp_path):
    (tmp_path / "same").write_bytes(b"as recorded")
    (tmp_path / "other").write_bytes(b"as recordeD")
    disk = DiskHashes(tmp_path)
    states = [disk.state(recorded(path)) for path in ("same", "other", "none", "same/below")]
    assert states == [FileState.OK, FileState.CHANGED, FileState.MISSING, FileState.MISSING]


def test_a_file_is_read_once_until_it_is_forgotten(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"as recorded")
    disk = DiskHashes(tmp_path)
    assert disk.state(recorded("a")) is FileState.OK
    path.write_bytes(b"edited")
    assert disk.state(recorded("a")) is FileState.OK
    disk.forget("a")
    assert disk.state(recorded("a")) is FileState.CHANGED


def test_what_cannot_be_read_is_a_sentence(tmp_path):
    (tmp_path / "folder").mkdir()
    with pytest.raises(StorageError, match=r"folder cannot be read .*; check its permissions"):
        DiskHashes(tmp_path).sha256("folder")
