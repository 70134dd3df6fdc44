"""What a replay gave, beside what the record says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from clustrace.data.artefact import Artefact, Outcome, is_artefact, read_artefact
from clustrace.files import sha256_file
from clustrace.provenance.record import Record


@dataclass(frozen=True)
class Replayed:
    """What a replay gave.

    Attributes:
        outcome: how it ended.
        record: its own record.
        equal: whether each output is as recorded, by path: equal bytes or equal arrays.
        changed_modules: modules that are not as recorded; None if the same code did it.
        other_inputs: inputs that an earlier replay made otherwise than recorded.
        other_environment: what of machine and libraries differs, with both values.
    """

    outcome: Outcome
    record: Path
    equal: dict[str, bool]
    changed_modules: tuple[str, ...] | None
    other_inputs: tuple[str, ...]
    other_environment: dict[str, tuple[str, str]]


def equal_outputs(record: Record, made: Mapping[str, Path], root: Path) -> dict[str, bool]:
    """Whether each output of a replay is as recorded, by its path in the repository.

    Args:
        record: the record that was replayed.
        made: outputs of the replay by name.
        root: repository; an original there tells other contents from another compression.
    """
    compared = {}
    for name, path in made.items():
        file = record.outputs[name][0]
        compared[file.path] = sha256_file(path) == file.sha256 or _same_arrays(
            path, root / file.path, file.sha256
        )
    return compared


def _same_arrays(made: Path, original: Path, sha256: str) -> bool:
    """Whether two artefacts differ in their compression alone."""
    if not is_artefact(made) or not original.is_file() or sha256_file(original) != sha256:
        return False
    return _same_content(read_artefact(made), read_artefact(original))


def _same_content(first: Artefact, second: Artefact) -> bool:
    """Whether two artefacts hold the same arrays, facts and outcome."""
    return (
        (first.outcome, first.about) == (second.outcome, second.about)
        and first.arrays.keys() == second.arrays.keys()
        and all(
            array.dtype == second.arrays[name].dtype
            and np.array_equal(array, second.arrays[name], equal_nan=array.dtype.kind == "f")
            for name, array in first.arrays.items()
        )
    )


def other_inputs(record: Record, own: Record) -> tuple[str, ...]:
    """Paths of inputs that a replay read with another content than recorded."""
    recorded = {file.path: file.sha256 for files in record.inputs.values() for file in files}
    read = [file for files in own.inputs.values() for file in files]
    return tuple(f.path for f in read if recorded.get(f.path, f.sha256) != f.sha256)


def other_environment(record: Record, own: Record) -> dict[str, tuple[str, str]]:
    """What of machine and libraries differs, with the recorded value and that of the replay."""
    # A job that had no use for torch may have run in a process that had it loaded, or not.
    torch = ("torch",) if record.environment.torch and own.environment.torch else ()
    pairs = {
        name: (str(getattr(record.environment, name)), str(getattr(own.environment, name)))
        for name in ("processor", "gpu", "python", *torch)
    }
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
