"""The git state of the checkout that holds the code: commit, and how it was edited since.

Results and data do not count: they are what jobs make, and would make every later job dirty.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field

from clustrace.config.base import Model
from clustrace.provenance.base import Sha256

_HERE = Path(__file__).resolve().parent

# Without this the user's own settings would change the bytes of the same difference.
_PLAIN_DIFF = (
    *("-c", "core.quotePath=true", "diff", "HEAD", "--binary", "--full-index", "--no-color"),
    *("--no-ext-diff", "--no-textconv", "--no-renames", "--ignore-submodules=dirty"),
    *("--src-prefix=a/", "--dst-prefix=b/", "--unified=3", "--diff-algorithm=myers"),
    *("--", ":/", ":(top,exclude)results", ":(top,exclude)data"),
)

# Set inside a git hook, where they would win over the folder asked for.
_OVERRIDES = frozenset(
    {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY"}
)


class GitState(Model):
    """Commit of a checkout, and whether tracked files outside results and data differ from it."""

    commit: Annotated[str, Field(pattern=r"^([0-9a-f]{40}|[0-9a-f]{64})$")]
    """Commit that HEAD points to."""
    dirty: bool
    """True if a tracked file differs from the commit."""
    diff_sha256: Sha256 | None
    """Hash of the difference to the commit, an object of that name; None if they agree."""


@dataclass(frozen=True)
class Checkout:
    """Git state of a checkout, and the difference that it names by hash."""

    state: GitState
    difference: bytes
    """What ``git diff`` writes; empty if the tracked files agree with the commit."""


def describe_git(folder: Path = _HERE) -> Checkout | None:
    """Git state of the checkout around ``folder``, by default the one that holds this package.

    None where git can name no commit: no checkout (an unpacked archive), no commit yet, git not
    installed, or a checkout of another user that git refuses to read.
    """
    try:
        commit = run_git(folder, "rev-parse", "--verify", "HEAD").decode().strip()
        difference = run_git(folder, *_PLAIN_DIFF)
    except (OSError, subprocess.CalledProcessError):
        return None
    digest = hashlib.sha256(difference).hexdigest() if difference else None
    state = GitState(commit=commit, dirty=digest is not None, diff_sha256=digest)
    return Checkout(state, difference)


def run_git(folder: Path, *arguments: str, given: bytes | None = None) -> bytes:
    """What git writes, called in a folder, with ``given`` on its standard input.

    Raises:
        OSError: git is not installed.
        subprocess.CalledProcessError: git refuses.
    """
    # Jobs run side by side: none may take the lock of the index only to look.
    environment = {key: value for key, value in os.environ.items() if key not in _OVERRIDES}
    environment["GIT_OPTIONAL_LOCKS"] = "0"
    return subprocess.run(
        ["git", "-C", str(folder), *arguments],
        env=environment,
        input=given,
        capture_output=True,
        check=True,
    ).stdout
