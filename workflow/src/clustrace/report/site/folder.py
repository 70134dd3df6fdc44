"""The folder of a site while it is written, which then takes the place of the earlier one."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from clustrace.errors import StorageError


@dataclass(frozen=True)
class SiteFolder:
    """Files of a site, written below a folder.

    Unlike results, none of them is flushed to disk by itself: a site can be built again.
    """

    path: Path

    def put(self, name: str, content: str | bytes) -> None:
        """Write a file by its name below the folder."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)


@contextlib.contextmanager
def replaced(final: Path) -> Iterator[SiteFolder]:
    """Yield a folder that takes the place of ``final`` when the block succeeds.

    Raises:
        StorageError: it could not be written; an earlier folder is left as it was.
    """
    try:
        final.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=final.parent, prefix=f".{final.name}.") as temporary:
            folder = Path(temporary) / "new"
            folder.mkdir()
            yield SiteFolder(folder)
            if final.exists():
                final.rename(Path(temporary) / "old")
            folder.rename(final)
    except (OSError, shutil.Error) as error:
        raise StorageError(
            f"{final} could not be written ({error}); check the disk and the folder, and build the "
            "site again."
        ) from error
