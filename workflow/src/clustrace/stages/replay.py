"""Doing a recorded job once more, in another folder, and comparing what it makes."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from clustrace.errors import ConfigError, StorageError
from clustrace.files import sha256_file
from clustrace.provenance.code_identity import CodeIdentity, code_index
from clustrace.provenance.file_hash import FileHash
from clustrace.provenance.objects import store_of
from clustrace.provenance.record import Record, read_record
from clustrace.stages.job import Job
from clustrace.stages.replayable import REPLAYABLE, replay_of, stage_of
from clustrace.stages.replayed import Replayed, equal_outputs, other_environment, other_inputs
from clustrace.stages.running import Request, perform, records_behind

Start = Literal["weights", "start"]


@dataclass(frozen=True)
class Replay:
    """A recorded job that is to be done once more.

    Attributes:
        file: the record.
        root: repository, with the inputs.
        folder: where the outputs go, and where inputs are looked for first.
        allow_other_code: whether code other than the recorded may do it.
    """

    file: Path
    root: Path
    folder: Path
    allow_other_code: bool = False


def replay(order: Replay, start: Start, log: Callable[[str], None]) -> Replayed:
    """Do a recorded job once more.

    Args:
        order: which job, and where.
        start: ``start`` repeats all its work from its inputs, ``weights`` makes its label vectors
            anew from the weights and centroids that it stored.
        log: told how far it is.

    Raises:
        ConfigError: the folder would overwrite results, the rule is not replayed, or the code is
            another and that is not allowed.
        StorageError: an input is missing or not as recorded.
        NotApplicableError: the method stores nothing that its label vectors follow from.
    """
    refuse_folder(order.folder, order.root)
    record = read_record(order.file)
    stage = stage_of(record.rule)
    changed = changed_modules(record, order)
    if start == "weights":
        stage, request = _from_weights(record, order)
    else:
        request = request_of(record, order, record.inputs)
    outcome = perform(request, stage, log)
    shutil.rmtree(request.checkpoints, ignore_errors=True)
    return Replayed(
        outcome=outcome,
        record=request.record,
        equal=equal_outputs(record, request.output, order.root),
        changed_modules=changed,
        other_inputs=other_inputs(record, read_record(request.record)),
        other_environment=other_environment(record, read_record(request.record)),
    )


def refuse_folder(folder: Path, root: Path) -> None:
    """Refuse a folder in which a replay would overwrite what it is to be compared with.

    Raises:
        ConfigError: it is the repository, or lies in its results or data.
    """
    there, here = folder.resolve(), root.resolve()
    if there == here or any(there.is_relative_to(here / part) for part in ("results", "data")):
        raise ConfigError(
            f"--into {folder} lies among the results themselves, which a replay must not touch; "
            "name a folder outside results/ and data/."
        )


def changed_modules(record: Record, order: Replay) -> tuple[str, ...] | None:
    """Modules of a job that are not as recorded, or None if the code is the recorded one.

    Raises:
        ConfigError: it is another, and that is not allowed.
    """
    recorded = record.code_in(store_of(order.file))
    now = _code_now(record, recorded)
    if now.digest == recorded.digest:
        return None
    names = sorted(recorded.modules.keys() | now.modules.keys())
    changed = tuple(n for n in names if recorded.modules.get(n) != now.modules.get(n))
    if not order.allow_other_code:
        commit = f"check out commit {record.git.commit[:12]}" if record.git else "bring that code"
        raise ConfigError(
            f"The code is not the one that {order.file} names ({', '.join(changed)} changed); "
            f"{commit}, or add --allow-other-code, and the result says so."
        )
    return changed


def _code_now(record: Record, recorded: CodeIdentity) -> CodeIdentity:
    stage = REPLAYABLE[record.rule].stage.partition(":")[0]
    return code_index().identity(*(recorded.roots or (stage,)))


def request_of(record: Record, order: Replay, inputs: Mapping[str, list[FileHash]]) -> Request:
    """The job as it was, with its outputs below the folder of the replay."""
    folder = order.folder.absolute()
    beside = folder / "under-way" / record.path.removesuffix(".json")
    recorded = record.code_in(store_of(order.file))
    files = [file.path for files in inputs.values() for file in files]
    return Request(
        rule=record.rule,
        wildcards=record.wildcards,
        settings=record.parameters,
        input={name: _inputs(name, files, order) for name, files in inputs.items()},
        output={name: folder / files[0].path for name, files in record.outputs.items()},
        record=folder / record.path,
        code=lambda: _code_now(record, recorded),
        threads=record.threads,
        device=record.device,
        checkpoints=beside,
        heartbeat=beside / "heartbeat.json",
        upstream={
            file: _first(behind, order)
            for file, behind in records_behind({"all": [Path(file) for file in files]}).items()
        },
        replay=replay_of(record.rule),
        root=folder,
        inputs_root=order.root.absolute(),
    )


def _inputs(name: str, files: list[FileHash], order: Replay) -> Path | list[Path]:
    found = [_input(name, file, order) for file in files]
    return found[0] if len(found) == 1 else found


def _input(name: str, file: FileHash, order: Replay) -> Path:
    """An input: from an earlier replay into the same folder, or as recorded from the repository."""
    path = _first(Path(file.path), order)
    if not path.is_file():
        raise StorageError(
            f"Input {name!r} is missing: there is no {file.path}; bring it with `make restore`, or "
            "replay the job that makes it into the same folder first."
        )
    if not path.is_relative_to(order.folder.absolute()) and sha256_file(path) != file.sha256:
        raise StorageError(
            f"Input {name!r} is not the one that {order.file} names: {file.path} has changed "
            "since; bring the recorded one back with `make restore`."
        )
    return path


def _first(path: Path, order: Replay) -> Path:
    replayed = order.folder.absolute() / path
    return replayed if replayed.is_file() else order.root.absolute() / path


def _from_weights(record: Record, order: Replay) -> tuple[Callable[[Job], None], Request]:
    # Slow to import, and other replays need neither torch nor scikit-learn.
    from clustrace.stages import weights

    needed = REPLAYABLE[record.rule].from_weights
    if not needed:
        raise ConfigError(
            f"A job of the rule {record.rule!r} leaves no label vectors that could be made anew "
            "from weights; replay it with --from start."
        )
    again, loading = weights.assign_from_weights, "load_model"
    if record.rule == "classify":
        again, loading = weights.predict_from_weights, "load_weights"
    weights.refuse_without_model(str(record.parameters["estimator"]), loading)
    module = weights.__name__
    inputs = {name: record.inputs[name] for name in needed if name in record.inputs}
    request = request_of(record, order, {**inputs, "model": record.outputs["model"]})
    stage = REPLAYABLE[record.rule].stage.partition(":")[0]
    roots = record.code_in(store_of(order.file)).roots
    estimators = [root for root in roots if root != stage]
    return again, replace(
        request,
        rule=f"{record.rule}-from-weights",
        output={"predictions": request.output["predictions"]},
        code=lambda: code_index().identity(module, *estimators),
        replay=replay_of(""),
    )
