"""Checks by doing jobs once more: do weights give the label vectors, does training give both?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from clustrace.audit import numbers
from clustrace.audit.case import Case
from clustrace.audit.metrics import Errors, Scores
from clustrace.audit.model import Check, Level, Observation, failed, passed, skipped
from clustrace.audit.replaying import Begin, ReplayError, ReplayRefusedError
from clustrace.audit.replays import Replayed
from clustrace.audit.scoreboard import Evaluation, label_vectors, labels_of
from clustrace.audit.tree import TreeError
from clustrace.provenance.record import Determinism

#: How far scores of a repetition may lie apart where bits need not be equal: 0.2 points.
EPS = 0.002
_METRICS = ("acc", "nmi", "ari")
_SUPERVISED = ("error",)


class _Replayed(Check):
    """A check that does the job behind each run's label vectors once more."""

    begin: ClassVar[Begin]

    def examine(self, case: Case) -> Iterator[Observation]:
        """Compare the label vectors of each run with those made anew, by determinism class."""
        wanted = {job.place for job in case.jobs}
        for evaluation in case.scores.evaluations.values():
            if evaluation.job.place in wanted:
                yield self._observed(case, evaluation)

    def _observed(self, case: Case, evaluation: Evaluation) -> Observation:
        run = evaluation.run
        job = case.records.producer(evaluation.predictions)
        if job is None:
            return failed(run, "no record tells who made its label vectors", "a recorded job")
        if not job.record.outcome.ok:
            return skipped(run, "it has no result")
        try:
            replayed = case.replays.again(job, self.begin)
            recorded = label_vectors(case.tree.arrays(evaluation.predictions.path))
            made = label_vectors(replayed.predictions)
            if recorded.keys() != made.keys():
                return failed(run, f"labels of seeds {list(recorded)}", f"seeds {list(made)}")
            determinism = self._agreement(job.record.determinism, replayed)
            if all(np.array_equal(recorded[seed], made[seed]) for seed in recorded):
                if replayed.others and determinism is Determinism.BIT_EQUAL:
                    # Weights or losses that training does not give, under the labels that it does.
                    return failed(run, f"{replayed.others[0]} came out otherwise", "equal files")
                return passed(run)
            if determinism is Determinism.BIT_EQUAL:
                return failed(run, _differing(recorded, made), "equal label vectors")
            return self._close(case, evaluation, made, determinism)
        except ReplayRefusedError as error:
            return skipped(run, str(error))
        except (ReplayError, TreeError) as error:
            return failed(run, error, "label vectors made anew")

    def _agreement(self, recorded: Determinism | None, replayed: Replayed) -> Determinism:
        """How far the repetition must agree."""
        if recorded is None:
            return Determinism.STATISTICAL
        if replayed.same_machine or recorded is Determinism.STATISTICAL:
            return recorded
        # Other kernels round otherwise: a training magnifies that, an assignment does not.
        retrained = self.begin == "retrain"
        return Determinism.STATISTICAL if retrained else Determinism.EQUAL_WITHIN_EPS

    def _close(
        self,
        case: Case,
        evaluation: Evaluation,
        made: Mapping[int, NDArray[Any]],
        determinism: Determinism,
    ) -> Observation:
        truth = labels_of(case.tree, evaluation.truth.path)
        recorded = case.scores.of(evaluation.run).seeds
        for seed, labels in made.items():
            scores = evaluation.scores(truth, labels)
            for metric in _SUPERVISED if evaluation.supervised else _METRICS:
                then, now = _of(recorded[seed], metric), _of(scores, metric)
                allowed = EPS
                if determinism is Determinism.STATISTICAL:
                    values = _all_seeds(case, evaluation, metric)
                    if len(values) < numbers.LEAST:
                        reason = f"{len(values)} seeds do not show how far repetitions lie apart"
                        return skipped(evaluation.run, reason)
                    allowed = max(EPS, numbers.tolerance(values, "fraction", 3))
                if abs(then - now) > allowed:
                    found = f"seed {seed}: {metric} {then:.4f}"
                    return failed(evaluation.run, found, f"{now:.4f} within {allowed:.4f}")
        return passed(evaluation.run)


def _of(scores: Scores | Errors, metric: str) -> float:
    value: float = getattr(scores, metric)
    return value


def _all_seeds(case: Case, evaluation: Evaluation, metric: str) -> list[float]:
    """Scores of all seeds of the method on the data set."""
    runs = case.scores.groups[evaluation.group]
    values: dict[int, float] = {}
    for each in runs:
        for seed, scores in case.scores.of(each.run).seeds.items():
            values.setdefault(seed, _of(scores, metric))
    return list(values.values())


def _differing(recorded: Mapping[int, NDArray[Any]], made: Mapping[int, NDArray[Any]]) -> str:
    parts = []
    for seed, labels in recorded.items():
        if labels.shape != made[seed].shape:
            parts.append(f"seed {seed}: {len(labels)} labels instead of {len(made[seed])}")
        elif count := int((labels != made[seed]).sum()):
            parts.append(f"seed {seed}: {count} of {len(labels)} labels differ")
    return "; ".join(parts)


class LabelsFromWeights(_Replayed):
    """RUN-013."""

    id = "RUN-013"
    title = "Stored weights give the stored label vectors"
    level = Level.WEIGHTS
    begin = "weights"
    why = "Label vectors that the network does not give were made otherwise."
    mend = "Run the job again."


class TrainingRepeated(_Replayed):
    """RUN-014."""

    id = "RUN-014"
    title = "Training anew comes to the same label vectors, as far as its determinism promises"
    level = Level.RETRAIN
    begin = "retrain"
    why = "Weights that training does not give were made otherwise."
    mend = "Run the job again."


class LabelsNotNeeded(_Replayed):
    """LEAK-003."""

    id = "LEAK-003"
    title = "Where no labels are present, stored weights give the same label vectors"
    level = Level.WEIGHTS
    begin = "weights"
    why = "What comes out without labels did not come from them."
    mend = "Look for what the job reads besides its recorded inputs, and run it again."
