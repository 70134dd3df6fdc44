"""Artefacts: arrays in safetensors files that also say how their making ended.

Every stage hands its arrays on in one such file. A stage that could not give a result for a
reason outside the code (data set unreachable, training diverged, method not applicable) still
writes its file, without arrays and with the reason; later stages pass that reason on, so that
nothing is silently missing and one such outcome never stops the other results.

A file whose name ends in ``.safetensors.gz`` is compressed; label vectors are, since they are
kept in git.
"""

from __future__ import annotations

import gzip
import io
import json
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import load, save, save_file

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
_COMPRESSED = ".safetensors.gz"
_LEVEL = 9
_INTEGERS = (
    *(np.uint8, np.int8, np.uint16, np.int16),
    *(np.uint32, np.int32, np.uint64, np.int64),
)


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
    metadata = {_KEY: json.dumps(header, sort_keys=True)}
    with atomic_path(path) as temporary:
        try:
            if _is_compressed(path):
                temporary.write_bytes(_compressed(save(tensors, metadata=metadata)))
            else:
                save_file(tensors, temporary, metadata=metadata)
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
        read = _read_compressed if _is_compressed(path) else _read_plain
        metadata, arrays = read(Path(path), arrays=load)
        header = json.loads(metadata[_KEY])
    except (OSError, EOFError, zlib.error, SafetensorError, KeyError, ValueError) as error:
        raise StorageError(
            f"{path} is missing, truncated or not an artefact of this pipeline ({error}); "
            "delete it and run again, the pipeline makes it anew."
        ) from error
    return Artefact(Outcome.from_dict(header["outcome"]), header["about"], arrays)


def is_artefact(path: str | Path) -> bool:
    """True if a file of this name holds an artefact."""
    return Path(path).suffix == ".safetensors" or _is_compressed(path)


def smallest_integers(values: np.ndarray) -> np.ndarray:
    """Integers in the smallest type that holds them all; unsigned goes before signed."""
    if not values.size:
        return values.astype(np.uint8)
    low, high = int(values.min()), int(values.max())
    fitting = (t for t in _INTEGERS if np.iinfo(t).min <= low and high <= np.iinfo(t).max)
    return values.astype(next(fitting))


def _is_compressed(path: str | Path) -> bool:
    return Path(path).name.endswith(_COMPRESSED)


def _compressed(content: bytes) -> bytes:
    buffer = io.BytesIO()
    # Neither name nor time in the header: equal content gives equal bytes.
    with gzip.GzipFile("", "wb", _LEVEL, buffer, mtime=0) as stream:
        stream.write(content)
    return buffer.getvalue()


def _read_plain(path: Path, *, arrays: bool) -> tuple[dict[str, str], dict[str, np.ndarray]]:
    with safe_open(path, framework="numpy") as handle:
        names = handle.keys() if arrays else []
        return handle.metadata() or {}, {name: handle.get_tensor(name) for name in names}


def _read_compressed(path: Path, *, arrays: bool) -> tuple[dict[str, str], dict[str, np.ndarray]]:
    content = gzip.decompress(path.read_bytes())
    # safetensors gives the metadata of files only, not of bytes in memory.
    size = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + size])
    return header.get("__metadata__", {}), load(content) if arrays else {}
