"""Bringing bytes back from DVC: only those that a record vouches for come into place."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path

from clustrace.errors import StorageError
from clustrace.files import atomic_path, sha256_file
from clustrace.provenance.disk import DiskHashes, FileState
from clustrace.provenance.file_hash import FileHash
from clustrace.provenance.ledger import read_ledger
from clustrace.provenance.objects import store_of
from clustrace.provenance.parquet import write_parquet
from clustrace.provenance.standing import StandingJob
from clustrace.provenance.store_reader import Fetched, StoreReader


class Placement(StrEnum):
    """What became of a file that was to be restored."""

    THERE = "there"
    """It was there already, as its record has it."""
    RESTORED = "restored"
    REPLACED = "replaced"
    """Restored; the other content that stood there lies beside it."""
    REFUSED = "refused"
    """The store gave bytes that are not those of the record."""
    ABSENT = "absent"
    """A pointer stands for it, but neither cache nor remote has the bytes."""
    UNPUBLISHED = "unpublished"
    """No pointer in git stands for it."""


_NOT_FETCHED = {
    Fetched.ABSENT: Placement.ABSENT,
    Fetched.UNKNOWN: Placement.UNPUBLISHED,
}


class _NotPlacedError(Exception):
    def __init__(self, placement: Placement) -> None:
        super().__init__(placement)
        self.placement = placement


def place(file: FileHash, reader: StoreReader, disk: DiskHashes) -> Placement:
    """Bring a file back, unless it is there as recorded.

    Bytes are verified before they come into place. A file with another content that stands there
    is moved aside, and stays where it is if the store does not have the right one.

    Raises:
        RemoteError: the remote cannot be reached.
        StorageError: the file cannot be written.
    """
    if disk.state(file) is FileState.OK:
        return Placement.THERE
    path = disk.root / file.path
    try:
        with atomic_path(path) as temporary:
            fetched = reader.fetch(file.path, temporary)
            if fetched is not Fetched.DONE:
                raise _NotPlacedError(_NOT_FETCHED[fetched])
            if sha256_file(temporary) != file.sha256:
                raise _NotPlacedError(Placement.REFUSED)
            other = disk.sha256(file.path)
            if other is not None:
                os.replace(path, aside(path, other))
    except _NotPlacedError as reason:
        return reason.placement
    finally:
        disk.forget(file.path)
    return Placement.RESTORED if other is None else Placement.REPLACED


def aside(path: Path, sha256: str) -> Path:
    """Where a file goes that stands in the way of the recorded one."""
    return path.with_name(f"{path.stem}.before-restore-{sha256[:8]}{path.suffix}")


def place_records(jobs: Iterable[StandingJob], disk: DiskHashes) -> None:
    """Write the records of data jobs whose file is not there from their copies.

    What they refer to comes along, so that they can be read as those of the jobs of this folder.

    Raises:
        StorageError: a copy is missing or altered, or a record cannot be written.
    """
    for job in jobs:
        path = disk.root / job.path
        if job.object is not None and not path.exists():
            own = store_of(path)
            for digest, suffix in job.record.objects():
                own.keep(job.store.read(digest, suffix), suffix)
            for digest in job.record.upstream.values():
                own.keep(job.store.read(digest))
            with atomic_path(path) as temporary:
                temporary.write_bytes(job.store.read(job.object))
            disk.forget(job.path)


def place_parquet(jobs: Iterable[StandingJob], disk: DiskHashes) -> None:
    """Make the Parquet form of ledgers that is not there from the CSV that its job read.

    A file that would not be the recorded one, as under another version of pyarrow or of the
    ledger's columns, is left to the workflow.

    Raises:
        StorageError: a file cannot be written.
    """
    for job in (job for job in jobs if job.record.rule == "parquet"):
        for read, written in zip(job.read, job.written, strict=False):
            if disk.state(read) is FileState.OK and disk.state(written) is FileState.MISSING:
                with contextlib.suppress(_NotPlacedError):
                    _make_parquet(disk.root / read.path, written, disk)


def _make_parquet(ledger: Path, file: FileHash, disk: DiskHashes) -> None:
    try:
        rows = read_ledger(ledger)
    except StorageError:
        raise _NotPlacedError(Placement.REFUSED) from None
    with atomic_path(disk.root / file.path) as temporary:
        write_parquet(temporary, rows)
        if sha256_file(temporary) != file.sha256:
            raise _NotPlacedError(Placement.REFUSED)
    disk.forget(file.path)
