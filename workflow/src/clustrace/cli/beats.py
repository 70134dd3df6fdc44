"""Which of the signs of life on disk come from jobs that still run."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path

import psutil

from clustrace.provenance.heartbeat import Beat, read_beats

_FRESH_SECONDS = 90.0


def running_beats(folder: Path, *, remote: bool) -> list[Beat]:
    """Signs of life of jobs that still run.

    Args:
        folder: where they lie.
        remote: jobs may run on other machines, whose processes are not seen from here; then what
            is recent counts, otherwise what comes from a process that is alive.
    """
    lives = _is_fresh if remote else _is_alive
    return [beat for beat in read_beats(folder) if not beat.ended and lives(beat)]


def _is_fresh(beat: Beat) -> bool:
    return time.time() - _seconds(beat) < _FRESH_SECONDS


def _is_alive(beat: Beat) -> bool:
    try:
        started = psutil.Process(beat.pid).create_time()
    except psutil.Error:
        return False
    return started <= _seconds(beat) + 1  # Otherwise the number was given to another process.


def _seconds(beat: Beat) -> float:
    try:
        return datetime.fromisoformat(beat.updated).timestamp()
    except ValueError:
        return 0.0
