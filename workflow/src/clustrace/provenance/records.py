"""All records below a folder: of the last runs, and of those that were replaced since."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from clustrace.errors import StorageError
from clustrace.provenance.history import history_path, whole
from clustrace.provenance.objects import ObjectStore, store_of
from clustrace.provenance.record import SCHEMA, Record, parse_record, read_record


@dataclass(frozen=True)
class StoredRecord:
    """A record with the place where it stands."""

    file: Path
    """File of the record, or of the history that holds it."""
    line: int | None
    """Line of the history, from 1; None for the record of the last run."""
    record: Record
    store: ObjectStore
    """Where the objects lie that it refers to."""

    @property
    def latest(self) -> bool:
        """True unless a later run replaced it."""
        return self.line is None


def iter_records(folder: Path) -> Iterator[StoredRecord]:
    """Every record below ``folder``, by path; after each the earlier runs, the newest first.

    Raises:
        StorageError: a record or a history cannot be read.
    """
    for path in sorted(folder.rglob("*.json")):
        if path.parent != store_of(path).folder:
            yield StoredRecord(path, None, read_record(path), store_of(path))
            yield from iter_history(path)


def iter_history(path: Path) -> Iterator[StoredRecord]:
    """Earlier runs of the record ``path``, the newest first; those of another schema are left out.

    Raises:
        StorageError: the history cannot be read.
    """
    history = history_path(path)
    if not history.exists():
        return
    try:
        lines = history.read_text(encoding="utf-8").splitlines()
        contents = [json.loads(line) for line in lines]
    except (OSError, ValueError) as error:
        raise StorageError(
            f"{history} cannot be read ({error}); restore it with git, it holds earlier runs."
        ) from error
    for number in range(len(contents), 0, -1):
        content = contents[number - 1]
        if content.get("schema") == SCHEMA:
            store = store_of(path)
            record = parse_record(whole(content, store.read_json), f"Line {number} of {history}")
            yield StoredRecord(history, number, record, store)
