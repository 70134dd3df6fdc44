"""Hashes of files remembered between calls, so that an answer about large files comes at once.

A hash is taken from memory only where size, inode and both times of the file are those that it had
when it was hashed. An audit trusts no such memory and hashes every file anew.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Callable
from pathlib import Path

from clustrace.errors import StorageError
from clustrace.files import sha256_file, write_text

#: Folder of the memory below the repository root; git ignores it.
CACHE = Path(".clustrace_cache/hashes.json")

# A file changed twice within one tick of its file system's clock has the same times both times.
_SETTLED_NS = 2_000_000_000


class HashCache:
    """Hashes by kind and file.

    What cannot be read of the memory counts as forgotten, and what cannot be written is found out
    again at the next call.

    Args:
        path: file of the memory; None: remember nothing beyond this object.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._known: dict[str, list[int | str]] = _read(path) if path else {}
        self._changed = False

    def sha256(self, path: Path) -> str:
        """Hexadecimal sha256 of a file's bytes.

        Raises:
            OSError: it is missing or cannot be read.
        """
        return self.get("sha256", path, lambda: sha256_file(path))

    def get(self, kind: str, path: Path, compute: Callable[[], str]) -> str:
        """The remembered hash of a file, or else what ``compute`` gives.

        Args:
            kind: what is hashed of the file; hashes of different kinds do not mix.
            path: the file.
            compute: finds the hash.

        Raises:
            OSError: the file is missing.
        """
        found = os.stat(path)
        state = [found.st_size, found.st_ino, found.st_mtime_ns, found.st_ctime_ns]
        key = f"{kind} {os.path.abspath(path)}"
        known = self._known.get(key)
        if known is not None and known[:-1] == state:
            return str(known[-1])
        digest = compute()
        if time.time_ns() - max(found.st_mtime_ns, found.st_ctime_ns) > _SETTLED_NS:
            self._known[key] = [*state, digest]
            self._changed = True
        return digest

    def save(self) -> None:
        """Write what is remembered, if it is more than was read."""
        if self._path is not None and self._changed:
            with contextlib.suppress(StorageError):
                write_text(self._path, json.dumps(self._known))


def _read(path: Path) -> dict[str, list[int | str]]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(content, dict):
        return {}
    return {key: value for key, value in content.items() if isinstance(value, list) and value}
