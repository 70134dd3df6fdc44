"""Hashes of the files that a job reads and writes, with paths that hold on every machine."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from pydantic import NonNegativeInt

from clustrace.config.base import Model
from clustrace.errors import ConfigError, StorageError
from clustrace.files import sha256_file
from clustrace.provenance.base import Sha256

#: One file or several, as a rule names them.
Files = str | Path | Sequence[str | Path]


class FileHash(Model):
    """A file as a job read or wrote it."""

    path: str
    """Path relative to the repository root, with forward slashes."""
    sha256: Sha256
    bytes: NonNegativeInt
    """Size of the file."""


def relative_path(path: str | Path, *roots: Path) -> str:
    """``path`` relative to the first root that it lies below, with forward slashes.

    A relative path is taken from the first root. Symbolic links are followed only where the path
    as it is written lies below no root.

    Raises:
        ConfigError: the path lies outside all roots.
    """
    full = roots[0] / path
    for form in (os.path.abspath, os.path.realpath):
        for root in roots:
            below, top = Path(form(full)), Path(form(root))
            if below.is_relative_to(top) and below != top:
                return below.relative_to(top).as_posix()
    raise ConfigError(
        f"{path} lies outside {roots[0]}, so a record of it would hold on this machine only; "
        "put the file below that folder."
    )


def hash_files(files: Files, *roots: Path, role: str, remedy: str) -> list[FileHash]:
    """Path, hash and size of each file, in the order given.

    Args:
        files: one file or several.
        roots: folders of which each file lies below one; relative paths are taken from the first.
        role: what the files are to the job, for the error: ``Input 'features' of train``.
        remedy: next step if one is missing, for the error.

    Raises:
        ConfigError: a file lies outside all roots.
        StorageError: a file is missing, a folder, or cannot be read.
    """
    return [_hash_file(path, roots, role, remedy) for path in listed(files)]


def listed(files: Files) -> list[str | Path]:
    """One file or several as a list."""
    return [files] if isinstance(files, str | Path) else list(files)


def _hash_file(path: str | Path, roots: Sequence[Path], role: str, remedy: str) -> FileHash:
    relative = relative_path(path, *roots)
    full = roots[0] / path
    if not full.exists():
        raise StorageError(f"{role} is missing: there is no file {relative}; {remedy}.")
    if not full.is_file():
        raise StorageError(f"{role} is a folder: {relative}; name the files in it one by one.")
    try:
        return FileHash(path=relative, sha256=sha256_file(full), bytes=full.stat().st_size)
    except OSError as error:
        raise StorageError(
            f"{role} cannot be read: {relative} ({error.strerror or error}); "
            "check its permissions and run again."
        ) from error
