"""Objects that many records share, kept once under the sha256 of their bytes.

An environment, the modules of a code identity, a difference to a commit and the record of a job
that made a file elsewhere are the same for many records; each record holds the hash alone.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from clustrace.errors import StorageError
from clustrace.files import atomic_path, json_text

_FOLDER = "provenance"
_OBJECTS = "objects"


class ObjectStore:
    """Folder of files that are named by the sha256 of their content.

    Args:
        folder: where they lie; made with the first object.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, digest: str, suffix: str = ".json") -> Path:
        """File of an object, whether it is there or not."""
        return self.folder / f"{digest}{suffix}"

    def keep(self, content: bytes, suffix: str = ".json") -> str:
        """Keep ``content``; returns its sha256.

        Raises:
            StorageError: it could not be written.
        """
        digest = hashlib.sha256(content).hexdigest()
        path = self.path(digest, suffix)
        # One that was altered since is written anew: its name says what it must hold.
        if not path.is_file() or path.read_bytes() != content:
            with atomic_path(path) as temporary:
                temporary.write_bytes(content)
        return digest

    def keep_json(self, content: Any) -> str:
        """Keep ``content`` as indented JSON with sorted keys; returns the sha256 of that."""
        return self.keep(json_text(content).encode())

    def read(self, digest: str, suffix: str = ".json") -> bytes:
        """Content of an object.

        Raises:
            StorageError: it is missing, or is not what its name says.
        """
        path = self.path(digest, suffix)
        try:
            content = path.read_bytes()
        except OSError as error:
            raise StorageError(
                f"{path} is missing ({error.strerror or error}), and records refer to it; restore "
                "it with git, or run the rules of these records again."
            ) from error
        if hashlib.sha256(content).hexdigest() != digest:
            raise StorageError(
                f"{path} was altered: its content is not what its name says; restore it with git, "
                "or delete it and run the rules again that refer to it."
            )
        return content

    def read_json(self, digest: str) -> Any:
        """Content of a JSON object.

        Raises:
            StorageError: it is missing, is not what its name says, or is no JSON.
        """
        content = self.read(digest)
        try:
            return json.loads(content)
        except ValueError as error:
            raise StorageError(
                f"{self.path(digest)} is no JSON ({error}); run the rules again that refer to it."
            ) from error


def store_of(record: str | Path) -> ObjectStore:
    """The store of a record: ``objects`` in the folder ``provenance`` around it, or beside it."""
    parent = Path(record).parent
    around = [folder for folder in (parent, *parent.parents) if folder.name == _FOLDER]
    return ObjectStore((around[0] if around else parent) / _OBJECTS)
