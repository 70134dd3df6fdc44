"""Families of files: what one pointer of DVC stands for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from clustrace.config.layout import Layout
from clustrace.provenance.file_hash import FileHash


@dataclass(frozen=True)
class Family:
    """Raw data, a prepared data set, or the models of a method on a data set.

    Attributes:
        path: file or folder that DVC tracks, relative to the repository root.
        files: its files as records have them.
    """

    path: str
    files: tuple[FileHash, ...]

    @property
    def pointer(self) -> str:
        """DVC's file in git that stands for the bytes."""
        return Layout.pointer(Path(self.path)).as_posix()

    @property
    def is_file(self) -> bool:
        """True if DVC tracks a single file, not a folder."""
        return any(file.path == self.path for file in self.files)


def families_of(files: Iterable[FileHash]) -> tuple[Family, ...]:
    """Group those files that DVC keeps, by path."""
    members: dict[str, dict[str, FileHash]] = {}
    for file in files:
        tracked = Layout().tracked(Path(file.path))
        if tracked is not None:
            members.setdefault(tracked.as_posix(), {})[file.path] = file
    return tuple(
        Family(path, tuple(files[name] for name in sorted(files)))
        for path, files in sorted(members.items())
    )
