"""Job records: what a job was given, what it made, with which code, and where it ran.

A record is written inside the job, on the node that computed, as its last act; a job whose
record cannot be written fails. A record that is replaced goes to its history first.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from pydantic import AwareDatetime, ConfigDict, Field, JsonValue, NonNegativeFloat, PositiveInt

from clustrace.config.base import Model
from clustrace.config.yamlfile import validate
from clustrace.data.artefact import Outcome
from clustrace.errors import ConfigError, StorageError
from clustrace.files import read_json, write_json
from clustrace.provenance.code_identity import CodeIdentity
from clustrace.provenance.environment import Environment, describe_environment
from clustrace.provenance.file_hash import FileHash, Files, hash_files, listed, relative_path
from clustrace.provenance.git import GitState, describe_git
from clustrace.provenance.history import keep_earlier


class Determinism(StrEnum):
    """How far a repetition of a job agrees with it."""

    BIT_EQUAL = "bit-equal"
    EQUAL_WITHIN_EPS = "equal-within-eps"
    STATISTICAL = "statistical"


class Job(Model):
    """What a job was given: all that is known before its work begins."""

    model_config = ConfigDict(allow_inf_nan=False)

    rule: str = Field(min_length=1)
    wildcards: dict[str, str]
    parameters: dict[str, JsonValue]
    code: CodeIdentity
    inputs: dict[str, list[FileHash]]
    """Files by their names in the rule, as they were before the work."""
    seeds: list[int]
    device: str = Field(min_length=1)
    threads: PositiveInt
    precision: str = Field(min_length=1)
    """Number format of the computation, such as `float32`."""


class Record(Job):
    """The record of a job that came to its end."""

    model_config = ConfigDict(populate_by_name=True)

    schema_version: Literal[1] = Field(default=1, alias="schema")
    outputs: dict[str, list[FileHash]]
    generators: dict[str, JsonValue]
    """Seeds or states of all random generators, by generator."""
    outcome: Outcome
    determinism: Determinism | None
    """How far a repetition agrees; None if the job does not say."""
    environment: Environment
    git: GitState | None
    """State of the checkout that holds the code, as the job began; None outside git."""
    start: AwareDatetime
    end: AwareDatetime
    seconds: NonNegativeFloat
    """Duration of the work, without the hashing of inputs and outputs."""
    peak_memory_mib: NonNegativeFloat
    """Largest resident memory of the job's process, in MiB."""
    peak_memory_children_mib: NonNegativeFloat
    """Largest resident memory of any one child process, in MiB. Linux counts a child's memory
    from its fork, when it shares its parent's: not to be added to `peak_memory_mib`."""


class JobRecorder:
    """Context manager around the work of a job; writes its record when the work succeeds.

    Inputs are hashed as the block begins, outputs as it ends. If the block raises, nothing is
    written. Relative paths are taken from ``root``.

    Args:
        path: the record.
        rule: name of the rule.
        wildcards: wildcards of the job.
        parameters: everything else that the job's result depends on, as JSON values.
        code: identity of the job's code, or its digest alone.
        inputs: files that the job reads, by name.
        outputs: files that the job writes, by name, without the record.
        root: repository root; all files lie below it.
        seeds: seeds that the job runs.
        device: device that the job computes on.
        threads: threads that the job was given.
        precision: number format of the computation.

    Raises:
        ConfigError: on entry, if an argument is not usable or a file lies outside ``root``.
        StorageError: on entry, if an input is missing or an earlier record is unreadable; on
            exit, if an output is missing or the record cannot be written.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        rule: str,
        wildcards: Mapping[str, str],
        parameters: Mapping[str, JsonValue],
        code: CodeIdentity | Mapping[str, Any] | str,
        inputs: Mapping[str, Files],
        outputs: Mapping[str, Files],
        root: Path,
        seeds: Iterable[int],
        device: str,
        threads: int,
        precision: str,
    ) -> None:
        self._root = root
        self._path = root / path
        self._rule = rule
        self._inputs = inputs
        self._outputs = outputs
        self._given = {
            "rule": rule,
            "wildcards": dict(wildcards),
            "parameters": dict(parameters),
            "code": {"digest": code} if isinstance(code, str) else code,
            "seeds": list(seeds),
            "device": device,
            "threads": threads,
            "precision": precision,
        }
        self._noted: dict[str, Any] = {"generators": {}, "outcome": Outcome(), "determinism": None}

    def __enter__(self) -> Self:
        # Everything that can be refused is refused here: a job must not fail at its end, after
        # hours of training, for what was wrong at its beginning.
        for files in self._outputs.values():
            for file in listed(files):
                relative_path(file, self._root)
        if self._path.exists():
            read_json(self._path)
        inputs = self._hashes("Input", self._inputs, "make it first")
        self._job = validate({**self._given, "inputs": inputs}, Job, lambda _: self._rule)
        self._git = describe_git()
        self._start = datetime.now(UTC)
        self._clock = time.perf_counter()
        return self

    @property
    def inputs(self) -> Mapping[str, Sequence[FileHash]]:
        """Files that the job reads, by name, with their hashes; known inside the block."""
        return self._job.inputs

    @property
    def code_digest(self) -> str:
        """Digest of the job's code; known inside the block."""
        return self._job.code.digest

    def note(
        self,
        *,
        generators: Mapping[str, JsonValue] | None = None,
        outcome: Outcome | None = None,
        determinism: Determinism | str | None = None,
    ) -> None:
        """Add what only the work can tell; a later note replaces an earlier one.

        Args:
            generators: seeds or states of all random generators, by generator.
            outcome: how the job ended; ok if never noted.
            determinism: how far a repetition agrees with this run.

        Raises:
            ConfigError: there is no such class of determinism.
        """
        if generators is not None:
            self._noted["generators"] = dict(generators)
        if outcome is not None:
            self._noted["outcome"] = outcome
        if determinism is not None:
            try:
                self._noted["determinism"] = Determinism(determinism)
            except ValueError as error:
                raise ConfigError(
                    f"{self._rule}: {determinism!r} is no class of determinism; "
                    f"use one of {', '.join(Determinism)}."
                ) from error

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is None:
            self._write(time.perf_counter() - self._clock, datetime.now(UTC))

    def _write(self, seconds: float, end: datetime) -> None:
        content = {
            **dict(self._job),
            **self._noted,
            "outputs": self._hashes("Output", self._outputs, "the job must write all it names"),
            "environment": describe_environment(device=self._job.device, threads=self._job.threads),
            "git": self._git,
            "start": self._start,
            "end": end,
            "seconds": seconds,
            "peak_memory_mib": _peak_memory_mib(resource.RUSAGE_SELF),
            "peak_memory_children_mib": _peak_memory_mib(resource.RUSAGE_CHILDREN),
        }
        record = validate(content, Record, lambda _: self._rule)
        keep_earlier(self._path)
        write_json(self._path, record.model_dump(mode="json", by_alias=True))

    def _hashes(self, role: str, named: Mapping[str, Files], remedy: str) -> dict[str, Any]:
        return {
            name: hash_files(
                files, self._root, role=f"{role} {name!r} of {self._rule}", remedy=remedy
            )
            for name, files in named.items()
        }


def _peak_memory_mib(whose: int) -> float:
    kibibytes = 1024 if sys.platform == "darwin" else 1  # macOS counts bytes, Linux KiB
    return resource.getrusage(whose).ru_maxrss / kibibytes / 1024


def read_record(path: str | Path) -> Record:
    """Read a job record.

    Raises:
        StorageError: the file is missing or no record of this version.
    """
    content = read_json(path)
    try:
        return validate(content, Record, lambda _: path)
    except ConfigError as error:
        raise StorageError(
            f"{path} is not a job record of this version; run its rule again.\n{error}"
        ) from error
