"""Bytes out of the remote that DVC keeps them in."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Any


class Fetched(StrEnum):
    """What came of asking for the bytes of a file."""

    DONE = "done"
    ABSENT = "absent"
    """A pointer stands for the file, but neither cache nor remote has the bytes."""
    UNKNOWN = "unknown"
    """No pointer in the current commit stands for the file."""


class StoreReader:
    """Reads bytes that the pointers in git's current commit stand for.

    What lies in the working folder is not looked at.

    Args:
        repo: DVC's view of the commit.
        at_remote: context, named by what fails, in which DVC's errors become a sentence.
    """

    def __init__(
        self, repo: Any, at_remote: Callable[[str], contextlib.AbstractContextManager[None]]
    ) -> None:
        from dvc.api import DVCFileSystem

        self._at_remote = at_remote
        self._files = DVCFileSystem(repo)

    def fetch(self, path: str, destination: Path) -> Fetched:
        """Copy the bytes of a file.

        Raises:
            RemoteError: the remote cannot be reached.
        """
        from dvc_data.index import DataIndexDirError

        with self._at_remote(f"{path} cannot be fetched from"):
            try:
                if not self._files.isdvc(path):
                    return Fetched.UNKNOWN
                self._files.get_file(path, str(destination))
            except FileNotFoundError:
                return Fetched.ABSENT
            except DataIndexDirError as error:
                if isinstance(error.__cause__, FileNotFoundError):
                    return Fetched.ABSENT
                raise
        return Fetched.DONE
