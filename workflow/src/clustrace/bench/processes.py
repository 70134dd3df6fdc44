"""Processes of their own, for what must not share a process with the benchmarks."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from clustrace.command import COMMAND
from clustrace.errors import ClustraceError

_STATUS = Path("/proc/self/status")


def run_python(*arguments: str, folder: Path | None = None) -> str:
    """Run this Python with arguments; return what it printed.

    Raises:
        ClustraceError: it ended with an error.
    """
    return _run([sys.executable, *arguments], folder)


def run_clustrace(*arguments: str, folder: Path, statuses: Sequence[int] = (0,)) -> str:
    """Run the command ``clustrace`` in a folder; return what it printed.

    Raises:
        ClustraceError: it ended with another status than those.
    """
    return _run([*COMMAND, *arguments], folder, statuses)


def seconds_of_python(*arguments: str, folder: Path | None = None) -> float:
    """Seconds from starting this Python with arguments to its end.

    Raises:
        ClustraceError: it ended with an error.
    """
    began = time.perf_counter()
    run_python(*arguments, folder=folder)
    return time.perf_counter() - began


def peak_mib(status: Path = _STATUS) -> float:
    """Largest resident memory of this process so far, in MiB.

    Not from getrusage: it starts with what the parent held when this process was made.
    """
    for line in status.read_text(encoding="utf-8").splitlines():
        key, _, value = line.partition(":")
        if key == "VmHWM":
            return int(value.split()[0]) / 1024
    raise SystemExit(f"Error: {status} names no peak of memory; this section needs Linux.")


def _run(command: Sequence[str], folder: Path | None, statuses: Sequence[int] = (0,)) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode not in statuses:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise ClustraceError(
            f"`{' '.join(command)}` ended with status {done.returncode} ({last}); run it by hand "
            "to see what is wrong."
        )
    return done.stdout
