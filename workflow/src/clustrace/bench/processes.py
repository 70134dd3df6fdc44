"""Processes of their own, for what must not share a process with the benchmarks."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from clustrace.errors import ClustraceError


def run_python(*arguments: str, folder: Path | None = None) -> str:
    """Run this Python with arguments; return what it printed.

    Raises:
        ClustraceError: it ended with an error.
    """
    return _run([sys.executable, *arguments], folder)


def seconds_of_python(*arguments: str, folder: Path | None = None) -> float:
    """Seconds from starting this Python with arguments to its end.

    Raises:
        ClustraceError: it ended with an error.
    """
    began = time.perf_counter()
    run_python(*arguments, folder=folder)
    return time.perf_counter() - began


def _run(command: Sequence[str], folder: Path | None) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise ClustraceError(
            f"`{' '.join(command)}` ended with status {done.returncode} ({last}); run it by hand "
            "to see what is wrong."
        )
    return done.stdout
