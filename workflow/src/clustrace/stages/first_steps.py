"""The first gradient steps of a recorded training once more, with the code that stands now.

Code that was edited since does not make a long training worthless: where its first steps come
out bit for bit as recorded, the edit did not matter for them.
"""

from __future__ import annotations

import csv
import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from clustrace.data.artefact import read_artefact
from clustrace.data.features import features_of
from clustrace.data.parts import PART, TRAINING
from clustrace.errors import ConfigError, StorageError
from clustrace.files import sha256_file
from clustrace.provenance.record import read_record
from clustrace.stages.older import has_first_steps
from clustrace.stages.replay import Replay, changed_modules, refuse_folder, request_of
from clustrace.stages.replayable import replay_of, stage_of
from clustrace.stages.running import perform

#: Folder that a replay of first steps adds to the one it is given.
FOLDER = "first-steps"


@dataclass(frozen=True)
class FirstSteps:
    """What became of the first steps.

    Attributes:
        iterations: gradient steps up to the last row compared.
        rows: rows of the history that were compared.
        differing: first row that differs of each seed that has one, with both versions.
        changed_modules: modules that are not as recorded; None if the code is the same.
    """

    iterations: int
    rows: int
    differing: tuple[str, ...]
    changed_modules: tuple[str, ...] | None

    def sentences(self) -> list[str]:
        """The result for people."""
        what = f"{self.rows} rows of the history, up to iteration {self.iterations}"
        lines = [*self.differing] or [f"equal   {what}"]
        if self.changed_modules is not None:
            lines.append(f"other code than recorded: {', '.join(self.changed_modules)}")
        return lines


def replay_first_steps(order: Replay, steps: int, log: Callable[[str], None]) -> FirstSteps:
    """Train for a few steps and compare the losses with the recorded history, digit for digit.

    Of a training in several phases only the first is compared, since the later ones start from
    its end.

    Args:
        order: which job, and where; other code is allowed.
        steps: gradient steps; trainings that count in epochs end with the epoch.
        log: told how far it is.

    Raises:
        ConfigError: the job is no training, or so few steps fill no row of its history.
        StorageError: an input or the history is missing or not as recorded.
    """
    refuse_folder(order.folder, order.root)
    record = read_record(order.file)
    if not has_first_steps(record):
        raise ConfigError(
            f"A job of the rule {record.rule!r} takes no gradient steps, or others where there are "
            "fewer of them, as its rates hang on their number; replay it with --from start."
        )
    changed = changed_modules(record, replace(order, allow_other_code=True))
    recorded = _recorded_history(order.root, record.outputs["history"][0])
    below = replace(order, folder=order.folder / FOLDER)
    request = request_of(record, below, record.inputs)
    features = request.input["features"]
    assert isinstance(features, Path)
    settings = _limited(request.settings, steps, features)
    request = replace(
        request, rule=f"{record.rule}-{FOLDER}", settings=settings, replay=replay_of("")
    )
    outcome = perform(request, stage_of(record.rule), log)
    if not outcome.ok:
        return FirstSteps(0, 0, (f"DIFFERS {outcome.status.value}: {outcome.reason}",), changed)
    return _compared(recorded, _rows(request.output["history"]), steps, changed)


def _recorded_history(root: Path, file: Any) -> dict[tuple[str, int], dict[str, str]]:
    path = root / file.path
    if not path.is_file() or sha256_file(path) != file.sha256:
        raise StorageError(
            f"{file.path} is missing or not as recorded, so there is nothing to compare with; "
            "bring it back with git."
        )
    return _rows(path)


def _rows(path: Path) -> dict[tuple[str, int], dict[str, str]]:
    """Rows of a history that belong to the first phase, by seed and iteration."""
    with path.open(encoding="utf-8", newline="") as handle:
        return {
            (row["seed"], int(row["iteration"])): row
            for row in csv.DictReader(handle)
            if row.get("phase", "1") == "1"
        }


def _limited(settings: Mapping[str, Any], steps: int, features: Path) -> dict[str, Any]:
    """Settings of the same training that ends after ``steps``."""
    # Slow to import.
    from clustrace.stages.training import estimator_class

    known = inspect.signature(estimator_class(settings["estimator"])).parameters
    arguments = dict(settings["arguments"])

    def value(name: str) -> int:
        return int(arguments.get(name, known[name].default))

    if "max_iterations" in known:
        arguments["max_iterations"] = min(steps, value("max_iterations"))
    elif "layer_iterations" in known:
        arguments["layer_iterations"] = min(steps, value("layer_iterations"))
        arguments["stack_iterations"] = 1
    else:
        n = _learnt_from(features)
        epochs = math.ceil(steps / math.ceil(n / min(value("batch_size"), n)))
        counted = "layer_epochs" if "layer_epochs" in known else "epochs"
        arguments[counted] = min(epochs, value(counted))
        if "stack_epochs" in known:
            arguments["stack_epochs"] = 0
    return {**settings, "arguments": arguments}


def _learnt_from(features: Path) -> int:
    """Samples that an embedding is learnt from."""
    found = read_artefact(features)
    part = found.arrays.get(PART)
    return features_of(found).shape[0] if part is None else int((part == TRAINING).sum())


def _compared(
    recorded: Mapping[tuple[str, int], Mapping[str, str]],
    made: Mapping[tuple[str, int], Mapping[str, str]],
    steps: int,
    changed: tuple[str, ...] | None,
) -> FirstSteps:
    # The training stopped early ends with a row that the recorded one does not have.
    common = sorted(recorded.keys() & made.keys(), key=lambda key: (key[1], key[0]))
    if not any(recorded[key].get("loss") for key in common):
        first = min((i for (_, i), row in recorded.items() if row.get("loss")), default=0)
        raise ConfigError(
            f"--first-steps {steps} fills no row of the recorded history; its first one is of "
            f"iteration {first}."
        )
    differing: dict[str, str] = {}
    for seed, iteration in common:
        before, now = recorded[seed, iteration], made[seed, iteration]
        if before != now and seed not in differing:
            differing[seed] = (
                f"DIFFERS seed {seed}, iteration {iteration}: recorded loss "
                f"{before.get('loss')}, here {now.get('loss')}"
            )
    return FirstSteps(common[-1][1], len(common), tuple(differing.values()), changed)
