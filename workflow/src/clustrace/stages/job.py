"""Running one job of the workflow: log, record, outcomes, and errors as sentences."""

from __future__ import annotations

import contextlib
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

import numpy as np
from threadpoolctl import threadpool_limits

from clustrace.config.layout import Layout
from clustrace.data.artefact import Artefact, Outcome, is_artefact, read_artefact, write_artefact
from clustrace.errors import ClustraceError, ConfigError
from clustrace.files import write_json, write_text
from clustrace.provenance.code_identity import CodeIdentity, code_index
from clustrace.provenance.heartbeat import Heartbeat
from clustrace.provenance.record import JobRecorder


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


def run_job(snakemake: Any, stage: Callable[[Job], None]) -> None:
    """Do the work of one Snakemake job.

    An outcome (data set unreachable, diverged, not applicable) is written into all outputs and
    the job succeeds; any other error ends it with a sentence and exit status 1.
    """
    terminal = sys.stderr
    log = Path(snakemake.log[0])
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w", encoding="utf-8", buffering=1) as stream:
        try:
            with contextlib.redirect_stdout(stream), contextlib.redirect_stderr(stream):
                _run(snakemake, stage, stream)
        except ClustraceError as error:
            print(f"Error: {error}", file=stream)
            print(f"Error in {snakemake.rule}: {error}", file=terminal)
            raise SystemExit(1) from None
        except Exception:
            traceback.print_exc(file=stream)
            raise


def _run(snakemake: Any, stage: Callable[[Job], None], log: TextIO) -> None:
    outputs = {name: Path(path) for name, path in snakemake.output.items() if name != "record"}
    inputs = {name: _paths(value) for name, value in snakemake.input.items()}
    settings = dict(snakemake.params.get("settings", {}))
    config = dict(snakemake.config)
    device = config.get("device", "cpu") if "estimator" in settings else "cpu"
    recorder = JobRecorder(
        snakemake.output.record,
        rule=snakemake.rule,
        wildcards=dict(snakemake.wildcards.items()),
        parameters=settings,
        code=_code(snakemake.params.code_roots, snakemake.params.get("code")),
        inputs=inputs,
        outputs=outputs,
        root=Path.cwd(),
        seeds=settings.get("seeds", []),
        device=device,
        threads=snakemake.threads,
        precision=settings.get("precision", "float64"),
    )
    with threadpool_limits(snakemake.threads), recorder:
        job = Job(
            rule=snakemake.rule,
            wildcards=dict(snakemake.wildcards.items()),
            settings=settings,
            input=inputs,
            output=outputs,
            threads=snakemake.threads,
            device=device,
            checkpoints=Path(snakemake.params.get("checkpoints", "")),
            checkpoint_seconds=float(config.get("checkpoint_seconds", 60.0)),
            config=config,
            recorder=recorder,
            heartbeat=_heartbeat(snakemake, log),
        )
        try:
            job.heartbeat.beat(job.name)
            stage(job)
        except NoResultError as missing:
            _end_without_result(job, missing.outcome)
        except ClustraceError as error:
            outcome = Outcome.of_error(error, job.name)
            if outcome is None:
                raise
            _end_without_result(job, outcome)
    job.heartbeat.end()


def _code(roots: list[str], expected: str | None) -> CodeIdentity:
    """Identity of the code that this process runs.

    Raises:
        ConfigError: it is not the one that the workflow was planned with.
    """
    identity = code_index().identity(*roots)
    if expected is not None and identity.digest != expected:
        raise ConfigError(
            "The code was edited while the workflow was running, and the job would not be what "
            "was planned; start the workflow again."
        )
    return identity


def _heartbeat(snakemake: Any, log: TextIO) -> Heartbeat:
    name = "-".join((snakemake.rule, *snakemake.wildcards))
    folder = Layout().heartbeats(snakemake.config["protocol"])
    return Heartbeat(folder / f"{name}.json", lambda line: print(line, file=log, flush=True))


def _paths(value: Any) -> Path | list[Path]:
    return Path(value) if isinstance(value, str) else [Path(path) for path in value]


def _end_without_result(job: Job, outcome: Outcome) -> None:
    print(f"{outcome.status.value}: {outcome.reason}", flush=True)
    job.recorder.note(outcome=outcome)
    for path in job.output.values():
        if is_artefact(path):
            write_artefact(path, outcome=outcome)
        elif path.suffix == ".json":
            write_json(path, {"outcome": outcome.to_dict(), "seeds": {}})
        else:
            write_text(path, "")
