"""Checkpoints of running trainings: atomic, tied to what they were made from, resumable.

They are no Snakemake outputs, which it would remove when a job fails; that is when they are
needed. A finished phase keeps its last checkpoint until the job is done, so that a job killed
in its fourth phase does not repeat the first three.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from clustrace.errors import CheckpointError, StoppedError, StorageError
from clustrace.files import atomic_path

_KEY = "clustrace"


@dataclass(frozen=True)
class Checkpoint:
    """State of a training phase: tensors by name, and plain facts (step, finished, history)."""

    tensors: Mapping[str, Tensor]
    facts: Mapping[str, Any]


class CheckpointStore(Protocol):
    """What the engine needs of a place for checkpoints."""

    def load(self, phase: str) -> Checkpoint | None:
        """Checkpoint of a phase, or None."""

    def save(self, phase: str, checkpoint: Checkpoint) -> None:
        """Replace the checkpoint of a phase."""

    def due(self) -> bool:
        """Whether it is time for another one."""


class NoCheckpoints:
    """Store of a session that keeps none."""

    def load(self, phase: str) -> Checkpoint | None:
        """Nothing to resume from."""
        return None

    def save(self, phase: str, checkpoint: Checkpoint) -> None:
        """Kept nowhere."""

    def due(self) -> bool:
        """Never."""
        return False


def _ignore(sentence: str) -> None:
    """Default for notices."""


def _never() -> bool:
    """Default for requests to end."""
    return False


@dataclass
class FolderCheckpoints:
    """Checkpoints of one run in a folder, one file a phase.

    Attributes:
        folder: where they lie.
        identity: hash of code, parameters, inputs, device and threads of the run.
        seconds: time between two checkpoints.
        notice: told when a checkpoint is refused or resumed from.
        stopping: whether the training is asked to end; then the next checkpoint is due, and the
            last.
        resumed_seconds: work of earlier attempts that this one went on from.
    """

    folder: Path
    identity: str
    seconds: float = 60.0
    notice: Callable[[str], None] = _ignore
    stopping: Callable[[], bool] = _never
    resumed_seconds: float = field(default=0.0, init=False)
    _began: float = field(default_factory=time.monotonic, repr=False)
    _last: float = field(default_factory=time.monotonic, repr=False)

    def load(self, phase: str) -> Checkpoint | None:
        """Checkpoint of a phase; one of another run is refused and the phase starts anew."""
        path = self._path(phase)
        if not path.exists():
            return None
        try:
            checkpoint, worked = read_checkpoint(path, self.identity)
        except CheckpointError as error:
            self.notice(f"{error} Training of {phase!r} starts from the beginning.")
            return None
        # Phases come one after the other, so the last one counts those before it.
        self.resumed_seconds = max(self.resumed_seconds, worked)
        self.notice(f"Resuming {phase!r} after {checkpoint.facts['step']} iterations.")
        return checkpoint

    def save(self, phase: str, checkpoint: Checkpoint) -> None:
        """Write the checkpoint of a phase, atomically.

        Raises:
            StorageError: it could not be written.
            StoppedError: it is written, and the training is asked to end.
        """
        header = json.dumps(
            {
                "identity": self.identity,
                "facts": dict(checkpoint.facts),
                "seconds": self.resumed_seconds + time.monotonic() - self._began,
            }
        )
        tensors = {name: t.detach().cpu().contiguous() for name, t in checkpoint.tensors.items()}
        path = self._path(phase)
        try:
            with atomic_path(path) as temporary:
                save_file(tensors, temporary, metadata={_KEY: header})
        except SafetensorError as error:
            raise StorageError(
                f"The checkpoint {path} could not be written ({error}); make room on its disk and "
                "run again, finished work is kept."
            ) from error
        self._last = time.monotonic()
        self.end_if_stopping()

    def due(self) -> bool:
        """Whether ``seconds`` have passed since the last checkpoint, or there is no time left."""
        return self.stopping() or time.monotonic() - self._last >= self.seconds

    def end_if_stopping(self) -> None:
        """End a run that is asked to end.

        Raises:
            StoppedError: it is.
        """
        if self.stopping():
            raise StoppedError(
                "The job was asked to end (preempted, cancelled, or out of time); what it has "
                "trained is kept, and the next attempt goes on from there."
            )

    def _path(self, phase: str) -> Path:
        return self.folder / f"{phase}.safetensors"


def read_checkpoint(path: Path, identity: str) -> tuple[Checkpoint, float]:
    """Read a checkpoint made by the run with this identity, and the seconds of work behind it.

    Raises:
        CheckpointError: it is damaged, or of other code, parameters or inputs.
    """
    try:
        with safe_open(path, framework="pt") as handle:
            header = json.loads((handle.metadata() or {})[_KEY])
            names = handle.keys()
            tensors: dict[str, torch.Tensor] = {name: handle.get_tensor(name) for name in names}
    except (OSError, SafetensorError, KeyError, ValueError) as error:
        raise CheckpointError(f"The checkpoint {path.name} is damaged ({error}).") from error
    if header["identity"] != identity:
        raise CheckpointError(
            f"The checkpoint {path.name} is of other code, parameters or inputs and is refused."
        )
    return Checkpoint(tensors, header["facts"]), float(header["seconds"])
