"""Handing bytes to DVC: only those that a record vouches for."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from clustrace.errors import StorageError
from clustrace.provenance.disk import DiskHashes, FileState
from clustrace.provenance.dvc_store import DvcStore
from clustrace.provenance.families import Family
from clustrace.provenance.file_hash import FileHash


@dataclass(frozen=True)
class Taken:
    """What DVC took of a family.

    Attributes:
        family: the family.
        files: files that are as their records have them; DVC has these.
        refused: paths of files that are not.
        absent: paths of files that are not here; the pointer may stand for them all the same.
        changed: True if the pointer is new or another.
    """

    family: Family
    files: tuple[FileHash, ...]
    refused: tuple[str, ...]
    absent: tuple[str, ...]
    changed: bool

    @property
    def bytes(self) -> int:
        """Size of the files."""
        return sum(file.bytes for file in self.files)


def take(family: Family, store: DvcStore, disk: DiskHashes) -> Taken:
    """Verify the files of a family, and hand those that are as recorded to DVC.

    Raises:
        StorageError: DVC cannot take them, or one was written while it did.
    """
    by_state: dict[FileState, list[FileHash]] = {state: [] for state in FileState}
    for file in family.files:
        by_state[disk.state(file)].append(file)
    good = by_state[FileState.OK]
    changed = bool(good) and _add(family, good, store, disk)
    return Taken(
        family,
        tuple(good),
        tuple(file.path for file in by_state[FileState.CHANGED]),
        tuple(file.path for file in by_state[FileState.MISSING]),
        changed,
    )


def _add(family: Family, files: Sequence[FileHash], store: DvcStore, disk: DiskHashes) -> bool:
    if store.ignored(family):
        raise StorageError(
            f"git ignores {family.pointer}, so nothing in git would stand for the bytes; results "
            "of this protocol are not published (.gitignore says which are)."
        )
    paths = [file.path for file in files]
    before = {path: _stamp(path, disk) for path in paths}
    changed = store.add(family, paths)
    for path in paths:
        if _stamp(path, disk) != before[path]:
            raise StorageError(
                f"{path} was written while it was published; wait until the run that writes it has "
                "ended, and publish again."
            )
    return changed


def _stamp(path: str, disk: DiskHashes) -> tuple[int, ...]:
    found = os.stat(disk.root / path)
    return found.st_ino, found.st_size, found.st_mtime_ns
