"""What figures draw of networks, made anew from the files of runs and held against the weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clustrace.audit.case import Case
from clustrace.audit.ledger import LedgerLine
from clustrace.audit.tree import TreeError

#: Rounding of products in another order.
_COHERENCE_TOLERANCE = 1e-6
_NAMES = {"filters": ("filters", "coherence"), "activations": ("edges", "counts")}


def of_network(case: Case, line: LedgerLine, run: str) -> Iterator[Mapping[str, NDArray[Any]]]:
    """The arrays of each file of this kind in a run.

    Raises:
        TreeError: one cannot be read, lacks an array, or has filters that are no weights of its
            network or another coherence than these.
    """
    for path in case.tree.beside(run):
        if not path.startswith(f"{run}/{line.metric}-"):
            continue
        found = case.tree.arrays(path)
        missing = set(_NAMES[line.metric]) - found.arrays.keys()
        if missing:
            raise TreeError(f"{path} has no {', '.join(sorted(missing))}")
        if (found.about.get("seed"),) != line.seeds:
            raise TreeError(f"{line.address} names other seeds than {path}")
        if line.metric == "filters":
            _refuse_others(case, path, found.arrays["filters"], found.arrays["coherence"])
        yield {name: found.arrays[name] for name in _NAMES[line.metric]}


def _refuse_others(case: Case, path: str, filters: NDArray[Any], coherence: NDArray[Any]) -> None:
    """Hold filters and coherence against the weights that their job read, where they are here.

    Raises:
        TreeError: the filters are none of them, or the coherence is not theirs.
    """
    rows = filters.reshape(len(filters), -1)
    for job in case.records.makers(path)[:1]:
        weights = job.only(job.record.inputs, "weights")
        if weights is None or not case.tree.exists(weights.path):
            continue
        prefix = f"seed-{min(job.record.seeds, default=0)}/network/"
        layers = (
            array
            for name, array in case.tree.arrays(weights.path).arrays.items()
            if name.startswith(prefix) and array.ndim == 2 and array.shape[1] == rows.shape[1]
        )
        fitting = [layer for layer in layers if np.array_equal(layer[: len(rows)], rows)]
        if not fitting:
            raise TreeError(f"{path} has other filters than {weights.path}")
        if coherence.shape != (1,) or not any(
            abs(coherence[0] - _coherence(layer)) <= _COHERENCE_TOLERANCE for layer in fitting
        ):
            raise TreeError(f"{path} has another mutual coherence than {weights.path}")


def _coherence(weights: NDArray[Any]) -> float:
    """Largest absolute cosine of two rows that are not all zero."""
    rows = weights[weights.any(axis=1)].astype(np.float64)
    rows /= np.sqrt((rows**2).sum(axis=1, keepdims=True))
    cosines = np.abs(rows @ rows.T)
    return min(float(np.triu(cosines, 1).max(initial=0.0)), 1.0)
