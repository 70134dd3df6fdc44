"""Checks on the parts of data sets: are the labels of test samples hidden from classifiers?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from clustrace.audit.arrays import Arrays
from clustrace.audit.case import Case
from clustrace.audit.derived import TEST, parts_of
from clustrace.audit.model import Check, Level, Observation, failed, passed, skipped
from clustrace.audit.records import Job
from clustrace.audit.scoreboard import labels_of
from clustrace.audit.tree import TreeError
from clustrace.provenance.file_hash import FileHash

#: Name of the labels that classifiers learn from.
REVEALED = "training_labels"


class TestedLabelsHidden(Check):
    """LEAK-005."""

    id = "LEAK-005"
    title = "The labels that classifiers learn from hide those of the test part, and are right"
    level = Level.PREDICTIONS
    why = "An error on samples whose labels were learnt from says nothing of new ones."
    mend = "Delete the file of training labels and run again."

    def examine(self, case: Case) -> Iterator[Observation]:
        """Look at every file of training labels, sample by sample."""
        for job in case.jobs:
            revealed = job.only(job.record.outputs, REVEALED)
            source = job.only(job.record.inputs, "labels")
            if revealed is None or not job.record.outcome.ok:
                continue
            if not case.tree.exists(revealed.path):
                yield skipped(revealed.path, "its bytes are not here")
                continue
            try:
                yield self._observed(case, job, revealed.path, source)
            except TreeError as error:
                yield failed(revealed.path, error, "training labels")

    def _observed(self, case: Case, job: Job, path: str, source: FileHash | None) -> Observation:
        slug, subset = (job.record.wildcards.get(name, "") for name in ("dataset", "subset"))
        declared = case.experiment.registry.datasets.get(slug) if case.experiment else None
        if case.experiment is None or declared is None or not declared.has_parts:
            return skipped(path, "config/ does not declare a test part of this data set")
        labels = labels_of(case.tree, path)
        drawn = None if subset == "all" else int(subset)
        part = parts_of(declared, case.experiment.raw(declared.raw).train_samples or 0, drawn)
        if len(labels) != len(part):
            return failed(path, f"{len(labels)} labels", f"{len(part)}")
        shown = int((labels[part == TEST] >= 0).sum())
        if shown:
            return failed(path, f"labels of {shown} test samples", "none of them")
        if source is None or not case.tree.exists(source.path):
            return passed(path)
        true = labels_of(case.tree, source.path)
        if len(true) != len(labels) or (true != labels)[part != TEST].any():
            return failed(path, "other labels", f"those of {source.path}")
        return passed(path)


def without_part(found: Arrays) -> tuple[Arrays, str]:
    """Arrays but for the part of each sample, and what is wrong with that; empty if nothing."""
    others = {name: array for name, array in found.arrays.items() if name != "part"}
    part, rest = found.arrays.get("part"), Arrays(found.outcome, found.about, others)
    if part is None or part.ndim != 1 or part.dtype != np.int8:
        return rest, "no part of each sample"
    return rest, "" if np.isin(part, (0, 1, TEST)).all() else "parts that are none"
