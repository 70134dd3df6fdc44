"""Hashes of files with paths relative to a root."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from clustrace.errors import ConfigError, StorageError
from clustrace.provenance.file_hash import hash_files, listed, relative_path


@pytest.mark.parametrize("path", ["data/a.npy", "data/../data/a.npy", "./data/a.npy"])
def test_relative_paths_are_taken_from_root(tmp_path: Path, path: str) -> None:
    assert relative_path(path, tmp_path) == "data/a.npy"
    assert relative_path(tmp_path / path, tmp_path) == "data/a.npy"


@pytest.mark.parametrize("path", ["../a.npy", "/a.npy", "data/../../a.npy", "."])
def test_path_outside_root_is_an_error(tmp_path: Path, path: str) -> None:
    root = tmp_path / "root"
    with pytest.raises(ConfigError, match="lies outside"):
        relative_path(path, root)


def test_folder_with_the_same_beginning_is_outside(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="lies outside"):
        relative_path(tmp_path / "root-2/a.npy", tmp_path / "root")


def test_root_reached_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "home").symlink_to(tmp_path / "disk")
    assert relative_path(tmp_path / "disk/a.npy", tmp_path / "home") == "a.npy"


def test_linked_file_keeps_its_path(tmp_path: Path) -> None:
    (tmp_path / "cache").write_bytes(b"x")
    (tmp_path / "root").mkdir()
    (tmp_path / "root/a.npy").symlink_to(tmp_path / "cache")
    (found,) = hash_files("a.npy", tmp_path / "root", role="Input", remedy="make it")
    assert found.path == "a.npy"


def test_hashes_in_the_order_given(tmp_path: Path) -> None:
    (tmp_path / "b").write_bytes(b"bb")
    (tmp_path / "a").write_bytes(b"a")
    found = hash_files([tmp_path / "b", "a"], tmp_path, role="Input", remedy="make it")
    assert [(file.path, file.bytes) for file in found] == [("b", 2), ("a", 1)]
    assert found[0].sha256 == hashlib.sha256(b"bb").hexdigest()


def test_missing_file_names_role_and_remedy(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"Input 'x' of train is missing.*a\.npy; make it"):
        hash_files("a.npy", tmp_path, role="Input 'x' of train", remedy="make it")


def test_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir()
    with pytest.raises(StorageError, match="is a folder"):
        hash_files("raw", tmp_path, role="Input", remedy="make it")


def test_unreadable_file_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> str:
        raise PermissionError(13, "Permission denied")

    (tmp_path / "a").write_bytes(b"a")
    monkeypatch.setattr("clustrace.provenance.file_hash.sha256_file", refuse)
    with pytest.raises(StorageError, match="cannot be read: a \\(Permission denied\\)"):
        hash_files("a", tmp_path, role="Input", remedy="make it")


def test_one_file_or_several() -> None:
    assert listed("a") == ["a"]
    assert listed(Path("a")) == [Path("a")]
    assert listed(["a", Path("b")]) == ["a", Path("b")]
