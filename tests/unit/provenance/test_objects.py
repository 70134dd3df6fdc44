"""Objects named by their content."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from clustrace.errors import StorageError
from clustrace.provenance.objects import ObjectStore


@pytest.fixture
def store(tmp_path: Path) -> ObjectStore:
    return ObjectStore(tmp_path / "objects")


def test_objects_are_named_by_their_bytes(store: ObjectStore) -> None:
    digest = store.keep(b"diff", ".diff")
    assert digest == hashlib.sha256(b"diff").hexdigest()
    assert store.path(digest, ".diff").read_bytes() == b"diff"
    assert store.read(digest, ".diff") == b"diff"


def test_equal_content_is_kept_once(store: ObjectStore) -> None:
    assert store.keep_json({"b": 1, "a": [2]}) == store.keep_json({"a": [2], "b": 1})
    assert len(list(store.folder.iterdir())) == 1
    assert store.read_json(store.keep_json({"a": [2], "b": 1})) == {"a": [2], "b": 1}


def test_missing_object_is_named(store: ObjectStore) -> None:
    with pytest.raises(StorageError, match=rf"{'0' * 64}\.json is missing.*restore it with git"):
        store.read("0" * 64)


def test_altered_object_is_refused_and_mended_when_kept_again(store: ObjectStore) -> None:
    digest = store.keep(b"content")
    store.path(digest).write_bytes(b"contents")
    with pytest.raises(StorageError, match="was altered"):
        store.read(digest)
    store.keep(b"content")
    assert store.read(digest) == b"content"


def test_object_that_is_no_json_is_refused(store: ObjectStore) -> None:
    with pytest.raises(StorageError, match="is no JSON"):
        store.read_json(store.keep(b"{"))
