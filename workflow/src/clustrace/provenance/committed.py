"""Ledgers and records of a commit, without checking it out."""

from __future__ import annotations

import contextlib
import re
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from clustrace.errors import ConfigError, StorageError
from clustrace.provenance.git import run_git

# What a comparison of results reads; label vectors and figures stay where they are.
_WANTED = re.compile(r"results/[^/]+/(ledger/[^/]+\.csv|provenance/.+)")


def commit_of(reference: str, root: Path) -> str | None:
    """The commit that a branch, tag or hash names; None if it names none here."""
    try:
        name = f"{reference}^{{commit}}"
        return (
            run_git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", name)
            .decode()
            .strip()
        )
    except (OSError, subprocess.CalledProcessError, ValueError):
        return None


@contextlib.contextmanager
def committed_results(commit: str, root: Path) -> Iterator[Path]:
    """A temporary folder with the ledgers and records of a commit under their paths.

    Args:
        commit: hash of the commit.
        root: folder of the repository that holds ``results/``.

    Raises:
        ConfigError: the commit has no ledger.
        StorageError: git cannot read it.
    """
    with tempfile.TemporaryDirectory(prefix="clustrace-") as name:
        folder = Path(name)
        try:
            blobs = _blobs(commit, root)
            contents = _contents(blobs, root)
        except (OSError, subprocess.CalledProcessError) as error:
            raise StorageError(
                f"git cannot read the results of {commit[:12]} ({error})."
            ) from error
        if not any("/ledger/" in path for path in blobs):
            raise ConfigError(f"The commit {commit[:12]} has no ledger under results/.")
        for path, digest in blobs.items():
            file = folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(contents[digest])
        yield folder


def _blobs(commit: str, root: Path) -> dict[str, str]:
    """Hashes of the wanted files of a commit, by path relative to ``root``."""
    # Without --full-tree, paths are relative to the folder that git is called in.
    listed = run_git(root, "ls-tree", "-r", "-z", commit, "--", "results").decode()
    found = {}
    for entry in listed.split("\0"):
        about, _, path = entry.partition("\t")
        if about.split(" ")[1:2] == ["blob"] and _WANTED.fullmatch(path):
            found[path] = about.split(" ")[2]
    return found


def _contents(blobs: Mapping[str, str], root: Path) -> dict[str, bytes]:
    """Content of each blob by its hash, read by one process."""
    wanted = list(dict.fromkeys(blobs.values()))
    given = "".join(f"{digest}\n" for digest in wanted).encode()
    answer = run_git(root, "cat-file", "--batch", given=given)
    found: dict[str, bytes] = {}
    start = 0
    for digest in wanted:
        end = answer.index(b"\n", start)
        size = int(answer[start:end].split()[2])
        found[digest] = answer[end + 1 : end + 1 + size]
        start = end + size + 2
    return found
