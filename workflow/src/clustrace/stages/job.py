"""What a stage gets to do its work, and what becomes of a job that has no result."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from clustrace.data.artefact import Artefact, Outcome, is_artefact, read_artefact, write_artefact
from clustrace.errors import ClustraceError
from clustrace.files import write_json, write_text
from clustrace.provenance.heartbeat import Heartbeat
from clustrace.provenance.recorder import JobRecorder


class NoResultError(Exception):
    """An input has no result; its reason becomes the reason of this job's outputs."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.reason)
        self.outcome = outcome


@dataclass(frozen=True)
class Job:
    """What a stage gets to do its work.

    Attributes:
        rule: name of the rule.
        wildcards: what the job is about (``dataset``, ``method``, ``block`` …).
        settings: everything besides code and inputs that decides the result.
        input: files by name.
        output: files by name, without the record.
        threads: processor threads.
        device: ``cpu`` or ``cuda``.
        checkpoints: folder for checkpoints of trainings.
        checkpoint_seconds: time between two of them.
        config: the workflow's configuration, for what does not change results.
        recorder: record of this job.
        heartbeat: signs of life.
        needless: folders that nobody needs once the job is recorded.
    """

    rule: str
    wildcards: Mapping[str, str]
    settings: Mapping[str, Any]
    input: Mapping[str, Path | list[Path]]
    output: Mapping[str, Path]
    threads: int
    device: str
    checkpoints: Path
    checkpoint_seconds: float
    config: Mapping[str, Any]
    recorder: JobRecorder
    heartbeat: Heartbeat
    failures: dict[str, Outcome] = field(default_factory=dict)
    needless: list[Path] = field(default_factory=list)

    @property
    def name(self) -> str:
        """What runs, for people."""
        return f"{self.rule} {'/'.join(self.wildcards.values())}"

    @property
    def seeds(self) -> list[int]:
        """Seeds of this job."""
        return list(self.settings.get("seeds", []))

    def path(self, name: str) -> Path:
        """A single input file."""
        path = self.input[name]
        assert isinstance(path, Path)
        return path

    def read(self, name: str, *, load: bool = True) -> Artefact:
        """An input artefact.

        Raises:
            NoResultError: it has no result.
            StorageError: it cannot be read.
        """
        artefact = read_artefact(self.path(name), load=load)
        if not artefact.outcome.ok:
            raise NoResultError(artefact.outcome)
        return artefact

    def write(self, name: str, arrays: Mapping[str, np.ndarray], **about: Any) -> None:
        """Write an output artefact; seeds that failed are listed in it with their reasons."""
        failures = {seed: outcome.to_dict() for seed, outcome in self.failures.items()}
        write_artefact(self.output[name], arrays, about={**about, "failures": failures})

    def each_seed(self) -> Iterator[tuple[int, contextlib.AbstractContextManager[None]]]:
        """Seeds with a context that turns a failed seed into an outcome of that seed.

        Raises:
            NoResultError: after the last seed, if none gave a result.
        """
        for seed in self.seeds:
            yield seed, self._guard(seed)
        if self.seeds and len(self.failures) == len(self.seeds):
            raise NoResultError(next(iter(self.failures.values())))

    @contextlib.contextmanager
    def _guard(self, seed: int) -> Iterator[None]:
        try:
            yield
        except NoResultError as missing:
            self.failures[str(seed)] = missing.outcome
        except ClustraceError as error:
            outcome = Outcome.of_error(error, f"{self.name} seed {seed}")
            if outcome is None:
                raise
            print(f"seed {seed}: {outcome.status.value}: {outcome.reason}", flush=True)
            self.failures[str(seed)] = outcome


def end_without_result(job: Job, outcome: Outcome) -> None:
    """Write an outcome, with its reason, into every output and into the record."""
    print(f"{outcome.status.value}: {outcome.reason}", flush=True)
    job.recorder.note(outcome=outcome)
    for path in job.output.values():
        if is_artefact(path):
            write_artefact(path, outcome=outcome)
        elif path.suffix == ".json":
            write_json(path, {"outcome": outcome.to_dict(), "seeds": {}})
        else:
            write_text(path, "")
