"""Copies of the project in temporary folders: whole commands are measured without its results."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from clustrace.errors import ClustraceError

_PARTS = ("Snakefile", "workflow", "config", "profiles", "slurm", "envs")


@contextlib.contextmanager
def workflow_copy(root: Path, *, inside: Path | None = None) -> Iterator[Path]:
    """A folder with the workflow and its configuration, without data and results.

    Args:
        root: the project.
        inside: folder to make it in, as one that the nodes of a cluster see too; None: where this
            machine has its temporary files.
    """
    with tempfile.TemporaryDirectory(prefix="clustrace-bench-", dir=inside) as name:
        for part in _PARTS:
            source, target = root / part, Path(name) / part
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy2(source, target)
        yield Path(name)


@contextlib.contextmanager
def committed_copy(root: Path) -> Iterator[Path]:
    """A clone of the last commit, as whoever gets the project from elsewhere has it.

    Raises:
        ClustraceError: ``root`` is not a git repository with a commit.
    """
    with tempfile.TemporaryDirectory(prefix="clustrace-bench-") as name:
        command = ["git", "clone", "--quiet", "--depth", "1", root.absolute().as_uri(), name]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise ClustraceError(
                f"{root.absolute()} cannot be cloned ({done.stderr.strip()}); run this section in "
                "a git clone of the project."
            )
        yield Path(name)
