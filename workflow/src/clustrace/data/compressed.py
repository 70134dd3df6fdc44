"""Files that may be compressed."""

from __future__ import annotations

import gzip
import tarfile
import zlib
from collections.abc import Sequence
from pathlib import Path

from clustrace.errors import DataError

_GZIP = b"\x1f\x8b"


def content(path: Path) -> bytes:
    """Bytes of a file, decompressed if it is gzip.

    Raises:
        DataError: it is truncated or corrupt.
    """
    data = path.read_bytes()
    if not data.startswith(_GZIP):
        return data
    try:
        return gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path.name} is truncated or corrupt gzip ({error}).") from error


def members(path: Path, names: Sequence[str]) -> list[bytes]:
    """Bytes of the files with these names, in whatever folder, of a tar archive.

    Raises:
        DataError: it is truncated or corrupt, or lacks a file.
    """
    found: dict[str, bytes] = {}
    try:
        with tarfile.open(path) as archive:
            for member in archive:
                name = Path(member.name).name
                file = archive.extractfile(member) if name in names else None
                if file is not None:
                    found[name] = file.read()
    except (tarfile.TarError, zlib.error, OSError, EOFError) as error:
        raise DataError(f"{path.name} is truncated or corrupt ({error}).") from error
    lacking = [name for name in names if name not in found]
    if lacking:
        raise DataError(f"{path.name} lacks {', '.join(lacking)}.")
    return [found[name] for name in names]
