"""Locks that a killed Snakemake leaves on the folder: whether they may be removed."""

from __future__ import annotations

import platform
import re
from collections.abc import Collection, Sequence
from pathlib import Path

import psutil

from clustrace.errors import ClustraceError
from clustrace.provenance.heartbeat import Beat

_HOST = re.compile(r"^  Host: (.+)$", re.MULTILINE)
_SNAKEMAKE = re.compile(r"(?:^|/)snakemake(?:/__main__\.py)?$|/\.snakemake/scripts/")


def reason_to_wait(
    root: Path, beats: Sequence[Beat], cancelled: Collection[str] = ()
) -> str | None:
    """Why the lock on a folder must stay: whoever set it may be alive. None if nobody is.

    Args:
        root: root of the repository.
        beats: signs of life of jobs on other machines.
        cancelled: numbers of SLURM jobs that are going to be cancelled and need no waiting.
    """
    for process in psutil.process_iter(["cmdline", "cwd"]):
        words = process.info["cmdline"] or [""]
        if (
            Path(words[0]).name.startswith("python")
            and any(_SNAKEMAKE.search(word) for word in words[1:4])
            and process.info["cwd"] == str(root.resolve())
            and _slurm_job(process) not in cancelled
        ):
            return (
                f"Another run is active in this folder (process {process.pid}); "
                "wait until it has ended, or end it, and call again."
            )
    host = _host_of_last_run(root)
    if host not in (None, platform.node()):
        return (
            f"A run on the machine {host} holds the lock of this folder; wait until it has ended. "
            "If it was killed, remove the lock with `snakemake --unlock` and call again."
        )
    if beats:
        return (
            f"Jobs of a run that was killed are still running ({beats[0].job} ...); "
            "wait until they have ended, or cancel them, and call again."
        )
    return None


def _slurm_job(process: psutil.Process) -> str | None:
    try:
        return process.environ().get("SLURM_JOB_ID")
    except psutil.Error:
        return None


def refuse_while_running(root: Path) -> None:
    """Stop before a run's notes are changed under it.

    Raises:
        ClustraceError: a run is active in this folder, or was killed and left its lock.
    """
    if any((root / ".snakemake" / "locks").glob("*")):
        raise ClustraceError(
            reason_to_wait(root, ())
            or "A run that was killed has left this folder locked; remove the lock with "
            "`snakemake --unlock` and call again."
        )


def _host_of_last_run(root: Path) -> str | None:
    """Machine of the last run that got the lock; None if the folder has no record of one."""
    for log in sorted((root / ".snakemake" / "log").glob("*.snakemake.log"), reverse=True):
        text = log.read_text(encoding="utf-8", errors="replace")
        host = _HOST.search(text)
        if host and "LockException" not in text:
            return host[1]
    return None
