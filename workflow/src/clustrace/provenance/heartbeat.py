"""Signs of life of running jobs: how far a training is, for the live display and for retries."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from clustrace.errors import StorageError
from clustrace.files import write_json

_SECONDS_BETWEEN_LOG_LINES = 10.0


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
    updated: str = ""


@dataclass
class Heartbeat:
    """Writer of a job's signs of life.

    Attributes:
        path: file that is replaced at each beat and removed when the job ends in order.
        log: receives a line now and then.
    """

    path: Path
    log: Callable[[str], None]
    _logged: float = field(default=0.0, repr=False)

    def beat(self, job: str, **progress: Any) -> None:
        """Say how far ``job`` is; fields as in :class:`Beat`."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        beat = Beat(job, pid=os.getpid(), updated=now, **progress)
        write_json(self.path, asdict(beat))
        if time.monotonic() - self._logged > _SECONDS_BETWEEN_LOG_LINES:
            self.log(sentence(beat))
            self._logged = time.monotonic()

    def end(self) -> None:
        """The job ended in order."""
        self.path.unlink(missing_ok=True)


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
    beats = []
    for path in sorted(folder.glob("*.json")):
        try:
            beats.append(Beat(**json.loads(path.read_text(encoding="utf-8"))))
        except (OSError, ValueError, TypeError, StorageError):
            continue  # It is being replaced or removed at this moment.
    return beats
