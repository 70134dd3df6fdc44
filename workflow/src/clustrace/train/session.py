"""Where and how trainings of the calling code run: device, precision, checkpoints, progress.

These change no result beyond rounding, so they are no parameters of the estimators; like
scikit-learn's ``config_context`` they hold for a block of code::

    with training_session(device="cuda"):
        labels = DEC(n_clusters=10).fit_predict(X)
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import torch

from clustrace.errors import ConfigError
from clustrace.train.checkpoints import CheckpointStore, NoCheckpoints


@dataclass(frozen=True)
class Progress:
    """How far a training is."""

    phase: str
    step: int
    steps: int
    epoch: int
    epochs: int
    loss: float


def _silent(progress: Progress) -> None:
    """Default report: training in a notebook prints nothing."""


@dataclass(frozen=True)
class Session:
    """Settings of :func:`training_session`."""

    device: str = "cpu"
    precision: Literal["float32", "bfloat16"] = "float32"
    checkpoints: CheckpointStore = field(default_factory=NoCheckpoints)
    report: Callable[[Progress], None] = _silent

    def autocast(self) -> contextlib.AbstractContextManager[Any]:
        """Context of a forward pass in the session's precision."""
        if self.precision == "float32":
            return contextlib.nullcontext()
        return torch.autocast(torch.device(self.device).type, dtype=torch.bfloat16)


_DEFAULT = Session()
_CURRENT: ContextVar[Session] = ContextVar("training_session", default=_DEFAULT)


def current_session() -> Session:
    """Settings that hold for the calling code."""
    return _CURRENT.get()


@contextlib.contextmanager
def training_session(**changes: Any) -> Iterator[Session]:
    """Change settings of :class:`Session` for a block of code.

    Raises:
        ConfigError: device ``cuda`` is asked for and no GPU is visible.
    """
    session = replace(_CURRENT.get(), **changes)
    if session.device.startswith("cuda") and not torch.cuda.is_available():
        raise ConfigError(
            f"device {session.device!r} was asked for, but this process sees no GPU; run where "
            "there is one (on a cluster: check gres in slurm/config.yaml), or set device=cpu."
        )
    token = _CURRENT.set(session)
    try:
        yield session
    finally:
        _CURRENT.reset(token)
