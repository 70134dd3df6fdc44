"""Files as they are on disk beside what records say of them."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from clustrace.errors import StorageError
from clustrace.files import sha256_file
from clustrace.provenance.file_hash import FileHash


class FileState(StrEnum):
    """A recorded file beside what lies under its path."""

    OK = "ok"
    CHANGED = "changed"
    MISSING = "missing"


class DiskHashes:
    """Hashes of files as they are on disk; each file is read once.

    Args:
        root: folder that recorded paths are relative to.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._known: dict[str, str | None] = {}

    def sha256(self, path: str) -> str | None:
        """Hash of the file under a path; None if there is none.

        Raises:
            StorageError: it cannot be read.
        """
        if path not in self._known:
            try:
                self._known[path] = sha256_file(self.root / path)
            except (FileNotFoundError, NotADirectoryError):
                self._known[path] = None
            except OSError as error:
                raise StorageError(
                    f"{path} cannot be read ({error.strerror or error}); check its permissions "
                    "and call again."
                ) from error
        return self._known[path]

    def state(self, file: FileHash) -> FileState:
        """A recorded file beside what lies under its path."""
        found = self.sha256(file.path)
        if found is None:
            return FileState.MISSING
        return FileState.OK if found == file.sha256 else FileState.CHANGED

    def forget(self, path: str) -> None:
        """Read a file anew the next time: it was written."""
        self._known.pop(path, None)
