"""Scores recomputed from the label vectors of each run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clustrace.audit.arrays import Arrays
from clustrace.audit.derived import TEST
from clustrace.audit.history import read_history
from clustrace.audit.metrics import Errors, Scores, errors, score
from clustrace.audit.records import Job
from clustrace.audit.tree import Tree, TreeError
from clustrace.provenance.file_hash import FileHash

_SEED = re.compile(r"seed-(0|[1-9]\d*)")


@dataclass(frozen=True, eq=False)
class Evaluation:
    """A job that scored the label vectors of a run, and the files that it read."""

    job: Job
    run: str
    """Folder of the run."""
    metrics: FileHash
    predictions: FileHash
    truth: FileHash
    history: FileHash | None
    trajectory: FileHash | None

    @property
    def supervised(self) -> bool:
        """Whether the labels are those of a classifier, which name the classes themselves."""
        return self.job.record.parameters.get("supervised") is True

    def scores(self, truth: NDArray[np.integer], labels: NDArray[np.integer]) -> Scores | Errors:
        """Scores of one label vector.

        Raises:
            ValueError: it cannot be scored.
        """
        return errors(truth, labels) if self.supervised else score(truth, labels)

    @property
    def group(self) -> tuple[str, ...]:
        """What all runs of a method on a data set share."""
        return self.job.run


def evaluations(jobs: Iterable[Job]) -> Iterator[Evaluation]:
    """The jobs among ``jobs`` that scored label vectors."""
    for job in jobs:
        record = job.record
        metrics = job.only(record.outputs, "metrics")
        predictions = job.only(record.inputs, "predictions")
        truth = job.only(record.inputs, "truth", "labels")
        if metrics and predictions and truth:
            history = job.only(record.inputs, "history")
            trajectory = job.only(record.inputs, "trajectory")
            run = PurePosixPath(metrics.path).parent.as_posix()
            yield Evaluation(job, run, metrics, predictions, truth, history, trajectory)


@dataclass(frozen=True)
class Recomputed:
    """What the label vectors of a run score."""

    seeds: Mapping[int, Scores | Errors]
    failures: Mapping[str, Any]
    """Outcomes of the seeds that have no labels."""
    outcome: Mapping[str, Any]


@dataclass(frozen=True)
class Steps:
    """Gradient steps of a fine-tuning."""

    count: float
    capped: bool | None
    """Whether these were the most that it was allowed; None if its evaluation does not say."""


class Scoreboard:
    """Recomputed scores by run; each label vector is scored once."""

    def __init__(self, tree: Tree, found: Iterable[Evaluation]) -> None:
        self._tree = tree
        self.evaluations = {evaluation.run: evaluation for evaluation in found}
        self._results: dict[str, Recomputed | TreeError] = {}

    @cached_property
    def groups(self) -> Mapping[tuple[str, ...], list[Evaluation]]:
        """Evaluations of one method on one data set."""
        groups: dict[tuple[str, ...], list[Evaluation]] = {}
        for evaluation in self.evaluations.values():
            groups.setdefault(evaluation.group, []).append(evaluation)
        return groups

    def of(self, run: str) -> Recomputed:
        """Scores of a run, computed anew.

        Raises:
            TreeError: nothing evaluated this run, or its labels cannot be read.
        """
        if run not in self._results:
            try:
                self._results[run] = self._recomputed(run)
            except TreeError as error:
                self._results[run] = error
        result = self._results[run]
        if isinstance(result, TreeError):
            raise result
        return result

    def _recomputed(self, run: str) -> Recomputed:
        if run not in self.evaluations:
            raise TreeError(f"no record tells which label vectors {run} was scored from")
        evaluation = self.evaluations[run]
        predictions = self._tree.arrays(evaluation.predictions.path)
        if not predictions.ok:
            return Recomputed({}, predictions.failures, predictions.outcome)
        truth = labels_of(self._tree, evaluation.truth.path)
        try:
            vectors = label_vectors(predictions)
            seeds = {seed: evaluation.scores(truth, v) for seed, v in vectors.items()}
        except ValueError as error:
            raise TreeError(f"{evaluation.predictions.path} cannot be scored: {error}") from error
        return Recomputed(seeds, predictions.failures, predictions.outcome)

    def steps(self, run: str) -> Mapping[int, Steps]:
        """Gradient steps of each seed by the run's history; none for a run without one.

        Raises:
            TreeError: the history cannot be read.
        """
        evaluation = self.evaluations[run]
        if evaluation.history is None:
            return {}
        try:
            history = read_history(self._tree.text(evaluation.history.path))
        except ValueError as error:
            raise TreeError(f"{evaluation.history.path} is no history: {error}") from error
        most = evaluation.job.record.parameters.get("max_iterations")
        counts = {seed: max(row["iteration"] for row in rows) for seed, rows in history.items()}
        return {
            seed: Steps(count, count >= most if isinstance(most, int) else None)
            for seed, count in counts.items()
        }

    def trajectory(self, run: str) -> Mapping[int, list[dict[str, float]]]:
        """Scores at each update of a run's target distribution, by seed.

        Raises:
            TreeError: a file cannot be read or scored.
        """
        evaluation = self.evaluations[run]
        assert evaluation.trajectory is not None
        found = self._tree.arrays(evaluation.trajectory.path)
        if not found.arrays:  # Every seed diverged: the outcome says so, and there is no more.
            return {}
        truth = labels_of(self._tree, evaluation.truth.path)
        interval = found.about.get("update_interval")
        if not isinstance(interval, int):
            raise TreeError(f"{evaluation.trajectory.path} does not say its update interval")
        try:
            return {
                seed: [_row(update * interval, truth, labels) for update, labels in enumerate(rows)]
                for seed, rows in label_vectors(found).items()
            }
        except ValueError as error:
            raise TreeError(f"{evaluation.trajectory.path} cannot be scored: {error}") from error


def _row(iteration: int, truth: NDArray[Any], labels: NDArray[Any]) -> dict[str, float]:
    scores = score(truth, labels)
    return {"iteration": iteration, "acc": scores.acc, "nmi": scores.nmi, "ari": scores.ari}


def label_vectors(artefact: Arrays) -> dict[int, NDArray[Any]]:
    """Arrays ``seed-<seed>`` of an artefact by their seed.

    Raises:
        TreeError: an array has another name.
    """
    found = {}
    for name, labels in artefact.arrays.items():
        match = _SEED.fullmatch(name)
        if match is None:
            raise TreeError(f"it has an array {name!r}, which is no seed's")
        found[int(match[1])] = labels
    return dict(sorted(found.items()))


def labels_of(tree: Tree, path: str) -> NDArray[np.integer]:
    """True labels of a data set.

    Raises:
        TreeError: the file cannot be read, or has no labels.
    """
    arrays = tree.arrays(path).arrays
    if "labels" not in arrays:
        raise TreeError(f"{path} has no labels")
    return arrays["labels"]


def scored_labels(tree: Tree, path: str) -> NDArray[np.integer]:
    """Prepared labels that results are scored against: all, or those of the test part.

    Raises:
        TreeError: the file cannot be read, or has no labels.
    """
    labels, part = labels_of(tree, path), tree.arrays(path).arrays.get("part")
    return labels if part is None else labels[part == TEST]
