"""Remembered hashes: only for files that cannot have changed."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from clustrace.files import sha256_bytes
from clustrace.provenance.hash_cache import HashCache


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file whose times lie far enough back to be remembered."""
    path = tmp_path / "file"
    path.write_bytes(b"content")
    # A test cannot set the time of change of an inode, so the clock goes ahead of it.
    monkeypatch.setattr(time, "time_ns", lambda: path.stat().st_ctime_ns + 3600 * 10**9)
    return path


def times_of(path: Path, hashes: HashCache) -> int:
    """How often the hash of a file is computed in one look-up."""
    calls: list[int] = []

    def compute() -> str:
        calls.append(1)
        return sha256_bytes(path.read_bytes())

    hashes.get("sha256", path, compute)
    return len(calls)


def test_a_hash_is_kept_between_calls(file: Path, tmp_path: Path) -> None:
    memory = tmp_path / "cache/hashes.json"
    first = HashCache(memory)
    assert first.sha256(file) == sha256_bytes(b"content")
    first.save()
    assert times_of(file, HashCache(memory)) == 0


def test_kinds_do_not_mix(file: Path) -> None:
    hashes = HashCache(None)
    hashes.get("source", file, lambda: "a")
    assert hashes.get("sha256", file, lambda: "b") == "b"


def test_a_file_of_other_content_is_hashed_anew_though_its_time_is_set_back(file: Path) -> None:
    hashes = HashCache(None)
    hashes.sha256(file)
    before = file.stat()
    file.write_bytes(b"CONTENT")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert hashes.sha256(file) == sha256_bytes(b"CONTENT")


def test_a_file_that_was_just_written_is_not_remembered(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"content")
    hashes = HashCache(None)
    hashes.sha256(path)
    assert times_of(path, hashes) == 1


@pytest.mark.parametrize("text", ["", "{", "[1]", '{"a": 1}', '{"a": []}', "\xff"])
def test_a_memory_that_cannot_be_read_counts_as_forgotten(
    file: Path, tmp_path: Path, text: str
) -> None:
    memory = tmp_path / "hashes.json"
    memory.write_bytes(text.encode("latin-1"))
    hashes = HashCache(memory)
    assert hashes.sha256(file) == sha256_bytes(b"content")
    hashes.save()
    assert times_of(file, HashCache(memory)) == 0


def test_a_memory_that_cannot_be_written_is_no_error(file: Path, tmp_path: Path) -> None:
    (tmp_path / "folder").write_text("no folder")
    hashes = HashCache(tmp_path / "folder/hashes.json")
    hashes.sha256(file)
    hashes.save()


def test_a_missing_file_is_missing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        HashCache(None).sha256(tmp_path / "none")
