"""The files that an audit looks at, below one root; each is read and hashed once."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from clustrace.audit.arrays import Arrays, read_arrays

# Larger contents than these are let go again, oldest first: weights are hashed, then looked at.
_KEPT_BYTES = 512 << 20


class TreeError(Exception):
    """A file is missing or is not what it should be; the message is the finding."""


class Tree:
    """Files below ``root`` by their path relative to it, with forward slashes."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._contents: dict[str, bytes] = {}
        self._kept = 0
        self._digests: dict[str, str | None] = {}
        self._arrays: dict[str, Arrays] = {}
        self._folders: dict[str, list[str]] = {}

    def exists(self, path: str) -> bool:
        """True if there is such a file."""
        return self.digest(path) is not None

    def digest(self, path: str) -> str | None:
        """Hexadecimal sha256 of a file; None if there is no such file."""
        if path not in self._digests:
            try:
                self.content(path)
            except TreeError:
                self._digests[path] = None
        return self._digests[path]

    def content(self, path: str) -> bytes:
        """Bytes of a file.

        Raises:
            TreeError: there is none, or it cannot be read.
        """
        if path in self._contents:
            return self._contents[path]
        if not _is_inside(path):
            raise TreeError(f"{path} does not lie below the root of the results")
        try:
            content = (self.root / path).read_bytes()
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise TreeError(f"cannot be read ({reason})") from error
        self._digests[path] = hashlib.sha256(content).hexdigest()
        self._contents[path] = content
        self._kept += len(content)
        while self._kept > _KEPT_BYTES:
            self._kept -= len(self._contents.pop(next(iter(self._contents))))
        return content

    def text(self, path: str) -> str:
        """A text file in UTF-8.

        Raises:
            TreeError: as :meth:`content`, or it is no UTF-8.
        """
        try:
            return self.content(path).decode("utf-8")
        except UnicodeDecodeError as error:
            raise TreeError(f"is no text in UTF-8 ({error.reason})") from error

    def json(self, path: str) -> Any:
        """A JSON file.

        Raises:
            TreeError: as :meth:`text`, or it is no JSON.
        """
        try:
            return json.loads(self.text(path))
        except ValueError as error:
            raise TreeError(f"is no JSON ({error})") from error

    def arrays(self, path: str) -> Arrays:
        """Arrays of a safetensors file, plain or compressed by gzip.

        Raises:
            TreeError: as :meth:`content`, or it is no such file.
        """
        if path not in self._arrays:
            content = self.content(path)
            try:
                arrays = read_arrays(content)
            except ValueError as error:
                raise TreeError(f"is no artefact ({error})") from error
            if len(content) > _KEPT_BYTES // 64:
                return arrays
            self._arrays[path] = arrays
        return self._arrays[path]

    def beside(self, folder: str) -> list[str]:
        """Paths of the files in a folder itself, sorted; none if there is no such folder."""
        if folder not in self._folders:
            top = self.root / folder
            names = sorted(p.name for p in top.iterdir() if p.is_file()) if top.is_dir() else []
            self._folders[folder] = [f"{folder}/{name}" for name in names]
        return self._folders[folder]

    def below(self, folder: str) -> Iterator[str]:
        """Paths of all files below a folder, sorted; none if there is no such folder."""
        top = self.root / folder
        for here, folders, names in os.walk(top):
            folders.sort()
            prefix = Path(here).relative_to(self.root).as_posix()
            yield from (f"{prefix}/{name}" for name in sorted(names))


def _is_inside(path: str) -> bool:
    pure = PurePosixPath(path)
    return not pure.is_absolute() and ".." not in pure.parts and path != ""
