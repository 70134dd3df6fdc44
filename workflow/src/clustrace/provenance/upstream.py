"""Records of jobs of other folders, kept with the records that rest on them."""

from __future__ import annotations

from pathlib import Path

from clustrace.provenance.objects import ObjectStore, store_of
from clustrace.provenance.record import Record, read_record, read_upstream


def keep_record(path: Path, store: ObjectStore) -> str:
    """Keep a record of another folder as an object, with all that it refers to.

    Returns:
        The sha256 of the object, which holds the record as it stands in its file.

    Raises:
        StorageError: the record, or an object that it refers to, is missing or altered.
    """
    own = store_of(path)
    _keep_references(read_record(path), own, store)
    return store.keep(path.read_bytes())


def _keep_references(record: Record, source: ObjectStore, target: ObjectStore) -> None:
    for digest, suffix in record.objects():
        target.keep(source.read(digest, suffix), suffix)
    for digest in record.upstream.values():
        target.keep(source.read(digest))
        _keep_references(read_upstream(source, digest), source, target)
