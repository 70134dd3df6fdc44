"""Confusion matrices of runs, from the label vectors and the true labels that evaluation kept."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from clustrace.config.layout import Layout
from clustrace.data.artefact import read_artefact
from clustrace.errors import ClustraceError
from clustrace.evaluate.metrics import confusion

#: More rows or columns than this nobody reads.
_MOST = 40


def confusions(layout: Layout, run: Path) -> dict[str, Any]:
    """Confusion matrix of each seed of a run, or a ``reason`` why there is none.

    Rows are true classes, ascending; columns are clusters, in the order of the classes that the
    best one-to-one map gives them, then the surplus ones.

    Args:
        layout: where files lie.
        run: folder of the run.
    """
    *_, protocol, _, dataset, method, block = run.parts
    try:
        truth = _true_labels(layout.truth(protocol, dataset))
        found = read_artefact(layout.predictions(protocol, dataset, method, block))
        if not found.outcome.ok:
            return {"reason": found.outcome.reason}
        return {
            name.removeprefix("seed-"): _matrix(truth, labels)
            for name, labels in found.arrays.items()
        }
    except (ClustraceError, KeyError) as error:
        return {"reason": str(error)}


@lru_cache(maxsize=4)
def _true_labels(path: Path) -> NDArray[np.integer]:
    return read_artefact(path).arrays["labels"]


def _matrix(truth: NDArray[np.integer], labels: NDArray[np.integer]) -> dict[str, Any]:
    try:
        table = confusion(truth, labels)
    except ClustraceError as error:
        return {"reason": str(error)}
    if max(table.counts.shape) > _MOST:
        rows, columns = table.counts.shape
        return {"reason": f"{rows} classes by {columns} clusters are too many to print."}
    matched = linear_sum_assignment(table.counts, maximize=True)[1]
    rest = np.setdiff1d(np.arange(len(table.clusters)), matched)
    order = np.concatenate([matched, rest])
    return {
        "classes": table.classes.tolist(),
        "clusters": table.clusters[order].tolist(),
        "counts": table.counts[:, order].tolist(),
    }
