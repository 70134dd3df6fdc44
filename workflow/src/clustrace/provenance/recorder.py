"""Writing the record of a job.

A record is written inside the job, on the node that computed, as its last act; a job whose
record cannot be written fails. A record that is replaced goes to its history first.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pydantic import JsonValue

from clustrace.config.yamlfile import validate
from clustrace.data.artefact import Outcome
from clustrace.errors import ConfigError
from clustrace.files import read_json, write_json
from clustrace.provenance.code_identity import CodeIdentity
from clustrace.provenance.environment import Environment, describe_environment, describe_slurm
from clustrace.provenance.file_hash import FileHash, Files, hash_files, listed, relative_path
from clustrace.provenance.generators import describe_generators
from clustrace.provenance.git import describe_git
from clustrace.provenance.history import keep_earlier
from clustrace.provenance.memory import peak_memory_mib
from clustrace.provenance.objects import store_of
from clustrace.provenance.record import (
    SCHEMA,
    Determinism,
    Given,
    Record,
    Replay,
)
from clustrace.provenance.upstream import keep_record


class _Job(Given):
    code: CodeIdentity


class JobRecorder:
    """Context manager around the work of a job; writes its record when the work succeeds.

    Inputs are hashed as the block begins, outputs as it ends. If the block raises, nothing is
    written. Relative paths are taken from ``root``.

    Args:
        path: the record; objects are kept in the store that belongs to it.
        rule: name of the rule.
        wildcards: wildcards of the job.
        parameters: everything else that the job's result depends on, as JSON values.
        code: identity of the job's code, or its digest alone, or a function that finds it out.
        inputs: files that the job reads, by name.
        outputs: files that the job writes, by name, without the record.
        root: folder of the results; record and outputs lie below it, and inputs.
        seeds: seeds that the job runs.
        device: device that the job computes on.
        threads: threads that the job was given.
        precision: number format of the computation.
        replay: commands that repeat the job.
        upstream: records of the jobs that made inputs, by the path of the input; those that are
            there are kept with this one, and what they refer to.
        inputs_root: further folder that inputs may lie below.

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
        code: Callable[[], CodeIdentity] | CodeIdentity | str,
        inputs: Mapping[str, Files],
        outputs: Mapping[str, Files],
        root: Path,
        seeds: Iterable[int],
        device: str,
        threads: int,
        precision: str,
        replay: Replay | None = None,
        upstream: Mapping[str, Path] | None = None,
        inputs_root: Path | None = None,
    ) -> None:
        self._roots = (root,) if inputs_root is None else (root, inputs_root)
        self._path = root / path
        self._rule = rule
        self._inputs = inputs
        self._outputs = outputs
        self._code = code
        self._given = {
            "rule": rule,
            "wildcards": dict(wildcards),
            "parameters": dict(parameters),
            "seeds": list(seeds),
            "device": device,
            "threads": threads,
            "precision": precision,
            "replay": replay or Replay(),
        }
        self._records = upstream or {}
        self._resumed_seconds = 0.0
        self._noted: dict[str, Any] = {"generators": {}, "outcome": Outcome(), "determinism": None}

    def __enter__(self) -> Self:
        # Everything that can be refused is refused here: a job must not fail at its end, after
        # hours of training, for what was wrong at its beginning.
        began = time.perf_counter()
        for files in self._outputs.values():
            for file in listed(files):
                relative_path(file, self._roots[0])
        self._place = relative_path(self._path, self._roots[0])
        if self._path.exists():
            read_json(self._path)
        inputs = self._hashes("Input", self._inputs, self._roots, "make it first")
        code: Any = self._code() if callable(self._code) else self._code
        code = {"digest": code} if isinstance(code, str) else code
        content = {**self._given, "inputs": inputs, "code": code}
        self._job = validate(content, _Job, lambda _: self._rule)
        self._store = store_of(self._path)
        self._upstream = self._keep_upstream()
        self._git = describe_git()
        self._start = datetime.now(UTC)
        self._generators = describe_generators(self._job.device)
        self._clock = time.perf_counter()
        self._recording = self._clock - began
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
            generators: seeds of all random generators, by generator.
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

    def went_on_from(self, seconds: float) -> None:
        """Add work of earlier attempts that this one did not have to do again, in seconds."""
        self._resumed_seconds += seconds

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is None:
            self._write(time.perf_counter(), datetime.now(UTC))

    def _write(self, clock: float, end: datetime) -> None:
        job = self._job
        states = {"before": self._generators, "after": describe_generators(job.device)}
        environment = describe_environment(device=job.device, threads=job.threads)
        content = {
            **{name: value for name, value in job if name != "code"},
            **self._noted,
            "outcome": self._noted["outcome"].to_dict(),
            "schema": SCHEMA,
            "path": self._place,
            "code": {"digest": job.code.digest, "object": self._keep_code()},
            "outputs": self._hashes(
                "Output", self._outputs, self._roots[:1], "the job must write all it names"
            ),
            "upstream": self._upstream,
            "generator_states": states,
            "environment": self._keep_environment(environment),
            "git": self._keep_git(),
            "slurm": describe_slurm(),
            "start": self._start,
            "end": end,
            "seconds": clock - self._clock,
            "resumed_seconds": self._resumed_seconds,
            "peak_memory_mib": peak_memory_mib(),
            "peak_memory_children_mib": peak_memory_mib(resource.RUSAGE_CHILDREN),
            "recording_seconds": self._recording + time.perf_counter() - clock,
        }
        record = validate(content, Record, lambda _: self._rule)
        keep_earlier(self._path)
        write_json(self._path, record.model_dump(mode="json", by_alias=True))

    def _keep_upstream(self) -> dict[str, str]:
        kept = {}
        for file in (file for files in self._job.inputs.values() for file in files):
            record = self._records.get(file.path)
            if record is not None and record.is_file():
                kept[file.path] = keep_record(record, self._store)
        return kept

    def _keep_code(self) -> str | None:
        code = self._job.code
        return self._store.keep_json(code.model_dump(mode="json")) if code.modules else None

    def _keep_environment(self, environment: Environment) -> dict[str, Any]:
        torch = environment.torch
        return {
            "object": self._store.keep_json(environment.model_dump(mode="json")),
            "host": environment.host,
            "processor": environment.processor.model,
            "gpu": torch.cuda.name if torch and torch.cuda else None,
            "python": environment.python,
            "torch": torch.version if torch else None,
        }

    def _keep_git(self) -> Any:
        if self._git is None:
            return None
        if self._git.difference:
            self._store.keep(self._git.difference, ".diff")
        return self._git.state

    def _hashes(
        self, role: str, named: Mapping[str, Files], roots: Sequence[Path], remedy: str
    ) -> dict[str, Any]:
        return {
            name: hash_files(files, *roots, role=f"{role} {name!r} of {self._rule}", remedy=remedy)
            for name, files in named.items()
        }
