"""Signs of life of running jobs: how far a training is, for the live display and for retries.

A job that is killed, for memory as a rule, has no chance to say so. Its last sign of life stays
behind without an end mark, and tells how much memory it had taken by then.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from clustrace.errors import StorageError
from clustrace.files import write_json
from clustrace.provenance.memory import peak_memory_mib

_SECONDS_BETWEEN_LOG_LINES = 10.0
_SECONDS_BETWEEN_SIGNS = 5.0


@dataclass(frozen=True)
class Asked:
    """What a job was given; empty where nobody limits it."""

    memory_mb: int | None = None
    minutes: int | None = None


@dataclass(frozen=True)
class Beat:
    """Last sign of life of a job."""

    job: str
    """What runs, as in ``pretrain usps/sae seed 0``."""
    phase: str = ""
    step: int = 0
    steps: int = 0
    epoch: int = 0
    epochs: int = 0
    loss: float | None = None
    pid: int = 0
    started: str = ""
    updated: str = ""
    peak_memory_mib: float = 0.0
    """Most memory that the process has taken so far."""
    memory_mb: int | None = None
    minutes: int | None = None
    """What the job was given."""
    slurm_job: str = ""
    ended: str = ""
    """Why it ended without a result, in its own words; empty while it runs, or if it was killed."""


@dataclass
class Heartbeat:
    """Writer of a job's signs of life, for the length of a ``with`` block.

    There is one every few seconds, whatever the job does. The file is removed if the block ends
    in order; if not, the last sign stays and says why.

    Attributes:
        path: file that is replaced at each beat.
        log: receives a line now and then.
        asked: what the job was given.
    """

    path: Path
    log: Callable[[str], None]
    asked: Asked = field(default_factory=Asked)
    _logged: float = field(default=0.0, repr=False)
    _beat: Beat | None = field(default=None, repr=False)
    _started: str = field(default="", repr=False)
    _over: threading.Event = field(default_factory=threading.Event, repr=False)
    _turn: threading.RLock = field(default_factory=threading.RLock, repr=False)

    def __enter__(self) -> Self:
        self._started = _now()
        self._signs = threading.Thread(target=self._give_signs, daemon=True)
        self._signs.start()
        self._before = signal.getsignal(signal.SIGTERM)
        if self._before is signal.SIG_DFL:
            signal.signal(signal.SIGTERM, self._terminated)
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if self._before is signal.SIG_DFL:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
        self._over.set()
        self._signs.join()
        if error is None:
            self.path.unlink(missing_ok=True)
        else:
            self._end(str(error) or type(error).__name__)

    def beat(self, job: str, **progress: Any) -> None:
        """Say how far ``job`` is; fields as in :class:`Beat`."""
        with self._turn:
            self._beat = Beat(
                job,
                pid=os.getpid(),
                started=self._started,
                slurm_job=os.environ.get("SLURM_JOB_ID", ""),
                memory_mb=self.asked.memory_mb,
                minutes=self.asked.minutes,
                **progress,
            )
            self._write()
        if time.monotonic() - self._logged > _SECONDS_BETWEEN_LOG_LINES:
            self.log(sentence(self._beat))
            self._logged = time.monotonic()

    def _write(self, ended: str = "") -> None:
        if self._beat is not None:
            content = {**asdict(self._beat), "updated": _now(), "ended": ended}
            write_json(self.path, {**content, "peak_memory_mib": peak_memory_mib()})

    def _give_signs(self) -> None:
        while not self._over.wait(_SECONDS_BETWEEN_SIGNS):
            # The job itself will notice that the disk is full.
            with self._turn, contextlib.suppress(StorageError):
                self._write()

    def _end(self, reason: str) -> None:
        with self._turn, contextlib.suppress(StorageError):
            self._write(reason)

    def _terminated(self, number: int, _: object) -> None:
        """End as SIGTERM does, but say so."""
        self._end("The job was asked to end (preempted, cancelled, or out of time).")
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def sentence(beat: Beat) -> str:
    """One line that says how far a job is."""
    if not beat.steps:
        return beat.job
    loss = "" if beat.loss is None else f", loss {beat.loss:.4g}"
    return (
        f"{beat.job}: {beat.phase}, epoch {beat.epoch} of {beat.epochs}, "
        f"iteration {beat.step} of {beat.steps}{loss}"
    )


def read_beats(folder: Path) -> list[Beat]:
    """Signs of life of all jobs under way, by name; what cannot be read is passed over."""
    beats = map(read_beat, sorted(folder.glob("*.json")))
    return [beat for beat in beats if beat is not None]


def read_beat(path: Path) -> Beat | None:
    """Last sign of life of a job; None if there is none that can be read."""
    try:
        return Beat(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None  # It is being replaced or removed at this moment.
