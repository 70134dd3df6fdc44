"""The panels of a figure of class sizes, from the true labels that exist."""

from __future__ import annotations

import numpy as np

from clustrace.config.drawn import labelled_datasets
from clustrace.config.figures import CLASSES, ClassSizes
from clustrace.config.papers import Paper
from clustrace.config.plan import Plan
from clustrace.data.artefact import read_artefact
from clustrace.errors import StorageError
from clustrace.report.class_sizes import Sizes
from clustrace.report.disk import truth_file
from clustrace.report.part import ABSENT, Part
from clustrace.report.scores import NOT_RUN, why_no_truth

SizesPart = Part[Sizes]


def drawn_sizes(plan: Plan, paper: Paper, figure: ClassSizes) -> list[SizesPart]:
    """How many samples each class has, largest first, one part a data set."""
    return [_of_dataset(plan, paper, figure, dataset) for dataset in figure.datasets]


def _of_dataset(plan: Plan, paper: Paper, figure: ClassSizes, dataset: str) -> SizesPart:
    name = plan.experiment.dataset(dataset).title

    def without(reason: str, in_picture: str) -> SizesPart:
        shown = Sizes(name, reason=in_picture)
        return Part(CLASSES, dataset, "sizes", shown, reason=reason, in_picture=in_picture)

    path = truth_file(plan, dataset)
    if not path.exists():
        planned = dataset in labelled_datasets(plan, paper, figure)
        return without(why_no_truth(plan.experiment, dataset) if planned else NOT_RUN, ABSENT)
    try:
        found = read_artefact(path)
        if not found.outcome.ok:
            return without(found.outcome.reason, found.outcome.reason)
        _, counts = np.unique(found.arrays["labels"], return_counts=True)
    except (StorageError, KeyError) as error:
        reason = f"{path} cannot be drawn ({error}); delete it and run again"
        return without(reason, reason)
    sizes = np.sort(counts)[::-1].astype(np.int64)
    return Part(
        CLASSES,
        dataset,
        "sizes",
        Sizes(name, sizes),
        {"sizes": sizes},
        (path.as_posix(),),
        aggregation="samples of each true class",
    )
