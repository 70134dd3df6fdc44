"""Running one job: its record, its outcome, its log, and its errors as sentences."""

from __future__ import annotations

import contextlib
import shutil
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits

from clustrace.config.layout import Layout
from clustrace.data.artefact import Outcome
from clustrace.errors import ClustraceError, ConfigError
from clustrace.provenance.code_identity import CodeIdentity, code_index
from clustrace.provenance.file_hash import listed
from clustrace.provenance.heartbeat import Asked, Heartbeat
from clustrace.provenance.record import OTHERS, Replay
from clustrace.provenance.recorder import JobRecorder
from clustrace.stages.job import Job, NoResultError, end_without_result
from clustrace.stages.replayable import replay_of


@dataclass(frozen=True)
class Request:
    """A job that is to be done, as Snakemake or a record tells it."""

    rule: str
    wildcards: Mapping[str, str]
    settings: Mapping[str, Any]
    input: Mapping[str, Path | list[Path]]
    output: Mapping[str, Path]
    record: Path
    code: Callable[[], CodeIdentity]
    threads: int
    device: str
    checkpoints: Path
    heartbeat: Path
    upstream: Mapping[str, Path]
    """Records of the jobs that made inputs, by the path of the input."""
    config: Mapping[str, Any] = field(default_factory=dict)
    replay: Replay = field(default_factory=Replay)
    root: Path = Path()
    """Folder of the results."""
    asked: Asked = field(default_factory=Asked)
    """What the job was given of time and memory."""
    inputs_root: Path | None = None
    """Further folder that inputs may lie below."""
    shared: bool = False
    """Whether it shares a job on the cluster, and is done again when another one there fails."""


def perform(request: Request, stage: Callable[[Job], None], log: Callable[[str], None]) -> Outcome:
    """Do the work of a job, write its record, and say how it ended.

    An outcome (data set unreachable, diverged, not applicable) is written into all outputs.

    Raises:
        ClustraceError: any other error of the project; then there is no record.
    """
    root = request.root.absolute()
    recorder = JobRecorder(
        request.record,
        rule=request.rule,
        wildcards=request.wildcards,
        parameters=request.settings,
        code=request.code,
        inputs=request.input,
        outputs=request.output,
        root=root,
        seeds=request.settings.get("seeds", []),
        device=request.device,
        threads=request.threads,
        precision=request.settings.get("precision", "float64"),
        replay=request.replay,
        upstream={path: root / record for path, record in request.upstream.items()},
        inputs_root=request.inputs_root,
    )
    outcome = Outcome()
    heartbeat = Heartbeat(request.heartbeat, log, request.asked)
    with heartbeat, threadpool_limits(request.threads), recorder:
        job = Job(
            rule=request.rule,
            wildcards=request.wildcards,
            settings=request.settings,
            input=request.input,
            output=request.output,
            threads=request.threads,
            device=request.device,
            checkpoints=request.checkpoints,
            checkpoint_seconds=float(request.config.get("checkpoint_seconds", 60.0)),
            config=request.config,
            recorder=recorder,
            heartbeat=heartbeat,
        )
        try:
            job.heartbeat.beat(job.name)
            stage(job)
        except (NoResultError, ClustraceError) as error:
            found = _outcome_of(error, job)
            if found is None:
                raise
            outcome = found
            log(f"{outcome.status.value}: {outcome.reason}")
            end_without_result(job, outcome)
    for folder in () if request.shared else job.needless:
        shutil.rmtree(folder, ignore_errors=True)
    return outcome


def _outcome_of(error: NoResultError | ClustraceError, job: Job) -> Outcome | None:
    if isinstance(error, NoResultError):
        return error.outcome
    return Outcome.of_error(error, job.name)


def run_job(snakemake: Any, stage: Callable[[Job], None]) -> None:
    """Do the work of one Snakemake job.

    An outcome is written into all outputs and the job succeeds; any other error ends it with a
    sentence and exit status 1.
    """
    terminal = sys.stderr
    log = Path(snakemake.log[0])
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w", encoding="utf-8", buffering=1) as stream:
        try:
            with contextlib.redirect_stdout(stream), contextlib.redirect_stderr(stream):
                perform(_request(snakemake), stage, lambda line: print(line, flush=True))
        except ClustraceError as error:
            print(f"Error: {error}", file=stream)
            print(f"Error in {snakemake.rule}: {error}", file=terminal)
            raise SystemExit(1) from None
        except Exception:
            traceback.print_exc(file=stream)
            raise


def _request(snakemake: Any) -> Request:
    settings = dict(snakemake.params.get("settings", {}))
    config = dict(snakemake.config)
    inputs = {name: _paths(value) for name, value in snakemake.input.items()}
    if others := settings.get(OTHERS):
        inputs[OTHERS] = [Path(path) for path in others]
    return Request(
        rule=snakemake.rule,
        wildcards=dict(snakemake.wildcards.items()),
        settings=settings,
        input=inputs,
        output={name: Path(path) for name, path in snakemake.output.items() if name != "record"},
        record=Path(snakemake.output.record),
        code=lambda: _code(snakemake.params.code_roots, snakemake.params.get("code")),
        threads=snakemake.threads,
        # A job that asks for no GPU may run where there is none.
        device=config.get("device", "cpu") if snakemake.resources.get("gpu") else "cpu",
        checkpoints=_checkpoints(config["protocol"], snakemake.wildcards),
        heartbeat=Layout().heartbeat(config["protocol"], snakemake.rule, *snakemake.wildcards),
        upstream=records_behind(inputs),
        config=config,
        replay=replay_of(snakemake.rule),
        asked=Asked(
            memory_mb=snakemake.resources.get("mem_mb"),
            minutes=snakemake.resources.get("runtime"),
        ),
        shared=bool(snakemake.resources.get("in_turn")),
    )


def _checkpoints(protocol: str, wildcards: Any) -> Path:
    """Folder for the checkpoints of a run; without meaning for jobs that are none."""
    run = [wildcards.get(name, "") for name in ("dataset", "method", "block")]
    return Layout().checkpoints(protocol, *run)


def records_behind(inputs: Mapping[str, Path | list[Path]]) -> dict[str, Path]:
    """Records of the jobs that made data files, by the path of the file."""
    files = [file for value in inputs.values() for file in map(Path, listed(value))]
    found = {file.as_posix(): Layout().record_behind(file) for file in files}
    return {file: record for file, record in found.items() if record is not None}


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


def _paths(value: Any) -> Path | list[Path]:
    return Path(value) if isinstance(value, str) else [Path(path) for path in value]
