"""Jobs that a killed Snakemake left in the queue, and that nobody waits for any more."""

from __future__ import annotations

import re
import time
from pathlib import Path

from clustrace.errors import ClustraceError
from clustrace.preflight.commands import ask

#: How the executor names the jobs of a run: a prefix of the profile, and a random identifier.
_NAME = re.compile(r"(?:[\w-]+_)?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SECONDS_TO_END = 120.0
_SECONDS_TO_ANSWER = 60.0


def orphans(root: Path) -> list[str]:
    """Numbers of the user's jobs in the queue that Snakemake has submitted from this folder.

    Raises:
        CommandError: SLURM gives no answer.
    """
    queue = ask("squeue", "--me", "--noheader", "--format=%i|%j|%Z", seconds=_SECONDS_TO_ANSWER)
    rows = [line.split("|", 2) for line in queue.splitlines() if line.count("|") >= 2]
    here = str(root.resolve())
    return [number for number, name, folder in rows if folder == here and _NAME.fullmatch(name)]


def cancel_orphans(root: Path) -> list[str]:
    """Cancel them and wait until they have ended, so that nobody else writes the same files.

    To be called by the one who holds the lock of the folder, before submitting anything.

    Returns:
        Their numbers.

    Raises:
        ClustraceError: one does not end, or SLURM gives no answer.
    """
    found = left = orphans(root)
    if found:
        ask("scancel", *found, seconds=_SECONDS_TO_ANSWER)
    end = time.monotonic() + _SECONDS_TO_END
    while left:
        if time.monotonic() > end:
            raise ClustraceError(
                f"The job {', '.join(left)} of an earlier run was cancelled and does not end; "
                "wait until squeue no longer lists it, and call again."
            )
        time.sleep(0.5)
        left = orphans(root)
    return found


def cancelled(numbers: list[str]) -> str:
    """What was done about orphans, for people."""
    return (
        f"An earlier run was killed and had left {len(numbers)} jobs in the queue; they are "
        f"cancelled ({', '.join(numbers)}), and their work goes on from its checkpoints."
    )
