"""Checks on weights, label vectors over time and histories: are they whole, and do they fit?"""

from __future__ import annotations

import contextlib
import itertools
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clustrace.audit.arrays import Arrays
from clustrace.audit.case import Case
from clustrace.audit.history import History, read_history
from clustrace.audit.model import Check, Level, Observation, failed, passed, skipped
from clustrace.audit.records import Job
from clustrace.audit.scoreboard import label_vectors
from clustrace.audit.tree import TreeError

_LAYER = re.compile(r"encoder\.(\d+)\..*weight")
#: Convolutions for each number of filters, by the class that learns them, where it is not one.
_CONVOLUTIONS_A_FILTER = {"DualAutoencoder": 2}
_EPS = 1e-9
#: What tells the trainings of one history apart: layers, and candidates and stages of classifiers.
_PARTS = ("phase", "candidate", "stage")


class WeightsSound(Check):
    """RUN-009."""

    id = "RUN-009"
    title = "Weights and centroids are finite and have the declared shapes"
    level = Level.PREDICTIONS
    why = "A network of another size is another method."
    mend = "Delete the model and run again."

    def examine(self, case: Case) -> Iterator[Observation]:
        """Look at every model that is on disk."""
        for job in case.jobs:
            model = job.only(job.record.outputs, "model")
            if model is None:
                continue
            if not case.tree.exists(model.path):
                yield skipped(model.path, "its bytes are not here")
                continue
            try:
                artefact = case.tree.arrays(model.path)
            except TreeError as error:
                yield failed(model.path, str(error), "weights")
                continue
            faults = list(_faults(job, artefact))
            for found, expected in faults:
                yield failed(model.path, found, expected)
            if not faults:
                yield passed(model.path)


def _faults(job: Job, artefact: Arrays) -> Iterator[tuple[str, str]]:
    for name, array in artefact.arrays.items():
        if np.issubdtype(array.dtype, np.floating) and not np.isfinite(array).all():
            yield f"{name} has values that are not finite", "finite weights"
    if not artefact.ok:
        return
    parameters = job.record.parameters
    start = parameters.get("pretrained") or parameters
    declared = _declared_widths(start) if isinstance(start, Mapping) else []
    for seed in job.record.seeds:
        arrays = {
            name.removeprefix(f"seed-{seed}/"): array
            for name, array in artefact.arrays.items()
            if name.startswith(f"seed-{seed}/")
        }
        if str(seed) not in artefact.failures:
            yield from _misshapen(seed, arrays, declared, parameters.get("n_clusters"))


def _declared_widths(start: Mapping[str, Any]) -> list[int]:
    """Units of each encoder layer, by what a record says of the learner of the weights."""
    declared = start.get("arguments")
    arguments = declared if isinstance(declared, Mapping) else {}
    repeated = _CONVOLUTIONS_A_FILTER.get(str(start.get("estimator")).rpartition(":")[2], 1)
    filters = _sizes(arguments.get("filters"))
    return [
        *(width for width in filters for _ in range(repeated)),
        *_sizes(arguments.get("hidden_units")),
        *_sizes(arguments.get("embedding_size")),
    ]


def _misshapen(
    seed: int, arrays: Mapping[str, NDArray[Any]], declared: list[int], clusters: object
) -> Iterator[tuple[str, str]]:
    centroids = arrays.get("centroids")
    if centroids is not None and isinstance(clusters, int) and len(centroids) != clusters:
        yield f"seed {seed} has {len(centroids)} centroids", f"{clusters}"
    layers = _encoder(arrays)
    if not layers:
        return
    wide = [len(layer) for layer in layers]
    if declared and wide != declared:
        yield f"seed {seed} has encoder layers of {wide} units", f"{declared}"
    if centroids is not None and centroids.shape[1:] != (wide[-1],):
        yield f"seed {seed} has centroids of shape {centroids.shape}", f"[*, {wide[-1]}]"


def _encoder(arrays: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]]:
    """Weights of the encoder's layers, from the first."""
    found = {}
    for name, array in arrays.items():
        match = _LAYER.fullmatch(name.removeprefix("network/"))
        if match is not None:
            found[int(match[1])] = array
    return [found[index] for index in sorted(found)]


def _sizes(value: object) -> list[int]:
    values = value if isinstance(value, list) else [value]
    return [size for size in values if isinstance(size, int)]


class HistoriesComplete(Check):
    """RUN-011."""

    id = "RUN-011"
    title = "Histories are complete, finite, and fit the label vectors over time"
    level = Level.PREDICTIONS
    why = "A history with gaps hides where a training went wrong."
    mend = "Delete the history and run again."

    def examine(self, case: Case) -> Iterator[Observation]:
        """Read the history of every training."""
        for job in case.jobs:
            history = job.only(job.record.outputs, "history")
            if history is None:
                continue
            try:
                rows = read_history(case.tree.text(history.path))
                faults = list(_gaps(case, job, rows)) + list(_changes(case, job, rows))
            except (TreeError, ValueError) as error:
                yield failed(history.path, str(error), "a history")
                continue
            for found, expected in faults:
                yield failed(history.path, found, expected)
            if not faults:
                yield passed(history.path)


def _gaps(case: Case, job: Job, history: History) -> Iterator[tuple[str, str]]:
    record = job.record
    if record.outcome.ok and not set(history) <= set(record.seeds):
        yield f"rows of seeds {sorted(history)}", f"rows of seeds {record.seeds}"
    lost = set(record.seeds) - set(history) - failed_seeds(case, job)
    if record.outcome.ok and lost:
        yield f"no rows of seed {min(lost)}", "rows of each seed that gave a result"
    arguments = record.parameters.get("arguments")
    declared = arguments if isinstance(arguments, Mapping) else {}
    epochs, most = declared.get("epochs"), declared.get("max_iterations")
    for seed, rows in history.items():
        by_part: dict[str, list[float]] = defaultdict(list)
        for row in rows:
            named = (f"{name} {row[name]:g}" for name in _PARTS if name in row)
            by_part[", ".join(named)].append(row["iteration"])
        for part, iterations in by_part.items():
            if any(late <= early for early, late in itertools.pairwise(iterations)):
                where = ", ".join(filter(None, (f"seed {seed}", part)))
                yield f"iterations of {where}, do not rise", "rising ones"
        last = max(row.get("epoch", 0.0) for row in rows)
        steps = max(row["iteration"] for row in rows)
        # A training that has both ends with the one that it reaches first.
        if isinstance(epochs, int) and abs(last - epochs) > _EPS and steps != most:
            yield f"seed {seed} ends after {last:g} epochs", f"{epochs} epochs"
        if isinstance(most, int) and steps > most:
            yield f"seed {seed} took {steps:g} steps", f"at most {most}"


def failed_seeds(case: Case, job: Job) -> set[int]:
    """Seeds of a job that gave no result, as its files say; all where none of these is here."""
    for name in ("predictions", "model"):
        file = job.only(job.record.outputs, name)
        if file is not None and case.tree.exists(file.path):
            with contextlib.suppress(TreeError):
                failures = case.tree.arrays(file.path).failures
                return {seed for seed in job.record.seeds if str(seed) in failures}
    return set(job.record.seeds)


def _changes(case: Case, job: Job, history: History) -> Iterator[tuple[str, str]]:
    """Label changes in the history that the label vectors over time do not show."""
    trajectory = job.only(job.record.outputs, "trajectory")
    if trajectory is None or not case.tree.exists(trajectory.path):
        return
    artefact = case.tree.arrays(trajectory.path)
    for seed, labels in label_vectors(artefact).items():
        updates = [row for row in history.get(seed, ()) if "label_change" in row]
        changes = [row["label_change"] for row in updates]
        if len(changes) != len(labels):
            yield f"seed {seed} has {len(changes)} updates", f"{len(labels)} label vectors"
            continue
        interval = artefact.about.get("update_interval")
        if isinstance(interval, int):
            iterations = [row["iteration"] for row in updates]
            expected = [float(update * interval) for update in range(len(labels))]
            if iterations != expected:
                yield f"seed {seed} has updates at {iterations}", f"every {interval} iterations"
                continue
        for update in range(1, len(labels)):
            share = float((labels[update] != labels[update - 1]).mean())
            if abs(share - changes[update]) > _EPS:
                yield f"seed {seed}, update {update}: {changes[update]} changed", f"{share}"
                break
