"""The checkout that results are held against: its commits, and the code of each."""

from __future__ import annotations

import functools
import os
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

from clustrace.provenance.code_identity import package_folder

# Set inside a git hook, where they would win over the folder asked for.
_OVERRIDES = frozenset({"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR"})


class Checkout:
    """A checkout of the code, and the commits of its git repository.

    Args:
        folder: its top folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._contents: dict[str, bytes | None] = {}

    @classmethod
    def around(cls, root: Path) -> Checkout:
        """The checkout that results belong to: their own, or else that of this package."""
        own = (root / "workflow" / "src" / "clustrace").is_dir()
        return cls(root if own else package_folder("clustrace").parents[2])

    @functools.cached_property
    def unusable(self) -> str:
        """Why commits cannot be looked up here; empty if they can."""
        try:
            shallow = self._git("rev-parse", "--is-shallow-repository").decode().strip()
        except (OSError, subprocess.CalledProcessError):
            return "the code lies in no git repository"
        if shallow == "true":
            return "this is a shallow clone; `git fetch --unshallow` brings all commits"
        return ""

    def present(self, path: str) -> bytes | None:
        """Content of a file as it stands now; None if there is none."""
        try:
            return (self._folder / path).read_bytes()
        except OSError:
            return None

    def contents(self, names: Iterable[str]) -> Mapping[str, bytes | None]:
        """Contents of git objects such as ``<commit>:<path>``; None for those that are not there.

        A commit by its name alone gives its description.
        """
        wanted = list(dict.fromkeys(names))
        # A line break would end the name, and what follows it would be another request.
        unknown = [n for n in wanted if n not in self._contents and "\n" not in n]
        if unknown and not self.unusable:
            request = "".join(f"{name}\n" for name in unknown).encode()
            answer = self._git("cat-file", "--batch", request=request)
            self._contents |= _batch(unknown, answer)
        return {name: self._contents.get(name) for name in wanted}

    def _git(self, *arguments: str, request: bytes | None = None) -> bytes:
        environment = {key: value for key, value in os.environ.items() if key not in _OVERRIDES}
        environment["GIT_OPTIONAL_LOCKS"] = "0"
        return subprocess.run(
            ["git", "-C", str(self._folder), *arguments],
            input=request,
            env=environment,
            capture_output=True,
            check=True,
        ).stdout


def _batch(names: Iterable[str], answer: bytes) -> dict[str, bytes | None]:
    """What ``git cat-file --batch`` answers: a line with the size, the content, a line break."""
    found: dict[str, bytes | None] = {}
    place = 0
    for name in names:
        end = answer.index(b"\n", place)
        head = answer[place:end].rsplit(b" ", 2)
        place = end + 1
        if len(head) == 3 and head[2].isdigit():
            size = int(head[2])
            found[name] = answer[place : place + size]
            place += size + 1
        else:
            found[name] = None
    return found
