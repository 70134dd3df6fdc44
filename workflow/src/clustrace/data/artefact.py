"""Artefacts: arrays in safetensors files that also say how their making ended.

Every stage hands its arrays on in one such file. A stage that could not give a result for a
reason outside the code (data set unreachable, training diverged, method not applicable) still
writes its file, without arrays and with the reason; later stages pass that reason on, so that
nothing is silently missing and one such outcome never stops the other results.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from clustrace.errors import (
    DivergedError,
    NotApplicableError,
    StorageError,
    UnreachableError,
)
from clustrace.files import atomic_path

# A single metadata key: safetensors writes several keys in random order, and then equal
# content would not give equal bytes.
_KEY = "clustrace"


class Status(StrEnum):
    """How the making of an artefact ended."""

    OK = "ok"
    UNREACHABLE = "unreachable"
    DIVERGED = "diverged"
    NOT_APPLICABLE = "not-applicable"
    NOT_RUN = "not-run"


@dataclass(frozen=True)
class Outcome:
    """Status of an artefact, with the reason and the stage where it arose when it is not ok."""

    status: Status = Status.OK
    reason: str = ""
    origin: str = ""

    @property
    def ok(self) -> bool:
        """True if there is a result."""
        return self.status is Status.OK

    @classmethod
    def of_error(cls, error: Exception, origin: str) -> Outcome | None:
        """The outcome that an exception stands for, or None if it is an accident."""
        for kind, status in (
            (UnreachableError, Status.UNREACHABLE),
            (DivergedError, Status.DIVERGED),
            (NotApplicableError, Status.NOT_APPLICABLE),
        ):
            if isinstance(error, kind):
                return cls(status, str(error), origin)
        return None

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Outcome:
        """Read back what :meth:`to_dict` gave."""
        return cls(Status(content["status"]), str(content["reason"]), str(content["origin"]))

    def to_dict(self) -> dict[str, str]:
        """Plain form for JSON."""
        return {key: str(value) for key, value in asdict(self).items()}


@dataclass(frozen=True)
class Artefact:
    """Content of an artefact file: outcome, free-form facts about it, and named arrays."""

    outcome: Outcome
    about: dict[str, Any]
    arrays: dict[str, np.ndarray]


def write_artefact(
    path: str | Path,
    arrays: Mapping[str, np.ndarray] | None = None,
    *,
    outcome: Outcome | None = None,
    about: Mapping[str, Any] | None = None,
) -> None:
    """Write arrays, facts and outcome to ``path``; equal content gives equal bytes.

    Raises:
        StorageError: the file could not be written.
    """
    header = {"outcome": (outcome or Outcome()).to_dict(), "about": dict(about or {})}
    tensors = {name: np.ascontiguousarray(array) for name, array in (arrays or {}).items()}
    with atomic_path(path) as temporary:
        try:
            save_file(tensors, temporary, metadata={_KEY: json.dumps(header, sort_keys=True)})
        except SafetensorError as error:
            raise StorageError(
                f"{path} could not be written ({error}); check free disk space and run again."
            ) from error


def read_artefact(path: str | Path, *, load: bool = True) -> Artefact:
    """Read an artefact; with ``load=False`` only outcome and facts, without the arrays.

    Raises:
        StorageError: the file is missing, truncated or no artefact of this project.
    """
    try:
        with safe_open(path, framework="numpy") as handle:
            header = json.loads((handle.metadata() or {})[_KEY])
            names = handle.keys() if load else []
            arrays = {name: handle.get_tensor(name) for name in names}
    except (OSError, SafetensorError, KeyError, ValueError) as error:
        raise StorageError(
            f"{path} is missing, truncated or not an artefact of this pipeline ({error}); "
            "delete it and run again, the pipeline makes it anew."
        ) from error
    return Artefact(Outcome.from_dict(header["outcome"]), header["about"], arrays)
