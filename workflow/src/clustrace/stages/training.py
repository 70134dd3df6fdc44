"""What the stages that train share: estimators by name, sessions, weights in files."""

from __future__ import annotations

import contextlib
import csv
import importlib
import io
import os
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from clustrace.data.features import Features, features_of
from clustrace.errors import ConfigError
from clustrace.files import sha256_json, write_text
from clustrace.stages.job import Job
from clustrace.train.checkpoints import FolderCheckpoints
from clustrace.train.session import Progress, training_session


def estimator_class(name: str) -> Any:
    """Class of an estimator named ``module:Class``.

    Raises:
        ConfigError: there is no such class.
    """
    module, _, attribute = name.partition(":")
    try:
        return getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise ConfigError(
            f"There is no estimator {name!r} ({error}); correct 'estimator' in config/methods/."
        ) from error


def build(settings: Mapping[str, Any], seed: int, **more: Any) -> Any:
    """The estimator that settings describe, for one seed."""
    arguments = {**settings["arguments"], **more}
    return estimator_class(settings["estimator"])(**arguments, random_state=seed)


def scaled_features(job: Job) -> Features:
    """Features on the scale that the method wants, float32 ``[n, n_features]``, dense or sparse.

    Raises:
        NoResultError: the data set has none.
    """
    features = features_of(job.read("features"))
    scale = np.float32(job.settings["input_scale"])
    return features if scale == 1 else features * scale


@contextlib.contextmanager
def session(job: Job, seed: int) -> Iterator[FolderCheckpoints]:
    """Training session of one seed: device, precision, threads, checkpoints, progress.

    Raises:
        ConfigError: the device is ``cuda`` and no GPU is visible.
        StoppedError: the process got SIGTERM inside; checkpoints hold what was trained.
    """
    torch.set_num_threads(job.threads)
    # cuBLAS repeats its results only with a workspace of fixed size.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.set_deterministic_debug_mode("error")
    inputs = {name: [f.sha256 for f in files] for name, files in job.recorder.inputs.items()}
    identity = sha256_json(
        {
            "code": job.recorder.code_digest,
            "settings": dict(job.settings),
            "inputs": inputs,
            "seed": seed,
            "device": job.device,
            "threads": job.threads,
        }
    )

    def report(progress: Progress) -> None:
        job.heartbeat.beat(f"{job.name} seed {seed}", **asdict(progress))

    with _asked_to_end() as stopping:
        checkpoints = FolderCheckpoints(
            job.checkpoints / f"seed-{seed}",
            identity,
            job.checkpoint_seconds,
            notice=lambda sentence: print(sentence, flush=True),
            stopping=stopping,
        )
        with training_session(
            device=job.device,
            precision=job.settings["precision"],
            checkpoints=checkpoints,
            report=report,
        ):
            yield checkpoints
        checkpoints.end_if_stopping()
        job.recorder.went_on_from(checkpoints.resumed_seconds)


@contextlib.contextmanager
def _asked_to_end() -> Iterator[Callable[[], bool]]:
    """Whether SIGTERM came inside the block, by which clusters announce that they take a job off.

    There is time for a checkpoint then, but perhaps for little more.
    """
    came: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _: came.append(number))
    try:
        yield lambda: bool(came)
    finally:
        signal.signal(signal.SIGTERM, before)


def finish(job: Job) -> None:
    """After the outputs are written: note the seeds' generators.

    The checkpoints go when the record stands: a job that is killed before has no outputs left.
    """
    job.recorder.note(
        generators={"random_state": [int(seed) for seed in job.seeds]},
        determinism="bit-equal" if job.device == "cpu" else "equal-within-eps",
    )
    job.needless.extend(job.checkpoints / f"seed-{seed}" for seed in job.seeds)


def network_arrays(network: nn.Module, seed: int) -> dict[str, np.ndarray]:
    """Weights of a network by name, prefixed with the seed."""
    return {
        f"seed-{seed}/network/{name}": tensor.detach().cpu().numpy()
        for name, tensor in network.state_dict().items()
    }


def arrays_of(arrays: Mapping[str, np.ndarray], prefix: str) -> dict[str, np.ndarray]:
    """Arrays whose names begin with ``prefix``, without it."""
    return {k.removeprefix(prefix): v for k, v in arrays.items() if k.startswith(prefix)}


def write_history(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write the histories of all seeds as one CSV file; empty fields where a row has no value."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_text(path, buffer.getvalue())
